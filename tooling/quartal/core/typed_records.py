"""Reads records that Quartal wrote as JSON, which a person or another version may have changed since."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError

_Record = TypeVar("_Record")

# a dataclass refuses fields that it lacks: __pydantic_config__ = ONLY_ITS_FIELDS
ONLY_ITS_FIELDS = {"extra": "forbid"}


def read_record_of(kind: type[_Record], text: str | bytes) -> _Record:
    """A dataclass from JSON.

    Args:
        kind: the dataclass; every field must be of its declared type.
        text: the JSON.

    Raises:
        ValueError: it is anything else; the message names the first such field.
    """
    from pydantic import ValidationError  # which help need not load

    cached: Any = kind
    try:
        found: _Record = _reader(cached).validate_json(text, strict=True)
    except ValidationError as error:
        raise ValueError(what_is_wrong(error)) from error
    return found


def what_is_wrong(error: ValidationError) -> str:
    """The first field that is missing or holds what it never does, in words."""
    first = error.errors(include_url=False, include_input=False)[0]
    path = ".".join(map(str, first["loc"])) or "the whole"
    if first["type"] in ("missing", "missing_argument"):
        return f"it lacks {path}"
    return f"its {path} is {'of another type' if first['type'].endswith('_type') else 'not what was written'}"


@lru_cache(maxsize=16)
def _reader(kind: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)

"""What all parts of a contract have in common: unknown fields are refused, and names are those of tables."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def _table_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a valid name: use lower-case letters, digits and '_'")
    return name


Name = Annotated[str, AfterValidator(_table_name)]


class Strict(BaseModel):
    """A part of a contract that refuses unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


def repeated(names: Iterable[str]) -> list[str]:
    """The names that occur more than once, each once, in alphabetical order."""
    return sorted(name for name, count in Counter(names).items() if count > 1)

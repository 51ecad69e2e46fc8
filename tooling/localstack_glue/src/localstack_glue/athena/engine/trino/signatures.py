"""The overload of a function that a call means, and the types of its type variables."""

import re
from collections.abc import Sequence
from functools import lru_cache

from localstack_glue.athena.engine.trino.casts import can_coerce
from localstack_glue.athena.engine.trino.functions.model import Overload, split_types
from localstack_glue.athena.engine.trino.types import (
    FUNCTION,
    INTEGERS,
    NUMBERS,
    TIMESTAMP,
    UNKNOWN,
    VARCHAR,
    Type,
    array,
    common,
    is_orderable,
    map_type,
    row,
)

ANY = "any"  # an argument of any type, which stays unchanged
_VARIABLE = re.compile(r"[A-Z]")
_CONSTRAINTS = {
    "N": NUMBERS,
    "I": INTEGERS,
    "P": ("decimal",),
    "X": ("date", "timestamp", "timestamp with time zone"),
}
_NESTED = re.compile(r"(array|map|row|function)\((.*)\)")


class Bindings(dict[str, Type]):
    """The types of type variables."""


def parameters_for(overload: Overload, count: int) -> tuple[str, ...] | None:
    """The types of that many arguments; None if it takes another number."""
    parameters = overload.parameters
    if parameters and parameters[-1].endswith("..."):
        fixed, repeated = parameters[:-1], parameters[-1].removesuffix("...")
        return (*fixed, *[repeated] * (count - len(fixed))) if count >= len(fixed) else None
    return parameters if len(parameters) == count else None


def bind(parameters: Sequence[str], types: Sequence[Type], bound: Bindings, *, exact: bool) -> bool:
    """Find the types of the variables; return whether the types fit. Functions among the arguments are left out."""
    pairs = list(zip(parameters, types, strict=True))
    return all(kind == FUNCTION or _bind(text, kind, bound, exact=exact) for text, kind in pairs) and all(
        kind != FUNCTION or text.startswith("function") for text, kind in pairs
    )


def _bind(text: str, kind: Type, bound: Bindings, *, exact: bool) -> bool:
    if text == ANY:
        return True
    if _VARIABLE.fullmatch(text):
        return _bind_variable(text, kind, bound, exact=exact)
    nested = _NESTED.fullmatch(text)
    if nested:
        if nested[1] == "function":
            return False
        if kind == UNKNOWN:
            return not exact
        parts = split_types(nested[2])
        if kind.kind != nested[1] or len(parts) != len(kind.parts):
            return False
        return all(_bind(part, child, bound, exact=exact) for part, child in zip(parts, kind.parts, strict=True))
    wanted = simple(text)
    if exact:
        return kind.kind == wanted.kind
    if wanted.kind == "varchar":
        return kind.kind in ("varchar", "char", "unknown")
    if wanted.kind in ("timestamp", "time", "timestamp with time zone", "decimal"):
        return kind.kind == wanted.kind or can_coerce(kind, wanted)
    return can_coerce(kind, wanted)


def _bind_variable(name: str, kind: Type, bound: Bindings, *, exact: bool) -> bool:
    if name == "O" and not is_orderable(kind):
        return False
    allowed = _CONSTRAINTS.get(name)
    if allowed is not None and kind.kind not in allowed and kind != UNKNOWN:
        return False
    if name not in bound:
        if allowed is not None and kind == UNKNOWN and exact:
            return False
        bound[name] = kind
        return True
    found = common(bound[name], kind)
    if found is None or (exact and found.kind != kind.kind and kind != UNKNOWN):
        return False
    bound[name] = found
    return True


def resolved(text: str, bound: Bindings) -> Type:
    """A type whose variables are replaced by their types."""
    if _VARIABLE.fullmatch(text):
        return bound.get(text, UNKNOWN)
    nested = _NESTED.fullmatch(text)
    if nested is None:
        return simple(text)
    parts = [resolved(part, bound) for part in split_types(nested[2])]
    if nested[1] == "array":
        return array(parts[0])
    return map_type(*parts) if nested[1] == "map" else row(parts)


@lru_cache(maxsize=256)
def simple(text: str) -> Type:
    """A type without variables and parts.

    Raises:
        ValueError: the text is not such a type.
    """
    found = re.fullmatch(r"([a-z ]+?)(?:\((\d+)(?:,(\d+))?\))?( with time zone)?", text)
    if found is None:
        raise ValueError(text)
    numbers = tuple(int(part) for part in (found[2], found[3]) if part)
    kind = found[1] + (found[4] or "")
    if kind in ("timestamp", "time"):
        return Type(kind, numbers or TIMESTAMP.numbers)
    if kind == "timestamp with time zone":
        return Type(kind, numbers or (3,), zone="UTC")
    return VARCHAR if kind == "varchar" and not numbers else Type(kind, numbers)

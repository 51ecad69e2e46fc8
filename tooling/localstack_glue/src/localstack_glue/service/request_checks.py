"""Checks of a request against the API's model: AWS makes them before any others (ValidationException).

The rules are the model's own: required members, enumerations, lengths, patterns, ranges, sizes of lists and maps.
"""

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

from botocore.model import Shape, StructureShape

from localstack_glue.service.errors import ServiceError, ValidationException
from localstack_glue.service.models import JsonDict

# what AWS's guide names and the model lacks: "Creating a Snowflake connection", and the Spark properties of connections
_MORE_VALUES = {"ConnectionType": ("SNOWFLAKE",), "ConnectionPropertyKey": ("ROLE", "SparkProperties", "WAREHOUSE")}
# as Java writes characters beyond 16 bits
_SURROGATES = (r"\uD800\uDC00-\uDBFF\uDFFF", r"\U00010000-\U0010FFFF")


def check_members(
    shape: StructureShape | None,
    request: JsonDict,
    error: Callable[[str], ServiceError] = ValidationException,
) -> None:
    """Refuse a request that does not fit the model, in AWS's words."""
    _refuse(list(_problems(shape, request, "")) if shape else [], error)


def check_required(
    shape: StructureShape | None,
    request: JsonDict,
    error: Callable[[str], ServiceError] = ValidationException,
) -> None:
    """Refuse a request without the members that the model requires, in AWS's words; nothing else is checked."""
    problems = _problems(shape, request, "") if shape else ()
    _refuse([problem for problem in problems if problem.startswith("Value null ")], error)


def _refuse(problems: list[str], error: Callable[[str], ServiceError]) -> None:
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise error(count + "; ".join(problems))


def _problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        if isinstance(value, dict):
            yield from _in_structure(shape, value, path)
    elif shape.type_name == "list" and isinstance(value, list):
        yield from _outside_limits(shape, len(value), _shown(value), path, "length")
        for position, item in enumerate(value, start=1):
            yield from _problems(shape.member, item, f"{path}.{position}.member")
    elif shape.type_name == "map" and isinstance(value, dict):
        yield from _outside_limits(shape, len(value), _shown(value), path, "length")
        for key, item in value.items():
            yield from _problems(shape.key, key, path)
            yield from _problems(shape.value, item, f"{path}.{key}.member")
    elif shape.type_name == "string" and isinstance(value, str):
        yield from _in_string(shape, value, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _outside_limits(shape, value, str(value), path, "value")


def _in_structure(shape: StructureShape, value: JsonDict, path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _problems(member, value[name], _join(path, name))


def _in_string(shape: Shape, value: str, path: str) -> Iterator[str]:
    if allowed := getattr(shape, "enum", None):
        if value not in allowed and value not in _MORE_VALUES.get(shape.name, ()):
            yield _failure(value, path, f"Member must satisfy enum value set: [{', '.join(allowed)}]")
        return
    yield from _outside_limits(shape, len(value), value, path, "length")
    pattern = shape.metadata.get("pattern")
    compiled = _compiled(pattern) if pattern else None
    if compiled is not None and not compiled.fullmatch(value):
        yield _failure(value, path, f"Member must satisfy regular expression pattern: {pattern}")


def _outside_limits(shape: Shape, measured: float, shown: str, path: str, what: str) -> Iterator[str]:
    """Compare a length, a size or a number with the model's limits."""
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and measured < least:
        yield _failure(shown, path, f"Member must have {what} greater than or equal to {least}")
    if most is not None and measured > most:
        yield _failure(shown, path, f"Member must have {what} less than or equal to {most}")


def _failure(shown: str, path: str, constraint: str) -> str:
    return f"Value '{shown}' at '{path}' failed to satisfy constraint: {constraint}"


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """Compile a pattern of the model, or None if it needs features that Python's expressions do not have."""
    try:
        # DOTALL: schema definitions of several lines pass AWS's `.*\S.*`
        return re.compile(pattern.replace(*_SURROGATES), re.DOTALL)
    except re.error:
        return None


def _shown(value: Any) -> str:
    """Write a list or a map as Java does."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={_shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    return str(value)


def _join(path: str, name: str) -> str:
    member = name[0].lower() + name[1:]
    return f"{path}.{member}" if path else member

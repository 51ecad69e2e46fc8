"""Translate pydantic's errors into the terms of the file that a user wrote.

Pydantic's own messages use a program's terms, such as inputs, extras and models.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

# Messages by the types of pydantic's errors.
_WANTED = {
    "must be true or false": "bool_parsing bool_type",
    "must be a date such as 2024-01-31": "date_from_datetime_parsing date_parsing date_type",
    "must be a number": "decimal_parsing decimal_type float_parsing float_type",
    "must be a mapping of names to values": "dict_type mapping_type model_attributes_type model_type",
    "must be {expected}": "enum literal_error",
    "is not a known name": "extra_forbidden",
    "must be a finite number": "finite_number",
    "must be more than {gt}": "greater_than",
    "must be at least {ge}": "greater_than_equal",
    "must be a whole number": "int_from_float int_parsing int_type",
    "must be a smaller number": "int_parsing_size",
    "must be less than {lt}": "less_than",
    "must be at most {le}": "less_than_equal",
    "must be a list": "list_type tuple_type",
    "is missing": "missing",
    "must match {pattern}": "string_pattern_mismatch",
    "must have at most {max_length} characters": "string_too_long",
    "must have at least {min_length} characters": "string_too_short",
    "must be text": "string_type",
    "must have at most {max_length} entries": "too_long",
    "must have at least {min_length} entries": "too_short",
    "{error}": "value_error",
}
_BY_TYPE = {kind: wanted for wanted, kinds in _WANTED.items() for kind in kinds.split()}


def list_problems(error: ValidationError) -> list[Mapping[str, Any]]:
    """The error's ``errors()``. Pydantic counts a list's good entries: with bad ones, it is not also too short."""
    found = error.errors(include_url=False)
    places = [problem["loc"] for problem in found]
    return [
        problem
        for problem in found
        if problem["type"] != "too_short"
        or not any(
            len(place) > len(problem["loc"]) and place[: len(problem["loc"])] == problem["loc"] for place in places
        )
    ]


def in_words(problem: Mapping[str, Any]) -> str:
    """The message of one of a ValidationError's ``errors()``, without its place and input."""
    wanted = _BY_TYPE.get(problem["type"])
    if wanted is None:
        return str(problem["msg"]).removeprefix("Value error, ").replace("Input should", "must", 1)
    context = problem.get("ctx", {})
    message = wanted.format_map({name: _escaped(value) for name, value in context.items()})
    return message.replace(" 1 characters", " 1 character").replace(" 1 entries", " 1 entry")


def problem_path(problem: Mapping[str, Any]) -> str:
    """The place in the file: the names on the path, joined with points."""
    return ".".join(str(step) for step in problem["loc"])


def _escaped(value: object) -> object:
    """A bound as people write it: 1, not 1.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value

"""Translate pydantic's errors into the terms of the file that a user wrote.

Pydantic's own messages use a program's terms, such as inputs, extras and models.
"""

from collections.abc import Mapping
from typing import Any

_WANTED = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "date_from_datetime_parsing": "must be a date such as 2024-01-31",
    "date_parsing": "must be a date such as 2024-01-31",
    "date_type": "must be a date such as 2024-01-31",
    "decimal_parsing": "must be a number",
    "decimal_type": "must be a number",
    "dict_type": "must be a mapping of names to values",
    "enum": "must be {expected}",
    "extra_forbidden": "is not a known name",
    "finite_number": "must be a finite number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "must be a smaller number",
    "int_type": "must be a whole number",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "list_type": "must be a list",
    "literal_error": "must be {expected}",
    "mapping_type": "must be a mapping of names to values",
    "missing": "is missing",
    "model_attributes_type": "must be a mapping of names to values",
    "model_type": "must be a mapping of names to values",
    "string_pattern_mismatch": "must match {pattern}",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must have at least {min_length} characters",
    "string_type": "must be text",
    "too_long": "must have at most {max_length} entries",
    "too_short": "must have at least {min_length} entries",
    "tuple_type": "must be a list",
    "value_error": "{error}",
}


def in_words(problem: Mapping[str, Any]) -> str:
    """The message of one of a ValidationError's ``errors()``, without its place and input."""
    wanted = _WANTED.get(problem["type"])
    if wanted is None:
        return str(problem["msg"]).removeprefix("Value error, ").replace("Input should", "must", 1)
    context = problem.get("ctx", {})
    message = wanted.format_map({name: _escaped(value) for name, value in context.items()})
    return message.replace(" 1 characters", " 1 character").replace(" 1 entries", " 1 entry")


def place_of(problem: Mapping[str, Any]) -> str:
    """The place in the file: the names on the path, joined with points."""
    return ".".join(str(step) for step in problem["loc"])


def _escaped(value: object) -> object:
    """A bound as people write it: 1, not 1.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value

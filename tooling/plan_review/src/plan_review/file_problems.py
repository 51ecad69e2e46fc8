"""Problems of a file that a user wrote, in terms of the file and not of the program that reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

_IN_WORDS = {"extra_forbidden": "is not a known field", "missing": "is missing"}


def problem_lines(error: Exception, most: int) -> tuple[str, ...]:
    """The first problems, one per line: validation errors with their place, others in the error's own words."""
    if not isinstance(error, ValidationError):
        return tuple(str(error).splitlines()[:most])
    found = error.errors(include_url=False)[:most]
    return tuple(f"{'.'.join(map(str, each['loc'])) or 'the file'}: {_in_words(each)}" for each in found)


def _in_words(problem: Mapping[str, Any]) -> str:
    message = str(problem["msg"])
    return _IN_WORDS.get(problem["type"], message.removeprefix("Value error, ").replace("Input should", "must", 1))

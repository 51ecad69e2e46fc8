"""Find regular expressions in a contract that can take unbounded time on a long value."""

import re
import warnings
from collections.abc import Iterable
from typing import Any

try:
    from re import _parser as parser  # type: ignore[attr-defined]
except ImportError:  # Python 3.10
    import sre_parse as parser

MAX_CHARACTERS = 2_000
_MANY = 20  # repetitions: two such within each other are tried in more ways than can be waited for
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT")


def problem_of(pattern: str) -> str | None:
    """Why a pattern is refused for any engine: it is too long, or it repeats a repetition; None if it is not.

    ``(a+)+`` matches the same texts as ``a+``, but tries 2 to the power of n ways on a text of length n that does not
    match. A pattern that Python cannot parse is not judged.
    """
    if len(pattern) > MAX_CHARACTERS:
        return f"has {len(pattern):,} characters; the limit is {MAX_CHARACTERS:,}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parts = parser.parse(pattern)
        return _repeated_twice(parts)
    except RecursionError:
        return "has too many nested groups"
    except (re.error, OverflowError, ValueError):
        return None


def _repeated_twice(parts: Iterable[Any]) -> str | None:
    for operation, argument in parts:
        if str(operation) in _REPEATS and argument[1] > _MANY and _is_one_repetition(argument[2]):
            return (
                "repeats a repetition, as (a+)+ does, and takes unbounded time on a text that does not match: repeat "
                "once, or make the repeated part begin or end with a mandatory character"
            )
        for inner in _sequences(argument):
            problem = _repeated_twice(inner)
            if problem:
                return problem
    return None


def _is_one_repetition(parts: Any) -> bool:
    """Whether a sequence may consist of a repetition alone, because all other parts are optional."""
    items = [(str(operation), argument) for operation, argument in parts]
    for place, (operation, argument) in enumerate(items):
        others = items[:place] + items[place + 1 :]
        if not all(_may_be_empty(*other) for other in others):
            continue
        if operation in _REPEATS:
            if argument[1] > _MANY or _is_one_repetition(argument[2]):
                return True
        elif operation in ("SUBPATTERN", "BRANCH") and any(map(_is_one_repetition, _sequences(argument))):
            return True
    return False


def _may_be_empty(operation: str, argument: Any) -> bool:
    if operation in (*_REPEATS, "POSSESSIVE_REPEAT"):
        return bool(argument[0] == 0) or all(_may_be_empty(str(o), a) for o, a in argument[2])
    if operation in ("AT", "ASSERT", "ASSERT_NOT"):
        return True
    if operation == "BRANCH":
        return any(all(_may_be_empty(str(o), a) for o, a in inner) for inner in _sequences(argument))
    if operation in ("SUBPATTERN", "ATOMIC_GROUP"):
        return all(_may_be_empty(str(o), a) for inner in _sequences(argument) for o, a in inner)
    return False


def _sequences(argument: Any) -> list[Any]:
    """The sequences of parts within a part, at any depth of its arguments."""
    if isinstance(argument, parser.SubPattern):
        return [argument]
    if isinstance(argument, tuple | list):
        return [found for part in argument for found in _sequences(part)]
    return []

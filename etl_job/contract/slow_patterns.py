"""Which regular expressions of a contract would take longer the longer a value is, without bound."""

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
    """What is wrong with a pattern, whoever reads it: too long, or a repetition of what is repeated itself.

    ``(a+)+`` matches what ``a+`` does, and a text that does not match is tried in 2 to the power of its length ways.
    A pattern that Python does not read is not judged: the job's are Java's.
    """
    if len(pattern) > MAX_CHARACTERS:
        return f"has {len(pattern):,} characters, at most {MAX_CHARACTERS:,} are read"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parts = parser.parse(pattern)
        return _repeated_twice(parts)
    except RecursionError:
        return "has too many groups within each other"
    except (re.error, OverflowError, ValueError):
        return None


def _repeated_twice(parts: Iterable[Any]) -> str | None:
    for operation, argument in parts:
        if str(operation) in _REPEATS and argument[1] > _MANY and _is_one_repetition(argument[2]):
            return (
                "repeats what is repeated itself, as (a+)+ does, and so takes time without bound for a text that "
                "does not match: repeat once, or begin or end what is repeated with a character that cannot be skipped"
            )
        for inner in _sequences(argument):
            problem = _repeated_twice(inner)
            if problem:
                return problem
    return None


def _is_one_repetition(parts: Any) -> bool:
    """Whether a sequence may be nothing but a repetition: all beside it may be left out."""
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
    """The sequences of parts within a part, at whatever place it holds them."""
    if isinstance(argument, parser.SubPattern):
        return [argument]
    if isinstance(argument, tuple | list):
        return [found for part in argument for found in _sequences(part)]
    return []

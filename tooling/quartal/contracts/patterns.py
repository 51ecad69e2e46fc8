"""Check without Java whether Java can read a pattern: Python must read it, and it must not use Python's own syntax.

https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/regex/Pattern.html
"""

from __future__ import annotations

import re
import warnings

_OF_PYTHON_ALONE = (
    (r"\(\?P[<=>]", "a group named with (?P; write (?<name>...)"),
    (r"\(\?\(", "a condition (?(, which Java does not support"),
    (r"\(\?#", "a comment (?#, which Java does not support"),
    (r"\(\?[a-zA-Z]*[aL]", "the flag a or L, which Java does not support"),
    (r"\\[NU]", "an escape \\N or \\U, which Java does not support or reads differently"),
    (r"\\[0-9]", "a backreference or an octal number, which Java reads differently"),
    (r"\\Z", "the escape \\Z, which in Java also matches before a final line break; write $"),
)
_CLASS_START = re.compile(r"\[\^?")


def problem_of_pattern(pattern: str) -> str | None:
    """Why a pattern is refused; None if it is not."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError, ValueError) as error:
        return " ".join(str(error).split()) or "it has too many nested groups"
    outside, inside = _outside_and_inside(pattern)
    for mark, reason in _OF_PYTHON_ALONE:
        if re.search(mark, outside):
            return f"it has {reason}"
    if re.search(r"\\[0-9bBAZNU]", inside):
        return "within [ ], it has an escape that Java does not support or reads differently"
    if re.search(r"\{(?![0-9]+(,[0-9]*)?\})", outside):
        return "{ starts a repetition count; write \\{ for the character itself"
    if any(int(number) >= 2**31 for number in re.findall(r"\{([0-9]+)", outside) + re.findall(r",([0-9]+)\}", outside)):
        return "a repetition count is too large"
    if "[" in inside or "&&" in inside:
        return "within [ ], Java gives [ and && a special meaning; write \\[ and \\&"
    return None


def _outside_and_inside(pattern: str) -> tuple[str, str]:
    """The text outside of brackets and the text inside, without escaped characters."""
    outside: list[str] = []
    inside: list[str] = []
    place = 0
    while place < len(pattern):
        if pattern[place] == "\\":
            marks = pattern[place : place + 2]
            outside.append(marks if marks[1:].isalnum() else "__")
            place += 2
            continue
        start = _CLASS_START.match(pattern, place)
        if start is None:
            outside.append(pattern[place])
            place += 1
            continue
        end = start.end()
        while end < len(pattern) and (pattern[end] != "]" or end == start.end()):
            if pattern[end] == "\\":
                inside.append("__" if not pattern[end + 1 : end + 2].isalnum() else pattern[end : end + 2])
                end += 2
                continue
            inside.append(pattern[end])
            end += 1
        outside.append("_")
        place = end + 1
    return "".join(outside), "".join(inside)

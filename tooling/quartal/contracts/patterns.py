"""Whether Java reads a pattern, judged without Java: what Python reads, less what only Python reads.

https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/regex/Pattern.html
"""

from __future__ import annotations

import re
import warnings

_OF_PYTHON_ALONE = (
    (r"\(\?P[<=>]", "a group named with (?P: Java writes (?<name>...)"),
    (r"\(\?\(", "a condition (?(, which Java does not know"),
    (r"\(\?#", "a comment (?#, which Java does not know"),
    (r"\(\?[a-zA-Z]*[aL]", "the flag a or L, which Java does not know"),
    (r"\\[NU]", "an escape \\N or \\U, which Java does not know or reads in another way"),
    (r"\\[0-9]", "a reference to a group or an octal number, which Java reads in another way"),
    (r"\\Z", "the escape \\Z, which in Java comes before a line break too: write $"),
)
_CLASS_START = re.compile(r"\[\^?")


def problem_of_pattern(pattern: str) -> str | None:
    """Why a pattern is refused, or None."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError, ValueError) as error:
        return " ".join(str(error).split()) or "it has too many groups within each other"
    outside, inside = _outside_and_inside(pattern)
    for mark, reason in _OF_PYTHON_ALONE:
        if re.search(mark, outside):
            return f"it has {reason}"
    if re.search(r"\\[0-9bBAZNU]", inside):
        return "within [ ] it has an escape that Java does not know or reads in another way"
    if re.search(r"\{(?![0-9]+(,[0-9]*)?\})", outside):
        return "{ begins a number of repetitions: write \\{ for the character"
    if any(int(number) >= 2**31 for number in re.findall(r"\{([0-9]+)", outside) + re.findall(r",([0-9]+)\}", outside)):
        return "a number of repetitions is too great"
    if "[" in inside or "&&" in inside:
        return "[ and && mean more within [ ] in Java: write \\[ and \\&"
    return None


def _outside_and_inside(pattern: str) -> tuple[str, str]:
    """What stands outside of brackets, and what in them, without escaped marks."""
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

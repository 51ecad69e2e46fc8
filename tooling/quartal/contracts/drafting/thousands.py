"""Find the thousands separator of numbers such as 1,234.5 or 1.234,5, if their texts show it.

A comma or a point before three digits may be a thousands separator or a decimal mark. A text with two of them, or with
both, shows which. If no text of a column does, the user has to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

DecimalMark = Literal["comma", "point"]
_BETWEEN = {",": ",", ".": r"\.", " ": "[ \u00a0\u202f]", "'": "['\u2019]"}
_PAIRS = ((",", "."), (".", ","), (" ", "."), (" ", ","), ("'", "."), ("'", ","))
_MAY_BE_EITHER = re.compile(r"[+-]?(?:0|[1-9]\d{0,2}(?:(?P<mark>[.,])\d{3})?|[1-9]\d{3,17})")


@dataclass(frozen=True, slots=True)
class Grouping:
    """The form of numbers with thousands separators.

    Attributes:
        separator: the thousands separator.
        mark: the decimal mark.
        pattern: matches every number of this form.
        decimals: the largest number of decimals.
        errors: texts of another form, with how often each appears.
    """

    separator: str
    mark: str
    pattern: re.Pattern[str]
    decimals: int
    errors: Mapping[str, int]


def open_mark(counts: Mapping[str, int]) -> str | None:
    """The comma or point that may be a thousands separator or a decimal mark in all numbers; None if it is clear."""
    found = [_MAY_BE_EITHER.fullmatch(text) for text in counts]
    marks = {match["mark"] for match in found if match and match["mark"]}
    return marks.pop() if all(found) and len(marks) == 1 else None


def infer_grouping(counts: Mapping[str, int], allowed: float, said: DecimalMark | None) -> Grouping | None:
    """The format of numbers with thousands separators; None if there are none, or the texts do not show it.

    Args:
        counts: the texts, with how often each appears.
        allowed: how many rows may have a text of another form.
        said: the decimal mark that the user named, for texts that do not show it.
    """
    written = {separator for separator, between in _BETWEEN.items() if _is_written(counts, between)}
    either = open_mark(counts) if written else None
    if either is not None and (said is None or either == {"comma": ",", "point": "."}[said]):
        return None
    for separator, mark in ((separator, mark) for separator, mark in _PAIRS if separator in written):
        between = _BETWEEN[separator]
        pattern = re.compile(
            rf"[+-]?(?:0|[1-9]\d{{0,2}}(?P<apart>{between}\d{{3}}){{0,5}}|[1-9]\d{{3,17}})(?:\{mark}(?P<decimals>\d{{1,40}}))?"
        )
        found = {text: pattern.fullmatch(text) for text in counts}
        matched = [match for match in found.values() if match]
        errors = {text: counts[text] for text, match in found.items() if match is None}
        if not any(match["apart"] for match in matched) or sum(errors.values()) > allowed:
            continue
        if any(re.search(between, text) for text in errors):  # 12,5 is no error: it explains 3,125
            continue
        decimals = max(len(match["decimals"] or "") for match in matched)
        return Grouping(separator, mark, pattern, decimals, errors)
    return None


def _is_written(counts: Mapping[str, int], between: str) -> bool:
    """Whether three digits follow such a mark in some text."""
    looked_for = re.compile(rf"\d{between}\d{{3}}(?!\d)")
    return any(looked_for.search(text) for text in counts)

"""Numbers that mean a missing value, such as -999 or 9999.9: repeated nines, far from all other values.

A negative one is drafted as a missing value. A positive one may be a price or a limit, so it is only pointed out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NINES = re.compile(r"-?9{2,7}(?:[.,](?:9{1,4}|0{1,4}))?")
_LEAST = 3  # times
_LEAST_SHARE = 0.005  # of the values
_SMALLEST = 99
_SPREAD = 1.0  # the least distance to the other values, in units of their range


@dataclass(frozen=True, slots=True)
class Placeholders:
    """The texts of a column that mean a missing value, and notes about these and other possible ones."""

    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def placeholders(there: Mapping[str, int], thousands: str = "", decimal: str = ".") -> Placeholders:
    """Find placeholders in a column of numbers.

    Args:
        there: the texts, with how often each appears.
        thousands: the separator of thousands.
        decimal: the decimal mark.
    """
    numbers = {text: number for text in there if (number := _parse_number(text, thousands, decimal)) is not None}
    total = sum(there[text] for text in numbers)
    often = [
        text
        for text, number in numbers.items()
        if _NINES.fullmatch(text) and abs(number) >= _SMALLEST and there[text] >= max(_LEAST, _LEAST_SHARE * total)
    ]
    others = [number for text, number in numbers.items() if text not in often]
    if not often or len(others) < _LEAST:
        return Placeholders()
    low, high = min(others), max(others)
    gap = _SPREAD * (high - low)
    missing = tuple(text for text in often if numbers[text] < 0 and low - numbers[text] > gap)
    above = [text for text in often if numbers[text] > 0 and numbers[text] - high > gap]
    notes = [
        f"{text} ({there[text]:,} times) is far below all other values, so it counts as missing" for text in missing
    ]
    notes += [
        f"check {text}: it occurs {there[text]:,} times, far above all other values; if it stands for a missing value, "
        "add it to missingValues, because sums include it otherwise"
        for text in above
    ]
    return Placeholders(missing, tuple(notes))


def _parse_number(text: str, thousands: str, decimal: str) -> float | None:
    plain = text.replace(thousands, "") if thousands else text
    try:
        return float(plain.replace(decimal, "."))
    except ValueError:
        return None

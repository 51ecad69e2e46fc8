"""Date and time layouts such as ``yyyy-MM-dd``: where each part of a text lies.

All parts have a fixed width but the offset from UTC (``XXX``: ``Z``, ``+02:00``), which therefore ends a layout.
"""

import re
from dataclasses import dataclass
from itertools import groupby

_PARTS = {"yyyy": "year", "MM": "month", "dd": "day", "HH": "hour", "mm": "minute", "ss": "second", "XXX": "offset"}
_OFFSET_WIDTH = 6  # at most
# Spelled out as ASCII, which the job's regular expressions (Java's) and Python's read alike.
_PATTERNS = {
    "year": "[0-9]{4}",
    "month": "[0-9]{2}",
    "day": "[0-9]{2}",
    "hour": "(?:[01][0-9]|2[0-3])",
    "minute": "[0-5][0-9]",
    "second": "[0-5][0-9]",
    "offset": "(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))",
}


@dataclass(frozen=True, slots=True)
class Part:
    """Characters at a fixed place: ``start`` counts from 1, as SQL's ``substring`` does."""

    unit: str
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout taken apart: its parts by unit, and the pattern that every text of this layout matches."""

    text: str
    parts: dict[str, Part]
    pattern: str

    @classmethod
    def parse(cls, text: str) -> "Layout":
        """Take a layout apart; raise ValueError for letters other than whole yyyy, MM, dd, HH, mm, ss, XXX.

        Text between single quotes stands for itself, as in ``yyyy-MM-dd'T'HH:mm:ss``.
        """
        parts: dict[str, Part] = {}
        patterns: list[str] = []
        start = 1
        for number, piece in enumerate(text.split("'")):
            for is_letter, run in groupby(piece, key=lambda c: c if c.isalpha() else ""):
                letters = "".join(run)
                if is_letter and number % 2 == 0:
                    unit = _PARTS.get(letters)
                    if unit is None or unit in parts or "offset" in parts:
                        raise ValueError(
                            f"{text!r} has {letters!r}; a layout is made of {', '.join(_PARTS)}, each once, XXX last"
                        )
                    parts[unit] = Part(unit, start, _OFFSET_WIDTH if unit == "offset" else len(letters))
                    patterns.append(_PATTERNS[unit])
                else:
                    patterns.append(re.escape(letters))
                start += len(letters)
        return cls(text, parts, rf"\A{''.join(patterns)}\z")

    def has_units(self, *units: str) -> bool:
        """Whether exactly these units appear."""
        return set(self.parts) == set(units)

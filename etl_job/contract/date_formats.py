"""Date and time formats such as ``yyyy-MM-dd``: the position of each part in a text.

The letters are the numeric ones of Spark's datetime patterns. A repeated letter gives the number of digits, a single
letter allows one or two, and repeated ``S`` gives the largest number of digits of a fraction. A format ends with the
offset from UTC, if it has one (``XXX``: ``Z``, ``+02:00``; ``XX``: ``Z``, ``+0200``).
https://spark.apache.org/docs/3.5.6/sql-ref-datetime-pattern.html

In addition, ``epochSeconds`` and the like name numbers that count the time since the beginning of 1970 in UTC.
"""

import re
from dataclasses import dataclass
from itertools import groupby

# Spelled out as ASCII: the class of digits has those of other scripts, too.
_HOUR, _DAY, _MONTH, _SIXTY = "[01][0-9]|2[0-3]", "0[1-9]|[12][0-9]|3[01]", "0[1-9]|1[0-2]", "[0-5][0-9]"
_OFFSET = "Z|[+-](?:(?:0[0-9]|1[0-3]){0}[0-5][0-9]|14{0}00)"
# Unit, least and greatest number of characters, pattern.
_PARTS = {
    "yyyy": ("year", 4, 4, "[0-9]{4}"),
    "MM": ("month", 2, 2, "[0-9]{2}"),
    "M": ("month", 1, 2, f"(?:{_MONTH}|[1-9])"),
    "dd": ("day", 2, 2, "[0-9]{2}"),
    "d": ("day", 1, 2, f"(?:{_DAY}|[1-9])"),
    "HH": ("hour", 2, 2, f"(?:{_HOUR})"),
    "H": ("hour", 1, 2, f"(?:{_HOUR}|[0-9])"),
    "mm": ("minute", 2, 2, _SIXTY),
    "ss": ("second", 2, 2, _SIXTY),
    **{"S" * most: ("fraction", 1, most, f"[0-9]{{1,{most}}}") for most in range(1, 10)},
    "XXX": ("offset", 1, 6, f"(?:{_OFFSET.format(':')})"),
    "XX": ("offset", 1, 5, f"(?:{_OFFSET.format('')})"),
}
# What a number counts, how many of it make a second, and how many digits before the point it has at most.
_EPOCHS = {"epochSeconds": (1, 12), "epochMilliseconds": (1_000, 15), "epochMicroseconds": (1_000_000, 18)}
_EPOCH_FRACTION = 40  # digits after the point, as where numbers are rounded
_NAMED = "yyyy, MM, M, dd, d, HH, H, mm, ss, S to SSSSSSSSS, XXX, XX"


@dataclass(frozen=True, slots=True)
class Part:
    """The characters of one unit.

    ``start`` counts from 1, as SQL's ``substring`` does; it is None if an earlier part has a variable length.
    """

    unit: str
    start: int | None
    least: int
    most: int
    pattern: str

    @property
    def is_fixed(self) -> bool:
        """Whether it is at the same position in every text."""
        return self.start is not None and (self.least == self.most or self.unit == "offset")


@dataclass(frozen=True, slots=True)
class Layout:
    """A parsed format: its parts and the literal texts between them, in order."""

    text: str
    pieces: tuple[str | Part, ...]

    @classmethod
    def parse(cls, text: str) -> "Layout":
        """Parse a format.

        Text between single quotes is literal, as in ``yyyy-MM-dd'T'HH:mm:ss``.

        Raises:
            ValueError: it has letters that the module's description does not list, or is ambiguous.
        """
        if text in _EPOCHS:
            most = _EPOCHS[text][1]
            pattern = f"-?[0-9]{{1,{most}}}(?:[.][0-9]{{1,{_EPOCH_FRACTION}}})?"
            return cls(text, (Part("epoch", 1, 1, most, pattern),))
        pieces: list[str | Part] = []
        units: set[str] = set()
        start: int | None = 1
        for number, piece in enumerate(text.split("'")):
            for is_letter, run in groupby(piece, key=lambda c: c if c.isalpha() else ""):
                letters = "".join(run)
                if not (is_letter and number % 2 == 0):
                    pieces.append(letters)
                    start = start + len(letters) if start is not None else None
                    continue
                if letters not in _PARTS or _PARTS[letters][0] in units or "offset" in units:
                    raise ValueError(
                        f"{text!r} contains {letters!r}; a format consists of {_NAMED}, each unit once and the offset "
                        f"last, or is one of {', '.join(_EPOCHS)}"
                    )
                unit, least, most, pattern = _PARTS[letters]
                before = pieces[-1] if pieces else ""
                if isinstance(before, Part) and before.least < before.most and unit != "offset":
                    raise ValueError(
                        f"{text!r} is ambiguous: {unit} follows a part of variable length; put a separator between them"
                    )
                pieces.append(Part(unit, start, least, most, pattern))
                units.add(unit)
                start = start + most if start is not None and least == most else None
        if "fraction" in units and "second" not in units:
            raise ValueError(f"{text!r} has a fraction of a second, but no seconds (ss)")
        return cls(text, tuple(pieces))

    @property
    def parts(self) -> dict[str, Part]:
        """The parts by unit."""
        return {piece.unit: piece for piece in self.pieces if isinstance(piece, Part)}

    @property
    def epoch_unit(self) -> int | None:
        """How many of the counted units make a second; None unless texts count the time since 1970."""
        return _EPOCHS[self.text][0] if self.text in _EPOCHS else None

    @property
    def is_of_moments(self) -> bool:
        """Whether a text identifies a moment without a time zone."""
        return self.epoch_unit is not None or "offset" in self.parts

    @property
    def pattern(self) -> str:
        """The pattern that all texts of this layout match, and no others, with each unit as a group of its name."""
        found = (
            re.escape(piece) if isinstance(piece, str) else f"(?P<{piece.unit}>{piece.pattern})"
            for piece in self.pieces
        )
        return rf"\A{''.join(found)}\z"

    def has_units(self, *wanted: str, optional: tuple[str, ...] = ()) -> bool:
        """Whether all of the wanted units appear, and no others but optional ones."""
        return set(wanted) <= self.parts.keys() <= {*wanted, *optional}

    def may_be_mistaken_for(self, other: "Layout") -> bool:
        """Whether a text could have both formats with different meanings, such as 01/02/2024 (day or month first)."""
        for one, another in ((self, other), (other, self)):
            if one.epoch_unit is not None:
                return one.text != another.text and another.has_texts_of_digits(_EPOCHS[one.text][1])
        if list(self.parts) == list(other.parts):
            return False
        own, others = self._outline(), other._outline()
        return len(own) == len(others) and all(
            a == b if isinstance(a, str) or isinstance(b, str) else a[0] <= b[1] and b[0] <= a[1]
            for a, b in zip(own, others, strict=True)
        )

    def has_texts_of_digits(self, most: int) -> bool:
        """Whether a text may be a number of at most ``most`` digits, perhaps with a sign or a fraction."""
        first, *rest = [piece for piece in self._outline() if piece != "-"] or [""]
        is_fraction = len(rest) == 2 and rest[0] == "." and not isinstance(rest[1], str)
        return not isinstance(first, str) and first[0] <= most and (not rest or is_fraction)

    def _outline(self) -> list[str | tuple[int, int]]:
        """The literal texts, and between them the smallest and largest number of digits."""
        found: list[str | tuple[int, int]] = []
        for piece in self.pieces:
            if isinstance(piece, str) or piece.unit == "offset":
                found.append(piece if isinstance(piece, str) else "offset")
            elif found and isinstance(found[-1], tuple):
                least, most = found[-1]
                found[-1] = (least + piece.least, most + piece.most)
            else:
                found.append((piece.least, piece.most))
        return found

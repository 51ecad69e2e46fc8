"""Date and time layouts such as ``yyyy-MM-dd``: where each part of a text lies.

The letters are those of Spark's datetime patterns, as far as they stand for numbers: a letter repeated says how many
digits there are, a single one that there may be one or two, and ``S`` repeated how many digits a fraction may have at
most. The offset from UTC (``XXX``: ``Z``, ``+02:00``; ``XX``: ``Z``, ``+0200``) ends a layout.
https://spark.apache.org/docs/3.5.6/sql-ref-datetime-pattern.html

Beside them stand names for numbers that count the time since 1970 began in UTC: ``epochSeconds`` and the like.
"""

import re
from dataclasses import dataclass
from itertools import groupby

# Spelled out as ASCII, which the job's regular expressions (Java's) and Python's read alike.
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
_EPOCH_FRACTION = 9  # digits behind the point
_NAMED = "yyyy, MM, M, dd, d, HH, H, mm, ss, S to SSSSSSSSS, XXX, XX"


@dataclass(frozen=True, slots=True)
class Part:
    """Characters that stand for one unit.

    ``start`` counts from 1, as SQL's ``substring`` does; it is None where parts before may be longer or shorter.
    """

    unit: str
    start: int | None
    least: int
    most: int
    pattern: str

    @property
    def is_fixed(self) -> bool:
        """Whether it lies at the same place in every text."""
        return self.start is not None and (self.least == self.most or self.unit == "offset")


@dataclass(frozen=True, slots=True)
class Layout:
    """A layout taken apart: its parts and the literal texts between them, in order."""

    text: str
    pieces: tuple[str | Part, ...]

    @classmethod
    def parse(cls, text: str) -> "Layout":
        """Take a layout apart.

        Text between single quotes stands for itself, as in ``yyyy-MM-dd'T'HH:mm:ss``.

        Raises:
            ValueError: it has other letters than those of the module's description, or is ambiguous.
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
                        f"{text!r} has {letters!r}; a layout is made of {_NAMED}, each unit once, the offset last, or "
                        f"is one of {', '.join(_EPOCHS)}"
                    )
                unit, least, most, pattern = _PARTS[letters]
                before = pieces[-1] if pieces else ""
                if isinstance(before, Part) and before.least < before.most and unit != "offset":
                    raise ValueError(f"{text!r}: where {unit} begins is not certain, as what is before it may vary")
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
        """How many of what a number counts make a second; None where a text is no count of the time since 1970."""
        return _EPOCHS[self.text][0] if self.text in _EPOCHS else None

    @property
    def is_of_moments(self) -> bool:
        """Whether a text says which moment it means, in whatever zone it is read."""
        return self.epoch_unit is not None or "offset" in self.parts

    @property
    def pattern(self) -> str:
        """What every text of this layout matches, and no other."""
        found = (re.escape(piece) if isinstance(piece, str) else piece.pattern for piece in self.pieces)
        return rf"\A{''.join(found)}\z"

    @property
    def named_pattern(self) -> str:
        """The same with each unit as a group of its name."""
        found = (
            re.escape(piece) if isinstance(piece, str) else f"(?P<{piece.unit}>{piece.pattern})"
            for piece in self.pieces
        )
        return rf"\A{''.join(found)}\z"

    def has_units(self, *wanted: str, optional: tuple[str, ...] = ()) -> bool:
        """Whether all of the wanted units appear, and no others but optional ones."""
        return set(wanted) <= self.parts.keys() <= {*wanted, *optional}

    def may_be_mistaken_for(self, other: "Layout") -> bool:
        """Whether a text could have both layouts and mean different things, as 01/02/2024 with day or month first."""
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
        """Whether a text may be a number of at most so many digits, perhaps with a sign or a fraction."""
        first, *rest = [piece for piece in self._outline() if piece != "-"] or [""]
        is_fraction = len(rest) == 2 and rest[0] == "." and not isinstance(rest[1], str)
        return not isinstance(first, str) and first[0] <= most and (not rest or is_fraction)

    def _outline(self) -> list[str | tuple[int, int]]:
        """Literal texts, and between them how many digits there are at least and at most."""
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

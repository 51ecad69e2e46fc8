"""What one delivery of the feed holds: who was seen when, which rows are bad, which come twice.

Only ``random.Random.random`` draws numbers: the one method whose sequence Python guarantees across versions.
Weights are integers and are searched with ``bisect``, so no platform's floating point library takes part.
"""

import random
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple

# Registrations are skewed: the first brand is seen about sixty times as often as the last.
BRAND_WEIGHTS = {
    "Toyota": 1240, "Volkswagen": 1105, "Ford": 940, "Honda": 870, "Hyundai": 760, "Nissan": 690, "Kia": 610,
    "Mercedes-Benz": 560, "BMW": 530, "Renault": 480, "Peugeot": 440, "Audi": 400, "Skoda": 350, "Mazda": 300,
    "Opel": 280, "Fiat": 250, "Volvo": 220, "Dacia": 200, "Citroën": 180, "Suzuki": 160, "Seat": 140,
    "Tesla": 120, "Mini": 100, "Subaru": 80, "Land Rover": 65, "Jeep": 52, "Porsche": 44, "Lexus": 36,
    "Alfa Romeo": 28, "Jaguar": 20,
}  # fmt: skip
WEEKDAY_WEIGHTS = (104, 108, 110, 111, 118, 84, 65)  # Monday first
MONTH_WEIGHTS = (90, 91, 98, 101, 105, 107, 103, 99, 104, 106, 100, 96)  # January first
WORKDAY_HOURS = (8, 5, 4, 4, 9, 24, 58, 98, 92, 66, 56, 58, 62, 60, 64, 74, 94, 102, 82, 56, 38, 28, 20, 12)
WEEKEND_HOURS = (18, 14, 10, 8, 8, 10, 18, 28, 44, 60, 72, 78, 78, 74, 72, 72, 70, 66, 58, 48, 38, 32, 28, 22)

SECONDS_OF_DAY = tuple(f"{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}" for s in range(86_400))

DUPLICATE_DELAY_ROWS = 2000  # a repeated row follows its first at most so many rows later


class BadRow(StrEnum):
    """The ways in which a row of the feed can be wrong; the value names it in summaries."""

    EMPTY_ID = "empty_id"
    ODD_ID = "odd_id"
    OVERLONG_ID = "overlong_id"
    EMPTY_BRAND = "empty_brand"
    OVERLONG_BRAND = "overlong_brand"
    IMPOSSIBLE_DATE = "impossible_date"
    OTHER_DATE_FORMAT = "other_date_format"
    IMPOSSIBLE_TIME = "impossible_time"
    MISSING_FIELD = "missing_field"
    EXTRA_FIELD = "extra_field"


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A calendar quarter, written ``2024Q1``."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> "Quarter":
        """Read ``2024Q1``; raise ValueError for anything else."""
        year, separator, number = text.partition("Q")
        if not separator or len(year) != 4 or not year.isdecimal() or number not in {"1", "2", "3", "4"}:
            raise ValueError(f"not a quarter: {text!r}; write it like 2024Q1")
        return cls(int(year), int(number))

    def __str__(self) -> str:
        return f"{self.year:04d}Q{self.number}"

    def next(self) -> "Quarter":
        """The quarter that follows."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    def days(self) -> tuple[date, ...]:
        """Every day of the quarter in order."""
        first = date(self.year, 3 * self.number - 2, 1)
        after = self.next()
        end = date(after.year, 3 * after.number - 2, 1)
        return tuple(first + timedelta(days=offset) for offset in range((end - first).days))


class Row(NamedTuple):
    """One line of a delivery: its text without line end, and what is wrong or repeated about it."""

    text: str
    bad: BadRow | None = None
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Quota:
    """How many lines of each sort a delivery gets, and where it takes up the feed's numbering.

    ``rows`` counts every line, bad and repeated ones too. Bad rows take turns through the kinds of ``BadRow``;
    ``bad_before`` says how many turns earlier deliveries have taken.
    """

    rows: int
    duplicates: int
    bad: int
    rows_before: int
    bad_before: int


def apportion(total: int, weights: list[int]) -> list[int]:
    """Split a total over integer weights without a remainder: shares end at the rounded-down running sums."""
    whole = sum(weights)
    ends = [total * running // whole for running in accumulate(weights)]
    return [end - start for start, end in zip([0, *ends], ends, strict=False)]


def day_weight(day: date) -> int:
    """How busy a day is, relative to others."""
    return WEEKDAY_WEIGHTS[day.weekday()] * MONTH_WEIGHTS[day.month - 1]


class RowsOfQuarter:
    """The rows of one delivery, in the order in which the cameras saw the vehicles."""

    def __init__(self, quarter: Quarter, quota: Quota, seed: int) -> None:
        # A generator per delivery: draws for one delivery never shift those of the next.
        self._draw: Callable[[], float] = random.Random(f"{seed}/{quarter}").random  # noqa: S311
        self._quarter = quarter
        self._quota = quota
        self._unique = quota.rows - quota.duplicates
        self._brands = list(BRAND_WEIGHTS)
        self._brand_ends = list(accumulate(BRAND_WEIGHTS.values()))
        self._kinds = list(BadRow)

    def __iter__(self) -> Iterator[Row]:
        draw, quota = self._draw, self._quota
        bad_left, good_left, duplicates_left = quota.bad, self._unique - quota.bad, quota.duplicates
        turn = quota.bad_before
        pending: dict[int, list[str]] = {}
        for position, sighting in enumerate(self._sightings()):
            # Selection sampling: each remaining row has the same chance, and the quota comes out exactly.
            if draw() * (bad_left + good_left) < bad_left:
                bad_left -= 1
                kind = self._kinds[turn % len(self._kinds)]
                turn += 1
                yield Row(spoil(kind, *sighting), bad=kind)
            else:
                text = ",".join(sighting)
                yield Row(text)
                if draw() * good_left < duplicates_left:
                    duplicates_left -= 1
                    pending.setdefault(position + int(draw() * DUPLICATE_DELAY_ROWS), []).append(text)
                good_left -= 1
            for text in pending.pop(position, ()):
                yield Row(text, duplicate=True)
        for due in sorted(pending):
            for text in pending[due]:
                yield Row(text, duplicate=True)

    def _sightings(self) -> Iterator[tuple[str, str, str, str]]:
        draw, brands, brand_ends = self._draw, self._brands, self._brand_ends
        brand_total = brand_ends[-1]
        days = self._quarter.days()
        number = self._quota.rows_before + 1
        for day, count in zip(days, apportion(self._unique, [day_weight(d) for d in days]), strict=True):
            hours = list(accumulate(WEEKEND_HOURS if day.weekday() >= 5 else WORKDAY_HOURS))
            hour_total = hours[-1]
            day_text = day.isoformat()
            seconds = [bisect_right(hours, int(draw() * hour_total)) * 3600 + int(draw() * 3600) for _ in range(count)]
            for second in sorted(seconds):
                brand = brands[bisect_right(brand_ends, int(draw() * brand_total))]
                yield f"S{number:010d}", brand, day_text, SECONDS_OF_DAY[second]
                number += 1


def spoil(kind: BadRow, sighting_id: str, brand: str, day: str, time: str) -> str:
    """The line of a sighting that is wrong in one way, and in that way only."""
    match kind:
        case BadRow.EMPTY_ID:
            return f",{brand},{day},{time}"
        case BadRow.ODD_ID:
            return f"{sighting_id[:4]}#{sighting_id[4:]},{brand},{day},{time}"
        case BadRow.OVERLONG_ID:
            return f"{sighting_id}{'0' * 30},{brand},{day},{time}"
        case BadRow.EMPTY_BRAND:
            return f"{sighting_id},,{day},{time}"
        case BadRow.OVERLONG_BRAND:
            return f"{sighting_id},{brand} {'x' * 40},{day},{time}"
        case BadRow.IMPOSSIBLE_DATE:
            return f"{sighting_id},{brand},{day[:4]}-02-30,{time}"
        case BadRow.OTHER_DATE_FORMAT:
            return f"{sighting_id},{brand},{day[8:]}.{day[5:7]}.{day[:4]},{time}"
        case BadRow.IMPOSSIBLE_TIME:
            return f"{sighting_id},{brand},{day},25:{time[3:]}"
        case BadRow.MISSING_FIELD:
            return f"{sighting_id},{brand},{day}"
        case BadRow.EXTRA_FIELD:
            return f"{sighting_id},{brand},{day},{time},{time}"

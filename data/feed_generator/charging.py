"""A feed of charging sessions: monthly gzip files with numbers, timestamps with offsets, and two entity columns.

Of every 200 rows one is bad, the kinds of ``BadSession`` taking turns; of every 100 one repeats the row before it, and
of every 250 one is the corrected version of a row 50 before it. Equal arguments give equal bytes: see sightings.py.
"""

import gzip
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path

HEADER = "session_id;site;plug;ended_at;energy_kwh;duration_s;member"
SITES = ("BE-1", "BE-2", "HH-1", "HH-7", "KN-3", "MU-11", "MU-12")
PLUGS = ("ccs", "ccs", "ccs", "type2", "type2", "chademo")
OFFSETS = ("Z", "+01:00", "+02:00", "-05:00", "+05:45")
FIRST_MONTH = (2024, 1)
REPORT_EVERY_ROWS = 20_000


class BadSession(StrEnum):
    """The ways in which a row of the feed can be wrong."""

    ODD_ID = "odd_id"
    UNKNOWN_PLUG = "unknown_plug"
    NO_SUCH_DAY = "no_such_day"
    NO_OFFSET = "no_offset"
    DECIMAL_POINT = "decimal_point"
    NEGATIVE_ENERGY = "negative_energy"
    FRACTION_OF_A_SECOND = "fraction_of_a_second"
    ODD_BOOLEAN = "odd_boolean"
    MISSING_FIELD = "missing_field"


@dataclass(frozen=True, slots=True)
class MonthSummary:
    """What one delivery holds; ``rows`` counts every line but the header."""

    delivery: str
    rows: int
    bad_rows: int
    duplicates: int
    size_bytes: int


def generate_charging(
    target: Path,
    rows: int = 100_000,
    seed: int = 7,
    *,
    months: int = 6,
    on_rows: Callable[[int], None] | None = None,
) -> tuple[MonthSummary, ...]:
    """Write ``<target>/delivery=<month>/sessions.csv.gz`` for each month, and return what they hold.

    ``rows`` is spread evenly over the months. Raises ValueError for a negative number of rows, or for no months.
    """
    if rows < 0 or months < 1:
        raise ValueError("rows must not be negative, months at least 1")
    return tuple(
        _write_month(target, rows * number // months, rows * (number + 1) // months, number, seed, on_rows)
        for number in range(months)
    )


def _write_month(
    target: Path, first: int, end: int, number: int, seed: int, on_rows: Callable[[int], None] | None
) -> MonthSummary:
    year, month = FIRST_MONTH[0] + number // 12, FIRST_MONTH[1] + number % 12
    delivery = f"{year:04d}-{month:02d}"
    file = target / f"delivery={delivery}" / "sessions.csv.gz"
    file.parent.mkdir(parents=True, exist_ok=True)
    bad = duplicates = 0
    # No name and no time in the gzip header, so equal rows are equal bytes.
    with file.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
        packed.write(f"{HEADER}\n".encode())
        for place, (text, is_bad, is_duplicate) in enumerate(_rows(year, month, first, end, seed), start=1):
            packed.write(f"{text}\n".encode())
            bad, duplicates = bad + is_bad, duplicates + is_duplicate
            if on_rows is not None and (place % REPORT_EVERY_ROWS == 0 or first + place == end):
                on_rows((place - 1) % REPORT_EVERY_ROWS + 1)
    return MonthSummary(delivery, end - first, bad, duplicates, file.stat().st_size)


def _rows(year: int, month: int, first: int, end: int, seed: int) -> Iterator[tuple[str, bool, bool]]:
    draw = random.Random(f"charging/{seed}/{year}-{month}").random  # noqa: S311
    begin = datetime(year, month, 1, tzinfo=UTC)
    seconds = int((datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC) - begin).total_seconds())
    written: list[list[str]] = []
    for number in range(first, end):
        if written and number % 100 == 57:
            yield ";".join(written[-1]), False, True
            continue
        if len(written) >= 50 and number % 250 == 133:
            corrected = [*written[-50]]
            corrected[4] = f"{int(draw() * 80_000) / 1000:.3f}".replace(".", ",")
            yield ";".join(corrected), False, True
            continue
        ended = begin + timedelta(seconds=int(draw() * seconds))
        offset = OFFSETS[int(draw() * len(OFFSETS))]
        energy = "" if draw() < 0.02 else f"{int(draw() * 90_000) / 1000:.3f}".replace(".", ",")
        fields = [
            str(number + 1),
            SITES[int(draw() * draw() * len(SITES))],
            PLUGS[int(draw() * len(PLUGS))],
            f"{ended.astimezone(_zone(offset)):%Y-%m-%dT%H:%M:%S}{offset}",
            energy,
            str(300 + int(draw() * 20_000)),
            ("true", "false", "")[int(draw() * 3)],
        ]
        if number % 200 == 99:
            kinds = list(BadSession)
            yield _spoiled(kinds[number // 200 % len(kinds)], fields), True, False
            continue
        written.append(fields)
        yield ";".join(fields), False, False


def _zone(offset: str) -> timezone:
    if offset == "Z":
        return UTC
    distance = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:]))
    return timezone(-distance if offset[0] == "-" else distance)


def _spoiled(kind: BadSession, fields: list[str]) -> str:
    place, value = {
        BadSession.ODD_ID: (0, f"x{fields[0]}"),
        BadSession.UNKNOWN_PLUG: (2, "schuko"),
        BadSession.NO_SUCH_DAY: (3, f"{fields[3][:5]}02-30{fields[3][10:]}"),
        BadSession.NO_OFFSET: (3, fields[3][:19]),
        BadSession.DECIMAL_POINT: (4, "12.500"),
        BadSession.NEGATIVE_ENERGY: (4, "-1,000"),
        BadSession.FRACTION_OF_A_SECOND: (5, "900,5"),
        BadSession.ODD_BOOLEAN: (6, "perhaps"),
        BadSession.MISSING_FIELD: (6, None),
    }[kind]
    return ";".join([*fields[:place], *([value] if value is not None else []), *fields[place + 1 :]])

"""Writing the feed: one folder per delivery, files of bounded size, and a count of what went into each."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from feed_generator.sightings import BadRow, Quarter, Quota, RowsOfQuarter, apportion, day_weight

HEADER = "sighting_id,brand,date,time"
MAX_FILE_BYTES = 64 * 1024 * 1024
REPORT_EVERY_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class DeliverySummary:
    """What one delivery holds. ``rows`` counts every line but the headers: good, bad and repeated ones."""

    delivery: str
    rows: int
    bad: dict[BadRow, int]
    duplicates: int
    files: tuple[Path, ...]
    size_bytes: int

    @property
    def bad_rows(self) -> int:
        """Bad rows of all kinds."""
        return sum(self.bad.values())


@dataclass(frozen=True, slots=True)
class FeedSummary:
    """What was written, delivery by delivery."""

    deliveries: tuple[DeliverySummary, ...]

    @property
    def rows(self) -> int:
        """Lines written, headers left out."""
        return sum(each.rows for each in self.deliveries)

    @property
    def bad_rows(self) -> int:
        """Bad rows of all kinds and deliveries."""
        return sum(each.bad_rows for each in self.deliveries)

    @property
    def duplicates(self) -> int:
        """Rows that repeat an earlier one of their delivery."""
        return sum(each.duplicates for each in self.deliveries)

    @property
    def size_bytes(self) -> int:
        """Bytes on disk, headers included."""
        return sum(each.size_bytes for each in self.deliveries)


def generate(
    target: Path,
    rows: int = 1_000_000,
    seed: int = 7,
    *,
    first_quarter: str = "2023Q1",
    quarters: int = 8,
    max_file_bytes: int = MAX_FILE_BYTES,
    on_rows: Callable[[int], None] | None = None,
) -> FeedSummary:
    """Write ``<target>/delivery=<quarter>/part-00000.csv`` and so on, and return what they hold.

    Of the rows 0.5 % are bad and 1 % repeat an earlier row of their delivery exactly. Equal arguments give
    equal bytes. Files of an earlier feed in the same delivery folders are removed. ``on_rows`` is told the rows
    written since it was last called. Raises ValueError for a negative number of rows, for no quarters, and for
    files too small to hold a row.
    """
    if rows < 0 or quarters < 1 or max_file_bytes < 1024:
        raise ValueError("rows must not be negative, quarters at least 1, max_file_bytes at least 1024")
    wanted = _quarters(first_quarter, quarters)
    summaries = []
    for quarter, quota in zip(wanted, _quotas(rows, wanted), strict=True):
        content = RowsOfQuarter(quarter, quota, seed)
        folder = target / f"delivery={quarter}"
        summaries.append(_write_delivery(folder, quarter, content, max_file_bytes, on_rows or _ignore))
    return FeedSummary(tuple(summaries))


def _ignore(_rows: int) -> None:
    pass


def _quotas(rows: int, quarters: list[Quarter]) -> list[Quota]:
    weights = [sum(map(day_weight, quarter.days())) for quarter in quarters]
    shares, bad, duplicates = (apportion(total, weights) for total in (rows, rows // 200, rows // 100))
    return [
        Quota(shares[k], duplicates[k], bad[k], rows_before=sum(shares[:k]), bad_before=sum(bad[:k]))
        for k in range(len(quarters))
    ]


def _quarters(first: str, count: int) -> list[Quarter]:
    quarters = [Quarter.parse(first)]
    while len(quarters) < count:
        quarters.append(quarters[-1].next())
    return quarters


def _write_delivery(
    folder: Path,
    quarter: Quarter,
    rows: RowsOfQuarter,
    max_file_bytes: int,
    on_rows: Callable[[int], None],
) -> DeliverySummary:
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("part-*.csv"):
        stale.unlink()
    bad: Counter[BadRow] = Counter()
    total = duplicates = 0

    def lines() -> Iterator[bytes]:
        nonlocal total, duplicates
        for row in rows:
            total += 1
            if row.bad is not None:
                bad[row.bad] += 1
            duplicates += row.duplicate
            if total % REPORT_EVERY_ROWS == 0:
                on_rows(REPORT_EVERY_ROWS)
            yield row.text.encode() + b"\n"

    files = _write_files(folder, lines(), max_file_bytes)
    on_rows(total % REPORT_EVERY_ROWS)
    return DeliverySummary(
        delivery=str(quarter),
        rows=total,
        bad={kind: bad[kind] for kind in BadRow if bad[kind]},
        duplicates=duplicates,
        files=files,
        size_bytes=sum(file.stat().st_size for file in files),
    )


def _write_files(folder: Path, lines: Iterator[bytes], max_file_bytes: int) -> tuple[Path, ...]:
    header = HEADER.encode() + b"\n"
    files: list[Path] = []
    line = next(lines, None)
    while line is not None or not files:
        path = folder / f"part-{len(files):05d}.csv"
        with path.open("wb") as file:
            size = file.write(header)
            while line is not None and size + len(line) <= max_file_bytes:
                size += file.write(line)
                line = next(lines, None)
        files.append(path)
    return tuple(files)

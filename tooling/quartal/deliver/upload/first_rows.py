"""Judge the first rows of some files as a run would, for instance to warn of dates in another form.

Rows that break rules belong in the quarantine, so nothing is refused here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from quartal.contracts.model import Contract, FileFormat
from quartal.deliver.upload.destinations import UploadItem, is_gzip
from quartal.deliver.upload.job_files import READ_ERRORS, unpacked_beginning

if TYPE_CHECKING:
    from quartal.contracts.row_judge import Judge, JudgedBatch

_FILES = 5  # of an upload, from its first to its last
_BYTES = 64 * 1024
_MOST_PARQUET = 32 * 1024**2  # of a file: all of a row group is read for its first rows


@dataclass(frozen=True, slots=True)
class FirstRows:
    """The first rows of a file, more than half of which break a rule.

    Attributes:
        path: the file.
        rows: how many were checked.
        broken: how many break the rule.
        rule: the one that most of them break.
        example: a text that breaks it; None for rules of whole rows.
    """

    path: Path
    rows: int
    broken: int
    rule: str
    example: str | None

    def __str__(self) -> str:
        like = f", such as {self.example[:60]!r}" if self.example is not None else ""
        those = f"of the first {self.rows} rows {self.broken} break" if self.rows > 1 else "the first row breaks"
        return f"{self.path}: {those} {self.rule}{like}"


def broken_beginnings(items: Sequence[UploadItem], contract: Contract) -> tuple[FirstRows, ...]:
    """The files of a few of an upload whose first rows would go into quarantine for the most part."""
    from quartal.contracts.row_judge import DamagedFileError, InputError, Judge

    judge, found = Judge.of(contract), list[FirstRows]()
    for item in _spread([item for item in items if item.size_bytes]):
        if contract.files.format is FileFormat.PARQUET and item.size_bytes > _MOST_PARQUET:
            continue
        try:
            found += _problem(judge, item)
        except (DamagedFileError, InputError, *READ_ERRORS):
            continue  # half of a record, or damage after the first line: the run judges whole files
    return tuple(found)


def _spread(items: Sequence[UploadItem]) -> Iterator[UploadItem]:
    if len(items) <= _FILES:
        yield from items
        return
    for number in range(_FILES):
        yield items[number * (len(items) - 1) // (_FILES - 1)]


def _problem(judge: Judge, item: UploadItem) -> Iterator[FirstRows]:
    import pyarrow.compute as pc

    judged = list(judged_beginning(judge, item))
    rows = sum(each.batch.rows for each in judged)
    for bit, rule in enumerate(judge.contract.rule_names):
        column, broken, example = rule.rpartition(".")[0], 0, None
        for each in judged:
            if each.broken is None:
                continue
            wrong = pc.indices_nonzero(pc.not_equal(pc.bit_wise_and(each.broken, 1 << bit), 0))
            if not broken and len(wrong) and column in each.batch.texts:
                example = each.batch.texts[column][wrong[0].as_py()].as_py()
            broken += len(wrong)
        if 2 * broken > rows:
            yield FirstRows(item.path, rows, broken, rule, example)
            return


def judged_beginning(judge: Judge, item: UploadItem) -> Iterator[JudgedBatch]:
    """The first rows, in as many batches as there are ways to read them."""
    from quartal.contracts.row_judge import LocalObjectStore, RawPart, Source, read_batches, read_headers

    store, contract, latest = LocalObjectStore(), judge.contract, datetime.now(UTC).date() + timedelta(days=1)
    is_parquet = contract.files.format is FileFormat.PARQUET
    with _first_lines(item, is_whole=is_parquet) as file:
        path, size = str(file), file.stat().st_size
        source = Source(path, 0, item.delivery, size, read_headers(store, contract, [path])[path], latest)
        part = RawPart(path, 0, 0, 1 if is_parquet else size, chunk_bytes=_BYTES)
        batches = read_batches(store, part, source, contract)
        for batch in islice(batches, 1) if is_parquet else batches:
            yield judge.judge(batch, latest)


@contextmanager
def _first_lines(item: UploadItem, *, is_whole: bool) -> Iterator[Path]:
    """A file with the first lines of another, unpacked; or that file itself."""
    if is_whole:
        yield item.path
        return
    with item.path.open("rb") as file:
        head = file.read(_BYTES)
    if is_gzip(item.key) and not item.compress:
        head = unpacked_beginning(head, _BYTES)
    is_cut = len(head) >= _BYTES and b"\n" in head and b"\0" not in head[:8]  # of UTF-16 a character is two bytes
    with TemporaryDirectory() as folder:
        beginning = Path(folder) / "beginning"
        beginning.write_bytes(head[: head.rindex(b"\n") + 1] if is_cut else head)
        yield beginning

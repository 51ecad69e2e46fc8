"""What a run would make of the first rows of some files: a feed whose dates have another form is told beforehand.

Rows that break rules are for the quarantine, so nothing is refused here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from quartal.contracts.model import Contract, FileFormat
from quartal.deliver.upload.plan import UploadItem

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
        rows: how many were looked at.
        broken: how many break the rule.
        rule: the one that most of them break.
        example: a text that does, None for rules of whole rows.
    """

    path: Path
    rows: int
    broken: int
    rule: str
    example: str | None

    def __str__(self) -> str:
        like = f", such as {self.example[:60]!r}" if self.example is not None else ""
        return f"{self.path}: of the first {self.rows} rows {self.broken} break {self.rule}{like}"


def broken_beginnings(items: Sequence[UploadItem], contract: Contract) -> tuple[FirstRows, ...]:
    """The files of a few of an upload whose first rows would go into quarantine for the most part."""
    from quartal.contracts.row_judge import DamagedFileError, InputError, Judge

    judge, found = Judge.of(contract), list[FirstRows]()
    for item in _spread([item for item in items if item.size_bytes]):
        if contract.files.format is FileFormat.PARQUET and item.size_bytes > _MOST_PARQUET:
            continue
        try:
            found += _problem(judge, item)
        except (DamagedFileError, InputError, OSError):
            continue  # half of a record, or damage behind the first line: whole files are for the run to judge
    return tuple(found)


def _spread(items: Sequence[UploadItem]) -> Iterator[UploadItem]:
    if len(items) <= _FILES:
        yield from items
        return
    for number in range(_FILES):
        yield items[number * (len(items) - 1) // (_FILES - 1)]


def _problem(judge: Judge, item: UploadItem) -> Iterator[FirstRows]:
    import pyarrow as pa
    import pyarrow.compute as pc

    judged = _judged(judge, item)
    if judged is None or judged.broken is None:
        return
    rows = judged.batch.rows
    for bit, rule in enumerate(judge.contract.rule_names):
        wrong = pc.indices_nonzero(pc.not_equal(pc.bit_wise_and(judged.broken, pa.scalar(1 << bit, pa.int64())), 0))
        if 2 * len(wrong) > rows:
            column = judged.batch.texts.get(rule.rpartition(".")[0])
            example = column[wrong[0].as_py()].as_py() if column is not None else None
            yield FirstRows(item.path, rows, len(wrong), rule, example)
            return


def _judged(judge: Judge, item: UploadItem) -> JudgedBatch | None:
    from quartal.contracts.row_judge import LocalObjectStore, RawPart, Source, batches_of, read_headers

    store, path, contract = LocalObjectStore(), str(item.path), judge.contract
    header = read_headers(store, contract, [path])[path]
    latest = datetime.now(UTC).date() + timedelta(days=1)
    source = Source(path, 0, item.delivery, item.size_bytes, header, latest)
    end = 1 if contract.files.format is FileFormat.PARQUET else min(item.size_bytes, _BYTES)
    part = RawPart(path, 0, 0, end, chunk_bytes=_BYTES)
    batch = next(batches_of(store, part, source, contract), None)
    return None if batch is None else judge.judge(batch, latest)

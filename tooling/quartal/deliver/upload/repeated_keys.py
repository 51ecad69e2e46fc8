"""Compare the keys of a delivery's first rows with those of another: a key that starts again in each file loses rows.

A run keeps one row per key, so no row of a second file that begins at 1 again would be left. Nothing is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from quartal.contracts.model import Contract, FileFormat
from quartal.deliver.upload.destinations import UploadItem
from quartal.deliver.upload.first_rows import judged_beginning
from quartal.deliver.upload.job_files import READ_ERRORS, why_left_out
from quartal.deliver.upload.write_outcome import CALL_ERRORS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from quartal.contracts.row_judge import Judge

_BYTES = 64 * 1024
_LEAST_ROWS = 5
_SHARE = 0.5  # of the first rows
_COUNTED = re.compile(r"\D{0,20}0*[01]")  # 1, or INV-0001
_Rows = Mapping[tuple[str | None, ...], str]


@dataclass(frozen=True, slots=True)
class RepeatedKeys:
    """A file whose first rows have the keys of other rows in another delivery's file.

    Attributes:
        path: the file.
        rows: how many rows were looked at.
        repeated: how many of them have a key of the other file, and differ from the row there.
        other: the other file.
        key: the columns of the key.
    """

    path: Path
    rows: int
    repeated: int
    other: str
    key: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.path}: {self.repeated} of the first {self.rows} rows have the {', '.join(self.key)} of other rows "
            f"in {self.other}, and a run keeps only one of them. If each file numbers its rows from 1, remove "
            "primaryKey from the contract"
        )


def repeated_keys(
    items: Sequence[UploadItem], contract: Contract, s3: S3Client, bucket: str, raw_prefix: str
) -> tuple[RepeatedKeys, ...]:
    """The deliveries of an upload whose first file restarts its keys, compared with each other and with the lake."""
    if not contract.key or contract.files.format is FileFormat.PARQUET:
        return ()
    from quartal.contracts.row_judge import Judge

    judge = Judge.of(contract)
    firsts = {item.delivery: item for item in reversed(items) if item.size_bytes}
    counted = {
        name: (item, rows)
        for name, item in sorted(firsts.items())
        if (rows := _read_rows(judge, item)) and any(_counts(key) for key in rows)
    }
    if not counted:
        return ()
    others = _in_lake(judge, s3, bucket, raw_prefix, frozenset(firsts))
    others |= {str(item.path): rows for item, rows in counted.values()}
    return tuple(
        found for item, rows in counted.values() for found in islice(_repeated(item, rows, others, contract.key), 1)
    )


def _repeated(
    item: UploadItem, rows: _Rows, others: Mapping[str, _Rows], key: tuple[str, ...]
) -> Iterator[RepeatedKeys]:
    for name, known in others.items():
        if name == str(item.path):
            return  # the following ones are compared with it
        both = [found for found in rows if found in known]
        differ = sum(rows[found] != known[found] for found in both)
        if len(rows) >= _LEAST_ROWS and differ >= _SHARE * min(len(rows), len(known)):
            yield RepeatedKeys(item.path, len(rows), differ, name, key)


def _counts(key: tuple[str | None, ...]) -> bool:
    return any(part is not None and _COUNTED.fullmatch(part) is not None for part in key)


def _read_rows(judge: Judge, item: UploadItem) -> _Rows:
    """The texts of the first rows by their keys."""
    from quartal.contracts.row_judge import DamagedFileError, InputError

    found: dict[tuple[str | None, ...], str] = {}
    try:
        for judged in judged_beginning(judge, item):
            keys = [judged.batch.texts[name].to_pylist() for name in judge.contract.key]
            for key, raw in zip(zip(*keys, strict=True), judged.batch.raw.to_pylist(), strict=True):
                found.setdefault(key, raw)
    except (DamagedFileError, InputError, *READ_ERRORS):
        return {}  # reported elsewhere, or by the run
    return found


def _in_lake(judge: Judge, s3: S3Client, bucket: str, raw_prefix: str, deliveries: frozenset[str]) -> dict[str, _Rows]:
    """The first rows of a file of another delivery, if there is one and it may be read."""
    try:
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=raw_prefix).get("Contents", [])
        names = [entry["Key"].removeprefix(raw_prefix) for entry in listed if entry["Size"]]
        fit = [
            name
            for name in names
            if name.startswith("delivery=")
            and name.partition("/")[0].removeprefix("delivery=") not in deliveries
            and why_left_out(name, 1) is None
        ]
        if not fit:
            return {}
        name = fit[0]
        head = s3.get_object(Bucket=bucket, Key=raw_prefix + name, Range=f"bytes=0-{_BYTES - 1}")["Body"].read()
    except CALL_ERRORS:
        return {}  # who may not read the lake may deliver all the same
    with TemporaryDirectory() as folder:
        path = Path(folder) / "beginning"
        path.write_bytes(head)
        rows = _read_rows(judge, UploadItem(path, raw_prefix + name, len(head), ""))
    return {name: rows} if rows else {}

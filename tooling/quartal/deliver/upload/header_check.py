"""Whether a file begins as its contract says, asked before anything is sent: the job would refuse the whole run."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from quartal.contracts.finding import contract_of
from quartal.contracts.model import FileFormat
from quartal.core.errors import UploadError
from quartal.deliver.upload.job_files import READ_ERRORS, unpacked_beginning
from quartal.deliver.upload.plan import UploadItem, is_gzip

_HEAD_BYTES = 64 * 1024  # as much as the job reads for it
_SHOWN = 5
_LINE_END = re.compile(rb"\r\n|\r|\n")  # as the job splits lines
# how a file begins that is no text; the job reads headers of plain files and of those that gzip compressed
_SIGNATURES = {
    rb"\x1f\x8b": "is compressed with gzip, and its name does not end in .gz",
    rb"BZh[1-9]1AY&SY": "is compressed with bzip2, through which the job reads no header: use gzip",
    rb"\x28\xb5\x2f\xfd": "is compressed with Zstandard, through which the job reads no header: use gzip",
    rb"\xfd7zXZ\0": "is compressed with xz, through which the job reads no header: use gzip",
    rb"PK\x03\x04": "is a ZIP archive, or a workbook: use CSV, compressed with gzip or not",
    rb"PAR1\x15": "is Parquet, and the contract wants {wanted}",
}
# what Spark unpacks by the name, whatever is in the file; gzip is the one that the job's own readers know too
_UNREAD_SUFFIXES = (".bz2", ".deflate", ".lz4", ".snappy", ".zst")
_NAMES = {FileFormat.CSV: "CSV", FileFormat.JSON_LINES: "JSON lines", FileFormat.PARQUET: "Parquet"}


@dataclass(frozen=True, slots=True)
class HeaderRule:
    """What a file's first line must hold.

    Attributes:
        columns: names of the required columns, in the contract's order.
        optional: names of the others.
        delimiter: between two names.
        quote_symbol: around names.
        encoding: how bytes become letters.
        escape: before a quote within quotes; else it is written twice.
        format: of the files. Only CSV names columns in its first line.
        has_header: whether it does.
        multi_line: whether values may hold line breaks, so that CR alone ends no line.
    """

    columns: tuple[str, ...]
    delimiter: str = ","
    quote_symbol: str = '"'
    encoding: str = "UTF-8"
    escape: str | None = None
    format: FileFormat = FileFormat.CSV
    optional: tuple[str, ...] = ()
    has_header: bool = True
    multi_line: bool = False

    @classmethod
    def of_dataset(cls, contracts: Path, dataset: str) -> HeaderRule:
        """The rule in the dataset's contract.

        Raises:
            ConfigurationError: no contract in the folder is about the dataset, or the job would refuse it.
        """
        contract = contract_of(contracts, dataset)
        form = contract.csv
        return cls(
            tuple(column.name_in_file for column in contract.columns if column.required),
            form.delimiter,
            form.quote_symbol,
            form.encoding,
            form.escape,
            contract.files.format,
            tuple(column.name_in_file for column in contract.columns if not column.required),
            has_header=form.header,
            multi_line=form.multi_line,
        )

    def problem_of(self, head: bytes) -> str | None:
        """What is wrong with a file that begins so; None when nothing is."""
        if self.format is FileFormat.PARQUET:
            return None if head.startswith(b"PAR1") else "is no Parquet, and the contract wants Parquet"
        for signature, problem in _SIGNATURES.items():
            if re.match(signature, head):
                return problem.format(wanted=_NAMES[self.format])
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            return f"is UTF-16, not {self.encoding}"
        end = _LINE_END.search(head)  # in the encodings that a contract may name, these are single bytes
        if self.multi_line and end and end[0] == b"\r":
            return "ends its lines with CR alone, which is part of a value where the contract says multiLine: use LF"
        first = head[: end.start()] if end else head
        line = first.decode(self.encoding, errors="surrogateescape").removeprefix("\ufeff")
        if "\0" in line:
            return f"line 1 holds NUL bytes: this is no {self.encoding} text"
        wrong = re.search("[\udc80-\udcff]", line)
        if wrong is not None:
            return f"line 1 is not {self.encoding} (byte {ord(wrong[0]) - 0xDC00:#04x})"
        if self.format is FileFormat.JSON_LINES:
            found = line.lstrip()
            return None if not found or found.startswith("{") else f"line 1 is no JSON object: {line[:120]!r}"
        if not self.has_header:
            return None
        try:
            reader = csv.reader([line], delimiter=self.delimiter, quotechar=self.quote_symbol, escapechar=self.escape)
            names = [name.strip() for name in next(reader, [])]
        except csv.Error as error:
            return f"line 1 is no CSV ({error}): {line[:120]!r}"
        missing = [name for name in self.columns if name not in names]
        if missing:
            expected = self.delimiter.join(self.columns)
            return f"line 1 lacks {', '.join(missing)}: expected {expected}, found {line[:120]!r}"
        twice = [name for name in (*self.columns, *self.optional) if names.count(name) > 1]
        return f"line 1 names {', '.join(twice)} twice: {line[:120]!r}" if twice else None

    def problem_of_columns(self, names: Sequence[str]) -> str | None:
        """What is wrong with a Parquet file of these columns, whose names count in capitals and small letters alike."""
        found = Counter(name.lower() for name in names)
        missing = [name for name in self.columns if name.lower() not in found]
        if missing:
            return f"lacks {', '.join(missing)}: its columns are {', '.join(names)[:120]!r}"
        twice = [name for name in (*self.columns, *self.optional) if found[name.lower()] > 1]
        return f"has {', '.join(twice)} twice: its columns are {', '.join(names)[:120]!r}" if twice else None

    def problem_of_file(self, path: Path, *, is_packed: bool) -> str | None:
        """What is wrong with a file; None when nothing is, or nothing is in it.

        Raises:
            OSError: it cannot be read, or not be unpacked.
            zlib.error: it cannot be unpacked.
        """
        head = _head(path, is_packed=is_packed)
        problem = self.problem_of(head) if head else self._problem_of_nothing()
        if problem is None and self.format is FileFormat.PARQUET:
            return self._problem_of_parquet(path)
        return problem

    def _problem_of_nothing(self) -> str | None:
        if self.format is FileFormat.CSV and self.has_header:
            return "is empty: it has no header"
        return "is empty: it is no Parquet" if self.format is FileFormat.PARQUET else None

    def _problem_of_parquet(self, path: Path) -> str | None:
        # Arrow takes half a second and 40 MB: who has no Parquet does not pay for it
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return self.problem_of_columns(pq.read_schema(path).names)
        except (pa.ArrowException, OSError) as error:
            return f"is no Parquet that can be read: {' '.join(str(error).split())[:120]}"


def check_headers(items: tuple[UploadItem, ...], rule: HeaderRule) -> None:
    """Look at the beginning of every file.

    Raises:
        UploadError: some do not fit; nothing was sent.
    """
    problems: list[str] = []
    for item in items:
        try:
            problem = rule.problem_of_file(item.path, is_packed=is_gzip(item.key) and not item.compress)
        except READ_ERRORS as error:
            problems.append(f"{item.path}: cannot be read: {error}")
            continue
        suffix = PurePosixPath(item.key).suffix
        if problem is None and suffix in _UNREAD_SUFFIXES and rule.format is not FileFormat.PARQUET:
            problem = (
                f"would be unpacked by Spark for its name's sake, since it ends in {suffix}: use gzip, or rename it"
            )
        if problem is not None:
            problems.append(f"{item.path}: {problem}")
    if problems:
        more = (f"... and {len(problems) - _SHOWN} more",) if len(problems) > _SHOWN else ()
        raise UploadError(
            f"{problems[0]}. Nothing was uploaded.",
            remedy="Correct the files, or the contract in data/contracts if the feed has changed.",
            details=(*problems[1:_SHOWN], *more),
        )


def _head(path: Path, *, is_packed: bool) -> bytes:
    with path.open("rb", buffering=0) as file:
        head = file.read(_HEAD_BYTES) or b""
    return unpacked_beginning(head, _HEAD_BYTES) if is_packed else head

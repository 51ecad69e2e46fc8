"""Whether a file begins as its contract says, asked before anything is sent: the job would refuse the whole run."""

from __future__ import annotations

import csv
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from quartal.contracts.finding import contract_of
from quartal.contracts.model import FileFormat
from quartal.errors import UploadError
from quartal.uploading.plan import UploadItem, is_gzip

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
_NAMES = {FileFormat.CSV: "CSV", FileFormat.JSON_LINES: "JSON lines", FileFormat.PARQUET: "Parquet"}


@dataclass(frozen=True, slots=True)
class HeaderRule:
    """What a file's first line must hold.

    Attributes:
        columns: names of the required columns, in the contract's order.
        delimiter: between two names.
        quote_symbol: around names.
        encoding: how bytes become letters.
        escape: before a quote within quotes; else it is written twice.
        format: of the files. Only CSV names columns in its first line.
    """

    columns: tuple[str, ...]
    delimiter: str = ","
    quote_symbol: str = '"'
    encoding: str = "UTF-8"
    escape: str | None = None
    format: FileFormat = FileFormat.CSV

    @classmethod
    def of_dataset(cls, contracts: Path, dataset: str) -> HeaderRule | None:
        """The rule in the dataset's contract; None when its files are CSV without a header.

        Raises:
            ConfigurationError: no contract in the folder is about the dataset, or the job would refuse it.
        """
        contract = contract_of(contracts, dataset)
        form = contract.csv
        if contract.files.format is FileFormat.CSV and not form.header:
            return None
        required = tuple(column.name for column in contract.columns if column.required)
        return cls(required, form.delimiter, form.quote_symbol, form.encoding, form.escape, contract.files.format)

    def problem_of(self, head: bytes) -> str | None:
        """What is wrong with a file that begins so; None when nothing is."""
        if self.format is FileFormat.PARQUET:
            return None if head.startswith(b"PAR1") else "is no Parquet, and the contract wants Parquet"
        for signature, problem in _SIGNATURES.items():
            if re.match(signature, head):
                return problem.format(wanted=_NAMES[self.format])
        if head.startswith((b"\xff\xfe", b"\xfe\xff")):
            return f"is UTF-16, not {self.encoding}"
        first = _LINE_END.split(head, maxsplit=1)[
            0
        ]  # in the encodings that a contract may name, these are single bytes
        line = first.decode(self.encoding, errors="surrogateescape").removeprefix("\ufeff")
        if "\0" in line:
            return f"line 1 holds NUL bytes: this is no {self.encoding} text"
        wrong = re.search("[\udc80-\udcff]", line)
        if wrong is not None:
            return f"line 1 is not {self.encoding} (byte {ord(wrong[0]) - 0xDC00:#04x})"
        if self.format is FileFormat.JSON_LINES:
            found = line.lstrip()
            return None if not found or found.startswith("{") else f"line 1 is no JSON object: {line[:120]!r}"
        try:
            reader = csv.reader([line], delimiter=self.delimiter, quotechar=self.quote_symbol, escapechar=self.escape)
            names = [name.strip() for name in next(reader, [])]
        except csv.Error as error:
            return f"line 1 is no CSV ({error}): {line[:120]!r}"
        missing = [name for name in self.columns if name not in names]
        if missing:
            expected = self.delimiter.join(self.columns)
            return f"line 1 lacks {', '.join(missing)}: expected {expected}, found {line[:120]!r}"
        twice = sorted({name for name in self.columns if names.count(name) > 1})
        return f"line 1 names {', '.join(twice)} twice: {line[:120]!r}" if twice else None


def check_headers(items: tuple[UploadItem, ...], rule: HeaderRule) -> None:
    """Look at the beginning of every file.

    Raises:
        UploadError: some do not fit; nothing was sent.
    """
    problems: list[str] = []
    for item in items:
        try:
            head = _head(item.path)
        except (OSError, zlib.error) as error:
            problems.append(f"{item.path}: cannot be read: {error}")
            continue
        problem = rule.problem_of(head) if head else "is empty: it has no header"
        if problem is not None:
            problems.append(f"{item.path}: {problem}")
    if problems:
        more = (f"... and {len(problems) - _SHOWN} more",) if len(problems) > _SHOWN else ()
        raise UploadError(
            f"{problems[0]}. Nothing was uploaded.",
            remedy="Correct the files, or the contract in data/contracts if the feed has changed.",
            details=(*problems[1:_SHOWN], *more),
        )


def _head(path: Path) -> bytes:
    with path.open("rb", buffering=0) as file:
        head = file.read(_HEAD_BYTES) or b""
    if is_gzip(path) and head:
        return zlib.decompressobj(wbits=31).decompress(head, _HEAD_BYTES)
    return head

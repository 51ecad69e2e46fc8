"""Rows as a CSV file that the job reads as the contract says: its header, its delimiter, one line per row."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

from awscrt.checksums import crc64nvme

from quartal.contracts.model import Contract, CsvFormat
from quartal.ingesting.values import Format, format_of
from quartal.uploading.checksums import encode

Rows = Sequence[Sequence[Any]]


class RowError(Exception):
    """A row has no place in the file.

    Attributes:
        row: its place in the batch.
        column: name of the column whose value is the reason.
        reason: what is wrong with the value.
    """

    def __init__(self, row: int, column: str, reason: str) -> None:
        super().__init__(f"column {column} {reason}")
        self.row = row
        self.column = column
        self.reason = reason


@dataclass(frozen=True, slots=True)
class FileLayout:
    """What each file of an ingest looks like.

    Attributes:
        columns: names of the columns, in the order of the file.
        formats: how the values of each are written.
        form: delimiter, quotes, header and encoding.
        hash: differs where the same rows would become other bytes.
    """

    columns: tuple[str, ...]
    formats: tuple[Format, ...]
    form: CsvFormat
    hash: str

    @classmethod
    def of_contract(cls, contract: Contract, present: Sequence[str]) -> FileLayout:
        """The layout of files with the columns of the contract that are present."""
        columns = [column for column in contract.columns if column.name in present]
        rules = [
            (c.name, c.logical_type, c.rules.format, c.rules.decimal_separator, c.rules.time_zone) for c in columns
        ]
        form = contract.csv.model_dump(mode="json")
        # as it was before contracts could say these
        form = {name: value for name, value in form.items() if value or name not in ("multi_line", "escape")}
        content = json.dumps([form, rules])
        return cls(
            tuple(column.name for column in columns),
            tuple(format_of(column) for column in columns),
            contract.csv,
            hashlib.sha256(content.encode()).hexdigest()[:16],
        )

    def header(self) -> bytes:
        """The first line; nothing where the contract says so."""
        if not self.form.header:
            return b""
        text = io.StringIO(newline="")
        self._writer(text).writerow(self.columns)
        return text.getvalue().encode(self.form.encoding)

    def lines(self, rows: Rows) -> bytes:
        """Rows as lines; a missing value is an empty one.

        Raises:
            RowError: a value cannot be written without changing what it says.
        """
        if not rows:
            return b""
        values = list(zip(*rows, strict=True))[: len(self.columns)]  # behind them come key columns of no file
        texts = [
            _texts(each, name, write) for each, name, write in zip(values, self.columns, self.formats, strict=True)
        ]
        lines = list(zip(*texts, strict=True))
        try:
            content = self._lines(lines)
        except UnicodeEncodeError:
            raise self._culprit(texts) from None
        if not self.form.multi_line and (content.count(b"\n") != len(lines) or b"\r" in content):
            raise self._culprit(texts)
        return content

    def _lines(self, lines: Sequence[Sequence[str]]) -> bytes:
        text = io.StringIO(newline="")
        writer = self._writer(text)
        if self.form.header and self.columns in lines:
            # the job takes every line that is the header for one, unless it is spelled otherwise
            quoted = self._writer(text, csv.QUOTE_ALL)
            for line in lines:
                (quoted if line == self.columns else writer).writerow(line)
        else:
            writer.writerows(lines)
        return text.getvalue().encode(self.form.encoding)

    def _writer(self, text: io.StringIO, quoting: Literal[0, 1] = csv.QUOTE_MINIMAL) -> Any:
        form = self.form
        return csv.writer(
            text,
            delimiter=form.delimiter,
            quotechar=form.quote_symbol,
            lineterminator="\n",
            escapechar=form.escape,
            doublequote=form.escape is None,
            # the job reads escapes within quotes only, and this writer would set them elsewhere too
            quoting=quoting if form.escape is None else csv.QUOTE_ALL,
        )

    def _culprit(self, texts: Sequence[Sequence[str]]) -> RowError:
        """The first value that no line of the file can hold."""
        for row, line in enumerate(zip(*texts, strict=True)):
            for name, value in zip(self.columns, line, strict=True):
                if not self.form.multi_line and ("\n" in value or "\r" in value):
                    return RowError(row, name, "holds a line break, which ends a row for the job")
                try:
                    value.encode(self.form.encoding)
                except UnicodeEncodeError as error:
                    return RowError(row, name, f"holds {value[error.start]!r}, which {self.form.encoding} cannot write")
        raise AssertionError("every value can be written")


@dataclass(frozen=True, slots=True)
class WrittenChunk:
    """A chunk as it lies in its file.

    Attributes:
        rows: how many.
        size_bytes: size of the file.
        checksum: CRC-64/NVME of the file.
        source_checksum: CRC-64/NVME of the rows before compression.
    """

    rows: int
    size_bytes: int
    checksum: str
    source_checksum: str


def write_chunk(batches: Iterable[Rows], layout: FileLayout, target: BinaryIO, *, compress: bool) -> WrittenChunk:
    """Write rows into a file; equal rows give equal bytes.

    Raises:
        RowError: as `FileLayout.lines`; the row counts within its batch.
    """
    stored = _SummedFile(target)
    packed = gzip.GzipFile(filename="", mode="wb", fileobj=stored, compresslevel=6, mtime=0) if compress else None
    rows, source = 0, 0
    for content, count in _contents(batches, layout):
        rows += count
        source = crc64nvme(content, source)
        (packed or stored).write(content)
    if packed is not None:
        packed.close()
    return WrittenChunk(rows, stored.size_bytes, encode(stored.checksum), encode(source))


def _contents(batches: Iterable[Rows], layout: FileLayout) -> Iterator[tuple[bytes, int]]:
    """Bytes, and how many rows they hold."""
    yield layout.header(), 0
    for rows in batches:
        yield layout.lines(rows), len(rows)


class _SummedFile:
    """A file that sums up what is written to it."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self.size_bytes = 0
        self.checksum = 0

    def write(self, content: bytes) -> int:
        """Write all of it."""
        self._target.write(content)
        self.size_bytes += len(content)
        self.checksum = crc64nvme(content, self.checksum)
        return len(content)

    def flush(self) -> None:
        """What GzipFile calls at its end."""


def _texts(values: Sequence[Any], column: str, write: Format) -> list[str]:
    try:
        return [v if type(v) is str else "" if v is None else write(v) for v in values]
    except ValueError:
        for row, value in enumerate(values):
            try:
                if value is not None and type(value) is not str:
                    write(value)
            except ValueError as error:
                raise RowError(row, column, str(error)) from error
        raise

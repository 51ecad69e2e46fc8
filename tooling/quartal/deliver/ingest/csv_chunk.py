"""Write rows as a CSV file in the form of the contract: its header, its delimiter, one line per row."""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

from quartal.contracts.model import Column, Contract, CsvFormat
from quartal.core.csv_text import WRITTEN_END, WrittenRows
from quartal.deliver.ingest.chunk_file import RowError, Rows, SummedFile, WrittenChunk
from quartal.deliver.ingest.values import Format, select_format


@dataclass(frozen=True, slots=True)
class CsvLayout:
    """The layout of each file of an ingest.

    Attributes:
        columns: names of the columns, in the order of the file.
        formats: how the values of each are written.
        form: delimiter, quotes, header and encoding.
        hash: differs if the same rows would give different bytes before compression.
        compress: whether they are compressed with gzip.
    """

    columns: tuple[str, ...]
    formats: tuple[Format, ...]
    form: CsvFormat
    hash: str
    compress: bool = False

    @classmethod
    def of_contract(cls, contract: Contract, present: Sequence[str], *, compress: bool = False) -> CsvLayout:
        """The layout of files with the columns of the contract that are present."""
        columns = [column for column in contract.columns if column.name_in_file in present]
        rules = [(c.name_in_file, c.logical_type, c.rules.format, _decimal_mark(c), c.rules.time_zone) for c in columns]
        form = contract.csv.model_dump(mode="json")
        # as before contracts had these fields
        form = {name: value for name, value in form.items() if value or name not in ("multi_line", "escape")}
        # of these, chunks that an earlier version sent may be wrong: unquoted carriage returns, marks within the file
        edition = ["2"] if contract.csv.multi_line or contract.csv.encoding == "UTF-16" else []
        content = json.dumps([form, rules, *edition])
        return cls(
            tuple(column.name_in_file for column in columns),
            tuple(select_format(column) for column in columns),
            contract.csv,
            hashlib.sha256(content.encode()).hexdigest()[:16],
            compress,
        )

    @property
    def suffix(self) -> str:
        """How the files' names end."""
        return ".csv.gz" if self.compress else ".csv"

    def write(self, batches: Iterable[Rows], target: BinaryIO) -> WrittenChunk:
        """See `ChunkLayout.write`; each batch is written at once."""
        stored = SummedFile(target)
        packed = gzip.GzipFile("", "wb", 6, stored, mtime=0) if self.compress else None
        source = stored if packed is None else SummedFile(packed)
        rows = 0
        for content, count in self._contents(batches):
            rows += count
            source.write(content)
        if packed is not None:
            packed.close()
        return WrittenChunk(rows, stored.size_bytes, stored.checksum, source.checksum)

    def _contents(self, batches: Iterable[Rows]) -> Iterator[tuple[bytes, int]]:
        """Bytes, and how many rows they hold; of a byte order mark there is one, at the beginning."""
        encoder = codecs.getincrementalencoder(self.form.encoding)()
        if self.form.header:
            yield encoder.encode(self.header()), 0
        for rows in batches:
            yield self.lines(rows, encoder), len(rows)

    def header(self) -> str:
        """The first line, for a contract with a header."""
        text = self._text()
        self._writer(text).writerow(self.columns)
        return text.getvalue()

    def lines(self, rows: Rows, encoder: codecs.IncrementalEncoder) -> bytes:
        """Rows as lines; a missing value is an empty one.

        Raises:
            RowError: a value cannot be written without changing it.
        """
        if not rows:
            return b""
        values = list(zip(*rows, strict=True))[: len(self.columns)]  # followed by key columns that are in no file
        texts = [
            _texts(each, name, write) for each, name, write in zip(values, self.columns, self.formats, strict=True)
        ]
        lines = list(zip(*texts, strict=True))
        content = self._lines(lines)
        if not self.form.multi_line and (content.count("\n") != len(lines) or "\r" in content):
            raise self._culprit(texts)
        try:
            return encoder.encode(content)
        except UnicodeEncodeError:
            raise self._culprit(texts) from None

    def _lines(self, lines: Sequence[Sequence[str]]) -> str:
        text = self._text()
        writer = self._writer(text)
        if self.form.header and self.columns in lines:
            # the job takes every line that is the header for one, unless it is spelled otherwise
            quoted = self._writer(text, csv.QUOTE_ALL)
            for line in lines:
                (quoted if line == self.columns else writer).writerow(line)
        else:
            writer.writerows(lines)
        return text.getvalue()

    def _text(self) -> WrittenRows | io.StringIO:
        return WrittenRows() if self.form.multi_line else io.StringIO(newline="")  # the latter takes less time

    def _writer(self, text: WrittenRows | io.StringIO, quoting: Literal[0, 1] = csv.QUOTE_MINIMAL) -> Any:
        form = self.form
        return csv.writer(
            text,
            delimiter=form.delimiter,
            quotechar=form.quote_symbol,
            lineterminator=WRITTEN_END if form.multi_line else "\n",
            escapechar=form.escape,
            doublequote=form.escape is None,
            # the job reads escapes within quotes only, and this writer would set them elsewhere too
            quoting=quoting if form.escape is None else csv.QUOTE_ALL,
        )

    def _culprit(self, texts: Sequence[Sequence[str]]) -> RowError:
        """The error for the first value that the file cannot hold."""
        for row, line in enumerate(zip(*texts, strict=True)):
            for name, value in zip(self.columns, line, strict=True):
                if not self.form.multi_line and ("\n" in value or "\r" in value):
                    return RowError(row, name, "holds a line break, which ends a row for the job")
                try:
                    value.encode(self.form.encoding)
                except UnicodeEncodeError as error:
                    return RowError(row, name, f"holds {value[error.start]!r}, which {self.form.encoding} cannot write")
        raise AssertionError("every value can be written")


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


def _decimal_mark(column: Column) -> str | None:
    """The decimal mark; None if the contract does not set one."""
    return column.rules.decimal_separator or ("," if column.rules.decimal_mark == "," else None)

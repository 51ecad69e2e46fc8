"""Rows of CSV as the job reads them, with the job's own scan and parser for unusual quotes."""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import dataclass

from quartal.contracts.model import CsvFormat
from quartal.contracts.row_judge import RecordParser, records_across_lines, records_in_lines

_LONGEST_VALUE = 50_000_000
_BYTES_AS_TEXT = "surrogatepass"  # of bytes that are none


@dataclass(frozen=True, slots=True)
class Dialect:
    """The marks of a CSV file."""

    delimiter: str
    quote: str
    escape: str | None

    def split_rows(self, text: str) -> list[list[str]]:
        """Roughly the rows of a text; empty if it is not CSV in this dialect."""
        csv.field_size_limit(min(_LONGEST_VALUE, sys.maxsize))  # a text of any length is a value
        reader = csv.reader(
            io.StringIO(text, newline=""),
            delimiter=self.delimiter,
            quotechar=self.quote,
            escapechar=self.escape,
            doublequote=self.escape is None,
        )
        try:
            return [row for row in reader if row]
        except csv.Error:
            return []


def read_lines(text: str, dialect: Dialect) -> list[list[str]]:
    """The values of each line as the job reads them, without empty lines."""
    return read_rows(text, dialect, multi_line=False)[0]


def read_rows(text: str, dialect: Dialect, *, multi_line: bool) -> tuple[list[list[str]], int]:
    """The values of each row as the job reads them, and how many rows have unpaired quotes."""
    if dialect.quote not in text:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return [line.split(dialect.delimiter) for line in lines if line], 0
    form = CsvFormat(delimiter=dialect.delimiter, quote_symbol=dialect.quote, escape=dialect.escape)
    parser, block = RecordParser(form), text.encode("utf-8", _BYTES_AS_TEXT)
    if multi_line:
        records = records_across_lines(block, parser, form.max_record_bytes, is_last=True)
    else:
        records = records_in_lines(block, parser)
    odd = [False] * len(records.ends) if records.odd is None else records.odd.to_pylist()
    found, start = list[list[str]](), 0
    for end, is_odd in zip(records.ends.to_pylist(), odd, strict=True):
        line = block[start:end].decode("utf-8", _BYTES_AS_TEXT).rstrip("\r\n")
        start = end
        if line:
            found.append(_cells(line, dialect, parser, is_odd=is_odd))
    return found, sum(odd)


def _cells(line: str, dialect: Dialect, parser: RecordParser, *, is_odd: bool) -> list[str]:
    if dialect.quote not in line:
        return line.split(dialect.delimiter)
    if is_odd or dialect.escape is not None:
        return parser.cells(line)
    (row,) = csv.reader([line], delimiter=dialect.delimiter, quotechar=dialect.quote)
    return row

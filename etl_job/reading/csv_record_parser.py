"""One record of CSV at a time, with any quotes: slower than whole blocks, and used only for records that need it.

A quoted value ends at the quote that is not doubled or, if there is an escape character, not escaped; blanks after it
are not part of the value. If anything else follows that quote, the value counts as unquoted and extends to the next
delimiter, including its opening quote. A value whose quote is never closed extends to the end of the record.
"""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import AnyStr

from etl_job.contract.file_formats import CsvFormat

_ASCII = 128


@dataclass(frozen=True)
class RecordParser:
    """The marks of a CSV format, and records read by them."""

    form: CsvFormat

    @cached_property
    def quote(self) -> bytes:
        """The quote as UTF-8."""
        return self.form.quote_symbol.encode()

    @cached_property
    def delimiter(self) -> bytes:
        """The delimiter as UTF-8."""
        return self.form.delimiter.encode()

    @cached_property
    def is_simple(self) -> bool:
        """Whether each mark is a single byte other than 0, as scans of bytes and Arrow need it."""
        marks = (self.form.delimiter, self.form.quote_symbol, self.form.escape)
        return all(mark is None or _is_simple(mark) for mark in marks)

    def has_no_quotes(self, block: bytes) -> bool:
        """Whether Arrow can split records of a block whatever the quote is, because the block does not contain it."""
        return _is_simple(self.form.delimiter) and self.quote not in block

    @cached_property
    def _escaped(self) -> re.Pattern[bytes]:
        escape, quote = (re.escape(mark.encode()) for mark in (self.form.escape or "", self.form.quote_symbol))
        return re.compile(escape + b"(?:" + escape + b"|" + quote + b")")

    def without_escaped(self, block: bytes) -> bytes:
        """The block with other bytes in place of the escape character and the quote or escape character after it."""
        if self.form.escape is None or self.form.escape.encode() not in block:
            return block
        return self._escaped.sub(b"\xff\xff", block)  # which no text contains

    @cached_property
    def _until_border(self) -> re.Pattern[bytes]:
        if len(self.delimiter) == 1:
            return re.compile(b"[^" + re.escape(self.delimiter) + b"\r\n]*")
        return re.compile(b"(?:(?!" + re.escape(self.delimiter) + b")[^\r\n])*")

    @cached_property
    def _blanks(self) -> re.Pattern[bytes]:
        delimiter = self.delimiter
        blanks = bytes(b for b in range(33) if b not in b"\r\n" and bytes([b]) != delimiter)
        return re.compile(b"[" + re.escape(blanks) + b"]*")

    def end_of_record(self, block: bytes, start: int, limit: int) -> tuple[int | None, bool]:
        """Find the end of the record that begins at `start`.

        Returns:
            The place after the record, or None if the block ends before it; and whether that is within quotes. While a
                quote is open, nothing after the limit is looked at.
        """
        place = start
        while True:
            if block.startswith(self.quote, place):
                closed = self._behind_quoted(block, place, limit)
                if closed is None:
                    return None, True
                place = closed
            else:
                place = self._match_end(self._until_border, block, place)
            if place >= len(block):
                return None, False
            if block.startswith(self.delimiter, place):
                place += len(self.delimiter)
                continue
            if block[place : place + 2] == b"\r\n":
                return place + 2, False
            if block[place] == 13 and place + 1 == len(block):  # half of a line end, perhaps
                return None, False
            return place + 1, False

    def _behind_quoted(self, block: bytes, start: int, limit: int) -> int | None:
        """The place of the delimiter or line end after a value that begins with a quote; None if it stays open."""
        escape = None if self.form.escape is None else self.form.escape.encode()
        start += len(self.quote)
        closing = _closing_quote(block, start, min(limit, len(block)), quote=self.quote, escape=escape)
        if closing is None:
            return None
        behind = self._match_end(self._blanks, block, closing + len(self.quote))
        if behind >= len(block) or block[behind] in b"\r\n" or block.startswith(self.delimiter, behind):
            return behind
        return self._match_end(self._until_border, block, behind)

    @staticmethod
    def _match_end(pattern: re.Pattern[bytes], block: bytes, place: int) -> int:
        found = pattern.match(block, place)
        return place if found is None else found.end()

    def cells(self, record: str) -> list[str]:
        """The values of a record without its line end."""
        delimiter, found, place = self.form.delimiter, list[str](), 0
        while True:
            if record.startswith(self.form.quote_symbol, place):
                value, place = self._quoted_cell(record, place)
            else:
                end = record.find(delimiter, place)
                end = len(record) if end < 0 else end
                value, place = record[place:end], end
            found.append(value)
            if place >= len(record):
                return found
            place += 1

    def _quoted_cell(self, record: str, start: int) -> tuple[str, int]:
        """The value that begins with a quote at a place, and the place of the delimiter after it."""
        quote, escape, delimiter = self.form.quote_symbol, self.form.escape, self.form.delimiter
        closing = _closing_quote(record, start + 1, len(record), quote=quote, escape=escape)
        text = record[start + 1 : closing]
        if escape is None:
            text = text.replace(quote * 2, quote)
        else:
            text = re.sub(f"{re.escape(escape)}([{re.escape(escape + quote)}])", r"\1", text)
        if closing is None:
            return quote + text, len(record)
        behind = closing + 1
        while behind < len(record) and record[behind] <= " " and record[behind] != delimiter:
            behind += 1
        if behind >= len(record) or record[behind] == delimiter:
            return text, behind
        end = record.find(delimiter, behind)
        end = len(record) if end < 0 else end
        return quote + text + record[closing:end], end


def _is_simple(mark: str) -> bool:
    return 0 < ord(mark) < _ASCII and mark not in "\r\n"


def _closing_quote(text: AnyStr, place: int, limit: int, *, quote: AnyStr, escape: AnyStr | None) -> int | None:
    """The end of the quote that is open at ``place``; None if it is not before ``limit``."""
    found = text.find(quote, place, limit)
    while found >= 0:
        mark = -1 if escape is None else text.find(escape, place, found)
        if escape is not None and mark >= 0:
            place = mark + len(escape)
            place += next((len(each) for each in (escape, quote) if text.startswith(each, place)), 0)
        elif escape is None and text.startswith(quote, found + len(quote)):
            place = found + 2 * len(quote)
        else:
            return found
        if found < place:  # else it is still the next one: looking for it each time would take a long value's time
            found = text.find(quote, place, limit)
    return None

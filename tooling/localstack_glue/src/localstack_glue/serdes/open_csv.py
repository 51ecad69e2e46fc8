"""OpenCSVSerde: quoted text, in which a value that is not of its type is an error."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from localstack_glue.serdes.errors import UnsupportedSerdeError
from localstack_glue.serdes.types import INTEGER_BITS, HiveType
from localstack_glue.serdes.values import integer, of_days, of_milliseconds, value_reader


@dataclass(frozen=True)
class OpenCsv:
    """Separator, quote and escape character of a table."""

    separator: str
    quote: str
    escape: str

    @classmethod
    def from_parameters(cls, parameters: Mapping[str, str]) -> "OpenCsv":
        """Read the SerDe's parameters; a quote as escape character means the backslash, as in Hive.

        Raises:
            UnsupportedSerdeError: two of the three characters are the same.
        """
        found = cls(
            (parameters.get("separatorChar") or ",")[0],
            (parameters.get("quoteChar") or '"')[0],
            (parameters.get("escapeChar") or "\\")[0],
        )
        if found.escape == '"':
            found = cls(found.separator, found.quote, "\\")
        if found.separator in (found.quote, found.escape) or found.quote == found.escape:
            raise UnsupportedSerdeError(
                f"separatorChar {found.separator!r}, quoteChar {found.quote!r} and escapeChar {found.escape!r} "
                "must be three characters"
            )
        return found

    def fields(self, lines: Iterable[str], count: int) -> Iterator[list[str | None]]:
        """The fields of each line, as many as the table has columns; None for missing fields."""
        separator, quote, escape = (re.escape(char) for char in (self.separator, self.quote, self.escape))
        field = f"(?:{quote}(?:[^{quote}{escape}]|{quote}{quote})*{quote}|[^{separator}{quote}{escape}]*)"
        is_regular = re.compile(f"{field}(?:{separator}{field})*").fullmatch
        for line in lines:
            found: list[str | None]
            if not line:
                found = []
            elif self.quote not in line and self.escape not in line:
                found = [*line.split(self.separator)]
            elif is_regular(line):
                found = [*next(csv.reader([line], delimiter=self.separator, quotechar=self.quote))]
            else:
                found = self._irregular(line, count)
            yield found[:count] + [None] * (count - len(found))

    def _irregular(self, line: str, count: int) -> list[str | None]:
        """A line with escapes, or with misplaced quotes, character by character."""
        found: list[str | None] = []
        buffer = ""
        quoted = started = False
        position = 0
        while position < len(line) and len(found) < count:
            char, following = line[position], line[position + 1 : position + 2]
            inside = quoted or started
            if char == self.escape:
                if inside and following in (self.quote, self.escape):
                    buffer += following
                    position += 1
            elif char == self.quote:
                if inside and following == self.quote:
                    buffer += following
                    position += 1
                else:
                    before = line[position - 1] if position > 2 else self.separator
                    if before != self.separator and following and following != self.separator:
                        buffer = "" if buffer and buffer.isspace() else buffer + char
                    quoted = not quoted
                started = not started
            elif char == self.separator and not quoted:
                found.append(buffer)
                buffer, started = "", False
            else:
                buffer += char
                started = True
            position += 1
        if len(found) < count and not quoted:
            found.append(buffer)
        return found


def csv_reader(kind: HiveType) -> Callable[[str], Any]:
    """The function that reads a field as its type; dates are days, timestamps are milliseconds since 1970.

    Raises:
        UnsupportedSerdeError: the SerDe reads no columns of this type.
    """
    if kind.is_nested or kind.kind == "binary":
        raise UnsupportedSerdeError(f"OpenCSVSerde reads no column of type {kind.kind}")
    if kind.kind == "date":
        return lambda text: None if (days := integer(text, INTEGER_BITS["int"])) is None else of_days(days)
    if kind.kind == "timestamp":
        return lambda text: None if (found := integer(text, INTEGER_BITS["bigint"])) is None else of_milliseconds(found)
    return value_reader(kind)

"""Rows as CSV text for programs: every reader finds as many rows and columns in it as were written."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from typing import Any

from quartal.core.json_output import nested_text
from quartal.core.spreadsheets import escape_formula

WRITTEN_END = "\r\n"  # of a row for a CSV writer into `WrittenRows`


class WrittenRows:
    """Collects the rows of a CSV writer with that end, and gives each a line feed instead.

    With another end, Python 3.11 writes a text with a carriage return without quotes, and readers take that for the
    end of a row.
    """

    def __init__(self) -> None:
        self._rows: list[str] = []

    def write(self, row: str) -> None:
        """Add one row."""
        self._rows.append(f"{row.removesuffix(WRITTEN_END)}\n")

    def getvalue(self) -> str:
        """All rows."""
        return "".join(self._rows)


def as_csv_text(rows: Iterable[Sequence[Any]], *, spreadsheet_safe: bool = False) -> str:
    """The rows, the first of which is the header, with lines ending in a line feed; a missing value is empty.

    Lists, structs and maps are JSON, bytes hexadecimal digits.

    Args:
        rows: as many values in each.
        spreadsheet_safe: whether a text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    lines = WrittenRows()
    writer = csv.writer(lines, lineterminator=WRITTEN_END)
    for row in rows:
        values = [nested_text(value) for value in row]
        writer.writerow([escape_formula(value) for value in values] if spreadsheet_safe else values)
    return lines.getvalue()

"""The output of readers: rows as texts, before they are judged."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a file in their order: from its header line, or from Parquet's schema (``parquet_columns.py``).

    For Parquet, ``in_file`` are its own names of the columns, ``kinds`` their types, and ``group_rows`` the numbers of
    rows in its row groups.
    """

    line: str
    columns: tuple[str, ...]
    in_file: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    group_rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """The properties of a file apart from its rows.

    Its number in the run's file order, its delivery, its size, the names of its columns, and the last day that its
    events can have.
    """

    uri: str
    file: int
    delivery: str
    size_bytes: int
    header: Header
    latest_day: date


@dataclass(frozen=True, slots=True)
class TextBatch:
    """Rows by column.

    ``texts`` has each of the contract's columns, null or empty if a value is missing. ``raw`` is the text of the whole
    row, ``numbers`` its place among the others of the part. ``malformed`` marks rows that do not have a value for each
    column, ``undecodable`` rows whose bytes cannot be decoded; both are None if there are no such rows.
    """

    texts: Mapping[str, pa.StringArray]
    raw: pa.StringArray
    numbers: pa.Int64Array
    malformed: pa.BooleanArray | None = None
    undecodable: pa.BooleanArray | None = None

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.raw)

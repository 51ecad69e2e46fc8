"""What readers hand out: rows as texts, before anybody has judged them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a file in their order: by a line of its own, or as Parquet has them (``parquet_kinds.py``).

    ``in_file`` are Parquet's own names of them, ``kinds`` their types, ``group_rows`` how many rows its groups have.
    """

    line: str
    columns: tuple[str, ...]
    in_file: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    group_rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """What is known of a file apart from its rows.

    Its number in the run's file order, its delivery, its size, how it names its columns, and the last day that an event
    of it can have.
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

    ``texts`` has each of the contract's columns, null or empty where a value is missing. ``raw`` is the text of the
    whole row, ``numbers`` its place among the others of the part. ``malformed`` marks rows that do not have a value for
    each column, ``undecodable`` those whose bytes are no text; both are None where there are none.
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

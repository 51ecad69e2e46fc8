"""Reads the answers of DuckDB: the same values as DuckDB has, where Python has them, and else their texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from quartal.core.csv_text import as_csv_text
from quartal.core.errors import ConfigurationError

if TYPE_CHECKING:
    import duckdb
    from duckdb.sqltypes import DuckDBPyType

_ZONED = "timestamp with time zone"
# a month has no fixed number of days; a nanosecond is lost; a zone needs pytz
_NEVER_AS_PYTHON = frozenset({"interval", "time_ns", "variant", _ZONED})


@dataclass(frozen=True, slots=True)
class QueryResult:
    """Column names and rows, in the order of the answer."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]

    def as_records(self) -> list[dict[str, Any]]:
        """One dictionary per row.

        Raises:
            ConfigurationError: two columns have one name, so one of them would be lost.
        """
        twice = [name for name, count in Counter(self.columns).items() if count > 1]
        if twice:
            raise ConfigurationError(
                f"The answer has more than one column {', '.join(twice)}, of which JSON would keep only the last.",
                remedy=f"Give them names of their own: AS {twice[0]}_1, AS {twice[0]}_2.",
            )
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def as_csv(self, *, spreadsheet_safe: bool = False) -> str:
        """With a header; see `as_csv_text`."""
        return as_csv_text((self.columns, *self.rows), spreadsheet_safe=spreadsheet_safe)


def read_answer(relation: duckdb.DuckDBPyRelation | None) -> QueryResult:
    """The rows of a statement, in Python's values; points in time are in UTC. A statement without an answer has none.

    What Python has no value for, such as infinity among days and a month among durations, is DuckDB's own text.
    """
    if relation is None:
        return QueryResult((), ())
    columns, kinds = tuple(relation.columns), relation.types
    reads = [_read(f"#{number}", kind) for number, kind in enumerate(kinds, 1)]
    if all(read.is_plain for read in reads):
        return QueryResult(columns, tuple(relation.fetchall()))
    texts = {number: read.text_if_needed for number, read in enumerate(reads) if read.text_if_needed}
    zoned = {number for number, kind in enumerate(kinds) if kind.id == _ZONED}
    count, rows = len(columns), []
    for row in relation.project(", ".join([*(read.value for read in reads), *texts.values()])).fetchall():
        values = list(row[:count])
        for number in zoned:
            if isinstance(values[number], datetime):
                values[number] = values[number].replace(tzinfo=UTC)
        for number, text in zip(texts, row[count:], strict=True):
            if text is not None:
                values[number] = text
        rows.append(tuple(values))
    return QueryResult(columns, tuple(rows))


@dataclass(frozen=True, slots=True)
class _Read:
    """How a column is read: the expression of its value, and of its text where Python's value would be another one."""

    value: str
    text_if_needed: str = ""
    is_plain: bool = False


def _read(column: str, kind: DuckDBPyType) -> _Read:
    as_text, ids = _with_texts(kind), set(_ids(kind))
    if not any(map(_is_time, ids)):
        return _Read(column, is_plain=True)
    if kind.id == _ZONED:  # DuckDB would hand it over through pytz alone, which is not there
        strange = f"NOT isfinite({column}) OR year({column}::TIMESTAMP) NOT BETWEEN 1 AND 9999"
        return _Read(f"{column}::TIMESTAMP", f"CASE WHEN {strange} THEN {column}::VARCHAR END")
    if ids & _NEVER_AS_PYTHON:
        return _Read(f"{column}::{as_text}")
    # Python's days end in 9999, and its seconds have six decimals
    strange = f"regexp_matches({column}::VARCHAR, 'infinity|[.][0-9]{{7}}')"
    if len(ids) == 1 and kind.id != "timestamp_ns":
        strange = f"NOT isfinite({column})"
    return _Read(column, f"CASE WHEN {strange} THEN {column}::{as_text} END")


def _is_time(kind: str) -> bool:
    return kind.startswith(("date", "timestamp")) or kind in _NEVER_AS_PYTHON


def _ids(kind: DuckDBPyType) -> Iterator[str]:
    """The name of a type, and those of the types within it."""
    yield kind.id
    for _, child in _children(kind):
        yield from _ids(child)


def _children(kind: DuckDBPyType) -> list[tuple[str, DuckDBPyType]]:
    """The types within a type, with their names; an array also has a size, an enum its values."""
    if kind.id not in ("array", "list", "map", "struct", "tuple", "union"):
        return []
    within: list[tuple[str, Any]] = kind.children
    return [(name, child) for name, child in within if name != "size" or kind.id != "array"]


def _with_texts(kind: DuckDBPyType) -> str:
    """The type in SQL, with texts in place of points in time and durations."""
    if _is_time(kind.id) or kind.id in ("tuple", "union"):  # SQL names no tuple, and a union's value is one value
        return "VARCHAR"
    children = [(name, _with_texts(child)) for name, child in _children(kind)]
    if kind.id == "list":
        return f"{children[0][1]}[]"
    if kind.id == "array":
        return f"{children[0][1]}[{dict(kind.children)['size']}]"
    if kind.id == "map":
        return f"MAP({children[0][1]}, {children[1][1]})"
    if kind.id == "struct":
        fields = (f"{_quoted(name)} {child}" for name, child in children)
        return f"STRUCT({', '.join(fields)})"
    return str(kind)


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'

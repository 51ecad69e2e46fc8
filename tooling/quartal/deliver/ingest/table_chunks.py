"""The chunks of a relation: ranges of the key, so that every row is in exactly one chunk, even if rows are added."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy
from sqlalchemy import ColumnElement

Key = tuple[Any, ...]

_COMPARES_ROWS = {"mysql", "mariadb", "postgresql", "sqlite"}
_DENSE = 0.5


@dataclass(frozen=True, slots=True)
class KeyRange:
    """The rows of one chunk.

    Attributes:
        number: place of the chunk, from 1.
        start: the first key that belongs to it; None for all from the lowest on.
        end: the first key that does not; None for all to the highest.
    """

    number: int
    start: Key | None
    end: Key | None


def to_ranges(bounds: Sequence[Key]) -> tuple[KeyRange, ...]:
    """The chunks between bounds; the first and the last are open, so no key is without a chunk."""
    starts, ends = (None, *bounds), (*bounds, None)
    return tuple(KeyRange(number, *pair) for number, pair in enumerate(zip(starts, ends, strict=True), 1))


def even_bounds(lowest: int, highest: int, rows: int, chunk_rows: int) -> list[Key] | None:
    """Cut whole numbers into ranges of equal width; None if less than half of the numbers are in use.

    Those ranges would hold very different numbers of rows. Here none holds more than twice `chunk_rows`.
    """
    span = highest - lowest + 1
    if rows < span * _DENSE:
        return None
    width = -(-span // -(-rows // chunk_rows))
    return [(start,) for start in range(lowest + width, highest + 1, width)]


def walked_bounds(next_key: Callable[[Key | None, int], Key | None], chunk_rows: int) -> list[Key]:
    """Walk along the key in steps of `chunk_rows`.

    Args:
        next_key: the key a given number of rows after the first row with a given key; None if there are fewer rows.
            With a step of 0, the next different key; without a key, the lowest.
        chunk_rows: rows per chunk; more if more rows share one key.
    """
    bounds: list[Key] = []
    last = next_key(None, 0)
    while (found := next_key(last, chunk_rows)) is not None:
        if found == last:
            found = next_key(last, 0)
            if found is None:
                return bounds
        bounds.append(found)
        last = found
    return bounds


def within(columns: Sequence[ColumnElement[Any]], chunk: KeyRange, dialect: str) -> list[ColumnElement[bool]]:
    """The conditions for a chunk's rows, in a form that the dialect supports."""
    conditions = []
    if chunk.start is not None:
        conditions.append(at_or_after(columns, chunk.start, dialect))
    if chunk.end is not None:
        conditions.append(sqlalchemy.not_(at_or_after(columns, chunk.end, dialect)))
    return conditions


def at_or_after(columns: Sequence[ColumnElement[Any]], key: Key, dialect: str) -> ColumnElement[bool]:
    """Whether a row's key is this one or comes after it."""
    values = [_bound(value) for value in key]
    if len(values) == 1:
        return columns[0] >= values[0]
    if dialect in _COMPARES_ROWS:
        return sqlalchemy.tuple_(*columns) >= sqlalchemy.tuple_(*values)
    return _spelled_out(columns, values, or_equal=True)


def after(columns: Sequence[ColumnElement[Any]], key: Key) -> ColumnElement[bool]:
    """Whether a row's key comes after this one."""
    return _spelled_out(columns, [_bound(value) for value in key], or_equal=False)


def _spelled_out(
    columns: Sequence[ColumnElement[Any]], values: Sequence[ColumnElement[Any]], *, or_equal: bool
) -> ColumnElement[bool]:
    """The comparison of rows as SQL defines it, for databases that cannot compare them as a whole."""
    first, value = columns[0], values[0]
    if len(columns) == 1:
        return first >= value if or_equal else first > value
    rest = _spelled_out(columns[1:], values[1:], or_equal=or_equal)
    return sqlalchemy.or_(first > value, sqlalchemy.and_(first == value, rest))


def _bound(value: Any) -> ColumnElement[Any]:
    """A value that the driver sends unchanged: SQLAlchemy would cast integers to a small type."""
    return sqlalchemy.bindparam(None, value, type_=sqlalchemy.types.NullType(), unique=True)

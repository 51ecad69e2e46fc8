"""Which rows make a chunk: a range of the key, so that every row is in one chunk, whatever is added meanwhile."""

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


def ranges_of(bounds: Sequence[Key]) -> tuple[KeyRange, ...]:
    """The chunks between bounds; the first and the last are open, so no key is without a chunk."""
    starts, ends = (None, *bounds), (*bounds, None)
    return tuple(KeyRange(number, *pair) for number, pair in enumerate(zip(starts, ends, strict=True), 1))


def even_bounds(lowest: int, highest: int, rows: int, chunk_rows: int) -> list[Key] | None:
    """Cut whole numbers into ranges of one width; None where less than half of the numbers are taken.

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
        next_key: the key so many rows behind the first row with a given key; None when there are not so many. With a
            step of 0, the next key that is another one, and without a key the lowest.
        chunk_rows: rows per chunk; more where so many share one key.
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
    """The conditions of a chunk's rows, as the dialect can say them."""
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
    """A value that the driver sends as it is: SQLAlchemy would cast whole numbers to a small type."""
    return sqlalchemy.bindparam(None, value, type_=sqlalchemy.types.NullType(), unique=True)

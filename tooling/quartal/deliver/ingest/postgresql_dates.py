"""Values of PostgreSQL that Python's calendar cannot represent: infinity, years before 1 or after 9999, the hour 24.

The driver refuses such a value without naming its row. So the chunk is read again, with loaders that keep the value, to
find the row and the column.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from quartal.deliver.ingest.values import BeyondCalendar

_TYPES = ("date", "time", "timetz", "timestamp", "timestamptz", "interval")


def is_beyond_calendar(error: DBAPIError) -> bool:
    """Whether the driver could not convert a value of the server to Python."""
    try:
        import psycopg
    except ModuleNotFoundError:
        return False
    return isinstance(error.orig, psycopg.DataError) and error.orig.sqlstate is None


def keep_values_beyond_calendar(connection: Connection) -> None:
    """Make cursors of this connection return such values unchanged. They are slower than the driver's own."""
    from psycopg.types import datetime as loaders

    driver: Any = connection.connection.driver_connection
    bases = (
        loaders.DateLoader,
        loaders.TimeLoader,
        loaders.TimetzLoader,
        loaders.TimestampLoader,
        loaders.TimestamptzLoader,
        loaders.IntervalLoader,
    )
    for name, base in zip(_TYPES, bases, strict=True):
        driver.adapters.register_loader(name, _keeping(base))


def _keeping(base: type) -> type:
    from psycopg import DataError

    def load(self: object, data: bytes | bytearray | memoryview) -> object:
        try:
            return base.load(self, data)  # type: ignore[attr-defined]
        except (DataError, ValueError, OverflowError):
            return BeyondCalendar(bytes(data).decode())

    return type(f"Keeping{base.__name__}", (base,), {"load": load})

"""One state of the database for all chunks, even if it is written to while they are read.

PostgreSQL shares the snapshot of one transaction with others, which read in parallel
(https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-SNAPSHOT-SYNCHRONIZATION). Other databases do
not: there one connection reads the chunks one after another, in one transaction.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import sqlalchemy
from sqlalchemy import Connection

from quartal.deliver.ingest.database import Database

# where the usual level would show later reads what others have committed meanwhile
_LEVELS = {"mariadb": "REPEATABLE READ", "mysql": "REPEATABLE READ", "oracle": "SERIALIZABLE"}


class Snapshot(Protocol):
    """A state of the database that connections read."""

    def connection(self) -> AbstractContextManager[Connection]:
        """A connection that sees this state; for one thread at a time."""

    def cancel(self) -> None:
        """Cancel the work of all connections, if their driver can; may be called from any thread."""


@contextmanager
def open_snapshot(database: Database) -> Iterator[Snapshot]:
    """The state of the database as it is now, for as long as the context lasts."""
    if database.is_postgresql:
        with _transaction(database.engine) as holder:
            # it waits while others read, which a server may punish otherwise
            holder.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
            name = holder.exec_driver_sql("SELECT pg_export_snapshot()").scalar_one()
            yield _SharedSnapshot(database.engine, str(name))
        return
    options = {"isolation_level": _LEVELS[name]} if (name := database.engine.dialect.name) in _LEVELS else {}
    with database.engine.connect().execution_options(**options) as connection:
        if name == "sqlite":  # whose driver begins a transaction only when something is written
            connection.exec_driver_sql("BEGIN")
        yield _OneTransaction(connection)


class _SharedSnapshot:
    """A transaction's snapshot, which others take over."""

    def __init__(self, engine: sqlalchemy.Engine, name: str) -> None:
        self._engine = engine
        self._name = name
        self._lock = threading.Lock()
        self._open: set[Connection] = set()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A separate transaction in the same snapshot."""
        with _transaction(self._engine) as connection:
            connection.exec_driver_sql(f"SET TRANSACTION SNAPSHOT '{self._name}'")
            with self._lock:
                self._open.add(connection)
            try:
                yield connection
            finally:
                with self._lock:
                    self._open.discard(connection)

    def cancel(self) -> None:
        """Ask the server to cancel each query."""
        with self._lock:  # so none is handed to anybody else meanwhile
            for connection in self._open:
                _cancel(connection)


class _OneTransaction:
    """One connection, which threads take in turns."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._turn = threading.Lock()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """The connection, once no other thread has it."""
        with self._turn:
            yield self._connection

    def cancel(self) -> None:
        """Break off the one query."""
        _cancel(self._connection)


def _cancel(connection: Connection) -> None:
    driver = connection.connection.driver_connection
    for name in ("cancel", "interrupt"):  # psycopg's, oracledb's; sqlite3's
        method = getattr(driver, name, None)
        if method is not None:
            method()
            return


@contextmanager
def _transaction(engine: sqlalchemy.Engine) -> Iterator[Connection]:
    with engine.connect().execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True) as connection:
        yield connection

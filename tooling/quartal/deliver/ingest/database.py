"""The source database: its address and its errors, without its password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

import sqlalchemy
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from quartal.core.errors import ConfigurationError, IngestError
from quartal.deliver.ingest import mysql

_URL_FORM = "such as postgresql://user@host:5432/database"
_SECRET = re.compile("pass|secret|token|key", re.IGNORECASE)
_CONNECT_TIMEOUT_S = 15
_DRIVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
_DRIVERS |= {dialect: f"{dialect}+{mysql.DRIVER}" for dialect in mysql.DIALECTS}


@dataclass(frozen=True)
class Database:
    """A connected database.

    Attributes:
        engine: creates connections.
        shown: its address without user, password and options, for messages and records.
        secrets: texts that no message may contain.
    """

    engine: sqlalchemy.Engine
    shown: str
    secrets: tuple[str, ...]

    @property
    def is_postgresql(self) -> bool:
        """Whether several connections can share one snapshot."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def errors(self, doing: str) -> Iterator[None]:
        """Turn errors of the driver into one message.

        Args:
            doing: what failed, as "… could not be read".

        Raises:
            IngestError: the database refused, or is no longer reachable.
        """
        try:
            yield
        except SQLAlchemyError as error:
            raise IngestError(
                f"{self.shown}: {doing}: {self.without_secrets(_driver_message(error))}",
                remedy="Run the same command again when that is fixed; chunks already in the lake are used.",
            ) from error

    def without_secrets(self, text: str) -> str:
        """The text with every password masked."""
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return text


@contextmanager
def open_database(url_text: str, *, connections: int) -> Iterator[Database]:
    """Connect once, to check that the database answers.

    Args:
        url_text: a URL in SQLAlchemy's form.
        connections: how many may be open at once.

    Raises:
        ConfigurationError: it is not a valid URL, or its driver is not installed.
        IngestError: nothing answers there, or the login is refused.
    """
    url = _parsed(url_text)
    database = Database(_engine(url, connections), _shown(url), _secrets(url))
    _refuse_missing_file(url, database.shown)
    try:
        with database.engine.connect():
            pass
    except (SQLAlchemyError, OSError, ValueError) as error:
        database.engine.dispose()
        raise IngestError(
            f"{database.shown} cannot be reached: {database.without_secrets(_driver_message(error))}",
            remedy="Check host, port, user, password and database of the URL, and that this machine may connect.",
        ) from error
    try:
        yield database
    finally:
        database.engine.dispose()


def _parsed(text: str) -> sqlalchemy.URL:
    try:
        url = sqlalchemy.make_url(text.strip())
    except (ArgumentError, ValueError) as error:  # a port that is not a number is a ValueError
        # its message may contain the password: a mistake before the host is the usual one
        raise ConfigurationError(
            "The database's URL cannot be read.",
            remedy=f"Write it {_URL_FORM}; write characters such as @ : / in a password as %40 %3A %2F.",
        ) from error
    if "@" in (url.host or "") or (url.host and "@" in (url.database or "")):
        # for the library the password ends at the first @: the rest would be shown as part of the host
        raise ConfigurationError(
            "The database's URL has an @ in its password that is not escaped.",
            remedy=f"Write it {_URL_FORM}; write characters such as @ : / in a password as %40 %3A %2F.",
        )
    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))


def _refuse_missing_file(url: sqlalchemy.URL, shown: str) -> None:
    """SQLite would create the file, and a mistyped name would be a database without tables."""
    name = url.database or ""
    if url.get_backend_name() == "sqlite" and name and not name.startswith((":memory:", "file:")):
        path = Path(name)
        if not path.exists():
            raise IngestError(
                f"{shown} cannot be reached: there is no file {path.absolute()}.",
                remedy="Correct the path: sqlite:///NAME is within this folder, sqlite:////PATH begins at the root.",
            )


def _engine(url: sqlalchemy.URL, connections: int) -> sqlalchemy.Engine:
    options = {}
    if url.drivername == "postgresql+psycopg" and "connect_timeout" not in url.query:
        options = {"connect_timeout": _CONNECT_TIMEOUT_S, "application_name": "quartal ingest"}
    try:
        engine = sqlalchemy.create_engine(
            url,
            hide_parameters=True,
            poolclass=sqlalchemy.QueuePool,
            pool_size=connections,
            max_overflow=0,
            connect_args=options,
        )
    except NoSuchModuleError as error:
        raise ConfigurationError(
            f"SQLAlchemy has no dialect for '{url.drivername}'.",
            remedy=f"Write the URL {_URL_FORM}, or install its dialect next to Quartal.",
        ) from error
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"The driver of '{url.drivername}' is not installed: {error.name}.",
            remedy=f"Install it next to Quartal: `uv pip install --python .nox/quartal {error.name}`. "
            "Those of PostgreSQL and SQLite are installed.",
        ) from error
    except (ArgumentError, TypeError) as error:
        raise ConfigurationError(
            f"The URL does not fit a connection to '{url.drivername}'.", remedy=f"Write it {_URL_FORM}."
        ) from error
    mysql.prepare(engine)
    return engine


def _shown(url: sqlalchemy.URL) -> str:
    return sqlalchemy.URL.create(
        url.get_backend_name(), host=url.host, port=url.port, database=url.database
    ).render_as_string()


def _secrets(url: sqlalchemy.URL) -> tuple[str, ...]:
    found = [str(url.password)] if url.password else []
    for name, value in url.query.items():
        if _SECRET.search(name):
            found += [value] if isinstance(value, str) else value
    spelled = {form for secret in found if secret for form in (secret, quote(secret, safe=""), quote_plus(secret))}
    return tuple(sorted(spelled, key=len, reverse=True))


def _driver_message(error: Exception) -> str:
    """The driver's message on one line, without the statement."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    lines = [line.strip() for line in str(cause).splitlines() if line.strip()]
    return " ".join(lines[:3]) or type(cause).__name__

"""MySQL and MariaDB through PyMySQL: the value of a TIMESTAMP depends on the session's time zone, so that is fixed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy
from sqlalchemy import event

from quartal.core.errors import ConfigurationError

DRIVER = "pymysql"
DIALECTS = ("mysql", "mariadb")
_TIMESTAMP = 7  # the number of the type in the protocol; DATETIME, which has no zone, is another


def prepare(engine: sqlalchemy.Engine) -> None:
    """Make every connection return a TIMESTAMP as a moment; does nothing for other databases.

    Raises:
        ConfigurationError: the URL names another driver, whose behaviour is not known.
    """
    if engine.dialect.name not in DIALECTS:
        return
    if engine.driver != DRIVER:
        raise ConfigurationError(
            f"MySQL and MariaDB cannot be read through the driver {engine.driver}.",
            remedy=f"Write the URL as {engine.dialect.name}+{DRIVER}://user@host/database.",
        )
    event.listen(engine, "connect", prepare_connection)


def prepare_connection(connection: Any, _: object) -> None:
    """Set the session's time zone to UTC, and make the driver read a TIMESTAMP as a moment."""
    with connection.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00'")
    read = connection.decoders[_TIMESTAMP]
    connection.decoders = {**connection.decoders, _TIMESTAMP: lambda text: as_moment(read(text))}


def as_moment(value: object) -> object:
    """A time by UTC's clocks as the moment that it is; a zero date, which the driver gives as text, stays one."""
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value

"""The state of an Iceberg table that a query requests."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import duckdb
from sqlglot import exp

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.trino.expression_translation import Translator
from localstack_glue.athena.engine.trino.macros import prepare
from localstack_glue.athena.engine.trino.types import Type


def parse_version(version: exp.Expr) -> tuple[int | None, datetime | None]:
    """The snapshot of `FOR VERSION AS OF`, or the moment of `FOR TIMESTAMP AS OF`, which may be worked out.

    Raises:
        QueryFailedError: it is neither.
    """
    value = version.expression
    if version.name.upper() == "VERSION":
        if not isinstance(value, exp.Literal) or not str(value.this).isdigit():
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {value.sql('trino')} is not a snapshot id")
        return int(value.this), None
    sql, kind = Translator(_no_column, _no_query).translate(value)
    if kind.kind not in ("date", "timestamp", "timestamp with time zone"):
        raise QueryFailedError("TYPE_MISMATCH", f"line 1:1: {value.sql('trino')} is not a timestamp but {kind}")
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")  # Athena's timestamps without a zone are UTC
        prepare(connection, sql)
        try:
            found = connection.execute(f"SELECT epoch_us(CAST({sql} AS TIMESTAMPTZ))").fetchone()
        except duckdb.Error as error:
            raise QueryFailedError("INVALID_ARGUMENTS", f"line 1:1: {value.sql('trino')}: {error}") from error
    if found is None or found[0] is None:
        raise QueryFailedError("INVALID_ARGUMENTS", f"line 1:1: {value.sql('trino')} is null")
    return None, datetime.fromtimestamp(0, UTC) + timedelta(microseconds=found[0])


def _no_column(column: exp.Column) -> tuple[str, Type]:
    raise QueryFailedError("COLUMN_NOT_FOUND", f"line 1:1: Column '{column.name}' cannot be resolved")


def _no_query(node: exp.Expr) -> tuple[str, Sequence[Type]]:
    raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {node.sql('trino')} is not supported here")

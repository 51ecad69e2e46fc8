"""Sample a database table: its first rows and its primary key."""

from __future__ import annotations

from typing import Any

import sqlalchemy

from quartal.contracts.drafting.sample import Sample
from quartal.contracts.drafting.typed_sample import rows_sample
from quartal.core.errors import ConfigurationError
from quartal.deliver.ingest.database import open_database
from quartal.deliver.ingest.relation import columns_of_table

_ROWS = 50_000


def table_sample(url: str, table: str, *, everything: bool = False) -> Sample:
    """Rows of a table or view, given as TABLE or SCHEMA.TABLE.

    Raises:
        ConfigurationError: there is no such table, or it has no rows.
        IngestError: the database cannot be reached, or refused.
    """
    with open_database(url, connections=1) as database:
        columns, key = columns_of_table(database, table)
        schema, _, bare = table.rpartition(".")
        chosen: sqlalchemy.Select[*tuple[Any, ...]] = sqlalchemy.select(*map(sqlalchemy.column, columns)).select_from(
            sqlalchemy.table(bare, schema=schema or None)
        )
        limited = chosen if everything else chosen.limit(_ROWS)
        with database.errors(f"table {table} could not be read"), database.engine.connect() as connection:
            rows = [tuple(row) for row in connection.execute(limited)]
        if not rows:
            raise ConfigurationError(f"Table {table} has no rows.", remedy="Draft from a table that has some.")
        return rows_sample(f"{database.shown}/{table}", columns, rows, key, is_whole=everything or len(rows) < _ROWS)

"""The source of an ingest: a table or a query, its columns, and the key that cuts it into chunks."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy
from sqlalchemy import ColumnElement, Connection, FromClause
from sqlalchemy.exc import NoSuchTableError, SQLAlchemyError

from quartal.core.errors import ConfigurationError
from quartal.deliver.ingest.database import Database
from quartal.deliver.ingest.table_chunks import Key, KeyRange, after, at_or_after, within

_SHOWN = 10
_BPCHAR = 1042  # the number of char(n) among PostgreSQL's types


@dataclass(frozen=True)
class Relation:
    """Rows of a database.

    Attributes:
        name: the name of its files.
        reads: the table's name or the query, as the user typed it.
        rows: the FROM clause.
        columns: names of all its columns.
        key: columns that order it and cut it into chunks.
        padded: columns of char(n) whose padding is stripped.
    """

    name: str
    reads: str
    rows: FromClause
    columns: tuple[str, ...]
    key: tuple[str, ...]
    padded: tuple[str, ...] = ()

    def key_columns(self) -> list[ColumnElement[Any]]:
        """The key's columns, for SQL."""
        return [sqlalchemy.column(name) for name in self.key]

    def chunk(self, columns: Sequence[str], chunk: KeyRange, dialect: str) -> sqlalchemy.Select[*tuple[Any, ...]]:
        """The rows of a chunk in the order of the key: the columns first, then the key."""
        names = [*columns, *(name for name in self.key if name not in columns)]
        key = self.key_columns()
        columns_read = (
            sqlalchemy.func.rtrim(sqlalchemy.column(name)).label(name)
            if name in self.padded
            else sqlalchemy.column(name)
            for name in names
        )
        return (
            sqlalchemy.select(*columns_read).select_from(self.rows).where(*within(key, chunk, dialect)).order_by(*key)
        )

    def next_key(self, connection: Connection, last: Key | None, step: int) -> Key | None:
        """The next key, for `walked_bounds`."""
        key = self.key_columns()
        chosen = sqlalchemy.select(*key).select_from(self.rows).order_by(*key).limit(1)
        if last is not None:
            is_next = at_or_after(key, last, connection.dialect.name) if step else after(key, last)
            chosen = chosen.where(is_next)
        row = connection.execute(chosen.offset(step) if step else chosen).first()
        return tuple(row) if row is not None else None

    def count(self, connection: Connection) -> tuple[int, int]:
        """How many rows there are, and how many of them have no key."""
        no_key = sqlalchemy.or_(*(column.is_(None) for column in self.key_columns()))
        counted = sqlalchemy.select(
            sqlalchemy.func.count(), sqlalchemy.func.sum(sqlalchemy.case((no_key, 1), else_=0))
        ).select_from(self.rows)
        rows, without = connection.execute(counted).one()
        return rows, int(without or 0)

    def extremes(self, connection: Connection) -> tuple[Any, Any]:
        """The lowest and the highest value of a key of one column."""
        (column,) = self.key_columns()
        chosen = sqlalchemy.select(sqlalchemy.func.min(column), sqlalchemy.func.max(column)).select_from(self.rows)
        lowest, highest = connection.execute(chosen).one()
        return lowest, highest


def find_table(database: Database, name: str, *, called: str | None, key: Sequence[str]) -> Relation:
    """A table or view, given as TABLE or SCHEMA.TABLE; its key is the primary key unless another is named.

    Raises:
        ConfigurationError: there is no such table, or no key.
        IngestError: the database refused to say.
    """
    columns, primary = columns_of_table(database, name)
    schema, _, bare = name.rpartition(".")
    rows = sqlalchemy.table(bare, schema=schema or None)
    return _checked(Relation(called or bare, name, rows, columns, tuple(key) or primary))


def columns_of_table(database: Database, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns of a table or view, given as TABLE or SCHEMA.TABLE, and those of its primary key.

    Raises:
        ConfigurationError: there is no such table.
        IngestError: the database refused to say.
    """
    schema, _, bare = name.rpartition(".")
    with database.errors(f"table {name} could not be looked at"):
        inspector = sqlalchemy.inspect(database.engine)
        try:
            columns = tuple(column["name"] for column in inspector.get_columns(bare, schema=schema or None))
        except NoSuchTableError as error:
            known = [*inspector.get_table_names(schema or None), *inspector.get_view_names(schema or None)]
            near = difflib.get_close_matches(bare, known, n=_SHOWN, cutoff=0.4) or sorted(known)[:_SHOWN]
            names = ", ".join(f"{schema}.{one}" if schema else one for one in near)
            raise ConfigurationError(
                f"{database.shown} has no table {name} that this user can see.",
                remedy=f"It has: {names}." if names else "Name another schema: --table SCHEMA.TABLE.",
            ) from error
        primary = tuple(inspector.get_pk_constraint(bare, schema=schema or None)["constrained_columns"])
    return columns, primary


def check_query(database: Database, text: str, *, called: str | None, key: Sequence[str]) -> Relation:
    """A query whose result is read as if it were a table.

    Raises:
        ConfigurationError: the database refused it, or there is no key.
    """
    statement = text.strip().rstrip(";")
    # no parameters: a colon is a colon; a comment at the end must not hide what follows the query
    escaped = statement.replace(":", "\\:") + "\n"
    try:
        with database.engine.connect() as connection:
            rows = sqlalchemy.text(escaped).columns().subquery("chosen")
            nothing = sqlalchemy.select(sqlalchemy.text("*")).select_from(rows).where(sqlalchemy.text("1 = 0"))
            columns = tuple(connection.execute(nothing).keys())
    except SQLAlchemyError as error:
        lines = str(getattr(error, "orig", None) or error).strip().splitlines()
        raise ConfigurationError(
            f"{database.shown} refused the query: {database.without_secrets(lines[0] if lines else '')}",
            remedy="Try it in the database's own client. It must be a single SELECT.",
        ) from error
    return _checked(Relation(called or "query", statement, rows, columns, tuple(key)))


def without_padding(database: Database, relation: Relation) -> Relation:
    """The relation with its char(n) columns read without padding.

    Databases other than PostgreSQL keep no padding, or do not report it in a known way.

    Raises:
        IngestError: the database refused to say.
    """
    if not database.is_postgresql:
        return relation
    nothing: sqlalchemy.Select[*tuple[Any, ...]] = (
        sqlalchemy.select(*map(sqlalchemy.column, relation.columns))
        .select_from(relation.rows)
        .where(sqlalchemy.text("1 = 0"))
    )
    with database.errors(f"{relation.reads} could not be looked at"), database.engine.connect() as connection:
        described = connection.execute(nothing).cursor.description
        padded = tuple(str(column[0]) for column in described if column[1] == _BPCHAR)
    return replace(relation, padded=padded)


def _checked(relation: Relation) -> Relation:
    twice = [name for name, times in Counter(relation.columns).items() if times > 1]
    if twice:
        raise ConfigurationError(
            f"The query returns {', '.join(twice)} twice.", remedy="Name each column once: select a.id, b.id as other."
        )
    if not relation.key:
        raise ConfigurationError(
            f"The order in which to read {relation.reads} is not known: it has no primary key.",
            remedy="Name the columns that identify a row: --key COLUMN, once for each.",
        )
    missing = [name for name in relation.key if name not in relation.columns]
    if missing:
        raise ConfigurationError(
            f"There is no key column {', '.join(missing)} in {relation.reads}.",
            remedy=f"It has: {', '.join(relation.columns)}.",
        )
    return relation

"""Iceberg tables created and changed through PyIceberg, with one commit each."""

import functools
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pyarrow
from pyiceberg.catalog.glue import GlueCatalog as PyIcebergCatalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NoSuchNamespaceError,
    NoSuchTableError,
    NotInstalledError,
    TableAlreadyExistsError,
    ValidationError,
    ValidationException,
)
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema
from pyiceberg.types import NestedField
from sqlglot import exp

from localstack_glue.athena.engine.column_changes import ColumnChange
from localstack_glue.athena.engine.errors import QueryFailedError, failed_ddl
from localstack_glue.athena.engine.hive_names import table_name
from localstack_glue.athena.engine.iceberg_data import hive_type, metadata_errors
from localstack_glue.athena.engine.iceberg_properties import stored_properties
from localstack_glue.athena.engine.iceberg_schema import iceberg_type, partition_spec
from localstack_glue.athena.engine.iceberg_vacuum import purge, vacuum
from localstack_glue.athena.engine.results import NOTHING, Answer
from localstack_glue.athena.engine.table_clauses import set_members, set_properties
from localstack_glue.athena.engine.trino.query_translation import Output
from localstack_glue.athena.engine.trino.types import Type, from_sqlglot

_CLAUSES = (exp.PartitionedByProperty, exp.LocationProperty, exp.SchemaCommentProperty, exp.Property)
# what CREATE TABLE and CREATE TABLE AS say by properties that the metadata does not keep
_OF_STATEMENT = (
    "table_type", "location", "format", "partitioned_by", "partitioning", "no_data", "is_external", "format_version",
)  # fmt: skip


class IcebergChanges:
    """Makes and changes tables of one account's catalog."""

    def __init__(self, glue: Any, iceberg_properties: dict[str, str], database: str) -> None:
        self._catalog = PyIcebergCatalog("athena", client=glue, **iceberg_properties)
        self._database = database

    def create(self, create: exp.Create, options: dict[str, Any]) -> Answer:
        """CREATE TABLE ... TBLPROPERTIES ('table_type'='ICEBERG').

        Raises:
            QueryFailedError: it has clauses of other tables, or the table cannot be created.
        """
        schema, clauses = create.this, create.args["properties"].expressions
        if any(isinstance(each, exp.ExternalProperty) for each in clauses):
            raise failed_ddl("NOT_SUPPORTED", "External keyword not supported for table type ICEBERG")
        foreign = next((each for each in clauses if type(each) not in _CLAUSES), None)
        if foreign is not None:
            raise failed_ddl("NOT_SUPPORTED", f"An Iceberg table has no {foreign.sql('hive')}")
        if not isinstance(schema, exp.Schema):
            raise failed_ddl("NOT_SUPPORTED", "An Iceberg table without columns is not supported here")
        database, name = table_name(schema.this, self._database)
        columns = [(node.name.lower(), from_sqlglot(node.args["kind"])) for node in schema.expressions]
        fields = options.get("partitioned_by")
        parts = [each.sql("hive") for each in fields.expressions] if isinstance(fields, exp.Expr) else []
        if create.args.get("exists") and self._catalog.table_exists((database, name)):
            return NOTHING
        comments = {
            node.name.lower(): comment for node in schema.expressions if (comment := _comment(node)) is not None
        }
        own = {}
        for clause in clauses:
            if isinstance(clause, exp.SchemaCommentProperty):
                own["comment"] = clause.this.name
        self._make(database, name, columns, parts, options, comments, own)
        return NOTHING

    def create_as(
        self, database: str, name: str, options: dict[str, Any], outputs: Sequence[Output], rows: Any
    ) -> None:
        """CREATE TABLE AS."""
        columns = [(output.name.lower(), output.type) for output in outputs]
        parts = options.get("partitioning") or []
        table = self._make(database, name, columns, [parts] if isinstance(parts, str) else parts, options)
        if rows is not None and rows.num_rows:
            self._committed(lambda: table.append(_as_schema(rows, table)))

    def append(self, database: str, name: str, rows: pyarrow.Table) -> None:
        """INSERT INTO."""
        table = self._load(database, name)
        if rows.num_rows:
            self._committed(lambda: table.append(_as_schema(rows, table)))

    def overwrite(self, database: str, name: str, rows: pyarrow.Table, read_at: str) -> None:
        """The table's new rows, computed from those that it had at a metadata file.

        Raises:
            QueryFailedError: the table was changed while its rows were read.
        """
        table = self._load(database, name)
        if table.metadata_location != read_at:
            raise QueryFailedError(
                "ICEBERG_COMMIT_ERROR", f"Failed to commit: {database}.{name} was changed while its rows were read"
            )
        # PyIceberg takes no rows for nothing to do
        self._committed(lambda: table.overwrite(_as_schema(rows, table)) if rows.num_rows else table.delete())

    def vacuum(self, database: str, name: str, s3: Any) -> None:
        """VACUUM."""
        vacuum(self._load(database, name), s3, self._committed, lambda: self._load(database, name))

    def alter(self, database: str, name: str, alter: exp.Alter) -> Answer:
        """ALTER TABLE: columns, properties and the name.

        Raises:
            QueryFailedError: it is another change, or one that the table does not allow.
        """
        if alter.this.args.get("partition") is not None:
            raise failed_ddl("NOT_SUPPORTED", "ALTER TABLE ... PARTITION is for tables over files")
        table = self._load(database, name)
        for action in alter.args["actions"]:
            if isinstance(action, exp.AlterRename):
                self._rename(database, name, action)
            elif isinstance(action, exp.AlterSet) and set_members(action) == {"expressions"}:
                stored = stored_properties(set_properties(action))
                self._committed(functools.partial(_set_properties, table, stored))
            else:
                self._committed(functools.partial(_change_schema, table, action))
        return NOTHING

    def change_column(self, database: str, name: str, change: ColumnChange) -> Answer:
        """ALTER TABLE ... CHANGE COLUMN.

        Raises:
            QueryFailedError: the table has no such column, or it cannot become that.
        """
        table = self._load(database, name)

        def commit() -> None:
            try:
                with table.update_schema() as update:
                    kind = iceberg_type(from_sqlglot(change.kind), iter(range(10_000, 20_000)))
                    is_same = hive_type(kind) == hive_type(table.schema().find_field(change.old).field_type)
                    update.update_column(change.old, field_type=None if is_same else kind, doc=change.comment)
                    if change.is_first:
                        update.move_first(change.old)
                    elif change.after:
                        update.move_after(change.old, change.after)
                    if change.new != change.old:
                        update.rename_column(change.old, change.new)
            except (ValidationError, ValueError) as error:
                raise _impossible(
                    f"CHANGE COLUMN {change.old} {change.new} {change.kind.sql('hive')}", error
                ) from error

        self._committed(commit)
        return NOTHING

    def purge(self, database: str, name: str, s3: Any) -> None:
        """DROP TABLE, which takes the files of an Iceberg table along, unless the table keeps them for others.

        Raises:
            QueryFailedError: its metadata is missing.
        """
        table = self._load(database, name)
        self._catalog.drop_table((database, name))
        purge(table, s3)

    def _rename(self, database: str, name: str, action: exp.AlterRename) -> None:
        new = table_name(action.this, database)
        try:
            self._catalog.rename_table((database, name), new)
        except TableAlreadyExistsError as error:
            message = f"line 1:1: Target table '{'.'.join(new)}' already exists"
            raise QueryFailedError("TABLE_ALREADY_EXISTS", message) from error
        except NoSuchNamespaceError as error:
            raise QueryFailedError("SCHEMA_NOT_FOUND", f"line 1:1: Schema '{new[0]}' does not exist") from error

    def unset(self, database: str, name: str, keys: Sequence[str]) -> None:
        """ALTER TABLE ... UNSET TBLPROPERTIES."""
        table = self._load(database, name)
        self._committed(functools.partial(_remove_properties, table, [key for key in keys if key in table.properties]))

    def _make(
        self,
        database: str,
        name: str,
        columns: Sequence[tuple[str, Type]],
        parts: Sequence[str],
        options: dict[str, Any],
        comments: Mapping[str, str] = MappingProxyType({}),
        own: Mapping[str, str] = MappingProxyType({}),
    ) -> Any:
        ids = iter(range(1, 100_000))
        fields = [
            NestedField(next(ids), column, iceberg_type(kind, ids), required=False, doc=comments.get(column))
            for column, kind in columns
        ]
        location = str(options.get("location") or "").rstrip("/")
        if not location:
            raise QueryFailedError("INVALID_TABLE_PROPERTY", "an Iceberg table needs a LOCATION")
        stored_properties({"format": options.get("format") or "parquet"})
        if str(options.get("format_version", 2)) != "2":
            raise QueryFailedError("NOT_SUPPORTED", "Athena creates Iceberg tables of version 2")
        passed = {key: value for key, value in options.items() if key not in _OF_STATEMENT}
        properties = {**own, **stored_properties(passed)}
        try:
            schema = Schema(*fields)
            spec = partition_spec(schema, parts)
        except (ValidationError, ValueError) as error:
            raise QueryFailedError("INVALID_TABLE_PROPERTY", f"line 1:1: {error}") from error
        return self._committed(
            lambda: self._catalog.create_table((database, name), schema, location, spec, properties=properties)
        )

    def _load(self, database: str, name: str) -> Any:
        try:
            with metadata_errors(database, name):
                return self._catalog.load_table((database, name))
        except NoSuchTableError as error:
            raise QueryFailedError("TABLE_NOT_FOUND", f"line 1:1: Table '{database}.{name}' does not exist") from error

    def _committed(self, change: Callable[[], Any]) -> Any:
        try:
            return change()
        except (CommitFailedException, ValidationException) as error:
            raise QueryFailedError("ICEBERG_COMMIT_ERROR", f"Failed to commit: {error}") from error
        except NotInstalledError as error:
            raise QueryFailedError(
                "NOT_SUPPORTED", "rows of an Iceberg table that is partitioned by a transform are not written here"
            ) from error


def _set_properties(table: Any, pairs: dict[str, str]) -> None:
    with table.transaction() as change:
        change.set_properties(pairs)


def _remove_properties(table: Any, keys: Sequence[str]) -> None:
    with table.transaction() as change:
        change.remove_properties(*keys)


def _change_schema(table: Any, action: exp.Expr) -> None:
    try:
        with table.update_schema() as update:
            _change_columns(update, action)
    except (ValidationError, ValueError) as error:
        raise _impossible(action.sql("hive"), error) from error


def _impossible(change: str, error: Exception) -> QueryFailedError:
    return QueryFailedError("INVALID_ARGUMENTS", f"line 1:1: ALTER TABLE ... {change}: {error}")


def _change_columns(update: Any, action: exp.Expr) -> None:
    if isinstance(action, exp.Schema):
        for node in action.expressions:
            kind = iceberg_type(from_sqlglot(node.args["kind"]), iter(range(10_000, 20_000)))
            update.add_column(node.name.lower(), kind, doc=_comment(node))
    elif isinstance(action, exp.Drop) and action.args.get("kind") == "COLUMN":
        for each in action.args["tables"]:
            update.delete_column(each.name.lower())
    else:
        raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: ALTER TABLE ... {action.sql('hive')} is not supported here")


def _comment(node: exp.Expr) -> str | None:
    """The comment of a column, not one of a field in its type."""
    for each in node.args.get("constraints") or ():
        if isinstance(each.args.get("kind"), exp.CommentColumnConstraint):
            return str(each.args["kind"].this.name)
    return None


def _as_schema(rows: pyarrow.Table, table: Any) -> pyarrow.Table:
    """Rows in the types of a table's columns."""
    wanted = schema_to_pyarrow(table.schema(), include_field_ids=False)
    arrays = [rows.column(place).cast(field.type) for place, field in enumerate(wanted)]
    return pyarrow.Table.from_arrays(arrays, schema=wanted)

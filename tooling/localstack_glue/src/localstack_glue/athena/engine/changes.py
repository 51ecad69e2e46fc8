"""Statements that change data: they write the answer of a query."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow
from sqlglot import exp

from localstack_glue.athena.engine import output_columns, statements
from localstack_glue.athena.engine.assignment import assign_columns
from localstack_glue.athena.engine.catalog import CatalogTable, GlueCatalog, column_type, is_iceberg, update_input
from localstack_glue.athena.engine.column_changes import parse_change
from localstack_glue.athena.engine.commands import Command
from localstack_glue.athena.engine.ddl import Ddl
from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.hive_names import table_name
from localstack_glue.athena.engine.iceberg_changes import IcebergChanges
from localstack_glue.athena.engine.iceberg_data import with_own_columns
from localstack_glue.athena.engine.mentions import check_catalog, is_with_query
from localstack_glue.athena.engine.reading import Cancellation, Opened, opened
from localstack_glue.athena.engine.results import NOTHING, Answer, ResultColumn
from localstack_glue.athena.engine.row_changes import rewriting
from localstack_glue.athena.engine.sql_text import BLANK, NAME
from localstack_glue.athena.engine.views import definition, reads
from localstack_glue.athena.engine.write_options import (
    UNLOAD_PROPERTIES,
    check_compression,
    check_properties,
    check_table_options,
    column_names,
    existing_target,
    new_target,
    table_input,
    table_options,
    unload_options,
)
from localstack_glue.athena.engine.writes import Target, Written, is_empty, write

_ROWS = (ResultColumn("rows", "bigint", 19),)
_VIEW = re.compile(
    rf"{BLANK}*create{BLANK}+(?:or{BLANK}+replace{BLANK}+)?view{BLANK}+{NAME}{BLANK}+as\s+(.*?)\s*;?\s*",
    re.IGNORECASE | re.DOTALL,
)


class Changes:
    """Writes what queries answer.

    Args:
        glue: a boto3 client.
        s3: a boto3 client.
        iceberg_properties: how PyIceberg reaches S3.
        database: where names without one belong.
        limit: the most bytes that may be read.
        stop: lets another thread stop it.
        tables_location: the folder for tables that name none.
        encryption: of the files that it writes, as PutObject takes it.
    """

    def __init__(
        self,
        glue: Any,
        s3: Any,
        iceberg_properties: dict[str, str],
        database: str,
        limit: int | None,
        stop: Cancellation,
        tables_location: str,
        encryption: Mapping[str, str],
    ) -> None:
        self._glue = glue
        self._s3 = s3
        self._iceberg_properties = iceberg_properties
        self._database = database
        self._limit = limit
        self._stop = stop
        self._tables_location = tables_location
        self._encryption = encryption

    # ------------------------------------------------------------------------ tables from queries

    def create(self, create: exp.Create, sql: str) -> Answer | None:
        """CREATE VIEW, CREATE TABLE AS and Iceberg tables; None for a table over existing files.

        Raises:
            QueryFailedError: the table cannot be created, or its query fails.
        """
        kind = str(create.args.get("kind") or "").upper()
        properties_node = create.args.get("properties")
        special = [
            each
            for each in (properties_node.expressions if properties_node is not None else ())
            if isinstance(each, exp.MaterializedProperty | exp.TemporaryProperty)
        ]
        if kind not in ("TABLE", "VIEW") or special:
            what = special[0].sql("trino") + f" {kind}" if special else kind
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: CREATE {what} is not supported here")
        if kind == "VIEW":
            return self._create_view(create, sql)
        options = table_options(create)
        if create.args.get("expression") is None:
            of_iceberg = str(options.get("table_type", "")).upper() == "ICEBERG"
            return self._iceberg().create(create, options) if of_iceberg else None
        return self._create_table_as(create, options)

    def _create_view(self, create: exp.Create, sql: str) -> Answer:
        if isinstance(create.this, exp.Schema):
            raise QueryFailedError("SYNTAX_ERROR", "line 1:1: mismatched input '(': the query names a view's columns")
        database, name = self._name(create.this)
        found = _VIEW.fullmatch(sql)
        text = found[1] if found else create.expression.sql("trino")
        catalog = GlueCatalog(self._glue)
        known = catalog.raw_table(database, name)
        if known is not None and (database, name) in reads(
            create.expression, self._database, catalog.raw_table, is_with_query
        ):
            raise QueryFailedError("VIEW_IS_RECURSIVE", f"line 1:1: {database}.{name} would read itself")
        with self._opened(create.expression) as query:
            outputs = query.outputs()
            output_columns.check_names(outputs)
            output_columns.check_distinct(outputs)
            columns = [(output.name.lower(), output.type) for output in outputs]
        stored = GlueCatalog(self._glue).raw_table(database, name)
        if stored is not None and stored.get("TableType") != "VIRTUAL_VIEW":
            raise QueryFailedError("TABLE_ALREADY_EXISTS", f"line 1:1: Table '{database}.{name}' is not a view")
        table = {"Name": name, **definition(text, self._database, columns)}
        Ddl(self._glue, self._s3, self._database).put_table(database, table, replace=bool(create.args.get("replace")))
        return NOTHING

    def _create_table_as(self, create: exp.Create, options: dict[str, Any]) -> Answer:
        database, name = self._name(create.this)
        if GlueCatalog(self._glue).raw_table(database, name) is not None:
            if create.args.get("exists"):
                return Answer(_ROWS, (), has_header=True, update_count=0)
            raise QueryFailedError(
                "TABLE_ALREADY_EXISTS", f"line 1:1: Destination table 'awsdatacatalog.{database}.{name}' already exists"
            )
        check_table_options(options)
        if str(options.get("table_type", "")).upper() == "ICEBERG":
            with self._opened(create.expression) as query:
                output_columns.check_iceberg(query.outputs())
                outputs, rows = query.arrow()
                self._iceberg().create_as(database, name, options, outputs, None if options.get("no_data") else rows)
                return _written(0 if options.get("no_data") else rows.num_rows, query)
        location = str(options.get("external_location") or f"{self._tables_location}/").rstrip("/") + "/"
        if not re.match("s3://[^/]", location):
            raise QueryFailedError("INVALID_TABLE_PROPERTY", "external_location must be in S3")
        if not is_empty(self._s3, location):
            raise QueryFailedError(
                "HIVE_PATH_ALREADY_EXISTS", f"Target directory for table '{database}.{name}' already exists: {location}"
            )
        target = new_target(options, location)
        bucketed_by = column_names(options.get("bucketed_by"))
        with self._opened(create.expression) as query:
            outputs = query.outputs()
            output_columns.check_names(outputs)
            output_columns.check_hive(outputs, target.partition_keys)
            output_columns.check_buckets(outputs, bucketed_by)
            outputs, rows = query.arrow()
            table = table_input(name, outputs, target, bucketed_by, int(options.get("bucket_count", -1)))
            written = None if options.get("no_data") else self._write(target, _lower(rows))
            Ddl(self._glue, self._s3, self._database).put_table(database, table)
            if written is not None:
                self._add_partitions(database, table, written.partitions)
            return _written(written.rows if written else 0, query, written.files if written else ())

    def insert(self, insert: exp.Insert) -> Answer:
        """INSERT INTO.

        Raises:
            QueryFailedError: the query fails, or the table has a storage.location.template.
        """
        node = insert.this
        names = [each.name.lower() for each in node.expressions] if isinstance(node, exp.Schema) else None
        database, name = self._name(node.this if isinstance(node, exp.Schema) else node)
        table = self._table(database, name)
        columns = [(column, column_type(table, column.data_type())) for column in table.all_columns]
        source = insert.expression
        with self._opened(source) as query:
            chosen = assign_columns(query.outputs(), columns, names)
            _, rows = query.arrow(chosen)
            if table.is_iceberg:
                self._iceberg().append(database, name, rows)
                return _written(rows.num_rows, query)
            raw = GlueCatalog(self._glue).raw_table(database, name)
            target = existing_target(table)
            if "storage.location.template" in table.parameters:
                raise QueryFailedError(
                    "NOT_SUPPORTED",
                    f"line 1:1: {name} has a storage.location.template; writing by it is not supported here",
                )
            known = (
                {each.values: each.location for each in GlueCatalog(self._glue).partitions(table)}
                if table.partition_keys
                else {}
            )
            written = self._write(target, rows, known)
            new = [each for each in written.partitions if each[0] not in known]
            self._add_partitions(database, raw, new)
            return _written(written.rows, query, written.files)

    def change_rows(self, statement: exp.Expr) -> Answer:
        """DELETE, UPDATE and MERGE, which Iceberg tables have.

        Raises:
            QueryFailedError: the table is not an Iceberg table, or rows of a MERGE match several times.
        """
        database, name = self._name(statement.this)
        table = self._table(database, name)
        if not table.is_iceberg:
            raise QueryFailedError(
                "NOT_SUPPORTED",
                f"line 1:1: Modifying Hive table rows is only supported for transactional tables: {database}.{name}",
            )
        names = [column.name for column in table.columns]
        checks, contents, count_sql = rewriting(statement, database, names)
        for sql, message in checks:
            with self._opened(statements.parse(sql)) as query:
                if int(query.rows()[1][0][0]):
                    raise QueryFailedError("MERGE_TARGET_ROW_MULTIPLE_MATCHES", message)
        with self._opened(statements.parse(count_sql)) as query:
            changed = int(query.rows()[1][0][0])
        columns = [(column, column_type(table, column.data_type())) for column in table.columns]
        with self._opened(statements.parse(contents)) as query:
            if changed:
                _, rows = query.arrow(assign_columns(query.outputs(), columns, None))
                self._iceberg().overwrite(database, name, rows, table.metadata_location)
            return _written(changed, query)

    def run_command(self, command: Command, parameters: Sequence[str] = ()) -> Answer | None:
        """UNLOAD, OPTIMIZE, VACUUM; None for any other statement."""
        run: dict[str, Callable[[Command], Answer]] = {
            "unload": lambda each: self._unload(each, parameters),
            "optimize": self._optimize,
            "vacuum": self._vacuum,
            "unset tblproperties": self._unset,
        }
        return run[command.kind](command) if command.kind in run else None

    def _optimize(self, command: Command) -> Answer:
        table = self._table(command.database, command.table)
        if not table.is_iceberg:
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {command.table} is not an Iceberg table")
        columns = [(column, column_type(table, column.data_type())) for column in table.columns]
        name = f'"{command.database}"."{command.table}"'
        if command.rest:  # which only chooses files: all are rewritten
            with self._opened(statements.parse(f"select * from {name} where {command.rest}")) as query:
                query.outputs()
        with self._opened(statements.parse(f"select * from {name}")) as query:
            _, rows = query.arrow(assign_columns(query.outputs(), columns, None))
            self._iceberg().overwrite(command.database, command.table, rows, table.metadata_location)
        return NOTHING

    def _unset(self, command: Command) -> Answer:
        if not self._table(command.database, command.table).is_iceberg:
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {command.table} is not an Iceberg table")
        keys = re.findall(r"'([^']*)'", command.rest)
        self._iceberg().unset(command.database, command.table, keys)
        found = GlueCatalog(self._glue).raw_table(command.database, command.table)  # which keeps its first value
        kept = update_input(found)
        kept["Parameters"] = {key: value for key, value in kept["Parameters"].items() if key not in keys}
        self._glue.update_table(DatabaseName=command.database, TableInput=kept)
        return NOTHING

    def _vacuum(self, command: Command) -> Answer:
        if not self._table(command.database, command.table).is_iceberg:
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {command.table} is not an Iceberg table")
        self._iceberg().vacuum(command.database, command.table, self._s3)
        return NOTHING

    def _unload(self, command: Command, parameters: Sequence[str]) -> Answer:
        source = statements.parse(command.rest, parameters)
        options = unload_options(command)
        if not re.match("s3://[^/]", command.location):
            raise QueryFailedError("INVALID_TABLE_PROPERTY", f"UNLOAD writes to S3, not to '{command.location}'")
        if not is_empty(self._s3, command.location):
            raise QueryFailedError("HIVE_PATH_ALREADY_EXISTS", f"Target directory already exists: {command.location}")
        check_properties(options, UNLOAD_PROPERTIES)
        if "format" not in options:
            raise QueryFailedError("INVALID_TABLE_PROPERTY", "line 1:1: UNLOAD needs the property format")
        check_compression(options, options["format"].upper())
        target = new_target(options, command.location.rstrip("/") + "/")
        with self._opened(source) as query:
            output_columns.check_hive(query.outputs(), target.partition_keys)
            _, rows = query.arrow()
            written = self._write(target, _lower(rows))
            return _written(written.rows, query, written.files)

    def alter_iceberg(self, alter: exp.Alter) -> Answer | None:
        """ALTER TABLE of an Iceberg table; None for any other."""
        database, name = table_name(alter.this, self._database)
        found = GlueCatalog(self._glue).raw_table(database, name)
        if found is None or not is_iceberg(found):
            return None
        return self._iceberg().alter(database, name, alter)

    def change_iceberg_column(self, command: Command) -> Answer | None:
        """ALTER TABLE ... CHANGE COLUMN of an Iceberg table; None for any other statement or table."""
        if command.kind != "change column":
            return None
        found = GlueCatalog(self._glue).raw_table(command.database, command.table)
        if found is None or not is_iceberg(found):
            return None
        return self._iceberg().change_column(command.database, command.table, parse_change(command.rest))

    def purge(self, database: str, name: str) -> None:
        """Drop an Iceberg table with its files."""
        self._iceberg().purge(database, name, self._s3)

    # ------------------------------------------------------------------------ parts

    def _opened(self, statement: exp.Expr) -> Any:
        return opened(
            self._glue, self._s3, self._iceberg_properties, statement, self._database, self._limit, self._stop
        )

    def _write(
        self, target: Target, rows: pyarrow.Table, known: Mapping[tuple[str, ...], str] | None = None
    ) -> Written:
        return write(self._s3, target, rows, known, self._encryption)

    def _iceberg(self) -> IcebergChanges:
        return IcebergChanges(self._glue, self._iceberg_properties, self._database)

    def _name(self, table: exp.Expr) -> tuple[str, str]:
        check_catalog(table)
        return (table.text("db") or self._database).lower(), table.name.lower()

    def _table(self, database: str, name: str) -> CatalogTable:
        return with_own_columns(GlueCatalog(self._glue).table(database, name, "line 1:1"), self._iceberg_properties)

    def _add_partitions(self, database: str, table: Any, partitions: Sequence[tuple[tuple[str, ...], str]]) -> None:
        if not partitions:
            return
        inputs = [
            {"Values": list(values), "StorageDescriptor": {**table["StorageDescriptor"], "Location": location}}
            for values, location in partitions
        ]
        self._glue.batch_create_partition(DatabaseName=database, TableName=table["Name"], PartitionInputList=inputs)


def _written(rows: int, query: Opened, files: Sequence[str] | None = None) -> Answer:
    listed = None if files is None else tuple(files)
    return Answer(_ROWS, (), query.scanned_bytes, has_header=True, update_count=rows, manifest=listed)


def _lower(rows: pyarrow.Table) -> pyarrow.Table:
    return rows.rename_columns([name.lower() for name in rows.column_names])

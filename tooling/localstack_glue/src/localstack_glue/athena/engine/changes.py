"""Statements that change data: they write the answer of a query."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow
from sqlglot import exp

from localstack_glue.athena.engine import iceberg_changes, output_columns, statements
from localstack_glue.athena.engine.catalog import CatalogTable, Column, GlueCatalog
from localstack_glue.athena.engine.commands import Command, properties
from localstack_glue.athena.engine.ddl import INPUT_FIELDS, NOTHING, Ddl
from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.formats import FORMATS, HIVE_JSON_SERDE
from localstack_glue.athena.engine.mentions import is_with_query
from localstack_glue.athena.engine.reading import Cancellation, Opened, opened
from localstack_glue.athena.engine.results import Answer, ResultColumn
from localstack_glue.athena.engine.sql_text import BLANK, NAME
from localstack_glue.athena.engine.trino.casts import can_coerce, cast
from localstack_glue.athena.engine.trino.query_translation import Output
from localstack_glue.athena.engine.trino.types import Type, duckdb_type
from localstack_glue.athena.engine.views import definition, hive_name, reads
from localstack_glue.athena.engine.writes import Target, is_empty, write

_ROWS = (ResultColumn("rows", "bigint", 19),)
_VIEW = re.compile(
    rf"{BLANK}*create{BLANK}+(?:or{BLANK}+replace{BLANK}+)?view{BLANK}+{NAME}{BLANK}+as\s+(.*?)\s*;?\s*",
    re.IGNORECASE | re.DOTALL,
)
_UNLOAD_PROPERTIES = frozenset(("format", "compression", "compression_level", "field_delimiter", "partitioned_by"))
_TABLE_PROPERTIES = frozenset(
    (
        *("table_type", "is_external", "external_location", "location", "format", "field_delimiter", "no_data"),
        *("partitioned_by", "partitioning", "bucketed_by", "bucket_count", "bucketing_format"),
        *("write_compression", "orc_compression", "parquet_compression", "compression_level", "format_version"),
    )
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
    ) -> None:
        self._glue = glue
        self._s3 = s3
        self._iceberg_properties = iceberg_properties
        self._database = database
        self._limit = limit
        self._stop = stop
        self._tables_location = tables_location

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
        options = _options(create)
        if create.args.get("expression") is None:
            is_iceberg = str(options.get("table_type", "")).upper() == "ICEBERG"
            return self._iceberg().create(create, options) if is_iceberg else None
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
        _check_properties(options, _TABLE_PROPERTIES)
        if str(options.get("table_type", "")).upper() == "ICEBERG":
            with self._opened(create.expression) as query:
                outputs, rows = query.arrow()
                output_columns.check_names(outputs)
                output_columns.check_distinct(outputs)
                self._iceberg().create_as(database, name, options, outputs, None if options.get("no_data") else rows)
                return _written(0 if options.get("no_data") else rows.num_rows, query)
        location = str(options.get("external_location") or f"{self._tables_location}/").rstrip("/") + "/"
        if not location.startswith("s3://"):
            raise QueryFailedError("INVALID_TABLE_PROPERTY", "external_location must be in S3")
        if not is_empty(self._s3, location):
            raise QueryFailedError(
                "HIVE_PATH_ALREADY_EXISTS", f"Target directory for table '{database}.{name}' already exists: {location}"
            )
        target = _target(options, location)
        with self._opened(create.expression) as query:
            outputs, rows = query.arrow()
            output_columns.check_names(outputs)
            output_columns.check_hive(outputs, target.partition_keys)
            output_columns.check_buckets(outputs, _names(options.get("bucketed_by")))
            table = _table_input(name, outputs, target)
            written = None if options.get("no_data") else write(self._s3, target, _lower(rows))
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
        columns = [(column, statements.column_type(table, column.data_type())) for column in table.all_columns]
        source = insert.expression
        with self._opened(source) as query:
            chosen = _assigned(query.outputs(), columns, names)
            _, rows = query.arrow(chosen)
            if table.is_iceberg:
                self._iceberg().append(database, name, rows)
                return _written(rows.num_rows, query)
            raw = GlueCatalog(self._glue).raw_table(database, name)
            target = _build_target(table)
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
            written = write(self._s3, target, rows, known)
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
        checks, contents, count_sql = iceberg_changes.rewriting(statement, database, names)
        for sql, message in checks:
            with self._opened(statements.parse(sql)) as query:
                if int(query.rows()[1][0][0]):
                    raise QueryFailedError("MERGE_TARGET_ROW_MULTIPLE_MATCHES", message)
        with self._opened(statements.parse(count_sql)) as query:
            changed = int(query.rows()[1][0][0])
        columns = [(column, statements.column_type(table, column.data_type())) for column in table.columns]
        with self._opened(statements.parse(contents)) as query:
            if changed:
                _, rows = query.arrow(_assigned(query.outputs(), columns, None))
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
        columns = [(column, statements.column_type(table, column.data_type())) for column in table.columns]
        with self._opened(statements.parse(f'select * from "{command.database}"."{command.table}"')) as query:
            _, rows = query.arrow(_assigned(query.outputs(), columns, None))
            self._iceberg().overwrite(command.database, command.table, rows, table.metadata_location)
        return NOTHING

    def _unset(self, command: Command) -> Answer:
        if not self._table(command.database, command.table).is_iceberg:
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {command.table} is not an Iceberg table")
        keys = re.findall(r"'([^']*)'", command.rest)
        self._iceberg().unset(command.database, command.table, keys)
        found = GlueCatalog(self._glue).raw_table(command.database, command.table)  # which keeps its first value
        table_input = {key: found[key] for key in INPUT_FIELDS if key in found}
        table_input["Parameters"] = {key: value for key, value in table_input["Parameters"].items() if key not in keys}
        self._glue.update_table(DatabaseName=command.database, TableInput=table_input)
        return NOTHING

    def _vacuum(self, command: Command) -> Answer:
        if not self._table(command.database, command.table).is_iceberg:
            raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: {command.table} is not an Iceberg table")
        self._iceberg().vacuum(command.database, command.table, self._s3)
        return NOTHING

    def _unload(self, command: Command, parameters: Sequence[str]) -> Answer:
        options = {key.lower(): value for key, value in properties(_plain_arrays(command.options)).items()}
        if not is_empty(self._s3, command.location):
            raise QueryFailedError("HIVE_PATH_ALREADY_EXISTS", f"Target directory already exists: {command.location}")
        _check_properties(options, _UNLOAD_PROPERTIES)
        target = _target(options, command.location.rstrip("/") + "/")
        with self._opened(statements.parse(command.rest, parameters)) as query:
            outputs, rows = query.arrow()
            output_columns.check_hive(outputs, target.partition_keys)
            written = write(self._s3, target, _lower(rows))
            return _written(written.rows, query, written.files)

    def alter_iceberg(self, alter: exp.Alter) -> Answer | None:
        """ALTER TABLE of an Iceberg table; None for any other."""
        database, name = self._name(alter.this)
        found = GlueCatalog(self._glue).raw_table(database, name)
        if found is None or str((found.get("Parameters") or {}).get("table_type", "")).upper() != "ICEBERG":
            return None
        return self._iceberg().alter(database, name, alter)

    # ------------------------------------------------------------------------ parts

    def _opened(self, statement: exp.Expr) -> Any:
        return opened(
            self._glue, self._s3, self._iceberg_properties, statement, self._database, self._limit, self._stop
        )

    def _iceberg(self) -> "iceberg_changes.IcebergChanges":
        return iceberg_changes.IcebergChanges(self._glue, self._iceberg_properties, self._database)

    def _name(self, table: exp.Expr) -> tuple[str, str]:
        statements.check_catalog(table)
        return (table.text("db") or self._database).lower(), table.name.lower()

    def _table(self, database: str, name: str) -> CatalogTable:
        return statements.with_own_columns(
            GlueCatalog(self._glue).table(database, name, "line 1:1"), self._iceberg_properties
        )

    def _add_partitions(self, database: str, table: Any, partitions: Sequence[tuple[tuple[str, ...], str]]) -> None:
        if not partitions:
            return
        inputs = [
            {"Values": list(values), "StorageDescriptor": {**table["StorageDescriptor"], "Location": location}}
            for values, location in partitions
        ]
        self._glue.batch_create_partition(DatabaseName=database, TableName=table["Name"], PartitionInputList=inputs)


def _check_properties(passed: Mapping[str, Any], known: frozenset[str]) -> None:
    """Refuse unknown properties."""
    for name in passed:
        if name not in known and not name.startswith(("optimize_", "vacuum_")):
            raise QueryFailedError("INVALID_TABLE_PROPERTY", f"line 1:1: Table property '{name}' does not exist")


def _written(rows: int, query: Opened, files: Sequence[str] | None = None) -> Answer:
    listed = None if files is None else tuple(files)
    return Answer(_ROWS, (), query.scanned_bytes, has_header=True, update_count=rows, manifest=listed)


def _options(create: exp.Create) -> dict[str, Any]:
    """WITH (...) or TBLPROPERTIES, by name in lower case."""
    found: dict[str, Any] = {}
    properties_node = create.args.get("properties")
    for each in properties_node.expressions if properties_node is not None else ():
        if isinstance(each, exp.WithDataProperty):
            found["no_data"] = bool(each.args.get("no"))
        elif isinstance(each, exp.FileFormatProperty) and not isinstance(each.this, exp.InputOutputFormat):
            found["format"] = each.this.name
        elif isinstance(each, exp.PartitionedByProperty):
            found["partitioned_by"] = each.this
        elif isinstance(each, exp.LocationProperty):
            found["location"] = each.this.name
        elif type(each) is exp.Property:
            found[each.this.name.lower()] = _value(each.args["value"])
    return found


def _value(node: exp.Expr) -> Any:
    if isinstance(node, exp.Array | exp.Tuple):
        return [each.name for each in node.expressions]
    if isinstance(node, exp.Boolean):
        return bool(node.this)
    return node.name


def _names(value: Any) -> tuple[str, ...]:
    if isinstance(value, exp.Expr):
        value = [each.name for each in value.expressions]
    if isinstance(value, str):
        value = [part.strip().strip("'\"") for part in value.split(",") if part.strip()]
    return tuple(each.lower() for each in value or ())


def _target(options: dict[str, Any], location: str) -> Target:
    kind = str(options.get("format", "PARQUET")).upper()
    if kind not in FORMATS:
        raise QueryFailedError("NOT_SUPPORTED", f"the format {kind} is not supported here")
    compression = str(
        options.get("write_compression")
        or options.get(f"{kind.lower()}_compression")
        or options.get("compression")
        or ""
    )
    delimiter = options.get("field_delimiter") or ("," if kind == "CSV" else "")
    parameters = (
        {"field.delim": delimiter, "serialization.format": delimiter} if delimiter else {"serialization.format": "1"}
    )
    return Target(location, kind, compression.upper(), _names(options.get("partitioned_by")), parameters)


def _build_target(table: CatalogTable) -> Target:
    known = {**{one.serde: name for name, one in reversed(FORMATS.items())}, HIVE_JSON_SERDE: "JSON"}
    kind = known.get(table.serde, "")
    if not kind:
        raise QueryFailedError(
            "NOT_SUPPORTED", f"line 1:1: writing rows with the SerDe {table.serde} is not supported here"
        )
    parameters = table.parameters
    compression = (
        parameters.get("write.compression")
        or parameters.get("parquet.compression")
        or parameters.get("orc.compress")
        or ""
    )
    keys = tuple(key.name for key in table.partition_keys)
    return Target(table.location, kind, compression.upper(), keys, table.serde_parameters)


def _table_input(name: str, outputs: Sequence[Output], target: Target) -> dict[str, Any]:
    columns = [{"Name": output.name.lower(), "Type": hive_name(output.type)} for output in outputs]
    descriptor = FORMATS[target.format].descriptor()
    if target.format in ("TEXTFILE", "CSV"):
        descriptor["SerdeInfo"]["Parameters"] = dict(target.serde_parameters or {})
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "has_encrypted_data": "false"},
        "PartitionKeys": [column for column in columns if column["Name"] in target.partition_keys],
        "StorageDescriptor": {
            **descriptor,
            "Columns": [column for column in columns if column["Name"] not in target.partition_keys],
            "Location": target.location,
        },
    }


def _assigned(
    outputs: Sequence[Output], columns: Sequence[tuple[Column, Type]], names: Sequence[str] | None
) -> list[tuple[str, str]]:
    """The table's columns, each as SQL over the query's."""
    wanted = names if names is not None else [column.name for column, _ in columns]
    unknown = next((name for name in wanted if name not in {column.name for column, _ in columns}), None)
    if unknown is not None:
        raise QueryFailedError(
            "COLUMN_NOT_FOUND", f"line 1:1: Insert column name does not exist in target table: {unknown}"
        )
    twice = next((name for name in wanted if wanted.count(name) > 1), None)
    if twice is not None:
        raise QueryFailedError("SYNTAX_ERROR", f"line 1:1: Insert column name is specified more than once: {twice}")
    outputs_by_name = dict(zip(wanted, enumerate(outputs), strict=False))
    fits = len(wanted) == len(outputs) and all(
        _storable(outputs_by_name[column.name][1].type, kind)
        for column, kind in columns
        if column.name in outputs_by_name
    )
    if not fits:
        table = ", ".join(str(kind) for column, kind in columns if column.name in wanted)
        query = ", ".join(str(output.type) for output in outputs)
        raise QueryFailedError(
            "TYPE_MISMATCH", f"line 1:1: Insert query has mismatched column types: Table: [{table}], Query: [{query}]"
        )
    return [
        (
            column.name,
            cast(f"c{outputs_by_name[column.name][0]}", outputs_by_name[column.name][1].type, kind)
            if column.name in outputs_by_name
            else f"CAST(NULL AS {duckdb_type(kind)})",
        )
        for column, kind in columns
    ]


def _storable(found: Type, wanted: Type) -> bool:
    return can_coerce(found, wanted) or (
        found.kind == wanted.kind
        and found.kind in ("varchar", "char", "timestamp", "timestamp with time zone", "row", "array", "map")
    )


def _lower(rows: pyarrow.Table) -> pyarrow.Table:
    return rows.rename_columns([name.lower() for name in rows.column_names])


def _plain_arrays(text: str) -> str:
    """`partitioned_by = ARRAY['a', 'b']` as one text."""
    return re.sub(
        r"array\s*\[([^\]]*)\]", lambda found: "'" + found[1].replace("'", "").replace('"', "") + "'", text, flags=re.I
    )

"""Tables that are not stored: information_schema, partitions, and the metadata tables of Iceberg tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow

from localstack_glue.athena.engine.catalog import CatalogTable, Column, GlueCatalog, column_type
from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.iceberg_data import open_snapshot
from localstack_glue.athena.engine.iceberg_metadata import TABLES, ZONED, TypedRows
from localstack_glue.athena.engine.trino.types import duckdb_type
from localstack_glue.athena.engine.views import original_sql
from localstack_glue.serdes.types import parse_type

_CATALOG = "awsdatacatalog"
SCHEMA = "information_schema"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the contents come from: the catalog, and PyIceberg's properties for reading Iceberg tables."""

    catalog: GlueCatalog
    iceberg_properties: dict[str, str]


@dataclass(frozen=True, slots=True)
class Contents:
    """A table that is created for one query."""

    table: CatalogTable
    arrow: Any


def find(database: str, name: str, source: Source, place: str) -> Contents | None:
    """The table that a name means; None for a table of the catalog.

    Raises:
        QueryFailedError: there is no such table.
    """
    if database == SCHEMA:
        makers = {"schemata": _schemata, "tables": _tables, "columns": _columns, "views": _views}
        if name not in makers:
            raise QueryFailedError("TABLE_NOT_FOUND", f"{place}: Table '{_CATALOG}.{database}.{name}' does not exist")
        return _contents(database, name, *makers[name](source))
    base, sign, kind = name.rpartition("$")
    if not sign:
        return None
    table = source.catalog.table(database, base, place)
    if kind == "partitions" and not table.is_iceberg:
        return _partitions(source, table, name)
    if table.is_iceberg and kind in TABLES:
        iceberg = open_snapshot(table, None, source.iceberg_properties).table
        return _contents(database, name, *TABLES[kind](iceberg))
    raise QueryFailedError("TABLE_NOT_FOUND", f"{place}: Table '{_CATALOG}.{database}.{name}' does not exist")


def _contents(database: str, name: str, columns: dict[str, str], rows: list[tuple[Any, ...]]) -> Contents:
    zoned = pyarrow.timestamp("us", "UTC")
    arrays = [
        pyarrow.array([row[place] for row in rows], zoned if kind == ZONED else parse_type(kind).arrow())
        for place, kind in enumerate(columns.values())
    ]
    table = CatalogTable(database, name, "", tuple(Column(*pair) for pair in columns.items()), (), "", {}, {})
    return Contents(table, pyarrow.Table.from_arrays(arrays, names=list(columns)))


def _schemata(source: Source) -> TypedRows:
    names = [*source.catalog.databases(), SCHEMA]
    return {"catalog_name": "string", "schema_name": "string"}, [(_CATALOG, name) for name in names]


def _each_table(source: Source) -> list[Any]:
    return [
        {**entry, "DatabaseName": database}
        for database in source.catalog.databases()
        for entry in source.catalog.raw_tables(database)
    ]


def _is_view(entry: Any) -> bool:
    return bool(entry.get("TableType") == "VIRTUAL_VIEW")


def _tables(source: Source) -> TypedRows:
    rows = [
        (_CATALOG, each["DatabaseName"], each["Name"], "VIEW" if _is_view(each) else "BASE TABLE")
        for each in _each_table(source)
    ]
    return dict.fromkeys(("table_catalog", "table_schema", "table_name", "table_type"), "string"), rows


def _views(source: Source) -> TypedRows:
    rows = [
        (_CATALOG, each["DatabaseName"], each["Name"], original_sql(each, "line 1:1")[0])
        for each in _each_table(source)
        if _is_view(each)
    ]
    return dict.fromkeys(("table_catalog", "table_schema", "table_name", "view_definition"), "string"), rows


def _columns(source: Source) -> TypedRows:
    rows: list[tuple[Any, ...]] = []
    for each in _each_table(source):
        for place, (column, is_key) in enumerate(_typed_columns(each, source), 1):
            extra = "partition key" if is_key else None
            name = each["DatabaseName"], each["Name"], column.name
            kind = _trino_name(column, each.get("Parameters") or {})
            rows.append((_CATALOG, *name, place, None, "YES", kind, column.comment or None, extra))
    kinds = {
        "table_catalog": "string",
        "table_schema": "string",
        "table_name": "string",
        "column_name": "string",
        "ordinal_position": "bigint",
        "column_default": "string",
        "is_nullable": "string",
        "data_type": "string",
        "comment": "string",
        "extra_info": "string",
    }
    return kinds, rows


def _typed_columns(entry: Any, source: Source) -> list[tuple[Column, bool]]:
    parameters = entry.get("Parameters") or {}
    storage = entry.get("StorageDescriptor") or {}
    keys = entry.get("PartitionKeys") or []
    if parameters.get("table_type", "").upper() == "ICEBERG":
        table = source.catalog.table(entry["DatabaseName"], entry["Name"], "line 1:1")
        return [(column, False) for column in open_snapshot(table, None, source.iceberg_properties).columns()]
    own = [(_column(each), False) for each in storage.get("Columns") or ()]
    return own + [(_column(each), True) for each in keys]


def _column(entry: Any) -> Column:
    return Column(entry["Name"].lower(), entry.get("Type") or "string", entry.get("Comment") or "")


def _trino_name(column: Column, parameters: Mapping[str, str]) -> str:
    try:
        table = CatalogTable("", "", "", (), (), "", {}, dict(parameters))
        return str(column_type(table, column.data_type()))
    except (QueryFailedError, ValueError):
        return column.hive_type


def _partitions(source: Source, table: CatalogTable, name: str) -> Contents:
    if not table.partition_keys:
        raise QueryFailedError(
            "TABLE_NOT_FOUND", f"line 1:1: Table '{_CATALOG}.{table.database}.{name}' does not exist"
        )
    values = [each.values for each in source.catalog.partitions(table)]
    arrays = [
        pyarrow.array([row[place] for row in values], pyarrow.string()) for place in range(len(table.partition_keys))
    ]
    arrow = pyarrow.Table.from_arrays(arrays, names=[key.name for key in table.partition_keys])
    import duckdb

    with duckdb.connect() as connection:
        connection.register("given", arrow)
        casts = ", ".join(
            f"CAST(nullif(\"{key.name}\", '__HIVE_DEFAULT_PARTITION__') AS "
            f'{duckdb_type(column_type(table, key.data_type()))}) AS "{key.name}"'
            for key in table.partition_keys
        )
        try:
            typed = connection.execute(f"SELECT {casts} FROM given").to_arrow_table()
        except duckdb.ConversionException as error:
            what = str(error).split("\n", 1)[0].removeprefix("Conversion Error: ")
            raise QueryFailedError("HIVE_INVALID_PARTITION_VALUE", f"{table.database}.{table.name}: {what}") from error
    table_entry = CatalogTable(table.database, name, "", table.partition_keys, (), "", {}, {})
    return Contents(table_entry, typed)

"""Lays the data of catalog tables before DuckDB, as views over files or Arrow tables."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb

from localstack_glue.athena.engine.catalog import CatalogTable, Column, Partition
from localstack_glue.athena.engine.errors import QueryFailedError

_OPEN_CSV, _LAZY = "opencsvserde", "lazysimpleserde"
_PARQUET, _JSON = "parquethiveserde", "jsonserde"
_NAME = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True)
class DataObject:
    """An object of S3."""

    bucket: str
    key: str
    size_bytes: int


class ObjectFiles:
    """Objects of S3 as local files, each fetched when a query is about to read it."""

    def __init__(self, s3: Any, folder: Path) -> None:
        self._s3 = s3
        self._folder = folder
        self._count = 0

    def listed(self, location: str) -> list[DataObject]:
        """Objects below a location that Athena would read: no hidden ones, no empty ones."""
        bucket, prefix = _split(location)
        found: list[DataObject] = []
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", ()):
                names = entry["Key"][len(prefix) :].split("/")
                if entry["Size"] and not any(name.startswith(("_", ".")) for name in names):
                    found.append(DataObject(bucket, entry["Key"], entry["Size"]))
        return found

    def fetch(self, item: DataObject) -> str:
        """Copy an object into the folder; its name keeps the suffix, which tells the compression."""
        self._count += 1
        target = self._folder / f"{self._count}-{_NAME.sub('_', item.key.rsplit('/', 1)[-1])}"
        with target.open("wb") as file:
            self._s3.download_fileobj(item.bucket, item.key, file)
        return str(target)


def create_view(
    database: duckdb.DuckDBPyConnection,
    name: str,
    table: CatalogTable,
    sources: Sequence[tuple[Partition, Sequence[DataObject]]],
    fetch: Callable[[DataObject], str],
) -> None:
    """Make a view of a table that is made of files.

    Args:
        database: gets the view.
        name: what the view is called, with its schema, quoted.
        table: the table.
        sources: its files by partition; one partition without values for a table without keys.
        fetch: makes a local file of an object.
    """
    reader = _reader_of(table)
    selects = [
        reader(database, table, [fetch(item) for item in objects], _constants(table, partition))
        for partition, objects in sources
        if objects
    ]
    if not selects:
        columns = (*table.columns, *table.partition_keys)
        nulls = ", ".join(f"CAST(NULL AS {column.duckdb_type()}) AS {quoted(column.name)}" for column in columns)
        selects = [f"SELECT {nulls} WHERE false"]
    database.execute(f"CREATE VIEW {name} AS {' UNION ALL '.join(selects)}")


Reader = Callable[[duckdb.DuckDBPyConnection, CatalogTable, list[str], list[str]], str]


def _reader_of(table: CatalogTable) -> Reader:
    serde = table.serde.rsplit(".", 1)[-1].lower()
    if serde in (_OPEN_CSV, _LAZY):
        return _text
    if serde == _PARQUET:
        return _parquet
    if serde == _JSON:
        return _json
    raise QueryFailedError(
        "NOT_SUPPORTED", f"line 1:1: {table.database}.{table.name} has the SerDe {table.serde or 'none'}, not read here"
    )


def _text(_database: duckdb.DuckDBPyConnection, table: CatalogTable, files: list[str], constants: list[str]) -> str:
    parameters = table.serde_parameters
    is_open_csv = table.serde.lower().endswith(_OPEN_CSV)
    if is_open_csv:
        delimiter = parameters.get("separatorChar", ",")
        quote = parameters.get("quoteChar", '"')
        escape = parameters.get("escapeChar", "\\")
    else:
        delimiter = parameters.get("field.delim") or parameters.get("serialization.format") or "\x01"
        quote, escape = "", parameters.get("escape.delim", "")
        delimiter = "\x01" if delimiter == "1" else delimiter
    skip = table.parameters.get("skip.header.line.count") or parameters.get("skip.header.line.count") or "0"
    columns = ", ".join(f"{text_of(column.name)}: 'VARCHAR'" for column in table.columns)
    if quote and escape not in ("", quote):
        escape = quote  # a doubled quote; a backslash within quotes is rare, and DuckDB knows one of both
    source = (
        f"read_csv({_list(files)}, columns = {{{columns}}}, auto_detect = false, header = false, skip = {int(skip)}, "
        f"delim = {text_of(delimiter)}, quote = {text_of(quote)}, escape = {text_of(escape if quote else '')}, "
        f"null_padding = true, strict_mode = false, parallel = false, nullstr = {text_of(_null_of(table))}, "
        "max_line_size = 67108864)"
    )
    cast = "CAST" if is_open_csv else "TRY_CAST"  # LazySimpleSerDe makes null of what is no value of the type
    return _select([_cast(column, cast) for column in table.columns] + constants, source)


def _null_of(table: CatalogTable) -> str:
    # of OpenCSVSerDe nothing is null; DuckDB needs some text that no file holds
    if table.serde.lower().endswith(_OPEN_CSV):
        return "\x00null\x00"
    return table.serde_parameters.get("serialization.null.format", "\\N")


def _parquet(database: duckdb.DuckDBPyConnection, table: CatalogTable, files: list[str], constants: list[str]) -> str:
    source = f"read_parquet({_list(files)}, union_by_name = true)"
    described = database.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    present = {row[0].lower(): row[0] for row in described}
    columns = [
        f"CAST({quoted(present[column.name])} AS {column.duckdb_type()}) AS {quoted(column.name)}"
        if column.name in present
        else f"CAST(NULL AS {column.duckdb_type()}) AS {quoted(column.name)}"
        for column in table.columns
    ]
    return _select(columns + constants, source)


def _json(_database: duckdb.DuckDBPyConnection, table: CatalogTable, files: list[str], constants: list[str]) -> str:
    columns = ", ".join(f"{text_of(column.name)}: {text_of(column.duckdb_type())}" for column in table.columns)
    lenient = table.serde_parameters.get("ignore.malformed.json", "").lower() == "true"
    source = (
        f"read_json({_list(files)}, columns = {{{columns}}}, format = 'newline_delimited', "
        f"ignore_errors = {str(lenient).lower()})"
    )
    return _select([quoted(column.name) for column in table.columns] + constants, source)


def _constants(table: CatalogTable, partition: Partition) -> list[str]:
    """The values of the partition keys as columns."""
    pairs = zip(table.partition_keys, partition.values, strict=False)
    return [
        f"CAST({'NULL' if value == '__HIVE_DEFAULT_PARTITION__' else text_of(value)} AS {key.duckdb_type()}) "
        f"AS {quoted(key.name)}"
        for key, value in pairs
    ]


def kept_partitions(
    database: duckdb.DuckDBPyConnection, table: CatalogTable, partitions: Sequence[Partition], condition: str
) -> list[Partition]:
    """The partitions for which a condition on their keys holds."""
    if not partitions:
        return []
    rows = ", ".join(
        f"({number}, {', '.join(text_of(value) for value in partition.values)})"
        for number, partition in enumerate(partitions)
    )
    names = ", ".join(quoted(key.name) for key in table.partition_keys)
    typed = ", ".join(_cast(key, "TRY_CAST") for key in table.partition_keys)
    sql = (
        f"SELECT number FROM (SELECT number, {typed} FROM (VALUES {rows}) AS given(number, {names})) "
        f"WHERE {condition} ORDER BY number"
    )
    return [partitions[row[0]] for row in database.execute(sql).fetchall()]


def _select(columns: list[str], source: str) -> str:
    return f"SELECT {', '.join(columns)} FROM {source}"


def _cast(column: Column, cast: str) -> str:
    if column.duckdb_type() == "TEXT":
        return quoted(column.name)
    # not bare: DuckDB hands a bare TRY_CAST to its CSV reader, which fails where null is wanted
    value = f"NULLIF({quoted(column.name)}, '')" if cast == "TRY_CAST" else quoted(column.name)
    return f"{cast}({value} AS {column.duckdb_type()}) AS {quoted(column.name)}"


def _list(files: list[str]) -> str:
    return f"[{', '.join(text_of(file) for file in files)}]"


def quoted(name: str) -> str:
    """A name for DuckDB, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def text_of(value: str) -> str:
    """A text literal for DuckDB."""
    return "'" + value.replace("'", "''") + "'"


def _split(location: str) -> tuple[str, str]:
    parts = urlsplit(location)
    prefix = parts.path.lstrip("/")
    return parts.netloc, prefix if not prefix or prefix.endswith("/") else prefix + "/"

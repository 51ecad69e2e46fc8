"""Lays the data of catalog tables before DuckDB, as views over files."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pyarrow.orc
import pyarrow.parquet
from botocore.exceptions import ClientError

from localstack_glue.athena.denials import is_denial
from localstack_glue.athena.engine import parquet_data
from localstack_glue.athena.engine.catalog import CatalogTable, Partition
from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.sql_text import as_declared, file_list, quoted, text_literal
from localstack_glue.serdes.errors import BadDataError, MalformedRowError, SerdeError, UnsupportedSerdeError
from localstack_glue.serdes.files import TEXT_SERDES, TextTable, open_table, partition_value
from localstack_glue.serdes.types import INTEGER_BITS, TEXTS, HiveType, parse_type

_AT_ONCE = 500  # partitions that one query looks at
_PARQUET, _ORC = "parquethiveserde", "orcserde"
_NAME = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True, slots=True)
class DataObject:
    """An object of S3."""

    bucket: str
    key: str
    size_bytes: int
    modified: str = ""

    @property
    def uri(self) -> str:
        """Its location."""
        return f"s3://{self.bucket}/{self.key}"


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
                    found.append(DataObject(bucket, entry["Key"], entry["Size"], entry["LastModified"].isoformat()))
        return found

    def fetch(self, item: DataObject) -> str:
        """Copy an object into the folder; its name keeps the suffix, which shows the compression.

        Raises:
            QueryFailedError: the caller may not read the object.
        """
        self._count += 1
        target = self._folder / f"{self._count}-{_NAME.sub('_', item.key.rsplit('/', 1)[-1])}"
        try:
            with target.open("wb") as file:
                self._s3.download_fileobj(item.bucket, item.key, file)
        except ClientError as error:
            if not is_denial(error):
                raise
            raise QueryFailedError("PERMISSION_DENIED", f"Permission denied on S3 path: {item.uri}") from error
        return str(target)


Fetch = Callable[[DataObject], str]


def create_view(
    database: duckdb.DuckDBPyConnection,
    name: str,
    table: CatalogTable,
    sources: Sequence[tuple[Partition, Sequence[DataObject]]],
    fetch: Fetch,
    *,
    with_places: bool = False,
) -> None:
    """Create a view of a table that consists of files.

    Args:
        database: gets the view.
        name: the view's name, with its schema, quoted.
        table: the table.
        sources: its files by partition; one partition without values for a table without keys.
        fetch: copies an object to a local file.
        with_places: whether each row has the path of its file, in `$path` and the like.
    """
    _select_reader(table)  # a table that cannot be read has no empty answer
    selects: list[str] = []
    for partition, objects in sources:
        _check_partition(table, partition)
        part = _as_stored(table, partition)
        constants = _constants(table, partition)
        for group in [[each] for each in objects] if with_places else [objects] if objects else []:
            places = _places(group[0]) if with_places else []
            selects += _select_reader(part)(part, group, [*constants, *places], fetch)
    if not selects:
        columns = (*table.columns, *table.partition_keys)
        nulls = [f"CAST(NULL AS {column.duckdb_type()}) AS {quoted(column.name)}" for column in columns]
        nulls += [f"NULL AS {quoted(name)}" for name in ("$path", "$file_size", "$file_modified_time") if with_places]
        selects = [f"SELECT {', '.join(nulls)} WHERE false"]
    database.execute(f"CREATE VIEW {name} AS {' UNION ALL '.join(selects)}")


def _as_stored(table: CatalogTable, partition: Partition) -> CatalogTable:
    """The table as a partition's files are read: by the partition's own SerDe, if it names one, as Hive has it."""
    if not partition.serde:
        return table
    return replace(table, serde=partition.serde, serde_parameters=partition.serde_parameters)


Reader = Callable[[CatalogTable, Sequence[DataObject], list[str], Fetch], list[str]]


def _select_reader(table: CatalogTable) -> Reader:
    serde = table.serde.rsplit(".", 1)[-1].lower()
    if serde in TEXT_SERDES:
        return _text
    if serde == _PARQUET:
        return _parquet
    if serde == _ORC:
        return _orc
    raise QueryFailedError(
        "NOT_SUPPORTED",
        f"line 1:1: {table.database}.{table.name} has the SerDe {table.serde or 'none'}, which is not supported here",
    )


def _text(table: CatalogTable, objects: Sequence[DataObject], constants: list[str], fetch: Fetch) -> list[str]:
    """Text files by the rules of their SerDe, converted once each: DuckDB can then read the result several times."""
    if (path := table.parameters.get("jsonPath", "$")) != "$":
        raise QueryFailedError(
            "NOT_SUPPORTED",
            f"{table.database}.{table.name}: its records are at the JsonPath {path} of a classifier, which the SerDe "
            "does not follow: its columns would be null",
        )
    columns = [(column.name, column.hive_type) for column in table.columns]
    uri = ""
    try:
        text = open_table(table.serde, columns, table.parameters, table.serde_parameters)
        read = []
        for item in objects:
            uri = item.uri
            read.append(_as_parquet(text, fetch(item)))
    except UnsupportedSerdeError as error:
        raise QueryFailedError("NOT_SUPPORTED", f"{table.database}.{table.name}: {error}") from error
    except MalformedRowError as error:
        raise QueryFailedError("HIVE_CURSOR_ERROR", f"{error} ({uri})") from error
    except BadDataError as error:
        raise QueryFailedError("HIVE_BAD_DATA", f"{error} ({uri})") from error
    names = []
    for column, field in zip(table.columns, text.schema, strict=True):
        name = quoted(column.name)
        value = parquet_data.in_lower_case(name, field.type)
        names.append(as_declared(name, column.hive_type, "" if value == name else value))
    return [f"SELECT {', '.join(names + constants)} FROM read_parquet({file_list(read)})"]


def _as_parquet(text: TextTable, file: str) -> str:
    target = f"{file}.parquet"
    with Path(file).open("rb") as source, pyarrow.parquet.ParquetWriter(target, text.schema, compression="lz4") as out:
        for batch in text.batches(source, file):
            out.write_batch(batch)
    Path(file).unlink()
    return target


def _parquet(table: CatalogTable, objects: Sequence[DataObject], constants: list[str], fetch: Fetch) -> list[str]:
    return parquet_data.selects(table, [(fetch(item), item.uri) for item in objects], constants)


def _places(item: DataObject) -> list[str]:
    return [
        f'{text_literal(item.uri)} AS "$path"',
        f'CAST({item.size_bytes} AS BIGINT) AS "$file_size"',
        f'CAST({text_literal(item.modified)} AS TIMESTAMPTZ) AS "$file_modified_time"',
    ]


def _orc(table: CatalogTable, objects: Sequence[DataObject], constants: list[str], fetch: Fetch) -> list[str]:
    """ORC files, whose columns Athena reads by their place, as Parquet files with the table's names."""
    files = []
    for item in objects:
        path = fetch(item)
        try:
            rows = pyarrow.orc.read_table(path)
        except (pyarrow.ArrowException, OSError) as error:
            raise QueryFailedError("HIVE_BAD_DATA", f"Not valid ORC file: {item.uri}: {error}") from error
        names = [column.name for column in table.columns][: rows.num_columns]
        pyarrow.parquet.write_table(rows.select(range(len(names))).rename_columns(names), f"{path}.parquet")
        files.append((f"{path}.parquet", item.uri))
    return parquet_data.selects(table, files, constants)


def _check_partition(table: CatalogTable, partition: Partition) -> None:
    """A partition's columns must have the table's types, and in text, which is read by position, the table's order."""
    is_by_name = table.serde.lower().endswith((_PARQUET, "jsonserde"))
    declared = {column.name: column for column in partition.columns}
    if is_by_name:
        pairs = [(column, declared[column.name]) for column in table.columns if column.name in declared]
    else:
        pairs = list(zip(table.columns, partition.columns, strict=False))
    for column, other in pairs:
        moved = not is_by_name and column.name != other.name and column.name in declared
        if moved or not _coerces(parse_type(other.hive_type), parse_type(column.hive_type)):
            keys = zip(table.partition_keys, partition.values, strict=True)
            name = "/".join(f"{key.name}={value}" for key, value in keys)
            raise QueryFailedError(
                "HIVE_PARTITION_SCHEMA_MISMATCH",
                "There is a mismatch between the table and partition schemas. The types are incompatible and cannot "
                f"be coerced. The column '{column.name}' in table '{table.database}.{table.name}' is declared as type "
                f"'{column.hive_type}', but partition '{name}' declared column '{other.name}' as type "
                f"'{other.hive_type}'.",
            )


def _coerces(found: HiveType, wanted: HiveType) -> bool:
    """Whether a partition's type is the table's, or a narrower one of the same kind."""
    if found.kind in INTEGER_BITS and wanted.kind in INTEGER_BITS:
        return INTEGER_BITS[found.kind] <= INTEGER_BITS[wanted.kind]
    if found.kind in TEXTS and wanted.kind in TEXTS:
        return True
    if (found.kind, wanted.kind) == ("float", "double"):
        return True
    if found.kind == "struct" and wanted.kind == "struct":
        children = dict(zip((name.lower() for name in found.names), found.children, strict=True))
        pairs = zip((name.lower() for name in wanted.names), wanted.children, strict=True)
        return all(_coerces(children[name], child) for name, child in pairs if name in children)
    if found.is_nested and found.kind == wanted.kind:
        return all(_coerces(*pair) for pair in zip(found.children, wanted.children, strict=True))
    return found == wanted


def _constants(table: CatalogTable, partition: Partition) -> list[str]:
    """The values of the partition keys as columns."""
    pairs = zip(table.partition_keys, partition.values, strict=True)
    return [f"{_partition_literal(value, key)} AS {quoted(key.name)}" for key, value in pairs]


def _partition_literal(value: str, key: Any) -> str:
    try:
        typed = partition_value(value, key.hive_type)
    except SerdeError as error:
        raise QueryFailedError("HIVE_INVALID_PARTITION_VALUE", f"Invalid partition value '{value}': {error}") from error
    return f"CAST({'NULL' if typed is None else text_literal(str(typed))} AS {key.duckdb_type()})"


def kept_partitions(
    database: duckdb.DuckDBPyConnection, table: CatalogTable, partitions: Sequence[Partition], condition: str
) -> list[Partition]:
    """The partitions for which a condition on their keys holds."""
    if not partitions:
        return []
    kept: list[Partition] = []
    for start in range(0, len(partitions), _AT_ONCE):
        some = partitions[start : start + _AT_ONCE]
        rows = [f"SELECT {number} AS number, {', '.join(_constants(table, each))}" for number, each in enumerate(some)]
        sql = f"SELECT number FROM ({' UNION ALL '.join(rows)}) WHERE {condition} ORDER BY number"
        kept += [some[row[0]] for row in database.execute(sql).fetchall()]
    return kept


def _split(location: str) -> tuple[str, str]:
    parts = urlsplit(location)
    prefix = parts.path.lstrip("/")
    return parts.netloc, prefix if not prefix or prefix.endswith("/") else prefix + "/"

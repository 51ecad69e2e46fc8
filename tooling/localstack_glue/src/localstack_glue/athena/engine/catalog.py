"""Reads the tables that a query names from the Glue catalog."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from botocore.exceptions import ClientError
from sqlglot import exp
from sqlglot.errors import ParseError

from localstack_glue.athena.engine.errors import QueryFailedError, failed_ddl
from localstack_glue.athena.engine.trino.types import Type, from_sqlglot
from localstack_glue.service.models import JsonDict

# what UpdateTable takes of what GetTable answers
_INPUT_FIELDS = (
    "Name",
    "Description",
    "Owner",
    "Retention",
    "StorageDescriptor",
    "PartitionKeys",
    "ViewOriginalText",
    "ViewExpandedText",
    "TableType",
    "Parameters",
    "TargetTable",
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column; the type is Hive's, as Glue stores it."""

    name: str
    hive_type: str
    comment: str = ""

    def data_type(self) -> exp.DataType:
        """The type for any dialect.

        Raises:
            QueryFailedError: the catalog has something else as the type.
        """
        try:
            found = exp.DataType.build(self.hive_type, dialect="hive")
        except ParseError as error:
            raise QueryFailedError(
                "NOT_SUPPORTED", f"the type {self.hive_type} of the column {self.name} is not supported here"
            ) from error
        for kind in found.find_all(exp.DataType):
            if kind.this == exp.DType.DECIMAL and not kind.expressions:  # ten digits to Hive, 38 to Trino
                kind.set("expressions", [exp.DataTypeParam(this=exp.Literal.number(10))])
        return found

    def duckdb_type(self) -> str:
        """The type in DuckDB's words."""
        return self.data_type().sql("duckdb")


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition.

    Attributes:
        values: in the order of the keys.
        location: the folder of its files.
        columns: that it declares itself.
        serde: its own, which reads its files; empty for that of the table.
        serde_parameters: of its own SerDe.
    """

    values: tuple[str, ...]
    location: str
    columns: tuple[Column, ...] = ()
    serde: str = ""
    serde_parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CatalogTable:
    """A table as the catalog has it."""

    database: str
    name: str
    location: str
    columns: tuple[Column, ...]
    partition_keys: tuple[Column, ...]
    serde: str
    serde_parameters: Mapping[str, str]
    parameters: Mapping[str, str]
    buckets: int = 0

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns, the partition keys last."""
        return (*self.columns, *self.partition_keys)

    @property
    def is_iceberg(self) -> bool:
        """Whether its metadata is in S3."""
        return self.parameters.get("table_type", "").upper() == "ICEBERG"

    @property
    def metadata_location(self) -> str:
        """The location of an Iceberg table's metadata file."""
        return self.parameters.get("metadata_location", "")


def column_type(table: CatalogTable, kind: exp.DataType) -> Type:
    """A column's type in Trino; Iceberg's moments have microseconds, others milliseconds."""
    return _finer(from_sqlglot(kind)) if table.is_iceberg else from_sqlglot(kind)


def is_iceberg(table: JsonDict) -> bool:
    """Whether a table of the catalog is an Iceberg table."""
    return str((table.get("Parameters") or {}).get("table_type", "")).upper() == "ICEBERG"


def update_input(table: JsonDict) -> JsonDict:
    """What UpdateTable takes of what GetTable answers."""
    return {key: table[key] for key in _INPUT_FIELDS if key in table}


class GlueCatalog:
    """Reads the Glue catalog through its API, as the account that asks."""

    def __init__(self, glue: Any) -> None:
        self._glue = glue

    def table(self, database: str, name: str, place: str) -> CatalogTable:
        """Read a table. `place` is its line and column in the query.

        Raises:
            QueryFailedError: there is no such table.
        """
        found = self._read(lambda: self._glue.get_table(DatabaseName=database, Name=name)["Table"])
        if found is None:
            self._database(database, place)
            raise QueryFailedError(
                "TABLE_NOT_FOUND", f"{place}: Table 'awsdatacatalog.{database}.{name}' does not exist"
            )
        if found.get("TableType") == "VIRTUAL_VIEW":
            raise QueryFailedError(
                "NOT_SUPPORTED", f"{place}: {database}.{name} is a view, which is not supported here"
            )
        parameters = found.get("Parameters") or {}
        storage = found.get("StorageDescriptor") or {}
        serde = storage.get("SerdeInfo") or {}
        columns, keys = _columns(storage.get("Columns")), _columns(found.get("PartitionKeys"))
        # those of an Iceberg table are named by its metadata
        if not is_iceberg(found) and {column.name for column in columns} & {key.name for key in keys}:
            raise QueryFailedError(
                "HIVE_INVALID_METADATA",
                f"Hive metadata for table {name} is invalid: Table descriptor contains duplicate columns",
            )
        return CatalogTable(
            database=database,
            name=name,
            location=storage.get("Location", ""),
            columns=columns,
            partition_keys=keys,
            serde=serde.get("SerializationLibrary", ""),
            serde_parameters=serde.get("Parameters") or {},
            parameters=parameters,
            buckets=storage.get("NumberOfBuckets") or 0,
        )

    def raw_table(self, database: str, name: str) -> Any:
        """GetTable's response; None if there is no such table."""
        return self._read(lambda: self._glue.get_table(DatabaseName=database, Name=name)["Table"])

    def changeable_table(self, database: str, name: str) -> JsonDict:
        """A table for a statement that changes it, as GetTable answers.

        Raises:
            QueryFailedError: there is no such table, or it is a view.
        """
        found: JsonDict | None = self.raw_table(database, name)
        if found is None:
            raise QueryFailedError("TABLE_NOT_FOUND", f"line 1:1: Table '{database}.{name}' does not exist")
        if found.get("TableType") == "VIRTUAL_VIEW":
            raise failed_ddl("NOT_SUPPORTED", f"{database}.{name} is a view, not a table")
        return found

    def partitions(self, table: CatalogTable) -> list[Partition]:
        """Read all partitions of a table."""
        pages = self._glue.get_paginator("get_partitions").paginate(DatabaseName=table.database, TableName=table.name)
        return [
            _partition(entry["Values"], entry["StorageDescriptor"]) for page in pages for entry in page["Partitions"]
        ]

    def databases(self) -> list[str]:
        """Names of all databases, in order."""
        pages = self._glue.get_paginator("get_databases").paginate()
        return sorted(entry["Name"] for page in pages for entry in page["DatabaseList"])

    def table_names(self, database: str, *, views: bool | None = None) -> list[str]:
        """Names of all tables of a database, in order; with `views`, only views or only other tables."""
        return sorted(
            entry["Name"]
            for entry in self.raw_tables(database)
            if views is None or (entry.get("TableType") == "VIRTUAL_VIEW") == views
        )

    def raw_tables(self, database: str) -> list[Any]:
        """GetTables' response."""
        self._database(database, "line 1:1")
        pages = self._glue.get_paginator("get_tables").paginate(DatabaseName=database)
        return [entry for page in pages for entry in page["TableList"]]

    def _database(self, name: str, place: str) -> None:
        if self._read(lambda: self._glue.get_database(Name=name)) is None:
            raise QueryFailedError("SCHEMA_NOT_FOUND", f"{place}: Schema '{name}' does not exist")

    def _read(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except ClientError as error:
            if error.response["Error"]["Code"] == "EntityNotFoundException":
                return None
            raise


def _partition(values: Sequence[str], storage: Mapping[str, Any]) -> Partition:
    serde = storage.get("SerdeInfo") or {}
    return Partition(
        tuple(values),
        storage["Location"],
        _columns(storage.get("Columns")),
        serde.get("SerializationLibrary") or "",
        serde.get("Parameters") or {},
    )


def _columns(entries: Any) -> tuple[Column, ...]:
    return tuple(
        Column(entry["Name"].lower(), entry.get("Type") or "string", entry.get("Comment") or "")
        for entry in entries or ()
    )


def _finer(kind: Type) -> Type:
    numbers = (6,) if kind.kind.startswith("timestamp") else kind.numbers
    return replace(kind, numbers=numbers, parts=tuple(_finer(part) for part in kind.parts))

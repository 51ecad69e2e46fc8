"""Tables of the Data Catalog, for readers and writers.

Follows the pages "Table structure" and "Partition API" of the AWS Glue Web API reference.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3

from awsglue.errors import GlueDataError, unsupported

NULL_PARTITION = "__HIVE_DEFAULT_PARTITION__"
_BATCH = 100
_DELETED_AT_ONCE = 25
_HIVE_JSON = ("org.apache.hive.hcatalog.data.jsonserde", "org.apache.hadoop.hive.serde2.jsonserde")
_BY_LIBRARY = {
    "LazySimpleSerDe": "csv",
    "OpenCSVSerde": "csv",
    "JsonSerDe": "json",
    "ParquetHiveSerDe": "parquet",
    "OrcSerde": "orc",
}


@dataclass(frozen=True)
class Column:
    """A column with its type in the catalog."""

    name: str
    type: str


@dataclass(frozen=True)
class Partition:
    """A partition: its values in the order of the keys, as in the catalog, and its location."""

    values: tuple[str, ...]
    location: str

    @property
    def read_values(self) -> tuple[str | None, ...]:
        """The values as columns: null where Spark and Hive had no value for the folder's name."""
        return tuple(None if value == NULL_PARTITION else value for value in self.values)


@dataclass(frozen=True)
class Table:
    """A table over files."""

    database: str
    name: str
    location: str
    columns: tuple[Column, ...]
    partition_keys: tuple[Column, ...]
    format: str
    format_options: Mapping[str, Any]
    raw: Mapping[str, Any]

    @property
    def serde_parameters(self) -> dict[str, str]:
        """The parameters of the table, overridden by those of its SerDe."""
        storage = self.raw.get("StorageDescriptor") or {}
        serde = (storage.get("SerdeInfo") or {}).get("Parameters") or {}
        return {**(self.raw.get("Parameters") or {}), **(storage.get("Parameters") or {}), **serde}

    @property
    def json_parameters(self) -> dict[str, str]:
        """The parameters for JSON; none for Hive's own SerDe, which ignores those of OpenX."""
        serde = (self.raw.get("StorageDescriptor") or {}).get("SerdeInfo") or {}
        is_hive = str(serde.get("SerializationLibrary", "")).lower() in _HIVE_JSON
        return {} if is_hive else self.serde_parameters

    @property
    def types(self) -> dict[str, str]:
        """The types of all columns, partition keys last."""
        return {column.name: column.type for column in (*self.columns, *self.partition_keys)}


class Catalog:
    """The Data Catalog through the Glue API; endpoint and credentials come from the environment."""

    def __init__(self, client: Any = None) -> None:
        self._client = client

    @property
    def client(self) -> Any:
        """The Glue client, created on first use."""
        if self._client is None:
            self._client = boto3.client("glue")
        return self._client

    def table(self, database: str, name: str, catalog_id: str | None = None) -> Table:
        """Read a table's definition."""
        return parse_table(database, self.definition(database, name, catalog_id))

    def definition(self, database: str, name: str, catalog_id: str | None = None) -> Mapping[str, Any]:
        """The response of GetTable, for any kind of table."""
        answer = self.client.get_table(**_catalog(catalog_id), DatabaseName=database, Name=name)
        table: Mapping[str, Any] = answer["Table"]
        return table

    def types(self, database: str, name: str, catalog_id: str | None = None) -> dict[str, str]:
        """The types of the columns of any kind of table; partition keys last."""
        found = self.definition(database, name, catalog_id)
        storage = found.get("StorageDescriptor") or {}
        columns = (*_columns(storage.get("Columns")), *_columns(found.get("PartitionKeys")))
        return {column.name: column.type for column in columns}

    def partitions(
        self, table: Table, expression: str | None = None, catalog_id: str | None = None
    ) -> Iterator[Partition]:
        """Read a table's partitions."""
        request = {**_catalog(catalog_id), "DatabaseName": table.database, "TableName": table.name}
        if expression:
            request["Expression"] = expression
        for page in self.client.get_paginator("get_partitions").paginate(**request):
            for partition in page["Partitions"]:
                yield Partition(tuple(partition["Values"]), partition["StorageDescriptor"]["Location"])

    def save_table(self, database: str, definition: Mapping[str, Any], *, exists: bool) -> None:
        """Create or update a table."""
        call = self.client.update_table if exists else self.client.create_table
        call(DatabaseName=database, TableInput=dict(definition))

    def add_partitions(self, table: Table, partitions: Sequence[Partition]) -> None:
        """Add partitions. Existing ones are kept.

        Raises:
            GlueDataError: Glue refuses a partition.
        """
        storage = table.raw["StorageDescriptor"]
        inputs = [
            {"Values": list(partition.values), "StorageDescriptor": {**storage, "Location": partition.location}}
            for partition in partitions
        ]
        for start in range(0, len(inputs), _BATCH):
            answer = self.client.batch_create_partition(
                DatabaseName=table.database, TableName=table.name, PartitionInputList=inputs[start : start + _BATCH]
            )
            for error in answer.get("Errors", []):
                detail = error["ErrorDetail"]
                if detail["ErrorCode"] != "AlreadyExistsException":
                    raise GlueDataError(f"partition {error['PartitionValues']}: {detail.get('ErrorMessage', detail)}")

    def delete_partitions(self, table: Table, partitions: Sequence[Partition]) -> None:
        """Delete partitions from the catalog."""
        for start in range(0, len(partitions), _DELETED_AT_ONCE):
            self.client.batch_delete_partition(
                DatabaseName=table.database,
                TableName=table.name,
                PartitionsToDelete=[
                    {"Values": list(partition.values)} for partition in partitions[start : start + _DELETED_AT_ONCE]
                ],
            )


def parse_table(database: str, raw: Mapping[str, Any]) -> Table:
    """Read a response of GetTable."""
    storage = raw.get("StorageDescriptor") or {}
    parameters = raw.get("Parameters") or {}
    if str(parameters.get("table_type", "")).upper() in {"ICEBERG", "DELTA", "HUDI"}:
        unsupported(f"{parameters['table_type']} tables in from_catalog", "use Spark's own catalog of the format")
    if not storage.get("Location"):
        unsupported(f"the table {database}.{raw['Name']}, which has no S3 location")
    if stream := _stream(raw):
        unsupported(f"the table {database}.{raw['Name']}, which is a stream of {stream}")
    if path := parameters.get("jsonPath"):
        unsupported(
            f"the table {database}.{raw['Name']}, whose records are at the JsonPath {path}",
            "read its files by from_options with format_options={'jsonPath': ...}",
        )
    name = _format(database, raw)
    columns, keys = _columns(storage.get("Columns")), _columns(raw.get("PartitionKeys"))
    names = {key.name for key in keys}
    if name == "csv" and (twice := [column.name for column in columns if column.name in names]):
        unsupported(f"the table {database}.{raw['Name']}, whose column {twice[0]} is also a partition key")
    return Table(
        database=database,
        name=raw["Name"],
        location=storage["Location"],
        columns=tuple(column for column in columns if column.name not in names),  # Spark takes the folder's value
        partition_keys=keys,
        format=name,
        format_options=_csv_options(storage, parameters) if name == "csv" else {},
        raw=raw,
    )


def _stream(raw: Mapping[str, Any]) -> str | None:
    """`kinesis` or `kafka` for a table over a stream, whose location is a name and not a folder; else None."""
    storage = raw["StorageDescriptor"]
    said = {**(raw.get("Parameters") or {}), **(storage.get("Parameters") or {})}
    kind = str(said.get("typeOfData") or "").lower()
    return kind if kind in {"kinesis", "kafka"} else None


def _format(database: str, raw: Mapping[str, Any]) -> str:
    storage = raw["StorageDescriptor"]
    parameters = {**(raw.get("Parameters") or {}), **(storage.get("Parameters") or {})}
    classification = str(parameters.get("classification", "")).lower()
    if classification in {"csv", "json", "parquet", "glueparquet", "orc"}:
        return classification.removeprefix("glue")
    if (provider := parameters.get("spark.sql.sources.provider")) not in (None, "parquet", "orc"):
        unsupported(
            f"the table {database}.{raw['Name']}, which Spark created with USING {provider}", "read it with spark.table"
        )
    library = (storage.get("SerdeInfo") or {}).get("SerializationLibrary") or ""
    short = library.rpartition(".")[2]
    if not classification and not short:
        unsupported(f"the table {database}.{raw['Name']}, which has neither a classification nor a SerDe")
    if classification or short not in _BY_LIBRARY:
        unsupported(f"the format {classification or short} of the table {database}.{raw['Name']}")
    return _BY_LIBRARY[short]


def _csv_options(storage: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    serde = (storage.get("SerdeInfo") or {}).get("Parameters") or {}
    both = {**parameters, **(storage.get("Parameters") or {}), **serde}
    options: dict[str, Any] = {
        "separator": both.get("field.delim") or both.get("separatorChar") or both.get("delimiter") or ","
    }
    if "quoteChar" in both:
        options["quoteChar"] = both["quoteChar"]
    # tables have Hive's \ by default; Glue's CSV reader has no escape character by default
    if both.get("escapeChar", "\\") != "\\":
        options["escaper"] = both["escapeChar"]
    skipped = int(both.get("skip.header.line.count", "0"))
    if skipped > 1:
        unsupported(f"skip.header.line.count = {skipped}")
    options["skipFirst"] = skipped == 1
    options["multiLine"] = both.get("multiLine", "false")  # a property of tables, as in AWS's FAQ of Glue
    return options


def _columns(raw: Sequence[Mapping[str, str]] | None) -> tuple[Column, ...]:
    return tuple(Column(column["Name"], column.get("Type") or "string") for column in raw or ())


def _catalog(catalog_id: str | None) -> dict[str, str]:
    return {"CatalogId": catalog_id} if catalog_id else {}

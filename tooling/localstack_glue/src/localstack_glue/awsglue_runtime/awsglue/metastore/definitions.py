"""Converts table definitions between Spark and the Data Catalog.

Follows Spark's own Hive catalog (HiveExternalCatalog of Spark 3.5): a table created with USING has its provider and
schema in `spark.sql.*` parameters, and columns for Hive if Hive supports its provider.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import types as T

from awsglue.file_sinks import _HIVE as HIVE_FORMATS
from awsglue.gluetypes import concrete_type, hive_type

PREFIX = "spark.sql."
PROVIDER = "spark.sql.sources.provider"
SCHEMA = "spark.sql.sources.schema"
_PART_LENGTH = 4000
_SEQUENCE = (
    "org.apache.hadoop.mapred.SequenceFileInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat",
    "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
)
_UNREADABLE = [{"Name": "col", "Type": "array<string>", "Comment": "from deserializer"}]
RESERVED = {"provider", "location", "owner", "external", "is_managed_location", "comment", "transient_lastddltime"}


@dataclass(frozen=True)
class SparkTable:
    """A table or view of Spark's catalog."""

    name: str
    schema: T.StructType
    provider: str | None
    partition_names: tuple[str, ...]
    location: str | None
    properties: Mapping[str, str]
    options: Mapping[str, str]
    view_text: str | None
    comment: str | None


def spark_schema(parameters: Mapping[str, str]) -> T.StructType | None:
    """The schema that Spark stored in a table's parameters; None if there is none."""
    text = parameters.get(SCHEMA)
    if text is None and (count := parameters.get(f"{SCHEMA}.numParts")):
        text = "".join(parameters[f"{SCHEMA}.part.{number}"] for number in range(int(count)))
    return None if text is None else T.StructType.fromJson(json.loads(text))


def catalog_schema(raw: Mapping[str, Any]) -> T.StructType:
    """The columns of a table of the Data Catalog, partition keys last."""
    stored = spark_schema(raw.get("Parameters") or {})
    if stored is not None:
        return stored
    columns = [*(raw["StorageDescriptor"].get("Columns") or []), *(raw.get("PartitionKeys") or [])]
    return T.StructType([_field(column) for column in columns])


def _field(column: Mapping[str, str]) -> T.StructField:
    metadata = {"comment": column["Comment"]} if column.get("Comment") else None
    return T.StructField(column["Name"].lower(), concrete_type(column.get("Type") or "string"), metadata=metadata)


def visible(parameters: Mapping[str, str]) -> dict[str, str]:
    """The parameters that Spark shows as a table's properties."""
    return {
        name: value
        for name, value in parameters.items()
        if not name.startswith(PREFIX) and name.lower() not in RESERVED and value is not None
    }


def new_table(table: SparkTable, *, is_managed: bool) -> dict[str, Any]:
    """The Data Catalog's definition of a table that Spark created."""
    if table.view_text is not None:
        return _view(table)
    provider = (table.provider or "parquet").lower()
    fields = [field for field in table.schema.fields if field.name not in table.partition_names]
    keys = [table.schema[name] for name in table.partition_names]
    is_hive = provider in {"parquet", "orc"}
    reads, writes, library = HIVE_FORMATS[provider] if is_hive else _SEQUENCE
    parameters = {**table.properties, PROVIDER: provider, **_schema_parameters(table.schema)}
    if keys:
        parameters["spark.sql.sources.schema.numPartCols"] = str(len(keys))
        parameters |= {f"spark.sql.sources.schema.partCol.{n}": key.name for n, key in enumerate(keys)}
        parameters["spark.sql.partitionProvider"] = "catalog"
    return {
        "Name": table.name,
        **({"Description": table.comment} if table.comment else {}),
        "TableType": "MANAGED_TABLE" if is_managed else "EXTERNAL_TABLE",
        "Parameters": parameters,
        "PartitionKeys": to_catalog_columns(keys),
        "StorageDescriptor": {
            "Columns": to_catalog_columns(fields) if is_hive else _UNREADABLE,
            "Location": table.location,
            "InputFormat": reads,
            "OutputFormat": writes,
            "SerdeInfo": {
                "SerializationLibrary": library,
                "Parameters": {"serialization.format": "1", **table.options, "path": table.location or ""},
            },
        },
    }


def _view(table: SparkTable) -> dict[str, Any]:
    return {
        "Name": table.name,
        **({"Description": table.comment} if table.comment else {}),
        "TableType": "VIRTUAL_VIEW",
        "ViewOriginalText": table.view_text,
        "ViewExpandedText": table.view_text,
        "Parameters": {**table.properties, **_schema_parameters(table.schema)},
        "PartitionKeys": [],
        "StorageDescriptor": {"Columns": to_catalog_columns(table.schema.fields), "Location": "", "SerdeInfo": {}},
    }


def changed_table(raw: Mapping[str, Any], table: SparkTable) -> dict[str, Any]:
    """A table's definition with the changes of ALTER TABLE. Everything else stays as it was."""
    kept = ("Name", "Description", "Owner", "Retention", "PartitionKeys", "TableType", "ViewOriginalText")
    definition = {name: raw[name] for name in kept if raw.get(name) is not None}
    parameters = dict(raw.get("Parameters") or {})
    hidden = {name: value for name, value in parameters.items() if name not in visible(parameters)}
    if spark_schema(parameters) is not None:
        hidden = {name: value for name, value in hidden.items() if not name.startswith(SCHEMA)}
        hidden |= _schema_parameters(table.schema)
    storage = dict(raw["StorageDescriptor"])
    fields = [field for field in table.schema.fields if field.name not in table.partition_names]
    if storage.get("Columns") != _UNREADABLE:
        before = {column["Name"].lower(): column for column in storage.get("Columns") or []}
        storage["Columns"] = [_kept(before.get(field.name.lower()), field) for field in fields]
    if table.location:
        storage["Location"] = table.location
    return {**definition, "Parameters": {**hidden, **table.properties}, "StorageDescriptor": storage}


def _kept(before: Mapping[str, str] | None, field: T.StructField) -> dict[str, str]:
    """A column's previous definition, unless its type changed."""
    now = to_catalog_columns([field])[0]
    if before is None or concrete_type(before.get("Type") or "string") != field.dataType:
        return now
    return {**now, "Type": before.get("Type") or "string"}


def to_catalog_columns(fields: Sequence[T.StructField]) -> list[dict[str, str]]:
    """Convert columns to the form of the Data Catalog."""
    return [
        {
            "Name": field.name.lower(),
            "Type": hive_type(field.dataType),
            **({"Comment": field.metadata["comment"]} if "comment" in field.metadata else {}),
        }
        for field in fields
    ]


def _schema_parameters(schema: T.StructType) -> dict[str, str]:
    text = schema.json()
    if len(text) <= _PART_LENGTH:
        return {SCHEMA: text}
    parts = [text[start : start + _PART_LENGTH] for start in range(0, len(text), _PART_LENGTH)]
    return {f"{SCHEMA}.numParts": str(len(parts)), **{f"{SCHEMA}.part.{n}": part for n, part in enumerate(parts)}}

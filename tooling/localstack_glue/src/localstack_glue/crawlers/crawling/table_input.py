"""Builds the table that a crawler writes to the catalog (G23)."""

import json
from collections.abc import Sequence
from typing import Any

from localstack_glue.crawlers.crawling.iceberg_rules import IcebergTable
from localstack_glue.crawlers.crawling.schema import ClassifiedFile, Column, FileSchema
from localstack_glue.crawlers.crawling.tables import FoundPartition, FoundTable

JsonDict = dict[str, Any]
TEXT_FORMATS = (
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
)
PARQUET_FORMATS = (
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
)
SERIALIZER_VERSION = "1.0"
MAX_PARAMETER = 512_000  # characters that the catalog holds in one
# these depend on the data, not its schema: their change alone is not a schema change
STATISTICS = frozenset({"averageRecordSize", "objectCount", "recordCount", "sizeKey"})
# these say how the data is to be read
FORMAT_PARAMETERS = frozenset(
    {
        "areColumnsQuoted",
        "classification",
        "columnsOrdered",
        "compressionType",
        "delimiter",
        "jsonPath",
        "skip.header.line.count",
        "typeOfData",
    }
)


def table_input(table: FoundTable, crawler_name: str) -> JsonDict:
    """Build a TableInput."""
    parameters = _parameters(table.files) | {"UPDATED_BY_CRAWLER": crawler_name}
    if table.exclusions:  # by which jobs leave the same files out
        parameters["exclusions"] = json.dumps(table.exclusions, ensure_ascii=False, separators=(",", ":"))
    return {
        "Name": table.name,
        "Owner": "owner",
        "Retention": 0,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": parameters,
        "PartitionKeys": [{"Name": key, "Type": "string"} for key in table.partition_keys],
        "StorageDescriptor": _storage(table.columns, table.location, table.files, parameters),
    }


def partition_input(partition: FoundPartition, columns: Sequence[Column]) -> JsonDict:
    """Build a PartitionInput with its own columns or its table's."""
    parameters = _parameters(partition.files)
    return {
        "Values": list(partition.values),
        "Parameters": parameters,
        "StorageDescriptor": _storage(columns, partition.location, partition.files, parameters),
    }


def inherited(wanted: JsonDict, table: JsonDict) -> JsonDict:
    """A PartitionInput that has all of its table but the place and the statistics (InheritFromTable)."""
    own = wanted["Parameters"]
    parents = {key: value for key, value in (table.get("Parameters") or {}).items() if key in FORMAT_PARAMETERS}
    parameters = {key: value for key, value in own.items() if key not in FORMAT_PARAMETERS} | parents
    storage = {
        **table["StorageDescriptor"],
        "Location": wanted["StorageDescriptor"]["Location"],
        "Parameters": parameters,
    }
    return {"Values": wanted["Values"], "Parameters": parameters, "StorageDescriptor": storage}


def _storage(
    columns: Sequence[Column], location: str, files: Sequence[ClassifiedFile], parameters: dict[str, str]
) -> JsonDict:
    schema = files[0].schema
    input_format, output_format = PARQUET_FORMATS if schema.classification == "parquet" else TEXT_FORMATS
    return {
        "Columns": [{"Name": column.name, "Type": column.type} for column in columns],
        "Location": location,
        "InputFormat": input_format,
        "OutputFormat": output_format,
        "Compressed": schema.compression != "none",
        "NumberOfBuckets": -1,
        "SerdeInfo": {"SerializationLibrary": schema.serde, "Parameters": _serde_parameters(schema, files)},
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": {key: value for key, value in parameters.items() if key != "UPDATED_BY_CRAWLER"},
        "StoredAsSubDirectories": False,
    }


def iceberg_input(table: IcebergTable, crawler_name: str) -> JsonDict:
    """Build the TableInput of an Iceberg table, which engines read by its metadata file."""
    return {
        "Name": table.name,
        "Owner": "owner",
        "Retention": 0,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {
            "UPDATED_BY_CRAWLER": crawler_name,
            "classification": "iceberg",
            "metadata_location": table.metadata_location,
            "table_type": "ICEBERG",
        },
        "PartitionKeys": [],
        "StorageDescriptor": {
            "Columns": [{"Name": column.name, "Type": column.type} for column in table.columns],
            "Location": table.location,
        },
    }


def _serde_parameters(schema: FileSchema, files: Sequence[ClassifiedFile]) -> dict[str, str]:
    if schema.classification == "parquet":
        return {"serialization.format": "1"}
    if schema.classification == "json":
        paths = ",".join(sorted({name for names in {file.schema.json_names for file in files} for name in names}))
        return {"paths": paths} if len(paths) <= MAX_PARAMETER else {}
    if schema.serde.endswith("OpenCSVSerde"):
        return {"separatorChar": schema.delimiter, "quoteChar": schema.quote}
    return {"field.delim": schema.delimiter}


def _parameters(files: Sequence[ClassifiedFile]) -> dict[str, str]:
    schema = files[0].schema
    size = sum(file.item.size_bytes for file in files)
    records = sum(_estimated_records(file) for file in files)
    average = round(sum(file.schema.average_record_bytes for file in files) / len(files))
    parameters = {
        "CrawlerSchemaDeserializerVersion": SERIALIZER_VERSION,
        "CrawlerSchemaSerializerVersion": SERIALIZER_VERSION,
        "averageRecordSize": str(average),
        "classification": schema.classification,
        "compressionType": schema.compression,
        "objectCount": str(len(files)),
        "recordCount": str(records),
        "sizeKey": str(size),
        "typeOfData": "file",
    }
    if schema.classification == "csv":
        parameters["areColumnsQuoted"] = str(schema.is_quoted).lower()
        parameters["columnsOrdered"] = "true"
        parameters["delimiter"] = schema.delimiter
    if schema.json_path:
        parameters["jsonPath"] = schema.json_path
    if schema.has_header:
        parameters["skip.header.line.count"] = str(min(file.schema.header_lines for file in files))
    return parameters


def _estimated_records(file: ClassifiedFile) -> int:
    """Estimate as AWS does, from the size and the average record, if the file does not contain the number."""
    if file.schema.record_count is not None:
        return file.schema.record_count
    return max(file.item.size_bytes // file.schema.average_record_bytes, min(1, file.schema.sampled_records))

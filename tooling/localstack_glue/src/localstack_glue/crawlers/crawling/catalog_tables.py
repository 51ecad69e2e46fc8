"""Questions to a table as the Data Catalog answers it, and the count of what a crawl changed there."""

from dataclasses import dataclass
from typing import Any

from localstack_glue.crawlers.crawling.schema import Column

JsonDict = dict[str, Any]
# a change of these makes other data of a table: MergeNewColumns does not bring it together (G24)
FUNDAMENTAL = ("classification", "compressionType", "delimiter")


@dataclass
class CatalogChanges:
    """What a crawl changed."""

    tables_created: int = 0
    tables_updated: int = 0
    tables_deleted: int = 0
    partitions_created: int = 0
    partitions_updated: int = 0
    partitions_deleted: int = 0


def table_location(table: JsonDict) -> str:
    """Where its data lie."""
    return (table.get("StorageDescriptor") or {}).get("Location") or ""


def table_columns(table: JsonDict) -> tuple[Column, ...]:
    """Its columns without the partition keys."""
    found = (table.get("StorageDescriptor") or {}).get("Columns") or ()
    return tuple(Column(column["Name"], column.get("Type", "")) for column in found)


def partition_key_names(table: JsonDict) -> tuple[str, ...]:
    """Its partition keys' names."""
    return tuple(key["Name"] for key in table.get("PartitionKeys") or ())


def fundamental_differences(existing: JsonDict, wanted: JsonDict) -> str:
    """Say which fundamental parameters differ, an absent one too; empty if none."""
    old, new = existing.get("Parameters") or {}, wanted["Parameters"]
    return ", ".join(
        f"{name} is {new.get(name, 'null')} and was {old.get(name, 'null')}"
        for name in FUNDAMENTAL
        if old.get(name) != new.get(name)
    )


def table_schema(table: JsonDict) -> JsonDict:
    """What of a table is its schema; the statistics are not."""
    storage = table.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    parameters = table.get("Parameters") or {}
    return {
        "columns": [(column["Name"], column.get("Type")) for column in storage.get("Columns", ())],
        "keys": [(key["Name"], key.get("Type")) for key in table.get("PartitionKeys") or ()],
        "location": storage.get("Location"),
        "serde": (serde.get("SerializationLibrary"), serde.get("Parameters")),
        "header": parameters.get("skip.header.line.count"),
        "compression": parameters.get("compressionType"),
    }

"""Questions to a table as the Data Catalog answers it, and the count of what a crawl changed there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from localstack_glue.crawlers.crawling.schema import Column

JsonDict = dict[str, Any]
# a change of these means other data: MergeNewColumns does not merge it (G24)
FUNDAMENTAL = ("classification", "compressionType", "delimiter")


@dataclass
class CatalogChanges:
    """The changes of a crawl."""

    tables_created: int = 0
    tables_updated: int = 0
    tables_deleted: int = 0
    partitions_created: int = 0
    partitions_updated: int = 0
    partitions_deleted: int = 0


def table_location(table: JsonDict) -> str:
    """A table's location."""
    return (table.get("StorageDescriptor") or {}).get("Location") or ""


def table_columns(table: JsonDict) -> tuple[Column, ...]:
    """A table's columns without the partition keys."""
    found = (table.get("StorageDescriptor") or {}).get("Columns") or ()
    return tuple(Column(column["Name"], column.get("Type", "")) for column in found)


def merged_columns(existing: JsonDict, found: Sequence[Column]) -> tuple[Column, ...]:
    """Keep the columns of a stored table or partition and add the new ones behind them (G21, MergeNewColumns)."""
    kept = table_columns(existing)
    names = {column.name for column in kept}
    return kept + tuple(column for column in found if column.name not in names)


def keep_formats(existing: JsonDict, wanted: JsonDict) -> None:
    """Keep the classes that read the data as someone may have set them, and SerDe parameters that no crawler sets."""
    stored, new = existing.get("StorageDescriptor") or {}, wanted["StorageDescriptor"]
    for member in ("InputFormat", "OutputFormat"):
        if stored.get(member):
            new[member] = stored[member]
    serde = stored.get("SerdeInfo") or {}
    if serde.get("SerializationLibrary"):
        parameters = {**(serde.get("Parameters") or {}), **new["SerdeInfo"]["Parameters"]}
        new["SerdeInfo"] = {**serde, "Parameters": parameters}


def partition_key_names(table: JsonDict) -> tuple[str, ...]:
    """The names of a table's partition keys."""
    return tuple(key["Name"] for key in table.get("PartitionKeys") or ())


def fundamental_differences(existing: JsonDict, wanted: JsonDict) -> str:
    """The fundamental parameters that differ, including absent ones; empty if there are none."""
    old, new = existing.get("Parameters") or {}, wanted["Parameters"]
    return ", ".join(
        f"{name} is {new.get(name, 'null')} and was {old.get(name, 'null')}"
        for name in FUNDAMENTAL
        if old.get(name) != new.get(name)
    )


def table_schema(table: JsonDict) -> JsonDict:
    """The parts of a table that form its schema, without the statistics."""
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

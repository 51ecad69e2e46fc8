"""The crawler's result: the raw table in the Glue catalog and the folders of its deliveries."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from etl_job.deliveries.file_names import PARTITION_KEY
from etl_job.errors import CatalogError
from etl_job.lake.files import StoredFile, folder_uri

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery: its name (the partition's value) and its files in order of their names, empty ones too."""

    name: str
    files: tuple[StoredFile, ...]

    @property
    def files_with_rows(self) -> tuple[StoredFile, ...]:
        """The files that are not empty, and so are read."""
        return tuple(file for file in self.files if file.size_bytes)

    @property
    def size_bytes(self) -> int:
        """Bytes in all files."""
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True, slots=True)
class CrawledTable:
    """The dataset's table as a crawler left it: columns in the order of the file, and the folder of each delivery.

    ``partitions`` has the deliveries by location; it is empty if the first partition key is something else. ``keys``
    names the partition keys.
    """

    name: str
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    partitions: Mapping[str, str] = field(default_factory=dict)

    @property
    def knows_deliveries(self) -> bool:
        """Whether it is partitioned by deliveries, regardless of further folders."""
        return self.keys[:1] == (PARTITION_KEY,)


def read_crawled_table(glue: "GlueClient", database: str, dataset: str) -> CrawledTable | None:
    """Read the dataset's table and its partitions from the catalog; None if there is no such table."""
    try:
        table = glue.get_table(DatabaseName=database, Name=dataset)["Table"]
    except glue.exceptions.EntityNotFoundException:
        return None
    keys = tuple(key["Name"] for key in table.get("PartitionKeys", ()))
    storage = table.get("StorageDescriptor", {})
    columns = tuple(column["Name"] for column in storage.get("Columns", ()))
    found = CrawledTable(f"{database}.{dataset}", columns, keys)
    if not found.knows_deliveries:
        return found
    pages = glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=dataset)
    partitions = {
        folder_uri(location): partition["Values"][0]
        for page in pages
        for partition in page["Partitions"]
        if (location := partition.get("StorageDescriptor", {}).get("Location"))
    }
    return replace(found, partitions=partitions)


def properties_of_workflow(glue: "GlueClient", name: str | None, run_id: str | None) -> Mapping[str, str]:
    """The workflow run's properties: `delivery` and `withdraw` select deliveries; none outside a workflow."""
    if not name or not run_id:
        return {}
    return glue.get_workflow_run_properties(Name=name, RunId=run_id).get("RunProperties", {})


def pick(deliveries: Sequence[Delivery], names: Sequence[str]) -> tuple[Delivery, ...]:
    """The deliveries of these names, in their order.

    Raises:
        CatalogError: one of them does not exist, or has no files.
    """
    known = {delivery.name for delivery in deliveries}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CatalogError(
            f"there is no delivery {', '.join(unknown)}, neither among the raw files nor in the Glue catalog (existing "
            f"deliveries: {', '.join(sorted(known)) or 'none'}): check its name, and whether it was uploaded"
        )
    picked = tuple(delivery for delivery in deliveries if delivery.name in names)
    empty = [delivery.name for delivery in picked if not delivery.files]
    if empty:
        raise CatalogError(
            f"delivery {', '.join(empty)} has no files: upload them, or withdraw it from the tables (--withdraw)"
        )
    return picked

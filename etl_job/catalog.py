"""What the crawler found: the raw table and its deliveries in the Glue catalog, and the files that lie there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from etl_job.contract import Contract
from etl_job.errors import CatalogError
from etl_job.object_store import ObjectStore, StoredFile

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_glue.type_defs import TableTypeDef

PARTITION_KEY = "delivery"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery: its name (the partition's value) and its files in order of their names, empty ones too."""

    name: str
    files: tuple[StoredFile, ...]

    @property
    def files_with_rows(self) -> tuple[StoredFile, ...]:
        """Those that are not empty, and so are read."""
        return tuple(file for file in self.files if file.size_bytes)

    @property
    def size_bytes(self) -> int:
        """Bytes in all files."""
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True, slots=True)
class Drift:
    """In what the crawled table differs from the contract, by column; neither stops a run.

    ``new`` columns are left out, ``missing`` ones, which are optional, count as missing values, and the order decides
    nothing: columns are found by their names.
    """

    new: tuple[str, ...]
    missing: tuple[str, ...]
    other_order: bool

    def __bool__(self) -> bool:
        return bool(self.new or self.missing or self.other_order)


def drift_of(columns: Sequence[str], contract: Contract) -> Drift:
    """Compare the columns of the crawled table with the contract's; upper and lower case count as one."""
    promised = [column.name.lower() for column in contract.columns]
    shared = [name for name in columns if name in promised]
    return Drift(
        new=tuple(name for name in columns if name not in promised),
        missing=tuple(name for name in promised if name not in columns),
        other_order=shared != [name for name in promised if name in columns],
    )


@dataclass(frozen=True, slots=True)
class RawTable:
    """The crawled table: its columns in the order of the file, and its deliveries in order of their names."""

    columns: tuple[str, ...]
    deliveries: tuple[Delivery, ...]


def read_raw_table(glue: "GlueClient", store: ObjectStore, database: str, contract: Contract) -> RawTable:
    """Ask the catalog for the dataset's table and partitions, and list their files.

    Raises CatalogError where the table, its partitions, its ``delivery`` key or a required column is missing.
    """
    name = f"{database}.{contract.dataset}"
    try:
        table = glue.get_table(DatabaseName=database, Name=contract.dataset)["Table"]
    except glue.exceptions.EntityNotFoundException as error:
        raise CatalogError(f"the Glue catalog has no table {name}: did the crawler run, and succeed?") from error
    columns = _columns(table, contract)
    pages = glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=contract.dataset)
    locations = {
        partition["Values"][0]: partition["StorageDescriptor"]["Location"]
        for page in pages
        for partition in page["Partitions"]
    }
    if not locations:
        raise CatalogError(f"the Glue table {name} has no partitions: did the crawler run after the upload?")
    return RawTable(
        columns,
        tuple(Delivery(value, data_files(store, locations[value])) for value in sorted(locations)),
    )


def _columns(table: "TableTypeDef", contract: Contract) -> tuple[str, ...]:
    name = f"{table.get('DatabaseName')}.{table['Name']}"
    keys = [key["Name"] for key in table.get("PartitionKeys", ())]
    if keys != [PARTITION_KEY]:
        raise CatalogError(
            f"the Glue table {name} is partitioned by {keys or 'nothing'}, not by {PARTITION_KEY!r}: "
            f"upload to {contract.dataset}/{PARTITION_KEY}=<name>/ and crawl again"
        )
    columns = tuple(column["Name"] for column in table["StorageDescriptor"]["Columns"])
    missing = [c.name for c in contract.columns if c.required and c.name.lower() not in columns]
    if missing:
        raise CatalogError(
            f"the Glue table {name} lacks the required column {', '.join(missing)} (it has {', '.join(columns)}): "
            "compare the files, the crawler's classifier and the contract. A crawler that took the files for something "
            "else keeps to that (its log says so): delete that table, and the next run's crawl writes it anew"
        )
    return columns


def data_files(store: ObjectStore, location: str) -> tuple[StoredFile, ...]:
    """The files at a location that were delivered: no markers of folders, and no name that begins with ``_`` or ``.``.

    One without a byte is among them: as a correction it takes all rows of the delivery away.
    """
    prefix = location.rstrip("/") + "/"
    return tuple(file for file in sorted(store.list_files(prefix)) if _was_delivered(file.uri.rpartition("/")[2]))


def _was_delivered(name: str) -> bool:
    return bool(name) and not name.startswith(("_", ".")) and not name.endswith("_$folder$")


def properties_of_workflow(glue: "GlueClient", name: str | None, run_id: str | None) -> Mapping[str, str]:
    """The workflow run's properties: `delivery` and `withdraw` select deliveries; none outside a workflow."""
    if not name or not run_id:
        return {}
    return glue.get_workflow_run_properties(Name=name, RunId=run_id).get("RunProperties", {})


def pick(deliveries: Sequence[Delivery], names: Sequence[str]) -> tuple[Delivery, ...]:
    """The deliveries of these names, in catalog order. Raises CatalogError for one that is not there, or empty."""
    known = {delivery.name for delivery in deliveries}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise CatalogError(
            f"the Glue catalog has no delivery {', '.join(unknown)} (it has {', '.join(sorted(known))}): "
            "did the crawler run after the upload?"
        )
    picked = tuple(delivery for delivery in deliveries if delivery.name in names)
    empty = [delivery.name for delivery in picked if not delivery.files]
    if empty:
        raise CatalogError(
            f"delivery {', '.join(empty)} has no files: upload them, or take it out of the tables (--withdraw)"
        )
    return picked

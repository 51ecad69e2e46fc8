"""Writes a table's partitions to the Data Catalog, in batches (G19, G21)."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from localstack_glue.crawlers.crawling import crawl_policy
from localstack_glue.crawlers.crawling.catalog_tables import (
    CatalogChanges,
    JsonDict,
    keep_formats,
    merged_columns,
    table_schema,
)
from localstack_glue.crawlers.crawling.crawl_policy import CrawlPolicy
from localstack_glue.crawlers.crawling.schema import Column, merge_columns
from localstack_glue.crawlers.crawling.table_input import STATISTICS, inherited, partition_input
from localstack_glue.crawlers.crawling.tables import FoundPartition, FoundTable

# AWS's limits of one call
CREATE_BATCH, DELETE_BATCH = 100, 25


class PartitionWriter:
    """Writes partitions through a Glue client."""

    def __init__(
        self, glue: Any, database: str, policy: CrawlPolicy, log: Callable[[str], None], changes: CatalogChanges
    ) -> None:
        self._glue = glue
        self._database = database
        self._policy = policy
        self._log = log
        self._changes = changes

    def write(self, table: FoundTable, stored: FoundTable, *, is_new: bool) -> None:
        """Update all partitions of a table to the crawl's result."""
        if not table.partition_keys:
            return
        names = {"DatabaseName": self._database, "TableName": table.name}
        existing = {} if is_new else self._existing(names)
        found = self._inputs(names, table.partitions, stored, existing)
        self._create(names, [wanted for values, wanted in found.items() if values not in existing])
        if self._policy.updates_partitions:
            self._update(names, found, existing)
        deleted = [list(values) for values in existing if values not in found]
        if deleted and self._policy.delete == crawl_policy.DELETE:
            for batch in _batches(deleted, DELETE_BATCH):
                doomed = [{"Values": values} for values in batch]
                answer = self._glue.batch_delete_partition(**names, PartitionsToDelete=doomed)
                _check(answer, "deleted", table.name, allowed="EntityNotFoundException")  # somebody else did
            self._changes.partitions_deleted += len(deleted)
            self._log(f"INFO : Deleted {len(deleted)} partitions with values {_first(deleted)} from table {table.name}")
        elif deleted:
            self._log(
                f"WARN : The data of {len(deleted)} partitions of table {table.name} no longer exists; "
                "the partitions are left unchanged"
            )

    def add(self, table: FoundTable, stored: FoundTable) -> None:
        """Create partitions that are new by what the caller knows (G22)."""
        names = {"DatabaseName": self._database, "TableName": table.name}
        self._create(names, list(self._inputs(names, table.partitions, stored, {}).values()))

    def locations(self, table_name: str) -> Iterator[str]:
        """Yield the locations of a table's partitions."""
        names = {"DatabaseName": self._database, "TableName": table_name}
        pages = self._glue.get_paginator("get_partitions").paginate(**names, ExcludeColumnSchema=True)
        for answer in pages:
            for partition in answer["Partitions"]:
                yield (partition.get("StorageDescriptor") or {}).get("Location") or ""

    def _existing(self, names: dict[str, str]) -> dict[tuple[str, ...], JsonDict]:
        pages = self._glue.get_paginator("get_partitions").paginate(**names)
        return {tuple(partition["Values"]): partition for answer in pages for partition in answer["Partitions"]}

    def _create(self, names: dict[str, str], new: Sequence[JsonDict]) -> None:
        for batch in _batches(new, CREATE_BATCH):
            answer = self._glue.batch_create_partition(**names, PartitionInputList=batch)
            self._check_created(answer, names, batch)
        self._changes.partitions_created += len(new)
        if new:
            shown = _first([partition["Values"] for partition in new])
            self._log(f"INFO : Created {len(new)} partitions with values {shown} for table {names['TableName']}")

    def _check_created(self, answer: JsonDict, names: dict[str, str], batch: Sequence[JsonDict]) -> None:
        """Raise ValueError for partitions that were refused, unless another crawl has created the same one."""
        wanted = {tuple(each["Values"]): each["StorageDescriptor"]["Location"] for each in batch}
        refused = []
        for error in answer.get("Errors") or ():
            values = tuple(error.get("PartitionValues") or ())
            if (error.get("ErrorDetail") or {}).get("ErrorCode") == "AlreadyExistsException":
                stored = self._glue.get_partition(**names, PartitionValues=list(values))["Partition"]
                if (stored.get("StorageDescriptor") or {}).get("Location") == wanted.get(values):
                    continue
            refused.append(error)
        _check({"Errors": refused}, "created", names["TableName"])

    def _update(
        self, names: dict[str, str], found: dict[tuple[str, ...], JsonDict], existing: dict[tuple[str, ...], JsonDict]
    ) -> None:
        changed = [
            {"PartitionValueList": list(values), "PartitionInput": wanted}
            for values, wanted in found.items()
            if values in existing and _differs(existing[values], wanted)
        ]
        for batch in _batches(changed, CREATE_BATCH):
            answer = self._glue.batch_update_partition(**names, Entries=batch)
            _check(answer, "updated", names["TableName"])
        self._changes.partitions_updated += len(changed)

    def _inputs(
        self,
        names: dict[str, str],
        partitions: Sequence[FoundPartition],
        table: FoundTable,
        existing: dict[tuple[str, ...], JsonDict],
    ) -> dict[tuple[str, ...], JsonDict]:
        """The partitions as they are to be, by their values."""
        if self._policy.inherits_from_table and partitions:
            parent = self._glue.get_table(DatabaseName=names["DatabaseName"], Name=names["TableName"])["Table"]
            return {each.values: inherited(partition_input(each, table.columns), parent) for each in partitions}
        return {each.values: self._own(each, existing.get(each.values)) for each in partitions}

    def _own(self, partition: FoundPartition, existing: JsonDict | None) -> JsonDict:
        """A partition with the columns of its own files, which are merged into those that it has already."""
        columns: Sequence[Column] = merge_columns(file.schema for file in partition.files)
        if existing is None or not self._policy.merges_new_columns:
            return partition_input(partition, columns)
        wanted = partition_input(partition, merged_columns(existing, columns))
        keep_formats(existing, wanted)
        return wanted


def _check(answer: JsonDict, done: str, table_name: str, allowed: str = "") -> None:
    """Raise ValueError for partitions that the catalog refused: the answer lists them, the call succeeds."""
    for error in answer.get("Errors") or ():
        detail = error.get("ErrorDetail") or {}
        if not allowed or detail.get("ErrorCode") != allowed:
            values = error.get("PartitionValues") or error.get("PartitionValueList") or []
            raise ValueError(
                f"The partition {list(values)} of table {table_name} was not {done}:"
                f" {detail.get('ErrorCode')}: {detail.get('ErrorMessage')}"
            )


def _differs(existing: JsonDict, wanted: JsonDict) -> bool:
    if table_schema(existing) != table_schema(wanted):
        return True
    parameters = existing.get("Parameters") or {}
    return any(parameters.get(key) != wanted["Parameters"].get(key) for key in STATISTICS)


def _batches(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def _first(partitions: Sequence[Sequence[str]]) -> str:
    shown = [str(list(values)) for values in partitions[:5]]
    return ", ".join(shown) + (", ..." if len(partitions) > len(shown) else "")

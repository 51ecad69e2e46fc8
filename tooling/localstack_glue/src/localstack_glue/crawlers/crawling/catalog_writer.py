"""Writes the tables of a crawl to the Data Catalog, by the crawler's policy (G21, G23, G24)."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from localstack_glue.crawlers.crawling import crawl_policy
from localstack_glue.crawlers.crawling.catalog_tables import (
    CatalogChanges,
    JsonDict,
    fundamental_differences,
    keep_formats,
    merged_columns,
    table_columns,
    table_location,
    table_schema,
)
from localstack_glue.crawlers.crawling.crawl_policy import CrawlPolicy
from localstack_glue.crawlers.crawling.iceberg_rules import IcebergTable
from localstack_glue.crawlers.crawling.partition_writer import PartitionWriter
from localstack_glue.crawlers.crawling.table_input import iceberg_input, table_input
from localstack_glue.crawlers.crawling.tables import FoundTable, unique_name

DEPRECATED = "DEPRECATED_BY_CRAWLER"
PARTITION_INDEX = "crawler_partition_index"
# parameters of a crawl that a later one takes away
_FLEETING = frozenset({DEPRECATED, "exclusions"})
_INPUT_MEMBERS = (
    "Name",
    "Description",
    "Owner",
    "Retention",
    "TableType",
    "PartitionKeys",
    "StorageDescriptor",
    "ViewOriginalText",
    "ViewExpandedText",
)
Found = FoundTable | IcebergTable


class CatalogWriter:
    """Writes tables and partitions of one crawler through a Glue client."""

    def __init__(
        self, glue: Any, database: str, crawler_name: str, policy: CrawlPolicy, log: Callable[[str], None]
    ) -> None:
        self._glue = glue
        self._database = database
        self._crawler = crawler_name
        self._policy = policy
        self._log = log
        self.changes = CatalogChanges()
        self.partitions = PartitionWriter(glue, database, policy, log, self.changes)

    def ensure_database(self) -> None:
        """Create the database if it is not there, as a crawler does."""
        try:
            self._glue.get_database(Name=self._database)
        except self._glue.exceptions.EntityNotFoundException:
            self._glue.create_database(DatabaseInput={"Name": self._database})
            self._log(f"INFO : Created database {self._database}")

    def existing_tables(self) -> dict[str, JsonDict]:
        """Read the database's tables, by name; none if there is no database yet."""
        try:
            pages: Iterator[JsonDict] = self._glue.get_paginator("get_tables").paginate(DatabaseName=self._database)
            return {table["Name"]: table for answer in pages for table in answer["TableList"]}
        except self._glue.exceptions.EntityNotFoundException:
            return {}

    def is_ours(self, table: JsonDict) -> bool:
        """Whether this crawler wrote a table last."""
        return bool((table.get("Parameters") or {}).get("UPDATED_BY_CRAWLER") == self._crawler)

    def write(self, tables: Sequence[Found], existing: dict[str, JsonDict], roots: Sequence[str]) -> None:
        """Write all found tables; treat those of ours below `roots` that were not found as deleted."""
        written: set[str] = set()
        for table in tables:
            if self._is_taken(table, existing, written):
                table = replace(table, name=unique_name(table.name, table.location))
            written.add(table.name)
            if isinstance(table, IcebergTable):
                self._write_iceberg(table, existing.get(table.name))
                continue
            stored = self._write_table(table, existing.get(table.name))
            if stored is not None:
                self.partitions.write(table, stored, is_new=table.name not in existing)
        for name, existing_table in existing.items():
            is_below = any(
                f"{table_location(existing_table).rstrip('/')}/".startswith(f"{root.rstrip('/')}/") for root in roots
            )
            if name not in written and is_below and self.is_ours(existing_table):
                self._remove(existing_table)

    def _is_taken(self, table: Found, existing: dict[str, JsonDict], written: set[str]) -> bool:
        """Whether the name belongs to a table of another place (G18)."""
        if table.name in written:
            return True
        other = existing.get(table.name)
        return other is not None and table_location(other).rstrip("/") != table.location.rstrip("/")

    def _write_table(self, table: FoundTable, existing: JsonDict | None) -> FoundTable | None:
        """Create or update a table; return it with the columns that the catalog now has, None if it was deprecated."""
        wanted = table_input(table, self._crawler)
        if existing is None:
            self._create(wanted)
            return table
        columns = table.columns
        if self._policy.merges_new_columns:
            if different := fundamental_differences(existing, wanted):
                self._log(f"WARN : Table {table.name} cannot be merged: {different}")
                self._deprecate(existing)  # G24
                return None
            columns = merged_columns(existing, columns)
            wanted["StorageDescriptor"]["Columns"] = [{"Name": c.name, "Type": c.type} for c in columns]
            keep_formats(existing, wanted)
        stored_parameters = existing.get("Parameters") or {}
        kept = {key: value for key, value in stored_parameters.items() if key not in _FLEETING}
        if table_schema(existing) == table_schema(wanted) and DEPRECATED not in stored_parameters:
            wanted["Parameters"] = {**kept, **wanted["Parameters"]}
            _keep_descriptions(existing, wanted)
            if self._policy.update == crawl_policy.UPDATE and stored_parameters != wanted["Parameters"]:
                self._glue.update_table(DatabaseName=self._database, TableInput=wanted, SkipArchive=True)
            return table
        if not self._policy.updates_tables:
            self._log(f"WARN : Table {table.name} has changed; SchemaChangePolicy LOG leaves it unchanged")
            return replace(table, columns=table_columns(existing))
        if self._policy.merges_new_columns:  # otherwise what a crawler does not set is removed
            wanted["Parameters"] = {**kept, **wanted["Parameters"]}
            _keep_descriptions(existing, wanted)
        self._update(wanted)
        return replace(table, columns=columns)

    def _write_iceberg(self, table: IcebergTable, existing: JsonDict | None) -> None:
        wanted = iceberg_input(table, self._crawler)
        if existing is None:
            self._create(wanted)
            return
        stored_parameters = existing.get("Parameters") or {}
        before = stored_parameters.get("metadata_location")
        if before == table.metadata_location and DEPRECATED not in stored_parameters:
            return
        if self._policy.update != crawl_policy.UPDATE:
            self._log(f"WARN : Iceberg table {table.name} has changed; SchemaChangePolicy LOG leaves it unchanged")
            return
        kept = {key: value for key, value in stored_parameters.items() if key != DEPRECATED}
        wanted["Parameters"] = {**kept, **wanted["Parameters"]}
        if before and before != table.metadata_location:
            wanted["Parameters"]["previous_metadata_location"] = before
        self._update(wanted)

    def _create(self, wanted: JsonDict) -> None:
        indexes: JsonDict = {}
        if self._policy.creates_partition_index and wanted["PartitionKeys"]:
            keys = [key["Name"] for key in wanted["PartitionKeys"]]
            indexes["PartitionIndexes"] = [{"Keys": keys, "IndexName": PARTITION_INDEX}]
        self._glue.create_table(DatabaseName=self._database, TableInput=wanted, **indexes)
        self.changes.tables_created += 1
        self._log(f"INFO : Created table {wanted['Name']} in database {self._database}")

    def _update(self, wanted: JsonDict) -> None:
        self._glue.update_table(DatabaseName=self._database, TableInput=wanted)
        self.changes.tables_updated += 1
        self._log(f"INFO : Updated table {wanted['Name']} in database {self._database}")

    def _remove(self, table: JsonDict) -> None:
        name = table["Name"]
        if self._policy.delete == crawl_policy.DELETE:
            self._glue.delete_table(DatabaseName=self._database, Name=name)
            self.changes.tables_deleted += 1
            self._log(f"INFO : Deleted table {name} from database {self._database}")
        elif self._policy.delete == crawl_policy.DEPRECATE:
            self._deprecate(table)
        else:
            self._log(
                f"WARN : The data of table {name} no longer exists; SchemaChangePolicy LOG leaves the table unchanged"
            )

    def _deprecate(self, table: JsonDict) -> None:
        if DEPRECATED in (table.get("Parameters") or {}):
            return
        wanted = {key: table[key] for key in _INPUT_MEMBERS if key in table}
        wanted["Parameters"] = {**(table.get("Parameters") or {}), DEPRECATED: str(int(time.time() * 1000))}
        self._glue.update_table(DatabaseName=self._database, TableInput=wanted)
        self._log(f"INFO : Deprecated table {table['Name']} in database {self._database}")


def _keep_descriptions(existing: JsonDict, wanted: JsonDict) -> None:
    """Keep the descriptions and comments of a table and its columns, which users wrote."""
    if description := existing.get("Description"):
        wanted["Description"] = description
    for holder, stored in ((wanted["StorageDescriptor"], existing.get("StorageDescriptor") or {}), (wanted, existing)):
        member = "PartitionKeys" if holder is wanted else "Columns"
        known = {(column["Name"], column.get("Type")): column for column in stored.get(member) or ()}
        holder[member] = [known.get((column["Name"], column["Type"]), column) for column in holder[member]]

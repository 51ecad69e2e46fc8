"""Crawls of new folders only: partitions are added to tables that stay as they are (G22)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from localstack_glue.crawlers.crawling.catalog_tables import (
    JsonDict,
    partition_key_names,
    table_columns,
    table_location,
)
from localstack_glue.crawlers.crawling.catalog_writer import CatalogWriter
from localstack_glue.crawlers.crawling.listing import S3Object, S3Target
from localstack_glue.crawlers.crawling.schema import ClassifiedFile, FileSchema, are_similar, format_parameters
from localstack_glue.crawlers.crawling.tables import FoundPartition, FoundTable, partition_keys, partition_values


@dataclass(frozen=True)
class KnownFolders:
    """The tables and partitions that earlier crawls added to the catalog."""

    tables: dict[str, JsonDict]  # by location, which ends with a slash
    folders: frozenset[str]

    @classmethod
    def read(cls, writer: CatalogWriter, existing: dict[str, JsonDict]) -> "KnownFolders":
        """Read the tables of this crawler and the locations of their partitions."""
        ours = {f"{table_location(table).rstrip('/')}/": table for table in existing.values() if writer.is_ours(table)}
        folders = {location for location, table in ours.items() if not partition_key_names(table)}
        for table in ours.values():
            if partition_key_names(table):
                folders.update(f"{location.rstrip('/')}/" for location in writer.partitions.locations(table["Name"]))
        return cls(ours, frozenset(folders))

    def find_new(self, target: S3Target, objects: Iterable[S3Object]) -> list[S3Object]:
        """Leave out the objects of folders, and files, that are known."""
        return [
            item
            for item in objects
            if f"{target.uri(*item.folder)}/" not in self.folders and f"{target.uri(*item.path)}/" not in self.folders
        ]

    def roots_below(self, target: S3Target) -> frozenset[tuple[str, ...]]:
        """Name the known tables' folders below a target, relative to it."""
        top = f"{target.uri()}/"
        below = (location[len(top) :] for location in self.tables if location.startswith(top))
        return frozenset(tuple(part for part in path.split("/") if part) for path in below)

    def find_table(self, target: S3Target, item: S3Object) -> str | None:
        """Find the location of the innermost known table that contains an object."""
        for length in range(len(item.folder), -1, -1):
            if (location := f"{target.uri(*item.folder[:length])}/") in self.tables:
                return location
        return None


def add_to_known(
    known: KnownFolders,
    target: S3Target,
    files: Sequence[ClassifiedFile],
    writer: CatalogWriter,
    log: Callable[[str], None],
) -> list[ClassifiedFile]:
    """Add partitions for the files in known tables; return the other files."""
    by_table: dict[str, list[ClassifiedFile]] = defaultdict(list)
    others = []
    for file in files:
        if location := known.find_table(target, file.item):
            by_table[location].append(file)
        else:
            others.append(file)
    for location, members in by_table.items():
        stored = known.tables[location]
        partitions = _partitions(target, location, stored, members, log)
        columns = table_columns(stored)
        table = FoundTable(stored["Name"], location, columns, partition_key_names(stored), partitions, tuple(members))
        if partitions:
            writer.partitions.add(table, replace(table, columns=columns))
    return others


def _partitions(
    target: S3Target, location: str, stored: JsonDict, files: Sequence[ClassifiedFile], log: Callable[[str], None]
) -> tuple[FoundPartition, ...]:
    depth = len([part for part in location[len(f"{target.uri()}/") :].split("/") if part])
    by_folder: dict[tuple[str, ...], list[ClassifiedFile]] = defaultdict(list)
    for file in files:
        by_folder[file.item.folder].append(file)
    found = []
    for folder, members in sorted(by_folder.items()):
        path = folder[depth:]
        uri = f"{target.uri(*folder)}/"
        if all(_fits(stored, path, file.schema) for file in members):
            found.append(FoundPartition(partition_values(path), uri, tuple(members)))
        else:
            log(f"WARN : {uri} is not added: it is not compatible with table {stored['Name']}")
    return tuple(found)


def _fits(stored: JsonDict, path: tuple[str, ...], schema: FileSchema) -> bool:
    keys = partition_key_names(stored)
    named = partition_keys([path])
    if len(keys) != len(path) or any(
        not key.startswith("partition_") and key != name for key, name in zip(keys, named, strict=True)
    ):
        return False
    parameters = stored.get("Parameters") or {}
    if (parameters.get("classification"), parameters.get("compressionType")) != format_parameters(schema):
        return False
    return are_similar(replace(schema, columns=table_columns(stored)), schema)

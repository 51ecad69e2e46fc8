"""What is really there, read from moto's memory: no call that could fail, and no code of the product's between."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from moto.backends import get_backend
from pyarrow import parquet
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile
from pyiceberg.serializers import FromInputFile
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from .moto_lake import ACCOUNT, BUCKET, DATABASE, REGION

ROOT = f"s3://{BUCKET}/"


class MissingFileError(AssertionError):
    """Something names a file that is not there."""


class _Input(InputFile):
    def __init__(self, location: str, objects: Mapping[str, bytes]) -> None:
        super().__init__(location)
        self._objects = objects

    def __len__(self) -> int:
        return len(self._content())

    def exists(self) -> bool:
        return self.location.removeprefix(ROOT) in self._objects

    def open(self, seekable: bool = True) -> InputStream:
        return io.BytesIO(self._content())  # type: ignore[return-value]

    def _content(self) -> bytes:
        try:
            return self._objects[self.location.removeprefix(ROOT)]
        except KeyError as error:
            raise MissingFileError(f"{self.location} is named, and not there") from error


class _Memory(FileIO):
    def __init__(self, objects: Mapping[str, bytes]) -> None:
        super().__init__()
        self._objects = objects

    def new_input(self, location: str) -> InputFile:
        return _Input(location, self._objects)

    def new_output(self, location: str) -> OutputFile:
        raise NotImplementedError

    def delete(self, location: Any) -> None:
        raise NotImplementedError


@dataclass
class SeenTable:
    """A table as a reader would find it, whose every file must be there."""

    table: Table
    objects: Mapping[str, bytes]

    @property
    def runs(self) -> set[str]:
        """The runs that its snapshots are of."""
        return {_summary(snapshot).get("quartal.run-id", "") for snapshot in self.table.metadata.snapshots}

    @property
    def tags(self) -> dict[str, int]:
        """The snapshot of each tag."""
        return {name: ref.snapshot_id for name, ref in self.table.refs().items() if name != "main"}

    @property
    def snapshot_id(self) -> int | None:
        current = self.table.current_snapshot()
        return current.snapshot_id if current else None

    def rows(self, snapshot_id: int | None = None) -> list[tuple[Any, ...]]:
        """All rows of a snapshot, sorted."""
        snapshot = self.table.snapshot_by_id(snapshot_id) if snapshot_id else self.table.current_snapshot()
        found: list[tuple[Any, ...]] = []
        if snapshot is None:
            return found
        for uri in self._data_files(snapshot):
            rows = parquet.read_table(io.BytesIO(self._content(uri)))
            found += zip(*(rows.column(name).to_pylist() for name in rows.column_names), strict=True)
        return sorted(found)

    def named(self) -> set[str]:
        """Every file that the table names, each of which is there. Raises MissingFileError."""
        metadata = self.table.metadata
        uris = {self.table.metadata_location, *(entry.metadata_file for entry in metadata.metadata_log)}
        seen: set[str] = set()
        for snapshot in metadata.snapshots:
            uris.add(snapshot.manifest_list)
            for manifest in snapshot.manifests(self.table.io):
                if manifest.manifest_path not in seen:
                    seen.add(manifest.manifest_path)
                    entries = manifest.fetch_manifest_entry(self.table.io, discard_deleted=True)
                    uris |= {entry.data_file.file_path for entry in entries}
        uris |= seen
        for uri in uris:
            self._content(uri)
        return uris

    def _data_files(self, snapshot: Snapshot) -> list[str]:
        return [
            entry.data_file.file_path
            for manifest in snapshot.manifests(self.table.io)
            for entry in manifest.fetch_manifest_entry(self.table.io, discard_deleted=True)
        ]

    def _content(self, uri: str) -> bytes:
        try:
            return self.objects[uri.removeprefix(ROOT)]
        except KeyError as error:
            raise MissingFileError(f"{'.'.join(self.table.name())} names {uri}, which is not there") from error


def _summary(snapshot: Snapshot) -> Mapping[str, str]:
    return snapshot.summary.additional_properties if snapshot.summary else {}


def table_seen(name: str, objects: Mapping[str, bytes]) -> SeenTable | None:
    """A table; None where the catalog has none of that name. Raises MissingFileError."""
    tables = get_backend("glue")[ACCOUNT][REGION].databases[DATABASE].tables
    if name not in tables:
        return None
    location = tables[name].as_dict()["Parameters"]["metadata_location"]
    memory = _Memory(objects)
    metadata = FromInputFile.table_metadata(memory.new_input(location))
    return SeenTable(Table((DATABASE, name), metadata, location, memory, NoopCatalog("seen")), objects)

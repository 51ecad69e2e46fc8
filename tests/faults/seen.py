"""The actual state, read from moto's memory: without calls that could fail, and without the product's code."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from moto.backends import get_backend
from pyarrow import parquet
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile
from pyiceberg.manifest import ManifestFile, read_manifest_list
from pyiceberg.serializers import FromInputFile
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot

from .names import ACCOUNT, BUCKET, DATABASE, REGION

ROOT = f"s3://{BUCKET}/"


class MissingFileError(AssertionError):
    """A file that something refers to is missing."""


class _Input(InputFile):
    """An input file with a content."""

    def __init__(self, location: str, content: bytes) -> None:
        super().__init__(location)
        self._content = content

    def __len__(self) -> int:
        return len(self._content)

    def exists(self) -> bool:
        return True

    def open(self, seekable: bool = True) -> InputStream:
        return io.BytesIO(self._content)  # type: ignore[return-value]


class _One(FileIO):
    """A FileIO in which every file is the same."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self._content = content

    def new_input(self, location: str) -> InputFile:
        return _Input(location, self._content)

    def new_output(self, location: str) -> OutputFile:
        raise NotImplementedError

    def delete(self, location: Any) -> None:
        raise NotImplementedError


@dataclass
class SeenTable:
    """A table as a reader finds it. Every file must exist."""

    table: Table
    objects: Mapping[str, bytes]

    @property
    def runs(self) -> set[str]:
        """The runs of its snapshots."""
        return {_summary(snapshot).get("quartal.run-id", "") for snapshot in self.table.metadata.snapshots}

    @property
    def tags(self) -> dict[str, int]:
        """The snapshots by tag."""
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
            found += _rows_in(self._content(uri))
        return sorted(found)

    def named(self) -> set[str]:
        """Every file that the table refers to.

        Raises:
            MissingFileError: one of them does not exist.
        """
        metadata = self.table.metadata
        uris = {self.table.metadata_location, *(entry.metadata_file for entry in metadata.metadata_log)}
        for snapshot in metadata.snapshots:
            uris.add(snapshot.manifest_list)
            uris |= {manifest.manifest_path for manifest in self._manifests(snapshot)}
            uris.update(self._data_files(snapshot))
        for uri in uris:
            self._content(uri)
        return uris

    def _data_files(self, snapshot: Snapshot) -> list[str]:
        manifests = self._manifests(snapshot)
        return [uri for each in manifests for uri in _files_in(each, self._content(each.manifest_path))]

    def _manifests(self, snapshot: Snapshot) -> tuple[ManifestFile, ...]:
        return _manifests_in(self._content(snapshot.manifest_list))

    def _content(self, uri: str) -> bytes:
        try:
            return self.objects[uri.removeprefix(ROOT)]
        except KeyError as error:
            raise MissingFileError(f"{'.'.join(self.table.name())} names {uri}, which is not there") from error


def _summary(snapshot: Snapshot) -> Mapping[str, str]:
    return snapshot.summary.additional_properties if snapshot.summary else {}


def table_seen(name: str, objects: Mapping[str, bytes]) -> SeenTable | None:
    """Read a table; None if the catalog does not have it.

    Raises:
        MissingFileError: one of its files does not exist.
    """
    tables = get_backend("glue")[ACCOUNT][REGION].databases[DATABASE].tables
    if name not in tables:
        return None
    location = tables[name].as_dict()["Parameters"]["metadata_location"]
    content = objects.get(location.removeprefix(ROOT))
    if content is None:
        raise MissingFileError(f"{name} names {location}, which is not there")
    return SeenTable(Table((DATABASE, name), _metadata_in(content), location, _One(b""), NoopCatalog("seen")), objects)


# Files are cached by their bytes, so the same content is parsed only once.
@lru_cache(maxsize=1024)
def _metadata_in(content: bytes) -> TableMetadata:
    return FromInputFile.table_metadata(_Input("metadata.json", content))


@lru_cache(maxsize=4096)
def _manifests_in(content: bytes) -> tuple[ManifestFile, ...]:
    return tuple(read_manifest_list(_Input("snap.avro", content)))


@lru_cache(maxsize=4096)
def _files_in(manifest: ManifestFile, content: bytes) -> tuple[str, ...]:
    entries = manifest.fetch_manifest_entry(_One(content), discard_deleted=True)
    return tuple(entry.data_file.file_path for entry in entries)


@lru_cache(maxsize=4096)
def _rows_in(content: bytes) -> tuple[tuple[Any, ...], ...]:
    rows = parquet.read_table(io.BytesIO(content), use_threads=False)
    return tuple(zip(*(rows.column(name).to_pylist() for name in rows.column_names), strict=True))

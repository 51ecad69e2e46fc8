"""`quartal deliveries`: the deliveries in the raw folder, in the catalog, and in the published tables."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from quartal.core.errors import ConfigurationError
from quartal.core.terminal_tables import Column, Kind
from quartal.deliver.upload.delivery_manifest import DeliveryManifest, ManifestStore
from quartal.deliver.upload.job_files import NO_BYTES, delivery_named_by, is_folder_marker, why_left_out
from quartal.deliver.upload.summary import megabytes
from quartal.deliver.upload.transfer import StoredObject, objects_below
from quartal.runs.manifests import find_last_success
from quartal.terraform.outputs import Deployment
from quartal.workspace import Workspace

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_s3 import S3Client

    from etl_job.manifest.model import Input, PublishedDelivery

_FOLDER = "delivery="


class FileState(StrEnum):
    """The state of a file relative to the published tables."""

    PUBLISHED = "published"
    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"  # published, and no longer there
    WITHDRAWN = "withdrawn"  # as it was when its delivery was taken out of the tables
    LEFT_OUT = "left out"


class DeliveryState(StrEnum):
    """The state of a delivery relative to the published tables, for an unchanged contract."""

    PUBLISHED = "published"
    NEW = "new"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"
    ARCHIVED = "archived"  # published, and without files
    LEFT_OUT = "left out"  # not published, and no run reads any of its files


@dataclass(frozen=True, slots=True)
class RawFile:
    """A file of a delivery, by its path below the delivery's folder.

    Attributes:
        path: its path.
        size_bytes: its size; for a missing file its last one.
        state: its state relative to the published tables.
        why: why it is left out.
        uploaded: when it was uploaded, if the delivery's manifest records it.
        by: who uploaded it.
    """

    path: str
    size_bytes: int
    state: FileState
    why: str = ""
    uploaded: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class RawDelivery:
    """A delivery: its files, whether the catalog knows it, and by which run it is published or was taken out."""

    name: str
    state: DeliveryState
    is_catalogued: bool
    run_id: str | None
    files: tuple[RawFile, ...]

    @property
    def read(self) -> tuple[RawFile, ...]:
        """The files that a run reads."""
        return tuple(file for file in self.files if file.state not in (FileState.GONE, FileState.LEFT_OUT))


def list_deliveries(deployment: Deployment, s3: S3Client, glue: GlueClient) -> tuple[RawDelivery, ...]:
    """All deliveries, by name: those with files, and those that are published.

    Raises:
        ClientError: the lake or the catalog cannot be read.
        PipelineError: a run manifest is invalid or of another version.
        UploadError: the manifest of a delivery is invalid.
    """
    prefix = deployment.raw_prefix
    there: dict[str, dict[str, StoredObject]] = {}
    for key, found in objects_below(s3, deployment.lake_bucket, prefix).items():
        name = delivery_named_by(key.removeprefix(prefix).partition("/")[0])
        path = _path_in_delivery(key.removeprefix(prefix))
        if name is not None and not is_folder_marker(path.rpartition("/")[2]):
            there.setdefault(name, {})[path] = found
    published = _published(deployment, s3)
    catalogued = _catalogued(deployment, glue)
    store = ManifestStore(s3, deployment.lake_bucket, deployment.deliveries_prefix())
    return tuple(
        _delivery(
            name,
            there.get(name, {}),
            published.get(name),
            store.read(name),
            raw=f"s3://{deployment.lake_bucket}/{prefix}",
            folder=f"{prefix}{_FOLDER}{name}/",
            is_catalogued=name in catalogued,
        )
        for name in sorted(there.keys() | published.keys())
    )


def show_deliveries(workspace: Workspace, name: str | None, *, wide: bool = False) -> None:
    """Print all deliveries, or the files of one.

    Raises:
        ConfigurationError: there is no delivery of that name.
    """
    deployment, connection = workspace.deployment, workspace.connection
    found = list_deliveries(deployment, connection.s3(), connection.glue())
    if name is None:
        _show_all(workspace, found, wide=wide)
        return
    chosen = next((each for each in found if each.name == name), None)
    if chosen is None:
        raise ConfigurationError(
            f"There is no delivery {name}.",
            remedy=f"Name one of: {', '.join(each.name for each in found) or 'none'}.",
        )
    _show_files(workspace, chosen, wide=wide)


def _delivery(
    name: str,
    there: Mapping[str, StoredObject],
    published: PublishedDelivery | None,
    manifest: DeliveryManifest,
    *,
    raw: str,
    folder: str,
    is_catalogued: bool,
) -> RawDelivery:
    inputs = published.inputs if published else ()
    before = {_path_in_delivery(entry.uri.removeprefix(raw)): entry for entry in inputs}
    uploads = {each.upload: each for each in manifest.uploads}
    files, states = [], set[FileState]()
    for path in sorted(there.keys() | before.keys()):
        known = manifest.files.get(f"{folder}{path}")
        upload = uploads.get(known.upload) if known is not None else None
        size = there[path].size_bytes if path in there else before[path].size_bytes
        state, why = _state_of_file(path, there.get(path), before.get(path))
        if state is FileState.PUBLISHED and published is not None and published.withdrawn:
            state = FileState.WITHDRAWN
        if state is not FileState.LEFT_OUT:
            states.add(state)
            if state is not FileState.GONE and not size:  # part of the delivery for a run, which finds no row in it
                state, why = FileState.LEFT_OUT, NO_BYTES
        is_spelled_otherwise = delivery_named_by(path.partition("/")[0]) == name
        key = f"{folder.removesuffix(f'{_FOLDER}{name}/')}{path}" if is_spelled_otherwise else f"{folder}{path}"
        if path in there and key in manifest.removing:
            why = why or _GOING
        files.append(RawFile(path, size, state, why, upload.at if upload else None, upload.by if upload else None))
    return RawDelivery(
        name,
        _state_of_delivery(states, published),
        is_catalogued,
        published.run_id if published else None,
        tuple(files),
    )


def _path_in_delivery(path: str) -> str:
    """The path of a raw file below its delivery's folder; with the folder if that is not written as usual."""
    folder, _, below = path.partition("/")
    return below if folder.startswith(_FOLDER) else path


def _state_of_file(path: str, there: StoredObject | None, before: Input | None) -> tuple[FileState, str]:
    if there is None:
        return FileState.GONE, ""
    reason = why_left_out(path, there.size_bytes)
    if reason not in (None, NO_BYTES):
        return FileState.LEFT_OUT, reason or ""
    if before is None:
        return FileState.NEW, ""
    return (FileState.PUBLISHED if before.etag == there.etag else FileState.CHANGED), ""


def _state_of_delivery(states: Collection[FileState], published: PublishedDelivery | None) -> DeliveryState:
    """From the states of those files that a run takes for part of the delivery, empty ones too."""
    if published is None:
        return DeliveryState.NEW if states else DeliveryState.LEFT_OUT
    is_fresh = not {FileState.NEW, FileState.CHANGED}.isdisjoint(states)
    if published.withdrawn:
        return DeliveryState.CHANGED if is_fresh else DeliveryState.WITHDRAWN
    if set(states) <= {FileState.GONE}:
        return DeliveryState.ARCHIVED
    return DeliveryState.CHANGED if is_fresh or FileState.GONE in states else DeliveryState.PUBLISHED


def _published(deployment: Deployment, s3: S3Client) -> Mapping[str, PublishedDelivery]:
    """The published deliveries according to the newest successful run."""
    newest = find_last_success(s3, deployment.lake_bucket, deployment.manifests_prefix())
    return newest.published if newest else {}


def _catalogued(deployment: Deployment, glue: GlueClient) -> frozenset[str]:
    """The deliveries that the crawled table has partitions of."""
    pages = glue.get_paginator("get_partitions").paginate(
        DatabaseName=deployment.database, TableName=deployment.dataset, ExcludeColumnSchema=True
    )
    try:
        return frozenset(partition["Values"][0] for page in pages for partition in page["Partitions"])
    except glue.exceptions.EntityNotFoundException:  # no crawl has made the table yet
        return frozenset()


_GOING = "an upload is removing it"
_BY_RUN = {
    DeliveryState.PUBLISHED: ", by run",
    DeliveryState.CHANGED: " since run",
    DeliveryState.WITHDRAWN: ", by run",
    DeliveryState.ARCHIVED: "; published by run",
}
_COLUMNS = (
    Column("delivery", Kind.WHOLE),
    Column("state", Kind.WHOLE),
    Column("files", Kind.WHOLE),
    Column("MB", Kind.WHOLE, optional=2),
    Column("left out", Kind.WHOLE, optional=1),
    Column("catalogued", Kind.WHOLE, optional=4),
    Column("run", Kind.ID, optional=3),
)
_FILE_COLUMNS = (
    Column("file"),
    Column("state", Kind.WHOLE),
    Column("bytes", Kind.WHOLE, optional=2),
    Column("uploaded", Kind.WHOLE, optional=3),
    Column("by", optional=4),
    Column("why", optional=1),
)


def _show_all(workspace: Workspace, found: tuple[RawDelivery, ...], *, wide: bool) -> None:
    rows = [
        (
            each.name,
            each.state,
            len(each.read),
            megabytes(sum(file.size_bytes for file in each.read)),
            sum(file.state is FileState.LEFT_OUT for file in each.files) or "",
            "yes" if each.is_catalogued else "no",
            each.run_id or "",
        )
        for each in found
    ]
    workspace.console.table("", _COLUMNS, rows, data=[_record(each) for each in found], wide=wide)
    if workspace.console.as_json:
        return
    fresh = [each for each in found if each.state in (DeliveryState.NEW, DeliveryState.CHANGED)]
    held = [each.name for each in fresh if any(file.why == _GOING for file in each.read)]
    waiting = [each.name for each in fresh if each.name not in held]
    if held:
        workspace.console.warn(
            f"No run reads {', '.join(held)} until the upload that replaces its files has ended. If it was "
            "interrupted, run it again."
        )
    if waiting:
        run = workspace.command_line("run")
        workspace.console.note(f"The next run reads {', '.join(waiting)}: {run}")
    if not found:
        upload = workspace.command_line("upload", "FOLDER", "--delivery", "NAME")
        workspace.console.note(f"Nothing has been delivered yet: {upload}")


def _show_files(workspace: Workspace, delivery: RawDelivery, *, wide: bool) -> None:
    rows = [
        (file.path, file.state, f"{file.size_bytes:,}", file.uploaded or "", file.by or "", file.why)
        for file in delivery.files
    ]
    catalogued = "in the catalog" if delivery.is_catalogued else "not in the catalog"
    run = f"{_BY_RUN[delivery.state]} {delivery.run_id}" if delivery.run_id else ""
    title = f"Delivery {delivery.name}: {delivery.state}{run}; {catalogued}"
    workspace.console.table(title, _FILE_COLUMNS, rows, data=_record(delivery), wide=wide)


def _record(delivery: RawDelivery) -> dict[str, Any]:
    return {
        "delivery": delivery.name,
        "state": delivery.state,
        "is_catalogued": delivery.is_catalogued,
        "run_id": delivery.run_id,
        "files": [asdict(file) | {"uploaded_at": file.uploaded} for file in delivery.files],
    }

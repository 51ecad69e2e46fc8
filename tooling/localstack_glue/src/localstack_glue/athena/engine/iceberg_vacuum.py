"""VACUUM and DROP TABLE: snapshots that are old enough expire, and files that no table needs any more are removed."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError
from pyiceberg.table.update import AssertTableUUID, RemovePartitionStatisticsUpdate, RemoveSnapshotsUpdate

from localstack_glue.athena.denials import is_denial
from localstack_glue.athena.engine.errors import QueryFailedError

# Athena's documented defaults
_DEFAULTS = {
    "vacuum_max_snapshot_age_seconds": 432_000,
    "vacuum_min_snapshots_to_keep": 1,
    "vacuum_max_metadata_files_to_keep": 100,
}
_AT_ONCE = 1000


def vacuum(table: Any, s3: Any, commit: Callable[[Callable[[], Any]], Any], reload: Callable[[], Any]) -> None:
    """Delete a table's expired snapshots and files.

    Args:
        table: an Iceberg table.
        s3: lists and removes objects.
        commit: makes a change of the table, and reports a conflict.
        reload: the table as it is now.

    Raises:
        QueryFailedError: the table's properties or its location do not allow it.
    """
    place = urlsplit(table.location())
    if not place.path.strip("/"):
        raise QueryFailedError("GENERIC_INTERNAL_ERROR", f"Path missing in file system location: s3://{place.netloc}")
    if not _may_delete(table):
        reason = "Cannot expire snapshots: GC is disabled (deleting files may corrupt other tables)"  # Iceberg's own
        raise QueryFailedError("GENERIC_INTERNAL_ERROR", reason)
    age_s = _setting(table.properties, "vacuum_max_snapshot_age_seconds")
    oldest_ms = int((time.time() - age_s) * 1000)
    expired = _expired(table, oldest_ms, _setting(table.properties, "vacuum_min_snapshots_to_keep"))
    before = set(map(_uri, _referenced_files(table)))
    if expired:
        commit(lambda: _expire(table, expired))
        table = reload()
    kept_logs = _setting(table.properties, "vacuum_max_metadata_files_to_keep")
    logged = [_uri(entry.metadata_file) for entry in table.metadata.metadata_log]
    kept = logged[max(len(logged) - kept_logs, 0) :]
    needed = {*map(_uri, _referenced_files(table)), _uri(table.metadata_location), *kept}
    in_s3 = _uri(table.location()).startswith("s3://")
    orphans = _older_than(s3, place.netloc, place.path.strip("/") + "/", oldest_ms) if in_s3 else ()
    _remove(table.io, s3, {*before, *logged, *orphans} - needed)


def purge(table: Any, s3: Any) -> None:
    """Remove every file of a table that is dropped, unless other tables may use them.

    Args:
        table: an Iceberg table.
        s3: removes objects.
    """
    if not _may_delete(table):
        return
    logged = [entry.metadata_file for entry in table.metadata.metadata_log]
    _remove(table.io, s3, set(map(_uri, (*_referenced_files(table), *logged, table.metadata_location))))


def _may_delete(table: Any) -> bool:
    return str(table.properties.get("gc.enabled", "true")).lower() == "true"


def _uri(file: str) -> str:
    """A file's name as S3 has it, whichever way an engine wrote it."""
    return re.sub("^s3[an]://", "s3://", file)


def _setting(properties: Mapping[str, str], name: str) -> int:
    value = str(properties.get(name, _DEFAULTS[name]))
    if not value.isdigit():
        raise QueryFailedError("INVALID_TABLE_PROPERTY", f"line 1:1: {name} must be a whole number, not '{value}'")
    return int(value)


def _expired(table: Any, oldest_ms: int, least: int) -> list[int]:
    """Snapshots that are too old, but for the heads of branches and tags, and the newest ones of every branch.

    A branch may have a number and an age of its own.
    """
    known = {snapshot.snapshot_id: snapshot for snapshot in table.snapshots()}
    kept = set()
    for reference in table.metadata.refs.values():
        snapshot, count = known.get(reference.snapshot_id), reference.min_snapshots_to_keep or max(least, 1)
        age_ms = reference.max_snapshot_age_ms
        since_ms = oldest_ms if age_ms is None else time.time() * 1000 - age_ms
        while snapshot is not None and (count > 0 or snapshot.timestamp_ms >= since_ms):
            kept.add(snapshot.snapshot_id)
            snapshot, count = known.get(snapshot.parent_snapshot_id), count - 1
    return [
        each.snapshot_id for each in known.values() if each.timestamp_ms < oldest_ms and each.snapshot_id not in kept
    ]


def _expire(table: Any, expired: list[int]) -> None:
    """Remove snapshots and their statistics; PyIceberg removes those of whole snapshots by itself."""
    of_partitions = {each.snapshot_id for each in table.metadata.partition_statistics}.intersection(expired)
    statistics = [RemovePartitionStatisticsUpdate.model_validate({"snapshot-id": each}) for each in of_partitions]
    removal = RemoveSnapshotsUpdate.model_validate({"snapshot-ids": expired})
    table.catalog.commit_table(table, (AssertTableUUID(uuid=table.metadata.table_uuid),), (*statistics, removal))


def _referenced_files(table: Any) -> Iterator[str]:
    """Every file that a snapshot of the table names."""
    manifests: set[str] = set()
    for snapshot in table.snapshots():
        yield snapshot.manifest_list
        for manifest in snapshot.manifests(table.io):
            if manifest.manifest_path not in manifests:
                manifests.add(manifest.manifest_path)
                yield manifest.manifest_path
                yield from (entry.data_file.file_path for entry in manifest.fetch_manifest_entry(table.io))
    yield from (each.statistics_path for each in table.metadata.statistics)
    yield from (each.statistics_path for each in table.metadata.partition_statistics)


def _older_than(s3: Any, bucket: str, prefix: str, oldest_ms: int) -> Iterator[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for item in page.get("Contents", ()):
            # readers without a catalog begin at the hint
            is_file = not item["Key"].endswith(("/", "/metadata/version-hint.text"))
            if is_file and item["LastModified"].timestamp() * 1000 < oldest_ms:
                yield f"s3://{bucket}/{item['Key']}"


def _remove(io: Any, s3: Any, files: Iterable[str]) -> None:
    """Remove files; one that may not be removed stays, as Athena leaves it."""
    by_bucket: dict[str, list[str]] = {}
    for file in sorted(files):
        if not file.startswith("s3://"):
            with suppress(FileNotFoundError, PermissionError):
                io.delete(file)
            continue
        # by the literal key: PyIceberg would drop the part after a `?` or `#`
        bucket, _, key = file.removeprefix("s3://").partition("/")
        by_bucket.setdefault(bucket, []).append(key)
    for bucket, keys in by_bucket.items():
        for start in range(0, len(keys), _AT_ONCE):
            listed = [{"Key": key} for key in keys[start : start + _AT_ONCE]]
            try:
                s3.delete_objects(Bucket=bucket, Delete={"Objects": listed, "Quiet": True})
            except ClientError as error:
                if not is_denial(error):
                    raise

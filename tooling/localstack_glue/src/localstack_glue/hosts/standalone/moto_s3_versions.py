"""Versions of objects in moto's S3: moto loses all of them where versions are suspended.

It also deletes an object for a version that it does not have, and makes no delete marker for one that is not there.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from moto.s3 import notifications
from moto.s3.exceptions import AccessDeniedByLock, InvalidVersion, MissingVersion
from moto.s3.models import FakeDeleteMarker, FakeKey, S3Backend

_NULL = "null"  # the version of what was written while there were none, or they were suspended
_put_object = S3Backend.put_object
_delete_object = S3Backend.delete_object
_delete_objects = S3Backend.delete_objects


def put_object(backend: Any, bucket_name: str, key_name: str, *arguments: Any, **options: Any) -> Any:
    """Write an object; where versions are suspended, it replaces the version null alone."""
    bucket = backend.get_bucket(bucket_name)
    if bucket.versioning_status != "Suspended":
        return _put_object(backend, bucket_name, key_name, *arguments, **options)
    others = [each for each in bucket.keys.getlist(key_name, []) if each.version_id != _NULL]
    dict.pop(bucket.keys, key_name, None)  # moto's own would close their files
    written = _put_object(backend, bucket_name, key_name, *arguments, **options)
    bucket.keys.setlist(key_name, [*others, written])
    return written


def list_versions(
    backend: Any,
    bucket_name: str,
    delimiter: str | None = None,
    key_marker: str | None = None,
    max_keys: int | None = None,
    prefix: str = "",
    version_id_marker: str | None = None,
) -> tuple[list[Any], list[str], list[Any], str | None, str | None]:
    """Versions, folders and delete markers of a page, and the key and version of the last of them if there are more.

    moto leaves out the first key after a marker that is no key, and all that follows a version that was deleted since.
    """
    found: list[tuple[str, Any]] = []
    for name, each in _after(backend.get_bucket(bucket_name), prefix, delimiter, key_marker or "", version_id_marker):
        if len(found) == max_keys:
            versions, folders, markers = _sorted_out(found)
            last, entry = found[-1] if found else (None, None)
            return versions, folders, markers, last, None if entry is None else entry.version_id or _NULL
        found.append((name, each))
    return *_sorted_out(found), None, None


def _after(
    bucket: Any, prefix: str, delimiter: str | None, key_marker: str, version_id_marker: str | None
) -> Iterator[tuple[str, Any]]:
    """The versions after a marker by name, the newest of a name first; a folder is its name alone."""
    last = None
    for name in sorted(bucket.keys):
        if not name.startswith(prefix) or name < key_marker or (name == key_marker and not version_id_marker):
            continue
        head, is_folder, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
        folder = f"{prefix}{head}{delimiter}"
        if is_folder:
            if folder != last and folder != key_marker:
                last = folder
                yield folder, None
            continue
        versions = list(reversed(bucket.keys.getlist(name, [])))
        for each in versions:
            each.is_latest = each is versions[0]
        ids = [each.version_id or _NULL for each in versions]
        seen = ids.index(version_id_marker) + 1 if name == key_marker and version_id_marker in ids else 0
        yield from ((name, each) for each in versions[seen:])


def _sorted_out(found: list[tuple[str, Any]]) -> tuple[list[Any], list[str], list[Any]]:
    versions = [each for _, each in found if isinstance(each, FakeKey)]
    markers = [each for _, each in found if isinstance(each, FakeDeleteMarker)]
    return versions, [name for name, each in found if each is None], markers


def delete_object(
    backend: Any, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
) -> tuple[bool, dict[str, Any]]:
    """Delete an object or one of its versions, or hide it behind a delete marker.

    Raises:
        S3ClientError: the bucket has no versions, or the version is locked.
    """
    bucket = backend.get_bucket(bucket_name)
    if bucket.versioning_status is None:
        if version_id not in (None, _NULL):
            raise InvalidVersion(version_id)
        found: tuple[bool, dict[str, Any]] = _delete_object(backend, bucket_name, key_name, None, bypass)
        return found
    versions = bucket.keys.getlist(key_name, [])
    if version_id is None:
        marker = FakeDeleteMarker(SimpleNamespace(name=key_name))
        if bucket.versioning_status == "Suspended":
            marker._version_id = _NULL
            versions = [each for each in versions if each.version_id != _NULL]
        bucket.keys.setlist(key_name, [*versions, marker])
        return True, {"version-id": marker.version_id, "delete-marker": "true"}
    gone = [each for each in versions if each.version_id == version_id]
    if any(isinstance(each, FakeKey) and each.is_locked(governance_bypass=bypass) for each in gone):
        raise AccessDeniedByLock
    bucket.keys.setlist(key_name, [each for each in versions if each not in gone])
    if not bucket.keys.getlist(key_name):
        dict.pop(bucket.keys, key_name)
    for each in gone:
        if isinstance(each, FakeKey):
            event = notifications.S3NotificationEvent.OBJECT_REMOVED_DELETE_EVENT
            notifications.send_event(backend.account_id, event, bucket, each)
    is_marker = any(isinstance(each, FakeDeleteMarker) for each in gone)
    return bool(gone), {"version-id": version_id, **({"delete-marker": "true"} if is_marker else {})}


def delete_objects(backend: Any, bucket_name: str, objects: list[dict[str, Any]], *arguments: Any) -> Any:
    """Delete several objects, or none if one is named by a version where there are none."""
    if backend.get_bucket(bucket_name).versioning_status is None:
        for each in objects:
            if each.get("VersionId") not in (None, _NULL):
                raise MissingVersion(each["Key"], each["VersionId"])
    return _delete_objects(backend, bucket_name, objects, *arguments)


# what moto has otherwise, each by the class that has it
REPLACED: tuple[tuple[type, str, Any], ...] = (
    (S3Backend, "put_object", put_object),
    (S3Backend, "list_object_versions", list_versions),
    (S3Backend, "delete_object", delete_object),
    (S3Backend, "delete_objects", delete_objects),
)

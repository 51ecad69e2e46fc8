"""Lists of moto's S3, page by page: moto repeats folders on each page, loses parts, and lists all uploads at once."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from moto.core.responses import ActionResult
from moto.s3.exceptions import InvalidArgumentError, InvalidContinuationToken
from moto.s3.models import FakeKey, FakeMultipart, S3Backend
from moto.s3.responses import S3Response

Answer = tuple[int, dict[str, Any], Any]  # status, headers and body, as moto has them
_MOST = 1000  # entries of a page, whatever is asked for
_LIMITS = ("max-keys", "max-parts", "max-uploads", "part-number-marker")
_GREATEST = 2**31 - 1
# the names in answers that moto does not encode, by operation
_NAMES = {
    "ListObjects": ("Marker", "Prefix", "Delimiter", "NextMarker"),
    "ListObjectsV2": ("Delimiter", "StartAfter"),
    "ListObjectVersions": ("KeyMarker", "Prefix", "Delimiter", "NextKeyMarker"),
}
_OWNER = {"ID": "75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a", "DisplayName": "webfile"}  # moto's


def check_page(response: Any, query: dict[str, list[str]]) -> None:
    """Refuse what says wrongly which page is wanted, and limit a page as S3 does; moto fails or answers all.

    Raises:
        S3ClientError: an InvalidArgumentError; a number is none, or the encoding is unknown.
    """
    for name in _LIMITS:
        if name not in query:
            continue
        value = query[name][0]
        if not re.fullmatch(r"-?\d{1,10}", value, re.ASCII) or int(value) > _GREATEST:
            raise InvalidArgumentError(f"Provided {name} not an integer or within integer range", name, value)
        if int(value) < 0:
            message = f"Argument {name} must be an integer between 0 and {_GREATEST}"
            raise InvalidArgumentError(message, name, value)
        if name != "part-number-marker":
            response.querystring[name] = [str(min(int(value), _MOST))]
    encoding = query.get("encoding-type", ["url"])[0]
    if encoding != "url":
        raise InvalidArgumentError("Invalid Encoding Method specified in Request", "encoding-type", encoding)


def _entries(bucket: Any, prefix: str, delimiter: str, after: str, past_folder: bool) -> Iterator[tuple[str, Any]]:
    """The objects and folders after a name, each by its name; a folder is its name.

    Args:
        bucket: moto's.
        prefix: what all names begin with.
        delimiter: what ends the name of a folder; empty for no folders.
        after: the name to begin after.
        past_folder: Whether a folder that this name is in has been listed before.
    """
    last = None
    for name, key in sorted(bucket.keys.items()):
        if not isinstance(key, FakeKey) or not name.startswith(prefix) or name <= after:
            continue
        head, found, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
        folder = f"{prefix}{head}{delimiter}"
        if not found:
            yield name, key
        elif folder != last and not (past_folder and after.startswith(folder)):
            last = folder
            yield folder, folder


def _page(entries: Iterable[tuple[str, Any]], size: int) -> tuple[list[Any], str | None]:
    """The first entries, and the name of the last of them if there are more."""
    found: list[tuple[str, Any]] = []
    for entry in entries:
        if len(found) == size:
            return [each for _, each in found], found[-1][0] if found else None
        found.append(entry)
    return [each for _, each in found], None


def list_objects(
    _backend: Any, bucket: Any, prefix: str | None, delimiter: str | None, marker: str | None, max_keys: int
) -> tuple[list[Any], list[str], bool, str | None]:
    """Objects and folders after a marker, the name of the last, and whether there are more."""
    entries = _entries(bucket, prefix or "", delimiter or "", marker or "", past_folder=True)
    found, last = _page(entries, max_keys)
    keys, folders = S3Response._split_truncated_keys(found)
    return keys, folders, last is not None, last if delimiter else None


def list_objects_v2(
    _backend: Any,
    bucket: Any,
    prefix: str | None,
    delimiter: str | None,
    continuation_token: str | None,
    start_after: str | None,
    max_keys: int,
) -> tuple[list[Any], bool, str | None]:
    """Objects and folders in one order, whether there are more, and the token of the next page.

    Raises:
        S3ClientError: the token is none of this server's.
    """
    after = start_after or ""
    if continuation_token is not None:
        try:
            after = base64.b64decode(continuation_token, altchars=b"-_", validate=True).decode()
        except (binascii.Error, ValueError) as error:
            raise InvalidContinuationToken from error
    entries = _entries(bucket, prefix or "", delimiter or "", after, past_folder=continuation_token is not None)
    found, last = _page(entries, max_keys)
    return found, last is not None, base64.urlsafe_b64encode(last.encode()).decode() if last is not None else None


def complete_list(response: Any, result: Any) -> None:
    """Add to a list what moto leaves out: its marker, and the encoding of names that are not those of objects alone.

    A name with a control character cannot be told without: XML has none.
    """
    action, query = response.data.get("Action"), response.querystring
    names = _NAMES.get(action, ())
    if not names or not isinstance(result, dict):
        return
    if action == "ListObjects":
        result["Marker"] = query.get("marker", [""])[0]
    if action == "ListObjectsV2" and query.get("fetch-owner", [""])[0] != "true":
        for each in result["Contents"]:
            each.pop("Owner", None)
    if "encoding-type" not in query:
        return
    result["EncodingType"] = "url"
    result |= {name: quote(result[name]) for name in names if result.get(name)}
    if action != "ListObjectsV2":  # moto does it there
        result["CommonPrefixes"] = [{"Prefix": quote(each["Prefix"])} for each in result.get("CommonPrefixes", ())]
    for each in (*result.get("Versions", ()), *result.get("DeleteMarkers", ())):
        each["Key"] = quote(each["Key"])


def list_parts(upload: Any, part_number_marker: int, max_parts: int) -> Iterator[FakeKey]:
    """The parts whose numbers come after one; moto counts where it is to compare."""
    for number in [each for each in upload.partlist if each > part_number_marker][:max_parts]:
        yield upload.parts[number]


def is_truncated(backend: Any, bucket_name: str, upload_id: str, next_part_number_marker: int) -> bool:
    """Whether there are parts after one."""
    return any(
        each > next_part_number_marker for each in backend.get_bucket(bucket_name).multiparts[upload_id].partlist
    )


def list_uploads(response: Any) -> Answer:
    """ListMultipartUploads by key, with the times at which they began."""

    def asked(name: str) -> str:
        return str(response.querystring.get(name, [""])[0])

    prefix, delimiter, after = asked("prefix"), asked("delimiter"), asked("key-marker")
    after_id = asked("upload-id-marker")
    size = int(asked("max-uploads") or _MOST)
    known = response.backend.list_multipart_uploads(response.bucket_name).values()
    found: list[Any] = []
    folders: list[str] = []
    truncated = False
    for upload in sorted(known, key=lambda each: (each.key_name, each.initiated, each.id)):
        name = upload.key_name
        if not name.startswith(prefix) or (after and name < after):
            continue
        if after and name == after:
            is_next = bool(after_id) and _began_after(known, after_id, upload)
            if not is_next:
                continue
        head, is_folder, _ = name[len(prefix) :].partition(delimiter) if delimiter else (name, "", "")
        folder = f"{prefix}{head}{delimiter}"
        if is_folder and (folder in folders or after.startswith(folder)):
            continue
        if len(found) + len(folders) == size:
            truncated = True
            break
        if is_folder:
            folders.append(folder)
        else:
            found.append(upload)
    return _answered(response, found, folders, truncated)


def _began_after(known: Iterable[Any], upload_id: str, upload: Any) -> bool:
    marker = next((each for each in known if each.id == upload_id), None)
    return marker is None or (upload.initiated, upload.id) > (marker.initiated, marker.id)


def _answered(response: Any, found: list[Any], folders: list[str], truncated: bool) -> Answer:
    query = {name: value[0] for name, value in response.querystring.items() if isinstance(value, list)}
    is_encoded = "encoding-type" in query

    def written(name: str) -> str:
        return quote(name) if is_encoded else name

    uploads = [
        {
            "Key": written(upload.key_name),
            "UploadId": upload.id,
            "Initiator": _OWNER,
            "Owner": _OWNER,
            "StorageClass": upload.storage or "STANDARD",
            "Initiated": upload.initiated,
            "ChecksumAlgorithm": upload.metadata.get("x-amz-checksum-algorithm"),
            "ChecksumType": upload.metadata.get("x-amz-checksum-type"),
        }
        for upload in found
    ]
    last = max([*(upload.key_name for upload in found), *folders], default="")
    result = {
        "Bucket": response.bucket_name,
        "KeyMarker": written(query.get("key-marker", "")),
        "UploadIdMarker": query.get("upload-id-marker", ""),
        "MaxUploads": int(query.get("max-uploads", _MOST)),
        "IsTruncated": truncated,
        "Uploads": uploads,
        "CommonPrefixes": [{"Prefix": written(folder)} for folder in folders],
        **({"Prefix": written(query["prefix"])} if "prefix" in query else {}),
        **({"Delimiter": written(query["delimiter"])} if "delimiter" in query else {}),
        **({"EncodingType": "url"} if is_encoded else {}),
    }
    if truncated:
        is_upload = bool(found) and found[-1].key_name == last
        result |= {"NextKeyMarker": written(last), "NextUploadIdMarker": found[-1].id if is_upload else ""}
    response.data["Action"] = "ListMultipartUploads"
    answer: Answer = response.serialized(ActionResult(result))
    return answer


# what moto has otherwise, each by the class that has it
REPLACED: tuple[tuple[type, str, Any], ...] = (
    (S3Backend, "list_objects", list_objects),
    (S3Backend, "list_objects_v2", list_objects_v2),
    (S3Backend, "is_truncated", is_truncated),
    (FakeMultipart, "list_parts", list_parts),
    (S3Response, "list_multipart_uploads", list_uploads),
)

"""What moto's S3 answers otherwise than AWS, and clients do not notice: parts, owners, statuses.

docs/reference/glue-service/stand-alone.md lists it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any
from xml.etree import ElementTree

from moto.core.responses import ActionResult
from moto.s3.exceptions import InvalidPartOrder, MalformedXML, S3ClientError
from moto.s3.models import FakeMultipart, S3Backend, get_canned_acl
from moto.s3.responses import S3Response

from localstack_glue.hosts.standalone import moto_s3_lists
from localstack_glue.hosts.standalone.moto_s3_bodies import BadDigestError
from localstack_glue.hosts.standalone.moto_s3_conditions import HeaderNotImplementedError

Answer = tuple[int, dict[str, Any], Any]  # status, headers and body, as moto has them
_PARTIAL = 206
_CHECKSUM = "x-amz-checksum-"
_MOST_KEYS = 1000
_CONDITIONS = ("ETag", "LastModifiedTime", "Size")
_NO_VERSION = ("x-amz-version-id", "null")
# of errors that the SDK's model of S3 does not have: moto answers 400
_STATUSES = {
    "AccessDenied": 403,
    "AccessForbidden": 403,
    "InvalidAccessKeyId": 403,
    "InvalidBucketState": 409,
    "InvalidPartNumber": 416,
    "MissingContentLength": 411,
    "NoSuchConfiguration": 404,
    "NoSuchObjectLockConfiguration": 404,
    "NoSuchPublicAccessBlockConfiguration": 404,
    "NotImplemented": 501,
    "ObjectLockConfigurationNotFoundError": 404,
    "SignatureDoesNotMatch": 403,
}


class InvalidPartNumberError(S3ClientError):
    """The object has no such part."""

    code = "InvalidPartNumber"
    message = "The requested partnumber is not satisfiable"


_serialized = S3Response.serialized


def serialized(response: Any, result: ActionResult) -> Answer:
    """An answer; errors have AWS's status, and lists all their names."""
    moto_s3_lists.complete_list(response, result.result)
    status, headers, body = _serialized(response, result)
    return _STATUSES.get(getattr(result.result, "code", ""), status), headers, body


_complete = FakeMultipart.complete


def complete(upload: Any, body: Iterable[tuple[int, str]]) -> Any:
    """Note the parts of which the object is made: others may have been uploaded.

    Raises:
        S3ClientError: they are not in ascending order, or not the whole that the client announced.
    """
    listed = list(body)
    upload.completed = [number for number, _ in listed]
    if upload.completed != sorted(set(upload.completed)):  # moto compares each with 0
        raise InvalidPartOrder
    made = _complete(upload, iter(listed))
    _check_whole(upload, *made)
    return made


def _check_whole(upload: Any, body: bytes, _etag: str, computed: tuple[str, str, int] | None) -> None:
    """Compare an object of several parts with what the client says of the whole."""
    length = upload.announced.get("x-amz-mp-object-size")
    if length is not None and length != str(len(body)):
        message = f"header value {length} does not match what was computed: {len(body)}"
        raise S3ClientError("InvalidRequest", f"The provided 'x-amz-mp-object-size' {message}")
    algorithm = upload.metadata.get("x-amz-checksum-algorithm", "CRC64NVME")
    announced = upload.announced.get(f"x-amz-checksum-{algorithm.lower()}")
    if announced is None or computed is None:
        return
    kind, value, count = computed
    if announced not in ((value, f"{value}-{count}") if kind == "COMPOSITE" else (value,)):
        raise BadDigestError(f"The {algorithm.lower()} you specified did not match the calculated checksum.")


_new_upload = FakeMultipart.__init__


def begin(upload: Any, *arguments: Any, **options: Any) -> None:
    """Note when the upload began: for moto all began in 2010, and tools that clean up would abort them all.

    Its object belongs to the owner, as others do: for moto to nobody, and it fails when asked.
    """
    _new_upload(upload, *arguments, **options)
    upload.acl = upload.acl or get_canned_acl("private")
    upload.initiated = datetime.now(UTC)
    upload.announced = {}


_get_object = S3Response.get_object


def get_object(response: Any) -> Answer:
    """GetObject with `partNumber`: moto answers the whole object for each part of it."""
    number = response.querystring.pop("partNumber", [None])[0]
    status, headers, body = _get_object(response)
    if number is None or status != 200:
        return status, headers, body
    version = response._get_param("versionId")
    key = response.backend.get_object(response.bucket_name, response.parse_key_name(), version_id=version)
    start, end = _span(key, int(number))
    return _part(key, start, end, headers, body[start:end])


_head_object = S3Response.head_object


def head_object(response: Any, bucket_name: str, query: dict[str, Any], key_name: str, headers: Any) -> Answer:
    """HeadObject with `partNumber`: the object's own ETag, and the part's place in it; with the kind of a checksum."""
    whole = {name: value for name, value in query.items() if name != "partNumber"}
    if whole.get("versionId") == ["null"] and not response.backend.get_bucket(bucket_name).is_versioned:
        del whole["versionId"]  # the only version that objects have there
    status, found, body = _head_object(response, bucket_name, whole, key_name, headers)
    if status != 200:
        return status, found, body
    key = response.backend.head_object(bucket_name, key_name, whole.get("versionId", [None])[0])
    name = f"{_CHECKSUM}{(key.checksum_algorithm or '').lower()}"
    if name in found and key.checksum_type is not None:
        is_of_parts = key.checksum_type == "COMPOSITE"
        found[f"{_CHECKSUM}type"] = key.checksum_type
        found[name] = f"{key.checksum_value}-{key.checksum_parts}" if is_of_parts else key.checksum_value
    if "partNumber" not in query:
        return status, found, body
    start, end = _span(key, int(query["partNumber"][0]))
    return _part(key, start, end, found, body)


def _span(key: Any, number: int) -> tuple[int, int]:
    """Where a part of an object begins and ends.

    Raises:
        InvalidPartNumberError: there is no such part.
    """
    if key.multipart is None:
        if number == 1:
            return 0, key.size
        raise InvalidPartNumberError
    numbers = key.multipart.completed
    if number not in numbers:
        raise InvalidPartNumberError
    ends = list(accumulate(key.multipart.parts[each].contentsize for each in numbers))
    end = ends[numbers.index(number)]
    return end - key.multipart.parts[number].contentsize, end


def _part(key: Any, start: int, end: int, headers: dict[str, Any], body: Any) -> Answer:
    found = {**headers, "content-length": str(end - start)}
    if key.multipart is not None:
        found = {name: value for name, value in found.items() if not name.lower().startswith(_CHECKSUM)}  # the whole's
        found["x-amz-mp-parts-count"] = str(len(key.multipart.completed))
    if start == end:  # an empty object has no range
        return 200, found, body
    return _PARTIAL, {**found, "content-range": f"bytes {start}-{end - 1}/{key.size}"}, body


_about_object = S3Response.key_response


def about_object(response: Any, *arguments: Any, **options: Any) -> Answer:
    """An answer without a version where objects have none: moto names it `null` after uploads in parts."""
    status, headers, body = _about_object(response, *arguments, **options)
    if _NO_VERSION not in headers.items() or response.backend.get_bucket(response.bucket_name).is_versioned:
        return status, headers, body
    return status, {name: value for name, value in headers.items() if (name, value) != _NO_VERSION}, body


_delete_keys = S3Response._bucket_response_delete_keys


def delete_keys(response: Any, *arguments: Any, **options: Any) -> Answer:
    """DeleteObjects with `Quiet`, which asks to list only failures.

    Raises:
        S3ClientError: more than S3 takes at a time.
        HeaderNotImplementedError: keys have conditions, which moto ignores.
    """
    objects = list(ElementTree.fromstring(response.body).iterfind("{*}Object"))  # noqa: S314 - the caller's own
    if len(objects) > _MOST_KEYS:
        raise MalformedXML
    if any(each.find(f"{{*}}{name}") is not None for each in objects for name in _CONDITIONS):
        raise HeaderNotImplementedError("conditions of single keys of DeleteObjects are not checked here")
    status, headers, body = _delete_keys(response, *arguments, **options)
    if re.search(rb"<Quiet>\s*true\s*</Quiet>", response.body) is None:
        return status, headers, body
    return _rewritten(status, headers, re.sub(r"<Deleted>.*?</Deleted>", "", _text(body), flags=re.DOTALL))


_attributes = S3Backend.get_object_attributes


def get_attributes(backend: Any, key: Any, wanted: Iterable[str]) -> dict[str, Any]:
    """GetObjectAttributes of clients that write a space after each comma: moto gives them the first alone."""
    found: dict[str, Any] = _attributes(backend, key, [name.strip() for name in wanted])
    return found


def _rewritten(status: int, headers: dict[str, Any], body: str) -> Answer:
    kept = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    return status, kept, body


def _text(body: Any) -> str:
    return body.decode() if isinstance(body, bytes) else str(body)


# what moto has otherwise, each by the class that has it
REPLACED: tuple[tuple[type, str, Any], ...] = (
    (S3Response, "serialized", serialized),
    (S3Response, "_bucket_response_delete_keys", delete_keys),
    (S3Response, "get_object", get_object),
    (S3Response, "key_response", about_object),
    (S3Backend, "get_object_attributes", get_attributes),
    (FakeMultipart, "complete", complete),
    (FakeMultipart, "__init__", begin),
)

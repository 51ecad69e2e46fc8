"""Conditions and ranges of requests to moto's S3: when an object is read, written or copied, and which part of it.

moto ignores the conditions of copies and most of those of writes, and reads others than S3 where two come together.
docs/reference/glue-service/stand-alone.md lists what is checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from moto.s3.exceptions import (
    InvalidArgumentError,
    MethodNotAllowed,
    MissingKey,
    MissingVersion,
    PreconditionFailed,
    S3ClientError,
)
from moto.s3.models import FakeDeleteMarker
from moto.s3.responses import S3Response
from werkzeug.datastructures import Headers
from werkzeug.http import parse_date

Answer = tuple[int, dict[str, Any], Any]  # status, headers and body, as moto has them
_SOURCE = "x-amz-copy-source"
_CONDITIONS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since")
_RANGE = re.compile(r"bytes=(\d+-\d*|-\d+)")
_SOURCE_RANGE = re.compile(r"bytes=(\d+)-(\d+)")


class HeaderNotImplementedError(S3ClientError):
    """S3 knows the header, but not with this value or not in this place."""

    code = "NotImplemented"
    message = "A header you provided implies functionality that is not implemented"


def status_for(headers: Mapping[str, str], key: Any, prefix: str = "") -> int:
    """200 if the conditions hold, 304 if a reader has the object already, else 412.

    An ETag decides where a date comes with it, as in RFC 9110; dates that cannot be read or are to come say nothing.

    Args:
        headers: those of the request.
        key: moto's object.
        prefix: of the names of the headers.
    """
    match, none_match = headers.get(f"{prefix}if-match"), headers.get(f"{prefix}if-none-match")
    changed = key.last_modified.replace(microsecond=0, tzinfo=UTC)
    unmodified, modified = (_date(headers, f"{prefix}if-{name}-since") for name in ("unmodified", "modified"))
    if match is not None:
        if not _is_of(key, match):
            return HTTPStatus.PRECONDITION_FAILED
    elif unmodified is not None and changed > unmodified:
        return HTTPStatus.PRECONDITION_FAILED
    if none_match is not None:
        return HTTPStatus.NOT_MODIFIED if _is_of(key, none_match) else HTTPStatus.OK
    if modified is not None and changed <= modified < datetime.now(UTC):
        return HTTPStatus.NOT_MODIFIED
    return HTTPStatus.OK


def _is_of(key: Any, wanted: str) -> bool:
    tags = {tag.strip().removeprefix("W/").strip('"') for tag in wanted.split(",")}
    return "*" in tags or key.etag.strip('"') in tags


def _date(headers: Mapping[str, str], name: str) -> datetime | None:
    return parse_date(headers.get(name))


_get_key = S3Response._get_key


def get_key(response: Any, *arguments: Any, **options: Any) -> tuple[Any, bool]:
    """The object of a request, and whether the reader has it already.

    Raises:
        S3ClientError: a condition does not hold, or there is no such object; of a delete marker, that is told.
    """
    headers = response.headers
    response.headers = _without_conditions(headers)
    try:
        key, _ = _get_key(response, *arguments, **options)
    except (MissingKey, MissingVersion):
        _tell_of_marker(response)
        raise
    finally:
        response.headers = headers
    status = status_for(headers, key)
    if status == HTTPStatus.PRECONDITION_FAILED:
        raise PreconditionFailed("If-Match")
    return key, status == HTTPStatus.NOT_MODIFIED


def _tell_of_marker(response: Any) -> None:
    version = response.querystring.get("versionId", [None])[0]
    name = response.parse_key_name()
    found = response.backend.get_object(response.bucket_name, name, version_id=version, return_delete_marker=True)
    if isinstance(found, FakeDeleteMarker):
        response.response_headers["x-amz-delete-marker"] = "true"
        response.response_headers["x-amz-version-id"] = found.version_id
        if version is not None:
            raise MethodNotAllowed(method="GET", resource_type="DeleteMarker")


def _without_conditions(headers: Any) -> Headers:
    return Headers([(name, value) for name, value in headers.items() if name.lower() not in _CONDITIONS])


def head(answer: Any) -> Any:
    """HeadObject as moto answers it, with these conditions instead of its own."""

    def headed(response: Any, bucket_name: str, query: dict[str, Any], key_name: str, headers: Any) -> Answer:
        status, found, body = answer(response, bucket_name, query, key_name, _without_conditions(headers))
        if status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
            return status, found, body
        key = response.backend.get_object(bucket_name, key_name, version_id=query.get("versionId", [None])[0])
        decided = status_for(headers, key) if key is not None else HTTPStatus.OK
        if decided == HTTPStatus.OK:
            return status, found, body
        return decided, {name: value for name, value in found.items() if not name.lower().startswith("content-")}, ""

    return headed


def check_write(response: Any) -> None:
    """Compare what a write is to replace with its conditions.

    Raises:
        S3ClientError: they do not hold, or S3 has no such conditions.
    """
    match, none_match = response.headers.get("If-Match"), response.headers.get("If-None-Match")
    if match is None and none_match is None:
        return
    if (match is not None and none_match is not None) or match == "*" or none_match not in (None, "*"):
        raise HeaderNotImplementedError
    existing = response.backend.get_object(response.bucket_name, response.parse_key_name())
    if none_match and existing is not None:
        raise PreconditionFailed("If-None-Match")
    if match and existing is None:
        raise MissingKey(key=response.parse_key_name())
    if match and not _is_of(existing, match):
        raise PreconditionFailed("If-Match")


_delete_object: Callable[[Any], Answer] = S3Response.delete_object


def delete_object(response: Any) -> Answer:
    """DeleteObject, also under the condition that there is any: moto takes the star for an ETag."""
    if response.headers.get("If-Match") != "*":
        return _delete_object(response)
    if response.backend.get_object(response.bucket_name, response.parse_key_name()) is None:
        raise MissingKey(key=response.parse_key_name())
    headers, response.headers = response.headers, _without_conditions(response.headers)
    try:
        return _delete_object(response)
    finally:
        response.headers = headers


def _source(response: Any) -> Any:
    """The object that is to be copied.

    Raises:
        S3ClientError: there is none, it is named wrongly, or a condition does not hold.
    """
    if "#" in response.headers[_SOURCE]:  # not encoded; moto takes it for the end of the name
        response.headers = Headers(response.headers)
        response.headers[_SOURCE] = response.headers[_SOURCE].replace("#", "%23")
    named = urlsplit(response.headers[_SOURCE])
    bucket, slash, name = unquote(named.path).lstrip("/").partition("/")
    if not slash or not name:
        message = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey"
        raise InvalidArgumentError(message, _SOURCE, response.headers[_SOURCE])
    version = parse_qs(named.query).get("versionId", [None])[0]
    key = response.backend.get_object(bucket, name, version_id=version)
    if key is None:
        raise MissingVersion if version else MissingKey(key=name)
    if status_for(response.headers, key, f"{_SOURCE}-") != HTTPStatus.OK:
        raise PreconditionFailed(f"{_SOURCE}-If-Match")
    return key


_copy_object = S3Response.copy_object


def copy_object(response: Any) -> Answer:
    """CopyObject under conditions. What it makes is one object, also of one that came in parts.

    Raises:
        S3ClientError: an InvalidArgumentError for an unknown directive, or what `_source` raises.
    """
    _source(response)
    for name in ("metadata", "tagging"):
        directive = response.headers.get(f"x-amz-{name}-directive", "COPY")
        if directive not in ("COPY", "REPLACE"):
            raise InvalidArgumentError(f"Unknown {name} directive.", f"x-amz-{name}-directive", directive)
    answer: Answer = _copy_object(response)
    response.backend.get_object(response.bucket_name, response.parse_key_name()).multipart = None
    return answer


_upload_part_copy = S3Response.upload_part_copy


def upload_part_copy(response: Any) -> Answer:
    """UploadPartCopy under conditions, of a range that the source has: moto copies the whole, or less.

    Raises:
        S3ClientError: an InvalidArgumentError for another range, or what `_source` raises.
    """
    key = _source(response)
    wanted = response.headers.get(f"{_SOURCE}-range")
    if wanted is not None:
        found = _SOURCE_RANGE.fullmatch(wanted)
        if found is None or int(found[1]) > int(found[2]):
            message = (
                f"The {_SOURCE}-range value must be of the form bytes=first-last where first and last are the "
                "zero-based offsets of the first and last bytes to copy"
            )
            raise InvalidArgumentError(message, f"{_SOURCE}-range", wanted)
        if int(found[2]) >= key.size:
            message = f"Range specified is not valid for source object of size: {key.size}"
            raise InvalidArgumentError(message, f"{_SOURCE}-range", wanted)
    answer: Answer = _upload_part_copy(response)
    return answer


_handle_range = S3Response._handle_range_header


def handle_range(response: Any, request: Any, headers: dict[str, Any], content: Any) -> Answer:
    """An answer to a request with a range; S3 answers the whole to one that it cannot read."""
    is_object = any(name.lower() == "accept-ranges" for name in headers)
    if not is_object or not _RANGE.fullmatch(request.headers["range"].strip()):
        return HTTPStatus.OK, headers, content
    answer: Answer = _handle_range(response, request, headers, content)
    return answer


# what moto has otherwise, each by the class that has it
REPLACED: tuple[tuple[type, str, Any], ...] = (
    (S3Response, "_get_key", get_key),
    (S3Response, "delete_object", delete_object),
    (S3Response, "copy_object", copy_object),
    (S3Response, "upload_part_copy", upload_part_copy),
    (S3Response, "_handle_range_header", handle_range),
)

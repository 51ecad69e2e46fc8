"""Tags, locks and ACLs of objects: moto fails where there is no object, and has no GET of a retention."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import xmltodict
from botocore.utils import parse_timestamp
from moto.core.responses import ActionResult
from moto.s3 import responses
from moto.s3.exceptions import (
    InvalidArgumentError,
    InvalidTagError,
    LockNotEnabled,
    MissingKey,
    MissingVersion,
    S3ClientError,
)
from moto.s3.responses import S3Response

Answer = tuple[int, dict[str, Any], Any]  # status, headers and body, as moto has them
_key_response_get = S3Response._key_response_get
_canned_acl = responses.get_canned_acl


class NoLockError(S3ClientError):
    """The object is not locked."""

    code = "NoSuchObjectLockConfiguration"
    message = "The specified object does not have a ObjectLock configuration"


def _existing(response: Any) -> Any:
    name, version = response.parse_key_name(), response._get_param("versionId")
    key = response.backend.get_object(response.bucket_name, name, version_id=version)
    if key is None:
        raise MissingVersion(name, version) if version else MissingKey(key=name)
    return key


def _of_an_object(method: Callable[..., Any]) -> Callable[..., Any]:
    """Answer that there is no such object before anything of it is changed."""

    @wraps(method)
    def called(response: Any) -> Any:
        _existing(response)
        return method(response)

    return called


def get(response: Any, query: dict[str, Any], key_name: str) -> Answer:
    """A GET of an object, or of its retention, for which moto answers the object.

    Raises:
        S3ClientError: there is none.
    """
    if "retention" not in query:
        answer: Answer = _key_response_get(response, query, key_name)
        return answer
    response._set_action("KEY", "GET", query)
    response._authenticate_and_authorize_s3_action(bucket_name=response.bucket_name, key_name=key_name)
    key = _lockable(response)
    if not key.lock_mode:
        raise NoLockError
    retention = {"Mode": key.lock_mode, "RetainUntilDate": parse_timestamp(key.lock_until)}
    return _answered(response, "GetObjectRetention", {"Retention": retention})


def get_legal_hold(response: Any) -> Answer:
    """The legal hold of an object.

    Raises:
        NoLockError: none was ever put.
    """
    key = _lockable(response)
    if not key.lock_legal_status:
        raise NoLockError
    return _answered(response, "GetObjectLegalHold", {"LegalHold": {"Status": key.lock_legal_status}})


def _lockable(response: Any) -> Any:
    if not response.backend.get_bucket(response.bucket_name).object_lock_enabled:
        raise LockNotEnabled
    return _existing(response)


def _answered(response: Any, operation: str, result: dict[str, Any]) -> Answer:
    response.data["Action"] = operation
    answer: Answer = response.serialized(ActionResult(result))
    return answer


def tags(response: Any) -> dict[str, str]:
    """The tags in a document, which may have none.

    Raises:
        S3ClientError: an InvalidTagError; two of them have one key.
    """
    found = xmltodict.parse(response.body, force_list={"Tag": True})["Tagging"]["TagSet"] or {}
    listed = [(tag["Key"], tag["Value"] or "") for tag in found.get("Tag", ())]
    if len(dict(listed)) < len(listed):
        raise InvalidTagError("Cannot provide multiple Tags with the same key")
    return dict(listed)


def put_acl(response: Any) -> Answer:
    """PutObjectAcl, also with a document: moto gives the object its bucket's ACL."""
    acl = response._acl_from_headers(response.headers) or response._acl_from_body()
    response.backend.put_object_acl(response.bucket_name, response.parse_key_name(), acl)
    return 200, response._get_cors_headers_other(), ""


def canned_acl(name: str) -> Any:
    """The ACL of a name.

    Raises:
        S3ClientError: an InvalidArgumentError; S3 has none of that name.
    """
    try:
        return _canned_acl(name)
    except AssertionError as error:
        raise InvalidArgumentError("Invalid Argument", "x-amz-acl", name) from error


# what moto has otherwise, each by its place
REPLACED: tuple[tuple[Any, str, Any], ...] = (
    (S3Response, "get_object_legal_hold", get_legal_hold),
    (S3Response, "put_object_legal_hold", _of_an_object(S3Response.put_object_legal_hold)),
    (S3Response, "put_object_retention", _of_an_object(S3Response.put_object_retention)),
    (S3Response, "delete_object_tagging", _of_an_object(S3Response.delete_object_tagging)),
    (S3Response, "put_object_acl", put_acl),
    (S3Response, "_tagging_from_xml", tags),
    (responses, "get_canned_acl", canned_acl),
)

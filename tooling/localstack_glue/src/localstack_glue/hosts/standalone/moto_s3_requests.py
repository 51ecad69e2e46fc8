"""Requests to moto's S3 that no SDK makes, or whose document is none: refused as on AWS, before they reach moto.

moto takes a request about a part of a bucket or object that it does not know for one about the whole, and lists,
creates, overwrites or deletes that. What S3 has is read from the SDK's model of it.
docs/reference/glue-service/stand-alone.md lists what is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, wraps
from typing import Any
from urllib.parse import parse_qs
from xml.etree import ElementTree

from botocore.exceptions import ParamValidationError
from botocore.model import OperationModel, Shape
from botocore.validate import ParamValidator
from moto.core.parse import PROTOCOL_PARSERS, RequestParserError
from moto.core.utils import get_service_model
from moto.s3.exceptions import (
    InvalidArgumentError,
    MalformedXML,
    MethodNotAllowed,
    MissingRequestBody,
    NoSuchUpload,
    S3ClientError,
)
from moto.s3.responses import S3Response

from localstack_glue.hosts.standalone import moto_bucket_settings, moto_object_settings, moto_s3, moto_s3_conditions
from localstack_glue.hosts.standalone.moto_s3_bodies import is_form
from localstack_glue.hosts.standalone.moto_s3_lists import check_page

BUCKET, OBJECT = "/{Bucket}", "/{Bucket}/{Key+}"
_SELECTING = frozenset({"partNumber", "uploadId", "versionId"})  # words with a value that say which object is meant
_LONGEST_KEY, _MOST_PARTS = 1024, 10_000
_ACL, _ACL_HEADERS = ("PutBucketAcl", "PutObjectAcl"), ("x-amz-acl", "x-amz-grant-")
# what the SDK's model has, but neither moto nor this server; by method, "" stands for each
REFUSED_OF_BUCKETS: dict[str, tuple[str, ...]] = {
    "": (
        "abac",
        "metadataAnnotationTable",
        "metadataConfiguration",
        "metadataInventoryTable",
        "metadataJournalTable",
        "metadataTable",
        "session",
    )
}
REFUSED_OF_OBJECTS: dict[str, tuple[str, ...]] = {"": ("annotation", "renameObject", "torrent"), "PUT": ("encryption",)}


class NotImplementedHereError(S3ClientError):
    """S3 has the operation, this server has not."""

    code = "NotImplemented"


class MalformedPolicyError(S3ClientError):
    """The body is no policy."""

    code = "MalformedPolicy"
    message = "Policies must be valid JSON and the first byte must be '{{'"


class KeyTooLongError(S3ClientError):
    """The name of the object is longer than 1024 bytes."""

    code = "KeyTooLongError"
    message = "Your key is too long"


class RangeAndPartError(S3ClientError):
    """Two things say which bytes are wanted."""

    code = "InvalidRequest"
    message = "Cannot specify both Range header and partNumber query parameter"


class ExpiredError(S3ClientError):
    """The address was signed for a time that is over."""

    code = "AccessDenied"
    message = "Request has expired"


class MissingSecurityHeaderError(S3ClientError):
    """Neither headers nor a document say who may do what."""

    code = "MissingSecurityHeader"
    message = "Your request was missing a required header"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of S3, by what its requests look like.

    Attributes:
        model: The SDK's model of it.
        words: What its query has without a value.
        needed: The words with a value that each request has.
        accepted: Those that requests may have, and those that they have.
    """

    model: OperationModel
    words: frozenset[str]
    needed: frozenset[str]
    accepted: frozenset[str]


@cache
def operations() -> dict[tuple[str, str], tuple[Operation, ...]]:
    """The operations of S3 by path and method."""
    service = get_service_model("s3")
    found: dict[tuple[str, str], tuple[Operation, ...]] = {}
    for model in map(service.operation_model, service.operation_names):
        path, _, query = model.http["requestUri"].partition("?")
        members = model.input_shape.members if model.input_shape else {}
        names = {
            name: shape.serialization.get("name")
            for name, shape in members.items()
            if shape.serialization.get("location") == "querystring"
        }
        required = {names[name] for name in (model.input_shape.required_members if names else ()) if name in names}
        words = frozenset(word for word in query.split("&") if word and "=" not in word)
        operation = Operation(model, words, _SELECTING & required, _SELECTING & set(names.values()))
        found[path, model.http["method"]] = (*found.get((path, model.http["method"]), ()), operation)
    return found


@cache
def _words() -> frozenset[str]:
    return frozenset(word for each in operations().values() for operation in each for word in operation.words)


def check_request(response: Any, path: str, method: str) -> None:
    """Refuse a request that S3 does not have, or whose body is not the document that belongs to it.

    Raises:
        NotImplementedHereError: S3 has it, this server has not.
        S3ClientError: it is such a request; an InvalidArgumentError if its query selects what it has not.
    """
    query = parse_qs(response.parsed_url.query, keep_blank_values=True)
    check_expiry(query)
    refused, of = (REFUSED_OF_BUCKETS, "a bucket") if path == BUCKET else (REFUSED_OF_OBJECTS, "an object")
    if unknown := [name for name in (*refused[""], *refused.get(method, ())) if name in query]:
        raise NotImplementedHereError(f"{method} ?{unknown[0]} of {of} is not answered here")
    words, selecting = _words() & set(query), _SELECTING & set(query)
    named = [each for each in operations().get((path, method), ()) if each.words == words]
    if not named:
        raise MethodNotAllowed(method=method)
    fitting = [each for each in named if each.needed <= selecting <= each.accepted]
    if not fitting:
        first = sorted(selecting or named[0].needed)[0]
        message = f"This operation does not accept {first} like this"
        raise InvalidArgumentError(message, first, query.get(first, [""])[0])
    if not is_form(response.request):
        _check_document([each.model for each in fitting], response)
    check_page(response, query)
    if path == OBJECT:
        _check_object(response, method, query)
        if not words and (method, bool(selecting)) in (("PUT", False), ("POST", True)):
            moto_s3_conditions.check_write(response)


def _check_object(response: Any, method: str, query: dict[str, list[str]]) -> None:
    name = response.parse_key_name()
    if len(name.encode()) > _LONGEST_KEY:
        raise KeyTooLongError
    number = query.get("partNumber", ["1"])[0]
    if not (number.isascii() and number.isdigit() and 1 <= int(number) <= _MOST_PARTS):
        raise InvalidArgumentError(
            "Part number must be an integer between 1 and 10000, inclusive", "partNumber", number
        )
    if method in ("GET", "HEAD") and "partNumber" in query and "Range" in response.headers:
        raise RangeAndPartError
    if "uploadId" in query:
        upload_id = query["uploadId"][0]
        upload = response.backend.get_bucket(response.bucket_name).multiparts.get(upload_id)
        made = response.backend.get_object(response.bucket_name, name) if method == "POST" else None
        is_made = made is not None and made.multipart is not None and made.multipart.id == upload_id
        if not is_made and (upload is None or upload.key_name != name):  # moto fails, or takes another object's
            raise NoSuchUpload(upload_id=upload_id)
        if upload is not None:
            upload.announced = response.headers


def check_expiry(query: dict[str, list[str]]) -> None:
    """Refuse an address that was signed for a time that is over.

    Raises:
        ExpiredError: it is over.
    """
    signed, lasts, until = (query.get(name, [""])[0] for name in ("X-Amz-Date", "X-Amz-Expires", "Expires"))
    try:
        if signed and lasts:
            began = datetime.strptime(signed, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            is_over = began + timedelta(seconds=int(lasts)) < datetime.now(UTC)
        else:
            is_over = "Signature" in query and int(until) < datetime.now(UTC).timestamp()
    except ValueError:
        return
    if is_over:
        raise ExpiredError


def _check_document(models: Sequence[OperationModel], response: Any) -> None:
    documents = [(model, shape) for model in models if (shape := _document(model)) is not None]
    body = response.body or b""
    if not documents or (not body and models[0].name == "CreateBucket"):
        return
    if not body and models[0].name in _ACL:
        if not any(name.lower().startswith(_ACL_HEADERS) for name in response.headers.keys()):  # noqa: SIM118
            raise MissingSecurityHeaderError
    elif not body:
        raise MissingRequestBody
    elif not any(_fits(model, shape, body) for model, shape in documents):
        raise MalformedPolicyError if documents[0][1].type_name == "string" else MalformedXML


def _document(model: OperationModel) -> Shape | None:
    """What the body of an operation has to be; None for anything."""
    payload = model.input_shape.serialization.get("payload") if model.input_shape else None
    if payload is None and model.input_shape and "name" in model.input_shape.serialization:
        return model.input_shape  # the members that are not in headers or query
    if payload is None or model.input_shape.members[payload].type_name not in ("structure", "string"):
        return None
    return model.input_shape.members[payload]


def _fits(model: OperationModel, shape: Shape, body: bytes) -> bool:
    if shape.type_name == "string":
        return _is_policy(body)
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - the caller's own
        if root.tag.rpartition("}")[2] != shape.serialization["name"]:
            return False
        if shape is model.input_shape:
            return True
        request = {"method": "", "values": {}, "headers": {}, "body": body, "url_path": "", "url_params": {}}
        found = PROTOCOL_PARSERS["rest-xml"](model).parse(request)
        payload = found.get(model.input_shape.serialization["payload"]) or {}
        has_values = model.name == "CreateBucket" or _has_known_values(payload, shape)  # moto knows the regions
        return has_values and not ParamValidator().validate(payload, shape).has_errors()
    except (ElementTree.ParseError, RequestParserError, ParamValidationError, TypeError, ValueError):
        return False


def _has_known_values(value: Any, shape: Shape) -> bool:
    """Whether each of a choice of words is one of them; the SDK leaves that to S3."""
    if shape.type_name == "structure":
        return all(_has_known_values(value[name], shape.members[name]) for name in value)
    if shape.type_name == "list":
        return all(_has_known_values(each, shape.member) for each in value)
    return not getattr(shape, "enum", None) or value in shape.enum


def _is_policy(body: bytes) -> bool:
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False


def _with_checked_request(path: str, method: str, answer: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(answer)
    def checked(response: Any, *arguments: Any, **options: Any) -> Any:
        check_request(response, path, method)
        return answer(response, *arguments, **options)

    return checked


def _checked(path: str, answers: Iterable[tuple[str, str, Any]]) -> Iterable[tuple[type, str, Any]]:
    for method, name, answer in answers:
        yield S3Response, name, _with_checked_request(path, method, answer)


# what moto has otherwise, each by the class that has it
REPLACED: tuple[tuple[type, str, Any], ...] = (
    *_checked(
        BUCKET,
        (
            ("PUT", "_bucket_response_put", moto_bucket_settings.put),
            ("GET", "_bucket_response_get", moto_bucket_settings.get),
            ("DELETE", "_bucket_response_delete", moto_bucket_settings.delete),
            ("POST", "_bucket_response_post", S3Response._bucket_response_post),
            ("HEAD", "head_bucket", S3Response.head_bucket),
        ),
    ),
    *_checked(
        OBJECT,
        (
            ("PUT", "_key_response_put", S3Response._key_response_put),
            ("GET", "_key_response_get", moto_object_settings.get),
            ("DELETE", "_key_response_delete", S3Response._key_response_delete),
            ("POST", "_key_response_post", S3Response._key_response_post),
            ("HEAD", "head_object", moto_s3_conditions.head(moto_s3.head_object)),
        ),
    ),
)

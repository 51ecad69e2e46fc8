"""The AWS call of an HTTP request, recognised from its method, address and headers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from localstack_glue.faults.plan import Call

_SIGNED_FOR = re.compile(r"Credential=[^/]+/[^/]+/[^/]+/([^/]+)/")
_NAMES = ("TableName", "Name", "JobName", "DatabaseName")
_OF_OBJECT = {"GET": "GetObject", "HEAD": "HeadObject", "PUT": "PutObject", "DELETE": "DeleteObject"}
_OF_BUCKET = {"GET": "ListObjects", "HEAD": "HeadBucket", "PUT": "CreateBucket", "DELETE": "DeleteBucket"}
_OF_QUERY = {
    ("POST", "uploads"): "CreateMultipartUpload",
    ("GET", "uploads"): "ListMultipartUploads",
    ("PUT", "uploadId"): "UploadPart",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
    ("GET", "uploadId"): "ListParts",
    ("POST", "delete"): "DeleteObjects",
    ("GET", "list-type"): "ListObjectsV2",
}
_ABOUT_OBJECT = {
    "acl": "Acl",
    "attributes": "Attributes",
    "legal-hold": "LegalHold",
    "retention": "Retention",
    "tagging": "Tagging",
}


def parse_call(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Call:
    """The call of a request. Header names are in lower case; S3 is addressed by path.

    Services with JSON name their operation in a header, form-based ones in the form, S3 by method and query.
    """
    if named := headers.get("x-amz-target"):
        prefix, _, operation = named.partition(".")
        service = signed_service(headers) or prefix.removeprefix("AWS").lower()
        return Call(service, operation, name_in(_json(body)), is_json=True)
    service = signed_service(headers)
    if service not in ("", "s3") and method == "POST":
        form = parse_qs(body.decode("utf-8", "replace"))
        return Call(service, form.get("Action", [""])[0])
    address = urlsplit(target)
    query = parse_qs(address.query, keep_blank_values=True)
    path = unquote(address.path).lstrip("/")
    if not path:
        return Call("s3", "ListBuckets")
    for (of_method, name), operation in _OF_QUERY.items():
        if method == of_method and name in query:
            prefix = query.get("prefix", [""])[0]
            return Call("s3", operation, f"{path.rstrip('/')}/{prefix}" if prefix else path)
    if "x-amz-copy-source" in headers:
        return Call("s3", "CopyObject", path)
    is_object = "/" in path.rstrip("/")
    about = next((name for name in _ABOUT_OBJECT if name in query), None)
    if is_object and about is not None:
        return Call("s3", f"{method.title()}Object{_ABOUT_OBJECT[about]}", path)
    return Call("s3", (_OF_OBJECT if is_object else _OF_BUCKET).get(method, method), path)


def signed_service(headers: Mapping[str, str]) -> str:
    """The service that a request is signed for; empty if it is not signed."""
    signed = _SIGNED_FOR.search(headers.get("authorization", ""))
    return signed.group(1) if signed else ""


def name_in(request: object) -> str:
    """The name of the resource of a request with members: `database.table`, or the resource's own name."""
    if not isinstance(request, dict):
        return ""
    table = request.get("TableInput")
    if isinstance(table, dict) and isinstance(table.get("Name"), str):
        return f"{request.get('DatabaseName', '')}.{table['Name']}"
    found = next((request[name] for name in _NAMES if isinstance(request.get(name), str)), "")
    database = request.get("DatabaseName")
    return f"{database}.{found}" if isinstance(database, str) and found and found != database else found


def _json(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except ValueError:
        return None

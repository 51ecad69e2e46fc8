"""The AWS call of an HTTP request, recognised from its method, address and headers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import ServiceModel

from localstack_glue.faults.plan import Call, Language

_SIGNED_FOR = re.compile(r"Credential=[^/]+/[^/]+/[^/]+/([^/]+)/")
_NAMES = ("TableName", "Name", "JobName", "DatabaseName")
_OF_CBOR = re.compile(r"/service/[^/]+/operation/([^/]+)")
_REST = ("rest-json", "rest-xml")
_COPIES = "x-amz-copy-source"


def parse_call(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Call:
    """The call of a request. Header names are in lower case; S3 is addressed by path.

    Services with JSON name their operation in a header, those with CBOR in the address, form-based ones in the form,
    S3 and other REST services by method, address and query.
    """
    address = urlsplit(target)
    query = parse_qs(address.query, keep_blank_values=True)
    service = signed_service(headers) or _signed_service(f"Credential={query.get('X-Amz-Credential', [''])[0]}/")
    if named := headers.get("x-amz-target"):
        prefix, _, operation = named.partition(".")
        return Call(service or prefix.removeprefix("AWS").lower(), operation, name_in(_json(body)), Language.JSON)
    if headers.get("smithy-protocol") == "rpc-v2-cbor" and (found := _OF_CBOR.fullmatch(address.path)):
        return Call(service, found.group(1), language=Language.CBOR)
    if address.path == "/" or service == "sqs":  # whose forms are sent to the queue
        asked = query if method == "GET" else parse_qs(body.decode("utf-8", "replace"))
        if "Action" in asked:
            return Call(service or "sts", asked["Action"][0])  # STS takes some calls without a signature
    path = unquote(address.path)
    operation = _rest_operation(service or "s3", method, path, frozenset(query), is_copy=_COPIES in headers)
    if service not in ("", "s3"):
        return Call(service, operation)
    key, prefix = path.lstrip("/"), query.get("prefix", [""])[0]
    is_object = "/" in key.rstrip("/")
    return Call("s3", operation or method, f"{key.rstrip('/')}/{prefix}" if prefix and not is_object else key)


@dataclass(frozen=True, slots=True)
class _Operation:
    """An operation of a REST service: what its requests have."""

    name: str
    path: re.Pattern[str]
    literals: int
    query: frozenset[str]
    is_copy: bool


def _rest_operation(service: str, method: str, path: str, query: frozenset[str], *, is_copy: bool) -> str:
    """AWS's name of a call; empty if the service is no REST service or has no such call."""
    fitting = [
        each
        for each in _rest_operations(service).get(method, ())
        if each.query <= query and (is_copy or not each.is_copy) and each.path.fullmatch(path)
    ]
    best = max(fitting, key=lambda each: (len(each.query), each.is_copy, each.literals), default=None)
    return best.name if best else ""


@cache
def _rest_operations(service: str) -> Mapping[str, Sequence[_Operation]]:
    """The operations of a REST service by their methods, from botocore's description of it."""
    try:
        model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    except UnknownServiceError:
        return {}
    found: dict[str, list[_Operation]] = {}
    for name in model.operation_names if model.metadata["protocol"] in _REST else ():
        operation = model.operation_model(name)
        if operation.deprecated or name == "ListDirectoryBuckets":  # whose request is that of ListBuckets
            continue
        address, _, parameters = operation.http["requestUri"].partition("?")
        shape = operation.input_shape
        members = [shape.members[member].serialization for member in shape.required_members] if shape else []
        needed = {each["name"] for each in members if each.get("location") == "querystring"}
        found.setdefault(operation.http["method"], []).append(
            _Operation(
                name,
                re.compile(_pattern(address), re.DOTALL),
                len(re.sub(r"\{[^}]*\}", "", address)),
                frozenset(needed | {part.partition("=")[0] for part in parameters.split("&") if part}),
                any(each.get("name") == _COPIES for each in members),
            )
        )
    return found


def _pattern(address: str) -> str:
    """A regular expression for the path of an operation, whose parameters are in braces; a slash may follow."""
    parts = re.split(r"(\{[^}]*\})", address.rstrip("/"))
    texts = [
        re.escape(part) if not part.startswith("{") else ".+" if part.endswith("+}") else "[^/]+" for part in parts
    ]
    return "".join(texts) + "/?"


def signed_service(headers: Mapping[str, str]) -> str:
    """The service that a request is signed for; empty if it is not signed."""
    return _signed_service(headers.get("authorization", ""))


def _signed_service(text: str) -> str:
    signed = _SIGNED_FOR.search(text)
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

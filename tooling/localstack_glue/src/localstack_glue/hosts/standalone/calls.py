"""HTTP requests as calls of AWS's APIs: the caller, the service, the operation and the parameters."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from botocore.exceptions import BotoCoreError
from botocore.model import OperationModel
from botocore.utils import parse_timestamp
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import HTTPException

from localstack_glue.iam import moto_sessions
from localstack_glue.iam.requests import access_key_id, posted_call
from localstack_glue.service.account_region import Scope
from localstack_glue.service.json_types import check_body

DEFAULT_ACCOUNT = "000000000000"
_DEFAULT_REGION = "us-east-1"
_ACCOUNT_DIGITS = 12
# names that requests are signed for, where botocore calls the service otherwise
_SERVICES = {"monitoring": "cloudwatch", "states": "stepfunctions", "email": "ses"}
_BODY_OF_PARAMETERS = ("DeleteObjects",)  # the only S3 call that needs its body for identification


@dataclass(frozen=True)
class Caller:
    """The signer of a request, and its service and region: ``key`` is None if it is not signed."""

    key: str | None
    service: str
    region: str

    def scope(self, account: str | None = None) -> Scope:
        """The account, region and caller of a call.

        Args:
            account: the account, if the caller of this knows it. Otherwise a key of twelve digits is an account, and
                a key that moto made for a user or a session of a role is of theirs.
        """
        key = self.key or ""
        own = key if key.isdigit() and len(key) == _ACCOUNT_DIGITS else None
        if account is None and own is None and key:
            own = moto_sessions.find_account(key)
        return Scope(account or own or DEFAULT_ACCOUNT, self.region, key)


@dataclass(frozen=True)
class ApiCall:
    """One call: the operation and its parameters."""

    service: str
    operation: OperationModel
    protocol: str
    parameters: dict[str, Any]


def read_caller(request: Request) -> Caller:
    """Read the signer of a request; an unsigned one, or a signed form, counts as S3's."""
    authorization = request.headers.get("Authorization") or ""
    credential = authorization.partition("Credential=")[2].partition(",")[0] or request.args.get("X-Amz-Credential", "")
    parts = credential.strip().split("/")
    _key, _day, region, service = parts[:4] if len(parts) >= 4 else ("", "", _DEFAULT_REGION, "s3")
    if service == "aws4_request":  # signed for several regions (SigV4A), which a header names
        regions = request.headers.get("X-Amz-Region-Set") or request.args.get("X-Amz-Region-Set", "")
        first = regions.partition(",")[0].strip()
        region, service = _DEFAULT_REGION if "*" in first or not first else first, region
    return Caller(access_key_id(request), _SERVICES.get(service, service), region)


def _moment(value: str | float) -> datetime:
    """A timestamp in UTC; moto's own parser gives one without a zone."""
    parsed: datetime = parse_timestamp(value)
    return parsed.astimezone(UTC)


def identify_call(request: Request, caller: Caller, own: Container[str] = ()) -> ApiCall | None:
    """The call of a request; None if no API has such a call.

    Raises:
        SerializationError: the body of a call of one of this service's `own` APIs has other types than the model.
    """
    if (request.content_type or "").startswith("application/x-www-form-urlencoded") and caller.service != "s3":
        request.get_data()  # reading its fields would use it up
    try:
        model = get_service_model(caller.service)
        protocol = determine_request_protocol(model, request.content_type)
        operation, in_path = get_service_router(caller.service).match(request)
    except (HTTPException, KeyError, NotImplementedError, ValueError):
        return None
    if protocol == "json" and caller.service in own:
        check_body(operation, request.get_data())
    is_object = caller.service == "s3" and operation.name not in _BODY_OF_PARAMETERS
    parsed = PROTOCOL_PARSERS[protocol](operation, timestamp_parser=_moment).parse(
        {
            "method": request.method,
            "values": request.values if protocol in ("query", "ec2") else request.args,
            "headers": request.headers,
            "body": b"" if is_object else request.get_data(),
            "url_path": request.path,
            "url_params": in_path,
        }
    )
    if operation.name == "PostObject":
        parsed = _posted(request)
    return ApiCall(caller.service, operation, protocol, dict(parsed))


def message_member(service: str, code: str) -> str:
    """The name that a service's model gives the text of an error: some clients read no other spelling."""
    try:
        shape = get_service_model(service).shape_for_error_code(code)
    except BotoCoreError:  # there is no such service
        shape = None
    members = shape.members if shape is not None else ()
    return next((name for name in members if name.lower() == "message"), "message")


def replace_body(request: Request, body: bytes) -> None:
    """Replace the body of a request, and remove the checksums of the old one."""
    sums = ("HTTP_CONTENT_MD5", "HTTP_X_AMZ_CHECKSUM_", "HTTP_X_AMZ_SDK_CHECKSUM_")
    for name in [name for name in request.environ if name.startswith(sums)]:
        del request.environ[name]
    if "HTTP_X_AMZ_CONTENT_SHA256" in request.environ:
        request.environ["HTTP_X_AMZ_CONTENT_SHA256"] = "UNSIGNED-PAYLOAD"
    vars(request)["_cached_data"] = body
    request.environ["wsgi.input"] = BytesIO(body)
    request.environ["CONTENT_LENGTH"] = str(len(body))
    request.environ.pop("wsgi.input_terminated", None)


def _posted(request: Request) -> dict[str, Any]:
    """The upload of a form, and its destination: the bucket in the address, by path or by host."""
    router = get_service_router("s3")._get_router("rest-xml")
    return {"Bucket": router._get_path(request).strip("/"), **posted_call(request)}

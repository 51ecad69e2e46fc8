"""AWS's responses when it refuses: XML for S3 and calls by forms, CBOR where clients speak it, JSON for the others."""

from __future__ import annotations

import json
from dataclasses import dataclass

from localstack_glue.faults.plan import Call, Language, Mode

_ANYWAY = "injected by a fault plan"
_NOT_FOUND = {"glue": "EntityNotFoundException", "iam": "NoSuchEntity"}
_XML = ("sts", "iam", "monitoring", "sns", "sqs")  # which clients call by forms, some of them by JSON too


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer: status, type of the content, and the content."""

    status: int
    content_type: str
    body: bytes
    code: str


def build_refusal(call: Call, mode: Mode) -> Refusal:
    """The error response for a call under this mode."""
    status, code = _status_and_code(call, mode)
    message = f"{code} ({_ANYWAY})"
    if call.service == "s3":
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
        return Refusal(status, "application/xml", text.encode(), code)
    if call.language is Language.CBOR:
        fields = {"__type": code, "message": message}
        parts = [_cbor(text) for field in fields.items() for text in field]
        return Refusal(status, "application/cbor", bytes([0xA0 + len(fields)]) + b"".join(parts), code)
    if call.service in _XML and call.language is not Language.JSON:
        inside = f"<Error><Type>Receiver</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        return Refusal(status, "text/xml", f"<ErrorResponse>{inside}</ErrorResponse>".encode(), code)
    body = json.dumps({"__type": code, "message": message}).encode()
    return Refusal(status, "application/x-amz-json-1.1", body, code)


def _cbor(text: str) -> bytes:
    """A text of less than 256 bytes in CBOR: its type, its length in one byte, and itself."""
    return bytes([0x78, len(text)]) + text.encode("ascii")


def _status_and_code(call: Call, mode: Mode) -> tuple[int, str]:
    is_s3 = call.service == "s3"
    if mode is Mode.THROTTLE:
        return (503, "SlowDown") if is_s3 else (400, "ThrottlingException")
    if mode is Mode.EXPIRE:
        return (400, "ExpiredToken") if is_s3 else (400, "ExpiredTokenException")
    if mode is Mode.DENY:
        return (403, "AccessDenied") if is_s3 else (400, "AccessDeniedException")
    if mode is Mode.HIDE:
        return (404, "NoSuchKey") if is_s3 else (400, _NOT_FOUND.get(call.service, "ResourceNotFoundException"))
    return (500, "InternalError") if is_s3 else (500, "InternalServiceException")

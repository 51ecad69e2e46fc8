"""What a failed call to AWS says of its effect: the answer may be lost and what was asked for done all the same."""

from __future__ import annotations

from enum import StrEnum

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ProxyConnectionError,
    ResponseStreamingError,
    SSLError,
)

from quartal.core.aws import as_aws_error
from quartal.core.errors import QuartalError

CONFLICT = "ConcurrentModificationException"  # G35
_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "OperationTimeoutException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "ResourceNumberLimitExceededException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_MISSING = "EntityNotFoundException"
_NEVER_SENT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, SSLError)
_CUT_OFF = (HTTPClientError, IncompleteReadError, ResponseStreamingError, OSError)

_FINAL = (FileNotFoundError, PermissionError, BrokenPipeError)  # of OSError: what is asked again comes to the same


class Effect(StrEnum):
    """What a single attempt did that ended with an error."""

    REFUSED = "refused"  # nothing, and the next attempt will do no more
    NOT_YET = "not yet"  # nothing, but the next attempt may
    UNKNOWN = "unknown"  # all of it or nothing: only a look tells


def effect_of(error: BaseException) -> Effect:
    """What the call did. An error after repetitions by the client itself says nothing of the attempts before it."""
    if isinstance(error, ClientError):
        answer = error.response
        metadata = answer.get("ResponseMetadata", {})
        code, status = answer.get("Error", {}).get("Code", ""), metadata.get("HTTPStatusCode", 0)
        if metadata.get("RetryAttempts", 0):
            return Effect.UNKNOWN
        if code in _THROTTLED or status == 429:
            return Effect.NOT_YET
        return Effect.UNKNOWN if status >= 500 or code.startswith("Internal") else Effect.REFUSED
    if isinstance(error, _NEVER_SENT):
        return Effect.NOT_YET
    if isinstance(error, _CUT_OFF):
        return Effect.UNKNOWN
    return Effect.REFUSED if isinstance(error, BotoCoreError | QuartalError) else Effect.UNKNOWN


def may_pass(error: BaseException) -> bool:
    """Whether a question is worth asking again: throttled, AWS's own error, or a connection that broke."""
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return code in _THROTTLED or code.startswith("Internal") or status == 429 or status >= 500
    from botocore.parsers import ResponseParserError  # slow to load, and asked for after an error only

    return isinstance(error, (*_NEVER_SENT, *_CUT_OFF, ResponseParserError)) and not isinstance(error, _FINAL)


def is_expired(error: BaseException) -> bool:
    """Whether the credentials are no longer valid."""
    return isinstance(error, ClientError) and error.response.get("Error", {}).get("Code", "") in _EXPIRED


def is_missing(error: BaseException) -> bool:
    """Whether Glue does not know what was asked for."""
    return isinstance(error, ClientError) and error.response.get("Error", {}).get("Code", "") == _MISSING


def reason_of(error: BaseException) -> str:
    """The error in one sentence, without a full stop."""
    if isinstance(error, BotoCoreError | ClientError):
        error = as_aws_error(error)
    text = error.message if isinstance(error, QuartalError) else str(error)
    first = next(iter(text.splitlines()), "").rstrip(".") or "no reason given"
    known = isinstance(error, QuartalError | OSError)
    return first if known else f"{type(error).__name__}: {first}"

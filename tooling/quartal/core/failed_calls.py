"""Whether a failed call to AWS took effect: an answer may be lost although the request was carried out."""

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
from urllib3.exceptions import HTTPError  # botocore lets it through where the body of a refusal breaks off

from quartal.core.aws import SIGNED_OUT, as_aws_error
from quartal.core.errors import QuartalError

CONFLICT = "ConcurrentModificationException"  # G35
THROTTLED = frozenset(
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
NEVER_SENT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, SSLError)
CUT_OFF = (HTTPClientError, HTTPError, IncompleteReadError, ResponseStreamingError, OSError)


class Effect(StrEnum):
    """The effect of a single attempt that ended with an error."""

    REFUSED = "refused"  # nothing, and the next attempt will do no more
    NOT_YET = "not yet"  # nothing, but the next attempt may
    UNKNOWN = "unknown"  # all of it or nothing: only the state of the resource shows which


def call_effect(error: BaseException) -> Effect:
    """The effect of the call; unknown if the client itself repeated it, since the error is that of the last attempt."""
    if isinstance(error, ClientError):
        answer = error.response
        metadata = answer.get("ResponseMetadata", {})
        code, status = answer.get("Error", {}).get("Code", ""), metadata.get("HTTPStatusCode", 0)
        if metadata.get("RetryAttempts", 0):
            return Effect.UNKNOWN
        if code in THROTTLED or status == 429:
            return Effect.NOT_YET
        return Effect.UNKNOWN if status >= 500 or code.startswith("Internal") else Effect.REFUSED
    if isinstance(error, NEVER_SENT):
        return Effect.NOT_YET
    if isinstance(error, CUT_OFF):
        return Effect.UNKNOWN
    return Effect.REFUSED if isinstance(error, BotoCoreError | QuartalError) else Effect.UNKNOWN


def is_expired(error: BaseException) -> bool:
    """Whether the credentials are no longer valid."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "") in _EXPIRED
    return isinstance(error, SIGNED_OUT)


def is_missing(error: BaseException) -> bool:
    """Whether Glue has no resource of that name."""
    return isinstance(error, ClientError) and error.response.get("Error", {}).get("Code", "") == _MISSING


def describe_error(error: BaseException) -> str:
    """The error in one sentence, without a full stop."""
    if isinstance(error, BotoCoreError | ClientError):
        error = as_aws_error(error)
    text = error.message if isinstance(error, QuartalError) else str(error)
    first = next(iter(text.splitlines()), "").rstrip(".") or "no reason given"
    known = isinstance(error, QuartalError | OSError)
    return first if known else f"{type(error).__name__}: {first}"

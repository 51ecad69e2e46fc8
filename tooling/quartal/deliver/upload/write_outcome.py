"""Find the outcome of a write whose answer was lost: it may have taken effect, so the bucket decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError, ResponseStreamingError
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from quartal.core.errors import UploadError
from quartal.core.failed_calls import describe_error
from quartal.core.retries import is_transient
from quartal.deliver.upload.object_writer import ObjectWriter, UnansweredError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

CALL_ERRORS = (BotoCoreError, ClientError, HTTPError, ResponseParserError)
CONFLICTS = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})  # the last: it was deleted
_READS = 4
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class ReadObject:
    """A small object, whole."""

    content: bytes
    etag: str
    metadata: dict[str, str]


def is_conflict(error: BaseException) -> bool:
    """Whether S3 refused a conditional write: somebody else was first, or this process if its first answer was lost."""
    return isinstance(error, ClientError) and error.response["Error"]["Code"] in CONFLICTS


def read_object(s3: S3Client, bucket: str, key: str) -> ReadObject | None:
    """A small object; None if there is none. A truncated answer is requested again, which boto3 does not do.

    Raises:
        BotoCoreError: it could not be read.
        ClientError: S3 refused.
    """
    for left in reversed(range(_READS)):
        try:
            answer = s3.get_object(Bucket=bucket, Key=key)
            return ReadObject(answer["Body"].read(), require_etag(answer, "GetObject"), answer.get("Metadata", {}))
        except s3.exceptions.NoSuchKey:
            return None
        except CALL_ERRORS as error:
            if not left or not is_transient(error):
                raise
    return None


def require_etag(answer: Mapping[str, Any], call: str) -> str:
    """The ETag in a response of S3, unchanged. Without it, another writer would go unnoticed.

    Raises:
        ResponseStreamingError: the answer has none.
    """
    etag: str = answer.get("ETag", "")
    if not etag.strip('"'):
        raise ResponseStreamingError(error=f"the answer to {call} has no ETag")
    return etag


def stored_etag(s3: S3Client, bucket: str, key: str, *, size_bytes: int, checksum: str) -> str | None:
    """ETag of an object if it has exactly this content, by the checksum that S3 verified; None otherwise.

    Raises:
        ClientError: S3 refuses for another reason than that there is no object.
    """
    try:
        head = s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
            return None
        raise
    if (head["ContentLength"], head.get("ChecksumCRC64NVME")) != (size_bytes, checksum):
        return None
    return require_etag(head, "HeadObject").strip('"')


def put_object(
    s3: S3Client,
    writer: ObjectWriter,
    bucket: str,
    key: str,
    body: Callable[[], bytes | Iterable[memoryview]],
    *,
    size_bytes: int,
    checksum: str,
) -> str:
    """Store an object in one request and return its ETag; without an answer, the object in the bucket decides.

    Raises:
        UploadError: S3 refused, the object does not exist, or that is unknown.
    """
    try:
        return writer.put(key, body, size_bytes=size_bytes, checksum=checksum)
    except UnansweredError as error:
        etag = check_stored(
            lambda: stored_etag(s3, bucket, key, size_bytes=size_bytes, checksum=checksum),
            f"s3 key {key}",
            error,
        )
        if etag is None:
            raise
        return etag


def check_stored(ask: Callable[[], _Found], what: str, error: BaseException) -> _Found:
    """Check the bucket after a failed write.

    Raises:
        UploadError: the check failed too, so it is unknown whether the object was stored.
    """
    try:
        return ask()
    except CALL_ERRORS as second:
        raise UploadError(
            f"It is not known whether {what} was stored: {describe_error(error)}; "
            f"the look-up failed: {describe_error(second)}",
            remedy="Run the same command again: it checks first, and skips what is stored.",
        ) from error

"""Stores bytes in S3 with one PUT each, for a tenth of the processor time that boto3's `put_object` takes.

boto3 builds, validates and parses each request by its service model: 1.3 ms per object, as much as the server's share
where thousands of small files go up. Only this one operation is spoken here: signing is botocore's, answers are read by
llhttp, TLS is the standard library's, and the address comes from boto3's own client.
"""

from __future__ import annotations

import logging
import ssl
import time
import xml.etree.ElementTree as ElementTree
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.utils import percent_encode
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from quartal.core.errors import AwsError, UploadError
from quartal.deliver.upload.http_connection import Answer, HttpConnection

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ATTEMPTS = 5
_TIMEOUT_S = 60
_LOGGER = logging.getLogger(__name__)
_TRY_AGAIN = {429, 500, 502, 503, 504}
_TOO_SLOW = b"<Code>RequestTimeout</Code>"  # the body did not come in time: S3 answers 400
_REMEDIES = {
    "AccessDenied": "The signed-in identity lacks s3:PutObject on this key, or the use of the lake's KMS key.",
    "BadDigest": "The file changed while it was read: run the same command again once it is complete.",
    "ExpiredToken": "The AWS credentials have expired: sign in again, then run the same command.",
    "NoSuchBucket": "The lake is gone; deploy it again: `quartal apply`.",
    "RequestTimeTooSkewed": "This machine's clock is wrong: set it, then run the same command again.",
}


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """Where the bucket answers, as boto3 would address it.

    Attributes:
        scheme: "http" or "https".
        host: host name, with the port where it is not the scheme's own.
        path: what comes before each key, ending in "/".
        region: the region that requests are signed for.
    """

    scheme: str
    host: str
    path: str
    region: str

    @classmethod
    def of(cls, s3: S3Client, bucket: str) -> BucketAddress:
        """Ask boto3, which knows about partitions, endpoints and names that need a path."""
        url = urlsplit(s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "k"}, ExpiresIn=1))
        return cls(url.scheme, url.netloc, url.path.removesuffix("k"), s3.meta.region_name)


class UnansweredError(UploadError):
    """No attempt got an answer that says what became of it: the object may be there."""


class _TryAgainError(Exception):
    """The server is busy or the connection broke."""


class ObjectWriter:
    """Puts objects and parts of objects into one bucket; may be used from several threads.

    Args:
        address: where the bucket answers.
        credentials: botocore's credentials, which renew themselves.
        ca_bundle: file of trusted certificates; None for urllib3's default.
        sleep: what pauses between attempts; a test hands in one that takes no time.
    """

    def __init__(
        self,
        address: BucketAddress,
        credentials: Credentials,
        *,
        ca_bundle: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._address = address
        self._credentials = credentials
        self._sleep = sleep
        self._signing = {"client_config": Config(s3={"payload_signing_enabled": False})}
        self._tls = ssl.create_default_context(cafile=ca_bundle) if address.scheme == "https" else None
        self._idle: deque[HttpConnection] = deque()

    def put(
        self,
        key: str,
        body: Callable[[], bytes | Iterable[memoryview]],
        *,
        size_bytes: int,
        checksum: str,
        query: dict[str, str] | None = None,
    ) -> str:
        """Store one object, or one part of it, and return its ETag. S3 compares the checksum before it keeps anything.

        Args:
            key: the object's key.
            body: makes the content; called once per attempt.
            size_bytes: length of the content.
            checksum: CRC-64/NVME of the content as S3 writes it.
            query: `partNumber` and `uploadId` of a part.

        Raises:
            UnansweredError: S3 did not answer in five attempts; what they did is not known.
            UploadError: S3 refused.
        """
        arguments = (key, body, size_bytes, checksum, query or {})
        try:
            return self._put(*arguments)
        except _TryAgainError as error:
            _LOGGER.info("s3 key %s is sent again: %s", key, error)
        retrying = Retrying(
            retry=retry_if_exception_type(_TryAgainError),
            wait=wait_exponential_jitter(initial=0.2, max=5.0, jitter=0.2),
            stop=stop_after_attempt(_ATTEMPTS - 1),
            sleep=self._sleep,
            reraise=True,
        )
        self._sleep(0.1)
        try:
            return retrying(self._put, *arguments)
        except _TryAgainError as error:
            raise UnansweredError(
                f"s3 key {key} was not stored: {error}", remedy="Run the same command again: what is done is skipped."
            ) from error

    def close(self) -> None:
        """Close all connections."""
        while self._idle:
            self._idle.pop().close()

    def _put(
        self,
        key: str,
        body: Callable[[], bytes | Iterable[memoryview]],
        size_bytes: int,
        checksum: str,
        query: dict[str, str],
    ) -> str:
        path = self._address.path + percent_encode(key, safe="/~")
        target = f"{path}?{urlencode(query)}" if query else path
        request = AWSRequest(
            "PUT",
            f"{self._address.scheme}://{self._address.host}{target}",
            headers={
                "Host": self._address.host,  # botocore would find it in the address of each request
                "Content-Length": str(size_bytes),
                "x-amz-sdk-checksum-algorithm": "CRC64NVME",
                "x-amz-checksum-crc64nvme": checksum,
            },
        )
        request.context = self._signing
        # TLS and the checksum protect the content: hashing it once more for the signature would only cost time
        S3SigV4Auth(self._credentials, "s3", self._address.region).add_auth(request)
        lines = (f"{name}: {value}" for name, value in request.headers.items())
        head = "\r\n".join((f"PUT {target} HTTP/1.1", *lines, "", "")).encode("ascii")
        connection = self._connection()
        try:
            answer = connection.exchange(head, body())
        except OSError as error:
            raise _TryAgainError(str(error) or type(error).__name__) from error
        self._idle.append(connection)
        if answer.status in _TRY_AGAIN or (answer.status == 400 and _TOO_SLOW in answer.content):
            raise _TryAgainError(f"the server answered {answer.status}")
        if answer.status != 200:
            raise _refusal(key, answer)
        etag = answer.headers.get("etag", "").strip('"')
        if not etag:
            raise _TryAgainError("the server's answer names no ETag")
        return etag

    def _connection(self) -> HttpConnection:
        """One that nobody uses; connects by itself when it must."""
        try:
            return self._idle.pop()
        except IndexError:
            return HttpConnection(self._address.host, tls=self._tls, timeout_s=_TIMEOUT_S)


def _refusal(key: str, answer: Answer) -> AwsError | UploadError:
    try:
        document = ElementTree.fromstring(answer.content)  # noqa: S314  # the answer of the endpoint that we trust with data
        code, text = document.findtext("Code") or str(answer.status), document.findtext("Message") or ""
    except ElementTree.ParseError:
        code, text = str(answer.status), ""
    return UploadError(f"S3 refused s3 key {key}: {text or code} ({code})", remedy=_REMEDIES.get(code, ""))

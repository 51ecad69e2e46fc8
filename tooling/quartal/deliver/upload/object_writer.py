"""Stores bytes in S3 with one PUT each, for less than half of the processor time that boto3's `put_object` takes.

boto3 builds, validates and parses each request by its service model, which takes 1.2 ms per object: as much as the
server's share where thousands of small files are uploaded. This module makes only this one request. It signs with
botocore, sends with urllib3, and takes the address from boto3's own client.
"""

from __future__ import annotations

import logging
import ssl
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode, urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.utils import get_environ_proxies, percent_encode
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, connection_from_url, proxy_from_url
from urllib3.exceptions import HTTPError, ProtocolError

from quartal.core.errors import AwsError, UploadError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ATTEMPTS = 5
_TIMEOUT_S = 60
_IDLE_CONNECTIONS = 64
_LOGGER = logging.getLogger(__name__)
_TRY_AGAIN = {429, 500, 502, 503, 504}
_TOO_SLOW = b"<Code>RequestTimeout</Code>"  # the body did not come in time: S3 answers 400
_AGAIN = "Run the same command again: finished files are skipped."
_REMEDIES = {
    "AccessDenied": "The signed-in identity lacks s3:PutObject on this key, or the use of the lake's KMS key.",
    "BadDigest": "The file changed while it was read: run the same command again once it is complete.",
    "ExpiredToken": "The AWS credentials have expired: sign in again, then run the same command.",
    "InvalidPart": "Another upload sends the same file: run the same command again when it has ended.",
    "NoSuchUpload": "Another upload of the file ended it, or a rule of the bucket: run the same command again.",
    "NoSuchBucket": "The lake no longer exists. Deploy it again: `quartal apply`.",
    "RequestTimeTooSkewed": "This machine's clock is wrong: set it, then run the same command again.",
}


@dataclass(frozen=True, slots=True)
class BucketAddress:
    """The address of the bucket, as boto3 would use it.

    Attributes:
        scheme: "http" or "https".
        host: host name, with the port if it is not the scheme's default.
        path: prefix of each key, ending in "/".
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
    """No attempt got a conclusive answer: the object may exist."""


class _TryAgainError(Exception):
    """The server is busy or the connection broke."""


class ObjectWriter:
    """Puts objects and parts of objects into one bucket; may be used from several threads.

    Args:
        address: where the bucket answers.
        credentials: botocore's credentials, which renew themselves.
        ca_bundle: file of trusted certificates; None for those of the operating system.
        sleep: the function that pauses between attempts; tests pass one that takes no time.
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
        self._connections = _connections(address, ca_bundle)

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
            body: returns the content; called once per attempt.
            size_bytes: length of the content.
            checksum: CRC-64/NVME of the content as S3 writes it.
            query: `partNumber` and `uploadId` of a part.

        Raises:
            UnansweredError: S3 did not answer in five attempts; their effect is unknown.
            UploadError: S3 refused.
        """
        arguments = (key, body, size_bytes, checksum, query or {})
        try:
            return self._put(*arguments)
        except _TryAgainError as error:
            _LOGGER.info("s3 key %s is sent again: %s", key, error)
        retrying = Retrying(
            retry=retry_if_exception_type(_TryAgainError),
            wait=wait_exponential_jitter(multiplier=0.2, max=5.0, jitter=0.2),
            stop=stop_after_attempt(_ATTEMPTS - 1),
            sleep=self._sleep,
            reraise=True,
        )
        self._sleep(0.1)
        try:
            return retrying(self._put, *arguments)
        except _TryAgainError as error:
            raise UnansweredError(
                f"s3 key {key} was not stored: {error}",
                remedy=_AGAIN,
            ) from error

    def close(self) -> None:
        """Close all connections."""
        self._connections.close()

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
        try:
            content = cast("bytes | Iterable[bytes]", body())  # a view of bytes will do: the socket takes it
            # without retries it follows no redirects either
            answer = self._connections.urlopen("PUT", target, content, dict(request.headers.items()), retries=False)
        except (HTTPError, OSError) as error:
            raise _TryAgainError(_reason(error)) from error
        if answer.status in _TRY_AGAIN or (answer.status == 400 and _TOO_SLOW in answer.data):
            raise _TryAgainError(f"the server answered {answer.status}")
        if answer.status != 200:
            raise _refusal(key, answer)
        etag = answer.headers.get("etag", "").strip('"')
        if not etag:
            raise _TryAgainError("the server's answer names no ETag")
        return etag


def _connections(address: BucketAddress, ca_bundle: str | None) -> HTTPConnectionPool:
    """Connections to the bucket's host, as many as there are threads, through the proxy that the environment names."""
    url = f"{address.scheme}://{address.host}"
    if address.scheme == "http":  # a server on this machine
        return connection_from_url(url, maxsize=_IDLE_CONNECTIONS, timeout=_TIMEOUT_S)
    tls = ssl.create_default_context(cafile=ca_bundle)
    proxy = get_environ_proxies(url).get("https")
    if proxy is None:
        return connection_from_url(url, maxsize=_IDLE_CONNECTIONS, timeout=_TIMEOUT_S, ssl_context=tls)
    proxied = proxy_from_url(proxy, maxsize=_IDLE_CONNECTIONS, timeout=_TIMEOUT_S, ssl_context=tls)
    return proxied.connection_from_url(url)


def _reason(error: Exception) -> str:
    """The reason of a broken connection, without urllib3's wrapping."""
    cause = error.args[1] if isinstance(error, ProtocolError) and len(error.args) > 1 else error
    return str(cause) or type(cause).__name__


def _refusal(key: str, answer: BaseHTTPResponse) -> AwsError | UploadError:
    try:
        document = ElementTree.fromstring(answer.data)  # noqa: S314  # the answer of the endpoint that we trust with data
        code, text = document.findtext("Code") or str(answer.status), document.findtext("Message") or ""
    except ElementTree.ParseError:
        code, text = str(answer.status), ""
    return UploadError(f"S3 refused s3 key {key}: {text or code} ({code})", remedy=_REMEDIES.get(code, _AGAIN))

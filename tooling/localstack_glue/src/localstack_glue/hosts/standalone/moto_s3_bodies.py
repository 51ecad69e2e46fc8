"""Bodies of requests to moto's S3: taken out of their chunks, and refused if they are not what the client announced.

moto stores any body, checks no sum and fails at chunks that are damaged. docs/reference/glue-service/stand-alone.md
lists what is checked.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import re
import zlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from awscrt import checksums
from moto.s3 import models, responses, utils
from moto.s3.exceptions import S3ClientError
from moto.s3.responses import S3Response
from werkzeug.datastructures import Headers

_CHECKSUM = "x-amz-checksum-"
_ALGORITHM = "x-amz-sdk-checksum-algorithm"
_MD5_BYTES = 16
# by name: how many bytes a sum has, and how it is made
_SUMS: dict[str, tuple[int, Callable[[bytes], bytes]]] = {
    "CRC32": (4, lambda body: zlib.crc32(body).to_bytes(4, "big")),
    "CRC32C": (4, lambda body: checksums.crc32c(body).to_bytes(4, "big")),
    "CRC64NVME": (8, lambda body: checksums.crc64nvme(body).to_bytes(8, "big")),
    "SHA1": (20, lambda body: hashlib.sha1(body, usedforsecurity=False).digest()),
    "SHA256": (32, lambda body: hashlib.sha256(body).digest()),
}
_HEADERS = {f"{_CHECKSUM}{name.lower()}": name for name in _SUMS}
_CHUNK_HEAD = re.compile(rb"[0-9a-fA-F]{1,16}(?:;[^\r\n]*)?")  # its size, and its signature if it has one
_FIELDS = "application/x-www-form-urlencoded"
_FORM = "multipart/form-data"
_UNSIGNED = ("", "UNSIGNED-PAYLOAD")
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")
_CHUNKED = {
    "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
    *(
        f"STREAMING-AWS4-{signature}-SHA256-PAYLOAD{trailer}"
        for signature in ("HMAC", "ECDSA-P256")
        for trailer in ("", "-TRAILER")
    ),
}


class BadDigestError(S3ClientError):
    """The body that arrived is not the one that was sent."""

    code = "BadDigest"


class InvalidDigestError(S3ClientError):
    """Content-MD5 is no MD5 in Base64."""

    code = "InvalidDigest"
    message = "The Content-MD5 you specified was invalid."


class InvalidSumError(S3ClientError):
    """What the headers say of a checksum contradicts itself, or is no sum of that algorithm."""

    code = "InvalidRequest"


class ContentSha256Error(S3ClientError):
    """The signed digest is not the body's."""

    code = "XAmzContentSHA256Mismatch"
    message = "The provided 'x-amz-content-sha256' header does not match what was computed."


class InvalidContentSha256Error(S3ClientError):
    """The header is neither a digest nor one of the words in its place."""

    code = "InvalidArgument"
    message = "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, one of the STREAMING- values, or a valid sha256 value."


class IncompleteBodyError(S3ClientError):
    """Less arrived than was to come, or the chunks are damaged."""

    code = "IncompleteBody"
    message = "The request body terminated unexpectedly"


class MalformedTrailerError(S3ClientError):
    """What follows the last chunk is not what x-amz-trailer announced."""

    code = "MalformedTrailerError"
    message = "The request contained trailing data that was not well-formed or did not conform to our published schema."


class MissingContentLengthError(S3ClientError):
    """A body in chunks came without its length, or with one that is no number."""

    code = "MissingContentLength"
    message = "You must provide the Content-Length HTTP header."


_setup = S3Response.setup_class


def setup(response: Any, request: Any, *arguments: Any, **options: Any) -> None:
    """Leave a body as it came.

    moto decodes chunks here, where it cannot answer with an error, and loses bodies and queries of a type that S3 does
    not read, but curl gives to everything, and bodies that are a form which is to be stored.
    """
    kind = request.environ.get("CONTENT_TYPE", "")
    is_stored_form = request.mimetype == _FORM and not is_form(request)
    is_hidden = kind.startswith(_FIELDS) or is_stored_form
    if is_hidden:
        del request.environ["CONTENT_TYPE"]
    with contextlib.suppress(KeyError, ValueError):  # its last step: the decoded length is missing or no number
        _setup(response, request, *arguments, **options)
    if is_hidden:
        request.environ["CONTENT_TYPE"] = kind


def _as_it_came(_response: Any, body: Any, _length: int = 0) -> Any:
    return body


def _with_checked_body(method: Callable[..., Any]) -> Callable[..., Any]:
    """Refuse a body that is not what the client announced, before anything is done with it."""

    @wraps(method)
    def checked(response: Any, request: Any, *arguments: Any, **options: Any) -> Any:
        if not is_form(request):  # the headers there are about the form, not about the file in it
            check_body(response)
        return method(response, request, *arguments, **options)

    return checked


def is_form(request: Any) -> bool:
    """Whether a browser's form uploads a file; anything else of that type is a body like others."""
    return bool(request.method == "POST" and request.mimetype == _FORM)


def check_body(response: Any) -> None:
    """Take a body out of its chunks, compare it with what came with it, and tell moto of its checksum.

    Raises:
        BadDigestError: the body is not what the client announced.
        InvalidSumError: what it announced contradicts itself.
        S3ClientError: chunks, digest or length are wrong.
    """
    headers, body = response.headers, response.raw_body or b""
    body = body.encode() if isinstance(body, str) else body
    mode = headers.get("x-amz-content-sha256", "")
    announced = headers.get("x-amz-trailer", "").strip().lower()
    if announced and (announced not in _HEADERS or mode not in _CHUNKED):
        raise InvalidSumError("The value specified in the x-amz-trailer header is not supported")
    trailer: dict[str, str] = {}
    if mode in _CHUNKED:
        body, trailer = _out_of_chunks(body, headers.get("x-amz-decoded-content-length", ""), announced)
        response.body = body
    elif _DIGEST.fullmatch(mode):
        if hashlib.sha256(body).hexdigest() != mode.lower():
            raise ContentSha256Error
    elif mode not in _UNSIGNED:
        raise InvalidContentSha256Error
    md5 = None if "x-amz-copy-source" in headers else headers.get("Content-MD5")  # S3A sends its source's
    if md5 is not None and hashlib.md5(body, usedforsecurity=False).digest() != _md5(md5):
        raise BadDigestError("The Content-MD5 you specified did not match what we received.")
    if response.method == "POST" and "uploadId" in response.querystring:
        return  # the sum there is the whole object's
    sums = [*((name, value) for name in _HEADERS if (value := headers.get(name)) is not None), *trailer.items()]
    if len(sums) > 1:
        raise InvalidSumError("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    if not sums and _ALGORITHM in headers:
        raise InvalidSumError(
            f"{_ALGORITHM} specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found."
        )
    for header, value in sums:
        _compare(body, header, value)
        response.headers = Headers(headers)
        response.headers[_ALGORITHM] = _HEADERS[header]
        response.headers[header] = value


def _out_of_chunks(body: bytes, length: str, announced: str) -> tuple[bytes, dict[str, str]]:
    """The content of a body in chunks, and the sum at its end."""
    if not (length.isascii() and length.isdigit()):
        raise MissingContentLengthError
    content, trailer = read_chunks(body)
    if len(content) != int(length):
        raise IncompleteBodyError
    trailer.pop("x-amz-trailer-signature", None)
    if set(trailer) != ({announced} - {""}):
        raise MalformedTrailerError
    return content, trailer


def read_chunks(body: bytes) -> tuple[bytes, dict[str, str]]:
    """The content of a body in AWS's chunks, signed or not, and the headers after the last chunk.

    Raises:
        IncompleteBodyError: it ends too early, or a chunk is damaged.
        MalformedTrailerError: what follows the last chunk are no headers.
    """
    content, position = bytearray(), 0
    while True:
        end = body.find(b"\r\n", position)
        if end < 0 or not _CHUNK_HEAD.fullmatch(body, position, end):
            raise IncompleteBodyError
        size = int(body[position:end].partition(b";")[0], 16)
        position = end + 2
        if size == 0:
            return bytes(content), _trailer(body[position:])
        content += body[position : position + size]
        position += size + 2
        if body[position - 2 : position] != b"\r\n":
            raise IncompleteBodyError


def _trailer(rest: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in rest.split(b"\r\n")[:-1]:
        if not line:
            return found
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise MalformedTrailerError
        found[name.strip().lower()] = value.strip()
    raise IncompleteBodyError  # the empty line at the end is missing


def _compare(body: bytes, header: str, value: str) -> None:
    name = _HEADERS[header]
    length, compute = _SUMS[name]
    expected = _decoded(value, length)
    if expected is None:
        raise InvalidSumError(f"Value for {header} header is invalid.")
    if compute(body) != expected:
        raise BadDigestError(f"The {name} you specified did not match the calculated checksum.")


def _md5(value: str) -> bytes:
    found = _decoded(value, _MD5_BYTES)
    if found is None:
        raise InvalidDigestError
    return found


def _decoded(value: str, length: int) -> bytes | None:
    try:
        found = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return None
    return found if len(found) == length else None


_set_metadata = models.FakeKey.set_metadata


def set_metadata(key: Any, metadata: Any, replace: bool = False) -> None:
    """Keep headers of an object: of encodings, moto leaves out `aws-chunked`, but not after a space."""
    if encoding := metadata.get("Content-Encoding"):
        metadata["Content-Encoding"] = ",".join(each.strip() for each in encoding.split(","))
    _set_metadata(key, metadata, replace)


def compute_checksum(body: bytes, algorithm: str, encode_base64: bool = True) -> bytes:
    """A sum as moto asks for it: its own is CRC32 under the name of CRC32C, unless a library is installed."""
    found = _SUMS[algorithm.upper()][1](body)
    return base64.b64encode(found) if encode_base64 else found


# what moto has otherwise, each by its place
REPLACED: tuple[tuple[Any, str, Any], ...] = (
    (S3Response, "setup_class", setup),
    (S3Response, "_handle_encoded_body", _as_it_came),
    (S3Response, "_handle_v4_chunk_signatures", _as_it_came),
    (S3Response, "_key_response", _with_checked_body(S3Response._key_response)),
    (S3Response, "_bucket_response", _with_checked_body(S3Response._bucket_response)),
    (models.FakeKey, "set_metadata", set_metadata),
    (models, "compute_checksum", compute_checksum),
    (responses, "compute_checksum", compute_checksum),
    # they are about one request: S3 does not answer them later, and S3A would send them with the copy of an object
    (utils, "user_settable_fields", utils.user_settable_fields - {"content-md5", "x-amz-content-sha256"}),
)

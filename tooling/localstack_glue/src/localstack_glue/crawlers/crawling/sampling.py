"""Reads the beginning of an object, decompressed, or the end if the format has its schema there (G14)."""

import bz2
import gzip
import threading
import zlib
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO, StringIO
from typing import Any, Protocol

PARQUET_MAGIC = b"PAR1"
SAMPLE_BYTES = 1024 * 1024
LARGE_SAMPLE_BYTES = 10 * SAMPLE_BYTES
LARGE_SAMPLES_AT_ONCE = 2  # they are large, and larger when parsed


class _Unpacked(Protocol):
    def read1(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True)
class Sample:
    """The beginning of a file after decompression."""

    data: bytes
    is_whole: bool
    compression: str = "none"

    @cached_property
    def text(self) -> str:
        """The sample as text; bytes that are not UTF-8 are replaced."""
        return self.data.decode("utf-8-sig", errors="replace")

    @cached_property
    def text_lines(self) -> list[str]:
        r"""Its whole lines; what the end of the sample cut off is left out.

        Lines end with ``\n``, ``\r\n`` or ``\r``. Other characters that ``str.splitlines`` knows are part of values.
        """
        lines = list(StringIO(self.text, newline=""))
        if not self.is_whole and lines and not lines[-1].endswith(("\n", "\r")):
            lines.pop()
        return lines


class ObjectReader:
    """Reads no more of objects than a classifier needs."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self.large_samples = threading.BoundedSemaphore(LARGE_SAMPLES_AT_ONCE)

    def sample(self, key: str, size_bytes: int, max_bytes: int = SAMPLE_BYTES) -> Sample:
        """Get the beginning of an object; never more than `max_bytes` is read from S3 or returned."""
        body = self._get(key, f"bytes=0-{max_bytes - 1}")
        return decode_sample(body, is_whole=size_bytes <= max_bytes, max_bytes=max_bytes)

    def tail(self, key: str, size_bytes: int, wanted_bytes: int) -> bytes:
        """Get the end of an object."""
        return self._get(key, f"bytes={max(0, size_bytes - wanted_bytes)}-{size_bytes - 1}")

    def _get(self, key: str, byte_range: str) -> bytes:
        body: bytes = self._s3.get_object(Bucket=self._bucket, Key=key, Range=byte_range)["Body"].read()
        return body


def decode_sample(body: bytes, *, is_whole: bool, max_bytes: int = SAMPLE_BYTES) -> Sample:
    """Undo the compression that the first bytes show; at most `max_bytes` are returned, however small the input.

    Files of several members are read like gunzip and bunzip2 do: one after another, without padding.
    """
    if body.startswith(b"\x1f\x8b"):
        return _unpacked(gzip.GzipFile(fileobj=BytesIO(body)), "gzip", is_whole, max_bytes)
    if body.startswith(b"BZh"):
        return _unpacked(bz2.BZ2File(BytesIO(body)), "bzip2", is_whole, max_bytes)
    return Sample(body, is_whole)


def _unpacked(stream: _Unpacked, compression: str, is_whole: bool, max_bytes: int) -> Sample:
    pieces: list[bytes] = []
    wanted = max_bytes
    try:
        while wanted and (piece := stream.read1(wanted)):
            pieces.append(piece)
            wanted -= len(piece)
        is_at_end = not stream.read1(1)
    except (OSError, ValueError, zlib.error, EOFError):
        is_at_end = False
    return Sample(b"".join(pieces), is_whole and is_at_end, compression)

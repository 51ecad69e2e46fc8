"""CRC-64/NVME, the checksum that S3 keeps for a whole object even when it arrived in parts.

It is the cheapest one that S3 verifies: 0.03 s of processor time per GB here, against 0.15 s of CRC-32 (zlib) and 0.5 s
of SHA-256, which moreover exists only per part for an object in parts.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import BinaryIO

from awscrt.checksums import combine_crc64nvme, crc64nvme

BLOCK_BYTES = 1024 * 1024


def compute_checksum(content: bytes) -> str:
    """The checksum of some bytes, as S3 writes it."""
    return encode(crc64nvme(content))


def checksum_of_range(file: BinaryIO, start: int, size_bytes: int) -> int:
    """The checksum of a part of a file, which may be shorter than requested if the file is."""
    checksum = 0
    for block in read_range(file, start, size_bytes):
        checksum = crc64nvme(block, checksum)
    return checksum


def combined(first: int, second: int, second_size_bytes: int) -> int:
    """The checksum of two consecutive parts, from the checksums of both."""
    return int(combine_crc64nvme(first, second, second_size_bytes))


def encode(checksum: int) -> str:
    """The checksum as S3 writes it: base64 of its eight bytes."""
    return base64.b64encode(checksum.to_bytes(8, "big")).decode("ascii")


def read_range(file: BinaryIO, start: int, size_bytes: int) -> Iterator[memoryview]:
    """A part of a file in blocks. Each block is valid only until the next one is requested."""
    buffer = bytearray(min(BLOCK_BYTES, size_bytes))
    view = memoryview(buffer)
    file.seek(start)
    left = size_bytes
    while left > 0:
        count = file.readinto(view[: min(left, len(view))])  # type: ignore[attr-defined]  # open(..., "rb") has it
        if not count:
            return
        yield view[:count]
        left -= count

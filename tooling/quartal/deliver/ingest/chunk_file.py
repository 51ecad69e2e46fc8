"""The common part of all file formats: writing, checksums and errors."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from awscrt.checksums import crc64nvme

from quartal.deliver.upload.checksums import encode

Rows = Sequence[Sequence[Any]]


class RowError(Exception):
    """A row that the file cannot hold.

    Attributes:
        row: its position in the batch.
        column: name of the column whose value is the reason.
        reason: the problem of the value.
    """

    def __init__(self, row: int, column: str, reason: str) -> None:
        super().__init__(f"column {column} {reason}")
        self.row = row
        self.column = column
        self.reason = reason


@dataclass(frozen=True, slots=True)
class WrittenChunk:
    """A written chunk.

    Attributes:
        rows: how many.
        size_bytes: size of the file.
        checksum: CRC-64/NVME of the file.
        source_checksum: CRC-64/NVME of the file before gzip.
    """

    rows: int
    size_bytes: int
    checksum: str
    source_checksum: str


class ChunkLayout(Protocol):
    """The layout of each file of an ingest."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the file."""

    @property
    def hash(self) -> str:
        """A hash that differs if the same rows would give different bytes."""

    @property
    def suffix(self) -> str:
        """How the files' names end, with the point."""

    def write(self, batches: Iterable[Rows], target: BinaryIO) -> WrittenChunk:
        """Write rows into a file, holding a bounded number of them; equal batches give equal bytes.

        Args:
            batches: rows that begin with the values of `columns`; further values are not written.
            target: the file, empty.

        Raises:
            RowError: a value cannot be written without changing it; the row number is that within its batch.
        """


class Sink(Protocol):
    """Takes bytes."""

    def write(self, content: bytes, /) -> int:
        """Write all of them."""


class SummedFile(io.RawIOBase):
    """A file that computes the checksum of its content, and leaves the underlying file open."""

    def __init__(self, target: Sink) -> None:
        super().__init__()
        self._target = target
        self._sum = 0
        self.size_bytes = 0

    @property
    def checksum(self) -> str:
        """CRC-64/NVME of all that was written."""
        return encode(self._sum)

    def writable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """The number of bytes written; the file cannot seek."""
        return self.size_bytes

    def write(self, content: Any) -> int:
        """Write all of it."""
        self._target.write(content)
        self.size_bytes += len(content)
        self._sum = crc64nvme(content, self._sum)
        return len(content)

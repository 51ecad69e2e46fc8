"""What the files of all formats have in common: how they are written, summed up, and refused."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from awscrt.checksums import crc64nvme

from quartal.deliver.upload.checksums import encode

Rows = Sequence[Sequence[Any]]


class RowError(Exception):
    """A row has no place in the file.

    Attributes:
        row: its place in the batch.
        column: name of the column whose value is the reason.
        reason: what is wrong with the value.
    """

    def __init__(self, row: int, column: str, reason: str) -> None:
        super().__init__(f"column {column} {reason}")
        self.row = row
        self.column = column
        self.reason = reason


@dataclass(frozen=True, slots=True)
class WrittenChunk:
    """A chunk as it lies in its file.

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
    """What each file of an ingest looks like."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the file."""

    @property
    def hash(self) -> str:
        """Differs where the same rows would become other bytes."""

    @property
    def suffix(self) -> str:
        """How the files' names end, with the point."""

    def write(self, batches: Iterable[Rows], target: BinaryIO) -> WrittenChunk:
        """Write rows into a file, holding a bounded number of them; equal batches give equal bytes.

        Args:
            batches: rows whose first values are those of `columns`; what comes behind them is of no file.
            target: the file, empty.

        Raises:
            RowError: a value cannot be written without changing what it says; the row counts within its batch.
        """


class Sink(Protocol):
    """Takes bytes."""

    def write(self, content: bytes, /) -> int:
        """Write all of them."""


class SummedFile(io.RawIOBase):
    """A file that sums up what is written to it, and leaves what is below open."""

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
        """How much was written: there is no way back."""
        return self.size_bytes

    def write(self, content: Any) -> int:
        """Write all of it."""
        self._target.write(content)
        self.size_bytes += len(content)
        self._sum = crc64nvme(content, self._sum)
        return len(content)

"""What an ingest is told, and what it tells."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """How rows are brought.

    Attributes:
        chunk_rows: rows per chunk, and so per object.
        parallel: how many chunks at once.
        compress: whether files are compressed with gzip.
        reread: read again what an interrupted ingest has brought, and send what differs.
        trims: whether the blanks with which char(n) fills up its values are taken away.
    """

    chunk_rows: int = 100_000
    parallel: int = 4
    compress: bool = False
    reread: bool = False
    trims: bool = False


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did.

    Attributes:
        rows: rows of the delivery.
        sent: keys that went up.
        unchanged: keys that were read and were there with the same content.
        skipped: keys that an interrupted ingest had brought, and that were not read again.
        stored_bytes: size of what went up.
        read_at: the moments whose states of the database the delivery shows.
        manifest: key of the delivery's manifest.
    """

    rows: int
    sent: tuple[str, ...]
    unchanged: tuple[str, ...]
    skipped: tuple[str, ...]
    stored_bytes: int
    read_at: tuple[str, ...]
    manifest: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where a delivery goes.

    Attributes:
        bucket: the lake.
        raw_prefix: key prefix of the dataset, ending in "/".
        manifest_prefix: where the manifests of the deliveries are, ending in "/".
        delivery: name of the delivery.
    """

    bucket: str
    raw_prefix: str
    manifest_prefix: str
    delivery: str

"""The options and the report of an ingest."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """The options of an ingest.

    Attributes:
        chunk_rows: rows per chunk, and so per object.
        parallel: how many chunks to read at once.
        compress: whether to compress files with gzip.
        reread: also read the chunks that an interrupted ingest has sent, and send those that differ.
        trims: whether to strip the padding of char(n) values.
    """

    chunk_rows: int = 100_000
    parallel: int = 4
    compress: bool = False
    reread: bool = False
    trims: bool = False


@dataclass(frozen=True, slots=True)
class IngestReport:
    """The result of an ingest.

    Attributes:
        rows: rows of the delivery.
        sent: keys that were sent.
        unchanged: keys that were read and had the same content already.
        skipped: keys that an interrupted ingest had sent, and that were not read again.
        stored_bytes: size of the sent files.
        read_at: the times of the database states that the delivery shows.
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
    """The place of a delivery.

    Attributes:
        bucket: the lake.
        raw_prefix: key prefix of the dataset, ending in "/".
        manifest_prefix: key prefix of the deliveries' manifests, ending in "/".
        delivery: name of the delivery.
    """

    bucket: str
    raw_prefix: str
    manifest_prefix: str
    delivery: str

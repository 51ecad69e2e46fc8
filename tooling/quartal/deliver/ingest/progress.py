"""The progress of an ingest, recorded while it runs, because a killed process records nothing at its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from quartal.deliver.ingest.record import ChunkDone, IngestRecord, RecordStore
from quartal.deliver.upload.delivery_manifest import DeliveredFile, ManifestStore, UploadRecord

_RECORD_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class ChunkOutcome:
    """The outcome of a chunk that was read.

    Attributes:
        key: key of its object.
        number: its number.
        rows: how many rows it has.
        delivered: the record of its object.
        sent: whether it was sent; False if the lake had the same content.
    """

    key: str
    number: int
    rows: int
    delivered: DeliveredFile
    sent: bool


class Progress:
    """Keeps manifest and record up to date while chunks are done; may be used from several threads.

    Args:
        store: the manifests.
        records: the record of this ingest.
        record: its state.
        delivery: name of the delivery.
        upload: this run, for the manifest.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        store: ManifestStore,
        records: RecordStore,
        record: IngestRecord,
        delivery: str,
        upload: UploadRecord,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._records = records
        self._delivery = delivery
        self._upload = upload
        self._clock = clock
        self._lock = threading.Lock()
        self._written_at: float | None = None
        self._news: list[ChunkOutcome] = []
        self.record = record
        self.outcomes: list[ChunkOutcome] = []

    def add(self, outcome: ChunkOutcome) -> None:
        """Add a chunk; the record is written every few seconds."""
        with self._lock:
            self.outcomes.append(outcome)
            self._news.append(outcome)
            if self._written_at is None or self._clock() - self._written_at >= _RECORD_EVERY_S:
                self._write()

    def finish(self) -> None:
        """Write the rest of the record."""
        with self._lock:
            if self._news:
                self._write()

    def _write(self) -> None:
        done = {one.number: ChunkDone(one.rows, one.delivered.source_crc64nvme) for one in self._news}
        self._store.record(self._delivery, {one.key: one.delivered for one in self._news}, self._upload)
        self.record = self.record.with_done(done)
        self._records.write(self.record)
        self._news = []
        self._written_at = self._clock()

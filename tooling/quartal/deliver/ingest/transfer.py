"""Copy chunks to the lake: read them in parallel, compare them with the existing objects, and send them."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from quartal.core.errors import IngestError
from quartal.deliver.ingest.chunk_file import ChunkLayout, RowError, Rows, WrittenChunk
from quartal.deliver.ingest.database import Database
from quartal.deliver.ingest.postgresql_dates import is_beyond_calendar, keep_values_beyond_calendar
from quartal.deliver.ingest.progress import ChunkOutcome, Progress
from quartal.deliver.ingest.relation import Relation
from quartal.deliver.ingest.snapshot import Snapshot
from quartal.deliver.ingest.table_chunks import KeyRange
from quartal.deliver.upload.checksums import read_range
from quartal.deliver.upload.delivery_manifest import DeliveredFile
from quartal.deliver.upload.object_writer import ObjectWriter
from quartal.deliver.upload.transfer import StoredObject
from quartal.deliver.upload.write_outcome import put_object

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_BATCH_ROWS = 5_000
_CANCEL_EVERY_S = 1.0  # a query that has not begun cannot be cancelled: then again
_MAX_OBJECT_BYTES = 5 * 1024**3  # of one PUT: https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html


@dataclass(frozen=True)
class ChunkTransfer:
    """Reads and sends chunks.

    Attributes:
        database: the source.
        snapshot: the state of the database to read.
        relation: the rows to read.
        layout: the form of the files.
        s3: the client for comparisons.
        writer: sends objects.
        bucket: the lake's bucket.
        upload_id: the id of this ingest in the manifest.
        on_rows: called with numbers of rows as they are read, from several threads.
    """

    database: Database
    snapshot: Snapshot
    relation: Relation
    layout: ChunkLayout
    s3: S3Client
    writer: ObjectWriter
    bucket: str
    upload_id: str
    on_rows: Callable[[int], None]

    def run(
        self,
        chunks: dict[str, KeyRange],
        known: dict[str, DeliveredFile],
        present: dict[str, StoredObject],
        progress: Progress,
        *,
        parallel: int,
    ) -> None:
        """Copy chunks to the lake; if one fails, the others are cancelled.

        Args:
            chunks: the chunks by the key of their object.
            known: the files in the delivery's manifest.
            present: the existing objects.
            progress: gets each completed chunk.
            parallel: how many chunks at once.

        Raises:
            IngestError: the database failed, or a file cannot hold a row.
            UploadError: S3 refused.
        """
        stopping = threading.Event()

        def one(key: str, chunk: KeyRange) -> None:
            if stopping.is_set():
                return
            try:
                outcome = self._one(key, chunk, known.get(key), present.get(key), stopping)
            except OSError as error:
                raise IngestError(
                    f"Chunk {chunk.number} could not be stored in {tempfile.gettempdir()}: {error}",
                    remedy="Free some space there, or set TMPDIR to another folder.",
                ) from error
            progress.add(outcome)

        futures: list[Future[None]] = []
        with ThreadPoolExecutor(max_workers=parallel, thread_name_prefix="ingest") as pool:
            try:
                futures += [pool.submit(one, key, chunk) for key, chunk in chunks.items()]
                ended = wait(futures, return_when=FIRST_EXCEPTION).done
                # before the others are broken off, which fails them too
                errors = [error for error in (future.exception() for future in ended) if error is not None]
            finally:
                stopping.set()
                for future in futures:
                    future.cancel()
                while wait(futures, timeout=_CANCEL_EVERY_S).not_done:
                    self.snapshot.cancel()
        if errors:
            raise errors[0]

    def _one(
        self,
        key: str,
        chunk: KeyRange,
        known: DeliveredFile | None,
        there: StoredObject | None,
        stopping: threading.Event,
    ) -> ChunkOutcome:
        with tempfile.TemporaryFile(buffering=0, prefix="quartal-") as raw:  # unnamed: a kill leaves nothing
            file: BinaryIO = raw
            written = self._read(chunk, file, stopping)
            same = self._same(key, written, known, there)
            if same is not None:
                return ChunkOutcome(key, chunk.number, written.rows, same, sent=False)
            if written.size_bytes > _MAX_OBJECT_BYTES:
                raise IngestError(
                    f"Chunk {chunk.number} has {written.size_bytes / 1e9:.1f} GB, but S3 accepts at most 5 GiB in one "
                    "upload.",
                    remedy="Ingest as another delivery, with fewer rows per chunk: --chunk-rows.",
                )
            etag = put_object(
                self.s3,
                self.writer,
                self.bucket,
                key,
                lambda: _blocks(file, written.size_bytes, stopping),
                size_bytes=written.size_bytes,
                checksum=written.checksum,
            )
        delivered = DeliveredFile(written.size_bytes, etag, written.checksum, written.source_checksum, self.upload_id)
        return ChunkOutcome(key, chunk.number, written.rows, delivered, sent=True)

    def _read(self, chunk: KeyRange, file: BinaryIO, stopping: threading.Event) -> WrittenChunk:
        with (
            self.database.errors(f"chunk {chunk.number} of {self.relation.name} could not be read"),
            self.snapshot.connection() as connection,
        ):
            try:
                return self._written(connection, chunk, file, stopping)
            except DBAPIError as error:
                if not is_beyond_calendar(error):
                    raise
            keep_values_beyond_calendar(connection)
            file.seek(0)
            file.truncate()
            return self._written(connection, chunk, file, stopping)

    def _written(
        self, connection: Connection, chunk: KeyRange, file: BinaryIO, stopping: threading.Event
    ) -> WrittenChunk:
        last: list[Rows] = []
        # closed while the connection is open: otherwise SQLAlchemy logs a traceback about the cursor
        with closing(self._batches(connection, chunk, stopping)) as batches:
            try:
                return self.layout.write(_kept(batches, last), file)
            except RowError as error:
                raise _row_refused(self.relation, self.layout, last[0][error.row], error) from error

    def _batches(self, connection: Connection, chunk: KeyRange, stopping: threading.Event) -> Generator[Rows]:
        statement = self.relation.chunk(self.layout.columns, chunk, connection.dialect.name)
        with connection.execute(statement, execution_options={"yield_per": _BATCH_ROWS}) as result:
            for rows in result.partitions():
                if stopping.is_set():
                    raise _StoppedError
                yield rows
                self.on_rows(len(rows))

    def _same(
        self, key: str, written: WrittenChunk, known: DeliveredFile | None, there: StoredObject | None
    ) -> DeliveredFile | None:
        """The existing object if it has this chunk's content, by the manifest or else by S3's own checksum."""
        if there is None:
            return None
        if known is not None and (known.etag, known.size_bytes) == (there.etag, there.size_bytes):
            return known if known.source_crc64nvme == written.source_checksum else None
        if there.size_bytes != written.size_bytes:
            return None
        head = self.s3.head_object(Bucket=self.bucket, Key=key, ChecksumMode="ENABLED")
        if head.get("ChecksumCRC64NVME") != written.checksum:
            return None
        return DeliveredFile(there.size_bytes, there.etag, written.checksum, written.source_checksum, self.upload_id)


class _StoppedError(Exception):
    """Another chunk failed, or the user interrupted: this one is not brought to its end."""


def _kept(batches: Iterator[Rows], last: list[Rows]) -> Iterator[Rows]:
    """The batches, with the present one kept for a message."""
    for rows in batches:
        last[:] = [rows]
        yield rows


def _blocks(file: BinaryIO, size_bytes: int, stopping: threading.Event) -> Iterator[memoryview]:
    for block in read_range(file, 0, size_bytes):
        if stopping.is_set():
            raise _StoppedError
        yield block


def _row_refused(relation: Relation, layout: ChunkLayout, row: object, error: RowError) -> IngestError:
    names = [*layout.columns, *(name for name in relation.key if name not in layout.columns)]
    values = dict(zip(names, row, strict=True))  # type: ignore[call-overload]  # a row is a tuple
    key = ", ".join(f"{name}={values[name]}" for name in relation.key)
    return IngestError(
        f"{relation.name}, row {key}: column {error.column} {error.reason}. The chunk was not sent.",
        remedy="Convert the column in --query, for example with a cast, to_char(...) or replace(...).",
    )

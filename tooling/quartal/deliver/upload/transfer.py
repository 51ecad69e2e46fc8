"""Send files to the bucket: in parallel, in parts, optionally compressed, and only if they differ."""

from __future__ import annotations

import gzip
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from boto3.exceptions import Boto3Error

from etl_job.findings.wording import count
from quartal.core.errors import AwsError, QuartalError, UploadError
from quartal.core.failed_calls import is_expired
from quartal.deliver.upload.bandwidth import BandwidthLimit
from quartal.deliver.upload.checksums import BLOCK_BYTES, checksum_of_range, compute_checksum, encode, read_range
from quartal.deliver.upload.delivery_manifest import DeliveredFile
from quartal.deliver.upload.destinations import UploadItem
from quartal.deliver.upload.multipart import THRESHOLD_BYTES, store_in_parts, unfinished_uploads
from quartal.deliver.upload.object_writer import ObjectWriter
from quartal.deliver.upload.steady_file import SteadyFile
from quartal.deliver.upload.write_outcome import CALL_ERRORS, put_object

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

OnBytes = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object of a listing."""

    size_bytes: int
    etag: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one file.

    Attributes:
        item: the file.
        delivered: the record of its object.
        sent: whether it was sent; False if the bucket had the same content.
        recorded: whether the delivery's manifest already has all of this.
    """

    item: UploadItem
    delivered: DeliveredFile
    sent: bool
    recorded: bool


def objects_below(s3: S3Client, bucket: str, prefix: str) -> dict[str, StoredObject]:
    """All objects below a prefix, by key.

    Raises:
        AwsError: the listing was cut off.
    """
    found: dict[str, StoredObject] = {}
    last = ""
    while True:
        page = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, StartAfter=last)
        for entry in page.get("Contents", []):
            found[entry["Key"]] = StoredObject(entry["Size"], entry["ETag"].strip('"'))
            last = entry["Key"]
        if not page["IsTruncated"]:
            return found
        if not page.get("Contents"):
            raise AwsError(
                f"The listing of s3://{bucket}/{prefix} ended early, after {count(len(found), 'object')}.",
                remedy="Run the same command again.",
            )


class Transfer:
    """Uploads files of one delivery or several into one bucket.

    Args:
        s3: lists, compares, begins and completes uploads in parts.
        writer: sends the content.
        bucket: name of the bucket.
        upload_id: the id of this upload in the manifest.
        limit: the bandwidth limit; None for none.
        on_bytes: called with each number of bytes sent or found unchanged, from several threads.
        multipart_threshold: size from which a file is sent in parts.
        s3_once: a client that sends each request once, to begin uploads in parts; None for `s3`.
    """

    def __init__(
        self,
        s3: S3Client,
        writer: ObjectWriter,
        bucket: str,
        *,
        upload_id: str,
        limit: BandwidthLimit | None = None,
        on_bytes: OnBytes | None = None,
        multipart_threshold: int = THRESHOLD_BYTES,
        s3_once: S3Client | None = None,
    ) -> None:
        self.s3 = s3
        self._s3_once = s3_once or s3
        self._writer = writer
        self.bucket = bucket
        self._upload_id = upload_id
        self._limit = limit
        self._on_bytes = on_bytes or (lambda _: None)
        self._threshold = multipart_threshold
        self._stopping = threading.Event()

    def present(self, prefix: str) -> dict[str, StoredObject]:
        """All objects below a prefix, by key."""
        return objects_below(self.s3, self.bucket, prefix)

    def unfinished(self, prefix: str) -> dict[str, str]:
        """Ids of the unfinished uploads in parts below a prefix, by key."""
        return unfinished_uploads(self.s3, self.bucket, prefix)

    def is_large(self, item: UploadItem) -> bool:
        """Whether the file is uploaded in parts. One to be compressed may become smaller."""
        return item.size_bytes > self._threshold

    def run(
        self,
        items: tuple[UploadItem, ...],
        present: dict[str, StoredObject],
        known: dict[str, DeliveredFile],
        unfinished: dict[str, str],
        *,
        parallel_files: int,
        outcomes: list[Outcome],
    ) -> UploadError | None:
        """Upload the files that differ; if one fails, cancel the rest and return the reason.

        Args:
            items: the files.
            present: the existing objects.
            known: the files in the deliveries' manifests.
            unfinished: multipart uploads to continue.
            parallel_files: how many files at once.
            outcomes: gets the outcome of each file at once, so that none is lost in an interruption.
        """
        waiting, taking = iter(items), threading.Lock()

        def next_item() -> UploadItem | None:
            with taking:
                return None if self._stopping.is_set() else next(waiting, None)

        in_hand: dict[int, UploadItem] = {}

        def take_turns(worker: int) -> None:
            while (item := next_item()) is not None:
                in_hand[worker] = item
                there, begun = present.get(item.key), unfinished.get(item.key)
                outcomes.append(self._one(item, known.get(item.key), there, begun))

        # one task per thread, not per file: thousands of futures cost as much time as hundreds of files
        with ThreadPoolExecutor(max_workers=parallel_files, thread_name_prefix="upload") as pool:
            try:
                workers = [pool.submit(take_turns, worker) for worker in range(parallel_files)]
                wait(workers, return_when=FIRST_EXCEPTION)
            finally:
                self._stopping.set()
        failures = {worker: future.exception() for worker, future in enumerate(workers)}
        for worker in sorted(in_hand, key=lambda worker: in_hand[worker].key):
            error = failures[worker]
            if error is not None and not isinstance(error, _StoppedError):
                return _as_upload_error(in_hand[worker], error)
        return None

    def _one(
        self, item: UploadItem, known: DeliveredFile | None, there: StoredObject | None, unfinished: str | None
    ) -> Outcome:
        steady = SteadyFile(item.path, item.size_bytes)
        small = item.path.read_bytes() if item.size_bytes <= BLOCK_BYTES else None
        source = ""
        if small is not None:
            source = compute_checksum(small)
        elif there is not None or item.compress:
            with item.path.open("rb", buffering=0) as file:
                source = encode(checksum_of_range(file, 0, item.size_bytes))
        steady.check()
        unchanged = self._unchanged(item, known, there, source) if there is not None else None
        if unchanged is not None:
            self._on_bytes(item.size_bytes)
            return Outcome(item, unchanged, sent=False, recorded=unchanged is known)
        if item.compress:
            with _compressed(item.path) as path:
                steady.check()
                stored = self._store(item, path, None, unfinished, lambda: None)
        else:
            stored = self._store(item, item.path, small, unfinished, steady.check)
        size_bytes, etag, checksum = stored
        return Outcome(
            item,
            DeliveredFile(size_bytes, etag, checksum, source or checksum, self._upload_id),
            sent=True,
            recorded=False,
        )

    def _unchanged(
        self, item: UploadItem, known: DeliveredFile | None, there: StoredObject, source: str
    ) -> DeliveredFile | None:
        """The existing object if it has this file's content, by the manifest or else by S3's own checksum."""
        if known is not None and (known.etag, known.size_bytes) == (there.etag, there.size_bytes):
            return known if known.source_crc64nvme == source else None
        if item.compress or there.size_bytes != item.size_bytes:
            return None
        head = self.s3.head_object(Bucket=self.bucket, Key=item.key, ChecksumMode="ENABLED")
        if head.get("ChecksumCRC64NVME") != source:
            return None
        return DeliveredFile(there.size_bytes, there.etag, source, source, self._upload_id)

    def _store(
        self, item: UploadItem, path: Path, content: bytes | None, unfinished: str | None, check: Callable[[], None]
    ) -> tuple[int, str, str]:
        """Send content, or else the file at the path; return the object's size, ETag and checksum.

        `check` raises if the file has changed, and is called before anything is stored.
        """
        if content is not None:
            checksum, size_bytes, whole = compute_checksum(content), len(content), content

            def body() -> bytes | Iterable[memoryview]:
                return self._watch_bytes(whole)

            etag = put_object(
                self.s3, self._writer, self.bucket, item.key, body, size_bytes=size_bytes, checksum=checksum
            )
            return size_bytes, etag, checksum
        size_bytes = path.stat().st_size
        if size_bytes > self._threshold:
            etag, checksum = store_in_parts(
                self.s3,
                self._writer,
                self.bucket,
                item.key,
                path,
                size_bytes=size_bytes,
                unfinished=unfinished,
                watch=self._watch,
                on_kept=self._on_bytes,
                check=check,
                s3_once=self._s3_once,
            )
            return size_bytes, etag, checksum
        with path.open("rb", buffering=0) as file:
            checksum = encode(checksum_of_range(file, 0, size_bytes))
            check()
            etag = put_object(
                self.s3,
                self._writer,
                self.bucket,
                item.key,
                lambda: self._watch(read_range(file, 0, size_bytes)),
                size_bytes=size_bytes,
                checksum=checksum,
            )
        return size_bytes, etag, checksum

    def _watch_bytes(self, content: bytes) -> bytes:
        for _ in self._watch([memoryview(content)]):
            pass
        return content

    def _watch(self, blocks: Iterable[memoryview]) -> Iterator[memoryview]:
        """Count the sent blocks, delay them by the limit, and stop if the upload was aborted."""
        for block in blocks:
            if self._stopping.is_set():
                raise _StoppedError
            if self._limit is not None:
                self._limit.pass_bytes(len(block))
            yield block
            self._on_bytes(len(block))


class _StoppedError(Exception):
    """Another file failed, or the user interrupted: this one is not sent to its end."""


@contextmanager
def _compressed(path: Path) -> Iterator[Path]:
    """The file, compressed with gzip into a temporary one; equal files give equal bytes."""
    with tempfile.TemporaryDirectory(prefix="quartal-") as folder:
        target = Path(folder) / "content.gz"
        with (
            path.open("rb") as source,
            target.open("wb") as raw,
            gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as packed,
        ):
            shutil.copyfileobj(source, packed, BLOCK_BYTES)
        yield target


def _as_upload_error(item: UploadItem, error: BaseException) -> UploadError:
    if isinstance(error, UploadError):
        return UploadError(f"{item.path}: {error.message}", remedy=error.remedy, details=error.details)
    if not isinstance(error, (OSError, Boto3Error, QuartalError, *CALL_ERRORS)):
        raise error
    again = "Run the same command again: finished files are skipped."
    remedy = f"The AWS credentials have expired: sign in again. {again}" if is_expired(error) else again
    return UploadError(f"{item.path} was not uploaded: {error}", remedy=remedy)

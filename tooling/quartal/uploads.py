"""Raw files to the lake: planned, checked against the contract, sent, and recorded in the delivery's manifest."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from quartal.aws import AwsConnection
from quartal.errors import QuartalError, UploadError
from quartal.uploading.bandwidth import BandwidthLimit
from quartal.uploading.delivery_manifest import DeliveredFile, ManifestStore, UploadRecord
from quartal.uploading.header_check import HeaderRule, check_headers
from quartal.uploading.object_writer import BucketAddress, ObjectWriter
from quartal.uploading.plan import UploadItem, plan_upload
from quartal.uploading.transfer import Outcome, StoredObject, Transfer
from quartal.workspace import Workspace

__all__ = ["UploadItem", "UploadOptions", "UploadReport", "deliver", "plan_upload", "upload"]

_PARALLEL = 8
# LocalStack is one Python process: it works on one request at a time, and more of them only make its threads wait for
# each other. Two are on their way meanwhile.
_PARALLEL_TO_LOCALSTACK = 3


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """How an upload is done.

    Attributes:
        parallel_files: how many files at once; None for what suits the environment.
        compress: whether files are compressed with gzip on their way.
        bytes_per_s: bandwidth limit; None for none.
    """

    parallel_files: int | None = None
    compress: bool = False
    bytes_per_s: float | None = None

    def files_at_once(self, *, is_local: bool) -> int:
        """How many files go up at once, to LocalStack or to AWS, unless the user has said it."""
        return self.parallel_files or (_PARALLEL_TO_LOCALSTACK if is_local else _PARALLEL)


@dataclass(frozen=True, slots=True)
class UploadReport:
    """What an upload did."""

    uploaded: tuple[UploadItem, ...]
    unchanged: tuple[UploadItem, ...]
    stored_bytes: int
    manifests: tuple[str, ...]

    @property
    def uploaded_bytes(self) -> int:
        """Bytes of the local files that went up; `stored_bytes` is what they take there."""
        return sum(item.size_bytes for item in self.uploaded)


def deliver(
    workspace: Workspace, sources: Iterable[Path], *, delivery: str | None, options: UploadOptions
) -> UploadReport:
    """What `quartal upload` does, with a progress bar.

    Raises:
        ConfigurationError: a source is missing, or its delivery is not known.
        UploadError: a file does not fit the contract, and nothing was sent; or one could not be stored.
    """
    deployment, settings = workspace.deployment, workspace.settings
    items = plan_upload(sources, raw_prefix=deployment.raw_prefix, delivery=delivery, compress=options.compress)
    rule = HeaderRule.of_dataset(settings.contracts_dir, deployment.dataset)
    if rule is not None:
        check_headers(items, rule)
    total = sum(item.size_bytes for item in items)
    with workspace.console.transfer(f"Uploading {len(items)} files", total) as progress:
        return upload(
            workspace.connection,
            deployment.lake_bucket,
            items,
            manifest_prefix=deployment.deliveries_prefix(),
            options=replace(options, parallel_files=options.files_at_once(is_local=settings.is_local)),
            on_bytes=lambda count: progress.advance(progress.task_ids[0], count),
        )


def upload(
    connection: AwsConnection,
    bucket: str,
    items: tuple[UploadItem, ...],
    *,
    manifest_prefix: str,
    options: UploadOptions | None = None,
    on_bytes: Callable[[int], None] | None = None,
) -> UploadReport:
    """Upload what is not in the bucket with the same content; a broken upload leaves no partial object.

    Unchanged is judged by CRC-64/NVME of the content, as the delivery's manifest has it, or S3 itself where that
    manifest does not know the object. What an interrupted upload left in parts is used again.

    Args:
        connection: how to reach S3.
        bucket: name of the lake's bucket.
        items: what to upload.
        manifest_prefix: where the manifests of the deliveries are, ending in "/".
        options: how to do it.
        on_bytes: called with each number of bytes sent or found unchanged, from several threads.

    Raises:
        UploadError: a file could not be read or stored; the others that were done stay, and a new try skips them.
    """
    options = options or UploadOptions()
    s3 = connection.s3()
    store = ManifestStore(s3, bucket, manifest_prefix)
    upload_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    writer = ObjectWriter(
        BucketAddress.of(s3, bucket),
        connection.credentials(),
        ca_bundle=connection.ca_bundle,
    )
    limit = BandwidthLimit(options.bytes_per_s) if options.bytes_per_s is not None else None
    transfer = Transfer(
        s3, writer, bucket, upload_id=upload_id, limit=limit, on_bytes=on_bytes, s3_once=connection.s3_once()
    )
    outcomes: list[Outcome] = []
    try:
        error = _run(transfer, store, items, options, outcomes)
    except BaseException:
        with suppress(QuartalError, BotoCoreError, ClientError):  # what ended the upload is the news
            _record(connection, store, outcomes, upload_id)
        raise
    finally:
        writer.close()
    try:
        manifests = _record(connection, store, outcomes, upload_id)
    except (QuartalError, BotoCoreError, ClientError) as record_error:
        if error is None:
            raise
        error.details = (*error.details, f"The record of what was delivered was not written: {record_error}")
    if error is not None:
        there = f"{len(outcomes)} of {len(items)} files are in the lake and stay there"
        error.details = (f"{there}; the others were not sent to the end.", *error.details)
        raise error
    return UploadReport(
        tuple(outcome.item for outcome in outcomes if outcome.sent),
        tuple(outcome.item for outcome in outcomes if not outcome.sent),
        sum(outcome.delivered.size_bytes for outcome in outcomes if outcome.sent),
        manifests,
    )


def _run(
    transfer: Transfer,
    store: ManifestStore,
    items: tuple[UploadItem, ...],
    options: UploadOptions,
    outcomes: list[Outcome],
) -> UploadError | None:
    present: dict[str, StoredObject] = {}
    known: dict[str, DeliveredFile] = {}
    unfinished: dict[str, str] = {}
    for delivery, prefix in sorted({(item.delivery, _folder_of(item)) for item in items}):
        listed = transfer.present(prefix)
        if listed:
            present |= listed
            known |= store.read(delivery).files
        if any(transfer.is_large(item) for item in items if item.delivery == delivery):
            unfinished |= transfer.unfinished(prefix)
    at_once = options.files_at_once(is_local=False)
    error = transfer.run(items, present, known, unfinished, parallel_files=at_once, outcomes=outcomes)
    outcomes.sort(key=lambda outcome: outcome.item.key)
    return error


def _record(
    connection: AwsConnection, store: ManifestStore, outcomes: list[Outcome], upload_id: str
) -> tuple[str, ...]:
    """Bring the manifests up to date; return the keys of those that changed."""
    news = [outcome for outcome in outcomes if not outcome.recorded]
    if not news:
        return ()
    by = connection.sts().get_caller_identity()["Arn"]
    record = UploadRecord(upload_id, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", by)
    changed = []
    for delivery in sorted({outcome.item.delivery for outcome in news}):
        files = {outcome.item.key: outcome.delivered for outcome in news if outcome.item.delivery == delivery}
        store.record(delivery, files, record)
        changed.append(store.key_of(delivery))
    return tuple(changed)


def _folder_of(item: UploadItem) -> str:
    mark = f"delivery={item.delivery}/"
    return item.key[: item.key.index(mark) + len(mark)]

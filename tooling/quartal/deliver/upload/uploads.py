"""Raw files to the lake: planned, checked against the contract, sent, and recorded in the delivery's manifest."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from etl_job.findings.wording import count
from quartal.core.aws import AwsConnection
from quartal.core.errors import ConfigurationError, QuartalError, UploadError
from quartal.deliver.upload.bandwidth import BandwidthLimit
from quartal.deliver.upload.delivery_contents import (
    DeliveriesBefore,
    Likeness,
    delivery_in,
    delivery_prefix,
    likenesses,
    take_out,
)
from quartal.deliver.upload.delivery_manifest import ManifestStore, UploadRecord
from quartal.deliver.upload.destinations import UploadItem, plan_files, plan_upload
from quartal.deliver.upload.first_rows import broken_beginnings
from quartal.deliver.upload.header_check import HeaderRule, check_headers
from quartal.deliver.upload.object_writer import BucketAddress, ObjectWriter
from quartal.deliver.upload.repeated_keys import repeated_keys
from quartal.deliver.upload.similar_names import other_spellings, similar_deliveries
from quartal.deliver.upload.sources import Sources, find_sources
from quartal.deliver.upload.streams import named_source
from quartal.deliver.upload.summary import warn_of_contents
from quartal.deliver.upload.transfer import Outcome, Transfer
from quartal.deliver.upload.write_outcome import CALL_ERRORS
from quartal.runs.named_deliveries import is_surely_unpublished
from quartal.workspace import Workspace

__all__ = ["Exchange", "UploadItem", "UploadOptions", "UploadReport", "deliver", "plan_upload", "upload"]

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
        """The number of files to upload at once to LocalStack or AWS, unless the user has set it."""
        return self.parallel_files or (_PARALLEL_TO_LOCALSTACK if is_local else _PARALLEL)


@dataclass(frozen=True, slots=True)
class UploadReport:
    """The result of an upload, and the other files of its deliveries.

    Attributes:
        uploaded: files that were sent.
        unchanged: files that were there already.
        stored_bytes: what the files that were sent take in the lake.
        manifests: keys of the manifests that changed.
        removed: keys that were taken out of the deliveries.
        others: keys of further files of these deliveries, which a run reads too.
        likenesses: files that seem to be there under another name as well.
        left_out: files of operating systems and tools, which were not uploaded.
    """

    uploaded: tuple[UploadItem, ...]
    unchanged: tuple[UploadItem, ...]
    stored_bytes: int
    manifests: tuple[str, ...]
    removed: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    likenesses: tuple[Likeness, ...] = ()
    left_out: tuple[Path, ...] = ()

    @property
    def without_bytes(self) -> tuple[UploadItem, ...]:
        """Files in which there is nothing: they are in the lake, and give a run no rows."""
        return tuple(item for item in (*self.uploaded, *self.unchanged) if not item.size_bytes)

    @property
    def uploaded_bytes(self) -> int:
        """Bytes of the local files that went up; `stored_bytes` is what they take there."""
        return sum(item.size_bytes for item in self.uploaded)


@dataclass(frozen=True, slots=True)
class Exchange:
    """The files that an upload removes from its deliveries.

    Attributes:
        replace: whether all files that are not part of the upload go.
        remove: paths below the delivery's folder of files that go.
    """

    replace: bool = False
    remove: tuple[str, ...] = ()


NO_EXCHANGE = Exchange()


def deliver(
    workspace: Workspace,
    sources: Iterable[Path],
    *,
    delivery: str | None,
    options: UploadOptions,
    name: str | None = None,
    exchange: Exchange = NO_EXCHANGE,
) -> UploadReport:
    """Run `quartal upload` with a progress bar, and report what else the next run reads.

    Args:
        workspace: where to.
        sources: files, folders and patterns; with a name the one file or stream that gets it.
        delivery: name of the delivery; None takes it from the folders.
        options: how to do it.
        name: what the file is called in the delivery.
        exchange: what is taken out of the deliveries.

    Raises:
        ConfigurationError: a source is missing or cannot be uploaded, or its delivery is not known.
        UploadError: a file does not fit the contract, and nothing was sent; or one could not be stored.
    """
    deployment, settings = workspace.deployment, workspace.settings
    with ExitStack() as opened:
        found = _find(opened, tuple(sources), delivery, name, exchange)
        items = plan_files(found.files, raw_prefix=deployment.raw_prefix, delivery=delivery, compress=options.compress)
        rule = HeaderRule.of_dataset(settings.contracts_dir, deployment.dataset)
        check_headers(items, rule)
        for first_rows in broken_beginnings(items, rule.contract):
            workspace.console.warn(f"{first_rows}. `quartal contract try` shows what a run would do with all rows.")
        s3 = workspace.connection.s3()
        for repeated in repeated_keys(items, rule.contract, s3, deployment.lake_bucket, deployment.raw_prefix):
            workspace.console.warn(f"{repeated}.")
        names = {item.delivery for item in items}
        for pair in similar_deliveries(s3, deployment.lake_bucket, deployment.raw_prefix, names):
            workspace.console.warn(f"{pair}.")
        total = sum(item.size_bytes for item in items)
        with workspace.console.transfer(f"Uploading {count(len(items), 'file')}", total) as progress:
            report = upload(
                workspace.connection,
                deployment.lake_bucket,
                items,
                manifest_prefix=deployment.deliveries_prefix(),
                options=replace(options, parallel_files=options.files_at_once(is_local=settings.is_local)),
                on_bytes=lambda count: progress.advance(progress.task_ids[0], count),
                exchange=exchange,
                folder=f"{deployment.raw_prefix}delivery={delivery}/" if delivery is not None else None,
                may_be_emptied=lambda name: is_surely_unpublished(deployment, s3, workspace.connection.glue(), name),
            )
    report = replace(report, left_out=found.left_out)
    warn_of_contents(
        workspace.console,
        deployment.raw_prefix,
        left_out=report.left_out,
        without_bytes=report.without_bytes,
        likenesses=report.likenesses,
        others=report.others,
    )
    return report


def _find(
    opened: ExitStack, sources: tuple[Path, ...], delivery: str | None, name: str | None, exchange: Exchange
) -> Sources:
    if exchange.remove and delivery is None:
        raise ConfigurationError("--remove needs a delivery.", remedy="Name it with --delivery.")
    if name is not None:
        if len(sources) != 1 or delivery is None:
            raise ConfigurationError(
                "--name is for one file or stream of one delivery.",
                remedy="Name one source, and the delivery: `quartal upload - --delivery 2024Q1 --name a.csv`.",
            )
        return Sources((opened.enter_context(named_source(sources[0], name)),))
    if not sources and (exchange.replace or not exchange.remove):
        raise ConfigurationError(
            "No file or folder is named.", remedy="Name what to upload, or what to take out with --remove."
        )
    return find_sources(sources)


def upload(
    connection: AwsConnection,
    bucket: str,
    items: tuple[UploadItem, ...],
    *,
    manifest_prefix: str,
    options: UploadOptions | None = None,
    on_bytes: Callable[[int], None] | None = None,
    exchange: Exchange = NO_EXCHANGE,
    folder: str | None = None,
    may_be_emptied: Callable[[str], bool] = lambda _: False,
) -> UploadReport:
    """Upload what is not in the bucket with the same content; a broken upload leaves no partial object.

    Unchanged is judged by CRC-64/NVME of the content, as the delivery's manifest has it, or S3 itself where that
    manifest does not know the object. What an interrupted upload left in parts is used again. Files are taken out of a
    delivery once all others are there.

    Args:
        connection: how to reach S3.
        bucket: name of the lake's bucket.
        items: what to upload.
        manifest_prefix: where the manifests of the deliveries are, ending in "/".
        options: how to do it.
        on_bytes: called with each number of bytes sent or found unchanged, from several threads.
        exchange: what is taken out of the deliveries.
        folder: key prefix of the one delivery, where there is one.
        may_be_emptied: whether a delivery may lose all of its files, because no table holds rows of it.

    Raises:
        UploadError: a file could not be read or stored; the others that were done stay, and a new try skips them.
    """
    options = options or UploadOptions()
    s3 = connection.s3()
    upload_id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    records = _Records(connection, ManifestStore(s3, bucket, manifest_prefix), upload_id)
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
        before = _read_before(transfer, records.store, items, folder, is_exchange=exchange != NO_EXCHANGE)
        unwanted = before.unwanted(
            items,
            replace=exchange.replace,
            remove=exchange.remove,
            folder=folder,
            may_be_emptied=may_be_emptied,
        )
        if items:  # a run in between must not read removed files beside their replacements
            for delivery, going in _by_delivery(key for key in unwanted if key in before.present).items():
                records.store.announce_removal(delivery, going)
        error = _run(transfer, items, before, options, outcomes)
    except BaseException:
        with suppress(QuartalError, *CALL_ERRORS):  # what ended the upload is the news
            records.write(outcomes)
        raise
    finally:
        writer.close()
    try:
        manifests = records.write(outcomes)
        if error is None:
            manifests = tuple(sorted({*manifests, *_remove(transfer, records, items, before, unwanted)}))
    except (QuartalError, *CALL_ERRORS) as record_error:
        if error is None:
            raise
        error.details = (*error.details, f"The record of what was delivered was not written: {record_error}")
    if error is not None:
        there = f"{len(outcomes)} of {len(items)} files are in the lake and stay there"
        error.details = (f"{there}; the others were not sent completely.", *error.details)
        raise error
    return _report(items, outcomes, before, unwanted, manifests)


@dataclass(frozen=True, slots=True)
class _Records:
    """What one upload writes into the manifests of its deliveries.

    Attributes:
        connection: how to find out who uploads.
        store: the manifests.
        upload_id: the upload's id in them.
    """

    connection: AwsConnection
    store: ManifestStore
    upload_id: str

    def write(self, outcomes: Sequence[Outcome], removed: Collection[str] = ()) -> tuple[str, ...]:
        """Record the files that were sent and the keys that were removed; return the keys of changed manifests."""
        news = [outcome for outcome in outcomes if not outcome.recorded]
        if not news and not removed:
            return ()
        by = self.connection.sts().get_caller_identity()["Arn"]
        record = UploadRecord(self.upload_id, f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", by)
        changed = []
        for delivery in sorted({outcome.item.delivery for outcome in news} | {delivery_in(key) for key in removed}):
            files = {outcome.item.key: outcome.delivered for outcome in news if outcome.item.delivery == delivery}
            removed_here = [key for key in removed if delivery_in(key) == delivery]
            self.store.record(delivery, files, record, removed_here)
            changed.append(self.store.manifest_key(delivery))
        return tuple(changed)


def _read_before(
    transfer: Transfer, store: ManifestStore, items: tuple[UploadItem, ...], folder: str | None, *, is_exchange: bool
) -> DeliveriesBefore:
    """The content of all folders that the upload concerns, also of those that spell a delivery otherwise."""
    folders = {(item.delivery, delivery_prefix(item)) for item in items}
    if folder is not None:
        folders.add((delivery_in(folder), folder))
    folders |= other_spellings(transfer.s3, transfer.bucket, folders, is_exchange=is_exchange)
    before = DeliveriesBefore()
    before.read(transfer, store, sorted(folders), items, is_exchange=is_exchange)
    return before


def _remove(
    transfer: Transfer,
    records: _Records,
    items: tuple[UploadItem, ...],
    before: DeliveriesBefore,
    unwanted: tuple[str, ...],
) -> tuple[str, ...]:
    """Take the unwanted files out, now that all others are there; return the keys of the manifests that changed.

    A removal that an earlier upload announced is over for files that this one brought back or that are not there.
    """
    own = {item.key for item in items}
    done = (key for key in before.removing if key in own or key not in before.present)
    for delivery, keys in _by_delivery(done).items():
        records.store.keep(delivery, keys)
    if not unwanted:
        return ()
    before.refuse_newcomers(transfer, unwanted)
    take_out(transfer.s3, transfer.bucket, [key for key in unwanted if key in before.present])
    return records.write((), unwanted)


def _report(
    items: tuple[UploadItem, ...],
    outcomes: Sequence[Outcome],
    before: DeliveriesBefore,
    unwanted: tuple[str, ...],
    manifests: tuple[str, ...],
) -> UploadReport:
    others = tuple(key for key in before.others(items) if key not in unwanted)
    delivered = {outcome.item.key: outcome.delivered for outcome in outcomes}
    return UploadReport(
        uploaded=tuple(outcome.item for outcome in outcomes if outcome.sent),
        unchanged=tuple(outcome.item for outcome in outcomes if not outcome.sent),
        stored_bytes=sum(outcome.delivered.size_bytes for outcome in outcomes if outcome.sent),
        manifests=manifests,
        removed=tuple(key for key in unwanted if key in before.present),
        others=others,
        likenesses=likenesses(delivered, others, before.known),
    )


def _by_delivery(keys: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key in sorted(keys):
        found.setdefault(delivery_in(key), []).append(key)
    return found


def _run(
    transfer: Transfer,
    items: tuple[UploadItem, ...],
    before: DeliveriesBefore,
    options: UploadOptions,
    outcomes: list[Outcome],
) -> UploadError | None:
    at_once = options.files_at_once(is_local=False)
    error = transfer.run(
        items, before.present, before.known, before.unfinished, parallel_files=at_once, outcomes=outcomes
    )
    outcomes.sort(key=lambda outcome: outcome.item.key)
    return error

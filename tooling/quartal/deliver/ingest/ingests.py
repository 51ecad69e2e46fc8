"""Rows of a database to the lake: checked against the contract, cut into chunks, sent, and recorded."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from quartal.contracts.lookup import find_contract
from quartal.contracts.model import Contract
from quartal.core.aws import AwsConnection
from quartal.core.errors import ConfigurationError, IngestError, QuartalError
from quartal.deliver.ingest.column_check import check_columns
from quartal.deliver.ingest.database import Database, open_database
from quartal.deliver.ingest.options import IngestOptions, IngestReport, Target
from quartal.deliver.ingest.planning import build_layout, earlier_try, find_bounds, is_done, rows_to_read
from quartal.deliver.ingest.progress import Progress
from quartal.deliver.ingest.record import IngestRecord, IngestSource, RecordStore, check_bounds
from quartal.deliver.ingest.relation import Relation, check_query, find_table, without_padding
from quartal.deliver.ingest.snapshot import open_snapshot
from quartal.deliver.ingest.table_chunks import to_ranges
from quartal.deliver.ingest.transfer import ChunkTransfer
from quartal.deliver.upload.delivery_manifest import ManifestStore, UploadRecord
from quartal.deliver.upload.destinations import check_delivery
from quartal.deliver.upload.object_writer import BucketAddress, ObjectWriter
from quartal.deliver.upload.transfer import objects_below
from quartal.workspace import Workspace

__all__ = ["IngestOptions", "IngestReport", "Target", "deliver", "ingest"]

_FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def deliver(
    workspace: Workspace,
    url: str,
    *,
    table: str | None,
    query: str | None,
    key: Sequence[str],
    name: str | None,
    delivery: str,
    options: IngestOptions,
) -> IngestReport:
    """The command `quartal ingest`, with a progress bar.

    Raises:
        ConfigurationError: the arguments or the columns are not usable; nothing was sent.
        IngestError: the database failed, or a file cannot hold a row.
        UploadError: a chunk could not be stored.
    """
    check_delivery(delivery)
    if (table is None) == (query is None):
        raise ConfigurationError(
            "An ingest needs exactly one source.", remedy="Name either a table with --table, or a query with --query."
        )
    deployment = workspace.deployment
    contract = find_contract(workspace.settings.contracts_dir, deployment.dataset)
    target = Target(deployment.lake_bucket, deployment.raw_prefix, deployment.deliveries_prefix(), delivery)
    with open_database(url, connections=options.parallel + 1) as database:
        if table is not None:
            relation = find_table(database, table, called=name, key=key)
        else:
            relation = check_query(database, query or "", called=name, key=key)
        if options.trims:
            relation = without_padding(database, relation)
        with workspace.console.counting(f"Reading {relation.name}") as progress:
            task = progress.task_ids[0]
            return ingest(
                workspace.connection,
                target,
                database,
                relation,
                contract,
                options=options,
                on_count=lambda rows: progress.update(task, total=rows),
                on_rows=lambda rows: progress.advance(task, rows),
            )


def ingest(
    connection: AwsConnection,
    target: Target,
    database: Database,
    relation: Relation,
    contract: Contract,
    *,
    options: IngestOptions | None = None,
    on_count: Callable[[int], None] | None = None,
    on_rows: Callable[[int], None] | None = None,
) -> IngestReport:
    """Copy all rows of a relation to a delivery, as files `<name>-<number>`, one per range of the key.

    After an interruption, the same call continues with the missing chunks. After a complete ingest, it reads all rows
    again and sends the chunks that differ.

    Args:
        connection: how to reach S3.
        target: the delivery.
        database: the source.
        relation: the rows to read.
        contract: defines the form of the files.
        options: chunk size, parallelism and so on.
        on_count: called once with the number of rows.
        on_rows: called with numbers of rows that were read or skipped, from several threads.

    Raises:
        ConfigurationError: the columns do not fit the contract, or the delivery holds another ingest of this name.
        IngestError: the database failed, or a file cannot hold a row; chunks that were sent stay.
        UploadError: a chunk could not be stored.
    """
    options = options or IngestOptions()
    check_columns(relation, contract)
    if not _FILE_NAME.fullmatch(relation.name):
        raise ConfigurationError(
            f"'{relation.name}' is not a valid name for files of the lake.",
            remedy="Name them with --name: letters, digits, '.', '_' and '-'.",
        )
    layout = build_layout(contract, relation.columns, compress=options.compress)
    source = IngestSource(
        database.shown,
        relation.reads,
        relation.key,
        options.chunk_rows,
        options.compress,
        contract.files.format.value,
        bool(relation.padded),
    )
    s3 = connection.s3()
    records = RecordStore(s3, target.bucket, f"{target.manifest_prefix}{target.delivery}/{relation.name}.json")
    earlier = earlier_try(records, source, target.delivery)
    by = connection.sts().get_caller_identity()["Arn"]
    with database.errors(f"{relation.name} could not be read"), open_snapshot(database) as snapshot:
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        with snapshot.connection() as reader:
            rows = rows_to_read(relation, reader)
            bounds = earlier.bounds if earlier is not None else find_bounds(relation, reader, rows, options.chunk_rows)
        check_bounds(bounds, relation.key)
        if on_count is not None:
            on_count(rows)
        going_on = earlier is not None and not earlier.complete and earlier.layout == layout.hash and not options.reread
        record = IngestRecord(source, layout.hash, bounds, (now,))
        if earlier is not None and going_on:
            record = replace(record, read_at=(*earlier.read_at, now), done=earlier.done)
        records.write(record)  # before the chunks that are cut by it
        upload = UploadRecord(f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}", now, by)
        writer = ObjectWriter(
            BucketAddress.of(s3, target.bucket), connection.credentials(), ca_bundle=connection.ca_bundle
        )
        try:
            transfer = ChunkTransfer(
                database=database,
                snapshot=snapshot,
                relation=relation,
                layout=layout,
                s3=s3,
                writer=writer,
                bucket=target.bucket,
                upload_id=upload.upload,
                on_rows=on_rows or (lambda _: None),
            )
            return _send(transfer, target, records, record, upload, rows, options.parallel)
        finally:
            writer.close()


def _send(
    transfer: ChunkTransfer,
    target: Target,
    records: RecordStore,
    record: IngestRecord,
    upload: UploadRecord,
    rows: int,
    parallel: int,
) -> IngestReport:
    """Send the missing chunks, and complete the record."""
    store = ManifestStore(transfer.s3, target.bucket, target.manifest_prefix)
    stem = f"{target.raw_prefix}delivery={target.delivery}/{transfer.relation.name}-"
    chunks = {f"{stem}{chunk.number:05d}{transfer.layout.suffix}": chunk for chunk in to_ranges(record.bounds)}
    present = objects_below(transfer.s3, target.bucket, stem)
    known = store.read(target.delivery).files
    skipped = tuple(key for key, chunk in chunks.items() if is_done(record, chunk, known.get(key), present.get(key)))
    transfer.on_rows(sum(record.done[chunks[key].number].rows for key in skipped))
    progress = Progress(store, records, record, target.delivery, upload)
    todo = {key: chunk for key, chunk in chunks.items() if key not in skipped}
    try:
        transfer.run(todo, known, present, progress, parallel=parallel)
    except BaseException:
        with suppress(QuartalError, BotoCoreError, ClientError):  # the reason for the end comes first
            progress.finish()
        raise
    progress.finish()
    outcomes = sorted(progress.outcomes, key=lambda outcome: outcome.number)
    read = sum(outcome.rows for outcome in outcomes)
    if not skipped and read != rows:
        raise IngestError(
            f"{transfer.relation.name} changed while it was read: {rows} rows were counted, {read} were read.",
            remedy="Run the same command again with --reread, while nothing is written to it.",
        )
    records.write(replace(progress.record, complete=True))
    return IngestReport(
        rows=read + sum(record.done[chunks[key].number].rows for key in skipped),
        sent=tuple(outcome.key for outcome in outcomes if outcome.sent),
        unchanged=tuple(outcome.key for outcome in outcomes if not outcome.sent),
        skipped=skipped,
        stored_bytes=sum(outcome.delivered.size_bytes for outcome in outcomes if outcome.sent),
        read_at=record.read_at if skipped else record.read_at[-1:],
        manifest=store.manifest_key(target.delivery),
    )

"""upload, ingest, deliveries."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from quartal.cli.options import DatasetOption, EnvironmentOption, JsonOption, WideOption, open_workspace

_PANEL = "Pipeline"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (upload, ingest, deliveries):
        app.command(rich_help_panel=_PANEL)(command)


def upload(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Files, folders of delivery=<name>/ folders, or patterns such as 'exports/*.csv'; with --name "
            "one file or stream ('-' for standard input).",
            show_default=False,
        ),
    ] = None,
    delivery: Annotated[str | None, typer.Option("--delivery", help="Name of the delivery, such as 2024Q1.")] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the single file or stream within the delivery.")
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Make these files the whole delivery: remove all others from it."),
    ] = False,
    remove: Annotated[
        list[str] | None,
        typer.Option("--remove", metavar="FILE", help="Remove this file from the delivery; may be repeated."),
    ] = None,
    parallel: Annotated[
        int | None,
        typer.Option(
            "--parallel",
            min=1,
            max=64,
            help="Files to upload at once. Default: 8; for LocalStack 3.",
            show_default=False,
        ),
    ] = None,
    compress: Annotated[
        bool, typer.Option("--gzip", help="Compress with gzip while uploading; keys end in .gz.")
    ] = False,
    limit: Annotated[float | None, typer.Option("--limit", min=0.001, help="Maximum rate in MB per second.")] = None,
    env: EnvironmentOption = None,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Upload raw files to the lake; files already there with the same content are skipped.

    Files whose header or columns do not fit the data contract are refused before anything is sent, and so are files
    with names that readers skip. After an interruption, run the same command again: it continues where it stopped.
    """
    workspace = open_workspace(env, dataset=dataset, as_json=as_json)
    with ThreadPoolExecutor(max_workers=1) as pool:
        looked_up = pool.submit(lambda: workspace.deployment)
        from quartal.deliver.upload import (
            uploads,  # loads while Terraform answers: as long as the upload of hundreds of files
        )

        import_module("quartal.contracts.row_judge")  # and so do the job's readers

        deployment = looked_up.result()
    options = uploads.UploadOptions(parallel, compress, limit * 1e6 if limit is not None else None)
    exchange = uploads.Exchange(replace, tuple(remove or ()))
    from etl_job.findings.wording import count  # which help need not load
    from quartal.deliver.upload.summary import megabytes

    started = time.perf_counter()
    report = uploads.deliver(workspace, sources or (), delivery=delivery, options=options, name=name, exchange=exchange)
    seconds = time.perf_counter() - started
    target = f"s3://{deployment.lake_bucket}/{deployment.raw_prefix}"
    stored = f" as {megabytes(report.stored_bytes)} MB" if report.stored_bytes != report.uploaded_bytes else ""
    removed = f", {len(report.removed)} removed" if report.removed else ""
    workspace.console.result(
        f"{target}: {count(len(report.uploaded), 'file')} uploaded ({megabytes(report.uploaded_bytes)} MB{stored}), "
        f"{len(report.unchanged)} unchanged{removed}",
        data={
            "target": target,
            "uploaded": [item.key for item in report.uploaded],
            "unchanged": [item.key for item in report.unchanged],
            "uploaded_bytes": report.uploaded_bytes,
            "stored_bytes": report.stored_bytes,
            "removed": list(report.removed),
            "others": list(report.others),
            "without_bytes": [item.key for item in report.without_bytes],
            "left_out": [str(path) for path in report.left_out],
            "likenesses": [
                {"key": each.key, "other": each.other, "is_same_content": each.is_same} for each in report.likenesses
            ],
            "manifests": list(report.manifests),
            "seconds": round(seconds, 3),
        },
    )


def ingest(
    url: Annotated[
        str,
        typer.Argument(
            help="SQLAlchemy URL of the database, such as postgresql://user@host/database.",
            envvar="QUARTAL_INGEST_URL",
            show_default=False,
        ),
    ],
    delivery: Annotated[str, typer.Option("--delivery", help="Name of the delivery, such as 2024Q1.")],
    table: Annotated[str | None, typer.Option("--table", help="Table or view, as TABLE or SCHEMA.TABLE.")] = None,
    query: Annotated[str | None, typer.Option("--query", help="A SELECT to read instead of a table.")] = None,
    key: Annotated[
        list[str] | None,
        typer.Option("--key", help="Column that identifies a row; may be repeated. Default: the table's primary key."),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="Name of the files. Default: the table's.")] = None,
    chunk_rows: Annotated[
        int, typer.Option("--chunk-rows", min=1, help="Rows per chunk; each chunk is one file.")
    ] = 100_000,
    parallel: Annotated[int, typer.Option("--parallel", min=1, max=64, help="Chunks to read at once.")] = 4,
    compress: Annotated[bool, typer.Option("--gzip", help="Compress CSV with gzip; keys end in .gz.")] = False,
    reread: Annotated[
        bool,
        typer.Option(
            "--reread", help="After an interruption, also read the chunks already sent, and send what differs."
        ),
    ] = False,
    trims: Annotated[
        bool,
        typer.Option("--trim-char", help="Strip the trailing spaces with which PostgreSQL pads char(n) values."),
    ] = False,
    env: EnvironmentOption = None,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Copy rows from a database to the lake, as CSV or Parquet that fits the data contract.

    Columns that do not fit the contract are refused before anything is sent. After an interruption, run the same
    command again: it continues with the chunks that are missing.
    """
    from etl_job.findings.wording import count  # which help need not load
    from quartal.deliver.ingest import ingests
    from quartal.deliver.upload.summary import megabytes

    workspace = open_workspace(env, dataset=dataset, as_json=as_json)
    report = ingests.deliver(
        workspace,
        url,
        table=table,
        query=query,
        key=tuple(key or ()),
        name=name,
        delivery=delivery,
        options=ingests.IngestOptions(chunk_rows, parallel, compress, reread, trims),
    )
    if len(report.read_at) > 1:
        workspace.console.warn(
            f"{count(len(report.skipped), 'chunk')} {'shows' if len(report.skipped) == 1 else 'show'} the database as "
            f"it was at {report.read_at[0]}, the others as it is now. If rows were changed in between, run the same "
            "command again: it reads all chunks and sends what differs."
        )
    deployment = workspace.deployment
    target = f"s3://{deployment.lake_bucket}/{deployment.raw_prefix}delivery={delivery}/"
    unchanged = len(report.unchanged) + len(report.skipped)
    workspace.console.result(
        f"{target}: {count(report.rows, 'row')}, {count(len(report.sent), 'chunk')} sent "
        f"({megabytes(report.stored_bytes)} MB), {unchanged} unchanged",
        data={
            "target": target,
            "rows": report.rows,
            "sent": list(report.sent),
            "unchanged": list(report.unchanged),
            "skipped": list(report.skipped),
            "stored_bytes": report.stored_bytes,
            "read_at": list(report.read_at),
            "manifest": report.manifest,
        },
    )


def deliveries(
    name: Annotated[
        str | None, typer.Argument(help="Delivery whose files to list. Without it, all deliveries are listed.")
    ] = None,
    wide: WideOption = False,
    env: EnvironmentOption = None,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the deliveries: their files, what the catalog and the tables hold, and what the next run reads."""
    from quartal.deliver.deliveries import show_deliveries

    show_deliveries(open_workspace(env, dataset=dataset, as_json=as_json), name, wide=wide)

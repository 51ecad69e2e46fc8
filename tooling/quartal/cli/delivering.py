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
            help="Files, folders that hold delivery=<name>/ folders, or patterns such as 'exports/*.csv'; with --name "
            "one file or stream, '-' for standard input.",
            show_default=False,
        ),
    ] = None,
    delivery: Annotated[str | None, typer.Option("--delivery", help="Name of the delivery, such as 2024Q1.")] = None,
    name: Annotated[
        str | None, typer.Option("--name", help="What the one file or stream is called in the delivery.")
    ] = None,
    replace: Annotated[
        bool,
        typer.Option("--replace", help="Make the delivery consist of these files alone: the others are taken out."),
    ] = False,
    remove: Annotated[
        list[str] | None,
        typer.Option("--remove", metavar="FILE", help="Take this file out of the delivery; may be repeated."),
    ] = None,
    parallel: Annotated[
        int | None,
        typer.Option(
            "--parallel", min=1, max=64, help="Files at once. Default: 8; to LocalStack 3.", show_default=False
        ),
    ] = None,
    compress: Annotated[bool, typer.Option("--gzip", help="Compress with gzip on the way; keys end in .gz.")] = False,
    limit: Annotated[float | None, typer.Option("--limit", min=0.001, help="At most so many MB per second.")] = None,
    env: EnvironmentOption = None,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Upload raw files to the lake; what is there with the same content is skipped.

    Files that do not begin as the data contract says are refused before anything is sent, and so are names that no
    reader takes for data. After an interruption the same command goes on where it stopped.
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
    started = time.perf_counter()
    report = uploads.deliver(workspace, sources or (), delivery=delivery, options=options, name=name, exchange=exchange)
    seconds = time.perf_counter() - started
    target = f"s3://{deployment.lake_bucket}/{deployment.raw_prefix}"
    stored = f" as {report.stored_bytes / 1e6:.1f} MB" if report.stored_bytes != report.uploaded_bytes else ""
    removed = f", {len(report.removed)} taken out" if report.removed else ""
    workspace.console.result(
        f"{target}: {len(report.uploaded)} files uploaded ({report.uploaded_bytes / 1e6:.1f} MB{stored}), "
        f"{len(report.unchanged)} there already{removed}",
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
            help="URL of the database as SQLAlchemy takes it, such as postgresql://user@host/database.",
            envvar="QUARTAL_INGEST_URL",
            show_default=False,
        ),
    ],
    delivery: Annotated[str, typer.Option("--delivery", help="Name of the delivery, such as 2024Q1.")],
    table: Annotated[str | None, typer.Option("--table", help="Table or view, or SCHEMA.TABLE.")] = None,
    query: Annotated[str | None, typer.Option("--query", help="A SELECT whose result is read instead.")] = None,
    key: Annotated[
        list[str] | None,
        typer.Option("--key", help="Column that identifies a row; may be repeated. Default: the table's primary key."),
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="What the files are called. Default: the table.")] = None,
    chunk_rows: Annotated[int, typer.Option("--chunk-rows", min=1, help="Rows per chunk, one file each.")] = 100_000,
    parallel: Annotated[int, typer.Option("--parallel", min=1, max=64, help="Chunks at once.")] = 4,
    compress: Annotated[bool, typer.Option("--gzip", help="Compress CSV with gzip; keys end in .gz.")] = False,
    reread: Annotated[
        bool, typer.Option("--reread", help="After an interruption, read also what is there, and send what differs.")
    ] = False,
    trims: Annotated[
        bool,
        typer.Option("--trim-char", help="Take away the blanks with which char(n) of PostgreSQL fills up its values."),
    ] = False,
    env: EnvironmentOption = None,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring rows of a database straight into the lake, as CSV or Parquet that fits the data contract.

    Columns that do not fit the contract are refused before anything is sent. After an interruption the same command
    goes on with the chunks that are not there yet.
    """
    from quartal.deliver.ingest import ingests

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
            f"{len(report.skipped)} chunks show the database as it was at {report.read_at[0]}, the others as it is "
            "now. Were rows changed since? The same command reads all of them again and sends what differs."
        )
    deployment = workspace.deployment
    target = f"s3://{deployment.lake_bucket}/{deployment.raw_prefix}delivery={delivery}/"
    there = len(report.unchanged) + len(report.skipped)
    workspace.console.result(
        f"{target}: {report.rows:,} rows, {len(report.sent)} chunks sent ({report.stored_bytes / 1e6:.1f} MB), "
        f"{there} there already",
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
        str | None, typer.Argument(help="A delivery, whose files are listed; without it all deliveries.")
    ] = None,
    wide: WideOption = False,
    env: EnvironmentOption = None,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what was delivered: files, what the catalog knows, what is published, and what the next run reads."""
    from quartal.deliver.deliveries import show_deliveries

    show_deliveries(open_workspace(env, dataset=dataset, as_json=as_json), name, wide=wide)

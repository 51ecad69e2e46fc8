"""maintenance."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from quartal.cli.options import DatasetOption, EnvironmentOption, JsonOption, open_workspace
from quartal.features.maintenance import Lake, maintain, parse_age, safe_cutoff
from quartal.features.query import iceberg_catalog


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Pipeline")(maintenance)


def maintenance(
    older_than: Annotated[
        str,
        typer.Option("--older-than", help="Minimum age of the snapshots and files to remove, such as 7d, 12h or 30m."),
    ] = "7d",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be removed.")] = False,
    env: EnvironmentOption = None,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Expire snapshots without a tag, and delete files that no snapshot uses."""
    from etl_job.lake.files import S3ObjectStore  # which help need not load

    age = parse_age(older_than)
    workspace = open_workspace(env, dataset=dataset, as_json=as_json)
    deployment, connection = workspace.deployment, workspace.connection
    lake = Lake(
        root=f"s3://{deployment.lake_bucket}",
        database=deployment.database,
        dataset=deployment.dataset,
        tables=(deployment.curated_table(), deployment.features_table()),
    )
    cutoff = safe_cutoff(connection.glue(), deployment.job, datetime.now(UTC), age)
    done = maintain(lake, iceberg_catalog(connection), S3ObjectStore(connection.s3()), cutoff, dry_run=dry_run)
    record = done.as_record()
    columns = ("table", "snapshots expired", "kept", "orphan files", "bytes")
    rows = [tuple(table.values()) for table in record["tables"]]
    rows.append(("quarantine", "", "", record["leftover_files"], record["leftover_bytes"]))
    title = f"{'Would be removed' if dry_run else 'Removed'}: what is older than {cutoff:%Y-%m-%d %H:%M} UTC"
    workspace.console.table(title, columns, rows, data=record)

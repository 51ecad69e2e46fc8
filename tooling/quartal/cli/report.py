"""report."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quartal.cli.options import DatasetOption, EnvironmentOption, JsonOption, open_workspace
from quartal.core.errors import EXIT_PIPELINE_FAILED
from quartal.workspace import Workspace

if TYPE_CHECKING:
    from quartal.report.model import Report


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel="Results")(report)


def report(
    out: Annotated[
        Path | None,
        typer.Option("--out", help="File to write. Default: .quartal/report.html.", show_default=False),
    ] = None,
    runs: Annotated[int, typer.Option("--runs", min=1, help="How many of the newest runs to show.")] = 40,
    quarters: Annotated[
        int, typer.Option("--quarters", min=2, help="How many of the newest quarters of the features to compare.")
    ] = 8,
    env: EnvironmentOption = None,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write an HTML page on history and quality: runs, rows, reasons, cost, drift, freshness, lineage.

    With --json the same numbers go to standard output, and the page is written only if --out names a file.
    """
    from etl_job.findings.wording import count  # which help need not load
    from quartal.report.writing import REPORT, make_report, write_page

    workspace = open_workspace(env, dataset=dataset, as_json=as_json)
    collected = make_report(workspace, runs=runs, quarters=quarters, now=datetime.now(UTC))
    if as_json:
        if out is not None:
            write_page(workspace, collected, out)
        workspace.console.json(collected.as_record())
        _fail_if_incomplete(workspace, collected)
        return
    path = write_page(workspace, collected, out or workspace.settings.state_dir / REPORT)
    workspace.console.result(
        f"{path}: {count(len(collected.runs), 'run')}. Open it in a browser: {path.as_uri()}", data={}
    )
    _fail_if_incomplete(workspace, collected)


def _fail_if_incomplete(workspace: Workspace, collected: Report) -> None:
    """Name the manifests that could not be read, and end with the exit code of a failure if there are any."""
    for manifest in collected.unread_manifests:
        workspace.console.warn(f"Left out, unless Glue knows the run: {manifest.sentence}")
    if collected.unread_manifests:
        raise typer.Exit(EXIT_PIPELINE_FAILED)

"""quarantine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from quartal.cli.features import SAFE_HELP, AnswerFormat, refuse_safe_without_csv
from quartal.cli.options import DatasetOption, EnvironmentOption, JsonOption, WideOption, open_workspace
from quartal.core.terminal_tables import Column, Kind
from quartal.features.quarantine import BadRowFiles, Quarantine, write_quarantine
from quartal.features.query import iceberg_catalog

_PANEL = "Results"
_SHOWN_ROWS = 20
_JSON_SUFFIXES = (".json", ".jsonl")
_COLUMNS = (
    Column("delivery", Kind.WHOLE, optional=1),
    Column("file", optional=2),
    Column("place", Kind.WHOLE, optional=3),
    Column("raw"),
    Column("reasons"),
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(rich_help_panel=_PANEL)(quarantine)


def quarantine(
    delivery: Annotated[
        list[str] | None, typer.Option("--delivery", help="Only rows of this delivery; may be repeated.")
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option("--rule", help="Only rows that break this rule, such as date.format; may be repeated."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Maximum number of rows. Default: 20; with --out, all.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the rows to this file: JSON lines (.json, .jsonl), otherwise CSV."),
    ] = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Show the rows of runs that exceeded a threshold of the contract.")
    ] = False,
    form: Annotated[AnswerFormat, typer.Option("--format", help="Output format.")] = AnswerFormat.TABLE,
    spreadsheet_safe: Annotated[bool, typer.Option("--spreadsheet-safe", help=SAFE_HELP)] = False,
    wide: WideOption = False,
    env: EnvironmentOption = None,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the rows that broke a rule, with file, place, raw text and reasons, and how many broke each rule."""
    from etl_job.findings.wording import count  # which help need not load

    is_csv = (form is AnswerFormat.CSV and not as_json) or (out is not None and out.suffix not in _JSON_SUFFIXES)
    refuse_safe_without_csv(wanted=spreadsheet_safe, is_csv=is_csv)
    workspace = open_workspace(env, dataset=dataset, as_json=as_json)
    deployment, s3, console = workspace.deployment, workspace.connection.s3(), workspace.console
    if failed:
        files = BadRowFiles.failed(deployment, s3)
    else:
        files = BadRowFiles.published(deployment, iceberg_catalog(workspace.connection), s3)
    if lost := files.describe_lost():
        console.warn(lost)
    most = limit if limit is not None or out is not None else _SHOWN_ROWS
    found = files.find(deliveries=delivery or (), rules=rule or (), limit=most)
    summary = _summary(found, is_whole=not files.lost)
    if out is not None:
        write_quarantine(found, out, spreadsheet_safe=spreadsheet_safe)
        console.result(
            f"{out}: {count(len(found.rows), 'row')}. {summary}",
            data={"out": str(out), "rows": len(found.rows), "count": found.count, "by_rule": dict(found.by_rule)},
        )
    elif form is AnswerFormat.CSV and not as_json:
        console.document(found.as_csv(spreadsheet_safe=spreadsheet_safe))
        if len(found.rows) < found.count:
            console.note(f"{summary}. --limit prints more, --out writes all.")
    elif form is AnswerFormat.JSON and not as_json:
        console.json_document({"count": found.count, "by_rule": dict(found.by_rule), "rows": found.as_records()})
    else:
        rows = [(r.delivery, r.file.rpartition("/")[2], r.place, r.raw, " ".join(r.reasons)) for r in found.rows]
        data = {"count": found.count, "by_rule": dict(found.by_rule), "rows": found.as_records()}
        if rows:
            console.table(summary, _COLUMNS, rows, data=data, wide=wide)
        else:
            console.result(summary, data=data)


def _summary(found: Quarantine, *, is_whole: bool) -> str:
    if not found.count:
        return "No row is quarantined." if is_whole else "No quarantined row is left."
    rules = ", ".join(f"{rule} {count:,}" for rule, count in found.by_rule.items())
    shown = f" ({len(found.rows):,} shown)" if len(found.rows) < found.count else ""
    rows = "1 row is" if found.count == 1 else f"{found.count:,} rows are"
    return f"{rows} quarantined{shown}: {rules}"

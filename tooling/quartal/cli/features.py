"""query, tags, tag, diff, export."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quartal.cli.options import DatasetOption, EnvironmentOption, JsonOption, WideOption, open_workspace
from quartal.core.errors import ConfigurationError, NotDeployedError
from quartal.core.terminal_tables import Column, Kind, shown
from quartal.features.diff import diff_states
from quartal.features.export import ExportFormat, export_features
from quartal.features.quarantine import BadRowFiles
from quartal.features.query import are_in_step, iceberg_catalog, published_table, run_query
from quartal.features.tags import State, find_snapshot, list_tags, remove_tag, set_tag, snapshot_named, state_named

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.catalog import Catalog

    from quartal.workspace import Workspace

_PANEL = "Results"
_QUARTERS_NAMED = 4
SAFE_HELP = "With --format csv: put an apostrophe before text that a spreadsheet would take for a formula."
_TAG_HELP = "A tag (`quartal tags` lists them) or a snapshot id."


class AnswerFormat(StrEnum):
    """How an answer is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (query, tags, tag, diff, export):
        app.command(rich_help_panel=_PANEL)(command)


def query(
    sql: Annotated[str, typer.Argument(help="One SELECT; '-' reads it from standard input.", show_default=False)],
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="TAG", help=f"Read the tables as of this state. {_TAG_HELP}")
    ] = None,
    form: Annotated[AnswerFormat, typer.Option("--format", help="Output format.")] = AnswerFormat.TABLE,
    spreadsheet_safe: Annotated[bool, typer.Option("--spreadsheet-safe", help=SAFE_HELP)] = False,
    env: EnvironmentOption = None,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Query the published tables (features, curated) and the quarantine with SQL."""
    refuse_safe_without_csv(wanted=spreadsheet_safe, is_csv=form is AnswerFormat.CSV and not as_json)
    workspace = open_workspace(env, dataset=dataset, as_json=as_json)
    statement = sys.stdin.read() if sql == "-" else sql
    deployment, catalog = workspace.deployment, iceberg_catalog(workspace.connection)

    def bad_rows() -> pa.Table:
        files = BadRowFiles.published(deployment, catalog, workspace.connection.s3())
        if lost := files.describe_lost():
            workspace.console.warn(lost)
        return files.as_table()

    answer = run_query(statement, deployment, catalog, as_of=as_of, bad_rows=bad_rows)
    if as_of is None:
        _warn_if_behind(workspace, catalog)
    else:
        _warn_if_features_hold_more(workspace, catalog, as_of)
    if as_json:
        workspace.console.json(answer.as_records())
    elif form is AnswerFormat.JSON:
        workspace.console.json_document(answer.as_records())
    elif form is AnswerFormat.CSV:
        workspace.console.document(answer.as_csv(spreadsheet_safe=spreadsheet_safe))
    else:
        workspace.console.table("", answer.columns, list(answer.rows), data=None)


_TAG_COLUMNS = (
    Column("tag", Kind.ID),
    Column("snapshot", Kind.WHOLE, optional=3),
    Column("committed (UTC)", Kind.WHOLE),
    Column("days to", Kind.WHOLE),
    Column("rows", Kind.WHOLE, optional=1),
    Column("run", Kind.ID, optional=2),
)


def tags(
    wide: WideOption = False, env: EnvironmentOption = None, dataset: DatasetOption = None, as_json: JsonOption = False
) -> None:
    """List the tags of the features: one for each quarter, those of the newest runs, and your own."""
    workspace = open_workspace(env, dataset=dataset, as_json=as_json)
    catalog = iceberg_catalog(workspace.connection)
    found = list_tags(published_table(catalog, workspace.deployment, "features"))
    _warn_if_behind(workspace, catalog)
    rows = [
        (
            t.name,
            str(t.snapshot_id),
            f"{t.committed:%Y-%m-%d %H:%M:%S}",
            str(t.days_to or ""),
            t.rows if t.rows is not None else "not known",
            t.run_id,
        )
        for t in found
    ]
    workspace.console.table(
        "", _TAG_COLUMNS, rows, data=[asdict(tag) | {"committed_at": tag.committed} for tag in found], wide=wide
    )
    more = [tag.name for tag in found if tag.holds_more]
    if more:
        workspace.console.warn(
            f"{', '.join(more)}: set by an earlier version of the job, with days after the quarter. Readers other than "
            f"quartal see those days too. {workspace.command_line('run')} renews such tags."
        )
    for tag in found if not as_json else ():
        for deliveries, what in (
            (tag.later_deliveries, "may have gained or lost rows through deliveries of a later quarter"),
            (tag.corrected_by, "may have changed since its first publication through"),
        ):
            if deliveries:
                workspace.console.note(f"  {tag.name} {what}: {', '.join(deliveries)}")


def tag(
    name: Annotated[str | None, typer.Argument(help="The tag to set; without it, all tags are listed.")] = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="TAG", help=f"The state to tag. Default: the newest. {_TAG_HELP}"),
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Delete the tag, if it is one of your own.")] = False,
    env: EnvironmentOption = None,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tag a published state of the features to keep it, such as the one that a model was trained on."""
    if name is None:
        if as_of or delete:
            raise ConfigurationError(
                "--as-of and --delete need the name of a tag.", remedy="Name it: `quartal tag NAME --as-of 2024Q1`."
            )
        tags(env=env, dataset=dataset, as_json=as_json)
        return
    workspace = open_workspace(env, dataset=dataset, as_json=as_json)
    catalog = iceberg_catalog(workspace.connection)
    table = published_table(catalog, workspace.deployment, "features")
    if delete:
        remove_tag(table, name)
        workspace.console.result(f"Tag {name} was deleted.", data={"tag": name, "removed": True})
        return
    if as_of is not None and (up_to := state_named(table, as_of).up_to):
        raise ConfigurationError(
            f"Tag {as_of} was set by an earlier version of the job and holds days after {up_to}, so a model trained "
            "on the quarter would have seen them.",
            remedy=f"{workspace.command_line('run')} renews the tag. To tag the whole state, use its snapshot id.",
        )
    snapshot = snapshot_named(table, as_of) if as_of is not None else table.current_snapshot()
    if snapshot is None:
        raise NotDeployedError("The features have no published state yet.", remedy="Start a run: `quartal run`.")
    if snapshot == table.current_snapshot():
        _warn_if_behind(workspace, catalog)
    is_new = set_tag(table, name, snapshot.snapshot_id)
    verb = "names" if is_new else "already names"
    workspace.console.result(
        f"Tag {name} {verb} snapshot {snapshot.snapshot_id}. Read it: `quartal query SQL --as-of {name}`",
        data={"tag": name, "snapshot_id": snapshot.snapshot_id, "is_new": is_new},
    )


def diff(
    before: Annotated[str, typer.Argument(metavar="TAG", help=_TAG_HELP, show_default=False)],
    after: Annotated[str, typer.Argument(metavar="TAG", help=_TAG_HELP, show_default=False)],
    env: EnvironmentOption = None,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Compare the features at two tags: rows by entity and day, values by column."""
    from etl_job.findings.wording import count  # which help need not load

    workspace = open_workspace(env, dataset=dataset, as_json=as_json)
    table = published_table(iceberg_catalog(workspace.connection), workspace.deployment, "features")
    old, new = state_named(table, before), state_named(table, after)
    for state in (old, new):
        _warn_if_state_holds_more(workspace, state)
    found = diff_states(table, old, new)
    if found.is_empty and not as_json:
        workspace.console.result(
            f"The features of {before} and {after} are the same: {count(found.rows_after, 'row')}.", data={}
        )
        return
    columns = ("column", "values changed", "for example", before, after)
    rows = [
        (each.column, each.changed, ", ".join(map(str, each.key.values())), *_told_apart(each.before, each.after))
        for each in found.columns
    ]
    title = f"{count(found.added, 'row')} added, {found.removed:,} removed, {found.changed:,} changed"
    data = {"before": before, "after": after, **found.as_record()}
    if rows:
        workspace.console.table(title, columns, rows, data=data)
    else:
        workspace.console.result(title, data=data)
    if not as_json:
        for names, what in ((found.columns_added, "added"), (found.columns_removed, "removed")):
            if names:
                workspace.console.note(f"  columns {what}: {', '.join(names)}")


def export(
    tag: Annotated[str, typer.Option("--tag", help=_TAG_HELP, show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="Folder to write to; it must be empty or not exist.")],
    form: Annotated[ExportFormat, typer.Option("--format", help="Format of the files.")] = ExportFormat.PARQUET,
    quarter: Annotated[
        list[str] | None,
        typer.Option("--quarter", help="Only rows of this quarter; may be repeated. Default: all quarters of the tag."),
    ] = None,
    spreadsheet_safe: Annotated[bool, typer.Option("--spreadsheet-safe", help=SAFE_HELP)] = False,
    env: EnvironmentOption = None,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the features of a tag to a folder: one file per quarter, and a manifest with checksums."""
    from etl_job.findings.wording import count  # which help need not load

    refuse_safe_without_csv(wanted=spreadsheet_safe, is_csv=form is ExportFormat.CSV)
    workspace = open_workspace(env, dataset=dataset, as_json=as_json)
    catalog = iceberg_catalog(workspace.connection)
    table = published_table(catalog, workspace.deployment, "features")
    state = state_named(table, tag)
    _warn_if_state_holds_more(workspace, state)
    if snapshot_named(table, tag) == table.current_snapshot():
        _warn_if_behind(workspace, catalog)
    done = export_features(table, state, out, form, spreadsheet_safe=spreadsheet_safe, only=tuple(quarter or ()))
    left_out = f" (not {', '.join(done.left_out)})" if done.left_out else ""
    workspace.console.result(
        f"{out}: {count(done.rows, 'row')} of {done.table} at {tag}, of {_quarters(done.quarters)}{left_out}, in "
        f"{count(len(done.files), 'file')}, and manifest.json",
        data=done.as_record(),
    )


def _told_apart(before: object, after: object) -> tuple[object, object]:
    """Two values that differ, with all their digits if a table would show them alike."""
    return (repr(before), repr(after)) if shown(before) == shown(after) else (before, after)


def _quarters(names: tuple[str, ...]) -> str:
    if not names:
        return "no quarter"
    return ", ".join(names) if len(names) <= _QUARTERS_NAMED else f"the {len(names)} quarters {names[0]} to {names[-1]}"


def _warn_if_features_hold_more(workspace: Workspace, catalog: Catalog, as_of: str) -> None:
    with suppress(NotDeployedError):  # the state may belong to another table
        features = published_table(catalog, workspace.deployment, "features")
        if find_snapshot(features, as_of) is not None:
            _warn_if_state_holds_more(workspace, state_named(features, as_of))


def _warn_if_state_holds_more(workspace: Workspace, state: State) -> None:
    if state.up_to is not None:
        workspace.console.warn(
            f"Tag {state.name} was set by an earlier version of the job and holds later days too; only days up to "
            f"{state.up_to} are read. {workspace.command_line('run')} renews it."
        )


def _warn_if_behind(workspace: Workspace, catalog: Catalog) -> None:
    if are_in_step(catalog, workspace.deployment) is False:
        workspace.console.warn(
            "The features are behind the curated table: a run ended between its two commits. "
            f"{workspace.command_line('run')} brings them up to date."
        )


def refuse_safe_without_csv(*, wanted: bool, is_csv: bool) -> None:
    """Refuse --spreadsheet-safe if no CSV is written.

    Raises:
        ConfigurationError: the output is of another format, whose values have types.
    """
    if wanted and not is_csv:
        raise ConfigurationError(
            "--spreadsheet-safe works with CSV only: values of other formats have types.",
            remedy="Add --format csv, or leave out --spreadsheet-safe.",
        )

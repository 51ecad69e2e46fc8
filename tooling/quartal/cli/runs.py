"""run, status, explain, history, logs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from quartal.cli.deploy import Approval, approved_level
from quartal.cli.options import DatasetOption, EnvironmentOption, JsonOption, WideOption, open_workspace
from quartal.core.errors import EXIT_PIPELINE_FAILED, ConfigurationError
from quartal.deploy.git_state import refuse_unpublished
from quartal.runs.explain import explain_run, show_logs
from quartal.runs.history import show_history
from quartal.runs.lookup import newest_run, run_to_explain
from quartal.runs.outcome import show_manifest
from quartal.runs.start_and_follow import follow_newest_run, follow_run, start_run
from quartal.workspace import Workspace

if TYPE_CHECKING:
    from etl_job.manifest.model import RunManifest

_PANEL = "Pipeline"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (run, status, explain, history, logs):
        app.command(rich_help_panel=_PANEL)(command)


def run(
    delivery: Annotated[
        list[str] | None,
        typer.Option("--delivery", help="Process this delivery; may be repeated. Default: all new or changed ones."),
    ] = None,
    withdraw: Annotated[
        list[str] | None,
        typer.Option(
            "--withdraw",
            help="Withdraw this delivery from the tables and process no new ones; may be repeated.",
        ),
    ] = None,
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Minutes to wait for the run to end.")] = 60,
    detach: Annotated[bool, typer.Option("--detach", help="Start the run and return at once.")] = False,
    ephemeral: Annotated[
        bool,
        typer.Option(
            "--ephemeral",
            help="Deploy, run, export the features, remove everything except the data, and show the cost.",
        ),
    ] = False,
    upload_first: Annotated[
        list[Path] | None,
        typer.Option("--upload", help="With --ephemeral: upload these files first, as `upload` does; may be repeated."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            help="With --ephemeral: folder for the features. Default: .quartal/exports/ENVIRONMENT/RUN.",
            show_default=False,
        ),
    ] = None,
    approve: Annotated[
        Approval | None,
        typer.Option("--approve", help="With --ephemeral: approve the deployment and its removal; at least 'destroy'."),
    ] = None,
    allow_dirty: Annotated[
        bool, typer.Option("--allow-dirty", help="With --ephemeral: as `apply --allow-dirty`.")
    ] = False,
    policies: Annotated[
        bool | None,
        typer.Option("--policies/--no-policies", help="With --ephemeral: as `apply --policies`.", show_default=False),
    ] = None,
    env: EnvironmentOption = None,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Run the workflow (crawl, then job), wait for its end and show the result.

    Ctrl-C does not stop the run; `quartal status --follow` watches it again.
    """
    workspace = open_workspace(env, dataset=dataset, as_json=as_json)
    _refuse_lists_without_names(delivery=delivery or (), withdraw=withdraw or ())
    _refuse_options_that_differ(
        ephemeral=ephemeral,
        detach=detach,
        others=bool(upload_first or out or approve or allow_dirty or policies is not None),
    )
    if ephemeral:
        from quartal.scenarios import ephemeral as ephemeral_runs

        refuse_unpublished(workspace.settings.root, workspace.settings.environment, allowed=allow_dirty)
        wanted = ephemeral_runs.EphemeralRun(
            deliveries=tuple(delivery or ()),
            withdrawn=tuple(withdraw or ()),
            sources=tuple(upload_first or ()),
            out=out,
            timeout_s=timeout * 60,
            approved=approved_level(approve),
            policies=policies,
        )
        ephemeral_runs.show_result(workspace, ephemeral_runs.run_ephemeral(workspace, wanted))
        return
    run_id = start_run(workspace, tuple(delivery or ()), tuple(withdraw or ()))
    if detach:
        watch = workspace.command_line("status", "--follow")
        workspace.console.result(
            f"Run {run_id} has started. Watch it: {watch}", data={"run_id": run_id, "watch": watch.strip("`")}
        )
        return
    _show_outcome(workspace, follow_run(workspace, run_id, timeout_s=timeout * 60))


def _show_outcome(workspace: Workspace, manifest: RunManifest) -> None:
    """Show what a run did, and what needs attention now."""
    from quartal.report.status import attention_after

    attention = attention_after(workspace, manifest.run_id)
    show_manifest(workspace.console, manifest, typed=workspace.command_line, attention=attention)


def _refuse_lists_without_names(**options: Sequence[str]) -> None:
    """Refuse a list such as ",": a run would treat it as no selection and process every new delivery."""
    for option, lists in options.items():
        for names in lists:
            if not names.replace(",", " ").strip():
                raise ConfigurationError(
                    f"--{option} '{names}' names no delivery. Nothing was started.",
                    remedy="Name one, such as 2024Q1; without --delivery and --withdraw, a run takes all new ones.",
                )


def _refuse_options_that_differ(*, ephemeral: bool, detach: bool, others: bool) -> None:
    if ephemeral and detach:
        raise ConfigurationError(
            "--ephemeral and --detach exclude each other: the deployment is removed at the end of the run.",
            remedy="Leave out --detach.",
        )
    if others and not ephemeral:
        raise ConfigurationError(
            "--upload, --out, --approve, --allow-dirty and --policies need --ephemeral.",
            remedy="Add --ephemeral, or use `quartal upload` before the run and `quartal export` after it.",
        )


def status(
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Watch the newest run to its end.")] = False,
    timeout: Annotated[float, typer.Option("--timeout", min=1, help="Minutes to watch with --follow.")] = 60,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 1 if there is a problem.")] = False,
    env: EnvironmentOption = None,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what needs your attention, how the last run went, when the next one starts, and what is deployed."""
    workspace = open_workspace(env, dataset=dataset, as_json=as_json)
    if follow:
        _show_outcome(workspace, follow_newest_run(workspace, timeout_s=timeout * 60))
        return
    from quartal.report.findings import Level
    from quartal.report.status import show_status

    findings = show_status(workspace)
    if exit_code and any(finding.level is Level.PROBLEM for finding in findings):
        raise typer.Exit(EXIT_PIPELINE_FAILED)


def explain(
    run_id: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="Id of a workflow run; default: the newest.", show_default=False),
    ] = None,
    env: EnvironmentOption = None,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain a run: what it did, or which step failed, why, and the command that continues.

    For the newest run it also shows what needs attention now, as `quartal status` does.
    """
    from quartal.report.status import attention_after

    workspace = open_workspace(env, dataset=dataset, as_json=as_json)
    explain_run(
        workspace, run_id or run_to_explain(workspace), lambda run: attention_after(workspace, run, without_last=True)
    )


def history(
    last: Annotated[int, typer.Option("--last", min=1, help="How many of the newest runs to show.")] = 20,
    wide: WideOption = False,
    env: EnvironmentOption = None,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """List runs: when they ran, how they ended, their deliveries, and how many rows they kept and quarantined."""
    if not show_history(open_workspace(env, dataset=dataset, as_json=as_json), last, wide=wide):
        raise typer.Exit(EXIT_PIPELINE_FAILED)


def logs(
    run_id: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="Id of a workflow run; default: the newest.", show_default=False),
    ] = None,
    errors: Annotated[
        bool, typer.Option("--errors", help="Print the error stream, which includes Spark's own messages.")
    ] = False,
    env: EnvironmentOption = None,
    dataset: DatasetOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the log of a run's job."""
    workspace = open_workspace(env, dataset=dataset, as_json=as_json)
    show_logs(workspace, run_id or newest_run(workspace), errors=errors)

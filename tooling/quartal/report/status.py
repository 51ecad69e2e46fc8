"""`quartal status`: what needs attention, the newest run, and what is deployed where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from glue_triggers.cron import Cron, CronError
from glue_triggers.cron_words import in_words
from plan_review.errors import ReviewError
from plan_review.prices import load_prices
from quartal.core.errors import NotDeployedError, PipelineError, QuartalError
from quartal.deploy.review import prices_folder
from quartal.features.query import are_in_step, iceberg_catalog
from quartal.report.clocks import on_clocks
from quartal.report.collect import LOOKED_BACK, build_situation, past_runs, publishing_runs
from quartal.report.cost import PriceBasis, price_basis
from quartal.report.findings import Finding, Level, findings_in, verdict_text
from quartal.report.freshness import freshness
from quartal.report.model import RunRecord
from quartal.report.runs import delivery_states, last_published_day
from quartal.report.wording import money
from quartal.runs.outcome import Attention, Typed
from quartal.runs.workflow_run import Outcome, Step, latest_run
from quartal.workspace import Workspace

_SIGNS = {Level.PROBLEM: "✗", Level.WARNING: "!", Level.NOTE: "·"}


def show_status(workspace: Workspace) -> tuple[Finding, ...]:
    """Print what needs attention, the newest workflow run and the deployment; return the findings."""
    deployment = workspace.deployment
    not_deployed: NotDeployedError | None = None
    run = None
    try:
        run = latest_run(
            workspace.connection.glue(), deployment.workflow, crawler=deployment.crawler, job=deployment.job
        )
    except NotDeployedError as error:
        not_deployed = error
    next_start = _next_start(deployment.schedule, datetime.now(UTC)) if not_deployed is None else None
    findings, cost = _examine(workspace, run.run_id if run else "") if not_deployed is None else ((), "")
    data: dict[str, Any] = {
        "verdict": verdict_text(findings) if not_deployed is None else "Not deployed",
        "findings": [asdict(finding) for finding in findings],
        "environment": workspace.settings.environment,
        "endpoint_url": workspace.endpoint.url if workspace.endpoint else None,
        "lake_bucket": deployment.lake_bucket,
        "database": deployment.database,
        "workflow": deployment.workflow,
        "schedule": deployment.schedule,
        "next_start": next_start,
        "next_start_at": next_start,
        "is_deployed": not_deployed is None,
        "last_run": None,
    }
    lines = [] if not_deployed is not None else [*finding_lines(findings, workspace.command_line), ""]
    lines += [
        f"Environment  {workspace.settings.environment}"
        + (f" at {workspace.endpoint.url} ({workspace.endpoint.source})" if workspace.endpoint else ""),
        f"Lake         s3://{deployment.lake_bucket}",
        f"Database     {deployment.database}",
        f"Workflow     {deployment.workflow}, {_schedule_in_words(deployment.schedule)}",
    ]
    if next_start is not None:
        lines.append(f"Next start   {on_clocks(next_start, deployment.time_zone)}")
    if not_deployed is not None:
        lines.append(f"{not_deployed.message} {not_deployed.remedy}")
    elif run is None:
        lines.append("Last run     none known to Glue")
    else:
        data["last_run"] = {
            "run_id": run.run_id,
            "status": run.status,
            "succeeded": run.succeeded,
            "state": run.status,
            "started": run.started,
            "started_at": run.started,
            "ended": run.ended,
            "ended_at": run.ended,
            "crawl": _step(run.crawl),
            "job": _step(run.job),
        }
        verdict = "succeeded" if run.succeeded else "did not succeed" if run.is_done else "is in progress"
        started = f" (started {run.started:%Y-%m-%d %H:%M:%S %Z})" if run.started else ""
        lines.append(f"Last run     {run.run_id} {verdict}{started}")
        lines += [f"  {step.kind:<10} {_describe(step)}" for step in (run.crawl, run.job)]
        lines += [f"  {cost}"] if cost else []
    workspace.console.result("\n".join(lines), data=data)
    return findings


def attention_after(workspace: Workspace, run_id: str, *, without_last: bool = False) -> Attention:
    """The findings after a run; empty if it is not the newest, or if something cannot be read.

    Args:
        workspace: of the pipeline.
        run_id: the run that was just shown.
        without_last: whether to leave out why that run failed.
    """
    deployment = workspace.deployment
    try:
        newest = latest_run(
            workspace.connection.glue(), deployment.workflow, crawler=deployment.crawler, job=deployment.job
        )
        if newest is None or newest.run_id != run_id:
            return Attention()
        findings, cost = _examine(workspace, run_id)
    except (QuartalError, ClientError, BotoCoreError, OSError):
        return Attention()
    shown = [finding for finding in findings if not (without_last and finding.about == "last_run")]
    lines = finding_lines(shown, workspace.command_line)[1:] if shown else []
    data = {"verdict": verdict_text(findings), "findings": [asdict(finding) for finding in findings]}
    return Attention((verdict_text(findings), *lines, *([cost] if cost else [])), data)


def _examine(workspace: Workspace, run_id: str) -> tuple[tuple[Finding, ...], str]:
    """The findings about runs, deliveries and tables, and a sentence on a run's cost, if known.

    Drift, which takes longer, is left to the report.
    """
    deployment, connection = workspace.deployment, workspace.connection
    now = datetime.now(UTC)
    try:
        past = past_runs(deployment, connection.glue(), connection.s3(), _prices(workspace), LOOKED_BACK)
    except PipelineError as error:
        return (Finding(Level.PROBLEM, "history", f"{error.message} {error.remedy}"),), ""
    runs = past.runs
    deliveries = delivery_states(past.newest, (*publishing_runs(deployment, connection.s3(), past), *runs))
    fresh = freshness(
        schedule=deployment.schedule,
        ml_run=deployment.ml_date(),
        last_success=max((run.started for run in runs if run.outcome == "SUCCEEDED"), default=None),
        published=None,
        last_day=last_published_day(deliveries),
        now=now,
    )
    is_cut = len(runs) >= LOOKED_BACK
    situation = build_situation(
        deployment,
        runs,
        deliveries,
        fresh,
        now,
        in_step=_in_step(workspace),
        has_earlier_runs=is_cut,
        unread=past.unread,
    )
    return findings_in(situation), cost_in_words(runs, run_id, is_local=workspace.settings.is_local)


def _prices(workspace: Workspace) -> PriceBasis | None:
    """The prices; None if there are none or they cannot be read, which `quartal cost` reports."""
    try:
        return price_basis(load_prices(workspace.deployment.region, prices_folder(workspace)))
    except (QuartalError, ReviewError, OSError):
        return None


def cost_in_words(runs: Sequence[RunRecord], run_id: str, *, is_local: bool) -> str:
    """What a run cost; empty if that is not known. The newest may be one of the job alone, which is not shown."""
    cost = next((run.cost for run in runs if run.run_id == run_id), None)
    if cost is None or cost.usd is None:
        return ""
    usd = money(cost.usd)
    return f"On AWS the run would cost {usd}." if is_local else f"The run cost {usd}."


def _in_step(workspace: Workspace) -> bool | None:
    """Whether the features match the curated table; None if the tables cannot be read."""
    try:
        return are_in_step(iceberg_catalog(workspace.connection), workspace.deployment)
    except (QuartalError, ClientError, BotoCoreError, OSError):
        return None


def finding_lines(findings: Iterable[Finding], typed: Typed) -> list[str]:
    """The verdict, then each finding with its sign and the command that helps, as `typed` writes it."""
    lines = [verdict_text(findings)]
    for finding in findings:
        lines.append(f"{_SIGNS[finding.level]} {finding.sentence}")
        if finding.command:
            lines.append(f"    {typed(*finding.command)}")
    return lines


def _schedule_in_words(schedule: str) -> str:
    if not schedule:
        return "no schedule"
    words = in_words(schedule)
    return f"schedule {schedule}: {words}" if words else f"schedule {schedule} (UTC)"


def _next_start(schedule: str, now: datetime) -> datetime | None:
    """When the schedule fires next; None if it never does or is not valid."""
    try:
        return Cron.parse(schedule).next_after(now) if schedule else None
    except CronError:
        return None


def _describe(step: Step) -> str:
    seconds = f" in {step.seconds:.0f} s" if step.seconds is not None else ""
    error = f": {step.error}" if step.error and step.outcome is not Outcome.SUCCEEDED else ""
    return f"{step.outcome}{seconds}{error}"


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "state": step.outcome,
        "outcome": step.outcome,
        "run_id": step.run_id or None,
        "seconds": step.seconds,
        "error": step.error or None,
    }

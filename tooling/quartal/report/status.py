"""`quartal status`: is it fine, what needs somebody, and what is deployed where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from glue_triggers.cron import Cron, CronError
from plan_review.errors import ReviewError
from plan_review.prices import load_prices
from quartal.core.errors import NotDeployedError, PipelineError, QuartalError
from quartal.deploy.review import prices_folder
from quartal.features.query import are_in_step, iceberg_catalog
from quartal.report.clocks import on_clocks
from quartal.report.collect import LOOKED_BACK, past_runs, situation_of
from quartal.report.cost import PriceBasis, price_basis
from quartal.report.findings import Finding, Level, findings_in, verdict_of
from quartal.report.freshness import freshness
from quartal.report.model import RunRecord
from quartal.report.runs import delivery_states, last_day_of
from quartal.report.wording import money
from quartal.runs.outcome import Standing, Typed
from quartal.runs.pipeline import typed_command
from quartal.runs.workflow_run import Outcome, Step, latest_run
from quartal.workspace import Workspace

_SIGNS = {Level.PROBLEM: "✗", Level.WARNING: "!", Level.NOTE: "·"}


def show_status(workspace: Workspace) -> tuple[Finding, ...]:
    """Print what needs somebody, the newest workflow run and the deployment; the findings are returned."""
    deployment = workspace.deployment
    gone: NotDeployedError | None = None
    run = None
    try:
        run = latest_run(
            workspace.connection.glue(), deployment.workflow, crawler=deployment.crawler, job=deployment.job
        )
    except NotDeployedError as error:
        gone = error
    next_start = _next_start(deployment.schedule, datetime.now(UTC)) if gone is None else None
    findings, cost = _look(workspace) if gone is None else ((), "")
    data: dict[str, Any] = {
        "verdict": verdict_of(findings) if gone is None else "Not deployed",
        "findings": [asdict(finding) for finding in findings],
        "environment": workspace.settings.environment,
        "endpoint_url": workspace.endpoint.url if workspace.endpoint else None,
        "lake_bucket": deployment.lake_bucket,
        "database": deployment.database,
        "workflow": deployment.workflow,
        "schedule": deployment.schedule,
        "next_start": next_start,
        "next_start_at": next_start,
        "is_deployed": gone is None,
        "last_run": None,
    }
    lines = [] if gone is not None else [*lines_of(findings, partial(typed_command, workspace)), ""]
    lines += [
        f"Environment  {workspace.settings.environment}"
        + (f" at {workspace.endpoint.url} ({workspace.endpoint.source})" if workspace.endpoint else ""),
        f"Lake         s3://{deployment.lake_bucket}",
        f"Database     {deployment.database}",
        f"Workflow     {deployment.workflow}, schedule {deployment.schedule or 'none'} (UTC)",
    ]
    if next_start is not None:
        lines.append(f"Next start   {on_clocks(next_start, deployment.time_zone)}")
    if gone is not None:
        lines.append(f"{gone.message} {gone.remedy}")
    elif run is None:
        lines.append("Last run     none that Glue knows")
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
        verdict = "succeeded" if run.succeeded else "did not succeed" if run.is_done else "is going on"
        lines.append(f"Last run     {run.run_id} {verdict} (started {run.started:%Y-%m-%d %H:%M:%S %Z})")
        lines += [f"  {step.kind:<10} {_describe(step)}" for step in (run.crawl, run.job)]
        lines += [f"  {cost}"] if cost else []
    workspace.console.result("\n".join(lines), data=data)
    return findings


def standing_after(workspace: Workspace, run_id: str, *, without_last: bool = False) -> Standing:
    """What needs somebody, where this is the newest run; nothing else is told of it, whatever cannot be read.

    Args:
        workspace: where.
        run_id: of the run that was told of.
        without_last: whether why the run itself failed is told already.
    """
    deployment = workspace.deployment
    try:
        newest = latest_run(
            workspace.connection.glue(), deployment.workflow, crawler=deployment.crawler, job=deployment.job
        )
        if newest is None or newest.run_id != run_id:
            return Standing()
        findings, cost = _look(workspace)
    except (QuartalError, ClientError, BotoCoreError, OSError):
        return Standing()
    told = [finding for finding in findings if not (without_last and finding.about == "last_run")]
    lines = lines_of(told, partial(typed_command, workspace))[1:] if told else []
    data = {"verdict": verdict_of(findings), "findings": [asdict(finding) for finding in findings]}
    return Standing((verdict_of(findings), *lines, *([cost] if cost else [])), data)


def _look(workspace: Workspace) -> tuple[tuple[Finding, ...], str]:
    """What the runs and their manifests show, and whether the tables fit each other; the rest is the report's.

    And what the newest run cost, in a sentence, as far as that is known.
    """
    deployment, connection = workspace.deployment, workspace.connection
    now = datetime.now(UTC)
    try:
        runs, manifests = past_runs(deployment, connection.glue(), connection.s3(), _prices(workspace), LOOKED_BACK)
    except PipelineError as error:
        return (Finding(Level.PROBLEM, "history", f"{error.message} {error.remedy}"),), ""
    succeeded = [each for each in manifests.values() if each.status == "SUCCEEDED"]
    deliveries = delivery_states(max(succeeded, key=lambda each: each.started_at, default=None), runs)
    fresh = freshness(
        schedule=deployment.schedule,
        ml_run=deployment.ml_date(),
        last_success=max((run.started for run in runs if run.outcome == "SUCCEEDED"), default=None),
        published=None,
        last_day=last_day_of(deliveries),
        now=now,
    )
    is_cut = len(runs) >= LOOKED_BACK
    situation = situation_of(
        deployment, runs, deliveries, fresh, now, in_step=_in_step(workspace), has_earlier_runs=is_cut
    )
    return findings_in(situation), cost_in_words(runs, is_local=workspace.settings.is_local)


def _prices(workspace: Workspace) -> PriceBasis | None:
    """None where there are none, or they cannot be read: who asks for costs is told that by `quartal cost`."""
    try:
        return price_basis(load_prices(workspace.deployment.region, prices_folder(workspace)))
    except (QuartalError, ReviewError, OSError):
        return None


def cost_in_words(runs: Sequence[RunRecord], *, is_local: bool) -> str:
    """What the newest run cost; empty where that is not known."""
    if not runs or runs[-1].cost is None or runs[-1].cost.usd is None:
        return ""
    usd = money(runs[-1].cost.usd)
    return f"On AWS the run would cost {usd}." if is_local else f"The run cost {usd}."


def _in_step(workspace: Workspace) -> bool | None:
    """As the tables say; None where they cannot be read, which is for those to say who need them."""
    try:
        return are_in_step(iceberg_catalog(workspace.connection), workspace.deployment)
    except (QuartalError, ClientError, BotoCoreError, OSError):
        return None


def lines_of(findings: Iterable[Finding], typed: Typed) -> list[str]:
    """The verdict, then each finding with its sign and the command that helps, as `typed` writes it."""
    lines = [verdict_of(findings)]
    for finding in findings:
        lines.append(f"{_SIGNS[finding.level]} {finding.sentence}")
        if finding.command:
            lines.append(f"    {typed(*finding.command)}")
    return lines


def _next_start(schedule: str, now: datetime) -> datetime | None:
    """When the schedule fires next; None where it never does, or says so in a way that cannot be computed."""
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

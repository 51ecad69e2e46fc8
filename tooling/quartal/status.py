"""`quartal status`: what is deployed and how the last run went."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from quartal.errors import NotDeployedError
from quartal.plan_review.aws_cron import CronError, next_dates
from quartal.workflow_run import Outcome, Step, latest_run
from quartal.workspace import Workspace


def show_status(workspace: Workspace) -> None:
    """Print the deployment and its newest workflow run."""
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
    data: dict[str, Any] = {
        "environment": workspace.settings.environment,
        "endpoint_url": workspace.endpoint.url if workspace.endpoint else None,
        "lake_bucket": deployment.lake_bucket,
        "database": deployment.database,
        "workflow": deployment.workflow,
        "schedule": deployment.schedule,
        "next_start": next_start,
        "is_deployed": gone is None,
        "last_run": None,
    }
    lines = [
        f"Environment  {workspace.settings.environment}"
        + (f" at {workspace.endpoint.url} ({workspace.endpoint.source})" if workspace.endpoint else ""),
        f"Lake         s3://{deployment.lake_bucket}",
        f"Database     {deployment.database}",
        f"Workflow     {deployment.workflow}, schedule {deployment.schedule or 'none'} (UTC)",
    ]
    if next_start is not None:
        local = [start.partition(", ")[2] for start in deployment.starts if start.startswith(f"{next_start:%B} ")]
        lines.append(", ".join([f"Next start   {next_start:%Y-%m-%d %H:%M} UTC", *filter(None, local)]))
    if gone is not None:
        lines.append(f"{gone.message} {gone.remedy}")
    elif run is None:
        lines.append("Last run     none yet: `quartal upload FOLDER`, then `quartal run`")
    else:
        data["last_run"] = {
            "run_id": run.run_id,
            "status": run.status,
            "succeeded": run.succeeded,
            "started": run.started,
            "ended": run.ended,
            "crawl": _step(run.crawl),
            "job": _step(run.job),
        }
        verdict = "succeeded" if run.succeeded else "did not succeed" if run.is_done else "is going on"
        lines.append(f"Last run     {run.run_id} {verdict} (started {run.started:%Y-%m-%d %H:%M:%S %Z})")
        lines += [f"  {step.kind:<10} {_describe(step)}" for step in (run.crawl, run.job)]
    workspace.console.result("\n".join(lines), data=data)


def _next_start(schedule: str, now: datetime) -> datetime | None:
    """When the schedule fires next; None where it never does, or says so in a way that cannot be computed."""
    try:
        return next(iter(next_dates(schedule, now, 1)), None) if schedule else None
    except CronError:
        return None


def _describe(step: Step) -> str:
    seconds = f" in {step.seconds:.0f} s" if step.seconds is not None else ""
    error = f": {step.error}" if step.error and step.outcome is not Outcome.SUCCEEDED else ""
    return f"{step.outcome}{seconds}{error}"


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "outcome": step.outcome,
        "run_id": step.run_id or None,
        "seconds": step.seconds,
        "error": step.error or None,
    }

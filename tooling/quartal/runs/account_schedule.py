"""`quartal schedule`: what Glue will run in an account within a year, and what will run twice or never."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING

from glue_triggers.examination import examine
from glue_triggers.finding import Finding, Level
from glue_triggers.pipeline import Crawler, Job, Pipeline, Trigger, Workflow
from glue_triggers.simulation import Year
from glue_triggers.wording import as_data, chain, when
from quartal.workspace import Workspace

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_glue.type_defs import CrawlerTypeDef

_RUNS_READ = 50  # the newest of a job, for its median
_WORKFLOWS_AT_ONCE = 25
_CHANGING = {"ACTIVATED", "ACTIVATING"}


def show_schedule(workspace: Workspace, region: str | None, now: datetime | None = None) -> bool:
    """Print what will run in the account and region of the environment; return whether something never runs.

    Args:
        workspace: gives the account; nothing needs to be deployed.
        region: None for the environment's region.
        now: the moment at which the year begins; None for the present.
    """
    connection = workspace.account_connection(region or workspace.region)
    with workspace.console.waiting("the triggers, jobs and runs of the account") as line:
        line.update()
        pipeline = read_pipeline(connection.glue())
    year, findings = examine(pipeline, now or datetime.now(UTC))
    workspace.console.result("\n".join(_lines(connection.region, year, findings)), data=as_data([year], findings))
    return any(finding.level is Level.ERROR for finding in findings)


def _lines(region: str, year: Year, findings: tuple[Finding, ...]) -> Iterator[str]:
    until = f"{year.until:%Y-%m-%d}"
    if not year.sources and not findings:
        yield f"Nothing in {region} starts a Glue job or crawler until {until}."
        return
    yield f"What Glue will run in {region} until {until} (UTC):"
    for source in year.sources:
        yield f"  {source.address}: {when(source)}"
        yield f"    starts {chain(source)}"
    if not findings:
        yield "Everything runs as configured."
    for finding in findings:
        yield f"{finding.level.upper()} {finding.address}: {finding.sentence} {finding.remedy} [{finding.rule}]"


def read_pipeline(glue: GlueClient) -> Pipeline:
    """All jobs, crawlers, triggers and workflows of an account and region, with medians of what triggers start."""
    jobs = [job for page in glue.get_paginator("get_jobs").paginate() for job in page.get("Jobs", [])]
    crawlers = [
        crawler for page in glue.get_paginator("get_crawlers").paginate() for crawler in page.get("Crawlers", [])
    ]
    triggers = [
        trigger for page in glue.get_paginator("get_triggers").paginate() for trigger in page.get("Triggers", [])
    ]
    started = {
        action["JobName"] for trigger in triggers for action in trigger.get("Actions", []) if "JobName" in action
    }
    return Pipeline(
        jobs=tuple(
            Job(
                name=job["Name"],
                address=f"job {job['Name']}",
                max_concurrent_runs=job.get("ExecutionProperty", {}).get("MaxConcurrentRuns") or 1,
                timeout_min=job.get("Timeout"),
                median_min=_median_min(glue, job["Name"]) if job["Name"] in started else None,
                glue_version=job.get("GlueVersion", ""),
                command=job.get("Command", {}).get("Name", "glueetl"),
                is_queued=bool(job.get("JobRunQueuingEnabled")),
            )
            for job in jobs
        ),
        crawlers=tuple(
            Crawler(crawler["Name"], f"crawler {crawler['Name']}", own_schedule(crawler)) for crawler in crawlers
        ),
        triggers=tuple(
            Trigger.from_request(trigger, f"trigger {trigger['Name']}", is_active=trigger.get("State") in _CHANGING)
            for trigger in triggers
        ),
        workflows=tuple(_workflows(glue)),
        is_all=True,
    )


def own_schedule(crawler: CrawlerTypeDef) -> str:
    """The schedule by which a crawler starts itself; empty if it has none, or if it is paused."""
    schedule = crawler.get("Schedule", {})
    return schedule.get("ScheduleExpression", "") if schedule.get("State") != "NOT_SCHEDULED" else ""


def _median_min(glue: GlueClient, job: str) -> float | None:
    """The median duration of the newest runs in minutes; None if there were none.

    A run that reached its timeout would have taken longer: it counts as a minute longer than that.
    """
    extra_s = {"SUCCEEDED": 0, "TIMEOUT": 60}
    runs = glue.get_job_runs(JobName=job, MaxResults=_RUNS_READ).get("JobRuns", [])
    seconds = [
        run.get("ExecutionTime", 0) + extra_s[run["JobRunState"]] for run in runs if run.get("JobRunState") in extra_s
    ]
    return round(median(seconds) / 60, 1) or None if seconds else None


def _workflows(glue: GlueClient) -> Iterator[Workflow]:
    names = [name for page in glue.get_paginator("list_workflows").paginate() for name in page.get("Workflows", [])]
    for at in range(0, len(names), _WORKFLOWS_AT_ONCE):
        for found in glue.batch_get_workflows(Names=names[at : at + _WORKFLOWS_AT_ONCE]).get("Workflows", []):
            yield Workflow(found["Name"], f"workflow {found['Name']}", found.get("MaxConcurrentRuns") or None)

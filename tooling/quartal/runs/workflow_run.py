"""A run of the Glue workflow: looked up, watched to its end, and its outcome taken from its steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ResponseStreamingError

from quartal.core.errors import NotDeployedError, PipelineError
from quartal.core.failed_calls import is_missing
from quartal.core.polling import Waiter
from quartal.core.retries import retry_transient

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient


class Outcome(StrEnum):
    """The state of a step, in AWS's words if AWS has one."""

    NOT_STARTED = "NOT_STARTED"
    STARTING = "STARTING"
    WAITING = "WAITING"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"
    STOPPED = "STOPPED"
    TIMEOUT = "TIMEOUT"
    ERROR = "ERROR"
    EXPIRED = "EXPIRED"


_OUTAGE_S = 600  # how long to wait for an answer while a run is watched
_NOT_SHOWN_S = 60  # how long Glue may know nothing of a run that has just started
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
ENDED = frozenset({"COMPLETED", "STOPPED", "ERROR"})  # states of a run, G7


@dataclass(frozen=True, slots=True)
class Step:
    """The crawl or the job run of a workflow run.

    Attributes:
        kind: "crawl" or "job".
        name: name of the crawler or the job.
        outcome: its state.
        run_id: id of the job run; empty for a crawl and before the start.
        error: AWS's error message; empty when there is none.
        started: when it started.
        ended: when it ended.
    """

    kind: str
    name: str
    outcome: Outcome = Outcome.NOT_STARTED
    run_id: str = ""
    error: str = ""
    started: datetime | None = None
    ended: datetime | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took; None before its end."""
        return (self.ended - self.started).total_seconds() if self.started and self.ended else None


@dataclass(frozen=True, slots=True)
class WorkflowRun:
    """A workflow run as seen at one moment; `error` is Glue's message on the run itself, if there is one."""

    workflow: str
    run_id: str
    status: str
    crawl: Step
    job: Step
    started: datetime | None = None
    ended: datetime | None = None
    error: str = ""

    @property
    def is_done(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ENDED

    @property
    def succeeded(self) -> bool:
        """Whether both steps did; the run's own COMPLETED does not say so (G7)."""
        return self.crawl.outcome is Outcome.SUCCEEDED and self.job.outcome is Outcome.SUCCEEDED

    def describe(self) -> str:
        """The state in a few words."""
        return f"workflow run {self.status}, crawl {self.crawl.outcome}, job {self.job.outcome}"


def latest_run(glue: GlueClient, workflow: str, *, crawler: str, job: str) -> WorkflowRun | None:
    """The newest run of the workflow; None if it never ran.

    Raises:
        NotDeployedError: there is no such workflow, as after `destroy --keep-data`.
    """
    pages = glue.get_paginator("get_workflow_runs").paginate(
        Name=workflow,
        IncludeGraph=True,
        PaginationConfig={"PageSize": 25},  # the most
    )
    try:
        runs = [run for page in pages for run in page.get("Runs", [])]  # in an order that AWS does not document
    except glue.exceptions.EntityNotFoundException as error:
        raise no_such_workflow(workflow) from error
    if not runs:
        return None
    newest = max(runs, key=lambda run: run.get("StartedOn") or _LONG_AGO)
    return _parse_run(dict(newest), workflow, crawler, job)


def all_runs(glue: GlueClient, workflow: str, *, crawler: str, job: str) -> tuple[WorkflowRun, ...]:
    """Every run of the workflow that Glue still knows, the oldest first; none if there is no such workflow."""
    pages = glue.get_paginator("get_workflow_runs").paginate(Name=workflow, IncludeGraph=True)
    try:
        runs = [_parse_run(dict(run), workflow, crawler, job) for page in pages for run in page.get("Runs", [])]
    except glue.exceptions.EntityNotFoundException:
        return ()
    return tuple(sorted(runs, key=lambda run: (run.started or _LONG_AGO, run.run_id)))


def read_run(glue: GlueClient, workflow: str, run_id: str, *, crawler: str, job: str) -> WorkflowRun:
    """The run as it is now.

    Raises:
        ResponseStreamingError: the answer was cut off.
    """
    answer = glue.get_workflow_run(Name=workflow, RunId=run_id, IncludeGraph=True)
    if "Run" not in answer:
        raise ResponseStreamingError(error="the answer to GetWorkflowRun was cut off")
    return _parse_run(dict(answer["Run"]), workflow, crawler, job)


def selected_options(glue: GlueClient, workflow: str, run_id: str) -> tuple[tuple[str, str], ...]:
    """The options and values of `quartal run` that a run was started with; none if it takes all new deliveries."""
    properties = glue.get_workflow_run_properties(Name=workflow, RunId=run_id).get("RunProperties", {})
    return tuple(
        (option, name) for option in ("delivery", "withdraw") for name in properties.get(option, "").split(",") if name
    )


def wait_for_run(
    glue: GlueClient,
    workflow: str,
    run_id: str,
    *,
    crawler: str,
    job: str,
    waiter: Waiter[WorkflowRun],
    on_state: Callable[[WorkflowRun], None],
    on_first_error: Callable[[BaseException], None] = lambda _: None,
    watch: str = "`quartal status --follow`",
) -> WorkflowRun:
    """Watch a run until nothing more happens; the caller judges whether it succeeded.

    Calls that are throttled, or that a broken connection or AWS itself fails, are repeated for as long as ten minutes.
    A run that Glue has not shown yet is asked for again, for a minute: it may have just started.

    Raises:
        WaitTimeoutError: it did not end before the waiter's deadline.
    """
    is_shown = False

    def read() -> WorkflowRun:
        return read_run(glue, workflow, run_id, crawler=crawler, job=job)

    def read_patiently() -> WorkflowRun:
        return retry_transient(
            read,
            outage_s=min(_NOT_SHOWN_S, waiter.timeout_s),
            is_worth_it=is_missing,
            sleep=waiter.sleep,
            on_first_error=on_first_error,
        )

    def probe() -> WorkflowRun:
        nonlocal is_shown
        run = retry_transient(
            read if is_shown else read_patiently,
            outage_s=min(_OUTAGE_S, waiter.timeout_s),
            sleep=waiter.sleep,
            on_first_error=on_first_error,
        )
        is_shown = True
        on_state(run)
        return run

    return waiter.wait_until(
        probe,
        is_done=lambda run: run.is_done,
        describe=WorkflowRun.describe,
        waiting_for=f"workflow run {run_id}",
        remedy=f"The run continues; {watch} watches it again.",
    )


def no_such_workflow(workflow: str) -> NotDeployedError:
    """The error for a workflow that does not exist."""
    return NotDeployedError(
        f"There is no workflow {workflow}; only its data may remain.",
        remedy="`quartal apply` deploys it on the existing data; `quartal run --ephemeral` does so for one run.",
    )


def _parse_run(run: dict[str, Any], workflow: str, crawler: str, job: str) -> WorkflowRun:
    nodes = (run.get("Graph") or {}).get("Nodes", [])
    return WorkflowRun(
        workflow=workflow,
        run_id=run["WorkflowRunId"],
        status=run["Status"],
        crawl=_crawl_step(nodes, crawler),
        job=_job_step(nodes, job),
        started=_in_utc(run.get("StartedOn")),
        ended=_in_utc(run.get("CompletedOn")),
        error=run.get("ErrorMessage", ""),
    )


def _in_utc(moment: datetime | None) -> datetime | None:
    """A moment as all commands show it; boto3 gives those of Glue in the zone of this machine."""
    return moment.astimezone(UTC) if moment is not None else None


def _crawl_step(nodes: list[dict[str, Any]], crawler: str) -> Step:
    crawls = _details(nodes, "CRAWLER", crawler, "CrawlerDetails", "Crawls")
    if not crawls:
        return Step("crawl", crawler)
    crawl = crawls[-1]
    return Step(
        kind="crawl",
        name=crawler,
        outcome=_outcome(crawl["State"], crawler),
        error=crawl.get("ErrorMessage", ""),
        started=_in_utc(crawl.get("StartedOn")),
        ended=_in_utc(crawl.get("CompletedOn")),
    )


def _job_step(nodes: list[dict[str, Any]], job: str) -> Step:
    runs = _details(nodes, "JOB", job, "JobDetails", "JobRuns")
    if not runs:
        return Step("job", job)
    newest = max(runs, key=lambda run: (run.get("Attempt", 0), run.get("StartedOn") or _LONG_AGO))
    return Step(
        kind="job",
        name=job,
        outcome=_outcome(newest["JobRunState"], job),
        run_id=newest.get("Id", ""),  # a run of a deleted job, in ERROR, has none (G26)
        error=newest.get("ErrorMessage", ""),
        started=_in_utc(newest.get("StartedOn")),
        ended=_in_utc(newest.get("CompletedOn")),
    )


def _outcome(state: str, name: str) -> Outcome:
    try:
        return Outcome(state)
    except ValueError as error:
        raise PipelineError(
            f"AWS reports the state {state} for {name}, which this version does not know.",
            remedy="Look at it in the AWS console, and update Quartal.",
        ) from error


def _details(nodes: list[dict[str, Any]], kind: str, name: str, details: str, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for node in nodes:
        if node["Type"] == kind and node["Name"] == name:
            found.extend((node.get(details) or {}).get(key, []))
    return found

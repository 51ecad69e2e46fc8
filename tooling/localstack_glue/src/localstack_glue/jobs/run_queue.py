"""The queue of runs: those above a job's limit of concurrent runs wait, for a while, until there is room (G26, G27)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from localstack_glue.service.account_region import Scope
from localstack_glue.service.errors import ConcurrentRunsExceededException
from localstack_glue.service.models import JobRun

LONGEST_QUEUED = timedelta(minutes=15)


def queue_if_full(scope: Scope, run: JobRun, now: datetime) -> None:
    """Let a new run wait if its job has as many as it may have.

    Raises:
        ConcurrentRunsExceededException: it has, and does not queue.
    """
    if _has_room_for(scope, run):
        return
    if not run.plan.get("JobRunQueuingEnabled"):
        raise ConcurrentRunsExceededException(f"Concurrent runs exceeded for {run.job_name}")
    run.mark_waiting(now)


def find_next(scope: Scope, job_name: str) -> JobRun | None:
    """The run that was queued first, if the job may have one more; else None."""
    first = next((run for run in reversed(scope.store.list_runs(job_name)) if run.is_waiting), None)
    return first if first is not None and _has_room_for(scope, first) else None


def find_expired(scope: Scope, now: datetime) -> Iterator[JobRun]:
    """The runs of all jobs that have been queued for longer than they may be (G26)."""
    for run in list(scope.store.job_runs.values()):
        # looked at one by one, because the end of one can start another
        if run.is_waiting and now - run.started_on >= LONGEST_QUEUED:
            yield run


def _has_room_for(scope: Scope, run: JobRun) -> bool:
    """Whether a job has fewer runs than it may have, not counting queued ones."""
    active = sum(each.is_running and not each.is_waiting for each in scope.store.list_runs(run.job_name))
    return bool(active < run.plan["ExecutionProperty"]["MaxConcurrentRuns"])

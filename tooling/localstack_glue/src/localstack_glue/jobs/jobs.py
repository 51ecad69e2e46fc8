"""Jobs and their runs."""

import logging
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from localstack_glue.jobs import definitions, run_queue
from localstack_glue.jobs.execution import JobExecutor
from localstack_glue.jobs.runtime.arguments import merge
from localstack_glue.service import answers
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.clock import Clock
from localstack_glue.service.errors import (
    ConcurrentRunsExceededException,
    EntityNotFoundException,
    IdempotentParameterMismatchException,
)
from localstack_glue.service.log_groups import encrypts_logs, job_log_group
from localstack_glue.service.models import BY_HAND, Job, JobRun, JobRunState, JsonDict, Origin, Predecessors
from localstack_glue.service.pagination import page, page_by_name
from localstack_glue.service.signals import JobSignals
from localstack_glue.service.tagging import Tagger

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        BatchGetJobsRequestTypeDef,
        BatchStopJobRunRequestTypeDef,
        CreateJobRequestTypeDef,
        DeleteJobRequestTypeDef,
        GetJobRequestTypeDef,
        GetJobRunRequestTypeDef,
        GetJobRunsRequestTypeDef,
        GetJobsRequestTypeDef,
        ListJobsRequestTypeDef,
        StartJobRunRequestTypeDef,
        UpdateJobRequestTypeDef,
    )

LOG = logging.getLogger(__name__)
CONCURRENCY_MESSAGE = "Exceeded maximum concurrent runs"


class Jobs:
    """The job calls of the API, and the life of runs."""

    def __init__(
        self, clock: Clock, lock: threading.RLock, executor: JobExecutor, tagger: Tagger, signals: JobSignals
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._executor = executor
        self._tagger = tagger
        self._signals = signals

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "BatchGetJobs": self.batch_get,
            "BatchStopJobRun": self.batch_stop,
            "CreateJob": self.create,
            "DeleteJob": self.delete,
            "GetJob": self.get,
            "GetJobRun": self.get_run,
            "GetJobRuns": self.get_runs,
            "GetJobs": self.get_all,
            "ListJobs": self.list_names,
            "StartJobRun": self.start,
            "UpdateJob": self.update,
        }

    def create(self, scope: Scope, request: "CreateJobRequestTypeDef") -> JsonDict:
        """CreateJob. The same definition again is accepted, another one is not."""
        name = request["Name"]
        definition = definitions.complete(_without(request, "Name", "Tags"))
        with self._lock:
            existing = scope.store.jobs.get(name)
            if existing and existing.definition != definition:
                raise IdempotentParameterMismatchException(
                    f"Job with name: {name} already submitted with different configuration"
                )
            if not existing:
                now = self._clock.now()
                scope.store.jobs[name] = Job(name, definition, now, now)
                self._tagger.tag(scope, scope.arn("job", name), request.get("Tags"))
                self._signals.defined.send(scope, scope.store.jobs[name])
        return {"Name": name}

    def get(self, scope: Scope, request: "GetJobRequestTypeDef") -> JsonDict:
        """GetJob."""
        return {"Job": answers.job(self._find(scope, request["JobName"]))}

    def get_all(self, scope: Scope, request: "GetJobsRequestTypeDef") -> JsonDict:
        """GetJobs."""
        stored = list(scope.store.jobs.values())
        jobs, token = page_by_name(stored, request.get("NextToken"), request.get("MaxResults"))
        return {"Jobs": [answers.job(job) for job in jobs], "NextToken": token}

    def list_names(self, scope: Scope, request: "ListJobsRequestTypeDef") -> JsonDict:
        """ListJobs, by tags if given."""
        names = self._tagger.having(scope, "job", sorted(scope.store.jobs), request.get("Tags"))
        found, token = page(names, request.get("NextToken"), request.get("MaxResults"), key=str)
        return {"JobNames": found, "NextToken": token}

    def batch_get(self, scope: Scope, request: "BatchGetJobsRequestTypeDef") -> JsonDict:
        """BatchGetJobs."""
        jobs = scope.store.jobs
        return {
            "Jobs": [answers.job(jobs[name]) for name in request["JobNames"] if name in jobs],
            "JobsNotFound": [name for name in request["JobNames"] if name not in jobs],
        }

    def update(self, scope: Scope, request: "UpdateJobRequestTypeDef") -> JsonDict:
        """UpdateJob: the definition is replaced whole, as on AWS; only the version stays where none is given."""
        with self._lock:
            job = self._find(scope, request["JobName"])
            kept = {"GlueVersion": job.definition["GlueVersion"]}  # API reference of JobUpdate, GlueVersion
            job.definition = definitions.complete(kept | _without_nulls(request["JobUpdate"]))
            job.modified_on = self._clock.now()
            self._signals.defined.send(scope, job)
        return {"JobName": job.name}

    def delete(self, scope: Scope, request: "DeleteJobRequestTypeDef") -> JsonDict:
        """DeleteJob; as on AWS, a missing job is not an error. Its runs are deleted too, running ones stopped."""
        name = request["JobName"]
        with self._lock:
            scope.store.jobs.pop(name, None)
            runs = scope.store.list_runs(name)
            for run in runs:
                del scope.store.job_runs[run.run_id]
            for run in runs:
                if run.is_running:
                    self.stop_run(scope, run)
            self._tagger.forget(scope, scope.arn("job", name))
            self._signals.deleted.send(scope, name)
        return {"JobName": name}

    def start(self, scope: Scope, request: "StartJobRunRequestTypeDef") -> JsonDict:
        """StartJobRun; with JobRunId, a run of someone's own making after an earlier one."""
        run = self.start_run(scope, request["JobName"], request, BY_HAND)
        return {"JobRunId": run.run_id}

    def start_run(
        self, scope: Scope, name: str, request: Mapping[str, Any], origin: Origin, predecessors: Predecessors = ()
    ) -> JobRun:
        """Start a run, or queue it if the job has as many as it may have (G26, G27).

        Raises:
            ConcurrentRunsExceededException: the job has as many runs as it may have, and does not queue.
            EntityNotFoundException: there is no such job.
        """
        with self._lock:
            job = self._find(scope, name, "Failed to start job run due to missing metadata")
            run = self._new_run(scope, job, request, origin, predecessors)
            run_queue.queue_if_full(scope, run, self._clock.now())
            scope.store.job_runs[run.run_id] = run
            if not run.is_waiting:
                self._launch(scope, run)
            return run

    def start_run_for_trigger(
        self, scope: Scope, name: str, action: Mapping[str, Any], origin: Origin, predecessors: Predecessors = ()
    ) -> JobRun:
        """Start a run; above the limit the run is recorded as FAILED (G27). Its end does not fire a trigger."""
        with self._lock:
            try:
                return self.start_run(scope, name, action, origin, predecessors)
            except ConcurrentRunsExceededException:
                run = self._new_run(scope, self._find(scope, name), action, origin, predecessors)
                run.mark_ended(JobRunState.FAILED, self._clock.now(), 0, CONCURRENCY_MESSAGE)
                scope.store.job_runs[run.run_id] = run
                self._signals.attempt_ended.send(scope, run)
                return run

    def expect_run(self, scope: Scope, name: str, request: Mapping[str, Any]) -> None:
        """Prepare for a run that is likely to be started soon, with the parameters of a trigger's action."""
        job = scope.store.jobs.get(name)
        if job is not None:
            plan = definitions.for_run(job.definition, request)
            self._executor.expect(scope, name, plan, _merged(plan, dict(request.get("Arguments") or {})))

    def get_run(self, scope: Scope, request: "GetJobRunRequestTypeDef") -> JsonDict:
        """GetJobRun."""
        shown = answers.job_run(self._find_run(scope, request["JobName"], request["RunId"]))
        return {"JobRun": shown if request.get("PredecessorsIncluded") else shown | {"PredecessorRuns": []}}

    def get_runs(self, scope: Scope, request: "GetJobRunsRequestTypeDef") -> JsonDict:
        """GetJobRuns, newest first."""
        self._find(scope, request["JobName"])
        runs = scope.store.list_runs(request["JobName"])
        found, token = page(runs, request.get("NextToken"), request.get("MaxResults"), key=lambda run: run.run_id)
        return {"JobRuns": [answers.job_run(run) for run in found], "NextToken": token}

    def batch_stop(self, scope: Scope, request: "BatchStopJobRunRequestTypeDef") -> JsonDict:
        """BatchStopJobRun: running ones become STOPPING and then STOPPED (G26)."""
        name, submitted, errors = request["JobName"], [], []
        with self._lock:
            for run_id in request["JobRunIds"]:
                run = scope.store.job_runs.get(run_id)
                if run is None or run.job_name != name:
                    errors.append(_stop_error(name, run_id, "EntityNotFoundException", f"Job run {run_id} not found."))
                elif not run.is_running:
                    text = f"Job Run with ID {run_id} is not in a running state"
                    errors.append(_stop_error(name, run_id, "InvalidInputException", text))
                else:
                    self.stop_run(scope, run)
                    submitted.append({"JobName": name, "JobRunId": run_id})
        return {"SuccessfulSubmissions": submitted, "Errors": errors}

    def stop_run(self, scope: Scope, run: JobRun) -> None:
        """Begin to stop a run; one that is queued is stopped at once."""
        with self._lock:
            if run.is_waiting:
                run.mark_ended(JobRunState.STOPPED, self._clock.now(), 0, None)
                self._ended(scope, run)
                return
            run.mark_stopping(self._clock.now())
            self._executor.stop(run)

    def expire(self, scope: Scope) -> None:
        """End the runs that have been queued for longer than they may be (G26)."""
        with self._lock:
            now = self._clock.now()
            for run in run_queue.find_expired(scope, now):
                run.mark_ended(JobRunState.EXPIRED, now, 0, None)
                self._ended(scope, run)

    def _new_run(
        self, scope: Scope, job: Job, request: Mapping[str, Any], origin: Origin, predecessors: Predecessors
    ) -> JobRun:
        plan = definitions.for_run(job.definition, request)
        now = self._clock.now()
        previous = request.get("JobRunId")
        if previous:
            self._find_run(scope, job.name, previous)
        arguments = dict(request.get("Arguments") or {})
        is_encrypted = encrypts_logs(scope, plan.get("SecurityConfiguration"))
        return JobRun(
            run_id=definitions.new_run_id(),
            job_name=job.name,
            origin=origin,
            plan=plan,
            arguments=arguments,
            started_on=now,
            modified_on=now,
            previous_run_id=previous,
            timeout_min=plan.get("Timeout"),
            log_group=job_log_group(plan, _merged(plan, arguments), is_encrypted=is_encrypted),
            predecessors=predecessors,
        )

    def _launch(self, scope: Scope, run: JobRun) -> None:
        self._executor.start(scope, run, _merged(run.plan, run.arguments), self._ended)
        self._signals.started.send(scope, run)

    def _ended(self, scope: Scope, run: JobRun) -> None:
        """Start the next attempt of a failed run, or announce the end of the run (G27)."""
        self._signals.attempt_ended.send(scope, run)
        with self._lock:
            if run.state is JobRunState.FAILED and run.attempt < run.plan["MaxRetries"]:
                now = self._clock.now()
                retry = JobRun(
                    run_id=definitions.retry_run_id(run.run_id, run.attempt + 1),
                    job_name=run.job_name,
                    origin=run.origin,
                    plan=run.plan,
                    arguments=run.arguments,
                    started_on=now,
                    modified_on=now,
                    attempt=run.attempt + 1,
                    previous_run_id=run.run_id,
                    timeout_min=run.timeout_min,
                    log_group=run.log_group,
                    predecessors=run.predecessors,
                )
                if run.job_name in scope.store.jobs:
                    scope.store.job_runs[retry.run_id] = retry
                    self._signals.retried.send(scope, retry)
                    self._launch(scope, retry)
                    return
            self._start_waiting(scope, run.job_name)
            self._signals.run_ended.send(scope, run)

    def _start_waiting(self, scope: Scope, job_name: str) -> None:
        """Start the runs that were queued first, as many as the job may have."""
        while (run := run_queue.find_next(scope, job_name)) is not None:
            run.mark_starting(self._clock.now())
            self._launch(scope, run)

    def _find(self, scope: Scope, name: str, message: str | None = None) -> Job:
        job = scope.store.jobs.get(name)
        if job is None:
            raise EntityNotFoundException(message or f"Job {name} not found.")
        return job

    def _find_run(self, scope: Scope, name: str, run_id: str) -> JobRun:
        self._find(scope, name)
        run = scope.store.job_runs.get(run_id)
        if run is None or run.job_name != name:
            raise EntityNotFoundException(f"Job run {run_id} not found.")
        return run


def _without_nulls(update: Mapping[str, Any]) -> JsonDict:
    return {key: value for key, value in update.items() if value is not None}


def _without(request: "CreateJobRequestTypeDef", *names: str) -> JsonDict:
    return {key: value for key, value in request.items() if key not in names}


def _stop_error(job_name: str, run_id: str, code: str, message: str) -> JsonDict:
    return {"JobName": job_name, "JobRunId": run_id, "ErrorDetail": {"ErrorCode": code, "ErrorMessage": message}}


def _merged(plan: Mapping[str, Any], arguments: Mapping[str, str]) -> dict[str, str]:
    """All arguments of a run (G10, G28)."""
    return merge(plan.get("DefaultArguments") or {}, arguments, plan.get("NonOverridableArguments") or {})

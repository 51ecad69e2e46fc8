"""Executes a job run from STARTING to its end, in its own thread."""

import logging
import os
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
from botocore.exceptions import BotoCoreError, ClientError

from localstack_glue.iam.guard import RoleNotAssumableError
from localstack_glue.jobs import metrics
from localstack_glue.jobs.job_processes import TERMINATION_GRACE_S, JobRunner, LineSink, RunningJob, kill_runs
from localstack_glue.jobs.jvm_prewarm import JavaAhead, run_request
from localstack_glue.jobs.named_resources import find_missing
from localstack_glue.jobs.runtime.arguments import RunIdentity
from localstack_glue.jobs.runtime.bookmark_files import job_id
from localstack_glue.jobs.runtime.environment import (
    RunEnvironment,
    RunRequest,
    event_log_folder,
    heap_megabytes,
    writes_events,
)
from localstack_glue.jobs.runtime.files import JobPreparationError, upload
from localstack_glue.jobs.runtime.glue_versions import SPARK_OF
from localstack_glue.jobs.runtime.ignored_arguments import ignored_argument_notes
from localstack_glue.jobs.runtime.memory import MemoryBudget
from localstack_glue.jobs.runtime.modules import ModuleInstaller
from localstack_glue.jobs.runtime.preparation import prepare, read_reason
from localstack_glue.jobs.runtime.runtimes import Runtimes
from localstack_glue.jobs.runtime.workers import budget_mb
from localstack_glue.jobs.spark_jvms import SparkJvm
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clients import SESSION, ClientFactory, Credentials
from localstack_glue.service.clock import Clock
from localstack_glue.service.log_groups import continuous_log, job_log_stream, logs_key
from localstack_glue.service.log_stream import LogStream
from localstack_glue.service.models import JobRun, JobRunState
from localstack_glue.service.settings import Settings

LOG = logging.getLogger(__name__)
LOG_FLUSH_S = 0.5
SECONDS_PER_MINUTE = 60
SHUTDOWN_GRACE_S = 10.0
CLOSING_GRACE_S = 2.0  # whoever stops LocalStack waits for it
Ended = Callable[[Scope, JobRun], None]


@dataclass
class _LiveRun:
    """The data of a run that exist only while it runs; never stored."""

    folder: Path
    process: RunningJob | None = None
    jvm: SparkJvm | None = None
    thread: threading.Thread | None = None
    is_stopped: bool = False
    started: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class _Outcome:
    state: JobRunState
    error: str | None = None


class JobExecutor:
    """Runs job runs, each on a thread that holds its process."""

    def __init__(
        self, clock: Clock, lock: threading.RLock, settings: Settings, clients: ClientFactory, runner: JobRunner
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._settings = settings
        self._clients = clients
        self._runner = runner
        self._runtimes = Runtimes(settings)
        self._runs_dir = own_runs_dir(settings.work_dir / "runs")
        self._memory = MemoryBudget(budget_mb(settings.memory_mb))
        self._java = JavaAhead(settings, clients, self._runs_dir, runtimes=self._runtimes)
        self._installers: dict[Path, ModuleInstaller] = {}
        self._live: dict[str, _LiveRun] = {}
        self._is_closed = False

    @property
    def running_ids(self) -> list[str]:
        """The ids of the runs that run now."""
        with self._lock:
            return list(self._live)

    @property
    def java_ahead(self) -> str | None:
        """Whether Java waits for a run: `starting`, `ready`, or None."""
        return self._java.state

    @property
    def missing_by_version(self) -> dict[str, str | None]:
        """What is missing here for Spark jobs of each GlueVersion; None if they run."""
        return {version: self._runtimes.missing(version) for version in SPARK_OF}

    def start(self, scope: Scope, run: JobRun, merged: Mapping[str, str], ended: Ended) -> None:
        """Begin a run; `ended` is called once, under the lock in which its final state is set."""
        live = _LiveRun(self._runs_dir / run.run_id)
        live.thread = threading.Thread(
            target=self._run, args=(scope, run, merged, ended, live), name=f"glue-{run.run_id[:16]}", daemon=True
        )
        with self._lock:
            self._live[run.run_id] = live
        live.thread.start()

    def expect(self, scope: Scope, job_name: str, plan: Mapping[str, Any], merged: Mapping[str, str]) -> None:
        """Prepare for a run that is likely to start soon."""
        if not self._is_closed:
            self._java.expect(scope, job_name, plan, merged)

    def forget_expected(self) -> None:
        """End the preparations for runs that have not been started."""
        self._java.drop()

    def stop(self, run: JobRun) -> None:
        """Begin to end a run; its thread sets the final state."""
        with self._lock:
            live = self._live.get(run.run_id)
            if live is None or live.is_stopped:
                return
            live.is_stopped = True
            process = live.process
        if process is not None:
            threading.Thread(target=process.stop, name=f"glue-stop-{run.run_id[:16]}", daemon=True).start()

    def close(self) -> None:
        """End all runs and wait until their processes have ended."""
        with self._lock:
            self._is_closed = True
        self._java.drop()
        self.drain(CLOSING_GRACE_S)
        shutil.rmtree(self._runs_dir, ignore_errors=True)

    def drain(self, grace_s: float = TERMINATION_GRACE_S) -> None:
        """End all current runs and wait until their processes have ended."""
        with self._lock:
            runs = list(self._live.values())
            for live in runs:
                live.is_stopped = True
        stoppers = [
            threading.Thread(target=live.process.stop, args=(grace_s,), daemon=True) for live in runs if live.process
        ]
        for thread in stoppers:
            thread.start()
        deadline = time.monotonic() + SHUTDOWN_GRACE_S
        for thread in [*stoppers, *(live.thread for live in runs if live.thread)]:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self, scope: Scope, run: JobRun, merged: Mapping[str, str], ended: Ended, live: _LiveRun) -> None:
        try:
            outcome = self._execute(scope, run, merged, live)
        except Exception as error:  # an error in this service must not leave the run RUNNING forever
            LOG.exception("internal error in the job run %s", run.run_id)
            outcome = _Outcome(JobRunState.ERROR, f"Internal service error: {error}")
        finally:
            if live.jvm is not None:
                live.jvm.close()  # if it is not yet: before its folder
        shutil.rmtree(live.folder, ignore_errors=True)
        seconds = round(time.monotonic() - live.started)
        with self._lock:  # including the consequences of the end: a failed attempt always has its next one (G27)
            if live.is_stopped and outcome.state is JobRunState.FAILED:
                outcome = _Outcome(JobRunState.STOPPED)  # stopped while it failed
            run.mark_ended(outcome.state, self._clock.now(), seconds, outcome.error)
            self._live.pop(run.run_id, None)
            LOG.info("job run %s of %s: %s %s", run.run_id, run.job_name, outcome.state, outcome.error or "")
            if not self._is_closed:
                ended(scope, run)

    def _execute(self, scope: Scope, run: JobRun, merged: Mapping[str, str], live: _LiveRun) -> _Outcome:
        if missing := find_missing(scope, run.plan):
            return _Outcome(JobRunState.FAILED, missing)
        request = self._request(scope, run, merged)
        try:
            credentials = self._assume_role(scope, run, request, live)
        except JobPreparationError as failure:  # without the role there is not even a log
            return _Outcome(JobRunState.STOPPED if live.is_stopped else JobRunState.FAILED, str(failure))
        with closing(self._clients.with_credentials("logs", scope, credentials)) as logs:
            return self._execute_with(logs, scope, run, live, replace(request, credentials=credentials))

    def _execute_with(self, logs: Any, scope: Scope, run: JobRun, live: _LiveRun, request: RunRequest) -> _Outcome:
        key = logs_key(scope, run.plan.get("SecurityConfiguration"))
        stream = job_log_stream(request.merged, run.run_id)
        streams = [LogStream(logs, f"{run.log_group}/{name}", stream, key) for name in ("output", "error")]
        if continuous := continuous_log(request.merged, run.run_id):
            streams.append(LogStream(logs, *continuous, key))
        output, error = (_to_all(first, *streams[2:]) for first in streams[:2])
        done = threading.Event()
        flusher = threading.Thread(target=self._flush_until, args=(done, *streams), daemon=True)
        flusher.start()
        try:
            for remark in ignored_argument_notes(request.merged, is_spark=request.is_spark):
                error(remark)
            return self._execute_logged(scope, run, live, request, output, error)
        except JobPreparationError as failure:
            error(str(failure))
            return _Outcome(JobRunState.STOPPED if live.is_stopped else JobRunState.FAILED, str(failure))
        finally:
            if live.jvm is not None:
                live.jvm.close()  # what it printed last belongs to the log
            self._memory.give_back(run.run_id)
            self._keep_events(scope, live, request, error)
            done.set()
            flusher.join()
            if metrics.are_enabled(request.merged) and live.process is not None and not self._is_closed:
                elapsed_s = time.monotonic() - live.started
                metrics.put_elapsed_time(self._clients, scope, request.credentials, run.job_name, elapsed_s)

    def _execute_logged(
        self, scope: Scope, run: JobRun, live: _LiveRun, request: RunRequest, output: LineSink, error: LineSink
    ) -> _Outcome:
        settings = self._runtimes.of(request)
        if request.is_spark and not self._memory.take(
            run.run_id, heap_megabytes(request, settings), lambda: live.is_stopped, error
        ):
            return _Outcome(JobRunState.STOPPED)

        def begin(found: RunEnvironment) -> Mapping[str, str]:
            if live.jvm is None:
                live.jvm = self._java.start(request, live.folder, found, settings.spark_home)
            return live.jvm.attach(output, error) if live.jvm else {}

        with closing(self._clients.with_credentials("s3", scope, request.credentials)) as s3:
            launch = prepare(request, s3, settings, self._installer(settings), live.folder, begin)
        with self._lock:
            if live.is_stopped:
                return _Outcome(JobRunState.STOPPED)
            live.started = time.monotonic()
            live.process = self._runner.start(launch, output, error)
            run.mark_running(self._clock.now())
        process = live.process
        try:
            exit_code = process.wait((run.timeout_min or 0) * SECONDS_PER_MINUTE or None)
        except TimeoutError:
            process.stop()
            process.wait(None)
            if not live.is_stopped:
                minutes = run.timeout_min
                return _Outcome(JobRunState.TIMEOUT, f"Job run exceeded its timeout of {minutes} minutes")
            exit_code = 1
        if live.is_stopped:
            return _Outcome(JobRunState.STOPPED)
        reason = read_reason(live.folder)
        if exit_code == 0 and reason is None:
            return _Outcome(JobRunState.SUCCEEDED)
        return _Outcome(JobRunState.FAILED, reason or _exit_message(exit_code))

    def _installer(self, settings: Settings) -> ModuleInstaller:
        """The one of a runtime's Python."""
        with self._lock:
            installer = ModuleInstaller(settings.python, settings.work_dir / "modules")
            return self._installers.setdefault(settings.python, installer)

    def _keep_events(self, scope: Scope, live: _LiveRun, request: RunRequest, error: LineSink) -> None:
        """Store Spark's event log where the run requests it. Java, which writes it, has ended by then."""
        if not writes_events(request) or live.process is None:
            return
        try:
            with closing(self._clients.with_credentials("s3", scope, request.credentials)) as s3:
                upload(s3, event_log_folder(live.folder), request.merged["--spark-event-logs-path"])
        except JobPreparationError as failure:
            error(f"glue-local: no event log: {failure}")

    def _flush_until(self, done: threading.Event, *streams: LogStream) -> None:
        is_over = False
        while not is_over:
            is_over = done.wait(LOG_FLUSH_S)
            for stream in streams:
                if not self._is_closed:  # LocalStack does not respond any more during its shutdown
                    stream.flush()

    def _request(self, scope: Scope, run: JobRun, merged: Mapping[str, str]) -> RunRequest:
        identity = RunIdentity(
            run.job_name,
            job_id(scope.arn("job", run.job_name)),
            run.run_id,
            run.origin.workflow_name,
            run.origin.workflow_run_id,
        )
        return run_request(scope, identity, run.plan, merged, self._clients.endpoint_url)

    def _assume_role(self, scope: Scope, run: JobRun, request: RunRequest, live: _LiveRun) -> Credentials:
        """Get the run's credentials: those of the Java that waits for it, if one does. Its folder is the run's then."""
        role, session = run.plan["Role"], f"GlueJobRunnerSession-{run.run_id[:16]}"
        # on AWS a run gets new ones before its own expire
        lasts = SESSION + timedelta(minutes=run.timeout_min) if run.timeout_min else None
        try:
            waiting = self._java.take(scope, role, request)
            if waiting is None:
                return self._clients.assume_role(scope, role, session, lasts)
            live.jvm, live.folder = waiting.jvm, waiting.jvm.folder
            self._clients.pass_on(scope, role, session, waiting.credentials, lasts)
            return waiting.credentials
        except RoleNotAssumableError as failure:
            message = f"Role {failure.role_arn} should be given assume role permissions for Glue Service."
            raise JobPreparationError(message) from failure
        except (BotoCoreError, ClientError) as failure:
            raise JobPreparationError(f"Service is unable to assume role {role}: {failure}") from failure


def _to_all(*streams: LogStream) -> LineSink:
    def write(line: str) -> None:
        for stream in streams:
            stream.write(line)

    return write


def own_runs_dir(parent: Path) -> Path:
    """Name this process's folder for runs, and remove those of services that were killed.

    A folder with this process's own number may be left from before: in a container each service gets the same.
    """
    own = os.getpid()
    for other in parent.glob("[0-9]*"):
        if other.name.isdigit() and (int(other.name) == own or not psutil.pid_exists(int(other.name))):
            kill_runs({run.name for run in other.iterdir()})
            shutil.rmtree(other, ignore_errors=True)
    return parent / str(own)


def _exit_message(exit_code: int) -> str:
    """Word the end of a process that left no exception; a signal counts as a shell counts it."""
    return f"Command failed with exit code {exit_code if exit_code >= 0 else 128 - exit_code}"

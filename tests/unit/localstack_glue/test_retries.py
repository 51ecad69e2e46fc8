"""A failed attempt and the next one are one step: no state between them is visible (G27)."""

import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from localstack_glue.jobs.execution import JobExecutor
from localstack_glue.jobs.jobs import Jobs
from localstack_glue.service.errors import ConcurrentRunsExceededException
from localstack_glue.service.settings import Settings
from localstack_glue.service.signals import JobSignals
from localstack_glue.workflows.orchestration import Orchestrator
from localstack_glue.workflows.triggers import Triggers
from localstack_glue.workflows.workflows import Workflows
from tests.unit.localstack_glue.conftest import FakeTagger
from tests.unit.localstack_glue.test_job_execution import FakeClients, FakeRunner

SHELL = {"Name": "pythonshell", "ScriptLocation": "s3://code/job.py"}


class WatchedLock:
    """A lock that lets somebody in at the moment when it becomes free on a run's own thread."""

    def __init__(self) -> None:
        self._lock, self._depth = threading.RLock(), 0
        self.intruder: Any = None

    def __enter__(self) -> None:
        self._lock.acquire()
        self._depth += 1

    def __exit__(self, *_: Any) -> None:
        self._depth -= 1
        is_free = self._depth == 0
        self._lock.release()
        if is_free and self.intruder and threading.current_thread().name.startswith("glue-jr_"):
            intruder, self.intruder = self.intruder, None
            intruder()
            self.intruder = intruder


class Service:
    """Jobs and workflows with the real executor; its processes fail as often as a test says."""

    def __init__(self, glue: Any, tmp_path: Path, runner: Any, clients: Any = None) -> None:
        self.scope, self.lock = glue.scope, WatchedLock()
        lock: Any = self.lock
        settings = Settings(Path(sys.executable), (), None, None, tmp_path)
        self.executor = JobExecutor(glue.clock, lock, settings, clients or FakeClients(), runner)
        signals = JobSignals()
        self.jobs = Jobs(glue.clock, lock, self.executor, FakeTagger(), signals)
        orchestrator = Orchestrator(glue.clock, lock, glue.crawlers, self.jobs, glue.crawl_signals, signals)
        self.triggers = Triggers(glue.clock, lock, FakeTagger(), orchestrator.fire, threading.Event())
        self.workflows = Workflows(glue.clock, lock, FakeTagger(), orchestrator)
        self.over = threading.Event()
        signals.run_ended.add(lambda _scope, _run: self.over.set())

    def add_job(self, **definition: Any) -> None:
        self.jobs.create(self.scope, {"Name": "etl", "Role": "etl", "Command": SHELL, "MaxRetries": 1, **definition})

    def states(self) -> list[str]:
        runs = self.jobs.get_runs(self.scope, {"JobName": "etl"})["JobRuns"]
        return [run["JobRunState"] for run in reversed(runs)]


@pytest.fixture
def service(glue: Any, tmp_path: Path) -> Service:
    return Service(glue, tmp_path, FakeRunner(1))


def test_no_other_run_takes_the_place_of_a_retry(service):
    service.add_job()
    refused: list[bool] = []

    def start_another() -> None:
        if service.states() == ["FAILED", "FAILED"]:
            return  # there is no retry to come
        try:
            service.jobs.start(service.scope, {"JobName": "etl"})
            refused.append(False)
        except ConcurrentRunsExceededException:
            refused.append(True)

    service.lock.intruder = start_another
    service.jobs.start(service.scope, {"JobName": "etl"})

    assert service.over.wait(30)
    assert service.states() == ["FAILED", "FAILED"]
    assert refused
    assert all(refused)


def test_workflow_run_is_not_over_between_two_attempts(service):
    service.add_job()
    service.workflows.create(service.scope, {"Name": "w"})
    actions = [{"JobName": "etl"}]
    service.triggers.create(service.scope, {"Name": "t", "Type": "ON_DEMAND", "Actions": actions, "WorkflowName": "w"})
    seen: set[tuple[int, bool]] = set()

    def look() -> None:
        (run,) = service.scope.store.workflows["w"].runs
        states = service.states()
        seen.add((len(states), run.is_running or "FAILED" not in states))
        if states == ["FAILED"]:  # one that was stopped now would be over, and the retry run behind it
            seen.add((1, False))

    service.lock.intruder = look
    service.workflows.start_run(service.scope, {"Name": "w"})

    assert service.over.wait(30)
    assert (1, False) not in seen
    assert {length for length, _ in seen} == {1, 2}


class StopAtTheEnd(FakeClients):
    """An account whose client is closed last of all: by then the script has failed, and nobody has written it down."""

    def __init__(self, runner: FakeRunner) -> None:
        super().__init__()
        self._runner = runner
        self.stop: Any = None

    def close(self) -> None:
        if self._runner.processes and self._runner.processes[0].waits and self.stop:
            self.stop()


def test_run_that_is_stopped_while_it_fails_is_not_tried_again(glue, tmp_path):
    runner = FakeRunner(1)
    clients = StopAtTheEnd(runner)
    service = Service(glue, tmp_path, runner, clients)
    service.add_job()
    request = {"JobName": "etl"}

    def stop() -> None:
        (run,) = service.scope.store.list_runs("etl")
        answer = service.jobs.batch_stop(service.scope, {**request, "JobRunIds": [run.run_id]})
        assert answer["SuccessfulSubmissions"]

    clients.stop = stop
    service.jobs.start(service.scope, request)

    assert service.over.wait(30)
    assert service.states() == ["STOPPED"]  # G26

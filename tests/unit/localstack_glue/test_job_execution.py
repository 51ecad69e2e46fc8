"""The way of a run from its start to an honest end (G26-G29)."""

import os
import signal
import subprocess
import threading
import uuid
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from localstack_glue.iam.guard import RoleNotAssumableError
from localstack_glue.jobs.execution import JobExecutor, own_runs_dir
from localstack_glue.jobs.job_processes import RUN_ID_VARIABLE
from localstack_glue.service.settings import Settings


class FakeClients:
    """An account whose S3 has one script, and whose logs are kept."""

    endpoint_url = "http://127.0.0.1:4566"

    def __init__(self) -> None:
        self.events: list[tuple[str, str]] = []

    def of_account(self, service: str, scope: Any) -> Any:
        return self

    def with_credentials(self, service: str, scope: Any, credentials: Any) -> Any:
        return self

    def assume_role(self, scope: Any, role: str, session_name: str, lasts: Any) -> Any:
        return SimpleNamespace(access_key_id="AKIA", secret_access_key="secret", session_token=None)

    def close(self) -> None:
        pass

    def download_file(self, bucket: str, key: str, target: str) -> None:
        Path(target).write_text("")

    exceptions = SimpleNamespace(ResourceAlreadyExistsException=KeyError)

    def create_log_group(self, **names: str) -> None:
        pass

    create_log_stream = create_log_group

    def put_log_events(self, logGroupName: str, logStreamName: str, logEvents: Any) -> None:
        self.events += [(logGroupName, event["message"]) for event in logEvents]


class FakeProcess:
    """A process that ends when a test says so."""

    def __init__(self, code: int | None, folder: Path, reason: str | None) -> None:
        self.code, self.ended, self.waits = code, threading.Event(), []  # type: ignore[var-annotated]
        if reason:
            (folder.parent / "error-message").write_text(reason)
        if code is not None:
            self.ended.set()

    def wait(self, timeout_s: float | None) -> int:
        self.waits.append(timeout_s)
        if timeout_s is not None and not self.ended.is_set() and timeout_s < 1:
            raise TimeoutError
        assert self.ended.wait(60)
        return self.code if self.code is not None else -15

    def stop(self, grace_s: float = 0) -> None:
        self.ended.set()


class FakeRunner:
    """Starts fake processes."""

    def __init__(self, code: int | None, reason: str | None = None, line: str | None = None) -> None:
        self.code, self.reason, self.line = code, reason, line
        self.processes: list[FakeProcess] = []
        self.started = threading.Event()

    def start(self, launch: Any, stdout: Any, stderr: Any) -> FakeProcess:
        process = FakeProcess(self.code, launch.folder, self.reason)
        self.processes.append(process)
        if self.line:
            stdout(self.line)
        self.started.set()
        return process


class Execution:
    """One run, executed with a fake process."""

    def __init__(self, glue: Any, tmp_path: Path, runner: FakeRunner, **definition: Any) -> None:
        import sys

        settings = Settings(Path(sys.executable), (), None, None, tmp_path)
        self.clients, self.runner = FakeClients(), runner
        self.executor = JobExecutor(glue.clock, threading.RLock(), settings, self.clients, runner)  # type: ignore[arg-type]
        shell = {"Name": "pythonshell", "ScriptLocation": "s3://code/job.py"}
        glue.add_job("shell", **{"Command": shell, **definition})
        glue.jobs.start(glue.scope, {"JobName": "shell"})
        self.scope, self.run, merged, _ = glue.job_executor.started[-1]
        self.run.state = self.run.state.__class__.STARTING
        self.ended = threading.Event()
        self.executor.start(self.scope, self.run, merged, lambda _scope, _run: self.ended.set())

    def outcome(self) -> tuple[str, str | None]:
        assert self.ended.wait(60)
        assert self.executor.running_ids == []
        return self.run.state.value, self.run.error_message


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ({"Connections": {"Connections": ["warehouse"]}}, "Connection warehouse not found."),
        ({"SecurityConfiguration": "keys"}, "Security Configuration keys not found."),
    ],
)
def test_run_of_a_missing_delivery_fails_by_its_name(glue, tmp_path, definition, reason):
    run = Execution(glue, tmp_path, FakeRunner(0), **definition)
    assert run.outcome() == ("FAILED", reason)
    assert run.runner.processes == []


@pytest.mark.parametrize(
    ("runner", "expected"),
    [
        pytest.param(FakeRunner(0), ("SUCCEEDED", None), id="succeeds"),
        pytest.param(FakeRunner(1, "ValueError: no"), ("FAILED", "ValueError: no"), id="raises"),
        pytest.param(FakeRunner(7), ("FAILED", "Command failed with exit code 7"), id="exits"),
        pytest.param(FakeRunner(-9), ("FAILED", "Command failed with exit code 137"), id="is-killed"),
        pytest.param(FakeRunner(0, "ValueError: no"), ("FAILED", "ValueError: no"), id="hides-its-failure"),
    ],
)
def test_run_ends_in_an_honest_state(glue, tmp_path, runner, expected):
    assert Execution(glue, tmp_path, runner).outcome() == expected  # G26, G29


def test_run_that_is_stopped_ends_as_stopped(glue, tmp_path):
    execution = Execution(glue, tmp_path, FakeRunner(None))
    assert execution.runner.started.wait(60)
    execution.executor.stop(execution.run)
    assert execution.outcome() == ("STOPPED", None)  # G26


def test_timeout_of_a_run_is_its_minutes(glue, tmp_path):
    execution = Execution(glue, tmp_path, FakeRunner(0), Timeout=3)

    execution.outcome()

    assert execution.runner.processes[0].waits == [180]  # G27


def test_process_that_outlives_its_time_is_stopped(glue, tmp_path, monkeypatch):
    monkeypatch.setattr("localstack_glue.jobs.execution.SECONDS_PER_MINUTE", 0.001)
    execution = Execution(glue, tmp_path, FakeRunner(None), Timeout=1)

    state, message = execution.outcome()

    assert (state, message) == ("TIMEOUT", "Job run exceeded its timeout of 1 minutes")  # G26
    assert execution.runner.processes[0].ended.is_set()


def test_output_goes_to_the_log_group_of_the_command(glue, tmp_path):
    execution = Execution(glue, tmp_path, FakeRunner(0, line="hello"))

    execution.outcome()

    assert execution.clients.events == [("/aws-glue/python-jobs/output", "hello")]  # G29


def test_role_that_cannot_be_assumed_fails_the_run(glue, tmp_path):
    from botocore.exceptions import ClientError

    def refuse(*_: Any) -> Any:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not trusted"}}, "AssumeRole")

    FakeClients.assume_role, original = refuse, FakeClients.assume_role  # type: ignore[method-assign]
    try:
        state, message = Execution(glue, tmp_path, FakeRunner(0)).outcome()
    finally:
        FakeClients.assume_role = original  # type: ignore[method-assign]

    assert state == "FAILED"
    assert message is not None
    assert message.startswith("Service is unable to assume role etl")


def test_closing_the_service_ends_its_runs_and_clears_its_folder(glue, tmp_path):
    execution = Execution(glue, tmp_path, FakeRunner(None))
    assert execution.runner.started.wait(60)

    with closing(execution.executor):
        pass

    assert execution.run.state.value == "STOPPED"
    assert not execution.ended.is_set()  # nothing more is started by a service that ends
    assert list((tmp_path / "runs").iterdir()) == []


def test_folder_of_a_killed_service_is_removed(tmp_path):
    (tmp_path / "4194304").mkdir()  # above the kernel's largest process id
    (tmp_path / "notes").mkdir()

    own = own_runs_dir(tmp_path)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes"]
    assert own.parent == tmp_path


def test_folder_of_a_killed_service_with_the_same_number_is_removed_and_its_processes_with_it(tmp_path):
    run_id = f"jr_{uuid.uuid4()}"
    (tmp_path / str(os.getpid()) / run_id).mkdir(parents=True)
    left = subprocess.Popen(["sleep", "600"], env={**os.environ, RUN_ID_VARIABLE: run_id})

    own = own_runs_dir(tmp_path)

    assert left.wait(60) == -signal.SIGKILL
    assert (own.name, list(tmp_path.iterdir())) == (str(os.getpid()), [])


def test_run_under_a_role_that_does_not_trust_glue_fails(glue, tmp_path, monkeypatch):
    def refuse(_self: Any, scope: Any, role: str, session_name: str, lasts: Any) -> Any:
        raise RoleNotAssumableError(scope.role_arn(role))

    monkeypatch.setattr(FakeClients, "assume_role", refuse)
    execution = Execution(glue, tmp_path, FakeRunner(0))
    message = "Role arn:aws:iam::000000000000:role/etl should be given assume role permissions for Glue Service."
    assert execution.outcome() == ("FAILED", message)
    assert execution.runner.processes == []


def test_run_with_metrics_leaves_its_elapsed_time(glue, tmp_path, monkeypatch):
    put: list[dict[str, Any]] = []
    monkeypatch.setattr(FakeClients, "put_metric_data", lambda _self, **datum: put.append(datum), raising=False)
    Execution(glue, tmp_path, FakeRunner(0), DefaultArguments={"--enable-metrics": "true"}).outcome()  # G28
    (datum,) = put
    assert (datum["Namespace"], datum["MetricData"][0]["MetricName"]) == ("Glue", "glue.driver.aggregate.elapsedTime")

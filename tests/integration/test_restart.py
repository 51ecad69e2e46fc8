"""What the Glue service keeps when LocalStack is killed, and what it does not: state on disk, honest ends, a reset."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import psutil
import pytest

from quartal.core.polling import Waiter
from quartal.core.settings import Settings
from quartal.local.local_aws import server
from quartal.local.local_aws.health import read_health
from tests.integration.deployment import PROJECT

WAIT_S = 120.0
SCRIPT = "import time\nprint('at work', flush=True)\ntime.sleep(600)\n"
TRUST = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}


class OwnLocalStack:
    """A LocalStack with an environment of its own, which a test may kill and start again."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path) -> None:
        self.folder = folder
        self._command, self._environment = command, environment
        self._process: subprocess.Popen[bytes] | None = None
        self.url = "http://127.0.0.1:" + environment["GATEWAY_LISTEN"].rpartition(":")[2]

    def start(self) -> None:
        with (self.folder / "localstack.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait(lambda: read_health(self.url, timeout_s=2), lambda health: health is not None, "LocalStack answers")

    def kill(self) -> None:
        """As a power cut does: it is told nothing."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(WAIT_S)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(WAIT_S)
            except subprocess.TimeoutExpired:
                self.kill()

    def client(self, service: str) -> Any:
        return boto3.Session("test", "test", region_name="us-east-1").client(service, endpoint_url=self.url)

    def post(self, path: str) -> Any:
        request = urllib.request.Request(self.url + path, data=b"{}", method="POST")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())


def wait(probe: Any, is_done: Any, what: str) -> Any:
    waiter: Waiter[Any] = Waiter(timeout_s=WAIT_S, initial_s=0.1, longest_s=0.5)
    return waiter.wait_until(probe, is_done=is_done, describe=str, waiting_for=what)


@pytest.fixture(scope="module")
def how_to_start(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], dict[str, str]]:
    """Command line and environment of a LocalStack as Quartal starts it."""
    environ = {name: value for name, value in os.environ.items() if name != "AWS_ENDPOINT_URL"}
    settings = Settings.from_env(environ, environment="localstack", cwd=PROJECT)
    settings = replace(settings, state_dir=tmp_path_factory.mktemp("pattern"))
    started = server.start(settings, port=server.free_port(), announce=print)
    process = psutil.Process(started.pid)
    found = process.cmdline(), process.environ()
    server.stop(settings, started)
    return found


@pytest.fixture
def own(how_to_start: tuple[list[str], dict[str, str]], tmp_path: Path) -> Iterator[Any]:
    """Makes a LocalStack with more in its environment; it is gone after the test."""
    made: list[OwnLocalStack] = []

    def make(**more: str) -> OwnLocalStack:
        command, environment = how_to_start
        own_dirs = {"FILESYSTEM_ROOT": str(tmp_path / "volume"), "LOCALSTACK_GLUE_WORK_DIR": str(tmp_path / "glue")}
        made.append(OwnLocalStack(command, {**environment, **own_dirs, **more}, tmp_path))
        made[-1].start()
        return made[-1]

    yield make
    for each in made:
        each.stop()


def run_a_job(stack: OwnLocalStack, mark: str, *, allowed: tuple[str, ...] = ("s3:*", "logs:*")) -> str:
    """Start a job that takes long, under a role of its own that may do so much, and wait until it runs."""
    stack.client("s3").create_bucket(Bucket="code")
    stack.client("s3").put_object(Bucket="code", Key="job.py", Body=SCRIPT)
    iam = stack.client("iam")
    iam.create_role(
        RoleName="job", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    )
    if allowed:
        allow = {"Effect": "Allow", "Action": allowed, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        iam.put_role_policy(RoleName="job", PolicyName="all", PolicyDocument=document)
    glue = stack.client("glue")
    command = {"Name": "pythonshell", "ScriptLocation": "s3://code/job.py", "PythonVersion": "3.9"}
    glue.create_job(Name="long", Role="job", Command=command, MaxRetries=1)
    run_id: str = glue.start_job_run(JobName="long", Arguments={"--mark": mark})["JobRunId"]
    wait(lambda: read_state(stack, run_id), lambda state: state == "RUNNING", "the run runs")
    wait(lambda: find_processes(mark), bool, "the script runs")
    return run_id


def read_state(stack: OwnLocalStack, run_id: str) -> str:
    state: str = stack.client("glue").get_job_run(JobName="long", RunId=run_id)["JobRun"]["JobRunState"]
    return state


def find_processes(mark: str) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if mark in _arguments(process)]


def _arguments(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_run_of_a_killed_localstack_is_found_failed_and_all_else_as_it_was(own: Any, tmp_path: Path):  # G26
    state, mark = tmp_path / "state", secrets.token_hex(8)
    stack = own(LOCALSTACK_GLUE_STATE_DIR=str(state))
    glue = stack.client("glue")
    glue.create_database(DatabaseInput={"Name": "lake"})
    glue.create_table(DatabaseName="lake", TableInput={"Name": "cars", "Parameters": {"colour": "red"}})
    run_id = run_a_job(stack, mark)
    schedule = {"Schedule": "cron(0 6 1 1 ? *)", "StartOnCreation": True}
    glue.create_trigger(Name="yearly", Type="SCHEDULED", Actions=[{"JobName": "long"}], **schedule)
    # a moment passes before what changed is on the disk
    wait(
        lambda: b"".join(file.read_bytes() for file in state.glob("glue-state.pickle")),
        lambda stored: b"yearly" in stored,
        "the state is stored",
    )

    stack.kill()
    wait(lambda: find_processes(mark), lambda found: not found, "the script is gone with the service")
    stack.start()

    run = glue.get_job_run(JobName="long", RunId=run_id)["JobRun"]
    assert (run["JobRunState"], run["ErrorMessage"]) == (
        "FAILED",
        "Job run was interrupted: the service was stopped",
    )
    assert len(glue.get_job_runs(JobName="long")["JobRuns"]) == 1  # nothing follows from it, no retry either
    assert glue.get_table(DatabaseName="lake", Name="cars")["Table"]["Parameters"] == {"colour": "red"}
    assert glue.get_trigger(Name="yearly")["Trigger"]["State"] == "ACTIVATED"


def test_reset_stops_what_runs_and_drops_everything_for_good(own: Any, tmp_path: Path):
    mark = secrets.token_hex(8)
    stack = own(LOCALSTACK_GLUE_STATE_DIR=str(tmp_path / "state"), LOCALSTACK_GLUE_IAM="0")
    glue = stack.client("glue")
    glue.create_database(DatabaseInput={"Name": "lake"})
    run_a_job(stack, mark, allowed=())  # it reads its script all the same: roles may do anything here

    assert stack.post("/_glue/reset") == {"reset": True}

    def everything() -> list[Any]:
        lists = (glue.get_jobs()["Jobs"], glue.get_databases()["DatabaseList"], glue.get_triggers()["Triggers"])
        return [each for found in lists for each in found]

    assert find_processes(mark) == []
    assert everything() == []
    stack.stop()
    stack.start()
    assert everything() == []


def test_localstacks_own_persistence_keeps_glue_too(own: Any):
    stack = own(PERSISTENCE="1")
    glue = stack.client("glue")
    glue.create_database(DatabaseInput={"Name": "lake"})

    stack.stop()
    stack.start()

    assert [found["Name"] for found in glue.get_databases()["DatabaseList"]] == ["lake"]

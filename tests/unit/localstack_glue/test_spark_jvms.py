"""Java processes for Spark runs: each serves one run and ends with it. A small script replaces Java here."""

import os
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from localstack_glue.iam.guard import RoleNotAssumableError
from localstack_glue.jobs.job_processes import RUN_ID_VARIABLE, Launch, SubprocessRunner
from localstack_glue.jobs.jvm_prewarm import JavaAhead, run_request
from localstack_glue.jobs.runtime.arguments import RunIdentity
from localstack_glue.jobs.runtime.environment import RunEnvironment, run_environment
from localstack_glue.jobs.spark_jvms import SparkJvm, WaitingJvm, WaitingJvms, start
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clients import Credentials
from localstack_glue.service.settings import S3A_JARS, Settings, WarmJvm

# says where it listens, as Spark's gateway server does, and ends when its standard input ends
JAVA = f"""#!{sys.executable}
import os, struct, sys
print("Java is up", flush=True)
file = os.environ["_PYSPARK_DRIVER_CONN_INFO_PATH"]
with open(file + ".new", "wb") as out:
    out.write(struct.pack("!ii", 4321, 6) + b"secret")
os.rename(file + ".new", file)
sys.stdin.read()
"""
SCOPE = Scope("000000000000", "us-east-1")
PLAN = {"Role": "etl", "Command": {"Name": "glueetl", "ScriptLocation": "s3://code/job.py"}, "WorkerType": "G.1X"}


class FakeClients:
    """Hands out numbered credentials of roles that trust Glue."""

    endpoint_url = "http://127.0.0.1:4566"

    def __init__(self) -> None:
        self.assumed: list[str] = []

    def assume_role(self, scope: Any, role: str, session_name: str) -> Credentials:
        if role == "stranger":
            raise RoleNotAssumableError(role)
        self.assumed.append(session_name)
        return Credentials(f"AKIA{len(self.assumed)}", "secret", "token")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    site, jars = tmp_path / "site-packages", tmp_path / "jars"
    submit = site / "pyspark" / "bin" / "spark-submit"
    submit.parent.mkdir(parents=True)
    submit.write_text(JAVA)
    submit.chmod(0o755)
    jars.mkdir()
    for jar in S3A_JARS:
        (jars / jar).touch()
    java = tmp_path / "java"
    return Settings(Path(sys.executable), (site,), java, jars, tmp_path / "work", warm_jvm=WarmJvm.CRAWL)


@pytest.fixture
def ahead(settings: Settings, tmp_path: Path) -> Any:
    java = JavaAhead(settings, FakeClients(), tmp_path / "runs")  # type: ignore[arg-type]
    yield java
    java.drop()


def request(settings: Settings, job: str = "etl", **merged: str) -> Any:
    arguments = {f"--{name.replace('_', '-')}": value for name, value in merged.items()}
    return run_request(SCOPE, RunIdentity(job, f"j_{job}", "jr_1"), PLAN, arguments, FakeClients.endpoint_url)


def wait_until(is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def marked(marker: str) -> list[int]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(RUN_ID_VARIABLE) == marker:
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def started(settings: Settings, folder: Path) -> SparkJvm:
    found = run_environment(request(settings), settings, folder, ())
    assert settings.spark_home is not None
    return start(settings.spark_home, folder, found)


@pytest.fixture
def run_folder(tmp_path: Path) -> Path:
    """A run's processes carry the name of its folder, and no other run's may."""
    return tmp_path / f"jr_{uuid.uuid4()}"


def test_early_output_of_java_goes_to_the_log_of_the_run(settings, run_folder):
    jvm = started(settings, run_folder)
    wait_until(lambda: jvm.is_ready)
    lines: list[str] = []

    jvm.attach(lines.append, lines.append)
    jvm.close()

    assert lines == ["Java is up"]
    assert not jvm.is_running
    assert marked(run_folder.name) == []


def test_java_ends_with_the_script_of_its_run(settings, tmp_path, run_folder):
    jvm = started(settings, run_folder)
    wait_until(lambda: jvm.is_ready)
    launch = Launch(run_folder.name, [sys.executable, "-c", "pass"], {}, tmp_path)

    SubprocessRunner().start(launch, lambda _line: None, lambda _line: None).wait(60)

    wait_until(lambda: not jvm.is_running)
    assert marked(run_folder.name) == []
    jvm.close()


def test_java_ends_when_its_standard_input_does_as_when_the_service_dies(settings, run_folder):
    jvm = started(settings, run_folder)
    wait_until(lambda: jvm.is_ready)

    jvm._process.stdin.close()  # type: ignore[union-attr]

    wait_until(lambda: not jvm.is_running)
    jvm.close()


def expect(ahead: JavaAhead, plan: dict[str, Any] = PLAN, **merged: str) -> None:
    """Expect a run of the job `etl`, and wait until Java is there for it."""
    ahead.expect(SCOPE, "etl", plan, {f"--{name.replace('_', '-')}": value for name, value in merged.items()})
    wait_until(lambda: ahead.state == "ready")


def of_expected_job(settings: Settings, **changes: Any) -> Any:
    from localstack_glue.jobs.runtime.bookmark_files import job_id

    found = request(settings, **changes.pop("merged", {}))
    identity = RunIdentity("etl", job_id(SCOPE.arn("job", "etl")), "jr_1")
    return replace(found, **{"identity": identity, **changes})


def test_expected_run_takes_the_java_that_waits_with_its_credentials_and_folder(ahead, settings, tmp_path):
    expect(ahead)

    waiting = ahead.take(SCOPE, "etl", of_expected_job(settings))

    assert waiting.credentials == Credentials("AKIA1", "secret", "token")
    assert waiting.jvm.folder.parent == tmp_path / "runs"
    assert waiting.jvm.run_environment.environment["AWS_ACCESS_KEY_ID"] == "AKIA1"
    assert ahead.take(SCOPE, "etl", of_expected_job(settings)) is None  # used once
    waiting.discard()
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.parametrize(
    "differing",
    [
        pytest.param({"merged": {"conf": "spark.driver.memory=2g"}}, id="heap"),
        pytest.param({"merged": {"extra_py_files": "s3://code/lib.zip"}}, id="python-path"),
        pytest.param({"merged": {"extra_jars": "s3://code/lib.jar"}}, id="class-path"),
        pytest.param({"merged": {"customer_driver_env_vars": "CUSTOMER_A=1"}}, id="environment"),
        pytest.param({"worker_type": "G.025X"}, id="worker-type"),
        pytest.param({"region": "eu-west-1"}, id="region"),
    ],
)
def test_run_that_would_have_started_another_java_does_not_take_it(ahead, settings, differing):
    expect(ahead)

    assert ahead.take(SCOPE, "etl", of_expected_job(settings, **differing)) is None
    assert ahead.state == "ready"


def test_run_under_another_role_or_in_another_account_does_not_take_it(ahead, settings):
    expect(ahead)

    assert ahead.take(SCOPE, "admin", of_expected_job(settings)) is None
    assert ahead.take(Scope("111111111111", "us-east-1"), "etl", of_expected_job(settings)) is None


def test_java_that_has_ended_is_not_taken(ahead, settings):
    expect(ahead)
    ahead._waiting._waiting.jvm._process.kill()
    wait_until(lambda: ahead.state is None)

    assert ahead.take(SCOPE, "etl", of_expected_job(settings)) is None


def test_second_expectation_of_the_same_run_starts_no_second_java(ahead, settings, tmp_path):
    expect(ahead)
    ahead._start_ahead(SCOPE, "etl", of_expected_job(settings), ahead._waiting.era)

    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_dropping_a_java_ends_it_and_cancels_earlier_starts(ahead, settings, tmp_path):
    expect(ahead)
    era = ahead._waiting.era
    ahead.drop()

    ahead._start_ahead(SCOPE, "etl", of_expected_job(settings), era)

    assert ahead.state is None
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.parametrize(
    ("plan", "mode"),
    [
        pytest.param(PLAN, WarmJvm.OFF, id="turned-off"),
        pytest.param({**PLAN, "Command": {"Name": "pythonshell"}}, WarmJvm.ALWAYS, id="python-shell"),
        pytest.param({**PLAN, "Role": "stranger"}, WarmJvm.ALWAYS, id="role-without-trust"),
    ],
)
def test_no_java_is_started_where_none_would_be_used(settings, tmp_path, plan, mode):
    java = JavaAhead(replace(settings, warm_jvm=mode), FakeClients(), tmp_path / "runs")  # type: ignore[arg-type]
    before = set(threading.enumerate())

    java.expect(SCOPE, "etl", plan, {})
    for thread in set(threading.enumerate()) - before:
        thread.join(60)

    assert java.state is None
    assert not (tmp_path / "runs").exists()


def test_unused_java_is_dropped_after_a_time():
    waits = WaitingJvms(idle_s=0.01)
    ended = threading.Event()
    jvm = SimpleNamespace(is_running=True, is_ready=True, close=ended.set, folder=Path(os.devnull, "none"))

    waits.put(WaitingJvm(jvm, SCOPE, "arn", Credentials("a", "b")), waits.era)  # type: ignore[arg-type]

    assert ended.wait(60)
    assert waits.state is None


def test_newer_expectation_replaces_the_older(settings):
    waits, ended = WaitingJvms(idle_s=600), []
    for number in range(2):
        jvm = SimpleNamespace(
            is_running=True,
            is_ready=False,
            close=lambda number=number: ended.append(number),
            folder=Path(os.devnull, "none"),
            run_environment=RunEnvironment({}, {}),
        )
        waits.put(WaitingJvm(jvm, SCOPE, "arn", Credentials("a", "b")), waits.era)  # type: ignore[arg-type]

    assert (ended, waits.state) == ([0], "starting")
    waits.drop()

"""How long a Spark job takes from StartJobRun to its session, on LocalStack with the Glue service on this machine."""

from __future__ import annotations

import io
import json
import os
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3

from quartal.core.settings import LOCALSTACK_ENVIRONMENT, Settings
from quartal.local.local_aws import server

MARK = "session ready at "
SCRIPT = f"""
import time
from pyspark.sql import SparkSession
spark = SparkSession.builder.getOrCreate()
print("{MARK}" + repr(time.time()), flush=True)
assert spark.range(3).count() == 3
"""
# LOCALSTACK_GLUE_WARM_JVM by what it stands for; the peer is Spark as a script starts it by itself
MODES = {"started by the script": "off", "started with the run": "crawl", "started ahead": "always"}
PEER = "started by the script"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
GRANTS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["glue:*", "logs:*", "s3:*"], "Resource": "*"}],
}
NAME = "job-start"
ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR"})
WAIT_S, POLL_S = 180.0, 0.1


@dataclass(frozen=True, slots=True)
class JobStart:
    """Seconds from StartJobRun to the session, one for each run, of one way to start Java."""

    way: str
    seconds: tuple[float, ...]

    @property
    def least_s(self) -> float:
        """The shortest: whatever else ran on the machine can only add."""
        return min(self.seconds)


def measure(rounds: int) -> tuple[JobStart, ...]:
    """Start a job `rounds` times in each way, each way on a LocalStack of its own."""
    settings = Settings.from_env(os.environ, environment=LOCALSTACK_ENVIRONMENT)
    return tuple(JobStart(way, tuple(_rounds(settings, mode, rounds))) for way, mode in MODES.items())


def ratios(starts: tuple[JobStart, ...]) -> dict[str, float]:
    """The shortest start of each way, in seconds and over the peer's, and how busy the machine was."""
    least = {start.way: start.least_s for start in starts}
    found = {f"{way.replace(' ', '_')}_s": round(seconds, 2) for way, seconds in least.items()}
    over = {f"{way.replace(' ', '_')}_ratio": round(s / least[PEER], 2) for way, s in least.items() if way != PEER}
    return {**found, **over, "load_1_min": round(os.getloadavg()[0], 1), "cores": float(os.cpu_count() or 1)}


def _rounds(settings: Settings, mode: str, rounds: int) -> Iterator[float]:
    with tempfile.TemporaryDirectory() as scratch, _local_stack(settings, Path(scratch), mode) as endpoint_url:
        session = boto3.Session("test", "test", region_name="us-east-1")
        _define_job(session, endpoint_url)
        glue, logs = (session.client(service, endpoint_url=endpoint_url) for service in ("glue", "logs"))
        for _ in range(rounds):
            if mode == "always":
                _wait(lambda: _health(endpoint_url)["running"]["java_ahead"] == "ready", "Java is started ahead")
            started = time.time()
            run_id = glue.start_job_run(JobName=NAME)["JobRunId"]
            _wait(lambda run_id=run_id: _run(glue, run_id)["JobRunState"] in ENDED, "the run has ended")
            run = _run(glue, run_id)
            if run["JobRunState"] != "SUCCEEDED":
                raise RuntimeError(f"run {run_id} is {run['JobRunState']}: {run.get('ErrorMessage')}")
            yield _ready_at(logs, run_id) - started


def _run(glue: Any, run_id: str) -> dict[str, Any]:
    return glue.get_job_run(JobName=NAME, RunId=run_id)["JobRun"]


def _ready_at(logs: Any, run_id: str) -> float:
    answer = logs.get_log_events(logGroupName="/aws-glue/jobs/output", logStreamName=run_id)
    line = next(event["message"] for event in answer["events"] if event["message"].startswith(MARK))
    return float(line.removeprefix(MARK))


def _define_job(session: boto3.Session, endpoint_url: str) -> None:
    s3, iam, glue = (session.client(service, endpoint_url=endpoint_url) for service in ("s3", "iam", "glue"))
    s3.create_bucket(Bucket=NAME)
    s3.upload_fileobj(io.BytesIO(SCRIPT.encode()), NAME, "job.py")
    iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName=NAME, PolicyName="run", PolicyDocument=json.dumps(GRANTS))
    command = {"Name": "glueetl", "ScriptLocation": f"s3://{NAME}/job.py", "PythonVersion": "3"}
    glue.create_job(Name=NAME, Role=NAME, Command=command, GlueVersion="5.0", WorkerType="G.1X", NumberOfWorkers=2)


def _health(endpoint_url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{endpoint_url}/_glue/health", timeout=60) as answer:  # noqa: S310 - our own server
        return json.load(answer)


def _wait(is_done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_done():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {WAIT_S:.0f} s until {what}")
        time.sleep(POLL_S)


@contextmanager
def _local_stack(settings: Settings, scratch: Path, mode: str) -> Iterator[str]:
    environ = {**settings.environ, "LOCALSTACK_GLUE_WARM_JVM": mode}
    own = replace(settings, state_dir=scratch / "state", environ=environ)
    started = server.start(own, port=server.free_port(), announce=lambda _: None)
    try:
        yield started.endpoint_url
    finally:
        server.stop(own, started)

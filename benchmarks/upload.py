"""Wall time of `quartal upload` to a server on this machine: many small files, few large ones, nothing changed.

Other tools upload to the same LocalStack, and the command also uploads to the Glue service as a server of its own.

It is the command that a user types, in a project whose Terraform state says where the lake is: the start of Python, the
deployment looked up by Terraform, and the headers checked against the contract are all in its time.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from quartal.core.aws import AwsConnection
from quartal.core.settings import LOCALSTACK_ENVIRONMENT, Settings
from quartal.local.local_aws import server
from quartal.local.local_aws.hosts import LOCALSTACK, STANDALONE
from quartal.local.toolchain.environments import environment_python, localstack_environment

PROJECT = Path(__file__).parents[1]
SMALL = ("2,000 x 20 kB", 2_000, 20_000)
LARGE = ("16 x 64 MB", 16, 64_000_000)
NO_CHANGE = "no change, 2,000 files"
NO_CHANGE_PROCESS = f"{NO_CHANGE}, whole process"
DATASET, DELIVERY = "vehicle_sightings", "2024Q1"
HEADER = b"sighting_id,brand,date,time\n"
QUARTAL, AWS_SYNC, S5CMD = "quartal", "aws s3 sync", "s5cmd sync"
TO_STANDALONE = "quartal, to glue-local serve"


@dataclass(frozen=True, slots=True)
class Timing:
    """Wall seconds of one tool for one kind of work."""

    work: str
    tool: str
    seconds: tuple[float, ...]

    @property
    def median_s(self) -> float:
        """The median of the runs."""
        return statistics.median(self.seconds)


@dataclass(frozen=True, slots=True)
class UploadResult:
    """All timings of one run."""

    timings: tuple[Timing, ...]

    def ratios(self) -> dict[str, float]:
        """Medians over the rounds of our time over the peer's in the same round; the no-change run in seconds.

        All are whole processes but `no_change_2000_files_s`, which the command itself measures from the deployment
        that it found to the end; that of the whole process is beside it. The peers judge by size and time only there.
        """
        found = {(timing.work, timing.tool): timing.seconds for timing in self.timings}

        def over(work: str, peer: str, tool: str = QUARTAL) -> float:
            pairs = zip(found[work, tool], found[work, peer], strict=True)
            return round(statistics.median(ours / theirs for ours, theirs in pairs), 3)

        return {
            "small_files_over_aws_sync": over(SMALL[0], AWS_SYNC),
            "large_files_over_aws_sync": over(LARGE[0], AWS_SYNC),
            "small_files_over_s5cmd": over(SMALL[0], S5CMD),
            "large_files_over_s5cmd": over(LARGE[0], S5CMD),
            "small_files_standalone_over_localstack": over(SMALL[0], QUARTAL, TO_STANDALONE),
            "large_files_standalone_over_localstack": over(LARGE[0], QUARTAL, TO_STANDALONE),
            "no_change_2000_files_s": round(statistics.median(found[NO_CHANGE, QUARTAL]), 3),
            "no_change_2000_files_process_s": round(statistics.median(found[NO_CHANGE_PROCESS, QUARTAL]), 3),
        }


def measure(rounds: int) -> UploadResult:
    """Run every tool `rounds` times, in turns, so that a busy moment of the machine hits all alike."""
    settings = Settings.from_env(os.environ, environment=LOCALSTACK_ENVIRONMENT)
    with (
        tempfile.TemporaryDirectory() as scratch,
        _running(settings, Path(scratch), LOCALSTACK) as localstack_url,
        _running(settings, Path(scratch), STANDALONE) as standalone_url,
    ):
        aws = environment_python(settings, localstack_environment(settings)).with_name("aws")
        quartal, s5cmd = (Path(sys.executable).with_name(name) for name in ("quartal", "s5cmd"))
        state_dir = Path(scratch) / "typed"
        timings: dict[tuple[str, str], list[float]] = {}
        for work, count, size in (SMALL, LARGE):
            folder = _files(Path(scratch) / "files", count, size)
            upload = [str(quartal), "upload", str(folder), "--delivery", DELIVERY, "--json"]
            commands = {
                QUARTAL: upload,
                TO_STANDALONE: upload,
                AWS_SYNC: [str(aws), "s3", "sync", "--only-show-errors", str(folder), "s3://BUCKET/raw/"],
                S5CMD: [str(s5cmd), "--log", "error", "sync", f"{folder}/", "s3://BUCKET/raw/"],
            }
            for round_number in range(rounds):
                for tool, command in _from(round_number, commands):
                    endpoint_url = standalone_url if tool == TO_STANDALONE else localstack_url
                    s3 = AwsConnection("us-east-1", endpoint_url, "test", "test").s3()
                    bucket = f"bench-{tool.replace(',', '').replace(' ', '-')}-{count}-{round_number}"
                    s3.create_bucket(Bucket=bucket)
                    _deployed(state_dir, bucket)
                    timings.setdefault((work, tool), []).append(_timed(command, bucket, endpoint_url, state_dir)[0])
                    if work == SMALL[0]:
                        seconds, output = _timed(command, bucket, endpoint_url, state_dir)
                        timings.setdefault((NO_CHANGE_PROCESS, tool), []).append(seconds)
                        if tool == QUARTAL:
                            answer = json.loads(output)
                            assert (len(answer["uploaded"]), len(answer["unchanged"])) == (0, count)
                            timings.setdefault((NO_CHANGE, tool), []).append(answer["seconds"])
                    _empty(s3, bucket)
            shutil.rmtree(folder)
    return UploadResult(tuple(Timing(work, tool, tuple(seconds)) for (work, tool), seconds in timings.items()))


def _from(round_number: int, commands: dict[str, list[str]]) -> list[tuple[str, list[str]]]:
    """The tools in their order, another one first in each round: who is first meets a server that has just started."""
    first = round_number % len(commands)
    entries = list(commands.items())
    return entries[first:] + entries[:first]


@contextmanager
def _running(settings: Settings, scratch: Path, host: str) -> Iterator[str]:
    own = replace(settings, state_dir=scratch / host)
    started = server.start(own, port=server.free_port(), announce=print, host=host)
    try:
        yield started.endpoint_url
    finally:
        server.stop(own, started)


def _deployed(state_dir: Path, bucket: str) -> None:
    """Write what a deployment leaves on the machine that made it: Terraform's state with the outputs."""
    outputs = {
        **dict.fromkeys(("crawler", "database", "job", "schedule", "workflow"), "unused"),
        "dataset": DATASET,
        "lake_bucket": bucket,
        "log_groups": {},
        "raw_prefix": f"raw/{DATASET}/",
        "region": "us-east-1",
        "starts": [],
    }
    types = {str: "string", dict: ["object", {}], list: ["tuple", []]}
    state = {
        "version": 4,
        "terraform_version": "1.10.0",
        "serial": 1,
        "lineage": "benchmark",
        "outputs": {name: {"value": value, "type": types[type(value)]} for name, value in outputs.items()},
        "resources": [],
    }
    folder = state_dir / "terraform" / LOCALSTACK_ENVIRONMENT / "infra"
    (folder / ".terraform").mkdir(parents=True, exist_ok=True)
    (folder / "terraform.tfstate").write_text(json.dumps(state))


def _files(folder: Path, count: int, size: int) -> Path:
    """Files that begin as the contract says, each with content of its own."""
    folder.mkdir()
    content = random.Random(1).randbytes(size)
    for number in range(count):
        start = HEADER + number.to_bytes(8, "big")
        (folder / f"part-{number:05d}.csv").write_bytes(start + content[len(start) :])
    return folder


def _timed(command: list[str], bucket: str, endpoint_url: str, state_dir: Path) -> tuple[float, str]:
    """Wall seconds and output of a program that uploads to a bucket."""
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("QUARTAL_")},
        "QUARTAL_PROJECT_DIR": str(PROJECT),
        "QUARTAL_STATE_DIR": str(state_dir),
        "AWS_ENDPOINT_URL": endpoint_url,
        "S3_ENDPOINT_URL": endpoint_url,  # s5cmd's name for it
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
    }
    arguments = [argument.replace("BUCKET", bucket) for argument in command]
    started = time.perf_counter()
    done = subprocess.run(arguments, env=env, cwd=PROJECT, check=True, stdout=subprocess.PIPE, text=True)
    return time.perf_counter() - started, done.stdout


def _empty(s3, bucket: str) -> None:
    # page by page from the start: LocalStack's later pages miss keys that hold "="
    while found := s3.list_objects_v2(Bucket=bucket).get("Contents"):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": entry["Key"]} for entry in found]})
    s3.delete_bucket(Bucket=bucket)

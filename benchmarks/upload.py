"""Wall time of uploads to a LocalStack on this machine: many small files, few large ones, nothing changed."""

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

from quartal.aws import AwsConnection
from quartal.local_stack import server
from quartal.settings import LOCALSTACK_ENVIRONMENT, Settings
from quartal.toolchain.environments import localstack_environment, python_of

PROJECT = Path(__file__).parents[1]
SMALL = ("2,000 x 20 kB", 2_000, 20_000)
LARGE = ("16 x 64 MB", 16, 64_000_000)
NO_CHANGE = "no change, 2,000 files"
NO_CHANGE_PROCESS = f"{NO_CHANGE}, whole process"
QUARTAL, AWS_SYNC, S5CMD = "quartal", "aws s3 sync", "s5cmd sync"


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

        All are whole processes but the no-change run, whose 0.6 s of Python's start and imports are left out; that of
        the whole process is beside it. The peers judge by size and time only there.
        """
        found = {(timing.work, timing.tool): timing.seconds for timing in self.timings}

        def over(work: str, peer: str) -> float:
            pairs = zip(found[work, QUARTAL], found[work, peer], strict=True)
            return round(statistics.median(ours / theirs for ours, theirs in pairs), 3)

        return {
            "small_files_over_aws_sync": over(SMALL[0], AWS_SYNC),
            "large_files_over_aws_sync": over(LARGE[0], AWS_SYNC),
            "small_files_over_s5cmd": over(SMALL[0], S5CMD),
            "large_files_over_s5cmd": over(LARGE[0], S5CMD),
            "no_change_2000_files_s": round(statistics.median(found[NO_CHANGE, QUARTAL]), 3),
            "no_change_2000_files_process_s": round(statistics.median(found[NO_CHANGE_PROCESS, QUARTAL]), 3),
        }


def measure(rounds: int) -> UploadResult:
    """Run every tool `rounds` times, in turns, so that a busy moment of the machine hits all alike."""
    settings = Settings.from_env(os.environ, environment=LOCALSTACK_ENVIRONMENT)
    with tempfile.TemporaryDirectory() as scratch, _local_stack(settings, Path(scratch)) as endpoint_url:
        s3 = AwsConnection("us-east-1", endpoint_url, "test", "test").s3()
        aws = python_of(settings, localstack_environment(settings)).with_name("aws")
        s5cmd = Path(sys.executable).with_name("s5cmd")
        timings: dict[tuple[str, str], list[float]] = {}
        for work, count, size in (SMALL, LARGE):
            folder = _files(Path(scratch) / "files", count, size)
            commands = {
                QUARTAL: [sys.executable, "-m", "benchmarks.upload_once", endpoint_url, "BUCKET", str(folder)],
                AWS_SYNC: [str(aws), "s3", "sync", "--only-show-errors", str(folder), "s3://BUCKET/raw/"],
                S5CMD: [str(s5cmd), "--log", "error", "sync", f"{folder}/", "s3://BUCKET/raw/"],
            }
            for round_number in range(rounds):
                for tool, command in commands.items():
                    bucket = f"bench-{tool.replace(' ', '-')}-{count}-{round_number}"
                    s3.create_bucket(Bucket=bucket)
                    timings.setdefault((work, tool), []).append(_timed(command, bucket, endpoint_url)[0])
                    if work == SMALL[0]:
                        seconds, output = _timed(command, bucket, endpoint_url)
                        timings.setdefault((NO_CHANGE_PROCESS, tool), []).append(seconds)
                        if tool == QUARTAL:
                            answer = json.loads(output)
                            assert (answer["uploaded"], answer["unchanged"]) == (0, count)
                            timings.setdefault((NO_CHANGE, tool), []).append(answer["seconds"])
                    _empty(s3, bucket)
            shutil.rmtree(folder)
    return UploadResult(tuple(Timing(work, tool, tuple(seconds)) for (work, tool), seconds in timings.items()))


@contextmanager
def _local_stack(settings: Settings, scratch: Path) -> Iterator[str]:
    own = replace(settings, state_dir=scratch / "state")
    started = server.start(own, port=server.free_port(), announce=print)
    try:
        yield started.endpoint_url
    finally:
        server.stop(own, started)


def _files(folder: Path, count: int, size: int) -> Path:
    folder.mkdir()
    content = random.Random(1).randbytes(size)
    for number in range(count):
        (folder / f"part-{number:05d}.csv").write_bytes(number.to_bytes(8, "big") + content[8:])
    return folder


def _timed(command: list[str], bucket: str, endpoint_url: str) -> tuple[float, str]:
    """Wall seconds and output of a program that uploads to a bucket."""
    env = {
        **os.environ,
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

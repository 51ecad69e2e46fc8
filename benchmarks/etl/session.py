"""The LocalStack whose Glue catalog and S3 the job uses, for as long as the benchmark lasts."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from benchmarks.etl.tools import Bench
from quartal.core.aws import AwsConnection, aws_environment
from quartal.core.settings import LOCALSTACK_ENVIRONMENT, Settings
from quartal.local.local_aws import server


@contextmanager
def open_bench(scratch: Path, announce: Callable[[str], None]) -> Iterator[Bench]:
    """A LocalStack of its own on a free port, and the environment in which programs reach it."""
    settings = Settings.from_env(os.environ, environment=LOCALSTACK_ENVIRONMENT)
    own = replace(settings, state_dir=scratch / "localstack")
    own.state_dir.mkdir(parents=True, exist_ok=True)
    started = server.start(own, port=server.free_port(), announce=announce)
    try:
        yield bench_at(settings, started.endpoint_url, scratch)
    finally:
        server.stop(own, started)


def bench_at(settings: Settings, endpoint_url: str, scratch: Path) -> Bench:
    """A bench on a LocalStack that runs already."""
    env = aws_environment(settings, endpoint_url)
    connection = AwsConnection.from_environment(env, local=True)
    folder = str(Path(sys.executable).parent)  # spark-submit looks for python, and python for pyspark, on PATH
    env |= {"PATH": os.pathsep.join([folder, env["PATH"]]), "PYSPARK_PYTHON": sys.executable}
    return Bench(settings, connection, env, scratch)

"""The examples of glue-local's distribution, run as in its README."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[3] / "tooling/localstack_glue/examples"
nightly = pytest.mark.nightly(touches=["tests/integration/glue/test_example.py", "tooling/localstack_glue/*"])


def nightly_on_localstack(test: Callable[..., None]) -> Callable[..., None]:
    """Each time only on the server of its own: on LocalStack, the chain crawls and runs a Spark job each time."""
    return test if os.environ.get("QUARTAL_HOST") == "standalone" else nightly(test)


def run_example(example: str, endpoint: str | None) -> list[list[str]]:
    """Run an example to its end and return the words of each line that it printed."""
    if endpoint is None:
        pytest.skip("it needs Spark jobs: run it by hand on AWS")
    environment = {**os.environ, "AWS_ENDPOINT_URL": endpoint, "AWS_EC2_METADATA_DISABLED": "true"}
    command = [sys.executable, str(EXAMPLES / example)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


@nightly_on_localstack
def test_example_prints_what_its_job_has_summed_up(glue_endpoint: str | None):  # G1, G7
    lines = run_example("crawl_then_run.py", glue_endpoint)

    assert lines[1:] == [["Skoda", "20000.00"], ["Volvo", "61000.50"]]


@nightly
def test_job_with_bookmarks_reads_only_what_is_new_until_they_are_reset(glue_endpoint: str | None):  # G28
    january = ["10 Ada bolt 4", "10 Ada nut 4", "11 Grace washer 1"]
    february = ["12 Ada bolt 9"]

    lines = [" ".join(words) for words in run_example("only_new_files.py", glue_endpoint)]

    assert lines == [
        *("first run: 3 lines", *january),
        *("second run: 1 lines", *february),
        *("after a reset: 4 lines", *january, *february),
    ]

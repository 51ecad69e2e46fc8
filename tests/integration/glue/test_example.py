"""The example of localstack-glue's distribution, run as its README says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[3] / "tooling/localstack_glue/examples/crawl_then_run.py"


def test_example_prints_what_its_job_has_summed_up(glue_endpoint: str | None):  # G1, G7
    if glue_endpoint is None:
        pytest.skip("it needs a Spark job: run it by hand on AWS")
    environment = {**os.environ, "AWS_ENDPOINT_URL": glue_endpoint, "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)], env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()[1:]] == [["Skoda", "20000.00"], ["Volvo", "61000.50"]]

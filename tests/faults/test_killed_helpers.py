"""Kill -9 of what the job works with, in mid-run: a Python worker, the daemon of all workers, the JVM.

The run says that it failed, the tables stay what they were, and the next run brings all to where it belongs.
"""

from __future__ import annotations

import random
import sys
import threading

import psutil
import pytest

from .rehearsal import JobProcess, Rehearsal

QUARTER = "2024Q1"
_LOOKS = 60_000


def find(job: JobProcess, mark: str, *, below: bool) -> psutil.Process:
    """A process of the job whose command line has the mark, or one that such a process has forked."""
    moment = threading.Event()
    for _ in range(_LOOKS):
        assert job.process.poll() is None, "the run ended before"
        for each in psutil.Process(job.process.pid).children(recursive=True):
            try:
                if mark in " ".join(each.cmdline()) and (not below or mark in " ".join(each.parent().cmdline())):
                    return each
            except (psutil.Error, AttributeError):
                continue
        moment.wait(0.005)
    raise AssertionError(f"nothing of the job has {mark} in its command line")


@pytest.mark.parametrize(
    ("mark", "below"),
    [
        pytest.param("pyspark.daemon", True, id="a Python worker"),
        pytest.param("pyspark.daemon", False, id="the daemon of all workers"),
        pytest.param("org.apache.spark.deploy.SparkSubmit", False, id="the JVM"),
    ],
)
def test_run_whose_helper_is_killed_fails_and_the_next_one_heals(rehearsal: Rehearsal, mark: str, below: bool):
    draw = random.Random(f"{mark}/{below}")
    if not rehearsal.seen().curated:
        rehearsal.deliver(QUARTER, draw)
        rehearsal.run("before-helpers")
    old = rehearsal.seen()
    rehearsal.deliver(QUARTER, draw)
    name = f"without-{'worker' if below else mark.rpartition('.')[2]}"

    job = rehearsal.start(name)
    find(job, mark, below=below).kill()
    code = job.process.wait(600)

    said = rehearsal.said(name)
    sys.stdout.write(f"{name}: exit {code}: {said[-300:]}\n")
    reasons = [line for line in said.splitlines() if line.startswith("QuartalJobError")]  # Java may log after it
    assert len(reasons) == bool(code)  # a daemon is started anew where no task was on it
    assert "AWS" not in "".join(reasons)
    if code:
        assert rehearsal.seen() == old
    else:
        assert rehearsal.seen() == rehearsal.expected()
    rehearsal.run(f"after-{name}")
    assert rehearsal.seen() == rehearsal.expected()

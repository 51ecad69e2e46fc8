"""Spark's own folder is full: the run reports it and changes nothing, and the next run succeeds."""

from __future__ import annotations

import random
import sys

import pytest

from .rehearsal import Rehearsal
from .small_disk import fill, mounted

QUARTER = "2024Q1"


@pytest.mark.parametrize("room", [0, 24 * 1024], ids=["none at all", "a little"])
def test_run_whose_spark_has_no_room_fails_with_that_reason_and_the_next_one_heals(rehearsal: Rehearsal, room: int):
    draw = random.Random(f"full disk/{room}")
    if not rehearsal.seen().curated:
        rehearsal.deliver(QUARTER, draw)
        rehearsal.run("before-a-full-disk")
    old = rehearsal.seen()
    rehearsal.deliver(QUARTER, draw)
    rehearsal.scratch.mkdir(exist_ok=True)
    name = f"full-disk-{room}"
    for folder in mounted(rehearsal.scratch):
        fill(folder, but=room)
        code = rehearsal.start(name).process.wait(600)
    reason = rehearsal.said(name).splitlines()[-1]
    sys.stdout.write(f"exit {code}: {reason}\n")
    assert code == 1
    assert reason.startswith("QuartalJobError")
    assert "No space left on device" in reason
    assert "The disk with the temporary files of Spark (spark.local.dir)" in reason
    assert rehearsal.seen() == old
    rehearsal.run(f"after-{name}")
    assert rehearsal.seen() == rehearsal.expected()

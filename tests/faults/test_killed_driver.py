"""Kill -9 of the Spark driver at random moments: readers see the old state or the new one, and the next run heals.

Half of the moments lie anywhere in a run, half where it commits. The seed fixes them as parts of the time that the run
before them took, which is all that can be fixed.
"""

from __future__ import annotations

import os
import random
import sys
import time

import pytest

from .rehearsal import Rehearsal, State

KILLS = int(os.environ.get("QUARTAL_KILLS", "20"))
SEED = int(os.environ.get("QUARTAL_FAULT_SEED", "20240101"))
QUARTERS = ("2023Q4", "2024Q1", "2024Q2")


@pytest.fixture(scope="module")
def undisturbed(rehearsal: Rehearsal) -> dict[str, float]:
    """How long a run takes to its end, and from its last written file to its end."""
    draw = random.Random(SEED)
    for quarter in QUARTERS:
        rehearsal.deliver(quarter, draw)
    rehearsal.run("undisturbed-1")
    rehearsal.deliver(QUARTERS[0], draw)
    job = rehearsal.run("undisturbed-2")
    assert rehearsal.seen() == rehearsal.expected()
    done, written = job.seconds_at("stage=done"), job.seconds_at("stage=write")
    return {"whole": done, "commits": done - written}


@pytest.mark.parametrize("number", range(KILLS))
def test_kill_leaves_the_old_state_or_the_new_one_and_the_next_run_heals(rehearsal, undisturbed, number):
    draw = random.Random(f"{SEED}/{number}")
    old, exported_before = rehearsal.seen(), rehearsal.exported()
    rehearsal.deliver(draw.choice(QUARTERS), draw)
    new = rehearsal.expected()
    assert new != old

    job = rehearsal.start(f"killed-{number}")
    if number % 2:
        job.wait_for_line("stage=write")
        time.sleep(draw.random() * undisturbed["commits"])  # the moment of the kill is what is tested
    else:
        time.sleep(draw.random() * undisturbed["whole"])
    job.kill()

    seen = rehearsal.seen()
    last = job.lines[-1][1] if job.lines else "nothing yet"
    assert seen.curated in (old.curated, new.curated), last
    assert seen.features in (old.features, new.features), last
    exported_after = rehearsal.exported()
    report(f"kill {number}: after {last!r}: {_which(seen, old, new)}")

    rehearsal.run(f"healed-{number}")
    assert rehearsal.seen() == new
    exported = rehearsal.exported()
    for quarter, rows in exported_after.items():  # each file is whole: of the state before, or of the one after
        assert rows in (exported_before.get(quarter), exported.get(quarter))
    assert {quarter: len(rows) - 1 for quarter, rows in exported.items()} == _rows_per_quarter(new)

    _, lying_about = rehearsal.maintain()
    assert lying_about == set()
    assert rehearsal.seen() == new


def report(line: str) -> None:
    """For those who watch with -s: where the kill struck, and what it left."""
    sys.stdout.write(f"{line}\n")


def _which(seen: State, old: State, new: State) -> str:
    curated = "new" if seen.curated == new.curated else "old"
    return f"curated {curated}, features {'new' if seen.features == new.features else 'old'}"


def _rows_per_quarter(state: State) -> dict[str, int]:
    counted: dict[str, int] = {}
    for row in state.features:
        counted[row[2]] = counted.get(row[2], 0) + 1
    return counted

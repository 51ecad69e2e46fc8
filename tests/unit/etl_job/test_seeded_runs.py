"""Whole runs on Spark with seeded faults of Glue: every row is kept, quarantined or a duplicate.

A seed takes up to a minute: `./nox -s faults` plays 60, or those of QUARTAL_SPARK_SEEDS, and the tests play none.
"""

import os
import random
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from etl_job.arguments import parse_arguments
from etl_job.errors import QuartalJobError
from etl_job.notify.progress import Progress
from etl_job.run import run
from etl_job.tables import commit_outcome

from .conftest import DATASET
from .glue_faults import ALWAYS, RESET, GlueFaults, inject
from .test_faulted_runs import quarantined
from .test_run import HEADER, assert_features_match

FIRST, LAST = map(int, os.environ.get("QUARTAL_SPARK_SEEDS", "0:0").split(":"))
CURATED, FEATURES = f"{DATASET}_curated", f"{DATASET}_features"
BRANDS = ("Opel", "Fiat")
TELL_NOTHING = {RESET, "InternalServiceException"}  # the call may have had its effect


@pytest.fixture
def faults(moto_catalog: None, monkeypatch: pytest.MonkeyPatch) -> GlueFaults:
    # only there: with a sleep that does not wait, py4j's own thread would spin
    monkeypatch.setattr(commit_outcome, "time", SimpleNamespace(sleep=lambda _seconds: None))
    return inject(monkeypatch)


def delivery(draw: random.Random, number: int) -> tuple[str, list[str]]:
    """A file, and its bad rows: some keys are those of other deliveries."""
    bad = [f"bad-{number}-{place}" for place in range(draw.randrange(3))]
    keys = draw.sample(range(12), draw.randrange(1, 6))
    rows = [f"k{key},{draw.choice(BRANDS)},2024-0{draw.randrange(1, 7)}-11,10:00:00" for key in keys]
    return "\n".join([HEADER, *rows, *bad, ""]), bad


def ended(a_run: Callable[[], object]) -> str:
    """What a run recorded of itself; nothing where it succeeded."""
    try:
        a_run()
    except (QuartalJobError, BotoCoreError, ClientError) as error:
        return str(error)
    return ""


@pytest.mark.parametrize("seed", range(FIRST, LAST))
def test_rows_balance_after_a_run_whose_calls_fail(lake, spark, faults, seed):
    draw = random.Random(f"spark/{seed}")  # noqa: S311

    def start(run_id: str):
        return run(parse_arguments([*lake.arguments, "--run_id", run_id]), {}, Progress(lambda _line: None))

    bad: dict[str, list[str]] = {}
    for number, name in enumerate(draw.sample(("d1", "d2"), 2)):
        text, bad[name] = delivery(draw, number)
        lake.deliver(name, text)
        if number == 0 and draw.random() < 0.7:
            start("before")
    if draw.random() < 0.4:
        text, bad["d1"] = delivery(draw, 9)
        lake.deliver("d1", text)
    for _ in range(draw.choice((1, 1, 2))):
        answer = draw.choice((RESET, "InternalServiceException", "ThrottlingException", "AccessDeniedException"))
        faults.fail(
            draw.choice(("UpdateTable", "UpdateTable", "GetTable", "CreateTable")),
            answer,
            after_effect=answer in TELL_NOTHING and draw.random() < 0.6,
            table=draw.choice((CURATED, FEATURES, "")),
            times=draw.choice((1, 1, 2, ALWAYS)),
        )
    recorded = ended(lambda: start("faulted"))
    assert "another run" not in recorded, "there was none"
    faults.heal()

    start("healing")

    assert_features_match(lake.raw)
    assert quarantined(lake) == sorted(row for rows in bad.values() for row in rows)
    assert not start("again").published_anything

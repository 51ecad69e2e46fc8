"""A run that ends between its stages, as by a kill: what readers see then, and that the next run heals it."""

import pytest

from etl_job.errors import PublicationError
from etl_job.job_args import parse_arguments
from etl_job.progress import Progress
from etl_job.run import run

from .test_run import HEADER, assert_features_are_those_of, kept_rows, published


class Killed(BaseException):
    """No handler of the job may see it: a killed process tidies nothing up."""


@pytest.fixture
def start(spark, lake):
    def start(run_id: str, *, after: str = "", do=None):
        def write(line: str) -> None:
            if after and after in line:
                do()

        return run(parse_arguments([*lake.arguments, "--run_id", run_id]), {}, Progress(write))

    return start


def die() -> None:
    raise Killed


def counts(table: str) -> list[tuple]:
    frame = published(table).select("brand", "day", "sightings").filter(published(table)["sightings"] > 0)
    return sorted(frame.rows())


def test_runs_that_die_leave_old_or_new_tables_and_the_next_run_heals(lake, start):
    # The correction takes a day of an earlier quarter away, so that only the table before it knows of that quarter.
    lake.deliver("d1", f"{HEADER}\nk1,Opel,2023-12-20,10:00:00\nk2,Opel,2024-02-01,10:00:00\n")
    start("one")
    old = {table: counts(table) for table in ("curated", "features")}
    lake.deliver("d1", f"{HEADER}\nk2,Opel,2024-02-01,10:00:00\nk3,Fiat,2024-02-02,10:00:00\n")
    new = sorted(kept_rows(lake.raw).group_by("brand", "day").len().rows())

    with pytest.raises(Killed):
        start("before-the-commits", after="stage=write", do=die)
    assert {table: counts(table) for table in old} == old

    with pytest.raises(Killed):
        start("between-the-commits", after="stage=commit table=lake.vehicle_sightings_curated", do=die)
    assert (counts("curated"), counts("features")) == (new, old["features"])

    with pytest.raises(Killed):
        start("before-the-manifest", after="stage=publish", do=die)
    assert (counts("curated"), counts("features")) == (new, new)
    assert_features_are_those_of(lake.raw)  # also those of the quarter that only the torn state knew of

    healed = start("last")
    assert [each.delivery for each in healed.deliveries] == ["d1"]
    assert_features_are_those_of(lake.raw)
    exported = sorted(path.name for path in (lake.root / "exports" / "vehicle_sightings" / "features").iterdir())
    assert exported == ["2024Q1.csv"]


def test_run_overtaken_by_another_fails_with_that_reason_and_changes_nothing(lake, start):
    lake.deliver("d1", f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\n")
    start("one")
    lake.deliver("d1", f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\nk2,Fiat,2024-01-02,10:00:00\n")
    with pytest.raises(PublicationError, match=r"another run changed lake\.vehicle_sightings_curated"):
        start("slow", after="stage=write", do=lambda: start("quick"))
    assert_features_are_those_of(lake.raw)
    assert start("later").published["d1"].run_id == "quick"

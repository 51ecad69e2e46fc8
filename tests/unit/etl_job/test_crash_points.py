"""A run that ends between its stages, as by a kill: what readers see then, and that the next run heals it."""

from datetime import date

import pytest
import yaml
from pyiceberg.catalog.glue import GlueCatalog

from etl_job.arguments import parse_arguments
from etl_job.errors import InputError, LostFilesError, PublicationError
from etl_job.notify.progress import Progress
from etl_job.run import run

from .conftest import DATABASE, DATASET, Lake, make_lake_once
from .test_run import HEADER, assert_features_match, kept_rows, published

ONE_ROW = f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\n"


class Killed(BaseException):
    """No handler of the job may see it: a killed process tidies nothing up."""


@pytest.fixture
def start(spark, lake):
    def start(run_id: str, *extra: str, after: str = "", do=None):
        def write(line: str) -> None:
            if after and after in line:
                do()

        return run(parse_arguments([*lake.arguments, "--run_id", run_id, *extra]), {}, Progress(write))

    return start


def publish_first(lake: Lake) -> None:
    lake.deliver("d1", ONE_ROW)
    run(parse_arguments([*lake.arguments, "--run_id", "one"]), {}, Progress(lambda _line: None))


@pytest.fixture(scope="module")
def lake_of_one_row(spark, tmp_path_factory):
    return make_lake_once(tmp_path_factory.mktemp("one-row"), publish_first)


@pytest.fixture
def published_once(lake, lake_of_one_row):
    lake_of_one_row.lay_out()
    lake.move_to(lake_of_one_row.folder)


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
    assert_features_match(lake.raw)  # also those of the quarter that only the torn state knew of

    healed = start("last")
    assert [each.delivery for each in healed.deliveries] == ["d1"]
    assert_features_match(lake.raw)
    exported = sorted(path.name for path in (lake.root / "exports" / "vehicle_sightings" / "features").iterdir())
    assert exported == ["2024Q1.csv"]


@pytest.mark.usefixtures("published_once")
def test_run_overtaken_by_another_fails_with_that_reason_and_changes_nothing(lake, start):
    lake.deliver("d1", f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\nk2,Fiat,2024-01-02,10:00:00\nbad\n")
    with pytest.raises(PublicationError, match=r"another run changed lake\.vehicle_sightings_curated"):
        start("slow", after="stage=write", do=lambda: start("quick"))
    assert_features_match(lake.raw)
    assert start("later").published["d1"].run_id == "quick"
    bad_rows = (lake.root / "quarantine" / DATASET).rglob("*.parquet")  # each counts once: those of the run that won
    assert [path.parent.name for path in bad_rows] == ["run_id=quick"]
    assert len(list((lake.root / "curated" / DATASET / "keys").glob("slow-*/*/*.parquet"))) == 0


CURATED_COMMIT = "stage=commit table=lake.vehicle_sightings_curated"


def test_withdrawal_that_died_between_its_commits_is_finished_by_the_next_run(lake, start):
    lake.deliver("d1", f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\nbad\n")
    lake.deliver("d2", f"{HEADER}\nk2,Opel,2024-01-02,10:00:00\n")
    start("one")
    with pytest.raises(Killed):
        start("two", "--withdraw", "d1", after=CURATED_COMMIT, do=die)
    healed = start("three")
    assert (healed.published["d1"].withdrawn, healed.published["d2"].withdrawn) == (True, False)
    assert counts("features") == counts("curated") == [("Opel", date(2024, 1, 2), 1)]
    assert not list((lake.root / "quarantine" / DATASET).rglob("*.parquet"))
    assert not start("four").published_anything


@pytest.mark.usefixtures("published_once")
def test_withdrawal_that_died_before_its_manifest_stands_although_no_run_has_seen_the_files_of_that_time(lake, start):
    lake.deliver("d1", f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\nk2,Opel,2024-01-02,10:00:00\n")
    with pytest.raises(Killed):
        start("two", "--withdraw", "d1", after="stage=export", do=die)
    healed = start("three")
    assert (healed.deliveries, healed.published["d1"].withdrawn) == ((), True)
    assert counts("features") == counts("curated") == []
    lake.deliver("d1", ONE_ROW)
    assert [each.delivery for each in start("four").deliveries] == ["d1"]


@pytest.mark.usefixtures("published_once")
def test_files_that_came_after_a_withdrawal_are_processed_although_another_run_finished_it(lake, start):
    with pytest.raises(Killed):
        start("two", "--withdraw", "d1", after="stage=export", do=die)
    lake.deliver("d1", f"{HEADER}\nk1,Kia,2024-01-03,10:00:00\n")
    lake.deliver("d2", f"{HEADER}\nk2,Opel,2024-01-02,10:00:00\n")
    with pytest.raises(Killed):
        start("three", "--delivery", "d2", after="stage=export", do=die)
    assert start("four", "--delivery", "d2").published["d1"].withdrawn  # which has not seen the files of that time
    assert [each.delivery for each in start("five").deliveries] == ["d1"]
    assert counts("curated") == [("Kia", date(2024, 1, 3), 1), ("Opel", date(2024, 1, 2), 1)]


@pytest.mark.usefixtures("published_once")
def test_torn_state_is_not_healed_by_a_contract_that_needs_counts_of_another_kind(lake, start, document, tmp_path):
    lake.deliver("d1", f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\nk2,Opel,2024-01-02,10:00:00\n")
    with pytest.raises(Killed):
        start("two", after=CURATED_COMMIT, do=die)
    old = counts("features")
    said = document["schema"][0]["customProperties"]
    next(each["value"] for each in said if each["property"] == "features")["count"] = "events"
    (tmp_path / "changed.yaml").write_text(yaml.safe_dump(document))
    changed = ("--contract", str(tmp_path / "changed.yaml"))

    lake.deliver("d2", "not_the_header\n")
    with pytest.raises(InputError):
        start("three", *changed)
    assert counts("features") == old  # and not 0 events on each day, as the counts have no such column

    lake.deliver("d2", f"{HEADER}\nk3,Opel,2024-01-03,10:00:00\n")
    start("four", *changed)
    assert published("features").sort("day")["events"].to_list() == [1, 1, 1]


def table(name: str):
    return GlueCatalog("test").load_table(f"{DATABASE}.{DATASET}_{name}")


@pytest.mark.usefixtures("published_once")
def test_archived_delivery_of_a_dropped_table_is_missed_by_name(lake, start):
    next((lake.raw / "delivery=d1").iterdir()).unlink()
    lake.deliver("d2", f"{HEADER}\nk2,Opel,2024-01-02,10:00:00\n")
    lake.deliver("all-bad", f"{HEADER}\nbad\n")
    start("two")
    next((lake.raw / "delivery=all-bad").iterdir()).unlink()
    GlueCatalog("test").drop_table(f"{DATABASE}.{DATASET}_curated")
    with pytest.raises(LostFilesError, match=r"delivery d1 was published, and is not in lake\.\w+_curated any more"):
        start("three")
    start("four", "--withdraw", "d1")
    start("five")
    assert counts("features") == counts("curated") == [("Opel", date(2024, 1, 2), 1)]


@pytest.mark.usefixtures("published_once")
def test_rolled_back_and_dropped_tables_are_detected_and_repaired(lake, start):
    lake.deliver("d2", f"{HEADER}\nk2,Opel,2024-01-02,10:00:00\n")
    start("two")

    for name in ("curated", "features"):
        rolled_back = table(name)
        with rolled_back.manage_snapshots() as references:
            references.rollback_to_snapshot(rolled_back.snapshot_by_name("one").snapshot_id)
    assert [each.delivery for each in start("three").deliveries] == ["d1", "d2"]
    assert_features_match(lake.raw)

    GlueCatalog("test").drop_table(f"{DATABASE}.{DATASET}_features")
    assert start("four").deliveries == ()  # what the curated table holds is enough
    assert_features_match(lake.raw)

    GlueCatalog("test").drop_table(f"{DATABASE}.{DATASET}_curated")
    start("five")
    assert_features_match(lake.raw)
    assert not start("six").published_anything

"""Whole runs of which answers are lost, or what earlier runs left: each row in is kept, quarantined or duplicate."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
from pyiceberg.catalog.glue import GlueCatalog

from etl_job.arguments import parse_arguments
from etl_job.errors import LostFilesError, PublicationError, UnknownPublicationError
from etl_job.notify.progress import Progress
from etl_job.publishing import publish
from etl_job.run import run
from etl_job.tables import commit_outcome

from .conftest import DATABASE, DATASET, Lake, make_lake_once
from .glue_faults import ALWAYS, RESET, GlueFaults, inject
from .test_run import HEADER, assert_features_match, published

CURATED, FEATURES = f"{DATASET}_curated", f"{DATASET}_features"
FIRST = f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\nk2,Opel,2024-01-02,10:00:00\nbad1\n"
SECOND = f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\nk3,Fiat,2024-04-02,10:00:00\nbad2\n"


@pytest.fixture
def faults(moto_catalog: None, monkeypatch: pytest.MonkeyPatch) -> GlueFaults:
    # only there: with a sleep that does not wait, py4j's own thread would spin
    monkeypatch.setattr(commit_outcome, "time", SimpleNamespace(sleep=lambda _seconds: None))
    return inject(monkeypatch)


@pytest.fixture
def start(faults, spark, lake):
    def start(run_id: str, *extra: str):
        return run(parse_arguments([*lake.arguments, "--run_id", run_id, *extra]), {}, Progress(lambda _line: None))

    return start


def publish_first(lake: Lake) -> None:
    lake.deliver("d1", FIRST)
    run(parse_arguments([*lake.arguments, "--run_id", "one"]), {}, Progress(lambda _line: None))
    lake.deliver("d2", SECOND)


@pytest.fixture(scope="module")
def lake_of_one_run(spark, tmp_path_factory):
    return make_lake_once(tmp_path_factory.mktemp("published-once"), publish_first)


@pytest.fixture
def published_once(lake, lake_of_one_run):
    lake_of_one_run.lay_out()
    lake.move_to(lake_of_one_run.folder)


def quarantined(lake) -> list[str]:
    files = sorted((lake.root / "quarantine" / DATASET).rglob("*.parquet"))
    return sorted(row for file in files for row in pl.read_parquet(file)["raw"])


def register_folders(lake) -> list[Path]:
    return sorted((lake.root / "curated" / DATASET / "keys").iterdir())


@pytest.mark.parametrize(("table", "answer"), [(CURATED, RESET), (FEATURES, "InternalServiceException")])
def test_run_whose_commit_lost_its_answer_succeeds(lake, start, faults, table, answer):
    lake.deliver("d1", FIRST)
    faults.fail("UpdateTable", answer, after_effect=True, table=table)
    (counts,) = start("one").deliveries
    assert (counts.rows_in, counts.kept, counts.quarantined, counts.duplicates) == (3, 2, 1, 0)
    assert_features_match(lake.raw)
    assert not start("two").published_anything


def test_rows_of_a_run_whose_outcome_is_unknown_do_not_count_twice(lake, start, faults):
    lake.deliver("d1", FIRST)
    faults.meanwhile("UpdateTable", lambda: faults.fail("GetTable", RESET, times=ALWAYS))
    faults.fail("UpdateTable", RESET, after_effect=True, table=CURATED, times=ALWAYS)
    with pytest.raises(UnknownPublicationError, match=rf"whether lake\.{CURATED} was changed is unknown"):
        start("one")
    faults.heal()
    assert quarantined(lake) == ["bad1"]

    lake.deliver("d2", SECOND)
    (second,) = start("two", "--delivery", "d2").deliveries
    assert (second.rows_in, second.kept, second.quarantined, second.duplicates) == (3, 1, 1, 1)
    assert published("curated")["sightings"].sum() == 3
    assert_features_match(lake.raw)
    assert quarantined(lake) == ["bad1", "bad2"]

    assert [each.delivery for each in start("three").deliveries] == ["d1"]
    assert published("curated")["sightings"].sum() == 3
    assert quarantined(lake) == ["bad1", "bad2"]
    assert not start("four").published_anything


def test_run_that_committed_nothing_takes_its_own_away(lake, start, faults):
    lake.deliver("d1", FIRST)
    faults.fail("UpdateTable", "AccessDeniedException", table=CURATED, times=ALWAYS)
    with pytest.raises(PublicationError, match=r"was not changed .*AccessDenied"):
        start("one")
    assert (quarantined(lake), register_folders(lake)) == ([], [])
    faults.heal()
    start("two")
    assert_features_match(lake.raw)


@pytest.mark.usefixtures("published_once")
def test_torn_tables_are_repaired_before_any_other_work(lake, start, faults):
    lake.deliver("d1", FIRST + "k4,Fiat,2024-01-03,10:00:00\n")
    faults.fail("UpdateTable", "AccessDeniedException", table=FEATURES, times=ALWAYS)
    with pytest.raises(PublicationError, match="the next run computes them first"):
        start("torn", "--delivery", "d1")
    faults.heal()
    lake.deliver("d2", "not,a,sighting\nat,all,here\n")
    with pytest.raises(Exception, match="lacks"):
        start("other", "--delivery", "d2")
    shutil.rmtree(lake.raw / "delivery=d2")
    assert_features_match(lake.raw)


@pytest.mark.usefixtures("published_once")
def test_lost_register_stops_the_run_before_it_reads(lake, start):
    (folder,) = register_folders(lake)
    shutil.rmtree(folder)
    before = quarantined(lake)
    with pytest.raises(LostFilesError, match=r"the keys of delivery d1 .* --delivery d1"):
        start("two", "--delivery", "d2")
    assert quarantined(lake) == before
    start("three", "--delivery", "d1")  # as the message says
    start("four")
    assert_features_match(lake.raw)


@pytest.mark.usefixtures("published_once")
def test_lost_register_of_an_earlier_versions_lake_is_found_by_its_rows(lake, start):
    forget(["quartal.key-register-files", "quartal.quarantine"])
    (folder,) = register_folders(lake)
    kept = folder.rename(lake.root / "kept")
    with pytest.raises(LostFilesError, match="the keys of delivery d1"):
        start("two")
    kept.rename(folder)
    start("three")
    assert_features_match(lake.raw)


def test_delivery_without_valid_rows_has_no_lost_register(lake, start):
    lake.deliver("d1", f"{HEADER}\nbad1\n")
    start("one")
    lake.deliver("d2", SECOND)
    start("two")
    forget(["quartal.key-register-files"])
    lake.deliver("d3", f"{HEADER}\nk9,Opel,2024-05-01,10:00:00\n")
    start("three")
    assert_features_match(lake.raw)


def forget(names: list[str]) -> None:
    with GlueCatalog("test").load_table(f"{DATABASE}.{CURATED}").transaction() as transaction:
        transaction.remove_properties(*names)


@pytest.mark.usefixtures("published_once")
def test_lost_quarantine_stops_the_run_until_its_delivery_is_processed_again(lake, start):
    shutil.rmtree(lake.root / "quarantine" / DATASET / "delivery=d1")
    with pytest.raises(LostFilesError, match=r"the bad rows of delivery d1 .* --delivery d1"):
        start("two")
    start("three", "--delivery", "d1")
    start("four")
    assert quarantined(lake) == ["bad1", "bad2"]


@pytest.mark.usefixtures("published_once")
@pytest.mark.parametrize(("table", "kind"), [(CURATED, "snap-"), (FEATURES, "-m")])
def test_lost_manifests_stop_the_run_by_name(start, table, kind):
    loaded = GlueCatalog("test").load_table(f"{DATABASE}.{table}")
    snapshot = loaded.current_snapshot()
    named = (
        [snapshot.manifest_list] if kind == "snap-" else [each.manifest_path for each in snapshot.manifests(loaded.io)]
    )
    for uri in named:
        Path(uri.removeprefix("file://")).unlink()
    with pytest.raises(LostFilesError, match=rf"{table} refers to missing files.*{kind}"):
        start("two")


@pytest.mark.usefixtures("published_once")
def test_withdrawn_delivery_stays_out_with_the_files_that_it_had_when_it_was_withdrawn(lake, start):
    lake.deliver("d1", FIRST + "k4,Fiat,2024-01-03,10:00:00\n")  # no run has seen them
    start("two", "--withdraw", "d1")
    assert [each.delivery for each in start("three").deliveries] == ["d2"]
    lake.deliver("d1", FIRST)
    assert "d1" in [each.delivery for each in start("four").deliveries]  # and d2 anew, as they share a key


@pytest.mark.usefixtures("published_once")
def test_bad_rows_of_a_run_that_came_meanwhile_stay(lake, start, monkeypatch):
    lake.deliver("d1", FIRST + "bad2\n")
    outdated = publish.outdated_files

    def another_run(*asked):
        found = outdated(*asked)
        later = lake.root / "quarantine" / DATASET / "delivery=d1" / "run_id=later" / "part-0.parquet"
        later.parent.mkdir()
        shutil.copy(next(lake.root.glob(f"quarantine/{DATASET}/delivery=d1/run_id=one/*.parquet")), later)
        return found

    monkeypatch.setattr(publish, "outdated_files", another_run)
    start("two", "--delivery", "d1")
    assert {path.parent.name for path in lake.root.glob(f"quarantine/{DATASET}/delivery=d1/*/*.parquet")} == {
        "run_id=two",
        "run_id=later",
    }

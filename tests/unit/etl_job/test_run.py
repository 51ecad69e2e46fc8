"""Whole runs on files and moto's Glue, compared cell by cell with the same features computed by Polars."""

import json
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.table import Table

from etl_job.arguments import parse_arguments
from etl_job.errors import CatalogError, InputError
from etl_job.manifest.model import Totals
from etl_job.notify.progress import Progress
from etl_job.run import main, run
from etl_job.spark import workload
from etl_job.tables.quarter_tags import QUARTER_NAME

from .conftest import DATABASE, DATASET, ROOT

SAMPLE = ROOT / "data" / "sample" / "vehicle_sightings"
HOURS = [f"hour_{hour:02d}" for hour in range(24)]
HEADER = "sighting_id,brand,date,time"


@pytest.fixture
def start(spark, lake):
    lines: list[str] = []

    def start(*extra: str):
        lines.clear()
        manifest = run(parse_arguments([*lake.arguments, *extra]), {}, Progress(lines.append))
        manifest_file = lake.root / "runs" / DATASET / f"{manifest.run_id}.json"
        assert json.loads(manifest_file.read_text())["status"] == "SUCCEEDED"
        return manifest

    start.lines = lines
    return start


def published(table: str) -> pl.DataFrame:
    return as_of(GlueCatalog("test").load_table(f"{DATABASE}.{DATASET}_{table}"), "main")


def as_of(table: Table, tag: str) -> pl.DataFrame:
    return pl.from_arrow(table.scan(snapshot_id=table.snapshot_by_name(tag).snapshot_id).to_arrow())


def kept_rows(raw: Path) -> pl.DataFrame:
    lines = [
        (folder.name.partition("=")[2], *line.split(",")[:4])
        for folder in sorted(raw.iterdir())
        for file in sorted(folder.iterdir())
        for line in file.read_text().splitlines()[1:]
        if line.count(",") == 3
    ]
    frame = pl.DataFrame(lines, schema=["delivery", "key", "brand", "date", "time"], orient="row")
    return (
        frame.with_columns(
            day=pl.col("date").str.to_date("%Y-%m-%d", strict=False, exact=True),
            moment=pl.col("time").str.to_time("%H:%M:%S", strict=False),
        )
        .filter(
            pl.col("key").str.contains("^[A-Za-z0-9-]{1,36}$"),
            pl.col("brand").str.len_chars().is_between(1, 40),
            pl.col("date").str.contains(r"^\d{4}-\d{2}-\d{2}$"),
            pl.col("day").is_not_null() & pl.col("moment").is_not_null(),
        )
        .unique(["key"], keep="first", maintain_order=True)
    )


def expected_features(kept: pl.DataFrame) -> pl.DataFrame:
    hour = pl.col("moment").dt.hour()
    daily = kept.group_by("brand", "day").agg(
        pl.len().cast(pl.Int64).alias("sightings"),
        *((hour == h).sum().cast(pl.Int64).alias(name) for h, name in enumerate(HOURS)),
    )
    last = daily["day"].max()
    calendar = (
        daily.group_by("brand").agg(pl.col("day").min()).with_columns(pl.date_ranges("day", pl.lit(last)).alias("day"))
    )
    calendar = calendar.explode("day")
    filled = calendar.join(daily, on=["brand", "day"], how="left").fill_null(0).sort("brand", "day")
    number = pl.int_range(pl.len()).over("brand")
    running = pl.col("sightings").cum_sum().over("brand")
    before = {n: running.shift(n).over("brand").fill_null(0) for n in (7, 28)}
    quarter = pl.format("{}Q{}", pl.col("day").dt.year(), pl.col("day").dt.quarter())
    day_total = pl.col("sightings").sum().over("day")
    return filled.with_columns(quarter=quarter).select(
        "brand",
        "day",
        "quarter",
        "sightings",
        pl.when(day_total > 0).then(pl.col("sightings") / day_total).alias("share"),
        *HOURS,
        *(((running - before[n]) / pl.min_horizontal(number + 1, n)).alias(f"sightings_mean_{n}d") for n in (7, 28)),
        *(pl.col("sightings").shift(n).over("brand").alias(f"sightings_lag_{n}d") for n in (1, 7, 28)),
        pl.col("sightings").cum_sum().over("brand", "quarter").alias("sightings_quarter_to_date"),
    )


def assert_features_match(raw: Path) -> None:
    """And as of each quarter's tag, those of what was counted up to the end of it."""
    kept = kept_rows(raw)
    features = GlueCatalog("test").load_table(f"{DATABASE}.{DATASET}_features")
    quarter = pl.format("{}Q{}", pl.col("day").dt.year(), pl.col("day").dt.quarter())
    for tag in ["main", *(name for name in features.refs() if QUARTER_NAME.fullmatch(name))]:
        counted = kept if tag == "main" else kept.filter(quarter <= tag)
        if counted.is_empty():
            assert as_of(features, tag).is_empty()
            continue
        expected = expected_features(counted)
        got = as_of(features, tag).select(expected.columns)
        assert_frame_equal(got.sort("brand", "day"), expected.sort("brand", "day"), check_exact=True, check_dtypes=True)


def copy_sample(lake, *names: str) -> None:
    for name in names:
        files = sorted((SAMPLE / f"delivery={name}").iterdir())
        lake.deliver(name, *(file.read_text() for file in files))


@pytest.mark.parametrize("one_task_rows", [workload.ONE_TASK_ROWS, 0], ids=["in one task", "in many tasks"])
def test_run_over_the_sample_then_again_then_a_change(lake, start, monkeypatch, one_task_rows):
    monkeypatch.setattr(workload, "ONE_TASK_ROWS", one_task_rows)
    copy_sample(lake, "2023Q3", "2024Q1")
    first = start("--run_id", "one")
    assert_features_match(lake.raw)
    rows_of_first = expected_features(kept_rows(lake.raw)).height
    assert first.totals.rows_in == first.totals.kept + first.totals.quarantined + first.totals.duplicates
    assert first.totals.rows_in == sum(len(file.read_text().splitlines()) - 1 for file in lake.raw.rglob("*.csv"))
    assert first.features.partitions == ("2023Q3", "2023Q4", "2024Q1")
    assert first.features.tags == ("2023Q3", "2023Q4", "2024Q1", "one")
    quarantine = pl.read_parquet(lake.root / "quarantine" / "**" / "*.parquet", hive_partitioning=True)
    assert quarantine.height == first.totals.quarantined
    assert set(quarantine.columns) == {"raw", "file", "reasons", "part_offset", "row_number", "delivery", "run_id"}

    again = start("--run_id", "two")
    assert (again.published_anything, again.published.keys()) == (False, first.published.keys())
    assert any("nothing-new" in line for line in start.lines)

    # A new quarter, one that was left out, and a corrected one that now begins later and holds a late row.
    copy_sample(lake, "2023Q4", "2024Q2")
    corrected = [HEADER, "n1,Opel,2024-01-20,10:00:00", "n2,Trabant,2023-12-01,11:00:00", "n3,,2024-01-20,10:00:00"]
    lake.deliver("2024Q1", "\n".join(corrected))
    third = start("--run_id", "three")
    assert [each.delivery for each in third.deliveries] == ["2023Q4", "2024Q1", "2024Q2"]
    assert third.features.partitions[0] == "2023Q4"
    assert_features_match(lake.raw)
    curated = published("curated").group_by("delivery").agg(pl.col("sightings").sum()).sort("delivery")
    expected = kept_rows(lake.raw).group_by("delivery").agg(pl.len().alias("sightings")).sort("delivery")
    assert curated.rows() == expected.rows()

    # A late row of a brand that is known: the windows of the next quarter reach back to it, and no later ones.
    late = (SAMPLE / "delivery=2023Q3" / "part-00000.csv").read_text() + "late1,Opel,2023-09-20,10:00:00\n"
    lake.deliver("2023Q3", late)
    fourth = start("--run_id", "four")
    assert fourth.features.partitions == ("2023Q3", "2023Q4")
    assert_features_match(lake.raw)
    # A brand that was not there has a calendar that goes on to the end.
    lake.deliver("2023Q3", late + "late2,Wartburg,2023-09-20,10:00:00\n")
    fifth = start("--run_id", "five")
    assert (fifth.features.partitions[0], fifth.features.partitions[-1]) == ("2023Q3", "2024Q2")
    assert_features_match(lake.raw)

    old = GlueCatalog("test").load_table(f"{DATABASE}.{DATASET}_features")
    tagged = old.scan(snapshot_id=old.snapshot_by_name("one").snapshot_id).to_arrow()
    assert tagged.num_rows == rows_of_first


def test_quarters_of_one_delivery_have_own_tags_even_after_an_earlier_version_made_one(lake, start):
    days = ("2024-01-10", "2024-05-10", "2024-08-10")
    lake.deliver("all", "\n".join([HEADER, *(f"k{day},Opel,{day},10:00:00" for day in days)]))
    start("--run_id", "one")
    assert_features_match(lake.raw)
    table = GlueCatalog("test").load_table(f"{DATABASE}.{DATASET}_features")
    before_tags = table.snapshot_by_id(table.current_snapshot().parent_snapshot_id)  # which says nothing of quarters
    with table.manage_snapshots() as references:
        for quarter in ("2024Q1", "2024Q2", "2024Q3"):
            references.create_tag(before_tags.snapshot_id, quarter)
    assert start("--run_id", "two").features.files == 0
    assert_features_match(lake.raw)
    assert start("--run_id", "three").features is None


def test_run_of_a_named_delivery_replaces_only_it_and_one_that_empties_leaves_nothing(lake, start):
    lake.deliver("d1", f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\n")
    lake.deliver("d2", f"{HEADER}\nk2,Opel,2024-01-02,10:00:00\n")
    start()
    named = start("--delivery", "d2", "--run_id", "again")
    assert [each.delivery for each in named.deliveries] == ["d2"]
    assert published("curated").height == 2
    lake.deliver("d2", f"{HEADER}\n")
    start("--run_id", "shorter")
    assert published("features").select("day", "sightings").rows()[-1][1] == 1
    lake.deliver("d1", f"{HEADER}\nbroken\n")
    last = start("--run_id", "nothing-left")
    assert (published("features").height, published("curated").height) == (0, 0)
    assert last.totals == Totals(rows_in=1, quarantined=1, kept=0, duplicates=0, conflicts=0)


def test_features_are_those_of_a_curated_table_that_a_delivery_without_a_new_row_has_changed(lake, start):
    lake.deliver("d1", f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\n")
    start("--run_id", "one")
    lake.deliver("d2", f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\nbroken\n")
    (second,) = start("--run_id", "two").deliveries
    assert (second.kept, second.duplicates, second.quarantined) == (0, 1, 1)
    assert_features_match(lake.raw)
    assert not start("--run_id", "three").published_anything


def test_row_of_two_deliveries_counts_once_and_comes_back_when_the_first_is_withdrawn(lake, start, spark):
    spark.catalog.clearCache()  # of runs that other tests killed
    lake.deliver("d2", f"{HEADER}\nk1,Opel,2024-01-02,10:00:00\nk2,Opel,2024-01-03,10:00:00\n")
    start("--run_id", "one")
    lake.deliver("d1", f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\n")
    of_another = spark.range(1).persist()
    second = start("--run_id", "two")
    assert [(each.delivery, each.kept, each.conflicts) for each in second.deliveries] == [("d1", 1, 0), ("d2", 1, 1)]
    assert of_another.storageLevel.useMemory
    of_another.unpersist()
    assert spark._jsparkSession.sharedState().cacheManager().isEmpty()  # nothing is kept in Spark's memory
    assert_features_match(lake.raw)
    withdrawn = start("--run_id", "three", "--withdraw", "d1")
    assert [(each.delivery, each.kept) for each in withdrawn.deliveries] == [("d2", 2)]
    assert published("curated").select("delivery", "day").height == 2
    assert not start("--run_id", "four").published_anything  # its files are there, but it stays withdrawn
    for file in (lake.raw / "delivery=d2").iterdir():
        file.unlink()
    assert not start("--run_id", "five").published_anything  # archived, or deleted by mistake: its rows stay
    assert published("curated").height == 2
    run_id = lake.glue.start_workflow_run(Name=lake.workflow(withdraw="d2"))["RunId"]
    last = start("--WORKFLOW_NAME", "quarterly", "--WORKFLOW_RUN_ID", run_id)
    assert (published("features").height, published("curated").height) == (0, 0)
    assert {name for name, state in last.published.items() if state.withdrawn} == {"d1", "d2"}
    registers = lake.root / "curated" / DATASET / "keys"
    assert not [
        part for name in ("kind=broken", "kind=quoted", "_counts", "_repeated") for part in registers.glob(f"*/{name}")
    ]


def test_features_end_earlier_when_the_last_quarter_is_withdrawn(lake, start):
    lake.deliver("d1", f"{HEADER}\nk1,Opel,2024-03-31,10:00:00\n")
    lake.deliver("d2", f"{HEADER}\nk2,Opel,2024-04-02,10:00:00\n")
    start("--run_id", "one")
    start("--run_id", "two", "--withdraw", "d2")
    (lake.raw / "delivery=d2" / "part-00000.csv").unlink()
    assert_features_match(lake.raw)


def test_workflow_property_selects_deliveries(lake, start):
    lake.deliver("d1", f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\n")
    lake.deliver("d2", f"{HEADER}\nk1,Opel,2024-01-02,10:00:00\n")
    run_id = lake.glue.start_workflow_run(Name=lake.workflow(delivery="d2"))["RunId"]
    manifest = start("--WORKFLOW_NAME", "quarterly", "--WORKFLOW_RUN_ID", run_id)
    assert (manifest.run_id, [each.delivery for each in manifest.deliveries]) == (run_id, ["d2"])


def failed_manifest(lake):
    (file,) = (lake.root / "runs" / DATASET).iterdir()
    return json.loads(file.read_text())


def test_lake_without_table_and_files_fails_with_a_request_for_a_delivery(lake, start):
    with pytest.raises(
        CatalogError, match=r"no files in .*delivery=<name>/, and .* no table vehicle_sightings: upload"
    ):
        start()
    assert "upload a delivery first" in failed_manifest(lake)["reason"]


def test_missing_delivery_stops_the_run_by_name(lake, start):
    lake.deliver("d1", f"{HEADER}\n")
    with pytest.raises(CatalogError, match=r"no delivery d2, .*\(existing deliveries: d1\): check its name"):
        start("--delivery", "d2")


def test_columns_found_by_the_crawler_are_reported_and_decide_nothing(lake, start):
    lake.columns = ["col0", "col1", "col2", "col3"]
    lake.deliver("d1", f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\n")
    manifest = start()
    assert manifest.drift.missing == ("sighting_id", "brand", "date", "time")
    assert manifest.totals.kept == 1


def test_additional_columns_are_reported_in_log_and_manifest(lake, start):
    lake.columns = ["camera", "time", "sighting_id", "brand", "date"]
    lake.deliver("d1", "camera,time,sighting_id,brand,date\nc,10:00:00,k1,Opel,2024-01-01\n")
    manifest = start()
    assert manifest.drift.model_dump() == {"new": ("camera",), "missing": (), "other_order": True}
    assert "[quartal] stage=drift new_columns=camera missing_columns=none other_order=true\n" in start.lines
    assert manifest.totals.kept == 1


def test_missing_column_in_a_file_stops_the_run_before_anything_is_written(lake, start):
    lake.deliver("d1", f"{HEADER}\nk1,Opel,2024-01-01,10:00:00\n", "sighting_id,date,time\nk2,2024-01-01,10:00:00\n")
    with pytest.raises(InputError, match=r"part-00001\.csv lacks the required column brand"):
        start("--run_id", "broken")
    assert sorted(path.name for path in lake.root.iterdir()) == ["raw", "runs"]
    assert failed_manifest(lake)["status"] == "FAILED"


def test_main_ends_with_the_reason_on_one_line(lake, spark, monkeypatch):
    with pytest.raises(SystemExit) as stopped:
        main([*lake.arguments[:4], "--contract", "/no/such/contract.yaml", "--database", DATABASE])
    message = str(stopped.value)
    assert message.startswith("QuartalJobError: contract /no/such/contract.yaml cannot be read")
    assert "\n" not in message


def test_final_line_marks_a_failure_without_an_event_so_that_glues_alert_fires(lake, monkeypatch):
    monkeypatch.setattr("etl_job.run.put_run_event", lambda *_: "not authorized")
    with pytest.raises(SystemExit, match=r"^QuartalJobError \(no event of the run\): contract /no/such/"):
        main([*lake.arguments[:4], "--contract", "/no/such/contract.yaml", "--database", DATABASE])
    with pytest.raises(SystemExit, match=r"^QuartalJobError \(no event of the run\): missing argument"):
        main([])

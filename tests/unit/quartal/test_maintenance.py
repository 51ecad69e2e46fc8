"""Upkeep of Iceberg tables on files, in moto's Glue catalog."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.table.statistics import PartitionStatisticsFile, StatisticsFile
from pyiceberg.table.update import SetPartitionStatisticsUpdate, SetSnapshotRefUpdate, SetStatisticsUpdate

from etl_job.lake.files import LocalObjectStore
from etl_job.tables.property_names import KEY_REGISTERS
from quartal.core.aws import AwsConnection
from quartal.core.errors import ConfigurationError, PipelineError
from quartal.features.lake_files import lake_path
from quartal.features.maintenance import (
    CLOCK_MARGIN,
    Lake,
    files_named_by,
    maintain,
    parse_age,
    safe_cutoff,
)

NOW = datetime.now(UTC)
SOON = NOW + timedelta(hours=1)  # all files of a test are older than this
LAKE_TABLES = ("feed_curated", "feed_features")


@pytest.fixture
def catalog() -> Iterator[GlueCatalog]:
    with mock_aws():
        glue = AwsConnection("eu-central-1", None, "test", "test").glue()
        made = GlueCatalog("test", client=glue)
        made.create_namespace("db")
        yield made


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(f"file://{tmp_path}/lake", "db", "feed", LAKE_TABLES)


def add_rows(catalog: GlueCatalog, lake: Lake, value: int, tag: str | None = None, kind: str = "features"):
    rows = pa.table({"value": pa.array([value], pa.int64())})
    name = f"db.feed_{kind}"
    table = catalog.create_table_if_not_exists(name, rows.schema, location=f"{lake.root}/{kind}/feed")
    table.overwrite(rows)
    if tag:
        snapshot = table.current_snapshot()
        table.manage_snapshots().create_tag(snapshot.snapshot_id, tag).commit()
    return catalog.load_table(name)


def write(path: Path, content: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def list_files(lake: Lake) -> set[str]:
    return {lake_path(file.uri) for file in LocalObjectStore().list_files(f"{lake.root}/features/feed")}


def test_maintenance_expires_untagged_snapshots_and_leaves_only_referenced_files(catalog, lake):
    add_rows(catalog, lake, 1, tag="2024Q1")
    for value in (2, 3, 4):
        table = add_rows(catalog, lake, value)
    tagged = table.snapshot_by_name("2024Q1").snapshot_id
    orphan = write(Path(lake_path(lake.root)) / "features/feed/data/killed-run/part-0.parquet")

    done = maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=False)

    table = catalog.load_table("db.feed_features")
    assert {snapshot.snapshot_id for snapshot in table.metadata.snapshots} == {
        tagged,
        table.current_snapshot().snapshot_id,
    }
    assert table.scan().to_arrow().to_pylist() == [{"value": 4}]
    assert table.scan(snapshot_id=tagged).to_arrow().to_pylist() == [{"value": 1}]
    assert not orphan.exists()
    assert list_files(lake) == files_named_by(table).files
    assert [(each.table, each.kept_snapshots) for each in done.tables] == [("db.feed_features", 2)]
    again = maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=False)
    assert (again.tables[0].expired_snapshots, again.tables[0].orphans) == ((), ())


def test_snapshots_of_user_tags_and_branches_never_expire(catalog, lake):
    named = {}
    for value, name in enumerate(("model-v1", "what-if")):
        table = add_rows(catalog, lake, value)
        named[name] = table.current_snapshot().snapshot_id
    add_rows(catalog, lake, 3)
    with catalog.load_table("db.feed_features").manage_snapshots() as references:
        references.create_tag(named["model-v1"], "model-v1").create_branch(named["what-if"], "what-if")
    maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=False)
    table = catalog.load_table("db.feed_features")
    read = {name: table.scan(snapshot_id=snapshot).to_arrow().to_pylist() for name, snapshot in named.items()}
    assert read == {"model-v1": [{"value": 0}], "what-if": [{"value": 1}]}


def test_statistics_that_other_programs_have_computed_are_files_in_use(catalog, lake):
    table = add_rows(catalog, lake, 1)
    file = {"snapshot-id": table.current_snapshot().snapshot_id, "file-size-in-bytes": 1}
    whole = file | {"statistics-path": "s3://lake/a.stats", "file-footer-size-in-bytes": 1, "blob-metadata": []}
    table.metadata.statistics.append(StatisticsFile.model_validate(whole))
    by_partition = file | {"statistics-path": "s3://lake/b.parquet"}
    table.metadata.partition_statistics.append(PartitionStatisticsFile.model_validate(by_partition))
    assert {"lake/a.stats", "lake/b.parquet"} <= files_named_by(table).files


def with_statistics(table, snapshot_id: int, folder: Path):
    """The table after another program has computed both kinds of statistics of a snapshot."""
    file = {"snapshot-id": snapshot_id, "file-size-in-bytes": 1}
    whole, by_partition = (write(folder / f"{snapshot_id}.{kind}") for kind in ("stats", "parquet"))
    of_whole = file | {"statistics-path": f"file://{whole}", "file-footer-size-in-bytes": 1, "blob-metadata": []}
    of_partitions = file | {"statistics-path": f"file://{by_partition}"}
    table.catalog.commit_table(
        table,
        (),
        (
            SetStatisticsUpdate(statistics=StatisticsFile.model_validate(of_whole)),
            SetPartitionStatisticsUpdate(partition_statistics=PartitionStatisticsFile.model_validate(of_partitions)),
        ),
    )
    return table.catalog.load_table(table.name()), {whole, by_partition}


def test_statistics_of_a_snapshot_go_when_it_expires_and_stay_with_the_one_that_is_kept(catalog, lake):
    table = add_rows(catalog, lake, 1)
    folder = Path(lake_path(table.location())) / "metadata"
    table, going = with_statistics(table, table.current_snapshot().snapshot_id, folder)
    table = add_rows(catalog, lake, 2)
    table, kept = with_statistics(table, table.current_snapshot().snapshot_id, folder)
    shown = maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=True)
    assert {f"file://{file}" for file in going} <= {file.uri for file in shown.tables[0].orphans}
    done = maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=False)
    assert {file.uri for file in done.tables[0].orphans} >= {file.uri for file in shown.tables[0].orphans}
    assert not any(file.exists() for file in going)
    assert all(file.exists() for file in kept)
    metadata = catalog.load_table("db.feed_features").metadata
    assert {each.snapshot_id for each in (*metadata.statistics, *metadata.partition_statistics)} == {
        table.current_snapshot().snapshot_id
    }


def test_table_whose_files_other_tables_may_use_is_left_as_it_is(catalog, lake):
    table = add_rows(catalog, lake, 1)
    add_rows(catalog, lake, 2)
    with table.transaction() as change:
        change.set_properties({"gc.enabled": "false"})
    before = list_files(lake)
    for dry_run in (True, False):
        with pytest.raises(PipelineError, match=r"db\.feed_features has gc\.enabled = false"):
            maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=dry_run)
    assert list_files(lake) == before


def test_hint_of_the_newest_version_stays(catalog, lake):
    table = add_rows(catalog, lake, 1)
    hint = write(Path(lake_path(table.location())) / "metadata/version-hint.text", "1")
    maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=False)
    assert hint.exists()


@pytest.mark.parametrize(
    ("keep", "left"), [({}, 1), ({"min-snapshots-to-keep": 3}, 3), ({"max-snapshot-age-ms": 10**9}, 9)]
)
def test_snapshots_that_a_branch_keeps_do_not_expire(catalog, lake, keep, left):
    for value in range(5):
        table = add_rows(catalog, lake, value)
    main = {"ref-name": "main", "type": "branch", "snapshot-id": table.current_snapshot().snapshot_id}
    catalog.commit_table(table, (), (SetSnapshotRefUpdate.model_validate(main | keep),))
    maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=False)
    assert len(catalog.load_table("db.feed_features").metadata.snapshots) == left


@pytest.mark.parametrize(("value", "left"), [("3", 3), ("99", 9)])
def test_snapshots_that_the_table_keeps_do_not_expire(catalog, lake, value, left):
    for number in range(5):
        table = add_rows(catalog, lake, number)
    with table.transaction() as change:
        change.set_properties({"history.expire.min-snapshots-to-keep": value})
    maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=False)
    assert len(catalog.load_table("db.feed_features").metadata.snapshots) == left


def test_number_of_kept_snapshots_that_is_none_is_named(catalog, lake):
    table = add_rows(catalog, lake, 1)
    with table.transaction() as change:
        change.set_properties({"history.expire.min-snapshots-to-keep": "some"})
    with pytest.raises(PipelineError, match=r"history\.expire\.min-snapshots-to-keep of db\.feed_features is 'some'"):
        maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=False)


def test_table_that_disappears_for_a_while_loses_no_file(catalog, lake, monkeypatch):
    add_rows(catalog, lake, 1)
    orphan = write(Path(lake_path(lake.root)) / "features/feed/data/killed-run/part-0.parquet")
    load, shown = catalog.load_table, [None, True, False]  # the curated table is not there yet

    def load_once(identifier):
        if shown.pop(0):
            return load(identifier)
        raise NoSuchTableError(identifier)

    monkeypatch.setattr(catalog, "load_table", load_once)
    with pytest.raises(PipelineError, match=r"Glue does not show db\.feed_features any more"):
        maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=False)
    assert orphan.exists()


def test_table_shown_as_an_old_copy_loses_no_later_change(catalog, lake, monkeypatch):
    old = add_rows(catalog, lake, 1, tag="2024Q1")
    new = add_rows(catalog, lake, 2)
    there = list_files(lake)
    monkeypatch.setattr(catalog, "load_table", lambda _: old)
    with pytest.raises(PipelineError, match=r"db\.feed_features was changed a moment ago"):
        maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=False)
    assert list_files(lake) == there
    assert new.scan().to_arrow().to_pylist() == [{"value": 2}]


def test_old_leftover_of_a_failed_commit_does_not_keep_other_files(catalog, lake):
    add_rows(catalog, lake, 1)
    left = write(
        Path(lake_path(lake.root)) / "features/feed/metadata/00009-00000000-0000-4000-8000-000000000000.metadata.json"
    )
    with pytest.raises(PipelineError, match="a moment ago"):
        maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=False)
    an_hour_ago = (NOW - timedelta(hours=1)).timestamp()
    os.utime(left, (an_hour_ago, an_hour_ago))
    maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=False)
    assert not left.exists()


def test_dry_run_lists_what_would_be_deleted_and_changes_nothing(catalog, lake):
    for value in (1, 2, 3):
        add_rows(catalog, lake, value)
    write(Path(lake_path(lake.root)) / "features/feed/data/killed-run/part-0.parquet")
    before = list_files(lake)
    told = maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=True)
    assert list_files(lake) == before
    done = maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=False)
    assert told.as_record() | {"dry_run": False} == done.as_record()
    # expiring writes one more metadata file than the dry run could know of
    assert before - list_files(lake) == {lake_path(file.uri) for file in told.tables[0].orphans}


def test_nothing_after_the_cutoff_is_deleted(catalog, lake):
    for value in (1, 2, 3):
        add_rows(catalog, lake, value)
    of_a_run_in_progress = write(Path(lake_path(lake.root)) / "features/feed/data/now/part-0.parquet")
    long_dead = write(Path(lake_path(lake.root)) / "features/feed/data/then/part-0.parquet")
    old = (NOW - timedelta(days=8)).timestamp()
    os.utime(long_dead, (old, old))
    done = maintain(lake, catalog, LocalObjectStore(), NOW - timedelta(days=7), dry_run=False)
    assert [lake_path(file.uri) for file in done.tables[0].orphans] == [str(long_dead)]
    assert done.tables[0].expired_snapshots == ()
    assert of_a_run_in_progress.exists()


def test_registers_of_keys_stay_as_long_as_the_table_names_them(catalog, lake):
    table = add_rows(catalog, lake, 1)
    keys = Path(lake_path(lake.root)) / "features/feed/keys"
    stays = write(keys / "run-2-b/kind=valid/part-0.parquet")
    goes = [write(keys / "run-1-a/kind=valid/part-0.parquet"), write(keys / "run-2-b/kind=broken/part-0.parquet")]
    goes += [
        write(keys / f"run-2-b/{part}/part-0.parquet") for part in ("_counts", "_repeated/of-2-files", "kind=quoted")
    ]
    with table.transaction() as transaction:
        transaction.set_properties({KEY_REGISTERS: '{"2024Q1": "run-2-b", "2024Q2": "run-2-b"}'})
    maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=False)
    assert stays.exists()
    assert not any(path.exists() for path in goes)


def test_maintenance_removes_leftovers_of_killed_runs_and_keeps_recorded_rows(catalog, lake):
    root = Path(lake_path(lake.root))
    write(root / "runs/feed/good.json", '{"status": "SUCCEEDED"}')
    write(root / "runs/feed/failed.json", '{"status": "FAILED"}')
    write(root / "runs/feed/odd.json", "half a man")
    stays = [write(root / f"quarantine/feed/delivery=d1/run_id={run}/part-0.parquet") for run in ("good", "odd")]
    goes = [
        write(root / "quarantine/feed/delivery=d1/run_id=failed/part-0.parquet"),
        write(root / "quarantine/feed/delivery=d1/run_id=killed/part-0.parquet"),
        write(root / "quarantine/feed/.spark-staging-1/delivery=d1/run_id=good/part-0.parquet"),
        write(root / "quarantine/feed/_temporary/0/part-0.parquet"),
    ]
    done = maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=False)
    assert {lake_path(file.uri) for file in done.leftovers} == {str(path) for path in goes}
    assert all(path.exists() for path in stays)
    assert not any(path.exists() for path in goes)


def test_bad_rows_that_the_table_names_stay_also_those_of_a_run_that_failed_afterwards(catalog, lake):
    root, table = Path(lake_path(lake.root)), add_rows(catalog, lake, 1, kind="curated")
    write(root / "runs/feed/torn.json", '{"status": "FAILED"}')
    stays = write(root / "quarantine/feed/delivery=d1/run_id=torn/part-0.parquet")
    with table.transaction() as transaction:
        transaction.set_properties({"quartal.quarantine": '{"d1": "torn"}'})
    assert maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=False).leftovers == ()
    assert stays.exists()


def test_bad_rows_stay_where_the_table_that_would_name_them_is_not_shown(catalog, lake):
    add_rows(catalog, lake, 1)  # the features, which a run makes from the curated table
    root = Path(lake_path(lake.root))
    stays = write(root / "quarantine/feed/delivery=d1/run_id=torn/part-0.parquet")
    goes = write(root / "quarantine/feed/_temporary/0/part-0.parquet")
    done = maintain(lake, catalog, LocalObjectStore(), SOON, dry_run=False)
    assert {lake_path(file.uri) for file in done.leftovers} == {str(goes)}
    assert stays.exists()


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("s3://lake/a/b=1/c.parquet", "lake/a/b=1/c.parquet"),
        ("s3a://lake/a%23b", "lake/a%23b"),
        ("s3://lake/a#b?c", "lake/a#b?c"),
        ("file:///srv/lake", "/srv/lake"),
        ("file:/srv/lake", "/srv/lake"),
        ("/srv/lake", "/srv/lake"),
    ],
)
def test_lake_path_compares_names_exactly(uri, expected):
    assert lake_path(uri) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("7d", timedelta(7)), ("12h", timedelta(hours=12)), ("0m", timedelta())]
)
def test_parse_age_reads_days_hours_and_minutes(text, expected):
    assert parse_age(text) == expected


@pytest.mark.parametrize("text", ["", "7", "d", "-1d", "1w", "1.5h"])
def test_parse_age_refuses_anything_else(text):
    with pytest.raises(ConfigurationError, match="is not an age"):
        parse_age(text)


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        pytest.param([], timedelta(hours=1), id="none"),
        pytest.param([("SUCCEEDED", 5)], timedelta(hours=1), id="ended"),
        pytest.param([("RUNNING", 3), ("WAITING", 6), ("FAILED", 9)], timedelta(hours=6), id="oldest in progress"),
    ],
)
def test_cutoff_lies_before_every_run_in_progress(runs, expected):
    glue = AwsConnection("eu-central-1", None, "test", "test").glue()
    listed = [{"Id": "jr", "JobRunState": state, "StartedOn": NOW - timedelta(hours=hours)} for state, hours in runs]
    answer = {"JobRuns": listed}
    with Stubber(glue) as stub:
        stub.add_response("get_job_runs", answer, {"JobName": "job"})
        cutoff = safe_cutoff(glue, "job", NOW, timedelta(hours=1))
    assert cutoff == NOW - expected - CLOCK_MARGIN

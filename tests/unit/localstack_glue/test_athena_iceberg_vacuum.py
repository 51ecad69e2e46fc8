"""Files of Iceberg tables that VACUUM and DROP TABLE remove, and those that they leave."""

# ruff: noqa: E501 - a statement is read as a line

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.table.statistics import PartitionStatisticsFile, StatisticsFile
from pyiceberg.table.update import SetPartitionStatisticsUpdate, SetSnapshotRefUpdate, SetStatisticsUpdate

from localstack_glue.athena.engine import iceberg_vacuum
from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.iceberg_vacuum import purge, vacuum
from tests.unit.localstack_glue.athena_lake import Lake, commits, get_table, run


def set_properties(lake: Lake, **properties: str) -> None:
    """As another program sets them, which takes any."""
    with GlueCatalog("test", client=lake.glue).load_table("feeds.ice").transaction() as change:
        change.set_properties(properties)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_vacuum_keeps_snapshots_that_are_young(iceberg: Lake, tmp_path):
    run(iceberg, "delete from ice where id = 2")
    before = files(tmp_path)
    run(iceberg, "VACUUM ice")
    assert (files(tmp_path), commits(iceberg)) == (before, 3)


def test_vacuum_removes_old_snapshots_and_what_only_they_need(iceberg: Lake, tmp_path):
    run(iceberg, "delete from ice where id = 2")
    run(iceberg, "insert into ice values (3, 'c', null)")
    old = GlueCatalog("test", client=iceberg.glue).load_table("feeds.ice").snapshots()[0].snapshot_id
    data = {name for name in files(tmp_path) if name.endswith(".parquet")}
    run(iceberg, "ALTER TABLE ice SET TBLPROPERTIES ('vacuum_max_snapshot_age_seconds'='0')")
    run(iceberg, "VACUUM ice")
    assert iceberg.rows("select id, name from ice order by id") == [("1", "a"), ("3", "c")]
    assert commits(iceberg) == 1
    kept = {name for name in files(tmp_path) if name.endswith(".parquet")}
    assert (len(data), len(kept)) == (4, 2)
    assert len([name for name in files(tmp_path) if "snap-" in name]) == 1
    with pytest.raises(QueryFailedError, match=r"^INVALID_ARGUMENTS: .*snapshot ID does not exist"):
        iceberg.rows(f"select * from ice for version as of {old}")


def test_vacuum_keeps_the_configured_number_of_snapshots_and_metadata_files(iceberg: Lake, tmp_path):
    run(iceberg, "insert into ice values (3, 'c', null)")
    run(iceberg, "insert into ice values (4, 'd', null)")
    run(
        iceberg,
        "ALTER TABLE ice SET TBLPROPERTIES ('vacuum_max_snapshot_age_seconds'='0', 'vacuum_min_snapshots_to_keep'='2', "
        "'vacuum_max_metadata_files_to_keep'='1')",
    )
    run(iceberg, "VACUUM ice")
    assert commits(iceberg) == 2
    assert len([name for name in files(tmp_path) if name.endswith(".metadata.json")]) == 2
    assert iceberg.rows("select count(*) from ice") == [("4",)]
    set_properties(iceberg, vacuum_min_snapshots_to_keep="some")
    with pytest.raises(QueryFailedError, match=r"^INVALID_TABLE_PROPERTY: .*vacuum_min_snapshots_to_keep"):
        run(iceberg, "VACUUM ice")


def with_statistics(lake: Lake, folder: Path) -> tuple[int, set[Path]]:
    """Both kinds of statistics of the newest snapshot, as other programs compute them: its id, and their files."""
    catalog = GlueCatalog("test", client=lake.glue)
    table = catalog.load_table("feeds.ice")
    snapshot_id = table.current_snapshot().snapshot_id
    whole, by_partition = folder / f"{snapshot_id}.stats", folder / f"{snapshot_id}.parquet"
    whole.touch(), by_partition.touch()
    file = {"snapshot-id": snapshot_id, "file-size-in-bytes": 1}
    of_whole = file | {"statistics-path": f"file://{whole}", "file-footer-size-in-bytes": 1, "blob-metadata": []}
    of_partitions = PartitionStatisticsFile.model_validate(file | {"statistics-path": f"file://{by_partition}"})
    updates = (
        SetStatisticsUpdate(statistics=StatisticsFile.model_validate(of_whole)),
        SetPartitionStatisticsUpdate(partition_statistics=of_partitions),
    )
    catalog.commit_table(table, (), updates)
    return snapshot_id, {whole, by_partition}


def test_vacuum_removes_the_statistics_of_expired_snapshots_alone(iceberg: Lake, tmp_path):
    _, going = with_statistics(iceberg, tmp_path / "ice")
    run(iceberg, "insert into ice values (3, 'c', null)")
    newest, kept = with_statistics(iceberg, tmp_path / "ice")
    run(iceberg, "ALTER TABLE ice SET TBLPROPERTIES ('vacuum_max_snapshot_age_seconds'='0')")
    run(iceberg, "VACUUM ice")
    metadata = GlueCatalog("test", client=iceberg.glue).load_table("feeds.ice").metadata
    assert {each.snapshot_id for each in (*metadata.statistics, *metadata.partition_statistics)} == {newest}
    assert all(file.exists() for file in kept)
    assert not any(file.exists() for file in going)
    assert iceberg.rows("select count(*) from ice") == [("3",)]


@pytest.mark.parametrize(("keep", "left"), [({"min-snapshots-to-keep": 3}, 3), ({"max-snapshot-age-ms": 10**9}, 4)])
def test_vacuum_keeps_the_snapshots_that_a_branch_keeps(iceberg: Lake, keep: dict, left: int):
    for number in (3, 4, 5):
        run(iceberg, f"insert into ice values ({number}, 'c', null)")
    catalog = GlueCatalog("test", client=iceberg.glue)
    table = catalog.load_table("feeds.ice")
    main = {"ref-name": "main", "type": "branch", "snapshot-id": table.current_snapshot().snapshot_id}
    catalog.commit_table(table, (), (SetSnapshotRefUpdate.model_validate(main | keep),))
    run(iceberg, "ALTER TABLE ice SET TBLPROPERTIES ('vacuum_max_snapshot_age_seconds'='0')")
    run(iceberg, "VACUUM ice")
    assert commits(iceberg) == left


def test_vacuum_of_a_table_whose_files_other_tables_may_use_is_refused(iceberg: Lake, tmp_path):
    run(iceberg, "insert into ice values (3, 'c', null)")
    set_properties(iceberg, **{"vacuum_max_snapshot_age_seconds": "0", "gc.enabled": "false"})
    before = files(tmp_path)
    with pytest.raises(QueryFailedError, match="GC is disabled"):
        run(iceberg, "VACUUM ice")
    assert files(tmp_path) == before


def test_vacuum_removes_what_no_version_names_and_nothing_else(lake: Lake, monkeypatch):
    # S3's times are whole seconds: an object put in the first millisecond of one would not be older than now
    monkeypatch.setattr(iceberg_vacuum, "time", SimpleNamespace(time=lambda: time.time() + 1))
    metadata = SimpleNamespace(
        refs={}, statistics=[], partition_statistics=[],
        metadata_log=[SimpleNamespace(metadata_file="s3n://lake/t/metadata/1.json")],
    )  # fmt: skip
    table = SimpleNamespace(
        metadata=metadata, metadata_location="s3a://lake/t/metadata/2.json", properties={"vacuum_max_snapshot_age_seconds": "0"},
        location=lambda: "s3a://lake/t", snapshots=list, io=None,
    )  # fmt: skip
    named = ["t/metadata/1.json", "t/metadata/2.json", "t/metadata/version-hint.text", "t2/other"]
    for key in [*named, "t/data/a?b#1.parquet", "t/data/x%20y"]:
        lake.put(key, "x")
    vacuum(table, lake.s3, lambda change: change(), lambda: table)
    assert [found["Key"] for found in lake.s3.list_objects_v2(Bucket="lake")["Contents"]] == named
    table.properties = {}
    lake.put("t/data/young", "x")
    vacuum(table, lake.s3, lambda change: change(), lambda: table)
    assert lake.s3.head_object(Bucket="lake", Key="t/data/young")


@pytest.mark.parametrize("statement", ["DROP TABLE ice", "DROP DATABASE feeds CASCADE"])
def test_files_of_an_iceberg_table_are_dropped_with_it(iceberg: Lake, tmp_path, statement: str):
    run(iceberg, "DELETE FROM ice WHERE id = 1")
    run(iceberg, statement)
    assert files(tmp_path) == set()
    with pytest.raises(iceberg.glue.exceptions.EntityNotFoundException):
        get_table(iceberg, "ice")


def test_files_that_are_dropped_are_the_tables_alone(lake: Lake):
    metadata = SimpleNamespace(
        statistics=[],
        partition_statistics=[],
        metadata_log=[SimpleNamespace(metadata_file="s3a://lake/t/metadata/1.json")],
    )
    table = SimpleNamespace(
        metadata=metadata, metadata_location="s3://lake/t/metadata/2.json", properties={}, snapshots=list, io=None
    )
    for key in ("t/metadata/1.json", "t/metadata/2.json", "t/other", "t2/metadata/1.json"):
        lake.put(key, "x")
    purge(table, lake.s3)
    assert [found["Key"] for found in lake.s3.list_objects_v2(Bucket="lake")["Contents"]] == [
        "t/other",
        "t2/metadata/1.json",
    ]


def test_files_of_an_iceberg_table_that_others_may_use_stay(iceberg: Lake, tmp_path):
    set_properties(iceberg, **{"gc.enabled": "false"})
    before = files(tmp_path)
    run(iceberg, "DROP TABLE ice")
    assert (files(tmp_path), iceberg.rows("show tables")) == (before, [])

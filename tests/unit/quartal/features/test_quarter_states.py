"""The tag of a quarter holds no day after it: as the job makes it, and where an earlier version of the job made it."""

from __future__ import annotations

import json
from datetime import date

import pytest
from pyiceberg.catalog.glue import GlueCatalog

from etl_job.tables.property_names import RUN, SOURCE_SNAPSHOT
from etl_job.tables.quarter_tags import QuarterTag
from quartal.cli.app import run
from quartal.features.diff import diff_states
from quartal.features.query import run_query
from quartal.features.tags import is_in_step, list_tags, state_named
from tests.unit.quartal.features.lake import DEPLOYMENT, EARLY, LATE, query_sum

END_OF_MARCH = date(2024, 3, 31)


@pytest.fixture
def kept(catalog: GlueCatalog) -> GlueCatalog:
    """With a tag 2024Q1 on what the first run left, which goes on into April."""
    table = catalog.load_table("db.feed_features")
    table.manage_snapshots().create_tag(table.snapshot_by_name("2024Q2").snapshot_id, "2024Q1").commit()
    return catalog


@pytest.fixture
def recorded(catalog: GlueCatalog) -> GlueCatalog:
    """With a tag 2024Q1 as the job makes it, on a snapshot of that quarter's days."""
    table = catalog.load_table("db.feed_features")
    source = str(catalog.load_table("db.feed_curated").current_snapshot().snapshot_id)
    said = QuarterTag("2024Q1", END_OF_MARCH, ("2024Q2",), ("2023Q4",)).properties
    table.overwrite(LATE.slice(0, 2), snapshot_properties={SOURCE_SNAPSHOT: source, **said})
    table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, "2024Q1").commit()
    return catalog


@pytest.mark.parametrize(("table", "total"), [("features", 3), ("curated", 3)])
def test_query_as_of_a_quarter_reads_no_later_day_that_its_tag_holds(kept, table, total):
    assert query_sum(table, kept, "2024Q1") == total


@pytest.mark.parametrize(("table", "total"), [("features", 4), ("curated", 4)])
def test_query_as_of_a_quarter_reads_curated_up_to_the_last_day_of_the_features(recorded, table, total):
    assert query_sum(table, recorded, "2024Q1") == total


def test_curated_as_of_an_emptied_quarter_holds_no_later_day(catalog):
    table = catalog.load_table("db.feed_features")
    source = str(catalog.load_table("db.feed_curated").current_snapshot().snapshot_id)
    said = QuarterTag("2024Q1", None).properties
    table.overwrite(LATE.slice(0, 0), snapshot_properties={SOURCE_SNAPSHOT: source, **said})
    table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, "2024Q1").commit()
    for name in ("2024Q1", str(table.current_snapshot().snapshot_id)):
        assert run_query("select day from features", DEPLOYMENT, catalog, as_of=name).rows == ()
        assert {day for (day,) in run_query("select day from curated", DEPLOYMENT, catalog, as_of=name).rows} <= {
            END_OF_MARCH
        }


def test_features_set_to_part_of_a_run_are_behind(catalog):
    curated, table = (catalog.load_table(f"db.feed_{name}") for name in ("curated", "features"))
    said = {RUN: "wr_3", SOURCE_SNAPSHOT: str(curated.current_snapshot().snapshot_id)}
    table.append(LATE.slice(0, 1), snapshot_properties=said)
    part = table.current_snapshot().snapshot_id
    table.append(LATE.slice(1), snapshot_properties=said)
    assert is_in_step(curated, table)
    table.manage_snapshots().set_current_snapshot(snapshot_id=part).commit()
    assert not is_in_step(curated, table)


@pytest.mark.parametrize("name", ["0000Q1", "\u0662\u0660\u0662\u0664Q1"])  # no year; digits of another script
def test_tag_whose_name_is_no_quarter_of_the_calendar_is_read_as_any_other(catalog, name):
    table = catalog.load_table("db.feed_features")
    table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, name).commit()
    assert not any(tag.holds_more for tag in list_tags(table))
    assert query_sum("features", catalog, name) == query_sum("features", catalog, None)


def test_other_tables_of_the_database_are_read_by_their_own_tags(catalog, tmp_path):
    other = catalog.create_table("db.other", EARLY.schema, location=f"file://{tmp_path}/other")
    other.append(EARLY)
    other.manage_snapshots().create_tag(other.current_snapshot().snapshot_id, "2024Q1").commit()
    assert run_query("select count(*) from other", DEPLOYMENT, catalog, as_of="2024Q1").rows == ((3,),)


def test_tags_show_the_last_day_of_each_state_and_its_record(recorded, command_line, capsys):
    assert run(["tags"]) == 0
    told = capsys.readouterr()
    assert "2024-03-31" in told.out
    assert "2024Q1 may have gained or lost rows through deliveries of a later quarter: 2024Q2" in told.err
    assert "2024Q1 may have changed since its first publication through: 2023Q4" in told.err
    found = {tag.name: tag for tag in list_tags(recorded.load_table("db.feed_features"))}
    assert {name: (tag.days_to, tag.holds_more) for name, tag in found.items()} == {
        "2024Q1": (END_OF_MARCH, False),
        "2024Q2": (date(2024, 4, 1), False),
        "2024Q3": (date(2024, 4, 2), False),
    }
    assert (found["2024Q1"].later_deliveries, found["2024Q1"].corrected_by) == (("2024Q2",), ("2023Q4",))


def test_tag_with_later_days_than_its_name_is_reported_by_every_command(kept, command_line, capsys, tmp_path):
    assert [tag.name for tag in list_tags(kept.load_table("db.feed_features")) if tag.holds_more] == ["2024Q1"]
    for arguments in (
        ["tags"],
        ["query", "select 1 from features", "--as-of", "2024Q1"],
        ["diff", "2024Q1", "2024Q2"],
        ["export", "--tag", "2024Q1", "--out", str(tmp_path / "out")],
    ):
        assert run(arguments) == 0
        told = capsys.readouterr().err
        assert "2024Q1" in told
        assert "by an earlier version of the job" in told


def test_diff_with_a_quarter_compares_no_later_day_that_its_tag_holds(kept):
    table = kept.load_table("db.feed_features")
    found = diff_states(table, state_named(table, "2024Q1"), state_named(table, "2024Q2"))
    assert (found.rows_before, found.added, found.removed) == (2, 1, 0)


def test_export_of_a_quarter_leaves_out_later_ones_that_its_tag_holds(kept, command_line, capsys, tmp_path):
    assert run(["export", "--tag", "2024Q1", "--out", str(tmp_path / "out")]) == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert [file["quarter"] for file in manifest["files"]] == ["2024Q1"]
    assert (manifest["left_out"], manifest["days_to"]) == (["2024Q2"], "2024-03-31")
    assert run(["export", "--tag", "2024Q1", "--quarter", "2024Q2", "--out", str(tmp_path / "more")]) == 2


def test_export_names_the_record_of_its_tag(recorded, command_line, tmp_path):
    assert run(["export", "--tag", "2024Q1", "--out", str(tmp_path / "out")]) == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert (manifest["days_to"], manifest["later_deliveries"]) == ("2024-03-31", ["2024Q2"])
    assert manifest["corrected_by"] == ["2023Q4"]


def test_state_with_later_days_is_not_named_after_a_quarter(kept, command_line, capsys):
    assert run(["tag", "model-7", "--as-of", "2024Q1"]) == 2
    assert "holds days after 2024-03-31" in capsys.readouterr().err
    snapshot = kept.load_table("db.feed_features").snapshot_by_name("2024Q1").snapshot_id
    assert run(["tag", "model-7", "--as-of", str(snapshot)]) == 0

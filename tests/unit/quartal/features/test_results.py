"""Queries and tags of published tables, and their commands."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from quartal.cli.app import run
from quartal.core.errors import ConfigurationError, PipelineError
from quartal.features.query import are_in_step
from quartal.features.tags import State, list_tags, remove_tag, set_tag, snapshot_named, state_named
from tests.unit.quartal.features.lake import DEPLOYMENT, EARLY, features, query_sum
from tests.unit.quartal.lost_answers import Faulty, conflict


@pytest.mark.parametrize("table", ["features", "curated"])
@pytest.mark.parametrize(("as_of", "total"), [(None, 16), ("2024Q2", 7), ("2024Q3", 16)])
def test_query_as_of_a_tag_reads_both_tables_as_that_run_left_them(catalog, table, as_of, total):
    assert query_sum(table, catalog, as_of) == total


def test_tag_of_a_run_may_be_named_by_its_beginning_where_only_one_begins_so(catalog):
    table = catalog.load_table("db.feed_features")
    early, late = (tag.snapshot_id for tag in list_tags(table))
    with table.manage_snapshots() as manage:
        manage.create_tag(early, f"wr_2909c13{'0' * 57}").create_tag(late, f"wr_2909c99{'0' * 57}")
    assert query_sum("features", catalog, "wr_2909c13") == 7
    for unclear in ("wr_2909c", "2024", "wr_"):
        with pytest.raises(ConfigurationError, match=f"no snapshot '{unclear}'"):
            query_sum("features", catalog, unclear)


def test_query_as_of_a_snapshot_id_reads_that_snapshot(catalog):
    early = list_tags(catalog.load_table("db.feed_features"))[0]
    assert query_sum("features", catalog, str(early.snapshot_id)) == 7
    assert query_sum("curated", catalog, str(early.snapshot_id)) == 7, "the one that these features came of"


@pytest.mark.parametrize(
    "arguments",
    [
        ["query", "select * from features"],
        ["diff", "2024Q2", "2024Q3"],
        ["export", "--tag", "2024Q2", "--out", "out"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_file_that_cannot_be_read_is_one_message_and_no_traceback(command_line, lake_of_two_runs, capsys, arguments):
    for file in (lake_of_two_runs.folder / "features").rglob("*.parquet"):
        file.unlink()
    assert run(arguments) == 1
    told = capsys.readouterr().err
    assert "The files of db.feed_features could not be read" in told
    assert "What to do:" in told
    assert not Path("out").exists()


@pytest.mark.parametrize("table", ["features", "curated"])
@pytest.mark.parametrize("unknown", ["2023Q4", "12345", "²"])
def test_unknown_tag_is_refused_and_the_tags_are_listed(catalog, table, unknown):
    with pytest.raises(ConfigurationError, match=f"no tag and no snapshot '{unknown}'") as refused:
        query_sum(table, catalog, unknown)
    assert refused.value.remedy == "Its tags: 2024Q2, 2024Q3."


def test_curated_that_maintenance_has_expired_is_refused_while_the_features_stay(catalog):
    curated = catalog.load_table("db.feed_curated")
    curated.maintenance.expire_snapshots().by_ids(
        [each.snapshot_id for each in curated.metadata.snapshots if each != curated.current_snapshot()]
    ).commit()
    with pytest.raises(ConfigurationError, match="no longer kept"):
        query_sum("curated", catalog, "2024Q2")
    assert query_sum("features", catalog, "2024Q2") == 7


def test_tags_list_snapshot_total_rows_and_run_in_commit_order(catalog):
    table = catalog.load_table("db.feed_features")
    assert snapshot_named(table, "2024Q3") == table.current_snapshot()
    table.append(features(("crow", 0, 1, 1.0)))
    table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, "by-hand").commit()
    assert [(tag.name, tag.rows, tag.run_id) for tag in list_tags(table)] == [
        ("2024Q2", 3, "wr_1"),
        ("2024Q3", 4, "wr_2"),
        ("by-hand", 5, ""),
    ]


def test_query_prints_csv_with_missing_values_empty(command_line, capsys):
    sql = "select brand, day, mean from features order by brand"
    assert run(["query", sql, "--as-of", "2024Q2", "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[:3] == ["brand,day,mean", "acme,2024-03-31,0.5", "bolt,2024-03-31,"]


def test_query_with_format_json_prints_rows_and_with_json_the_envelope_too(command_line, capsys):
    sql = "select n from features order by n"
    rows = [{"n": 1}, {"n": 3}, {"n": 5}, {"n": 7}]
    assert run(["query", sql, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == rows
    assert run(["query", sql, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"version": 1, "command": "query", "result": rows, "error": None}


def test_commands_on_an_unknown_tag_end_with_2_and_list_the_tags(command_line, capsys, tmp_path):
    out = str(tmp_path / "out")
    for arguments in (
        ["diff", "2024Q2", "x"],
        ["export", "--tag", "x", "--out", out],
        ["query", "from features", "--as-of", "x"],
    ):
        assert run(arguments) == 2
        assert "2024Q2, 2024Q3" in capsys.readouterr().err


def test_tags_and_diff_print_for_people_and_for_machines(command_line, capsys):
    assert run(["tags"]) == run(["diff", "2024Q2", "2024Q3"]) == 0
    printed = capsys.readouterr().out
    assert "wr_1" in printed
    assert "2 rows added, 1 removed, 2 changed" in printed
    assert run(["tags", "--json"]) == 0
    assert [tag["rows"] for tag in json.loads(capsys.readouterr().out)["result"]] == [3, 4]
    assert run(["diff", "2024Q2", "2024Q3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["before"], found["added"], found["columns"][0]["key"]["day"]) == ("2024Q2", 2, "2024-03-31")


def test_rows_that_a_snapshot_does_not_count_are_not_known(command_line, capsys, monkeypatch):
    monkeypatch.setattr("quartal.features.tags.summary_value", lambda *_: None)  # as other programs may write it
    assert run(["tags"]) == 0
    printed = capsys.readouterr().out
    assert "not known" in printed
    assert "None" not in printed


def test_diff_of_a_tag_and_itself_reports_no_difference(command_line, capsys):
    assert run(["diff", "2024Q3", "2024Q3"]) == 0
    assert capsys.readouterr().out == "The features of 2024Q3 and 2024Q3 are the same: 4 rows.\n"


def test_diff_without_changed_values_prints_no_table(command_line, catalog, capsys):
    table = catalog.load_table("db.feed_features")
    table.append(features(("new", 0, 1, 0.5), ("new", 1, 1, 0.5)))
    table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, "2024Q4").commit()
    assert run(["diff", "2024Q3", "2024Q4"]) == 0
    assert capsys.readouterr().out == "2 rows added, 0 removed, 0 changed\n"


def test_diff_shows_an_example_whose_values_look_alike_with_all_digits(command_line, catalog, capsys):
    table = catalog.load_table("db.feed_features")
    table.overwrite(features(("acme", 0, 1, 0.33333), ("bolt", 0, 2, 0.00002)))
    table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, "2024Q4").commit()
    table.overwrite(features(("acme", 0, 1, 0.33334), ("bolt", 0, 2, 0.00002), ("bolt", 1, 2, 0.5)))
    table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, "2025Q1").commit()
    assert run(["diff", "2024Q4", "2025Q1"]) == 0
    printed = capsys.readouterr().out
    assert "1 row added, 0 removed, 1 changed" in printed
    assert "0.33333" in printed
    assert "0.33334" in printed


def test_export_prints_where_and_what(command_line, capsys, tmp_path):
    assert run(["export", "--tag", "2024Q3", "--out", str(tmp_path / "out"), "--format", "csv"]) == 0
    assert "4 rows of db.feed_features at 2024Q3, of 2024Q1, 2024Q2, in 2 files" in capsys.readouterr().out


def test_user_tag_names_a_state_and_can_be_removed(command_line, catalog, capsys):
    assert run(["tag", "model-7"]) == run(["tag", "model-6", "--as-of", "2024Q2"]) == 0
    capsys.readouterr()
    assert run(["tag", "--json"]) == 0
    named = {tag["name"]: tag["snapshot_id"] for tag in json.loads(capsys.readouterr().out)["result"]}
    assert (named["model-7"], named["model-6"]) == (named["2024Q3"], named["2024Q2"])
    assert query_sum("features", catalog, "model-6") == 7
    assert run(["tag", "model-6", "--delete"]) == 0
    assert {tag.name for tag in list_tags(catalog.load_table("db.feed_features"))} == {"2024Q2", "2024Q3", "model-7"}


def test_tag_that_names_this_state_already_is_no_error_and_one_that_names_another_is(command_line, capsys):
    assert run(["tag", "model-7"]) == 0
    capsys.readouterr()
    assert run(["tag", "model-7", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["is_new"] is False
    assert run(["tag", "model-7", "--as-of", "2024Q2"]) == 2
    assert "quartal tag model-7 --delete" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["2025Q1", "main", "wr_0a1b", "123", "a b"])
def test_reserved_or_unusable_tag_name_is_refused(command_line, capsys, name):
    assert run(["tag", name]) == 2
    assert "cannot be the name" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"), [(["2024Q2"], "a tag of the job"), (["x"], "2024Q2, 2024Q3"), ([], "need the name of a tag")]
)
def test_tag_of_the_job_and_missing_tag_are_not_removed(command_line, capsys, arguments, said):
    assert run(["tag", *arguments, "--delete"]) == 2
    assert said in capsys.readouterr().err


def test_tag_that_somebody_gives_to_another_state_meanwhile_is_refused_and_stays_theirs(command_line, catalog):
    stale = catalog.load_table("db.feed_features")
    assert run(["tag", "model-7", "--as-of", "2024Q2"]) == 0
    with pytest.raises(ConfigurationError, match="already names another state"):
        set_tag(stale, "model-7", stale.current_snapshot().snapshot_id, lambda _: None)
    assert query_sum("features", catalog, "model-7") == 7


@pytest.mark.parametrize("name", ["what-if", "2024Q1", f"wr_2909c13{'0' * 57}"])
def test_branch_is_never_taken_for_a_tag(catalog, name):
    table = catalog.load_table("db.feed_features")
    late = table.current_snapshot().snapshot_id
    table.manage_snapshots().create_branch(late, name).commit()
    assert [tag.name for tag in list_tags(table)] == ["2024Q2", "2024Q3"]
    assert state_named(table, name) == State(name, late), "a branch named like a quarter is read as it is"
    with pytest.raises(ConfigurationError, match="has no tag"):
        remove_tag(table, name, lambda _: None)
    if name == "what-if":
        with pytest.raises(ConfigurationError, match="'what-if' is a branch of"):
            set_tag(table, name, late, lambda _: None)
    if name.startswith("wr_"):
        table.manage_snapshots().create_tag(list_tags(table)[0].snapshot_id, f"wr_2909c13{'1' * 57}").commit()
        assert query_sum("features", catalog, "wr_2909c13") == 7, "the beginning of the tag's name alone"
    assert table.refs()[name].snapshot_ref_type == "branch"


def test_tag_of_a_state_that_has_expired_meanwhile_is_refused(catalog):
    table = catalog.load_table("db.feed_features")
    with pytest.raises(ConfigurationError, match="no longer kept"):
        set_tag(table, "model-7", 1, lambda _: None)


def test_tag_fails_clearly_if_the_table_keeps_changing(catalog):
    table = catalog.load_table("db.feed_features")
    table.catalog.glue = Faulty(table.catalog.glue).before("update_table", conflict, None)
    with pytest.raises(PipelineError, match="changed in the meantime, so tag 'model-7' did not take effect"):
        set_tag(table, "model-7", table.current_snapshot().snapshot_id, lambda _: None)


BEHIND = "The features are behind the curated table: a run ended between its two commits."


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["query", "select 1"], True),
        (["query", "select 1", "--as-of", "2024Q3"], False),
        (["tags"], True),
        (["tag", "champion"], True),
        (["tag", "champion", "--as-of", "2024Q2"], False),
        (["export", "--tag", "2024Q3", "--out", "out"], True),
        (["export", "--tag", "2024Q2", "--out", "out"], False),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_every_command_reports_features_that_are_behind(catalog, command_line, capsys, arguments, told):
    def says_so() -> bool:
        assert run(arguments) == 0
        shutil.rmtree("out", ignore_errors=True)
        return BEHIND in " ".join(capsys.readouterr().err.split())

    assert not says_so()
    catalog.load_table("db.feed_curated").overwrite(EARLY)
    assert says_so() is told


def test_features_that_no_run_has_published_are_neither_in_step_nor_behind(catalog):
    catalog.drop_table("db.feed_features")
    assert are_in_step(catalog, DEPLOYMENT) is None

"""What is done with published features: asked as of a tag, compared, exported. On files, in moto's Glue."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from pyiceberg.catalog.glue import GlueCatalog

from quartal.aws import AwsConnection
from quartal.cli.app import run
from quartal.deployment import Deployment
from quartal.errors import AwsError, ConfigurationError, PipelineError
from quartal.feature_diff import diff_features
from quartal.feature_export import ExportFormat, export_features
from quartal.query import QueryResult, are_in_step, run_query
from quartal.spreadsheets import defused, defused_table
from quartal.table_reading import read_rows
from quartal.tags import CURATED_SNAPSHOT, RUN_ID, set_tag, snapshot_named, tags_of
from quartal.workspace import Workspace
from tests.unit.tooling.lost_answers import Faulty, conflict

DEPLOYMENT = Deployment(
    "eu-central-1",
    "lake",
    "feed",
    "raw/feed/",
    "db",
    "crawler",
    "job",
    "workflow",
    "",
    {"job_output": "", "crawler": ""},
)
SCHEMA = pa.schema(
    [("brand", pa.string()), ("day", pa.date32()), ("quarter", pa.string()), ("n", pa.int64()), ("mean", pa.float64())]
)
FIRST = date(2024, 3, 31)


def features(*rows: tuple[str, int, int | None, float | None]) -> pa.Table:
    """Rows of brand, days after the first, count, mean."""
    days = [FIRST + timedelta(days=row[1]) for row in rows]
    quarters = [f"{day.year}Q{(day.month + 2) // 3}" for day in days]
    records = [
        {"brand": brand, "day": day, "quarter": quarter, "n": n, "mean": mean}
        for (brand, _, n, mean), day, quarter in zip(rows, days, quarters, strict=True)
    ]
    return pa.Table.from_pylist(records, SCHEMA)


EARLY = features(("acme", 0, 1, 0.5), ("bolt", 0, 2, None), ("bolt", 1, 4, 1.0))
LATE = features(("acme", 0, 1, 0.75), ("bolt", 0, 3, 2.0), ("bolt", 2, 5, 1.0), ("acme", 1, 7, 7.0))


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[GlueCatalog]:
    """Curated, then features of two runs: the first tagged 2024Q1, the second 2024Q2."""
    with mock_aws():
        made = GlueCatalog("test", client=AwsConnection("eu-central-1", None, "test", "test").glue())
        made.create_namespace("db")
        curated = made.create_table("db.feed_curated", SCHEMA, location=f"file://{tmp_path}/lake/curated")
        table = made.create_table("db.feed_features", SCHEMA, location=f"file://{tmp_path}/lake/features")
        for state, quarter, run_id in ((EARLY, "2024Q1", "wr_1"), (LATE, "2024Q2", "wr_2")):
            curated.overwrite(state)
            source = curated.current_snapshot().snapshot_id
            table.overwrite(state, snapshot_properties={RUN_ID: run_id, CURATED_SNAPSHOT: str(source)})
            table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, quarter).commit()
        yield made


@pytest.fixture
def command_line(catalog, project, monkeypatch) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setattr(Workspace, "deployment", DEPLOYMENT)
    monkeypatch.setattr(Workspace, "connection", AwsConnection("eu-central-1", None, "test", "test"))
    monkeypatch.setattr("quartal.cli.results.iceberg_catalog", lambda _: catalog)


def sum_of(table: str, catalog: GlueCatalog, as_of: str | None) -> int:
    return run_query(f"select sum(n) from {table}", DEPLOYMENT, catalog, as_of=as_of).rows[0][0]


@pytest.mark.parametrize("table", ["features", "curated"])
@pytest.mark.parametrize(("as_of", "total"), [(None, 16), ("2024Q1", 7), ("2024Q2", 16)])
def test_query_as_of_a_tag_reads_both_tables_as_that_run_left_them(catalog, table, as_of, total):
    assert sum_of(table, catalog, as_of) == total


def test_tag_of_a_run_may_be_named_by_its_beginning_where_only_one_begins_so(catalog):
    table = catalog.load_table("db.feed_features")
    early, late = (tag.snapshot_id for tag in tags_of(table))
    with table.manage_snapshots() as manage:
        manage.create_tag(early, f"wr_2909c13{'0' * 57}").create_tag(late, f"wr_2909c99{'0' * 57}")
    assert sum_of("features", catalog, "wr_2909c13") == 7
    for unclear in ("wr_2909c", "2024", "wr_"):
        with pytest.raises(ConfigurationError, match=f"no snapshot '{unclear}'"):
            sum_of("features", catalog, unclear)


def test_query_as_of_a_snapshot_id_reads_that_snapshot(catalog):
    early = tags_of(catalog.load_table("db.feed_features"))[0]
    assert sum_of("features", catalog, str(early.snapshot_id)) == 7
    assert sum_of("curated", catalog, str(early.snapshot_id)) == 7, "the one that these features came of"


@pytest.mark.parametrize(
    "arguments",
    [
        ["query", "select * from features"],
        ["diff", "2024Q1", "2024Q2"],
        ["export", "--tag", "2024Q1", "--out", "out"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_file_that_cannot_be_read_is_one_message_and_no_traceback(command_line, tmp_path, capsys, arguments):
    for file in (tmp_path / "lake" / "features").rglob("*.parquet"):
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
        sum_of(table, catalog, unknown)
    assert refused.value.remedy == "Its tags: 2024Q1, 2024Q2."


def test_curated_that_maintenance_has_expired_is_refused_while_the_features_stay(catalog):
    curated = catalog.load_table("db.feed_curated")
    curated.maintenance.expire_snapshots().by_ids(
        [each.snapshot_id for each in curated.metadata.snapshots if each != curated.current_snapshot()]
    ).commit()
    with pytest.raises(ConfigurationError, match="no longer kept"):
        sum_of("curated", catalog, "2024Q1")
    assert sum_of("features", catalog, "2024Q1") == 7


def test_tags_tell_snapshot_rows_of_the_whole_table_and_run_in_the_order_of_their_commits(catalog):
    table = catalog.load_table("db.feed_features")
    assert snapshot_named(table, "2024Q2") == table.current_snapshot()
    table.append(features(("crow", 0, 1, 1.0)))
    table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, "by-hand").commit()
    assert [(tag.name, tag.rows, tag.run_id) for tag in tags_of(table)] == [
        ("2024Q1", 3, "wr_1"),
        ("2024Q2", 4, "wr_2"),
        ("by-hand", 5, ""),
    ]


def test_diff_counts_rows_by_entity_and_day_and_values_by_column():
    found = diff_features(EARLY, LATE)
    assert found.key == ("brand", "day")
    assert (found.rows_before, found.rows_after) == (3, 4)
    assert (found.added, found.removed, found.changed) == (2, 1, 2)
    assert [(each.column, each.changed, each.before, each.after) for each in found.columns] == [
        ("n", 1, 2, 3),
        ("mean", 2, 0.5, 0.75),
    ]
    assert found.columns[0].key == {"brand": "bolt", "day": FIRST}


def test_diff_tells_of_new_and_gone_columns_and_compares_the_others():
    found = diff_features(EARLY, EARLY.rename_columns(["brand", "day", "quarter", "n", "median"]))
    assert (found.columns_added, found.columns_removed) == (("median",), ("mean",))
    assert (found.added, found.removed, found.changed, found.columns) == (0, 0, 0, ())
    assert not found.is_empty


def test_diff_of_a_single_series_goes_by_the_day():
    before, after = (state.slice(0, 1).drop_columns(["brand"]) for state in (EARLY, LATE))
    diff = diff_features(before, after)
    assert (diff.added, diff.removed, diff.changed) == (0, 0, 1)


def test_diff_of_states_with_other_entities_is_refused():
    with pytest.raises(ConfigurationError, match="brand, day in the first state and by maker, day"):
        diff_features(EARLY, EARLY.rename_columns(["maker", *EARLY.column_names[1:]]))


def test_diff_of_a_state_with_two_rows_for_one_key_is_refused():
    with pytest.raises(PipelineError, match="second state has more than one row for acme, 2024-03-31"):
        diff_features(EARLY, pa.concat_tables([EARLY, EARLY.slice(0, 1)]))


KEYS = st.tuples(st.sampled_from(["acme", "bolt", 'o"dd']), st.integers(0, 3))
VALUES = st.tuples(st.none() | st.integers(0, 2), st.none() | st.sampled_from([0.0, 1.5, float("nan")]))
STATES = st.dictionaries(KEYS, VALUES, max_size=8)


@given(STATES, STATES)
def test_diff_agrees_with_a_comparison_of_dictionaries(before, after):
    found = diff_features(*(features(*(key + values for key, values in state.items())) for state in (before, after)))
    both = before.keys() & after.keys()
    # repr, since NaN equals NaN here
    differing = {key: [repr(a) != repr(b) for a, b in zip(before[key], after[key], strict=True)] for key in both}
    assert found.added == len(after.keys() - before.keys())
    assert found.removed == len(before.keys() - after.keys())
    assert found.changed == sum(any(each) for each in differing.values())
    counts = {each.column: each.changed for each in found.columns}
    assert [counts.get("n", 0), counts.get("mean", 0)] == [sum(each[i] for each in differing.values()) for i in (0, 1)]


@pytest.mark.parametrize("form", list(ExportFormat))
def test_export_holds_the_rows_of_the_tag_and_a_manifest_that_fits(catalog, tmp_path, form):
    table = catalog.load_table("db.feed_features")
    tag = tags_of(table)[0]
    out = tmp_path / "hand" / "over"
    export_features(table, tag.snapshot_id, tag.name, out, form)

    manifest = json.loads((out / "manifest.json").read_text())
    files = {file["name"]: file for file in manifest["files"]}
    assert sorted(path.name for path in out.iterdir()) == sorted([*files, "manifest.json"])
    assert [path.name for path in out.parent.iterdir()] == ["over"], "nothing partial is left"
    assert (manifest["tag"], manifest["snapshot_id"], manifest["rows"]) == ("2024Q1", tag.snapshot_id, 3)
    assert [column["name"] for column in manifest["columns"]] == SCHEMA.names
    assert {name: file["rows"] for name, file in files.items()} == {
        f"features-2024Q1.{form}": 2,
        f"features-2024Q2.{form}": 1,
    }
    for name, file in files.items():
        content = (out / name).read_bytes()
        assert (file["size_bytes"], file["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    if form is ExportFormat.PARQUET:
        read = pa.concat_tables(pq.read_table(out / name, partitioning=None) for name in sorted(files))
        assert read.to_pylist() == EARLY.to_pylist()
    else:
        with (out / "features-2024Q1.csv").open(newline="") as file:
            rows = list(csv.reader(file))
        assert rows == [
            SCHEMA.names,
            ["acme", "2024-03-31", "2024Q1", "1", "0.5"],
            ["bolt", "2024-03-31", "2024Q1", "2", ""],
        ]


def test_export_says_which_quarters_it_hands_over_and_takes_some_of_them(command_line, tmp_path, capsys):
    assert run(["export", "--tag", "2024Q2", "--out", str(tmp_path / "all")]) == 0
    assert "at 2024Q2, of 2024Q1, 2024Q2, in 2 files" in capsys.readouterr().out
    assert run(["export", "--tag", "2024Q2", "--quarter", "2024Q2", "--out", str(tmp_path / "one")]) == 0
    assert "at 2024Q2, of 2024Q2 (not 2024Q1), in 1 file," in capsys.readouterr().out
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_text())
    assert [file["quarter"] for file in manifest["files"]] == ["2024Q2"]
    assert manifest["left_out"] == ["2024Q1"]
    assert manifest["rows"] == pq.read_table(tmp_path / "one" / "features-2024Q2.parquet", partitioning=None).num_rows


def test_quarter_that_the_tag_does_not_hold_is_refused_with_those_it_holds(command_line, tmp_path, capsys):
    assert run(["export", "--tag", "2024Q2", "--quarter", "2023Q1", "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert "The features at 2024Q2 have no quarter 2023Q1" in told
    assert "2024Q1, 2024Q2" in told
    assert not (tmp_path / "out").exists()


def test_quarter_of_which_rows_are_missing_is_not_exported(catalog, tmp_path, monkeypatch):
    table = catalog.load_table("db.feed_features")

    def some_rows(*arguments, **options):
        rows = read_rows(*arguments, **options)
        return rows.slice(1) if "row_filter" in options else rows

    monkeypatch.setattr("quartal.feature_export.read_rows", some_rows)
    with pytest.raises(AwsError, match=r"rows of 2024Q1, but .* came out of its files"):
        export_features(
            table, tags_of(table)[0].snapshot_id, "2024Q1", tmp_path / "out", ExportFormat.CSV, only=["2024Q1"]
        )
    assert not (tmp_path / "out").exists()


def test_export_into_a_folder_that_holds_something_is_refused_and_leaves_it_alone(catalog, tmp_path):
    table = catalog.load_table("db.feed_features")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").write_text("x")
    with pytest.raises(ConfigurationError, match="not empty"):
        export_features(table, tags_of(table)[0].snapshot_id, "2024Q1", tmp_path / "out", ExportFormat.CSV)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_export_that_breaks_off_leaves_nothing(catalog, tmp_path, monkeypatch, error):
    table = catalog.load_table("db.feed_features")
    written: list[Path] = []

    def second_file_fails(rows, path, form):
        written.append(path)
        if len(written) == 2:
            raise error
        path.write_text("first")

    monkeypatch.setattr("quartal.feature_export._write_file", second_file_fails)
    expected = KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else ConfigurationError
    (tmp_path / "parent").mkdir()
    with pytest.raises(expected):
        export_features(table, tags_of(table)[0].snapshot_id, "2024Q1", tmp_path / "parent" / "out", ExportFormat.CSV)
    assert len(written) == 2
    assert list((tmp_path / "parent").iterdir()) == []


def test_query_prints_csv_with_missing_values_empty(command_line, capsys):
    sql = "select brand, day, mean from features order by brand"
    assert run(["query", sql, "--as-of", "2024Q1", "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[:3] == ["brand,day,mean", "acme,2024-03-31,0.5", "bolt,2024-03-31,"]


def test_query_with_format_json_prints_what_json_does(command_line, capsys):
    sql = "select n from features order by n"
    assert run(["query", sql, "--format", "json"]) == run(["query", sql, "--json"]) == 0
    printed = capsys.readouterr().out
    assert printed[: len(printed) // 2] == printed[len(printed) // 2 :]
    assert json.loads(printed[: len(printed) // 2]) == [{"n": 1}, {"n": 3}, {"n": 5}, {"n": 7}]


def test_commands_on_an_unknown_tag_end_with_2_and_list_the_tags(command_line, capsys, tmp_path):
    out = str(tmp_path / "out")
    for arguments in (
        ["diff", "2024Q1", "x"],
        ["export", "--tag", "x", "--out", out],
        ["query", "from features", "--as-of", "x"],
    ):
        assert run(arguments) == 2
        assert "2024Q1, 2024Q2" in capsys.readouterr().err


def test_tags_and_diff_print_for_people_and_for_machines(command_line, capsys):
    assert run(["tags"]) == run(["diff", "2024Q1", "2024Q2"]) == 0
    printed = capsys.readouterr().out
    assert "wr_1" in printed
    assert "2 rows added, 1 removed, 2 changed" in printed
    assert run(["tags", "--json"]) == 0
    assert [tag["rows"] for tag in json.loads(capsys.readouterr().out)] == [3, 4]
    assert run(["diff", "2024Q1", "2024Q2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["before"], found["added"], found["columns"][0]["key"]["day"]) == ("2024Q1", 2, "2024-03-31")


def test_diff_of_a_tag_and_itself_says_that_they_are_the_same(command_line, capsys):
    assert run(["diff", "2024Q2", "2024Q2"]) == 0
    assert capsys.readouterr().out == "The features of 2024Q2 and 2024Q2 are the same: 4 rows.\n"


def test_export_prints_where_and_what(command_line, capsys, tmp_path):
    assert run(["export", "--tag", "2024Q2", "--out", str(tmp_path / "out"), "--format", "csv"]) == 0
    assert "4 rows of db.feed_features at 2024Q2, of 2024Q1, 2024Q2, in 2 files" in capsys.readouterr().out


def test_tag_of_ones_own_names_the_newest_state_or_another_one_and_can_be_removed(command_line, catalog, capsys):
    assert run(["tag", "model-7"]) == run(["tag", "model-6", "--as-of", "2024Q1"]) == 0
    capsys.readouterr()
    assert run(["tag", "--json"]) == 0
    named = {tag["name"]: tag["snapshot_id"] for tag in json.loads(capsys.readouterr().out)}
    assert (named["model-7"], named["model-6"]) == (named["2024Q2"], named["2024Q1"])
    assert sum_of("features", catalog, "model-6") == 7
    assert run(["tag", "model-6", "--delete"]) == 0
    assert {tag.name for tag in tags_of(catalog.load_table("db.feed_features"))} == {"2024Q1", "2024Q2", "model-7"}


def test_tag_that_names_this_state_already_is_no_error_and_one_that_names_another_is(command_line, capsys):
    assert run(["tag", "model-7"]) == 0
    capsys.readouterr()
    assert run(["tag", "model-7", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["is_new"] is False
    assert run(["tag", "model-7", "--as-of", "2024Q1"]) == 2
    assert "quartal tag model-7 --delete" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["2025Q1", "main", "wr_0a1b", "123", "a b", ""])
def test_name_that_the_job_gives_or_nobody_could_read_by_is_refused(command_line, capsys, name):
    assert run(["tag", name]) == 2
    assert "cannot be the name" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"), [(["2024Q1"], "the job gave"), (["x"], "2024Q1, 2024Q2"), ([], "Which")]
)
def test_tag_that_is_the_jobs_or_not_there_is_not_removed(command_line, capsys, arguments, said):
    assert run(["tag", *arguments, "--delete"]) == 2
    assert said in capsys.readouterr().err


def test_tag_that_somebody_gives_to_another_state_meanwhile_is_refused_and_stays_theirs(command_line, catalog):
    stale = catalog.load_table("db.feed_features")
    assert run(["tag", "model-7", "--as-of", "2024Q1"]) == 0
    with pytest.raises(ConfigurationError, match="names another state already"):
        set_tag(stale, "model-7", stale.current_snapshot().snapshot_id, lambda _: None)
    assert sum_of("features", catalog, "model-7") == 7


def test_tag_of_a_state_that_has_expired_meanwhile_is_refused(catalog):
    table = catalog.load_table("db.feed_features")
    with pytest.raises(ConfigurationError, match="no longer kept"):
        set_tag(table, "model-7", 1, lambda _: None)


def test_tag_while_the_table_is_changed_again_and_again_says_so(catalog):
    table = catalog.load_table("db.feed_features")
    table.catalog.glue = Faulty(table.catalog.glue).before("update_table", conflict, None)
    with pytest.raises(PipelineError, match="changed meanwhile, so tag 'model-7' was not made"):
        set_tag(table, "model-7", table.current_snapshot().snapshot_id, lambda _: None)


FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1"]
NO_FORMULAS = ["acme", "a=b", "-1", "+1.5", "-2e-3", ".5", "'=1", "", None]


@pytest.mark.parametrize("value", [*FORMULAS, *NO_FORMULAS, -1, -1.5, date(2024, 1, 1), True])
def test_value_that_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe(value):
    expected = f"'{value}" if value in FORMULAS else value
    answer = QueryResult(("value", "other"), ((value, "x"),))
    assert answer.as_csv(spreadsheet_safe=True) == QueryResult(("value", "other"), ((expected, "x"),)).as_csv()
    rows = pa.table({"value": pa.array([value]), "plain": pa.array([-1])})
    assert defused_table(rows).to_pylist() == [{"value": expected, "plain": -1}]


@given(st.lists(st.none() | st.text(), max_size=5))
def test_table_and_single_values_are_defused_alike(values):
    for kind in (pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())):
        rows = pa.table({"value": pa.array(values, pa.string()).cast(kind)})
        assert defused_table(rows)["value"].to_pylist() == [defused(value) for value in values]


def test_export_defuses_formulas_where_it_is_asked_to_and_says_so(command_line, catalog, tmp_path):
    table = catalog.load_table("db.feed_features")
    table.overwrite(features(("=1+1", 0, -1, -0.5)))
    table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, "odd").commit()
    for name, more in (("as-is", []), ("safe", ["--spreadsheet-safe"])):
        assert run(["export", "--tag", "odd", "--out", str(tmp_path / name), "--format", "csv", *more]) == 0
    lines = {name: (tmp_path / name / "features-2024Q1.csv").read_text() for name in ("as-is", "safe")}
    assert '"=1+1",2024-03-31,"2024Q1",-1,-0.5' in lines["as-is"]
    assert '"\'=1+1",2024-03-31,"2024Q1",-1,-0.5' in lines["safe"]
    manifests = {name: json.loads((tmp_path / name / "manifest.json").read_text()) for name in lines}
    assert [manifests[name]["spreadsheet_safe"] for name in ("as-is", "safe")] == [False, True]


def test_query_defuses_formulas_where_it_is_asked_to(command_line, capsys):
    assert run(["query", "select '=1+1' as a, -1 as b", "--format", "csv", "--spreadsheet-safe"]) == 0
    assert capsys.readouterr().out == "a,b\n'=1+1,-1\n"


@pytest.mark.parametrize(
    "arguments", [["query", "select 1"], ["export", "--tag", "2024Q1", "--out", "x"], ["query", "x", "--json"]]
)
def test_spreadsheet_safe_is_refused_where_no_csv_is_written(command_line, capsys, arguments):
    assert run([*arguments, "--spreadsheet-safe"]) == 2
    assert "--format csv" in capsys.readouterr().err


@pytest.mark.parametrize("form", list(ExportFormat))
@pytest.mark.parametrize("keep", [0, 4, 100, -8])
def test_export_of_a_file_that_is_cut_off_is_one_error_and_leaves_nothing(catalog, tmp_path, form, keep):
    table = catalog.load_table("db.feed_features")
    path = Path(next(iter(table.scan().plan_files())).file.file_path.removeprefix("file://"))
    path.write_bytes(path.read_bytes()[:keep])
    (tmp_path / "parent").mkdir()
    with pytest.raises(AwsError, match="could not be read"):
        export_features(table, table.current_snapshot().snapshot_id, "2024Q2", tmp_path / "parent" / "out", form)
    assert list((tmp_path / "parent").iterdir()) == []


def test_export_of_fewer_rows_than_the_snapshot_counts_is_refused_and_leaves_nothing(catalog, tmp_path):
    table = catalog.load_table("db.feed_features")
    path = Path(next(iter(table.scan().plan_files())).file.file_path.removeprefix("file://"))
    whole = pq.read_table(path, partitioning=None)
    pq.write_table(whole.slice(0, whole.num_rows - 1), path)  # as whole as a Parquet file can be, and short
    (tmp_path / "parent").mkdir()
    with pytest.raises(AwsError, match=r"has 4 rows, but 3 came out of its files"):
        export_features(
            table, table.current_snapshot().snapshot_id, "2024Q2", tmp_path / "parent" / "out", ExportFormat.PARQUET
        )
    assert list((tmp_path / "parent").iterdir()) == []


BEHIND = "The features are behind the curated table: a run ended between its two commits."


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["query", "select 1"], True),
        (["query", "select 1", "--as-of", "2024Q2"], False),
        (["tags"], True),
        (["tag", "champion"], True),
        (["tag", "champion", "--as-of", "2024Q1"], False),
        (["export", "--tag", "2024Q2", "--out", "out"], True),
        (["export", "--tag", "2024Q1", "--out", "out"], False),
    ],
    ids=lambda each: " ".join(each) if isinstance(each, list) else "",
)
def test_features_that_are_behind_are_told_by_whoever_reads_the_newest(catalog, command_line, capsys, arguments, told):
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

"""CSV for spreadsheets, whose formulas are escape_formula."""

from __future__ import annotations

import json
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quartal.cli.app import run
from quartal.core.spreadsheets import escape_formula, escape_formulas
from quartal.features.answers import QueryResult
from tests.unit.quartal.features.lake import features

FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1+1", "\ufeff=1"]
FORMULAS += ["\uff1d1+1", "\uff20SUM(A1)", "\xa0@SUM(A1)", "\t1"]
NO_FORMULAS = ["acme", "a=b", "-1", "+1.5", "-2e-3", ".5", "'=1", "", None, " -1", " a=b"]


@pytest.mark.parametrize("value", [*FORMULAS, *NO_FORMULAS, -1, -1.5, date(2024, 1, 1), True])
def test_value_that_a_spreadsheet_takes_for_a_formula_gets_an_apostrophe(value):
    expected = f"'{value}" if value in FORMULAS else value
    answer = QueryResult(("value", "other"), ((value, "x"),))
    assert answer.as_csv(spreadsheet_safe=True) == QueryResult(("value", "other"), ((expected, "x"),)).as_csv()
    rows = pa.table({"value": pa.array([value]), "plain": pa.array([-1])})
    assert escape_formulas(rows).to_pylist() == [{"value": expected, "plain": -1}]


@given(st.lists(st.none() | st.text(), max_size=5))
def test_table_and_single_values_are_defused_alike(values):
    for kind in (pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())):
        rows = pa.table({"value": pa.array(values, pa.string()).cast(kind)})
        assert escape_formulas(rows)["value"].to_pylist() == [escape_formula(value) for value in values]


def test_export_defuses_formulas_on_request_and_reports_it(command_line, catalog, tmp_path):
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


def test_query_defuses_formulas_on_request(command_line, capsys):
    assert run(["query", "select '=1+1' as a, -1 as b", "--format", "csv", "--spreadsheet-safe"]) == 0
    assert capsys.readouterr().out == "a,b\n'=1+1,-1\n"


@pytest.mark.parametrize(
    "arguments", [["query", "select 1"], ["export", "--tag", "2024Q1", "--out", "x"], ["query", "x", "--json"]]
)
def test_spreadsheet_safe_is_refused_where_no_csv_is_written(command_line, capsys, arguments):
    assert run([*arguments, "--spreadsheet-safe"]) == 2
    assert "--format csv" in capsys.readouterr().err

"""`quartal contract export --format dqdl`: what is written judges rows as the contract does; the rest is named."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow
import pyarrow.csv
import pytest
import yaml
from typer.testing import CliRunner

from quartal.cli.app import app
from quartal.contracts.dqdl import build_ruleset
from quartal.contracts.model import parse_contract
from quartal.contracts.trying import try_files

ROOT = Path(__file__).parents[3]
SIGHTINGS = ROOT / "data" / "contracts" / "vehicle_sightings.yaml"
if (SOURCE := str(ROOT / "tooling/localstack_glue/src")) not in sys.path:
    sys.path.append(SOURCE)  # the service is a separate distribution: what evaluates rules on DuckDB is in it

from localstack_glue.awsglue_runtime.awsgluedq.dqdl.evaluation import evaluate  # noqa: E402
from localstack_glue.awsglue_runtime.awsgluedq.dqdl.grammar import parse  # noqa: E402
from localstack_glue.data_quality.duckdb_engine import DuckDBEngine  # noqa: E402

COLUMNS = [
    {"name": "id", "required": True, "logicalTypeOptions": {"pattern": "[A-Z]+-[0-9]{2}$", "maxLength": 8}},
    {"name": "plug", "logicalTypeOptions": {"enum": ["ccs", "type2", "it's"], "missingValues": ["-", "none"]}},
    {"name": "note", "logicalTypeOptions": {"minLength": 2}},
    {
        "name": "day",
        "logicalType": "date",
        "required": True,
        "logicalTypeOptions": {"format": "yyyy-MM-dd", "minimum": "2020-01-01", "maximum": "2030-12-31"},
    },
]
QUALITY = [{"name": "capital", "type": "sql", "query": "id = upper(id)"}]
SOUND = "AB-12,ccs,ab,2024-02-29"


def contract(columns=COLUMNS, quality=(), files="csv"):
    document = yaml.safe_load(SIGHTINGS.read_text("utf-8"))
    schema = document["schema"][0]
    schema["properties"], schema["quality"] = list(columns), list(quality)
    properties = [each for each in schema["customProperties"] if each["property"] != "csv" or files == "csv"]
    schema["customProperties"] = [*properties, {"property": "files", "value": {"format": files}}]
    feature = next(each for each in schema["customProperties"] if each["property"] == "features")
    feature["value"] = {"entity": ["id"], "eventTime": {"date": "day"}, "count": "n"}
    return parse_contract(yaml.safe_dump(document), "c.yaml", "vehicle_sightings")


def broken_in_dqdl(text, rows):
    table = pyarrow.csv.read_csv(
        pyarrow.BufferReader("\n".join(["id,plug,note,day", *rows]).encode()),
        convert_options=pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(("id", "plug", "note", "day"), "string")),
    )
    engine = DuckDBEngine({"primary": table})
    found = evaluate(parse(text), engine, datetime.now(UTC))
    engine.close()
    return [not outcome.verdict.is_passed for outcome in found]


@pytest.mark.parametrize(
    "row",
    [
        SOUND,
        ",ccs,ab,2024-02-29",
        "ab-12,ccs,ab,2024-02-29",
        "xAB-12,ccs,ab,2024-02-29",
        "AB-12x,ccs,ab,2024-02-29",
        "ABCDEFGH-12,ccs,ab,2024-02-29",
        "AB-12,,ab,2024-02-29",
        "AB-12,-,ab,2024-02-29",
        "AB-12,CCS,ab,2024-02-29",
        "AB-12,it's,ab,2024-02-29",
        "AB-12,ccs,a,2024-02-29",
        "AB-12,ccs,,2024-02-29",
        "AB-12,ccs,ab,2023-02-29",
        "AB-12,ccs,ab,24-02-29",
        "AB-12,ccs,ab,2024-2-9",
        "AB-12,ccs,ab,2019-12-31",
        "AB-12,ccs,ab,2030-12-31",
        "AB-12,ccs,ab,2031-01-01",
        "AB-12,ccs,ab,",
        "-,ccs,ab,2024-02-29",
    ],
)
def test_rules_break_where_those_of_the_contract_do(tmp_path, row):
    named = contract()
    exported = build_ruleset(named)
    rows = [SOUND.replace("AB-12", "AB-13"), row]
    (tmp_path / "a.csv").write_text("\n".join(["id,plug,note,day", *rows]), "utf-8")
    expected = try_files(named, [tmp_path / "a.csv"]).broken
    found = broken_in_dqdl(exported.document("x"), rows)
    broken = {name for (name, _), is_broken in zip(exported.rules, found, strict=True) if is_broken}
    assert broken == expected.keys()


@pytest.mark.parametrize(("day", "broken"), [("1999-01-01", {"day.minimum"}), ("1999-01-01\n", {"day.format"})])
def test_day_with_a_line_end_breaks_its_format_and_no_bound(day, broken):
    exported = build_ruleset(contract())
    engine = DuckDBEngine({"primary": pyarrow.table({"id": ["AB-12"], "plug": ["ccs"], "note": ["ab"], "day": [day]})})
    found = evaluate(parse(exported.document("x")), engine, datetime.now(UTC))
    engine.close()
    assert {name for (name, _), each in zip(exported.rules, found, strict=True) if not each.verdict.is_passed} == broken


@pytest.mark.parametrize(("row", "is_broken"), [(SOUND, False), (SOUND.lower(), True)])
def test_rule_over_required_texts_is_a_query(row, is_broken):
    exported = build_ruleset(contract(quality=QUALITY))
    assert exported.rules[-1][0] == "row.capital, error"
    assert broken_in_dqdl(exported.document("x"), [row])[-1] is is_broken


@pytest.mark.parametrize(("row", "is_broken"), [(SOUND, False), (SOUND.replace("AB-12", ""), True)])
def test_missing_text_is_null_in_a_query_as_in_the_contract(row, is_broken):
    exported = build_ruleset(contract(quality=[{"name": "known", "type": "sql", "query": "ID <> 'unknown'"}]))
    assert broken_in_dqdl(exported.document("x"), [row])[-1] is is_broken


def test_query_over_a_time_of_day_is_left_out():
    times = [*COLUMNS[:2], {"name": "note", "required": True, "logicalTypeOptions": {"format": "HH:mm"}}, COLUMNS[3]]
    quality = [{"name": "early", "type": "sql", "query": "note < '12:00'"}]
    assert "row.early" in dict(build_ruleset(contract(times, quality)).left_out)  # it does not apply to what is no time


@pytest.mark.parametrize("query", ["id = 'a' -- but b", "id /* not plug */ = 'a'"])
def test_rule_with_a_comment_is_left_out(query):
    exported = build_ruleset(contract(quality=[{"name": "capital", "type": "sql", "query": query}]))
    assert "comment" in dict(exported.left_out)["row.capital"]
    sound = build_ruleset(contract(quality=[{"name": "capital", "type": "sql", "query": "id <> '--'"}]))
    assert sound.rules[-1][0] == "row.capital, error"


def test_rules_with_another_meaning_in_dqdl_are_left_out_by_name():
    columns = [
        *COLUMNS,
        {"name": "size", "logicalType": "integer", "logicalTypeOptions": {"minimum": 1}},
        {"name": "word", "logicalTypeOptions": {"pattern": "^\\p{Lu}.+", "enum": ["2024-01-01", "x"]}},
        {"name": "quoted", "logicalTypeOptions": {"pattern": '^"'}},
        {"name": "brace", "logicalTypeOptions": {"pattern": "{a}"}},
        {"name": "counted", "logicalTypeOptions": {"pattern": "a{2,}"}},
    ]
    quality = [{"name": "large", "type": "sql", "query": "size > 2", "severity": "warning"}]
    left_out = dict(build_ruleset(contract(columns, quality)).left_out)
    assert {
        "size.format",
        "size.minimum",
        "word.pattern",
        "word.enum",
        "quoted.pattern",
        "brace.pattern",
        "row.large",
    } <= left_out.keys()
    assert {"row.field_count", "row.encoding"} <= left_out.keys()
    assert "counted.pattern" not in left_out


def test_missing_value_with_an_apostrophe_fits_into_no_condition():
    columns = [*COLUMNS[:2], {"name": "note", "required": True, "logicalTypeOptions": {"minLength": 2}}, COLUMNS[3]]
    columns[2]["logicalTypeOptions"]["missingValues"] = ["n'a"]
    exported = build_ruleset(contract(columns))
    assert dict(exported.rules)["note.required"] == 'ColumnValues "note" not in [NULL, EMPTY, "n\'a"]'
    assert dict(exported.left_out)["note.minLength"] == "a missing value contains an apostrophe"


def test_columns_that_are_no_texts_in_the_table_are_left_out():
    exported = build_ruleset(contract(files="jsonLines"))
    assert not [name for name, _ in exported.rules if name.startswith("day.")]
    assert dict(exported.left_out)["day.required"] == "its column may not be text in jsonLines files"
    assert "id.pattern" in dict(exported.rules)


def test_command_prints_a_ruleset_that_is_read():
    printed = CliRunner().invoke(app, ["contract", "export", str(SIGHTINGS), "--format", "dqdl"])
    assert printed.exit_code == 0
    assert "# Left out: date.future" in printed.stdout
    assert len(parse(printed.stdout).rules) == 9
    as_json = CliRunner().invoke(app, ["contract", "export", str(SIGHTINGS), "--json"])
    assert json.loads(as_json.stdout)["result"]["ruleset"] == printed.stdout

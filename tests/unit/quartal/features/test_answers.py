"""Answers of `query` with values that CSV or JSON have no form of their own for."""

from __future__ import annotations

import csv
import io
import json

import pytest

from quartal.cli.app import run


def answer(capsys, sql: str) -> object:
    assert run(["query", sql, "--format", "json"]) == 0
    return json.loads(capsys.readouterr().out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("'nan'::double", "NaN"),
        ("[1.5::double, 'inf'::double, '-inf'::double]", [1.5, "Infinity", "-Infinity"]),
        ("map([date '2024-03-31'], [2])", {"2024-03-31": 2}),
        ("map(['nan'::double], [2])", {"NaN": 2}),
        (r"'\x00\xff'::blob", "00ff"),
        ("timestamptz '2024-03-31 02:00:00+02'", "2024-03-31T00:00:00Z"),
        ("[timestamptz '2024-03-31 02:00:00+02']", ["2024-03-31 00:00:00+00"]),
        ("'infinity'::date", "infinity"),
        ("'-infinity'::timestamp", "-infinity"),
        ("'infinity'::timestamptz", "infinity"),
        ("'infinity'::timestamp_ms", "infinity"),
        ("'12000-01-01'::date", "12000-01-01"),
        ("'12000-01-01'::timestamptz", "12000-01-01 00:00:00+00"),
        ("'0044-03-15 (BC)'::timestamptz", "0044-03-15 (BC) 00:00:00+00"),
        ("timestamp_ns '2024-03-31 00:00:00.123456789'", "2024-03-31 00:00:00.123456789"),
        ("timestamp_ns '2024-03-31 00:00:00.123456'", "2024-03-31T00:00:00.123456"),
        ("time_ns '12:00:00.123456789'", "12:00:00.123456789"),
        ("interval '13 months 2 days'", "1 year 1 month 2 days"),
        ("null::interval", None),
        ("[date 'infinity', date '2024-03-31', null]", ["infinity", "2024-03-31", None]),
        ("[timestamp '2024-03-31']", ["2024-03-31T00:00:00"]),
        ("{'DATE': 1, 'a \"b': [{'c': date '-infinity'}]}", {"DATE": 1, 'a "b': [{"c": "-infinity"}]}),
        ("map([date 'infinity', date '9999-12-31'], [1, 2])", {"infinity": 1, "9999-12-31": 2}),
        ("[interval '1 month']::interval[1]", ["1 month"]),
        ("row(date 'infinity', 1)", "(infinity, 1)"),
        ("union_value(d := date 'infinity')", "infinity"),
        ("'DATE'::enum('DATE')", "DATE"),
        ("9007199254740993", 9007199254740993),
        ("170141183460469231731687303715884105727::hugeint", 170141183460469231731687303715884105727),
        ("1.10::decimal(4, 2)", "1.10"),
    ],
)
def test_every_value_is_json_that_any_reader_takes(command_line, capsys, sql, value):
    assert answer(capsys, f"select {sql} as v") == [{"v": value}]


@pytest.mark.parametrize("arguments", [["--json"], ["--format", "json"]])
def test_answer_with_two_columns_of_one_name_is_refused_in_json_which_would_lose_one(command_line, capsys, arguments):
    sql = "select f.n, c.n from features f join features c on f.day = c.day"
    assert run(["query", sql, *arguments]) == 2
    assert "more than one column n" in capsys.readouterr().err
    assert run(["query", sql]) == run(["query", sql, "--format", "csv"]) == 0
    assert "n,n\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        ("'a' || chr(13) || 'b'", "a\rb"),
        ("'a' || chr(13) || chr(10) || '\"b\"'", 'a\r\n"b"'),
        ("[date '2024-03-31', null]", '["2024-03-31", null]'),
        ("{'a': 1.5, 'b': 'ä'}", '{"a": "1.5", "b": "ä"}'),
        (r"'\x00\xff'::blob", "00ff"),
        ("timestamptz '2024-03-31 02:00:00+02'", "2024-03-31 00:00:00+00:00"),
        ("null", ""),
    ],
)
def test_every_value_is_one_field_of_csv(command_line, capsys, sql, value):
    assert run(["query", f"select {sql} as v, 1 as n", "--format", "csv"]) == 0
    # as readers do for which each line break outside of quotes ends a row
    printed = capsys.readouterr().out
    assert list(csv.reader(io.StringIO(printed, newline=""))) == [["v", "n"], [value, "1"]]
    assert printed.count("\n") == 2 + value.count("\n")


def test_table_shows_lists_as_json(command_line, capsys):
    assert run(["query", "select [date '2024-03-31'] as v"]) == 0
    assert '["2024-03-31"]' in capsys.readouterr().out


def test_number_that_is_too_long_for_a_snapshot_names_none(command_line, capsys):
    assert run(["query", "select * from features", "--as-of", "9" * 5000]) == 2
    assert "has no tag and no snapshot '9999" in capsys.readouterr().err


def test_days_without_an_end_are_text_in_csv_and_in_the_table(command_line, capsys):
    sql = "select * from (values (date 'infinity'), (date '2024-03-31'), (null)) as t(v)"
    assert run(["query", sql, "--format", "csv"]) == 0
    assert capsys.readouterr().out == 'v\ninfinity\n2024-03-31\n""\n'
    assert run(["query", sql]) == 0
    assert "infinity" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("insert into features values (1)", "not one SELECT, but INSERT"),
        ("create table t as select 1", "not one SELECT, but CREATE"),
        ("select 1; drop table features", "not one SELECT, but DROP"),
        ("copy features to 'x.csv'", "not one SELECT, but COPY"),
        ("/* only this */", "it has no statement"),
        ("select 1; select 2", "two statements"),  # one answer would be lost
    ],
)
def test_statement_that_does_not_read_is_refused_by_its_kind(command_line, capsys, sql, reason):
    assert run(["query", sql]) == 2
    assert reason in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("sql", ["describe features", "from features;"])
def test_every_statement_that_reads_is_answered(command_line, sql):
    assert run(["query", sql, "--format", "csv"]) == 0

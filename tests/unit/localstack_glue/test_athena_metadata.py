"""What queries say of databases, tables and themselves: information_schema, hidden columns, SHOW and EXPLAIN."""

# ruff: noqa: E501 - a statement is read as a line

import pytest

from localstack_glue.athena.engine.run import QueryEngine
from tests.unit.localstack_glue.athena_lake import Lake


def test_information_schema_lists_the_catalog(lake: Lake):
    lake.table("t", "a int; b decimal(5,2); c array<struct<x:string>>", keys="p string")
    lake.rows("create view v as select a from t")
    assert lake.rows("select schema_name from information_schema.schemata order by 1") == [
        ("feeds",),
        ("information_schema",),
    ]
    assert lake.rows(
        "select table_name, table_type from information_schema.tables where table_schema = 'feeds' order by 1"
    ) == [
        ("t", "BASE TABLE"),
        ("v", "VIEW"),
    ]
    sql = "select column_name, data_type, ordinal_position, extra_info from information_schema.columns where table_name = 't'"
    assert lake.rows(sql) == [
        ("a", "integer", "1", None),
        ("b", "decimal(5,2)", "2", None),
        ("c", "array(row(x varchar))", "3", None),
        ("p", "varchar", "4", "partition key"),
    ]
    assert lake.rows("select table_name from information_schema.views") == [("v",)]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select current_catalog, CURRENT_SCHEMA", [("awsdatacatalog", "feeds")]),
        ("select typeof(current_catalog), typeof(current_schema)", [("varchar", "varchar")]),
        ("select count(*) from information_schema.tables where table_schema = current_schema", [("1",)]),
        ('select x.current_schema, "current_schema" from (select 1 "current_schema") x', [("1", "1")]),
        ("select s from other.v", [("other",)]),
    ],
)
def test_session_names_its_catalog_and_database(lake: Lake, sql: str, expected: list[tuple[str, ...]]):
    lake.table("t", "a int")
    lake.glue.create_database(DatabaseInput={"Name": "other"})
    lake.engine.run("create view other.v as select current_schema s", "other")
    assert lake.rows(sql) == expected


def test_path_column_has_the_file_of_each_row(lake: Lake):
    lake.table("t", "a int", keys="p int")
    lake.put("t/p=1/x.csv", "1\n")
    lake.partition("t", "1", location="t/p=1/")
    assert lake.rows('select a, "$path", "$file_size" from t') == [("1", "s3://lake/t/p=1/x.csv", "2")]
    assert lake.rows("select * from t") == [("1", "1")]
    assert lake.rows("select count(*) from t where \"$file_modified_time\" > timestamp '2020-01-01 00:00:00 UTC'") == [
        ("1",)
    ]


def test_explain_lists_the_tables_read():
    engine = QueryEngine(None, None, {})
    assert ("    Output layout: [a:integer]",) in engine.run("explain select 1 a", "db").rows


def test_show_uses_the_patterns_of_hive(lake: Lake):
    for name in ("one", "two", "three"):
        lake.table(name, "a int")
    assert lake.rows("show tables 't*'") == [("three",), ("two",)]
    assert lake.rows("show tables in feeds 'one|three'") == [("one",), ("three",)]


@pytest.mark.parametrize(
    ("asked", "told"), [("made", "made"), ("feeds.made", "feeds.made"), ("`feeds`.`made`", "feeds.made")]
)
def test_table_is_shown_under_the_name_in_the_query(lake: Lake, asked: str, told: str):
    lake.table("made", "a int", serde_parameters={"serialization.format": "1"})
    lines = [row[0] for row in lake.rows(f"SHOW CREATE TABLE {asked}")]
    assert lines[0] == f"CREATE EXTERNAL TABLE `{told}`("
    assert not [line for line in lines if "SERDEPROPERTIES" in str(line)]

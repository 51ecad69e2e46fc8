"""What SHOW and DESCRIBE answer of tables over files, Iceberg tables and views."""

# ruff: noqa: E501 - a statement is read as a line

import pytest

from localstack_glue.athena.engine.errors import QueryFailedError
from tests.unit.localstack_glue.athena_lake import JSON, OPEN_CSV, PARQUET, Lake, run

# the shapes were measured on Athena by others: github.com/aoyagikouhei/athena-local, docs/dev/measurements


def test_table_over_files_is_described_in_columns_of_20_characters_and_its_keys_twice(lake: Lake):
    lake.table("t", "n int; a_name_of_more_than_20_characters array<struct<a:int,b:string>>", keys="p string")
    width = 20
    assert [line for (line,) in lake.rows("describe t")] == [
        f"{'n':<{width}}\t{'int':<{width}}\t{'':<{width}}",
        f"a_name_of_more_than_20_characters\tarray<struct<a:int,b:string>>\t{'':<{width}}",
        f"{'p':<{width}}\t{'string':<{width}}\t{'':<{width}}",
        "\t \t ",
        "# Partition Information\t \t ",
        f"# {'col_name':<{width}}\t{'data_type':<{width}}\t{'comment':<{width}}",
        "\t \t ",
        f"{'p':<{width}}\t{'string':<{width}}\t{'':<{width}}",
    ]
    assert lake.rows("show columns in t")[0] == (f"{'n':<{width}}",)
    with pytest.raises(QueryFailedError, match="NOT_SUPPORTED: line 1:1: DESCRIBE FORMATTED"):
        lake.rows("describe formatted t")


@pytest.mark.parametrize(
    ("serde", "comment"), [(JSON, "from deserializer"), (OPEN_CSV, "from deserializer"), (PARQUET, "")]
)
def test_column_without_a_comment_is_described_by_its_serde(lake: Lake, serde: str, comment: str):
    # docs.aws.amazon.com/athena/latest/ug/describe-table.html
    lake.table("t", "a string", keys="p string", serde=serde)
    rows = lake.rows("describe t")
    assert (rows[0], rows[1]) == (
        (f"{'a':<20}\t{'string':<20}\t{comment:<20}",),
        (f"{'p':<20}\t{'string':<20}\t{'':<20}",),
    )
    shown = f" COMMENT '{comment}'" if comment else ""
    assert lake.rows("show create table t")[1] == (f"  `a` string{shown})",)


def test_iceberg_table_is_described_with_its_partitioning(lake: Lake, tmp_path):
    run(
        lake,
        "CREATE TABLE ice (n int COMMENT 'abc', s string, ts timestamp, d decimal(10,2), st struct<a:int,b:string>, m map<string,int>) "
        f"PARTITIONED BY (s, bucket(4, n), day(ts), truncate(3, s)) LOCATION 'file://{tmp_path}/ice' TBLPROPERTIES ('table_type'='ICEBERG')",
    )
    assert [line for (line,) in lake.rows("describe ice")] == [
        "# Table schema:\t\t",
        "# col_name\tdata_type\tcomment",
        "n\tint\tabc",
        "s\tstring\t",
        "ts\ttimestamp\t",
        "d\tdecimal(10, 2)\t",
        "st\tstruct<a: int, b: string>\t",
        "m\tmap<string, int>\t",
        "\t\t",
        "# Partition spec:\t\t",
        "# field_name\tfield_transform\tcolumn_name",
        "s\tidentity\ts",
        "n_bucket\tbucket[4]\tn",
        "ts_day\tday\tts",
        "s_trunc\ttruncate[3]\ts",
    ]
    assert lake.rows("show columns in ice")[0] == ("n",)


def test_view_is_described_with_trinos_types(lake: Lake):
    run(lake, "create view v as select 1 as n, 'a' as s, array[1] as a")
    for sql in ("describe v", "show columns in v"):
        answer = run(lake, sql)
        assert [column.name for column in answer.columns] == ["column", "type"]
        assert answer.rows == (("n\tinteger",), ("s\tvarchar(1)",), ("a\tarray(integer)",))


@pytest.mark.parametrize(
    ("pattern", "found"), [("feeds", 1), ("FEEDS", 0), ("fee*", 0), ("fee%", 0), ("fee.*", 1), ("*", 1)]
)
def test_names_of_databases_match_a_regular_expression_as_a_whole(lake: Lake, pattern: str, found: int):
    assert len(lake.rows(f"show databases like '{pattern}'")) == found


def test_tables_are_also_found_by_a_star(lake: Lake):
    lake.table("sightings", "n int")
    assert (
        lake.rows("show tables in feeds like 'sigh*'") == lake.rows("show tables in feeds 'sigh.*'") == [("sightings",)]
    )


def test_created_table_is_shown_with_its_comments_and_quotes(lake: Lake):
    run(
        lake,
        "CREATE EXTERNAL TABLE t (a int COMMENT 'it\\'s', b string) COMMENT 'all' PARTITIONED BY (p int COMMENT 'key') "
        "ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' LOCATION 's3://lake/t/'",
    )
    lines = [line for (line,) in lake.rows("show create table t")]
    assert lines[1:6] == [
        "  `a` int COMMENT 'it\\'s',",
        "  `b` string)",
        "COMMENT 'all'",
        "PARTITIONED BY ( ",
        "  `p` int COMMENT 'key')",
    ]
    assert "  'field.delim'='\\t', " in lines
    run(lake, "DROP TABLE t")
    run(lake, "\n".join(lines))
    assert [line for (line,) in lake.rows("show create table t")] == lines

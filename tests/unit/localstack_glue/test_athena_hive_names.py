"""Names in statements of Hive's grammar: backticks, reserved words, a database within one pair of backticks."""

import re

import pytest

from localstack_glue.athena.engine.errors import QueryFailedError
from tests.unit.localstack_glue.athena_lake import Lake, run


def test_name_with_its_database_in_one_pair_of_backticks(lake: Lake):
    run(lake, "CREATE EXTERNAL TABLE `feeds.t` (a int) LOCATION 's3://lake/t/'")
    assert len(list(lake.engine.run("SHOW COLUMNS IN `feeds.t`", "default").rows)) == 1
    lake.engine.run("ALTER TABLE `feeds.t` ADD COLUMNS (b int)", "default")
    lake.engine.run("DROP TABLE `feeds.t`", "default")
    assert lake.rows("show tables") == []


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("create external table n (date string) location 's3://b/'", "date"),
        ("create external table n (a int) partitioned by (timestamp string) location 's3://b/'", "timestamp"),
        ("create external table feeds.partition (a int) location 's3://b/'", "partition"),
        ("create external table n (a struct<date:string>) location 's3://b/'", "date"),
        ("create external table _n (a int) location 's3://b/'", "_n"),
        ("alter table t add columns (date string)", "date"),
        ("alter table t change a date string", "date"),
        ("alter table t add partition (date = '2018-05-14')", "date"),
        ("drop table user", "user"),
        ("msck repair table user", "user"),
        ("show tables in my-db", "my-db"),
        ("drop database my-db", "my-db"),
    ],
)
def test_reserved_word_in_a_statement_of_hives_needs_backticks(lake: Lake, sql: str, word: str):
    run(lake, "create external table t (a int) partitioned by (`date` string) location 's3://b/'")
    run(lake, "create external table `user` (a int) partitioned by (p string) location 's3://lake/'")
    run(lake, "create database `my-db`")
    with pytest.raises(QueryFailedError, match=f"^FAILED: ParseException .*'{word}'.*backticks"):
        run(lake, sql)
    if "columns (date" not in sql and "change a" not in sql:  # which would be the key's name
        run(lake, re.sub(rf"(?<=[ (<.]){word}\b", f"`{word}`", sql))


def test_reserved_word_in_a_statement_about_an_iceberg_table_needs_none(lake: Lake, tmp_path):
    # a test of awswrangler, which runs on AWS, creates such a table
    run(
        lake,
        f"CREATE TABLE ice (partition int, date string) PARTITIONED BY (partition) LOCATION 'file://{tmp_path}/ice' "
        "TBLPROPERTIES ('table_type'='ICEBERG')",
    )
    run(lake, "ALTER TABLE ice ADD COLUMNS (user string)")
    run(lake, "ALTER TABLE ice CHANGE date timestamp string")
    assert lake.rows("show columns in ice") == [("partition",), ("timestamp",), ("user",)]

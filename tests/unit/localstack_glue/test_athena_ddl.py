"""Statements that create, change and drop databases, tables over files and their partitions."""

import pytest

from localstack_glue.athena.engine.errors import QueryFailedError
from tests.unit.localstack_glue.athena_lake import Lake, get_partition, get_table, run


def test_database_is_created_and_dropped(lake: Lake):
    run(lake, "CREATE DATABASE IF NOT EXISTS `new-db` COMMENT 'it''s new' LOCATION 's3://lake/new/'")
    run(lake, "create schema if not exists `new-db`")
    found = lake.glue.get_database(Name="new-db")["Database"]
    assert (found["Description"], found["LocationUri"]) == ("it's new", "s3://lake/new/")
    assert lake.rows("show databases like 'new.*'") == [("new-db",)]
    with pytest.raises(QueryFailedError, match="AlreadyExistsException"):
        run(lake, "CREATE DATABASE `new-db`")
    run(lake, "CREATE EXTERNAL TABLE `new-db`.t (a int) LOCATION 's3://lake/t/'")
    with pytest.raises(QueryFailedError, match="is not empty"):
        run(lake, "DROP DATABASE `new-db`")
    run(lake, "DROP SCHEMA `new-db` CASCADE")
    run(lake, "drop database if exists `new-db`")
    with pytest.raises(QueryFailedError, match="does not exist"):
        run(lake, "drop database `new-db`")


def test_table_over_files_is_created_read_and_dropped(lake: Lake):
    lake.put("t/p=1/a.csv", "h\n1,a\\, b,x;y,k:1\n")
    run(
        lake,
        """CREATE EXTERNAL TABLE IF NOT EXISTS feeds.t (
             `id` int COMMENT 'the key', name string, tags array<string>, m map<string,int>
           ) COMMENT 'things' PARTITIONED BY (p int)
           ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' ESCAPED BY '\\\\' COLLECTION ITEMS TERMINATED BY ';'
             MAP KEYS TERMINATED BY ':' NULL DEFINED AS 'NA'
           LOCATION 's3://lake/t/' TBLPROPERTIES ('skip.header.line.count'='1')""",
    )
    found = get_table(lake, "t")
    assert found["StorageDescriptor"]["SerdeInfo"]["Parameters"]["field.delim"] == ","
    assert found["StorageDescriptor"]["Columns"][0] == {"Name": "id", "Type": "int", "Comment": "the key"}
    assert lake.rows("select * from t") == []
    assert run(lake, "MSCK REPAIR TABLE t").rows == (
        ("Partitions not in metastore:\tt:p=1",),
        ("Repair: Added partition to metastore t:p=1",),
    )
    assert run(lake, "MSCK REPAIR TABLE t").rows == ()
    assert lake.rows("select * from t") == [("1", "a, b", "[x, y]", "{k=1}", "1")]
    assert lake.rows("show partitions t") == [("p=1",)]
    assert [line for (line,) in lake.rows("describe t")][:2] == [
        f"{'id':<20}\t{'int':<20}\t{'the key':<20}",
        f"{'name':<20}\t{'string':<20}\t{'':<20}",
    ]
    assert "PARTITIONED BY ( " in [line for (line,) in lake.rows("show create table t")]
    run(lake, "DROP TABLE IF EXISTS `feeds`.`t`")
    assert lake.rows("show tables") == []
    run(lake, "drop table if exists t")
    with pytest.raises(QueryFailedError, match="TABLE_NOT_FOUND"):
        run(lake, "drop table t")


@pytest.mark.parametrize(
    ("clause", "serde"),
    [
        ("ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'", "org.openx.data.jsonserde.JsonSerDe"),
        ("STORED AS PARQUET", "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"),
        ("STORED AS TEXTFILE", "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"),
        (
            "ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.OpenCSVSerde' WITH SERDEPROPERTIES ('separatorChar'=';') "
            "STORED AS INPUTFORMAT 'i' OUTPUTFORMAT 'o'",
            "org.apache.hadoop.hive.serde2.OpenCSVSerde",
        ),
    ],
)
def test_statement_sets_the_format_of_a_table(lake: Lake, clause: str, serde: str):
    run(
        lake,
        f"CREATE EXTERNAL TABLE t (a int, s struct<x:int,y:array<decimal(10,2)>>) {clause} LOCATION 's3://lake/t/'",
    )
    storage = get_table(lake, "t")["StorageDescriptor"]
    assert storage["SerdeInfo"]["SerializationLibrary"] == serde
    assert storage["Columns"][1]["Type"] == "struct<x:int,y:array<decimal(10,2)>>"


def test_types_are_kept_as_hive_keeps_them(lake: Lake):
    run(
        lake,
        "CREATE EXTERNAL TABLE t (a integer, b decimal, c decimal(5), d struct<`date`:int COMMENT 'x', text:string>) "
        "LOCATION 's3://lake/t/'",
    )
    types = [each["Type"] for each in get_table(lake, "t")["StorageDescriptor"]["Columns"]]
    assert types == ["int", "decimal(10,0)", "decimal(5,0)", "struct<date:int,text:string>"]
    assert "Comment" not in get_table(lake, "t")["StorageDescriptor"]["Columns"][3]
    lake.table("u", "a decimal")
    assert lake.rows(
        "select typeof(a) from u union all select data_type from information_schema.columns where table_name = 'u'"
    ) == [("decimal(10,0)",)]


def test_partitions_and_columns_are_altered(lake: Lake):
    lake.put("a/x.csv", "1\n")
    run(lake, "CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (p string, q int) LOCATION 's3://lake/t/'")
    run(lake, "ALTER TABLE t ADD IF NOT EXISTS PARTITION (p='x', q=1) LOCATION 's3://lake/a/' PARTITION (p='y', q=2)")
    assert lake.rows("select a, p, q from t") == [("1", "x", "1")]
    with pytest.raises(QueryFailedError, match="AlreadyExistsException"):
        run(lake, "alter table t add partition (p='x', q=1)")
    assert lake.rows('select * from "t$partitions" where q > 1') == [("y", "2")]
    run(lake, "ALTER TABLE t PARTITION (p='x', q=1) RENAME TO PARTITION (p='z', q=1)")
    run(lake, "ALTER TABLE t DROP IF EXISTS PARTITION (p='y', q=2), PARTITION (p='none', q=2)")
    assert lake.rows("show partitions t") == [("p=z/q=1",)]
    run(lake, "ALTER TABLE t ADD COLUMNS (b string, c double)")
    run(lake, "ALTER TABLE t CHANGE COLUMN b d bigint")
    run(lake, "ALTER TABLE t SET TBLPROPERTIES ('x'='1', \"y\"='2')")
    run(lake, "ALTER TABLE t SET LOCATION 's3://lake/moved/'")
    found = get_table(lake, "t")
    assert [(each["Name"], each["Type"]) for each in found["StorageDescriptor"]["Columns"]] == [
        ("a", "int"), ("d", "bigint"), ("c", "double"),
    ]  # fmt: skip
    assert (found["Parameters"]["x"], found["StorageDescriptor"]["Location"]) == ("1", "s3://lake/moved/")
    assert lake.rows("show tblproperties t('y')") == [("2",)]
    run(lake, "ALTER TABLE t REPLACE COLUMNS (a int)")
    assert [name.strip() for (name,) in lake.rows("show columns in t")] == ["a", "p", "q"]


def test_statement_about_a_partition_changes_that_alone(lake: Lake):
    run(lake, "CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (p string) LOCATION 's3://lake/t/'")
    run(lake, "ALTER TABLE t ADD PARTITION (p='x/y z') PARTITION (p='it\\'s')")
    assert get_partition(lake, "x/y z")["StorageDescriptor"]["Location"] == "s3://lake/t/p=x%2Fy z/"
    run(lake, "ALTER TABLE t PARTITION (p='x/y z') ADD COLUMNS (b string)")
    run(lake, "ALTER TABLE t PARTITION (p='x/y z') SET LOCATION 's3://lake/moved/'")
    found = get_partition(lake, "x/y z")["StorageDescriptor"]
    assert ([each["Name"] for each in found["Columns"]], found["Location"]) == (["a", "b"], "s3://lake/moved/")
    run(lake, "ALTER TABLE t PARTITION (p='x/y z') REPLACE COLUMNS (c int)")
    assert [each["Name"] for each in get_partition(lake, "x/y z")["StorageDescriptor"]["Columns"]] == ["c"]
    assert [each["Name"] for each in get_table(lake, "t")["StorageDescriptor"]["Columns"]] == ["a"]
    assert [each["Name"] for each in get_partition(lake, "it's")["StorageDescriptor"]["Columns"]] == ["a"]


def test_column_of_a_table_over_files_changes_its_type_place_and_comment(lake: Lake):
    run(lake, "CREATE EXTERNAL TABLE t (a int COMMENT 'old', b string, c date) LOCATION 's3://lake/t/'")
    run(lake, "ALTER TABLE t CHANGE a d decimal(10,2) COMMENT 'new' AFTER b")
    run(lake, "ALTER TABLE t CHANGE COLUMN `c` `c` timestamp FIRST")
    assert get_table(lake, "t")["StorageDescriptor"]["Columns"] == [
        {"Name": "c", "Type": "timestamp"},
        {"Name": "b", "Type": "string"},
        {"Name": "d", "Type": "decimal(10,2)", "Comment": "new"},
    ]


def test_repair_leaves_out_what_athena_leaves_out(lake: Lake):
    run(lake, "CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (userid string) LOCATION 's3://lake/t/'")
    for folder in ("userId=1", "userid=10:00", "userid=2"):
        lake.put(f"t/{folder}/a.csv", "1\n")
    run(lake, "MSCK REPAIR TABLE t")
    assert lake.rows("show partitions t") == [("userid=2",)]

"""Statements that make, change, show and write: DDL, views, CREATE TABLE AS, INSERT, UNLOAD, Iceberg tables."""

# ruff: noqa: E501 - a statement is read as a line

import base64
import io
import json
import re

import pyarrow.parquet
import pytest

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.statements import split_values
from tests.unit.localstack_glue.athena_lake import JSON, OPEN_CSV, PARQUET, Lake


def run(lake: Lake, sql: str, **options):
    return lake.engine.run(sql, "feeds", tables_location="s3://lake/out/tables/1", **options)


def get_table(lake: Lake, name: str, database: str = "feeds") -> dict:
    return lake.glue.get_table(DatabaseName=database, Name=name)["Table"]


# ---------------------------------------------------------------------------- what SHOW and DESCRIBE return
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


# ---------------------------------------------------------------------------- databases and tables


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


# ---------------------------------------------------------------------------- views


def test_view_is_stored_as_athena_stores_it_and_can_be_read(lake: Lake):
    lake.table("t", "a int; b string")
    lake.put("t/x.csv", "1,x\n2,y\n")
    run(
        lake, "CREATE OR REPLACE VIEW v AS SELECT date_diff('day', date '2024-01-01', date '2024-01-03') d, a, b FROM t"
    )
    found = get_table(lake, "v")
    assert found["TableType"] == "VIRTUAL_VIEW"
    text = found["ViewOriginalText"].removeprefix("/* Presto View: ").removesuffix(" */")
    told = json.loads(base64.b64decode(text))
    assert told["originalSql"] == "SELECT date_diff('day', date '2024-01-01', date '2024-01-03') d, a, b FROM t"
    assert [column["type"] for column in told["columns"]] == ["bigint", "integer", "varchar"]
    assert lake.rows("select v.d, a from v where b = 'y'") == [("2", "2")]
    assert list(lake.engine.run("select x.a from feeds.v x join feeds.v y on x.a = y.a + 1", "default").rows) == [
        ("2",)
    ]
    run(lake, "create view w as with v as (select * from v where a = 1) select * from v")
    assert lake.rows("select count(*) from w") == [("1",)]
    assert lake.rows("show views") == [("v",), ("w",)]
    assert lake.rows("show create view v")[0] == ("CREATE VIEW feeds.v AS",)
    run(lake, "DROP VIEW IF EXISTS w")
    with pytest.raises(QueryFailedError, match="TABLE_NOT_FOUND"):
        run(lake, "drop table v")
    run(lake, "drop view v")
    assert lake.rows("show views") == []


def test_view_after_a_remark_is_kept_as_it_was_written(lake: Lake):
    run(lake, "/* dbt */ create or replace view \"seen\" as select nullif('a', '') AS  x")
    text = get_table(lake, "seen")["ViewOriginalText"].removeprefix("/* Presto View: ").removesuffix(" */")
    assert json.loads(base64.b64decode(text))["originalSql"] == "select nullif('a', '') AS  x"
    assert lake.rows("select * from seen") == [("a",)]


# ---------------------------------------------------------------------------- what queries write


def keys(lake: Lake, prefix: str) -> list[str]:
    return [each["Key"] for each in lake.s3.list_objects_v2(Bucket="lake", Prefix=prefix).get("Contents", ())]


@pytest.mark.parametrize("kind", ["PARQUET", "ORC", "JSON", "TEXTFILE"])
def test_table_created_from_a_query_holds_its_rows(lake: Lake, kind: str):
    answer = run(
        lake,
        f"CREATE TABLE made WITH (format = '{kind}', partitioned_by = ARRAY['p'], external_location = 's3://lake/made/') AS "
        "SELECT a, s, d, t, p FROM (VALUES (1, 'x', date '2024-01-05', decimal '1.50', 'k'), "
        "(2, null, null, decimal '2.25', null)) v(a, s, d, t, p)",
    )
    assert answer.update_count == 2
    assert lake.rows("select * from made order by a") == [
        ("1", "x", "2024-01-05", "1.50", "k"),
        ("2", None, None, "2.25", None),
    ]
    assert [key.split("/")[1] for key in keys(lake, "made/")] == ["p=__HIVE_DEFAULT_PARTITION__", "p=k"]
    assert run(lake, "create table if not exists made as select 1 a").update_count == 0
    with pytest.raises(QueryFailedError, match="HIVE_PATH_ALREADY_EXISTS"):
        run(lake, "create table other with (external_location = 's3://lake/made/') as select 1 a")


def test_table_created_without_a_location_is_stored_beside_the_results(lake: Lake):
    run(
        lake, "create table made as select 1 a, array[1] b, map(array['k'], array[1.5]) c, cast(row(1) as row(x int)) d"
    )
    assert get_table(lake, "made")["StorageDescriptor"]["Location"] == "s3://lake/out/tables/1/"
    assert lake.rows("select * from made") == [("1", "[1]", "{k=1.5}", "{x=1}")]
    run(lake, "create table empty with (external_location='s3://lake/e/') as select 1 a with no data")
    assert lake.rows("select * from empty") == []


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("create table made as select now() a", "NOT_SUPPORTED: Unsupported Hive type: timestamp"),
        ("create table made as select 1", "MISSING_COLUMN_NAME: line 1:1: Column name not specified at position 1"),
        ("create table made as select null a", "COLUMN_TYPE_UNKNOWN: line 1:1: Column type is unknown"),
        ("create table made as select 1 a, 2 a", "DUPLICATE_COLUMN_NAME"),
        ("create table made with (partitioned_by = array['a']) as select 1 a, 2 b", "HIVE_COLUMN_ORDER_MISMATCH"),
        ("create table made with (format = 'AVRO') as select 1 a", "NOT_SUPPORTED: the format AVRO"),
        (
            "create table made with (partitioned_by = array['p']) as select 1 a, p from unnest(sequence(1, 101)) t(p)",
            "HIVE_TOO_MANY_OPEN_PARTITIONS",
        ),
    ],
)
def test_failed_table_creation_leaves_nothing(lake: Lake, sql: str, code: str):
    with pytest.raises(QueryFailedError, match=f"^{code}"):
        run(lake, sql)
    assert keys(lake, "out/") == []
    assert lake.rows("show tables") == []


def test_rows_are_inserted_into_partitions_old_and_new(lake: Lake):
    run(
        lake,
        "CREATE EXTERNAL TABLE t (a bigint, b string) PARTITIONED BY (p int) STORED AS PARQUET LOCATION 's3://lake/t/'",
    )
    assert run(lake, "INSERT INTO t VALUES (1, 'x', 1), (2, null, 2)").update_count == 2
    assert run(lake, "INSERT INTO feeds.t (p, a) SELECT 1, 3").update_count == 1
    assert lake.rows("select a, b, p from t order by a") == [("1", "x", "1"), ("2", None, "2"), ("3", None, "1")]
    with pytest.raises(
        QueryFailedError, match=r"^TYPE_MISMATCH: .*Table: \[bigint, varchar, integer\], Query: \[varchar"
    ):
        run(lake, "insert into t select 'x', 'y', 1")


def test_escaped_text_is_written_as_it_is_read(lake: Lake):
    run(
        lake,
        "CREATE EXTERNAL TABLE t (a string, b array<string>) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' ESCAPED BY '\\\\' LOCATION 's3://lake/t/'",
    )
    run(lake, "insert into t values ('x, \"y\"', array['1', null])")
    assert lake.rows("select * from t") == [('x, "y"', "[1, null]")]


def test_parameters_of_unload_and_words_as_parameters(lake: Lake):
    run(lake, "UNLOAD (SELECT ? a, ? b) TO 's3://lake/u/' WITH (format = 'JSON')", parameters=("1", "Washington"))
    run(
        lake,
        "CREATE EXTERNAL TABLE u (a int, b string) ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake/u/'",
    )
    assert lake.rows("select * from u where b = ?", parameters=("Washington",)) == [("1", "Washington")]


def test_unload_writes_files_and_nothing_else(lake: Lake):
    answer = run(lake, "UNLOAD (SELECT 1 a, 'x' b) TO 's3://lake/u/' WITH (format = 'PARQUET', compression = 'SNAPPY')")
    (key,) = keys(lake, "u/")
    assert answer.manifest == (f"s3://lake/{key}",)
    content = lake.s3.get_object(Bucket="lake", Key=key)["Body"].read()
    assert pyarrow.parquet.read_table(io.BytesIO(content)).to_pylist() == [{"a": 1, "b": "x"}]
    with pytest.raises(QueryFailedError, match="HIVE_PATH_ALREADY_EXISTS"):
        run(lake, "unload (select 1 a) to 's3://lake/u/' with (format = 'JSON')")


def test_timestamps_of_parquet_files_are_written_as_trino_writes_them(lake: Lake):
    run(lake, "unload (select timestamp '2024-01-01 10:00:00' at) to 's3://lake/u/' with (format = 'PARQUET')")
    (found,) = lake.s3.list_objects_v2(Bucket="lake", Prefix="u/")["Contents"]
    file = pyarrow.parquet.ParquetFile(io.BytesIO(lake.s3.get_object(Bucket="lake", Key=found["Key"])["Body"].read()))
    assert file.schema.column(0).physical_type == "INT96"


@pytest.mark.parametrize(
    "head",
    [
        "-- a remark\n",
        '/* {"app": "dbt"} */ ',
        "create /* or not */ table -- so\n",
    ],
)
@pytest.mark.parametrize("name", ["made", '"made"', '"feeds" . "made"', '"awsdatacatalog"."feeds"."made"'])
def test_remarks_and_quotes_before_a_query_leave_its_functions_trinos(lake: Lake, head: str, name: str):
    begin = head if "table" in head else f"{head}create table "
    run(
        lake,
        f"{begin}{name} with (format = 'PARQUET') as select nullif('a', 'a') a, date_diff('month', date '2024-01-31', date '2024-02-28') b",
    )
    assert lake.rows("-- a remark\nselect a is null, b from made") == [("true", "0")]


@pytest.mark.parametrize("keys", ["", ", partitioned_by = ARRAY['b']"])
def test_query_without_rows_leaves_no_file(lake: Lake, keys: str):
    answer = run(lake, f"unload (select 1 a, 'x' b where false) to 's3://lake/u/' with (format = 'PARQUET'{keys})")
    assert (answer.update_count, answer.manifest, lake.s3.list_objects_v2(Bucket="lake", Prefix="u/")["KeyCount"]) == (
        0,
        (),
        0,
    )
    run(lake, "create table empty with (format = 'PARQUET') as select 1 a where false")
    assert lake.rows("select * from empty") == []


def test_view_over_a_view_that_changed_is_stale(lake: Lake):
    run(lake, "create view a as select 1 id, 'x' name")
    run(lake, "create view b as select * from a")
    assert lake.rows("select name from b") == [("x",)]
    run(lake, "create or replace view a as select 1 id")
    with pytest.raises(QueryFailedError, match=r"^INVALID_VIEW: .*'awsdatacatalog.feeds.b' is stale"):
        lake.rows("select id from b")


def test_text_is_as_long_as_its_column(lake: Lake):
    lake.table("t", "a varchar(2); b char(3); c string")
    lake.put("t/1.csv", "abc,x,abc\n")
    assert lake.rows("select a, b || '|', c, b = 'x' from t") == [("ab", "x  |", "abc", "true")]


def test_view_has_the_columns_of_its_query(lake: Lake):
    with pytest.raises(QueryFailedError, match=r"^SYNTAX_ERROR"):
        run(lake, "create view v (x) as select 1 a")


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("CREATE FUNCTION f() RETURNS int RETURN 1", "NOT_SUPPORTED: .*CREATE FUNCTION"),
        ("CREATE INDEX i ON t(a)", "NOT_SUPPORTED: .*CREATE INDEX"),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1 a", "NOT_SUPPORTED: .*CREATE MATERIALIZED VIEW"),
        ("CREATE TEMPORARY VIEW v AS SELECT 1 a", "NOT_SUPPORTED: .*CREATE TEMPORARY VIEW"),
        ("DROP INDEX t", "NOT_SUPPORTED: DROP INDEX"),
        ("DROP FUNCTION t", "NOT_SUPPORTED: DROP FUNCTION"),
        ("DROP MATERIALIZED VIEW t", "NOT_SUPPORTED: DROP VIEW"),
        ("CREATE TABLE n WITH (format = 'NONE') AS SELECT 1 a", "NOT_SUPPORTED: the format NONE"),
        ("CREATE TABLE n WITH (bucketed_by = ARRAY['z'], bucket_count = 2) AS SELECT 1 a", "INVALID_TABLE_PROPERTY: Bucketing columns"),
        ("CREATE TABLE n WITH (partitioned_by = ARRAY['a']) AS SELECT 1 a", "INVALID_TABLE_PROPERTY: .*only partition columns"),
        ("CREATE EXTERNAL TABLE n (a int, A int) LOCATION 's3://lake/n/'", "FAILED: .*10036"),
        ("CREATE EXTERNAL TABLE n (a int) PARTITIONED BY (A int) LOCATION 's3://lake/n/'", "FAILED: .*10035"),
        ("INSERT INTO t (a, a) VALUES (1, 2)", "SYNTAX_ERROR: .*specified more than once: a"),
    ],
)  # fmt: skip
def test_statement_that_athena_has_not_changes_no_table(lake: Lake, statement: str, problem: str):
    lake.table("t", "a int")
    with pytest.raises(QueryFailedError, match=problem):
        lake.engine.run(statement, "feeds", tables_location="s3://lake/tables/1")
    assert lake.rows("show tables") == [("t",)]


def partition(lake: Lake, *values: str) -> dict:
    return lake.glue.get_partition(DatabaseName="feeds", TableName="t", PartitionValues=list(values))["Partition"]


def test_statement_about_a_partition_changes_that_alone(lake: Lake):
    run(lake, "CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (p string) LOCATION 's3://lake/t/'")
    run(lake, "ALTER TABLE t ADD PARTITION (p='x/y z') PARTITION (p='it\\'s')")
    assert partition(lake, "x/y z")["StorageDescriptor"]["Location"] == "s3://lake/t/p=x%2Fy z/"
    run(lake, "ALTER TABLE t PARTITION (p='x/y z') ADD COLUMNS (b string)")
    run(lake, "ALTER TABLE t PARTITION (p='x/y z') SET LOCATION 's3://lake/moved/'")
    found = partition(lake, "x/y z")["StorageDescriptor"]
    assert ([each["Name"] for each in found["Columns"]], found["Location"]) == (["a", "b"], "s3://lake/moved/")
    run(lake, "ALTER TABLE t PARTITION (p='x/y z') REPLACE COLUMNS (c int)")
    assert [each["Name"] for each in partition(lake, "x/y z")["StorageDescriptor"]["Columns"]] == ["c"]
    assert [each["Name"] for each in get_table(lake, "t")["StorageDescriptor"]["Columns"]] == ["a"]
    assert [each["Name"] for each in partition(lake, "it's")["StorageDescriptor"]["Columns"]] == ["a"]


def test_column_of_a_table_over_files_changes_its_type_place_and_comment(lake: Lake):
    run(lake, "CREATE EXTERNAL TABLE t (a int COMMENT 'old', b string, c date) LOCATION 's3://lake/t/'")
    run(lake, "ALTER TABLE t CHANGE a d decimal(10,2) COMMENT 'new' AFTER b")
    run(lake, "ALTER TABLE t CHANGE COLUMN `c` `c` timestamp FIRST")
    assert get_table(lake, "t")["StorageDescriptor"]["Columns"] == [
        {"Name": "c", "Type": "timestamp"},
        {"Name": "b", "Type": "string"},
        {"Name": "d", "Type": "decimal(10,2)", "Comment": "new"},
    ]


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


def test_name_with_its_database_in_one_pair_of_backticks(lake: Lake):
    run(lake, "CREATE EXTERNAL TABLE `feeds.t` (a int) LOCATION 's3://lake/t/'")
    assert len(list(lake.engine.run("SHOW COLUMNS IN `feeds.t`", "default").rows)) == 1
    lake.engine.run("ALTER TABLE `feeds.t` ADD COLUMNS (b int)", "default")
    lake.engine.run("DROP TABLE `feeds.t`", "default")
    assert lake.rows("show tables") == []


def test_repair_leaves_out_what_athena_leaves_out(lake: Lake):
    run(lake, "CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (userid string) LOCATION 's3://lake/t/'")
    for folder in ("userId=1", "userid=10:00", "userid=2"):
        lake.put(f"t/{folder}/a.csv", "1\n")
    run(lake, "MSCK REPAIR TABLE t")
    assert lake.rows("show partitions t") == [("userid=2",)]


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("ALTER TABLE t DROP COLUMN a", "DROP COLUMN is for Iceberg tables"),
        ("ALTER TABLE t SET FILEFORMAT PARQUET", "NOT_SUPPORTED"),
        ("ALTER TABLE t SET SERDEPROPERTIES ('a'='b')", "NOT_SUPPORTED"),
        ("ALTER TABLE t RENAME TO u", "NOT_SUPPORTED"),
        ("ALTER TABLE t ADD COLUMNS (b int, B int)", "Duplicate column name: b"),
        ("ALTER TABLE t REPLACE COLUMNS (b int, b int)", "Duplicate column name: b"),
        ("ALTER TABLE t REPLACE COLUMNS (p int)", "Column repeated in partitioning columns"),
        ("ALTER TABLE t CHANGE a p int", "Column repeated in partitioning columns"),
        ("ALTER TABLE t CHANGE nope b int", "COLUMN_NOT_FOUND"),
        ("ALTER TABLE t CHANGE a b int AFTER nope", "COLUMN_NOT_FOUND"),
        ("ALTER TABLE t PARTITION (p='x') CHANGE a b int", "NOT_SUPPORTED"),
        ("ALTER TABLE t PARTITION (p='x') SET TBLPROPERTIES ('a'='b')", "NOT_SUPPORTED"),
        ("ALTER TABLE t PARTITION (p='none') SET LOCATION 's3://lake/u/'", "Partition not found"),
        ("ALTER TABLE t PARTITION (p='none') RENAME TO PARTITION (p='y')", "Partition not found"),
        ("ALTER TABLE t DROP PARTITION (p='none')", "Partition not found"),
        ("ALTER DATABASE nowhere SET DBPROPERTIES ('a'='b')", "Database does not exist: nowhere"),
        ("ALTER TABLE v ADD COLUMNS (b int)", "NOT_SUPPORTED: feeds.v is a view"),
        ("ALTER TABLE v CHANGE x y int", "NOT_SUPPORTED: feeds.v is a view"),
        ("MSCK REPAIR TABLE v", "NOT_SUPPORTED: feeds.v is a view"),
        ("ALTER TABLE t SET LOCATION 'here'", "must be in S3"),
        ("ALTER TABLE t ADD PARTITION (p='y') LOCATION 's3a://lake/y/'", "must be in S3"),
        ("CREATE EXTERNAL TABLE n (a int) LOCATION 'hdfs://lake/n/'", "must be in S3"),
        ("UNLOAD (SELECT 1 a) TO 'here' WITH (format = 'JSON')", "UNLOAD writes to S3"),
        ("CREATE TABLE n WITH (external_location = 's3:///n') AS SELECT 1 a", "must be in S3"),
        ("DROP TABLE t PURGE", "NOT_SUPPORTED: DROP ... PURGE"),
        ("DESCRIBE t PARTITION (p='x')", "NOT_SUPPORTED"),
        ("DESCRIBE t a", "NOT_SUPPORTED"),
        ("OPTIMIZE t REWRITE DATA", "NOT_SUPPORTED"),
        *(
            (f"CREATE EXTERNAL TABLE n (a {kind}) LOCATION 's3://lake/n/'", problem)
            for kind, problem in (
                ("decimal(40,2)", r"precision out of allowed range \[1,38\]"),
                ("decimal(5,6)", "scale must be less"),
                ("char(256)", r"length out of allowed range \[1,255\]"),
                ("varchar(65536)", r"length out of allowed range \[1,65535\]"),
                ("array<decimal(39,0)>", "precision out of allowed range"),
                ("map<array<int>,int>", "primitive type"),
            )
        ),
        ("CREATE EXTERNAL TABLE n (a int) PARTITIONED BY (b) LOCATION 's3://lake/n/'", "the column b has no type"),
        *((f"CREATE EXTERNAL TABLE n (a int) STORED AS {kind} LOCATION 's3://lake/n/'", f"STORED AS {kind}") for kind in ("CSV", "JSON", "ION")),
    ],
)  # fmt: skip
def test_statement_that_tables_over_files_do_not_take_is_refused(lake: Lake, statement: str, problem: str):
    run(lake, "CREATE EXTERNAL TABLE t (a int) PARTITIONED BY (p string) LOCATION 's3://lake/t/'")
    run(lake, "ALTER TABLE t ADD PARTITION (p='x')")
    run(lake, "CREATE VIEW v AS SELECT 1 x")
    before = get_table(lake, "t"), partition(lake, "x")
    with pytest.raises(QueryFailedError, match=problem):
        run(lake, statement)
    assert (get_table(lake, "t"), partition(lake, "x")) == before
    assert lake.rows("show tables") == [("t",), ("v",)]
    assert lake.rows("select * from v") == [("1",)]


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


def test_given_values_keep_their_types():
    assert split_values("decimal '1.5', timestamp '2024-01-01 10:00:00 Asia/Tokyo', char 'a ', cast('1.5' as decimal(3,1))") == (
        "DECIMAL '1.5'", "TIMESTAMP '2024-01-01 10:00:00 Asia/Tokyo'", "CHAR 'a '", "CAST('1.5' AS DECIMAL(3, 1))",
    )  # fmt: skip

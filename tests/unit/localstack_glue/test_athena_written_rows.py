"""Rows that CREATE TABLE AS, INSERT INTO and UNLOAD write: the files, and what is read from them."""

# ruff: noqa: E501 - a statement is read as a line

import io

import pyarrow.parquet
import pytest

from localstack_glue.athena.engine.errors import QueryFailedError
from tests.unit.localstack_glue.athena_lake import Lake, get_table, run


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

"""What a table's files, partitions and types mean to a query."""

import bz2
import io
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow
import pyarrow.parquet
import pytest
from pyiceberg.catalog.glue import GlueCatalog

from localstack_glue.athena.engine.errors import QueryFailedError
from tests.unit.localstack_glue.athena_lake import HIVE_JSON, JSON, OPEN_CSV, PARQUET, Lake


def parquet(**columns) -> bytes:
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), out)
    return out.getvalue()


def test_text_is_read_by_its_serde(lake: Lake):
    escaped = {"field.delim": ",", "escape.delim": "\\", "collection.delim": ";", "mapkey.delim": ":"}
    lake.table("t", "id int; n string; tags array<string>; m map<string,int>", serde_parameters=escaped)
    lake.put("t/a.csv.bz2", bz2.compress(b"1,a\\, b,x;y,k:1\n"))
    assert lake.rows("select * from t") == [("1", "a, b", "[x, y]", "{k=1}")]
    assert lake.rows("select a.n, b.tags[2] from t a join t b on a.id = b.id") == [("a, b", "y")]


def test_partition_is_read_by_its_own_serde(lake: Lake):
    lake.table("t", "id string; n string", keys="d string", serde_parameters={"field.delim": ","})
    quoted = {"SerializationLibrary": OPEN_CSV, "Parameters": {"separatorChar": ",", "quoteChar": "'"}}
    lake.partition("t", "1", location="t/d=1")
    lake.partition("t", "2", location="t/d=2", serde=quoted)
    lake.put("t/d=1/a.csv", "1,'a'\n")
    lake.put("t/d=2/a.csv", "2,'b, c'\n")
    assert lake.rows("select id, n, d from t order by id") == [("1", "'a'", "1"), ("2", "b, c", "2")]


@pytest.mark.parametrize("serde", [JSON, HIVE_JSON])
def test_keys_of_json_match_in_any_case(lake: Lake, serde: str):  # G37
    lake.table("t", "userid int; items array<struct<sku:string>>", serde=serde)
    lake.put("t/a.json", '{"userId":1,"items":[{"Sku":"a"}]}\n')
    assert lake.rows("select userid, items[1].sku from t") == [("1", "a")]


def test_malformed_file_is_reported_with_its_location(lake: Lake):
    lake.table("t", "a int", serde=JSON)
    lake.put("t/a.json", "{no json\n")
    with pytest.raises(QueryFailedError, match=r"^HIVE_CURSOR_ERROR: Row is not a valid JSON.*s3://lake/t/a\.json"):
        lake.rows("select * from t")


def test_compression_and_serde_that_are_not_read_are_named(lake: Lake):
    lake.table("t", "a int")
    lake.put("t/a.csv.snappy", "1\n")
    with pytest.raises(QueryFailedError, match=r"^NOT_SUPPORTED: .*\.snappy"):
        lake.rows("select * from t")
    lake.table("u", "a int", serde="org.apache.hadoop.hive.serde2.RegexSerDe")
    with pytest.raises(QueryFailedError, match=r"^NOT_SUPPORTED: .*RegexSerDe"):
        lake.rows("select * from u")


def test_type_that_is_none_is_named(lake: Lake):
    lake.table("t", "a foo")
    with pytest.raises(QueryFailedError, match=r"^NOT_SUPPORTED: .*the type foo of the column a"):
        lake.rows("select * from t")


def test_days_and_milliseconds_of_quoted_csv(lake: Lake):
    lake.table("t", "d date; t timestamp", serde=OPEN_CSV, serde_parameters={"separatorChar": ","})
    lake.put("t/a.csv", '"20000","1579059880000"\n')
    assert lake.rows("select d, t from t where d > date '2024-01-01'") == [("2024-10-04", "2020-01-15 03:44:40.000")]


# ---------------------------------------------------------------------------- partitions


@pytest.mark.parametrize("kind", ["string", "int"])
def test_null_partition_is_found_by_is_null(lake: Lake, kind: str):
    lake.table("t", "a int", keys=f"p {kind}")
    for value in ("1", "__HIVE_DEFAULT_PARTITION__"):
        lake.put(f"t/p={value}/a.csv", "7\n")
        lake.partition("t", value, location=f"t/p={value}/")
    assert lake.rows("select a, p from t where p is null") == [("7", None)]
    assert lake.rows("select count(*) from t where p is not null") == [("1",)]
    assert lake.rows("select coalesce(cast(p as varchar), 'none') from t order by 1") == [("1",), ("none",)]


def test_partition_value_that_is_none_of_its_type_is_an_error(lake: Lake):
    lake.table("t", "a int", keys="p int")
    lake.partition("t", "x", location="t/p=x/")
    for table in ("t", '"t$partitions"'):
        with pytest.raises(QueryFailedError, match=r"^HIVE_INVALID_PARTITION_VALUE: .*'x'"):
            lake.rows(f"select * from {table}")


@pytest.mark.parametrize(
    ("declared", "is_same"),
    [
        ("a int; b string", True),
        ("a int", True),
        ("a smallint; b varchar(3)", True),
        ("a string; b string", False),
        ("b string; a int", False),
        ("a int; b int", False),
    ],
)
def test_partition_whose_columns_are_not_the_tables_fails(lake: Lake, declared: str, is_same: bool):
    lake.table("t", "a int; b string", keys="p int")
    lake.put("t/p=1/a.csv", "1,2\n")
    lake.partition("t", "1", location="t/p=1/", columns=declared)
    if is_same:
        assert lake.rows("select a, b from t") == [("1", "2")]
        return
    with pytest.raises(QueryFailedError, match=r"^HIVE_PARTITION_SCHEMA_MISMATCH: There is a mismatch .*'p=1'"):
        lake.rows("select a, b from t")


def test_partition_in_another_order_is_no_matter_where_names_count(lake: Lake):
    lake.table("t", "a int; b string", keys="p int", serde=PARQUET)
    lake.put("t/p=1/a.parquet", parquet(b=["x"], a=pyarrow.array([1], pyarrow.int32())))
    lake.partition("t", "1", location="t/p=1/", columns="b string; a int")
    assert lake.rows("select a, b, p from t") == [("1", "x", "1")]


# ---------------------------------------------------------------------------- Parquet


@pytest.mark.parametrize(
    ("kind", "values", "answer"),
    [
        ("bigint", pyarrow.array([7], pyarrow.int32()), "7"),
        ("int", pyarrow.array([7], pyarrow.int64()), "7"),
        ("double", pyarrow.array([1.5], pyarrow.float32()), "1.5"),
        ("string", pyarrow.array(["x"]).dictionary_encode(), "x"),
        ("decimal(10,3)", pyarrow.array([Decimal("1.25")], pyarrow.decimal128(5, 2)), "1.250"),
        ("timestamp", pyarrow.array([datetime(2024, 1, 5, 10)], pyarrow.timestamp("ns")), "2024-01-05 10:00:00.000"),
        (
            "timestamp",
            pyarrow.array([datetime(2024, 1, 5, 10, tzinfo=UTC)], pyarrow.timestamp("us", "UTC")),
            "2024-01-05 10:00:00.000",
        ),
        ("struct<a:int,c:int>", pyarrow.array([{"A": 1, "b": 2}]), "{a=1, c=null}"),
        ("array<struct<x:string>>", pyarrow.array([[{"X": "y"}]]), "[{x=y}]"),
        ("map<string,bigint>", pyarrow.array([[("k", 1)]], pyarrow.map_(pyarrow.string(), pyarrow.int32())), "{k=1}"),
        ("int", pyarrow.nulls(1), None),
    ],
)  # fmt: skip
def test_type_of_a_file_that_loses_nothing_is_read(lake: Lake, kind: str, values, answer: str | None):
    lake.table("t", f"a {kind}", serde=PARQUET)
    lake.put("t/a.parquet", parquet(a=values))
    assert lake.rows("select a from t") == [(answer,)]


@pytest.mark.parametrize(
    ("kind", "values", "physical"),
    [
        ("bigint", [1.9], "DOUBLE"),
        ("int", ["1"], "BINARY"),
        ("string", [1], "INT64"),
        ("double", [1], "INT64"),
        ("float", [1.5], "DOUBLE"),
        ("date", ["2024-01-05"], "BINARY"),
        ("timestamp", [1], "INT64"),
        ("boolean", [1], "INT64"),
        ("decimal(5,1)", [1.5], "DOUBLE"),
        ("decimal(5,1)", [Decimal("1.25")], "FIXED_LEN_BYTE_ARRAY"),
        ("array<int>", [[1.5]], "GROUP"),
        ("struct<a:int>", [{"a": "x"}], "GROUP"),
    ],
)
def test_type_of_a_file_that_is_another_is_bad_data(lake: Lake, kind: str, values: list, physical: str):
    lake.table("t", f"a {kind}", serde=PARQUET)
    lake.put("t/good.parquet", parquet(b=[1]))
    lake.put("t/wrong.parquet", parquet(a=values))
    with pytest.raises(
        QueryFailedError, match=rf"^HIVE_BAD_DATA: Field a's type {physical} in parquet file s3://lake/t/wr"
    ):
        lake.rows("select count(*) from t")


def test_number_of_a_file_that_is_too_big_for_the_table_is_bad_data(lake: Lake):
    lake.table("t", "a int", serde=PARQUET)
    lake.put("t/a.parquet", parquet(a=[2**40]))
    with pytest.raises(QueryFailedError, match=r"^HIVE_BAD_DATA: feeds.t: a value of a is too big"):
        lake.rows("select a from t")


def test_file_that_is_no_parquet_is_bad_data(lake: Lake):
    lake.table("t", "a int", serde=PARQUET)
    lake.put("t/a.parquet", b"PAR1 nothing else")
    with pytest.raises(QueryFailedError, match=r"^HIVE_BAD_DATA: Not valid Parquet file: s3://lake/t/a\.parquet"):
        lake.rows("select a from t")


def test_files_of_different_schemas_are_each_read_as_the_table(lake: Lake):
    lake.table("t", "a bigint; b string", serde=PARQUET)
    lake.put("t/1.parquet", parquet(a=pyarrow.array([1], pyarrow.int32())))
    lake.put("t/2.parquet", parquet(b=["x"], A=[2]))
    assert lake.rows("select a, b from t order by a") == [("1", None), ("2", "x")]


# ---------------------------------------------------------------------------- Iceberg


def iceberg(lake: Lake, folder, *tables: pyarrow.Table) -> None:
    made = GlueCatalog("test", client=lake.glue).create_table(
        "feeds.ice", tables[0].schema, location=f"file://{folder}"
    )
    for each in tables:
        made.append(each)


def test_dictionaries_and_plain_texts_of_iceberg_are_read_together(lake: Lake, tmp_path):
    plain = pyarrow.array(["x", "y"])
    iceberg(lake, tmp_path, pyarrow.table({"a": plain}), pyarrow.table({"a": plain.dictionary_encode()}))
    assert lake.rows("select a, count(*) from ice group by a order by a") == [("x", "2"), ("y", "2")]


def test_every_type_of_iceberg_comes_out(lake: Lake, tmp_path):
    columns = {
        "at": pyarrow.array([datetime(2024, 1, 1, tzinfo=UTC)], pyarrow.timestamp("us", "UTC")),
        "local": pyarrow.array([datetime(2024, 1, 1, 10, 0, 0, 123456)], pyarrow.timestamp("us")),
        "b": [b"ab"],
        "f": pyarrow.array([1.5], pyarrow.float32()),
        "d": [Decimal("1.50")],
        "s": [{"X": 1}],
        "l": [[{"Y": "a"}]],
        "m": pyarrow.array([[("k", 1)]], pyarrow.map_(pyarrow.string(), pyarrow.int32())),
    }
    iceberg(lake, tmp_path, pyarrow.table(columns))
    assert lake.rows("select * from ice") == [
        (
            "2024-01-01 00:00:00.000000 UTC", "2024-01-01 10:00:00.123456", "61 62", "1.5", "1.50", "{x=1}", "[{y=a}]",
            "{k=1}",
        )
    ]  # fmt: skip
    assert lake.rows("select s.x, l[1].y, hour(at), typeof(at) from ice") == [
        ("1", "a", "0", "timestamp(6) with time zone")
    ]


def test_moments_of_files_have_milliseconds(lake: Lake):
    lake.table("t", "a timestamp", serde=PARQUET)
    lake.put("t/a.parquet", parquet(a=pyarrow.array([datetime(2024, 1, 5, 10, 0, 0, 123600)], pyarrow.timestamp("us"))))
    assert lake.rows("select a, a = timestamp '2024-01-05 10:00:00.124' from t") == [
        ("2024-01-05 10:00:00.124", "true")
    ]
    lake.put("t/b.parquet", parquet(a=pyarrow.array([datetime(1960, 2, 29, 12)], pyarrow.timestamp("us"))))
    assert lake.rows("select a from t order by a limit 1") == [("1960-02-29 12:00:00.000",)]
    lake.table("u", "a timestamp")
    lake.put("u/a.csv", "2024-01-05 10:00:00.1236\n")
    assert lake.rows("select a, a = timestamp '2024-01-05 10:00:00.124' from u") == [
        ("2024-01-05 10:00:00.124", "true")
    ]


def test_fields_of_structs_have_lower_case_names_in_every_format(lake: Lake):
    lake.table("t", "n struct<userName:string,inner:array<struct<Id:int>>>", serde=JSON)
    lake.put("t/a.json", '{"n": {"userName": "A", "inner": [{"ID": 1}]}}\n')
    assert lake.rows('select n, n.username, n."inner"[1].id from t') == [("{username=A, inner=[{id=1}]}", "A", "1")]


def test_text_is_as_long_as_its_column(lake: Lake):
    lake.table("t", "a varchar(2); b char(3); c string")
    lake.put("t/1.csv", "abc,x,abc\n")
    assert lake.rows("select a, b || '|', c, b = 'x' from t") == [("ab", "x  |", "abc", "true")]

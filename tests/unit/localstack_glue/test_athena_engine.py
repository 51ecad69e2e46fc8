"""Queries over files in S3 by the Glue catalog, as Athena answers them; moto plays Glue and S3."""

import functools
import gzip
import io
import threading

import boto3
import pyarrow
import pyarrow.parquet
import pytest
from moto import mock_aws

from localstack_glue.athena.engine.errors import MalformedQueryError, QueryCancelledError, QueryFailedError
from localstack_glue.athena.engine.results import as_text, read_csv, result_column, write_csv
from localstack_glue.athena.engine.run import Cancellation, QueryEngine

LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
JSON = "org.openx.data.jsonserde.JsonSerDe"


@functools.cache
def client(service: str):
    """One for all tests: each new one would read the service's description again."""
    return boto3.client(service, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


class Lake:
    """A bucket, a catalog, and the engine over both."""

    def __init__(self) -> None:
        self.s3, self.glue = client("s3"), client("glue")
        self.s3.create_bucket(Bucket="lake")
        self.glue.create_database(DatabaseInput={"Name": "feeds"})
        self.engine = QueryEngine(self.glue, self.s3, {})

    def put(self, key: str, content: bytes | str) -> int:
        body = content.encode() if isinstance(content, str) else content
        self.s3.put_object(Bucket="lake", Key=key, Body=body)
        return len(body)

    def table(self, name, columns, *, serde=LAZY, serde_parameters=None, parameters=None, keys=""):
        given = serde_parameters or {"field.delim": ","}
        self.glue.create_table(
            DatabaseName="feeds",
            TableInput={
                "Name": name,
                "StorageDescriptor": {
                    "Columns": _columns(columns),
                    "Location": f"s3://lake/{name}/",
                    "SerdeInfo": {"SerializationLibrary": serde, "Parameters": given},
                },
                "PartitionKeys": _columns(keys),
                "Parameters": parameters or {},
            },
        )

    def partition(self, table: str, *values: str, location: str) -> None:
        descriptor = {"Location": f"s3://lake/{location}"}
        self.glue.create_partition(
            DatabaseName="feeds",
            TableName=table,
            PartitionInput={"Values": list(values), "StorageDescriptor": descriptor},
        )

    def rows(self, sql: str, **options) -> list[tuple[str | None, ...]]:
        return list(self.engine.run(sql, "feeds", **options).rows)


def _columns(text: str) -> list[dict[str, str]]:
    pairs = [part.strip().split(" ", 1) for part in text.split(";") if part.strip()]
    return [{"Name": name, "Type": kind} for name, kind in pairs]


@pytest.fixture
def lake():
    with mock_aws():
        yield Lake()


@pytest.fixture
def sightings(lake: Lake) -> Lake:
    """Two deliveries of a CSV feed, partitioned."""
    lake.table(
        "sightings", "id bigint; brand string", parameters={"skip.header.line.count": "1"}, keys="delivery string"
    )
    for delivery, ids in (("2024Q1", (1, 2)), ("2024Q2", (3,))):
        text = "id,brand\n" + "".join(f"{number},BMW\n" for number in ids)
        lake.put(f"sightings/delivery={delivery}/a.csv", text)
        lake.partition("sightings", delivery, location=f"sightings/delivery={delivery}/")
    return lake


# ---------------------------------------------------------------------------- what is read


def test_delimited_text_is_read_as_hive_reads_it(lake: Lake):
    lake.table("t", "a int; b string; c double")
    lake.put("t/x.csv", "1,one,1.5\nx,,\\N\n3\n4,four,4,extra\n")
    assert lake.rows("select * from t order by b nulls last, a") == [
        (None, "", None),  # what is no number is null, an empty text is a text
        ("4", "four", "4.0"),
        ("1", "one", "1.5"),
        ("3", None, None),  # fields that a line lacks
    ]


def test_quoted_csv_keeps_delimiters_and_quotes(lake: Lake):
    lake.table("t", "a string; b string", serde=OPEN_CSV, serde_parameters={"separatorChar": ",", "quoteChar": '"'})
    lake.put("t/x.csv", 'one,"a, ""b"""\n,""\n')
    assert lake.rows("select * from t order by a desc") == [("one", 'a, "b"'), ("", "")]


def test_bad_value_in_quoted_csv_fails_the_query(lake: Lake):
    lake.table("t", "a int", serde=OPEN_CSV, serde_parameters={"separatorChar": ","})
    lake.put("t/x.csv", "1\nx\n")
    with pytest.raises(QueryFailedError, match=r"^HIVE_BAD_DATA: .*convert string"):
        lake.rows("select * from t")


def test_compressed_and_hidden_and_empty_files(lake: Lake):
    lake.table("t", "a int")
    lake.put("t/x.csv.gz", gzip.compress(b"1\n2\n"))
    lake.put("t/_SUCCESS", "7\n")
    lake.put("t/.hidden/x.csv", "8\n")
    lake.put("t/empty.csv", "")
    assert lake.rows("select sum(a) from t") == [("3",)]


def test_parquet_columns_are_found_by_name_and_missing_ones_are_null(lake: Lake):
    lake.table("t", "b bigint; a string; new double", serde=PARQUET)
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table({"A": ["x"], "b": pyarrow.array([1], pyarrow.int32())}), out)
    lake.put("t/x.parquet", out.getvalue())
    assert lake.rows("select * from t") == [("1", "x", None)]


def test_json_lines_with_nested_values(lake: Lake):
    lake.table("t", "a int; tags array<string>; s struct<x:int>", serde=JSON)
    lake.put("t/x.json", '{"a": 1, "tags": ["p", "q"], "s": {"x": 2}}\n{"a": null}\n')
    assert lake.rows("select * from t order by a nulls last") == [("1", "[p, q]", "{x=2}"), (None, None, None)]


def test_table_without_files_has_no_rows(lake: Lake):
    lake.table("t", "a int")
    assert lake.rows("select count(*), max(a) from t") == [("0", None)]


# ---------------------------------------------------------------------------- partitions and the scan limit


def test_filter_on_a_partition_key_reads_that_partition_alone(sightings: Lake):
    everything = sightings.engine.run("select count(*) from sightings", "feeds")
    one = sightings.engine.run("select count(*) from sightings where delivery = '2024Q2' and id > 0", "feeds")
    assert (everything.rows, one.rows) == ((("3",),), (("1",),))
    assert (everything.scanned_bytes, one.scanned_bytes) == (9 + 12 + 9 + 6, 9 + 6)


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("delivery in ('2024Q1', '2024Q2')", 3),
        ("delivery > '2024Q1'", 1),
        ("delivery = '2024Q1' or id = 3", 3),
        ("substr(delivery, 5) = 'Q1'", 2),
        ("delivery = (select max(delivery) from sightings)", 1),
        ("not delivery = '2024Q1'", 1),
    ],
)
def test_pruning_never_changes_the_answer(sightings: Lake, condition: str, count: int):
    assert sightings.rows(f"select count(*) from sightings where {condition}") == [(str(count),)]


def test_filter_on_one_side_of_an_outer_join_prunes_nothing(sightings: Lake):
    sql = (
        "select count(*) from sightings l left join sightings r on l.id = r.id and r.delivery = '2024Q2' "
        "where l.delivery = '2024Q1'"
    )
    assert sightings.rows(sql) == [("2",)]


def test_query_that_would_scan_more_than_the_limit_is_cancelled(sightings: Lake):
    with pytest.raises(QueryCancelledError, match=r"^Bytes scanned limit was exceeded$"):
        sightings.rows("select count(*) from sightings", scan_limit_bytes=20)
    assert sightings.rows("select count(*) from sightings where delivery = '2024Q2'", scan_limit_bytes=20) == [("1",)]


# ---------------------------------------------------------------------------- the dialect


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("7 / 2", "3"),  # integers divide as integers
        ("7.0 / 2", "3.5"),
        ("1e0 / 3", "0.3333333333333333"),
        ("cast('2024-02-29' as date)", "2024-02-29"),
        ("date_add('month', 1, date '2024-01-31')", "2024-02-29"),
        ("date_diff('day', date '2024-01-01', date '2024-03-01')", "60"),
        ("timestamp '2024-01-01 10:00:00'", "2024-01-01 10:00:00.000"),
        ("regexp_extract('delivery=2024Q1/a', 'delivery=([^/]+)', 1)", "2024Q1"),
        ("element_at(array[1, 2], 2)", "2"),
        ("array[1, null]", "[1, null]"),
        ("map(array['a'], array[1])", "{a=1}"),
        ("if(1 > 2, 'a', 'b')", "b"),
        ("try_cast('x' as bigint)", None),
        ("true", "true"),
        ("approx_distinct(1)", "1"),
        ("substr('delivery', 1, 3)", "del"),
        ("coalesce(null, 'x')", "x"),
        ("1e10", "1.0E10"),
    ],
)
def test_expression_of_trino_has_the_value_that_trino_gives_it(lake: Lake, expression: str, answer: str | None):
    (row,) = lake.rows(f"select {expression}")
    assert row == (answer,)


def test_names_are_lower_case_and_unnamed_columns_are_numbered(sightings: Lake):
    answer = sightings.engine.run('select Brand, count(*), Max(ID) AS "Newest" from Sightings group by 1', "feeds")
    assert [column.name for column in answer.columns] == ["brand", "_col1", "newest"]
    assert [column.type for column in answer.columns] == ["varchar", "bigint", "bigint"]


def test_unnest_and_with_and_other_databases(lake: Lake):
    lake.table("t", "a int; tags array<string>", serde=JSON)
    lake.put("t/x.json", '{"a": 1, "tags": ["p", "q"]}\n')
    sql = "with t2 as (select * from feeds.t) select tag, a from t2 cross join unnest(tags) as u(tag) order by tag"
    assert list(lake.engine.run(sql, "elsewhere").rows) == [("p", "1"), ("q", "1")]


def test_parameters_take_the_places_of_the_question_marks(sightings: Lake):
    sql = "select id from sightings where delivery = ? and id > ?"
    assert sightings.rows(sql, parameters=("'2024Q1'", "1")) == [("2",)]
    with pytest.raises(MalformedQueryError, match="expected 2 but found 1"):
        sightings.rows(sql, parameters=("'2024Q1'",))


def test_show_and_describe(sightings: Lake):
    assert sightings.rows("SHOW DATABASES") == [("feeds",)]
    assert sightings.rows("show tables in feeds") == [("sightings",)]
    assert sightings.rows("SHOW PARTITIONS sightings") == [("delivery=2024Q1",), ("delivery=2024Q2",)]
    assert sightings.rows("describe sightings")[0] == ("id", "bigint", "")


# ---------------------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("select * from nowhere", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.feeds.nowhere' does not exist"),
        ("select * from x.y", "SCHEMA_NOT_FOUND: line 1:15: Schema 'x' does not exist"),
        (
            "select\n  colour from sightings",
            "COLUMN_NOT_FOUND: line 2:3: Column 'colour' cannot be resolved or requester is not authorized to access "
            "requested resources",
        ),
        ("select no_such(1)", "FUNCTION_NOT_FOUND: line 1:1: Function 'no_such' not registered"),
        ("select cast('x' as bigint)", "INVALID_CAST_ARGUMENT: "),
        ("drop table sightings", "NOT_SUPPORTED: line 1:1: DROP is not run by this Athena"),
        ("select * from sightings for version as of 1", "NOT_SUPPORTED: line 1:15: only Iceberg tables"),
    ],
)
def test_failure_is_told_in_athenas_words(sightings: Lake, sql: str, reason: str):
    with pytest.raises(QueryFailedError) as error:
        sightings.rows(sql)
    assert str(error.value).startswith(reason)


@pytest.mark.parametrize("sql", ["selec 1", "select 1; select 2", "", "select 'x"])
def test_text_that_is_no_statement_is_malformed(lake: Lake, sql: str):
    with pytest.raises(MalformedQueryError):
        lake.rows(sql)


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_csv('/etc/hostname')",
        "select * from read_text('/etc/hostname')",
        "select * from '/etc/hostname'",
        "select * from glob('/*')",
    ],
)
def test_query_reaches_no_file_of_this_machine(lake: Lake, sql: str):
    with pytest.raises((QueryFailedError, MalformedQueryError)):
        lake.rows(sql)


def test_query_stops_when_it_is_told_to(lake: Lake):
    stop = Cancellation()
    timer = threading.Timer(0.5, stop.cancel)
    timer.start()
    with pytest.raises(QueryCancelledError, match="cancelled by user"):
        lake.rows(
            "select count(*) from unnest(sequence(1, 1000000)) a(x) cross join unnest(sequence(1, 1000000)) b(y) "
            "where x * y % 7 = 3",
            cancellation=stop,
        )
    timer.join()


# ---------------------------------------------------------------------------- the stored results


def test_stored_results_tell_null_from_nothing_and_survive_any_text():
    columns = [result_column("a", "VARCHAR"), result_column("b", "INTEGER")]
    rows = [("x", "1"), ("", None), (None, "2"), ('say "hi",\nthere', "3")]
    content = write_csv(columns, rows)
    assert content.startswith(b'"a","b"\n"x","1"\n"",\n,"2"\n')
    assert read_csv(content) == [["a", "b"], *(list(row) for row in rows)]


def test_single_null_column_is_read_back():
    assert read_csv(write_csv([result_column("a", "VARCHAR")], [(None,), ("x",)])) == [["a"], [None], ["x"]]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (100.0, "100.0"),
        (12345678.0, "1.2345678E7"),
        (0.0001, "1.0E-4"),
        (float("nan"), "NaN"),
        (-0.5, "-0.5"),
    ],
)
def test_double_is_written_as_java_writes_it(value: float, text: str):
    assert as_text(value) == text

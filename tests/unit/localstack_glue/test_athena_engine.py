"""Queries over files in S3 by the Glue catalog, as Athena answers them; moto plays Glue and S3."""

import datetime
import gzip
import io
import threading

import pyarrow
import pyarrow.parquet
import pytest
from botocore.exceptions import ClientError
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.types import DateType

from localstack_glue.athena.engine.errors import MalformedQueryError, QueryCancelledError, QueryFailedError
from localstack_glue.athena.engine.run import Cancellation, QueryEngine
from tests.unit.localstack_glue.athena_lake import JSON, LAZY, OPEN_CSV, PARQUET, Lake


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
    with pytest.raises(QueryFailedError, match=r"^HIVE_BAD_DATA: Error parsing field value .x. for field 0"):
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


@pytest.fixture
def evolved(lake: Lake, tmp_path) -> tuple[int, int]:
    """An Iceberg table whose columns were renamed, dropped and added after its first snapshot; both snapshots' ids."""
    catalog = GlueCatalog("test", client=lake.glue)
    data = pyarrow.table({"id": [1, 2], "old": ["x", "y"], "gone": [1, 2]})
    table = catalog.create_table("feeds.t", data.schema, location=f"file://{tmp_path}")
    table.append(data)
    first = table.current_snapshot().snapshot_id
    with table.update_schema() as change:
        change.rename_column("old", "new")
        change.delete_column("gone")
        change.add_column("Added", DateType())
    table.append(pyarrow.table({"id": [3], "new": ["z"], "Added": [datetime.date(2024, 1, 2)]}))
    return first, table.current_snapshot().snapshot_id


def test_columns_of_iceberg_come_from_its_metadata(lake: Lake, evolved):  # G38
    answer = lake.engine.run("select * from t order by id", "feeds")
    assert [column.name for column in answer.columns] == ["id", "new", "added"]
    assert answer.rows == (("1", "x", None), ("2", "y", None), ("3", "z", "2024-01-02"))
    assert lake.rows("select id, new from t where added is not null") == [("3", "z")]
    assert lake.rows("show columns in t") == [("id",), ("new",), ("added",)]


def test_column_that_was_dropped_cannot_be_read(lake: Lake, evolved):
    with pytest.raises(QueryFailedError, match=r"COLUMN_NOT_FOUND.*gone"):
        lake.rows("select gone from t")


def test_earlier_snapshot_has_the_columns_of_its_time(lake: Lake, evolved):
    first, second = evolved
    assert lake.rows(f"select * from t for version as of {first} order by id") == [("1", "x", "1"), ("2", "y", "2")]
    sql = (
        f"select a.old, b.new from t for version as of {first} a join t for version as of {second} b on a.id = b.id "
        "order by 1"
    )
    assert lake.rows(sql) == [("x", "x"), ("y", "y")]


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


def test_columns_are_called_as_they_are_written_and_unnamed_ones_are_numbered(sightings: Lake):
    answer = sightings.engine.run('select Brand, count(*), Max(ID) AS "Newest" from Sightings group by 1', "feeds")
    assert [column.name for column in answer.columns] == ["Brand", "_col1", "Newest"]
    assert [column.type for column in answer.columns] == ["varchar", "bigint", "bigint"]


def test_unnest_and_with_and_other_databases(lake: Lake):
    lake.table("t", "a int; tags array<string>", serde=JSON)
    lake.put("t/x.json", '{"a": 1, "tags": ["p", "q"]}\n')
    sql = "with t2 as (select * from feeds.t) select tag, a from t2 cross join unnest(tags) as u(tag) order by tag"
    assert list(lake.engine.run(sql, "elsewhere").rows) == [("p", "1"), ("q", "1")]


@pytest.fixture
def two_orders(lake: Lake) -> Lake:
    """A table of the same name in two databases, one of which has a name that must be quoted."""
    lake.glue.create_database(DatabaseInput={"Name": "cur-ated.x"})
    lake.put("raw/a.csv", "1,raw\n2,raw\n")
    lake.put("cur/a.csv", "1,curated\n")
    lake.table("orders", "id int; src string", folder="raw")
    lake.table("orders", "id int; src string", database="cur-ated.x", folder="cur")
    return lake


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        pytest.param(
            'select (select count(*) from feeds.orders), (select count(*) from "cur-ated.x".orders)',
            [("2", "1")],
            id="subqueries",
        ),
        pytest.param(
            'select src from feeds.orders union all select src from "cur-ated.x".orders order by src',
            [("curated",), ("raw",), ("raw",)],
            id="union",
        ),
        pytest.param(
            'select count(*) from feeds.orders r left join "cur-ated.x".orders c on r.id = c.id where c.id is null',
            [("1",)],
            id="join with aliases",
        ),
        pytest.param(
            'select feeds.orders.src, "cur-ated.x".orders.src from feeds.orders join "cur-ated.x".orders '
            'on feeds.orders.id = "cur-ated.x".orders.id',
            [("raw", "curated")],
            id="join without aliases",
        ),
        pytest.param("select feeds.orders.id from feeds.orders order by 1", [("1",), ("2",)], id="column by database"),
        pytest.param("select orders.id from orders order by orders.id", [("1",), ("2",)], id="column by table"),
        pytest.param("select a.id from orders a join orders b on a.id = b.id + 1", [("2",)], id="self join"),
        pytest.param(
            "with orders as (select * from orders where id = 2) select id from orders", [("2",)], id="with hides itself"
        ),
        pytest.param(
            "with a as (select * from orders), orders as (select 9 as id) select a.id, orders.id from a, orders "
            "order by 1",
            [("1", "9"), ("2", "9")],
            id="a later with is not seen by an earlier one",
        ),
        pytest.param(
            "select (with orders as (select 7 as id) select id from orders), (select count(*) from orders)",
            [("7", "2")],
            id="with of another query",
        ),
        pytest.param(
            "with recursive t(n) as (select 1 union all select n + 1 from t where n < 3) select count(*) from t",
            [("3",)],
            id="recursive",
        ),
    ],
)
def test_table_is_the_one_that_the_query_names(two_orders: Lake, sql: str, rows: list[tuple[str, ...]]):
    assert two_orders.rows(sql) == rows


@pytest.mark.parametrize(
    ("sql", "names", "rows"),
    [
        (
            "select upper(k), count(*) from t group by 1 order by 1",
            ["_col0", "_col1"],
            [("A", "2"), ("B", "1")],
        ),
        ("select k, count(*) from t group by k order by 2 desc", ["k", "_col1"], [("a", "2"), ("b", "1")]),
        (
            "select id % 2, count(*) from t group by id % 2 order by id % 2",
            ["_col0", "_col1"],
            [("0", "1"), ("1", "2")],
        ),
        ("select distinct upper(k) from t order by 1", ["_col0"], [("A",), ("B",)]),
        (
            "select upper(k) from t union all select 'Z' order by 1",
            ["_col0"],
            [("A",), ("A",), ("B",), ("Z",)],
        ),
        (
            "select upper(k), sum(id) from t group by rollup(upper(k)) order by 2",
            ["_col0", "_col1"],
            [("B", "2"), ("A", "4"), (None, "6")],
        ),
        (
            "select k, row_number() over (order by id + 1) from t order by 2",
            ["k", "_col1"],
            [("a", "1"), ("b", "2"), ("a", "3")],
        ),
        ("select *, cast(id as varchar) from t where id = 1", ["id", "k", "_col2"], [("1", "a", "1")]),
        ("select _col0 from (select max(id) from t)", ["_col0"], [("3",)]),
        ("select (select max(id) from t), 1", ["_col0", "_col1"], [("3", "1")]),
    ],
)
def test_expression_without_a_name_is_numbered_and_can_be_sorted_by(lake: Lake, sql: str, names, rows):
    lake.put("t/a.csv", "1,a\n2,b\n3,a\n")
    lake.table("t", "id int; k string")
    answer = lake.engine.run(sql, "feeds")
    assert [column.name for column in answer.columns] == names
    assert list(answer.rows) == rows


@pytest.mark.parametrize("name", ["Order ID", "order-id", "a.b", 'a"b', "select", "größe"])
def test_any_name_of_a_column_can_be_read(lake: Lake, name: str):
    lake.put("t/a.csv", "1,2\n")
    lake.glue.create_table(
        DatabaseName="feeds",
        TableInput={
            "Name": "t",
            "StorageDescriptor": {
                "Columns": [{"Name": name, "Type": "int"}, {"Name": "x", "Type": "int"}],
                "Location": "s3://lake/t/",
                "SerdeInfo": {"SerializationLibrary": LAZY, "Parameters": {"field.delim": ","}},
            },
        },
    )
    quoted = name.lower().replace('"', '""')
    answer = lake.engine.run("select * from t", "feeds")
    assert ([column.name for column in answer.columns], answer.rows) == ([name.lower(), "x"], (("1", "2"),))
    assert lake.rows(f'select "{quoted}" from t where "{quoted}" = 1') == [("1",)]
    assert lake.rows(f'select t."{quoted}", count(*) from "feeds"."t" group by 1 order by 1') == [("1", "1")]


def test_parameters_take_the_places_of_the_question_marks(sightings: Lake):
    sql = "select id from sightings where delivery = ? and id > ?"
    assert sightings.rows(sql, parameters=("'2024Q1'", "1")) == [("2",)]
    with pytest.raises(QueryFailedError, match="expected 2 but found 1"):
        sightings.rows(sql, parameters=("'2024Q1'",))


def test_show_and_describe(sightings: Lake):
    assert sightings.rows("SHOW DATABASES") == [("feeds",)]
    assert sightings.rows("show tables in feeds") == [("sightings",)]
    assert sightings.rows("SHOW PARTITIONS sightings") == [("delivery=2024Q1",), ("delivery=2024Q2",)]
    assert sightings.rows("describe sightings")[0] == (f"{'id':<20}\t{'bigint':<20}\t{'':<20}",)


# ---------------------------------------------------------------------------- what goes wrong


def test_table_with_a_column_that_is_also_a_partition_key_is_refused(lake: Lake):
    lake.table("t", "id bigint; name string", keys="id string")
    with pytest.raises(
        QueryFailedError, match=r"HIVE_INVALID_METADATA: .* Table descriptor contains duplicate columns"
    ):
        lake.rows("select name from t")


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
        ("select no_such(1)", "FUNCTION_NOT_FOUND: line 1:8: Function 'no_such' not registered"),
        ("select cast('x' as bigint)", "INVALID_CAST_ARGUMENT: "),
        ("grant select on sightings to me", "NOT_SUPPORTED: line 1:1: GRANT is not supported here"),
        ("select * from sightings for version as of 1", "NOT_SUPPORTED: line 1:15: only Iceberg tables"),
    ],
)
def test_failure_has_the_message_of_athena(sightings: Lake, sql: str, reason: str):
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


ENDLESS = (
    "select count(*) from unnest(sequence(1, 10000)) a(x) cross join unnest(sequence(1, 10000)) b(y) "
    "cross join unnest(sequence(1, 10000)) c(z) where x * y * z % 7 = 3"
)


@pytest.mark.parametrize("wait_s", [0, 0.01, 0.1, 0.5])
def test_query_that_is_cancelled_stops_wherever_it_is(lake: Lake, wait_s: float):
    stop = Cancellation()
    timer = threading.Timer(wait_s, stop.cancel)
    timer.start()
    with pytest.raises(QueryCancelledError, match="cancelled by user"):
        lake.rows(ENDLESS, cancellation=stop)
    timer.join()


def test_query_that_has_ended_is_cancelled_without_a_word(lake: Lake):
    stop = Cancellation()
    assert lake.rows("select 1", cancellation=stop) == [("1",)]
    stop.cancel()


class Refusing:
    """An S3 client that lists and does not hand over: HeadObject's refusal has no words."""

    def __init__(self, client):
        self._client = client

    def __getattr__(self, name: str):
        return getattr(self._client, name)

    def download_fileobj(self, *_arguments):
        raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadObject")


def test_file_that_the_caller_may_not_read_is_named(lake: Lake):
    lake.table("t", "a int")
    lake.put("t/x.csv", "1\n")
    engine = QueryEngine(lake.glue, Refusing(lake.s3), {})
    with pytest.raises(QueryFailedError, match=r"^PERMISSION_DENIED: Permission denied on S3 path: s3://lake/t/x\.csv"):
        engine.run("select * from t", "feeds")

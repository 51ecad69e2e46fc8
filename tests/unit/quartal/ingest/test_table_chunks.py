"""Rows of a database as files of a delivery, from SQLite into moto as a server."""

from __future__ import annotations

import gzip
import secrets
from datetime import date

import sqlalchemy
from hypothesis import given, settings
from hypothesis import strategies as st

from quartal.deliver.ingest.ingests import Target
from quartal.deliver.ingest.relation import Relation
from quartal.deliver.ingest.table_chunks import KeyRange, even_bounds, to_ranges, walked_bounds, within
from quartal.deliver.upload.checksums import compute_checksum
from tests.unit.quartal.ingest.example import FOLDER, PARQUET, Lake, Source, ingest, names


@given(st.sets(st.integers(-(10**12), 10**12) | st.integers(-50, 50), min_size=1), st.integers(1, 20))
def test_chunks_of_a_whole_number_hold_each_row_once_whatever_the_gaps(ids, chunk_rows):
    even = even_bounds(min(ids), max(ids), len(ids), chunk_rows)
    ranges = to_ranges(even or [])
    held = [sorted(i for i in ids if _holds(chunk, (i,))) for chunk in ranges]
    assert [i for part in held for i in part] == sorted(ids)
    assert [chunk.number for chunk in ranges] == list(range(1, len(ranges) + 1))
    if even is not None:
        assert all(len(part) <= 2 * chunk_rows for part in held)


def _holds(chunk: KeyRange, key: tuple) -> bool:
    return (chunk.start is None or key >= chunk.start) and (chunk.end is None or key < chunk.end)


def test_sparse_integer_keys_are_not_split_evenly():
    assert even_bounds(1, 10**15, 1_000, 100) is None
    assert even_bounds(1, 1_000, 1_000, 100) == [(start,) for start in range(101, 1_000, 100)]


KEYS = st.tuples(
    st.sampled_from(["", "a", "A", "ä", "b'; --", "%s :x"]), st.integers(-3, 3) | st.integers(2**40, 2**41)
)


@settings(deadline=None)
@given(st.lists(KEYS, min_size=1, max_size=40), st.integers(1, 10), st.booleans())
def test_chunks_along_any_key_hold_each_row_once_in_sql_itself(keys, chunk_rows, compares_rows):
    """Also where rows share a key, and where SQL cannot compare rows as a whole."""
    engine = sqlalchemy.create_engine("sqlite://")
    table, columns = sqlalchemy.table("t"), [sqlalchemy.column("a"), sqlalchemy.column("b")]
    relation = Relation("t", "t", table, ("a", "b"), ("a", "b"))
    with engine.connect() as connection:
        connection.exec_driver_sql("create table t (a text, b integer)")
        connection.exec_driver_sql("insert into t values (?, ?)", keys)

        def select(*conditions):
            chosen = sqlalchemy.select(*columns).select_from(table).where(*conditions)
            return [tuple(row) for row in connection.execute(chosen.order_by(*columns))]

        bounds = walked_bounds(lambda last, step: relation.next_key(connection, last, step), chunk_rows)
        dialect = "sqlite" if compares_rows else "another"
        chunks = [select(*within(columns, chunk, dialect)) for chunk in to_ranges(bounds)]
    assert [row for chunk in chunks for row in chunk] == sorted(keys, key=lambda key: (key[0].encode(), key[1]))
    most = max(keys.count(key) for key in keys)
    assert all(0 < len(chunk) <= chunk_rows + most for chunk in chunks)


@settings(max_examples=8, deadline=None)
@given(st.sets(st.integers(-(2**63), 2**63 - 1) | st.integers(-9, 9), min_size=1, max_size=30), st.integers(1, 9))
def test_delivery_holds_each_row_of_the_table_once(connection, tmp_path_factory, ids, chunk_rows):
    source = Source(tmp_path_factory.mktemp("sqlite") / "shop.db")
    source.run("create table sales (id integer primary key, shop text, day text, note text)")
    source.fill(ids)
    bucket = f"lake-{secrets.token_hex(8)}"
    connection.s3().create_bucket(Bucket=bucket)
    lake = Lake(connection, Target(bucket, "raw/sales/", "deliveries/sales/", "2024Q1"))
    report = ingest(lake, source, chunk_rows=chunk_rows)
    assert report.rows == len(ids)
    assert lake.lines() == [f"{i},north,2024-01-31," for i in sorted(ids)]


def test_chunk_is_a_file_with_header_named_by_its_number(lake, source):
    source.fill(range(1, 6))
    report = ingest(lake, source)
    assert lake.objects() == {
        "sales-00001.csv": b"id,shop,day,note\n1,north,2024-01-31,\n2,north,2024-01-31,\n3,north,2024-01-31,\n",
        "sales-00002.csv": b"id,shop,day,note\n4,north,2024-01-31,\n5,north,2024-01-31,\n",
    }
    assert names(report.sent) == ["sales-00001.csv", "sales-00002.csv"]


def test_gzip_stores_the_same_rows(lake, source):
    source.fill([1])
    ingest(lake, source, compress=True)
    (content,) = lake.objects().values()
    assert list(lake.objects()) == ["sales-00001.csv.gz"]
    assert gzip.decompress(content) == b"id,shop,day,note\n1,north,2024-01-31,\n"


def test_query_is_read_by_the_key_that_is_named(lake, source):
    source.fill(range(8))
    query = "select id, shop, '10:30 :x %s' as note, day from sales where id % 2 = 0 and day > '2024';"
    report = ingest(lake, source, query=query, key=["id"])
    assert (report.rows, names(report.sent)) == (4, ["query-00001.csv", "query-00002.csv"])
    assert lake.lines()[0] == "0,north,2024-01-31,10:30 :x %s"


def test_key_that_the_contract_does_not_know_cuts_but_is_not_delivered(lake, source):
    source.run("create table log (n integer primary key, id integer, shop text, day text, note text)")
    source.run("insert into log values (1, 10, 'a', '2024-01-01', null), (2, 10, 'b', '2024-01-01', null)")
    ingest(lake, source, table="log", chunk_rows=1)
    assert lake.lines() == ["10,a,2024-01-01,", "10,b,2024-01-01,"]


def test_key_of_several_columns_is_found_in_the_table(lake, source):
    source.run("create table pair (id integer, shop text, day text, note text, primary key (shop, id))")
    rows = ", ".join(f"({i}, '{shop}', '2024-01-01', null)" for i in range(4) for shop in "ab")
    source.run(f"insert into pair values {rows}")
    report = ingest(lake, source, table="pair")
    assert lake.record("pair")["bounds"] == [[["str", "a"], ["int", "3"]], [["str", "b"], ["int", "2"]]]
    assert (report.rows, len(lake.lines())) == (8, 8)


def test_contract_of_parquet_gets_one_parquet_file_of_typed_columns_per_chunk(lake, source):
    source.fill(range(1, 6))
    report = ingest(lake, source, contract=PARQUET)
    assert (report.rows, names(report.sent)) == (5, ["sales-00001.parquet", "sales-00002.parquet"])
    assert lake.rows() == [(i, "north", date(2024, 1, 31), None) for i in range(1, 6)]
    contents = lake.objects()
    for name, entry in lake.manifest()["files"].items():
        content = contents[name.removeprefix(FOLDER)]
        assert entry["crc64nvme"] == entry["source_crc64nvme"] == compute_checksum(content)
    before = lake.objects()
    assert names(ingest(lake, source, contract=PARQUET, parallel=1).unchanged) == names(report.sent)
    assert lake.objects() == before

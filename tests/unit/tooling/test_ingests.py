"""Rows of a database as a delivery, from SQLite into moto as a server."""

from __future__ import annotations

import gzip
import io
import json
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.server import ThreadedMotoServer
from pyarrow import parquet

from quartal import ingests
from quartal.aws import AwsConnection
from quartal.contracts.model import Contract
from quartal.errors import ConfigurationError, IngestError, QuartalError, UploadError
from quartal.ingesting.chunks import KeyRange, even_bounds, ranges_of, walked_bounds, within
from quartal.ingesting.database import open_database
from quartal.ingesting.progress import Progress
from quartal.ingesting.record import IngestRecord, IngestSource, RecordStore
from quartal.ingesting.relation import Relation, query_of, table_of
from quartal.ingesting.snapshot import open_snapshot
from quartal.ingests import IngestOptions, IngestReport, Target
from quartal.uploading.checksums import checksum_of
from quartal.uploading.delivery_manifest import ManifestStore, UploadRecord

FOLDER = "raw/sales/delivery=2024Q1/"
CONTRACT = Contract.model_validate(
    {
        "version": "1",
        "dataset": "sales",
        "columns": [
            {"name": "id", "logicalType": "integer", "required": True, "primaryKey": True},
            {"name": "shop", "required": True},
            {"name": "day", "logicalType": "date", "required": True, "logicalTypeOptions": {"format": "yyyy-MM-dd"}},
            {"name": "note"},
        ],
        "features": {"entity": ["shop"], "eventTime": {"date": "day"}, "count": "sales"},
    }
)
PARQUET = Contract.model_validate(CONTRACT.model_dump(exclude={"csv"}) | {"files": {"format": "parquet"}})


@pytest.fixture(scope="module")
def connection():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield AwsConnection("us-east-1", f"http://{host}:{port}", "test", "test")
    server.stop()


@dataclass
class Lake:
    """A bucket of the test's own."""

    connection: AwsConnection
    target: Target

    def objects(self, prefix: str = FOLDER) -> dict[str, bytes]:
        s3, bucket = self.connection.s3(), self.target.bucket
        found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return {
            entry["Key"].removeprefix(prefix): s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            for entry in found
        }

    def lines(self) -> list[str]:
        """All rows of the delivery, without headers."""
        return [line for text in self.objects().values() for line in text.decode().splitlines()[1:]]

    def rows(self) -> list[tuple]:
        """All rows of a delivery of Parquet files."""
        tables = [parquet.read_table(io.BytesIO(content)) for content in self.objects().values()]
        return [tuple(row.values()) for table in tables for row in table.to_pylist()]

    def put(self, key: str, body: bytes) -> None:
        self.connection.s3().put_object(Bucket=self.target.bucket, Key=key, Body=body)

    def manifest(self) -> dict:
        (text,) = self.objects("deliveries/sales/2024Q1.json").values()
        return json.loads(text)

    def record(self, name: str = "sales") -> dict:
        return json.loads(self.objects("deliveries/sales/2024Q1/")[f"{name}.json"])


@pytest.fixture
def lake(connection) -> Lake:
    name = f"lake-{secrets.token_hex(8)}"
    connection.s3().create_bucket(Bucket=name)
    return Lake(connection, Target(name, "raw/sales/", "deliveries/sales/", "2024Q1"))


@dataclass
class Source:
    """A SQLite database with a table of sales."""

    path: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def run(self, *statements: str) -> None:
        with sqlite3.connect(self.path) as connection:
            for statement in statements:
                connection.execute(statement)

    def fill(self, ids) -> None:
        with sqlite3.connect(self.path) as connection:
            connection.executemany("insert into sales values (?, 'north', '2024-01-31', null)", [(i,) for i in ids])


@pytest.fixture
def source(tmp_path: Path) -> Source:
    database = Source(tmp_path / "shop.db")
    database.run("create table sales (id integer primary key, shop text, day text, note text)")
    return database


def ingest(
    lake: Lake, source: Source, *, query: str | None = None, table="sales", key=(), contract=CONTRACT, **options
):
    settings = {"chunk_rows": 3, "parallel": 2} | options
    with open_database(source.url, connections=3) as database:
        if query is None:
            relation = table_of(database, table, called=None, key=key)
        else:
            relation = query_of(database, query, called=None, key=key)
        return ingests.ingest(
            lake.connection, lake.target, database, relation, contract, options=IngestOptions(**settings)
        )


def names(keys) -> list[str]:
    return [key.removeprefix(FOLDER) for key in keys]


# ---------------------------------------------------------------------------- which rows make a chunk


@given(st.sets(st.integers(-(10**12), 10**12) | st.integers(-50, 50), min_size=1), st.integers(1, 20))
def test_chunks_of_a_whole_number_hold_each_row_once_whatever_the_gaps(ids, chunk_rows):
    even = even_bounds(min(ids), max(ids), len(ids), chunk_rows)
    ranges = ranges_of(even or [])
    held = [sorted(i for i in ids if _holds(chunk, (i,))) for chunk in ranges]
    assert [i for part in held for i in part] == sorted(ids)
    assert [chunk.number for chunk in ranges] == list(range(1, len(ranges) + 1))
    if even is not None:
        assert all(len(part) <= 2 * chunk_rows for part in held)


def _holds(chunk: KeyRange, key: tuple) -> bool:
    return (chunk.start is None or key >= chunk.start) and (chunk.end is None or key < chunk.end)


def test_whole_numbers_of_which_few_are_taken_are_not_cut_evenly():
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
        chunks = [select(*within(columns, chunk, dialect)) for chunk in ranges_of(bounds)]
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
        assert entry["crc64nvme"] == entry["source_crc64nvme"] == checksum_of(content)
    before = lake.objects()
    assert names(ingest(lake, source, contract=PARQUET, parallel=1).unchanged) == names(report.sent)
    assert lake.objects() == before


# ---------------------------------------------------------------------------- what is refused before anything is sent


def refused(lake: Lake, source: Source, **arguments) -> QuartalError:
    with pytest.raises(QuartalError) as error:
        ingest(lake, source, **arguments)
    assert lake.objects("") == {}
    return error.value


def test_columns_that_are_missing_and_unknown_are_named(lake, source):
    source.run(
        "create table other (id integer primary key, shop text, colour text, price real)",
        "insert into other values (1, 'a', 'b', 2)",
    )
    error = refused(lake, source, table="other")
    assert isinstance(error, ConfigurationError)
    assert "it lacks day and has, unknown to the contract, colour, price. Nothing was sent" in error.message
    assert "id, shop, day, note" in error.remedy


def test_optional_column_may_be_missing_unless_values_are_told_by_their_place(lake, source):
    source.fill([1])
    query = "select id, shop, day from sales"
    positional = CONTRACT.model_copy(update={"csv": CONTRACT.csv.model_copy(update={"header": False})})
    assert "lacks note" in refused(lake, source, query=query, key=["id"], contract=positional).message
    ingest(lake, source, query=query, key=["id"])
    assert lake.objects()["query-00001.csv"] == b"id,shop,day\n1,north,2024-01-31\n"


def test_file_without_header_has_rows_only(lake, source):
    source.fill([1])
    positional = CONTRACT.model_copy(update={"csv": CONTRACT.csv.model_copy(update={"header": False})})
    ingest(lake, source, contract=positional)
    assert lake.objects()["sales-00001.csv"] == b"1,north,2024-01-31,\n"


def test_table_that_is_not_there_is_named_with_those_that_are(lake, source):
    error = refused(lake, source, table="sale")
    assert "has no table sale " in error.message
    assert "sales" in error.remedy


def test_table_without_rows_is_refused(lake, source):
    assert "sales holds no rows" in refused(lake, source).message


def test_table_without_a_key_is_refused_with_what_to_do(lake, source):
    source.run("create table heap (id integer, shop text, day text, note text)")
    error = refused(lake, source, table="heap")
    assert "heap is read: it has no primary key" in error.message
    assert "--key" in error.remedy


def test_key_column_that_is_not_there_is_named(lake, source):
    error = refused(lake, source, key=["nummer"])
    assert "no key column nummer in sales" in error.message
    assert "id, shop, day, note" in error.remedy


def test_rows_without_a_key_are_counted(lake, source):
    source.fill([1, 2])
    assert "2 of 2 rows have no note" in refused(lake, source, key=["note"]).message


def test_query_that_the_database_refuses_is_told_in_its_words(lake, source):
    error = refused(lake, source, query="select nowhere from sales", key=["id"])
    assert "refused the query: no such column: nowhere" in error.message


def test_row_that_no_file_can_hold_is_named_by_its_key(lake, source):
    source.fill([1, 2])
    source.run("update sales set note = 'two' || char(10) || 'lines' where id = 2")
    with pytest.raises(IngestError, match="sales, row id=2: column note holds a line break") as error:
        ingest(lake, source)
    assert "replace" in error.value.remedy
    assert lake.objects() == {}


def test_row_that_no_typed_column_can_hold_is_named_by_its_key(lake, source):
    source.fill([1, 2])
    source.run("update sales set day = '31.01.2024' where id = 2")
    with pytest.raises(IngestError, match=r"sales, row id=2: column day holds the text '31\.01\.2024'") as error:
        ingest(lake, source, contract=PARQUET)
    assert "cast" in error.value.remedy
    assert lake.objects() == {}


# ---------------------------------------------------------------------------- the database's address


def reached(url: str) -> None:
    with open_database(url, connections=1):
        pass


@pytest.mark.parametrize(
    ("url", "message", "remedy"),
    [
        pytest.param("my database", "URL cannot be read", "postgresql://", id="no URL"),
        pytest.param("postgresql://u:s3cr3t@host:port/db", "URL cannot be read", "postgresql://", id="port"),
        pytest.param("nosuch://u:s3cr3t@host/db", "knows no database 'nosuch'", "postgresql://", id="unknown database"),
        pytest.param("mssql+pymssql://u:s3cr3t@h/db", "not installed: pymssql", "uv pip install", id="driver"),
    ],
)
def test_url_that_does_not_lead_to_a_driver_is_a_usage_error(url, message, remedy):
    with pytest.raises(ConfigurationError, match=message) as error:
        reached(url)
    assert remedy in error.value.remedy
    assert "s3cr3t" not in error.value.message + error.value.remedy


def test_database_that_does_not_answer_is_named_without_its_password(free_port):
    with pytest.raises(IngestError, match=f"postgresql://127.0.0.1:{free_port}/shop cannot be reached") as error:
        reached(f"postgresql://clerk:s3cr3t@127.0.0.1:{free_port}/shop?sslpassword=hidden")
    told = error.value.message + error.value.remedy
    assert "Check host, port, user" in error.value.remedy
    assert not any(secret in told for secret in ("s3cr3t", "hidden", "clerk"))


@pytest.fixture
def free_port() -> int:
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_password_that_a_driver_repeats_is_made_unreadable():
    with open_database("sqlite://", connections=1) as database:
        told = type(database)(database.engine, "x", ("p@ss", "p%40ss")).without_secrets("url u:p%40ss@h, p@ss")
    assert told == "url u:***@h, ***"


# ---------------------------------------------------------------------------- again, and after an interruption


class Killed(Progress):
    """Ends like a killed process as the third chunk is done: nothing more is written."""

    def add(self, outcome) -> None:
        if len(self.outcomes) == 2:
            raise KeyboardInterrupt
        super().add(outcome)

    def finish(self) -> None:
        pass


def interrupt(lake, source, monkeypatch, contract) -> None:
    """Nine rows in three chunks of which two are sent; of those one is recorded, since a record is due later."""
    source.fill(range(1, 10))
    with monkeypatch.context() as patch:
        patch.setattr(ingests, "Progress", Killed)
        with pytest.raises(KeyboardInterrupt):
            ingest(lake, source, parallel=1, contract=contract)
    assert (sorted(lake.record()["done"]), lake.record()["complete"]) == (["1"], False)


@pytest.fixture
def interrupted(lake, source, monkeypatch) -> Source:
    interrupt(lake, source, monkeypatch, CONTRACT)
    return source


def test_interrupted_ingest_sends_only_what_lacks(lake, interrupted):
    report = ingest(lake, interrupted)
    assert names(report.skipped) == ["sales-00001.csv"]
    assert names(report.unchanged) == ["sales-00002.csv", "sales-00003.csv"]  # sent, but not recorded: compared
    assert (names(report.sent), report.rows, len(report.read_at)) == ([], 9, 2)
    assert len(lake.lines()) == 9
    assert lake.record()["complete"]


def test_interrupted_ingest_of_parquet_sends_only_what_lacks(lake, source, monkeypatch):
    interrupt(lake, source, monkeypatch, PARQUET)
    report = ingest(lake, source, contract=PARQUET)
    assert names(report.skipped) == ["sales-00001.parquet"]
    assert names(report.unchanged) == ["sales-00002.parquet", "sales-00003.parquet"]
    assert (names(report.sent), [row[0] for row in lake.rows()]) == ([], list(range(1, 10)))


def test_chunk_that_vanished_or_was_replaced_since_is_sent_again(lake, interrupted):
    lake.put(f"{FOLDER}sales-00001.csv", b"id,shop,day,note\n")
    s3 = lake.connection.s3()
    s3.delete_object(Bucket=lake.target.bucket, Key=f"{FOLDER}sales-00002.csv")
    report = ingest(lake, interrupted)
    assert names(report.sent) == ["sales-00001.csv", "sales-00002.csv"]
    assert len(lake.lines()) == 9


def test_rows_that_came_since_the_interruption_are_in_one_chunk_each(lake, interrupted):
    interrupted.fill([-5, 100, 101])
    report = ingest(lake, interrupted, reread=True)
    assert (report.rows, report.skipped, len(report.read_at)) == (12, (), 1)
    assert [line.split(",")[0] for line in lake.lines()] == ["-5", *map(str, range(1, 10)), "100", "101"]


def test_changed_layout_reads_also_what_is_there(lake, interrupted):
    other = CONTRACT.model_copy(update={"csv": CONTRACT.csv.model_copy(update={"delimiter": ";"})})
    report = ingest(lake, interrupted, contract=other)
    assert (len(report.sent), report.skipped) == (3, ())
    assert len(lake.lines()) == 9


def test_complete_ingest_is_read_anew_and_only_what_differs_is_sent(lake, source):
    source.fill(range(1, 10))
    ingest(lake, source)
    source.run("update sales set note = 'new' where id = 5", "delete from sales where id > 6")
    report = ingest(lake, source)
    assert (names(report.sent), names(report.unchanged)) == (
        ["sales-00002.csv", "sales-00003.csv"],
        ["sales-00001.csv"],
    )
    assert lake.objects()["sales-00003.csv"] == b"id,shop,day,note\n"  # a chunk whose rows have gone
    assert [line.split(",")[0] for line in lake.lines()] == list("123456")


@pytest.mark.parametrize(
    ("options", "detail"),
    [
        pytest.param({"chunk_rows": 4}, "--chunk-rows was: 3", id="chunk"),
        pytest.param({"compress": True}, "--gzip was: False", id="gzip"),
        pytest.param({"key": ["shop"]}, "--key was: id", id="key"),
        pytest.param({"contract": PARQUET}, "the contract's files.format was: csv", id="format"),
    ],
)
def test_same_delivery_cut_otherwise_is_refused_since_rows_would_count_twice(lake, source, options, detail):
    source.fill(range(1, 10))
    ingest(lake, source)
    before = lake.objects()
    with pytest.raises(ConfigurationError, match=r"made otherwise\. Nothing was sent") as error:
        ingest(lake, source, **options)
    assert error.value.details == (detail,)
    assert lake.objects() == before


def test_record_from_before_there_was_parquet_is_one_of_csv(lake, source):
    source.fill([1])
    ingest(lake, source)
    record = lake.record()
    del record["source"]["format"]
    lake.put("deliveries/sales/2024Q1/sales.json", json.dumps(record).encode())
    assert names(ingest(lake, source).unchanged) == ["sales-00001.csv"]


def test_two_ingests_of_one_name_at_once_are_noticed(lake):
    s3 = lake.connection.s3()
    record = IngestRecord(IngestSource("sqlite://", "t", ("id",), 1, False), "layout", ())
    first, second = (RecordStore(s3, lake.target.bucket, "deliveries/x.json") for _ in range(2))
    first.write(record)
    with pytest.raises(UploadError, match="Another ingest writes the same files") as error:
        second.write(record)
    assert "--name" in error.value.remedy


def test_damaged_record_is_named(lake, source):
    source.fill([1])
    lake.put("deliveries/sales/2024Q1/sales.json", b'{"version": 1}')
    with pytest.raises(UploadError, match=r"2024Q1/sales\.json is no record of an ingest"):
        ingest(lake, source)


def test_rows_that_are_written_to_sqlite_meanwhile_are_not_seen(source):
    source.run("pragma journal_mode = wal")  # in which a writer does not wait for readers
    source.fill([1, 2])
    with open_database(source.url, connections=3) as database, open_snapshot(database) as snapshot:
        relation = table_of(database, "sales", called=None, key=())
        with snapshot.connection() as first:
            before = relation.count(first)
        source.fill([3])
        with snapshot.connection() as second:
            assert relation.count(second) == before == (2, 0)


# ---------------------------------------------------------------------------- the record of who delivered what


def test_manifest_says_what_was_delivered_when_and_by_whom(lake, source):
    source.fill(range(1, 6))
    report: IngestReport = ingest(lake, source)
    manifest = lake.manifest()
    (upload,) = manifest["uploads"]  # once, though its files were recorded in several steps
    assert upload["by"].startswith("arn:aws:")
    entry = manifest["files"][f"{FOLDER}sales-00001.csv"]
    assert entry["crc64nvme"] == entry["source_crc64nvme"] == checksum_of(lake.objects()["sales-00001.csv"])
    assert entry["upload"] == upload["upload"]
    head = lake.connection.s3().head_object(
        Bucket=lake.target.bucket, Key=f"{FOLDER}sales-00001.csv", ChecksumMode="ENABLED"
    )
    assert head["ChecksumCRC64NVME"] == entry["crc64nvme"]
    assert report.manifest == "deliveries/sales/2024Q1.json"


def test_nothing_that_is_stored_holds_user_password_or_options_of_the_url(lake, source):
    source.fill([1])
    with_secrets = Source(source.path)
    with open_database(f"{with_secrets.url}?timeout=7&cached_statements=99", connections=2) as database:
        relation = table_of(database, "sales", called=None, key=())
        ingests.ingest(lake.connection, lake.target, database, relation, CONTRACT)
    stored = b"".join(lake.objects("").values())
    assert b"shop.db" in stored
    assert b"timeout" not in stored


def test_upload_that_records_in_several_steps_is_listed_once(lake):
    store = ManifestStore(lake.connection.s3(), lake.target.bucket, "deliveries/sales/")
    for at in ("2024-01-01T00:00:00Z", "2024-01-01T00:00:05Z"):
        store.record("2024Q1", {}, UploadRecord("one", at, "arn:aws:iam::1:user/x"))
    assert [entry.at for entry in store.read("2024Q1").uploads] == ["2024-01-01T00:00:05Z"]


def test_name_that_a_crawler_would_not_see_is_refused(lake, source):
    source.run("create table _hidden (id integer primary key, shop text, day text, note text)")
    error = refused(lake, source, table="_hidden")
    assert "--name" in error.remedy


# ---------------------------------------------------------------------------- what cannot be brought


def test_table_that_changes_while_it_is_read_is_told(lake, source, monkeypatch):
    """SQLite keeps what it shows for as long as it is read; other databases may not."""
    source.fill([1, 2])
    monkeypatch.setattr("quartal.ingests.rows_to_read", lambda *_: 3)
    with pytest.raises(IngestError, match="3 rows were counted, 2 were read") as error:
        ingest(lake, source)
    assert "--reread" in error.value.remedy


def test_chunk_that_finds_no_room_on_its_way_names_the_folder(lake, source, tmp_path, monkeypatch):
    source.fill([1])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "full"))
    with pytest.raises(IngestError, match=r"could not be kept in .*full") as error:
        ingest(lake, source)
    assert "TMPDIR" in error.value.remedy


def test_chunk_that_s3_does_not_take_at_once_names_the_option(lake, source, monkeypatch):
    source.fill([1])
    monkeypatch.setattr("quartal.ingesting.transfer._MAX_OBJECT_BYTES", 1)
    with pytest.raises(IngestError, match="S3 takes 5 GiB") as error:
        ingest(lake, source)
    assert "--chunk-rows" in error.value.remedy

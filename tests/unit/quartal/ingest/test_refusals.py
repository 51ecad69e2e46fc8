"""What an ingest refuses before anything is sent, and what cannot be brought."""

from __future__ import annotations

import gc

import pytest

from quartal.core.errors import ConfigurationError, IngestError
from quartal.deliver.ingest.database import open_database
from tests.unit.quartal.ingest.example import CONTRACT, PARQUET, ingest, refused


def test_columns_that_are_missing_and_unknown_are_named(lake, source):
    source.run(
        "create table other (id integer primary key, shop text, colour text, price real)",
        "insert into other values (1, 'a', 'b', 2)",
    )
    error = refused(lake, source, table="other")
    assert isinstance(error, ConfigurationError)
    assert "it lacks day and has, unknown to the contract, colour, price. Nothing was sent" in error.message
    assert "id, shop, day, note" in error.remedy


def test_optional_column_may_be_missing_unless_columns_are_positional(lake, source):
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


def test_missing_table_is_named_with_the_existing_ones(lake, source):
    error = refused(lake, source, table="sale")
    assert "has no table sale " in error.message
    assert "sales" in error.remedy


def test_table_without_rows_is_refused(lake, source):
    assert "sales holds no rows" in refused(lake, source).message


def test_table_without_a_key_is_refused_with_what_to_do(lake, source):
    source.run("create table heap (id integer, shop text, day text, note text)")
    error = refused(lake, source, table="heap")
    assert "heap is not known: it has no primary key" in error.message
    assert "--key" in error.remedy


def test_key_column_that_is_not_there_is_named(lake, source):
    error = refused(lake, source, key=["nummer"])
    assert "no key column nummer in sales" in error.message
    assert "id, shop, day, note" in error.remedy


def test_rows_without_a_key_are_counted(lake, source):
    source.fill([1, 2])
    assert "2 of 2 rows have no value in note" in refused(lake, source, key=["note"]).message


def test_refused_query_is_reported_with_the_databases_message(lake, source):
    error = refused(lake, source, query="select nowhere from sales", key=["id"])
    assert "refused the query: no such column: nowhere" in error.message


def test_row_that_no_file_can_hold_is_named_by_its_key(lake, source):
    source.fill([1, 2])
    source.run("update sales set note = 'two' || char(10) || 'lines' where id = 2")
    with pytest.raises(IngestError, match="sales, row id=2: column note holds a line break") as error:
        ingest(lake, source)
    assert "replace" in error.value.remedy
    assert lake.objects() == {}


def test_refused_row_leaves_no_traceback_of_the_database_library(lake, source, caplog):
    source.fill([1, 2])
    source.run("update sales set note = 'two' || char(10) || 'lines' where id = 2")
    with pytest.raises(IngestError, match="a line break"):
        ingest(lake, source)
    gc.collect()
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def test_query_may_end_with_a_comment(lake, source):
    source.fill([1, 2])
    ingest(lake, source, query="select * from sales -- of all shops", key=["id"])
    assert len(lake.lines()) == 2


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
        pytest.param(
            "nosuch://u:s3cr3t@host/db", "has no dialect for 'nosuch'", "postgresql://", id="unknown database"
        ),
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


def test_file_of_sqlite_that_is_not_there_is_named_and_not_created(tmp_path):
    path = tmp_path / "shp.db"
    with (
        pytest.raises(IngestError, match=r"cannot be reached: there is no file .*shp\.db"),
        open_database(f"sqlite:///{path}", connections=1),
    ):
        pass
    assert not path.exists()


def test_password_in_a_driver_message_is_masked():
    with open_database("sqlite://", connections=1) as database:
        told = type(database)(database.engine, "x", ("p@ss", "p%40ss")).without_secrets("url u:p%40ss@h, p@ss")
    assert told == "url u:***@h, ***"


def test_name_that_a_crawler_would_not_see_is_refused(lake, source):
    source.run("create table _hidden (id integer primary key, shop text, day text, note text)")
    error = refused(lake, source, table="_hidden")
    assert "--name" in error.remedy


# ---------------------------------------------------------------------------- what cannot be brought


def test_table_that_changes_during_the_read_is_reported(lake, source, monkeypatch):
    """SQLite keeps what it shows for as long as it is read; other databases may not."""
    source.fill([1, 2])
    monkeypatch.setattr("quartal.deliver.ingest.ingests.rows_to_read", lambda *_: 3)
    with pytest.raises(IngestError, match="3 rows were counted, 2 were read") as error:
        ingest(lake, source)
    assert "--reread" in error.value.remedy


def test_chunk_that_finds_no_room_on_its_way_names_the_folder(lake, source, tmp_path, monkeypatch):
    source.fill([1])
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "full"))
    with pytest.raises(IngestError, match=r"could not be stored in .*full") as error:
        ingest(lake, source)
    assert "TMPDIR" in error.value.remedy


def test_chunk_that_s3_does_not_take_at_once_names_the_option(lake, source, monkeypatch):
    source.fill([1])
    monkeypatch.setattr("quartal.deliver.ingest.transfer._MAX_OBJECT_BYTES", 1)
    with pytest.raises(IngestError, match="S3 accepts at most 5 GiB") as error:
        ingest(lake, source)
    assert "--chunk-rows" in error.value.remedy

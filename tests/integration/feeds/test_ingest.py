"""Rows of a real PostgreSQL into the lake: typed, in one state of the database, and through a kill."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pytest
from pyarrow import parquet

from quartal.contracts.lookup import find_contract
from quartal.contracts.model import Contract
from quartal.core.aws import AwsConnection
from quartal.core.errors import ConfigurationError, IngestError
from quartal.core.polling import Waiter
from quartal.deliver.ingest import ingests
from quartal.deliver.ingest.database import open_database
from quartal.deliver.ingest.ingests import IngestOptions, IngestReport, Target
from quartal.deliver.ingest.relation import check_query, find_table, without_padding
from quartal.workspace import Workspace
from tests.integration.deployment import PROJECT, Pipeline
from tests.integration.postgresql import PASSWORD, Server, require_binaries, running

CONTRACTS = PROJECT / "data" / "contracts"
GATE = 7  # an advisory lock: who reads behind it waits until the test lets go of it
SIGHTINGS = """
    create table sightings (n integer primary key, sighting_id text not null, brand text not null,
                            date date not null, time time not null);
    insert into sightings select n, 'S-' || n, case n % 3 when 0 then 'Škoda, a.s.' else 'BMW' end,
                                 date '2024-01-01' + n % 91, time '00:00' + n * interval '1 second'
    from generate_series(1, 6000) as n;
    create function behind_gate(value time) returns time stable language plpgsql as
        $$ begin perform pg_advisory_lock_shared(7); return value; end $$;
    create view gated as select n, sighting_id, brand, date,
        case when n > 3000 then behind_gate(time) else time end as time from sightings;
"""


@pytest.fixture(scope="module")
def pipeline(feed_pipeline: Callable[[str], Pipeline]) -> Pipeline:
    return feed_pipeline("vehicle_sightings")


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Server]:
    with running(require_binaries()) as server:
        yield server


@pytest.fixture
def sightings(postgresql: Server) -> Server:
    """6,000 rows, of which the view `gated` gives half at once, and half behind the gate."""
    postgresql.run("drop schema public cascade", "create schema public", SIGHTINGS)
    return postgresql


@pytest.fixture
def lake(endpoint_url: str) -> Iterator[tuple[AwsConnection, Target]]:
    connection = AwsConnection("us-east-1", endpoint_url, "test", "test")
    s3, bucket = connection.s3(), f"ingest-{secrets.token_hex(8)}"
    s3.create_bucket(Bucket=bucket)
    yield connection, Target(bucket, "raw/x/", "deliveries/x/", "2024Q1")
    while found := s3.list_objects_v2(Bucket=bucket).get("Contents"):
        s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": entry["Key"]} for entry in found]})
    s3.delete_bucket(Bucket=bucket)


def objects(connection: AwsConnection, bucket: str, prefix: str) -> dict[str, bytes]:
    s3 = connection.s3()
    found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    return {entry["Key"]: s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read() for entry in found}


def lines(connection: AwsConnection, bucket: str, prefix: str) -> list[str]:
    return [line for text in objects(connection, bucket, prefix).values() for line in text.decode().splitlines()[1:]]


def expected_lines(server: Server) -> list[str]:
    """The table's rows as PostgreSQL itself writes them as CSV."""
    rows = "copy (select sighting_id, brand, date, date_trunc('second', time) from sightings order by n) to stdout csv"
    with server.connect() as connection, connection.cursor().copy(rows) as copy:
        return b"".join(copy).decode().splitlines()


def ingest(
    server: Server, lake, contract: str | Contract, *, table=None, query=None, key=(), **options
) -> IngestReport:
    """As `quartal ingest` does, for a dataset or by a contract of the test's own."""
    connection, target = lake
    if isinstance(contract, str):
        contract = find_contract(CONTRACTS, contract)
    with open_database(server.url, connections=4) as database:
        if table is not None:
            relation = find_table(database, table, called=None, key=key)
        else:
            relation = check_query(database, query, called=None, key=key)
        return ingests.ingest(connection, target, database, relation, contract, options=IngestOptions(**options))


def wait_for(probe, *, what: str) -> None:
    """Until something is true."""
    waiter = Waiter(timeout_s=120, initial_s=0.05, longest_s=0.2)
    waiter.wait_until(probe, is_done=bool, describe=str, waiting_for=what)


def waiting_at_the_gate(server: Server) -> int:
    with server.connect() as connection:
        asked = "select count(*) from pg_locks where locktype = 'advisory' and objid = %s and not granted"
        return connection.execute(asked, [GATE]).fetchone()[0]


# ---------------------------------------------------------------------------- types and keys


@pytest.fixture
def sessions(postgresql: Server) -> Server:
    """Three rows of all types that a contract knows."""
    postgresql.run(
        "drop schema public cascade",
        "create schema public",
        """create table sessions (session_id bigint primary key, site varchar(20), plug text, ended_at timestamptz,
                                  energy_kwh numeric(12, 4), duration_s smallint, member boolean);
           insert into sessions values
             (5000000000, 'DE-1', 'ccs', '2024-03-31 03:30:00.75+02', 12.5000, 600, true),
             (-1, 'DE-2', 'type2', '2024-01-01 00:00:00+00', null, 0, null),
             (5000000001, 'DE-"3";', 'ccs', '2024-12-31 23:59:59-05', 0, 1, false)""",
    )
    return postgresql


def test_ingest_writes_types_by_the_contract(sessions, lake):
    report = ingest(sessions, lake, "charging_sessions", table="public.sessions", chunk_rows=1)
    connection, target = lake
    assert (report.rows, len(report.sent)) == (3, 3)
    assert lines(connection, target.bucket, "raw/") == [
        "-1;DE-2;type2;2024-01-01T00:00:00Z;;0;",
        "5000000000;DE-1;ccs;2024-03-31T01:30:00Z;12,5;600;true",
        '5000000001;"DE-""3"";";ccs;2025-01-01T04:59:59Z;0;1;false',
    ]


def test_types_of_parquet_are_those_of_the_contract(sessions, lake):
    """How the job reads such files is asked in tests/unit/etl_job/test_ingested_files.py."""
    said = find_contract(CONTRACTS, "charging_sessions").model_dump(exclude={"csv"})
    contract = Contract.model_validate(said | {"files": {"format": "parquet"}})
    report = ingest(sessions, lake, contract, table="sessions", chunk_rows=1, parallel=3)
    connection, target = lake
    files = objects(connection, target.bucket, "raw/")
    assert tuple(files) == report.sent
    assert [
        tuple(row.values()) for file in files.values() for row in parquet.read_table(BytesIO(file)).to_pylist()
    ] == [
        (-1, "DE-2", "type2", datetime(2024, 1, 1, tzinfo=UTC), None, 0, None),
        (5000000000, "DE-1", "ccs", datetime(2024, 3, 31, 1, 30, 0, 750_000, UTC), Decimal("12.5"), 600, True),
        (5000000001, 'DE-"3";', "ccs", datetime(2025, 1, 1, 4, 59, 59, tzinfo=UTC), Decimal(0), 1, False),
    ]
    again = ingest(sessions, lake, contract, table="sessions", chunk_rows=1)
    assert again.unchanged == report.sent


@pytest.mark.parametrize("value", ["infinity", "-infinity", "0044-03-15 BC", "12024-01-01"])
def test_impossible_day_is_reported_by_key_and_column(sightings, lake, value):
    sightings.run(f"update sightings set date = '{value}' where n = 77")
    with pytest.raises(IngestError, match=rf"row n=77: column date holds '{value}'.* The chunk was not sent") as error:
        ingest(sightings, lake, "vehicle_sightings", table="sightings", chunk_rows=1000)
    assert "--query" in error.value.remedy
    by_day = "select sighting_id, brand, date, time::time(0) from sightings"
    with pytest.raises(ConfigurationError, match=rf"The key column date holds .*'{value}'"):
        ingest(sightings, lake, "vehicle_sightings", query=by_day, key=["date"], chunk_rows=1000)
    mapped = (
        f"select n, sighting_id, brand, coalesce(nullif(date, '{value}'), '2024-01-01') as date, time from sightings"
    )
    assert ingest(sightings, lake, "vehicle_sightings", query=mapped, key=["n"]).rows == 6000


def test_impossible_timestamp_is_reported_by_key_and_column(sessions, lake):
    sessions.run("update sessions set ended_at = 'infinity' where session_id = -1")
    with pytest.raises(IngestError, match=r"sessions, row session_id=-1: column ended_at holds 'infinity'"):
        ingest(sessions, lake, "charging_sessions", table="sessions")


def test_hour_24_is_reported_by_key_and_column(sightings, lake):
    sightings.run("update sightings set time = '24:00' where n = 77")
    with pytest.raises(IngestError, match=r"sightings, row n=77: column time holds '24:00:00'"):
        ingest(sightings, lake, "vehicle_sightings", table="sightings")


def test_padding_of_char_stays_unless_it_is_trimmed(sightings, lake):
    sightings.run(
        "drop view gated", "alter table sightings alter brand type char(12)", "delete from sightings where n > 2"
    )
    connection, target = lake
    ingest(sightings, lake, "vehicle_sightings", table="sightings")
    assert [line.split(",")[1] for line in lines(connection, target.bucket, "raw/")] == ["BMW         "] * 2
    with open_database(sightings.url, connections=2) as database:
        for relation in (
            find_table(database, "sightings", called="trimmed", key=()),
            check_query(database, "select * from sightings", called="asked", key=["n"]),
        ):
            trimmed = without_padding(database, relation)
            contract = find_contract(CONTRACTS, "vehicle_sightings")
            ingests.ingest(connection, target, database, trimmed, contract)
            found = lines(connection, target.bucket, f"raw/x/delivery=2024Q1/{relation.name}")
            assert [line.split(",")[1] for line in found] == ["BMW", "BMW"]


@pytest.mark.parametrize("key", [["n"], ["sighting_id"], ["date", "sighting_id"], ["brand"]])
def test_every_row_arrives_once_whatever_the_key(sightings, lake, key):
    columns = "n, sighting_id" if key == ["n"] else "sighting_id"
    query = f"select {columns}, brand, date, time::time(0) from sightings where brand <> '%s' and brand <> ':x';"
    report = ingest(sightings, lake, "vehicle_sightings", query=query, key=key, chunk_rows=700, parallel=3)
    connection, target = lake
    assert sorted(lines(connection, target.bucket, "raw/")) == sorted(expected_lines(sightings))
    assert (report.rows, len(report.sent)) == (6000, 2 if key == ["brand"] else 9)


def test_query_with_a_column_twice_is_refused(sightings, lake):
    with pytest.raises(ConfigurationError, match="returns n twice"):
        ingest(sightings, lake, "vehicle_sightings", query="select n, n from sightings", key=["n"])


def test_lost_database_connection_is_reported_and_leaves_no_partial_file(sightings, lake):
    """As the server ends the session in which a chunk is read."""
    with sightings.connect() as holder, ThreadPoolExecutor(1) as pool:
        holder.execute("select pg_advisory_lock(%s)", [GATE])
        reading = pool.submit(
            ingest, sightings, lake, "vehicle_sightings", table="gated", key=["n"], chunk_rows=1000, parallel=2
        )
        wait_for(lambda: waiting_at_the_gate(sightings) == 2, what="two readers at the gate")
        holder.execute("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and not granted")
        with pytest.raises(IngestError, match=r"127\.0\.0\.1.*chunk \d of gated could not be read") as error:
            reading.result(120)
    assert PASSWORD not in str(error.value)
    connection, target = lake
    assert lines(connection, target.bucket, "raw/") == expected_lines(sightings)[:3000]
    assert ingest(sightings, lake, "vehicle_sightings", table="gated", key=["n"], chunk_rows=1000).rows == 6000
    assert lines(connection, target.bucket, "raw/") == expected_lines(sightings)


# ---------------------------------------------------------------------------- one state of the database


def test_rows_that_change_while_they_are_read_are_delivered_as_they_were(sightings, lake):
    before = expected_lines(sightings)
    with sightings.connect() as writer, ThreadPoolExecutor(1) as pool:
        writer.execute("select pg_advisory_lock(%s)", [GATE])
        reading = pool.submit(
            ingest, sightings, lake, "vehicle_sightings", table="gated", key=["n"], chunk_rows=1000, parallel=2
        )
        # when half is read, everything becomes something else
        wait_for(lambda: waiting_at_the_gate(sightings) == 2, what="two readers at the gate")
        writer.execute("update sightings set brand = 'Changed', n = n + 10000 where n > 4000")
        writer.execute("delete from sightings where n between 2000 and 4000")
        writer.execute("insert into sightings values (9999, 'S-new', 'New', '2024-02-02', '10:00')")
        writer.execute("select pg_advisory_unlock(%s)", [GATE])
        report = reading.result(120)
    connection, target = lake
    assert lines(connection, target.bucket, "raw/") == before
    assert (report.rows, len(report.read_at)) == (6000, 1)


# ---------------------------------------------------------------------------- the command itself


def command(workspace: Workspace, url: str, *arguments: str) -> tuple[list[str], dict]:
    """`quartal ingest ...` in the test's project, the URL in the environment."""
    program = str(Path(sys.executable).with_name("quartal"))
    own = {"QUARTAL_INGEST_URL": url, "QUARTAL_DATASET": str(workspace.settings.dataset)}
    options = {"cwd": workspace.settings.root, "env": {**workspace.settings.environ, **own}}
    return [program, "ingest", *arguments], options


def test_killed_command_goes_on_and_delivers_every_row_once(pipeline, sightings):
    workspace = pipeline.workspace
    bucket, raw = workspace.deployment.lake_bucket, workspace.deployment.raw_prefix
    arguments = ("--table", "gated", "--key", "n", "--delivery", "2024Q1", "--chunk-rows", "1000", "--parallel", "2")
    program, options = command(workspace, sightings.url, *arguments, "--json")
    s3, connection = workspace.connection.s3(), workspace.connection
    with sightings.connect() as holder:
        holder.execute("select pg_advisory_lock(%s)", [GATE])
        process = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
        try:
            wait_for(
                lambda: process.poll() is not None or waiting_at_the_gate(sightings) == 2,
                what="two readers at the gate",
            )
            assert process.poll() is None, process.communicate()[0]
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
    brought = s3.list_objects_v2(Bucket=bucket, Prefix=raw)["Contents"]
    assert len(brought) == 3

    ended = subprocess.run(program, capture_output=True, text=True, check=True, timeout=300, **options)
    report = json.loads(ended.stdout)
    assert report["rows"] == 6000
    assert len(report["sent"]) == 3
    assert sorted(report["skipped"] + report["unchanged"]) == [entry["Key"] for entry in brought]
    assert report["skipped"], "the first chunk is recorded as soon as it is there"
    assert "it reads all chunks and sends what differs" in ended.stderr
    assert lines(connection, bucket, raw) == expected_lines(sightings)
    told = ended.stdout + ended.stderr
    stored = b"".join(objects(connection, bucket, "deliveries/").values()).decode()
    assert sightings.url.split("@")[1] in stored
    for secret in (PASSWORD, "p%40ss", "clerk"):
        assert secret not in told + stored

    manifest = pipeline.run("2024Q1")  # the job reads what was ingested
    assert manifest["totals"]["rows_in"] == 6000
    assert manifest["totals"]["kept"] == 6000


def test_wrong_password_ends_in_one_message_without_it(pipeline, sightings):
    url = sightings.url.replace("rd-of-the-test", "ong")
    program, options = command(pipeline.workspace, url, "--table", "sightings", "--delivery", "2024Q2")
    ended = subprocess.run(program, capture_output=True, text=True, check=False, timeout=300, **options)
    assert ended.returncode == 1
    assert "cannot be reached" in ended.stderr
    assert "What to do" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not any(secret in ended.stdout + ended.stderr for secret in ("p@ss", "p%40ss"))

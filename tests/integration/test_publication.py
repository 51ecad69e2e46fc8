"""Commits to Iceberg tables in LocalStack's Glue catalog and S3, without Spark."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl_job.contract.schemas import TableColumn
from etl_job.errors import PublicationError
from etl_job.lake.files import S3ObjectStore
from etl_job.tables.catalog import open_catalog
from etl_job.tables.snapshot_change import Replacement, is_one_of
from etl_job.tables.table_commit import PublishedIceberg
from quartal.core.aws import AwsConnection
from quartal.features.lake_files import files_below, lake_path
from quartal.features.maintenance import Lake, files_named_by, maintain
from quartal.features.query import iceberg_catalog

COLUMNS = (TableColumn("delivery", "string"), TableColumn("day", "date"), TableColumn("rows", "long"))
SCHEMA = pa.schema([("delivery", pa.string()), ("day", pa.date32()), ("rows", pa.int64())])


@dataclass(frozen=True)
class Tables:
    """A bucket and a database of their own."""

    session: boto3.Session
    endpoint_url: str
    name: str

    def client(self, service: str):
        return self.session.client(service, endpoint_url=self.endpoint_url)

    def open(self) -> PublishedIceberg:
        catalog = open_catalog(self.session, self.client("glue"), {"AWS_ENDPOINT_URL": self.endpoint_url})
        location = f"s3://{self.name}/curated/counts"
        return PublishedIceberg(catalog, self.name, "counts", location=location, columns=COLUMNS, by="delivery")

    def data_file(self, delivery: str, rows: int) -> str:
        buffer = pa.BufferOutputStream()
        columns = {"delivery": [delivery], "day": [date(2024, 1, 1)], "rows": [rows]}
        pq.write_table(pa.table(columns, SCHEMA), buffer)
        key = f"curated/counts/data/{secrets.token_hex(4)}.parquet"
        self.client("s3").put_object(Bucket=self.name, Key=key, Body=buffer.getvalue().to_pybytes())
        return f"s3://{self.name}/{key}"

    def rows(self) -> dict[str, int]:
        ((_, found),) = self.open().read_partitions(["d1"])
        return {row["delivery"]: row["rows"] for row in found.read_all().to_pylist()}


@pytest.fixture
def tables(endpoint_url: str) -> Tables:
    session = boto3.Session("test", "test", region_name="eu-central-1")
    made = Tables(session, endpoint_url, f"tables-{secrets.token_hex(4)}")
    made.client("s3").create_bucket(Bucket=made.name, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    made.client("glue").create_database(DatabaseInput={"Name": made.name})
    return made


def replacement(tables: Tables, rows: int, run_id: str) -> Replacement:
    return Replacement(is_one_of("delivery", ["d1"]), [tables.data_file("d1", rows)], run_id)


def at_once(*actions: Callable[[], str]) -> list[str]:
    barrier = Barrier(len(actions))

    def run(action: Callable[[], str]) -> str:
        barrier.wait(timeout=120)
        return action()

    with ThreadPoolExecutor(len(actions)) as threads:
        return list(threads.map(run, actions))


def test_of_two_simultaneous_commits_one_wins_and_the_other_fails_with_the_reason(tables):
    tables.open().replace(replacement(tables, 0, "first"))
    for attempt in range(5):
        values = (2 * attempt + 1, 2 * attempt + 2)
        both = [(tables.open(), replacement(tables, value, f"run-{value}")) for value in values]

        def commit(table: PublishedIceberg, change: Replacement) -> str:
            try:
                table.replace(change)
            except PublicationError as error:
                return str(error)
            return "won"

        answers = at_once(*(lambda table=table, change=change: commit(table, change) for table, change in both))
        winner = answers.index("won")
        assert "another run changed" in answers[1 - winner], answers
        assert tables.rows() == {"d1": values[winner]}
        assert f"run-{values[1 - winner]}" not in tables.open().tags


def test_maintenance_deletes_objects_that_no_snapshot_names(tables):
    for rows in range(3):
        tables.open().replace(replacement(tables, rows, f"run-{rows}"))
    orphan = tables.data_file("d1", 99)
    connection = AwsConnection("eu-central-1", tables.endpoint_url, "test", "test")
    lake = Lake(f"s3://{tables.name}", tables.name, "counts", ("counts", "not_published_yet"))
    files, soon = S3ObjectStore(connection.s3()), datetime.now(UTC) + timedelta(hours=1)
    done = maintain(lake, iceberg_catalog(connection), files, soon, dry_run=False)
    assert orphan in {file.uri for file in done.tables[0].orphans}
    assert tables.rows() == {"d1": 2}
    left = {lake_path(file.uri) for file in files_below(files, f"{lake.root}/curated/counts")}
    assert left == files_named_by(iceberg_catalog(connection).load_table((tables.name, "counts"))).files

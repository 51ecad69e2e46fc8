"""A lake, a database and an ingest between them, small enough to look through."""

from __future__ import annotations

import io
import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyarrow import parquet

from quartal.contracts.model import Contract
from quartal.core.aws import AwsConnection
from quartal.core.errors import QuartalError
from quartal.deliver.ingest import ingests
from quartal.deliver.ingest.database import open_database
from quartal.deliver.ingest.ingests import IngestOptions, Target
from quartal.deliver.ingest.relation import check_query, find_table

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


def ingest(
    lake: Lake, source: Source, *, query: str | None = None, table="sales", key=(), contract=CONTRACT, **options
):
    settings = {"chunk_rows": 3, "parallel": 2} | options
    with open_database(source.url, connections=3) as database:
        if query is None:
            relation = find_table(database, table, called=None, key=key)
        else:
            relation = check_query(database, query, called=None, key=key)
        return ingests.ingest(
            lake.connection, lake.target, database, relation, contract, options=IngestOptions(**settings)
        )


def names(keys) -> list[str]:
    return [key.removeprefix(FOLDER) for key in keys]


def refused(lake: Lake, source: Source, **arguments) -> QuartalError:
    with pytest.raises(QuartalError) as error:
        ingest(lake, source, **arguments)
    assert lake.objects("") == {}
    return error.value

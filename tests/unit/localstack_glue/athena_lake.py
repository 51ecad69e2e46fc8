"""A lake for tests of Athena's engine; moto plays Glue and S3."""

import functools
from typing import Any

import boto3
from pyiceberg.catalog.glue import GlueCatalog

from localstack_glue.athena.engine.results import Answer
from localstack_glue.athena.engine.run import QueryEngine

LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
HIVE_JSON = "org.apache.hive.hcatalog.data.JsonSerDe"
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

    def table(
        self, name, columns, *, serde=LAZY, serde_parameters=None, parameters=None, keys="", database="feeds", folder=""
    ):
        given = serde_parameters or {"field.delim": ","}
        self.glue.create_table(
            DatabaseName=database,
            TableInput={
                "Name": name,
                "StorageDescriptor": {
                    "Columns": _columns(columns),
                    "Location": f"s3://lake/{folder or name}/",
                    "SerdeInfo": {"SerializationLibrary": serde, "Parameters": given},
                },
                "PartitionKeys": _columns(keys),
                "Parameters": parameters or {},
            },
        )

    def partition(self, table: str, *values: str, location: str, columns: str = "", serde=None) -> None:
        descriptor = {"Location": f"s3://lake/{location}", "Columns": _columns(columns)}
        if serde:
            descriptor["SerdeInfo"] = serde
        self.glue.create_partition(
            DatabaseName="feeds",
            TableName=table,
            PartitionInput={"Values": list(values), "StorageDescriptor": descriptor},
        )

    def rows(self, sql: str, **options) -> list[tuple[str | None, ...]]:
        return list(self.engine.run(sql, "feeds", **options).rows)


def run(lake: Lake, sql: str, **options) -> Answer:
    """Run a statement; a table without a location goes to a folder of the lake."""
    return lake.engine.run(sql, "feeds", tables_location="s3://lake/out/tables/1", **options)


def get_table(lake: Lake, name: str, database: str = "feeds") -> dict[str, Any]:
    """A table as the catalog has it."""
    return lake.glue.get_table(DatabaseName=database, Name=name)["Table"]


def get_partition(lake: Lake, *values: str) -> dict[str, Any]:
    """A partition of the table `t` as the catalog has it."""
    return lake.glue.get_partition(DatabaseName="feeds", TableName="t", PartitionValues=list(values))["Partition"]


def commits(lake: Lake) -> int:
    """How many snapshots the Iceberg table `ice` has."""
    return len(GlueCatalog("test", client=lake.glue).load_table("feeds.ice").snapshots())


def _columns(text: str) -> list[dict[str, str]]:
    pairs = [part.strip().split(" ", 1) for part in text.split(";") if part.strip()]
    return [{"Name": name, "Type": kind} for name, kind in pairs]

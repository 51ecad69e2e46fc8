"""Imports the library as a job does: from a folder on the path."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from pyspark.sql import SparkSession

from tests.spark_session import small_session

RUNTIME = Path(__file__).parents[3] / "tooling/localstack_glue/src/localstack_glue/awsglue_runtime"
LAZY = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
if str(RUNTIME) not in sys.path:
    sys.path.append(str(RUNTIME))

from awsglue import records as dynamic_records  # noqa: E402 - the path must be set first
from awsglue.context import GlueContext  # noqa: E402
from awsglue.dynamicframe import DynamicFrame  # noqa: E402


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    session = small_session(str(tmp_path_factory.mktemp("warehouse")))
    # Python workers need the library too; in a job they find it by the service's PYTHONPATH
    session.sparkContext.environment["PYTHONPATH"] = str(RUNTIME)
    yield session
    session.stop()


@pytest.fixture
def glue_context(spark: SparkSession) -> GlueContext:
    return GlueContext(spark.sparkContext)


@pytest.fixture
def dynamic_frame(glue_context: GlueContext) -> Callable[[list[Any], str], DynamicFrame]:
    """Make a frame of rows and a schema in Spark's DDL."""

    def make(rows: list[Any], schema: str) -> DynamicFrame:
        return DynamicFrame.fromDF(glue_context.spark_session.createDataFrame(rows, schema), glue_context, "frame")

    return make


@pytest.fixture
def records(glue_context: GlueContext) -> Callable[..., DynamicFrame]:
    """Make a frame of dicts with possibly different types."""

    def make(*given: dict[str, Any]) -> DynamicFrame:
        session = glue_context.spark_session
        frame = dynamic_records.to_frame(session, session.sparkContext.parallelize(list(given), 1))
        return DynamicFrame(frame, glue_context, "records")

    return make


@pytest.fixture
def glue(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A Glue client on moto, with the database `lake`."""
    for name in [name for name in os.environ if re.match("AWS_", name)]:
        monkeypatch.delenv(name)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        client = boto3.client("glue")
        client.create_database(DatabaseInput={"Name": "lake"})
        yield client


def rows(frame: DynamicFrame) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in frame.toDF().collect()]


def add_table(glue, folder, columns, *, keys=(), library=LAZY, serde=None, **parameters):
    glue.create_table(
        DatabaseName="lake",
        TableInput={
            "Name": "t",
            "Parameters": {key.replace("__", "."): value for key, value in parameters.items()},
            "PartitionKeys": [{"Name": name, "Type": kind} for name, kind in keys],
            "StorageDescriptor": {
                "Columns": [{"Name": name, "Type": kind} for name, kind in columns],
                "Location": str(folder),
                "SerdeInfo": {"SerializationLibrary": library, "Parameters": serde or {}},
            },
        },
    )

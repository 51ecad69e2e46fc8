"""Databases as sources and sinks: Spark's own Derby, and a real PostgreSQL; MariaDB's are in `test_mariadb.py`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from pyspark.sql import SparkSession

from awsglue.bookmarks import FILE_VARIABLE
from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.errors import GlueDataError, GlueUnsupportedError
from awsglue.job import Job
from tests.integration.postgresql import PASSWORD, USER, Server, binaries, running
from tests.unit.awsglue.databases import POSTGRESQL, require_driver, use_driver

ORDERS = "create table sales.orders (id integer primary key, shop text, amount numeric(10, 2), at timestamp)"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    require_driver(POSTGRESQL)
    programs = binaries()
    if programs is None:
        pytest.skip("no PostgreSQL on this machine: apt-get install postgresql")
    with running(programs) as found:
        yield found


@pytest.fixture
def shop(server: Server, spark: SparkSession) -> Server:
    """A database with one table of three orders."""
    use_driver(spark, POSTGRESQL)
    server.run(
        "drop schema if exists sales cascade",
        "drop table if exists written",
        "create schema sales",
        ORDERS,
        "insert into sales.orders values (1, 'A', 1.50, '2024-01-01 10:00'), (2, null, 2.50, null), (3, 'C', -3, null)",
    )
    return server


@pytest.fixture
def connection(glue: Any, shop: Server) -> str:
    """A Glue connection to the server, whose own database is another one."""
    properties = {"JDBC_CONNECTION_URL": f"jdbc:postgresql://127.0.0.1:{shop.port}/postgres"}
    glue.create_connection(
        ConnectionInput={
            "Name": "shop",
            "ConnectionType": "JDBC",
            "ConnectionProperties": {**properties, "USERNAME": USER, "PASSWORD": PASSWORD},
        }
    )
    return "shop"


def options(server: Server, **more: Any) -> dict[str, Any]:
    url = f"jdbc:postgresql://127.0.0.1:{server.port}/shop"
    return {"url": url, "user": USER, "password": PASSWORD, "dbtable": "sales.orders", **more}


def ids(frame: DynamicFrame) -> list[int]:
    return sorted(row.id for row in frame.toDF().collect())


def test_table_is_read_by_options_with_the_databases_types(glue_context: GlueContext, shop: Server) -> None:
    frame = glue_context.create_dynamic_frame.from_options("postgresql", options(shop))
    assert dict(frame.toDF().dtypes) == {"id": "int", "shop": "string", "amount": "decimal(10,2)", "at": "timestamp"}
    assert ids(frame) == [1, 2, 3]


def test_connection_table_and_secret_name_the_database(
    glue: Any, glue_context: GlueContext, shop: Server, connection: str
) -> None:
    secret = boto3.client("secretsmanager").create_secret(
        Name="clerk", SecretString=json.dumps({"username": USER, "password": PASSWORD})
    )
    found = glue.get_connection(Name=connection)["Connection"]["ConnectionProperties"]
    url = found["JDBC_CONNECTION_URL"]
    glue.create_connection(
        ConnectionInput={
            "Name": "by secret",
            "ConnectionType": "JDBC",
            "ConnectionProperties": {"JDBC_CONNECTION_URL": url, "SECRET_ID": secret["ARN"]},
        }
    )
    glue.create_table(
        DatabaseName="lake",
        TableInput={
            "Name": "shop_sales_orders",
            "Parameters": {"classification": "postgresql", "connectionName": connection, "hashfield": "shop"},
            "StorageDescriptor": {"Location": "shop.sales.orders", "Columns": [{"Name": "id", "Type": "int"}]},
        },
    )
    of_catalog = glue_context.create_dynamic_frame.from_catalog("lake", "shop_sales_orders")
    assert ids(of_catalog) == [1, 2, 3]
    assert of_catalog.getNumPartitions() == 7
    named = {"useConnectionProperties": "true", "connectionName": "by secret", "dbtable": "orders", "database": "shop"}
    with pytest.raises(Exception, match='relation "orders" does not exist'):
        glue_context.create_dynamic_frame.from_options("postgresql", named)
    named["dbtable"] = "sales.orders"
    assert ids(glue_context.create_dynamic_frame.from_options("postgresql", named)) == [1, 2, 3]


def test_configuration_of_a_connection_has_the_url_of_its_server(
    glue_context: GlueContext, shop: Server, connection: str
) -> None:
    server = f"jdbc:postgresql://127.0.0.1:{shop.port}"
    assert glue_context.extract_jdbc_conf(connection) == {
        "url": server,
        "fullUrl": f"{server}/postgres",
        "user": USER,
        "password": PASSWORD,
        "vendor": "postgresql",
        "enforceSSL": "false",
        "customJDBCCert": "",
        "skipCustomJDBCCertValidation": "false",
        "customJDBCCertString": "",
    }


@pytest.mark.parametrize(
    "how",
    [
        {"hashfield": "shop", "hashpartitions": "3"},
        {"hashfield": "AMOUNT", "hashpartitions": 2},
        {"hashexpression": "id - 2", "hashpartitions": "5"},
        {"dbtable": None, "query": "select id from sales.orders;"},
        {"dbtable": None, "sampleQuery": "select * from sales.orders where", "enablePartitioningForSampleQuery": True},
        {"dbtable": "(select * from sales.orders) as o", "hashfield": "at"},
    ],
    ids=lambda how: ",".join(key for key in how if key not in ("dbtable", "hashpartitions")),
)
def test_parallel_queries_read_every_row_once(glue_context: GlueContext, shop: Server, how: dict[str, Any]) -> None:
    wanted = {key: value for key, value in options(shop, **how).items() if value is not None}
    assert ids(glue_context.create_dynamic_frame.from_options("postgresql", wanted)) == [1, 2, 3]


def test_write_appends_rows_and_creates_a_missing_table(
    glue_context: GlueContext, shop: Server, connection: str
) -> None:
    frame = glue_context.create_dynamic_frame.from_options("postgresql", options(shop))
    place = {"dbtable": "written", "database": "shop"}
    for _ in range(2):
        glue_context.write_dynamic_frame.from_jdbc_conf(frame, connection, place)
    glue_context.write_dynamic_frame.from_options(
        frame, connection_type="postgresql", connection_options=options(shop, dbtable="written", bulkSize=2)
    )
    with shop.connect() as database:
        assert database.execute("select count(*), sum(amount) from written").fetchall() == [(9, 3)]


class Run:
    """A run of one job with bookmarks on."""

    def __init__(self, spark: SparkSession) -> None:
        self.context = GlueContext(spark)
        self.job = Job(self.context)
        self.job.init("load", {"JOB_NAME": "load", "job_bookmark_option": "job-bookmark-enable"})

    def read(self, wanted: dict[str, Any]) -> list[int]:
        return ids(self.context.create_dynamic_frame.from_options("postgresql", wanted, transformation_ctx="orders"))


@pytest.fixture
def bookmark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "bookmark.json"))


@pytest.mark.parametrize(
    ("keys", "order"),
    [(["id"], "asc"), (["at", "id"], "asc"), (["negative"], "desc"), (["label"], "asc"), ([], "asc")],
    ids=["number", "compound", "falling", "text", "primary-key"],
)
@pytest.mark.usefixtures("bookmark")
def test_bookmark_on_keys_reads_rows_beyond_those_of_the_last_commit(
    spark: SparkSession, shop: Server, keys: list[str], order: str
) -> None:
    shop.run(
        "update sales.orders set at = '2024-01-01 10:00:00.000001'",
        "alter table sales.orders add negative integer generated always as (-id) stored",
        "alter table sales.orders add label text generated always as (chr(64 + id)) stored",
    )
    wanted = options(shop, jobBookmarkKeys=keys, jobBookmarkKeysSortOrder=order)
    first = Run(spark)
    assert first.read(wanted) == [1, 2, 3]
    shop.run("insert into sales.orders values (4, 'D', 4, '2024-01-01 10:00:00.000001')")
    assert Run(spark).read(wanted) == [1, 2, 3, 4], "nothing was committed"
    first.job.commit()
    second = Run(spark)
    assert second.read(wanted) == [4]
    second.job.commit()
    assert Run(spark).read(wanted) == []


@pytest.mark.usefixtures("bookmark")
def test_primary_key_with_gaps_is_no_bookmark(
    spark: SparkSession, shop: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.run("delete from sales.orders where id = 2")
    first = Run(spark)
    assert first.read(options(shop)) == [1, 3]
    first.job.commit()
    assert Run(spark).read(options(shop)) == [1, 3]
    assert "no primary key without gaps" in capsys.readouterr().err


@pytest.mark.usefixtures("bookmark")
def test_database_of_any_kind_is_read_and_written_by_its_drivers_class(spark: SparkSession, tmp_path: Path) -> None:
    jvm: Any = spark._jvm
    jvm.java.lang.System.setProperty("derby.stream.error.file", str(tmp_path / "derby.log"))
    place = {"url": "jdbc:derby:memory:shop;create=true", "className": "org.apache.derby.jdbc.EmbeddedDriver"}
    place |= {"dbTable": "numbers", "jobBookmarkKeys": "n"}

    def run(*values: int) -> list[int]:
        context = GlueContext(spark)
        job = Job(context)
        job.init("load", {"JOB_NAME": "load", "job_bookmark_option": "job-bookmark-enable"})
        new = DynamicFrame.fromDF(spark.createDataFrame([(value,) for value in values], "n int"), context)
        context.write_dynamic_frame.from_options(new, "custom.jdbc", place)
        wanted = {**place, "hashexpression": '"n"', "hashpartitions": 2}
        found = context.create_dynamic_frame.from_options("custom.jdbc", wanted, transformation_ctx="numbers")
        rows = sorted(row.n for row in found.toDF().collect())
        job.commit()
        return rows

    assert run(-1, 2) == [-1, 2]
    assert run(3) == [3]


@pytest.mark.parametrize(
    ("kind", "given", "why"),
    [
        ("oracle", {"url": "jdbc:oracle:thin:@//127.0.0.1:1/x"}, "oracle.jdbc.OracleDriver"),
        ("redshift", {"url": "jdbc:redshift://127.0.0.1:1/x"}, "connection type redshift"),
        ("jdbc", {"url": "jdbc:redshift://127.0.0.1:1/x"}, "Amazon Redshift"),
        ("postgresql", {"url": "jdbc:postgresql://127.0.0.1:1/x", "preactions": "drop table t"}, "preactions"),
        ("dynamodb", {"dynamodb.input.tableName": "t"}, "connection type dynamodb"),
    ],
)
@pytest.mark.parametrize("side", ["read", "write"])
def test_unsupported_option_is_refused_by_the_call(
    glue_context: GlueContext, spark: SparkSession, kind: str, given: dict[str, str], why: str, side: str
) -> None:
    wanted = {"dbtable": "t", **given} if kind != "dynamodb" else given
    frame = DynamicFrame.fromDF(spark.createDataFrame([(1,)], "a int"), glue_context)
    read, write = glue_context.create_dynamic_frame.from_options, glue_context.write_dynamic_frame.from_options
    with pytest.raises(GlueUnsupportedError, match=why):
        _ = read(kind, wanted) if side == "read" else write(frame, kind, wanted)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"url": "jdbc:mysql://127.0.0.1:1/x"}, "the connection type is postgresql"),
        ({}, "needs a url"),
        ({"useConnectionProperties": "true"}, "needs a connectionName"),
    ],
)
def test_call_without_a_database_is_an_error(glue_context: GlueContext, given: dict[str, str], why: str) -> None:
    with pytest.raises(GlueDataError, match=why):
        glue_context.create_dynamic_frame.from_options("postgresql", given)

"""A Glue script over Iceberg as AWS's page has it, where LOCALSTACK_GLUE_EXTRA_JARS has Iceberg's jars for Spark."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from quartal.core.settings import Settings
from quartal.local.local_aws import server
from tests.integration.glue.account import Account
from tests.integration.glue.conftest import LOCAL, REGION, SECRET, _make_bucket, _make_role

FOLDER = os.environ.get("LOCALSTACK_GLUE_EXTRA_JARS", "")
pytestmark = [
    pytest.mark.nightly(
        touches=[
            "tests/integration/test_iceberg_scripts.py",
            "tooling/localstack_glue/src/localstack_glue/jobs/runtime/iceberg_catalogs.py",
            "tooling/localstack_glue/src/localstack_glue/awsglue_runtime/awsglue/iceberg_tables.py",
        ]
    ),
    pytest.mark.skipif(
        not (FOLDER and list(Path(FOLDER).glob("iceberg-spark-runtime-3.5_2.12-*.jar"))),
        reason="the folder LOCALSTACK_GLUE_EXTRA_JARS has no iceberg-spark-runtime-3.5_2.12-*.jar",
    ),
]
CATALOG = "spark.sql.catalog.glue_catalog"
CONF = " --conf ".join(
    (
        "spark.sql.extensions=org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        f"{CATALOG}=org.apache.iceberg.spark.SparkCatalog",
        f"{CATALOG}.warehouse=s3://BUCKET/warehouse/",
        f"{CATALOG}.catalog-impl=org.apache.iceberg.aws.glue.GlueCatalog",
        f"{CATALOG}.io-impl=org.apache.iceberg.aws.s3.S3FileIO",
    )
)
SCRIPT = """
import json, sys
import boto3
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext

given = getResolvedOptions(sys.argv, ["JOB_NAME", "bucket", "database"])
context = GlueContext(SparkContext())
spark, job = context.spark_session, Job(context)
job.init(given["JOB_NAME"], given)
table = f"glue_catalog.{given['database']}.products"

columns = "id bigint, name string, price double, day string"
spark.createDataFrame([(1, "shoes", 10.0, "1"), (2, "hat", 5.5, "1")], columns).createOrReplaceTempView("new")
spark.sql(f"CREATE TABLE {table} USING iceberg PARTITIONED BY (day) AS SELECT * FROM new")
first = spark.sql(f"SELECT snapshot_id FROM {table}.snapshots").first()["snapshot_id"]
spark.sql(f"INSERT INTO {table} VALUES (3, 'sock', 1.0, '2')")
spark.createDataFrame([(2, "hat", 6.0, "1"), (4, "belt", 12.0, "3")], columns).createOrReplaceTempView("changes")
spark.sql(f'''
    MERGE INTO {table} t USING changes c ON t.id = c.id
    WHEN MATCHED THEN UPDATE SET t.price = c.price WHEN NOT MATCHED THEN INSERT *
''')

place = {"database": given["database"], "table_name": "products"}
context.write_data_frame.from_catalog(frame=spark.table(table).where("id = 3"), **place)
now = context.create_data_frame.from_catalog(**place)
then = context.create_data_frame.from_catalog(**place, additional_options={"snapshot-id": first})
told = {
    "now": sorted([row["id"], row["price"]] for row in now.collect()),
    "then": sorted([row["id"], row["price"]] for row in then.collect()),
    "versions": spark.sql(f"SELECT count(*) AS n FROM {table} VERSION AS OF {first}").first()["n"],
}
boto3.client("s3").put_object(Bucket=given["bucket"], Key="told.json", Body=json.dumps(told))
job.commit()
"""


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Account]:
    """An account of a server that knows the folder of the jars."""
    settings = replace(
        Settings.from_env(os.environ, environment="localstack", cwd=Path(__file__).parents[2]), state_dir=tmp_path
    )
    started = server.start(settings, port=server.free_port(), announce=print, host="standalone")
    try:
        session = boto3.Session(aws_access_key_id=SECRET, aws_secret_access_key=SECRET, region_name=REGION)
        account = Account(session, started.endpoint_url, LOCAL, "iceberg")
        with account.cleanup:
            account.bucket = _make_bucket(account)
            account.role = _make_role(account)  # which may use the bucket
            yield account
    finally:
        server.stop(settings, started)


def _athena(account: Account, query: str) -> list[list[Any]]:
    athena = account.client("athena")
    place = {"OutputLocation": f"s3://{account.bucket}/answers/"}
    query_id = athena.start_query_execution(QueryString=query, ResultConfiguration=place)["QueryExecutionId"]
    account.wait(
        lambda: athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"],
        lambda status: status["State"] in {"SUCCEEDED", "FAILED"},
        "the query",
    )
    rows = athena.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
    return [[value.get("VarCharValue") for value in row["Data"]] for row in rows[1:]]


def test_table_of_a_script_is_in_the_data_catalog_and_in_athena(account: Account) -> None:
    account.put("script.py", SCRIPT)
    database = account.database()
    conf = CONF.replace("BUCKET", account.bucket)
    arguments = {"--datalake-formats": "iceberg", "--conf": conf, "--database": database, "--bucket": account.bucket}
    job = account.job(arguments=arguments, is_spark=True)
    command = {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": f"s3://{account.bucket}/script.py"}
    definition = {"Role": account.role, "Command": command, "GlueVersion": "5.0", "DefaultArguments": arguments}
    account.glue.update_job(JobName=job, JobUpdate=definition | {"WorkerType": "G.1X", "NumberOfWorkers": 2})

    ended = account.run(job)

    assert ended["JobRunState"] == "SUCCEEDED", ended.get("ErrorMessage")
    now = [[1, 10.0], [2, 6.0], [3, 1.0], [3, 1.0], [4, 12.0]]
    assert account.read_json("told.json") == {"now": now, "then": [[1, 10.0], [2, 5.5]], "versions": 2}
    assert account.tables(database)["products"]["Parameters"]["table_type"] == "ICEBERG"
    found = _athena(account, f'SELECT id, price FROM "{database}".products ORDER BY id')
    assert found == [[str(number), str(price)] for number, price in now]

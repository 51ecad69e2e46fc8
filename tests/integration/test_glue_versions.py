"""One script on both runtimes of the Glue service, at once: what a GlueVersion decides, and what it does not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.glue.account import Account
from tests.integration.glue.conftest import account, glue_endpoint, whole_account  # noqa: F401 - fixtures

pytestmark = pytest.mark.nightly(
    touches=[
        "requirements/spark-4.*",
        "tests/integration/test_glue_versions.py",
        "tooling/localstack_glue/src/localstack_glue/jobs/runtime/runtimes.py",
        "tooling/localstack_glue/src/localstack_glue/jobs/runtime/spark_conf.py",
        "tooling/localstack_glue/src/localstack_glue/awsglue_runtime/awsglue/spark_versions.py",
    ]
)
SCRIPT = """
import json, platform, sys
import boto3
from awsglue.context import GlueContext
from awsglue.job import Job
from awsglue.transforms import ApplyMapping
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import functions as F

given = getResolvedOptions(sys.argv, ["JOB_NAME", "bucket", "tell", "database", "out"])
context = GlueContext(SparkContext.getOrCreate())
spark, job = context.spark_session, Job(context)
job.init(given["JOB_NAME"], given)
lake, told = f"s3://{given['bucket']}/{given['out']}", {}
told["versions"] = [spark.version, platform.python_version().rpartition(".")[0]]

frame = context.create_dynamic_frame.from_catalog(
    database=given["database"], table_name="cars", transformation_ctx="cars"
)
told["read"] = frame.count()
if told["read"]:
    mapped = ApplyMapping.apply(frame, [("brand", "string", "brand", "string"), ("price", "string", "price", "int")])
    told["prices"] = sorted(([row["brand"], row["price"]] for row in mapped.toDF().collect()), key=str)
    context.write_dynamic_frame.from_options(
        mapped, "s3", {"path": f"{lake}/frame/", "partitionKeys": ["brand"]}, "parquet"
    )
    told["frame"] = sorted(row["brand"] for row in spark.read.parquet(f"{lake}/frame/").collect())

    rows = spark.range(100).withColumn("part", (F.col("id") % 3).cast("string"))
    for kind in ("csv", "json", "orc", "parquet"):
        rows.write.mode("overwrite").format(kind).save(f"{lake}/{kind}/")
        rows.write.mode("append").format(kind).save(f"{lake}/{kind}/")
        told[kind] = spark.read.format(kind).load(f"{lake}/{kind}/").count()
    spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
    rows.write.mode("overwrite").partitionBy("part").parquet(f"{lake}/parts/")
    rows.where("part = '1'").limit(2).write.mode("overwrite").partitionBy("part").parquet(f"{lake}/parts/")
    found = spark.read.parquet(f"{lake}/parts/").groupBy("part").count().orderBy("part").collect()
    told["parts"] = [[row["part"], row["count"]] for row in found]
    spark.sql(f"create table {given['database']}.dear using parquet as select brand from {given['database']}.cars")
    told["sql"] = sorted(row["brand"] for row in spark.table(f"{given['database']}.dear").collect())
    try:
        told["cast"] = spark.sql("select cast('abc' as int) as x").first()["x"]
    except Exception as error:
        told["cast"] = type(error).__name__
boto3.client("s3").put_object(Bucket=given["bucket"], Key=given["tell"], Body=json.dumps(told))
job.commit()
"""
FIRST: dict[str, Any] = {
    "read": 3,
    "prices": [["Saab", 1], ["Volvo", 3], ["Volvo", None]],
    "frame": ["Saab", "Volvo", "Volvo"],
    **dict.fromkeys(("csv", "json", "orc", "parquet"), 200),
    "parts": [[0, 34], [1, 2], [2, 33]],
    "sql": ["Saab", "Volvo", "Volvo"],
}
OF_VERSION: dict[str, dict[str, Any]] = {
    "5.1": {"versions": ["3.5.6", "3.11"], "cast": None},
    # docs.aws.amazon.com/glue/latest/dg/migrating-version-60.html; in ANSI mode a text that is no number is an error
    "6.0": {"versions": ["4.1.1", "3.13"], "cast": "NumberFormatException"},
}


def _table(account: Account, database: str, place: str) -> None:  # noqa: F811 - a fixture's name
    account.put(f"{place}/cars/a.csv", "Saab,1\nVolvo,much\nVolvo,3\n")
    serde = {
        "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
        "Parameters": {"field.delim": ","},
    }
    storage = {
        "Columns": [{"Name": name, "Type": "string"} for name in ("brand", "price")],
        "Location": f"s3://{account.bucket}/{place}/cars/",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": serde,
    }
    account.table(
        database, "cars", StorageDescriptor=storage, Parameters={"classification": "csv"}, TableType="EXTERNAL_TABLE"
    )


@pytest.mark.timeout(1500)  # the first run of 6.0 may have to make its environment
def test_script_runs_on_the_spark_and_the_python_of_its_glue_version(account: Account) -> None:  # noqa: F811
    # G28, G31, G34
    account.put(f"{account.prefix}/scripts/versions.py", SCRIPT)
    jobs = {}
    for version in OF_VERSION:
        place = f"{account.prefix}/{version}"
        database = account.database()
        account.glue.update_database(
            Name=database, DatabaseInput={"Name": database, "LocationUri": f"s3://{account.bucket}/{place}/warehouse/"}
        )
        _table(account, database, place)
        arguments = {
            "--tell": f"{place}/told.json",
            "--database": database,
            "--out": f"{place}/out",
            "--job-bookmark-option": "job-bookmark-enable",
            "--enable-glue-datacatalog": "true",
        }
        command = {
            "Name": "glueetl",
            "PythonVersion": "3",
            "ScriptLocation": f"s3://{account.bucket}/{account.prefix}/scripts/versions.py",
        }
        job = account.job(arguments=arguments, is_spark=True, GlueVersion=version)
        definition: dict[str, Any] = {"Role": account.role, "Command": command, "GlueVersion": version}
        definition |= {"WorkerType": "G.1X", "NumberOfWorkers": 2, "Timeout": 30}
        definition["DefaultArguments"] = {"--bucket": account.bucket, **arguments}
        account.glue.update_job(JobName=job, JobUpdate=definition)
        jobs[version] = job

    def run(*versions: str) -> dict[str, Any]:
        started = {version: account.glue.start_job_run(JobName=jobs[version])["JobRunId"] for version in versions}
        told = {}
        for version, run_id in started.items():
            ended = account.wait_for_run(jobs[version], run_id)
            assert ended["JobRunState"] == "SUCCEEDED", (version, ended.get("ErrorMessage"))
            told[version] = account.read_json(f"{account.prefix}/{version}/told.json")
        return told

    assert run("5.1", "6.0") == {version: FIRST | of_version for version, of_version in OF_VERSION.items()}
    # the bookmark knows what was read
    assert run("6.0") == {"6.0": {"versions": OF_VERSION["6.0"]["versions"], "read": 0}}

"""Java of Spark runs: started ahead of a waiting job, and ended with the run."""

from __future__ import annotations

import json
import os
import secrets
import time
from pathlib import Path
from typing import Any

import boto3
import pytest

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
GRANTS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["glue:*", "logs:*", "s3:*"], "Resource": "*"}],
}
# the first job reads what it wrote with pandas, by s3fs, and lasts until Java waits for the second
FIRST = """
import json, os, sys, time, urllib.request
import pandas as pd
file = sys.argv[sys.argv.index("--lake") + 1].replace("/lake/", "/shell/rows.csv")
pd.DataFrame({"row": [1, 2]}).to_csv(file, index=False)
assert pd.read_csv(file)["row"].tolist() == [1, 2]
health = os.environ["AWS_ENDPOINT_URL"] + "/_glue/health"
while json.load(urllib.request.urlopen(health))["running"]["java_ahead"] != "ready":
    time.sleep(0.1)
"""
SECOND = """
import json, sys, tempfile
import pyspark
from pyspark.sql import SparkSession
spark = SparkSession.builder.config("spark.sql.parquet.compression.codec", "zstd").getOrCreate()
system = spark.sparkContext._jvm.System
lake = sys.argv[sys.argv.index("--lake") + 1]
spark.range(1000).repartition(2).write.parquet(lake)  # a shuffle and native libraries: both leave files
print("found " + json.dumps({
    "rows": spark.read.parquet(lake).count(),
    "java_is_the_services": spark.sparkContext._gateway.proc is None,
    "application": spark.sparkContext.appName,
    "worker_has_this_pyspark": spark.sparkContext.range(1).map(lambda _: __import__("pyspark").__file__).collect()
        == [pyspark.__file__],
    "temporary": [tempfile.gettempdir(), system.getProperty("java.io.tmpdir")],
}), flush=True)
"""
ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR"})
WAIT_S = 300.0


@pytest.fixture
def jobs(endpoint_url: str) -> Any:
    """A Python shell job that starts a Spark job by its success, and the clients to ask about them."""
    session = boto3.Session("test", "test", region_name="us-east-1")
    s3, iam, glue, logs = (session.client(name, endpoint_url=endpoint_url) for name in ("s3", "iam", "glue", "logs"))
    name = f"job-start-{secrets.token_hex(4)}"
    s3.create_bucket(Bucket=name)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName=name, PolicyName="run", PolicyDocument=json.dumps(GRANTS))
    for job, command, script in ((f"{name}-1", "pythonshell", FIRST), (f"{name}-2", "glueetl", SECOND)):
        s3.put_object(Bucket=name, Key=f"code/{job}.py", Body=script.encode())
        location = {"Name": command, "ScriptLocation": f"s3://{name}/code/{job}.py", "PythonVersion": "3.9"}
        arguments = {"--lake": f"s3://{name}/lake/"}
        glue.create_job(Name=job, Role=name, Command=location, DefaultArguments=arguments, GlueVersion="5.0")
    watched = {"LogicalOperator": "EQUALS", "JobName": f"{name}-1", "State": "SUCCEEDED"}
    glue.create_trigger(Name=f"{name}-1", Type="ON_DEMAND", Actions=[{"JobName": f"{name}-1"}])
    glue.create_trigger(
        Name=f"{name}-2",
        Type="CONDITIONAL",
        Actions=[{"JobName": f"{name}-2"}],
        Predicate={"Conditions": [watched]},
        StartOnCreation=True,
    )
    yield name, glue, logs
    for number in (1, 2):
        glue.delete_trigger(Name=f"{name}-{number}")
        glue.delete_job(JobName=f"{name}-{number}")
    iam.delete_role_policy(RoleName=name, PolicyName="run")
    iam.delete_role(RoleName=name)
    for item in s3.list_objects_v2(Bucket=name).get("Contents", ()):
        s3.delete_object(Bucket=name, Key=item["Key"])
    s3.delete_bucket(Bucket=name)


def test_job_behind_another_finds_java_started_and_leaves_no_temporary_file(jobs: Any) -> None:
    name, glue, logs = jobs
    glue.start_trigger(Name=f"{name}-1")

    run = _ended_run(glue, f"{name}-2")

    assert run["JobRunState"] == "SUCCEEDED", run
    events = logs.get_log_events(logGroupName="/aws-glue/jobs/output", logStreamName=run["Id"])["events"]
    found = json.loads(next(e["message"] for e in events if e["message"].startswith("found ")).removeprefix("found "))
    python_temporary, java_temporary = found.pop("temporary")
    assert found == {
        "rows": 1000,
        "java_is_the_services": True,
        "application": f"{name}-2",
        "worker_has_this_pyspark": True,  # and not Spark's copy of it, which is compiled anew for each run
    }
    assert python_temporary == java_temporary
    assert Path(java_temporary).parent.name.startswith("ahead_")
    if os.access(Path(java_temporary).parents[2], os.R_OK):  # the service runs on this machine
        assert not Path(java_temporary).parent.exists()


def _ended_run(glue: Any, job: str) -> dict[str, Any]:
    deadline = time.monotonic() + WAIT_S
    while True:
        runs = glue.get_job_runs(JobName=job)["JobRuns"]
        if runs and runs[0]["JobRunState"] in ENDED:
            return dict(runs[0])
        assert time.monotonic() < deadline, runs
        time.sleep(0.2)

"""The fixture `glue_local` of the Glue service's pytest plugin, in tests like those of users."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from quartal.core.settings import Settings
from quartal.local.toolchain import environments

PROJECT = Path(__file__).parents[2]
TESTS = '''
import json
import time
from datetime import timedelta

import pytest

SCRIPT = b"""
import boto3, sys
boto3.client("s3").put_object(Bucket="lake", Key="out/done", Body=b"x")
"""
ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:ListBucket", "logs:*", "cloudwatch:PutMetricData"]


@pytest.fixture
def job(glue_local):
    s3, role = glue_local.client("s3"), glue_local.create_role("etl", ACTIONS)
    s3.create_bucket(Bucket="lake")
    s3.put_object(Bucket="lake", Key="job.py", Body=SCRIPT)
    command = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": "s3://lake/job.py"}
    glue_local.glue.create_job(Name="job", Role=role, Command=command)
    return "job"


def test_run_is_waited_for_and_its_role_watched(glue_local, job):
    run = glue_local.wait_for_run(job, glue_local.glue.start_job_run(JobName=job)["JobRunId"])
    assert run["JobRunState"] == "SUCCEEDED"
    assert glue_local.client("s3").get_object(Bucket="lake", Key="out/done")["Body"].read() == b"x"
    glue_local.assert_role_used_only("etl", ACTIONS)
    with pytest.raises(AssertionError, match="etl also used .*s3:PutObject"):
        glue_local.assert_role_used_only("etl", ["s3:Get*", "logs:*"])
    with pytest.raises(AssertionError, match="idle made no calls; roles that did: arn:aws:iam::000000000000:role/etl"):
        glue_local.assert_role_used_only("idle", ["*"])


def test_failed_job_is_reported_with_its_message(glue_local, job):
    glue_local.client("s3").put_object(Bucket="lake", Key="job.py", Body=b"raise ValueError('no rows')")
    run_id = glue_local.glue.start_job_run(JobName=job)["JobRunId"]
    with pytest.raises(AssertionError, match="job is FAILED: .*no rows"):
        glue_local.wait_for_run(job, run_id)
    assert glue_local.wait_for_run(job, run_id, state="FAILED")["Id"] == run_id


CHAIN = b"""
import boto3
asked = {"RoleArn": "arn:aws:iam::000000000000:role/other", "RoleSessionName": "next"}
got = boto3.client("sts").assume_role(**asked)["Credentials"]
keys = {"aws_access_key_id": got["AccessKeyId"], "aws_secret_access_key": got["SecretAccessKey"]}
s3 = boto3.client("s3", aws_session_token=got["SessionToken"], **keys)
s3.put_object(Bucket="lake", Key="out/allowed", Body=b"x")
s3.put_object(Bucket="lake", Key="shut/refused", Body=b"x")
"""


def test_script_that_assumes_another_role_is_judged_by_that_one(glue_local, job):
    glue_local.create_role("other", "s3:PutObject", "arn:aws:s3:::lake/out/*")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]}
    glue_local.client("iam").put_role_policy(RoleName="etl", PolicyName="q", PolicyDocument=json.dumps(policy))
    s3 = glue_local.client("s3")
    s3.put_object(Bucket="lake", Key="job.py", Body=CHAIN)
    with pytest.raises(AssertionError, match="AccessDenied.*assumed-role/other/next"):
        glue_local.wait_for_run(job, glue_local.glue.start_job_run(JobName=job)["JobRunId"])
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="lake")["Contents"]] == ["job.py", "out/allowed"]


LAZY = {
    "SerializationLibrary": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    "Parameters": {"field.delim": ","},
}


def test_rules_are_judged_with_the_rights_of_their_role(glue_local, job):
    s3, glue = glue_local.client("s3"), glue_local.glue
    s3.put_object(Bucket="lake", Key="orders/a.csv", Body=b"1,US\\n2,\\n")
    glue.create_database(DatabaseInput={"Name": "feeds"})
    columns = [{"Name": "id", "Type": "int"}, {"Name": "country", "Type": "string"}]
    storage = {"Columns": columns, "Location": "s3://lake/orders/", "SerdeInfo": LAZY}
    glue.create_table(DatabaseName="feeds", TableInput={"Name": "orders", "StorageDescriptor": storage})
    rules = 'Rules = [ IsUnique "id", ColumnValues "country" in ["US"] ]'
    glue.create_data_quality_ruleset(Name="rules", Ruleset=rules)
    source = {"GlueTable": {"DatabaseName": "feeds", "TableName": "orders"}}

    def evaluated():
        asked = {"DataSource": source, "Role": "etl", "RulesetNames": ["rules"]}
        started = glue.start_data_quality_ruleset_evaluation_run(**asked)
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            run = glue.get_data_quality_ruleset_evaluation_run(RunId=started["RunId"])
            if run["Status"] not in ("STARTING", "RUNNING"):
                break
            time.sleep(0.1)
        return run

    assert "no identity-based policy allows the glue:GetTable action" in evaluated()["ErrorString"]
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "glue:Get*", "Resource": "*"}]}
    glue_local.client("iam").put_role_policy(RoleName="etl", PolicyName="q", PolicyDocument=json.dumps(policy))
    result = glue.get_data_quality_result(ResultId=evaluated()["ResultIds"][0])
    assert [each["Result"] for each in result["RuleResults"]] == ["PASS", "FAIL"]
    assert result["Score"] == 0.5


def test_clock_is_moved(glue_local):
    frozen = glue_local.clock.freeze()
    assert glue_local.clock.advance(timedelta(days=400)) == frozen + timedelta(days=400)
    assert glue_local.clock.set(frozen) == glue_local.clock.now() == frozen


def test_fixture_starts_each_test_empty(glue_local):
    assert glue_local.client("s3").list_buckets()["Buckets"] == []
    assert glue_local.client("iam").list_roles()["Roles"] == []
    assert glue_local.glue.list_jobs()["JobNames"] == []


def test_environment_of_the_fixture_connects_any_client(glue_local, monkeypatch):
    import boto3

    for name, value in glue_local.environment.items():
        monkeypatch.setenv(name, value)
    assert boto3.client("glue").list_jobs()["JobNames"] == []
'''


README = (PROJECT / "tooling/localstack_glue/README.md").read_text("utf-8")
SCRIPT, TEST = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)[:2]


def test_fixture_serves_tests_including_the_readme_example(tmp_path: Path) -> None:
    settings = Settings.from_env(os.environ, environment="localstack", cwd=PROJECT)
    python = environments.ensure(settings, environments.glue_local_environment(settings), print)
    (tmp_path / "test_theirs.py").write_text(TESTS)
    (tmp_path / "job.py").write_text(SCRIPT)
    (tmp_path / "test_of_the_readme.py").write_text(TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    path = os.pathsep.join(str(PROJECT / "tooling" / name / "src") for name in ("localstack_glue", "glue_triggers"))
    environ = {**os.environ, "GLUE_LOCAL_PYTHON": str(python), "PYTHONPATH": path}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "localstack_glue.testing.plugin", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=300)
    assert "8 passed" in done.stdout, done.stdout + done.stderr

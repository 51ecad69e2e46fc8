"""Runs the public tests of Athena's clients against a running endpoint: `python run.py pyathena --source FOLDER`.

The tests are in the clients' repositories, not in their packages: FOLDER is a checkout. What they need is installed by
pip in an environment in `.quartal/athena-suites`. Needs Python with venv and pip, and nothing of the project around it.
"""

import argparse
import collections
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
BUCKET = "athena-suite"
OUTCOMES = {"failure": "failed", "error": "failed", "skipped": "skipped"}


@dataclass(frozen=True)
class Suite:
    """A client's tests: what to install, which to run, and what they find in the environment."""

    packages: tuple[str, ...]
    tests: tuple[str, ...]
    environ: dict[str, str]


SUITES = {
    "awswrangler": Suite(
        ("awswrangler==3.17.1", "pytest", "pytest-timeout", "moto", "geopandas"),
        (
            *(f"tests/unit/test_athena{part}.py" for part in ("", "_cache", "_csv", "_geospatial", "_iceberg")),
            *(f"tests/unit/test_athena_{part}.py" for part in ("parquet", "prepared", "projection")),
            "tests/unit/test_catalog.py",
        ),
        {"WR_ATHENA_QUERY_WAIT_POLLING_DELAY": "0.05"},
    ),
    "pyathena": Suite(
        (
            "PyAthena[pandas,arrow,polars,sqlalchemy]==4.2.1",
            "pandas==2.3.3",  # these two as in its own lock: with newer ones its tests fail by themselves
            "polars==1.36.1",
            "sqlalchemy[asyncio]",
            "pytest",
            "pytest-dependency",
            "pytest-asyncio",
            "pytest-timeout",
            "Jinja2",
            "s3fs",
        ),
        ("tests/pyathena", "--ignore=tests/pyathena/spark", "--ignore=tests/pyathena/aio/spark"),
        {
            "AWS_ATHENA_S3_STAGING_DIR": f"s3://{BUCKET}/path/",
            "AWS_ATHENA_WORKGROUP": "suite",
            "AWS_ATHENA_SPARK_WORKGROUP": "none",
            "AWS_ALLOW_HTTP": "true",
        },
    ),
    "pyiceberg": Suite(
        (
            "pyiceberg[glue,pyarrow,sql-sqlite]==0.12.0",
            "pytest",
            "pytest-lazy-fixtures",
            "pytest-mock",
            "moto[server]",
            "requests-mock",
            "fastavro",
        ),
        ("tests/catalog/integration_test_glue.py",),
        {"AWS_TEST_BUCKET": BUCKET},
    ),
}
# a workgroup, a bucket, and the stack that awswrangler's tests ask for what they use
SET_UP = """
import boto3, json, sys
bucket = sys.argv[1]
boto3.client("s3").create_bucket(Bucket=bucket)
account = boto3.client("sts").get_caller_identity()["Account"]
boto3.client("s3").create_bucket(Bucket=f"aws-athena-query-results-{account}-us-east-1")
place = {"ResultConfiguration": {"OutputLocation": f"s3://{bucket}/path/"}, "EnforceWorkGroupConfiguration": False}
boto3.client("athena").create_work_group(Name="suite", Configuration=place)
glue = boto3.client("glue")
glue.create_database(DatabaseInput={"Name": "aws_sdk_pandas", "Description": "of awswrangler's tests"})
glue.create_database(DatabaseInput={"Name": "default"})  # which Athena makes in an account
everybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
key = {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [everybody]}}}
told = {"Region": {"Ref": "AWS::Region"}, "KmsKeyArn": {"Fn::GetAtt": ["Key", "Arn"]}, "BucketName": bucket}
told |= {"GlueDatabaseName": "aws_sdk_pandas", "BucketAccessPointArn": "none", "LogGroupName": "x", "LogStream": "x"}
template = {"Resources": {"Key": key}, "Outputs": {name: {"Value": value} for name, value in told.items()}}
cloudformation = boto3.client("cloudformation")
cloudformation.create_stack(StackName="aws-sdk-pandas-base", TemplateBody=json.dumps(template))
cloudformation.get_waiter("stack_create_complete").wait(StackName="aws-sdk-pandas-base", WaiterConfig={"Delay": 1})
"""


def main() -> int:
    """Run a suite; 0 if all that was run has an outcome, whatever it is."""
    given = sys.argv[1:]
    end = given.index("--") if "--" in given else len(given)
    options, further = parser().parse_args(given[:end]), given[end + 1 :]
    suite, work = SUITES[options.suite], (options.work / options.suite).resolve()
    work.mkdir(parents=True, exist_ok=True)
    python = make_environment(work, suite)
    environment = {
        **os.environ,
        **suite.environ,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": options.endpoint.rstrip("/"),
        "PYTHONPATH": os.pathsep.join((str(HERE), str(options.source.resolve()))),
    }
    if not options.again:
        subprocess.run([str(python), "-c", SET_UP, BUCKET], env=environment, check=True)
    report = work / "report.xml"
    report.unlink(missing_ok=True)
    command = [str(python), "-m", "pytest", "-p", "endpoint_plugin", "-p", "no:cacheprovider", "-q", "--tb=no"]
    command += [f"--junit-xml={report}", *further, *suite.tests]
    subprocess.run(command, cwd=options.source, env=environment, check=False, stdout=sys.stderr)
    if not report.exists():
        print("pytest has left no report", file=sys.stderr)
        return 1
    outcomes = sorted(read(report))
    for name, outcome, reason in outcomes:
        print(f"{outcome:8}{name}{'  ' + reason if reason else ''}")
    counts = collections.Counter(outcome for _, outcome, _ in outcomes)
    print(f"{len(outcomes)} tests: " + ", ".join(f"{counts[kind]} {kind}" for kind in ("passed", "failed", "skipped")))
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(description=__doc__, epilog="What stands behind -- is for pytest.")
    made.add_argument("suite", choices=sorted(SUITES))
    made.add_argument("--source", type=Path, required=True, help="a checkout of the client")
    made.add_argument("--endpoint", default=os.environ.get("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"))
    made.add_argument("--work", type=Path, default=ROOT / ".quartal/athena-suites", help="folder for what it makes")
    made.add_argument("--again", action="store_true", help="the endpoint was set up by an earlier run")
    return made


def make_environment(work: Path, suite: Suite) -> Path:
    """Make an environment with what the tests need, once; return its Python."""
    python = work / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    note, wanted = work / "installed.json", json.dumps(suite.packages)
    if not note.exists() or note.read_text(encoding="utf-8") != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(work / "venv")], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, *suite.packages], check=True)
        note.write_text(wanted, encoding="utf-8")
    return python


def read(report: Path) -> Iterator[tuple[str, str, str]]:
    """Name, outcome and the first line of what went wrong, of each test."""
    for case in ET.parse(report).iter("testcase"):
        outcome, reason = "passed", ""
        for child in case:
            if child.tag in OUTCOMES:
                outcome = OUTCOMES[child.tag]
                reason = (child.get("message") or "").splitlines()[0][:160] if child.get("message") else ""
        yield f"{case.get('classname')}::{case.get('name')}", outcome, reason


if __name__ == "__main__":
    sys.exit(main())

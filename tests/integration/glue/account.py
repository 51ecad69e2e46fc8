"""An account of AWS or an emulator: its clients, and the resources of the tests until their removal."""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

T = TypeVar("T")
ENDED_RUNS = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"})
ENDED_WORKFLOW_RUNS = frozenset({"COMPLETED", "STOPPED", "ERROR"})
PROPAGATION_S = 90.0  # a new role is not known everywhere at once

TRUST_IN_GLUE = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}

# three cars as Parquet: id (long), brand (string), price (double); this suite has no writer of Parquet
PARQUET_CARS = base64.b85decode(
    "P(e~L6#x}H6+A2z1{DAm1{DSz00002000060RaF20000000IC20000000RI30000002KfgKovkN6$TXm6$TXs8~^|S0ssI21"
    "_1>C0035RY<6!20000}Yj0#>1ONa4MrmPm6#x}H6+A2z1{DAm1{DSz00002000060RR910000ZKmY&$0000TKmY&$00008Ko"
    "tZTOf>))26JO*Wo=;<1^^WVB?1@%X=DHu3?%{>1!8hxZe%3@OdJ3J02K-)0vH8wa%p2_02T%r92q<&02~zr86^e)85ja-WEB"
    "7w1{Pu#VkQVl92Ec+02KlNJShelCIAKi001Tc92E>1B?bT)7zJW-VQyp<02T%oW)@~9YDpXw02Kfg0suS~92o`~CIAKi001T"
    "c92E)~B?bT)7zJ>0X=7y-02T%oVisa1&;dyt6#x|g6#@V}DFzuP00sa602ZnO76v8=7ODaOC?IfQa&dKKbS-0Wa4lhSa&LDa"
    "c4cyNX>V>IGBPeOE-)E98~^|u000~S00032002-yQZW"
)

SCRIPTS = {
    "succeed": "print('all is well')\n",
    "fail": "raise ValueError('no wheels today')\n",
    # writes its arguments
    "tell": """
import json, sys
import boto3
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
print("telling")
boto3.client("s3").put_object(Bucket=given["--bucket"], Key=given["--tell"], Body=json.dumps(given))
""",
    # runs until an object exists
    # reads a table's files with Spark, and looks for a file in its extra jars
    "spark": """
import json, sys
import boto3
from pyspark.sql import SparkSession
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
spark = SparkSession.builder.getOrCreate()
frame = spark.read.parquet(given["--lake"])
loader = spark._jvm.java.lang.ClassLoader.getSystemClassLoader()
told = {
    "rows": frame.count(),
    "dearest": frame.orderBy("price", ascending=False).first()["brand"],
    "spark": spark.version,
    "in_jar": loader.getResource(given["--resource"]) is not None,
}
boto3.client("s3").put_object(Bucket=given["--bucket"], Key=given["--tell"], Body=json.dumps(told))
""",
    # reads a table of the catalog with Spark SQL, and creates one
    "sql": """
import json, sys
import boto3
from awsglue.context import GlueContext
from pyspark.context import SparkContext
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
context = GlueContext(SparkContext.getOrCreate())
spark, database = context.spark_session, given["--database"]
frame = context.create_dynamic_frame.from_catalog(database=database, table_name="cars")
spark.sql(f"create table {database}.dear using parquet as select brand, price from {database}.cars where price > 1")
told = {
    "frame": sorted(row["brand"] for row in frame.toDF().collect()),
    "dear": [row.asDict() for row in spark.table(f"{database}.dear").collect()],
    "tables": sorted(row["tableName"] for row in spark.sql(f"show tables in {database}").collect()),
}
boto3.client("s3").put_object(Bucket=given["--bucket"], Key=given["--tell"], Body=json.dumps(told))
""",
    "gate": """
import sys, time
import boto3
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
s3 = boto3.client("s3")
while not s3.list_objects_v2(Bucket=given["--bucket"], Prefix=given["--gate"]).get("KeyCount"):
    time.sleep(0.2)
""",
}


@dataclass(frozen=True)
class Limits:
    """A timeout and a polling interval, in seconds."""

    timeout_s: float
    interval_s: float


@dataclass
class Account:
    """Clients, and the resources created through them. `child` makes a scope that removes its own resources."""

    session: boto3.Session
    endpoint_url: str | None
    limits: Limits
    prefix: str
    bucket: str = ""
    role: str = ""
    cleanup: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str, *, checks: bool = True) -> Any:
        """A client of this account. Without `checks` only the service validates parameters."""
        name = service if checks else f"unchecked {service}"
        if name not in self._clients:
            # tests expect refusals: only network errors are retried
            retries: Any = {"mode": "standard", "max_attempts": 3}
            config = Config(retries=retries, s3={"addressing_style": "path"}, parameter_validation=checks)
            self._clients[name] = self.session.client(service, endpoint_url=self.endpoint_url, config=config)
        return self._clients[name]

    @property
    def glue(self) -> Any:
        """The Glue client."""
        return self.client("glue")

    @property
    def unchecked_glue(self) -> Any:
        """A Glue client without botocore's validation of parameters."""
        return self.client("glue", checks=False)

    @contextlib.contextmanager
    def child(self) -> Iterator[Account]:
        """A scope whose resources are removed at the end of the block."""
        with contextlib.ExitStack() as cleanup:
            yield replace(self, cleanup=cleanup)

    def name(self, what: str) -> str:
        """A unique name, in characters that tables allow too."""
        return f"{self.prefix}_{what}_{secrets.token_hex(3)}"

    # -------------------------------------------------------------------------------------------- creation

    def put(self, key: str, body: str | bytes) -> str:
        """Write an object. It is removed with the bucket."""
        self.client("s3").put_object(Bucket=self.bucket, Key=key, Body=body)
        return f"s3://{self.bucket}/{key}"

    def database(self) -> str:
        """Create a database."""
        name = self.name("db")
        self.glue.create_database(DatabaseInput={"Name": name})
        self.cleanup.callback(delete_if_present, self.glue.delete_database, Name=name)
        return name

    def table(self, database: str, name: str, **table_input: Any) -> str:
        """Create a table. It is removed with its database."""
        self.glue.create_table(DatabaseName=database, TableInput={"Name": name, **table_input})
        return name

    def crawler(self, *paths: str, database: str = "", **definition: Any) -> str:
        """Create a crawler over prefixes of the bucket."""
        name = self.name("crawler")
        targets = [{"Path": f"s3://{self.bucket}/{path}"} for path in paths]
        definition = {"Targets": {"S3Targets": targets}, "DatabaseName": database or self.database(), **definition}
        self._make(self.glue.create_crawler, Name=name, **{"Role": self.role, **definition})
        self.cleanup.callback(self._remove_crawler, name)
        return name

    def job(
        self,
        script: str = "succeed",
        *,
        arguments: Mapping[str, str] | None = None,
        is_spark: bool = False,
        **definition: Any,
    ) -> str:
        """Create a job that runs one of SCRIPTS, as a Python shell job if it does not need Spark."""
        name = self.name(script)
        location = self.put(f"{self.prefix}/scripts/{script}.py", SCRIPTS[script])
        defaults = {"--bucket": self.bucket, **(arguments or {})}
        command = {"Name": "pythonshell", "PythonVersion": "3.9", "ScriptLocation": location}
        size: dict[str, Any] = {"MaxCapacity": 0.0625}
        if is_spark:
            command |= {"Name": "glueetl", "PythonVersion": "3"}
            size = {"GlueVersion": "5.0", "WorkerType": "G.1X", "NumberOfWorkers": 2}
        made = {**size, "Timeout": 10, "DefaultArguments": defaults, **definition}
        self._make(self.glue.create_job, Name=name, Role=self.role, Command=command, **made)
        self.cleanup.callback(delete_if_present, self.glue.delete_job, JobName=name)
        self.cleanup.callback(self._stop_runs, name)
        return name

    def gated_job(self, **definition: Any) -> tuple[str, Callable[[], object]]:
        """Create a job whose runs continue until the second returned value is called."""
        gate = f"{self.prefix}/gates/{secrets.token_hex(6)}"
        job = self.job("gate", arguments={"--gate": gate}, **definition)
        self.cleanup.callback(self.put, gate, b"open")  # in any case, nothing waits forever
        return job, lambda: self.put(gate, b"open")

    def trigger(self, kind: str, *actions: Mapping[str, Any], **definition: Any) -> str:
        """Create a trigger. A conditional one is activated."""
        name = self.name("trigger")
        if kind == "CONDITIONAL":
            definition = {"StartOnCreation": True, **definition}
        self.glue.create_trigger(Name=name, Type=kind, Actions=list(actions), **definition)
        self.cleanup.callback(delete_if_present, self.glue.delete_trigger, Name=name)
        return name

    def workflow(self, **definition: Any) -> str:
        """Create a workflow without triggers."""
        name = self.name("workflow")
        self.glue.create_workflow(Name=name, **definition)
        self.cleanup.callback(delete_if_present, self.glue.delete_workflow, Name=name)
        return name

    def workflow_arn(self, name: str) -> str:
        """The ARN of a workflow, which no response of the API has."""
        caller: str = self.client("sts").get_caller_identity()["Arn"]
        partition, owner = caller.split(":")[1], caller.split(":")[4]
        return f"arn:{partition}:glue:{self.session.region_name}:{owner}:workflow/{name}"

    def rule_that_notifies(self, workflow: str, pattern: Mapping[str, Any]) -> None:
        """Create an EventBridge rule that sends events to a workflow, with the necessary role."""
        iam, events, name = self.client("iam"), self.client("events"), self.name("rule")
        arn, trust = self.workflow_arn(workflow), {**TRUST_IN_GLUE, "Principal": {"Service": "events.amazonaws.com"}}
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        self.cleanup.callback(iam.delete_role, RoleName=name)
        may_notify = {"Effect": "Allow", "Action": "glue:notifyEvent", "Resource": arn}
        iam.put_role_policy(RoleName=name, PolicyName="notify", PolicyDocument=policy(may_notify))
        self.cleanup.callback(iam.delete_role_policy, RoleName=name, PolicyName="notify")
        if self.endpoint_url is None:
            time.sleep(PROPAGATION_S)  # AWS silently drops events that the role may not deliver
        events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        self.cleanup.callback(events.delete_rule, Name=name)
        events.put_targets(Rule=name, Targets=[{"Id": "workflow", "Arn": arn, "RoleArn": role}])
        self.cleanup.callback(events.remove_targets, Rule=name, Ids=["workflow"])

    def powerless_role(self) -> str:
        """Create a role that Glue can assume and that has no permissions."""
        iam, name = self.client("iam"), self.name("role")
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(TRUST_IN_GLUE))["Role"]["Arn"]
        self.cleanup.callback(iam.delete_role, RoleName=name)
        return arn

    def _make(self, call: Callable[..., Any], **request: Any) -> None:
        """Create a resource that needs the role, with retries: AWS does not know a new role everywhere at once."""
        deadline = time.monotonic() + PROPAGATION_S
        while True:
            try:
                call(**request)
                return
            except ClientError as error:
                message = error.response["Error"]["Message"]
                if "assume role" not in message.lower() or time.monotonic() > deadline:
                    raise
            time.sleep(self.limits.interval_s)

    def _remove_crawler(self, name: str) -> None:
        with contextlib.suppress(ClientError):
            self.glue.stop_crawler(Name=name)
        self.wait_for_crawler(name)
        delete_if_present(self.glue.delete_crawler, Name=name)

    def _stop_runs(self, job: str) -> None:
        try:
            going = [run["Id"] for run in self.runs(job) if run["JobRunState"] not in ENDED_RUNS]
        except self.glue.exceptions.EntityNotFoundException:
            return  # the test has deleted it already
        if going:
            self.glue.batch_stop_job_run(JobName=job, JobRunIds=going)

    # -------------------------------------------------------------------------------------------- waiting

    def wait(self, probe: Callable[[], T], done: Callable[[T], bool], what: str) -> T:
        """Poll until the condition holds. Fails with the last value."""
        deadline = time.monotonic() + self.limits.timeout_s
        while True:
            seen = probe()
            if done(seen):
                return seen
            assert time.monotonic() < deadline, f"{what} did not happen in {self.limits.timeout_s:.0f} s; seen: {seen}"
            time.sleep(self.limits.interval_s)

    def wait_for_crawler(self, name: str) -> dict[str, Any]:
        """Wait until a crawler is READY."""
        return self.wait(
            lambda: self.glue.get_crawler(Name=name)["Crawler"],
            lambda crawler: crawler["State"] == "READY",
            f"the end of the crawl of {name}",
        )

    def crawl(self, name: str) -> dict[str, Any]:
        """Crawl once and return LastCrawl."""
        self.glue.start_crawler(Name=name)
        last: dict[str, Any] = self.wait_for_crawler(name)["LastCrawl"]
        return last

    def tables(self, database: str) -> dict[str, dict[str, Any]]:
        """All tables of a database by name."""
        pages = self.glue.get_paginator("get_tables").paginate(DatabaseName=database)
        return {table["Name"]: table for page in pages for table in page["TableList"]}

    def runs(self, job: str) -> list[dict[str, Any]]:
        """The runs of a job, newest first."""
        found: list[dict[str, Any]] = self.glue.get_job_runs(JobName=job)["JobRuns"]
        return found

    def run(self, job: str, **request: Any) -> dict[str, Any]:
        """Run a job to its end."""
        run_id = self.glue.start_job_run(JobName=job, **request)["JobRunId"]
        return self.wait_for_run(job, run_id)

    def wait_for_run(self, job: str, run_id: str, *states: str) -> dict[str, Any]:
        """Wait until a run has one of these states, or has ended."""
        return self.wait(
            lambda: self.glue.get_job_run(JobName=job, RunId=run_id)["JobRun"],
            lambda run: run["JobRunState"] in (states or ENDED_RUNS),
            f"the run of {job}",
        )

    def wait_for_runs(self, job: str, count: int) -> list[dict[str, Any]]:
        """Wait until a job has this number of runs and all have ended."""
        return self.wait(
            lambda: self.runs(job),
            lambda runs: len(runs) >= count and all(run["JobRunState"] in ENDED_RUNS for run in runs),
            f"{count} runs of {job}",
        )

    def wait_for_workflow_run(self, workflow: str, run_id: str) -> dict[str, Any]:
        """Wait until a workflow run has ended, and return it with its graph."""
        return self.wait(
            lambda: self.glue.get_workflow_run(Name=workflow, RunId=run_id, IncludeGraph=True)["Run"],
            lambda run: run["Status"] in ENDED_WORKFLOW_RUNS,
            f"the run of {workflow}",
        )

    def read_json(self, key: str) -> dict[str, Any]:
        """Read the output of a script."""
        body = self.client("s3").get_object(Bucket=self.bucket, Key=key)["Body"]
        told: dict[str, Any] = json.loads(body.read())
        return told


class MovableClock:
    """The clock of glue-local. Other services have none."""

    def __init__(self, endpoint_url: str) -> None:
        self._url = f"{endpoint_url}/_glue/clock"

    def is_there(self) -> bool:
        """Whether this endpoint is a glue-local whose clock can be moved."""
        try:
            self.move({})
        except (urllib.error.URLError, ValueError):
            return False
        return True

    def move(self, change: Mapping[str, Any]) -> str:
        """Change the clock and return its time."""
        request = urllib.request.Request(self._url, data=json.dumps(change).encode())
        with urllib.request.urlopen(request, timeout=60) as response:
            now: str = json.load(response)["now"]
        return now


def policy(*statements: Mapping[str, Any]) -> str:
    """Write a policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def delete_if_present(call: Callable[..., Any], **request: Any) -> None:
    """Delete a resource. A missing one is fine."""
    try:
        call(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            raise


def refusal(call: Callable[..., Any], **request: Any) -> str:
    """Return the error code that a call ends with."""
    try:
        answer = call(**request)
    except ClientError as error:
        code: str = error.response["Error"]["Code"]
        return code
    raise AssertionError(f"not refused: {answer}")

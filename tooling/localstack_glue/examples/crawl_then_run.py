"""Uploads a file, has a crawler catalogue it and a job sum it up, in a workflow; prints what the job wrote.

    AWS_ENDPOINT_URL=http://127.0.0.1:4566 python crawl_then_run.py

Nothing in it knows of an emulator: without the variable it runs on AWS (and costs a few cents). Needs boto3 only.
"""

import json
import secrets
import sys
import time
from pathlib import Path

import boto3
from botocore.exceptions import EndpointConnectionError

REGION = "us-east-1"
SALES = "day,brand,price\n2026-01-01,Volvo,30000.5\n2026-01-01,Skoda,20000\n2026-01-02,Volvo,31000\n"
PATIENCE_S = 900


def main() -> int:
    """Build it, run it once, show the result, and remove all of it."""
    session = boto3.Session(region_name=REGION)
    if session.get_credentials() is None:  # an emulator takes any
        session = boto3.Session("test", "test", region_name=REGION)
    s3, iam, glue = session.client("s3"), session.client("iam"), session.client("glue")
    name = f"sales-{secrets.token_hex(4)}"
    try:
        s3.create_bucket(Bucket=name)
    except EndpointConnectionError as error:
        print(error, file=sys.stderr)
        return 1
    try:
        build(s3, iam, glue, name)
        run_id = glue.start_workflow_run(Name=name)["RunId"]
        print(f"workflow {name}, run {run_id}")
        failure = wait(glue, name, run_id)
        if failure:
            print(failure, file=sys.stderr)
            return 1
        for row in result(s3, name):
            print(f"{row['brand']:>8} {row['revenue']:>10.2f}")
        return 0
    finally:
        remove(s3, iam, glue, name)


def build(s3, iam, glue, name: str) -> None:
    """Fill the bucket with the file and the script; make a role, a crawler, a job, and the workflow that joins them."""
    s3.put_object(Bucket=name, Key="raw/sales/2026.csv", Body=SALES)
    s3.put_object(Bucket=name, Key="code/job.py", Body=(Path(__file__).parent / "sales_by_brand.py").read_bytes())
    role, database = make_role(iam, name), name.replace("-", "_")
    glue.create_database(DatabaseInput={"Name": database})
    when_role_is_known(
        glue.create_crawler,
        Name=name,
        Role=role,
        DatabaseName=database,
        Targets={"S3Targets": [{"Path": f"s3://{name}/raw/sales/"}]},
    )
    glue.create_job(
        Name=name,
        Role=role,
        Command={"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": f"s3://{name}/code/job.py"},
        GlueVersion="5.0",
        WorkerType="G.1X",
        NumberOfWorkers=2,
        DefaultArguments={"--database": database, "--table": "sales", "--target": f"s3://{name}/out/"},
    )
    glue.create_workflow(Name=name)
    glue.create_trigger(Name=f"{name}-start", Type="ON_DEMAND", WorkflowName=name, Actions=[{"CrawlerName": name}])
    crawled = {"LogicalOperator": "EQUALS", "CrawlerName": name, "CrawlState": "SUCCEEDED"}
    glue.create_trigger(
        Name=f"{name}-crawled",
        Type="CONDITIONAL",
        WorkflowName=name,
        Predicate={"Conditions": [crawled]},
        Actions=[{"JobName": name}],
        StartOnCreation=True,
    )


def make_role(iam, name: str) -> str:
    """Make a role for the crawler and the job that reaches the bucket, the catalog and the logs; return its ARN."""
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    lake = f"arn:aws:s3:::{name}"
    allowed = [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": lake},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "Resource": f"{lake}/*"},
        {
            "Effect": "Allow",
            "Action": ["glue:Get*", "glue:*Table", "glue:*Database", "glue:*Partition"],
            "Resource": "*",
        },
        {"Effect": "Allow", "Action": "logs:*", "Resource": "arn:aws:logs:*:*:log-group:/aws-glue/*"},
    ]
    iam.put_role_policy(RoleName=name, PolicyName="glue", PolicyDocument=policy(*allowed))
    return role


def wait(glue, name: str, run_id: str) -> str | None:
    """Wait for the run and report what failed. COMPLETED alone does not mean success."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        run = glue.get_workflow_run(Name=name, RunId=run_id)["Run"]
        if run["Status"] in ("COMPLETED", "STOPPED", "ERROR"):
            if run["Statistics"]["SucceededActions"] == run["Statistics"]["TotalActions"]:
                return None
            errors = [job_run.get("ErrorMessage") for job_run in glue.get_job_runs(JobName=name)["JobRuns"]]
            crawl = glue.get_crawler(Name=name)["Crawler"].get("LastCrawl", {})
            return f"{run['Status']}: {run['Statistics']}, crawl: {crawl.get('ErrorMessage')}, job: {errors}"
        time.sleep(1)
    return f"no end after {PATIENCE_S} s"


def result(s3, bucket: str) -> list[dict]:
    """Read what the job wrote."""
    found = s3.list_objects_v2(Bucket=bucket, Prefix="out/").get("Contents", [])
    parts = [s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().decode() for item in found if item["Size"]]
    return [json.loads(line) for part in parts for line in part.splitlines()]


def remove(s3, iam, glue, name: str) -> None:
    """Remove everything. What does not exist is skipped."""
    calls = [
        (glue.delete_workflow, {"Name": name}),
        (glue.delete_trigger, {"Name": f"{name}-start"}),
        (glue.delete_trigger, {"Name": f"{name}-crawled"}),
        (glue.delete_job, {"JobName": name}),
        (glue.delete_crawler, {"Name": name}),
        (glue.delete_database, {"Name": name.replace("-", "_")}),
        (iam.delete_role_policy, {"RoleName": name, "PolicyName": "glue"}),
        (iam.delete_role, {"RoleName": name}),
    ]
    for call, request in calls:
        try:
            call(**request)
        except call.__self__.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in ("EntityNotFoundException", "NoSuchEntity"):
                print(f"left behind: {error}", file=sys.stderr)
    for item in s3.list_objects_v2(Bucket=name).get("Contents", []):
        s3.delete_object(Bucket=name, Key=item["Key"])
    s3.delete_bucket(Bucket=name)


def when_role_is_known(call, **request) -> None:
    """Call again until AWS knows the new role everywhere."""
    for attempt in range(12):
        try:
            call(**request)
            return
        except call.__self__.exceptions.InvalidInputException as error:
            if "assume role" not in str(error).lower() or attempt == 11:
                raise
        time.sleep(5)


def policy(*statements: dict) -> str:
    """Write a policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


if __name__ == "__main__":
    sys.exit(main())

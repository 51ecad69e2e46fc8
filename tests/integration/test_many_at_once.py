"""Many starts at the same moment: limits are kept, each start is one run, nothing is lost or waits for ever."""

from __future__ import annotations

import json
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

STARTS, LIMIT = 20, 15
CRAWLERS = 50
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
GRANTS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["glue:*", "logs:*", "s3:*"], "Resource": "*"}],
}
# each run lasts until all starts have been answered
SCRIPT = """
import os, sys, time
go = sys.argv[sys.argv.index("--go") + 1]
while not os.path.exists(go):
    time.sleep(0.1)
"""
WAIT_S = 300.0


@pytest.fixture(scope="module")
def account(endpoint_url: str) -> Iterator[tuple[str, Any, Any]]:
    """A name for everything, under which a bucket and a role exist, and clients of S3 and Glue."""
    session = boto3.Session("test", "test", region_name="us-east-1")
    config = Config(max_pool_connections=CRAWLERS, retries={"max_attempts": 1}, read_timeout=WAIT_S)
    s3, iam, glue = (session.client(name, endpoint_url=endpoint_url, config=config) for name in ("s3", "iam", "glue"))
    name = f"many-{secrets.token_hex(4)}"
    s3.create_bucket(Bucket=name)
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName=name, PolicyName="run", PolicyDocument=json.dumps(GRANTS))
    yield name, s3, glue
    iam.delete_role_policy(RoleName=name, PolicyName="run")
    iam.delete_role(RoleName=name)
    for item in s3.list_objects_v2(Bucket=name).get("Contents", ()):
        s3.delete_object(Bucket=name, Key=item["Key"])
    s3.delete_bucket(Bucket=name)


def at_once(calls: list[Callable[[], Any]]) -> tuple[list[Any], Counter[str]]:
    """Make all calls from as many threads; return the answers, and how many were refused with which code."""

    def answer(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except ClientError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        answers = list(pool.map(answer, calls))
    refused = Counter(item.response["Error"]["Code"] for item in answers if isinstance(item, ClientError))
    return [item for item in answers if not isinstance(item, ClientError)], refused


def wait_until(is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not is_done():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_job_starts_at_once_keep_the_limit_and_each_is_one_run(account: Any, tmp_path: Path) -> None:  # G27
    name, s3, glue = account
    go = tmp_path / "go"
    s3.put_object(Bucket=name, Key="code/job.py", Body=SCRIPT.encode())
    glue.create_job(
        Name=name,
        Role=name,
        Command={"Name": "pythonshell", "ScriptLocation": f"s3://{name}/code/job.py", "PythonVersion": "3.9"},
        DefaultArguments={"--go": str(go)},
        ExecutionProperty={"MaxConcurrentRuns": LIMIT},
    )
    try:
        accepted, refused = at_once([lambda: glue.start_job_run(JobName=name)] * STARTS)
        go.touch()

        def runs() -> list[dict[str, Any]]:
            return list(glue.get_job_runs(JobName=name)["JobRuns"])

        wait_until(lambda: all("CompletedOn" in run for run in runs()))
        assert refused == {"ConcurrentRunsExceededException": STARTS - LIMIT}
        assert sorted(run["Id"] for run in runs()) == sorted(answer["JobRunId"] for answer in accepted)
        assert {(run["JobRunState"], run.get("ErrorMessage")) for run in runs()} == {("SUCCEEDED", None)}
    finally:
        go.touch()
        glue.delete_job(JobName=name)


def test_crawls_at_once_each_write_their_table(account: Any) -> None:  # G13
    name, s3, glue = account
    names = [f"{name}-{number:02}" for number in range(CRAWLERS)]
    glue.create_database(DatabaseInput={"Name": name})
    for crawler in names:
        s3.put_object(Bucket=name, Key=f"raw/{crawler}/part.csv", Body=b"id,brand\n1,Audi\n2,Saab\n")
        targets = {"S3Targets": [{"Path": f"s3://{name}/raw/{crawler}/"}]}
        glue.create_crawler(Name=crawler, Role=name, DatabaseName=name, Targets=targets)
    try:
        # every fifth is started twice: the second start is refused, or is another crawl if the first is over
        starts = [lambda crawler=crawler: glue.start_crawler(Name=crawler) for crawler in [*names, *names[::5]]]
        accepted, refused = at_once(starts)
        wait_until(lambda: all(_crawler(glue, crawler)["State"] == "READY" for crawler in names))

        crawls = [crawl for crawler in names for crawl in glue.list_crawls(CrawlerName=crawler)["Crawls"]]
        assert set(refused) <= {"CrawlerRunningException"}
        assert len(crawls) == len(accepted) == len(starts) - refused.total()
        assert {(crawl["State"], crawl.get("ErrorMessage")) for crawl in crawls} == {("COMPLETED", None)}
        pages = glue.get_paginator("get_tables").paginate(DatabaseName=name)
        tables = [table["Name"] for page in pages for table in page["TableList"]]
        assert sorted(tables) == [crawler.replace("-", "_") for crawler in names]
    finally:
        for crawler in names:
            glue.delete_crawler(Name=crawler)
        glue.delete_database(Name=name)


def _crawler(glue: Any, name: str) -> dict[str, Any]:
    return dict(glue.get_crawler(Name=name)["Crawler"])

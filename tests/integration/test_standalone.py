"""The Glue service as a server of its own: what surrounds Glue there, and another emulator behind it."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from quartal.core.settings import Settings
from quartal.local.local_aws import server
from quartal.local.local_aws.health import read_health
from quartal.local.toolchain import environments
from tests.integration import awaited_runs

PROJECT = Path(__file__).parents[2]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "glue.amazonaws.com"}}],
}
SETTINGS = Settings.from_env(os.environ, environment="localstack", cwd=PROJECT)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = replace(SETTINGS, state_dir=tmp_path_factory.mktemp("standalone"))
    settings = replace(settings, environ={**settings.environ, "LOCALSTACK_GLUE_FAULTS": "1"})
    started = server.start(settings, port=server.free_port(), announce=print, host="standalone")
    try:
        yield started.endpoint_url
    finally:
        server.stop(settings, started)


@contextmanager
def in_front_of(backend: str) -> Iterator[str]:
    """A second server, which hands on what is not Glue's."""
    python = environments.ensure(SETTINGS, environments.glue_local_environment(SETTINGS), print)
    command = [str(python), "-m", "localstack_glue.hosts.standalone", "serve", "--port", "0", "--backend", backend]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[3].rstrip(":")
    finally:
        process.terminate()
        process.wait(30)


def client(service: str, url: str, **options: Any) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
        **options,
    )


def ask(url: str, path: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(f"{url}{path}", data=data), timeout=30) as answer:
        return json.load(answer)


def test_commands_take_it_for_a_local_aws_with_glue(url):
    health = read_health(url)
    assert health is not None
    assert health.has_glue


def test_https_is_answered_on_the_same_port(url):
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    secure = f"{url.replace('http:', 'https:')}/_glue/clock"
    with urllib.request.urlopen(secure, context=unverified, timeout=30) as answer:
        assert json.load(answer)["frozen"] is False


def test_caller_is_in_the_account_of_twelve_digits_that_signs(url):
    keys = {"aws_access_key_id": "111122223333", "aws_secret_access_key": "any", "region_name": "us-east-1"}
    assert boto3.client("sts", endpoint_url=url, **keys).get_caller_identity()["Account"] == "111122223333"
    assert client("sts", url).get_caller_identity()["Account"] == "000000000000"


def test_crawl_may_read_only_what_its_role_allows(url):
    s3, glue, iam = (client(service, url) for service in ("s3", "glue", "iam"))
    s3.create_bucket(Bucket="closed")
    s3.put_object(Bucket="closed", Key="cars/a.csv", Body=b"id,brand\n1,bolt\n")
    role = iam.create_role(RoleName="blind", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": ["glue:*", "logs:*"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(RoleName="blind", PolicyName="all-but-s3", PolicyDocument=policy)
    glue.create_database(DatabaseInput={"Name": "closed"})
    glue.create_crawler(
        Name="blind", Role=role, DatabaseName="closed", Targets={"S3Targets": [{"Path": "s3://closed/cars/"}]}
    )
    glue.start_crawler(Name="blind")
    server_wait(lambda: glue.get_crawler(Name="blind")["Crawler"]["State"] == "READY")
    crawl = glue.get_crawler(Name="blind")["Crawler"]["LastCrawl"]
    assert crawl["Status"] == "FAILED"
    assert glue.get_tables(DatabaseName="closed")["TableList"] == []
    refused = ask(url, "/_glue/iam")["roles"][role]
    assert "s3:ListBucket" in json.dumps(refused)


def test_error_of_glue_has_the_code_that_clients_look_for(url):
    glue = client("glue", url)
    with pytest.raises(glue.exceptions.EntityNotFoundException, match="ghost"):
        glue.get_job(JobName="ghost")
    with pytest.raises(ClientError) as refused:
        glue.create_blueprint(Name="b", BlueprintLocation="s3://b/c.zip")
    assert refused.value.response["Error"]["Code"] == "OperationNotSupportedException"


def test_fault_plan_breaks_a_connection(url):
    ask(
        url,
        "/_glue/faults",
        {"seed": 1, "rules": [{"mode": "lose-answer", "service": "s3", "operation": "CreateBucket"}]},
    )
    s3 = client("s3", url)
    try:
        with pytest.raises(ConnectionClosedError):
            s3.create_bucket(Bucket="made-all-the-same")
    finally:
        ask(url, "/_glue/reset", {})  # forgets the plan and Glue's own, and nothing else
    assert "made-all-the-same" in [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]


def test_call_of_glue_under_a_fault_plan_fails_or_is_answered(url: str) -> None:
    """It waited for the client to close the connection, whose body only its length ends."""
    glue = client("glue", url)
    ask(url, "/_glue/faults", {"rules": [{"mode": "throttle", "service": "glue"}]})
    try:
        with pytest.raises(ClientError) as refused:
            glue.get_databases()
        assert refused.value.response["Error"]["Code"] == "ThrottlingException"
        assert "DatabaseList" in glue.get_databases()
    finally:
        ask(url, "/_glue/reset", {})


def test_policies_of_aws_can_be_attached_to_a_role(url):
    iam, arn = client("iam", url), "arn:aws:iam::aws:policy/service-role/AWSGlueServiceRole"
    iam.create_role(RoleName="managed", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.attach_role_policy(RoleName="managed", PolicyArn=arn)
    (attached,) = iam.list_attached_role_policies(RoleName="managed")["AttachedPolicies"]
    assert attached["PolicyArn"] == arn


def test_definition_that_cannot_be_read_is_an_error_by_the_name_of_aws(url: str) -> None:
    """It had none, at which the SDK for JavaScript breaks."""
    role = "arn:aws:iam::000000000000:role/states"
    with pytest.raises(ClientError) as refused:
        client("stepfunctions", url).create_state_machine(name="broken", roleArn=role, definition="{")
    assert refused.value.response["Error"]["Code"] == "InvalidDefinition"


def test_state_machines_run_and_their_activities_wait_for_a_worker(url):
    states, role = client("stepfunctions", url), "arn:aws:iam::000000000000:role/states"
    approve = states.create_activity(name="approve")["activityArn"]
    steps = {
        "Make": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:glue:createDatabase",
            "Parameters": {"DatabaseInput": {"Name.$": "$.name"}},
            "ResultPath": None,
            "Next": "Look",
        },
        "Look": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:glue:getDatabase",
            "Parameters": {"Name.$": "$.name"},
            "ResultPath": "$.made",
            "Next": "Choose",
        },
        "Choose": {
            "Type": "Choice",
            "Choices": [
                {
                    "And": [
                        {"Variable": "$.asked[0].by", "StringEquals": "ada"},
                        {"Variable": "$.made.Database.Name", "StringEqualsPath": "$.name"},
                        {"Variable": "$.made.Database.CreateTime", "StringMatches": "20*T*Z"},
                    ],
                    "Next": "Approve",
                }
            ],
            "Default": "Refuse",
        },
        "Refuse": {"Type": "Fail"},
        "Approve": {"Type": "Task", "Resource": approve, "End": True},
    }
    definition = json.dumps({"StartAt": "Make", "States": steps})
    machine = states.create_state_machine(name="m", definition=definition, roleArn=role)["stateMachineArn"]
    started = [
        states.start_execution(stateMachineArn=machine, input=json.dumps({"name": name, "asked": [{"by": "ada"}]}))[
            "executionArn"
        ]
        for name in ("by-states-1", "by-states-2")
    ]
    taken: list[dict[str, Any]] = []
    for _ in started:
        server_wait(lambda: taken.append(states.get_activity_task(activityArn=approve)) or "taskToken" in taken[-1])
        states.send_task_success(taskToken=taken[-1]["taskToken"], output='{"approved": true}')
    for execution in started:
        server_wait(lambda: states.describe_execution(executionArn=execution)["status"] == "SUCCEEDED")  # noqa: B023
    assert {json.loads(task["input"])["name"] for task in taken if "input" in task} == {"by-states-1", "by-states-2"}
    made = {database["Name"] for database in client("glue", url).get_databases()["DatabaseList"]}
    assert {"by-states-1", "by-states-2"} <= made


def test_state_machine_waits_for_job_runs(url):
    awaited_runs.check(lambda service: client(service, url), "awaited")


def test_other_emulator_serves_all_services_but_glue(url):
    with in_front_of(url) as gateway:
        client("s3", gateway).create_bucket(Bucket="behind")
        client("s3", gateway).put_object(Bucket="behind", Key="a b/ü.txt", Body=b"as it came", Metadata={"who": "me"})
        found = client("s3", url).get_object(Bucket="behind", Key="a b/ü.txt")
        assert (found["Body"].read(), found["Metadata"]) == (b"as it came", {"who": "me"})
        client("glue", gateway).create_database(DatabaseInput={"Name": "before"})
        assert "before" not in [each["Name"] for each in client("glue", url).get_databases()["DatabaseList"]]


@pytest.mark.parametrize("options", [["--port", "TAKEN"], ["--port", "0", "--host", "somewhere"]])
def test_unusable_address_is_one_message_and_exit_code_2(url, options):
    python = environments.ensure(SETTINGS, environments.glue_local_environment(SETTINGS), print)
    taken = url.rpartition(":")[2]
    command = [str(python), "-m", "localstack_glue.hosts.standalone", "serve", *options]
    command = [taken if part == "TAKEN" else part for part in command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("glue-local cannot start: ")
    assert len(done.stderr.splitlines()) == 1


def server_wait(is_done: Any) -> None:
    from quartal.core.polling import Waiter

    Waiter[bool](timeout_s=60, initial_s=0.1, longest_s=0.5).wait_until(
        is_done, is_done=bool, describe=str, waiting_for="the crawl", remedy="look into the server's log"
    )

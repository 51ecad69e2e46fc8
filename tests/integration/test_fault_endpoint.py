"""`/_glue/faults` in a LocalStack of its own: what clients get, and what has happened all the same."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.request import Request, urlopen

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError, ResponseStreamingError

from quartal.core.settings import Settings
from quartal.local.local_aws import server
from tests.integration.deployment import PROJECT

ERRORS = (ClientError, HTTPClientError, IncompleteReadError, ResponseStreamingError)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory) -> Iterator[str]:
    environ = {**os.environ, "LOCALSTACK_GLUE_FAULTS": "1"}
    environ.pop("AWS_ENDPOINT_URL", None)
    found = Settings.from_env(environ, environment="localstack", cwd=PROJECT)
    settings = replace(found, state_dir=tmp_path_factory.mktemp("faults"))
    started = server.start(settings, port=server.free_port(), announce=print)
    try:
        yield started.endpoint_url
    finally:
        server.stop(settings, started)


def faults(endpoint: str, method: str, plan: Any = None) -> dict[str, Any]:
    body = json.dumps(plan).encode() if plan is not None else None
    with urlopen(Request(f"{endpoint}/_glue/faults", data=body, method=method)) as answer:
        return json.load(answer)


def client(endpoint: str, service: str) -> Any:
    once = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
    return boto3.Session("test", "test", region_name="eu-central-1").client(service, endpoint_url=endpoint, config=once)


@pytest.mark.parametrize(
    ("mode", "is_there"),
    [
        ("fail-before", False),
        ("fail-after", True),
        ("throttle", False),
        ("expire", False),
        ("lose-answer", True),
        ("reset-before", False),
        ("reset-mid-answer", True),
        ("truncate", True),
        ("delay", True),
    ],
)
def test_mode_decides_whether_a_failed_call_takes_effect(endpoint, mode, is_there):
    name = f"db_{mode.replace('-', '_')}"
    glue = client(endpoint, "glue")
    rule = {"mode": mode, "service": "glue", "operation": "CreateDatabase", "key": "*"}
    faults(endpoint, "POST", {"rules": [rule]})
    failure: Exception | None = None
    try:
        glue.create_database(DatabaseInput={"Name": name})
    except ERRORS as error:
        failure = error
    assert faults(endpoint, "GET")["rules"][0]["struck"] == 1
    faults(endpoint, "DELETE")
    # botocore takes half an answer of a call that has nothing to say for a whole one
    assert (failure is None) is (mode in {"delay", "truncate"})
    assert (name in [each["Name"] for each in glue.get_databases()["DatabaseList"]]) is is_there


def test_object_cut_in_the_middle_is_an_error_of_its_reader(endpoint):
    s3 = client(endpoint, "s3")
    s3.create_bucket(Bucket="cut", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_object(Bucket="cut", Key="raw/a.csv", Body=b"0123456789" * 1000)
    faults(endpoint, "POST", {"rules": [{"mode": "truncate", "service": "s3", "key": "cut/raw/*"}]})
    with pytest.raises(ERRORS):
        s3.get_object(Bucket="cut", Key="raw/a.csv")["Body"].read()
    faults(endpoint, "DELETE")
    assert len(s3.get_object(Bucket="cut", Key="raw/a.csv")["Body"].read()) == 10_000

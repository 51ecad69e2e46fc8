"""The endpoint of the conformance tests: AWS_ENDPOINT_URL, the LocalStack of the other tests, or AWS on request."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.integration.glue.account import TRUST_IN_GLUE, Account, Limits, MovableClock, policy

LOCAL = Limits(timeout_s=float(os.environ.get("GLUE_CONFORMANCE_PATIENCE_S") or 300), interval_s=0.1)
AWS = Limits(timeout_s=900, interval_s=3)
REGION = "us-east-1"
SECRET = "test"  # an emulator accepts any


@pytest.fixture(scope="session")
def glue_endpoint(request: pytest.FixtureRequest) -> str | None:
    """The endpoint, or None for AWS itself, which must be requested because it costs money."""
    if url := os.environ.get("AWS_ENDPOINT_URL"):
        return url
    if os.environ.get("GLUE_CONFORMANCE_AWS") == "1":
        return None
    try:
        url = request.getfixturevalue("endpoint_url")  # that of the other tests, if they are installed
    except pytest.FixtureLookupError:
        pytest.skip("set AWS_ENDPOINT_URL, or GLUE_CONFORMANCE_AWS=1 for AWS itself")
    return url


@pytest.fixture(scope="session")
def whole_account(glue_endpoint: str | None) -> Iterator[Account]:
    """The account with a bucket and a role, which are created unless the environment names them."""
    session = boto3.Session(region_name=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or REGION)
    if glue_endpoint is not None and session.get_credentials() is None:
        session = boto3.Session(aws_access_key_id=SECRET, aws_secret_access_key=SECRET, region_name=session.region_name)
    limits = AWS if glue_endpoint is None else LOCAL
    prefix = f"conformance_{secrets.token_hex(4)}"
    account = Account(session, glue_endpoint, limits, prefix)
    with account.cleanup:
        account.bucket = os.environ.get("GLUE_CONFORMANCE_BUCKET") or _make_bucket(account)
        account.role = os.environ.get("GLUE_CONFORMANCE_ROLE") or _make_role(account)
        yield account


@pytest.fixture
def account(whole_account: Account) -> Iterator[Account]:
    """The account. Resources are removed after each test."""
    with whole_account.child() as child:
        yield child


@pytest.fixture(scope="module")
def module_account(whole_account: Account) -> Iterator[Account]:
    """The account. Resources are removed after the tests of a file."""
    with whole_account.child() as child:
        yield child


@pytest.fixture
def clock(glue_endpoint: str | None) -> Iterator[Callable[[dict[str, Any]], str]]:
    """The movable clock of the service. Tests are skipped for services without one."""
    movable = MovableClock(glue_endpoint or "http://127.0.0.1:9")
    if not movable.is_there():
        pytest.skip("this endpoint has no clock to move")
    yield movable.move
    movable.move({"reset": True})


def _make_bucket(account: Account) -> str:
    s3, name = account.client("s3"), account.prefix.replace("_", "-")
    region = account.session.region_name
    location = {} if region == REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **location)
    account.cleanup.callback(_remove_bucket, account, name)
    return name


def _remove_bucket(account: Account, name: str) -> None:
    s3 = account.client("s3")
    # always the first page: LocalStack 4.13.1 loses keys with `=` on later pages
    while found := s3.list_objects_v2(Bucket=name).get("Contents"):
        for item in found:
            s3.delete_object(Bucket=name, Key=item["Key"])
    s3.delete_bucket(Bucket=name)


def _make_role(account: Account) -> str:
    iam, name = account.client("iam"), account.prefix
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(TRUST_IN_GLUE))["Role"]["Arn"]
    account.cleanup.callback(iam.delete_role, RoleName=name)
    partition = arn.split(":")[1]
    lake = f"arn:{partition}:s3:::{account.bucket}"
    statements = [
        {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation"], "Resource": lake},
        {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "Resource": f"{lake}/*"},
        {"Effect": "Allow", "Action": "glue:*", "Resource": f"arn:{partition}:glue:*:*:*"},
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": f"arn:{partition}:logs:*:*:log-group:/aws-glue/*",
        },
    ]
    iam.put_role_policy(RoleName=name, PolicyName="conformance", PolicyDocument=policy(*statements))
    account.cleanup.callback(_ignore_missing, iam.delete_role_policy, RoleName=name, PolicyName="conformance")
    return arn


def _ignore_missing(call: Callable[..., Any], **request: Any) -> None:
    try:
        call(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise

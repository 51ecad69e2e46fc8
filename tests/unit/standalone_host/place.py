"""A gateway before moto's server, and clients of both."""

import json
import urllib.error
import urllib.request
import uuid
from datetime import timedelta

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from localstack_glue.service.local_session import DIRECT, local_session

ACCOUNT = "123456789012"  # moto's, whoever asks
SESSION = local_session()
VERSION = "2012-10-17"
SERVICES = {"Service": ["glue.amazonaws.com", "events.amazonaws.com"]}
TRUST = {"Version": VERSION, "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": SERVICES}]}


def policy(action, resource):
    return {"Version": VERSION, "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource}]}


class Place:
    """A gateway, its backend, and clients of both."""

    def __init__(self, url, backend, glue):
        self.url, self.backend, self.glue = url, backend, glue

    def client(self, service, *, key="test", at=None, region="us-east-1", **config):
        return SESSION.client(
            service,
            endpoint_url=at or self.url,
            region_name=region,
            aws_access_key_id=key,
            aws_secret_access_key="test",
            config=DIRECT.merge(Config(retries={"total_max_attempts": 1}, **config)),
        )

    def role(self, name, may):
        iam = self.client("iam")
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        self.allow(name, may)
        return arn

    def allow(self, name, may):
        document = policy(*may)
        self.client("iam").put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(document))

    def as_role(self, arn, lasts=timedelta(hours=1)):
        """The access key of a session that the service begins, as for a job."""
        key = f"ASIA{uuid.uuid4().hex[:16].upper()}"
        self.glue.guard.remember(key, arn, "run", lasts)
        return key


def refusal(call):
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]["Code"]


def call_status(request):
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code

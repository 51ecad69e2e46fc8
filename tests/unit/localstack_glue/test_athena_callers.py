"""The permissions of a query: those of the calling role, or of the account itself."""

import json
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from localstack_glue.athena.callers import RoleCallers
from localstack_glue.athena.engines import Engines
from localstack_glue.athena.errors import InvalidRequestException
from localstack_glue.iam.guard import RoleGuard
from localstack_glue.iam.moto_sessions import MotoSessions, open_session
from localstack_glue.iam.requests import AccessDeniedError
from localstack_glue.iam.roles import MotoRoles
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clients import ClientFactory, Credentials

ACCOUNT, REGION = "123456789012", "us-east-1"
TRUST = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}},
}
WORKGROUP = f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/readers"
ASK = {"Effect": "Allow", "Action": "athena:StartQueryExecution", "Resource": WORKGROUP}

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [ASK]})


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION, aws_access_key_id=ACCOUNT, aws_secret_access_key="x")


class Clients:
    """Makes moto's clients, and remembers whose keys they got."""

    endpoint_url = "http://here"
    guard: RoleGuard | None = None

    def __init__(self) -> None:
        self.keys: list[str] = []

    def of_account(self, service: str, _scope: Scope) -> Any:
        return client(service)

    def start_session(self, scope: Scope, role_arn: str, session_name: str) -> Credentials:
        factory = ClientFactory(self.endpoint_url, self.guard, lambda *asked: Credentials(*open_session(*asked)))
        return factory.start_session(scope, role_arn, session_name)

    def with_credentials(self, _service: str, _scope: Scope, credentials: Credentials) -> Any:
        self.keys.append(credentials.access_key_id)
        return SimpleNamespace(close=lambda: None)


@pytest.fixture
def reader():
    """The key of a session of a role that may ask in one workgroup."""
    with mock_aws(), closing(client("iam")) as iam, closing(client("sts")) as sts:
        arn = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        iam.put_role_policy(RoleName="reader", PolicyName="ask", PolicyDocument=POLICY)
        answer = sts.assume_role(RoleArn=arn, RoleSessionName="ada")
        yield SimpleNamespace(arn=arn, key=answer["Credentials"]["AccessKeyId"], sts=sts)


def make_callers(clients: Clients) -> tuple[RoleCallers, RoleGuard]:
    clients.guard = guard = RoleGuard(MotoRoles())
    return RoleCallers(clients, guard, MotoSessions()), guard  # type: ignore[arg-type]


def test_account_itself_may_do_everything(reader):
    callers, _ = make_callers(Clients())
    scope = Scope(ACCOUNT, REGION, "test")
    callers.check(scope, "StartQueryExecution", "other")
    assert (callers.role_arn(scope), callers.credentials(scope).access_key_id) == ("", ACCOUNT)


def test_role_queries_in_its_workgroup_and_in_no_other(reader):
    callers, _ = make_callers(Clients())
    scope = Scope(ACCOUNT, REGION, reader.key)
    assert callers.role_arn(scope) == reader.arn
    callers.check(scope, "StartQueryExecution", "readers")
    for operation, workgroup in (("StartQueryExecution", "other"), ("StopQueryExecution", "readers")):
        with pytest.raises(AccessDeniedError, match=f"not authorized to perform: athena:{operation} on resource"):
            callers.check(scope, operation, workgroup)


def test_calls_of_a_query_use_the_role_and_leave_its_key_unrestricted(reader):
    clients = Clients()
    callers, guard = make_callers(clients)
    engines = Engines(clients, callers)  # type: ignore[arg-type]
    scope = Scope(ACCOUNT, REGION, reader.key)
    engine = engines.of(scope)
    assert engine is engines.of(scope)
    assert engine is not engines.of(Scope(ACCOUNT, REGION, "test"))
    (used,) = set(clients.keys[:2])
    session = guard.find_session(used)
    assert session is not None
    assert (session.role_arn, session.session_name, session.arn.rsplit("/", 1)[-1]) == (reader.arn, "ada", "ada")
    assert guard.find_session(reader.key) is None
    assert engine.iceberg_properties["s3.access-key-id"] == used
    engines.close()


def test_session_that_is_narrowed_by_policies_is_refused(reader):
    callers, _ = make_callers(Clients())
    narrowed = reader.sts.assume_role(RoleArn=reader.arn, RoleSessionName="bea", Policy=POLICY)
    with pytest.raises(InvalidRequestException, match="session policies"):
        callers.check(Scope(ACCOUNT, REGION, narrowed["Credentials"]["AccessKeyId"]), "StartQueryExecution", "readers")


def test_query_of_a_session_that_a_role_got_keeps_its_session_policy(reader):
    callers, guard = make_callers(Clients())
    answer = "<AccessKeyId>LSIA2</AccessKeyId>"
    for policy in ("", POLICY):
        guard.follow("AssumeRole", {"RoleArn": reader.arn, "RoleSessionName": "bea", "Policy": policy}, answer)
        used = callers.credentials(Scope(ACCOUNT, REGION, "LSIA2")).access_key_id
        session = guard.find_session(used)
        assert session is not None
        assert (session.role_arn, session.policy, session.is_over) == (reader.arn, policy, False)


def test_managed_session_policies_are_those_of_the_host(reader):
    with closing(client("iam")) as iam:
        arn = iam.create_policy(PolicyName="ask", PolicyDocument=POLICY)["Policy"]["Arn"]
    assert [each.label for each in MotoRoles().find_policies(reader.arn, [arn, f"{arn}-gone"])] == ["ask/#0"]

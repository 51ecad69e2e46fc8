"""The clients of the service itself: whose credentials they have, and how they ask for listings."""

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from localstack_glue.iam.guard import RoleGuard, RoleNotAssumableError
from localstack_glue.iam.moto_sessions import MotoSessions, open_session
from localstack_glue.iam.roles import MotoRoles
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clients import ClientFactory, Credentials

SCOPE = Scope("123456789012", "us-east-1")
NOWHERE = "http://127.0.0.1:9"
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def in_this_host(guard: RoleGuard | None) -> ClientFactory:
    return ClientFactory(NOWHERE, guard, lambda *asked: Credentials(*open_session(*asked)))


@pytest.fixture
def iam():
    with mock_aws():
        yield boto3.client("iam", **KEYS)


def test_role_that_trusts_glue_alone_is_assumed_without_asking_an_sts(iam):
    arn = iam.create_role(RoleName="etl", AssumeRolePolicyDocument=trust("glue.amazonaws.com"))["Role"]["Arn"]
    guard = RoleGuard(MotoRoles())
    credentials = in_this_host(guard).assume_role(SCOPE, "etl", "jr_1")
    session = guard.find_session(credentials.access_key_id)
    assert session is not None
    assert (session.role_arn, session.session_name) == (arn, "jr_1")
    assert MotoSessions().find(credentials.access_key_id) == session
    signed = {"aws_access_key_id": credentials.access_key_id, "aws_secret_access_key": credentials.secret_access_key}
    sts = boto3.client("sts", region_name="us-east-1", aws_session_token=credentials.session_token, **signed)
    assert sts.get_caller_identity()["Arn"] == session.arn


def test_two_sessions_of_a_role_have_keys_of_their_own(iam):
    iam.create_role(RoleName="etl", AssumeRolePolicyDocument=trust("glue.amazonaws.com"))
    clients = in_this_host(RoleGuard(MotoRoles()))
    first, second = (clients.assume_role(SCOPE, "etl", name) for name in ("jr_1", "jr_2"))
    assert first.access_key_id != second.access_key_id


def test_role_that_does_not_trust_glue_is_not_assumed(iam):
    iam.create_role(RoleName="other", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
    with pytest.raises(RoleNotAssumableError):
        in_this_host(RoleGuard(MotoRoles())).assume_role(SCOPE, "other", "jr_1")


class OfAnotherEmulator(ClientFactory):
    """Clients of an emulator whose STS answers with an error."""

    code = "AccessDenied"

    def of_account(self, service: str, scope: Scope) -> Any:
        client = super().of_account(service, scope)
        stubber = Stubber(client)
        stubber.add_client_error("assume_role", service_error_code=self.code)
        stubber.activate()
        return client


class OfABrokenEmulator(OfAnotherEmulator):
    """Its STS has a fault of its own."""

    code = "InternalFailure"


def test_account_acts_itself_if_another_emulators_sts_refuses_and_roles_are_not_enforced():
    assert OfAnotherEmulator(NOWHERE).assume_role(SCOPE, "etl", "jr_1").access_key_id == SCOPE.account_id


def test_refusal_of_sts_fails_if_roles_are_enforced():
    with pytest.raises(ClientError, match="AccessDenied"):
        OfAnotherEmulator(NOWHERE, RoleGuard(MotoRoles())).start_session(SCOPE, "arn:aws:iam::1:role/etl", "jr_1")


def test_another_error_of_another_emulators_sts_is_no_refusal():
    with pytest.raises(ClientError, match="InternalFailure"):
        OfABrokenEmulator(NOWHERE).assume_role(SCOPE, "etl", "jr_1")


@pytest.mark.parametrize("operation", ["list_objects_v2", "list_objects", "list_object_versions"])
def test_listings_have_no_encoding_type(operation):
    class AskedError(Exception):
        """Stands for the answer."""

    def keep(params: dict[str, Any], **_: Any) -> None:
        raise AskedError(params["query_string"])

    client = ClientFactory(NOWHERE).of_account("s3", SCOPE)
    client.meta.events.register("before-call.s3", keep)
    with pytest.raises(AskedError) as asked:
        next(iter(client.get_paginator(operation).paginate(Bucket="lake", Prefix="a=1/")))
    assert asked.value.args[0].keys().isdisjoint({"encoding-type"})
    assert asked.value.args[0]["prefix"] == "a=1/"

"""Roles at work: what is refused, in which words, and what is remembered of it."""

import json
from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from moto import mock_aws
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from localstack_glue.iam.guard import Denial, RoleGuard, RoleNotAssumableError
from localstack_glue.iam.requests import (
    AccessDeniedError,
    ExpiredTokenError,
    access_key_id,
    deletions_all_refused,
    posted_call,
    split_deletions,
    with_refused_deletions,
)
from localstack_glue.iam.roles import MotoRoles
from localstack_glue.iam.sessions import RoleSession
from localstack_glue.service.settings import is_iam_enforced
from tests.unit.localstack_glue.guarded_roles import (
    DELETE,
    EVERYTHING,
    KEY,
    MANAGED,
    PLACE,
    READ,
    ROLE,
    TRUST,
    FakeRoles,
    denials,
    make_guard,
)


def denial(guard: RoleGuard, service: str, operation: str, **call: Any) -> Denial:
    """The only thing that the role is refused of a call."""
    (found,) = denials(guard, service, operation, **call)
    return found


def test_role_does_what_its_policies_allow():
    assert denials(make_guard(READ), "s3", "GetObject", Bucket="lake", Key="a") == []


def test_refusal_has_the_message_of_aws():
    assert denial(make_guard(READ), "s3", "PutObject", Bucket="lake", Key="a").message == (
        "User: arn:aws:sts::111122223333:assumed-role/etl/GlueJobRunnerSession is not authorized to perform: "
        's3:PutObject on resource: "arn:aws:s3:::lake/a" '
        "because no identity-based policy allows the s3:PutObject action"
    )


def test_explicit_deny_is_distinguished():
    forbidden = {**READ, "Effect": "Deny", "Action": "glue:*", "Resource": "*"}
    first, *_ = denials(make_guard(forbidden), "glue", "GetDatabase", Name="db")
    assert first.message.endswith(
        "glue:GetDatabase on resource: arn:aws:glue:us-east-1:111122223333:catalog "
        "with an explicit deny in an identity-based policy"
    )


@pytest.mark.parametrize(
    ("protocol", "denied", "expired"),
    [
        ("rest-xml", ("AccessDenied", 403), ("ExpiredToken", 400)),
        ("query", ("AccessDenied", 403), ("ExpiredToken", 403)),
        ("json", ("AccessDeniedException", 400), ("ExpiredTokenException", 400)),
        ("rest-json", ("AccessDeniedException", 403), ("ExpiredTokenException", 400)),
    ],
)
def test_refusal_has_the_code_of_its_protocol(protocol, denied, expired):
    for error, expected in ((AccessDeniedError(protocol, "no"), denied), (ExpiredTokenError(protocol), expired)):
        assert (error.code, error.status_code, error.sender_fault) == (*expected, True)


def test_deleted_role_has_no_permissions():
    guard = make_guard(READ)
    guard._directory = SimpleNamespace(find=lambda _arn: None)  # type: ignore[assignment]
    assert denial(guard, "s3", "GetObject", Bucket="lake", Key="a")


@pytest.mark.parametrize(
    ("boundary", "message"),
    [
        ({"Effect": "Allow", "Action": "s3:List*"}, "because no permissions boundary allows the s3:GetObject action"),
        ({"Effect": "Deny", "Action": "s3:Get*"}, "with an explicit deny in a permissions boundary"),
    ],
)
def test_permissions_boundary_bounds_and_is_named(boundary, message):
    guard = make_guard(READ, boundary={**boundary, "Resource": "*"})
    assert denial(guard, "s3", "GetObject", Bucket="lake", Key="a").message.endswith(message)


def test_denial_in_a_boundary_is_named_before_an_allow_that_is_missing():
    guard = make_guard(READ, boundary={"Effect": "Deny", "Action": "*", "Resource": "*"})
    found = denial(guard, "s3", "PutObject", Bucket="lake", Key="a").message
    assert found.endswith("with an explicit deny in a permissions boundary")


def test_policy_that_aws_would_not_take_is_named_in_the_refusal():
    guard = make_guard({**READ, "Condition": {"StringMatches": {"aws:username": "a"}}})
    found = denial(guard, "s3", "GetObject", Bucket="lake", Key="a").message
    assert found.endswith("AWS refuses policy lake: statement 0 has the unknown condition operator StringMatches")


def test_trust_policy_that_aws_would_not_take_is_named():
    trust = {"Statement": {**TRUST["Statement"], "Effect": "allow"}}
    with pytest.raises(RoleNotAssumableError, match=r"TrustPolicy: statement 0 has no Effect that is Allow or Deny"):
        RoleGuard(FakeRoles(trust=trust)).check_trust(ROLE)


def test_caller_identity_needs_no_permission():
    assert denials(make_guard(READ), "sts", "GetCallerIdentity") == []


@pytest.mark.parametrize("key", ["test", "000000000000", "AKIA1", "injectedaccesskey"])
def test_key_of_another_caller_is_no_roles(key):
    assert make_guard().find_session(key) is None


@pytest.mark.parametrize(
    ("headers", "args", "expected"),
    [
        ({"Authorization": "AWS4-HMAC-SHA256 Credential=ASIA1/2026/r/s3/aws4_request, Signature=x"}, {}, "ASIA1"),
        ({"Authorization": "AWS4-HMAC-SHA256 SignedHeaders=a,Credential=ASIA1/2026/r/s3/aws4_request"}, {}, "ASIA1"),
        ({"Authorization": "AWS ASIA1:signature="}, {}, "ASIA1"),
        ({}, {"X-Amz-Credential": "ASIA1/2026/r/s3/aws4_request"}, "ASIA1"),
        ({"Authorization": "AWS4 Credential=injectedaccesskey/1/2"}, {"X-Amz-Credential": "ASIA1/2026"}, "ASIA1"),
        ({}, {"AWSAccessKeyId": "ASIA1"}, "ASIA1"),
        ({}, {"prefix": "a"}, None),
        ({}, {}, None),
        ({"Authorization": "Bearer x"}, {}, None),
    ],
)
def test_signer_of_a_request_is_read(headers, args, expected):
    request = SimpleNamespace(headers=headers, args=args, query_string=b"x" if args else b"")
    assert access_key_id(request) == expected


DELETED = "<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (DELETED, "<DeleteResult><Deleted><Key>a</Key></Deleted><Error/></DeleteResult>"),
        ("<DeleteResult/>", "<DeleteResult><Error/></DeleteResult>"),
        ('<DeleteResult xmlns="x" />', '<DeleteResult xmlns="x" ><Error/></DeleteResult>'),
        ("<Error><Code>NoSuchBucket</Code></Error>", "<Error><Code>NoSuchBucket</Code></Error>"),
    ],
)
def test_refused_keys_stand_beside_the_deleted_ones(body, expected):
    assert with_refused_deletions(body, "<Error/>") == expected


def test_deletion_of_several_refuses_key_by_key():
    objects = [{"Key": "a<"}, {"Key": "b<"}]
    refused = denials(make_guard(DELETE), "s3", "DeleteObjects", Bucket="lake", Delete={"Objects": objects})

    kept, errors = split_deletions(objects, refused)

    assert kept == [{"Key": "a<"}]
    assert errors.startswith("<Error><Key>b&lt;</Key><Code>AccessDenied</Code>")
    assert deletions_all_refused(errors).count("<Error>") == 1


@pytest.mark.parametrize(
    ("role_arn", "trust"),
    [
        pytest.param("arn:aws:iam::111122223333:role/other", TRUST, id="is-not-there"),
        pytest.param("etl", TRUST, id="is-no-arn"),
        pytest.param(ROLE, {"Statement": []}, id="trusts-nobody"),
    ],
)
def test_role_that_cannot_be_assumed(role_arn, trust):
    with pytest.raises(RoleNotAssumableError, match=r"Please verify role's TrustPolicy"):
        RoleGuard(FakeRoles(trust=trust)).check_trust(role_arn)


def test_short_name_of_a_role_is_no_role_of_the_account():
    with mock_aws(), pytest.raises(RoleNotAssumableError, match=r"Please verify role's TrustPolicy"):
        RoleGuard(MotoRoles()).check_trust("etl")


def test_call_that_may_do_a_part_counts_as_refused():
    guard = make_guard(DELETE)

    refused = denial(guard, "s3", "DeleteObjects", Bucket="lake", Delete={"Objects": [{"Key": "a"}, {"Key": "b"}]})

    assert refused.access.resource == "arn:aws:s3:::lake/b"
    assert guard.describe()[ROLE]["calls"] == [{"action": "s3:DeleteObject", "allowed": 0, "denied": 1}]


def test_ledger_shows_which_grants_are_used():
    guard = make_guard(READ)
    for _ in range(2):
        assert denials(guard, "s3", "GetObject", Bucket="lake", Key="a") == []
    assert denial(guard, "s3", "PutObject", Bucket="lake", Key="a")

    told = guard.describe()[ROLE]
    assert told["calls"] == [
        {"action": "s3:GetObject", "allowed": 2, "denied": 0},
        {"action": "s3:PutObject", "allowed": 0, "denied": 1},
    ]
    assert told["statements"] == [
        {
            "policy": "lake",
            "statement": "Read",
            "effect": "Allow",
            "actions": {"s3:GetObject": 2, "s3:List*": 0},
            "without_it": {"refused": 1, "examples": [{"action": "s3:GetObject", "resource": "arn:aws:s3:::lake/a"}]},
        }
    ]
    (refused,) = told["denials"]
    assert (refused["action"], refused["resource"], refused["count"]) == ("s3:PutObject", "arn:aws:s3:::lake/a", 1)


def test_current_roles_of_moto_are_found():
    from moto.iam.models import iam_backends

    iam_backends.reset()
    backend = iam_backends["111122223333"]["aws"]
    role = backend.create_role("etl", json.dumps(TRUST), "/path/", "", "", [{"Key": "team", "Value": "red"}], "3600")
    role.put_policy("lake", json.dumps({"Statement": [READ]}))
    managed = backend.create_policy("", "/", json.dumps({"Version": "2012-10-17", "Statement": DELETE}), "attached", {})
    backend.attach_role_policy(managed.arn, "etl")

    found = MotoRoles().find(ROLE)
    assert found is not None
    assert [statement.label for statement in found.statements] == ["lake/Read", "attached/#0"]
    assert (found.tags, found.boundary) == ({"team": "red"}, None)
    assert MotoRoles().find("arn:aws:iam::111122223333:role/etl") is None  # another path is another role
    iam_backends.reset()


def test_call_on_several_levels_counts_once():
    catalog = {"Sid": "Tables", "Effect": "Allow", "Action": "glue:GetTable", "Resource": "*"}
    guard = make_guard(catalog)
    assert denials(guard, "glue", "GetTable", DatabaseName="db", Name="raw") == []
    told = guard.describe()[ROLE]
    assert told["calls"] == [{"action": "glue:GetTable", "allowed": 1, "denied": 0}]
    assert told["statements"][0]["actions"] == {"glue:GetTable": 1}


def test_describe_lists_what_each_statement_alone_allows():
    again = {"Sid": "Again", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/b*"}
    guard = make_guard(READ, DELETE, again)
    for key in ("a1", "a2", "b", "a1"):
        assert denials(guard, "s3", "GetObject", Bucket="lake", Key=key) == []
    found = {statement["statement"]: statement["without_it"] for statement in guard.describe()[ROLE]["statements"]}
    assert found["Again"] == {"refused": 0, "examples": []}
    assert found["#1"]["refused"] == 0
    assert found["Read"] == {
        "refused": 2,
        "examples": [
            {"action": "s3:GetObject", "resource": "arn:aws:s3:::lake/a1"},
            {"action": "s3:GetObject", "resource": "arn:aws:s3:::lake/a2"},
        ],
    }


@pytest.mark.parametrize(
    ("environ", "enforced"),
    [({}, True), ({"LOCALSTACK_GLUE_IAM": "1"}, True), ({"LOCALSTACK_GLUE_IAM": "0"}, False)]
    + [({"LOCALSTACK_GLUE_IAM": value}, False) for value in ("", "off", "False")],
)
def test_roles_are_enforced_unless_that_is_turned_off(environ, enforced):
    assert is_iam_enforced(environ) is enforced


def test_signer_key_and_settings_of_a_form_are_read_and_its_body_stays():
    fields = {"key": "a/${filename}", "X-Amz-Credential": f"{KEY}/20260101/us-east-1/s3/aws4_request"}
    settings = {"acl": "private", "x-amz-server-side-encryption": "aws:kms"}
    data = {**fields, **settings, "file": (BytesIO(b"x"), "name.csv")}
    request = Request(EnvironBuilder(method="POST", path="/lake", data=data).get_environ())
    assert access_key_id(request) == KEY
    assert posted_call(request) == {"Key": "a/name.csv", "ACL": "private", "ServerSideEncryption": "aws:kms"}
    assert b"name.csv" in request.get_data()  # whoever stores it finds it whole


def test_session_ends_with_its_credentials():
    guard = make_guard(EVERYTHING)
    guard.remember("ASIA2", ROLE, "run", timedelta(0))
    found = {key: guard.find_session(key) for key in (KEY, "ASIA2")}
    assert {key: session.is_over for key, session in found.items() if session} == {KEY: False, "ASIA2": True}


def test_session_that_a_role_got_for_a_role_is_followed():
    guard = make_guard(EVERYTHING)
    answer = "<Credentials><AccessKeyId>LSIA2</AccessKeyId><SecretAccessKey>s</SecretAccessKey></Credentials>"
    call = {"RoleArn": ROLE, "RoleSessionName": "next"}
    guard.follow("GetCallerIdentity", call, answer)
    assert guard.find_session("LSIA2") is None
    guard.follow("AssumeRole", call, answer)
    session = guard.find_session("LSIA2")
    assert session == RoleSession(ROLE, "next")
    assert not session.is_over


ANSWER = "<Credentials><AccessKeyId>LSIA2</AccessKeyId><SecretAccessKey>s</SecretAccessKey></Credentials>"
LIST_ONLY = {"Effect": "Allow", "Action": "s3:List*", "Resource": "*"}
NOTHING_SAID = "because no session policy allows the s3:GetObject action"


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"Policy": json.dumps({"Statement": READ})}, ""),
        ({"Policy": json.dumps({"Statement": LIST_ONLY})}, NOTHING_SAID),
        (
            {"Policy": json.dumps({"Statement": {**READ, "Effect": "Deny"}})},
            "with an explicit deny in a session policy",
        ),
        ({"PolicyArns": [{"arn": MANAGED}]}, ""),
        ({"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/gone"}]}, NOTHING_SAID),
        ({"Policy": json.dumps({"Statement": LIST_ONLY}), "PolicyArns": [{"arn": MANAGED}]}, ""),
        ({"Policy": "{"}, "AWS refuses policy session policy: it is no JSON"),
    ],
)
def test_session_of_a_role_is_limited_by_its_session_policies(limits, message):
    guard = make_guard(EVERYTHING)
    guard.follow("AssumeRole", {"RoleArn": ROLE, "RoleSessionName": "next", **limits}, ANSWER)
    session = guard.find_session("LSIA2")
    assert session is not None
    found = guard.check(session, "s3", "GetObject", {"Bucket": "lake", "Key": "a"}, PLACE)
    assert [message in each.message for each in found] == ([True] if message else [])


def test_tags_of_a_session_are_those_of_the_principal():
    tagged = {**READ, "Condition": {"StringEquals": {"aws:PrincipalTag/Team": "red"}}}
    guard = make_guard(tagged)
    call = {"RoleArn": ROLE, "RoleSessionName": "next", "Tags": [{"Key": "team", "Value": "red"}]}
    guard.follow("AssumeRole", call, ANSWER)
    sessions = [guard.find_session(key) for key in (KEY, "LSIA2")]
    refused = [guard.check(each, "s3", "GetObject", {"Bucket": "lake", "Key": "a"}, PLACE) for each in sessions if each]
    assert [len(each) for each in refused] == [1, 0]

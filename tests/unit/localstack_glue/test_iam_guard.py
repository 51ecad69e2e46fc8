"""Roles at work: what is refused, in which words, and what is remembered of it."""

import json
from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from localstack.aws.api import CommonServiceException
from moto import mock_aws
from werkzeug import Request, Response
from werkzeug.test import EnvironBuilder

from localstack_glue.hosts.localstack.role_check import RoleChain, RoleGuardHandler, add_refused_deletions
from localstack_glue.iam.guard import RoleGuard, RoleNotAssumableError, RoleSession
from localstack_glue.iam.policy import parse
from localstack_glue.iam.requests import access_key_id
from localstack_glue.iam.roles import MotoRoles, RoleState
from localstack_glue.iam.service_access import Place
from localstack_glue.service.settings import is_iam_enforced

ROLE = "arn:aws:iam::111122223333:role/path/etl"
TRUST = {"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "glue.amazonaws.com"}}}
READ = {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:List*"], "Resource": "arn:aws:s3:::lake*"}
DELETE = {"Effect": "Allow", "Action": "s3:DeleteObject", "Resource": "arn:aws:s3:::lake/a*"}


class FakeRoles:
    """One role, with the statements that a test gives it."""

    def __init__(self, *statements: dict[str, Any], trust: dict[str, Any] = TRUST, boundary: Any = None) -> None:
        self.state = RoleState(
            trust=parse("trust", json.dumps(trust)),
            statements=parse("lake", json.dumps({"Statement": list(statements)})),
            boundary=parse("boundary", json.dumps({"Statement": [boundary]})) if boundary else None,
            tags={},
            role_id="AROA1",
        )

    def find(self, role_arn: str) -> RoleState | None:
        return self.state if role_arn == ROLE else None


def make_guard(*statements: dict[str, Any], **role: Any) -> RoleGuard:
    guard = RoleGuard(FakeRoles(*statements, **role))
    guard.remember("ASIA1", ROLE, "GlueJobRunnerSession")
    return guard


def call(service: str, operation: str, key: str = "ASIA1", protocol: str = "rest-xml", **parameters: Any) -> Any:
    authorization = f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/{service}/aws4_request, Signature=x"
    return SimpleNamespace(
        request=SimpleNamespace(headers={"Authorization": authorization}, args={}, query_string=b""),
        service=SimpleNamespace(service_name=service, protocol=protocol),
        protocol=protocol,
        operation=SimpleNamespace(name=operation),
        partition="aws",
        region="us-east-1",
        account_id="111122223333",
        service_request=parameters,
    )


class FakeChain:
    is_stopped = False

    def stop(self) -> None:
        self.is_stopped = True


def answer() -> Any:
    from localstack.http import Response

    return Response("<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>", mimetype="application/xml")


def refusal(guard: RoleGuard, context: Any) -> CommonServiceException:
    with pytest.raises(CommonServiceException) as refused:
        RoleGuardHandler(guard)(FakeChain(), context, answer())
    return refused.value


def test_role_does_what_its_policies_allow():
    RoleGuardHandler(make_guard(READ))(FakeChain(), call("s3", "GetObject", Bucket="lake", Key="a"), answer())


def test_refusal_has_the_message_of_aws():
    error = refusal(make_guard(READ), call("s3", "PutObject", Bucket="lake", Key="a"))
    assert (error.code, error.status_code) == ("AccessDenied", 403)
    assert error.message == (
        "User: arn:aws:sts::111122223333:assumed-role/etl/GlueJobRunnerSession is not authorized to perform: "
        's3:PutObject on resource: "arn:aws:s3:::lake/a" '
        "because no identity-based policy allows the s3:PutObject action"
    )


def test_explicit_deny_is_distinguished():
    forbidden = {**READ, "Effect": "Deny", "Action": "glue:*", "Resource": "*"}
    context = call("glue", "GetDatabase", protocol="json", Name="db")
    error = refusal(make_guard(forbidden), context)
    assert (error.code, error.status_code) == ("AccessDeniedException", 400)
    assert error.message.endswith(
        "glue:GetDatabase on resource: arn:aws:glue:us-east-1:111122223333:catalog "
        "with an explicit deny in an identity-based policy"
    )


def test_deleted_role_has_no_permissions():
    guard = make_guard(READ)
    guard._directory = SimpleNamespace(find=lambda _arn: None)  # type: ignore[assignment]
    refusal(guard, call("s3", "GetObject", Bucket="lake", Key="a"))


def test_permissions_boundary_bounds():
    guard = make_guard(READ, boundary={"Effect": "Allow", "Action": "s3:List*", "Resource": "*"})
    refusal(guard, call("s3", "GetObject", Bucket="lake", Key="a"))


def test_caller_identity_needs_no_permission():
    RoleGuardHandler(make_guard(READ))(FakeChain(), call("sts", "GetCallerIdentity", protocol="query"), answer())


@pytest.mark.parametrize("key", ["test", "000000000000", "AKIA1", "injectedaccesskey"])
def test_other_callers_are_untouched(key):
    guard = make_guard()
    RoleGuardHandler(guard)(FakeChain(), call("s3", "PutObject", key, Bucket="lake", Key="a"), answer())
    assert guard.describe() == {}


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


def test_deletion_of_several_refuses_key_by_key():
    context, response, chain = (
        call("s3", "DeleteObjects", Bucket="lake", Delete={"Objects": [{"Key": "a<"}, {"Key": "b<"}]}),
        answer(),
        FakeChain(),
    )
    RoleGuardHandler(make_guard(DELETE))(chain, context, response)
    assert (context.service_request["Delete"]["Objects"], chain.is_stopped) == ([{"Key": "a<"}], False)

    add_refused_deletions(chain, context, response)
    body = response.get_data(as_text=True)
    assert "<Deleted><Key>a</Key></Deleted><Error><Key>b&lt;</Key><Code>AccessDenied</Code>" in body
    assert body.endswith("</Error></DeleteResult>")


def test_deletion_of_several_that_are_all_refused_is_answered_at_once():
    context, response, chain = (
        call("s3", "DeleteObjects", Bucket="lake", Delete={"Objects": [{"Key": "b"}]}),
        answer(),
        FakeChain(),
    )
    RoleGuardHandler(make_guard(DELETE))(chain, context, response)
    assert chain.is_stopped
    assert (response.status_code, response.get_data(as_text=True).count("<Error>")) == (200, 1)


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
    session = guard.find_session("ASIA1")
    assert session is not None
    both = {"Bucket": "lake", "Delete": {"Objects": [{"Key": "a"}, {"Key": "b"}]}}

    denials = guard.check(session, "s3", "DeleteObjects", both, Place("aws", "us-east-1", "111122223333"))

    assert [denial.access.resource for denial in denials] == ["arn:aws:s3:::lake/b"]
    assert guard.describe()[ROLE]["calls"] == [{"action": "s3:DeleteObject", "allowed": 0, "denied": 1}]


def test_ledger_shows_which_grants_are_used():
    guard = make_guard(READ)
    handler = RoleGuardHandler(guard)
    for _ in range(2):
        handler(FakeChain(), call("s3", "GetObject", Bucket="lake", Key="a"), answer())
    refusal(guard, call("s3", "PutObject", Bucket="lake", Key="a"))

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
    (denial,) = told["denials"]
    assert (denial["action"], denial["resource"], denial["count"]) == ("s3:PutObject", "arn:aws:s3:::lake/a", 1)


def test_current_roles_of_moto_are_found():
    from moto.iam.models import iam_backends

    from localstack_glue.iam.roles import MotoRoles

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
    context = call("glue", "GetTable", protocol="json", DatabaseName="db", Name="raw")
    RoleGuardHandler(guard)(FakeChain(), context, answer())
    told = guard.describe()[ROLE]
    assert told["calls"] == [{"action": "glue:GetTable", "allowed": 1, "denied": 0}]
    assert told["statements"][0]["actions"] == {"glue:GetTable": 1}


def test_describe_lists_what_each_statement_alone_allows():
    again = {"Sid": "Again", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/b*"}
    guard = make_guard(READ, DELETE, again)
    handle = RoleGuardHandler(guard)
    for key in ("a1", "a2", "b"):
        handle(FakeChain(), call("s3", "GetObject", Bucket="lake", Key=key), answer())
    handle(FakeChain(), call("s3", "GetObject", Bucket="lake", Key="a1"), answer())
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


@pytest.mark.parametrize(("key", "is_allowed"), [("a/${filename}", True), ("b/1", False)])
def test_form_that_a_role_signed_uploads_only_where_the_role_may(key, is_allowed):
    fields = {"key": key, "X-Amz-Credential": "ASIA1/20260101/us-east-1/s3/aws4_request"}
    data = {**fields, "file": (BytesIO(b"x"), "name.csv")}
    request = Request(EnvironBuilder(method="POST", path="/lake", data=data).get_environ())
    posted = call("s3", "PostObject", Bucket="lake")
    posted.request = request
    guard = make_guard({"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::lake/a/name.csv"})
    if is_allowed:
        assert RoleGuardHandler(guard)(None, posted, None) is None
        assert b"name.csv" in request.get_data()  # whoever stores it finds it whole
    else:
        with pytest.raises(CommonServiceException, match="s3:PutObject"):
            RoleGuardHandler(guard)(None, posted, None)


def test_expired_session_is_denied():
    guard = make_guard({"Effect": "Allow", "Action": "*", "Resource": "*"})
    guard.remember("ASIA2", ROLE, "run", timedelta(0))
    for service, protocol, code in (("s3", "rest-xml", "ExpiredToken"), ("glue", "json", "ExpiredTokenException")):
        with pytest.raises(CommonServiceException) as refused:
            RoleGuardHandler(guard)(None, call(service, "GetAnything", "ASIA2", protocol), None)
        assert refused.value.code == code


def test_session_that_a_role_got_for_a_role_is_followed_and_nobody_elses():
    guard = make_guard({"Effect": "Allow", "Action": "*", "Resource": "*"})
    answer = Response("<Credentials><AccessKeyId>LSIA2</AccessKeyId><SecretAccessKey>s</SecretAccessKey></Credentials>")
    for key, found in (("stranger", None), ("ASIA1", RoleSession(ROLE, "next"))):
        asked = call("sts", "AssumeRole", key, "query", RoleArn=ROLE, RoleSessionName="next")
        RoleChain(guard)(None, asked, answer)
        assert guard.find_session("LSIA2") == found
    assert not guard.find_session("LSIA2").is_over

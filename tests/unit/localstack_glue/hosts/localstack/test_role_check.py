"""The check of roles in LocalStack's gateway: errors in its classes, and answers that it completes."""

from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from localstack.aws.api import CommonServiceException
from localstack.http import Response
from werkzeug import Request
from werkzeug.test import EnvironBuilder

from localstack_glue.hosts.localstack.role_check import RoleChain, RoleGuardHandler, add_refused_deletions
from localstack_glue.iam.guard import RoleGuard
from localstack_glue.iam.sessions import RoleSession
from tests.unit.localstack_glue.guarded_roles import DELETE, EVERYTHING, READ, ROLE, make_guard


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


def answer() -> Response:
    return Response("<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>", mimetype="application/xml")


def refusal(guard: RoleGuard, context: Any) -> CommonServiceException:
    with pytest.raises(CommonServiceException) as refused:
        RoleGuardHandler(guard)(FakeChain(), context, answer())
    return refused.value


def test_call_that_the_roles_policies_allow_passes():
    RoleGuardHandler(make_guard(READ))(FakeChain(), call("s3", "GetObject", Bucket="lake", Key="a"), answer())


@pytest.mark.parametrize(
    ("service", "operation", "protocol", "code", "status"),
    [
        ("s3", "PutObject", "rest-xml", "AccessDenied", 403),
        ("glue", "GetDatabases", "json", "AccessDeniedException", 400),
    ],
)
def test_refusal_is_an_error_of_localstack_with_the_message_of_aws(service, operation, protocol, code, status):
    error = refusal(make_guard(READ), call(service, operation, protocol=protocol, Bucket="lake", Key="a"))
    assert (error.code, error.status_code) == (code, status)
    assert f"is not authorized to perform: {service}:{operation} on resource" in error.message


@pytest.mark.parametrize("key", ["test", "000000000000", "AKIA1", "injectedaccesskey"])
def test_other_callers_are_untouched(key):
    guard = make_guard()
    RoleGuardHandler(guard)(FakeChain(), call("s3", "PutObject", key, Bucket="lake", Key="a"), answer())
    assert guard.describe() == {}


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
    guard = make_guard(EVERYTHING)
    guard.remember("ASIA2", ROLE, "run", timedelta(0))
    for service, protocol, code in (("s3", "rest-xml", "ExpiredToken"), ("glue", "json", "ExpiredTokenException")):
        with pytest.raises(CommonServiceException) as refused:
            RoleGuardHandler(guard)(None, call(service, "GetAnything", "ASIA2", protocol), None)
        assert refused.value.code == code


def test_session_that_a_role_got_for_a_role_is_followed_and_nobody_elses():
    guard = make_guard(EVERYTHING)
    answer = Response("<Credentials><AccessKeyId>LSIA2</AccessKeyId><SecretAccessKey>s</SecretAccessKey></Credentials>")
    for key, found in (("stranger", None), ("ASIA1", RoleSession(ROLE, "next"))):
        asked = call("sts", "AssumeRole", key, "query", RoleArn=ROLE, RoleSessionName="next")
        RoleChain(guard)(None, asked, answer)
        assert guard.find_session("LSIA2") == found
    assert not guard.find_session("LSIA2").is_over

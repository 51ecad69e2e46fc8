"""What the gateway of the stand-alone host makes of requests, and of faults of the service."""

import json
import re
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws
from moto.core.request import Request
from werkzeug import Response
from werkzeug.test import Client, EnvironBuilder, run_wsgi_app

from localstack_glue.athena.errors import InvalidRequestException
from localstack_glue.hosts.standalone.browser_pages import BrowserPages
from localstack_glue.hosts.standalone.calls import identify_call, read_caller
from localstack_glue.hosts.standalone.gateway import Gateway
from localstack_glue.hosts.standalone.moto_backend import MotoBackend
from localstack_glue.iam.guard import RoleGuard
from localstack_glue.iam.policy import parse
from localstack_glue.iam.roles import RoleState
from localstack_glue.service.errors import EntityNotFoundException, ServiceError

HEADERS = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260310/eu-central-1/glue/aws4_request, Signature=x",
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "AWSGlue.ListDataQualityRulesets",
}
MOMENT = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_moments_of_a_request_are_in_utc():
    body = json.dumps({"Filter": {"CreatedAfter": MOMENT.timestamp()}})
    request = Request(EnvironBuilder(method="POST", headers=HEADERS, data=body).get_environ())
    call = identify_call(request, read_caller(request))
    assert call.parameters["Filter"]["CreatedAfter"] == MOMENT


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [(EntityNotFoundException("a"), 400, "EntityNotFoundException"), (KeyError("a"), 500, "InternalServiceException")],
)
def test_fault_of_the_service_is_an_error_that_clients_read(error, status, code):
    class Api:
        def invoke(self, *_):
            raise error

    answer = Client(answering(Api())).post("/", headers=HEADERS, data="{}")
    assert (answer.status_code, json.loads(answer.data)["__type"]) == (status, code)
    assert answer.headers["x-amzn-RequestId"]


class Nothing:
    """An API that answers every call with nothing, and counts them."""

    calls = 0

    def invoke(self, *_):
        self.calls += 1
        return {}


def answering(api):
    return Gateway({"glue": api}, None, None, lambda *_: Response(), None)


@pytest.mark.parametrize(
    ("method", "path", "service"),
    [
        ("GET", "/iceberg/v1/config", "glue"),  # Glue as a REST catalog of Iceberg
        ("POST", "/service/AWSGlue/operation/GetDatabases", "glue"),  # another protocol than this service's
        ("POST", "/tomorrow", "quicksight"),
    ],
)
def test_call_of_the_service_in_an_unknown_form_is_refused_and_not_left_to_the_backend(method, path, service):
    signed = {"Authorization": HEADERS["Authorization"].replace("/glue/", f"/{service}/")}
    gateway = Gateway({"glue": Nothing(), "quicksight": Nothing()}, None, None, lambda *_: Response(), None)
    answer = Client(gateway).open(path, method=method, headers=signed)
    assert (answer.status_code, json.loads(answer.data)["__type"]) == (400, "UnknownOperationException")
    assert f"{method} {path} of {service}" in json.loads(answer.data)["message"]


def test_call_that_is_signed_for_several_regions_is_answered_in_the_first():
    class Api:
        def invoke(self, _operation, scope, _parameters):
            return {"DatabaseList": [{"Name": scope.region}]}

    signed = "AWS4-ECDSA-P256-SHA256 Credential=test/20260310/glue/aws4_request, SignedHeaders=host, Signature=x"
    headers = {**HEADERS, "Authorization": signed, "X-Amz-Target": "AWSGlue.GetDatabases"}
    for regions, region in (("eu-west-1,us-east-1", "eu-west-1"), ("*", "us-east-1")):
        answer = Client(answering(Api())).post("/", headers={**headers, "X-Amz-Region-Set": regions}, data="{}")
        assert json.loads(answer.data)["DatabaseList"] == [{"Name": region}]


def test_call_that_is_signed_for_another_service_is_refused_and_not_taken_for_one_of_it():
    signed = {**HEADERS, "Authorization": HEADERS["Authorization"].replace("/glue/", "/s3/")}
    answer = Client(answering(Nothing())).post("/", headers=signed, data="{}")
    assert (answer.status_code, json.loads(answer.data)["__type"]) == (403, "InvalidSignatureException")


def test_client_that_goes_before_its_body_has_come_is_no_fault_of_the_service():
    environ = EnvironBuilder(method="POST", headers=HEADERS, data="{}").get_environ()
    environ["CONTENT_LENGTH"] = "20"
    _body, status, _headers = run_wsgi_app(answering(Nothing()), environ)
    assert status.startswith("400")


def test_each_answer_has_a_request_id_of_its_own():
    client = Client(answering(Nothing()))
    ids = {client.post("/", headers=HEADERS, data="{}").headers["x-amzn-RequestId"] for _ in range(2)}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("origin", "is_answered"),
    [
        ("http://localhost:3000", True),
        ("https://127.0.0.1", True),
        ("http://[::1]:8080", True),
        ("https://example.com", False),
        ("http://localhost.example.com:4566", False),
        ("null", False),  # a file, or a frame in a sandbox
        ("", False),
    ],
)
def test_page_in_a_browser_is_answered_only_if_it_is_of_this_machine(origin, is_answered):
    api = Nothing()
    answer = Client(answering(api)).post("/", headers={**HEADERS, "Origin": origin}, data="{}")
    assert (answer.status_code, api.calls) == ((200, 1) if is_answered else (403, 0))
    assert answer.headers.get("Access-Control-Allow-Origin") == (origin if is_answered else None)


@pytest.mark.parametrize(("origin", "status"), [("http://localhost:3000", 204), ("https://example.com", 403)])
def test_browser_asks_before_a_call_and_is_told(origin, status):
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,x-amz-target"}
    answer = Client(answering(Nothing())).options("/", headers={"Origin": origin, **asks})
    assert answer.status_code == status
    allowed = {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Headers": "authorization,x-amz-target"}
    assert {name: answer.headers.get(name) for name in allowed} == (
        allowed if status == 204 else dict.fromkeys(allowed)
    )


@pytest.mark.parametrize(
    ("host", "site", "is_answered"),
    [
        ("localhost:4566", "same-origin", True),
        ("127.0.0.1:4566", "none", True),
        ("[::1]:4566", "same-site", True),
        ("lake.localhost:4566", "same-site", True),
        ("glue.example.com:4566", None, True),  # no browser
        ("glue.example.com:4566", "same-origin", False),  # a name that leads to 127.0.0.1
        ("glue.example.com:4566", "none", False),
        ("localhost.example.com:4566", "same-origin", False),
        ("localhost:4566", "cross-site", False),
    ],
)
def test_request_of_a_browser_without_a_page_comes_from_this_machine_and_under_its_name(host, site, is_answered):
    headers = {**HEADERS, "Host": host, **({"Sec-Fetch-Site": site} if site else {})}
    api = Nothing()
    answer = Client(answering(api)).post("/", headers=headers, data="{}")
    assert (answer.status_code, api.calls) == ((200, 1) if is_answered else (403, 0))


@pytest.mark.parametrize("path", ["/lake/key", "/lake?versioning", "/accounts/000000000000/users"])
def test_browser_is_told_at_each_address(path):
    asks = {"Access-Control-Request-Method": "PUT", "Origin": "http://localhost:3000"}
    answer = Client(answering(Nothing())).options(path, headers=asks)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Methods"]) == (204, "PUT")


def test_page_of_a_host_in_the_settings_is_answered():
    gateway = Gateway({}, None, None, lambda *_: Response(), None, pages=BrowserPages(("app",)))
    asks = {"Access-Control-Request-Method": "POST"}
    assert Client(gateway).options("/", headers={"Origin": "http://app:3000", **asks}).status_code == 204


def test_error_of_athena_has_the_reason_by_which_clients_tell_it_apart():
    class Api:
        def invoke(self, *_):
            raise InvalidRequestException("a", "QUERY_EXECUTION_NOT_FOUND")

    signed = {**HEADERS, "X-Amz-Target": "AmazonAthena.ListWorkGroups"}
    signed["Authorization"] = signed["Authorization"].replace("/glue/", "/athena/")
    gateway = Gateway({"athena": Api()}, None, None, lambda *_: Response(), None)
    answer = Client(gateway).post("/", headers=signed, data="{}")
    assert json.loads(answer.data)["AthenaErrorCode"] == "QUERY_EXECUTION_NOT_FOUND"


def test_role_that_may_delete_only_some_objects_hears_of_each():
    may = parse(
        "p", json.dumps({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::lake/a"}})
    )

    class Roles:
        def find(self, _arn):
            return RoleState(trust=(), statements=may, boundary=None, tags={}, role_id="AROA1")

    guard = RoleGuard(Roles())
    guard.remember("ASIA1", "arn:aws:iam::123456789012:role/etl", "run")
    gateway = Gateway({}, MotoBackend(), guard, lambda *_: Response(), None)
    headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=ASIA1/20260310/us-east-1/s3/aws4_request, Signature=x"}
    asked = "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>"
    with mock_aws():
        boto3.client("s3", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x").create_bucket(
            Bucket="lake"
        )
        answer = Client(gateway).post("/lake?delete", headers=headers, data=asked)
    assert answer.status_code == 200
    assert "<Deleted><Key>a</Key></Deleted>" in answer.text.replace("\n", "").replace(" ", "")
    assert "<Error><Key>b</Key><Code>AccessDenied</Code>" in answer.text


def test_key_that_iam_or_sts_made_acts_in_its_account():
    scopes = []

    class Glue:
        def invoke(self, _operation, scope, _parameters):
            scopes.append(scope)
            return {}

    door = Client(Gateway({"glue": Glue()}, MotoBackend(), None, lambda *_: Response(), None))

    def ask(key, service, **form):
        headers = {**HEADERS, "Authorization": HEADERS["Authorization"].replace("=test", f"={key}")}
        if service == "glue":
            return door.post("/", headers=headers, data="{}")
        return door.post("/", data=form, headers={"Authorization": headers["Authorization"].replace("glue", service)})

    def made_key(answer):
        return re.search(r"<AccessKeyId>(\w+)<", answer.text)[1]

    other, role = "223456789012", "arn:aws:iam::223456789012:role/etl"
    assume = {"Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": role, "RoleSessionName": "run"}
    with mock_aws():
        ask(other, "iam", Action="CreateUser", Version="2010-05-08", UserName="ana")
        of_user = made_key(ask(other, "iam", Action="CreateAccessKey", Version="2010-05-08", UserName="ana"))
        of_role, of_another = (made_key(ask(key, "sts", **assume)) for key in (other, "test"))
        for key in (of_user, of_role, of_another):
            assert f"arn:aws:sns:eu-central-1:{other}:t" in ask(key, "sns", Action="CreateTopic", Name="t").text
            ask(key, "glue")
        identity = ask(of_role, "sts", Action="GetCallerIdentity", Version="2011-06-15").text
        ask("test", "glue")
    assert f"arn:aws:sts::{other}:assumed-role/etl/run" in identity
    assert [(scope.account_id, scope.caller) for scope in scopes] == [
        *((other, key) for key in (of_user, of_role, of_another)),
        ("000000000000", "test"),
    ]


@pytest.mark.parametrize(
    ("service", "target", "code", "member"),
    [
        ("glue", "AWSGlue.GetJobs", "EntityNotFoundException", "Message"),
        ("athena", "AmazonAthena.ListWorkGroups", "InvalidRequestException", "Message"),
        ("budgets", "AWSBudgetServiceGateway.DescribeBudgets", "NotFoundException", "Message"),
        ("glue", "AWSGlue.GetJobs", "IllegalWorkflowStateException", "Message"),
        ("glue", "AWSGlue.GetJobs", "NotInTheModelException", "message"),
    ],
)
def test_text_of_an_error_has_the_name_that_the_model_gives_it(service, target, code, member):
    class Api:
        def invoke(self, *_):
            raise ServiceError(code, "why")

    signed = {**HEADERS, "X-Amz-Target": target}
    signed["Authorization"] = signed["Authorization"].replace("/glue/", f"/{service}/")
    gateway = Gateway({service: Api()}, None, None, lambda *_: Response(), None)
    answer = json.loads(Client(gateway).post("/", headers=signed, data="{}").data)
    assert {name: text for name, text in answer.items() if name.lower() == "message"} == {member: "why"}


@pytest.mark.parametrize(
    ("service", "target", "body", "member"),
    [
        ("glue", "AWSGlue.GetRegistry", '{"RegistryId": {"RegistryName": "none"}}', "Message"),
        ("kms", "TrentService.DescribeKey", '{"KeyId": "none"}', "message"),
    ],
)
def test_text_of_motos_errors_has_that_name_too(service, target, body, member):
    signed = {**HEADERS, "X-Amz-Target": target}
    signed["Authorization"] = signed["Authorization"].replace("/glue/", f"/{service}/")
    with mock_aws():
        answer = Client(Gateway({}, MotoBackend(), None, lambda *_: Response(), None)).post(
            "/", headers=signed, data=body
        )
    assert answer.status_code == 400
    assert [name for name in json.loads(answer.data) if name.lower() == "message"] == [member]

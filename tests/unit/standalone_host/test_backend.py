"""The stand-alone host before another emulator: what passes it comes through whole, and roles may do what they may."""

import gzip
import os
import shutil
import threading
import urllib.error
import urllib.request
import uuid
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest
from botocore.exceptions import ClientError
from moto.core.request import Request
from werkzeug.test import EnvironBuilder

from localstack_glue.hosts.standalone.backend_accounts import sign_as_account
from localstack_glue.hosts.standalone.calls import replace_body
from localstack_glue.hosts.standalone.server import serve
from localstack_glue.hosts.standalone.workflow_rules import FILE
from tests.unit.standalone_host.place import ACCOUNT, Place, call_status, refusal


def test_length_and_type_of_an_object_are_those_that_it_has(place, lake):
    packed = gzip.compress(b"a" * 1000)
    lake.put_object(Bucket="lake", Key="long", Body=packed, ContentType="text/csv", ContentEncoding="gzip")
    for client in (lake, place.client("s3", at=place.backend)):
        found = client.head_object(Bucket="lake", Key="long")
        assert (found["ContentLength"], found["ContentType"]) == (len(packed), "text/csv")
        assert client.get_object(Bucket="lake", Key="long")["Body"].read() == packed


def test_upload_in_parts_comes_back_whole(lake):
    from boto3.s3.transfer import TransferConfig

    body = os.urandom(11_000_000)
    in_parts = TransferConfig(multipart_threshold=5_242_880, multipart_chunksize=5_242_880)
    lake.upload_fileobj(BytesIO(body), "lake", "parts", Config=in_parts)
    back = BytesIO()
    lake.download_fileobj("lake", "parts", back)
    assert back.getvalue() == body


def test_answer_without_a_type_gets_none_and_has_one_date(place, lake):
    import http.client

    connection = http.client.HTTPConnection(place.url.removeprefix("http://"), timeout=30)
    connection.request("DELETE", "/lake/none", headers={"Authorization": "AWS test:x"})
    answer = connection.getresponse()
    assert answer.status == 204
    names = [name.lower() for name, _ in answer.getheaders()]
    assert names.count("date") == 1
    connection.close()


def test_one_account_is_seen_by_glue_and_by_the_rest(place):
    place.client("glue", key="111122223333").create_database(DatabaseInput={"Name": "seen"})
    assert place.client("sts", key="111122223333").get_caller_identity()["Account"] == ACCOUNT
    assert place.client("glue").get_database(Name="seen")["Database"]["CatalogId"] == ACCOUNT


@pytest.mark.parametrize("body", [b'{"AuditContext": 5}', b'{"DatabaseName": ["d"]}', b"[]", b"{"])
def test_body_of_other_types_than_the_models_is_the_callers_fault(place, body):
    signed = f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/us-east-1/glue/aws4_request"
    headers = {"X-Amz-Target": "AWSGlue.BatchGetPartition", "Content-Type": "application/x-amz-json-1.1"}
    asked = urllib.request.Request(place.url, body, headers | {"Authorization": signed})
    assert call_status(asked) == 400


def test_unknown_operation_of_glue_is_refused_and_not_forwarded(place):
    signed = f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/us-east-1/glue/aws4_request"
    headers = {"X-Amz-Target": "AWSGlue.GetTomorrow", "Content-Type": "application/x-amz-json-1.1"}
    asked = urllib.request.Request(place.url, b"{}", headers | {"Authorization": signed})
    with pytest.raises(urllib.error.HTTPError) as refused, urllib.request.urlopen(asked, timeout=30):
        pass
    with refused.value as answer:
        assert (answer.code, answer.headers["x-amzn-ErrorType"]) == (400, "UnknownOperationException")


@pytest.mark.parametrize("target", ["AWSGlue.GetJobs", "AmazonAthena.ListWorkGroups"])
def test_unsigned_call_is_refused_and_not_taken_for_one_of_s3(place, target):
    asked = urllib.request.Request(place.url, b"{}", {"X-Amz-Target": target, "Content-Type": "application/json"})
    assert call_status(asked) == 403


def test_crawl_goes_as_its_role_of_the_emulator_behind(place, lake):
    for name, may, status in (("may", "s3:*", "SUCCEEDED"), ("may-not", "s3:PutObject", "FAILED")):
        place.role(f"crawl-{name}", (["glue:*", "logs:*", may], "*"))
        assert run_crawl(place.client("glue"), f"crawl-{name}")["Status"] == status
    assert refusal(
        lambda: place.client("glue", key=place.as_role(place.role("no-glue", ("s3:*", "*")))).get_databases()
    ) == ("AccessDeniedException")


def test_users_own_aws_settings_and_proxy_are_ignored(place, lake, tmp_path, monkeypatch):
    for name, value in (("AWS_PROFILE", "none-such"), ("HTTP_PROXY", "http://127.0.0.1:9"), ("NO_PROXY", "")):
        monkeypatch.setenv(name, value)
        monkeypatch.setenv(name.lower() if "PROXY" in name else name, value)
    role = place.role("of-anybody", (["s3:*", "glue:*", "logs:*"], "*"))
    with gateway(tmp_path, place.backend) as glue:
        assert run_crawl(glue, role)["Status"] == "SUCCEEDED"


@contextmanager
def gateway(folder, backend):
    """The Glue of another gateway."""
    server = serve(0, folder, backend)
    try:
        yield Place(server.url, backend, None).client("glue")
    finally:
        server.close()


def run_crawl(glue, role):
    """The crawl of the open folder in a role, into a database of its own."""
    name = f"c{uuid.uuid4().hex}"
    glue.create_database(DatabaseInput={"Name": name})
    target = {"S3Targets": [{"Path": "s3://lake/open/"}]}
    glue.create_crawler(Name=name, Role=role, DatabaseName=name, Targets=target)
    glue.start_crawler(Name=name)
    wait_for_crawl(glue, name)
    return glue.get_crawler(Name=name)["Crawler"]["LastCrawl"]


def test_without_enforcement_any_role_will_do(place, lake, tmp_path, monkeypatch):
    monkeypatch.setenv("LOCALSTACK_GLUE_IAM", "0")
    with gateway(tmp_path, place.backend) as glue:
        assert run_crawl(glue, "nobody-made-it")["Status"] == "SUCCEEDED"


@pytest.fixture
def no_aws():
    """The URL of a server that has no service of AWS."""

    class Nothing(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_error(501)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Nothing) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{other.server_port}"
        other.shutdown()


def test_emulator_without_iam_is_reported_as_such(no_aws, tmp_path):
    server = serve(0, tmp_path, no_aws)
    try:
        crawl = run_crawl(Place(server.url, no_aws, None).client("glue"), "etl")
        server.apis["glue"].guard.ledger.deny("arn:aws:iam::000000000000:role/etl", "s3:GetObject", {"*": "no"})
        assert call_status(urllib.request.Request(f"{server.url}/_glue/iam")) == 503
    finally:
        server.close()
    assert crawl["Status"] == "FAILED"
    assert f"the roles of {no_aws} cannot be read" in crawl["ErrorMessage"]
    assert "start glue-local with LOCALSTACK_GLUE_IAM=0" in crawl["ErrorMessage"]


def wait_for_crawl(glue, name):
    from quartal.core.polling import Waiter

    Waiter(timeout_s=60, initial_s=0.05, longest_s=0.2).wait_until(
        lambda: glue.get_crawler(Name=name)["Crawler"]["State"],
        is_done=lambda state: state == "READY",
        describe=str,
        waiting_for="the crawl",
    )


def test_calls_of_glue_that_are_left_to_moto_never_reach_the_emulator(no_aws, tmp_path):
    arn = "arn:aws:glue:us-east-1:000000000000:job/tagged"  # an emulator without STS knows no account
    with gateway(tmp_path, no_aws) as glue:
        command = {"Name": "glueetl", "ScriptLocation": "s3://lake/none.py"}
        glue.create_job(Name="tagged", Role="r", Command=command, Tags={"made": "with"})
        glue.tag_resource(ResourceArn=arn, TagsToAdd={"added": "later"})
        assert glue.get_tags(ResourceArn=arn)["Tags"] == {"made": "with", "added": "later"}
        glue.create_registry(RegistryName="reg")
        schema = {"SchemaName": "s", "DataFormat": "JSON", "Compatibility": "NONE", "SchemaDefinition": "{}"}
        glue.create_schema(RegistryId={"RegistryName": "reg"}, **schema)
        assert glue.get_schema(SchemaId={"RegistryName": "reg", "SchemaName": "s"})["RegistryName"] == "reg"
        assert glue.list_schemas()["Schemas"][0]["SchemaName"] == "s"


def test_workflow_is_a_target_of_the_emulators_rules(place, tmp_path):
    glue, events = place.client("glue"), place.client("events")
    role = place.role("deliverer", ("glue:NotifyEvent", "*"))
    glue.create_workflow(Name="flow")
    glue.create_job(Name="started", Role="r", Command={"Name": "glueetl", "ScriptLocation": "s3://lake/none.py"})
    glue.create_trigger(Name="on", Type="EVENT", WorkflowName="flow", Actions=[{"JobName": "started"}])
    arn = f"arn:aws:glue:us-east-1:{ACCOUNT}:workflow/flow"
    events.put_rule(Name="r", EventPattern='{"source": ["mine"]}')
    with pytest.raises(ClientError, match="RoleArn is required"):
        events.put_targets(Rule="r", Targets=[{"Id": "flow", "Arn": arn}])
    targets = [
        {"Id": "flow", "Arn": arn, "RoleArn": role},
        {"Id": "too", "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:too"},
    ]
    assert events.put_targets(Rule="r", Targets=targets)["FailedEntryCount"] == 0
    assert sorted(each["Id"] for each in events.list_targets_by_rule(Rule="r")["Targets"]) == ["flow", "too"]
    assert events.list_rule_names_by_target(TargetArn=arn)["RuleNames"] == ["r"]

    assert events.remove_targets(Rule="r", Ids=["too"])["FailedEntryCount"] == 0  # this moto cannot send to it
    shutil.copy(place.glue.settings.state_dir / FILE, tmp_path)
    again = serve(0, tmp_path, place.backend, tmp_path)  # as the gateway that is started again
    assert Place(again.url, "", None).client("events").list_rule_names_by_target(TargetArn=arn)["RuleNames"] == ["r"]
    again.close()
    entries = [{"Source": source, "DetailType": "d", "Detail": "{}"} for source in ("mine", "theirs")]
    assert events.put_events(Entries=entries)["FailedEntryCount"] == 0
    (run,) = glue.get_workflow_runs(Name="flow")["Runs"]
    assert run["StartingEventBatchCondition"]["BatchSize"] == 1

    with pytest.raises(ClientError, match="since it has targets"):
        events.delete_rule(Name="r")
    assert events.remove_targets(Rule="r", Ids=["flow"])["FailedEntryCount"] == 0
    assert events.list_targets_by_rule(Rule="r")["Targets"] == []
    events.put_events(Entries=entries)
    assert len(glue.get_workflow_runs(Name="flow")["Runs"]) == 1
    events.delete_rule(Name="r")
    assert events.list_rule_names_by_target(TargetArn=arn)["RuleNames"] == []


def test_request_of_a_session_is_handed_on_as_the_accounts_own():
    signed = f"X-Amz-Credential=ASIA1%2F20260101%2Fus-east-1&X-Amz-Security-Token=a%2Fb&versionId=v&key={ACCOUNT}"
    by_address = Request(EnvironBuilder(path="/lake/k", query_string=signed).get_environ())
    sign_as_account(by_address, ACCOUNT)
    assert by_address.query_string.decode() == (
        f"X-Amz-Credential={ACCOUNT}%2F20260101%2Fus-east-1&versionId=v&key={ACCOUNT}"
    )
    headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=ASIA1/2026, Signature=x", "X-Amz-Security-Token": "t"}
    by_header = Request(EnvironBuilder(path="/lake/k", headers=headers).get_environ())
    sign_as_account(by_header, ACCOUNT)
    assert by_header.headers["Authorization"].startswith(f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/2026")
    assert "X-Amz-Security-Token" not in by_header.headers


def test_body_that_is_replaced_has_no_sum_of_the_old_one():
    sums = {"Content-MD5": "m", "X-Amz-Checksum-Crc32": "c", "X-Amz-Sdk-Checksum-Algorithm": "CRC32"}
    headers = {**sums, "X-Amz-Content-Sha256": "s", "X-Amz-Expected-Bucket-Owner": ACCOUNT}
    request = Request(EnvironBuilder(method="POST", headers=headers, data=b"old body").get_environ())
    replace_body(request, b"new")
    assert (request.get_data(), request.headers["Content-Length"]) == (b"new", "3")
    assert not [name for name in sums if name in request.headers]
    assert request.headers["X-Amz-Content-Sha256"] == "UNSIGNED-PAYLOAD"
    assert request.headers["X-Amz-Expected-Bucket-Owner"] == ACCOUNT


def test_recreated_rule_has_no_targets_after_the_emulator_forgot_it(place):
    arn = f"arn:aws:glue:us-east-1:{ACCOUNT}:workflow/any"
    events, behind = place.client("events"), place.client("events", at=place.backend)
    events.put_rule(Name="again", EventPattern='{"source": ["mine"]}')
    events.put_targets(Rule="again", Targets=[{"Id": "1", "Arn": arn, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r"}])
    behind.delete_rule(Name="again")
    events.put_rule(Name="again", EventPattern='{"source": ["mine"]}')
    assert events.list_targets_by_rule(Rule="again")["Targets"] == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("127.0.0.1:5000", "not the URL of a server"),
        ("http://127.0.0.1:5000/prefix", "has a path"),
        ("http://localhost:4599", "is this server itself"),
    ],
)
def test_invalid_backend_url_is_refused(tmp_path, url, words):
    with pytest.raises(ValueError, match=words):
        serve(4599, tmp_path, url)


def test_backend_that_does_not_answer_is_an_error_that_names_it(tmp_path):
    server = serve(0, tmp_path, "http://127.0.0.1:9")
    try:
        gone = Place(server.url, "", None)
        for service, call in (("s3", "list_buckets"), ("sns", "list_topics"), ("logs", "describe_log_groups")):
            with pytest.raises(ClientError, match=r"http://127\.0\.0\.1:9, the backend, does not answer") as refused:
                getattr(gone.client(service), call)()
            assert refused.value.response["Error"]["Code"] == "BadGateway"
        # in which account it is made is not known: what is made now could be gone when the emulator is there
        assert refusal(lambda: gone.client("glue").create_database(DatabaseInput={"Name": "d"})) == "BadGateway"
    finally:
        server.close()

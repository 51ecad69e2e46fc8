"""The stand-alone host before another emulator: what passes it comes through whole, and roles may do what they may."""

import gzip
import json
import os
import shutil
import sys
import threading
import urllib.error
import urllib.request
import uuid
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from moto.core.config import default_user_config
from moto.core.request import Request
from moto.events.responses import EventsHandler
from moto.s3.models import FakeBucket
from moto.server import ThreadedMotoServer
from werkzeug.test import EnvironBuilder

if (SOURCE := str(Path(__file__).parents[3] / "tooling/localstack_glue/src")) not in sys.path:
    sys.path.append(SOURCE)  # the service is a distribution of its own

from localstack_glue.hosts.standalone.backend_accounts import sign_as_account
from localstack_glue.hosts.standalone.calls import replace_body
from localstack_glue.hosts.standalone.server import serve
from localstack_glue.hosts.standalone.workflow_rules import FILE
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


@pytest.fixture(scope="module", autouse=True)
def motos_own():
    """What a server changes of the moto in its process is moto's own again at the end."""
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in ((EventsHandler, "test_event_pattern"), (FakeBucket, "get_permission")):
            patch.setattr(owner, name, getattr(owner, name))
        patch.setitem(default_user_config, "iam", default_user_config["iam"])
        yield


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    backend = "http://{}:{}".format(*moto.get_host_and_port())
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("LOCALSTACK_GLUE")}
    folder = tmp_path_factory.mktemp("gateway")
    server = serve(0, folder / "work", backend, folder / "state")
    try:
        yield Place(server.url, backend, server.apis["glue"])
    finally:
        server.close()
        moto.stop()
        os.environ.update(before)


@pytest.fixture(scope="module")
def lake(place):
    s3 = place.client("s3")
    s3.create_bucket(Bucket="lake")
    for key in ("open/a.csv", "shut/a.csv"):
        s3.put_object(Bucket="lake", Key=key, Body=b"a\n1\n")
    return s3


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


def refusal(call):
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]["Code"]


def test_role_reads_only_what_it_may_by_path_host_address_form_and_copy(place, lake):
    arn = place.role("reader", (["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], "arn:aws:s3:::lake/open/*"))
    key = place.as_role(arn)
    s3 = place.client("s3", key=key)
    assert s3.get_object(Bucket="lake", Key="open/a.csv")["Body"].read() == b"a\n1\n"
    assert refusal(lambda: s3.get_object(Bucket="lake", Key="shut/a.csv")) == "AccessDenied"
    assert refusal(lambda: s3.list_objects_v2(Bucket="lake")) == "AccessDenied"
    copied = {"Bucket": "lake", "Key": "open/b.csv", "CopySource": "lake/shut/a.csv"}
    assert refusal(lambda: s3.copy_object(**copied)) == "AccessDenied"
    answer = s3.delete_objects(Bucket="lake", Delete={"Objects": [{"Key": "open/none"}, {"Key": "shut/a.csv"}]})
    assert [each["Key"] for each in answer["Errors"]] == ["shut/a.csv"]
    assert [each["Key"] for each in answer["Deleted"]] == ["open/none"]
    assert lake.head_object(Bucket="lake", Key="shut/a.csv")["ContentLength"] == 4

    for name, status in (("open/a.csv", 200), ("shut/a.csv", 403)):
        address = s3.generate_presigned_url("get_object", Params={"Bucket": "lake", "Key": name})
        assert status_of(urllib.request.Request(address)) == status
        hosted = address.replace("/lake/", "/", 1)
        assert status_of(urllib.request.Request(hosted, headers={"Host": "lake.s3.amazonaws.com"})) == status
        posted = s3.generate_presigned_post("lake", name.replace("a.csv", "posted"))
        assert status_of(form(posted)) == (204 if status == 200 else 403)
    assert lake.get_object(Bucket="lake", Key="open/posted")["Body"].read() == b"posted"
    assert refusal(lambda: lake.head_object(Bucket="lake", Key="shut/posted")) == "404"


def form(posted):
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in posted["fields"].items()
    ]
    parts.append('--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nposted\r\n--x--\r\n')
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    return urllib.request.Request(posted["url"], "".join(parts).encode(), headers, method="POST")


def status_of(request):
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_change_of_a_role_counts_at_once_and_its_own_call_says_who_it_is(place, lake):
    arn = place.role("changing", ("s3:GetObject", "arn:aws:s3:::lake/open/*"))
    key = place.as_role(arn)
    s3 = place.client("s3", key=key)
    assert refusal(lambda: s3.get_object(Bucket="lake", Key="shut/a.csv")) == "AccessDenied"
    place.allow("changing", ("s3:GetObject", "arn:aws:s3:::lake/*"))
    assert s3.get_object(Bucket="lake", Key="shut/a.csv")["Body"].read() == b"a\n1\n"
    told = place.client("sts", key=key).get_caller_identity()
    assert told["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/changing/run"


def test_role_of_another_partition_is_read_there(place):
    iam, region = place.client("iam", region="cn-north-1"), "cn-north-1"
    arn = iam.create_role(RoleName="cn", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    assert arn.startswith("arn:aws-cn:")
    iam.put_role_policy(RoleName="cn", PolicyName="p", PolicyDocument=json.dumps(policy("s3:ListAllMyBuckets", "*")))
    s3 = place.client("s3", key=place.as_role(arn), region=region)
    assert s3.list_buckets()["Buckets"] == []  # of that partition
    assert refusal(lambda: s3.get_object(Bucket="lake", Key="open/a.csv")) == "AccessDenied"


def test_role_that_assumes_another_one_may_do_what_the_other_may(place, lake):
    other = place.role("other", ("s3:GetObject", "arn:aws:s3:::lake/open/*"))
    key = place.as_role(place.role("first", ("sts:AssumeRole", other)))
    got = place.client("sts", key=key).assume_role(RoleArn=other, RoleSessionName="next")["Credentials"]["AccessKeyId"]
    s3 = place.client("s3", key=got)
    assert s3.get_object(Bucket="lake", Key="open/a.csv")["Body"].read() == b"a\n1\n"
    assert refusal(lambda: s3.get_object(Bucket="lake", Key="shut/a.csv")) == "AccessDenied"
    assert place.client("sts", key=got).get_caller_identity()["Arn"].endswith("assumed-role/other/next")
    denied = place.as_role(place.role("third", ("sts:AssumeRole", f"{other}-not")))
    assert refusal(lambda: place.client("sts", key=denied).assume_role(RoleArn=other, RoleSessionName="next")) == (
        "AccessDenied"
    )


def test_calls_of_a_role_keep_their_body_in_every_protocol(place):
    arn = place.role("sender", (["sns:*", "sqs:*", "iam:GetRole"], "*"))
    key = place.as_role(arn)
    topic = place.client("sns", key=key).create_topic(Name="told")["TopicArn"]
    assert topic.split(":")[4] == ACCOUNT
    assert place.client("iam", key=key).get_role(RoleName="sender")["Role"]["Arn"] == arn
    assert place.client("sqs", key=key).create_queue(QueueName="told")["QueueUrl"].endswith("/told")


def test_call_that_is_not_known_is_refused_to_a_role(place, lake):
    key = place.as_role(place.role("anything", ("*", "*")))
    headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/s3/aws4_request, Signature=x"}
    asked = urllib.request.Request(f"{place.url}/lake/open/a.csv", headers=headers, method="PATCH")
    assert status_of(asked) == 403


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("s3", lambda s3: s3.get_object(Bucket="lake", Key="open/a.csv"), "ExpiredToken"),
        ("glue", lambda glue: glue.get_databases(), "ExpiredTokenException"),
        ("sns", lambda sns: sns.list_topics(), "ExpiredToken"),
    ],
)
def test_session_whose_time_is_over_may_do_nothing(place, lake, service, call, code):
    arn = place.role(f"late-{service}", ("*", "*"))
    assert call(place.client(service, key=place.as_role(arn)))
    late = place.client(service, key=place.as_role(arn, timedelta(0)))
    assert refusal(lambda: call(late)) == code


def test_crawl_goes_as_its_role_of_the_emulator_behind(place, lake):
    for name, may, status in (("may", "s3:*", "SUCCEEDED"), ("may-not", "s3:PutObject", "FAILED")):
        place.role(f"crawl-{name}", (["glue:*", "logs:*", may], "*"))
        assert crawl_of(place.client("glue"), f"crawl-{name}")["Status"] == status
    assert refusal(
        lambda: place.client("glue", key=place.as_role(place.role("no-glue", ("s3:*", "*")))).get_databases()
    ) == ("AccessDeniedException")


def test_users_own_aws_settings_and_proxy_count_for_nothing(place, lake, tmp_path, monkeypatch):
    for name, value in (("AWS_PROFILE", "none-such"), ("HTTP_PROXY", "http://127.0.0.1:9"), ("NO_PROXY", "")):
        monkeypatch.setenv(name, value)
        monkeypatch.setenv(name.lower() if "PROXY" in name else name, value)
    role = place.role("of-anybody", (["s3:*", "glue:*", "logs:*"], "*"))
    with gateway(tmp_path, place.backend) as glue:
        assert crawl_of(glue, role)["Status"] == "SUCCEEDED"


@contextmanager
def gateway(folder, backend):
    """The Glue of another gateway."""
    server = serve(0, folder, backend)
    try:
        yield Place(server.url, backend, None).client("glue")
    finally:
        server.close()


def crawl_of(glue, role):
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
        assert crawl_of(glue, "nobody-made-it")["Status"] == "SUCCEEDED"


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


def test_emulator_without_iam_is_said_to_have_none(no_aws, tmp_path):
    server = serve(0, tmp_path, no_aws)
    try:
        crawl = crawl_of(Place(server.url, no_aws, None).client("glue"), "etl")
        server.apis["glue"].guard.ledger.deny("arn:aws:iam::000000000000:role/etl", "s3:GetObject", {"*": "no"})
        assert status_of(urllib.request.Request(f"{server.url}/_glue/iam")) == 503
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


def test_rule_that_the_emulator_forgot_has_no_targets_when_it_is_made_again(place):
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
        ("127.0.0.1:5000", "no URL of a server"),
        ("http://127.0.0.1:5000/prefix", "has a path"),
        ("http://localhost:4599", "is this server itself"),
    ],
)
def test_url_of_a_backend_that_cannot_be_one_is_refused(tmp_path, url, words):
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

"""What the stand-alone host makes of requests, and of faults of its own; here is the moto that it is made for."""

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.cloudwatch.models import Alarm
from moto.core.config import default_user_config
from moto.core.request import Request
from moto.events import models as events
from moto.events.responses import EventsHandler
from moto.events.utils import EventTemplateParser
from moto.s3.models import FakeBucket
from werkzeug import Response
from werkzeug.test import Client, EnvironBuilder

if (SOURCE := str(Path(__file__).parents[3] / "tooling/localstack_glue/src")) not in sys.path:
    sys.path.append(SOURCE)  # the service is a separate distribution

from localstack_glue.hosts.standalone import alarm_actions, moto_additions
from localstack_glue.hosts.standalone.calls import identify_call, read_caller
from localstack_glue.hosts.standalone.gateway import Gateway
from localstack_glue.hosts.standalone.moto_backend import MotoBackend, deliver_to_workflows_and_topics
from localstack_glue.iam.guard import RoleGuard
from localstack_glue.iam.policy import parse
from localstack_glue.iam.roles import RoleState
from localstack_glue.service.errors import EntityNotFoundException

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

    gateway = Gateway({"glue": Api()}, None, None, lambda *_: Response(), None)
    answer = Client(gateway).post("/", headers=HEADERS, data="{}")
    assert (answer.status_code, json.loads(answer.data)["__type"]) == (status, code)


def test_role_that_may_delete_only_some_objects_hears_of_each(monkeypatch):
    for owner, name in ((EventsHandler, "test_event_pattern"), (FakeBucket, "get_permission")):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # moto's own at the end
    monkeypatch.setitem(default_user_config, "iam", default_user_config["iam"])
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
        boto3.client("s3", region_name="us-east-1", **dict(list(KEYS.items())[:2])).create_bucket(Bucket="lake")
        answer = Client(gateway).post("/lake?delete", headers=headers, data=asked)
    assert answer.status_code == 200
    assert "<Deleted><Key>a</Key></Deleted>" in answer.text.replace("\n", "").replace(" ", "")
    assert "<Error><Key>b</Key><Code>AccessDenied</Code>" in answer.text


def test_key_that_iam_or_sts_made_acts_in_its_account(monkeypatch):
    for owner, name in ((EventsHandler, "test_event_pattern"), (FakeBucket, "get_permission")):
        monkeypatch.setattr(owner, name, getattr(owner, name))  # moto's own at the end
    monkeypatch.setitem(default_user_config, "iam", {"load_aws_managed_policies": False})
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


KEYS = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "eu-central-1"}


@pytest.fixture
def topic_and_messages():
    """A topic, and what it has been told since the last question."""
    with mock_aws():
        topics, queues = (boto3.client(name, **KEYS) for name in ("sns", "sqs"))
        topic = topics.create_topic(Name="told")["TopicArn"]
        queue = queues.create_queue(QueueName="told")["QueueUrl"]
        arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})

        def received():
            messages = queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
            return [json.loads(message["Body"]) for message in messages]

        yield topic, received


@pytest.fixture
def texts_sent(topic_and_messages, monkeypatch):
    """Texts that a topic was sent, each by the rule that its target names, of an event at noon."""
    monkeypatch.setattr(events.Rule, "send_to_targets", events.Rule.send_to_targets)  # back to moto's own at the end
    deliver_to_workflows_and_topics(None)
    bus, (topic, received) = boto3.client("events", **KEYS), topic_and_messages

    def send(**rule):
        bus.put_rule(Name="rule", **rule)
        bus.put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": topic}])
        bus.put_events(Entries=[{"Source": "mine", "DetailType": "d", "Detail": "{}", "Time": MOMENT}])
        return received()

    return send


MINE = json.dumps({"source": ["mine"]})


def test_event_is_sent_with_its_time_in_words(texts_sent):
    (event,) = texts_sent(EventPattern=MINE)
    assert (event["time"], event["source"]) == ("2026-03-10T12:00:00Z", "mine")
    assert "ingestion-time" not in event


def test_queue_receives_what_its_target_makes_of_an_event(monkeypatch):
    monkeypatch.setattr(events.Rule, "send_to_targets", events.Rule.send_to_targets)
    deliver_to_workflows_and_topics(None)
    # moto's own needs a package that is in the environment of the service alone
    monkeypatch.setattr(EventTemplateParser, "parse", lambda *, input_template, **_: json.loads(input_template))
    transformer = {"InputTemplate": '{"from": "mine"}'}
    with mock_aws():
        bus, queues = (boto3.client(name, **KEYS) for name in ("events", "sqs"))
        queue = queues.create_queue(QueueName="told")["QueueUrl"]
        arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        bus.put_rule(Name="rule", EventPattern=MINE)
        bus.put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": arn, "InputTransformer": transformer}])
        bus.put_events(Entries=[{"Source": "mine", "DetailType": "d", "Detail": "{}", "Time": MOMENT}])
        (message,) = queues.receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"]) == {"from": "mine"}


@pytest.mark.parametrize("rule", [{"EventPattern": MINE, "State": "DISABLED"}, {"ScheduleExpression": "rate(1 day)"}])
def test_rule_that_is_disabled_or_only_has_a_schedule_sends_nothing(texts_sent, rule):
    assert texts_sent(**rule) == []


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ({"source": ["quartal"], "detail": {"rows": [{"numeric": [">", 2]}]}}, True),
        ({"detail": {"message": [{"anything-but": {"wildcard": "*QuartalError: *"}}, {"exists": False}]}}, True),
        ({"source": ["aws.glue"]}, False),
        ({"detail": {"summary": [{"prefix": "bad"}]}}, False),
    ],
)
def test_event_is_tested_against_a_pattern(monkeypatch, pattern, fits):
    monkeypatch.setattr(EventsHandler, "test_event_pattern", EventsHandler.test_event_pattern)
    moto_additions.add()
    event = {"source": "quartal", "detail-type": "d", "detail": {"rows": 3}, "resources": []}
    about = {"id": "1", "account": "1", "region": "eu-central-1", "time": "2026-01-01T00:00:00Z"}
    with mock_aws():
        asked = {"EventPattern": json.dumps(pattern), "Event": json.dumps(event | about)}
        events_client = boto3.client("events", **KEYS)
        assert events_client.test_event_pattern(**asked)["Result"] is fits
        with pytest.raises(ClientError, match="Event is not valid"):
            events_client.test_event_pattern(EventPattern=asked["EventPattern"], Event="{")


@pytest.fixture
def alarms(topic_and_messages, monkeypatch):
    """An alarm over the share of bad rows that tells a topic, and is quiet so far; CloudWatch."""
    monkeypatch.setattr(Alarm, "update_state", Alarm.update_state)
    for _ in range(2):  # two servers of one process tell it once
        alarm_actions.publish_to_topics()
    cloudwatch, (topic, _) = boto3.client("cloudwatch", **KEYS), topic_and_messages
    cloudwatch.put_metric_alarm(
        AlarmName="bad:rows",
        AlarmDescription="Too many. quartal explain",
        MetricName="Share",
        Namespace="Lake",
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0.05,
        ComparisonOperator="GreaterThanThreshold",
        Dimensions=[{"Name": "dataset", "Value": "cars"}],
        AlarmActions=[topic, "arn:aws:lambda:eu-central-1:123456789012:function:f"],
        OKActions=["arn:aws:sns:eu-central-1:123456789012:gone"],
    )
    return cloudwatch


def test_alarm_notifies_its_topics_once_per_state_change(alarms, topic_and_messages):
    _, received = topic_and_messages
    for _ in range(2):
        alarms.set_alarm_state(AlarmName="bad:rows", StateValue="ALARM", StateReason="0.2 is greater than 0.05")
    (message,) = received()
    named = ("AlarmName", "NewStateValue", "OldStateValue", "NewStateReason", "AlarmDescription", "Region")
    assert {name: message[name] for name in named} == {
        "AlarmName": "bad:rows",
        "NewStateValue": "ALARM",
        "OldStateValue": "OK",
        "NewStateReason": "0.2 is greater than 0.05",
        "AlarmDescription": "Too many. quartal explain",
        "Region": "Europe (Frankfurt)",
    }
    assert message["Trigger"]["Dimensions"] == [{"name": "dataset", "value": "cars"}]
    assert (message["Trigger"]["Statistic"], message["Trigger"]["Threshold"]) == ("MAXIMUM", 0.05)
    alarms.set_alarm_state(AlarmName="bad:rows", StateValue="OK", StateReason="there is no such topic")
    assert received() == []


def test_alarm_with_disabled_actions_notifies_nobody(alarms, topic_and_messages):
    _, received = topic_and_messages
    alarms.disable_alarm_actions(AlarmNames=["bad:rows"])
    alarms.set_alarm_state(AlarmName="bad:rows", StateValue="ALARM", StateReason="0.2")
    assert received() == []

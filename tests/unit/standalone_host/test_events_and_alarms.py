"""What the stand-alone host adds to moto's events and alarms: they reach topics and queues as on AWS."""

import json
from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.cloudwatch.models import Alarm
from moto.events import models as events
from moto.events.responses import EventsHandler

from localstack_glue.hosts.standalone import alarm_actions, moto_additions
from localstack_glue.hosts.standalone.moto_backend import deliver_to_workflows_and_topics

MOMENT = datetime(2026, 3, 10, 12, tzinfo=UTC)
OWN = "123456789012"  # the account of moto's tests
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


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ({"Input": '{"fixed": 1}'}, {"fixed": 1}),
        ({"InputPath": "$.detail.files"}, ["a <source>"]),
        ({"InputTransformer": {"InputPathsMap": {"who": "$.account"}, "InputTemplate": '{"by": <who>}'}}, {"by": OWN}),
        (
            {},
            {
                "version": "0",
                "detail-type": "d",
                "source": "mine",
                "account": OWN,
                "time": "2026-03-10T12:00:00Z",
                "region": "eu-central-1",
                "resources": [],
                "detail": {"files": ["a <source>"]},
            },
        ),
    ],
)
def test_queue_receives_what_its_target_makes_of_an_event(monkeypatch, target, text):
    monkeypatch.setattr(events.Rule, "send_to_targets", events.Rule.send_to_targets)
    deliver_to_workflows_and_topics(None)
    with mock_aws():
        bus, queues = (boto3.client(name, **KEYS) for name in ("events", "sqs"))
        queue = queues.create_queue(QueueName="told")["QueueUrl"]
        arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        bus.put_rule(Name="rule", EventPattern=MINE)
        lost = {"Id": "2", "Arn": arn.replace("told", "none")}  # fails neither the others nor the sender
        bus.put_targets(Rule="rule", Targets=[lost, {"Id": "1", "Arn": arn, **target}])
        detail = json.dumps({"files": ["a <source>"]})
        sent = bus.put_events(Entries=[{"Source": "mine", "DetailType": "d", "Detail": detail, "Time": MOMENT}])
        (message,) = queues.receive_message(QueueUrl=queue)["Messages"]
    found = json.loads(message["Body"])
    if not target:
        assert found.pop("id") == sent["Entries"][0]["EventId"]
    assert found == text


def test_log_group_receives_the_whole_event(monkeypatch):
    monkeypatch.setattr(events.Rule, "send_to_targets", events.Rule.send_to_targets)
    deliver_to_workflows_and_topics(None)
    with mock_aws():
        bus, logs = (boto3.client(name, **KEYS) for name in ("events", "logs"))
        logs.create_log_group(logGroupName="/told")
        arn = f"arn:aws:logs:eu-central-1:{OWN}:log-group:/told"
        bus.put_rule(Name="rule", EventPattern=MINE)
        bus.put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": arn}])
        detail = json.dumps({"text": "a <source>"})
        bus.put_events(Entries=[{"Source": "mine", "DetailType": "d", "Detail": detail, "Time": MOMENT}])
        (found,) = logs.filter_log_events(logGroupName="/told")["events"]
    event = json.loads(found["message"])
    assert (event["account"], event["detail"], event["time"]) == (OWN, {"text": "a <source>"}, "2026-03-10T12:00:00Z")


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

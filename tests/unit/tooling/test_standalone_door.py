"""What the stand-alone host makes of requests, and of faults of its own; here is the moto that it is made for."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import boto3
import pytest
from moto import mock_aws
from moto.core.request import Request
from moto.events import models as events
from werkzeug import Response
from werkzeug.test import Client, EnvironBuilder

if (SOURCE := str(Path(__file__).parents[3] / "tooling/localstack_glue/src")) not in sys.path:
    sys.path.append(SOURCE)  # the service is a distribution of its own

from localstack_glue.hosts.standalone.calls import call_of, caller_of
from localstack_glue.hosts.standalone.gateway import Gateway
from localstack_glue.hosts.standalone.moto_backend import deliver_to_workflows_and_topics
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
    call = call_of(request, caller_of(request))
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


@pytest.fixture
def texts_sent(monkeypatch):
    """Texts that a topic was sent, each by the rule that its target names, of an event at noon."""
    monkeypatch.setattr(events.Rule, "send_to_targets", events.Rule.send_to_targets)  # back to moto's own at the end
    deliver_to_workflows_and_topics(None)
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "eu-central-1"}
    with mock_aws():
        bus, topics, queues = (boto3.client(name, **keys) for name in ("events", "sns", "sqs"))
        topic = topics.create_topic(Name="told")["TopicArn"]
        queue = queues.create_queue(QueueName="told")["QueueUrl"]
        arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})

        def send(**rule):
            bus.put_rule(Name="rule", **rule)
            bus.put_targets(Rule="rule", Targets=[{"Id": "1", "Arn": topic}])
            bus.put_events(Entries=[{"Source": "mine", "DetailType": "d", "Detail": "{}", "Time": MOMENT}])
            messages = queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
            return [json.loads(message["Body"]) for message in messages]

        yield send


MINE = json.dumps({"source": ["mine"]})


def test_event_is_sent_with_its_time_in_words(texts_sent):
    (event,) = texts_sent(EventPattern=MINE)
    assert (event["time"], event["source"]) == ("2026-03-10T12:00:00Z", "mine")
    assert "ingestion-time" not in event


@pytest.mark.parametrize("rule", [{"EventPattern": MINE, "State": "DISABLED"}, {"ScheduleExpression": "rate(1 day)"}])
def test_rule_that_is_disabled_or_only_has_a_schedule_sends_nothing(texts_sent, rule):
    assert texts_sent(**rule) == []

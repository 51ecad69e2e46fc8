"""State changes on the default event bus, and workflows that events start."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from tests.integration.glue.account import Account, policy, refusal


def test_end_of_a_run_and_new_tables_are_sent_to_eventbridge(account: Account):  # G30
    events, sqs = account.client("events"), account.client("sqs")
    name = account.prefix
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    account.cleanup.callback(sqs.delete_queue, QueueUrl=url)
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    rule = events.put_rule(Name=name, EventPattern=json.dumps({"source": ["aws.glue"]}))["RuleArn"]
    account.cleanup.callback(events.delete_rule, Name=name)
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": _allow(queue, rule)})
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": queue}])
    account.cleanup.callback(events.remove_targets, Rule=name, Ids=["queue"])
    job, database = account.job(), account.database()
    account.glue.create_table(DatabaseName=database, TableInput={"Name": "cars"})

    run = account.run(job)

    heard: list[dict] = []

    def listen() -> list[dict]:
        for message in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
            heard.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return heard

    def job_events() -> list[dict]:
        return [event["detail"] for event in heard if event["detail-type"] == "Glue Job State Change"]

    def tables() -> list[dict]:
        kinds = [event for event in heard if event["detail-type"] == "Glue Data Catalog Database State Change"]
        return [event["detail"] for event in kinds if event["detail"].get("databaseName") == database]

    account.wait(
        listen,
        lambda _: any(detail["jobRunId"] == run["Id"] for detail in job_events()) and bool(tables()),
        "the events",
    )
    told = next(detail for detail in job_events() if detail["jobRunId"] == run["Id"])
    assert (told["jobName"], told["state"]) == (job, "SUCCEEDED")
    assert "cars" in [name for detail in tables() for name in detail.get("changedTables", [])]


def started_by_events(account: Account, **batching: int) -> tuple[str, Callable[[], str]]:
    """A workflow that events start, and what sends it one and returns its id."""
    workflow, source = account.workflow(), f"conformance.{uuid.uuid4().hex}"
    account.trigger("EVENT", {"JobName": account.job()}, WorkflowName=workflow, EventBatchingCondition=batching)
    account.rule_that_notifies(workflow, {"source": [source]})

    def send() -> str:
        entry = {"Source": source, "DetailType": "arrival", "Detail": "{}"}
        sent: str = account.client("events").put_events(Entries=[entry])["Entries"][0]["EventId"]
        return sent

    return workflow, send


def list_runs(account: Account, workflow: str) -> list[dict[str, Any]]:
    """The runs of a workflow, newest first."""
    found: list[dict[str, Any]] = account.glue.get_workflow_runs(Name=workflow)["Runs"]
    return found


def event_ids(run: dict[str, Any]) -> list[str]:
    return sorted(run["WorkflowRunProperties"]["aws:eventIds"].strip("[]").split(", "))


def test_full_batches_of_events_start_runs_of_a_workflow(account: Account):  # G32
    workflow, send = started_by_events(account, BatchSize=2)

    first = sorted((send(), send()))
    (run,) = account.wait(lambda: list_runs(account, workflow), bool, "the run of the first two events")
    done = account.wait_for_workflow_run(workflow, run["WorkflowRunId"])
    assert (done["Status"], done["Statistics"]["SucceededActions"]) == ("COMPLETED", 1)
    second = sorted((send(), send()))
    runs = account.wait(lambda: list_runs(account, workflow), lambda runs: len(runs) == 2, "the run of the next two")

    assert [event_ids(run) for run in runs] == [second, first]
    assert [run["StartingEventBatchCondition"]["BatchSize"] for run in runs] == [2, 2]


def test_event_that_stays_alone_starts_a_run_when_its_window_is_over(account: Account, clock: Any):  # G32
    workflow, send = started_by_events(account, BatchSize=10, BatchWindow=60)

    sent = send()
    (run,) = account.wait(
        lambda: (clock({"advance_seconds": 61}), list_runs(account, workflow))[1], bool, "the end of the window"
    )

    assert event_ids(run) == [sent]
    assert run["StartingEventBatchCondition"]["BatchWindow"] == 60
    assert not run["StartingEventBatchCondition"].get("BatchSize")


def test_event_triggers_are_neither_started_nor_stopped_by_hand(account: Account):  # G3, G32
    glue, workflow = account.glue, account.workflow()
    trigger = account.trigger("EVENT", {"JobName": "j"}, WorkflowName=workflow)

    assert refusal(glue.start_trigger, Name=trigger) == "InvalidInputException"
    assert refusal(glue.stop_trigger, Name=trigger) == "InvalidInputException"
    assert glue.get_trigger(Name=trigger)["Trigger"]["State"] == "CREATED"


def test_workflow_is_no_target_without_a_role(account: Account):  # G32
    events, name = account.client("events"), account.name("rule")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    account.cleanup.callback(events.delete_rule, Name=name)
    target = {"Id": "workflow", "Arn": account.workflow_arn(account.workflow())}

    assert refusal(events.put_targets, Rule=name, Targets=[target]) == "ValidationException"


def _allow(queue: str, rule: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    return policy(statement)

"""State changes on the default event bus."""

from __future__ import annotations

import json

from tests.integration.glue.account import Account, policy


def test_end_of_a_run_and_new_tables_are_told_to_eventbridge(account: Account):  # G30
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


def _allow(queue: str, rule: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    return policy(statement)

"""Messages of the pipeline: about runs, failures, bad rows, and features that are overdue."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.integration.deployment import Pipeline
from tests.integration.overdue import OverdueCheck, check_made_due_by_hand

ASKED = ["NoteNewestRun", "WaitUntilDue", "FindNewestRun", "SucceededSinceScheduled"]


@pytest.fixture(scope="module")
def overdue_check(pipeline: Pipeline, client: Callable[[str], Any]) -> Iterator[OverdueCheck]:
    with check_made_due_by_hand(client("stepfunctions"), f"{pipeline.workspace.deployment.job}-overdue") as check:
        yield check


def test_run_without_new_files_publishes_nothing_and_is_reported_as_in_time(
    pipeline, manifest, catalog, overdue_check, alert_with
):
    deployment = pipeline.workspace.deployment
    name = (deployment.database, deployment.features_table())
    before = catalog.load_table(name).current_snapshot().snapshot_id
    check = overdue_check.start()
    again = pipeline.run()
    assert overdue_check.finish(check) == [*ASKED, "InTime"]
    told = alert_with(again["run_id"])
    assert "The run of vehicle_sightings ended as SUCCEEDED" in told
    assert "Nothing new: the tables are unchanged." in told
    assert told.strip('"').endswith("quartal explain --env localstack")
    assert again["deliveries"] == []
    assert again["published_anything"] is False
    assert catalog.load_table(name).current_snapshot().snapshot_id == before


def test_failed_run_is_notified_with_its_reason_and_the_explain_command(pipeline, client, alert_with):  # G30
    job = pipeline.workspace.deployment.job
    detail = {"jobName": job, "jobRunId": "jr_1", "state": "FAILED", "message": "ContractError: no header"}
    event = {"Source": "aws.glue", "DetailType": "Glue Job State Change", "Detail": json.dumps(detail)}
    client("events").put_events(Entries=[event])
    message = alert_with("ContractError: no header")
    assert f"The job {job} ended as FAILED" in message
    assert "quartal explain --env localstack" in message


def test_failure_notified_by_the_run_is_not_notified_again_by_glue(pipeline, client):  # G29, G30
    events, job = client("events"), pipeline.workspace.deployment.job
    (pattern,) = (rule["EventPattern"] for rule in events.list_rules()["Rules"] if rule["Name"].endswith("-job-ended"))

    def is_told(**message: str) -> bool:
        detail = {"jobName": job, "jobRunId": "jr_1", "state": "FAILED", **message}
        about = {"id": "1", "account": "000000000000", "region": "us-east-1", "time": "2026-01-01T00:00:00Z"}
        event = {**about, "source": "aws.glue", "detail-type": "Glue Job State Change", "detail": detail}
        return events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event | {"resources": []}))["Result"]

    assert not is_told(message="SystemExit: QuartalJobError: delivery d1: 2 of 3 rows are bad")
    assert is_told(message="SystemExit: QuartalJobError (no event of the run): missing argument --dataset")
    assert is_told(message="Command failed with exit code 137")
    assert is_told()


def test_run_event_has_the_failure_and_the_other_findings(pipeline, client, alert_with):
    deployment = pipeline.workspace.deployment
    detail = {"dataset": deployment.dataset, "database": deployment.database, "runId": "wr_1", "status": "FAILED"}
    detail |= {
        "summary": "delivery d1: 2 of 3 rows are bad",
        "needs": "Needs attention: 1 problem. (1) problem: The data ends.",
    }
    event = {"Source": "quartal", "DetailType": "Quartal Run Finished", "Detail": json.dumps(detail)}
    client("events").put_events(Entries=[event])
    message = alert_with("2 of 3 rows are bad")
    parts = (
        f"The run of {deployment.dataset} ended as FAILED at ",
        "(run wr_1). delivery d1: 2 of 3 rows are bad",
        detail["needs"],
        "What happened and what to do: quartal explain --env localstack",
    )
    places = [message.find(part) for part in parts]
    assert -1 not in places, message
    assert places == sorted(places)


def test_too_many_quarantined_rows_are_notified_with_the_limit_and_the_explain_command(pipeline, client, alert_with):
    alarms, prefix = client("cloudwatch"), pipeline.workspace.deployment.job
    (name,) = (
        alarm["AlarmName"]
        for alarm in alarms.describe_alarms()["MetricAlarms"]
        if alarm["MetricName"] == "QuarantineShare" and alarm["AlarmName"].startswith(prefix)
    )
    alarms.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="0.2 is greater than 0.05")
    message = json.loads(alert_with(name))
    assert message["NewStateValue"] == "ALARM"
    assert "quarantined more than a share of 0.05 of its rows" in message["AlarmDescription"]
    assert message["AlarmDescription"].endswith("quartal explain --env localstack")


def test_missing_run_is_notified_when_the_features_are_due(pipeline, manifest, overdue_check, alert_with):
    # the run before the schedule fired has succeeded, and does not count
    assert overdue_check.finish(overdue_check.start()) == [*ASKED, "Tell"]
    job = pipeline.workspace.deployment.job
    message = alert_with("are due")
    assert f"no run of {job} is known to have succeeded since 2024-01-08T02:00:00Z" in message
    assert message.endswith("quartal explain --env localstack")

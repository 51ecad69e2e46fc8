"""What EventBridge is sent_events (G30)."""

import json
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from localstack_glue.events import glue_events
from localstack_glue.events.bus import EventBus
from localstack_glue.service.account_region import Scope
from localstack_glue.service.models import CrawlState, JobRunState
from localstack_glue.service.signals import CrawlSignals, JobSignals

SCOPE = Scope("111122223333", "eu-central-1")
DATABASE = "Glue Data Catalog Database State Change"
TABLE = "Glue Data Catalog Table State Change"


@pytest.fixture
def sent_events(glue):
    """All that would be sent."""
    sent: list[tuple[str, dict[str, Any]]] = []
    bus = EventBus(SimpleNamespace(), glue.crawl_signals, glue.job_signals)  # type: ignore[arg-type]
    bus.send = lambda _scope, event: sent.append((event.detail_type, event.detail)) if event else None  # type: ignore[method-assign]
    return sent


@pytest.mark.parametrize(
    ("state", "error", "severity", "message"),
    [
        ("SUCCEEDED", None, "INFO", "Job run succeeded"),
        ("FAILED", "ValueError: no", "ERROR", "ValueError: no"),
        ("TIMEOUT", None, "WARN", "Job run timed out"),
        ("STOPPED", None, "INFO", "Job run stopped"),
    ],
)
def test_end_of_a_job_run_is_sent_as_an_event(glue, sent_events, state, error, severity, message):  # G30
    glue.add_job("etl")
    run_id = glue.jobs.start(glue.scope, {"JobName": "etl"})["JobRunId"]
    glue.end_job(state, error)
    detail = {"jobName": "etl", "severity": severity, "state": state, "jobRunId": run_id, "message": message}
    assert sent_events == [("Glue Job State Change", detail)]


def test_each_attempt_is_sent_as_an_event(glue, sent_events):  # G27, G30
    glue.add_job("etl", MaxRetries=1)
    glue.jobs.start(glue.scope, {"JobName": "etl"})
    glue.end_job("FAILED", "no")
    glue.end_job("SUCCEEDED")
    assert [detail["state"] for _, detail in sent_events] == ["FAILED", "SUCCEEDED"]


def test_run_above_the_limit_of_a_trigger_is_sent_as_an_event(glue, sent_events):  # G27, G30
    glue.add_job("etl")
    glue.add_trigger("go", "ON_DEMAND", [{"JobName": "etl"}])
    glue.triggers.start(glue.scope, {"Name": "go"})
    glue.triggers.start(glue.scope, {"Name": "go"})
    assert [(detail["state"], detail["message"]) for _, detail in sent_events] == [
        ("FAILED", "Exceeded maximum concurrent runs")
    ]


def test_end_without_an_event_on_aws_sends_none(glue):
    glue.add_job("etl")
    glue.jobs.start(glue.scope, {"JobName": "etl"})
    run = glue.job_executor.started[-1][1]
    run.state = JobRunState.ERROR
    assert glue_events.job_run_ended(run) is None


def test_long_run_is_sent_as_an_event_once(glue, sent_events):  # G30
    glue.add_job("etl", NotificationProperty={"NotifyDelayAfter": 1e-4})
    threads = {thread.ident for thread in threading.enumerate()}
    glue.jobs.start(glue.scope, {"JobName": "etl"})
    for thread in threading.enumerate():
        if thread.ident not in threads:
            thread.join(5)
    ((detail_type, detail),) = sent_events
    assert (detail_type, detail["state"], detail["message"]) == (
        "Glue Job Run Status",
        "RUNNING",
        "Job is in RUNNING state",
    )
    assert detail["notificationCondition"] == {"NotifyDelayAfter": 1e-4}


def test_crawl_is_sent_as_events_at_its_start_and_end(glue, sent_events):  # G30
    glue.add_crawler("raw")
    glue.crawlers.start(glue.scope, {"Name": "raw"})
    glue.end_crawl()
    (started_type, started), (_, ended) = sent_events
    assert (started_type, started) == (
        "Glue Crawler State Change",
        {
            "accountId": "000000000000",
            "crawlerName": "raw",
            "startTime": "2026-01-01T00:00:00Z",
            "state": "Started",
            "message": "Crawler Started",
        },
    )
    assert (ended["state"], ended["tablesCreated"], ended["partitionsCreated"]) == ("Succeeded", "0", "0")


def test_failed_crawl_sends_its_reason_and_a_stopped_one_nothing(glue, sent_events):  # G30
    glue.add_crawler("raw")
    glue.crawlers.start(glue.scope, {"Name": "raw"})
    crawl = glue.crawl_executor.started[-1][1]
    crawl.error_message = "no such bucket"
    glue.end_crawl("FAILED")
    assert (sent_events[-1][1]["state"], sent_events[-1][1]["errorMessage"]) == ("Failed", "no such bucket")
    crawl.state = CrawlState.CANCELLED
    assert glue_events.crawl_ended(glue.scope, crawl) is None


@pytest.mark.parametrize(
    ("operation", "request_", "detail_type", "change"),
    [
        ("CreateDatabase", {"DatabaseInput": {"Name": "lake"}}, DATABASE, {}),
        ("DeleteDatabase", {"Name": "lake"}, DATABASE, {}),
        ("CreateTable", {"DatabaseName": "lake", "TableInput": {"Name": "t"}}, DATABASE, {"changedTables": ["t"]}),
        ("DeleteTable", {"DatabaseName": "lake", "Name": "t"}, DATABASE, {"changedTables": ["t"]}),
        ("UpdateTable", {"DatabaseName": "lake", "TableInput": {"Name": "t"}}, TABLE, {"tableName": "t"}),
        (
            "BatchCreatePartition",
            {
                "DatabaseName": "lake",
                "TableName": "t",
                "PartitionInputList": [{"Values": ["a", "b"]}, {"Values": ["c"]}],
            },
            TABLE,
            {"tableName": "t", "changedPartitions": ["[a, b]", "[c]"]},
        ),
        (
            "UpdatePartition",
            {
                "DatabaseName": "lake",
                "TableName": "t",
                "PartitionValueList": ["a"],
                "PartitionInput": {"Values": ["b"]},
            },
            TABLE,
            {"tableName": "t", "changedPartitions": ["[a]"]},
        ),
        (
            "DeletePartition",
            {"DatabaseName": "lake", "TableName": "t", "PartitionValues": ["a"]},
            TABLE,
            {"tableName": "t", "changedPartitions": ["[a]"]},
        ),
    ],
)
def test_change_of_the_catalog_is_sent_as_an_event(operation, request_, detail_type, change):  # G30
    (event,) = glue_events.catalog_changed(SCOPE, operation, request_, {})
    assert (event.detail_type, event.detail) == (
        detail_type,
        {"typeOfChange": operation, "databaseName": "lake", **change},
    )


def test_failed_part_of_a_batch_is_not_sent_as_an_event():  # G30
    request = {"DatabaseName": "lake", "TablesToDelete": ["a", "b"]}
    (event,) = glue_events.catalog_changed(SCOPE, "BatchDeleteTable", request, {"Errors": [{"TableName": "a"}]})
    assert event.detail["changedTables"] == ["b"]


def test_many_changes_are_sent_in_several_events():  # G30
    partitions = [{"Values": [str(number)]} for number in range(101)]
    request = {"DatabaseName": "lake", "TableName": "t", "PartitionInputList": partitions}
    events = list(glue_events.catalog_changed(SCOPE, "BatchCreatePartition", request, {}))
    assert [len(event.detail["changedPartitions"]) for event in events] == [100, 1]


class FakeEvents:
    """Takes events; the first one breaks it."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self.is_done = threading.Event()

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.entries += Entries
        if len(self.entries) == 1:
            raise RuntimeError("the bus is down")
        self.is_done.set()
        return {"FailedEntryCount": 0}

    def close(self) -> None:
        pass


def test_events_are_sent_and_a_failure_keeps_none_back():
    events = FakeEvents()
    bus = EventBus(SimpleNamespace(of_account=lambda _service, _scope: events), CrawlSignals(), JobSignals())  # type: ignore[arg-type]
    bus.send(SCOPE, glue_events.Event("first", {}))
    bus.send(SCOPE, glue_events.Event("second", {"a": 1}, ("arn:x",)))
    assert events.is_done.wait(5)
    bus.close()
    assert events.entries[-1] == {
        "Source": "aws.glue",
        "DetailType": "second",
        "Detail": json.dumps({"a": 1}),
        "Resources": ["arn:x"],
    }

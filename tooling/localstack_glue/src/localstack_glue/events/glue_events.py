"""Glue's events in AWS's own shapes (G30).

Source: docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html and its examples.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from localstack_glue.service.account_region import Scope
from localstack_glue.service.models import Crawl, CrawlState, JobRun, JobRunState, JsonDict

MAX_CHANGES = 100  # tables or partitions in one event
_JOB_ENDS = {
    JobRunState.SUCCEEDED: ("INFO", "Job run succeeded"),
    JobRunState.FAILED: ("ERROR", "Job run failed"),
    JobRunState.TIMEOUT: ("WARN", "Job run timed out"),
    JobRunState.STOPPED: ("INFO", "Job run stopped"),
}
_DATABASE_CHANGES = ("CreateDatabase", "DeleteDatabase", "CreateTable", "DeleteTable", "BatchDeleteTable")
_TABLE_CHANGES = (
    "UpdateTable",
    "CreatePartition",
    "BatchCreatePartition",
    "UpdatePartition",
    "BatchUpdatePartition",
    "DeletePartition",
    "BatchDeletePartition",
)


@dataclass(frozen=True, slots=True)
class Event:
    """An event of source `aws.glue`."""

    detail_type: str
    detail: JsonDict
    resources: tuple[str, ...] = field(default=())


def job_run_ended(run: JobRun) -> Event | None:
    """Glue Job State Change; None for a state for which AWS sends no event."""
    if run.state not in _JOB_ENDS:
        return None
    severity, message = _JOB_ENDS[run.state]
    return Event(
        "Glue Job State Change",
        {
            "jobName": run.job_name,
            "severity": severity,
            "state": run.state.value,
            "jobRunId": run.run_id,
            "message": run.error_message or message,
        },
    )


def job_run_delayed(run: JobRun, delay_min: float) -> Event:
    """Glue Job Run Status: a run takes longer than its NotifyDelayAfter."""
    return Event(
        "Glue Job Run Status",
        {
            "jobName": run.job_name,
            "severity": "INFO",
            "notificationCondition": {"NotifyDelayAfter": float(delay_min)},
            "state": run.state.value,
            "jobRunId": run.run_id,
            "message": f"Job is in {run.state.value} state",
            "startedOn": _moment(run.started_on),
        },
    )


def crawl_started(scope: Scope, crawl: Crawl) -> Event:
    """Glue Crawler State Change: Started."""
    return Event(
        "Glue Crawler State Change",
        {
            "accountId": scope.account_id,
            "crawlerName": crawl.crawler_name,
            "startTime": _moment(crawl.started_on),
            "state": "Started",
            "message": "Crawler Started",
        },
    )


def crawl_ended(scope: Scope, crawl: Crawl) -> Event | None:
    """Glue Crawler State Change: Succeeded or Failed; None for a crawl that was stopped."""
    common = {
        "accountId": scope.account_id,
        "crawlerName": crawl.crawler_name,
        "cloudWatchLogLink": _log_link(scope, crawl),
    }
    if crawl.state is CrawlState.SUCCEEDED:
        # the counts are texts on AWS too
        return Event(
            "Glue Crawler State Change",
            common
            | {
                "state": "Succeeded",
                "message": "Crawler Succeeded",
                "warningMessage": "N/A",
                "completionDate": _moment(crawl.ended_on or crawl.started_on),
                "runningTime (sec)": str(round(crawl.runtime_s)),
                "tablesCreated": str(crawl.tables_created),
                "tablesUpdated": str(crawl.tables_updated),
                "tablesDeleted": str(crawl.tables_deleted),
                **_partition_counts(crawl),
            },
        )
    if crawl.state in (CrawlState.FAILED, CrawlState.ERROR):
        error = crawl.error_message or "Internal Service Exception"
        failure = {"state": "Failed", "message": "Crawler Failed", "errorMessage": error}
        return Event("Glue Crawler State Change", common | failure)
    return None


def catalog_changed(
    scope: Scope, operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]
) -> Iterator[Event]:
    """Glue Data Catalog Database State Change and Table State Change, for calls for which AWS sends events."""
    database = request.get("DatabaseName") or request.get("Name") or (request.get("DatabaseInput") or {}).get("Name")
    detail = {"typeOfChange": operation, "databaseName": database}
    if operation in _DATABASE_CHANGES:
        resources = (scope.arn("database", str(database)),)
        if operation.endswith("Database"):
            yield Event("Glue Data Catalog Database State Change", detail, resources)
        for tables in _pieces(_tables(operation, request, answer)):
            yield Event("Glue Data Catalog Database State Change", detail | {"changedTables": tables}, resources)
    elif operation in _TABLE_CHANGES:
        table = request.get("TableName") or (request.get("TableInput") or {}).get("Name")
        detail["tableName"] = table
        resources = (scope.arn("table", f"{database}/{table}"),)
        if operation == "UpdateTable":
            yield Event("Glue Data Catalog Table State Change", detail, resources)
        for partitions in _pieces(_partitions(request, answer)):
            yield Event("Glue Data Catalog Table State Change", detail | {"changedPartitions": partitions}, resources)


def is_catalog_change(operation: str) -> bool:
    """Whether a call can change something for which AWS sends events."""
    return operation in _DATABASE_CHANGES or operation in _TABLE_CHANGES


def _partition_counts(crawl: Crawl) -> dict[str, str]:
    """How many partitions a crawl changed, by its summary."""
    counts = json.loads(crawl.summary).get("PARTITION", {}) if crawl.summary else {}
    names = {"partitionsCreated": "ADD", "partitionsUpdated": "UPDATE", "partitionsDeleted": "DELETE"}
    return {name: str(counts.get(member, 0)) for name, member in names.items()}


def _tables(operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    if operation == "BatchDeleteTable":
        refused = {error.get("TableName") for error in answer.get("Errors") or ()}
        return [name for name in request.get("TablesToDelete") or () if name not in refused]
    name = (request.get("TableInput") or {}).get("Name") if operation == "CreateTable" else request.get("Name")
    return [str(name)] if name and operation.endswith("Table") else []


def _partitions(request: Mapping[str, Any], answer: Mapping[str, Any]) -> list[str]:
    """The values of partitions that a call changed, in Java's spelling of a list, as AWS writes them."""
    changed = [
        request.get("PartitionValues"),
        request.get("PartitionValueList"),
        None if request.get("PartitionValueList") else (request.get("PartitionInput") or {}).get("Values"),
        *(item.get("Values") for item in request.get("PartitionInputList") or ()),
        *(item.get("Values") for item in request.get("PartitionsToDelete") or ()),
        *(item.get("PartitionValueList") for item in request.get("Entries") or ()),
    ]
    refused = [error.get("PartitionValues") or error.get("PartitionValueList") for error in answer.get("Errors") or ()]
    return [f"[{', '.join(map(str, values))}]" for values in changed if values and values not in refused]


def _pieces(items: Sequence[str]) -> Iterator[list[str]]:
    for start in range(0, len(items), MAX_CHANGES):
        yield list(items[start : start + MAX_CHANGES])


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _log_link(scope: Scope, crawl: Crawl) -> str:
    console = f"https://console.aws.amazon.com/cloudwatch/home?region={scope.region}"
    return f"{console}#logEventViewer:group={crawl.log_group};stream={crawl.crawler_name}"

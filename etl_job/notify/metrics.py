"""A run's outcome as CloudWatch metrics, for alarms and dashboards: names and dimensions are an interface.

``docs/reference/outputs.md`` lists them. A put that fails is reported and does not fail the run, which is published.
"""

from datetime import date
from typing import TYPE_CHECKING

from botocore.config import Config

from etl_job.failure_reasons import failure_cause
from etl_job.findings.model import Level
from etl_job.notify.ended_run import EndedRun

if TYPE_CHECKING:
    import boto3
    from mypy_boto3_cloudwatch.type_defs import MetricDatumTypeDef

    from etl_job.manifest.model import RunManifest

NAMESPACE = "Quartal"
# A region without CloudWatch, or a network without a way to it, must not hold a finished run up.
CLIENT_CONFIG = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2, "mode": "standard"})


def put_metrics(session: "boto3.Session", run: EndedRun) -> str | None:
    """Put the run's metrics in one request; return why it failed, or None."""
    try:
        client = session.client("cloudwatch", config=CLIENT_CONFIG)
        client.put_metric_data(Namespace=NAMESPACE, MetricData=metric_data(run))
    except Exception as error:  # also for an incomplete response: a published run must not be reported as failed
        return failure_cause(error)
    return None


def metric_data(run: EndedRun) -> "list[MetricDatumTypeDef]":
    """One value for each metric. Rows only if the run accounted for them; a share only if there were rows."""
    manifest, totals = run.manifest, run.manifest.totals
    levels = [finding.level for finding in run.findings]
    counts = {
        "RowsIn": totals.rows_in,
        "RowsKept": totals.kept,
        "RowsQuarantined": totals.quarantined,
        "RowsDuplicate": totals.duplicates,
        "RowsWarned": totals.warned,
    }
    data = [
        _datum(manifest, "DurationSeconds", manifest.seconds, "Seconds"),
        _datum(manifest, "Problems", levels.count(Level.PROBLEM), "Count"),
        _datum(manifest, "Warnings", levels.count(Level.WARNING), "Count"),
    ]
    if run.facts.last_day is not None:
        age = run.facts.now.date() - date.fromisoformat(run.facts.last_day)
        data.append(_datum(manifest, "DataAgeDays", age.days, "Count"))
    if manifest.status == "SUCCEEDED" or totals.rows_in:
        data += [_datum(manifest, name, value, "Count") for name, value in counts.items()]
    if totals.rows_in:
        data.append(_datum(manifest, "QuarantineShare", totals.quarantined / totals.rows_in, "None"))
    return data


def _datum(manifest: "RunManifest", name: str, value: float, unit: str) -> "MetricDatumTypeDef":
    return {
        "MetricName": name,
        "Dimensions": [
            {"Name": "Dataset", "Value": manifest.dataset},
            {"Name": "Database", "Value": manifest.database},
        ],
        "Timestamp": manifest.finished_at,
        "Value": value,
        "Unit": unit,  # type: ignore[typeddict-item]
    }

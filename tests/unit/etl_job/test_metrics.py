from datetime import UTC, datetime

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from etl_job.findings.model import Facts, Finding, Level
from etl_job.manifest.model import NO_ROWS, RunManifest
from etl_job.notify.ended_run import EndedRun
from etl_job.notify.metrics import metric_data, put_metrics

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def ended(
    status: str = "SUCCEEDED", levels: tuple[Level, ...] = (), last_day: str | None = None, **totals: int
) -> EndedRun:
    manifest = RunManifest(
        run_id="r", dataset="feed", database="lake", status=status, reason=None, published_anything=True,
        started_at=NOW, finished_at=NOW, seconds=12.5, contract=None, deliveries=(), stages=(),
        totals=NO_ROWS.model_copy(update=totals),
        curated=None, features=None, quarantine=(), versions={}, published={},
    )  # fmt: skip
    findings = tuple(Finding(level, "quarantine", "It is so.") for level in levels)
    return EndedRun(manifest, "s3://lake/r.json", Facts(NOW, None, last_day=last_day), findings)


def values(of: EndedRun) -> dict[str, tuple[float, str]]:
    return {datum["MetricName"]: (datum["Value"], datum["Unit"]) for datum in metric_data(of)}


def test_metrics_count_the_outcomes_of_rows():
    assert values(ended(rows_in=200, kept=180, quarantined=10, duplicates=10, warned=3)) == {
        "DurationSeconds": (12.5, "Seconds"),
        "Problems": (0, "Count"),
        "Warnings": (0, "Count"),
        "RowsIn": (200, "Count"),
        "RowsKept": (180, "Count"),
        "RowsQuarantined": (10, "Count"),
        "RowsDuplicate": (10, "Count"),
        "RowsWarned": (3, "Count"),
        "QuarantineShare": (0.05, "None"),
    }


def test_metrics_of_a_run_without_rows_have_no_share():
    assert "QuarantineShare" not in values(ended())
    assert values(ended())["RowsIn"] == (0, "Count")


def test_metrics_of_a_run_that_failed_before_it_counted_have_no_rows():
    assert values(ended("FAILED")).keys() == {"DurationSeconds", "Problems", "Warnings"}
    assert values(ended("FAILED", rows_in=2, quarantined=2))["QuarantineShare"] == (1.0, "None")


def test_metrics_have_the_number_of_findings_and_the_age_of_the_data():
    found = values(ended(levels=(Level.PROBLEM, Level.WARNING, Level.WARNING, Level.NOTE), last_day="2025-12-31"))
    assert (found["Problems"][0], found["Warnings"][0], found["DataAgeDays"]) == (1, 2, (2, "Count"))


def test_put_reaches_cloudwatch_under_dataset_and_database(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        session = boto3.Session(region_name="eu-central-1")
        assert put_metrics(session, ended(rows_in=4, kept=4)) is None
        metrics = session.client("cloudwatch").list_metrics(Namespace="Quartal")["Metrics"]
    assert {metric["MetricName"] for metric in metrics} == values(ended(rows_in=4, kept=4)).keys()
    dimensions = [{"Name": "Dataset", "Value": "feed"}, {"Name": "Database", "Value": "lake"}]
    assert all(metric["Dimensions"] == dimensions for metric in metrics)


class Unreachable:
    def client(self, _service: str, config: object) -> "Unreachable":
        return self

    def put_metric_data(self, **_request: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://monitoring.example")


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_failed_metrics_call_is_reported_without_an_exception(status):
    assert "Could not connect" in put_metrics(Unreachable(), ended(status))

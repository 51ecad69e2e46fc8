from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from etl_job.manifest.model import NO_ROWS, RunManifest
from etl_job.notify.run_event import event_detail, put_run_event, summary

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def manifest(status: str = "SUCCEEDED", reason: str | None = None, **facts: Any) -> RunManifest:
    return RunManifest(
        run_id="r", dataset="feed", database="lake", status=status, reason=reason, started_at=NOW, finished_at=NOW,
        seconds=12.5, contract=None, stages=(), curated=None, quarantine=(), versions={}, published={},
        **{"published_anything": False, "totals": NO_ROWS, "deliveries": (), "features": None, **facts},
    )  # fmt: skip


def test_summary_says_what_became_of_the_rows():
    found = manifest(
        published_anything=True,
        totals=NO_ROWS.model_copy(update={"rows_in": 12_000, "kept": 11_400, "quarantined": 480, "duplicates": 120}),
    )
    assert summary(found) == (
        "Processed withdrawals in 12 s: 12,000 rows in, 11,400 kept, 480 quarantined (4.0%), 120 duplicates."
    )


def test_summary_of_a_run_without_new_files_says_so():
    assert summary(manifest()) == "Nothing new: the tables are as they were."


def test_summary_of_a_failure_is_its_reason_on_one_line_without_what_a_template_would_have_to_escape():
    assert summary(manifest("FAILED", 'InputError: "a\\b"\n is bad')) == "InputError: 'a/b' is bad"


def test_detail_says_where_the_manifest_is_and_that_nothing_was_published():
    detail = event_detail(manifest(), "s3://lake/runs/feed/r.json")
    assert (detail["manifest"], detail["features"]) == ("s3://lake/runs/feed/r.json", None)


class Session:
    """A session whose one client answers as it is told."""

    def __init__(self, answer: dict | None) -> None:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self._client = boto3.client("events", region_name="eu-central-1", **keys)
        stubber = Stubber(self._client)
        if answer is None:
            stubber.add_client_error("put_events", "AccessDeniedException", "not authorized")
        else:
            stubber.add_response("put_events", answer)
        stubber.activate()

    def client(self, service: str, config: object) -> Any:
        assert service == "events"
        return self._client


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"Entries": [{"EventId": "1"}], "FailedEntryCount": 0}, None),
        ({"Entries": [{"ErrorCode": "X", "ErrorMessage": "too large"}], "FailedEntryCount": 1}, "too large"),
        ({}, "unexpected KeyError: 'Entries'"),
        (None, "not authorized"),
    ],
)
def test_event_that_cannot_be_put_is_told_and_raises_nothing(answer, problem):
    recorded = put_run_event(Session(answer), manifest(), "s3://lake/r.json")
    assert recorded is None if problem is None else problem in recorded

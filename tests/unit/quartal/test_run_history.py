"""The list of past runs, from manifests in moto's S3."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from moto import mock_aws
from mypy_boto3_s3 import S3Client

from quartal.cli.app import run
from quartal.core.aws import AwsConnection
from quartal.terraform.outputs import Deployment
from quartal.workspace import Workspace
from tests.unit.quartal.manifest_examples import delivery_counts, empty_manifest

CONNECTION = AwsConnection("eu-central-1", None, "test", "test")
DEPLOYMENT = Deployment("eu-central-1", "lake", "feed", "raw/feed/", "db", "crawler", "job", "workflow", "", {})


@pytest.fixture
def s3(project, monkeypatch) -> Iterator[S3Client]:
    monkeypatch.chdir(project)
    monkeypatch.setattr(Workspace, "deployment", DEPLOYMENT)
    monkeypatch.setattr(Workspace, "connection", CONNECTION)
    with mock_aws():
        client = CONNECTION.s3()
        client.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        yield client


def put_manifest(
    s3: S3Client, run_id: str, started_at: str, *, dataset: str = "feed", reason: str | None = None
) -> None:
    manifest = empty_manifest() | {
        "manifest_version": 1,
        "run_id": run_id,
        "started_at": started_at,
        "status": "FAILED" if reason else "SUCCEEDED",
        "reason": reason,
        "totals": {"rows_in": 1000, "kept": 990, "quarantined": 7, "duplicates": 3, "conflicts": 1},
        "deliveries": [delivery_counts("2024Q1"), delivery_counts("2024Q2")],
        "seconds": 12.4,
    }
    s3.put_object(Bucket="lake", Key=f"runs/{dataset}/{run_id}.json", Body=json.dumps(manifest))


def test_history_lists_the_runs_of_the_dataset_the_newest_first(s3, capsys):
    put_manifest(s3, "wr_2", "2026-04-08T03:00:00Z", reason="InputError: no rows")
    put_manifest(s3, "wr_1", "2026-01-08T03:00:00Z")
    put_manifest(s3, "wr_3", "2026-07-08T03:00:00Z", dataset="feed_of_others")
    assert run(["history", "--json"]) == 0
    runs = json.loads(capsys.readouterr().out)["result"]
    assert [(each["run_id"], each["status"]) for each in runs] == [("wr_2", "FAILED"), ("wr_1", "SUCCEEDED")]
    assert runs[1] == {
        "run_id": "wr_1",
        "started_at": "2026-01-08T03:00:00Z",
        "status": "SUCCEEDED",
        "state": "SUCCEEDED",
        "reason": None,
        "deliveries": ["2024Q1", "2024Q2"],
        "withdrawn": [],
        "rows_in": 1000,
        "kept": 990,
        "quarantined": 7,
        "duplicates": 3,
        "seconds": 12.4,
    }


def test_history_shows_why_a_run_failed(s3, capsys):
    put_manifest(s3, "wr_2", "2026-04-08T03:00:00Z", reason="InputError: no rows")
    assert run(["history"]) == 0
    printed = capsys.readouterr()
    assert "2026-04-08 03:00:00" in printed.out
    assert "wr_2: InputError: no rows" in printed.err


@pytest.mark.parametrize(
    ("run_of_the_withdrawal", "status", "shown"),
    [("wr_1", "SUCCEEDED", "2023Q4 withdrawn"), ("wr_0", "SUCCEEDED", "none new"), ("wr_0", "FAILED", "not known")],
)
def test_history_tells_withdrawals_and_does_not_say_that_nothing_was_new_to_a_failed_run(
    s3, capsys, run_of_the_withdrawal, status, shown
):
    state = {"run_id": run_of_the_withdrawal, "contract_hash": "0", "inputs": [], "withdrawn": True}
    manifest = empty_manifest(run_id="wr_1", published={"2023Q4": state}, status=status, reason=None)
    s3.put_object(Bucket="lake", Key="runs/feed/wr_1.json", Body=json.dumps(manifest))
    assert run(["history"]) == 0
    assert shown in capsys.readouterr().out


def test_empty_history_explains_how_to_start_a_run_and_is_empty_as_json(s3, capsys):
    assert run(["history"]) == 0
    assert "`quartal run`" in capsys.readouterr().err
    assert run(["history", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["result"] == []

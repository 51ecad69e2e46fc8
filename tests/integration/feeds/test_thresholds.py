"""A delivery that breaches its contract's thresholds, under the role that Terraform makes."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from quartal.core.errors import PipelineError
from quartal.runs.manifests import read_manifest
from tests.integration.deployment import Pipeline

DATASET = "charging_sessions"
HEADER = "session_id;site;plug;ended_at;energy_kwh;duration_s;member"
GOOD = [f"{number};BE-1;ccs;2024-01-0{number}T08:00:00Z;10,5;600;true" for number in range(1, 5)]
BAD = [f"{number};BE-1;nozzle;2024-01-0{number}T08:00:00Z;10,5;600;true" for number in range(5, 9)]


@pytest.fixture(scope="module")
def pipeline(feed_pipeline: Callable[[str], Pipeline]) -> Pipeline:
    return feed_pipeline(DATASET)


def test_breached_threshold_leaves_its_reason_and_the_bad_rows_in_a_folder_of_their_own(
    pipeline: Pipeline, tmp_path: Path
):
    folder = tmp_path / "delivery=2024-01"
    folder.mkdir()
    (folder / "sessions.csv.gz").write_bytes(gzip.compress("\n".join([HEADER, *GOOD, *BAD, ""]).encode()))
    pipeline.upload(folder)
    with pytest.raises(PipelineError, match="ended FAILED"):
        pipeline.run()

    deployment, connection = pipeline.workspace.deployment, pipeline.workspace.connection
    s3, bucket = connection.s3(), deployment.lake_bucket
    runs = connection.glue().get_workflow_runs(Name=deployment.workflow)["Runs"]
    newest = max(runs, key=lambda run: run["StartedOn"])
    manifest = read_manifest(s3, bucket, deployment.manifest_key(newest["WorkflowRunId"])).model_dump(mode="json")
    assert manifest["status"] == "FAILED"
    assert "4 of 8 rows are bad (50.0%, thresholds.quarantinedShare allows 25.0%)" in manifest["reason"]
    assert manifest["quarantine"]
    bad = []
    for where in manifest["quarantine"]:
        prefix = where.removeprefix(f"s3://{bucket}/")
        assert prefix.startswith(f"quarantine/{DATASET}.failed/delivery=2024-01/")
        for entry in s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/")["Contents"]:
            content = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            bad += pq.read_table(io.BytesIO(content), columns=["raw"])["raw"].to_pylist() if content else []
    assert sorted(bad) == BAD
    assert s3.list_objects_v2(Bucket=bucket, Prefix=f"quarantine/{DATASET}/")["KeyCount"] == 0

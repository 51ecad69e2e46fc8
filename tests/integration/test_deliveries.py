"""Deliveries come one after another, and not all of them are good."""

from __future__ import annotations

from pathlib import Path

import pytest

from feed_generator import generate
from quartal.errors import PipelineError
from quartal.manifests import read_manifest
from quartal.query import iceberg_catalog
from tests.integration.conftest import Pipeline
from tests.integration.independent import expected_tables


def published(pipeline: Pipeline, table: str) -> list[dict]:
    catalog = iceberg_catalog(pipeline.workspace.connection)
    return catalog.load_table((pipeline.workspace.deployment.database, table)).scan().to_arrow().to_pylist()


def put_past_the_check(pipeline: Pipeline, folder: Path) -> None:
    """As another tool than `quartal upload` would, which refuses files whose header does not fit the contract."""
    deployment = pipeline.workspace.deployment
    for file in folder.iterdir():
        key = f"{deployment.raw_prefix}{folder.name}/{file.name}"
        pipeline.workspace.connection.s3().put_object(Bucket=deployment.lake_bucket, Key=key, Body=file.read_bytes())


def test_deliveries_one_by_one_come_to_the_same_as_all_at_once(pipeline: Pipeline, tmp_path: Path):
    deployment = pipeline.workspace.deployment
    generate(tmp_path, rows=8_000, seed=5, first_quarter="2024Q4", quarters=2)
    pipeline.upload(tmp_path / "delivery=2024Q4")
    first = pipeline.run()
    assert [delivery["delivery"] for delivery in first["deliveries"]] == ["2024Q4"]

    pipeline.upload(tmp_path)
    second = pipeline.run()
    assert [delivery["delivery"] for delivery in second["deliveries"]] == ["2025Q1"]

    features = {(row["brand"], row["day"]): row for row in published(pipeline, deployment.features_table())}
    expected = expected_tables(tmp_path).sql("from expected")
    wanted = [dict(zip(expected.columns, values, strict=True)) for values in expected.fetchall()]
    assert len(features) == len(wanted)
    for row in wanted:
        found = features[row["brand"], row["day"]]
        assert {name: found[name] for name in row if not isinstance(row[name], float)} == {
            name: value for name, value in row.items() if not isinstance(value, float)
        }
        ratios = {name: value for name, value in row.items() if isinstance(value, float)}
        assert {name: found[name] for name in ratios} == pytest.approx(ratios, rel=1e-12)

    # a delivery whose header does not fit the contract stops the run before anything is published
    bad = tmp_path / "delivery=2025Q2"
    bad.mkdir()
    (bad / "part-00000.csv").write_text("sighting_id,brand,seen\n1,Fiat,2025-04-01\n")
    put_past_the_check(pipeline, bad)
    with pytest.raises(PipelineError, match="ended FAILED") as error:
        pipeline.run()
    assert "2025Q2" in error.value.message or "header" in error.value.message
    assert "quartal run" in error.value.remedy
    after = {(row["brand"], row["day"]): row for row in published(pipeline, deployment.features_table())}
    assert after == features


def test_failed_run_leaves_a_manifest_that_says_why(pipeline: Pipeline, tmp_path: Path):
    deployment, connection = pipeline.workspace.deployment, pipeline.workspace.connection
    folder = tmp_path / "delivery=1999Q1"
    folder.mkdir()
    (folder / "wrong.csv").write_text("a,b\n1,2\n")
    put_past_the_check(pipeline, folder)
    with pytest.raises(PipelineError):
        pipeline.run("1999Q1")
    runs = connection.glue().get_workflow_runs(Name=deployment.workflow)["Runs"]
    newest = max(runs, key=lambda run: run["StartedOn"])
    manifest = read_manifest(connection.s3(), deployment.lake_bucket, deployment.manifest_key(newest["WorkflowRunId"]))
    assert manifest["status"] == "FAILED"
    assert manifest["reason"]
    for page in (
        connection.s3()
        .get_paginator("list_objects_v2")
        .paginate(Bucket=deployment.lake_bucket, Prefix=f"{deployment.raw_prefix}delivery=1999Q1/")
    ):
        for entry in page["Contents"]:
            connection.s3().delete_object(Bucket=deployment.lake_bucket, Key=entry["Key"])

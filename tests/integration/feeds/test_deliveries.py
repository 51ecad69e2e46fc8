"""Deliveries come one after another, and not all of them are good."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from feed_generator import generate
from quartal.core.errors import PipelineError
from quartal.features.query import iceberg_catalog
from quartal.runs.manifests import read_manifest
from tests.integration.deployment import Pipeline
from tests.integration.independent import expected_tables


@pytest.fixture(scope="module")
def pipeline(feed_pipeline: Callable[[str], Pipeline]) -> Pipeline:
    return feed_pipeline("delivered_sightings")


def published(pipeline: Pipeline, table: str) -> list[dict]:
    catalog = iceberg_catalog(pipeline.workspace.connection)
    return catalog.load_table((pipeline.workspace.deployment.database, table)).scan().to_arrow().to_pylist()


def put_past_the_check(pipeline: Pipeline, folder: Path) -> None:
    """As another tool than `quartal upload` would, which refuses files whose header does not fit the contract."""
    deployment = pipeline.workspace.deployment
    for file in folder.iterdir():
        key = f"{deployment.raw_prefix}{folder.name}/{file.name}"
        pipeline.workspace.connection.s3().put_object(Bucket=deployment.lake_bucket, Key=key, Body=file.read_bytes())


@pytest.mark.nightly(touches=["etl_job/*", "tests/integration/feeds/*"])
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


def test_failed_run_leaves_a_manifest_with_the_reason(pipeline: Pipeline, tmp_path: Path):
    deployment, connection = pipeline.workspace.deployment, pipeline.workspace.connection
    folder = tmp_path / "delivery=1999Q1"
    folder.mkdir()
    (folder / "wrong.csv").write_text("a,b\n1,2\n")
    put_past_the_check(pipeline, folder)
    with pytest.raises(PipelineError):
        pipeline.run("1999Q1")
    runs = connection.glue().get_workflow_runs(Name=deployment.workflow)["Runs"]
    newest = max(runs, key=lambda run: run["StartedOn"])
    manifest = read_manifest(
        connection.s3(), deployment.lake_bucket, deployment.manifest_key(newest["WorkflowRunId"])
    ).model_dump(mode="json")
    assert manifest["status"] == "FAILED"
    assert manifest["reason"]
    for page in (
        connection.s3()
        .get_paginator("list_objects_v2")
        .paginate(Bucket=deployment.lake_bucket, Prefix=f"{deployment.raw_prefix}delivery=1999Q1/")
    ):
        for entry in page["Contents"]:
            connection.s3().delete_object(Bucket=deployment.lake_bucket, Key=entry["Key"])


GOOD = "".join(f"{{}}-{number},Fiat,2024-11-0{number},10:00:00\n" for number in range(1, 10))
HEADER = "sighting_id,brand,date,time\n"


def members(*parts: str) -> bytes:
    return b"".join(gzip.compress(part.encode()) for part in parts)


def causes() -> dict[str, dict[str, bytes]]:
    """Deliveries that a crawler does not take, or not all of, by what is the matter with them."""  # G33
    rows = {name: GOOD.replace("{}", name) for name in "abcdefghij"}
    texts = {
        "width": {"a.csv": HEADER + "x,y\n" * 4 + rows["a"]},
        "controls": {"a.csv": HEADER + "u-1,F\x01i\x85a\u2028t\u2029,2024-11-01,10:00:00\n" + rows["b"]},
        "huge": {"a.csv": f"{HEADER}v-1,{'x' * 3_000_000},2024-11-01,10:00:00\n{rows['c']}"},
        "open": {"a.csv": f'{HEADER}w-1,"Fiat,2024-11-01,10:00:00\n{rows["d"]}'},
        "hidden": {"a.csv": HEADER + rows["e"], "_b.csv": HEADER + rows["f"], "c.csv": ""},
        "folders": {"a.csv": HEADER + rows["g"], "year=2024/b.csv": HEADER + rows["h"]},
    }
    packed = {
        "a.csv.gz": members("", HEADER + rows["i"]),
        "b.csv.gz": members(HEADER + "y-1,Fi", "at,2024-11-01,10:00:00\n" + rows["j"]),
    }
    found = {name: {file: text.encode() for file, text in files.items()} for name, files in texts.items()}
    return {**found, "packed": packed}


def test_delivery_is_read_and_named_whatever_the_crawler_makes_of_it(pipeline: Pipeline):
    deployment, s3 = pipeline.workspace.deployment, pipeline.workspace.connection.s3()
    for bad in ("2025Q2", "1999Q1"):
        s3.delete_object(Bucket=deployment.lake_bucket, Key=f"{deployment.raw_prefix}delivery={bad}/part-00000.csv")
    for name, files in causes().items():
        for file, content in files.items():
            key = f"{deployment.raw_prefix}delivery={name}/{file}"
            s3.put_object(Bucket=deployment.lake_bucket, Key=key, Body=content)
    run = pipeline.run()
    found = {each["delivery"]: each for each in run["deliveries"]}
    outcomes = {
        name: tuple(each[count] for count in ("rows_in", "kept", "quarantined", "duplicates"))
        for name, each in found.items()
    }
    assert outcomes == {
        "controls": (10, 10, 0, 0),
        "folders": (18, 18, 0, 0),
        "hidden": (9, 9, 0, 0),
        "huge": (10, 9, 1, 0),
        "open": (10, 9, 1, 0),
        "packed": (19, 19, 0, 0),
        "width": (13, 9, 4, 0),
    }
    left_out = {each["uri"].rpartition("/")[2] for each in run["left_out"]}
    assert left_out == {"_b.csv", "c.csv"}
    pages = pipeline.workspace.connection.glue().get_paginator("get_partitions")
    asked = {"DatabaseName": deployment.database, "TableName": deployment.dataset}
    taken = {each["Values"][0] for page in pages.paginate(**asked) for each in page["Partitions"]}
    assert {name for name in found if name not in taken} <= set(run["not_catalogued"])
    assert "width" in run["not_catalogued"], "as AWS's crawler: rows of so many widths are another schema"
    # and the next run, free to choose, goes on from there
    assert pipeline.run()["deliveries"] == []

"""The published tables through Athena: its own queries, the saved ones, and those of QuickSight."""

from __future__ import annotations

import json
import subprocess

import pytest

from quartal.local.toolchain.terraform_binary import require_terraform
from quartal.workspace import terraform_environment
from tests.integration.athena_questions import make_ask
from tests.integration.deployment import Feed
from tests.integration.independent import expected_tables


@pytest.fixture
def athena(pipeline, client):
    """`athena(sql)`: the finished execution and its rows, the header first."""
    deployment = pipeline.workspace.deployment
    results = f"s3://{deployment.lake_bucket}/tmp/athena/"
    return make_ask(client("athena"), database=deployment.database, results=results)


def test_athena_reads_the_published_features(manifest, athena, feed: Feed):
    sql = "select brand, count(*) as days, sum(sightings) as sightings from {} group by brand order by brand"
    _, (header, *rows) = athena(sql.format("vehicle_sightings_features"))
    expected = expected_tables(feed.folder).execute(sql.format("expected")).fetchall()
    assert header == ["brand", "days", "sightings"]
    assert rows == [[brand, str(days), str(sightings)] for brand, days, sightings in expected]


def test_athena_reads_the_crawled_files_and_of_a_partition_no_more_than_that(manifest, athena, feed: Feed):
    whole, (_, *rows) = athena("select delivery, count(*) from vehicle_sightings group by 1 order by 1")
    assert rows == [[delivery.delivery, str(delivery.rows)] for delivery in feed.summary.deliveries]
    one, _ = athena("select count(*) from vehicle_sightings where delivery = '2024Q1'")
    (files,) = (delivery for delivery in feed.summary.deliveries if delivery.delivery == "2024Q1")
    assert one["Statistics"]["DataScannedInBytes"] == files.size_bytes
    assert whole["Statistics"]["DataScannedInBytes"] == sum(d.size_bytes for d in feed.summary.deliveries)


def test_athena_sees_the_features_as_they_were_tagged(pipeline, manifest, athena, catalog):
    deployment = pipeline.workspace.deployment
    table = catalog.load_table((deployment.database, deployment.features_table()))
    snapshot_id = table.metadata.refs["2024Q1"].snapshot_id
    _, held = athena(f"select max(quarter) from vehicle_sightings_features for version as of {snapshot_id}")
    assert held == [["_col0"], ["2024Q1"]]
    _, rows = athena(f"select count(*) from vehicle_sightings_features for version as of {snapshot_id}")
    assert rows == [["_col0"], [str(table.scan(snapshot_id=snapshot_id).count())]]


def rows_by_delivery(rows: list[list[str | None]]) -> dict[str | None, int]:
    """Of rows that begin with a delivery and end with a count: the sums."""
    sums: dict[str | None, int] = {}
    for delivery, *_, count in rows:
        sums[delivery] = sums.get(delivery, 0) + int(count or 0)
    return sums


def test_every_named_query_answers_with_what_the_run_left(pipeline, manifest, athena, client, catalog):
    workgroup, dataset = (
        pipeline.workspace.terraform.outputs()["athena_workgroup"],
        pipeline.workspace.deployment.dataset,
    )
    saved = client("athena")
    answers = {}
    for query_id in saved.list_named_queries(WorkGroup=workgroup)["NamedQueryIds"]:
        query = saved.get_named_query(NamedQueryId=query_id)["NamedQuery"]
        execution, rows = athena(query["QueryString"], WorkGroup=workgroup)
        assert execution["Status"]["State"] == "SUCCEEDED", (query["Name"], execution["Status"])
        answers[query["Name"].removeprefix(f"{dataset}-")] = rows
    deliveries = {delivery["delivery"]: delivery for delivery in manifest["deliveries"]}
    features = {"features-as-of-quarters", "features-latest-quarter", "features-per-quarter"}
    assert set(answers) == {*features, "quality-by-delivery", "quality-by-rule"}
    refs = catalog.load_table(f"{manifest['features']['table']}").metadata.refs
    assert {row[0]: row[1] for row in answers["features-as-of-quarters"][1:]} == {
        quarter: str(refs[quarter].snapshot_id) for quarter in manifest["features"]["partitions"]
    }
    header, *latest = answers["features-latest-quarter"]
    assert {row[header.index("quarter")] for row in latest} == {manifest["features"]["partitions"][-1]}
    assert sum(int(row[-1]) for row in answers["features-per-quarter"][1:]) == manifest["totals"]["kept"]
    assert answers["quality-by-delivery"] == [
        ["delivery", "kept", "quarantined"],
        *([name, str(found["kept"]), str(found["quarantined"])] for name, found in sorted(deliveries.items())),
    ]
    assert rows_by_delivery(answers["quality-by-rule"][1:]) == {
        name: sum(found["violations"].values()) for name, found in deliveries.items()
    }


def test_every_data_set_of_business_intelligence_answers(pipeline, manifest, athena):
    terraform = require_terraform(pipeline.workspace.settings)
    staged, env = pipeline.workspace.staged, pipeline.workspace.env
    asked = "jsonencode({ for name, data_set in local.data_sets : name => data_set.sql })\n"
    told = subprocess.run(
        [terraform, "console", f"-var-file={staged.var_file}"],
        cwd=staged.folder,
        env=terraform_environment(pipeline.workspace.settings, env),
        input=asked,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    data_sets = json.loads(json.loads(told.stdout))
    _, (header, *features) = athena(data_sets["vehicle_sightings_features"])
    assert header == ["brand", "day", "quarter", "sightings"]
    assert sum(int(row[-1]) for row in features) == manifest["totals"]["kept"]
    _, (header, *quality) = athena(data_sets["vehicle_sightings_quality"])
    assert header == ["delivery", "rule", "quarantined"]
    assert rows_by_delivery(quality) == {
        found["delivery"]: sum(found["violations"].values()) for found in manifest["deliveries"]
    }


def test_athena_names_a_table_that_does_not_exist(manifest, athena, pipeline):
    execution, _ = athena("select * from nowhere")
    name = f"awsdatacatalog.{pipeline.workspace.deployment.database}.nowhere"
    assert execution["Status"]["StateChangeReason"] == f"TABLE_NOT_FOUND: line 1:15: Table '{name}' does not exist"

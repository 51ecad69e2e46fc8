"""From raw files to features: deploy, upload, run, and every cell as an independent computation has it."""

from __future__ import annotations

import os

import pyarrow.dataset
import pyarrow.fs
import pytest

from quartal.core.settings import Settings
from quartal.local.toolchain import class_archive
from tests.integration.chain.first_run import DELIVERIES
from tests.integration.deployment import PROJECT, Feed
from tests.integration.independent import expected_tables


def test_features_equal_an_independent_computation_cell_by_cell(pipeline, manifest, catalog, feed: Feed):
    deployment = pipeline.workspace.deployment
    features = catalog.load_table((deployment.database, deployment.features_table())).scan().to_arrow()
    database = expected_tables(feed.folder)
    database.register("features", features)
    columns = [name for name, *_ in database.execute("describe expected").fetchall()]
    assert columns == features.column_names
    assert features.num_rows == database.execute("select count(*) from expected").fetchone()[0] > 20_000
    for column in columns:
        equal = f"(e.{column} is not distinct from f.{column})"
        if column == "share" or "_mean_" in column:
            equal += f" or abs(e.{column} - f.{column}) <= 1e-12 * abs(e.{column})"
        different = database.execute(
            f"select e.brand, e.day, e.{column}, f.{column} from expected e full join features f using (brand, day) "
            f"where not coalesce({equal}, false) limit 3"
        ).fetchall()
        assert different == [], column


def test_every_row_is_kept_quarantined_or_a_duplicate(manifest, feed: Feed):
    totals = manifest["totals"]
    assert totals["rows_in"] == totals["kept"] + totals["quarantined"] + totals["duplicates"]
    assert {
        delivery["delivery"]: (delivery["rows_in"], delivery["quarantined"], delivery["duplicates"])
        for delivery in manifest["deliveries"]
    } == {
        delivery.delivery: (delivery.rows, delivery.bad_rows, delivery.duplicates)
        for delivery in feed.summary.deliveries
    }


@pytest.mark.skipif("AWS_ENDPOINT_URL" in os.environ, reason="that service may have no archive")
def test_java_of_the_job_maps_the_archive_of_its_classes(manifest):
    of_project = Settings.from_env(os.environ, environment="localstack", cwd=PROJECT)
    if not class_archive.archive_path(of_project).is_file():
        pytest.skip("`quartal toolchain install` makes it")
    assert manifest["spark"]["class_archive"] is True


def test_quarantine_holds_each_bad_row_with_its_text_and_reasons(pipeline, manifest, feed: Feed):
    deployment, connection = pipeline.workspace.deployment, pipeline.workspace.connection
    filesystem = pyarrow.fs.S3FileSystem(
        endpoint_override=connection.endpoint_url, access_key="test", secret_key="test", region=connection.region
    )
    rows = pyarrow.dataset.dataset(
        f"{deployment.lake_bucket}/quarantine/{deployment.dataset}", filesystem=filesystem, partitioning="hive"
    ).to_table()
    database = expected_tables(feed.folder)
    raw_lines = {line for (line,) in database.execute("select array_to_string(cells, ',') from raw").fetchall()}
    assert rows.num_rows == feed.summary.bad_rows
    assert {row["raw"] for row in rows.to_pylist()} <= raw_lines
    assert all(row["reasons"] and row["file"].startswith("s3://") for row in rows.to_pylist())


def test_features_are_tagged_per_quarter(pipeline, manifest, catalog):
    deployment = pipeline.workspace.deployment
    table = catalog.load_table((deployment.database, deployment.features_table()))
    assert set(DELIVERIES) <= set(table.metadata.refs)
    tagged = table.scan(snapshot_id=table.metadata.refs["2024Q1"].snapshot_id).to_arrow()
    assert max(tagged["quarter"].to_pylist()) == "2024Q1", "all were published by one run"


def test_crawled_table_has_the_contracts_columns_and_the_delivery_as_partition(pipeline, manifest):  # G16, G18, G19
    deployment = pipeline.workspace.deployment
    glue = pipeline.workspace.connection.glue()
    table = glue.get_table(DatabaseName=deployment.database, Name=deployment.dataset)["Table"]
    columns = [column["Name"] for column in table["StorageDescriptor"]["Columns"]]
    assert columns == ["sighting_id", "brand", "date", "time"]
    assert [key["Name"] for key in table["PartitionKeys"]] == ["delivery"]
    partitions = glue.get_partitions(DatabaseName=deployment.database, TableName=deployment.dataset)["Partitions"]
    assert sorted(partition["Values"][0] for partition in partitions) == DELIVERIES

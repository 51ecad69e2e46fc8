"""What a crawl may change: merging, inheriting, deprecation, thresholds (G18-G21, G24)."""

import json
from typing import Any

import pytest

from localstack_glue.crawlers.crawling.catalog_tables import CatalogChanges
from localstack_glue.crawlers.crawling.crawl_policy import CrawlPolicy
from localstack_glue.crawlers.crawling.partition_writer import PartitionWriter
from tests.unit.localstack_glue.crawls.crawled_lake import CARS, INHERIT, OPEN_CSV, PEOPLE, columns, edit, make_quoted

MERGE = {
    "Configuration": json.dumps(
        {"Version": 1.0, "CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}}
    )
}
LOG = {"SchemaChangePolicy": {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}}


def test_partition_that_another_crawl_has_just_created_is_no_failure(lake):
    lake.put("cars/d=1/x.csv", CARS)
    lake.crawl()
    (stored,) = lake.glue.get_partitions(DatabaseName="db", TableName="raw")["Partitions"]
    wanted = {key: stored[key] for key in ("Values", "StorageDescriptor", "Parameters")}
    writer = PartitionWriter(lake.glue, "db", CrawlPolicy(), print, CatalogChanges())

    writer._create({"DatabaseName": "db", "TableName": "raw"}, [wanted])


def test_partitions_that_inherit_have_all_of_their_table(lake):  # G21
    lake.put("d=1/x.csv", CARS)
    lake.crawl()
    edit(lake, "raw", make_quoted)
    lake.put("d=2/x.csv", CARS)

    lake.crawl(**(LOG | INHERIT))

    found = lake.glue.get_partitions(DatabaseName="db", TableName="raw")["Partitions"]
    stored = [each["StorageDescriptor"] for each in found]
    assert {each["SerdeInfo"]["SerializationLibrary"] for each in stored} == {OPEN_CSV}
    assert {each["SerdeInfo"]["Parameters"]["quoteChar"] for each in stored} == {"'"}
    assert [columns({"StorageDescriptor": each}) for each in stored] == [{"id": "string", "brand": "string"}] * 2
    assert {each["Location"] for each in stored} == {"s3://lake/raw/d=1/", "s3://lake/raw/d=2/"}
    assert {each["Parameters"]["objectCount"] for each in found} == {"1"}
    assert lake.crawl(**(LOG | INHERIT)).partitions_updated == 0


@pytest.mark.parametrize(
    ("configuration", "indexes"),
    [
        pytest.param("{}", [{"IndexName": "crawler_partition_index", "Keys": ["d", "partition_1"]}], id="default"),
        pytest.param('{"Version": 1.0, "CreatePartitionIndex": false}', None, id="without"),
    ],
)
def test_new_table_with_partitions_has_an_index_unless_it_is_not_wanted(lake, configuration, indexes):
    asked: list[Any] = []  # crawler-configure-partition-indexes
    lake.glue.meta.events.register(
        "before-parameter-build.glue.CreateTable", lambda params, **_: asked.append(params.get("PartitionIndexes"))
    )
    lake.put("d=1/a/x.csv", CARS)
    lake.put("d=2/a/x.csv", CARS)

    lake.crawl(Configuration=configuration)

    assert asked == [indexes]


def test_exclusions_that_are_no_longer_wanted_leave_the_table(lake):
    lake.put("x.csv", CARS)
    excluding = {"S3Targets": [{"Path": "s3://lake/raw/", "Exclusions": ["*.json"]}]}
    lake.crawl(Targets=excluding)
    assert "exclusions" in lake.tables()["raw"]["Parameters"]

    lake.crawl()

    assert "exclusions" not in lake.tables()["raw"]["Parameters"]


def test_merge_adds_columns_whatever_the_policy_is(lake):  # G21: it overrides the SchemaChangePolicy
    lake.put("x.csv", CARS)
    lake.crawl()
    lake.put("x.csv", "id,brand,km\n1,Audi,2\n")

    lake.crawl(**(LOG | MERGE))

    assert columns(lake.tables()["raw"]) == {"id": "bigint", "brand": "string", "km": "bigint"}


def test_merge_leaves_columns_and_serdes_of_partitions_that_were_edited(lake):  # G21: tables and partitions
    lake.put("d=1/x.csv", CARS)
    lake.crawl()
    edit(lake, "raw", make_quoted)
    (partition,) = lake.glue.get_partitions(DatabaseName="db", TableName="raw")["Partitions"]
    wanted = {key: partition[key] for key in ("Values", "StorageDescriptor", "Parameters")}
    make_quoted(wanted)
    lake.glue.update_partition(DatabaseName="db", TableName="raw", PartitionValueList=["1"], PartitionInput=wanted)
    lake.put("d=1/x.csv", "id,brand,km\n1,Audi,2\n")

    lake.crawl(**MERGE)

    (partition,) = lake.glue.get_partitions(DatabaseName="db", TableName="raw")["Partitions"]
    for stored in (lake.tables()["raw"], partition):
        assert columns(stored) == {"id": "string", "brand": "string", "km": "bigint"}
        assert stored["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"] == OPEN_CSV
        assert stored["StorageDescriptor"]["SerdeInfo"]["Parameters"]["quoteChar"] == "'"


def test_table_whose_parameters_differ_is_deprecated_and_not_merged(lake):
    lake.put("x.csv", CARS)
    lake.glue.create_database(DatabaseInput={"Name": "db"})
    lake.glue.create_table(
        DatabaseName="db",
        TableInput={
            "Name": "raw",
            "Parameters": {"classification": "csv", "delimiter": ",", "mine": "1"},
            "StorageDescriptor": {"Location": "s3://lake/raw/", "Columns": [{"Name": "id", "Type": "int"}]},
        },
    )

    lake.crawl(**MERGE)

    table = lake.tables()["raw"]
    assert "DEPRECATED_BY_CRAWLER" in table["Parameters"]  # G24
    assert (columns(table), table["Parameters"]["mine"]) == ({"id": "int"}, "1")
    assert any("compressionType is none and was null" in line for line in lake.log)


def test_table_with_the_same_parameters_is_merged(lake):
    lake.put("x.csv", CARS)
    lake.glue.create_database(DatabaseInput={"Name": "db"})
    lake.glue.create_table(
        DatabaseName="db",
        TableInput={
            "Name": "raw",
            "Parameters": {"classification": "csv", "delimiter": ",", "compressionType": "none", "mine": "1"},
            "StorageDescriptor": {"Location": "s3://lake/raw/", "Columns": [{"Name": "id", "Type": "int"}]},
        },
    )

    lake.crawl(**MERGE)

    table = lake.tables()["raw"]
    assert columns(table) == {"id": "int", "brand": "string"}  # G21: a stored type stays
    assert table["Parameters"]["mine"] == "1"
    assert "DEPRECATED_BY_CRAWLER" not in table["Parameters"]


def test_update_removes_what_a_crawler_does_not_set(lake):
    lake.put("x.csv", CARS)
    lake.crawl()
    stored = lake.tables()["raw"]
    changed = {key: stored[key] for key in ("Name", "StorageDescriptor", "PartitionKeys", "TableType")}
    lake.glue.update_table(
        DatabaseName="db", TableInput={**changed, "Parameters": {**stored["Parameters"], "mine": "1"}}
    )
    lake.crawl()
    assert lake.tables()["raw"]["Parameters"]["mine"] == "1"  # no schema change, nothing to update
    lake.put("x.csv", "id,brand,km\n1,Audi,2\n")

    lake.crawl()

    assert "mine" not in lake.tables()["raw"]["Parameters"]  # G21


def test_table_that_comes_back_is_no_longer_deprecated(lake):
    lake.put("cars/x.csv", CARS)
    lake.put("people/x.csv", PEOPLE)
    lake.crawl()
    lake.drop("people/x.csv")
    lake.put("dogs/x.csv", PEOPLE)
    lake.crawl()
    assert "DEPRECATED_BY_CRAWLER" in lake.tables()["people"]["Parameters"]  # G21
    lake.put("people/x.csv", PEOPLE + "b,2,c,3\n")
    lake.put("dogs/x.csv", "x,y\n1,2\n")

    lake.crawl()

    assert "DEPRECATED_BY_CRAWLER" not in lake.tables()["people"]["Parameters"]


@pytest.mark.parametrize("behavior", ["DELETE_FROM_DATABASE", "DEPRECATE_IN_DATABASE", "LOG"])
def test_partition_without_data_follows_the_policy(lake, behavior):
    lake.put("d=1/x.csv", CARS)
    lake.put("d=2/x.csv", CARS)
    lake.crawl()
    lake.drop("d=2/x.csv")

    changes = lake.crawl(SchemaChangePolicy={"DeleteBehavior": behavior})

    is_deleted = behavior == "DELETE_FROM_DATABASE"
    assert lake.partitions("raw") == ([["1"]] if is_deleted else [["1"], ["2"]])  # G21
    assert changes.partitions_deleted == int(is_deleted)
    assert is_deleted or any("1 partitions of table raw no longer exists" in line for line in lake.log)


def test_names_of_two_targets_stay_apart(lake):
    lake.put("a/cars/x.csv", CARS)
    lake.put("b/cars/x.csv", CARS)
    targets = {"S3Targets": [{"Path": "s3://lake/raw/a/cars"}, {"Path": "s3://lake/raw/b/cars"}]}

    lake.crawl(Targets=targets)
    first = set(lake.tables())
    lake.crawl(Targets=targets)

    assert len(first) == 2
    assert "cars" in first  # G18
    assert set(lake.tables()) == first


def test_more_tables_than_the_threshold_are_not_written(lake):
    lake.put("cars/x.csv", CARS)
    lake.put("people/x.csv", PEOPLE)
    threshold = {"Version": 1.0, "CrawlerOutput": {"Tables": {"TableThreshold": 1}}}

    with pytest.raises(ValueError, match="greater than the table threshold"):
        lake.crawl(Configuration=json.dumps(threshold))

    assert lake.glue.get_databases()["DatabaseList"] == []


def test_object_deleted_since_the_listing_is_skipped(lake):
    lake.put("x.csv", CARS)
    lake.put("y.csv", CARS)
    lake.s3.meta.events.register(
        "before-parameter-build.s3.GetObject", lambda params, **_: params.update(Key=params["Key"].replace("y.", "z."))
    )

    lake.crawl()

    assert lake.tables()["raw"]["Parameters"]["objectCount"] == "1"
    assert any("raw/y.csv is skipped" in line for line in lake.log)


@pytest.mark.parametrize("has_new_column", [False, True])
def test_remarks_on_a_table_outlive_a_merge(lake, has_new_column):  # G21
    lake.put("cars/x.csv", CARS)
    lake.put("people/x.csv", PEOPLE)
    lake.crawl(**MERGE)
    table = lake.tables()["cars"]
    members = ("Name", "Parameters", "PartitionKeys", "StorageDescriptor", "TableType")
    remarked = {name: table[name] for name in members} | {"Description": "all of them"}
    remarked["StorageDescriptor"]["Columns"][1]["Comment"] = "as on the boot"
    lake.glue.update_table(DatabaseName="db", TableInput=remarked)
    lake.put("cars/x.csv", "id,brand,doors\n1,Audi,5\n" if has_new_column else CARS * 2)
    lake.crawl(**MERGE)

    table = lake.tables()["cars"]
    assert table["Description"] == "all of them"
    assert table["StorageDescriptor"]["Columns"][1]["Comment"] == "as on the boot"
    assert ("doors" in columns(table)) == has_new_column

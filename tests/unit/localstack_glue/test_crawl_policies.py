"""What a crawl may change: new folders only, merging, deprecation, thresholds (G18-G22, G24)."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from localstack_glue.crawlers.crawling.catalog_tables import CatalogChanges
from localstack_glue.crawlers.crawling.crawl import CrawlCancelled, CrawlRequest, crawl
from localstack_glue.crawlers.crawling.listing import S3Object, S3Target
from localstack_glue.crawlers.crawling.new_folders import KnownFolders
from localstack_glue.crawlers.crawling.partition_writer import PartitionWriter
from localstack_glue.crawlers.crawling.policies import CrawlPolicy

NEW_ONLY = {
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"},
    "SchemaChangePolicy": {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"},
}
MERGE = {
    "Configuration": json.dumps(
        {"Version": 1.0, "CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}}
    )
}
INHERIT = {
    "Configuration": json.dumps(
        {"Version": 1.0, "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}}
    )
}
LOG = {"SchemaChangePolicy": {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"}}
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
CARS = "id,brand\n1,Audi\n"
PEOPLE = "name,age,city,zip\na,1,b,2\n"


class Lake:
    """A bucket, a catalog, and crawls over them."""

    def __init__(self) -> None:
        self.s3 = boto3.client("s3", region_name="us-east-1")
        self.glue = boto3.client("glue", region_name="us-east-1")
        self.s3.create_bucket(Bucket="lake")
        self.log: list[str] = []
        self.read: list[str] = []
        self.s3.meta.events.register(
            "before-send.s3.GetObject", lambda request, **_: self.read.append(request.url.partition("/raw/")[2])
        )

    def put(self, key: str, body: str) -> None:
        self.s3.put_object(Bucket="lake", Key=f"raw/{key}", Body=body.encode())

    def drop(self, key: str) -> None:
        self.s3.delete_object(Bucket="lake", Key=f"raw/{key}")

    def crawl(self, **definition: Any) -> Any:
        targets = {"S3Targets": [{"Path": "s3://lake/raw/"}]}
        request = CrawlRequest.from_definition("crawler", {"DatabaseName": "db", "Targets": targets, **definition}, ())
        self.log.clear()
        self.read.clear()
        return crawl(request, self.s3, self.glue, self.log.append, lambda: False)

    def tables(self) -> dict[str, Any]:
        return {table["Name"]: table for table in self.glue.get_tables(DatabaseName="db")["TableList"]}

    def partitions(self, table: str) -> list[list[str]]:
        found = self.glue.get_partitions(DatabaseName="db", TableName=table)["Partitions"]
        return sorted(partition["Values"] for partition in found)


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield Lake()


def edit(lake: Lake, name: str, change: Callable[[Any], None]) -> None:
    """Change a table by hand."""
    table = lake.tables()[name]
    members = ("Name", "Parameters", "PartitionKeys", "StorageDescriptor", "TableType")
    wanted = {member: table[member] for member in members}
    change(wanted)
    lake.glue.update_table(DatabaseName="db", TableInput=wanted)


def make_quoted(table: Any) -> None:
    """What the guide advises for quoted CSV: another SerDe, and texts."""
    storage = table["StorageDescriptor"]
    storage["SerdeInfo"] = {"SerializationLibrary": OPEN_CSV, "Parameters": {"quoteChar": "'", "separatorChar": ","}}
    storage["Columns"] = [{"Name": column["Name"], "Type": "string"} for column in storage["Columns"]]


def columns(table: Any) -> dict[str, str]:
    return {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}


@pytest.mark.parametrize(
    ("key", "location"),
    [
        ("raw/cars/d=1/x.csv", "s3://lake/raw/cars/"),
        ("raw/cars/used/d=1/x.csv", "s3://lake/raw/cars/used/"),  # the innermost
        ("raw/cars/x.csv", "s3://lake/raw/cars/"),
        ("raw/people/x.csv", None),
    ],
)
def test_file_belongs_to_the_innermost_known_table(key, location):  # G22
    known = KnownFolders({"s3://lake/raw/cars/": {}, "s3://lake/raw/cars/used/": {}}, frozenset())
    item = S3Object(key, 1, tuple(key.split("/")[1:]))
    assert known.find_table(S3Target.parse("s3://lake/raw/"), item) == location


def test_new_folders_alone_are_read_and_added(lake):
    lake.put("cars/d=1/x.csv", CARS)
    lake.put("people/d=1/x.csv", PEOPLE)
    lake.crawl(**NEW_ONLY)
    lake.put("cars/d=2/x.csv", CARS)
    lake.put("cars/d=1/y.csv", CARS)

    changes = lake.crawl(**NEW_ONLY)

    assert lake.read == ["cars/d%3D2/x.csv"]  # G22: d=1 is known, whatever came into it
    assert set(lake.tables()) == {"cars", "people"}
    assert lake.partitions("cars") == [["1"], ["2"]]
    assert (changes.tables_created, changes.tables_updated, changes.partitions_created) == (0, 0, 1)
    assert not any("no longer exists" in line for line in lake.log)


def test_new_folder_beside_the_known_tables_is_a_new_table(lake):
    lake.put("cars/d=1/x.csv", CARS)
    lake.put("people/d=1/x.csv", PEOPLE)
    lake.crawl(**NEW_ONLY)
    lake.put("dogs/d=1/x.csv", CARS)

    lake.crawl(**NEW_ONLY)

    tables = lake.tables()
    assert set(tables) == {"cars", "people", "dogs"}  # G21, G22
    assert tables["dogs"]["StorageDescriptor"]["Location"] == "s3://lake/raw/dogs/"


def test_new_folder_that_does_not_fit_is_only_logged(lake):
    lake.put("cars/d=1/x.csv", CARS)
    lake.put("people/d=1/x.csv", PEOPLE)
    lake.crawl(**NEW_ONLY)
    lake.put("cars/d=2/x.csv", PEOPLE)
    lake.put("cars/d=3/e=4/x.csv", CARS)
    lake.put("cars/d=5/x.json", '{"id": 1, "brand": "Audi"}')

    lake.crawl(**NEW_ONLY)

    assert lake.partitions("cars") == [["1"]]
    assert sum("is not compatible with table cars" in line for line in lake.log) == 3  # G22


def test_new_folder_that_the_catalog_refuses_fails_the_crawl(lake):
    lake.put("cars/d=1/x.csv", CARS)
    lake.put("people/d=1/x.csv", PEOPLE)
    lake.crawl(**NEW_ONLY)
    lake.put("cars/D=1/x.csv", CARS)  # for the catalog the partition that it has

    with pytest.raises(ValueError, match=r"The partition \['1'\] of table cars was not created: AlreadyExists"):
        lake.crawl(**NEW_ONLY)


def test_partition_that_another_crawl_has_just_created_is_no_failure(lake):
    lake.put("cars/d=1/x.csv", CARS)
    lake.crawl()
    (stored,) = lake.glue.get_partitions(DatabaseName="db", TableName="raw")["Partitions"]
    wanted = {key: stored[key] for key in ("Values", "StorageDescriptor", "Parameters")}
    writer = PartitionWriter(lake.glue, "db", CrawlPolicy(), print, CatalogChanges())

    writer._create({"DatabaseName": "db", "TableName": "raw"}, [wanted])


def test_first_crawl_of_new_folders_crawls_everything(lake):
    lake.put("d=1/x.csv", CARS)
    lake.put("d=2/x.csv", CARS)

    assert lake.crawl(**NEW_ONLY).partitions_created == 2  # G22


def test_crawl_without_a_new_folder_reads_nothing(lake):
    lake.put("cars/x.csv", CARS)
    lake.put("people/x.csv", PEOPLE)
    lake.crawl(**NEW_ONLY)

    lake.crawl(**NEW_ONLY)

    assert lake.read == []  # G22


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


def test_new_folders_inherit_too(lake):  # G21, G22
    lake.put("d=1/x.csv", CARS)
    lake.crawl(**NEW_ONLY)
    edit(lake, "raw", make_quoted)
    lake.put("d=2/x.csv", CARS)

    lake.crawl(**(NEW_ONLY | INHERIT))

    partition = lake.glue.get_partition(DatabaseName="db", TableName="raw", PartitionValues=["2"])["Partition"]
    assert partition["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"] == OPEN_CSV


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


@pytest.mark.parametrize("is_second", [False, True], ids=["first-crawl", "new-folders"])
def test_catalog_changes_only_after_the_crawl_reports_it(lake, is_second):  # G13
    lake.put("cars/d=1/a.csv", CARS)
    if is_second:
        lake.crawl(**NEW_ONLY)
        lake.put("cars/d=2/a.csv", CARS)
    order: list[str] = []
    writes = ("CreateDatabase", "CreateTable", "UpdateTable", "BatchCreatePartition")
    for operation in writes:
        lake.glue.meta.events.register(f"before-call.glue.{operation}", lambda model, **_: order.append(model.name))
    targets = {"S3Targets": [{"Path": "s3://lake/raw/cars/"}]}
    request = CrawlRequest.from_definition("crawler", {"DatabaseName": "db", "Targets": targets, **NEW_ONLY}, ())

    crawl(request, lake.s3, lake.glue, print, lambda: False, begin_writing=lambda: order.append("begin"))

    assert order[0] == "begin"
    assert "BatchCreatePartition" in order
    order.clear()

    def refuse() -> None:
        raise CrawlCancelled

    with pytest.raises(CrawlCancelled):
        crawl(request, lake.s3, lake.glue, print, lambda: False, begin_writing=refuse)
    assert order == []

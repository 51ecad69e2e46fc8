"""Crawls of new folders only: which folders are known, and what becomes of the others (G13, G22)."""

import pytest

from localstack_glue.crawlers.crawling.crawl import CrawlCancelled, CrawlRequest, crawl
from localstack_glue.crawlers.crawling.listing import S3Object, S3Target
from localstack_glue.crawlers.crawling.new_folders import KnownFolders
from tests.unit.localstack_glue.crawls.crawled_lake import CARS, INHERIT, OPEN_CSV, PEOPLE, edit, make_quoted

NEW_ONLY = {
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_NEW_FOLDERS_ONLY"},
    "SchemaChangePolicy": {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"},
}


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


def test_new_folders_inherit_too(lake):  # G21, G22
    lake.put("d=1/x.csv", CARS)
    lake.crawl(**NEW_ONLY)
    edit(lake, "raw", make_quoted)
    lake.put("d=2/x.csv", CARS)

    lake.crawl(**(NEW_ONLY | INHERIT))

    partition = lake.glue.get_partition(DatabaseName="db", TableName="raw", PartitionValues=["2"])["Partition"]
    assert partition["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"] == OPEN_CSV


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

"""A whole crawl, from objects to tables and partitions (G13-G25), on moto's S3 and Glue."""

import json
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from localstack_glue.crawlers.crawling.crawl import CrawlCancelled, CrawlRequest, crawl
from localstack_glue.crawlers.crawling.csv_rules import CsvClassifier
from localstack_glue.crawlers.execution import CrawlExecutor
from localstack_glue.iam.guard import RoleNotAssumableError
from localstack_glue.service.clients import Credentials
from localstack_glue.service.models import BY_HAND, Crawler

HEADER = "id,brand\n"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        clients = SimpleNamespace(
            s3=boto3.client("s3", region_name="us-east-1"), glue=boto3.client("glue", region_name="us-east-1"), log=[]
        )
        clients.s3.create_bucket(Bucket="lake")
        yield clients


def put(aws: Any, key: str, body: str) -> None:
    aws.s3.put_object(Bucket="lake", Key=key, Body=body.encode())


def run(aws: Any, classifiers: tuple[CsvClassifier, ...] = (), **definition: Any) -> Any:
    configuration = definition.pop("Configuration", None)
    request = CrawlRequest.from_definition(
        "raw-crawler",
        {
            "DatabaseName": "db",
            "Targets": {"S3Targets": [{"Path": "s3://lake/raw/cars/"}]},
            "Configuration": json.dumps({"Version": 1.0, **configuration}) if configuration else None,
            **definition,
        },
        classifiers,
    )
    return crawl(request, aws.s3, aws.glue, aws.log.append, lambda: False)


def table(aws: Any, name: str = "cars") -> Any:
    return aws.glue.get_table(DatabaseName="db", Name=name)["Table"]


def partitions(aws: Any, name: str = "cars") -> dict[tuple[str, ...], Any]:
    found = aws.glue.get_partitions(DatabaseName="db", TableName=name)["Partitions"]
    return {tuple(partition["Values"]): partition for partition in found}


def columns(storage: Any) -> dict[str, str]:
    return {column["Name"]: column["Type"] for column in storage["StorageDescriptor"]["Columns"]}


def test_crawl_writes_what_a_crawler_writes(aws):
    put(aws, "raw/cars/d=1/x.csv", HEADER + "1,Audi\n2,BMW\n")
    put(aws, "raw/cars/d=2/x.csv", HEADER + "3,Audi\n")
    put(aws, "raw/cars/d=2/_SUCCESS", "x")

    changes = run(aws)

    found = table(aws)
    assert (changes.tables_created, changes.partitions_created) == (1, 2)
    assert columns(found) == {"id": "bigint", "brand": "string"}
    assert partitions(aws)[("2",)]["Parameters"]["objectCount"] == "1"  # G25: without _SUCCESS
    assert found["PartitionKeys"] == [{"Name": "d", "Type": "string"}]
    assert found["TableType"] == "EXTERNAL_TABLE"
    assert found["StorageDescriptor"]["Location"] == "s3://lake/raw/cars/"
    assert found["StorageDescriptor"]["SerdeInfo"]["Parameters"] == {"field.delim": ","}
    assert found["Parameters"] == {
        "CrawlerSchemaDeserializerVersion": "1.0",
        "CrawlerSchemaSerializerVersion": "1.0",
        "UPDATED_BY_CRAWLER": "raw-crawler",
        "areColumnsQuoted": "false",
        "averageRecordSize": "8",
        "classification": "csv",
        "columnsOrdered": "true",
        "compressionType": "none",
        "delimiter": ",",
        "objectCount": "2",
        "recordCount": "5",  # an estimate from sizes, which count the header lines too
        "sizeKey": "38",
        "skip.header.line.count": "1",
        "typeOfData": "file",
    }  # G23
    assert {values: part["StorageDescriptor"]["Location"] for values, part in partitions(aws).items()} == {
        ("1",): "s3://lake/raw/cars/d=1/",
        ("2",): "s3://lake/raw/cars/d=2/",
    }


def test_second_crawl_of_the_same_data_changes_nothing(aws):
    put(aws, "raw/cars/d=1/x.csv", HEADER + "1,Audi\n")
    run(aws)
    before = table(aws)

    changes = run(aws)

    assert (changes.tables_created, changes.tables_updated, changes.partitions_created) == (0, 0, 0)
    assert table(aws)["VersionId"] == before["VersionId"]


def test_new_folder_becomes_a_partition_even_if_changes_are_only_logged(aws):
    put(aws, "raw/cars/d=1/x.csv", HEADER + "1,Audi\n")
    run(aws)
    put(aws, "raw/cars/d=2/x.csv", HEADER + "1,Audi\n")

    run(aws, SchemaChangePolicy={"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"})

    assert set(partitions(aws)) == {("1",), ("2",)}  # G21


@pytest.mark.parametrize(
    ("behavior", "expected"),
    [
        pytest.param("UPDATE_IN_DATABASE", {"id": "bigint", "brand": "string", "km": "bigint"}, id="update"),
        pytest.param("LOG", {"id": "bigint", "brand": "string"}, id="log"),
    ],
)
def test_changed_schema_follows_the_policy(aws, behavior, expected):
    put(aws, "raw/cars/x.csv", HEADER + "1,Audi\n")
    run(aws)
    put(aws, "raw/cars/x.csv", "id,brand,km\n1,Audi,10\n")

    run(aws, SchemaChangePolicy={"UpdateBehavior": behavior})

    assert columns(table(aws)) == expected  # G21


def test_merging_new_columns_keeps_the_old_ones(aws):
    put(aws, "raw/cars/x.csv", HEADER + "1,Audi\n")
    run(aws)
    put(aws, "raw/cars/x.csv", "id,km\n1,10\n")

    run(aws, Configuration={"CrawlerOutput": {"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}})

    assert columns(table(aws)) == {"id": "bigint", "brand": "string", "km": "bigint"}  # G21


def test_partitions_have_their_own_columns_or_the_tables(aws):
    put(aws, "raw/cars/d=1/x.csv", HEADER + "1,Audi\n")
    put(aws, "raw/cars/d=2/x.csv", HEADER + "1.5,Audi\n")
    run(aws)
    assert [columns(part)["id"] for part in partitions(aws).values()] == ["bigint", "double"]

    run(aws, Configuration={"CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}}})
    assert [columns(part)["id"] for part in partitions(aws).values()] == ["double", "double"]  # G21


def test_column_that_is_also_a_partition_key_stays_at_its_place(aws):
    put(aws, "raw/cars/id=1/x.csv", HEADER + "1,Audi\n")
    run(aws)
    found = table(aws)
    assert [key["Name"] for key in found["PartitionKeys"]] == ["id"]
    assert columns(found) == {"id": "bigint", "brand": "string"}  # without it, brand would be read from the first place
    assert [columns(part) for part in partitions(aws).values()] == [{"id": "bigint", "brand": "string"}]


@pytest.mark.parametrize("behavior", ["DELETE_FROM_DATABASE", "DEPRECATE_IN_DATABASE", "LOG"])
def test_table_without_data_follows_the_policy(aws, behavior):
    put(aws, "raw/cars/x.csv", HEADER + "1,Audi\n")
    run(aws)
    aws.s3.delete_object(Bucket="lake", Key="raw/cars/x.csv")

    run(aws, SchemaChangePolicy={"DeleteBehavior": behavior})

    left = {found["Name"]: found for found in aws.glue.get_tables(DatabaseName="db")["TableList"]}
    assert ("cars" in left) is (behavior != "DELETE_FROM_DATABASE")  # G21
    if left:
        is_deprecated = "DEPRECATED_BY_CRAWLER" in left["cars"]["Parameters"]
        assert is_deprecated is (behavior == "DEPRECATE_IN_DATABASE")


def test_crawl_leaves_tables_alone_that_it_did_not_make(aws):
    aws.glue.create_database(DatabaseInput={"Name": "db"})
    aws.glue.create_table(
        DatabaseName="db", TableInput={"Name": "mine", "StorageDescriptor": {"Location": "s3://lake/raw/cars/"}}
    )

    run(aws, SchemaChangePolicy={"DeleteBehavior": "DELETE_FROM_DATABASE"})

    assert table(aws, "mine")["Name"] == "mine"


def test_table_of_another_place_keeps_its_name(aws):
    aws.glue.create_database(DatabaseInput={"Name": "db"})
    aws.glue.create_table(
        DatabaseName="db", TableInput={"Name": "cars", "StorageDescriptor": {"Location": "s3://elsewhere/"}}
    )
    put(aws, "raw/cars/x.csv", HEADER + "1,Audi\n")

    run(aws)

    names = [found["Name"] for found in aws.glue.get_tables(DatabaseName="db")["TableList"]]
    assert len(names) == 2
    assert table(aws)["StorageDescriptor"]["Location"] == "s3://elsewhere/"
    assert any(name.startswith("cars_") for name in names)  # G18


def test_custom_classifier_wins_over_the_builtin_one(aws):
    put(aws, "raw/cars/x.csv", "brand,day\nAudi,2024-01-01\n")

    run(aws, (CsvClassifier("other", delimiter="|"), CsvClassifier("own", contains_header="PRESENT")))

    assert columns(table(aws)) == {"brand": "string", "day": "string"}  # G16


def test_unrecognized_file_is_skipped_with_a_log_line(aws):
    put(aws, "raw/cars/x.csv", HEADER + "1,Audi\n")
    put(aws, "raw/cars/y.bin", "\x00\x01nothing")

    run(aws)

    assert table(aws)["Parameters"]["objectCount"] == "1"
    assert any("y.bin" in line and "skipped" in line for line in aws.log)


def test_cancelled_crawl_writes_nothing(aws):
    put(aws, "raw/cars/x.csv", HEADER + "1,Audi\n")
    request = CrawlRequest.from_definition(
        "raw-crawler", {"DatabaseName": "db", "Targets": {"S3Targets": [{"Path": "lake/raw/cars"}]}}, ()
    )

    with pytest.raises(CrawlCancelled):  # G13
        crawl(request, aws.s3, aws.glue, aws.log.append, lambda: True)

    assert aws.glue.get_databases()["DatabaseList"] == []


def test_large_file_is_read_in_part(aws):
    body = HEADER + "1,Audi\n" * 400_000
    put(aws, "raw/cars/x.csv", body)
    read: list[str] = []
    aws.s3.meta.events.register(
        "before-send.s3.GetObject", lambda request, **_: read.append(request.headers["Range"].decode())
    )

    run(aws)

    assert read == ["bytes=0-1048575"]  # G14
    assert int(table(aws)["Parameters"]["recordCount"]) == pytest.approx(400_000, rel=0.01)


def test_keys_with_signs_that_addresses_escape_are_crawled(aws):
    for day in range(3):
        put(aws, f"raw/cars/d={day}/ü +&.csv", HEADER + "1,Audi\n")

    run(aws)

    assert set(partitions(aws)) == {("0",), ("1",), ("2",)}


class Executed:
    """A crawler that crawls on a thread of its own, as in the service; each crawl is waited for."""

    def __init__(self, glue: Any, *, may_assume: bool = True) -> None:
        self._glue, self._may_assume = glue, may_assume
        clients: Any = SimpleNamespace(guard=None, assume_role=self._assume_role, with_credentials=self._client)
        reads = lambda *_: self._client("s3")  # noqa: E731
        self._executor = CrawlExecutor(glue.clock, threading.RLock(), clients, reads)
        targets = {"S3Targets": [{"Path": "s3://lake/raw/cars/"}]}
        definition = {"Role": "crawls", "DatabaseName": "db", "Targets": targets}
        self._crawler = Crawler("cars", definition, glue.clock.now(), glue.clock.now())

    def _assume_role(self, *_: Any) -> Credentials:
        if not self._may_assume:
            raise RoleNotAssumableError("arn:aws:iam::1:role/crawls")
        return Credentials("a", "b", "c")

    def _client(self, name: str, *_: Any) -> Any:
        return boto3.client(name, region_name="us-east-1")

    def crawl(self) -> Any:
        ended = threading.Event()
        record = self._executor.start(self._glue.scope, self._crawler, BY_HAND, lambda *_: ended.set())
        assert ended.wait(60)
        assert self._executor.running_ids == []
        return record


def test_end_of_a_crawl_is_recorded_with_what_it_has_changed(aws, glue):
    crawler = Executed(glue)
    put(aws, "raw/cars/d=1/x.csv", HEADER + "1,Audi\n2,BMW\n")
    put(aws, "raw/cars/d=2/x.csv", HEADER + "3,Audi\n")
    first = crawler.crawl()
    put(aws, "raw/cars/d=3/x.csv", HEADER + "4,Audi\n")
    second = crawler.crawl()

    assert (first.state, first.error_message, second.state) == ("SUCCEEDED", None, "SUCCEEDED")
    assert [record.tables_created for record in (first, second)] == [1, 0]
    none = {"ADD": 0, "UPDATE": 0, "DELETE": 0}
    assert json.loads(first.summary) == {"TABLE": none | {"ADD": 1}, "PARTITION": none | {"ADD": 2}}
    assert json.loads(second.summary) == {"TABLE": none, "PARTITION": none | {"ADD": 1}}


def test_crawl_without_its_role_fails_with_the_reason_and_changes_nothing(aws, glue):
    record = Executed(glue, may_assume=False).crawl()

    assert record.state == "FAILED"
    assert record.error_message.startswith("Service is unable to assume role arn:aws:iam::1:role/crawls.")
    assert aws.glue.get_databases()["DatabaseList"] == []

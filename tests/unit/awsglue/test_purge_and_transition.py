"""Old objects in S3: what is deleted, kept, and given another class."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest

from awsglue import purge_and_transition
from awsglue.catalog import Catalog
from awsglue.errors import GlueDataError, GlueUnsupportedError
from tests.unit.awsglue.conftest import add_table


@pytest.fixture
def s3(glue):
    client = boto3.client("s3")
    client.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    return client


@pytest.fixture
def put(s3):
    def put(*keys, **more):
        for key in keys:
            s3.put_object(Bucket="lake", Key=key, Body=b"x", **more)

    return put


def keys(s3):
    return {item["Key"]: item["StorageClass"] for item in s3.list_objects_v2(Bucket="lake").get("Contents", [])}


NOW = {"retentionPeriod": 0}
ACCOUNT = {"accountId": "1", "roleArn": "r"}


def test_purge_deletes_what_is_older_than_the_retention_below_the_path_only(s3, put):
    put("t/day=1/a", "t/day=10/a")

    purge_and_transition.purge_path("s3://lake/t/day=1", {}, "")
    assert set(keys(s3)) == {"t/day=1/a", "t/day=10/a"}  # a week is the default

    purge_and_transition.purge_path("s3://lake/t/day=1", NOW, "")
    assert set(keys(s3)) == {"t/day=10/a"}


def test_purge_without_objects_is_no_error(s3):
    purge_and_transition.purge_path("s3://lake/nothing/", NOW, "")


def test_purge_keeps_excluded_classes_and_lists_deleted_files(s3, put):
    put("t/a")
    put("t/b", StorageClass="STANDARD_IA")

    options = {**NOW, "excludeStorageClasses": ["STANDARD_IA"], "manifestFilePath": "s3://lake/m"}
    purge_and_transition.purge_path("s3://lake/t/", options, "ctx")

    assert set(keys(s3)) == {"t/b", "m/ctx/Success.csv", "m/ctx/Failed.csv"}
    assert s3.get_object(Bucket="lake", Key="m/ctx/Success.csv")["Body"].read() == b"lake,t/a\r\n"


def test_transition_gives_another_class(s3, put):
    put("t/a", "u/a")

    purge_and_transition.transition_path("s3://lake/t/", "GLACIER", {**NOW, **ACCOUNT}, "")

    assert keys(s3) == {"t/a": "GLACIER", "u/a": "STANDARD"}
    with pytest.raises(ValueError, match="accountId is mandatory"):
        purge_and_transition.transition_path("s3://lake/t/", "GLACIER", NOW, "")
    with pytest.raises(ValueError, match="COLD is not a storage class"):
        purge_and_transition.transition_path("s3://lake/t/", "COLD", {**NOW, **ACCOUNT}, "")


def test_unknown_options_are_refused(s3):
    with pytest.raises(GlueUnsupportedError, match="the purge options retention"):
        purge_and_transition.purge_path("s3://lake/t/", {"retention": 1}, "")


def test_purge_of_a_table_takes_emptied_partitions_out_of_the_catalog(glue, s3, put, spark):
    add_table(glue, "s3://lake/t", [("a", "int")], keys=[("day", "int")], classification="json")
    storage = glue.get_table(DatabaseName="lake", Name="t")["Table"]["StorageDescriptor"]
    for day in ("1", "2", "3"):
        put(f"t/day={day}/a")
        location = {"StorageDescriptor": {**storage, "Location": f"s3://lake/t/day={day}"}}
        glue.create_partition(DatabaseName="lake", TableName="t", PartitionInput={"Values": [day], **location})
    place = ("lake", "t", None)

    purge_and_transition.purge_table(spark, Catalog(), place, {**NOW, "partitionPredicate": "day < 3"}, "")

    partitions = glue.get_partitions(DatabaseName="lake", TableName="t")["Partitions"]
    assert [partition["Values"] for partition in partitions] == [["3"]]
    assert set(keys(s3)) == {"t/day=3/a"}

    options = {**NOW, **ACCOUNT, "partitionPredicate": "day = 3"}
    purge_and_transition.transition_table(spark, Catalog(), place, "GLACIER", options, "")
    assert keys(s3) == {"t/day=3/a": "GLACIER"}
    with pytest.raises(GlueDataError, match="push_down_predicate"):
        purge_and_transition.purge_table(spark, Catalog(), place, {"partitionPredicate": "gone = 1"}, "")


def test_retention_counts_hours(s3, put):
    put("t/a")
    now = datetime.now(UTC)

    old = purge_and_transition._old(s3, "s3://lake/t/", {"retentionPeriod": 1})

    assert list(old) == []
    assert s3.head_object(Bucket="lake", Key="t/a")["LastModified"] > now - timedelta(hours=1)

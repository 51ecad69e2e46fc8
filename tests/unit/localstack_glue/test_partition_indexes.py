"""Partition indexes of tables."""

import pytest
from moto.glue.models import glue_backends

from localstack_glue.service.account_region import Scope
from localstack_glue.service.errors import (
    AlreadyExistsException,
    EntityNotFoundException,
    InvalidInputException,
    ResourceNumberLimitExceededException,
)

SCOPE = Scope("000000000000", "us-east-1")
TABLE = {"DatabaseName": "lake", "TableName": "raw"}


@pytest.fixture
def calls(glue):
    glue_backends.reset()
    glue_backends["000000000000"]["us-east-1"].create_database("lake", {"Name": "lake"})
    routes = glue.catalog.routes()
    yield lambda operation, **request: routes[operation](SCOPE, request)
    glue_backends.reset()


def create_table(calls, *indexes):
    keys = [{"Name": name, "Type": "string"} for name in "abcd"]
    calls(
        "CreateTable",
        DatabaseName="lake",
        TableInput={"Name": "raw", "PartitionKeys": keys},
        PartitionIndexes=list(indexes),
    )


def index(name, *keys):
    return {"IndexName": name, "Keys": list(keys)}


def names(calls):
    shown = calls("GetPartitionIndexes", **TABLE)["PartitionIndexDescriptorList"]
    return [described["IndexName"] for described in shown]


def test_index_is_created_shown_and_deleted(calls):
    create_table(calls, index("first", "a"))
    calls("CreatePartitionIndex", **TABLE, PartitionIndex=index("second", "a", "b"))

    assert calls("GetPartitionIndexes", **TABLE)["PartitionIndexDescriptorList"][1] == {
        "IndexName": "second",
        "Keys": [{"Name": "a", "Type": "string"}, {"Name": "b", "Type": "string"}],
        "IndexStatus": "ACTIVE",
    }
    calls("DeletePartitionIndex", **TABLE, IndexName="first")
    assert names(calls) == ["second"]
    with pytest.raises(EntityNotFoundException):
        calls("DeletePartitionIndex", **TABLE, IndexName="first")


@pytest.mark.parametrize(
    ("wanted", "error"),
    [
        pytest.param(index("x", "nokey"), InvalidInputException, id="no-partition-key"),
        pytest.param(index("x"), InvalidInputException, id="no-keys"),
        pytest.param(index("first", "b"), AlreadyExistsException, id="name-taken"),
        pytest.param(index("x", "a"), AlreadyExistsException, id="keys-taken"),
    ],
)
def test_invalid_index_is_refused(calls, wanted, error):
    create_table(calls, index("first", "a"))
    with pytest.raises(error):
        calls("CreatePartitionIndex", **TABLE, PartitionIndex=wanted)
    assert names(calls) == ["first"]


def test_table_has_at_most_three_indexes(calls):
    create_table(calls, index("1", "a"), index("2", "b"), index("3", "c"))
    with pytest.raises(ResourceNumberLimitExceededException):
        calls("CreatePartitionIndex", **TABLE, PartitionIndex=index("4", "d"))


def test_table_is_created_with_all_of_its_indexes_or_not_at_all(calls):
    with pytest.raises(InvalidInputException):
        create_table(calls, index("1", "nokey"))
    with pytest.raises(EntityNotFoundException):
        names(calls)


def test_indexes_go_with_their_table(calls):
    create_table(calls, index("1", "a"))
    glue_backends["000000000000"]["us-east-1"].delete_table("lake", "raw")
    create_table(calls)
    assert names(calls) == []

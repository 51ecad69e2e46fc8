"""Iceberg tables that CreateTable makes: their first metadata file, and what the catalog keeps of them."""

import json
from typing import Any

import pytest

from localstack_glue.service.errors import AlreadyExistsException, EntityNotFoundException, InvalidInputException

COLUMNS = [
    {"Name": "Id", "Type": "bigint", "Comment": "the key"},
    {"Name": "day", "Type": "date"},
    {"Name": "lines", "Type": "array<struct<sku:string,price:decimal(10,2)>>"},
    {"Name": "tags", "Type": "map<string,int>"},
]
STORAGE = {"Columns": COLUMNS, "Location": "s3://lake/ice/"}
FORMAT = {"IcebergInput": {"MetadataOperation": "CREATE", "Version": "2"}}
DESCRIBED = {
    "Location": "s3://lake/described",
    "Schema": {
        "Type": "struct",
        "Fields": [
            {"Id": 7, "Name": "id", "Type": "long", "Required": True, "Doc": "the key"},
            {"Id": 8, "Name": "at", "Type": "timestamptz", "Required": False},
            {
                "Id": 9,
                "Name": "place",
                "Type": {"type": "struct", "fields": [{"id": 10, "name": "x", "type": "double", "required": False}]},
                "Required": False,
            },
        ],
        "IdentifierFieldIds": [7],
    },
    "PartitionSpec": {"SpecId": 0, "Fields": [{"SourceId": 8, "Transform": "day", "Name": "at_day"}]},
    "WriteOrder": {
        "OrderId": 1,
        "Fields": [{"SourceId": 7, "Transform": "identity", "Direction": "desc", "NullOrder": "nulls-last"}],
    },
    "Properties": {"write.format.default": "parquet"},
}


@pytest.fixture
def create(glue: Any) -> Any:
    """CreateTable in an empty database."""
    glue.catalog.reset()
    routes = glue.catalog.routes()
    routes["CreateDatabase"](glue.scope, {"DatabaseInput": {"Name": "db"}})

    def call(**request: Any) -> dict[str, Any]:
        wanted = {"DatabaseName": "db", "OpenTableFormatInput": FORMAT, **request}
        routes["CreateTable"](glue.scope, wanted)
        name = request.get("Name") or request["TableInput"]["Name"]
        table: dict[str, Any] = routes["GetTable"](glue.scope, {"DatabaseName": "db", "Name": name})["Table"]
        return table

    yield call
    glue.catalog.reset()


def test_columns_become_the_schema_of_the_first_metadata_file(glue, create):
    table = create(TableInput={"Name": "ice", "StorageDescriptor": STORAGE, "Parameters": {"owner": "me"}})

    assert table["TableType"] == "EXTERNAL_TABLE"
    parameters = table["Parameters"]
    assert (parameters["table_type"], parameters["owner"]) == ("ICEBERG", "me")
    ((uri, content),) = glue.objects.items()
    assert parameters["metadata_location"] == uri
    assert uri.startswith("s3://lake/ice/metadata/00000-")
    metadata = json.loads(content)
    assert (metadata["format-version"], metadata["location"]) == (2, "s3://lake/ice")
    fields = metadata["schemas"][0]["fields"]
    assert [(field["name"], field["required"]) for field in fields] == [
        ("id", False),
        ("day", False),
        ("lines", False),
        ("tags", False),
    ]
    assert [field["type"] if isinstance(field["type"], str) else field["type"]["type"] for field in fields] == [
        "long",
        "date",
        "list",
        "map",
    ]
    assert fields[0]["doc"] == "the key"
    assert [column["Type"] for column in table["StorageDescriptor"]["Columns"]] == [each["Type"] for each in COLUMNS]


def test_description_in_icebergs_own_words_is_taken_whole(glue, create):
    described = {"IcebergInput": {"MetadataOperation": "CREATE", "CreateIcebergTableInput": DESCRIBED}}
    table = create(Name="own", OpenTableFormatInput=described)

    ((_, content),) = glue.objects.items()
    metadata = json.loads(content)
    (spec,), (order,) = metadata["partition-specs"], metadata["sort-orders"]
    assert [(field["name"], field["transform"]) for field in spec["fields"]] == [("at_day", "day")]
    assert [(field["direction"], field["null-order"]) for field in order["fields"]] == [("desc", "nulls-last")]
    assert metadata["properties"]["write.format.default"] == "parquet"
    columns = [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]]
    assert columns == [("id", "bigint"), ("at", "timestamp"), ("place", "struct<x:double>")]
    assert table["StorageDescriptor"]["Columns"][0]["Parameters"]["iceberg.field.optional"] == "false"
    assert table["StorageDescriptor"]["Location"] == "s3://lake/described"


@pytest.mark.parametrize(
    ("change", "format_", "message"),
    [
        ({"StorageDescriptor": {"Columns": COLUMNS}}, FORMAT, "needs a location in S3"),
        ({"PartitionKeys": [{"Name": "k"}]}, FORMAT, "Cannot create partitions in an iceberg table"),
        ({"StorageDescriptor": {**STORAGE, "Columns": [{"Name": "c", "Type": "uniontype<int>"}]}}, FORMAT, "Column c"),
        ({}, {"IcebergInput": {"MetadataOperation": "CREATE", "Version": "9"}}, "Version 9"),
        (
            {},
            {
                "IcebergInput": {
                    "MetadataOperation": "CREATE",
                    "CreateIcebergTableInput": {**DESCRIBED, "Schema": {"Fields": [{"Id": 1, "Name": "x"}]}},
                }
            },
            "CreateIcebergTableInput is not valid: fields.0.type",
        ),
        (
            {},
            {
                "IcebergInput": {
                    "MetadataOperation": "CREATE",
                    "CreateIcebergTableInput": {
                        **DESCRIBED,
                        "PartitionSpec": {"Fields": [{"SourceId": 99, "Transform": "day", "Name": "none"}]},
                    },
                }
            },
            "The Iceberg table cannot be created",
        ),
    ],
)
def test_table_that_cannot_be_icebergs_is_refused_and_nothing_is_written(glue, create, change, format_, message):
    with pytest.raises(InvalidInputException, match=message):
        create(TableInput={"Name": "ice", "StorageDescriptor": STORAGE, **change}, OpenTableFormatInput=format_)
    assert glue.objects == {}
    with pytest.raises(EntityNotFoundException):
        glue.catalog.routes()["GetTable"](glue.scope, {"DatabaseName": "db", "Name": "ice"})


def test_name_that_is_taken_writes_nothing(glue, create):
    wanted = {"Name": "ice", "StorageDescriptor": STORAGE}
    create(TableInput=wanted)
    glue.objects.clear()
    with pytest.raises(AlreadyExistsException):
        create(TableInput=wanted)
    assert glue.objects == {}


def test_changes_in_icebergs_own_words_are_refused_by_name(glue, create):
    create(TableInput={"Name": "ice", "StorageDescriptor": STORAGE})
    change = {"UpdateIcebergInput": {"UpdateIcebergTableInput": {"Updates": []}}}
    with pytest.raises(InvalidInputException, match="UpdateOpenTableFormatInput"):
        glue.catalog.routes()["UpdateTable"](
            glue.scope, {"DatabaseName": "db", "Name": "ice", "UpdateOpenTableFormatInput": change}
        )

"""Databases, tables and partitions, beyond what moto checks."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from localstack_glue.service.account_region import Scope
from localstack_glue.service.errors import (
    AlreadyExistsException,
    ConcurrentModificationException,
    EntityNotFoundException,
    InvalidInputException,
)
from localstack_glue.service.tagging import backend


@pytest.fixture
def catalog(glue: Any) -> Any:
    scope: Scope = glue.scope
    catalog = glue.catalog
    catalog.reset()
    backend(scope).create_database("db", {"Name": "db"})
    yield SimpleNamespace(
        table=lambda: catalog.routes()["GetTables"](scope, {"DatabaseName": "db"})["TableList"][0],
        call=lambda operation, **request: catalog.routes()[operation](scope, {"DatabaseName": "db", **request}),
        bare=lambda operation, **request: catalog.routes()[operation](scope, request),
    )
    catalog.reset()


def test_table_with_a_stale_version_is_not_updated(catalog):
    catalog.call("CreateTable", TableInput={"Name": "t"})
    version = catalog.table()["VersionId"]
    catalog.call("UpdateTable", TableInput={"Name": "t", "Description": "first"}, VersionId=version)

    with pytest.raises(ConcurrentModificationException):
        catalog.call("UpdateTable", TableInput={"Name": "t", "Description": "second"}, VersionId=version)

    assert catalog.table()["Description"] == "first"


def test_versions_of_a_table_count_from_0(catalog):  # as in answers of AWS that others published
    catalog.call("CreateTable", TableInput={"Name": "t"})
    assert catalog.table()["VersionId"] == "0"
    catalog.call("UpdateTable", TableInput={"Name": "t", "Description": "second"})

    listed = catalog.call("GetTableVersions", TableName="t")["TableVersions"]
    assert [(each["VersionId"], each["Table"].get("Description")) for each in listed] == [("1", "second"), ("0", None)]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        pytest.param({"Key": "Name", "Value": "customer-link"}, ["customer-link"], id="whole"),
        pytest.param({"Key": "Name", "Value": "link"}, ["customer-link", "link", "xx-link-yy"], id="token"),
        pytest.param({"Key": "classification", "Value": "csv"}, ["link"], id="parameter"),
        pytest.param({"Key": "DatabaseName", "Value": "d"}, [], id="part"),
    ],
)
def test_search_filters_by_the_tokens_of_a_property(catalog, condition, found):  # API reference of SearchTables
    for name in ("customer-link", "link", "xx-link-yy", "xxlinkyy"):
        parameters = {"classification": "csv"} if name == "link" else {}
        catalog.call("CreateTable", TableInput={"Name": name, "Parameters": parameters})

    answer = catalog.bare("SearchTables", Filters=[condition])

    assert [table["Name"] for table in answer["TableList"]] == found
    assert catalog.bare("SearchTables", Filters=[condition], ResourceShareType="FOREIGN")["TableList"] == []


@pytest.mark.parametrize("member", [{"QueryAsOfTime": 1.7e9}, {"TransactionId": "t"}], ids=["time", "transaction"])
@pytest.mark.parametrize(
    ("operation", "names"), [("GetTable", {"Name": "t"}), ("GetTables", {}), ("GetPartitions", {"TableName": "t"})]
)
def test_state_of_a_governed_table_is_refused(catalog, operation, names, member):
    catalog.call("CreateTable", TableInput={"Name": "t"})
    catalog.call(operation, **names)

    with pytest.raises(InvalidInputException, match="keeps no governed tables"):
        catalog.call(operation, **names, **member)


def test_view_of_several_dialects_is_refused(catalog):
    catalog.call("CreateTable", TableInput={"Name": "t"})

    with pytest.raises(InvalidInputException, match="ViewUpdateAction ADD"):
        catalog.call("UpdateTable", TableInput={"Name": "t"}, ViewUpdateAction="ADD")


def test_search_compares_times_alone(catalog):
    catalog.call("CreateTable", TableInput={"Name": "t"})

    with pytest.raises(InvalidInputException, match="is for times only"):
        catalog.bare("SearchTables", Filters=[{"Key": "Name", "Value": "a", "Comparator": "GREATER_THAN"}])


@pytest.mark.parametrize(("skips", "kept"), [(False, 2), (True, 1)])
def test_update_keeps_the_old_version_by_default(catalog, skips, kept):
    catalog.call("CreateTable", TableInput={"Name": "t"})
    catalog.call("UpdateTable", TableInput={"Name": "t"}, SkipArchive=skips)

    assert len(catalog.call("GetTableVersions", TableName="t")["TableVersions"]) == kept


def test_of_two_writers_with_one_version_one_fails(catalog):
    catalog.call("CreateTable", TableInput={"Name": "t"})
    version, outcomes, barrier = catalog.table()["VersionId"], [], threading.Barrier(8)

    def write() -> None:
        barrier.wait()
        try:
            catalog.call("UpdateTable", TableInput={"Name": "t"}, VersionId=version)
            outcomes.append("written")
        except ConcurrentModificationException:
            outcomes.append("refused")

    writers = [threading.Thread(target=write) for _ in range(8)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert sorted(outcomes) == ["refused"] * 7 + ["written"]


def test_table_names_are_lower_case_and_unique(catalog):
    catalog.call("CreateTable", TableInput={"Name": "Cars"})

    assert catalog.table()["Name"] == "cars"
    with pytest.raises(AlreadyExistsException):
        catalog.call("CreateTable", TableInput={"Name": "cars"})


@pytest.mark.parametrize("operation", ["CreateTable", "UpdateTable"])
def test_column_names_are_stored_in_lower_case_those_inside_types_as_they_are(catalog, operation):  # G36
    columns = [{"Name": "orderId", "Type": "struct<itemId:int>", "Comment": "C"}]
    wanted = {"Name": "t", "StorageDescriptor": {"Columns": columns}, "PartitionKeys": [{"Name": "Day"}]}
    if operation == "UpdateTable":
        catalog.call("CreateTable", TableInput={"Name": "t"})
    catalog.call(operation, TableInput=wanted)

    stored = catalog.table()
    assert stored["StorageDescriptor"]["Columns"] == [{"Name": "orderid", "Type": "struct<itemId:int>", "Comment": "C"}]
    assert stored["PartitionKeys"] == [{"Name": "day"}]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [("c.*", ["cars", "cats"]), ("*s", ["cars", "cats", "dogs"]), ("cars|dogs", ["cars", "dogs"]), ("x*", [])],
)
def test_tables_are_found_by_pattern(catalog, expression, expected):
    for name in ("cars", "cats", "dogs"):
        catalog.call("CreateTable", TableInput={"Name": name})

    assert [table["Name"] for table in catalog.call("GetTables", Expression=expression)["TableList"]] == expected


def test_partitions_come_by_expression_segment_and_page(catalog, glue):
    keys = [{"Name": "year", "Type": "int"}]
    catalog.call("CreateTable", TableInput={"Name": "t", "PartitionKeys": keys})
    for year in range(2020, 2026):
        backend(glue.scope).create_partition("db", "t", {"Values": [str(year)], "StorageDescriptor": {"Columns": []}})

    def years(**request: Any) -> list[int]:
        return [
            int(part["Values"][0]) for part in catalog.call("GetPartitions", TableName="t", **request)["Partitions"]
        ]

    assert years(Expression="year >= 2024") == [2024, 2025]
    segments = [years(Segment={"SegmentNumber": number, "TotalSegments": 2}) for number in (0, 1)]
    assert sorted(segments[0] + segments[1]) == list(range(2020, 2026))
    assert years(MaxResults=2) == [2020, 2021]
    assert years(Expression="  ") == list(range(2020, 2026))


def test_partitions_and_versions_that_are_deleted_page_by_page_are_all_reached(catalog):
    catalog.call("CreateTable", TableInput={"Name": "t", "PartitionKeys": [{"Name": "day"}]})
    for day in range(12):
        catalog.call("CreatePartition", TableName="t", PartitionInput={"Values": [str(day)]})
        catalog.call("UpdateTable", TableInput={"Name": "t", "PartitionKeys": [{"Name": "day"}]})

    for listing, deletion, members, what in (
        ("GetPartitions", "BatchDeletePartition", "Partitions", "PartitionsToDelete"),
        ("GetTableVersions", "BatchDeleteTableVersion", "TableVersions", "VersionIds"),
    ):
        token, rounds = None, 0
        while token or rounds == 0:
            answer = catalog.call(listing, TableName="t", MaxResults=5, NextToken=token)
            token, rounds = answer["NextToken"], rounds + 1
            found = answer[members]
            doomed = [{"Values": each["Values"]} if "Values" in each else each["VersionId"] for each in found]
            catalog.call(deletion, TableName="t", **{what: doomed})
        assert rounds == 3
        left = catalog.call(listing, TableName="t")[members]
        assert [each.get("VersionId") for each in left] == ([] if listing == "GetPartitions" else ["12"])


def test_table_of_an_unknown_database_is_refused(catalog):
    with pytest.raises(EntityNotFoundException):
        catalog.call("CreateTable", DatabaseName="nothing", TableInput={"Name": "t"})


@pytest.mark.parametrize(("shared", "expected"), [(None, ["db"]), ("ALL", ["db"]), ("FOREIGN", []), ("FEDERATED", [])])
def test_databases_that_other_accounts_would_share_are_none(catalog, shared, expected):
    found = catalog.bare("GetDatabases", **({"ResourceShareType": shared} if shared else {}))
    assert [database["Name"] for database in found["DatabaseList"]] == expected


def test_names_are_found_in_any_case(catalog):
    catalog.bare("CreateDatabase", DatabaseInput={"Name": "Lake"})
    catalog.bare("CreateTable", DatabaseName="LAKE", TableInput={"Name": "Cars"})

    assert catalog.bare("GetDatabase", Name="LaKe")["Database"]["Name"] == "lake"
    assert catalog.bare("GetTable", DatabaseName="Lake", Name="CARS")["Table"]["DatabaseName"] == "lake"
    with pytest.raises(AlreadyExistsException):
        catalog.bare("CreateDatabase", DatabaseInput={"Name": "lake"})


def test_database_is_changed_whole_and_renamed_with_its_tables(catalog):
    catalog.bare("CreateDatabase", DatabaseInput={"Name": "old", "Description": "d", "Parameters": {"a": "1"}})
    catalog.bare("CreateTable", DatabaseName="old", TableInput={"Name": "t"})
    catalog.bare("UpdateDatabase", Name="old", DatabaseInput={"Name": "new", "Parameters": {"b": "2"}})

    found = catalog.bare("GetDatabase", Name="new")["Database"]
    assert (found["Parameters"], found.get("Description")) == ({"b": "2"}, None)
    assert catalog.bare("GetTable", DatabaseName="new", Name="t")["Table"]["DatabaseName"] == "new"
    with pytest.raises(EntityNotFoundException):
        catalog.bare("GetDatabase", Name="old")


def test_duplicate_column_is_refused_even_in_a_wide_table(catalog):
    many = [{"Name": f"c{number}", "Type": "int"} for number in range(20_000)]
    catalog.call("CreateTable", TableInput={"Name": "wide", "StorageDescriptor": {"Columns": many}})
    with pytest.raises(InvalidInputException, match="Duplicate column name c7 in table t"):
        catalog.call(
            "CreateTable",
            TableInput={
                "Name": "t",
                "StorageDescriptor": {"Columns": [*many, {"Name": "C7", "Type": "int"}]},
            },
        )


def test_column_may_also_be_a_partition_key(catalog):
    columns = [{"Name": "ID", "Type": "int"}]
    catalog.call(
        "CreateTable",
        TableInput={"Name": "t", "StorageDescriptor": {"Columns": columns}, "PartitionKeys": columns},
    )
    found = catalog.call("GetTable", Name="t")["Table"]
    assert found["PartitionKeys"] == found["StorageDescriptor"]["Columns"] == [{"Name": "id", "Type": "int"}]
    with pytest.raises(InvalidInputException, match="Duplicate column name id in table u"):
        catalog.call("CreateTable", TableInput={"Name": "u", "PartitionKeys": columns * 2})


def test_current_version_of_a_table_cannot_be_deleted(catalog):
    catalog.call("CreateTable", TableInput={"Name": "t"})
    current = catalog.table()["VersionId"]
    with pytest.raises(InvalidInputException):
        catalog.call("DeleteTableVersion", TableName="t", VersionId=current)
    answer = catalog.call("BatchDeleteTableVersion", TableName="t", VersionIds=[current, "x", "77"])
    codes = [error["ErrorDetail"]["ErrorCode"] for error in answer["Errors"]]
    assert codes == ["InvalidInputException", "InvalidInputException", "EntityNotFoundException"]


def test_partition_has_as_many_values_as_its_table_has_keys(catalog):
    catalog.call("CreateTable", TableInput={"Name": "t", "PartitionKeys": [{"Name": "year", "Type": "int"}]})
    with pytest.raises(InvalidInputException, match="number of partition keys"):
        catalog.call("CreatePartition", TableName="t", PartitionInput={"Values": ["2025", "01"]})


def test_renamed_partition_does_not_take_the_place_of_another(catalog):
    catalog.call("CreateTable", TableInput={"Name": "t", "PartitionKeys": [{"Name": "year", "Type": "int"}]})
    for year in ("2025", "2026"):
        catalog.call("CreatePartition", TableName="t", PartitionInput={"Values": [year]})
    change = {"PartitionValueList": ["2025"], "PartitionInput": {"Values": ["2026"]}}
    with pytest.raises(AlreadyExistsException):
        catalog.call("UpdatePartition", TableName="t", **change)
    listed = catalog.call("GetPartitions", TableName="t")["Partitions"]
    assert [each["Values"] for each in listed] == [["2025"], ["2026"]]


def test_security_configurations_come_in_pages_and_need_a_key_where_they_encrypt(catalog):
    keyless = {"CloudWatchEncryption": {"CloudWatchEncryptionMode": "SSE-KMS"}}
    with pytest.raises(InvalidInputException, match="KmsKeyArn"):
        catalog.bare("CreateSecurityConfiguration", Name="c", EncryptionConfiguration=keyless)
    for number in range(3):
        off = {"CloudWatchEncryption": {"CloudWatchEncryptionMode": "DISABLED"}}
        catalog.bare("CreateSecurityConfiguration", Name=f"c{number}", EncryptionConfiguration=off)
    first = catalog.bare("GetSecurityConfigurations", MaxResults=2)
    rest = catalog.bare("GetSecurityConfigurations", NextToken=first["NextToken"])
    names = [each["Name"] for each in [*first["SecurityConfigurations"], *rest["SecurityConfigurations"]]]
    assert names == ["c0", "c1", "c2"]


def test_reset_deletes_glues_data_and_no_other_of_moto(glue: Any) -> None:
    from moto.iam.models import iam_backends

    roles, scope = iam_backends[glue.scope.account_id]["aws"], glue.scope
    roles.create_role("stays", "{}", "/", None, "", [], 3600)
    backend(scope).create_database("goes", {"Name": "goes"})
    glue.catalog.reset()
    assert [role.name for role in roles.roles.values()] == ["stays"]
    assert glue.catalog.routes()["GetDatabases"](scope, {})["DatabaseList"] == []
    roles.reset()

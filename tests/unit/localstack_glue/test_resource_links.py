"""Links to databases and tables: AWS's guide to Lake Formation, "Resource link handling in AWS Glue APIs"."""

from typing import Any

import pytest

from localstack_glue.service.errors import EntityNotFoundException, InvalidInputException

STORAGE = {"Location": "s3://lake/t/", "Columns": [{"Name": "a", "Type": "int"}]}
KEYS = [{"Name": "day", "Type": "string"}]


@pytest.fixture
def call(glue: Any) -> Any:
    """The catalog with a table `src.t`, a link `link` to its database, and a link `own.alias` to the table."""
    glue.catalog.reset()
    routes = glue.catalog.routes()

    def ask(operation: str, **request: Any) -> dict[str, Any]:
        answer: dict[str, Any] = routes[operation](glue.scope, request)
        return answer

    for name in ("src", "own"):
        ask("CreateDatabase", DatabaseInput={"Name": name})
    account = glue.scope.account_id
    ask(
        "CreateDatabase",
        DatabaseInput={"Name": "link", "TargetDatabase": {"CatalogId": account, "DatabaseName": "src"}},
    )
    ask(
        "CreateTable", DatabaseName="src", TableInput={"Name": "t", "StorageDescriptor": STORAGE, "PartitionKeys": KEYS}
    )
    target = {"CatalogId": account, "DatabaseName": "src", "Name": "t"}
    ask("CreateTable", DatabaseName="own", TableInput={"Name": "alias", "TargetTable": target})
    yield ask
    glue.catalog.reset()


def test_tables_of_a_link_to_a_database_are_those_of_its_target(call):
    call("CreateTable", DatabaseName="link", TableInput={"Name": "u"})
    assert [table["Name"] for table in call("GetTables", DatabaseName="link")["TableList"]] == ["t", "u"]
    assert call("GetTable", DatabaseName="link", Name="t")["Table"]["StorageDescriptor"] == STORAGE
    call("DeleteTable", DatabaseName="link", Name="u")
    assert [table["Name"] for table in call("GetTables", DatabaseName="src")["TableList"]] == ["t"]


def test_link_to_a_table_is_shown_with_the_properties_of_its_target(call):
    table = call("GetTable", DatabaseName="own", Name="alias")["Table"]
    assert (table["Name"], table["DatabaseName"], table["TargetTable"]["Name"]) == ("alias", "own", "t")
    assert (table["StorageDescriptor"], table["PartitionKeys"]) == (STORAGE, KEYS)
    assert call("GetTables", DatabaseName="own")["TableList"] == [table]


def test_partitions_and_changes_through_a_link_are_those_of_the_target(call):
    for database, name, day in (("own", "alias", "1"), ("link", "t", "2")):
        call("CreatePartition", DatabaseName=database, TableName=name, PartitionInput={"Values": [day]})
        changed = {"Name": name, "Description": day, "StorageDescriptor": STORAGE, "PartitionKeys": KEYS}
        call("UpdateTable", DatabaseName=database, TableInput=changed)
        assert call("GetTable", DatabaseName="src", Name="t")["Table"]["Description"] == day
    for database, name in (("src", "t"), ("own", "alias"), ("link", "t")):
        found = call("GetPartitions", DatabaseName=database, TableName=name)["Partitions"]
        assert [partition["Values"] for partition in found] == [["1"], ["2"]]


def test_deleted_link_leaves_its_target(call):
    call("DeleteTable", DatabaseName="own", Name="alias")
    call("DeleteDatabase", Name="link")
    assert call("GetTable", DatabaseName="src", Name="t")["Table"]["Name"] == "t"
    with pytest.raises(EntityNotFoundException):
        call("GetTable", DatabaseName="own", Name="alias")


def test_link_whose_target_is_gone_is_shown_as_it_is_and_holds_nothing(call):
    call("DeleteDatabase", Name="src")
    assert "StorageDescriptor" not in call("GetTable", DatabaseName="own", Name="alias")["Table"]
    for operation, request in (
        ("GetTables", {"DatabaseName": "link"}),
        ("GetPartitions", {"DatabaseName": "own", "TableName": "alias"}),
    ):
        with pytest.raises(EntityNotFoundException):
            call(operation, **request)


def test_link_to_a_table_through_a_link_to_a_database_is_refused(call):
    target = {"DatabaseName": "src", "Name": "t"}
    with pytest.raises(InvalidInputException, match="link"):
        call("CreateTable", DatabaseName="link", TableInput={"Name": "v", "TargetTable": target})

"""Connections: stored completely, shown without passwords on request, encrypted if the catalog requires it."""

from typing import Any

import pytest

from localstack_glue.service.errors import AlreadyExistsException, EntityNotFoundException, InvalidInputException
from localstack_glue.service.tagging import backend

PROPERTIES = {"JDBC_CONNECTION_URL": "jdbc:postgresql://h/d", "USERNAME": "reader", "PASSWORD": "open"}


@pytest.fixture
def call(glue: Any) -> Any:
    glue.catalog.reset()
    routes = glue.catalog.routes()
    yield lambda operation, **request: routes[operation](glue.scope, request)
    glue.catalog.reset()


def definition(name: str, kind: str = "JDBC", **members: Any) -> dict[str, Any]:
    properties = PROPERTIES if kind == "JDBC" else {}
    return {"Name": name, "ConnectionType": kind, "ConnectionProperties": properties, **members}


def test_password_is_shown_unless_it_is_to_be_hidden(call):
    call("CreateConnection", ConnectionInput=definition("c"))

    assert call("GetConnection", Name="c")["Connection"]["ConnectionProperties"] == PROPERTIES
    hidden = call("GetConnection", Name="c", HidePassword=True)["Connection"]["ConnectionProperties"]
    assert set(hidden) == {"JDBC_CONNECTION_URL", "USERNAME"}
    (listed,) = call("GetConnections", HidePassword=True)["ConnectionList"]
    assert listed["ConnectionProperties"] == hidden


def test_password_is_encrypted_if_the_catalog_requires_it(call, glue):
    settings = {"ConnectionPasswordEncryption": {"ReturnConnectionPasswordEncrypted": True, "AwsKmsKeyId": "key"}}
    backend(glue.scope).put_data_catalog_encryption_settings(glue.scope.account_id, settings)
    call("CreateConnection", ConnectionInput=definition("c"))

    shown = call("GetConnection", Name="c")["Connection"]["ConnectionProperties"]
    assert "PASSWORD" not in shown
    assert shown["ENCRYPTED_PASSWORD"] == "key:nepo"
    hidden = call("GetConnection", Name="c", HidePassword=True)["Connection"]["ConnectionProperties"]
    assert "ENCRYPTED_PASSWORD" not in hidden


def test_connections_are_found_by_type_and_criteria_in_pages(call):
    for number in range(3):
        call("CreateConnection", ConnectionInput=definition(f"c{number}", MatchCriteria=["a", f"b{number}"]))
    call("CreateConnection", ConnectionInput=definition("net", "NETWORK"))

    def names(**request: Any) -> list[str]:
        found, token = [], None
        while True:
            answer = call("GetConnections", NextToken=token, **request)
            found += [each["Name"] for each in answer["ConnectionList"]]
            token = answer["NextToken"]
            if token is None:
                return found

    assert names(MaxResults=2) == ["c0", "c1", "c2", "net"]
    assert names(Filter={"ConnectionType": "JDBC"}) == ["c0", "c1", "c2"]
    assert names(Filter={"MatchCriteria": ["a", "b1"]}) == ["c1"]


def test_connection_is_replaced_whole(call):
    call("CreateConnection", ConnectionInput=definition("c", Description="old"))
    call("UpdateConnection", Name="c", ConnectionInput=definition("c", "NETWORK"))

    found = call("GetConnection", Name="c")["Connection"]
    assert (found["ConnectionType"], found.get("Description")) == ("NETWORK", None)
    with pytest.raises(InvalidInputException):
        call("UpdateConnection", Name="c", ConnectionInput=definition("other"))


def test_refusals(call):
    call("CreateConnection", ConnectionInput=definition("c"))
    with pytest.raises(AlreadyExistsException):
        call("CreateConnection", ConnectionInput=definition("c"))
    with pytest.raises(InvalidInputException, match="JDBC_CONNECTION_URL"):
        call("CreateConnection", ConnectionInput={**definition("d"), "ConnectionProperties": {}})
    with pytest.raises(EntityNotFoundException):
        call("GetConnection", Name="none")
    answer = call("BatchDeleteConnection", ConnectionNameList=["c", "none"])
    assert answer["Succeeded"] == ["c"]
    assert answer["Errors"]["none"]["ErrorCode"] == "EntityNotFoundException"

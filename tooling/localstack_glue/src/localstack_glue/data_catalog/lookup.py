"""Finds databases and tables, by names in any case: the catalog keeps lower case, as Hive wants it.

A database or table may be a link to another (`TargetDatabase`, `TargetTable`). What follows links is in AWS's guide to
Lake Formation, "Resource link handling in AWS Glue APIs".
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from moto.glue.models import FakeTable

from localstack_glue.service.account_region import Scope
from localstack_glue.service.errors import EntityNotFoundException, InvalidInputException
from localstack_glue.service.models import JsonDict
from localstack_glue.service.tagging import backend


def find_database(scope: Scope, name: str) -> Any:
    """Return moto's database, or raise EntityNotFoundException."""
    databases = backend(scope).databases
    if name.lower() not in databases:
        raise EntityNotFoundException(f"Database {name.lower()} not found.")
    return databases[name.lower()]


def is_link(database: Any) -> bool:
    """Whether a database of moto is a link to another."""
    return bool(database.input.get("TargetDatabase"))


def open_database(scope: Scope, name: str) -> Any:
    """Return moto's database whose tables are meant: of a link, the target; or raise EntityNotFoundException."""
    database = find_database(scope, name)
    if not is_link(database):
        return database
    target = database.input["TargetDatabase"]
    return find_database(_place(scope, target), target["DatabaseName"])


def find_table(scope: Scope, database_name: str, name: str) -> FakeTable:
    """Return moto's table, which may be a link itself, or raise EntityNotFoundException."""
    database = open_database(scope, database_name)
    if name.lower() not in database.tables:
        raise EntityNotFoundException(f"Table {name.lower()} not found.")
    return database.tables[name.lower()]


def open_table(scope: Scope, database_name: str, name: str) -> FakeTable:
    """Return moto's table that is meant: of a link, the target; or raise EntityNotFoundException."""
    table = find_table(scope, database_name, name)
    target = table.as_dict().get("TargetTable")
    return find_table(_place(scope, target), target["DatabaseName"], target["Name"]) if target else table


def described(scope: Scope, table: FakeTable) -> JsonDict:
    """A table as GetTable shows it: a link with the properties of its target, if that exists."""
    own = shown(table.as_dict())
    target = own.get("TargetTable")
    if not target:
        return own
    try:
        found = find_table(_place(scope, target), target["DatabaseName"], target["Name"])
    except EntityNotFoundException:
        return own
    return {**shown(found.as_dict()), **own}


def _place(scope: Scope, target: Mapping[str, Any]) -> Scope:
    """The account and region of a link's target."""
    return replace(
        scope, account_id=target.get("CatalogId") or scope.account_id, region=target.get("Region") or scope.region
    )


def shown(stored: JsonDict) -> JsonDict:
    """Leave out members without a value."""
    return {key: value for key, value in stored.items() if value is not None}


def refuse_other_states(request: Mapping[str, Any]) -> None:
    """Refuse to show a table as it was at a time or in a transaction, which only governed tables of AWS can.

    Raises:
        InvalidInputException: the request asks for it.
    """
    for member in ("QueryAsOfTime", "TransactionId"):
        if request.get(member):
            raise InvalidInputException(f"glue-local keeps no governed tables, and does not support {member}")


def error_detail(error: Exception) -> JsonDict:
    """Show a refusal as the batch calls list it."""
    return {"ErrorCode": type(error).__name__, "ErrorMessage": str(error)}

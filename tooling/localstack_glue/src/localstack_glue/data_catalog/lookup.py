"""Finds databases and tables, by names in any case: the catalog keeps lower case, as Hive wants it."""

from typing import Any

from moto.glue.models import FakeTable

from localstack_glue.service.account_region import Scope
from localstack_glue.service.errors import EntityNotFoundException
from localstack_glue.service.models import JsonDict
from localstack_glue.service.tagging import backend


def find_database(scope: Scope, name: str) -> Any:
    """Return moto's database, or raise EntityNotFoundException."""
    databases = backend(scope).databases
    if name.lower() not in databases:
        raise EntityNotFoundException(f"Database {name.lower()} not found.")
    return databases[name.lower()]


def find_table(scope: Scope, database_name: str, name: str) -> FakeTable:
    """Return moto's table, or raise EntityNotFoundException."""
    database = find_database(scope, database_name)
    if name.lower() not in database.tables:
        raise EntityNotFoundException(f"Table {name.lower()} not found.")
    return database.tables[name.lower()]


def shown(stored: JsonDict) -> JsonDict:
    """Leave out members without a value."""
    return {key: value for key, value in stored.items() if value is not None}


def error_detail(error: Exception) -> JsonDict:
    """Show a refusal as the batch calls list it."""
    return {"ErrorCode": type(error).__name__, "ErrorMessage": str(error)}

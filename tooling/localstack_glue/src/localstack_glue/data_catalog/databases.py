"""The database calls of the API."""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from localstack_glue.data_catalog.lookup import find_database, shown
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.errors import AlreadyExistsException
from localstack_glue.service.models import JsonDict
from localstack_glue.service.pagination import page_by_name
from localstack_glue.service.tagging import Tagger, backend

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        CreateDatabaseRequestTypeDef,
        DatabaseInputTypeDef,
        DeleteDatabaseRequestTypeDef,
        GetDatabaseRequestTypeDef,
        GetDatabasesRequestTypeDef,
        UpdateDatabaseRequestTypeDef,
    )


class Databases:
    """Keeps databases in moto's backend."""

    def __init__(self, lock: threading.RLock, tagger: Tagger) -> None:
        self._lock = lock
        self._tagger = tagger

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "CreateDatabase": self.create,
            "DeleteDatabase": self.delete,
            "GetDatabase": self.get,
            "GetDatabases": self.get_all,
            "UpdateDatabase": self.update,
        }

    def create(self, scope: Scope, request: "CreateDatabaseRequestTypeDef") -> JsonDict:
        """CreateDatabase; the name is stored in lower case."""
        wanted = _folded(request["DatabaseInput"])
        name = wanted["Name"]
        with self._lock:
            if name in backend(scope).databases:
                raise AlreadyExistsException("Database already exists.")
            backend(scope).create_database(name, {**wanted, "CatalogId": request.get("CatalogId")})
            self._tagger.tag(scope, scope.arn("database", name), request.get("Tags"))
        return {}

    def get(self, scope: Scope, request: "GetDatabaseRequestTypeDef") -> JsonDict:
        """GetDatabase."""
        return {"Database": shown(find_database(scope, request["Name"]).as_dict())}

    def get_all(self, scope: Scope, request: "GetDatabasesRequestTypeDef") -> JsonDict:
        """GetDatabases, in pages; other accounts share none, and none is federated."""
        is_shared = request.get("ResourceShareType") in ("FOREIGN", "FEDERATED")
        databases = [] if is_shared else backend(scope).get_databases()
        found, token = page_by_name(databases, request.get("NextToken"), request.get("MaxResults"))
        return {"DatabaseList": [shown(database.as_dict()) for database in found], "NextToken": token}

    def update(self, scope: Scope, request: "UpdateDatabaseRequestTypeDef") -> JsonDict:
        """UpdateDatabase: the definition is replaced whole, and a new name renames."""
        wanted = _folded(request["DatabaseInput"])
        with self._lock:
            databases, database = backend(scope).databases, find_database(scope, request["Name"])
            if wanted["Name"] != database.name:
                if wanted["Name"] in databases:
                    raise AlreadyExistsException("Database already exists.")
                databases[wanted["Name"]] = databases.pop(database.name)
                database.name = wanted["Name"]
                for table in database.tables.values():
                    table.database_name = wanted["Name"]
            database.input = {**wanted, "CatalogId": database.input.get("CatalogId")}
        return {}

    def delete(self, scope: Scope, request: "DeleteDatabaseRequestTypeDef") -> JsonDict:
        """DeleteDatabase, with its tables."""
        with self._lock:
            database = find_database(scope, request["Name"])
            del backend(scope).databases[database.name]
            self._tagger.forget(scope, scope.arn("database", database.name))
        return {}


def _folded(wanted: "DatabaseInputTypeDef") -> JsonDict:
    return {**wanted, "Name": wanted["Name"].lower()}

"""Data catalogs: the Glue catalog of the account is always there, others are registered."""

import threading
from collections.abc import Mapping

from localstack_glue.athena.errors import InvalidRequestException
from localstack_glue.athena.models import GLUE_CATALOG, DataCatalog, athena_arn, get_store
from localstack_glue.athena.pages import page
from localstack_glue.service import stored_tags
from localstack_glue.service.account_region import Scope
from localstack_glue.service.answers import present
from localstack_glue.service.api import Operation
from localstack_glue.service.models import JsonDict

_STATUS = "CREATE_COMPLETE"


class DataCatalogs:
    """The data-catalog calls of the API."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "CreateDataCatalog": self.create,
            "DeleteDataCatalog": self.delete,
            "GetDataCatalog": self.get,
            "ListDataCatalogs": self.list_all,
            "UpdateDataCatalog": self.update,
        }

    def create(self, scope: Scope, request: JsonDict) -> JsonDict:
        """CreateDataCatalog."""
        name = request["Name"]
        created = DataCatalog(name, request["Type"], request.get("Description"), dict(request.get("Parameters") or {}))
        with self._lock:
            if name == GLUE_CATALOG or name in get_store(scope).data_catalogs:
                raise InvalidRequestException(f"DataCatalog {name} already exists")
            get_store(scope).data_catalogs[name] = created
            stored_tags.add(get_store(scope).tags, athena_arn(scope, "datacatalog", name), request.get("Tags"))
        return {"DataCatalog": _shown(created)}

    def get(self, scope: Scope, request: JsonDict) -> JsonDict:
        """GetDataCatalog."""
        return {"DataCatalog": _shown(self._find(scope, request["Name"]))}

    def list_all(self, scope: Scope, request: JsonDict) -> JsonDict:
        """ListDataCatalogs."""
        stored = [_glue(scope), *get_store(scope).data_catalogs.values()]
        found, token = page(stored, request)
        shown = [{"CatalogName": catalog.name, "Type": catalog.type, "Status": _STATUS} for catalog in found]
        return {"DataCatalogsSummary": shown, "NextToken": token}

    def update(self, scope: Scope, request: JsonDict) -> JsonDict:
        """UpdateDataCatalog: members that are not given are removed."""
        with self._lock:
            found = self._find_own(scope, request["Name"])
            found.type, found.description = request["Type"], request.get("Description")
            found.parameters = dict(request.get("Parameters") or {})
        return {}

    def delete(self, scope: Scope, request: JsonDict) -> JsonDict:
        """DeleteDataCatalog."""
        with self._lock:
            found = self._find_own(scope, request["Name"])
            del get_store(scope).data_catalogs[found.name]
            get_store(scope).tags.pop(athena_arn(scope, "datacatalog", found.name), None)
        return {"DataCatalog": {**_shown(found), "Status": "DELETE_COMPLETE"}}

    def _find_own(self, scope: Scope, name: str) -> DataCatalog:
        if name == GLUE_CATALOG:
            raise InvalidRequestException(f"DataCatalog {GLUE_CATALOG} cannot be changed")
        return self._find(scope, name)

    def _find(self, scope: Scope, name: str) -> DataCatalog:
        if name == GLUE_CATALOG:
            return _glue(scope)
        stored = get_store(scope).data_catalogs
        if name not in stored:
            raise InvalidRequestException(f"DataCatalog {name} was not found")
        return stored[name]


def _glue(scope: Scope) -> DataCatalog:
    return DataCatalog(GLUE_CATALOG, "GLUE", parameters={"catalog-id": scope.account_id})


def _shown(catalog: DataCatalog) -> JsonDict:
    return present(
        Name=catalog.name,
        Description=catalog.description,
        Type=catalog.type,
        Parameters=catalog.parameters,
        Status=_STATUS,
    )

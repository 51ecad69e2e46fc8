"""Databases and tables of the Glue catalog, in the form of Athena's API."""

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from localstack_glue.athena.errors import InvalidRequestException, MetadataException
from localstack_glue.athena.models import GLUE_CATALOG
from localstack_glue.athena.pages import page
from localstack_glue.service.account_region import Scope
from localstack_glue.service.answers import present
from localstack_glue.service.api import Operation
from localstack_glue.service.models import JsonDict

GlueOf = Callable[[Scope], Any]


class CatalogMetadata:
    """The metadata calls of the API."""

    def __init__(self, glue_of: GlueOf) -> None:
        self._glue_of = glue_of

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "GetDatabase": self.get_database,
            "GetTableMetadata": self.get_table,
            "ListDatabases": self.list_databases,
            "ListTableMetadata": self.list_tables,
        }

    def list_databases(self, scope: Scope, request: JsonDict) -> JsonDict:
        """ListDatabases."""
        glue = self._glue(scope, request)
        pages = _read(lambda: list(glue.get_paginator("get_databases").paginate()))
        stored = [_database(entry) for each in pages for entry in each["DatabaseList"]]
        found, token = page(stored, request)
        return {"DatabaseList": found, "NextToken": token}

    def get_database(self, scope: Scope, request: JsonDict) -> JsonDict:
        """GetDatabase."""
        glue = self._glue(scope, request)
        return {"Database": _database(_read(lambda: glue.get_database(Name=request["DatabaseName"])["Database"]))}

    def list_tables(self, scope: Scope, request: JsonDict) -> JsonDict:
        """ListTableMetadata; the expression is a regular one that tables' names match."""
        glue, name = self._glue(scope, request), request["DatabaseName"]
        pages = _read(lambda: list(glue.get_paginator("get_tables").paginate(DatabaseName=name)))
        stored = [_table(entry) for each in pages for entry in each["TableList"]]
        if request.get("Expression"):
            try:
                wanted = re.compile(request["Expression"].replace("*", ".*").replace("..*", ".*"))
            except re.error as error:
                raise InvalidRequestException(f"The expression {request['Expression']} cannot be read") from error
            stored = [entry for entry in stored if wanted.fullmatch(entry["Name"])]
        found, token = page(stored, request)
        return {"TableMetadataList": found, "NextToken": token}

    def get_table(self, scope: Scope, request: JsonDict) -> JsonDict:
        """GetTableMetadata."""
        glue, name = self._glue(scope, request), {"DatabaseName": request["DatabaseName"], "Name": request["TableName"]}
        return {"TableMetadata": _table(_read(lambda: glue.get_table(**name)["Table"]))}

    def _glue(self, scope: Scope, request: JsonDict) -> Any:
        catalog = request.get("CatalogName") or GLUE_CATALOG
        if catalog.lower() != GLUE_CATALOG.lower():
            raise InvalidRequestException(f"Catalog {catalog} is not supported here; use {GLUE_CATALOG}")
        return self._glue_of(scope)


def _read(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except ClientError as error:
        failure = error.response["Error"]
        # clients read the cause in these words
        raise MetadataException(
            f"{failure['Message']} (Service: AmazonDataCatalog; Status Code: 400; Error Code: {failure['Code']}; "
            f"Request ID: {uuid.uuid4()}; Proxy: null)"
        ) from error


def _database(entry: JsonDict) -> JsonDict:
    return present(Name=entry["Name"], Description=entry.get("Description"), Parameters=entry.get("Parameters") or None)


def _table(entry: JsonDict) -> JsonDict:
    storage = entry.get("StorageDescriptor") or {}
    serde = storage.get("SerdeInfo") or {}
    described = {
        "inputformat": storage.get("InputFormat"),
        "location": storage.get("Location"),
        "outputformat": storage.get("OutputFormat"),
        "serde.serialization.lib": serde.get("SerializationLibrary"),
        **{f"serde.param.{key}": value for key, value in (serde.get("Parameters") or {}).items()},
    }
    parameters = {
        **(entry.get("Parameters") or {}),
        **{key: value for key, value in described.items() if value is not None},
    }
    return present(
        Name=entry["Name"],
        CreateTime=entry.get("CreateTime"),
        LastAccessTime=entry.get("LastAccessTime"),
        TableType=entry.get("TableType"),
        Columns=[_column(column) for column in storage.get("Columns") or ()],
        PartitionKeys=[_column(column) for column in entry.get("PartitionKeys") or ()],
        Parameters=parameters,
    )


def _column(entry: JsonDict) -> JsonDict:
    return present(Name=entry["Name"], Type=entry.get("Type"), Comment=entry.get("Comment"))

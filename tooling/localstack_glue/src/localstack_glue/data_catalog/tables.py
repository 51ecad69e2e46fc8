"""The table calls of the API, with versions and search."""

import re
import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from moto.glue.models import FakeDatabase, FakeTable

from localstack_glue.data_catalog import table_search
from localstack_glue.data_catalog.batches import each
from localstack_glue.data_catalog.iceberg_tables import PutObject, with_metadata
from localstack_glue.data_catalog.lookup import (
    described,
    find_database,
    find_table,
    is_link,
    open_database,
    open_table,
    refuse_other_states,
    shown,
)
from localstack_glue.data_catalog.partition_indexes import add
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.errors import (
    AlreadyExistsException,
    ConcurrentModificationException,
    EntityNotFoundException,
    GlueError,
    InvalidInputException,
)
from localstack_glue.service.models import JsonDict
from localstack_glue.service.pagination import page
from localstack_glue.service.tagging import backend

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        BatchDeleteTableRequestTypeDef,
        BatchDeleteTableVersionRequestTypeDef,
        CreateTableRequestTypeDef,
        DeleteTableRequestTypeDef,
        DeleteTableVersionRequestTypeDef,
        GetTableRequestTypeDef,
        GetTablesRequestTypeDef,
        GetTableVersionRequestTypeDef,
        GetTableVersionsRequestTypeDef,
        SearchTablesRequestTypeDef,
        UpdateTableRequestTypeDef,
    )

_MOST_VERSIONS = 10**9


class Tables:
    """Keeps tables in moto's backend."""

    def __init__(self, lock: threading.RLock, put: PutObject) -> None:
        self._lock = lock
        self._put = put

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "BatchDeleteTable": self.batch_delete,
            "BatchDeleteTableVersion": self.batch_delete_versions,
            "CreateTable": self.create,
            "DeleteTable": self.delete,
            "DeleteTableVersion": self.delete_version,
            "GetTable": self.get,
            "GetTableVersion": self.get_version,
            "GetTableVersions": self.get_versions,
            "GetTables": self.get_all,
            "SearchTables": self.search,
            "UpdateTable": self.update,
        }

    def create(self, scope: Scope, request: "CreateTableRequestTypeDef") -> JsonDict:
        """CreateTable; names are stored in lower case. An Iceberg table gets its first metadata file."""
        wanted = _checked(request)
        if iceberg := (request.get("OpenTableFormatInput") or {}).get("IcebergInput"):
            if wanted["Name"] in open_database(scope, request["DatabaseName"]).tables:
                raise AlreadyExistsException("Table already exists.")
            wanted = with_metadata(wanted, iceberg, lambda uri, content: self._put(scope, uri, content))
        with self._lock:
            database = open_database(scope, request["DatabaseName"])
            if wanted.get("TargetTable") and is_link(find_database(scope, request["DatabaseName"])):
                raise InvalidInputException("A link to a table cannot be created through a link to a database")
            if wanted["Name"] in database.tables:
                raise AlreadyExistsException("Table already exists.")
            database.tables[wanted["Name"]] = _new(database, wanted)
            try:
                for index in request.get("PartitionIndexes") or ():
                    add(database.tables[wanted["Name"]], index)
            except GlueError:
                del database.tables[wanted["Name"]]  # a table with all of its indexes, or none
                raise
        return {}

    def get(self, scope: Scope, request: "GetTableRequestTypeDef") -> JsonDict:
        """GetTable."""
        refuse_other_states(request)
        return {"Table": described(scope, find_table(scope, request["DatabaseName"], request["Name"]))}

    def get_all(self, scope: Scope, request: "GetTablesRequestTypeDef") -> JsonDict:
        """GetTables, by a regular expression if given, in pages."""
        refuse_other_states(request)
        database = open_database(scope, request["DatabaseName"])
        names = sorted(database.tables)
        if expression := request.get("Expression"):
            pattern = _pattern(expression)
            names = [name for name in names if pattern.fullmatch(name)]
        found, token = page(names, request.get("NextToken"), request.get("MaxResults"), key=str)
        return {"TableList": [described(scope, database.tables[name]) for name in found], "NextToken": token}

    def search(self, scope: Scope, request: "SearchTablesRequestTypeDef") -> JsonDict:
        """SearchTables: by text and properties, over all databases, sorted and in pages; other accounts share none."""
        is_shared = request.get("ResourceShareType") in ("FOREIGN", "FEDERATED")
        databases = [] if is_shared else list(backend(scope).databases.values())
        everything = [shown(table.as_dict()) for database in databases for table in list(database.tables.values())]
        matching = table_search.search(
            everything,
            request.get("SearchText"),
            request.get("Filters") or (),
            request.get("SortCriteria") or (),
        )
        found, token = page(matching, request.get("NextToken"), request.get("MaxResults"))
        return {"TableList": found, "NextToken": token}

    def update(self, scope: Scope, request: "UpdateTableRequestTypeDef") -> JsonDict:
        """UpdateTable; a stale VersionId is a conflict, SkipArchive keeps no old version."""
        if request.get("UpdateOpenTableFormatInput"):
            raise InvalidInputException(
                "glue-local does not support UpdateOpenTableFormatInput: change the table with Athena or with Iceberg's"
                " own libraries"
            )
        if action := request.get("ViewUpdateAction"):
            raise InvalidInputException(
                f"glue-local does not support views of several dialects: ViewUpdateAction {action}"
            )
        wanted = _checked(request)
        with self._lock:  # compare and change atomically: of two writers with one VersionId, one must fail
            table = open_table(scope, request["DatabaseName"], wanted["Name"])
            wanted["Name"] = table.name
            current = str(table.as_dict()["VersionId"])
            if request.get("VersionId") not in (None, current):
                raise ConcurrentModificationException("Update table failed due to concurrent modifications.")
            table.update(wanted)
            if request.get("SkipArchive"):
                table.versions.pop(current, None)
        return {}

    def delete(self, scope: Scope, request: "DeleteTableRequestTypeDef") -> JsonDict:
        """DeleteTable, with its versions and partitions."""
        with self._lock:
            table = find_table(scope, request["DatabaseName"], request["Name"])
            del open_database(scope, request["DatabaseName"]).tables[table.name]
        return {}

    def batch_delete(self, scope: Scope, request: "BatchDeleteTableRequestTypeDef") -> JsonDict:
        """BatchDeleteTable; tables that could not be deleted are listed."""
        find_database(scope, request["DatabaseName"])
        errors = each(
            request["TablesToDelete"],
            lambda name: self.delete(scope, {"DatabaseName": request["DatabaseName"], "Name": name}),
            lambda name: {"TableName": name},
        )
        return {"Errors": errors}

    def get_version(self, scope: Scope, request: "GetTableVersionRequestTypeDef") -> JsonDict:
        """GetTableVersion; the newest if none is named."""
        table = open_table(scope, request["DatabaseName"], request["TableName"])
        version = request.get("VersionId") or str(table.as_dict()["VersionId"])
        _check_version(table, version)
        return {"TableVersion": {"Table": shown(table.as_dict(version)), "VersionId": version}}

    def get_versions(self, scope: Scope, request: "GetTableVersionsRequestTypeDef") -> JsonDict:
        """GetTableVersions, newest first, in pages."""
        table = open_table(scope, request["DatabaseName"], request["TableName"])
        versions = sorted(table.versions, key=int, reverse=True)
        found, token = page(versions, request.get("NextToken"), request.get("MaxResults"), key=_age)
        listed = [{"Table": shown(table.as_dict(version)), "VersionId": version} for version in found]
        return {"TableVersions": listed, "NextToken": token}

    def delete_version(self, scope: Scope, request: "DeleteTableVersionRequestTypeDef") -> JsonDict:
        """DeleteTableVersion; the current one stays."""
        with self._lock:
            table = open_table(scope, request["DatabaseName"], request["TableName"])
            _check_version(table, request["VersionId"])
            if request["VersionId"] == str(table.as_dict()["VersionId"]):
                raise InvalidInputException("Cannot delete the current version of a table.")
            table.delete_version(request["VersionId"])
        return {}

    def batch_delete_versions(self, scope: Scope, request: "BatchDeleteTableVersionRequestTypeDef") -> JsonDict:
        """BatchDeleteTableVersion; versions that could not be deleted are listed."""
        database, table = request["DatabaseName"], request["TableName"]
        open_table(scope, database, table)
        errors = each(
            request["VersionIds"],
            lambda version: self.delete_version(
                scope, {"DatabaseName": database, "TableName": table, "VersionId": version}
            ),
            lambda version: {"TableName": table, "VersionId": version},
        )
        return {"Errors": errors}


def _new(database: FakeDatabase, wanted: JsonDict) -> FakeTable:
    """A table whose first version is 0, as on AWS; moto counts from 1."""
    table = FakeTable(database.name, wanted["Name"], wanted, database.catalog_id)
    table.versions = {"0": wanted}
    table._current_version = 0
    return table


def _age(version: str) -> str:
    """What versions are listed by: texts whose order is newest first."""
    return f"{_MOST_VERSIONS - int(version):0{len(str(_MOST_VERSIONS))}}"


def _check_version(table: FakeTable, version: str) -> None:
    if not version.isdigit():
        raise InvalidInputException(f"Version {version} is not a number.")
    if version not in table.versions:
        raise EntityNotFoundException("Version not found.")


def _checked(request: "CreateTableRequestTypeDef | UpdateTableRequestTypeDef") -> JsonDict:
    """Check a TableInput and fold its name and its columns' names to lower case, as Hive wants them (G36)."""
    wanted: JsonDict = dict(request.get("TableInput") or {})
    name = wanted.get("Name") or request.get("Name")
    if not name:
        raise InvalidInputException("Table name must not be empty")
    columns = (wanted.get("StorageDescriptor") or {}).get("Columns") or []
    for members in (columns, wanted.get("PartitionKeys") or []):  # a column may be a partition key as well
        counts = Counter(column["Name"].lower() for column in members)
        if duplicates := sorted(column for column, count in counts.items() if count > 1):
            raise InvalidInputException(f"Duplicate column name {duplicates[0]} in table {name}")
    folded = {**wanted, "Name": name.lower()}
    if "PartitionKeys" in wanted:
        folded["PartitionKeys"] = _folded(wanted["PartitionKeys"])
    if columns:
        folded["StorageDescriptor"] = {**wanted["StorageDescriptor"], "Columns": _folded(columns)}
    return folded


def _folded(columns: Iterable[JsonDict] | None) -> list[JsonDict]:
    """Columns with their names in lower case; the names inside a struct's type stay (G36)."""
    return [{**column, "Name": column["Name"].lower()} for column in columns or ()]


def _pattern(expression: str) -> re.Pattern[str]:
    """Read AWS's table patterns: a regular expression in which a lone `*` is any text."""
    try:
        return re.compile(re.sub(r"(?<![.\])])\*", ".*", expression))
    except re.error as error:
        raise InvalidInputException(f"Invalid expression: {expression}") from error

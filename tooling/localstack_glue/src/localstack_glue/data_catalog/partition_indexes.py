"""Partition indexes: kept and shown, as reading here is fast without them."""

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from moto.glue.models import FakeTable

from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.errors import (
    AlreadyExistsException,
    EntityNotFoundException,
    InvalidInputException,
    ResourceNumberLimitExceededException,
)
from localstack_glue.service.models import JsonDict
from localstack_glue.service.pagination import page

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        CreatePartitionIndexRequestTypeDef,
        DeletePartitionIndexRequestTypeDef,
        GetPartitionIndexesRequestTypeDef,
    )

MAX_INDEXES = 3
_MEMBER = "localstack_glue_partition_indexes"  # on moto's table, so that they are deleted with it
FindTable = Callable[[Scope, str, str], FakeTable]


class PartitionIndexes:
    """The calls on partition indexes."""

    def __init__(self, lock: threading.RLock, find_table: FindTable) -> None:
        self._lock = lock
        self._find_table = find_table

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "CreatePartitionIndex": self.create,
            "DeletePartitionIndex": self.delete,
            "GetPartitionIndexes": self.get_all,
        }

    def create(self, scope: Scope, request: "CreatePartitionIndexRequestTypeDef") -> JsonDict:
        """CreatePartitionIndex; it is ACTIVE at once."""
        with self._lock:
            add(self._find_table(scope, request["DatabaseName"], request["TableName"]), request["PartitionIndex"])
        return {}

    def delete(self, scope: Scope, request: "DeletePartitionIndexRequestTypeDef") -> JsonDict:
        """DeletePartitionIndex."""
        with self._lock:
            indexes = _indexes(self._find_table(scope, request["DatabaseName"], request["TableName"]))
            if request["IndexName"] not in indexes:
                raise EntityNotFoundException(f"Index with the given indexName : {request['IndexName']} does not exist")
            del indexes[request["IndexName"]]
        return {}

    def get_all(self, scope: Scope, request: "GetPartitionIndexesRequestTypeDef") -> JsonDict:
        """GetPartitionIndexes, in pages."""
        table = self._find_table(scope, request["DatabaseName"], request["TableName"])
        types = {key["Name"]: key.get("Type", "string") for key in table.as_dict().get("PartitionKeys") or ()}
        found, token = page(list(_indexes(table).items()), request.get("NextToken"), None)
        shown = [
            {
                "IndexName": name,
                "Keys": [{"Name": key, "Type": types.get(key, "string")} for key in keys],
                "IndexStatus": "ACTIVE",
            }
            for name, keys in found
        ]
        return {"PartitionIndexDescriptorList": shown, "NextToken": token}


def add(table: FakeTable, index: Mapping[str, Any]) -> None:
    """Check an index and keep it with its table.

    Raises:
        InvalidInputException: a key is not a partition key of the table.
        AlreadyExistsException: the table has an index of this name or with these keys.
        ResourceNumberLimitExceededException: the table has as many indexes as it may have.
    """
    indexes, name, keys = _indexes(table), index["IndexName"], list(index["Keys"])
    known = {key["Name"] for key in table.as_dict().get("PartitionKeys") or ()}
    unknown = [key for key in keys if key not in known]
    if unknown or not keys:
        raise InvalidInputException(f"Index keys {unknown} are not partition keys of the table")
    if name in indexes or keys in indexes.values():
        raise AlreadyExistsException(f"Index with the given indexName : {name} or its keys already exists")
    if len(indexes) >= MAX_INDEXES:
        raise ResourceNumberLimitExceededException(f"A table can have at most {MAX_INDEXES} partition indexes")
    indexes[name] = keys


def _indexes(table: FakeTable) -> dict[str, list[str]]:
    found: dict[str, list[str]] = vars(table).setdefault(_MEMBER, {})
    return found

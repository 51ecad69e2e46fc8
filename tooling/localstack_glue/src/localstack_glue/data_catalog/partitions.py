"""The partition calls of the API."""

import operator
import threading
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from moto.glue.models import FakePartition, FakeTable

from localstack_glue.data_catalog.batches import each
from localstack_glue.data_catalog.lookup import open_table, refuse_other_states
from localstack_glue.data_catalog.partition_expression import PartitionExpression
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.errors import AlreadyExistsException, EntityNotFoundException, InvalidInputException
from localstack_glue.service.models import JsonDict
from localstack_glue.service.pagination import page

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        BatchCreatePartitionRequestTypeDef,
        BatchDeletePartitionRequestTypeDef,
        BatchGetPartitionRequestTypeDef,
        BatchUpdatePartitionRequestTypeDef,
        CreatePartitionRequestTypeDef,
        DeletePartitionRequestTypeDef,
        GetPartitionRequestTypeDef,
        GetPartitionsRequestTypeDef,
        UpdatePartitionRequestTypeDef,
    )

MAX_PAGE = 1000


class Partitions:
    """Keeps partitions in moto's tables."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "BatchCreatePartition": self.batch_create,
            "BatchDeletePartition": self.batch_delete,
            "BatchGetPartition": self.batch_get,
            "BatchUpdatePartition": self.batch_update,
            "CreatePartition": self.create,
            "DeletePartition": self.delete,
            "GetPartition": self.get,
            "GetPartitions": self.get_all,
            "UpdatePartition": self.update,
        }

    def create(self, scope: Scope, request: "CreatePartitionRequestTypeDef") -> JsonDict:
        """CreatePartition."""
        with self._lock:
            _add(_table(scope, request), request["PartitionInput"])
        return {}

    def batch_create(self, scope: Scope, request: "BatchCreatePartitionRequestTypeDef") -> JsonDict:
        """BatchCreatePartition; partitions that could not be created are listed."""
        with self._lock:
            table = _table(scope, request)
            inputs = request["PartitionInputList"]
            return {"Errors": each(inputs, lambda wanted: _add(table, wanted), _named_by_values)}

    def get(self, scope: Scope, request: "GetPartitionRequestTypeDef") -> JsonDict:
        """GetPartition."""
        table = _table(scope, request)
        values = request["PartitionValues"]
        _check_values(table, values)
        return {"Partition": _shown(scope, _find(table, values))}

    def batch_get(self, scope: Scope, request: "BatchGetPartitionRequestTypeDef") -> JsonDict:
        """BatchGetPartition; partitions that do not exist are left out."""
        table = _table(scope, request)
        wanted = [str(list(each["Values"])) for each in request["PartitionsToGet"]]
        found = [_shown(scope, table.partitions[key]) for key in wanted if key in table.partitions]
        return {"Partitions": found, "UnprocessedKeys": []}

    def get_all(self, scope: Scope, request: "GetPartitionsRequestTypeDef") -> JsonDict:
        """GetPartitions, by expression and segment if given, in pages."""
        refuse_other_states(request)
        table = _table(scope, request)
        placed = sorted(table.partitions.items())
        if (text := request.get("Expression") or "").strip():  # Hive's client sends a blank one for all partitions
            expression = PartitionExpression.parse(text, table.as_dict().get("PartitionKeys") or ())
            placed = [(key, partition) for key, partition in placed if expression.holds(partition.values)]
        if segment := request.get("Segment"):
            number, total = segment["SegmentNumber"], segment["TotalSegments"]
            if number >= total:
                raise InvalidInputException("SegmentNumber must be less than TotalSegments")
            placed = [each for each in placed if zlib.crc32(each[0].encode()) % total == number]
        limit = min(request.get("MaxResults") or MAX_PAGE, MAX_PAGE)
        found, token = page(placed, request.get("NextToken"), limit, key=operator.itemgetter(0))
        listed = [_shown(scope, partition) for _, partition in found]
        if request.get("ExcludeColumnSchema"):
            listed = [_without_columns(partition) for partition in listed]
        return {"Partitions": listed, "NextToken": token}

    def update(self, scope: Scope, request: "UpdatePartitionRequestTypeDef") -> JsonDict:
        """UpdatePartition; other values rename it."""
        with self._lock:
            _replace(_table(scope, request), request["PartitionValueList"], request["PartitionInput"])
        return {}

    def batch_update(self, scope: Scope, request: "BatchUpdatePartitionRequestTypeDef") -> JsonDict:
        """BatchUpdatePartition; partitions that could not be updated are listed."""
        with self._lock:
            table = _table(scope, request)
            errors = each(
                request["Entries"],
                lambda entry: _replace(table, entry["PartitionValueList"], entry["PartitionInput"]),
                lambda entry: {"PartitionValueList": entry["PartitionValueList"]},
            )
        return {"Errors": errors}

    def delete(self, scope: Scope, request: "DeletePartitionRequestTypeDef") -> JsonDict:
        """DeletePartition."""
        with self._lock:
            _remove(_table(scope, request), request["PartitionValues"])
        return {}

    def batch_delete(self, scope: Scope, request: "BatchDeletePartitionRequestTypeDef") -> JsonDict:
        """BatchDeletePartition; partitions that could not be deleted are listed."""
        with self._lock:
            table = _table(scope, request)
            doomed = request["PartitionsToDelete"]
            return {"Errors": each(doomed, lambda each: _remove(table, each["Values"]), _named_by_values)}


def _table(scope: Scope, request: Mapping[str, Any]) -> FakeTable:
    return open_table(scope, request["DatabaseName"], request["TableName"])


def _key(values: Sequence[str]) -> str:
    """The key under which moto keeps a partition."""
    return str(list(values))


def _find(table: FakeTable, values: Sequence[str]) -> FakePartition:
    if _key(values) not in table.partitions:
        raise EntityNotFoundException("Cannot find partition.")
    return table.partitions[_key(values)]


def _add(table: FakeTable, wanted: Mapping[str, Any]) -> None:
    values = wanted.get("Values") or []
    _check_values(table, values)
    if _key(values) in table.partitions:
        raise AlreadyExistsException("Partition already exists.")
    table.partitions[_key(values)] = FakePartition(table.database_name, table.name, wanted)


def _replace(table: FakeTable, values: Sequence[str], wanted: Mapping[str, Any]) -> None:
    """Replace a partition. Under other values it must not exist yet."""
    before = _find(table, values)
    wanted = {**wanted, "Values": wanted.get("Values") or list(values)}
    _check_values(table, wanted["Values"])
    is_renamed = _key(wanted["Values"]) != _key(values)
    if is_renamed and _key(wanted["Values"]) in table.partitions:
        raise AlreadyExistsException("Partition already exists.")
    after = FakePartition(table.database_name, table.name, wanted)
    after.creation_time = before.creation_time
    if is_renamed:
        del table.partitions[_key(values)]
    table.partitions[_key(wanted["Values"])] = after


def _remove(table: FakeTable, values: Sequence[str]) -> None:
    _find(table, values)
    del table.partitions[_key(values)]


def _check_values(table: FakeTable, values: Sequence[str]) -> None:
    keys = table.as_dict().get("PartitionKeys")
    if keys is not None and len(values) != len(keys):
        raise InvalidInputException("The number of partition keys do not match the number of partition values")


def _named_by_values(item: Mapping[str, Any]) -> JsonDict:
    return {"PartitionValues": item.get("Values") or []}


def _shown(scope: Scope, partition: FakePartition) -> JsonDict:
    return {**partition.as_dict(), "CatalogId": scope.account_id}


def _without_columns(partition: JsonDict) -> JsonDict:
    storage = {key: value for key, value in (partition.get("StorageDescriptor") or {}).items() if key != "Columns"}
    return {**partition, "StorageDescriptor": storage}

"""Partitions that statements add, drop, rename and find: ALTER TABLE ... PARTITION and MSCK REPAIR TABLE."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from localstack_glue.athena.engine.catalog import GlueCatalog, is_iceberg
from localstack_glue.athena.engine.commands import SEPARATORS, Command, partitions
from localstack_glue.athena.engine.errors import failed_ddl, raise_unless
from localstack_glue.athena.engine.results import NOTHING, Answer
from localstack_glue.athena.engine.table_clauses import in_s3
from localstack_glue.athena.engine.writes import escaped, unescaped
from localstack_glue.service.models import JsonDict

_BATCH = 100


class PartitionChanges:
    """Changes the partitions of tables over files in one account's catalog.

    Args:
        glue: a boto3 client.
        s3: a boto3 client.
    """

    def __init__(self, glue: Any, s3: Any) -> None:
        self._glue = glue
        self._s3 = s3
        self._catalog = GlueCatalog(glue)

    def run_command(self, command: Command) -> Answer | None:
        """A statement about partitions; None for any other.

        Raises:
            QueryFailedError: there is no such table or partition, or it cannot become that.
        """
        run = {
            "add partition": self._add,
            "drop partition": self._drop,
            "rename partition": self._rename,
            "msck repair": self._repair,
        }.get(command.kind)
        return None if run is None else run(command)

    def _add(self, command: Command) -> Answer:
        table, keys = self._partitioned(command)
        inputs = []
        for partition, location in partitions(command.rest):
            values = partition_values(keys, partition)
            folder = "/".join(f"{key}={escaped(value)}" for key, value in zip(keys, values, strict=True))
            place = f"{table['StorageDescriptor']['Location'].rstrip('/')}/{folder}/"
            place = in_s3(location) if location else place
            inputs.append(_partition_input(table, values, place))
        for start in range(0, len(inputs), _BATCH):
            answer = self._glue.batch_create_partition(
                DatabaseName=command.database,
                TableName=command.table,
                PartitionInputList=inputs[start : start + _BATCH],
            )
            for failure in answer.get("Errors") or []:
                detail = failure["ErrorDetail"]
                if detail["ErrorCode"] != "AlreadyExistsException":
                    raise failed_ddl(detail["ErrorCode"], detail["ErrorMessage"])
                if not command.exists:
                    raise failed_ddl(
                        "AlreadyExistsException", f"Partition already exists: {failure['PartitionValues']}"
                    )
        return NOTHING

    def _drop(self, command: Command) -> Answer:
        _, keys = self._partitioned(command)
        for partition, _ in partitions(command.rest, SEPARATORS[command.kind]):
            try:
                self._glue.delete_partition(
                    DatabaseName=command.database,
                    TableName=command.table,
                    PartitionValues=partition_values(keys, partition),
                )
            except ClientError as error:
                raise_unless(error, "EntityNotFoundException", command.exists, f"Partition not found: {partition}")
        return NOTHING

    def _rename(self, command: Command) -> Answer:
        _, keys = self._partitioned(command)
        (old, _), (new, _) = partitions(command.rest, SEPARATORS[command.kind])[:2]
        partition_input = self.read(command.database, command.table, partition_values(keys, old))
        partition_input["Values"] = partition_values(keys, new)
        self.update(command.database, command.table, partition_values(keys, old), partition_input)
        return NOTHING

    def _repair(self, command: Command) -> Answer:
        """MSCK REPAIR: folders named `key=value` below the table become partitions; existing ones are kept.

        As on AWS, keys in upper case and values with a colon are left out.
        """
        table, keys = self._partitioned(command)
        location = table["StorageDescriptor"]["Location"].rstrip("/") + "/"
        parts = urlsplit(location)
        prefix = parts.path.lstrip("/")
        found: dict[tuple[str, ...], str] = {}
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=parts.netloc, Prefix=prefix):
            for entry in page.get("Contents", ()):
                folders = entry["Key"][len(prefix) :].split("/")[:-1][: len(keys)]
                named = [folder.partition("=") for folder in folders]
                is_seen = not any(":" in value for _, _, value in named)
                if len(named) == len(keys) and [name for name, _, _ in named] == keys and is_seen:
                    values = tuple(unescaped(value) for _, _, value in named)
                    found[values] = f"{location}{'/'.join(folders)}/"
        known = {
            each.values
            for each in self._catalog.partitions(self._catalog.table(command.database, command.table, "line 1:1"))
        }
        new = [(values, place) for values, place in sorted(found.items()) if values not in known]
        for start in range(0, len(new), _BATCH):
            self._glue.batch_create_partition(
                DatabaseName=command.database,
                TableName=command.table,
                PartitionInputList=[
                    _partition_input(table, list(values), place) for values, place in new[start : start + _BATCH]
                ],
            )
        if not new:
            return NOTHING
        folders_of = ("/".join(f"{k}={v}" for k, v in zip(keys, values, strict=True)) for values, _ in new)
        added = [f"{command.table}:{folder}" for folder in folders_of]
        lines = ["\t".join(("Partitions not in metastore:", *added))]
        lines += [f"Repair: Added partition to metastore {each}" for each in added]
        return Answer((), tuple((line,) for line in lines), has_header=False)

    def read(self, database: str, table: str, values: list[str]) -> JsonDict:
        """A partition, as UpdatePartition takes it.

        Raises:
            QueryFailedError: there is no such partition.
        """
        try:
            found = self._glue.get_partition(DatabaseName=database, TableName=table, PartitionValues=values)
        except ClientError as error:
            raise_unless(error, "EntityNotFoundException", False, f"Partition not found: {values}")
        kept = ("StorageDescriptor", "Parameters", "Values")
        return {key: found["Partition"][key] for key in kept if key in found["Partition"]}

    def update(self, database: str, table: str, values: list[str], partition_input: JsonDict) -> None:
        """Replace the partition that has these values."""
        self._glue.update_partition(
            DatabaseName=database, TableName=table, PartitionValueList=values, PartitionInput=partition_input
        )

    def _partitioned(self, command: Command) -> tuple[JsonDict, list[str]]:
        """A table, and the names of its partition keys."""
        table = self._catalog.changeable_table(command.database, command.table)
        if is_iceberg(table):
            kind = command.kind.upper()
            raise failed_ddl("NOT_SUPPORTED", f"{kind} is for tables over files; {command.table} is an Iceberg table")
        return table, [key["Name"] for key in table.get("PartitionKeys") or ()]


def partition_values(keys: Sequence[str], partition: dict[str, str]) -> list[str]:
    """The values of a partition in the order of its table's keys.

    Raises:
        QueryFailedError: the partition does not name exactly these keys.
    """
    if sorted(partition) != sorted(keys):
        raise failed_ddl(
            "InvalidRequestException", f"The partition {partition} does not have the keys {', '.join(keys)}"
        )
    return [partition[key] for key in keys]


def _partition_input(table: JsonDict, values: list[str], location: str) -> JsonDict:
    return {"Values": values, "StorageDescriptor": {**table["StorageDescriptor"], "Location": location}}

"""Iceberg tables of CreateTable (`OpenTableFormatInput`): Glue writes their first metadata file to S3.

PyIceberg and the types of Athena's engine are imported with the first of these calls: they take a second.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from localstack_glue.service.account_region import Scope
from localstack_glue.service.clients import ClientFactory
from localstack_glue.service.errors import InvalidInputException
from localstack_glue.service.models import JsonDict

if TYPE_CHECKING:
    from pyiceberg.partitioning import PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.table.sorting import SortOrder

PutObject = Callable[[Scope, str, bytes], None]  # scope, S3 URI, content
_VERSIONS = ("1", "2", "3")
_S3 = "s3://"


def put_by_s3(clients: ClientFactory) -> PutObject:
    """Make the function that writes an object in a caller's account."""

    def put(scope: Scope, uri: str, content: bytes) -> None:
        bucket, _, key = uri.removeprefix(_S3).partition("/")
        with closing(clients.of_account("s3", scope)) as s3:
            try:
                s3.put_object(Bucket=bucket, Key=key, Body=content)
            except ClientError as error:
                raise InvalidInputException(
                    f"The metadata of the table could not be written to {uri}: {error}"
                ) from error

    return put


def with_metadata(wanted: JsonDict, iceberg: Mapping[str, Any], put: Callable[[str, bytes], None]) -> JsonDict:
    """Write the first metadata file of an Iceberg table; return the table's input with the file's location.

    Args:
        wanted: the input of the table, with its name.
        iceberg: the `IcebergInput` of the request.
        put: writes an object, given its S3 URI.

    Raises:
        InvalidInputException: the table cannot be one of Iceberg, or its metadata could not be written.
    """
    version = iceberg.get("Version") or "2"
    if version not in _VERSIONS:
        raise InvalidInputException(f"Version {version} of Iceberg's format is none of {', '.join(_VERSIONS)}")
    if wanted.get("PartitionKeys"):
        raise InvalidInputException("Cannot create partitions in an iceberg table")
    described = iceberg.get("CreateIcebergTableInput") or {}
    storage: JsonDict = dict(wanted.get("StorageDescriptor") or {})
    location = str(described.get("Location") or storage.get("Location") or "").rstrip("/")
    if not location.startswith(_S3):
        raise InvalidInputException("An Iceberg table needs a location in S3: give StorageDescriptor.Location")
    from pyiceberg.table.metadata import new_table_metadata

    schema, spec, order = _described(described) if described else _of_columns(storage.get("Columns") or ())
    properties = {"format-version": version, **(described.get("Properties") or {})}
    try:
        metadata = new_table_metadata(schema, spec, order, location, properties)
    except ValueError as error:  # a partition or the order names no field of the schema, for one
        raise InvalidInputException(f"The Iceberg table cannot be created: {error}") from error
    file = f"{location}/metadata/00000-{uuid.uuid4()}.metadata.json"
    put(file, metadata.model_dump_json().encode())
    if described:
        storage["Columns"] = _columns(metadata.schema())
    return {
        **wanted,
        "TableType": wanted.get("TableType") or "EXTERNAL_TABLE",
        "StorageDescriptor": {**storage, "Location": location},
        "Parameters": {**(wanted.get("Parameters") or {}), "table_type": "ICEBERG", "metadata_location": file},
    }


def _of_columns(columns: Any) -> tuple[Schema, PartitionSpec, SortOrder]:
    """The schema that columns of Hive's types have in Iceberg: all optional, no partitions, no order."""
    from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
    from pyiceberg.schema import Schema
    from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
    from pyiceberg.types import NestedField
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    from localstack_glue.athena.engine.errors import QueryFailedError
    from localstack_glue.athena.engine.iceberg_schema import iceberg_type
    from localstack_glue.athena.engine.trino.types import from_sqlglot

    ids, fields = iter(range(1, 1_000_000)), []
    for column in columns:
        name, text = column["Name"], column.get("Type") or ""
        try:
            kind = iceberg_type(from_sqlglot(exp.DataType.build(text, dialect="hive")), ids)
        except (QueryFailedError, SqlglotError, ValueError) as error:
            raise InvalidInputException(f"Column {name} has the type '{text}', which Iceberg does not have") from error
        fields.append(NestedField(next(ids), name, kind, required=False, doc=column.get("Comment")))
    return Schema(*fields), UNPARTITIONED_PARTITION_SPEC, UNSORTED_SORT_ORDER


def _described(described: Mapping[str, Any]) -> tuple[Schema, PartitionSpec, SortOrder]:
    """The schema, partitions and order of a `CreateIcebergTableInput`, whose members are Iceberg's own."""
    from pydantic import ValidationError
    from pyiceberg.partitioning import PARTITION_FIELD_ID_START, UNPARTITIONED_PARTITION_SPEC, PartitionSpec
    from pyiceberg.schema import Schema
    from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, SortOrder

    schema = _in_icebergs_words(described["Schema"])
    spec, order = (_in_icebergs_words(described.get(name) or {}) for name in ("PartitionSpec", "WriteOrder"))
    for number, field in enumerate(spec["fields"], start=PARTITION_FIELD_ID_START):
        field.setdefault("field-id", number)
    try:
        return (
            Schema.model_validate(schema),
            PartitionSpec.model_validate(spec) if spec["fields"] else UNPARTITIONED_PARTITION_SPEC,
            SortOrder.model_validate(order) if order["fields"] else UNSORTED_SORT_ORDER,
        )
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInputException(
            f"CreateIcebergTableInput is not valid: {place or error.title}: {first['msg']}"
        ) from error


def _in_icebergs_words(member: Mapping[str, Any]) -> JsonDict:
    """A structure of the API with the names of Iceberg's specification: `SourceId` is `source-id`."""
    words = {_word(name): value for name, value in member.items()}
    fields = [{_word(name): value for name, value in field.items()} for field in member.get("Fields") or ()]
    return {**words, "fields": fields}


def _word(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).removeprefix("-")


def _columns(schema: Schema) -> list[JsonDict]:
    """The columns of a schema as Iceberg's libraries write them into the catalog."""
    from localstack_glue.athena.engine.iceberg_data import hive_type

    return [
        {
            "Name": field.name.lower(),
            "Type": hive_type(field.field_type).replace(
                "timestamp with time zone", "timestamp"
            ),  # Athena's name for it
            **({"Comment": field.doc} if field.doc else {}),
            "Parameters": {
                "iceberg.field.current": "true",
                "iceberg.field.id": str(field.field_id),
                "iceberg.field.optional": str(not field.required).lower(),
            },
        }
        for field in schema.fields
    ]

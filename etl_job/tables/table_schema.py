"""Columns of a table as Iceberg knows them."""

from collections.abc import Sequence

from pydantic import TypeAdapter
from pyiceberg.schema import Schema
from pyiceberg.types import IcebergType, NestedField

from etl_job.contract.column_types import TYPES
from etl_job.contract.schemas import TableColumn


def iceberg_schema(columns: Sequence[TableColumn]) -> Schema:
    """The columns in their order, numbered from 1; none is required."""
    return Schema(
        *(
            NestedField(field_id=number, name=column.name, field_type=iceberg_type(column.kind), required=False)
            for number, column in enumerate(columns, start=1)
        )
    )


def iceberg_type(kind: str) -> IcebergType:
    """The type of a kind of column."""
    found: IcebergType = TypeAdapter(IcebergType).validate_python(TYPES[kind].iceberg)
    return found

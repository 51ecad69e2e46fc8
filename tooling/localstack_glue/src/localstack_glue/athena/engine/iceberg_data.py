"""Iceberg tables: the snapshot that a query reads, and its columns. They come from the table's metadata file.

The Glue table keeps renamed and dropped columns, so it does not show which ones exist.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pyarrow
from pyiceberg.exceptions import ValidationError
from pyiceberg.io.pyarrow import ArrowScan
from pyiceberg.table import DataScan, StaticTable
from pyiceberg.types import DecimalType, FixedType, IcebergType, ListType, MapType, StructType

from localstack_glue.athena.engine.catalog import CatalogTable, Column
from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.mentions import TableUse

_HIVE_TYPES = {
    "long": "bigint",
    "time": "string",
    "timestamptz": "timestamp with time zone",
    "timestamptz_ns": "timestamp with time zone",
    "timestamp_ns": "timestamp",
    "uuid": "string",
}


@dataclass(frozen=True, slots=True)
class IcebergSnapshot:
    """A table as of one snapshot; `snapshot_id` is None for the newest."""

    table: StaticTable
    snapshot_id: int | None

    def scan(self) -> DataScan:
        """A scan of everything that it holds."""
        return self.table.scan(snapshot_id=self.snapshot_id)

    def rows(self) -> Any:
        """Everything that it holds, as an Arrow table.

        Files written by Arrow may keep texts as dictionaries, which PyIceberg does not put together with plain ones.
        """
        scan = self.scan()
        reader = ArrowScan(self.table.metadata, self.table.io, scan.projection(), scan.row_filter, scan.case_sensitive)
        tables = [
            pyarrow.Table.from_batches([batch]).cast(_plain(batch.schema))
            for batch in reader.to_record_batches(scan.plan_files())
        ]
        return pyarrow.concat_tables(tables, promote_options="permissive") if tables else scan.to_arrow()

    def columns(self) -> tuple[Column, ...]:
        """Its columns, in order, with names in lower case like Athena's."""
        schema = self.scan().projection()
        return tuple(Column(field.name.lower(), hive_type(field.field_type)) for field in schema.fields)


def _plain(schema: Any) -> Any:
    """A schema without dictionaries."""
    fields = [
        field.with_type(field.type.value_type) if pyarrow.types.is_dictionary(field.type) else field for field in schema
    ]
    return pyarrow.schema(fields)


@contextmanager
def metadata_errors(database: str, name: str) -> Iterator[None]:
    """Errors of a table's metadata file become those of Athena.

    Raises:
        QueryFailedError: the file is missing, or is no metadata of a table.
    """
    try:
        yield
    except FileNotFoundError as error:
        message = f"Metadata not found in metadata location for table {database}.{name}"
        raise QueryFailedError("ICEBERG_MISSING_METADATA", message) from error
    except (ValidationError, ValueError) as error:
        message = f"Invalid metadata file for table {database}.{name}"
        raise QueryFailedError("ICEBERG_INVALID_METADATA", message) from error


def open_snapshot(table: CatalogTable, use: TableUse | None, properties: Mapping[str, str]) -> IcebergSnapshot:
    """Open the snapshot that a use of an Iceberg table refers to; None means the current one.

    Raises:
        QueryFailedError: there is no such snapshot, or the table's metadata is missing or damaged.
    """
    with metadata_errors(table.database, table.name):
        iceberg = StaticTable.from_metadata(table.metadata_location, dict(properties))
    if use is None:
        return IcebergSnapshot(iceberg, None)
    snapshot_id = use.snapshot_id
    if use.moment is not None:
        found = iceberg.snapshot_as_of_timestamp(int(use.moment.timestamp() * 1000))
        if found is None:
            raise QueryFailedError(
                "INVALID_ARGUMENTS",
                f'{use.place}: No version history table "{use.database}"."{use.name}" at or before '
                f"{use.moment.isoformat()}",
            )
        snapshot_id = found.snapshot_id
    if snapshot_id is not None and iceberg.snapshot_by_id(snapshot_id) is None:
        raise QueryFailedError("INVALID_ARGUMENTS", f"{use.place}: Iceberg snapshot ID does not exists: {snapshot_id}")
    return IcebergSnapshot(iceberg, snapshot_id)


def with_own_columns(table: CatalogTable, iceberg_properties: Mapping[str, str]) -> CatalogTable:
    """A table with its actual columns: those of an Iceberg table come from its metadata."""
    if not table.is_iceberg:
        return table
    return replace(table, columns=open_snapshot(table, None, iceberg_properties).columns(), partition_keys=())


def hive_type(kind: IcebergType) -> str:
    """A type of Iceberg's in Hive's words, as Glue has them."""
    if isinstance(kind, StructType):
        return f"struct<{','.join(f'{field.name.lower()}:{hive_type(field.field_type)}' for field in kind.fields)}>"
    if isinstance(kind, ListType):
        return f"array<{hive_type(kind.element_type)}>"
    if isinstance(kind, MapType):
        return f"map<{hive_type(kind.key_type)},{hive_type(kind.value_type)}>"
    if isinstance(kind, DecimalType):
        return f"decimal({kind.precision},{kind.scale})"
    return "binary" if isinstance(kind, FixedType) else _HIVE_TYPES.get(str(kind), str(kind))

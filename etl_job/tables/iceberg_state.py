"""The content of an Iceberg table as readers see it."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Self

import pydantic
from pyiceberg.exceptions import NoSuchPropertyException, NoSuchTableError, ValidationError
from pyiceberg.expressions import AlwaysTrue, EqualTo
from pyiceberg.manifest import FileFormat
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import FileScanTask, Table
from pyiceberg.table.metadata import TableMetadata, new_table_metadata
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import IcebergType, NestedField

from etl_job.contract.column_types import TYPES
from etl_job.contract.schemas import DAY, TableColumn
from etl_job.errors import LostFilesError, UnreadableTableError
from etl_job.tables.commit_outcome import DecidingGlueCatalog
from etl_job.tables.property_names import SOURCE_SNAPSHOT
from etl_job.tables.property_values import read_snapshot_id
from etl_job.tables.quarter_tags import QuarterTag, standing_tags
from etl_job.tables.snapshot_change import (
    Changes,
    branch_names,
    changes_since,
    changes_taken_back,
    decode_day,
    noted_as,
)

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT_VERSION = 2  # the newest of Iceberg's that PyIceberg writes


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of a table's current snapshot: its partition's value, the days it spans, and how many rows it has.

    ``has_deletes`` is true if another program deleted rows of it that the file still holds: readers of the table leave
    them out by a second file, readers of this file alone do not.
    """

    uri: str
    partition: str
    first_day: date
    last_day: date
    rows: int
    has_deletes: bool = False


class IcebergState:
    """One Iceberg table, partitioned by the text of one column."""

    def __init__(
        self,
        catalog: DecidingGlueCatalog,
        database: str,
        name: str,
        *,
        location: str,
        columns: tuple[TableColumn, ...],
        by: str,
    ) -> None:
        self.identifier = f"{database}.{name}"
        self.location = location
        self.partition_column = by
        self._catalog = catalog
        self._schema = iceberg_schema(columns)
        source = self._schema.find_field(by).field_id
        self._spec = PartitionSpec(
            PartitionField(source_id=source, field_id=1000, transform=IdentityTransform(), name=by)
        )
        self.columns = columns
        self._table = self._load()

    def _load(self) -> Table | None:
        try:
            return self._as_written(self._catalog.load_table(self.identifier))
        except NoSuchTableError:
            return None
        except FileNotFoundError as error:
            raise LostFilesError(
                f"{self.identifier} refers to a missing metadata file ({error}): restore it, or drop the table; the "
                "next run creates it again"
            ) from error
        except (ValueError, ValidationError, NoSuchPropertyException) as error:
            invalid = next(
                (each for each in (error, error.__cause__) if isinstance(each, pydantic.ValidationError)), None
            )
            reason = invalid.errors()[0]["msg"] if invalid is not None else " ".join(str(error).split())
            raise UnreadableTableError(self.identifier, reason) from error

    def as_it_is_now(self) -> Self:
        """The same table as readers find it at this moment."""
        database, _, name = self.identifier.partition(".")
        return type(self)(
            self._catalog, database, name, location=self.location, columns=self.columns, by=self.partition_column
        )

    @property
    def metadata(self) -> TableMetadata:
        """The table's metadata; before it exists, the metadata that it will have."""
        if self._table is None:
            return new_table_metadata(self._schema, self._spec, UNSORTED_SORT_ORDER, self.location)
        return self._table.metadata

    def is_older_than(self, other: "IcebergState") -> bool:
        """Whether it lacks a change that the other has: Glue may show an old copy for a while, or no table at all."""
        mine, others = (
            [snapshot.sequence_number or 0 for snapshot in each.metadata.snapshots] for each in (self, other)
        )
        return max(mine, default=0) < max(others, default=0)

    @property
    def snapshot_id(self) -> int | None:
        """The current snapshot; None for a table that does not exist or is still empty."""
        return self.metadata.current_snapshot_id

    @property
    def source_snapshot(self) -> int | None:
        """The snapshot of another table that this one's current snapshot was computed from, if it is recorded."""
        return noted_as(read_snapshot_id, self.metadata, self.metadata.current_snapshot(), SOURCE_SNAPSHOT)

    def changes_since(self, snapshot_id: int | None) -> Changes | None:
        """The changes of runs since a snapshot; None if they are unknown, for example after a rollback."""
        return changes_since(self.metadata, snapshot_id)

    @property
    def changes_taken_back(self) -> Changes | None:
        """The changes of runs that somebody took back by a rollback of the table; None if it is unknown which."""
        return changes_taken_back(self.metadata)

    @property
    def tags(self) -> tuple[str, ...]:
        """Names of all tags, sorted; branches are none."""
        return tuple(sorted(self.metadata.refs.keys() - branch_names(self.metadata)))

    @property
    def quarter_tags(self) -> dict[str, QuarterTag | None]:
        """The tags of quarters with the records of their snapshots; None if one may hold later days."""
        return standing_tags(self.metadata)

    def manifests(self) -> tuple[str, ...]:
        """The manifests of the current snapshot."""
        if self._table is None or (snapshot := self._table.current_snapshot()) is None:
            return ()
        return tuple(manifest.manifest_path for manifest in snapshot.manifests(self._table.io))

    def data_files(self) -> tuple[DataFile, ...]:
        """The files of the snapshot that this object read when it was created.

        Raises:
            UnreadableTableError: another program wrote files of another format, or without their partition or days, or
                deleted rows by their values.
        """
        if self._table is None or self._table.current_snapshot() is None:
            return ()
        try:
            tasks = tuple(self._table.scan().plan_files())
        except ValueError as error:  # PyIceberg does not apply deletes by value
            raise UnreadableTableError(self.identifier, " ".join(str(error).split())) from error
        day = self._table.schema().find_field(DAY).field_id
        return tuple(self._data_file(task, day) for task in tasks)

    def _data_file(self, task: FileScanTask, day: int) -> DataFile:
        file = task.file
        if file.file_format is not FileFormat.PARQUET:
            reason = f"{file.file_path} is not Parquet, but {file.file_format.value}"
            raise UnreadableTableError(self.identifier, reason)
        if file.partition[0] is None or day not in (file.lower_bounds or {}) or day not in (file.upper_bounds or {}):
            reason = f"{file.file_path} has no statistics of {self.partition_column} and {DAY}"
            raise UnreadableTableError(self.identifier, reason)
        return DataFile(
            uri=file.file_path,
            partition=str(file.partition[0]),
            first_day=decode_day(file.lower_bounds[day]),
            last_day=decode_day(file.upper_bounds[day]),
            rows=file.record_count,
            has_deletes=bool(task.delete_files),
        )

    def _as_written(self, table: Table) -> Table:
        if (version := table.format_version) > FORMAT_VERSION:
            reason = f"its format version is {version}, and the job writes version {FORMAT_VERSION}"
            raise UnreadableTableError(self.identifier, reason)
        first = next(iter(table.spec().fields), None)
        if (
            first is None
            or not isinstance(first.transform, IdentityTransform)
            or table.schema().find_column_name(first.source_id) != self.partition_column
        ):
            raise UnreadableTableError(self.identifier, f"it is not partitioned by the column {self.partition_column}")
        return table

    def count_rows_on(self, day: date) -> int:
        """How many rows of that day there are."""
        if self._table is None:
            return 0
        return self._table.scan(row_filter=EqualTo(DAY, day), selected_fields=(DAY,)).count()  # type: ignore[arg-type, call-arg]

    def read_partitions(self, partitions: Collection[str]) -> Iterator[tuple[str, "pa.RecordBatchReader"]]:
        """The rows of some partitions as readers see them now, one partition after the other, a batch at a time.

        The table's files are looked up once: a scan for each partition would read the list of all files each time.

        Raises:
            LookupError: the table does not exist yet.
        """
        if self._table is None:
            raise LookupError(f"{self.identifier} does not exist yet")
        import pyarrow as pa
        from pyiceberg.io.pyarrow import ArrowScan, schema_to_pyarrow

        tasks: dict[str, list[FileScanTask]] = defaultdict(list)
        for task in self._table.scan().plan_files():
            tasks[str(task.file.partition[0])].append(task)
        schema = self._table.schema()
        rows, arrow_schema = ArrowScan(self.metadata, self._table.io, schema, AlwaysTrue()), schema_to_pyarrow(schema)
        for partition in partitions:
            batches = rows.to_record_batches(tasks[partition])
            yield partition, pa.RecordBatchReader.from_batches(arrow_schema, batches).cast(arrow_schema)


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
    found: IcebergType = pydantic.TypeAdapter(IcebergType).validate_python(TYPES[kind].iceberg)
    return found

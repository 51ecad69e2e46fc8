"""Parquet files on their way into tables: not many, zstd-compressed, sorted, each within one partition."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from etl_job.contract.column_types import TYPES
from etl_job.contract.schemas import DAY, DELIVERY, RUN_ID, TableColumn
from etl_job.lake.files import ObjectStore
from etl_job.lake.paths import parquet_files, partition_folder
from etl_job.spark.workload import collected

# Files of 64 to 256 MB read best. What a value takes at most, sorted and compressed, was measured as the test does it.
FILE_BYTES = 192_000_000


@dataclass(frozen=True, slots=True)
class FileLayout:
    """How the rows of a table are written to files: a file belongs to one partition and is sorted by ``sort_by``.

    ``split_after`` has a day for some partitions: rows of later days are written to separate files.
    """

    columns: Sequence[TableColumn]
    partition_column: str
    sort_by: Sequence[str]
    split_after: Mapping[str, date] = field(default_factory=dict)


def rows_per_file(columns: Sequence[TableColumn]) -> int:
    """How many rows of these columns make a file of about ``FILE_BYTES``, if a partition has that many."""
    return int(FILE_BYTES / sum(TYPES[column.kind].file_bytes for column in columns))


def write_table_files(
    frame: DataFrame, layout: FileLayout, folder: str, store: ObjectStore, *, in_one_task: bool = False
) -> tuple[str, ...]:
    """Write the frame's rows below the folder and return the files' URIs.

    A partition is one file, unless it is too large or split. Rows for one task fit into the driver's memory, and the
    driver writes them itself: Spark would take tens of milliseconds for each file, regardless of its content.
    """
    if in_one_task:
        rows = collected(frame.coalesce(1))
        return write_rows(rows, layout, folder, store)
    copy, value = _folder_column(layout.partition_column), F.col(layout.partition_column)
    # side by side: one within another would be as deep as there are quarters
    later = (
        F.when((value == partition) & (F.col(DAY) > F.lit(day)), F.lit(_after(partition, day)))
        for partition, day in layout.split_after.items()
    )
    (
        frame.repartition(layout.partition_column)
        .withColumn(copy, F.coalesce(*later, value))
        .sortWithinPartitions(copy, *layout.sort_by)
        .write.partitionBy(copy)
        .option("maxRecordsPerFile", rows_per_file(layout.columns))
        .parquet(folder)
    )
    return parquet_files(store, folder)


def _folder_column(partition_column: str) -> str:
    """The name that folders carry. Iceberg takes a partition's value from the files themselves."""
    return f"{partition_column}_part"


def write_rows(rows: pa.Table, layout: FileLayout, folder: str, store: ObjectStore) -> tuple[str, ...]:
    """As ``write_table_files``, for rows that the driver has."""
    if not rows.num_rows:
        return ()
    rows = rows.sort_by([(name, "ascending") for name in (layout.partition_column, *layout.sort_by)])
    limit, copy = rows_per_file(layout.columns), _folder_column(layout.partition_column)
    written: list[str] = []
    place = 0
    for counted in pc.value_counts(rows.column(layout.partition_column)).to_pylist():  # in the order of the rows
        value, of_value = counted["values"], rows.slice(place, counted["counts"])
        place += counted["counts"]
        for name, part in _parts(value, of_value, layout.split_after.get(value)):
            for first in range(0, len(part), limit):
                content = BytesIO()
                parquet.write_table(part.slice(first, limit), content, compression="zstd", store_schema=False)
                written.append(f"{folder}/{partition_folder(copy, name)}/part-{first // limit:05d}.parquet")
                store.write(written[-1], content.getvalue())
    return tuple(written)


def _after(partition: str, day: date) -> str:
    """The name of the folder for a partition's rows after a day: it is listed after the folder of the other rows."""
    return f"{partition}_after_{day}"


def _parts(value: str, rows: pa.Table, last_day: date | None) -> list[tuple[str, pa.Table]]:
    if last_day is None:
        return [(value, rows)]
    is_after = pc.greater(rows.column(DAY), pa.scalar(last_day, rows.schema.field(DAY).type))
    return [(value, rows.filter(pc.invert(is_after))), (_after(value, last_day), rows.filter(is_after))]


def write_quarantine(rows: DataFrame, location: str, in_one_task: bool = False) -> None:
    """Write broken rows to ``<location>/delivery=<d>/run_id=<r>/``, one file each.

    Dynamic overwriting replaces these very folders, should the run be repeated, and keeps the unfinished files in a
    folder of this write's own, so two runs do not collide.
    """
    together = rows.coalesce(1) if in_one_task else rows.repartition(DELIVERY)
    (
        together.sortWithinPartitions(DELIVERY, "file", "position")
        .drop("position")
        .write.mode("overwrite")
        .option("partitionOverwriteMode", "dynamic")
        .partitionBy(DELIVERY, RUN_ID)
        .parquet(location)
    )

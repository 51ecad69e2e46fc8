"""The amount of work, if it is known beforehand: a small amount is done by one task.

Every exchange of rows between tasks is planned, compiled and scheduled. For a few thousand rows that takes many times
longer than the work on them.
"""

from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame

ONE_TASK_ROWS = 200_000
ONE_TASK_VALUES = 8_000_000  # of rows that the driver gets and writes: 64 MB of numbers
ONE_TASK_FILES = 100  # which one task opens one after the other


def fits_one_task(rows: int, columns: int = 1) -> bool:
    """Whether this number of rows, of daily counts or features, fits one task."""
    return rows <= ONE_TASK_ROWS and rows * columns <= ONE_TASK_VALUES


@dataclass(frozen=True, slots=True)
class SizeEstimate:
    """An estimate of daily counts: the most ``lines`` and ``entities``, and the number of ``files``."""

    lines: int = 0
    entities: int = 0
    files: int = 0

    def __add__(self, other: "SizeEstimate") -> "SizeEstimate":
        """Both together, as if they had nothing in common."""
        return SizeEstimate(self.lines + other.lines, self.entities + other.entities, self.files + other.files)

    def fits_one_task(self, columns: int = 1) -> bool:
        """Whether the lines, with this number of columns, and their files fit one task."""
        return self.files <= ONE_TASK_FILES and fits_one_task(self.lines, columns)

    def fits_one_task_over(self, days: int, columns: int = 1) -> bool:
        """Whether the lines, and this number of days of all entities, with this number of columns, fit one task."""
        return self.fits_one_task() and fits_one_task(self.entities * days, columns)


def gathered(rows: DataFrame, in_one_task: bool) -> DataFrame:
    """The rows in a single partition, so that later steps exchange none; or unchanged."""
    return rows.coalesce(1) if in_one_task else rows


def collected(rows: DataFrame) -> pa.Table:
    """The rows in the driver's memory; a table without columns if there are none."""
    batches: list[pa.RecordBatch] = rows._collect_as_arrow()  # from Spark 4.0 on: toArrow()
    return pa.Table.from_batches(batches) if batches else pa.table({})

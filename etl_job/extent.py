"""How much there is to work on, where that is known beforehand: little is worked on by one task.

Every exchange of rows between tasks is planned, compiled and scheduled. For some thousand rows that takes many times
longer than the work on them.
"""

from dataclasses import dataclass

from pyspark.sql import DataFrame

ONE_TASK_ROWS = 400_000


def fits_one_task(rows: int) -> bool:
    """Whether so many rows of daily counts, or of features, are work for one task."""
    return rows <= ONE_TASK_ROWS


@dataclass(frozen=True, slots=True)
class Extent:
    """At most so many lines of daily counts, of at most so many entities."""

    lines: int = 0
    entities: int = 0

    def __add__(self, other: "Extent") -> "Extent":
        """Both together, as if they had nothing in common."""
        return Extent(self.lines + other.lines, self.entities + other.entities)

    @property
    def fits_one_task(self) -> bool:
        """Whether the lines do."""
        return fits_one_task(self.lines)

    def fits_one_task_over(self, days: int) -> bool:
        """Whether the lines do, and so many days of all entities."""
        return self.fits_one_task and fits_one_task(self.entities * days)


def gathered(rows: DataFrame, in_one_task: bool) -> DataFrame:
    """The rows in a single partition, which what comes after them keeps without exchanging any; or as they are."""
    return rows.coalesce(1) if in_one_task else rows

"""The curated table's content except for a run's deliveries, and the days that the run replaces."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from etl_job.publishing.point_in_time import KeptDays
from etl_job.spark.workload import SizeEstimate, fits_one_task
from etl_job.tables.counting_basis import have_other_columns
from etl_job.tables.dataset import Tables
from etl_job.tables.table_commit import PublishedIceberg, in_step


@dataclass(frozen=True, slots=True)
class PublishedCounts:
    """The curated table's content except for this run's deliveries, and the days that the run replaces."""

    files: tuple[str, ...]
    replaced_files: tuple[str, ...]
    replaced_days: tuple[tuple[date, date], ...]
    kept: tuple[KeptDays, ...]
    replaced: tuple[KeptDays, ...]
    last_day: date | None
    in_step: bool
    estimate: SizeEstimate | None


def published_counts(tables: Tables, replaced: Sequence[str]) -> PublishedCounts:
    """Read it from the lists of the table's files; ``replaced`` names the deliveries that the run replaces."""
    files = tables.curated.data_files()
    others = [file for file in files if file.partition not in replaced]
    changed = outdated = [file for file in files if file.partition in replaced]
    are_in_step = in_step(tables.curated, tables.features)
    are_usable = are_in_step and not have_other_columns(tables.features)
    entities = _entities(tables.features) if are_usable else None
    if not are_usable:  # an earlier run ended between its commits, or the contract changed: all days may differ
        changed = [*files, *tables.features.data_files()]
    return PublishedCounts(
        files=tuple(file.uri for file in others),
        replaced_files=tuple(file.uri for file in outdated),
        replaced_days=tuple((file.first_day, file.last_day) for file in changed),
        kept=tuple(KeptDays(file.partition, file.first_day, file.last_day) for file in others),
        replaced=tuple(KeptDays(file.partition, file.first_day, file.last_day) for file in outdated),
        last_day=max((file.last_day for file in files), default=None),
        in_step=are_in_step,
        estimate=None if entities is None else SizeEstimate(sum(file.rows for file in others), entities, len(others)),
    )


def _entities(features: PublishedIceberg) -> int | None:
    """The number of entities: each calendar reaches to the last day of all. None if it is expensive to find."""
    files = features.data_files()
    last_day = max((file.last_day for file in files), default=None)
    if last_day is None:
        return 0
    of_last_day = [file for file in files if file.last_day == last_day]
    if not fits_one_task(sum(file.rows for file in of_last_day)):
        return None
    with suppress(OSError):  # a missing file is no reason to stop: this run may replace it
        return features.count_rows_on(last_day)
    return None

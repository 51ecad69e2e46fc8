"""Rows of the curated table: a run's daily counts, and what the table holds of other deliveries."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from etl_job.context import RunContext
from etl_job.contract.feature_spec import FeatureSpec
from etl_job.contract.schemas import DAY, DELIVERY, KEPT, curated_columns, ddl, hour_columns, value_column
from etl_job.counting.count import CountedRows
from etl_job.lake.paths import own_folder
from etl_job.publishing.measures import with_measures
from etl_job.publishing.parquet_files import FileLayout, write_rows
from etl_job.publishing.point_in_time import KeptDays
from etl_job.spark.workload import SizeEstimate, fits_one_task
from etl_job.tables.counting_basis import have_other_columns
from etl_job.tables.dataset import Tables
from etl_job.tables.table_commit import PublishedIceberg, in_step


@dataclass(frozen=True, slots=True)
class NewDailyCounts:
    """The run's rows of the curated table, and the files that hold them, if they are written already."""

    rows: DataFrame
    files: tuple[str, ...] | None = None

    def and_others(self, context: RunContext, others: Sequence[str]) -> DataFrame:
        """With the rows of other files of the curated table."""
        if self.files is not None:
            return curated_rows(context, (*self.files, *others))
        return self.rows.unionByName(curated_rows(context, others)) if others else self.rows


def new_daily_counts(context: RunContext, counted: CountedRows) -> NewDailyCounts:
    """The run's rows of the curated table. Rows that are in the driver's memory are written at once."""
    spec, daily = context.contract.features, counted.daily
    published = _published_names(spec)
    if daily.in_driver is not None:
        if not daily.in_driver.num_rows:
            return NewDailyCounts(curated_rows(context, ()), ())
        table = daily.in_driver.select(list(published)).rename_columns(list(published.values()))
        files = write_rows(table, *place_in(context, context.tables.curated), context.store)
        return NewDailyCounts(curated_rows(context, files), files)
    rows = daily.rows.select(*(F.col(name).alias(as_published) for name, as_published in published.items()))
    if not spec.measures:
        return NewDailyCounts(rows)
    # The curated table needs it once, the features twice.
    measured = with_measures(rows, counted.rows.staged, counted.rows.candidates, context.contract)
    return NewDailyCounts(context.in_memory.keep(measured))


def _published_names(spec: FeatureSpec) -> dict[str, str]:
    """The columns of daily counts, and how the curated table names them."""
    entity = {value_column(name): name for name in spec.entity}
    return {DELIVERY: DELIVERY, **entity, DAY: DAY, KEPT: spec.count, **{hour: hour for hour in hour_columns(spec)}}


def place_in(
    context: RunContext, table: PublishedIceberg, split_after: Mapping[str, date] | None = None
) -> tuple[FileLayout, str]:
    """The file layout of this run's rows of a table, and a folder for them."""
    sort_by = [*context.contract.features.entity, DAY]
    layout = FileLayout(table.columns, table.partition_column, sort_by, split_after or {})
    return layout, own_folder(f"{table.location}/data", context.arguments.run_id)


def curated_rows(context: RunContext, files: Sequence[str]) -> DataFrame:
    """The rows of some files of the curated table."""
    schema = ddl(curated_columns(context.contract.features))
    return context.spark.read.schema(schema).parquet(*files) if files else context.spark.createDataFrame([], schema)


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

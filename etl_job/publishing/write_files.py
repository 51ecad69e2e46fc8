"""The files of a run: daily counts, features and bad rows, written before anything names them."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date

from pyspark.sql import DataFrame

from etl_job.context import RunContext
from etl_job.contract.schemas import DELIVERY, QUARTER, TableColumn, curated_columns, feature_columns
from etl_job.counting.count import CountedRows
from etl_job.publishing.daily_counts import NewDailyCounts, new_folder, sort_order
from etl_job.publishing.feature_days import FeatureDays
from etl_job.publishing.features import FeatureRange, compute_features
from etl_job.publishing.parquet_files import FileLayout, write_table_files
from etl_job.publishing.point_in_time import QuarterPlan
from etl_job.publishing.published_counts import PublishedCounts
from etl_job.publishing.quarantine import quarantine_rows
from etl_job.tables.iceberg import PublishedIceberg


@dataclass(frozen=True, slots=True)
class ToWrite:
    """What a run has counted, held against what is published, and the days whose features follow from it."""

    counted: CountedRows
    history: PublishedCounts
    fresh: NewDailyCounts
    days: FeatureDays
    plan: QuarterPlan


@dataclass(frozen=True, slots=True)
class WrittenFiles:
    """The files of both tables, and the folders with bad rows."""

    curated: tuple[str, ...]
    features: tuple[str, ...]
    quarantine: tuple[str, ...]


def write_files(context: RunContext, wanted: ToWrite) -> WrittenFiles:
    """Write them, the tables' at the same time. Runs Spark jobs."""
    counted, fresh, columns = wanted.counted, wanted.fresh, curated_columns(context.contract.features)
    in_one_task = counted.estimate.fits_one_task(len(columns))
    curated = _Planned(fresh.rows, columns, DELIVERY, context.tables.curated, in_one_task)
    features = _features(context, wanted, wanted.days.wanted) if wanted.days.wanted else None
    with ThreadPoolExecutor(2, thread_name_prefix="write") as writers:
        # The features take longest, so they come first.
        features_written = writers.submit(features.write, context) if features else None
        curated_written = writers.submit(curated.write, context) if wanted.days.fresh and fresh.files is None else None
        quarantine = quarantine_rows(context, counted, context.paths.quarantine)
        curated_files = curated_written.result() if curated_written else fresh.files or ()
        feature_files = features_written.result() if features_written else ()
    fresh.rows.unpersist()
    return WrittenFiles(curated_files, feature_files, quarantine)


@dataclass(frozen=True, slots=True)
class _Planned:
    """Rows on their way into a table."""

    rows: DataFrame
    columns: tuple[TableColumn, ...]
    partition_column: str
    table: PublishedIceberg
    in_one_task: bool
    split_after: Mapping[str, date] = field(default_factory=dict)

    def write(self, context: RunContext) -> tuple[str, ...]:
        """Write them to files, and return those."""
        layout = FileLayout(self.columns, self.partition_column, sort_order(context), self.split_after)
        folder = new_folder(context, self.table)
        return write_table_files(self.rows, layout, folder, context.store, in_one_task=self.in_one_task)


def _features(context: RunContext, wanted: ToWrite, days: FeatureRange) -> _Planned:
    spec = context.contract.features
    columns = feature_columns(spec)
    daily = wanted.fresh.and_others(context, wanted.history.files)
    estimate = wanted.history.and_fresh(wanted.counted.estimate)
    in_one_task = estimate is not None and estimate.fits_one_task_over(days.days(spec.reach_days), len(columns))
    rows = compute_features(daily, spec, days, in_one_task)
    return _Planned(rows, columns, QUARTER, context.tables.features, in_one_task, wanted.plan.empty_ends())

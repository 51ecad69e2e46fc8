"""The files of a run: daily counts, features and bad rows, written before anything names them."""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from pyspark.sql import DataFrame

from etl_job.context import RunContext
from etl_job.counting.count import CountedRows
from etl_job.publishing.daily_counts import NewDailyCounts, PublishedCounts, place_in
from etl_job.publishing.feature_days import FeatureDays
from etl_job.publishing.features import FeatureRange, compute_features
from etl_job.publishing.parquet_files import write_table_files
from etl_job.publishing.point_in_time import QuarterPlan
from etl_job.publishing.quarantine import quarantine_rows
from etl_job.tables.table_commit import PublishedIceberg


@dataclass(frozen=True, slots=True)
class ToWrite:
    """The counted rows of a run, compared with what is published, and the days whose features change."""

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
    counted, fresh, tables = wanted.counted, wanted.fresh, context.tables
    features = _features(context, wanted, wanted.days.wanted) if wanted.days.wanted else None
    is_small = counted.estimate.fits_one_task(len(tables.curated.columns))
    with ThreadPoolExecutor(2, thread_name_prefix="write") as writers:

        def write(table: PublishedIceberg, rows: DataFrame, in_one_task: bool) -> Future[tuple[str, ...]]:
            split_after = wanted.plan.empty_ends() if table is tables.features else None
            layout, folder = place_in(context, table, split_after)
            return writers.submit(write_table_files, rows, layout, folder, context.store, in_one_task=in_one_task)

        # The features take longest, so they come first.
        feature_files = write(tables.features, *features) if features else None
        has_more = wanted.days.fresh and fresh.files is None
        curated_files = write(tables.curated, fresh.rows, is_small) if has_more else None
        quarantine = quarantine_rows(context, counted, context.paths.quarantine)
    return WrittenFiles(
        curated_files.result() if curated_files else fresh.files or (),
        feature_files.result() if feature_files else (),
        quarantine,
    )


def _features(context: RunContext, wanted: ToWrite, days: FeatureRange) -> tuple[DataFrame, bool]:
    """The features of some days, and whether they are work for one task."""
    spec, history = context.contract.features, wanted.history
    daily = wanted.fresh.and_others(context, history.files)
    whole = None if history.estimate is None else history.estimate + wanted.counted.estimate
    columns = len(context.tables.features.columns)
    in_one_task = whole is not None and whole.fits_one_task_over(days.days(spec.reach_days), columns)
    return compute_features(daily, spec, days, in_one_task), in_one_task

"""What a run has counted goes to where readers find it: files first, then one commit per table."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date

from pyiceberg.expressions import AlwaysFalse, AlwaysTrue, BooleanExpression
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from etl_job.arguments import JobArguments
from etl_job.contract.feature_spec import FeatureSpec
from etl_job.contract.model import CONFLICT, Contract
from etl_job.contract.schemas import (
    DAY,
    DELIVERY,
    KEPT,
    QUARTER,
    RUN_ID,
    TableColumn,
    curated_columns,
    ddl,
    feature_columns,
    hour_columns,
    value_column,
)
from etl_job.counting.outcomes import quarantined_rows
from etl_job.duplicates.deduplicate import Account
from etl_job.errors import PublicationError
from etl_job.lake.files import ObjectStore
from etl_job.lake.partition_names import partition_folder
from etl_job.lake.paths import LakePaths
from etl_job.manifest.model import CsvExport, DeliveryCounts, PublishedTable, Totals
from etl_job.notify.progress import Progress
from etl_job.publishing.csv_export import export_csv
from etl_job.publishing.features import (
    FeatureRange,
    affected_range,
    compute_features,
    last_new_beginning,
    narrowed,
    quarter_column,
)
from etl_job.publishing.measures import with_measures
from etl_job.publishing.parquet_files import (
    new_data_folder,
    write_quarantine,
    write_rows,
    write_table_files,
)
from etl_job.publishing.point_in_time import KeptDays, QuarterPlan, SharedKeys, quarter_of
from etl_job.spark.workload import SizeEstimate, fits_one_task
from etl_job.staging.parts import Read
from etl_job.staging.sql_rules import SqlRules
from etl_job.tables.dataset import Tables
from etl_job.tables.iceberg import PublishedIceberg, in_step
from etl_job.tables.quarantine_runs import files_of_other_runs
from etl_job.tables.quarter_tags import QuarterTag
from etl_job.tables.snapshot_change import Replacement, among, from_on


@dataclass(frozen=True, slots=True)
class Work:
    """What all steps of a run work with."""

    spark: SparkSession
    store: ObjectStore
    arguments: JobArguments
    contract: Contract
    sql: SqlRules
    tables: Tables
    progress: Progress

    @property
    def quarantine(self) -> str:
        """Where bad rows of published deliveries lie."""
        return self._paths.quarantine

    @property
    def failed_quarantine(self) -> str:
        """Where those lie that stopped a run: beside the others, which people count."""
        return self._paths.failed_quarantine

    @property
    def _paths(self) -> LakePaths:
        return LakePaths(self.arguments.lake_root, self.contract.dataset)


@dataclass
class Processed:
    """What the run has done so far."""

    totals: Totals | None = None
    deliveries: tuple[DeliveryCounts, ...] = ()
    curated: PublishedTable | None = None
    features: PublishedTable | None = None
    quarantine: tuple[str, ...] = ()
    csv_export: CsvExport | None = None
    read: Read = field(default_factory=Read)


@dataclass(frozen=True, slots=True)
class _History:
    """What the curated table holds apart from this run's deliveries, and the days of what the run replaces."""

    files: tuple[str, ...]
    replaced_files: tuple[str, ...]
    replaced_days: tuple[tuple[date, date], ...]
    kept: tuple[KeptDays, ...]
    replaced: tuple[KeptDays, ...]
    last_day: date | None
    last_kept_day: date | None
    in_step: bool
    estimate: SizeEstimate | None

    def and_fresh(self, fresh: SizeEstimate) -> SizeEstimate | None:
        """The estimate of all daily counts, given that of the run's; None where one is unknown."""
        return None if self.estimate is None else fresh + self.estimate


def _history(tables: Tables, replaced: Sequence[str]) -> _History:
    files = tables.curated.data_files()
    others = [file for file in files if file.partition not in replaced]
    changed = outdated = [file for file in files if file.partition in replaced]
    are_in_step = in_step(tables.curated, tables.features)
    entities = _entities(tables.features) if are_in_step else None
    if not are_in_step:  # an earlier run ended between its commits: all days may differ
        changed = [*files, *tables.features.data_files()]
    return _History(
        tuple(file.uri for file in others),
        tuple(file.uri for file in outdated),
        tuple((file.first_day, file.last_day) for file in changed),
        tuple(KeptDays(file.partition, file.first_day, file.last_day) for file in others),
        tuple(KeptDays(file.partition, file.first_day, file.last_day) for file in outdated),
        last_day=max((file.last_day for file in files), default=None),
        last_kept_day=max((file.last_day for file in others), default=None),
        in_step=are_in_step,
        estimate=None if entities is None else SizeEstimate(sum(file.rows for file in others), entities, len(others)),
    )


def _entities(features: PublishedIceberg) -> int | None:
    """How many entities there are: each calendar reaches to the last day of all. None where that is hard to find."""
    files = features.data_files()
    last_day = max((file.last_day for file in files), default=None)
    if last_day is None:
        return 0
    of_last_day = [file for file in files if file.last_day == last_day]
    if not fits_one_task(sum(file.rows for file in of_last_day)):
        return None
    with suppress(OSError):  # a file that is missing is no reason to stop: this run may replace it
        return features.count_rows_on(last_day)
    return None


def write_and_publish(work: Work, account: Account, withdrawn: Sequence[str], done: Processed) -> None:
    """Write all files, commit both tables, and note in ``done`` what has been done."""
    replaced = [*(outcome.delivery for outcome in account.counted), *withdrawn]
    history = _history(work.tables, replaced)
    with work.progress.stage("write") as seen:
        fresh = _Fresh.of(work, account)
        days = _Days.of(account, history).narrowed(work, fresh, history)
        plan = _quarter_plan(work, account, history, fresh, days)
        curated_files, feature_files = _write_files(work, account, history, fresh, days, plan, done)
        seen.update(
            curated_files=len(curated_files),
            feature_files=len(feature_files),
            quarantine_folders=len(done.quarantine),
            quarters=",".join(days.wanted.quarters) if days.wanted else "none",
        )
    with work.progress.stage("publish") as seen:
        folders = [f"{work.quarantine}/{partition_folder(DELIVERY, delivery)}" for delivery in replaced]
        outdated = files_of_other_runs(work.store, folders, work.arguments.run_id)
        if replaced:
            _commit_curated(work, account, withdrawn, curated_files, done)
        if days.wanted or days.takes_all(history) or plan.quarters:
            removed = _removed_features(days, history)
            _commit_features(work, removed, feature_files, days, _quarter_tags(work, plan), done)
        curated, features = work.tables.curated.snapshot_id, work.tables.features.snapshot_id
        seen.update(curated_snapshot=curated, features_snapshot=features)
    for uri in outdated:
        work.store.delete(uri)
    with work.progress.stage("export") as seen:
        dataset = work.contract.dataset
        done.csv_export = export_csv(work.tables.features, work.store, work.arguments.lake_root, dataset)
        seen.update(written=len(done.csv_export.written), removed=len(done.csv_export.removed))


@dataclass(frozen=True, slots=True)
class _Fresh:
    """The run's rows of the curated table, and the files that hold them, if they are written already."""

    rows: DataFrame
    files: tuple[str, ...] | None = None

    @classmethod
    def of(cls, work: Work, account: Account) -> "_Fresh":
        """Rows that the driver has are written at once."""
        spec, daily = work.contract.features, account.daily
        published = _published_names(spec)
        if daily.in_driver is not None:
            if not daily.in_driver.num_rows:
                return cls(_curated(work, ()), ())
            rows = daily.in_driver.select(list(published)).rename_columns(list(published.values()))
            folder = _new_folder(work, work.tables.curated)
            files = write_rows(rows, curated_columns(spec), DELIVERY, _sort_order(work), folder, work.store)
            return cls(_curated(work, files), files)
        counted = daily.rows.select(*(F.col(name).alias(as_published) for name, as_published in published.items()))
        if not spec.measures:
            return cls(counted)
        # The curated table needs it once, the features twice.
        return cls(with_measures(counted, account.staged, account.candidates, work.contract).persist())

    def and_others(self, work: Work, others: Sequence[str]) -> DataFrame:
        """With the rows of other files of the curated table."""
        if self.files is not None:
            return _curated(work, (*self.files, *others))
        return self.rows.unionByName(_curated(work, others)) if others else self.rows


def _published_names(spec: FeatureSpec) -> dict[str, str]:
    """The columns of daily counts, and how the curated table names them."""
    entity = {value_column(name): name for name in spec.entity}
    return {DELIVERY: DELIVERY, **entity, DAY: DAY, KEPT: spec.count, **{hour: hour for hour in hour_columns(spec)}}


def _new_folder(work: Work, table: PublishedIceberg) -> str:
    return new_data_folder(table.location, work.arguments.run_id)


def _sort_order(work: Work) -> list[str]:
    return [*work.contract.features.entity, DAY]


@dataclass(frozen=True, slots=True)
class _Days:
    """The days of the rows that were kept now, the last of all days, and the features to compute."""

    fresh: tuple[tuple[date, date], ...]
    last: date | None
    wanted: FeatureRange | None

    @classmethod
    def of(cls, account: Account, history: _History) -> "_Days":
        fresh = tuple((c.first_day, c.last_day) for c in account.counted if c.first_day and c.last_day)
        last = max([*(day for _, day in fresh), *filter(None, [history.last_kept_day])], default=None)
        return cls(fresh, last, affected_range([*fresh, *history.replaced_days], history.last_day, last))

    def narrowed(self, work: Work, fresh: _Fresh, history: _History) -> "_Days":
        """The same without quarters after those that change. Runs a Spark job if there may be such."""
        changed = [*self.fresh, *history.replaced_days]
        if self.wanted is None or not changed or self.last != history.last_day or not history.in_step:
            return self
        spec, last_changed = work.contract.features, max(last for _, last in changed)
        if narrowed(self.wanted, last_changed, spec.reach_days) == self.wanted:
            return self
        kept, replaced = (_curated(work, files) for files in (history.files, history.replaced_files))
        days = [frame.select(*spec.entity, DAY) for frame in (kept, replaced, fresh.rows)]
        begun = last_new_beginning(
            days[0].unionByName(days[1]), days[0].unionByName(days[2]), spec, self.wanted.last_day
        )
        return replace(self, wanted=narrowed(self.wanted, max(filter(None, [last_changed, begun])), spec.reach_days))

    def takes_all(self, history: _History) -> bool:
        """Whether no count is left, and there were some."""
        return self.last is None and bool(history.replaced_days)


def _quarter_plan(work: Work, account: Account, history: _History, fresh: _Fresh, days: _Days) -> QuarterPlan:
    """The tags of quarters to set. Runs a Spark job if files do not say up to which day a quarter was counted."""
    counted = (KeptDays(c.delivery, c.first_day, c.last_day) for c in account.counted if c.first_day and c.last_day)
    replaced = history.replaced if history.in_step else None
    changed_from = quarter_of(days.wanted.first_day) if days.wanted else None
    if days.takes_all(history):
        changed_from = quarter_of(min(first for first, _ in history.replaced_days))

    def last_days(quarters: Sequence[str]) -> dict[str, date]:
        daily = fresh.and_others(work, history.files).groupBy(quarter_column(F.col(DAY)).alias(QUARTER))
        rows = daily.agg(F.max(DAY).alias(DAY)).where(F.col(QUARTER).isin(list(quarters))).collect()
        return {row[QUARTER]: row[DAY] for row in rows}

    published, processed = work.tables.registers.folders, [outcome.delivery for outcome in account.counted]
    keys = SharedKeys(
        str(work.contract.conflicts) if work.contract.key else None,
        deliveries=account.registers.folders,
        processed=processed,
        again=[delivery for delivery in processed if delivery in published],
        losers=[c.delivery for c in account.counted if c.duplicates or c.conflicts or c.violations.get(CONFLICT)],
    )
    standing = work.tables.features.quarter_tags
    return QuarterPlan.of(standing, (*history.kept, *counted), replaced, changed_from, last_days, keys)


def _quarter_tags(work: Work, plan: QuarterPlan) -> tuple[QuarterTag, ...]:
    """The tags to set, given what the curated table says that changed since the features were last computed."""
    changes = work.tables.curated.changes_since(work.tables.features.source_snapshot)
    changed = changes.processed | changes.withdrawn if changes else None
    return plan.tags(work.tables.features.quarter_tags, changed)


def _curated(work: Work, files: Sequence[str]) -> DataFrame:
    schema = ddl(curated_columns(work.contract.features))
    return work.spark.read.schema(schema).parquet(*files) if files else work.spark.createDataFrame([], schema)


def _write_files(
    work: Work,
    account: Account,
    history: _History,
    fresh: _Fresh,
    days: _Days,
    plan: QuarterPlan,
    done: Processed,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The files of both tables, and the bad rows."""
    columns = curated_columns(work.contract.features)
    in_one_task = account.estimate.fits_one_task(len(columns))
    curated = _Planned(fresh.rows, columns, DELIVERY, work.tables.curated, in_one_task)
    # The features take longest, so their plan comes first.
    daily, estimate = fresh.and_others(work, history.files), history.and_fresh(account.estimate)
    features = _features(work, daily, days.wanted, estimate, plan.empty_ends()) if days.wanted else None
    with ThreadPoolExecutor(2, thread_name_prefix="write") as writers:
        features_written = writers.submit(features.write, work) if features else None
        curated_written = writers.submit(curated.write, work) if days.fresh and fresh.files is None else None
        done.quarantine = quarantine_rows(work, account, work.quarantine)
        curated_files = curated_written.result() if curated_written else fresh.files or ()
        feature_files = features_written.result() if features_written else ()
    fresh.rows.unpersist()
    return curated_files, feature_files


@dataclass(frozen=True, slots=True)
class _Planned:
    """Rows on their way into a table."""

    rows: DataFrame
    columns: tuple[TableColumn, ...]
    partition_column: str
    table: PublishedIceberg
    in_one_task: bool
    split_after: Mapping[str, date] = field(default_factory=dict)

    def write(self, work: Work) -> tuple[str, ...]:
        """Write them to files, and return those."""
        folder, sort_by = _new_folder(work, self.table), _sort_order(work)
        return write_table_files(
            self.rows,
            self.columns,
            self.partition_column,
            sort_by,
            folder,
            work.store,
            self.in_one_task,
            self.split_after,
        )


def _features(
    work: Work,
    daily: DataFrame,
    wanted: FeatureRange,
    estimate: SizeEstimate | None,
    split_after: Mapping[str, date],
) -> _Planned:
    spec = work.contract.features
    columns = feature_columns(spec)
    in_one_task = estimate is not None and estimate.fits_one_task_over(wanted.days(spec.reach_days), len(columns))
    rows = compute_features(daily, spec, wanted, in_one_task)
    return _Planned(rows, columns, QUARTER, work.tables.features, in_one_task, split_after)


def quarantine_rows(work: Work, account: Account, location: str) -> tuple[str, ...]:
    """Write the bad rows below a location; return their folders, one for each delivery that has some."""
    run_id = work.arguments.run_id
    bad = {outcome.delivery: outcome.quarantined for outcome in account.counted if outcome.quarantined}
    if bad:
        rows = quarantined_rows(account.staged, account.candidates, work.contract, account.file_order, run_id)
        in_one_file = account.estimate.fits_one_task()
        write_quarantine(rows, location, in_one_task=in_one_file and fits_one_task(sum(bad.values())))
    return tuple(f"{location}/{partition_folder(DELIVERY, delivery)}/{RUN_ID}={run_id}" for delivery in bad)


def drop_own_quarantine(work: Work, folders: Sequence[str]) -> None:
    """Delete the bad rows of a run that published nothing: whoever counts them would count them with others'.

    An earlier attempt of the same run may have published: what the table names stays.
    """
    named = work.tables.quarantines.runs.items()
    published_folders = {f"{work.quarantine}/{partition_folder(DELIVERY, name)}/{RUN_ID}={run}" for name, run in named}
    for folder in set(folders) - published_folders:
        for file in work.store.list_files(f"{folder}/"):
            work.store.delete(file.uri)


def _commit_curated(
    work: Work, account: Account, withdrawn: Sequence[str], files: tuple[str, ...], done: Processed
) -> None:
    table, processed = work.tables.curated, [outcome.delivery for outcome in account.counted]
    replaced = [*processed, *withdrawn]
    bad = [outcome.delivery for outcome in account.counted if outcome.quarantined]
    quarantines = work.tables.quarantines.after(replaced, bad, work.arguments.run_id)
    table.replace(
        Replacement(
            among(DELIVERY, replaced),
            files,
            work.arguments.run_id,
            table_properties={
                **(account.registers.properties if work.contract.key else {}),
                **quarantines.properties,
            },
            processed=processed,
            withdrawn=withdrawn,
        )
    )
    done.curated = _published(table, len(files), replaced)
    _say_committed(work.progress, table)


def _removed_features(days: _Days, history: _History) -> BooleanExpression:
    """Wanted quarters, those that reach the end with all later ones, which are gone; else everything, or nothing."""
    if days.wanted is None:
        return AlwaysTrue() if days.takes_all(history) else AlwaysFalse()
    if days.wanted.reaches_end:
        return from_on(QUARTER, quarter_of(days.wanted.first_day))
    return among(QUARTER, days.wanted.quarters)


def _commit_features(
    work: Work,
    removed: BooleanExpression,
    files: tuple[str, ...],
    days: _Days,
    tags: tuple[QuarterTag, ...],
    done: Processed,
) -> None:
    """Replace a part of the features, and set the tags of quarters."""
    table, quarters = work.tables.features, days.wanted.quarters if days.wanted else ()
    change = Replacement(removed, files, work.arguments.run_id, tags, work.tables.curated.snapshot_id)
    try:
        table.replace(change)
    except PublicationError as error:
        if done.curated is None:
            raise
        raise type(error)(
            f"{error}. The curated table holds this run's rows; the features are behind it, and the next run computes "
            "them first"
        ) from error
    done.features = _published(table, len(files), quarters)
    _say_committed(work.progress, table)


def _say_committed(progress: Progress, table: PublishedIceberg) -> None:
    progress.say("commit", table=table.identifier, snapshot=table.snapshot_id)


def _published(table: PublishedIceberg, files: int, partitions: Sequence[str]) -> PublishedTable:
    return PublishedTable(
        table=table.identifier,
        location=table.location,
        snapshot_id=table.snapshot_id,
        files=files,
        partitions=tuple(partitions),
        tags=table.tags,
    )

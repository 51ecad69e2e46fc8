"""From chosen deliveries to published tables: read, account for every row, write, and commit last."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date

from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.expressions import AlwaysTrue
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from etl_job.accounting import (
    DeliveryOutcome,
    classify_rows,
    count_outcomes,
    curated_rows,
    delivery_outcomes,
    quarantined_rows,
)
from etl_job.catalog import Delivery
from etl_job.choosing import Chosen
from etl_job.contract import Contract, Thresholds
from etl_job.csv_export import export_csv
from etl_job.errors import ReconciliationError, ThresholdError
from etl_job.features import FeatureRange, affected_range, compute_features, quarter_of
from etl_job.job_args import JobArguments
from etl_job.manifest import CsvExport, DeliveryCounts, PublishedTable, Totals, inputs_of
from etl_job.measures import with_measures
from etl_job.object_store import ObjectStore
from etl_job.progress import Progress
from etl_job.publication import PublishedIceberg, in_step
from etl_job.reading import HEAD_BYTES, Header, number_files, parse_header, read_rows
from etl_job.replacement import Replacement, among, from_on
from etl_job.rules import Rule, rules_of
from etl_job.schemas import DAY, DELIVERY, QUARTER, RUN_ID, curated_columns, ddl, feature_columns, names
from etl_job.session import suit_to_input
from etl_job.staging import (
    Registers,
    broken_part,
    drop,
    meet_others,
    new_staging_folder,
    read_registers,
    read_staged,
    suspects_of,
    write_staged,
)
from etl_job.writing import new_data_folder, write_quarantine, write_table_files

_READERS = 16  # requests at a time; each takes a round trip and hardly any work


@dataclass(frozen=True, slots=True)
class Tables:
    """The two tables of a dataset, as they were when the run began."""

    curated: PublishedIceberg
    features: PublishedIceberg

    @property
    def registers(self) -> Registers:
        """Where the keys of the published deliveries lie."""
        return Registers.parse(self.curated.properties, self.curated.location)


@dataclass
class Processed:
    """What the run has done so far."""

    totals: Totals | None = None
    deliveries: tuple[DeliveryCounts, ...] = ()
    curated: PublishedTable | None = None
    features: PublishedTable | None = None
    quarantine: tuple[str, ...] = ()
    csv_export: CsvExport | None = None


def open_tables(catalog: GlueCatalog, database: str, lake_root: str, contract: Contract) -> Tables:
    """Look the tables up; those that do not exist yet are made at the first commit."""
    dataset, spec = contract.dataset, contract.features
    return Tables(
        PublishedIceberg(
            catalog, database, f"{dataset}_curated", f"{lake_root}/curated/{dataset}", curated_columns(spec), DELIVERY
        ),
        PublishedIceberg(
            catalog, database, f"{dataset}_features", f"{lake_root}/features/{dataset}", feature_columns(spec), QUARTER
        ),
    )


def process_deliveries(
    spark: SparkSession,
    store: ObjectStore,
    arguments: JobArguments,
    contract: Contract,
    catalog_columns: Sequence[str],
    chosen: Chosen,
    tables: Tables,
    progress: Progress,
    done: Processed,
) -> None:
    """Do the run's work and note in ``done`` what has been done. Raises QuartalJobError; nothing is published then."""
    rules = rules_of(contract)
    with progress.stage("validate") as seen:
        account = account_for(spark, store, contract, rules, catalog_columns, chosen, tables, arguments.run_id)
        rows_in = count_input(account.rows, account.observation, account.counted)
        done.totals = reconcile(rows_in, account.counted)
        done.deliveries = _counts(account.deliveries, account.counted)
        check_thresholds(account.counted, contract.thresholds)
        seen.update(deliveries=len(account.deliveries), rows=rows_in, **done.totals.model_dump(exclude={"rows_in"}))
    _write_and_publish(spark, store, arguments, contract, rules, account, chosen.gone, tables, progress, done)
    drop(spark, broken_part(account.folder) if contract.key else account.folder)
    for frame in (account.outcomes, account.suspects):
        if frame is not None:
            frame.unpersist()


def read_headers(
    store: ObjectStore, contract: Contract, catalog_columns: Sequence[str], deliveries: Sequence[Delivery]
) -> dict[str, Header]:
    """The header of every file, in file order. Raises InputError for the first that lacks a required column."""
    uris = [file.uri for delivery in deliveries for file in delivery.files]
    if not contract.csv.header:
        return dict.fromkeys(uris, Header("", tuple(catalog_columns)))
    with ThreadPoolExecutor(_READERS) as readers:
        heads = readers.map(lambda uri: store.read(uri, HEAD_BYTES), uris)
        return {uri: parse_header(head, uri, contract) for uri, head in zip(uris, heads, strict=True)}


@dataclass(frozen=True, slots=True)
class Account:
    """Every row of a run, settled and counted. ``folder`` holds the staged rows, ``deliveries`` are in name order."""

    deliveries: tuple[Delivery, ...]
    file_order: tuple[str, ...]
    folder: str
    rows: DataFrame
    observation: Observation
    staged: DataFrame
    suspects: DataFrame | None
    outcomes: DataFrame
    counted: tuple[DeliveryOutcome, ...]
    registers: Registers


def account_for(
    spark: SparkSession,
    store: ObjectStore,
    contract: Contract,
    rules: Sequence[Rule],
    catalog_columns: Sequence[str],
    chosen: Chosen,
    tables: Tables,
    run_id: str,
) -> Account:
    """Read and settle the chosen deliveries, and those others for which they change what becomes of a row."""
    spec, deliveries = contract.features, tuple(sorted(chosen.deliveries, key=lambda delivery: delivery.name))
    registers = tables.registers if contract.key else Registers({})
    while True:
        names_in = [delivery.name for delivery in deliveries]
        headers = read_headers(store, contract, catalog_columns, deliveries)
        others_published = bool(registers.without(names_in).folders)
        suit_to_input(spark, sum(delivery.size_bytes for delivery in deliveries), has_history=others_published)
        rows = read_rows(spark, headers, contract)
        folder = new_staging_folder(tables.curated.location, run_id)
        observation = Observation("input")
        if deliveries:
            stage_rows(rows, observation, contract, rules, list(headers), deliveries, folder)
        staged = read_staged(spark, store, folder, spec)
        replaced = [*names_in, *chosen.gone]
        before = read_registers(spark, store, registers.of(replaced))
        others = read_registers(spark, store, registers.without(replaced))
        met = meet_others(staged, before, others, contract.conflicts)
        if not met.changed:
            break
        drop(spark, folder)
        deliveries = tuple(sorted((*deliveries, *chosen.find(met.changed)), key=lambda delivery: delivery.name))
    suspects = suspects_of(staged, contract, rules, met)
    outcomes = count_outcomes(staged, suspects, contract).persist()
    counted = delivery_outcomes(outcomes, rules, names_in)
    kept = Registers({**registers.without(replaced).folders, **dict.fromkeys(names_in, folder)})
    return Account(deliveries, tuple(headers), folder, rows, observation, staged, suspects, outcomes, counted, kept)


def stage_rows(
    rows: DataFrame,
    observation: Observation,
    contract: Contract,
    rules: Sequence[Rule],
    file_order: Sequence[str],
    deliveries: Sequence[Delivery],
    folder: str,
) -> None:
    """Judge the rows, sort out their keys and write them to the folder; the observation has counted the rows then."""
    observed = rows.observe(observation, F.count(F.lit(1)).alias("rows"))
    names_in, file_counts = [d.name for d in deliveries], [len(d.files) for d in deliveries]
    write_staged(classify_rows(number_files(observed, file_order), contract, rules, names_in, file_counts), folder)


def count_input(rows: DataFrame, observation: Observation, counted: Sequence[DeliveryOutcome]) -> int:
    """How many rows were read, by a count that no later step can have distorted.

    The observation costs nothing but has two weaknesses, so the rows are counted anew where either may be at work:
    it never fills where Spark finds at run time that nothing comes out, and a repeated task counts twice.
    """
    accounted = sum(outcome.rows for outcome in counted)
    observed = int(observation.get["rows"]) if accounted else None
    return accounted if observed == accounted else rows.count()


def reconcile(rows_in: int, counted: Sequence[DeliveryOutcome]) -> Totals:
    """Check that every row read is accounted for. Raises ReconciliationError."""
    totals = Totals(
        rows_in=rows_in,
        kept=sum(c.kept for c in counted),
        quarantined=sum(c.quarantined for c in counted),
        duplicates=sum(c.duplicates for c in counted),
        conflicts=sum(c.conflicts for c in counted),
    )
    accounted = totals.kept + totals.quarantined + totals.duplicates
    if accounted != rows_in:
        raise ReconciliationError(
            f"{rows_in} rows were read but {accounted} accounted for (kept {totals.kept}, quarantined "
            f"{totals.quarantined}, duplicate {totals.duplicates}); nothing was published, run again"
        )
    return totals


def check_thresholds(counted: Sequence[DeliveryOutcome], thresholds: Thresholds) -> None:
    """Raise ThresholdError, with the most frequent reasons, for the first delivery with too many bad rows."""
    most = thresholds.quarantined_share
    for outcome in counted:
        if most is None or outcome.quarantined <= most * outcome.rows:
            continue
        reasons = sorted(outcome.violations.items(), key=lambda found: (-found[1], found[0]))[:3]
        raise ThresholdError(
            f"delivery {outcome.delivery}: {outcome.quarantined} of {outcome.rows} rows are bad "
            f"({outcome.quarantined / outcome.rows:.1%}, thresholds.quarantinedShare allows {most:.1%}), most often "
            f"{', '.join(f'{name} ({count})' for name, count in reasons)}; nothing was published: "
            "correct the delivery, or the contract"
        )


def _counts(deliveries: Sequence[Delivery], counted: Sequence[DeliveryOutcome]) -> tuple[DeliveryCounts, ...]:
    return tuple(
        DeliveryCounts(
            delivery=outcome.delivery,
            inputs=inputs_of(delivery),
            rows_in=outcome.rows,
            kept=outcome.kept,
            quarantined=outcome.quarantined,
            duplicates=outcome.duplicates,
            conflicts=outcome.conflicts,
            violations=outcome.violations,
            first_day=outcome.first_day.isoformat() if outcome.first_day else None,
            last_day=outcome.last_day.isoformat() if outcome.last_day else None,
        )
        for delivery, outcome in zip(deliveries, counted, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _History:
    """What the curated table holds apart from this run's deliveries, and the days of what the run replaces."""

    files: tuple[str, ...]
    replaced_days: tuple[tuple[date, date], ...]
    last_day: date | None
    last_kept_day: date | None


def _history(tables: Tables, replaced: Sequence[str]) -> _History:
    files = tables.curated.data_files()
    others = [file for file in files if file.partition not in replaced]
    changed = [file for file in files if file.partition in replaced]
    if not in_step(tables.curated, tables.features):  # an earlier run ended between its commits: all days may differ
        changed = [*files, *tables.features.data_files()]
    return _History(
        tuple(file.uri for file in others),
        tuple((file.first_day, file.last_day) for file in changed),
        last_day=max((file.last_day for file in files), default=None),
        last_kept_day=max((file.last_day for file in others), default=None),
    )


def _write_and_publish(
    spark: SparkSession,
    store: ObjectStore,
    arguments: JobArguments,
    contract: Contract,
    rules: Sequence[Rule],
    account: Account,
    gone: Sequence[str],
    tables: Tables,
    progress: Progress,
    done: Processed,
) -> None:
    spec, run_id, counted = contract.features, arguments.run_id, account.counted
    replaced = [*(c.delivery for c in counted), *gone]
    history = _history(tables, replaced)
    fresh_days = [(c.first_day, c.last_day) for c in counted if c.first_day and c.last_day]
    last_day = max([*(last for _, last in fresh_days), *filter(None, [history.last_kept_day])], default=None)
    wanted = affected_range([*fresh_days, *history.replaced_days], history.last_day, last_day)
    fresh = with_measures(curated_rows(account.outcomes, contract), account.staged, account.suspects, contract)
    fresh = fresh.persist()  # the curated table needs it once, the features twice
    daily = fresh
    if history.files:
        daily = fresh.unionByName(spark.read.schema(ddl(curated_columns(spec))).parquet(*history.files))
    with progress.stage("write") as seen, ThreadPoolExecutor(3, thread_name_prefix="write") as writers:
        features_written = writers.submit(_write_features, daily, contract, wanted, tables, run_id, store)
        curated_written = writers.submit(
            lambda: (
                write_table_files(
                    fresh, DELIVERY, [*spec.entity, DAY], new_data_folder(tables.curated.location, run_id), store
                )
                if fresh_days
                else ()
            )
        )
        location = f"{arguments.lake_root}/quarantine/{contract.dataset}"
        bad = [outcome.delivery for outcome in counted if outcome.quarantined]
        if bad:
            write_quarantine(
                quarantined_rows(account.staged, account.suspects, rules, account.file_order, run_id), location
            )
        done.quarantine = tuple(f"{location}/{DELIVERY}={delivery}/{RUN_ID}={run_id}" for delivery in bad)
        curated_files, feature_files = curated_written.result(), features_written.result()
        fresh.unpersist()
        seen.update(
            curated_files=len(curated_files),
            feature_files=len(feature_files),
            quarantine_folders=len(done.quarantine),
            quarters=",".join(wanted.quarters) if wanted else "none",
        )
    with progress.stage("publish") as seen:
        if replaced:
            tables.curated.replace(
                Replacement(
                    among(DELIVERY, replaced),
                    curated_files,
                    run_id,
                    table_properties=account.registers.properties if contract.key else {},
                    processed=[outcome.delivery for outcome in counted],
                    withdrawn=gone,
                )
            )
            done.curated = _published(tables.curated, len(curated_files), replaced)
            _say_committed(progress, tables.curated)
        if wanted:
            removed = from_on(QUARTER, quarter_of(wanted.first_day))  # none may be left to compute anew
            source = tables.curated.snapshot_id
            tables.features.replace(Replacement(removed, feature_files, run_id, wanted.quarters, source))
            done.features = _published(tables.features, len(feature_files), wanted.quarters)
            _say_committed(progress, tables.features)
        elif last_day is None and history.replaced_days:
            tables.features.replace(Replacement(AlwaysTrue(), (), run_id, (), tables.curated.snapshot_id))
            done.features = _published(tables.features, 0, ())
            _say_committed(progress, tables.features)
        seen.update(curated_snapshot=tables.curated.snapshot_id, features_snapshot=tables.features.snapshot_id)
    with progress.stage("export") as seen:
        done.csv_export = export_csv(tables.features, store, arguments.lake_root, contract.dataset)
        seen.update(written=len(done.csv_export.written), removed=len(done.csv_export.removed))


def _say_committed(progress: Progress, table: PublishedIceberg) -> None:
    progress.say("commit", table=table.identifier, snapshot=table.snapshot_id)


def _write_features(
    daily: DataFrame,
    contract: Contract,
    wanted: FeatureRange | None,
    tables: Tables,
    run_id: str,
    store: ObjectStore,
) -> tuple[str, ...]:
    if wanted is None:
        return ()
    spec = contract.features
    features = compute_features(daily, spec, wanted).select(*names(feature_columns(spec)))
    folder = new_data_folder(tables.features.location, run_id)
    return write_table_files(features, QUARTER, [*spec.entity, DAY], folder, store)


def _published(table: PublishedIceberg, files: int, partitions: Sequence[str]) -> PublishedTable:
    return PublishedTable(
        table=table.identifier,
        location=table.location,
        snapshot_id=table.snapshot_id,
        files=files,
        partitions=tuple(partitions),
        tags=table.tags,
    )

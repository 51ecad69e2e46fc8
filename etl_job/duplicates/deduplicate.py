"""Every row of a run, read, judged and classified, with those of other deliveries for which it changes something."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark.sql import DataFrame, SparkSession

from etl_job.contract.model import Contract
from etl_job.contract.schemas import DAY, DELIVERY, KEPT, count_columns, curated_columns, ddl
from etl_job.counting.outcomes import DeliveryOutcome, KeptRows, daily_counts, delivery_outcomes, kept_rows, lost_rows
from etl_job.deliveries.published import inputs_of
from etl_job.deliveries.raw_table import Delivery
from etl_job.deliveries.selection import Selection
from etl_job.lake.files import ObjectStore
from etl_job.manifest.model import DeliveryCounts
from etl_job.spark.session import tune_shuffle
from etl_job.spark.sql_rules import SqlRules
from etl_job.spark.workload import SizeEstimate, collected
from etl_job.staging.folders import StagingFolder
from etl_job.staging.intake import Staging, sources_of, take_in
from etl_job.staging.parts import Read
from etl_job.staging.store import (
    KeyOverlap,
    Registers,
    delete_folder,
    duplicate_candidates,
    find_overlap,
    new_staging_folder,
    read_counts,
    read_registers,
    read_staged,
    register_files,
    valid_files,
)
from etl_job.tables.dataset import Tables


@dataclass(frozen=True, slots=True)
class Daily:
    """The daily counts of kept rows. They have room in the driver too where they are small (``in_driver``)."""

    rows: DataFrame
    in_driver: pa.Table | None

    @property
    def kept(self) -> dict[str, KeptRows]:
        """What they say of each delivery; may run a Spark job."""
        if self.in_driver is None:
            return kept_rows(self.rows)
        if not self.in_driver.num_rows:
            return {}
        by_delivery = self.in_driver.group_by(DELIVERY, use_threads=False)
        found = by_delivery.aggregate([(KEPT, "sum"), (DAY, "min"), (DAY, "max")]).to_pylist()
        return {row[DELIVERY]: KeptRows(row[f"{KEPT}_sum"], row[f"{DAY}_min"], row[f"{DAY}_max"]) for row in found}


@dataclass(frozen=True, slots=True)
class Account:
    """Every row of a run, classified and counted. ``folder`` holds the staged rows, ``deliveries`` are in name order.

    ``read`` and ``estimate`` are those of the intake.
    """

    deliveries: tuple[Delivery, ...]
    file_order: tuple[str, ...]
    folder: str
    staged: DataFrame
    candidates: DataFrame | None
    daily: Daily
    counted: tuple[DeliveryOutcome, ...]
    read: Read
    registers: Registers
    estimate: SizeEstimate

    @property
    def rows_in(self) -> int:
        """How many rows were read, counted before they were judged."""
        return self.read.rows


def account_for(
    spark: SparkSession,
    store: ObjectStore,
    contract: Contract,
    sql: SqlRules,
    selection: Selection,
    tables: Tables,
    run_id: str,
) -> Account:
    """Read and classify the selected deliveries, and those others for which they change what becomes of a row."""
    spec, deliveries = contract.features, tuple(sorted(selection.deliveries, key=lambda delivery: delivery.name))
    registers = tables.registers if contract.key else Registers({})
    while True:
        names_in = [delivery.name for delivery in deliveries]
        sources = sources_of(store, contract, deliveries)
        size = sum(delivery.size_bytes for delivery in deliveries)
        tune_shuffle(spark, size)
        folder = new_staging_folder(tables.curated.location, run_id)
        replaced = [*names_in, *selection.withdrawn]
        before, others = registers.of(replaced), registers.without(replaced)
        keys_before, other_keys = (register_files(store, side) for side in (before, others))
        try:
            intake = take_in(
                Staging(spark, store, contract, sql, sources, StagingFolder(folder), keys_before, other_keys)
            )
        except Exception:
            with suppress(Py4JError, OSError):  # why it failed must be heard
                delete_folder(spark, folder)
            raise
        staged = read_staged(spark, store, folder, spec)
        overlap = KeyOverlap()
        if intake.shares_keys:
            tune_shuffle(spark, size, reads_registers=True)
            own_before, of_others = (read_registers(spark, store, side) for side in (before, others))
            overlap = find_overlap(staged, own_before, of_others, contract.conflicts)
        if not overlap.changed:
            break
        delete_folder(spark, folder)
        deliveries = tuple(sorted((*deliveries, *selection.find(overlap.changed)), key=lambda delivery: delivery.name))
    estimate = intake.estimate + SizeEstimate(lines=overlap.keys)
    candidates = duplicate_candidates(staged, intake.repeated, contract, overlap)
    daily = _daily(spark, store, folder, candidates, contract, estimate)
    counted = delivery_outcomes(intake.tally, lost_rows(candidates), daily.kept, contract, names_in)
    files = len(valid_files(store, folder)) if contract.key else 0
    kept = registers.without(replaced).and_those_in(folder, names_in, files)
    file_order = tuple(source.uri for source in sources)
    return Account(deliveries, file_order, folder, staged, candidates, daily, counted, intake.read, kept, estimate)


def _daily(
    spark: SparkSession,
    store: ObjectStore,
    folder: str,
    candidates: DataFrame | None,
    contract: Contract,
    estimate: SizeEstimate,
) -> Daily:
    """The daily counts; runs a Spark job where they are small."""
    spec = contract.features
    counts = read_counts(spark, store, folder, spec)
    if counts is None:
        return Daily(spark.createDataFrame([], ddl(count_columns(spec))), pa.table({}))
    in_one_task = estimate.fits_one_task(len(curated_columns(spec)))
    rows = daily_counts(counts, candidates, contract, in_one_task)
    if in_one_task and not spec.measures:
        return Daily(rows, collected(rows))
    return Daily(rows.persist(), None)


def delivery_counts(deliveries: Sequence[Delivery], counted: Sequence[DeliveryOutcome]) -> tuple[DeliveryCounts, ...]:
    """The outcomes as the manifest records them, with the files they come from."""
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
            warned=outcome.warned,
            warnings=outcome.warnings,
            first_day=outcome.first_day.isoformat() if outcome.first_day else None,
            last_day=outcome.last_day.isoformat() if outcome.last_day else None,
        )
        for delivery, outcome in zip(deliveries, counted, strict=True)
    )

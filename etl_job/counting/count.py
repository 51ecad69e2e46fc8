"""The daily counts of a run, and the outcome of the rows of each of its deliveries."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame

from etl_job.context import RunContext
from etl_job.contract.schemas import DAY, DELIVERY, KEPT, count_columns, curated_columns, ddl
from etl_job.counting.outcomes import KeptRows, daily_counts, delivery_outcomes, kept_rows, lost_rows
from etl_job.duplicates.find import ClassifiedRows, SharedKeys
from etl_job.manifest.model import DeliveryCounts
from etl_job.spark.workload import SizeEstimate, collected
from etl_job.staging.intake import StagedRows
from etl_job.staging.store import read_counts
from etl_job.tables.key_registers import Registers


@dataclass(frozen=True, slots=True)
class DailyCounts:
    """The daily counts of kept rows. Small ones are in the driver's memory too (``in_driver``)."""

    rows: DataFrame
    in_driver: pa.Table | None

    @property
    def kept(self) -> dict[str, KeptRows]:
        """The counts of each delivery. May run a Spark job."""
        if self.in_driver is None:
            return kept_rows(self.rows)
        if not self.in_driver.num_rows:
            return {}
        by_delivery = self.in_driver.group_by(DELIVERY, use_threads=False)
        found = by_delivery.aggregate([(KEPT, "sum"), (DAY, "min"), (DAY, "max")]).to_pylist()
        return {row[DELIVERY]: KeptRows(row[f"{KEPT}_sum"], row[f"{DAY}_min"], row[f"{DAY}_max"]) for row in found}


@dataclass(frozen=True, slots=True)
class CountedRows:
    """Every row of a run, classified and counted: ``outcomes`` has one entry per delivery, in the order of deliveries.

    ``kept`` are the rows of each delivery that has some; ``registers`` are those of all deliveries as they will be
    published.
    """

    rows: ClassifiedRows
    file_order: tuple[str, ...]
    daily: DailyCounts
    kept: Mapping[str, KeptRows]
    outcomes: tuple[DeliveryCounts, ...]
    registers: Registers
    estimate: SizeEstimate


def count_rows(
    context: RunContext, staged: StagedRows, *, shared: SharedKeys, rows: ClassifiedRows, withdrawn: tuple[str, ...]
) -> CountedRows:
    """Count the staged rows that are kept, and the outcomes of all of them. Runs Spark jobs."""
    contract = context.contract
    estimate = staged.done.counts + SizeEstimate(lines=shared.repeated.rows + shared.overlap.count)
    daily = _daily(context, staged, rows.candidates, estimate)
    kept, lost = daily.kept, lost_rows(rows.candidates)
    return CountedRows(
        rows=rows,
        file_order=staged.file_order,
        daily=daily,
        kept=kept,
        outcomes=delivery_outcomes(staged.done.tally, lost, kept, contract=contract, deliveries=staged.deliveries),
        registers=_registers(context, staged, withdrawn),
        estimate=estimate,
    )


def _registers(context: RunContext, staged: StagedRows, withdrawn: tuple[str, ...]) -> Registers:
    if not context.contract.key:
        return Registers({})
    others = context.tables.registers.without((*staged.names, *withdrawn))
    return others.and_those_in(staged.folder.uri, staged.names, len(staged.valid_files))


def _daily(
    context: RunContext, staged: StagedRows, candidates: DataFrame | None, estimate: SizeEstimate
) -> DailyCounts:
    """The daily counts; runs a Spark job if they are small."""
    spec = context.contract.features
    counts = read_counts(context.spark, context.store, staged.folder.uri, spec)
    if counts is None:
        return DailyCounts(context.spark.createDataFrame([], ddl(count_columns(spec))), pa.table({}))
    in_one_task = estimate.fits_one_task(len(curated_columns(spec)))
    rows = daily_counts(counts, candidates, context.contract, in_one_task)
    if in_one_task and not spec.measures:
        return DailyCounts(rows, collected(rows))
    return DailyCounts(context.in_memory.keep(rows), None)

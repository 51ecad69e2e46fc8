"""Every row becomes part of a daily count, a duplicate, or a quarantined row.

Valid rows were counted when they were judged, as if all of them were kept; the rows that share a key and are not kept
are then subtracted. So only these rows, which are rare, have to be ordered.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from etl_job.contract.model import CONFLICT, Contract
from etl_job.contract.schemas import (
    BLOCK,
    BROKEN,
    BROKEN_ROWS,
    CLASS,
    DAY,
    DELIVERY,
    DIFFERS,
    DUPLICATES,
    FILE,
    HOUR,
    KEPT,
    KIND,
    LINE,
    NO_BLOCK,
    QUARANTINED,
    ROW,
    ROWS,
    RUN_ID,
    WARNED,
    hour_columns,
    value_column,
)
from etl_job.deliveries.raw_table import Delivery
from etl_job.deliveries.selection import to_inputs
from etl_job.manifest.model import DeliveryCounts
from etl_job.spark.workload import gathered
from etl_job.staging.rows import Tally


@dataclass(frozen=True, slots=True)
class KeptRows:
    """How many rows of a delivery are kept, and the first and last day of them."""

    rows: int
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class LostRows:
    """The number of valid rows of a delivery that are not kept, and what they have in common."""

    delivery: str
    is_duplicate: bool
    differs: bool
    warned: int
    rows: int


def daily_counts(
    counts: DataFrame, candidates: DataFrame | None, contract: Contract, in_one_task: bool = False
) -> DataFrame:
    """The number of rows kept per delivery, entity and day, and in each hour of the day if the contract requires it.

    ``counts`` are the counts of all valid rows; ``candidates`` are the rows that share a key, classified.
    """
    spec = contract.features
    by, hours = [DELIVERY, *map(value_column, spec.entity), DAY], hour_columns(spec)
    lines = [counts.select(*by, F.col(ROWS).alias(KEPT), *hours)]
    if candidates is not None:
        of_hour = (
            f"CASE WHEN pmod({HOUR}, 24) = {hour} THEN -1L ELSE 0L END AS {name}" for hour, name in enumerate(hours)
        )
        lost = candidates.where(F.col(CLASS) != KEPT)
        dated = lost.withColumn(DAY, F.date_from_unix_date(F.floor(F.col(HOUR) / 24).cast("int")))
        # One expression for all, not a call to Java for each part of each.
        lines.append(dated.selectExpr(*(f"`{name}`" for name in by), f"-1L AS {KEPT}", *of_hour))
    together = gathered(reduce(DataFrame.unionByName, lines), in_one_task)
    sums = (F.expr(f"sum({name}) AS {name}") for name in (KEPT, *hours))
    return together.groupBy(*by).agg(*sums).where(F.col(KEPT) > 0)


def lost_rows(candidates: DataFrame | None) -> tuple[LostRows, ...]:
    """The candidates that are not kept, counted. Runs a Spark job, if there are any."""
    if candidates is None:
        return ()
    counted = candidates.where(F.col(CLASS) != KEPT).groupBy(DELIVERY, CLASS, DIFFERS, WARNED).count().collect()
    return tuple(
        LostRows(row[DELIVERY], row[CLASS] == DUPLICATES, bool(row[DIFFERS]), row[WARNED], row["count"])
        for row in counted
    )


def kept_rows(daily: DataFrame) -> dict[str, KeptRows]:
    """The kept rows of each delivery, from the daily counts. Runs a Spark job."""
    summed = F.sum(KEPT).alias("rows"), F.min(DAY).alias("first"), F.max(DAY).alias("last")
    rows = daily.groupBy(DELIVERY).agg(*summed).collect()
    return {row[DELIVERY]: KeptRows(row["rows"], row["first"], row["last"]) for row in rows}


def delivery_outcomes(
    tally: Tally,
    lost: Sequence[LostRows],
    kept: Mapping[str, KeptRows],
    *,
    contract: Contract,
    deliveries: Sequence[Delivery],
) -> tuple[DeliveryCounts, ...]:
    """The outcome of each delivery's rows, as the manifest records it.

    How rows were judged, which were lost, and which are counted come from separate computations, so that a row that is
    lost in between is noticed (``checks.py``).
    """
    return tuple(
        _outcome(
            delivery,
            {(broken, warned): rows for (name, broken, warned), rows in tally.items() if name == delivery.name},
            lost=[each for each in lost if each.delivery == delivery.name],
            counted=kept.get(delivery.name),
            contract=contract,
        )
        for delivery in deliveries
    )


def _outcome(
    delivery: Delivery,
    judged: Mapping[tuple[int, int], int],
    *,
    lost: Sequence[LostRows],
    counted: KeptRows | None,
    contract: Contract,
) -> DeliveryCounts:
    duplicates = sum(each.rows for each in lost if each.is_duplicate)
    in_conflict = sum(each.rows for each in lost if not each.is_duplicate)
    broken = {bits: rows for (bits, _), rows in judged.items() if bits}
    warned = Counter({warned: rows for (bits, warned), rows in judged.items() if not bits})
    for each in lost:
        warned[each.warned] -= each.rows
    violations = _by_name(broken, contract.rule_names)
    if in_conflict:
        violations[CONFLICT] = in_conflict
    kept, quarantined = counted.rows if counted else 0, sum(broken.values()) + in_conflict
    return DeliveryCounts(
        delivery=delivery.name,
        inputs=to_inputs(delivery),
        rows_in=kept + quarantined + duplicates,
        kept=kept,
        quarantined=quarantined,
        duplicates=duplicates,
        conflicts=sum(each.rows for each in lost if each.is_duplicate and each.differs),
        violations=violations,
        first_day=counted.first_day.isoformat() if counted else None,
        last_day=counted.last_day.isoformat() if counted else None,
        warned=sum(rows for bits, rows in warned.items() if bits),
        warnings=_by_name(warned, contract.warning_names),
    )


def _by_name(rows_by_bits: Mapping[int, int], names: Sequence[str]) -> dict[str, int]:
    counted = {
        name: sum(rows for bits, rows in rows_by_bits.items() if bits >> bit & 1) for bit, name in enumerate(names)
    }
    return {name: rows for name, rows in counted.items() if rows}


def quarantined_rows(
    staged: DataFrame, candidates: DataFrame | None, contract: Contract, *, file_order: Sequence[str], run_id: str
) -> DataFrame:
    """The quarantined rows: raw text, file, and the names of all rules that they break.

    ``row_number`` counts the rows of a file from 1, if the format allows it; otherwise ``part_offset`` is the byte at
    which the part of the file begins that one task read. ``position`` orders the rows of a file.
    """
    uris = F.array(*(F.lit(uri) for uri in file_order))
    columns = [DELIVERY, LINE, FILE, BLOCK, ROW, BROKEN]
    rows = staged.where(F.col(KIND) == BROKEN_ROWS).select(*columns)
    if candidates is not None and CONFLICT in contract.rule_names:
        rows = rows.unionByName(candidates.where(F.col(CLASS) == QUARANTINED).select(*columns))
    return rows.select(
        DELIVERY,
        F.col(LINE).alias("raw"),
        F.get(uris, F.col(FILE)).alias("file"),
        _names_of_broken(contract.rule_names).alias("reasons"),
        F.when(F.col(BLOCK) != NO_BLOCK, F.col(BLOCK)).alias("part_offset"),
        F.when(F.col(BLOCK) == NO_BLOCK, F.col(ROW) + 1).alias("row_number"),
        F.lit(run_id).alias(RUN_ID),
        F.struct(BLOCK, ROW).alias("position"),
    )


def _names_of_broken(names: Sequence[str]) -> Column:
    is_broken = (F.col(BROKEN).bitwiseAND(F.lit(1 << bit).cast("long")) != 0 for bit in range(len(names)))
    named = (F.when(broken, F.lit(name)) for broken, name in zip(is_broken, names, strict=True))
    return F.array_compact(F.array(*named))

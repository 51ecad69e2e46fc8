"""Keys that a run shares with other deliveries, and which of these deliveries the run changes.

A row that two deliveries contain counts once, in whichever of them comes first: so a run compares its keys with the
registers of all other deliveries.
"""

from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from etl_job.contract.model import ConflictPolicy
from etl_job.contract.schemas import (
    BLOCK,
    CONTENT,
    DELIVERY,
    DUPLICATES,
    FILE,
    KEPT,
    KEY_1,
    KEY_2,
    QUARANTINED,
    ROW,
)
from etl_job.lake.files import ObjectStore
from etl_job.spark.kept_frames import KeptFrames
from etl_job.staging.store import is_valid, read_kinds
from etl_job.tables.key_registers import Registers

KEY = (KEY_1, KEY_2)


@dataclass(frozen=True, slots=True)
class KeyOverlap:
    """How the run's keys overlap with those of other deliveries.

    ``rows`` are the others' rows of the keys that they share with the run, ``count`` of them, or None if there are
    none. ``changed`` names the other deliveries of which the run changes the class of a row.
    """

    rows: DataFrame | None = None
    count: int = 0
    changed: tuple[str, ...] = ()


def find_overlap(
    staged: DataFrame, before: DataFrame | None, others: DataFrame | None, policy: ConflictPolicy, memory: KeptFrames
) -> KeyOverlap:
    """Compare the run's keys, and its deliveries' earlier keys, with all others'. Runs Spark jobs."""
    if others is None:
        return KeyOverlap()
    after = rows_of_keys(staged)
    shared = memory.keep(of_keys(others, after))
    count = shared.count()
    shared_before = memory.keep(of_keys(others, before)) if before is not None else None
    changed: tuple[str, ...] = ()
    if count or (shared_before is not None and shared_before.count()):
        joined = shared if shared_before is None else shared.unionByName(shared_before)
        narrowed = [None if side is None else of_keys(side, joined) for side in (before, after)]
        changed = changed_deliveries(joined, narrowed[0], narrowed[1], policy)
    return KeyOverlap(shared if count else None, count, changed)


def of_keys(rows: DataFrame, keys: DataFrame) -> DataFrame:
    """The rows whose key is among ``keys``. Spark puts a Bloom filter before the join (spark/session.py)."""
    return rows.join(keys.select(*KEY), list(KEY), "left_semi")


def changed_deliveries(
    others: DataFrame, before: DataFrame | None, after: DataFrame | None, policy: ConflictPolicy
) -> tuple[str, ...]:
    """The other deliveries of which the class of a row changes when ``after`` replaces ``before``.

    ``before`` and ``after`` are the keys that the run's deliveries had and have; all rows must be of keys that
    ``others`` share with them. Runs a Spark job.
    """
    named = {"other": others, "before": before, "after": after}
    sides = [frame.withColumn("_side", F.lit(side)) for side, frame in named.items() if frame is not None]
    together = reduce(DataFrame.unionByName, (side.select(*KEY, CONTENT, DELIVERY, "_side") for side in sides))
    first = F.max if policy is ConflictPolicy.KEEP_LAST else F.min

    def seen(side: str, column: str) -> Column:
        return F.when(F.col("_side").isin("other", side), F.col(column))

    of_key = together.groupBy(*KEY).agg(
        F.collect_set(F.when(F.col("_side") == "other", F.col(DELIVERY))).alias("_others"),
        *(first(seen(side, DELIVERY)).alias(f"_first_{side}") for side in ("before", "after")),
        *(
            (F.min(seen(side, CONTENT)) != F.max(seen(side, CONTENT))).alias(f"_conflict_{side}")
            for side in ("before", "after")
        ),
    )
    each = of_key.withColumn(DELIVERY, F.explode("_others"))

    def state(side: str) -> Column:
        kept_or_not = F.when(F.col(DELIVERY) == F.col(f"_first_{side}"), KEPT).otherwise(DUPLICATES)
        if policy is ConflictPolicy.QUARANTINE_BOTH:
            return F.when(F.col(f"_conflict_{side}"), QUARANTINED).otherwise(kept_or_not)
        return kept_or_not

    changed = each.where(state("before") != state("after")).select(DELIVERY).distinct()
    return tuple(sorted(row[DELIVERY] for row in changed.collect()))


def read_registers(spark: SparkSession, store: ObjectStore, registers: Registers) -> DataFrame | None:
    """The rows of the keys of these deliveries; None if there are none."""
    places = f"{FILE} int, {BLOCK} bigint, {ROW} bigint"
    schema = f"{KEY_1} bigint, {KEY_2} bigint, {CONTENT} bigint, {DELIVERY} string, {places}"
    frames = [
        rows_of_keys(read_kinds(spark, store, folder, schema)).where(F.col(DELIVERY).isin(deliveries))
        for folder, deliveries in registers.by_folder.items()
    ]
    return reduce(DataFrame.unionByName, frames) if frames else None


def rows_of_keys(staged: DataFrame) -> DataFrame:
    """Key, content, delivery and place of the valid rows."""
    return staged.where(is_valid()).select(*KEY, CONTENT, DELIVERY, FILE, BLOCK, ROW)

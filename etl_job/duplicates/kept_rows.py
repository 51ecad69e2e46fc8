"""Which row of a key is kept, which are duplicates, and which are quarantined as conflicts.

Rows of one key are ordered by the name of the delivery, the name of the file, and the place in the file. The order does
not depend on when a delivery was processed, so incremental runs have the same result as one run over everything.
"""

from functools import reduce

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from etl_job.contract.model import CONFLICT, ConflictPolicy, Contract
from etl_job.contract.schemas import (
    BLOCK,
    BROKEN,
    CLASS,
    CONTENT,
    DELIVERY,
    DIFFERS,
    DUPLICATES,
    FILE,
    KEPT,
    KEY_1,
    KIND,
    QUARANTINED,
    RANK,
    ROW,
)
from etl_job.duplicates.keys_across_deliveries import KEY, KeyOverlap
from etl_job.duplicates.keys_within_run import RepeatedKeys
from etl_job.staging.store import is_valid

_BROADCAST_ROWS = 1_000_000  # about 50 MB; more is joined by a shuffle


def duplicate_candidates(
    staged: DataFrame, repeated: RepeatedKeys, contract: Contract, overlap: KeyOverlap
) -> DataFrame | None:
    """The rows that share their key with others, classified; None if each row has a key of its own."""
    count = repeated.count + overlap.count
    if not contract.key or count == 0:
        return None
    sides = [repeated.read(staged.sparkSession), None if overlap.rows is None else overlap.rows.select(KEY_1)]
    keys = reduce(DataFrame.unionByName, (side for side in sides if side is not None))
    if count <= _BROADCAST_ROWS:
        keys = F.broadcast(keys)
    shared = staged.where(is_valid()).join(keys, KEY_1, "left_semi")
    return classify_duplicates(shared, overlap.rows, contract)


def classify_duplicates(rows: DataFrame, others: DataFrame | None, contract: Contract) -> DataFrame:
    """Classify rows of a run: ``_class`` is kept, duplicate or quarantined; ``_rank`` 1 is the row that is kept.

    ``_differs`` marks rows that differ from the one that is kept; if conflicting rows are all quarantined, it marks
    every row of a key that has different contents. ``others`` are the rows that other deliveries have of these keys.
    """
    policy = contract.conflicts
    together = rows if others is None else rows.unionByName(others, allowMissingColumns=True)
    order = F.desc if policy is ConflictPolicy.KEEP_LAST else F.asc
    of_key = Window.partitionBy(*KEY)
    # Files of a delivery are numbered in the order of their names.
    preferred = of_key.orderBy(*map(order, (DELIVERY, FILE, BLOCK, ROW)))
    broken = F.col(BROKEN)
    if policy is ConflictPolicy.QUARANTINE_BOTH:
        differs = F.min(CONTENT).over(of_key) != F.max(CONTENT).over(of_key)
        bit = contract.rule_names.index(CONFLICT)
        broken = F.when((broken == 0) & F.col(DIFFERS), F.lit(1 << bit).cast("long")).otherwise(broken)
    else:
        differs = F.col(CONTENT) != F.first(CONTENT).over(preferred)
    ranked = together.select("*", F.row_number().over(preferred).alias(RANK), differs.alias(DIFFERS))
    own = ranked.where(F.col(KIND).isNotNull()).withColumn(BROKEN, broken)
    kept = F.when(F.col(RANK) == 1, KEPT).otherwise(DUPLICATES)
    return own.withColumn(CLASS, F.when(F.col(BROKEN) != 0, QUARANTINED).otherwise(kept))

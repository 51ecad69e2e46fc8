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
    QUARANTINED,
    RANK,
    ROW,
)
from etl_job.duplicates.keys_across_deliveries import GREATEST, LEAST, OTHER_CONTENT, OTHER_DELIVERY, KeyOverlap
from etl_job.duplicates.keys_within_run import RepeatedKeys
from etl_job.duplicates.register_files import KEY
from etl_job.staging.store import is_valid

_BROADCAST_ROWS = 1_000_000  # about 50 MB; more is joined by a shuffle


def duplicate_candidates(
    staged: DataFrame, repeated: RepeatedKeys, contract: Contract, overlap: KeyOverlap
) -> DataFrame | None:
    """The rows that share their key with others, classified; None if each row has a key of its own.

    The rows are persisted, because they are used twice: they are counted, and subtracted from the counts of all.
    """
    count = repeated.count + overlap.keys
    if not contract.key or count == 0:
        return None
    sides = [
        repeated.read(staged.sparkSession),
        None if overlap.competing_rows is None else overlap.competing_rows.select(KEY_1),
    ]
    keys = reduce(DataFrame.unionByName, (side for side in sides if side is not None))
    if count <= _BROADCAST_ROWS:
        keys = F.broadcast(keys)
    shared = staged.where(is_valid()).join(keys, KEY_1, "left_semi")
    return classify_duplicates(
        rank_within_key(shared, contract), contract, overlap.competing_rows, overlap.keys
    ).persist()


def rank_within_key(rows: DataFrame, contract: Contract) -> DataFrame:
    """Number the rows of each key in the order in which the contract prefers them; 1 is the first choice.

    ``_differs`` marks rows that differ from the first choice; if conflicting rows are all quarantined, it marks every
    row of a key that has different contents.
    """
    last = contract.conflicts is ConflictPolicy.KEEP_LAST
    of_key = Window.partitionBy(*KEY)
    # Files are numbered in order of deliveries and their own names.
    preferred = of_key.orderBy(*(F.desc(name) if last else F.asc(name) for name in (FILE, BLOCK, ROW)))
    if contract.conflicts is ConflictPolicy.QUARANTINE_BOTH:
        differs = F.min(CONTENT).over(of_key) != F.max(CONTENT).over(of_key)
    else:
        differs = F.col(CONTENT) != F.first(CONTENT).over(preferred)
    return rows.select("*", F.row_number().over(preferred).alias(RANK), differs.alias(DIFFERS))


def classify_duplicates(
    ranked: DataFrame, contract: Contract, competing: DataFrame | None, competing_keys: int = 0
) -> DataFrame:
    """Classify each row that shares its key: ``_class`` is kept, duplicate or quarantined.

    ``competing`` are the rows that other deliveries have of the ``competing_keys`` keys that they share with the run.
    """
    policy = contract.conflicts
    if competing is None:
        joined = ranked
        wins, differs, conflict = F.lit(True), F.col(DIFFERS), F.col(DIFFERS)
    else:
        joined = ranked.join(
            F.broadcast(competing) if competing_keys <= _BROADCAST_ROWS else competing, list(KEY), "left"
        )
        alone = F.col(OTHER_DELIVERY).isNull()
        is_first = (
            F.col(DELIVERY) > F.col(OTHER_DELIVERY)
            if policy is ConflictPolicy.KEEP_LAST
            else (F.col(DELIVERY) < F.col(OTHER_DELIVERY))
        )
        wins = alone | is_first
        differs = F.when(wins, F.col(DIFFERS)).otherwise(F.col(CONTENT) != F.col(OTHER_CONTENT))
        other = (F.col(CONTENT) != F.col(LEAST)) | (F.col(CONTENT) != F.col(GREATEST))
        conflict = F.col(DIFFERS) | F.coalesce(other, F.lit(False))
    broken = F.col(BROKEN)
    if policy is ConflictPolicy.QUARANTINE_BOTH:
        bit = contract.rule_names.index(CONFLICT)
        broken = F.when((broken == 0) & conflict, F.lit(1 << bit).cast("long")).otherwise(broken)
    marked = joined.withColumns({BROKEN: broken, DIFFERS: differs})
    kept = F.when((F.col(RANK) == 1) & wins, KEPT).otherwise(DUPLICATES)
    return marked.withColumn(CLASS, F.when(F.col(BROKEN) != 0, QUARANTINED).otherwise(kept))

"""What becomes of the plain rows of a small run, found out while Spark judges the rows that were set aside.

Those are bad for the most part, and then have no key that a plain row could share: they only have to be counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from etl_job.accounting import count_plain_outcomes
from etl_job.contract import Contract
from etl_job.extent import collected
from etl_job.object_store import ObjectStore
from etl_job.repeated_keys import RepeatedKeys
from etl_job.rules import Rule
from etl_job.staging import Meeting, read_counts, read_staged_files, suspects_of


@dataclass(frozen=True, slots=True)
class PlainOutcomes:
    """The ``suspects`` among the plain rows, settled, and the ``lines`` of outcomes, which are ``outcomes`` collected.

    ``outcomes`` are persisted if the contract has measures: only then are they needed as a frame.
    """

    suspects: DataFrame | None
    outcomes: DataFrame
    lines: pa.Table

    def unpersist(self) -> None:
        """Give memory back."""
        for frame in (self.suspects, self.outcomes):
            if frame is not None:
                frame.unpersist()


def settle_plain_rows(
    spark: SparkSession,
    store: ObjectStore,
    contract: Contract,
    rules: Sequence[Rule],
    folder: str,
    files: Sequence[str],
    repeated: RepeatedKeys,
) -> PlainOutcomes:
    """Settle the rows of these staged files, of which no key is another delivery's. Runs Spark jobs."""
    spec = contract.features
    counts = read_counts(spark, store, folder, spec)
    if counts is None:
        raise LookupError(f"{folder} has plain rows, but no counts of them")
    rows = read_staged_files(spark, files, folder, spec)
    suspects = suspects_of(rows, repeated, contract, rules, Meeting())
    outcomes = count_plain_outcomes(counts, suspects, contract)
    if spec.measures:
        outcomes = outcomes.persist()
    return PlainOutcomes(suspects, outcomes, collected(outcomes))

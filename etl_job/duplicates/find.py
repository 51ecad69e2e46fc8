"""The rows of a run, and what becomes of those that share their key."""

from dataclasses import dataclass

from pyspark.sql import DataFrame

from etl_job.context import RunContext
from etl_job.duplicates.classify import duplicate_candidates
from etl_job.duplicates.compare import SharedKeys
from etl_job.staging.intake import StagedRows
from etl_job.staging.store import read_staged


@dataclass(frozen=True, slots=True)
class ClassifiedRows:
    """``staged`` are all rows of a run, ``candidates`` those that share a key, classified; None for none."""

    staged: DataFrame
    candidates: DataFrame | None


def find_duplicates(context: RunContext, staged: StagedRows, shared: SharedKeys) -> ClassifiedRows:
    """Say which of the rows that share a key are kept, duplicates or in conflict. What it says is computed later."""
    rows = read_staged(context.spark, context.store, staged.folder.uri, context.contract.features)
    return ClassifiedRows(rows, duplicate_candidates(rows, shared.repeated, context.contract, shared.overlap))

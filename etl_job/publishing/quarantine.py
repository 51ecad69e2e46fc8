"""The bad rows of a run, a folder for each delivery that has some."""

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F  # noqa: N812

from etl_job.context import RunContext
from etl_job.contract.schemas import DELIVERY
from etl_job.counting.count import CountedRows
from etl_job.counting.outcomes import quarantined_rows
from etl_job.publishing.parquet_files import write_quarantine
from etl_job.spark.workload import fits_one_task
from etl_job.tables.quarantine_runs import quarantine_folder

_SAMPLES = 3


def quarantine_rows(context: RunContext, counted: CountedRows, location: str) -> tuple[str, ...]:
    """Write the bad rows below a location; return their folders."""
    bad = sum(outcome.quarantined for outcome in counted.outcomes)
    if bad:
        rows = _bad_rows(context, counted)
        in_one_file = counted.estimate.fits_one_task() and fits_one_task(bad)
        write_quarantine(rows, location, in_one_task=in_one_file)
    return quarantine_folders(context, counted, location)


def first_bad_rows(context: RunContext, counted: CountedRows, delivery: str) -> tuple[str, ...]:
    """The first bad rows of a delivery: their place and the broken rules, without their text. Runs Spark.

    For formats in which a task cannot count rows, only the file is given.
    """
    rows = _bad_rows(context, counted).where(F.col(DELIVERY) == delivery).orderBy("file", "position")
    found = (f"{_place(row)} ({' '.join(row.reasons)})" for row in rows.limit(_SAMPLES).collect())
    return tuple(dict.fromkeys(found))


def _place(row: Row) -> str:
    file = row.file.rpartition("/")[2]
    if row.row_number is not None:
        return f"row {row.row_number} of {file}"
    return f"a row of {file}"


def _bad_rows(context: RunContext, counted: CountedRows) -> DataFrame:
    return quarantined_rows(
        counted.rows.staged,
        counted.rows.candidates,
        context.contract,
        file_order=counted.file_order,
        run_id=context.arguments.run_id,
    )


def quarantine_folders(context: RunContext, counted: CountedRows, location: str) -> tuple[str, ...]:
    """The folders of the run's bad rows below a location."""
    bad = (outcome.delivery for outcome in counted.outcomes if outcome.quarantined)
    return tuple(quarantine_folder(location, delivery, context.arguments.run_id) for delivery in bad)


def delete_own_quarantine(context: RunContext, counted: CountedRows) -> None:
    """Delete the bad rows of a run that published nothing, so that they are not counted with those of other runs.

    An earlier attempt of the same run may have published: whatever the table names is kept.
    """
    named = context.tables.quarantines.runs.items()
    published = {quarantine_folder(context.paths.quarantine, delivery, run) for delivery, run in named}
    for folder in set(quarantine_folders(context, counted, context.paths.quarantine)) - published:
        context.store.delete_folder(folder)

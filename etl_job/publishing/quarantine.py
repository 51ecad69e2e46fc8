"""The bad rows of a run, a folder for each delivery that has some."""

from etl_job.context import RunContext
from etl_job.contract.schemas import DELIVERY, RUN_ID
from etl_job.counting.count import CountedRows
from etl_job.counting.outcomes import quarantined_rows
from etl_job.lake.partition_names import partition_folder
from etl_job.publishing.parquet_files import write_quarantine
from etl_job.spark.workload import fits_one_task


def quarantine_rows(context: RunContext, counted: CountedRows, location: str) -> tuple[str, ...]:
    """Write the bad rows below a location; return their folders."""
    bad = sum(outcome.quarantined for outcome in counted.outcomes)
    if bad:
        staged, candidates, run_id = counted.rows.staged, counted.rows.candidates, context.arguments.run_id
        rows = quarantined_rows(staged, candidates, context.contract, file_order=counted.file_order, run_id=run_id)
        in_one_file = counted.estimate.fits_one_task() and fits_one_task(bad)
        write_quarantine(rows, location, in_one_task=in_one_file)
    return quarantine_folders(context, counted, location)


def quarantine_folders(context: RunContext, counted: CountedRows, location: str) -> tuple[str, ...]:
    """The folders of the run's bad rows below a location."""
    bad = (outcome.delivery for outcome in counted.outcomes if outcome.quarantined)
    return tuple(_folder(location, delivery, context.arguments.run_id) for delivery in bad)


def delete_own_quarantine(context: RunContext, counted: CountedRows) -> None:
    """Delete the bad rows of a run that published nothing: whoever counts them would count them with others'.

    An earlier attempt of the same run may have published: what the table names stays.
    """
    named = context.tables.quarantines.runs.items()
    published = {_folder(context.quarantine, delivery, run) for delivery, run in named}
    for folder in set(quarantine_folders(context, counted, context.quarantine)) - published:
        context.store.delete_folder(folder)


def _folder(location: str, delivery: str, run_id: str) -> str:
    return f"{location}/{partition_folder(DELIVERY, delivery)}/{RUN_ID}={run_id}"

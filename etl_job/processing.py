"""From selected deliveries to published tables: read, account for every row, write, and commit last."""

from contextlib import suppress

from botocore.exceptions import BotoCoreError, ClientError
from py4j.protocol import Py4JError

from etl_job.counting.reconcile import check_thresholds, reconcile
from etl_job.deliveries.selection import Selection
from etl_job.duplicates.deduplicate import Account, account_for, delivery_counts
from etl_job.errors import ThresholdError, UnknownPublicationError
from etl_job.publishing.publish import Processed, Work, drop_own_quarantine, quarantine_rows, write_and_publish
from etl_job.reasons import cause_of
from etl_job.staging.folders import StagingFolder
from etl_job.staging.store import delete_folder


def process_deliveries(work: Work, selection: Selection, done: Processed) -> None:
    """Do the run's work and note in ``done`` what has been done. Raises QuartalJobError; nothing is published then."""
    contract, spark = work.contract, work.spark
    with work.progress.stage("validate") as seen:
        account = account_for(spark, work.store, contract, work.sql, selection, work.tables, work.arguments.run_id)
        try:
            _check(work, account, done)
        except Exception:
            _let_go(work, account, account.folder)
            raise
        done.read = account.read
        totals = done.totals.model_dump() if done.totals else {}
        seen.update(deliveries=len(account.deliveries), rows=totals.pop("rows_in", 0), **totals)
    try:
        write_and_publish(work, account, selection.withdrawn, done)
    except UnknownPublicationError:
        raise  # the table may name all of it: the next run sees what became of this one
    except Exception:
        if done.curated is None:
            _take_back(work, done)
            _let_go(work, account, account.folder)
        raise
    _let_go(work, account, *(StagingFolder(account.folder).passing if contract.key else [account.folder]))


def _check(work: Work, account: Account, done: Processed) -> None:
    done.totals = reconcile(account.rows_in, account.counted)
    done.deliveries = delivery_counts(account.deliveries, account.counted)
    try:
        check_thresholds(account.counted, work.contract.thresholds)
    except ThresholdError as error:
        done.quarantine = quarantine_rows(work, account, work.failed_quarantine)
        raise ThresholdError(f"{error}. The bad rows are in {', '.join(done.quarantine)}") from error


def _take_back(work: Work, done: Processed) -> None:
    """Delete the bad rows that were written. What cannot be deleted is said: why the run failed must be heard."""
    try:
        drop_own_quarantine(work, done.quarantine)
        done.quarantine = ()
    except (OSError, BotoCoreError, ClientError) as error:
        folders = ",".join(done.quarantine)
        work.progress.say("left-behind", folders=folders, because=cause_of(error), message="the next run deletes them")


def _let_go(work: Work, account: Account, *folders: str) -> None:
    """Give memory and staged rows back. A JVM that has ended has none, and why it went must be heard."""
    with suppress(Py4JError, OSError):
        for folder in folders:
            delete_folder(work.spark, folder)
        for frame in (account.daily.rows, account.candidates):
            if frame is not None:
                frame.unpersist()

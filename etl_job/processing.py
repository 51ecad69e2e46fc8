"""From selected deliveries to published tables, step by step: stage, find duplicates, count, publish.

Each step is a function from value to value. Only this module decides what a run leaves behind when a step fails, and
what it deletes when all are done.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from botocore.exceptions import BotoCoreError, ClientError
from py4j.protocol import Py4JError

from etl_job.context import RunContext
from etl_job.counting.checks import check_thresholds, reconcile
from etl_job.counting.count import CountedRows, count_rows
from etl_job.deliveries.selection import Selection
from etl_job.duplicates.find import compare_keys, find_duplicates
from etl_job.errors import ThresholdError, UnknownPublicationError
from etl_job.failure_reasons import failure_cause
from etl_job.findings.wording import typed
from etl_job.lake.paths import own_folder
from etl_job.manifest.model import DeliveryCounts, Totals
from etl_job.publishing.publish import Published, publish
from etl_job.publishing.quarantine import delete_own_quarantine, first_bad_rows, quarantine_folders, quarantine_rows
from etl_job.spark.session import tune_shuffle
from etl_job.staging.intake import StagedRows, stage_rows
from etl_job.staging.parts import Staged
from etl_job.staging.store import StagingFolder
from etl_job.tables.key_registers import FOLDER

_UNREACHED = (Py4JError, OSError, BotoCoreError, ClientError)  # a JVM that has ended, a store that does not answer


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a run has done so far: how its rows were counted, and which of the results are published."""

    totals: Totals | None = None
    deliveries: tuple[DeliveryCounts, ...] = ()
    read: Staged = field(default_factory=Staged)
    published: Published = field(default_factory=Published)

    @property
    def published_anything(self) -> bool:
        """Whether a table was changed."""
        return self.published.curated is not None or self.published.features is not None


def process_deliveries(context: RunContext, selection: Selection, before: RunResult) -> Iterator[RunResult]:
    """Process and publish a selection; report after each step what has been done, including ``before``.

    Raises:
        QuartalJobError: a step failed; nothing more is published then.
    """
    with context.progress.stage("validate") as seen:
        staged, counted = count_selection(context, selection)
        try:
            totals = reconcile(staged.done.rows, counted.outcomes)
            result = replace(before, totals=totals, deliveries=counted.outcomes, read=staged.done)
            yield result
            yield from _with_tolerable_rows(context, counted, result)
        except Exception:
            _give_back(context, staged.folder.uri)
            raise
        numbers = totals.model_dump()
        seen.update(deliveries=len(staged.deliveries), rows=numbers.pop("rows_in"), **numbers)
    yield from _publish(context, staged, counted, before=result, withdrawn=selection.withdrawn_files)
    _give_back(context, *(staged.folder.passing if context.contract.key else [staged.folder.uri]))


def count_selection(context: RunContext, selection: Selection) -> tuple[StagedRows, CountedRows]:
    """Stage, classify and count the rows of a selection, and of deliveries that it changes. Runs Spark jobs.

    Raises:
        CatalogError, InputError: a delivery of which the class of a row changes cannot be processed again.
    """
    deliveries = selection.deliveries
    while True:
        deliveries = tuple(sorted(deliveries, key=lambda delivery: delivery.name))
        tune_shuffle(context.spark, sum(delivery.size_bytes for delivery in deliveries))
        folder = StagingFolder(own_folder(f"{context.tables.curated.location}/{FOLDER}", context.arguments.run_id))
        try:
            staged = stage_rows(context, deliveries, folder)
            shared = compare_keys(context, staged, selection.withdrawn)
            if not shared.overlap.changed:
                rows = find_duplicates(context, staged, shared)
                return staged, count_rows(context, staged, shared=shared, rows=rows, withdrawn=selection.withdrawn)
            deliveries = (*deliveries, *selection.find(shared.overlap.changed))
        except Exception:
            _give_back(context, folder.uri)
            raise
        _give_back(context, folder.uri)


def _with_tolerable_rows(context: RunContext, counted: CountedRows, result: RunResult) -> Iterator[RunResult]:
    """Raises ThresholdError if a delivery has too many bad rows; these are kept for inspection."""
    try:
        check_thresholds(counted.outcomes, context.contract.thresholds)
    except ThresholdError as error:
        folders = quarantine_rows(context, counted, context.paths.failed_quarantine)
        yield replace(result, published=replace(result.published, quarantine=folders))
        samples = ""
        with suppress(Exception):  # the reason must be reported even if the samples fail
            samples = f", such as {', '.join(first_bad_rows(context, counted, error.delivery))}"
        shown = typed(("quarantine", "--failed", "--delivery", error.delivery), context.arguments.naming_options)
        raise ThresholdError(
            f"{error}. `{shown}` shows the bad rows{samples}; they are in {', '.join(folders)}", error.delivery
        ) from error


def _publish(
    context: RunContext, staged: StagedRows, counted: CountedRows, *, before: RunResult, withdrawn: Mapping[str, str]
) -> Iterator[RunResult]:
    result = before
    try:
        for published in publish(context, counted, withdrawn, before.published):
            result = replace(before, published=published)
            yield result
    except UnknownPublicationError:
        raise  # the table may name all of it: the next run sees what became of this one
    except Exception:
        if result.published.curated is None:
            yield replace(result, published=replace(result.published, quarantine=_take_back(context, counted)))
            named = context.tables.registers.folders.values()  # by the table as it was committed, if it was
            _give_back(context, *({staged.folder.uri} - set(named)))
        raise


def _take_back(context: RunContext, counted: CountedRows) -> tuple[str, ...]:
    """Delete the bad rows that were written; return the folders that cannot be deleted.

    Such a failure is only logged, so that it does not hide why the run failed.
    """
    try:
        delete_own_quarantine(context, counted)
    except (OSError, BotoCoreError, ClientError) as error:
        folders = quarantine_folders(context, counted, context.paths.quarantine)
        context.progress.log(
            "left-behind",
            folders=",".join(folders),
            because=failure_cause(error),
            message="no reader follows them; maintenance deletes them",
        )
        return folders
    return ()


def _give_back(context: RunContext, *folders: str) -> None:
    """Release staged rows and Spark's memory. A failure is ignored, so that it does not hide why the run failed."""
    for folder in folders:
        with suppress(*_UNREACHED):
            context.store.delete_folder(folder)
    with suppress(*_UNREACHED):
        context.in_memory.release()

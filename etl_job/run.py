"""A run from arguments to manifest: select -> read, judge, stage -> find duplicates -> count -> publish -> notify."""

import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from pyspark.sql import SparkSession

from etl_job.arguments import JobArguments, parse_arguments
from etl_job.context import RunContext
from etl_job.deliveries.delivered import Delivered
from etl_job.deliveries.selection import Selection, withdrawn_by
from etl_job.errors import PublicationError, QuartalJobError
from etl_job.failure_reasons import failure_cause, failure_reason
from etl_job.manifest.files import write_manifest
from etl_job.manifest.model import PublishedDelivery, RunManifest
from etl_job.notify.ended_run import read_ended_run
from etl_job.notify.metrics import put_metrics
from etl_job.notify.progress import Progress
from etl_job.notify.run_event import put_run_event
from etl_job.opening import Opening, Services, open_run
from etl_job.processing import process_deliveries
from etl_job.publishing.csv_export import export_csv
from etl_job.run_record import RunRecord, build_manifest, start_meter
from etl_job.spark.session import get_session
from etl_job.spark.sql_rules import SqlRules
from etl_job.tables.counting_basis import changes_of_counting, have_other_columns
from etl_job.tables.table_commit import in_step

_FILES_LOGGED = 20  # on lines of their own
_EVENT_NOTE = "The run's event tells of this failure."


def main(argv: Sequence[str]) -> None:
    """Run the job. On failure the process exits with 1, and its last line on stderr states the reason."""
    try:
        run(parse_arguments(argv), os.environ, Progress())
    except QuartalJobError as error:
        sys.exit(_last_words(error))
    except Exception as error:
        traceback.print_exc()
        sys.exit(_last_words(error))


def _last_words(error: Exception) -> str:
    """Glue copies this text into its own event of the job run; alerts skip that event if the run's own was sent."""
    has_event = _EVENT_NOTE in getattr(error, "__notes__", ())
    return f"QuartalJobError{'' if has_event else ' (no event of the run)'}: {failure_reason(error)}"


def run(arguments: JobArguments, environ: Mapping[str, str], progress: Progress) -> RunManifest:
    """Process new deliveries, publish them, and write a manifest. A failed run writes one too, and raises."""
    services = Services.of(arguments, environ, progress)
    with ThreadPoolExecutor(1, thread_name_prefix="spark-start") as starter:
        # The JVM needs seconds to start; the catalog and the contract are read meanwhile.
        spark = starter.submit(get_session, environ)
        start = RunRecord(datetime.now(UTC))
        record, error = _to_the_end(_steps(services, spark, start), start)
        if error is not None:
            if _leave_failed_manifest(services, record, error):
                error.add_note(_EVENT_NOTE)
            raise error
    manifest = build_manifest(record, arguments, progress.stages, reason=None)
    uri = write_manifest(services.store, arguments.lake_root, manifest)
    send_notifications(services, manifest, uri)
    progress.log("done", status=manifest.status, seconds=manifest.seconds, manifest=uri)
    return manifest


def _to_the_end(steps: Iterator[RunRecord], start: RunRecord) -> tuple[RunRecord, Exception | None]:
    """The record after the last completed step, and the error of the next one, if it failed."""
    record = start
    try:
        for known in steps:
            record = known
    except Exception as error:
        return record, error
    return record, None


def _steps(services: Services, spark: "Future[SparkSession]", start: RunRecord) -> Iterator[RunRecord]:
    """The steps of the run: yields the record after each one."""
    progress, run_id = services.progress, services.arguments.run_id
    with progress.stage("catalog") as seen:
        opening = yield from open_run(services, start)
        seen.update(run_id=run_id, **opening.facts)
    yield opening.record
    _log_opening(progress, opening)
    are_in_step = in_step(opening.tables.curated, opening.tables.features)
    tags_hold = None not in opening.tables.features.quarter_tags.values()
    have_columns = not have_other_columns(opening.tables.features)
    if not opening.selection and are_in_step and tags_hold and have_columns:
        progress.log("nothing-new", message="every delivery is already published")
        yield _exported_again(services, opening)
        return
    if not tags_hold:
        progress.log("recovery", message="renewing tags of quarters that an earlier version of the job set")
    if not have_columns:
        progress.log("recovery", message="the contract asks for other columns of the features: computing all of them")
    with progress.stage("session"):
        context = RunContext(
            spark=spark.result(),
            store=services.store,
            arguments=services.arguments,
            contract=opening.contract,
            sql=SqlRules.of(opening.contract),
            tables=opening.tables,
            progress=progress,
        )
        record = replace(opening.record, meter=start_meter(context.spark))
    yield record
    selections = [opening.selection]
    if opening.selection and not are_in_step and not changes_of_counting(opening.tables.curated, opening.contract):
        progress.log("recovery", message="the features do not match the curated table: computing them first")
        selections.insert(0, Selection(()))
    for selection in selections:
        for result in process_deliveries(context, selection, record.result):
            record = replace(record, result=result)
            yield record
    yield replace(record, published=_published_now(opening, record, run_id))


def _exported_again(services: Services, opening: Opening) -> RunRecord:
    """Repair CSV files that an interrupted export, or somebody else, left different from the table."""
    record, features, arguments = opening.record, opening.tables.features, services.arguments
    if features.snapshot_id is None:
        return record
    export = export_csv(features, services.store, arguments.lake_root, arguments.dataset)
    if not export.written and not export.removed:
        return record
    services.progress.log("export", written=len(export.written), removed=len(export.removed))
    published = replace(record.result.published, csv_export=export)
    return replace(record, result=replace(record.result, published=published))


def _published_now(opening: Opening, record: RunRecord, run_id: str) -> Mapping[str, PublishedDelivery]:
    """The state of all deliveries after the run has published its own and removed the withdrawn ones."""
    processed = {
        counts.delivery: PublishedDelivery(run_id=run_id, contract_hash=opening.contract.hash, inputs=counts.inputs)
        for counts in record.result.deliveries
    }
    selection = opening.selection
    withdrawn = {
        name: withdrawn_by(run_id, record.published[name], selection.at_withdrawal.get(name))
        for name in selection.withdrawn
    }
    return {**record.published, **processed, **withdrawn}


def _log_opening(progress: Progress, opening: Opening) -> None:
    drift = opening.record.drift
    _log_files(opening.record.delivered, progress)
    if drift:
        progress.log(
            "drift",
            new_columns=",".join(drift.new) or "none",
            missing_columns=",".join(drift.missing) or "none",
            other_order=str(drift.other_order).lower(),
        )
    if opening.state.finding:
        progress.log("recovery", message=opening.state.finding)


def _log_files(delivered: Delivered, progress: Progress) -> None:
    if delivered.not_catalogued:
        progress.log("not-catalogued", deliveries=",".join(delivered.not_catalogued), message="read by the contract")
    for file in delivered.left_out[:_FILES_LOGGED]:
        progress.log("left-out", file=file.uri, message=file.reason)
    more = len(delivered.left_out) - _FILES_LOGGED
    if more > 0:
        progress.log("left-out", more_files=more, message="the manifest names them all")


def _leave_failed_manifest(services: Services, record: RunRecord, error: Exception) -> bool:
    """Return whether the event of the run was put."""
    progress, reason = services.progress, failure_reason(error)
    if record.result.published.curated is not None and not isinstance(error, PublicationError):
        reason += ". What this run published stands; the next run does what is left"
    manifest = build_manifest(record, services.arguments, progress.stages, reason)
    try:
        uri = write_manifest(services.store, services.arguments.lake_root, manifest)
    except Exception as unwritten:  # in any case, the reason of the failure must be reported
        uri = ""
        progress.log("failed", manifest="none", because=failure_reason(unwritten))
    else:
        progress.log("failed", manifest=uri)
    return send_notifications(services, manifest, uri)


def send_notifications(services: Services, manifest: RunManifest, uri: str) -> bool:
    """Send the metrics and the event of the run; failures are logged and do not fail the run.

    Returns whether the event was put.
    """
    try:
        ended = read_ended_run(services.store, services.arguments, manifest, uri)
    except Exception as error:  # the run has ended, and how it ended is in its manifest
        services.progress.log("notify", skipped=failure_cause(error))
        return False
    problems = {"metrics": put_metrics(services.session, ended), "event": put_run_event(services.session, ended)}
    for what, problem in problems.items():
        if problem:
            services.progress.log(what, skipped=problem)
    return problems["event"] is None

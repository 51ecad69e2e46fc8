"""A run from arguments to manifest. Services are made here; the modules it calls use them."""

import os
import platform
import sys
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import metadata

import boto3
from py4j.protocol import Py4JError
from pyspark.sql import SparkSession

from etl_job import __version__
from etl_job.arguments import JobArguments, parse_arguments, split_deliveries
from etl_job.contract.document import parse_contract
from etl_job.contract.model import Contract
from etl_job.deliveries.delivered import Delivered, find_deliveries
from etl_job.deliveries.published import withdrawn_by
from etl_job.deliveries.raw_table import Drift, drift_of, properties_of_workflow, read_crawled_table
from etl_job.deliveries.selection import Selection, select_deliveries
from etl_job.deliveries.upload_records import complete
from etl_job.errors import ContractError, PublicationError, QuartalJobError
from etl_job.judging.judge import Judge
from etl_job.lake.complete_answers import refuse_half_answers
from etl_job.lake.files import LakeFiles, ObjectStore
from etl_job.manifest.files import read_last_run, write_manifest
from etl_job.manifest.model import (
    NO_ROWS,
    ContractRecord,
    DriftRecord,
    LeftOutFile,
    PublishedDelivery,
    RunManifest,
    SparkMetrics,
)
from etl_job.notify.metrics import put_metrics
from etl_job.notify.progress import Progress
from etl_job.notify.run_event import put_run_event
from etl_job.processing import process_deliveries
from etl_job.publishing.csv_export import export_csv
from etl_job.publishing.publish import Processed, Work
from etl_job.reasons import reason_of
from etl_job.spark.metrics import SparkMeter
from etl_job.spark.session import get_session
from etl_job.spark.sql_rules import SqlRules
from etl_job.staging.parts import Read
from etl_job.tables.dataset import Tables, open_tables
from etl_job.tables.iceberg import in_step, open_catalog
from etl_job.tables.recovery import published_state
from etl_job.tables.referenced_files import check_metadata, check_what_runs_left

_FILES_LOGGED = 20  # on lines of their own
_PACKAGES = ("pyspark", "pyiceberg", "pyarrow", "pydantic", "boto3")


def main(argv: Sequence[str]) -> None:
    """Run the job. On failure the process exits with 1, and its last line on stderr says why."""
    try:
        run(parse_arguments(argv), os.environ, Progress())
    except QuartalJobError as error:
        sys.exit(f"QuartalJobError: {reason_of(error)}")
    except Exception as error:
        traceback.print_exc()
        sys.exit(f"QuartalJobError: {reason_of(error)}")


@dataclass
class _Facts:
    """What is known so far; a manifest is written from it whether or not the run succeeds."""

    started_at: datetime
    contract: Contract | None = None
    meter: SparkMeter | None = None
    processed: Processed = field(default_factory=Processed)
    published: dict[str, PublishedDelivery] = field(default_factory=dict)
    tables: Tables | None = None
    drift: Drift | None = None
    delivered: Delivered = field(default_factory=Delivered)


def run(arguments: JobArguments, environ: Mapping[str, str], progress: Progress) -> RunManifest:
    """Process what is new, publish it, and leave a manifest. Raises after leaving one with status FAILED."""
    session = boto3.Session()
    refuse_half_answers(session.events)
    store = LakeFiles(session.client("s3"))
    facts = _Facts(datetime.now(UTC))
    with ThreadPoolExecutor(1, thread_name_prefix="spark-start") as starter:
        # The JVM needs seconds to start; the catalog and the contract are read meanwhile.
        spark = starter.submit(get_session, environ)
        try:
            _run(arguments, environ, progress, session, store, facts, spark)
        except Exception as error:
            reason = reason_of(error)
            if facts.processed.curated is not None and not isinstance(error, PublicationError):
                reason += ". What this run published stands; the next run does what is left"
            _leave_failed_manifest(store, session, arguments, facts, progress, reason)
            raise
    manifest = _manifest(arguments, facts, progress, reason=None)
    uri = write_manifest(store, arguments.lake_root, manifest)
    _notify(session, manifest, uri, progress)
    progress.say("done", status=manifest.status, seconds=manifest.seconds, manifest=uri)
    return manifest


def _run(
    arguments: JobArguments,
    environ: Mapping[str, str],
    progress: Progress,
    session: boto3.Session,
    store: ObjectStore,
    facts: _Facts,
    spark: "Future[SparkSession]",
) -> None:
    glue = session.client("glue")
    with progress.stage("catalog") as seen:
        contract = facts.contract = read_contract(store, arguments.contract, arguments.dataset)
        Judge.of(contract)  # refuses patterns that cannot be read
        table = read_crawled_table(glue, arguments.database, arguments.dataset)
        delivered = facts.delivered = find_deliveries(store, arguments.lake_root, arguments.dataset, table)
        tables = open_tables(open_catalog(session, glue, environ), arguments.database, arguments.lake_root, contract)
        facts.tables = tables
        check_metadata(store, tables)
        facts.drift = drift_of(table.columns, contract) if table else None
        last = read_last_run(store, arguments.lake_root, arguments.dataset)
        state = published_state(last, tables.curated)
        facts.published = dict(state.published)
        asked = properties_of_workflow(glue, arguments.workflow_name, arguments.workflow_run_id)
        named = arguments.deliveries or split_deliveries(asked.get("delivery", ""))
        withdrawn = arguments.withdrawn or split_deliveries(asked.get("withdraw", ""))
        selection = select_deliveries(delivered.deliveries, named, withdrawn, facts.published, contract.hash)
        selection = complete(
            store,
            arguments.lake_root,
            contract,
            selection.also_withdraw(state.resurrected),
            facts.published,
            is_free=not (named or withdrawn),
        )
        replaced = (*(delivery.name for delivery in selection.deliveries), *selection.withdrawn)
        check_what_runs_left(store, arguments.lake_root, contract, tables, last, replaced, facts.started_at)
        seen.update(
            run_id=arguments.run_id,
            deliveries_known=len(delivered.deliveries),
            deliveries=",".join(delivery.name for delivery in selection.deliveries) or "none",
            withdrawn=",".join(selection.withdrawn) or "none",
            without_files=",".join(selection.without_files) or "none",
            files=sum(len(delivery.files) for delivery in selection.deliveries),
            bytes=sum(delivery.size_bytes for delivery in selection.deliveries),
        )
    facts.delivered = delivered.of_run(selection.deliveries)
    _log_files(facts.delivered, progress)
    if facts.drift:
        progress.say(
            "drift",
            new_columns=",".join(facts.drift.new) or "none",
            missing_columns=",".join(facts.drift.missing) or "none",
            other_order=str(facts.drift.other_order).lower(),
        )
    if state.finding:
        progress.say("recovery", message=state.finding)
    if not selection and in_step(tables.curated, tables.features) and tables.features.tags_hold:
        progress.say("nothing-new", message="every delivery is published as it is")
        _export_again(store, arguments.lake_root, contract.dataset, facts, tables, progress)
        return
    if not tables.features.tags_hold:
        progress.say("recovery", message="tags of quarters that an earlier version of the job set are renewed")
    with progress.stage("session"):
        ready = spark.result()
        facts.meter = SparkMeter(ready)
    work = Work(ready, store, arguments, contract, SqlRules.of(contract), tables, progress)
    if selection and not in_step(tables.curated, tables.features):
        progress.say("recovery", message="the features are not those of the curated table: they come first")
        process_deliveries(work, Selection(()), facts.processed)
    process_deliveries(work, selection, facts.processed)
    for counts in facts.processed.deliveries:
        facts.published[counts.delivery] = PublishedDelivery(
            run_id=arguments.run_id, contract_hash=contract.hash, inputs=counts.inputs
        )
    there = {delivery.name: delivery for delivery in delivered.deliveries}
    for name in selection.withdrawn:
        facts.published[name] = withdrawn_by(arguments.run_id, facts.published[name], there.get(name))


def _log_files(delivered: Delivered, progress: Progress) -> None:
    if delivered.not_catalogued:
        progress.say("not-catalogued", deliveries=",".join(delivered.not_catalogued), message="read by the contract")
    for file in delivered.left_out[:_FILES_LOGGED]:
        progress.say("left-out", file=file.uri, message=file.reason)
    more = len(delivered.left_out) - _FILES_LOGGED
    if more > 0:
        progress.say("left-out", more_files=more, message="the manifest names them all")


def _export_again(
    store: ObjectStore, lake_root: str, dataset: str, facts: _Facts, tables: Tables, progress: Progress
) -> None:
    """Make good what an export that was cut short, or somebody else, did to the CSV files."""
    if tables.features.snapshot_id is None:
        return
    done = export_csv(tables.features, store, lake_root, dataset)
    if done.written or done.removed:
        facts.processed.csv_export = done
        progress.say("export", written=len(done.written), removed=len(done.removed))


def read_contract(store: ObjectStore, source: str, dataset: str) -> Contract:
    """The contract at an S3 URI or a local path. Raises ContractError."""
    try:
        text = store.read(source).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(f"contract {source} cannot be read ({error}): check --contract") from error
    return parse_contract(text, source, dataset)


def _leave_failed_manifest(
    store: ObjectStore, session: boto3.Session, arguments: JobArguments, facts: _Facts, progress: Progress, reason: str
) -> None:
    manifest = _manifest(arguments, facts, progress, reason)
    try:
        uri = write_manifest(store, arguments.lake_root, manifest)
    except Exception as error:  # whatever it is, the reason why the run failed must be heard
        uri = ""
        progress.say("failed", manifest="none", because=reason_of(error))
    else:
        progress.say("failed", manifest=uri)
    _notify(session, manifest, uri, progress)


def _notify(session: boto3.Session, manifest: RunManifest, uri: str, progress: Progress) -> None:
    """Metrics and the event of the run; what cannot be sent is said in the log and fails nothing."""
    for what, problem in (
        ("metrics", put_metrics(session, manifest)),
        ("event", put_run_event(session, manifest, uri)),
    ):
        if problem:
            progress.say(what, skipped=problem)


def _spark_metrics(meter: SparkMeter | None, read_by_workers: Read) -> SparkMetrics | None:
    try:
        return meter.read(read_by_workers.rows, read_by_workers.size_bytes) if meter else None
    except (Py4JError, OSError):  # a run that failed because its JVM died has no metrics, and its reason must stand
        return None


def _manifest(arguments: JobArguments, facts: _Facts, progress: Progress, reason: str | None) -> RunManifest:
    finished_at = datetime.now(UTC)
    contract, done = facts.contract, facts.processed
    return RunManifest(
        run_id=arguments.run_id,
        dataset=arguments.dataset,
        database=arguments.database,
        status="SUCCEEDED" if reason is None else "FAILED",
        reason=reason,
        published_anything=done.curated is not None or done.features is not None,
        started_at=facts.started_at,
        finished_at=finished_at,
        seconds=round((finished_at - facts.started_at).total_seconds(), 2),
        contract=_contract_record(arguments, contract),
        totals=done.totals or NO_ROWS,
        deliveries=done.deliveries,
        stages=progress.stages,
        curated=done.curated,
        features=done.features,
        quarantine=done.quarantine,
        csv_export=done.csv_export,
        spark=_spark_metrics(facts.meter, done.read),
        versions=_versions(),
        published=facts.published,
        drift=DriftRecord(**asdict(facts.drift)) if facts.drift else None,
        not_catalogued=facts.delivered.not_catalogued,
        left_out=tuple(LeftOutFile(**asdict(file)) for file in facts.delivered.left_out),
        curated_snapshot_id=facts.tables.curated.snapshot_id if facts.tables else None,
    )


def _contract_record(arguments: JobArguments, contract: Contract | None) -> ContractRecord | None:
    if contract is None:
        return None
    return ContractRecord(source=arguments.contract, version=contract.version, hash=contract.hash)


def _versions() -> dict[str, str]:
    versions = {"quartal": __version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "unknown"  # Glue's own pyspark is no installed distribution
    return versions

"""The beginning of a run: the contract, the deliveries, the published state, and from these what there is to do."""

from collections.abc import Generator, Iterable, Mapping
from dataclasses import dataclass, replace

import boto3

from etl_job.arguments import JobArguments, split_deliveries
from etl_job.contract.document import parse_contract
from etl_job.contract.model import Contract
from etl_job.deliveries.delivered import Delivered, find_deliveries
from etl_job.deliveries.raw_table import properties_of_workflow, read_crawled_table
from etl_job.deliveries.schema_drift import find_drift
from etl_job.deliveries.selection import Selection, select_deliveries, with_withdrawn_files
from etl_job.deliveries.upload_records import with_incomplete
from etl_job.errors import ContractError
from etl_job.judging.judge import Judge
from etl_job.lake.complete_answers import refuse_half_answers
from etl_job.lake.files import ObjectStore, open_store
from etl_job.manifest.files import read_last_run
from etl_job.notify.progress import Progress
from etl_job.run_record import RunRecord
from etl_job.tables.catalog import open_catalog
from etl_job.tables.counting_basis import refuse_mixed_counts
from etl_job.tables.dataset import Tables, open_tables
from etl_job.tables.recovery import PublishedState, published_state
from etl_job.tables.referenced_files import LeftByRuns, check_metadata, check_what_runs_left


@dataclass(frozen=True, slots=True)
class Services:
    """The services that a run uses, and how it was started."""

    session: boto3.Session
    store: ObjectStore
    environ: Mapping[str, str]
    arguments: JobArguments
    progress: Progress

    @classmethod
    def of(cls, arguments: JobArguments, environ: Mapping[str, str], progress: Progress) -> "Services":
        """The services for the credentials and region that boto3 finds."""
        session = boto3.Session()
        refuse_half_answers(session.events)
        return cls(session, open_store(arguments.lake_root, session), environ, arguments, progress)


@dataclass(frozen=True, slots=True)
class Opening:
    """The state at the beginning of a run, and the selected deliveries."""

    record: RunRecord
    contract: Contract
    tables: Tables
    delivered: Delivered
    state: PublishedState
    selection: Selection

    @property
    def facts(self) -> dict[str, object]:
        """The numbers, names and bytes of the deliveries that a run reads, for the log."""
        deliveries = self.selection.deliveries
        return {
            "deliveries_known": len(self.delivered.deliveries),
            "deliveries": _listed(delivery.name for delivery in deliveries),
            "withdrawn": _listed(self.selection.withdrawn),
            "without_files": _listed(self.selection.without_files),
            "files": sum(len(delivery.files) for delivery in deliveries),
            "bytes": sum(delivery.size_bytes for delivery in deliveries),
        }


def open_run(services: Services, start: RunRecord) -> Generator[RunRecord, None, Opening]:
    """Look everything up, and report what is known after each step. Returns what was found and selected."""
    store, arguments = services.store, services.arguments
    glue, root, dataset = services.session.client("glue"), arguments.lake_root, arguments.dataset
    contract = read_contract(open_store(arguments.contract, services.session), arguments.contract, dataset)
    record = replace(start, contract=contract)
    yield record
    Judge.of(contract)  # refuses patterns that cannot be read
    table = read_crawled_table(glue, arguments.database, dataset)
    delivered = find_deliveries(store, root, dataset, table)
    record = replace(record, delivered=delivered)
    yield record
    tables = open_tables(open_catalog(services.session, glue, services.environ), arguments.database, root, contract)
    record = replace(record, tables=tables)
    yield record
    check_metadata(store, tables)
    last = read_last_run(store, root, dataset)
    state = published_state(last, tables.curated)
    published = with_withdrawn_files(state.published, state.to_withdraw, delivered.deliveries)
    state = replace(state, published=published)
    record = replace(record, drift=find_drift(table.columns, contract) if table else None, published=state.published)
    yield record
    properties = properties_of_workflow(glue, arguments.workflow_name, arguments.workflow_run_id)
    named = arguments.deliveries or split_deliveries(properties.get("delivery", ""))
    withdrawn = arguments.withdrawn or split_deliveries(properties.get("withdraw", ""))
    selection = select_deliveries(
        delivered.deliveries,
        named=named,
        withdrawn=withdrawn,
        published=state.published,
        contract_hash=contract.hash,
    )
    selection = selection.also_withdraw(state.to_withdraw)
    selection = with_incomplete(
        store, root, contract, selection, published=state.published, selects_itself=not (named or withdrawn)
    )
    processed = [delivery.name for delivery in selection.deliveries]
    refuse_mixed_counts(
        tables,
        contract,
        processed=processed,
        withdrawn=selection.withdrawn,
        with_files=selection.known,
        options=arguments.naming_options,
    )
    replaced = (*processed, *selection.withdrawn)
    doubted = selection.without_files if state.is_doubted else ()
    check_what_runs_left(store, contract, LeftByRuns(root, tables, last, replaced, doubted), start.started_at)
    of_run = delivered.of_run(selection.deliveries)
    record = replace(record, delivered=of_run)
    return Opening(
        record=record, contract=contract, tables=tables, delivered=delivered, state=state, selection=selection
    )


def _listed(names: Iterable[str]) -> str:
    return ",".join(names) or "none"


def read_contract(store: ObjectStore, source: str, dataset: str) -> Contract:
    """The contract at an S3 URI or a local path.

    Raises:
        ContractError: it cannot be read, or is not a contract.
    """
    try:
        text = store.read(source).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(f"contract {source} cannot be read ({error}): check --contract") from error
    return parse_contract(text, source, dataset)

"""Raw files become staged rows: headers first, then each row read, judged and written."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pyspark.sql import SparkSession

from etl_job.context import RunContext
from etl_job.contract.model import Contract
from etl_job.deliveries.raw_table import Delivery
from etl_job.errors import InputError
from etl_job.findings.wording import some
from etl_job.lake.files import ObjectStore
from etl_job.lake.paths import parquet_files
from etl_job.reading.batches import Source
from etl_job.reading.headers import read_headers
from etl_job.spark.sql_rules import SqlRules
from etl_job.staging.parts import PartStager, Staged
from etl_job.staging.store import StagingFolder, part_number, valid_files

_MOST_NAMED = 20  # files, in a message
_LISTS = 16  # requests at a time


@dataclass(frozen=True, slots=True)
class StagedRows:
    """The staged rows of some deliveries, which are in order of their names.

    ``file_order`` has the raw files by the number that their rows carry, ``valid_files`` the staged ones of valid rows.
    """

    deliveries: tuple[Delivery, ...]
    folder: StagingFolder
    file_order: tuple[str, ...]
    valid_files: tuple[str, ...]
    done: Staged

    @property
    def names(self) -> tuple[str, ...]:
        """The deliveries' names."""
        return tuple(delivery.name for delivery in self.deliveries)


def stage_rows(context: RunContext, deliveries: tuple[Delivery, ...], folder: StagingFolder) -> StagedRows:
    """Read and judge all rows of the deliveries and write them to the folder. Runs Spark jobs.

    Raises:
        InputError: files lack a required column, are damaged or of another kind, or were replaced in the meantime; it
            names all of them.
    """
    sources = list_sources(context.store, context.contract, deliveries)
    staged = _staged(context, sources, folder)
    _refuse_replaced(context.store, deliveries)
    if staged.damaged:
        failed = [f"{uri} {reason}" for uri, reason in sorted(staged.damaged.items())]
        raise InputError(f"{some(failed, _MOST_NAMED)}. Nothing was published")
    return StagedRows(
        deliveries,
        folder,
        file_order=tuple(source.uri for source in sources),
        valid_files=valid_files(context.store, folder.uri),
        done=staged,
    )


def _staged(context: RunContext, sources: Sequence[Source], folder: StagingFolder) -> Staged:
    stager = PartStager(context.store, context.contract, sources, folder, context.sql.columns)
    read = stager.stage_all(context.spark)
    return read if not context.sql.columns or read.damaged else read + judge_waiting(context.spark, stager, context.sql)


def _refuse_replaced(store: ObjectStore, deliveries: Sequence[Delivery]) -> None:
    """A file is read in parts: if it was replaced in the meantime, its parts may be of different contents.

    Raises:
        InputError: files are no longer the selected ones; it names them.
    """
    read = [file for delivery in deliveries for file in delivery.files_with_rows]
    folders = sorted({file.uri.rpartition("/")[0] for file in read})
    with ThreadPoolExecutor(_LISTS) as lists:
        listed = lists.map(lambda folder: store.list_files(f"{folder}/"), folders)
        now = {file.uri: (file.size_bytes, file.etag) for files in listed for file in files}
    was = {file.uri: (file.size_bytes, file.etag) for file in read}
    replaced = [uri for uri in was if now.get(uri, was[uri]) != was[uri]]
    if replaced:
        raise InputError(
            f"{some(replaced, _MOST_NAMED)}: replaced while the run read the files, so parts of both "
            "versions may have been read. Nothing was published: run again"
        )


def judge_waiting(spark: SparkSession, stager: PartStager, sql: SqlRules) -> Staged:
    """Judge the rows that wait for SQL rules with Spark, and stage them. Runs Spark jobs."""
    folder = stager.folder
    waiting = parquet_files(stager.store, folder.waiting)
    if not waiting:
        return Staged()
    sql.judge(spark, waiting, folder.judged_by_sql)
    return stager.stage_waiting(spark, sorted(set(map(part_number, waiting))))


def list_sources(store: ObjectStore, contract: Contract, deliveries: Sequence[Delivery]) -> tuple[Source, ...]:
    """The files that have rows, in file order. Raises InputError for the first that lacks a required column."""
    files = [(delivery.name, file) for delivery in deliveries for file in delivery.files_with_rows]
    headers = read_headers(store, contract, [file.uri for _, file in files])
    found = []
    for number, (name, file) in enumerate(files):
        # A day begins earlier elsewhere: the last one of an event is that after the upload.
        latest = datetime.fromtimestamp(file.modified, UTC).date() + timedelta(days=1)
        header = headers[file.uri]
        found.append(Source(file.uri, number, name, file.size_bytes, header=header, latest_day=latest))
    return tuple(found)

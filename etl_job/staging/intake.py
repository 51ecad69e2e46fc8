"""Raw files become staged rows: headers first, then each row read, judged and written, and what keys repeat."""

from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from pyspark.sql import SparkSession

from etl_job.contract.model import Contract
from etl_job.deliveries.raw_table import Delivery
from etl_job.duplicates.repeated_keys import RepeatedKeys, find_repeated_keys
from etl_job.duplicates.shared_keys import RegisterFile, may_share_keys
from etl_job.errors import InputError
from etl_job.lake.files import ObjectStore, StoredFile
from etl_job.reading.batches import Source
from etl_job.reading.gzip_members import DAMAGED
from etl_job.reading.headers import read_headers
from etl_job.spark.sql_rules import SqlRules
from etl_job.spark.workload import SizeEstimate
from etl_job.staging.folders import StagingFolder
from etl_job.staging.parts import PartStager, Read, Staged
from etl_job.staging.rows import Tally
from etl_job.staging.store import valid_files

_MOST_NAMED = 20  # damaged files, in a message


@dataclass(frozen=True, slots=True)
class Staging:
    """What is to be staged, and how: files by a contract, into a folder.

    ``keys_before`` and ``other_keys`` are the registers of the same deliveries, as they were published, and of others.
    """

    spark: SparkSession
    store: ObjectStore
    contract: Contract
    sql: SqlRules
    sources: Sequence[Source]
    folder: StagingFolder
    keys_before: Sequence[RegisterFile] = ()
    other_keys: Sequence[RegisterFile] = ()


@dataclass(frozen=True, slots=True)
class Intake:
    """What is known of the staged rows of a run.

    ``read`` counts them as they were read, ``tally`` as they were judged. ``estimate`` is that of the counts of valid
    rows and of those that share a key; ``shares_keys`` says whether a key may be another delivery's.
    """

    repeated: RepeatedKeys = field(default_factory=RepeatedKeys)
    read: Read = field(default_factory=Read)
    tally: Tally = field(default_factory=Counter)
    estimate: SizeEstimate = field(default_factory=SizeEstimate)
    shares_keys: bool = False


def sources_of(store: ObjectStore, contract: Contract, deliveries: Sequence[Delivery]) -> tuple[Source, ...]:
    """The files that have rows, in file order. Raises InputError for the first that lacks a required column."""
    files = [(delivery.name, file) for delivery in deliveries for file in delivery.files_with_rows]
    headers = read_headers(store, contract, [file.uri for _, file in files])
    return tuple(
        Source(file.uri, number, name, file.size_bytes, headers[file.uri], latest_event_day(file))
        for number, (name, file) in enumerate(files)
    )


def latest_event_day(file: StoredFile) -> date:
    """The last day that an event of a file can have: the one after its upload, since a day begins earlier elsewhere."""
    return datetime.fromtimestamp(file.modified, UTC).date() + timedelta(days=1)


def take_in(staging: Staging) -> Intake:
    """Judge all rows of the files, write them to the folder, and find keys that repeat.

    Raises InputError where files are damaged, and names all of them.
    """
    staged = _staged(staging)
    if staged.damaged:
        reasons: Mapping[str, str] = {damage.uri: damage.reason for damage in staged.damaged}
        named = "; ".join(
            f"{uri} cannot be {'unpacked' if uri.endswith('.gz') else 'read'}: {DAMAGED} ({reason})"
            for uri, reason in sorted(reasons.items())[:_MOST_NAMED]
        )
        more = f"; and {len(reasons) - _MOST_NAMED} more files" if len(reasons) > _MOST_NAMED else ""
        raise InputError(f"{named}{more}. Nothing was published")
    valid = valid_files(staging.store, staging.folder.uri)
    with ThreadPoolExecutor(1, thread_name_prefix="beside") as beside:
        asked = beside.submit(_shares_keys, staging, valid)
        repeated = _repeated_keys(staging, valid)
        shares = asked.result()
    estimate = staged.counts + SizeEstimate(lines=repeated.rows)
    return Intake(repeated, staged.read, staged.tally, estimate, shares)


def _staged(staging: Staging) -> Staged:
    stager = PartStager(staging.store, staging.contract, staging.sources, staging.folder, staging.sql.columns)
    read = stager.stage_all(staging.spark)
    if not staging.sql.columns or read.damaged:
        return read
    parts = staging.sql.judge(staging.spark, staging.store, staging.folder)
    return read + (stager.stage_waiting(staging.spark, parts) if parts else Staged())


def _shares_keys(staging: Staging, files: Sequence[str]) -> bool:
    """Whether keys of staged files, or of their deliveries as published, may be other deliveries' too. Runs a job."""
    if not staging.contract.key:
        return False
    names = frozenset(source.delivery for source in staging.sources)
    own = [*(RegisterFile(uri, names) for uri in files), *staging.keys_before]
    return may_share_keys(staging.spark, staging.store, own, staging.other_keys)


def _repeated_keys(staging: Staging, files: Sequence[str]) -> RepeatedKeys:
    if not staging.contract.key:
        return RepeatedKeys()
    partitions = int(staging.spark.conf.get("spark.sql.shuffle.partitions") or 1)
    return find_repeated_keys(staging.spark, staging.store, files, staging.folder.repeated, partitions)

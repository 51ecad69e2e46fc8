"""Raw files become staged rows: headers first, then each row judged and written, with what keys repeat among them."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from etl_job.accounting import DeliveryOutcome, classify_rows, latest_event_day
from etl_job.catalog import Delivery
from etl_job.checks import count_input
from etl_job.contract import ENCODING, Contract, FileFormat
from etl_job.extent import DRIVER_BYTES, Extent
from etl_job.object_store import ObjectStore
from etl_job.parquet_rows import parquet_header
from etl_job.plain_outcomes import PlainOutcomes, settle_plain_rows
from etl_job.plain_rows import Source, can_judge
from etl_job.plain_staging import Places, Read, stage_plain_rows
from etl_job.raw_files import Header
from etl_job.reading import HEAD_BYTES, number_files, parse_header, parse_lines, read_rows
from etl_job.repeated_keys import RepeatedKeys, find_repeated_keys
from etl_job.rules import Rule, is_broken
from etl_job.schemas import BLOCK, DECODABLE, FILE, LINE, ROW, curated_columns
from etl_job.shared_keys import RegisterFile, may_share_keys
from etl_job.staging import (
    counts_part,
    drop,
    plain_part,
    quoted_part,
    read_quoted,
    repeated_part,
    valid_files,
    write_staged,
)

_READERS = 16  # requests at a time; each takes a round trip and hardly any work


@dataclass(frozen=True, slots=True)
class Intake:
    """What is known of the staged rows of a run: keys that repeat, and how many rows were read.

    ``read`` counts what was read beside Spark's own readers, ``rows`` and ``observation`` what they read. ``extent`` is
    that of the valid rows with those others that are counted one by one, and ``shares_keys`` whether a key may be
    another delivery's; None where that is unknown. ``outcomes`` are those of the valid rows, if they could be told.
    """

    repeated: RepeatedKeys = field(default_factory=RepeatedKeys)
    read: Read = field(default_factory=Read)
    rows: DataFrame | None = None
    observation: Observation | None = None
    extent: Extent | None = None
    shares_keys: bool | None = None
    outcomes: PlainOutcomes | None = None

    def count_rows(self, counted: Sequence[DeliveryOutcome]) -> int:
        """How many rows were read; may run a Spark job."""
        if self.rows is None or self.observation is None:
            return self.read.rows
        return count_input(self.rows, self.observation, counted)


@dataclass(frozen=True, slots=True)
class Staging:
    """What is to be staged, and how: the files that ``headers`` names, in file order, by a contract, into a folder.

    ``keys_before`` and ``other_keys`` are the registers of the same deliveries, as they were published, and of others.
    """

    spark: SparkSession
    store: ObjectStore
    contract: Contract
    rules: Sequence[Rule]
    headers: Mapping[str, Header]
    deliveries: Sequence[Delivery]
    folder: str
    keys_before: Sequence[RegisterFile] = ()
    other_keys: Sequence[RegisterFile] = ()

    @property
    def begins_with_quotes(self) -> bool:
        """Whether some file's beginning holds quotes, so that all lines are to be parsed.

        A parser for quotes costs each row something, those without quotes too. Where no file begins with any, lines
        are split, and those that hold quotes nevertheless are set aside and parsed after them.
        """
        return any(header.quotes for header in self.headers.values())


def read_headers(store: ObjectStore, contract: Contract, deliveries: Sequence[Delivery]) -> dict[str, Header]:
    """The header of every file, in file order. Raises InputError for the first that lacks a required column.

    Files without one have the contract's columns, in its order: what a crawler makes of them decides nothing.
    """
    uris = [file.uri for delivery in deliveries for file in delivery.files_with_rows]
    if contract.files.format is FileFormat.JSON_LINES:
        return dict.fromkeys(uris, Header("", tuple(column.name for column in contract.columns), quotes=True))
    if contract.files.format is FileFormat.CSV and not contract.csv.header:
        return dict.fromkeys(uris, Header("", tuple(column.name for column in contract.columns)))
    with ThreadPoolExecutor(_READERS) as readers:
        if contract.files.format is FileFormat.PARQUET:
            found = readers.map(lambda uri: parquet_header(store, uri, contract), uris)
        else:
            found = readers.map(lambda uri: parse_header(store.read(uri, HEAD_BYTES), uri, contract), uris)
        return dict(zip(uris, found, strict=True))


def take_in(staging: Staging) -> Intake:
    """Judge all rows of the files, write them to the folder, and find keys that repeat."""
    is_plain = can_judge(staging.contract) and not staging.begins_with_quotes
    return stage_plain(staging) if is_plain else stage_by_spark(staging)


def stage_by_spark(staging: Staging) -> Intake:
    """Have Spark read all rows and judge them."""
    observation, aside = Observation("input"), not staging.begins_with_quotes
    rows = read_rows(staging.spark, staging.headers, staging.contract, parse_quoted=not aside)
    counted = rows.observe(observation, F.count(F.lit(1)).alias("rows"))
    numbered = number_files(counted, list(staging.headers))
    judged = classify_rows(numbered, staging.contract, staging.rules, staging.deliveries, set_quoted_aside=aside)
    write_staged(judged, staging.folder)
    if aside:
        _stage_quoted_rows(staging)
    repeated = _repeated_keys(staging, valid_files(staging.store, staging.folder))
    return Intake(repeated, Read(), rows, observation)


def stage_plain(staging: Staging) -> Intake:
    """Judge plain rows as they are read, and have Spark judge the other ones after them."""
    files = [(delivery.name, file) for delivery in staging.deliveries for file in delivery.files_with_rows]
    sources = [
        Source(number, name, staging.headers[file.uri].line, staging.headers[file.uri].columns, latest_event_day(file))
        for number, (name, file) in enumerate(files)
    ]
    sizes = {file.uri: file.size_bytes for _, file in files}
    folder = staging.folder
    places = Places(plain_part(folder), quoted_part(folder), counts_part(folder))
    staged = stage_plain_rows(staging.spark, staging.store, sizes, sources, staging.contract, places)
    plain = valid_files(staging.store, folder)
    with ThreadPoolExecutor(2, thread_name_prefix="beside") as beside:
        # Most lines that were set aside are bad, and Spark takes longer to plan their judgement than to judge them.
        judged = beside.submit(_stage_quoted_rows, staging)
        asked = beside.submit(shares_keys, staging, plain)
        repeated = _repeated_keys(staging, plain)
        extent = staged.counts + Extent(lines=staged.aside.rows + repeated.rows)
        is_small = extent.fits_one_task(len(curated_columns(staging.contract.features)))
        outcomes = None
        if plain and is_small and staged.aside.size_bytes <= DRIVER_BYTES and not asked.result():
            outcomes = settle_plain_rows(
                staging.spark, staging.store, staging.contract, staging.rules, folder, plain, repeated
            )
        judged.result()
    valid = valid_files(staging.store, folder)
    if valid == plain:
        return Intake(repeated, staged.read, extent=extent, shares_keys=asked.result(), outcomes=outcomes)
    if outcomes is not None:
        outcomes.unpersist()
    return Intake(_repeated_keys(staging, valid), staged.read)


def shares_keys(staging: Staging, files: Sequence[str]) -> bool:
    """Whether keys of staged files, or of their deliveries as published, may be other deliveries' too. Runs a job."""
    names = frozenset(delivery.name for delivery in staging.deliveries)
    own = [*(RegisterFile(uri, names) for uri in files), *staging.keys_before]
    return may_share_keys(staging.spark, staging.store, own, staging.other_keys)


def _repeated_keys(staging: Staging, files: Sequence[str]) -> RepeatedKeys:
    if not staging.contract.key:
        return RepeatedKeys()
    partitions = int(staging.spark.conf.get("spark.sql.shuffle.partitions") or 1)
    folder = f"{repeated_part(staging.folder)}/of-{len(files)}-files"
    return find_repeated_keys(staging.spark, staging.store, files, folder, partitions)


def _stage_quoted_rows(staging: Staging) -> None:
    """Parse and judge the rows that were set aside, if any, and write them to the same folder."""
    contract, folder = staging.contract, staging.folder
    quoted = read_quoted(staging.spark, staging.store, folder, contract.features)
    if quoted is None:
        return
    encoding = next(bit for bit, rule in enumerate(staging.rules) if rule.name == ENCODING)
    lines = quoted.select(LINE, FILE, BLOCK, ROW, (~is_broken(encoding)).alias(DECODABLE))
    parsed = parse_lines(lines, staging.headers, list(staging.headers), contract)
    write_staged(classify_rows(parsed, contract, staging.rules, staging.deliveries), folder)
    drop(staging.spark, quoted_part(folder))

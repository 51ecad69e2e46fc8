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
from etl_job.object_store import ObjectStore
from etl_job.parquet_rows import parquet_header
from etl_job.plain_rows import Source, can_judge
from etl_job.plain_staging import Places, Read, stage_plain_rows
from etl_job.raw_files import Header
from etl_job.reading import HEAD_BYTES, number_files, parse_header, parse_lines, read_rows
from etl_job.repeated_keys import RepeatedKeys, find_repeated_keys
from etl_job.rules import Rule, is_broken
from etl_job.schemas import BLOCK, DECODABLE, FILE, LINE, ROW
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

    ``read`` counts what was read beside Spark's own readers, ``rows`` and ``observation`` what they read.
    """

    repeated: RepeatedKeys = field(default_factory=RepeatedKeys)
    read: Read = field(default_factory=Read)
    rows: DataFrame | None = None
    observation: Observation | None = None

    def count_rows(self, counted: Sequence[DeliveryOutcome]) -> int:
        """How many rows were read; may run a Spark job."""
        if self.rows is None or self.observation is None:
            return self.read.rows
        return count_input(self.rows, self.observation, counted)


def take_in(
    spark: SparkSession,
    store: ObjectStore,
    contract: Contract,
    rules: Sequence[Rule],
    headers: Mapping[str, Header],
    deliveries: Sequence[Delivery],
    folder: str,
) -> Intake:
    """Judge all rows of the files that ``headers`` names, write them to the folder, and find keys that repeat."""
    if can_judge(contract) and not begin_with_quotes(headers):
        return stage_plain(spark, store, contract, rules, headers, deliveries, folder)
    observation = Observation("input")
    rows = read_rows(spark, headers, contract, begin_with_quotes(headers))
    stage_rows(store, rows, observation, contract, rules, headers, deliveries, folder)
    return Intake(_repeated_keys(spark, valid_files(store, folder), folder, contract), Read(), rows, observation)


def read_headers(
    store: ObjectStore, contract: Contract, catalog_columns: Sequence[str], deliveries: Sequence[Delivery]
) -> dict[str, Header]:
    """The header of every file, in file order. Raises InputError for the first that lacks a required column."""
    uris = [file.uri for delivery in deliveries for file in delivery.files_with_rows]
    if contract.files.format is FileFormat.JSON_LINES:
        return dict.fromkeys(uris, Header("", tuple(column.name for column in contract.columns), quotes=True))
    if contract.files.format is FileFormat.CSV and not contract.csv.header:
        spelled = {column.name.lower(): column.name for column in contract.columns}  # the catalog has lower case only
        return dict.fromkeys(uris, Header("", tuple(spelled.get(name, name) for name in catalog_columns)))
    with ThreadPoolExecutor(_READERS) as readers:
        if contract.files.format is FileFormat.PARQUET:
            found = readers.map(lambda uri: parquet_header(store, uri, contract), uris)
        else:
            found = readers.map(lambda uri: parse_header(store.read(uri, HEAD_BYTES), uri, contract), uris)
        return dict(zip(uris, found, strict=True))


def begin_with_quotes(headers: Mapping[str, Header]) -> bool:
    """Whether some file's beginning holds quotes, so that all lines are to be parsed.

    A parser for quotes costs each row something, those without quotes too. Where no file begins with any, lines are
    split, and those that hold quotes nevertheless are set aside and parsed after them.
    """
    return any(header.quotes for header in headers.values())


def stage_rows(
    store: ObjectStore,
    rows: DataFrame,
    observation: Observation,
    contract: Contract,
    rules: Sequence[Rule],
    headers: Mapping[str, Header],
    deliveries: Sequence[Delivery],
    folder: str,
) -> None:
    """Judge the rows and write them to the folder; the observation has counted them then."""
    numbered = number_files(rows.observe(observation, F.count(F.lit(1)).alias("rows")), list(headers))
    aside = not begin_with_quotes(headers)
    write_staged(classify_rows(numbered, contract, rules, deliveries, set_quoted_aside=aside), folder)
    if aside:
        _stage_quoted_rows(rows.sparkSession, store, contract, rules, headers, deliveries, folder)


def stage_plain(
    spark: SparkSession,
    store: ObjectStore,
    contract: Contract,
    rules: Sequence[Rule],
    headers: Mapping[str, Header],
    deliveries: Sequence[Delivery],
    folder: str,
) -> Intake:
    """Judge plain rows as they are read, and the other rows after them."""
    files = [(delivery.name, file) for delivery in deliveries for file in delivery.files_with_rows]
    sources = [
        Source(number, name, headers[file.uri].line, headers[file.uri].columns, latest_event_day(file))
        for number, (name, file) in enumerate(files)
    ]
    sizes = {file.uri: file.size_bytes for _, file in files}
    places = Places(plain_part(folder), quoted_part(folder), counts_part(folder))
    read = stage_plain_rows(spark, sizes, sources, contract, places)
    plain = valid_files(store, folder)
    with ThreadPoolExecutor(1, thread_name_prefix="keys") as finder:
        # Most lines that were set aside are bad, and Spark takes longer to plan their judgement than to judge them.
        found = finder.submit(_repeated_keys, spark, plain, folder, contract)
        _stage_quoted_rows(spark, store, contract, rules, headers, deliveries, folder)
        repeated = found.result()
    valid = valid_files(store, folder)
    return Intake(repeated if valid == plain else _repeated_keys(spark, valid, folder, contract), read)


def _repeated_keys(spark: SparkSession, files: Sequence[str], folder: str, contract: Contract) -> RepeatedKeys:
    if not contract.key:
        return RepeatedKeys()
    partitions = int(spark.conf.get("spark.sql.shuffle.partitions") or 1)
    return find_repeated_keys(spark, files, f"{repeated_part(folder)}/of-{len(files)}-files", partitions)


def _stage_quoted_rows(
    spark: SparkSession,
    store: ObjectStore,
    contract: Contract,
    rules: Sequence[Rule],
    headers: Mapping[str, Header],
    deliveries: Sequence[Delivery],
    folder: str,
) -> None:
    """Parse and judge the rows that were set aside, if any, and write them to the same folder."""
    quoted = read_quoted(spark, store, folder, contract.features)
    if quoted is None:
        return
    encoding = next(bit for bit, rule in enumerate(rules) if rule.name == ENCODING)
    lines = quoted.select(LINE, FILE, BLOCK, ROW, (~is_broken(encoding)).alias(DECODABLE))
    write_staged(
        classify_rows(parse_lines(lines, headers, list(headers), contract), contract, rules, deliveries), folder
    )
    drop(spark, quoted_part(folder))

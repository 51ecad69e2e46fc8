"""Every row of a run, read, judged and settled, with those of other deliveries for which it changes something."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from etl_job.accounting import DeliveryOutcome, classify_rows, count_outcomes, delivery_outcomes
from etl_job.catalog import Delivery
from etl_job.choosing import Chosen
from etl_job.contract import ENCODING, Contract, FileFormat
from etl_job.errors import InputError
from etl_job.manifest import DeliveryCounts, inputs_of
from etl_job.object_store import ObjectStore
from etl_job.parquet_rows import parquet_header
from etl_job.raw_files import Header
from etl_job.reading import (
    HEAD_BYTES,
    first_damaged,
    is_unpacking_error,
    number_files,
    parse_header,
    parse_lines,
    read_rows,
)
from etl_job.rules import Rule, is_broken
from etl_job.schemas import BLOCK, DECODABLE, FILE, LINE, ROW
from etl_job.session import suit_to_input
from etl_job.staging import (
    Registers,
    drop,
    meet_others,
    new_staging_folder,
    quoted_part,
    read_quoted,
    read_registers,
    read_staged,
    suspects_of,
    write_staged,
)
from etl_job.tables import Tables

_READERS = 16  # requests at a time; each takes a round trip and hardly any work


@dataclass(frozen=True, slots=True)
class Account:
    """Every row of a run, settled and counted. ``folder`` holds the staged rows, ``deliveries`` are in name order."""

    deliveries: tuple[Delivery, ...]
    file_order: tuple[str, ...]
    folder: str
    rows: DataFrame
    observation: Observation
    staged: DataFrame
    suspects: DataFrame | None
    outcomes: DataFrame
    counted: tuple[DeliveryOutcome, ...]
    registers: Registers


def account_for(
    spark: SparkSession,
    store: ObjectStore,
    contract: Contract,
    rules: Sequence[Rule],
    catalog_columns: Sequence[str],
    chosen: Chosen,
    tables: Tables,
    run_id: str,
) -> Account:
    """Read and settle the chosen deliveries, and those others for which they change what becomes of a row."""
    spec, deliveries = contract.features, tuple(sorted(chosen.deliveries, key=lambda delivery: delivery.name))
    registers = tables.registers if contract.key else Registers({})
    while True:
        names_in = [delivery.name for delivery in deliveries]
        headers = read_headers(store, contract, catalog_columns, deliveries)
        others_published = bool(registers.without(names_in).folders)
        suit_to_input(spark, sum(delivery.size_bytes for delivery in deliveries), has_history=others_published)
        folder = new_staging_folder(tables.curated.location, run_id)
        observation = Observation("input")
        rows = read_rows(spark, headers, contract, begin_with_quotes(headers))
        if headers:
            try:
                stage_rows(store, rows, observation, contract, rules, headers, deliveries, folder)
            except Exception as error:
                drop(spark, folder)
                damaged = first_damaged(store, headers) if is_unpacking_error(str(error)) else None
                if damaged is not None:
                    raise InputError(
                        f"{damaged} cannot be unpacked: it is damaged, or its end is missing. Deliver it again; "
                        "nothing was published"
                    ) from error
                raise
        staged = read_staged(spark, store, folder, spec)
        replaced = [*names_in, *chosen.gone]
        before = read_registers(spark, store, registers.of(replaced))
        others = read_registers(spark, store, registers.without(replaced))
        met = meet_others(staged, before, others, contract.conflicts)
        if not met.changed:
            break
        drop(spark, folder)
        deliveries = tuple(sorted((*deliveries, *chosen.find(met.changed)), key=lambda delivery: delivery.name))
    suspects = suspects_of(staged, contract, rules, met)
    outcomes = count_outcomes(staged, suspects, contract).persist()
    counted = delivery_outcomes(outcomes, rules, names_in, contract.warning_names)
    kept = Registers({**registers.without(replaced).folders, **dict.fromkeys(names_in, folder)})
    return Account(deliveries, tuple(headers), folder, rows, observation, staged, suspects, outcomes, counted, kept)


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


def delivery_counts(deliveries: Sequence[Delivery], counted: Sequence[DeliveryOutcome]) -> tuple[DeliveryCounts, ...]:
    """The outcomes as the manifest records them, with the files they come from."""
    return tuple(
        DeliveryCounts(
            delivery=outcome.delivery,
            inputs=inputs_of(delivery),
            rows_in=outcome.rows,
            kept=outcome.kept,
            quarantined=outcome.quarantined,
            duplicates=outcome.duplicates,
            conflicts=outcome.conflicts,
            violations=outcome.violations,
            warned=outcome.warned,
            warnings=outcome.warnings,
            first_day=outcome.first_day.isoformat() if outcome.first_day else None,
            last_day=outcome.last_day.isoformat() if outcome.last_day else None,
        )
        for delivery, outcome in zip(deliveries, counted, strict=True)
    )

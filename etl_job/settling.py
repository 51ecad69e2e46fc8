"""Every row of a run, read, judged and settled, with those of other deliveries for which it changes something."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark.sql import DataFrame, SparkSession

from etl_job.accounting import DeliveryOutcome, count_outcomes, delivery_outcomes
from etl_job.catalog import Delivery
from etl_job.choosing import Chosen
from etl_job.contract import Contract
from etl_job.errors import InputError
from etl_job.extent import Extent
from etl_job.few_outcomes import outcomes_of_deliveries, with_broken_rows
from etl_job.intake import Intake, Staging, read_headers, shares_keys, take_in
from etl_job.manifest import DeliveryCounts, inputs_of
from etl_job.object_store import ObjectStore
from etl_job.plain_staging import Read
from etl_job.reading import is_unpacking_error, unread_files
from etl_job.rules import Rule
from etl_job.session import suit_to_input
from etl_job.staging import (
    Meeting,
    Registers,
    broken_files,
    drop,
    meet_others,
    new_staging_folder,
    read_counts,
    read_registers,
    read_staged,
    register_files,
    suspects_of,
    valid_files,
)
from etl_job.tables import Tables

_NAMED = 3  # files that a message names


@dataclass(frozen=True, slots=True)
class Account:
    """Every row of a run, settled and counted. ``folder`` holds the staged rows, ``deliveries`` are in name order.

    ``read`` and ``extent`` are those of the intake. ``lines`` are the outcomes in the driver's memory, where they are
    few: then ``outcomes`` lack broken rows, and are persisted only if the contract has measures.
    """

    deliveries: tuple[Delivery, ...]
    file_order: tuple[str, ...]
    folder: str
    staged: DataFrame
    suspects: DataFrame | None
    outcomes: DataFrame
    lines: pa.Table | None
    counted: tuple[DeliveryOutcome, ...]
    rows_in: int
    read: Read
    registers: Registers
    extent: Extent | None


def account_for(
    spark: SparkSession,
    store: ObjectStore,
    contract: Contract,
    rules: Sequence[Rule],
    chosen: Chosen,
    tables: Tables,
    run_id: str,
) -> Account:
    """Read and settle the chosen deliveries, and those others for which they change what becomes of a row."""
    spec, deliveries = contract.features, tuple(sorted(chosen.deliveries, key=lambda delivery: delivery.name))
    registers = tables.registers if contract.key else Registers({})
    while True:
        names_in = [delivery.name for delivery in deliveries]
        headers = read_headers(store, contract, deliveries)
        size = sum(delivery.size_bytes for delivery in deliveries)
        suit_to_input(spark, size)
        folder = new_staging_folder(tables.curated.location, run_id)
        replaced = [*names_in, *chosen.gone]
        before, others = registers.of(replaced), registers.without(replaced)
        keys_before, other_keys = (register_files(store, side) for side in (before, others))
        staging = Staging(spark, store, contract, rules, headers, deliveries, folder, keys_before, other_keys)
        intake = Intake(extent=Extent())
        if headers:
            try:
                intake = take_in(staging)
            except Exception as error:
                with suppress(Py4JError, OSError):  # why it failed must be heard
                    drop(spark, folder)
                unread = unread_files(store, headers) if is_unpacking_error(str(error)) else {}
                if unread:
                    told = "; ".join(f"{uri} cannot be unpacked: {unread[uri]}" for uri in list(unread)[:_NAMED])
                    more = f"; and {len(unread) - _NAMED} more" if len(unread) > _NAMED else ""
                    raise InputError(f"{told}{more}. Nothing was published") from error
                raise
        staged = read_staged(spark, store, folder, spec)
        met, shares = Meeting(), intake.shares_keys
        if shares is None:
            shares = shares_keys(staging, valid_files(store, folder))
        if shares:
            suit_to_input(spark, size, meets_history=True)
            own_before, of_others = (read_registers(spark, store, side) for side in (before, others))
            met = meet_others(staged, own_before, of_others, contract.conflicts)
        if not met.changed:
            break
        drop(spark, folder)
        deliveries = tuple(sorted((*deliveries, *chosen.find(met.changed)), key=lambda delivery: delivery.name))
    lines: pa.Table | None = None
    if intake.outcomes is not None:
        suspects, outcomes = intake.outcomes.suspects, intake.outcomes.outcomes
        lines = with_broken_rows(intake.outcomes.lines, store, broken_files(store, folder))
        counted = outcomes_of_deliveries(lines, rules, names_in)
    else:
        suspects = suspects_of(staged, intake.repeated, contract, rules, met)
        outcomes = count_outcomes(staged, suspects, contract, read_counts(spark, store, folder, spec)).persist()
        counted = delivery_outcomes(outcomes, rules, names_in, contract.warning_names)
    files = len(valid_files(store, folder)) if contract.key else 0
    kept = registers.without(replaced).and_those_in(folder, names_in, files)
    return Account(
        deliveries,
        tuple(headers),
        folder,
        staged,
        suspects,
        outcomes,
        lines,
        counted,
        intake.count_rows(counted),
        intake.read,
        kept,
        intake.extent,
    )


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

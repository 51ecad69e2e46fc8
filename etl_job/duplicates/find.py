"""Keys of staged rows that occur more than once, in the run and in other deliveries, and the class of their rows."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from pyspark.sql import DataFrame

from etl_job.context import RunContext
from etl_job.duplicates.kept_rows import duplicate_candidates
from etl_job.duplicates.keys_across_deliveries import KeyOverlap, find_overlap, read_registers
from etl_job.duplicates.keys_within_run import RepeatedKeys, find_repeated_keys
from etl_job.duplicates.shared_hashes import RegisterFile, may_share_keys
from etl_job.lake.files import ObjectStore
from etl_job.spark.session import tune_shuffle
from etl_job.staging.intake import StagedRows
from etl_job.staging.store import read_staged, valid_files
from etl_job.tables.key_registers import Registers


@dataclass(frozen=True, slots=True)
class SharedKeys:
    """Keys that rows of a run share: with each other (``repeated``), and with other deliveries (``overlap``)."""

    repeated: RepeatedKeys = field(default_factory=RepeatedKeys)
    overlap: KeyOverlap = field(default_factory=KeyOverlap)


def compare_keys(context: RunContext, staged: StagedRows, withdrawn: tuple[str, ...]) -> SharedKeys:
    """Compare the keys of staged rows, and their deliveries' earlier keys, with each other and with all others'.

    Earlier keys include those of deliveries that the run withdraws. Runs Spark jobs.
    """
    if not context.contract.key:
        return SharedKeys()
    replaced = (*staged.names, *withdrawn)
    before, others = context.tables.registers.of(replaced), context.tables.registers.without(replaced)
    own = (RegisterFile(uri, frozenset(staged.names)) for uri in staged.valid_files)
    keys_before, other_keys = (_register_files(context.store, side) for side in (before, others))
    partitions = int(context.spark.conf.get("spark.sql.shuffle.partitions") or 1)
    with ThreadPoolExecutor(1, thread_name_prefix="beside") as beside:
        pending = beside.submit(may_share_keys, context.spark, context.store, (*own, *keys_before), other_keys)
        repeated = find_repeated_keys(
            context.spark, context.store, staged.valid_files, folder=staged.folder.repeated, partitions=partitions
        )
        shares = pending.result()
    if not shares:
        return SharedKeys(repeated)
    tune_shuffle(context.spark, sum(delivery.size_bytes for delivery in staged.deliveries), reads_registers=True)
    rows = read_staged(context.spark, context.store, staged.folder.uri, context.contract.features)
    own_before, of_others = (read_registers(context.spark, context.store, side) for side in (before, others))
    return SharedKeys(
        repeated, find_overlap(rows, own_before, of_others, context.contract.conflicts, context.in_memory)
    )


def _register_files(store: ObjectStore, registers: Registers) -> tuple[RegisterFile, ...]:
    """The files with the valid rows of these deliveries."""
    return tuple(
        RegisterFile(uri, frozenset(deliveries))
        for folder, deliveries in registers.by_folder.items()
        for uri in valid_files(store, folder)
    )


@dataclass(frozen=True, slots=True)
class ClassifiedRows:
    """All rows of a run (``staged``), and those that share a key, classified (``candidates``; None for none)."""

    staged: DataFrame
    candidates: DataFrame | None


def find_duplicates(context: RunContext, staged: StagedRows, shared: SharedKeys) -> ClassifiedRows:
    """Classify the rows that share a key as kept, duplicate or in conflict. The result is computed lazily."""
    rows = read_staged(context.spark, context.store, staged.folder.uri, context.contract.features)
    candidates = duplicate_candidates(rows, shared.repeated, context.contract, shared.overlap)
    if candidates is not None:  # used twice: they are counted, and subtracted from the counts of all
        candidates = context.in_memory.keep(candidates)
    return ClassifiedRows(rows, candidates)

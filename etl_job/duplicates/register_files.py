"""The keys of published deliveries, read from their registers: as files, and as rows of Spark's."""

from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from etl_job.contract.schemas import CONTENT, DELIVERY, KEY_1, KEY_2
from etl_job.duplicates.shared_hashes import RegisterFile
from etl_job.lake.files import ObjectStore
from etl_job.staging.store import is_valid, read_kinds, valid_files
from etl_job.tables.key_registers import Registers

KEY = (KEY_1, KEY_2)


def read_registers(spark: SparkSession, store: ObjectStore, registers: Registers) -> DataFrame | None:
    """Delivery, key and content of every valid row of these deliveries; None if there are none."""
    schema = f"{KEY_1} bigint, {KEY_2} bigint, {CONTENT} bigint, {DELIVERY} string"
    by_folder: dict[str, list[str]] = {}
    for delivery, folder in registers.folders.items():
        by_folder.setdefault(folder, []).append(delivery)
    frames = [
        keys_in(read_kinds(spark, store, folder, schema)).where(F.col(DELIVERY).isin(deliveries))
        for folder, deliveries in by_folder.items()
    ]
    return reduce(DataFrame.unionByName, frames) if frames else None


def register_files(store: ObjectStore, registers: Registers) -> tuple[RegisterFile, ...]:
    """The files with the valid rows of these deliveries."""
    found: list[RegisterFile] = []
    for folder in sorted(set(registers.folders.values())):
        deliveries = frozenset(name for name, of_it in registers.folders.items() if of_it == folder)
        found += [RegisterFile(uri, deliveries) for uri in valid_files(store, folder)]
    return tuple(found)


def keys_in(staged: DataFrame) -> DataFrame:
    """Delivery, key and content of the valid rows."""
    return staged.where(is_valid()).select(*KEY, CONTENT, DELIVERY)

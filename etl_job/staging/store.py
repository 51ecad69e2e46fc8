"""The rows of a run between reading and publishing, and the keys of published deliveries: Parquet beside the tables.

A run stages its rows in a folder of its own. Those that were valid stay there once the run is published: they are the
register of the keys that its deliveries hold. A later run compares its own keys with the registers of all other
deliveries, so a row that two deliveries hold counts once, whichever of them comes first. Which register a delivery has
is a property of the curated table and changes in the same commit as its rows.

Among rows of one key the order is: name of the delivery, name of the file, place in the file. It does not depend on
when a delivery was processed, so incremental runs end at what one run over everything would give.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812

from etl_job.contract.feature_spec import FeatureSpec
from etl_job.contract.model import CONFLICT, ConflictPolicy, Contract
from etl_job.contract.schemas import (
    BLOCK,
    BROKEN,
    CLASS,
    CONTENT,
    DELIVERY,
    DIFFERS,
    DUPLICATES,
    FILE,
    KEPT,
    KEY_1,
    KEY_2,
    KIND,
    OLD_VALID_ROWS,
    QUARANTINED,
    RANK,
    ROW,
    VALID_ROWS,
    count_columns,
    ddl,
    staged_columns,
)
from etl_job.duplicates.repeated_keys import RepeatedKeys
from etl_job.duplicates.shared_keys import RegisterFile
from etl_job.lake.files import ObjectStore
from etl_job.staging.folders import StagingFolder

FOLDER = "keys"  # below the curated table's location
PROPERTY = "quartal.key-registers"
FILES_PROPERTY = "quartal.key-register-files"  # how many files a folder has: a run without valid rows leaves none
_KEY = [KEY_1, KEY_2]
_BROADCAST_ROWS = 1_000_000  # about 50 MB; more is joined by a shuffle
_OTHER_DELIVERY = "_other"  # the other delivery whose row the contract prefers most
_OTHER_CONTENT = "_other_content"
_LEAST, _GREATEST = "_least_content", "_greatest_content"


@dataclass(frozen=True, slots=True)
class Registers:
    """Where the keys of deliveries lie: a staging folder for each of them.

    ``files`` says how many files with keys a folder has, where the version that made it said so.
    """

    folders: Mapping[str, str]
    files: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, properties: Mapping[str, str], table_location: str) -> "Registers":
        """Read them from the curated table's properties."""
        named = json.loads(properties.get(PROPERTY, "{}"))
        counted = json.loads(properties.get(FILES_PROPERTY, "{}"))
        return cls(
            {delivery: f"{table_location}/{FOLDER}/{name}" for delivery, name in named.items()},
            {f"{table_location}/{FOLDER}/{name}": number for name, number in counted.items()},
        )

    @property
    def properties(self) -> dict[str, str]:
        """As the curated table's properties. Folders are named below its location, which may be copied elsewhere."""
        named = {delivery: _name_of(folder) for delivery, folder in sorted(self.folders.items())}
        used = sorted(set(self.folders.values()) & self.files.keys())
        return {
            PROPERTY: json.dumps(named),
            FILES_PROPERTY: json.dumps({_name_of(folder): self.files[folder] for folder in used}),
        }

    def of(self, deliveries: Sequence[str]) -> "Registers":
        """Only those of some deliveries."""
        kept = {name: folder for name, folder in self.folders.items() if name in deliveries}
        return Registers(kept, self.files)

    def without(self, deliveries: Sequence[str]) -> "Registers":
        """Those of all but some deliveries."""
        kept = {name: folder for name, folder in self.folders.items() if name not in deliveries}
        return Registers(kept, self.files)

    def and_those_in(self, folder: str, deliveries: Sequence[str], files: int) -> "Registers":
        """With a folder of so many files for these deliveries."""
        return Registers({**self.folders, **dict.fromkeys(deliveries, folder)}, {**self.files, folder: files})


def _name_of(folder: str) -> str:
    return folder.rpartition("/")[2]


def new_staging_folder(table_location: str, run_id: str) -> str:
    """A folder that no other run stages in, nor another attempt of the same run."""
    return f"{table_location}/{FOLDER}/{run_id}-{uuid.uuid4().hex[:8]}"


def read_staged(spark: SparkSession, store: ObjectStore, folder: str, spec: FeatureSpec) -> DataFrame:
    """The rows of a run, in the kinds that they were staged in."""
    return _read(spark, store, folder, ddl(staged_columns(spec)))


def delete_folder(spark: SparkSession, folder: str) -> None:
    """Remove a folder and what is in it; one that is not there is no error."""
    context = spark.sparkContext
    path = context._jvm.org.apache.hadoop.fs.Path(folder)  # type: ignore[union-attr]
    path.getFileSystem(context._jsc.hadoopConfiguration()).delete(path, True)


def read_counts(spark: SparkSession, store: ObjectStore, folder: str, spec: FeatureSpec) -> DataFrame | None:
    """How many valid rows there are per delivery, entity and day, in several lines; None where there are none."""
    files = [file.uri for file in store.list_files(f"{StagingFolder(folder).counts}/")]
    return spark.read.schema(ddl(count_columns(spec))).parquet(*files) if files else None


def read_registers(spark: SparkSession, store: ObjectStore, registers: Registers) -> DataFrame | None:
    """Delivery, key and content of every valid row of these deliveries; None where there are none."""
    schema = f"{KEY_1} bigint, {KEY_2} bigint, {CONTENT} bigint, {DELIVERY} string"
    by_folder: dict[str, list[str]] = {}
    for delivery, folder in registers.folders.items():
        by_folder.setdefault(folder, []).append(delivery)
    frames = [
        keys_in(_read(spark, store, folder, schema)).where(F.col(DELIVERY).isin(deliveries))
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
    return staged.where(is_valid()).select(*_KEY, CONTENT, DELIVERY)


def is_valid() -> Column:
    """Whether staged rows are valid."""
    return F.col(KIND).isin(VALID_ROWS, OLD_VALID_ROWS)


def _read(spark: SparkSession, store: ObjectStore, folder: str, columns: str) -> DataFrame:
    stored = store.list_files(f"{folder}/")
    files = [file.uri for file in stored if file.uri.endswith(".parquet") and f"/{KIND}=" in file.uri]
    return _read_files(spark, files, folder, columns)


def _read_files(spark: SparkSession, files: Sequence[str], folder: str, columns: str) -> DataFrame:
    schema = f"{columns}, {KIND} string"
    if not files:  # a run without rows
        return spark.createDataFrame([], schema)
    return spark.read.schema(schema).option("basePath", folder).parquet(*files)


@dataclass(frozen=True, slots=True)
class KeyOverlap:
    """What the run's keys have to do with those of other deliveries.

    ``competing_rows`` is what the others hold of the ``keys`` they share with the run, None where that is none.
    ``changed`` names those others of which a row becomes something else by this run.
    """

    competing_rows: DataFrame | None = None
    keys: int = 0
    changed: tuple[str, ...] = ()


def find_overlap(
    staged: DataFrame,
    before: DataFrame | None,
    others: DataFrame | None,
    policy: ConflictPolicy,
) -> KeyOverlap:
    """Compare the run's keys, those it has and those its deliveries had before, with all others'. Runs Spark jobs."""
    if others is None:
        return KeyOverlap()
    after = keys_in(staged)
    shared = of_keys(others, after).persist()
    keys = shared.count()
    shared_before = of_keys(others, before).persist() if before is not None else None
    changed: tuple[str, ...] = ()
    if keys or (shared_before is not None and shared_before.count()):
        joined = shared if shared_before is None else shared.unionByName(shared_before)
        narrowed = [None if side is None else of_keys(side, joined) for side in (before, after)]
        changed = changed_deliveries(joined, narrowed[0], narrowed[1], policy)
    return KeyOverlap(competing_rows(shared, policy) if keys else None, keys, changed)


def of_keys(rows: DataFrame, keys: DataFrame) -> DataFrame:
    """The rows whose key is among ``keys``. Spark puts a Bloom filter of the keys before the join (session.py)."""
    return rows.join(keys.select(*_KEY), _KEY, "left_semi")


def changed_deliveries(
    others: DataFrame, before: DataFrame | None, after: DataFrame | None, policy: ConflictPolicy
) -> tuple[str, ...]:
    """The other deliveries of which a row becomes something else when ``before`` gives way to ``after``.

    ``before`` and ``after`` are the keys that the run's deliveries had and have; all rows must be of keys that
    ``others`` share with them. Runs a Spark job.
    """
    named = {"other": others, "before": before, "after": after}
    sides = [frame.withColumn("_side", F.lit(side)) for side, frame in named.items() if frame is not None]
    together = reduce(DataFrame.unionByName, (side.select(*_KEY, CONTENT, DELIVERY, "_side") for side in sides))
    first = F.max if policy is ConflictPolicy.KEEP_LAST else F.min

    def seen(side: str, column: str) -> Column:
        return F.when(F.col("_side").isin("other", side), F.col(column))

    of_key = together.groupBy(*_KEY).agg(
        F.collect_set(F.when(F.col("_side") == "other", F.col(DELIVERY))).alias("_others"),
        *(first(seen(side, DELIVERY)).alias(f"_first_{side}") for side in ("before", "after")),
        *(
            (F.min(seen(side, CONTENT)) != F.max(seen(side, CONTENT))).alias(f"_conflict_{side}")
            for side in ("before", "after")
        ),
    )
    each = of_key.withColumn(DELIVERY, F.explode("_others"))

    def state(side: str) -> Column:
        kept_or_not = F.when(F.col(DELIVERY) == F.col(f"_first_{side}"), KEPT).otherwise(DUPLICATES)
        if policy is ConflictPolicy.QUARANTINE_BOTH:
            return F.when(F.col(f"_conflict_{side}"), QUARANTINED).otherwise(kept_or_not)
        return kept_or_not

    changed = each.where(state("before") != state("after")).select(DELIVERY).distinct()
    return tuple(sorted(row[DELIVERY] for row in changed.collect()))


def competing_rows(others: DataFrame, policy: ConflictPolicy) -> DataFrame:
    """What the other deliveries hold of each key: whose row comes first, its content, and how contents range."""
    last = policy is ConflictPolicy.KEEP_LAST
    return (
        others.groupBy(*_KEY)
        .agg(
            (F.max if last else F.min)(F.struct(DELIVERY, CONTENT)).alias("_first"),
            F.min(CONTENT).alias(_LEAST),
            F.max(CONTENT).alias(_GREATEST),
        )
        .select(
            *_KEY,
            F.col(f"_first.{DELIVERY}").alias(_OTHER_DELIVERY),
            F.col(f"_first.{CONTENT}").alias(_OTHER_CONTENT),
            _LEAST,
            _GREATEST,
        )
    )


def valid_files(store: ObjectStore, folder: str) -> tuple[str, ...]:
    """The files that hold the valid rows of a staging folder."""
    return _files_of(store, folder, OLD_VALID_ROWS, VALID_ROWS)


def _files_of(store: ObjectStore, folder: str, *kinds: str) -> tuple[str, ...]:
    return tuple(
        file.uri
        for kind in kinds
        for file in store.list_files(f"{folder}/{KIND}={kind}/")
        if file.uri.endswith(".parquet")
    )


def duplicate_candidates(
    staged: DataFrame, repeated: RepeatedKeys, contract: Contract, overlap: KeyOverlap
) -> DataFrame | None:
    """The rows that share their key with others, classified; None where each row has a key of its own.

    The rows are persisted: they are counted, and set against the counts of all.
    """
    count = repeated.count + overlap.keys
    if not contract.key or count == 0:
        return None
    sides = [
        repeated.read(staged.sparkSession),
        None if overlap.competing_rows is None else overlap.competing_rows.select(KEY_1),
    ]
    keys = reduce(DataFrame.unionByName, (side for side in sides if side is not None))
    if count <= _BROADCAST_ROWS:
        keys = F.broadcast(keys)
    shared = staged.where(is_valid()).join(keys, KEY_1, "left_semi")
    return classify_duplicates(
        rank_within_key(shared, contract), contract, overlap.competing_rows, overlap.keys
    ).persist()


def rank_within_key(rows: DataFrame, contract: Contract) -> DataFrame:
    """Number the rows of each key in the order in which the contract prefers them; 1 is the first choice.

    ``_differs`` marks rows that are not the same as the first choice; where conflicting rows are all quarantined, it
    marks every row of a key that comes with different contents.
    """
    last = contract.conflicts is ConflictPolicy.KEEP_LAST
    of_key = Window.partitionBy(*_KEY)
    # Files are numbered in order of deliveries and their own names.
    preferred = of_key.orderBy(*(F.desc(name) if last else F.asc(name) for name in (FILE, BLOCK, ROW)))
    if contract.conflicts is ConflictPolicy.QUARANTINE_BOTH:
        differs = F.min(CONTENT).over(of_key) != F.max(CONTENT).over(of_key)
    else:
        differs = F.col(CONTENT) != F.first(CONTENT).over(preferred)
    return rows.select("*", F.row_number().over(preferred).alias(RANK), differs.alias(DIFFERS))


def classify_duplicates(
    ranked: DataFrame, contract: Contract, competing: DataFrame | None, competing_keys: int = 0
) -> DataFrame:
    """Say what becomes of each row that shares its key: ``_class`` is kept, duplicate or quarantined.

    ``competing`` is what other deliveries hold of the ``competing_keys`` keys that they share with the run.
    """
    policy = contract.conflicts
    if competing is None:
        joined = ranked
        wins, differs, conflict = F.lit(True), F.col(DIFFERS), F.col(DIFFERS)
    else:
        joined = ranked.join(F.broadcast(competing) if competing_keys <= _BROADCAST_ROWS else competing, _KEY, "left")
        alone = F.col(_OTHER_DELIVERY).isNull()
        is_first = (
            F.col(DELIVERY) > F.col(_OTHER_DELIVERY)
            if policy is ConflictPolicy.KEEP_LAST
            else (F.col(DELIVERY) < F.col(_OTHER_DELIVERY))
        )
        wins = alone | is_first
        differs = F.when(wins, F.col(DIFFERS)).otherwise(F.col(CONTENT) != F.col(_OTHER_CONTENT))
        other = (F.col(CONTENT) != F.col(_LEAST)) | (F.col(CONTENT) != F.col(_GREATEST))
        conflict = F.col(DIFFERS) | F.coalesce(other, F.lit(False))
    broken = F.col(BROKEN)
    if policy is ConflictPolicy.QUARANTINE_BOTH:
        bit = contract.rule_names.index(CONFLICT)
        broken = F.when((broken == 0) & conflict, F.lit(1 << bit).cast("long")).otherwise(broken)
    marked = joined.withColumns({BROKEN: broken, DIFFERS: differs})
    kept = F.when((F.col(RANK) == 1) & wins, KEPT).otherwise(DUPLICATES)
    return marked.withColumn(CLASS, F.when(F.col(BROKEN) != 0, QUARANTINED).otherwise(kept))

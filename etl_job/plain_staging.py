"""Plain rows from raw files to staged ones, part by part, in Spark's Python workers (plain_rows.py).

A task writes files whose names say which part they are of: one that is repeated writes the same ones again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import parquet

from etl_job.contract import Contract
from etl_job.extent import Extent, fits_one_task
from etl_job.object_store import ObjectStore
from etl_job.plain_rows import Source, judge_chunk
from etl_job.raw_parts import RawPart, chunks_of, parts_of
from etl_job.schemas import BLOCK, BROKEN, CONTENT, DELIVERY, FILE, HOUR, KEY_1, KEY_2, ROW, WARNED, value_column

TASK_BYTES = 32_000_000  # small files come several to a task, each of which takes a moment to begin

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True, slots=True)
class Places:
    """Folders for plain rows, for lines that are set aside, and for counts of plain rows."""

    plain: str
    aside: str
    counts: str


@dataclass(frozen=True, slots=True)
class Read:
    """Rows and bytes that were read."""

    rows: int = 0
    size_bytes: int = 0

    def __add__(self, other: "Read") -> "Read":
        """Both together."""
        return Read(self.rows + other.rows, self.size_bytes + other.size_bytes)


@dataclass(frozen=True, slots=True)
class Staged:
    """What came of files: the extent of the counts of their plain rows, and the rows that were set aside."""

    read: Read
    counts: Extent
    aside: Read


def stage_plain_rows(
    spark: "SparkSession",
    store: ObjectStore,
    files: Mapping[str, int],
    sources: Sequence[Source],
    contract: Contract,
    places: Places,
) -> Staged:
    """Read files, given by URI and size with what is known of each, and write their rows to the places. Runs a job.

    Each row is written once, to ``plain`` or ``aside``. Tasks get the store. Raises what Spark raises where one failed.
    """
    context = spark.sparkContext
    parts = parts_of(tuple(files.items()), context.defaultParallelism)
    tasks = max(context.defaultParallelism, -(-sum(files.values()) // TASK_BYTES))
    stage = partial(_stage_part, store, {source.file: source for source in sources}, contract, places)
    staged = context.parallelize(parts, min(tasks, len(parts))).map(stage).collect()
    return Staged(
        sum((each.read for each in staged), Read()),
        sum((each.counts for each in staged), Extent()),
        sum((each.aside for each in staged), Read()),
    )


def _stage_part(
    store: ObjectStore, sources: Mapping[int, Source], contract: Contract, places: Places, part: RawPart
) -> Staged:
    source = sources[part.file]
    targets = _Targets(store, places, f"part-{part.file:05d}-{part.start:015d}.parquet", contract)
    read, aside, numbers = Read(), Read(), 0
    counted = _Counted(contract)
    for chunk in chunks_of(store, part):
        judged = judge_chunk(chunk, source, contract, part.start, numbers)
        targets.add(judged.plain, judged.aside, judged.counts)
        read += Read(judged.rows, len(chunk))
        aside += Read(judged.aside.num_rows, judged.aside.nbytes)
        numbers += judged.numbers
        counted.add(judged.counts)
    targets.write()
    return Staged(read, counted.extent, aside)


class _Counted:
    """The extent of a part's counts.

    Where they are too many for one task it does not matter how many entities they are of.
    """

    def __init__(self, contract: Contract) -> None:
        self._of_entity = [value_column(name) for name in contract.features.entity]
        self._entities: list[pa.Table] = []
        self._lines = 0

    def add(self, counts: pa.Table) -> None:
        self._lines += counts.num_rows
        if not fits_one_task(self._lines):
            self._entities.clear()
        elif counts.num_rows:
            self._entities.append(counts.select(self._of_entity))

    @property
    def extent(self) -> Extent:
        if not self._entities:
            return Extent(self._lines, self._lines, files=1)
        if not self._of_entity:  # a single series
            return Extent(self._lines, 1, files=1)
        distinct = pa.concat_tables(self._entities).group_by(self._of_entity, use_threads=False).aggregate([])
        return Extent(self._lines, distinct.num_rows, files=1)


class _Targets:
    """The files of a part: each written whole, and none where there are no rows."""

    def __init__(self, store: ObjectStore, places: Places, name: str, contract: Contract) -> None:
        self._store = store
        self._name = name
        self._of_entity = [value_column(column) for column in contract.features.entity]
        self._files = {folder: _ParquetFile(self._of_entity) for folder in (places.plain, places.aside, places.counts)}

    def add(self, *tables: pa.Table) -> None:
        for file, table in zip(self._files.values(), tables, strict=True):
            file.add(table)

    def write(self) -> None:
        for folder, file in self._files.items():
            content = file.close()
            if content is not None:
                self._store.write(f"{folder}/{self._name}", content)


class _ParquetFile:
    """A file in memory, begun with its first rows. Hashes do not compress, and hardly repeat."""

    def __init__(self, of_entity: Sequence[str]) -> None:
        self._repeating = [DELIVERY, *of_entity, HOUR, BROKEN, WARNED, FILE, BLOCK]
        self._content = BytesIO()
        self._writer: parquet.ParquetWriter | None = None

    def add(self, table: pa.Table) -> None:
        if not table.num_rows:
            return
        if self._writer is None:
            names = table.schema.names
            self._writer = parquet.ParquetWriter(
                self._content,
                table.schema,
                compression={name: "none" if name in (KEY_1, KEY_2, CONTENT) else "snappy" for name in names},
                use_dictionary=[name for name in names if name in self._repeating],
                column_encoding={ROW: "DELTA_BINARY_PACKED"} if ROW in names else None,
                store_schema=False,
            )
        self._writer.write_table(table)

    def close(self) -> bytes | None:
        if self._writer is None:
            return None
        self._writer.close()
        return self._content.getvalue()

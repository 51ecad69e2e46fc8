"""From parts of raw files to staged ones, in Spark's Python workers: read, judge, write, count.

The names of a task's files include the part, so a repeated task writes the same files again. If the contract has rules
in SQL, the rows of a part wait for Spark (``spark/sql_rules.py``), and are staged afterwards.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from etl_job.contract.model import Contract
from etl_job.contract.schemas import (
    BLOCK,
    BROKEN,
    CONTENT,
    DELIVERY,
    FILE,
    HOUR,
    KEY_1,
    KEY_2,
    LINE,
    PART,
    ROW,
    WARNED,
    value_column,
)
from etl_job.judging.judge import Judge
from etl_job.judging.sql_columns import SqlColumns
from etl_job.lake.files import ObjectStore
from etl_job.lake.paths import parquet_files
from etl_job.reading.batches import Source
from etl_job.reading.parts import RawPart
from etl_job.reading.readers import DamagedFileError, raw_parts, read_batches
from etl_job.spark.python_worker import InWorker
from etl_job.spark.workload import SizeEstimate, fits_one_task
from etl_job.staging.rows import Tally, count_valid_rows, count_violations, keeps_lines, staged, staged_schema
from etl_job.staging.store import StagingFolder, part_name, part_number

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

TASK_BYTES = 32_000_000  # small files come several to a task, each of which takes a moment to begin
_OF_BROKEN = (DELIVERY, BROKEN, WARNED, LINE, FILE, BLOCK, ROW)
FILE_BYTES = 64_000_000  # of staged rows that a task holds; a packed file may unpack to many times as much


@dataclass(frozen=True, slots=True)
class Staged:
    """The result of reading files: the rows and bytes that were read, and the rules that rows break.

    ``counts`` is the estimate of the counts of valid rows; ``damaged`` states why files cannot be read to their end.
    """

    rows: int = 0
    size_bytes: int = 0
    tally: Tally = field(default_factory=Counter)
    counts: SizeEstimate = field(default_factory=SizeEstimate)
    damaged: Mapping[str, str] = field(default_factory=dict)

    def __add__(self, other: "Staged") -> "Staged":
        """The results of two parts: sums, and the damaged files of both."""
        return Staged(
            rows=self.rows + other.rows,
            size_bytes=self.size_bytes + other.size_bytes,
            tally=self.tally + other.tally,
            counts=self.counts + other.counts,
            damaged={**self.damaged, **other.damaged},
        )


@dataclass(frozen=True, slots=True)
class PartStager:
    """Everything that a task needs to stage parts."""

    store: ObjectStore
    contract: Contract
    sources: Sequence[Source]
    folder: StagingFolder
    sql: SqlColumns

    def stage_all(self, spark: "SparkSession") -> Staged:
        """Read all files and write their rows to the folder, or to where they wait for SQL. Runs a Spark job."""
        context = spark.sparkContext
        parts = raw_parts(self.sources, self.contract, context.defaultParallelism)
        size = sum(source.size_bytes for source in self.sources)
        tasks = max(context.defaultParallelism, -(-size // TASK_BYTES))
        numbered = list(enumerate(parts))
        if not numbered:
            return Staged()
        staged_parts = (
            context.parallelize(numbered, min(tasks, len(parts))).map(InWorker(partial(stage_part, self))).collect()
        )
        return sum(staged_parts, Staged())

    def stage_waiting(self, spark: "SparkSession", parts: Sequence[int]) -> Staged:
        """Stage the rows that waited, when Spark has judged them. Runs a Spark job."""
        waiting = spark.sparkContext.parallelize(parts, len(parts))
        return sum(waiting.map(InWorker(partial(stage_waiting_part, self))).collect(), Staged())


def stage_part(stager: PartStager, numbered: tuple[int, RawPart]) -> Staged:
    """Read a numbered part, judge its rows, and write them."""
    number, part = numbered
    source, contract = stager.sources[part.file], stager.contract
    judge, waits = Judge.of(contract), bool(stager.sql)
    targets = _Targets(stager, number, waits)
    rows = 0
    try:
        for batch in read_batches(stager.store, part, source, contract):
            judged = judge.judge(batch, source.latest_day)
            carried = stager.sql.of(judged, number)
            with_lines = waits or keeps_lines(contract)
            targets.add(*staged(judged, source, part, contract, carried=carried, keeps_lines=with_lines))
            rows += batch.rows
    except DamagedFileError as error:
        return Staged(damaged={error.uri: error.reason})
    targets.write()
    return Staged(rows, _size_bytes(part, source), targets.tally, targets.estimate)


def _size_bytes(part: RawPart, source: Source) -> int:
    """The number of bytes of a part in its file; for row groups, approximately."""
    groups = len(source.header.group_rows)
    return source.size_bytes * (part.end - part.start) // groups if groups else part.end - part.start


def stage_waiting_part(stager: PartStager, number: int) -> Staged:
    """Stage the waiting rows of a part, with the results of the rules in SQL."""
    folder, contract, store = stager.folder, stager.contract, stager.store
    found = _read_bits(store, folder, number)
    targets = _Targets(stager, number, waits=False)
    schema = staged_schema(contract)
    for uri in parquet_files(store, folder.waiting):
        if part_number(uri) != number:
            continue
        table = parquet.read_table(pa.BufferReader(store.read(uri)), columns=schema.names, use_threads=False)
        judged = table if found is None else _with_bits(table, found)
        is_valid = pc.equal(judged.column(BROKEN), 0)
        valid, broken = judged.filter(is_valid), judged.filter(pc.invert(is_valid))
        unwarned = _with(broken, {WARNED: pa.repeat(pa.scalar(0, pa.int64()), len(broken))})
        without_lines = valid if keeps_lines(contract) else _without(valid, [LINE])
        targets.add(without_lines, _without(unwarned, [name for name in schema.names if name not in _OF_BROKEN]))
    targets.write()
    return Staged(tally=targets.tally, counts=targets.estimate)


def _read_bits(store: ObjectStore, folder: StagingFolder, number: int) -> pa.Table | None:
    files = parquet_files(store, f"{folder.judged_by_sql}/{PART}={number}")
    tables = [parquet.read_table(pa.BufferReader(store.read(uri)), use_threads=False) for uri in files]
    return pa.concat_tables(tables) if tables else None


def _with_bits(table: pa.Table, found: pa.Table) -> pa.Table:
    place = pc.index_in(table.column(ROW), value_set=found.column(ROW).combine_chunks())
    more = {name: pc.fill_null(found.column(name).combine_chunks().take(place), 0) for name in (BROKEN, WARNED)}
    return _with(table, {name: pc.bit_wise_or(table.column(name), bits) for name, bits in more.items()})


def _without(table: pa.Table, names: Sequence[str]) -> pa.Table:
    return _with(table, {name: pa.nulls(len(table), table.schema.field(name).type) for name in names})


def _with(table: pa.Table, changed: Mapping[str, pa.Array]) -> pa.Table:
    columns = [changed.get(name, table.column(name)) for name in table.column_names]
    return pa.table(columns, schema=table.schema)


class _Targets:
    """The files of a part and its counts so far. Each file is written completely, or not at all without rows."""

    def __init__(self, stager: PartStager, number: int, waits: bool) -> None:
        folder, spec = stager.folder, stager.contract.features
        self._stager, self._waits = stager, waits
        self._of_entity = [value_column(column) for column in spec.entity]
        places = (
            (folder.waiting_valid, folder.waiting_broken) if waits else (folder.valid, folder.broken, folder.counts)
        )
        self._files = [_ParquetFiles(stager.store, f"{place}/{part_name(number)}", self._of_entity) for place in places]
        self._entities: list[pa.Table] = []
        self._lines = 0
        self.tally: Tally = Counter()

    def add(self, valid: pa.Table, broken: pa.Table) -> None:
        tables = [valid, broken]
        if not self._waits:
            counts = count_valid_rows(valid, self._stager.contract)
            tables.append(counts)
            self.tally += count_violations(valid, broken)
            self._count(counts)
        for file, table in zip(self._files, tables, strict=True):
            file.add(table)

    def _count(self, counts: pa.Table) -> None:
        """Count lines and entities. The entities do not matter if the lines are too many for one task."""
        self._lines += counts.num_rows
        if not fits_one_task(self._lines):
            self._entities.clear()
        elif counts.num_rows:
            self._entities.append(counts.select(self._of_entity))

    @property
    def estimate(self) -> SizeEstimate:
        if not self._entities:
            return SizeEstimate(self._lines, self._lines, files=1)
        if not self._of_entity:  # a single series
            return SizeEstimate(self._lines, 1, files=1)
        distinct = pa.concat_tables(self._entities).group_by(self._of_entity, use_threads=False).aggregate([])
        return SizeEstimate(self._lines, distinct.num_rows, files=1)

    def write(self) -> None:
        for file in self._files:
            file.close()


class _ParquetFiles:
    """The rows of a kind: a file in memory at a time, begun with its first rows. Hashes hardly repeat or compress."""

    def __init__(self, store: ObjectStore, prefix: str, of_entity: Sequence[str]) -> None:
        self._store, self._prefix, self._written = store, prefix, 0
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
        self._writer.write_table(table.cast(self._writer.schema) if table.schema != self._writer.schema else table)

        if self._content.tell() > FILE_BYTES:
            self.close()

    def close(self) -> None:
        """Write the file that was begun, if there is one."""
        if self._writer is None:
            return
        self._writer.close()
        self._store.write(f"{self._prefix}-{self._written:04d}.parquet", self._content.getvalue())
        self._content, self._writer, self._written = BytesIO(), None, self._written + 1

"""Whether a run shares keys with other deliveries, found from the hashes in their registers.

Deliveries rarely share keys, and finding that out is quick: the run's hashes go to all tasks, and each task looks for
the hashes of some registers among them. Spark joins the two only if some are found.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from etl_job.contract.schemas import DELIVERY, KEY_1
from etl_job.lake.files import ObjectStore
from etl_job.spark.python_worker import InWorker

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

_MOST_HASHES = 5_000_000  # of a run: 40 MB that each task gets; with more, Spark's join is the better way


@dataclass(frozen=True, slots=True)
class RegisterFile:
    """A staged file, and which deliveries' rows of it are meant."""

    uri: str
    deliveries: frozenset[str]


def may_share_keys(
    spark: "SparkSession", store: ObjectStore, own: Sequence[RegisterFile], others: Sequence[RegisterFile]
) -> bool:
    """Whether both have a first hash (``KEY_1``) in common; also true if the run has too many hashes to compare.

    Two keys may share their first hash. Runs a Spark job.
    """
    if not own or not others:
        return False
    hashes, count = [], 0
    for file in own:
        hashes.append(_hashes(store, file))
        count += len(hashes[-1])
        if count > _MOST_HASHES:
            return True
    context = spark.sparkContext
    own_hashes: Any = context.broadcast(pa.concat_arrays(hashes).buffers()[1].to_pybytes())
    tasks = context.parallelize(others, min(len(others), context.defaultParallelism))
    try:
        return any(tasks.mapPartitions(InWorker(partial(_found_in, store, own_hashes, _MOST_HASHES))).collect())
    finally:
        own_hashes.destroy()


def _found_in(store: ObjectStore, own_hashes: Any, at_once: int, files: Iterable[RegisterFile]) -> Iterator[bool]:
    own = pa.Array.from_buffers(pa.int64(), len(own_hashes.value) // 8, [None, pa.py_buffer(own_hashes.value)])
    of_files = _gathered((_hashes(store, file) for file in files), at_once)
    yield any(_in_common(own, hashes) for hashes in of_files)


def _gathered(arrays: Iterable[pa.Array], at_least: int) -> Iterator[pa.ChunkedArray]:
    """The same values in fewer arrays: a join builds its table of the run's hashes for each."""
    waiting: list[pa.Array] = []
    for array in arrays:
        waiting.append(array)
        if sum(map(len, waiting)) >= at_least:
            yield pa.chunked_array(waiting)
            waiting = []
    if waiting:
        yield pa.chunked_array(waiting)


def _in_common(own: pa.Array, others: pa.ChunkedArray) -> bool:
    """Whether a hash is in both. Arrow's join finds that out three times as fast as its ``is_in``."""
    rows, keys = (pa.table({KEY_1: hashes}) for hashes in (others, own))
    return bool(rows.join(keys, KEY_1, join_type="left semi", use_threads=False).num_rows)


def _hashes(store: ObjectStore, file: RegisterFile) -> pa.Array:
    staged = parquet.ParquetFile(pa.BufferReader(store.read(file.uri)))
    named = _read_deliveries(staged)
    if named is not None and named <= file.deliveries:
        return staged.read([KEY_1], use_threads=False).column(KEY_1).combine_chunks()
    rows = staged.read([KEY_1, DELIVERY], use_threads=False)
    of_these = pc.is_in(rows.column(DELIVERY), value_set=pa.array(sorted(file.deliveries), pa.string()))
    return rows.column(KEY_1).filter(of_these).combine_chunks()


def _read_deliveries(staged: parquet.ParquetFile) -> set[str] | None:
    """The deliveries that the file's statistics name, without reading rows; None if the statistics are inconclusive."""
    place = staged.schema_arrow.names.index(DELIVERY)
    groups = (staged.metadata.row_group(number).column(place) for number in range(staged.num_row_groups))
    found = [group.statistics for group in groups]
    if any(each is None or not each.has_min_max or each.min != each.max for each in found):
        return None
    return {each.min for each in found}

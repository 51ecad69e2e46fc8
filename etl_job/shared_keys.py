"""Whether a run has keys in common with other deliveries, asked of the hashes that their registers hold.

Deliveries hardly ever do. To find that out takes a moment: the run's hashes go to all tasks, and each looks for those
of some registers among them. Only where some are found need Spark join the two.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from etl_job.object_store import ObjectStore
from etl_job.schemas import DELIVERY, KEY_1

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
    """Whether a first hash (``KEY_1``) is in both; true as well if there are too many of its own to ask.

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
    asked: Any = context.broadcast(pa.concat_arrays(hashes).buffers()[1].to_pybytes())
    tasks = context.parallelize(others, min(len(others), context.defaultParallelism))
    try:
        return any(tasks.mapPartitions(partial(_found_in, store, asked)).collect())
    finally:
        asked.destroy()


def _found_in(store: ObjectStore, asked: Any, files: Iterable[RegisterFile]) -> Iterator[bool]:
    hashes = pa.Array.from_buffers(pa.int64(), len(asked.value) // 8, [None, pa.py_buffer(asked.value)])
    yield any(pc.any(pc.is_in(_hashes(store, file), value_set=hashes)).as_py() for file in files)


def _hashes(store: ObjectStore, file: RegisterFile) -> pa.Array:
    content = pa.BufferReader(store.read(file.uri))
    rows = parquet.read_table(content, columns=[KEY_1, DELIVERY], use_threads=False)
    of_these = pc.is_in(rows.column(DELIVERY), value_set=pa.array(sorted(file.deliveries), pa.string()))
    return rows.column(KEY_1).filter(of_these).combine_chunks()

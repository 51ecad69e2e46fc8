"""Keys that occur in more than one row of a run, found by the hashes in staged files.

Hashes are shuffled as blocks of numbers, eight bytes a row, and counted by Arrow: hardly any repeats, so there is
nothing to add up before the shuffle, and Spark's own aggregate would keep a row of its hash table for each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from etl_job.contract.schemas import KEY_1
from etl_job.lake.files import ObjectStore
from etl_job.spark.python_worker import InWorker

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


@dataclass(frozen=True, slots=True)
class RepeatedKeys:
    """The first hashes (``KEY_1``) that more than one row has, in files of one column; ``files`` is empty for none.

    ``count`` is the number of hashes and ``rows`` the number of their rows. Two keys may share their first hash, so a
    row found by it may have a key of its own.
    """

    files: tuple[str, ...] = ()
    count: int = 0
    rows: int = 0

    def read(self, spark: "SparkSession") -> "DataFrame | None":
        """The hashes; None if there are none."""
        return spark.read.schema(f"{KEY_1} bigint").parquet(*self.files) if self.files else None


def find_repeated_keys(
    spark: "SparkSession", store: ObjectStore, files: Sequence[str], *, folder: str, partitions: int
) -> RepeatedKeys:
    """Find the repeated hashes of staged files of valid rows and write them to a folder. Runs a Spark job."""
    if not files:
        return RepeatedKeys()
    tasks = max(partitions, spark.sparkContext.defaultParallelism)
    buckets = 1 << (partitions - 1).bit_length()
    blocks = spark.sparkContext.parallelize(files, min(len(files), tasks)).flatMap(
        InWorker(partial(_hashes_by_bucket, store, buckets))
    )
    write = InWorker(partial(_write_repeated, store, folder))
    found = blocks.partitionBy(buckets, int).mapPartitionsWithIndex(write).collect()
    uris, counts, rows = zip(*found, strict=True) if found else ((), (), ())
    return RepeatedKeys(uris, sum(counts), sum(rows))


def _hashes_by_bucket(store: ObjectStore, buckets: int, uri: str) -> Iterator[tuple[int, bytes]]:
    content = pa.BufferReader(store.read(uri))
    hashes = parquet.read_table(content, columns=[KEY_1], use_threads=False).column(0).combine_chunks()
    of_each = pc.bit_wise_and(hashes, buckets - 1)
    ordered = hashes.take(pc.sort_indices(of_each))
    place = 0
    for bucket, count in sorted((each["values"], each["counts"]) for each in pc.value_counts(of_each).to_pylist()):
        block = pa.concat_arrays([ordered.slice(place, count)])
        yield bucket, block.buffers()[1].slice(block.offset * 8, count * 8).to_pybytes()
        place += count


def _write_repeated(
    store: ObjectStore, folder: str, bucket: int, blocks: Iterator[tuple[int, bytes]]
) -> Iterator[tuple[str, int, int]]:
    arrays = [pa.Array.from_buffers(pa.int64(), len(block) // 8, [None, pa.py_buffer(block)]) for _, block in blocks]
    if not arrays:
        return
    counted = pc.value_counts(pa.concat_arrays(arrays))
    repeated = counted.filter(pc.greater(counted.field("counts"), 1))
    if len(repeated):
        content = BytesIO()
        parquet.write_table(
            pa.table({KEY_1: repeated.field("values")}), content, use_dictionary=False, compression="none"
        )
        uri = f"{folder}/part-{bucket:05d}.parquet"
        store.write(uri, content.getvalue())
        yield uri, len(repeated), pc.sum(repeated.field("counts")).as_py()

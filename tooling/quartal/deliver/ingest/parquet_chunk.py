"""Rows as a Parquet file that the job reads: typed columns, zstd, a row group at a time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import pyarrow as pa
from pyarrow import parquet

from quartal.contracts.model import Contract
from quartal.deliver.ingest.arrow_values import ArrowColumn
from quartal.deliver.ingest.chunk_file import Rows, SummedFile, WrittenChunk

# a row group ends with the batch that reaches one of them: that much is in memory, before it is compressed
_GROUP_ROWS = 100_000
_GROUP_BYTES = 32 * 1024**2
_MAX_GROUP_ROWS = 64 * 1024**2  # Arrow's own limit: only `_groups` decides where a group ends
_RULES_OF_VALUES = {"format", "other_formats", "decimal_separator", "thousands_separator", "time_zone"}


@dataclass(frozen=True, slots=True)
class ParquetLayout:
    """The layout of each file of an ingest.

    Attributes:
        fields: the columns of the contract that are present, in its order.
        hash: differs if the same rows would give different bytes.
    """

    fields: tuple[ArrowColumn, ...]
    hash: str

    @classmethod
    def of_contract(cls, contract: Contract, present: Sequence[str]) -> ParquetLayout:
        """The layout of files with the columns of the contract that are present."""
        columns = [column for column in contract.columns if column.name_in_file in present]
        fields = tuple(map(ArrowColumn.of_contract, columns))
        rules = [
            (field.name, str(field.type), column.rules.model_dump(mode="json", include=_RULES_OF_VALUES))
            for field, column in zip(fields, columns, strict=True)
        ]
        return cls(fields, hashlib.sha256(json.dumps(["parquet", rules]).encode()).hexdigest()[:16])

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the file."""
        return tuple(field.name for field in self.fields)

    @property
    def suffix(self) -> str:
        """How the files' names end."""
        return ".parquet"

    def write(self, batches: Iterable[Rows], target: BinaryIO) -> WrittenChunk:
        """As `ChunkLayout.write`: a row group is held until it is written."""
        schema = pa.schema([(field.name, field.type) for field in self.fields])
        stored, rows = SummedFile(target), 0
        # without Arrow's own schema, which would repeat the columns' types
        with parquet.ParquetWriter(stored, schema, compression="zstd", store_schema=False) as writer:
            for group in _groups(pa.record_batch(self._arrays(batch), schema=schema) for batch in batches):
                rows += sum(part.num_rows for part in group)
                writer.write_table(pa.Table.from_batches(group), row_group_size=_MAX_GROUP_ROWS)
        return WrittenChunk(rows, stored.size_bytes, stored.checksum, stored.checksum)

    def _arrays(self, rows: Rows) -> list[pa.Array]:
        if not rows:
            return [pa.array([], field.type) for field in self.fields]
        values = list(zip(*rows, strict=True))[: len(self.fields)]  # followed by key columns that are in no file
        return [field.array(each) for field, each in zip(self.fields, values, strict=True)]


def _groups(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """Batches that form a row group together."""
    group: list[pa.RecordBatch] = []
    rows = size_bytes = 0
    for batch in batches:
        group.append(batch)
        rows += batch.num_rows
        size_bytes += batch.nbytes
        if rows >= _GROUP_ROWS or size_bytes >= _GROUP_BYTES:
            yield group
            group, rows, size_bytes = [], 0, 0
    if rows:
        yield group

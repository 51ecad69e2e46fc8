"""The Parquet classifier: the schema is in the file's footer (G14)."""

import struct

import pyarrow as pa
import pyarrow.parquet as pq

from localstack_glue.crawlers.crawling.hive_types import STRING
from localstack_glue.crawlers.crawling.sampling import PARQUET_MAGIC
from localstack_glue.crawlers.crawling.schema import FileSchema, as_columns

TAIL_BYTES = 64 * 1024
MAX_FOOTER_BYTES = 16 * 1024 * 1024
SERDE = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
_NAMES = {
    pa.types.is_boolean: "boolean",
    pa.types.is_int8: "tinyint",
    pa.types.is_int16: "smallint",
    pa.types.is_uint8: "smallint",
    pa.types.is_int32: "int",
    pa.types.is_uint16: "int",
    pa.types.is_int64: "bigint",
    pa.types.is_uint32: "bigint",
    pa.types.is_uint64: "decimal(20,0)",
    pa.types.is_float16: "float",
    pa.types.is_float32: "float",
    pa.types.is_float64: "double",
    pa.types.is_date: "date",
    pa.types.is_timestamp: "timestamp",
    pa.types.is_time32: "int",
    pa.types.is_time64: "bigint",
    pa.types.is_duration: "bigint",
    pa.types.is_binary: "binary",
    pa.types.is_large_binary: "binary",
    pa.types.is_fixed_size_binary: "binary",
}


def footer_bytes(tail: bytes) -> int | None:
    """How many bytes of the file's end are needed, or None if it does not end as Parquet does."""
    if len(tail) < 12 or not tail.endswith(PARQUET_MAGIC):
        return None
    size: int = struct.unpack("<I", tail[-8:-4])[0]
    return size + 8 if 0 < size <= MAX_FOOTER_BYTES else None


def classify(tail: bytes, size_bytes: int) -> FileSchema | None:
    """Read the schema from the end of a file, or return None if it is broken."""
    needed = footer_bytes(tail)
    if needed is None or needed > len(tail):
        return None
    try:
        # a file of the footer alone: its offsets lead nowhere, but only its metadata is read
        metadata = pq.read_metadata(pa.BufferReader(PARQUET_MAGIC + tail[-needed:]))
        schema = metadata.schema.to_arrow_schema()
        columns = as_columns((field.name, hive_name(field.type)) for field in schema)
    except (pa.ArrowException, OSError, ValueError, RecursionError):
        return None
    if not columns:
        return None
    rows = max(0, metadata.num_rows)
    return FileSchema(
        classification="parquet",
        columns=columns,
        serde=SERDE,
        average_record_bytes=max(1, size_bytes // max(1, rows)),
        sampled_records=rows,
        record_count=rows,
    )


def hive_name(kind: pa.DataType) -> str:
    """Write an Arrow type in Hive's notation."""
    if pa.types.is_dictionary(kind):
        return hive_name(kind.value_type)
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if pa.types.is_map(kind):
        return f"map<{hive_name(kind.key_type)},{hive_name(kind.item_type)}>"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return f"array<{hive_name(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return f"struct<{','.join(f'{member.name}:{hive_name(member.type)}' for member in kind)}>"
    return next((name for is_kind, name in _NAMES.items() if is_kind(kind)), STRING)

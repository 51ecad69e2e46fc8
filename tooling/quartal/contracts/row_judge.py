"""The job's readers and its judge of rows, which need neither Spark nor AWS: the tooling imports them here alone.

They take a while to import, so modules import them only when they need them.
"""

from __future__ import annotations

from etl_job.deliveries.file_names import why_left_out
from etl_job.errors import InputError
from etl_job.judging.judge import Judge, JudgedBatch, unreadable
from etl_job.judging.values import day_of_second
from etl_job.judging.xxhash64 import hash_columns
from etl_job.lake.files import LocalObjectStore
from etl_job.reading.batches import Source, TextBatch
from etl_job.reading.csv_record_parser import RecordParser
from etl_job.reading.headers import parse_header, read_headers
from etl_job.reading.json_rows import read_object
from etl_job.reading.kernels import without_missing
from etl_job.reading.parquet_columns import parquet_columns
from etl_job.reading.parts import RawPart
from etl_job.reading.readers import DamagedFileError, read_batches
from etl_job.reading.record_boundaries import records_across_lines, records_in_lines

__all__ = [
    "DamagedFileError",
    "InputError",
    "Judge",
    "JudgedBatch",
    "LocalObjectStore",
    "RawPart",
    "RecordParser",
    "Source",
    "TextBatch",
    "day_of_second",
    "hash_columns",
    "parquet_columns",
    "parse_header",
    "read_batches",
    "read_headers",
    "read_object",
    "records_across_lines",
    "records_in_lines",
    "unreadable",
    "why_left_out",
    "without_missing",
]

"""Paths and lines of raw files, whatever is written in them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from etl_job.schemas import BLOCK, FILE_PATH, ROW


@dataclass(frozen=True, slots=True)
class Header:
    """How a file names its columns: by a line of its own as Spark reads it, or by types (``parquet_rows.py``)."""

    line: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...] = ()


def without_wildcards(uri: str) -> str:
    """A path for Spark to read, in which no character of a file's name works as a wildcard."""
    return re.sub(r"([\\\[\]{}*?])", r"\\\1", uri)


def decoded_lines(spark: SparkSession, uris: Sequence[str], encoding: str) -> DataFrame:
    """The lines that are not blank as ``value``, their bytes as ``_raw``, and ``_metadata``.

    Spark's reader takes all bytes for UTF-8, and changes none of them. Those that are no text in the encoding become
    U+FFFD, so that no reader of the quarantine stumbles over them, and what is written back then shows it.
    """
    read = spark.read.text([without_wildcards(uri) for uri in uris]).where(F.col("value") != "")
    raw = F.col("value").cast("binary")
    return read.select(F.decode(raw, encoding).alias("value"), raw.alias("_raw"), "_metadata")


def place_columns() -> list[Column]:
    """Where a row comes from: within one block of one file the number counts the rows in their order."""
    return [
        F.col("_metadata.file_path").alias(FILE_PATH),
        F.col("_metadata.file_block_start").alias(BLOCK),
        F.monotonically_increasing_id().alias(ROW),
    ]

"""Paths and lines of raw files, whatever is written in them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from etl_job.schemas import BLOCK, FILE_PATH, ROW


@dataclass(frozen=True, slots=True)
class Header:
    """How a file names its columns: by a line of its own as Spark reads it, or with types (``parquet_rows.py``).

    ``quotes`` says that its beginning has quotes, or that quotes in it are not those of CSV lines.
    """

    line: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    quotes: bool = field(default=False, compare=False)


def without_wildcards(uri: str) -> str:
    """A path for Spark to read, in which no character of a file's name works as a wildcard."""
    return re.sub(r"([\\\[\]{}*?])", r"\\\1", uri)


def text_lines(spark: SparkSession, uris: Sequence[str]) -> DataFrame:
    """The lines that are not blank, as ``value``.

    Spark's reader takes all bytes for UTF-8, and changes none of them. They have to be decoded as what they are: those
    that are no text become U+FFFD then, so that no reader of the quarantine stumbles over them, and what is written
    back shows it.
    """
    return spark.read.text([without_wildcards(uri) for uri in uris]).where(F.col("value") != "")


def value_of(text: Column, missing: Sequence[str]) -> Column:
    """A text as a value: null where it is empty, or one of those that stand for nothing."""
    there = text != ""
    return F.when(there & ~text.isin(*missing) if missing else there, text)


def place_columns() -> list[Column]:
    """Where a row comes from: within one block of one file the number counts the rows in their order."""
    return [
        # What Spark knows of the file beside the rows. Its metadata column would copy it into each of them.
        F.xxhash64(F.input_file_name()).alias(FILE_PATH),
        F.expr("input_file_block_start()").alias(BLOCK),
        F.monotonically_increasing_id().alias(ROW),
    ]

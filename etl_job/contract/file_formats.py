"""How the raw files of a feed are written: the format, and the dialect of CSV."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, model_validator

from etl_job.contract.base import Strict

LONGEST_RECORD = 1_048_576


class FileFormat(StrEnum):
    """The format of raw files."""

    CSV = "csv"
    JSON_LINES = "jsonLines"
    PARQUET = "parquet"


class RawFiles(Strict):
    """The format of all raw files of the feed."""

    format: FileFormat = Field(
        default=FileFormat.CSV, description="The format; CSV and JSON lines may be compressed with gzip."
    )


class CsvFormat(Strict):
    """The dialect of CSV files."""

    delimiter: str = Field(default=",", min_length=1, max_length=1, description="The character between two values.")
    quote_symbol: str = Field(
        default='"',
        min_length=1,
        max_length=1,
        description="The character around values that may contain the delimiter, or line breaks under `multiLine`.",
    )
    header: StrictBool = Field(
        default=True,
        description="Whether the first line names the columns; if not, files have them in the order of the contract.",
    )
    encoding: Literal["UTF-8", "ISO-8859-1", "windows-1252", "UTF-16"] = Field(
        default="UTF-8", description="The encoding of the text; `UTF-16` needs a byte order mark."
    )
    multi_line: StrictBool = Field(
        default=False,
        description="Whether quoted values may contain line breaks; each such file is read by a single task.",
    )
    max_record_bytes: StrictInt = Field(
        default=LONGEST_RECORD,
        ge=1_000,
        le=1_000_000_000,
        description="The largest size in bytes of a record with line breaks; the quote of a larger one counts as "
        "unclosed.",
    )
    escape: Annotated[str, Field(min_length=1, max_length=1)] | None = Field(
        default=None,
        description="The character that escapes a quote within quotes, and must itself be doubled; null if such a "
        "quote is doubled instead.",
    )

    @model_validator(mode="after")
    def _marks_differ(self) -> "CsvFormat":
        marks = [mark for mark in (self.delimiter, self.quote_symbol, self.escape) if mark is not None]
        if len(set(marks)) < len(marks):
            raise ValueError("delimiter, quoteSymbol and escape must be three different characters")
        if not {"\n", "\r"}.isdisjoint(marks):
            raise ValueError("delimiter, quoteSymbol and escape cannot be line breaks, which end a record")
        return self

"""Parquet files as rows of text: typed values in the forms that the contract names, so all rules hold as for CSV.

Dates and times are written in the column's ``format``, numbers in digits without zeros at the end of a fraction, with
the column's decimal separator. A number that the contract could not hold keeps Spark's text, and so breaks its rule.
Spark 3.5 reads no times of day.
https://github.com/apache/parquet-format/blob/master/LogicalTypes.md
"""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from etl_job.columns import NUMERIC
from etl_job.columns import Column as ContractColumn
from etl_job.contract import Contract
from etl_job.errors import InputError
from etl_job.object_store import ObjectStore
from etl_job.raw_files import Header, value_of, without_wildcards
from etl_job.schemas import (
    BLOCK,
    DECODABLE,
    FILE_PATH,
    FRACTION_DIGITS,
    LINE,
    NO_BLOCK,
    ROW,
    WELL_FORMED,
    value_column,
)

_TAIL_BYTES = 64 * 1024
_MAGIC = b"PAR1"
_NANOSECONDS = {True: "nanoseconds", False: "nanoseconds_ntz"}  # no types of Spark's, which reads them as numbers
_PHYSICAL = {
    "BOOLEAN": "boolean",
    "INT32": "int",
    "INT64": "bigint",
    "INT96": "timestamp",
    "FLOAT": "float",
    "DOUBLE": "double",
}
_INTEGERS = {(8, True): "tinyint", (16, True): "smallint", (32, True): "int", (64, True): "bigint"}
_INTEGERS |= {(8, False): "smallint", (16, False): "int", (32, False): "bigint", (64, False): "decimal(20,0)"}
_TEXTS = ("String", "Enum", "JSON")
_NUMBERS = ("tinyint", "smallint", "int", "bigint", "float", "double", "decimal")
_NOTHING = "nothing"  # a column without a value, as pandas writes one of None alone
_READ_AS = {**dict.fromkeys(_NANOSECONDS.values(), "bigint"), _NOTHING: "int"}
_NESTED = "nested values"
_TWICE = "twice"  # Spark tells no capitals from small letters
_MOMENTS, _LOCAL_TIMES = ("timestamp", "nanoseconds"), ("timestamp_ntz", "nanoseconds_ntz")


def parquet_header(store: ObjectStore, uri: str, contract: Contract) -> Header:
    """The columns of a file that the contract knows, with Spark's types for them, from the file's footer.

    Raises InputError where the file is none, lacks a required column, or has one whose values cannot become the
    contract's.
    """
    try:
        found = _kinds(_footer(store, uri))
    except (pa.ArrowException, ValueError, KeyError) as error:
        raise InputError(
            f"{uri} is no Parquet file, or damaged ({' '.join(repr(error).split())[:200]}). Deliver it again; nothing "
            "was written"
        ) from error
    missing = [c.name_in_file for c in contract.columns if c.required and c.name_in_file.lower() not in found]
    if missing:
        raise InputError(
            f"{uri} lacks the required column {', '.join(missing)}; it has {', '.join(found)}. Correct the file or the "
            "contract; nothing was written"
        )
    present = [column for column in contract.columns if column.name_in_file.lower() in found]
    for column in present:
        problem = _problem(column, found[column.name_in_file.lower()])
        if problem:
            raise InputError(f"{uri}: column {column.name_in_file} {problem}; nothing was written")
    kinds = tuple(found[column.name_in_file.lower()] for column in present)
    return Header("", tuple(column.name for column in present), kinds, quotes=True)


def parquet_rows(spark: SparkSession, uris: Sequence[str], header: Header, contract: Contract) -> DataFrame:
    """Every row as values by column name; its raw text is JSON of these."""
    kinds = dict(zip(header.columns, header.kinds, strict=True))
    present = [column for column in contract.columns if column.name in kinds]
    read = ", ".join(f"{_quoted(column)} {_READ_AS.get(kinds[column.name], kinds[column.name])}" for column in present)
    rows = (
        spark.read.schema(read)
        .option("recursiveFileLookup", "true")  # else a folder delivery=<name> would become a column
        .option("datetimeRebaseMode", "CORRECTED")
        .option("int96RebaseMode", "CORRECTED")
        .parquet(*(without_wildcards(uri) for uri in uris))
    )
    texts = {c.name: value_of(_text(c, kinds[c.name]), contract.missing_texts(c)) for c in present}
    known = rows.select(
        F.xxhash64(F.input_file_name()).alias(FILE_PATH),
        F.lit(NO_BLOCK).cast("long").alias(BLOCK),
        F.col("_metadata.row_index").alias(ROW),
        *(text.alias(value_column(name)) for name, text in texts.items()),
    )
    all_values = F.struct(*(F.col(value_column(name)).alias(name) for name in texts))
    values = (
        F.col(value_column(c.name)) if c.name in texts else F.lit(None).cast("string").alias(value_column(c.name))
        for c in contract.columns
    )
    return known.select(
        F.to_json(all_values, {"ignoreNullFields": "false"}).alias(LINE),
        *(FILE_PATH, BLOCK, ROW),
        F.lit(True).alias(WELL_FORMED),
        F.lit(True).alias(DECODABLE),
        *values,
    )


def _footer(store: ObjectStore, uri: str) -> bytes:
    """The file without its data."""
    tail = store.read_end(uri, _TAIL_BYTES)
    if tail[-4:] != _MAGIC:
        raise ValueError("its last bytes are not PAR1")
    needed = int.from_bytes(tail[-8:-4], "little") + 8
    if needed > len(tail):
        tail = store.read_end(uri, needed)
    return _MAGIC + tail[-needed:]


def _kinds(footer: bytes) -> dict[str, str]:
    """The kinds of the columns by their names in small letters. Raises ValueError or KeyError for a damaged footer."""
    try:
        schema = pq.ParquetFile(pa.BufferReader(footer)).schema
    except OSError as error:  # Arrow's word for what it cannot make sense of
        raise ValueError(str(error)) from error
    found: dict[str, str] = {}
    for leaf in (schema.column(place) for place in range(len(schema))):
        name, kind = _name(leaf).lower(), _kind(leaf)
        is_part = kind == _NESTED and found.get(name, _NESTED) == _NESTED  # one column has many leaves
        found[name] = kind if name not in found or is_part else _TWICE
    return found


def _name(leaf: Any) -> str:
    """The name of a leaf's column, in which a dot is a letter like any other."""
    return str(leaf.path if leaf.path == leaf.name else leaf.path.partition(".")[0])


def _kind(leaf: Any) -> str:
    """Spark's type of a column, or what it is in words that ``_problem`` refuses."""
    logical = json.loads(leaf.logical_type.to_json())
    name = logical["Type"]
    if leaf.path != leaf.name or leaf.max_repetition_level:
        return _NESTED
    if name == "Timestamp":
        is_moment = bool(logical["isAdjustedToUTC"])
        if logical["timeUnit"] == "nanoseconds":
            return _NANOSECONDS[is_moment]
        return "timestamp" if is_moment else "timestamp_ntz"
    if name == "Int":
        return _INTEGERS[logical["bitWidth"], logical["isSigned"]]
    if name == "Decimal":
        return f"decimal({logical['precision']},{logical['scale']})"
    if name == "Date":
        return "date"
    if name in _TEXTS:
        return "string"
    if name == "Null":
        return _NOTHING
    if name in ("None", "Undefined") and leaf.physical_type in _PHYSICAL:
        return _PHYSICAL[leaf.physical_type]
    return f"{leaf.physical_type} values" if name in ("None", "Undefined") else f"{name} values"


def _problem(column: ContractColumn, kind: str) -> str | None:
    if kind == _TWICE:
        return "is there twice, in the same letters or in capitals: leave one, since nothing says which is meant"
    if kind.endswith(" values"):
        return f"holds {kind}, which the job does not read: write text, numbers, booleans, dates or timestamps"
    wanted, is_number = column.logical_type, kind.partition("(")[0] in _NUMBERS
    if kind in ("string", _NOTHING) or (wanted == "date" and kind in _LOCAL_TIMES):
        return None
    if wanted == "string" and not column.rules.layouts and (is_number or kind == "boolean"):
        return None
    if wanted == "timestamp" and kind in (*_MOMENTS, *_LOCAL_TIMES):
        has_offset = "offset" in column.rules.layouts[0].parts
        if has_offset == (kind in _MOMENTS):
            return None
        return (
            "holds moments (timestamps in UTC): give the contract a format with an offset (XXX)"
            if kind in _MOMENTS
            else "holds times without a zone: give the contract a format without an offset, and a timeZone"
        )
    fits = is_number if wanted in NUMERIC else kind == wanted and wanted in ("boolean", "date")
    return None if fits else f"holds values of type {kind}, and the contract wants {wanted}"


def _text(column: ContractColumn, kind: str) -> Column:
    name = _quoted(column)
    value = F.col(name)
    if kind == "string":
        return value
    if kind == _NOTHING:
        return F.lit(None).cast("string")
    if kind in _NANOSECONDS.values():
        value = F.timestamp_micros(F.expr(f"({name} - pmod({name}, 1000)) div 1000"))
    if column.logical_type == "date" and kind in _LOCAL_TIMES:
        # a day is written as its midnight; any other time is no date, and its text none either
        is_midnight = F.date_format(value, "HHmmssSSSSSS") == "000000000000"
        return F.when(is_midnight, F.date_format(value, column.rules.layouts[0].text)).otherwise(value.cast("string"))
    if column.logical_type in ("date", "timestamp"):
        return F.date_format(value, column.rules.layouts[0].text)
    if kind == "boolean":
        return value.cast("string")
    digits = _digits(value, kind, column.rules.rounding)
    return F.translate(digits, ".", ",") if column.rules.decimal_separator == "," else digits


def _quoted(column: ContractColumn) -> str:
    name = column.name_in_file.replace("`", "``")
    return f"`{name}`"


def _digits(value: Column, kind: str, rounding: int | None) -> Column:
    exact = value.cast("string").cast("decimal(38,18)") if kind in ("float", "double") else value
    if rounding is not None and kind.partition("(")[0] in ("float", "double", "decimal"):
        exact = F.round(exact, rounding)
    plain = exact.cast(f"decimal(38,{FRACTION_DIGITS})")
    text = F.regexp_replace(plain.cast("string"), r"\.?0+\z", "")
    return F.when(plain == exact, text).otherwise(value.cast("string"))

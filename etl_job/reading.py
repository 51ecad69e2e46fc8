"""Raw files as rows of text: which columns a file has, and how its lines become values.

Lines of CSV are split by the delimiter where they hold no quote, which costs half of what a CSV parser does, and parsed
as CSV where they do. The other formats are in modules of their own.
"""

import csv
import gzip
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from io import BytesIO
from string import ascii_letters, digits
from urllib.parse import quote

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from etl_job.contract import Contract, FileFormat
from etl_job.errors import InputError
from etl_job.json_rows import json_rows
from etl_job.multi_line import multi_line_records
from etl_job.object_store import ObjectStore
from etl_job.parquet_rows import parquet_rows
from etl_job.raw_files import Header, decoded_lines, place_columns
from etl_job.schemas import BLOCK, DECODABLE, FILE, FILE_PATH, LINE, ROW, WELL_FORMED, value_column

HEAD_BYTES = 64 * 1024
_UNQUOTED = frozenset(ascii_letters + digits + "/_-!.~'()*,;:$&+=@")
_BYTE_ORDER_MARK = "\ufeff"


def parse_header(head: bytes, uri: str, contract: Contract) -> Header:
    """Read the header from a file's first bytes; raise InputError where a required column is missing."""
    if uri.endswith(".gz"):
        try:
            head = zlib.decompressobj(wbits=31).decompress(head)
        except zlib.error as error:
            raise InputError(
                f"{uri} cannot be unpacked ({error}): it is no gzip file, or damaged. Deliver it again; nothing was "
                "written"
            ) from error
    first = re.split(rb"\r\n|\r|\n", head, maxsplit=1)[0]
    line = first.decode(contract.csv.encoding, errors="replace")
    line = line.removeprefix(_BYTE_ORDER_MARK)  # which Spark's reader takes away as well
    form = contract.csv
    reader = csv.reader([line], delimiter=form.delimiter, quotechar=form.quote_symbol, escapechar=form.escape)
    columns = tuple(name.strip() for name in next(reader, []))
    missing = [c.name for c in contract.columns if c.required and c.name not in columns]
    if missing:
        raise InputError(
            f"{uri} lacks the required column {', '.join(missing)}; its header is {line[:200]!r}. "
            "Correct the file or the contract; nothing was written"
        )
    return Header(line, columns)


def read_rows(spark: SparkSession, headers: Mapping[str, Header], contract: Contract) -> DataFrame:
    """Every row of the files, as text values by column name, with the place it comes from.

    ``headers`` maps a file's URI to its header. Header lines and blank lines are no rows. Columns that the contract
    does not know are left out, optional ones that a file lacks are null.
    """
    by_header: dict[Header, list[str]] = {}
    for uri, header in headers.items():
        by_header.setdefault(header, []).append(uri)
    if not by_header:
        values = (f"{value_column(column.name)} string" for column in contract.columns)
        schema = f"{LINE} string, {FILE_PATH} string, {BLOCK} bigint, {ROW} bigint"
        schema += f", {WELL_FORMED} boolean, {DECODABLE} boolean"
        return spark.createDataFrame([], ", ".join([schema, *values]))
    return reduce(
        DataFrame.unionByName,
        (_rows_of(spark, uris, header, contract) for header, uris in by_header.items()),
    )


def number_files(rows: DataFrame, file_order: Sequence[str]) -> DataFrame:
    """Add each row's file as a number: its place in ``file_order``. A row of any other file is dropped."""
    paths = F.array(*(F.lit(spark_path(uri)) for uri in file_order))
    # A literal, and so a local relation: a DataFrame from Python rows would cost a job of its own.
    numbers = rows.sparkSession.range(1).select(F.posexplode(paths).alias(FILE, FILE_PATH))
    return rows.join(F.broadcast(numbers), FILE_PATH, "inner").drop(FILE_PATH)


def spark_path(uri: str) -> str:
    """A file's URI as Spark's metadata column writes it: no empty host, and quoted as ``java.net.URI`` does."""
    scheme, _, rest = uri.partition("://")
    quoted = "".join(c if ord(c) > 127 or c in _UNQUOTED else quote(c, safe="") for c in rest)
    return f"{scheme}:{quoted}" if scheme == "file" else f"{scheme}://{quoted}"


def is_unpacking_error(message: str) -> bool:
    """Whether Spark failed since a packed file could not be unpacked; its message does not name the file."""
    return re.search(r"ZipException|EOFException|not a gzip file", message) is not None


def first_damaged(store: ObjectStore, uris: Iterable[str]) -> str | None:
    """The first gzip file that cannot be unpacked to its end; reads them whole, one at a time."""
    for uri in uris:
        if not uri.endswith(".gz"):
            continue
        try:
            with gzip.open(BytesIO(store.read(uri))) as unpacked:
                while unpacked.read(1_000_000):
                    pass
        except (OSError, EOFError, zlib.error):
            return uri
    return None


def _rows_of(spark: SparkSession, uris: Sequence[str], header: Header, contract: Contract) -> DataFrame:
    if contract.files.format is FileFormat.JSON_LINES:
        return json_rows(spark, uris, contract)
    if contract.files.format is FileFormat.PARQUET:
        return parquet_rows(spark, uris, header, contract)
    if contract.csv.multi_line:
        lines = multi_line_records(spark, uris, len(header.columns), contract.csv)
    else:
        lines = decoded_lines(spark, uris, contract.csv.encoding)
    if contract.csv.header:
        lines = lines.where(F.col("value") != header.line)
    width = len(header.columns)
    numbered = lines.select(
        F.col("value").alias(LINE),
        *place_columns(),
        (F.encode(F.col("value"), contract.csv.encoding) == F.col("_raw")).alias(DECODABLE),
        _split(F.col("value"), contract).alias("plain"),
        _parsed_if_quoted(F.col("value"), width, contract).alias("quoted"),
    )
    is_plain = F.col("quoted").isNull()
    well_formed = F.when(is_plain, F.size("plain") == width).otherwise(F.col("quoted.malformed").isNull())
    return numbered.select(
        LINE,
        FILE_PATH,
        BLOCK,
        ROW,
        well_formed.alias(WELL_FORMED),
        DECODABLE,
        *(_value(header.columns, column.name).alias(value_column(column.name)) for column in contract.columns),
    )


def _value(columns: Sequence[str], name: str) -> Column:
    if name not in columns:
        return F.lit(None).cast("string")
    place = columns.index(name)
    text = F.when(F.col("quoted").isNull(), F.get("plain", F.lit(place))).otherwise(F.col(f"quoted.v{place}"))
    return F.when(text != "", text)  # an empty value is a missing one


def _split(line: Column, contract: Contract) -> Column:
    delimiter = contract.csv.delimiter
    # Java splits by one character, or one escaped, without its regular expressions.
    return F.split(line, f"\\{delimiter}" if delimiter in ".$|()[]{}^?*+\\" else delimiter, -1)


def _parsed_if_quoted(line: Column, width: int, contract: Contract) -> Column:
    form = contract.csv
    fields = ", ".join(f"v{position} string" for position in range(width))
    parsed = F.from_csv(
        line,
        f"{fields}, malformed string",
        {
            "sep": form.delimiter,
            "quote": form.quote_symbol,
            "escape": form.escape or form.quote_symbol,
            "mode": "PERMISSIVE",
            "columnNameOfCorruptRecord": "malformed",
        },
    )
    return F.when(line.contains(form.quote_symbol), parsed)

"""Raw files as rows of text: which columns a file has, and how its lines become values.

Lines of CSV are split by the delimiter where they hold no quote, which costs half of what a CSV parser does, and parsed
as CSV where they do. The other formats are in modules of their own.
"""

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from string import ascii_letters, digits
from urllib.parse import quote

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from etl_job.contract import Contract, FileFormat
from etl_job.errors import InputError
from etl_job.json_rows import json_rows
from etl_job.multi_line import multi_line_records
from etl_job.object_store import ObjectStore
from etl_job.packed_files import READ_ERRORS, unpacked_beginning, why_unread
from etl_job.parquet_rows import parquet_rows
from etl_job.raw_files import Header, place_columns, text_lines, value_of
from etl_job.schemas import BLOCK, DECODABLE, FILE, FILE_PATH, LINE, ROW, WELL_FORMED, value_column

HEAD_BYTES = 64 * 1024
_FEW_FILES = 64  # to look through these for each row costs less than a join, and the Spark job that a join takes
_UNQUOTED = frozenset(ascii_letters + digits + "/_-!.~'()*,;:$&+=@")
_BYTE_ORDER_MARK = "\ufeff"
_REPLACEMENT = "\ufffd"


def parse_header(head: bytes, uri: str, contract: Contract) -> Header:
    """Read the header from a file's first bytes; raise InputError where a required column is missing."""
    if uri.endswith(".gz"):
        try:
            head = unpacked_beginning(head, HEAD_BYTES)
        except READ_ERRORS as error:
            raise InputError(
                f"{uri} cannot be unpacked ({error}): it is no gzip file, or damaged. Deliver it again; nothing was "
                "written"
            ) from error
    end = re.search(rb"\r\n|\r|\n", head)
    if contract.csv.multi_line and end and end[0] == b"\r":
        raise InputError(
            f"{uri} ends its lines with CR alone, which is part of a value where the contract says multiLine: end them "
            "with LF, and deliver it again; nothing was written"
        )
    first = head[: end.start()] if end else head
    line = first.decode(contract.csv.encoding, errors="replace")
    line = line.removeprefix(_BYTE_ORDER_MARK)  # which Spark's reader takes away as well
    form = contract.csv
    reader = csv.reader([line], delimiter=form.delimiter, quotechar=form.quote_symbol, escapechar=form.escape)
    try:
        named = tuple(name.strip() for name in next(reader, []))
    except csv.Error as error:
        raise InputError(
            f"{uri} has no header that can be read ({error}); it begins with {line[:200]!r}. Correct the file; nothing "
            "was written"
        ) from error
    missing = [c.name_in_file for c in contract.columns if c.required and c.name_in_file not in named]
    if missing:
        raise InputError(
            f"{uri} lacks the required column {', '.join(missing)}; its header is {line[:200]!r}. "
            "Correct the file or the contract; nothing was written"
        )
    twice = [c.name_in_file for c in contract.columns if named.count(c.name_in_file) > 1]
    if twice:
        raise InputError(
            f"{uri} names {', '.join(twice)} twice: which one is meant? Its header is {line[:200]!r}. Correct the "
            "file; nothing was written"
        )
    # From here on columns have the contract's names; one that it calls otherwise must not pass for another.
    known = {column.name_in_file: column.name for column in contract.columns}
    taken = set(known.values())
    columns = tuple(known.get(name, f"?{name}" if name in taken else name) for name in named)
    return Header(line, columns, quotes=form.multi_line or form.quote_symbol.encode(form.encoding) in head)


def read_rows(
    spark: SparkSession, headers: Mapping[str, Header], contract: Contract, parse_quoted: bool = True
) -> DataFrame:
    """Every row of the files, as text values by column name, with the place it comes from.

    ``headers`` maps a file's URI to its header. Header lines and blank lines are no rows. Columns that the contract
    does not know are left out, optional ones that a file lacks are null. Without ``parse_quoted`` lines are split at
    their delimiters, whether they hold quotes or not.
    """
    by_header: dict[Header, list[str]] = {}
    for uri, header in headers.items():
        by_header.setdefault(header, []).append(uri)
    if not by_header:
        values = (f"{value_column(column.name)} string" for column in contract.columns)
        schema = f"{LINE} string, {FILE_PATH} bigint, {BLOCK} bigint, {ROW} bigint"
        schema += f", {DECODABLE} boolean, {WELL_FORMED} boolean"
        return spark.createDataFrame([], ", ".join([schema, *values]))
    return reduce(
        DataFrame.unionByName,
        (_rows_of(spark, uris, header, contract, parse_quoted) for header, uris in by_header.items()),
    )


def parse_lines(
    lines: DataFrame, headers: Mapping[str, Header], file_order: Sequence[str], contract: Contract
) -> DataFrame:
    """The rows in lines that hold quotes, of which text, number of the file, block, row and decodability are known."""
    by_header: dict[Header, list[int]] = {}
    for number, uri in enumerate(file_order):
        by_header.setdefault(headers[uri], []).append(number)
    return reduce(
        DataFrame.unionByName,
        (
            _with_values(lines.where(F.col(FILE).isin(numbers)), header, contract, parse_quoted=True)
            for header, numbers in by_header.items()
        ),
    )


def number_files(rows: DataFrame, file_order: Sequence[str]) -> DataFrame:
    """Add each row's file as a number: its place in ``file_order``, which names all of them."""
    # Found by a hash: a path is as long as a row, and would be compared once for each.
    paths = F.array(*(F.xxhash64(F.lit(spark_path(uri))) for uri in file_order))
    if len(file_order) <= _FEW_FILES:
        place = F.call_function("array_position", paths, F.col(FILE_PATH)).cast("int") - 1
        return rows.withColumn(FILE, place).drop(FILE_PATH)
    # A literal, and so a local relation: a DataFrame from Python rows would cost a job of its own.
    numbers = rows.sparkSession.range(1).select(F.posexplode(paths).alias(FILE, FILE_PATH))
    return rows.join(F.broadcast(numbers), FILE_PATH, "inner").drop(FILE_PATH)


def spark_path(uri: str) -> str:
    """A file's URI as Spark's ``input_file_name`` gives it: quoted as ``java.net.URI`` does."""
    scheme, _, rest = uri.partition("://")
    return f"{scheme}://{''.join(c if ord(c) > 127 or c in _UNQUOTED else quote(c, safe='') for c in rest)}"


def is_unpacking_error(message: str) -> bool:
    """Whether Spark may have failed since Java or Python could not unpack a file, which the message does not name."""
    # Hadoop's decompressors have errors of many types and words: what they share is where they come from.
    return re.search(r"ZipException|EOFException|EOFError|gzip|Gzip|zlib|Decompressor", message) is not None


def unread_files(store: ObjectStore, uris: Iterable[str]) -> dict[str, str]:
    """The gzip files that Spark cannot unpack to their end, with the reason; reads them whole, one at a time."""
    found = {}
    for uri in uris:
        if uri.endswith(".gz"):
            with store.open(uri) as packed:
                reason = why_unread(packed)
            if reason is not None:
                found[uri] = reason
    return found


def _rows_of(
    spark: SparkSession, uris: Sequence[str], header: Header, contract: Contract, parse_quoted: bool
) -> DataFrame:
    if contract.files.format is FileFormat.JSON_LINES:
        return json_rows(spark, uris, contract)
    if contract.files.format is FileFormat.PARQUET:
        return parquet_rows(spark, uris, header, contract)
    return _with_values(_lines_of(spark, uris, header, contract), header, contract, parse_quoted)


def _lines_of(spark: SparkSession, uris: Sequence[str], header: Header, contract: Contract) -> DataFrame:
    form = contract.csv
    if form.multi_line:
        records = multi_line_records(spark, uris, len(header.columns), form)
        read = records.where(F.col("value") != header.line) if form.header else records
        line, raw = F.col("value"), F.col("_raw")
    else:
        read, raw = text_lines(spark, uris), F.col("value").cast("binary")
        line = F.decode(raw, form.encoding)
        if form.header:
            # The bytes are those of the header where it is UTF-8; else they have to be decoded, row by row.
            is_plain = header.line.isascii() or (form.encoding == "UTF-8" and _REPLACEMENT not in header.line)
            read = read.where((F.col("value") if is_plain else line) != header.line)
    lines = read.select(line.alias(LINE), raw.alias("_raw"), *place_columns())
    # Spark's strings are UTF-8 themselves.
    written_back = F.col(LINE).cast("binary") if form.encoding == "UTF-8" else F.encode(F.col(LINE), form.encoding)
    decodable = written_back == F.col("_raw")
    return lines.select(LINE, FILE_PATH, BLOCK, ROW, decodable.alias(DECODABLE))


def _with_values(lines: DataFrame, header: Header, contract: Contract, parse_quoted: bool) -> DataFrame:
    width = len(header.columns)
    plain = _split(F.col(LINE), contract).alias("plain")
    if not parse_quoted:
        values = {name: F.get("plain", F.lit(place)) for place, name in enumerate(header.columns)}
        split, well_formed = lines.select("*", plain), F.size("plain") == width
    else:
        split = lines.select("*", plain, _parsed_if_quoted(F.col(LINE), width, contract).alias("quoted"))
        is_plain = F.col("quoted").isNull()
        values = {
            name: F.when(is_plain, F.get("plain", F.lit(place))).otherwise(F.col(f"quoted.v{place}"))
            for place, name in enumerate(header.columns)
        }
        well_formed = F.when(is_plain, F.size("plain") == width).otherwise(F.col("quoted.malformed").isNull())
    return split.select(
        *lines.columns,
        well_formed.alias(WELL_FORMED),
        *(
            _value(values.get(column.name), contract.missing_texts(column)).alias(value_column(column.name))
            for column in contract.columns
        ),
    )


def _value(text: Column | None, missing: Sequence[str]) -> Column:
    return F.lit(None).cast("string") if text is None else value_of(text, missing)


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

"""CSV with an escape character: the character after it counts as it is, inside and outside quotes.

Follows `escaper` on the page "Using the CSV format in AWS Glue" of the AWS Glue Developer Guide. Spark's reader knows
escaped quotes only, so files in which the escape character occurs are read here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pyspark import RDD
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue.errors import GlueDataError, unsupported
from awsglue.paths import repeated

_CONTROL = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}


def read(
    session: SparkSession, files: Sequence[str], options: Mapping[str, str], *, skips_first: bool
) -> DataFrame | None:
    """Read files as columns of text; None if none of them has an escape character.

    Raises:
        GlueDataError: a line has more values than there are names.
    """
    has_header = options["header"] == "true" and not skips_first
    texts = session.read.format("text").options(**options).option("wholetext", "true").load(list(files))
    if not texts.where(F.contains("value", F.lit(options["escape"]))).take(1):
        return None

    def rows(text: str) -> list[list[str]]:
        return list(lines(text.lstrip("\ufeff"), options))

    tables: RDD[list[list[str]]] = texts.rdd.map(lambda row: rows(row[0])).filter(bool)
    headers = tables.map(lambda table: (table[0] if has_header else [], max(map(len, table)))).collect()
    if has_header:
        names = list(dict.fromkeys(name for header, _ in headers for name in header))
        if twice := next(filter(None, (repeated(header) for header, _ in headers)), None):
            unsupported(f"CSV whose header has the name {', '.join(twice)} more than once", "rename one")
        if wide := [header for header, width in headers if width > len(header)]:
            raise GlueDataError(f"a line has more values than the header {options['sep'].join(wide[0])} has names")
    else:
        names = [f"col{number}" for number in range(max((width for _, width in headers), default=0))]

    def values(table: list[list[str]]) -> Iterator[tuple[str | None, ...]]:
        own = table[0] if has_header else names
        for row in table[1:] if has_header or skips_first else table:
            known = dict(zip(own, row, strict=False))
            yield tuple(known.get(name) for name in names)

    schema = T.StructType([T.StructField(name, T.StringType()) for name in names])
    return session.createDataFrame(tables.flatMap(values), schema, verifySchema=False)


def lines(text: str, options: Mapping[str, str]) -> Iterator[list[str]]:
    """The values of each line. A quoted value goes on over the end of a line only with `multiLine`."""
    separator, quote, escape = options["sep"], options["quote"], options["escape"]
    goes_on = options["multiLine"] == "true"
    row, value, is_quoted, is_blank, position = list[str](), "", False, True, 0
    while position < len(text):
        here = text[position]
        after = text[position + 1 : position + 2]
        width = 1
        is_blank = is_blank and here in "\r\n"
        if here == escape and after:
            value += _CONTROL.get(after, after)
            width = 2
        elif here in "\r\n" and not (is_quoted and goes_on):
            if not is_blank:
                yield [*row, value]
            row, value, is_quoted, is_blank, position = [], "", False, True, position + 1
            continue
        elif here == quote and is_quoted and after == quote:
            value += quote
            width = 2
        elif here == quote and (is_quoted or not value):
            is_quoted = not is_quoted
        elif not is_quoted and text.startswith(separator, position):
            row.append(value)
            value, width = "", len(separator)
        else:
            value += here
        position += width
    if not is_blank:
        yield [*row, value]

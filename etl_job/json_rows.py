"""JSON lines as rows of text: one object a line, found by the names of its members.

A value is the text that it is written as: of a string what stands between its quotes, escapes resolved; of a number its
digits, which a parser would round; ``true`` or ``false``; a nested value is JSON in which numbers are quoted. ``null``
and members that are not there are missing values. Of a name that comes twice the last value counts.
"""

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from etl_job.contract import Contract
from etl_job.raw_files import place_columns, text_lines, value_of
from etl_job.schemas import BLOCK, DECODABLE, FILE_PATH, LINE, ROW, WELL_FORMED, value_column

# Strings are passed over whole, and each match begins where the last one ended: so numbers within strings stay.
_BEFORE_NUMBER = r'\G((?:[^"\-0-9]|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+)'
_NUMBER = r"(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+)"
_END = "_end"
_STRICT = {"allowSingleQuotes": "false", "allowNonNumericNumbers": "false"}


def json_rows(spark: SparkSession, uris: Sequence[str], contract: Contract) -> DataFrame:
    """Every line as values by column name. One that is not exactly one JSON object is not well formed."""
    names = [column.name_in_file.replace("`", "``") for column in contract.columns]
    members = ", ".join(f"`{name}` string" for name in (*names, _END))
    raw = F.col("value").cast("binary")
    line = F.decode(raw, "UTF-8")
    numbers_quoted = F.regexp_replace(line, _BEFORE_NUMBER + _NUMBER, '$1"$2"')
    # An array with a mark at its end: the parser stops at the end of a value, and what comes after must not be lost.
    both = F.concat(F.lit("["), numbers_quoted, F.lit(f',{{"{_END}":"1"}}]'))
    parsed = text_lines(spark, uris).select(
        line.alias(LINE),
        *place_columns(),
        (F.encode(line, "UTF-8") == raw).alias(DECODABLE),
        F.from_json(both, f"array<struct<{members}>>", _STRICT).alias("both"),
    )
    is_one = (F.size("both") == 2) & F.get("both", F.lit(0)).isNotNull() & (F.col("both")[1][_END] == "1")
    found = parsed.select(
        LINE,
        FILE_PATH,
        BLOCK,
        ROW,
        F.coalesce(is_one, F.lit(False)).alias(WELL_FORMED),
        DECODABLE,
        F.get("both", F.lit(0)).alias("row"),
    )
    texts = (F.when(F.col(WELL_FORMED), F.col(f"row.`{name}`")) for name in names)
    return found.select(
        *(LINE, FILE_PATH, BLOCK, ROW, WELL_FORMED, DECODABLE),
        *(
            value_of(text, contract.missing_texts(column)).alias(value_column(column.name))
            for column, text in zip(contract.columns, texts, strict=True)
        ),
    )

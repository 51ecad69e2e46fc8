"""Records of CSV files in which a quoted value may hold line breaks, as their raw text.

Spark splits its text files by lines, so only its CSV reader finds such records, and it hands the raw text out for
records that it could not parse. So it is asked for more columns than a record has, which makes each of them one of
those; what is in a record is then read as it is from a line.
"""

from collections.abc import Sequence

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from etl_job.contract import CsvFormat
from etl_job.raw_files import without_wildcards

_RAW = "_record"
_BEYOND = 61  # more columns than any record has; one that had just so many would be shown with its values joined anew
_REPLACEMENT = "\ufffd"  # what bytes become that are no text


def multi_line_records(spark: SparkSession, uris: Sequence[str], width: int, form: CsvFormat) -> DataFrame:
    """The records that are not blank as ``value``, and their bytes as ``_raw``.

    Files are not split between tasks. ``_raw`` is encoded anew, and differs where a byte was no text.
    """
    places = [f"_{place}" for place in range(width + _BEYOND)]
    read = (
        spark.read.schema(", ".join(f"{name} string" for name in (*places, _RAW)))
        .options(
            mode="PERMISSIVE",
            multiLine=True,
            columnPruning=False,  # it must know how many values there are
            columnNameOfCorruptRecord=_RAW,
            recursiveFileLookup=True,
            sep=form.delimiter,
            quote=form.quote_symbol,
            escape=form.escape or form.quote_symbol,
            encoding=form.encoding,
            lineSep="\n",
            maxColumns=width + _BEYOND + 20_000,
        )
        .csv([without_wildcards(uri) for uri in uris])
    )
    joined = F.concat_ws(form.delimiter, *(F.coalesce(F.col(name), F.lit("")) for name in places))
    record = F.regexp_replace(F.coalesce(_RAW, joined), r"\r\z", "")
    found = read.select(record.alias("value")).where(F.col("value") != "")
    unreadable = F.col("value").contains(_REPLACEMENT)
    raw = F.encode(F.when(unreadable, F.lit("")).otherwise(F.col("value")), form.encoding)
    return found.select("value", raw.alias("_raw"))

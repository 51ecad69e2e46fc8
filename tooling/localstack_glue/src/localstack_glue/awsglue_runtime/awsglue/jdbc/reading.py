"""Reading from a database: a table or a query, in parallel if requested."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from awsglue.bookmarks import Bookmark
from awsglue.errors import GlueDataError, unsupported
from awsglue.formats import is_true
from awsglue.jdbc import bookmark_keys, hashing
from awsglue.jdbc.endpoint import Endpoint, table_name

_OWN = {
    "dbtable",
    "dbTable",
    "query",
    "sampleQuery",
    "sampleSize",
    "enablePartitioningForSampleQuery",
    "filterPredicate",
    "hashfield",
    "hashexpression",
    "hashpartitions",
    *bookmark_keys.OPTIONS,
}


@dataclass(frozen=True)
class Reading:
    """A read from a database."""

    session: SparkSession
    bookmark: Bookmark | None
    context: str


def read(reading: Reading, endpoint: Endpoint) -> DataFrame:
    """Read the table or query of the options; with a bookmark, only rows with new keys."""
    options = endpoint.options
    source, passed = build_source(options), {k: str(v) for k, v in options.items() if k not in _OWN}
    is_whole = _sample(options) is None or is_true(options.get("enablePartitioningForSampleQuery"))
    bookmark_keys.check(options)

    def load(**more: str) -> DataFrame:
        jdbc_properties = {**passed, **endpoint.properties, **more}
        frame = reading.session.read.format("jdbc").options(**jdbc_properties).option("url", endpoint.url)
        frame = frame.option("dbtable", source)
        loaded = frame.load()
        parts = hashing.conditions(endpoint.vendor, options, loaded.columns) if is_whole else []
        if not parts:
            return loaded
        return reading.session.read.jdbc(endpoint.url, source, predicates=parts, properties=jdbc_properties)

    bookmark = reading.bookmark
    if bookmark is None or not bookmark.tracks(reading.context):
        frame = load()
    else:
        table = table_name(options)
        if options.get("sampleSize") is not None:  # rows beyond the sample would count as read by the bookmark
            unsupported("sampleSize with a job bookmark", "leave transformation_ctx out")
        frame = bookmark_keys.new_rows(bookmark, reading.context, endpoint, table, options, load)
    size = options.get("sampleSize")
    return frame if size is None else frame.limit(int(size))


def _sample(options: Mapping[str, Any]) -> str | None:
    return options.get("sampleQuery")


def build_source(options: Mapping[str, Any]) -> str:
    """The source for Spark: a table's name, or a query in parentheses, filtered by filterPredicate."""
    source, condition = _unfiltered(options), options.get("filterPredicate")
    # each part from the script ends with a line break: it may end with a comment
    return f"(select * from {source} where {condition}\n) filtered" if condition else source  # noqa: S608


def _unfiltered(options: Mapping[str, Any]) -> str:
    table, query, sample = table_name(options), options.get("query"), _sample(options)
    if sample:
        text = _statement(sample)
        if is_true(options.get("enablePartitioningForSampleQuery")):
            if not text.lower().split()[-1:] or text.lower().split()[-1] not in ("where", "and"):
                raise GlueDataError("enablePartitioningForSampleQuery: sampleQuery must end with where or and")
            text += " 1 = 1"
        elif options.get("sampleSize") is not None:
            raise GlueDataError("sampleSize needs enablePartitioningForSampleQuery; or put a limit into sampleQuery")
        return f"({text}\n) sample_query"
    if table and query:
        raise GlueDataError("dbtable and query are both set: choose one")
    if query:
        return f"({_statement(query)}\n) query"
    if not table:
        raise GlueDataError("a read from a database needs dbtable, query or sampleQuery")
    return table


def _statement(text: Any) -> str:
    return str(text).strip().rstrip(";").rstrip()

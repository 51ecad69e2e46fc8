"""Spark's names for Glue's format options.

Follows the pages "Data format options for inputs and outputs", "Using the CSV format", "... JSON ..." and "... Parquet
format in AWS Glue" of the AWS Glue Developer Guide.
"""

from collections.abc import Mapping
from typing import Any

from awsglue import call_options
from awsglue.errors import unsupported

# options of connection_options that go to Spark's reader, as on the page "Connection types and options for ETL"
_OF_FILES = {"basePath", "ignoreCorruptFiles", "ignoreMissingFiles", "modifiedAfter", "modifiedBefore"}
_OF_FILES |= {"mergeSchema", "pathGlobFilter", "recursiveFileLookup"}
SPARK_OPTIONS = {
    "parquet": frozenset(_OF_FILES | {"datetimeRebaseMode", "int96RebaseMode"}),
    "orc": frozenset(_OF_FILES),
}
NO_QUOTES = ("-1", "")
_WITHOUT_CODEC = ("brotli", "lzo")  # Spark knows them; the Java classes are those of other libraries
_SPARK_NAMES = {"csv": "csv", "json": "json", "parquet": "parquet", "glueparquet": "parquet", "orc": "orc"}
_CSV = {"separator", "escaper", "quoteChar", "multiLine", "multiline", "withHeader", "writeHeader", "skipFirst"}
_KNOWN = {
    "csv": _CSV | {"optimizePerformance", "strictCheckForQuoting"},
    # the visual editor sets withHeader and optimizePerformance for any format; JSON has no header
    "json": {"multiLine", "multiline", "withHeader", "optimizePerformance", "jsonPath"},
    "orc": {"compression"},
    "parquet": {"useGlueParquetWriter", "compression", "blockSize", "pageSize"},
    "glueparquet": {"useGlueParquetWriter", "compression", "blockSize", "pageSize"},
}


def spark_format(name: str | None) -> str:
    """Spark's name of a format.

    Raises:
        ValueError: there is no format.
    """
    if name is None:
        raise ValueError("a format is needed: csv, json, parquet or orc")
    if name not in _SPARK_NAMES:
        unsupported(f"the format {name}")
    return _SPARK_NAMES[name]


def reader_options(name: str, options: Mapping[str, Any]) -> dict[str, str]:
    """The options for Spark's reader."""
    call_options.check(f"the {name} options", options, _KNOWN[name], call_options.OF_FORMATS)
    if spark_format(name) == "csv":
        if is_true(options.get("skipFirst")) and is_true(options.get("withHeader")):
            unsupported("skipFirst together with withHeader")
        header = is_true(options.get("withHeader")) or is_true(options.get("skipFirst"))
        multi_line = is_true(options.get("multiLine", options.get("multiline")))
        return {**_csv_marks(options), "header": _text(header), "multiLine": _text(multi_line)}
    if name == "json":
        return {"multiLine": _text(is_true(options.get("multiLine", options.get("multiline"))))}
    return {}


def writer_options(name: str, options: Mapping[str, Any], compression: str | None) -> dict[str, str]:
    """The options for Spark's writer."""
    call_options.check(f"the {name} options", options, _KNOWN[name], call_options.OF_FORMATS)
    if options.get("jsonPath"):
        unsupported("jsonPath in writing")
    spark_options: dict[str, str] = {}
    codec = compression or options.get("compression")
    if codec:
        if spark_format(name) == "parquet" and str(codec).lower() in _WITHOUT_CODEC:
            unsupported(f"the compression {codec} of Parquet", "write snappy or gzip")
        spark_options["compression"] = str(codec)
    if spark_format(name) == "csv":
        marks = _csv_marks({key: value for key, value in options.items() if key != "escaper"})  # of reading only
        spark_options |= marks | {"header": _text(is_true(options.get("writeHeader", True)))}
        # Spark would cut the spaces around values
        spark_options |= {"ignoreLeadingWhiteSpace": "false", "ignoreTrailingWhiteSpace": "false"}
    if spark_format(name) == "parquet":
        sizes = {"blockSize": "parquet.block.size", "pageSize": "parquet.page.size"}
        spark_options |= {spark: str(options[glue]) for glue, spark in sizes.items() if glue in options}
    return spark_options


def _csv_marks(options: Mapping[str, Any]) -> dict[str, str]:
    quote = str(options.get("quoteChar", '"'))
    quote = "" if quote in NO_QUOTES else quote
    # without an escape character, a quote inside quotes is written twice
    escape = str(options.get("escaper") or quote or "\\")
    return {"sep": str(options.get("separator", ",")), "quote": quote, "escape": escape}


def is_true(value: Any) -> bool:
    """Whether an option is on. Scripts write a boolean or a text."""
    return str(value).lower() == "true"


def _text(value: bool) -> str:
    return "true" if value else "false"

"""Reading files: of paths, and of catalog tables.

Follows the pages "GlueContext class", "Connection types and options for ETL" and "Managing partitions for ETL output"
of the AWS Glue Developer Guide.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue import choices, formats, listing
from awsglue.bookmarks import Bookmark
from awsglue.catalog import Catalog, Partition, Table
from awsglue.errors import GlueDataError, check_options
from awsglue.gluetypes import concrete_type

# How files are grouped or listed changes nothing about the records.
_NEUTRAL = {
    "compressionType",
    "groupFiles",
    "groupSize",
    "isFailFast",
    "maxBand",
    "maxFilesInBand",
    "useS3ListImplementation",
}
_PATH_OPTIONS = _NEUTRAL | {"paths", "path", "recurse", "exclusions"}
_TABLE_OPTIONS = _NEUTRAL | {"exclusions", "catalogPartitionPredicate", "mergeSchema"}


@dataclass(frozen=True)
class Selection:
    """Which files of a source are read."""

    session: SparkSession
    bookmark: Bookmark | None
    context: str
    exclusions: Sequence[str] = ()

    @property
    def is_partial(self) -> bool:
        """Whether the files must be listed here, rather than by Spark."""
        return bool(self.exclusions) or self._is_tracked

    @property
    def _is_tracked(self) -> bool:
        return self.bookmark is not None and self.bookmark.tracks(self.context)

    def files(self, folders: Sequence[str]) -> list[str]:
        """The files to read below some folders."""
        found = listing.without_excluded(listing.files_below(self.session, folders), self.exclusions)
        if self._is_tracked and self.bookmark is not None:
            found = self.bookmark.new_files(self.context, found)
        return [file.path for file in found]


def read_paths(
    session: SparkSession,
    bookmark: Bookmark | None,
    context: str,
    connection_options: Mapping[str, Any],
    format_name: str | None,
    format_options: Mapping[str, Any],
) -> DataFrame:
    """Read files by their paths; CSV columns are strings, and are called `col0`, `col1`, ... without a header."""
    check_options("the S3 options", connection_options, _PATH_OPTIONS)
    spark_name = formats.spark_format(format_name)
    folders = _paths(connection_options)
    reader = session.read.format(spark_name).options(**formats.reader_options(str(format_name), format_options))
    selection = Selection(session, bookmark, context, listing.parse_exclusions(connection_options.get("exclusions")))
    if formats.is_true(connection_options.get("recurse")):
        reader = reader.option("recursiveFileLookup", "true")
    if selection.is_partial:
        files = selection.files(folders)
        if not files:
            return session.createDataFrame([], T.StructType([]))
        if len(folders) == 1 and not formats.is_true(connection_options.get("recurse")):
            reader = reader.option("basePath", folders[0])
        folders = files
    if formats.is_true(format_options.get("skipFirst")):  # the first line is no data, and names nothing
        names = reader.option("header", "false").load(folders).schema
        reader = reader.option("header", "true").schema(names)
    frame = reader.load(folders)
    if spark_name == "csv":
        if not formats.is_true(format_options.get("withHeader")):
            frame = frame.toDF(*_numbered(frame.columns))
        frame = frame.select(*(F.col(f"`{name}`").cast("string").alias(name) for name in frame.columns))
    return frame


def _numbered(columns: Sequence[str]) -> list[str]:
    """Spark calls columns without a header `_c0`; partition columns keep their names."""
    return [f"col{name[2:]}" if name.startswith("_c") and name[2:].isdigit() else name for name in columns]


def _paths(options: Mapping[str, Any]) -> list[str]:
    given = options.get("paths", options.get("path"))
    folders = [given] if isinstance(given, str) else list(given or ())
    if not folders:
        raise ValueError("connection_options needs paths")
    return folders


def read_table(
    catalog: Catalog,
    selection_of: Selection,
    table: Table,
    push_down_predicate: str,
    additional_options: Mapping[str, Any],
    catalog_id: str | None = None,
) -> DataFrame:
    """Read a catalog table, with its partition keys as columns."""
    check_options("additional_options", additional_options, _TABLE_OPTIONS)
    session = selection_of.session
    selection = Selection(
        session,
        selection_of.bookmark,
        selection_of.context,
        listing.parse_exclusions(additional_options.get("exclusions")),
    )
    if not table.partition_keys:
        if push_down_predicate:
            raise GlueDataError(f"push_down_predicate: the table {table.name} has no partition keys")
        return _typed(_load(selection, table, [table.location]), table)
    found = list(catalog.partitions(table, additional_options.get("catalogPartitionPredicate"), catalog_id))
    partitions = matching(session, table, found, push_down_predicate)
    return _typed(_load_partitions(selection, table, partitions), table)


def matching(session: SparkSession, table: Table, partitions: Sequence[Partition], predicate: str) -> list[Partition]:
    """Choose partitions by an expression in Spark's SQL over the partition keys."""
    if not predicate or not partitions:
        return list(partitions)
    names = [key.name for key in table.partition_keys]
    rows = [(position, *partition.values) for position, partition in enumerate(partitions)]
    frame = session.createDataFrame(rows, ["__position", *names])
    typed = frame.select(
        "__position", *(F.col(f"`{key.name}`").cast(key.type).alias(key.name) for key in table.partition_keys)
    )
    try:
        kept = typed.where(predicate).select("__position").collect()
    except AnalysisException as error:
        raise GlueDataError(f"push_down_predicate {predicate!r}: {error}") from error
    return [partitions[row["__position"]] for row in sorted(kept)]


def _load(selection: Selection, table: Table, folders: Sequence[str]) -> DataFrame:
    """Read a table's files without partition columns; CSV as strings."""
    schema = _file_schema(table)
    reader = (
        selection.session.read.format(table.format)
        .options(**formats.reader_options(table.format, table.format_options))
        .option("recursiveFileLookup", "true")
        .schema(schema)
    )
    chosen = selection.files(folders) if selection.is_partial else list(folders)
    if not chosen:
        return selection.session.createDataFrame([], schema)
    return reader.load(chosen)


def _load_partitions(selection: Selection, table: Table, partitions: Sequence[Partition]) -> DataFrame:
    keys = table.partition_keys
    if not partitions:
        return _with_keys(_load_nothing(selection, table), table, (None,) * len(keys))
    root = table.location.rstrip("/")
    if all(_is_hive_style(root, table, partition) for partition in partitions):
        schema = T.StructType(
            [*_file_schema(table).fields, *(T.StructField(key.name, concrete_type(key.type)) for key in keys)]
        )
        reader = (
            selection.session.read.format(table.format)
            .options(**formats.reader_options(table.format, table.format_options))
            .option("basePath", root)
            .schema(schema)
        )
        folders = [partition.location for partition in partitions]
        chosen = selection.files(folders) if selection.is_partial else folders
        if not chosen:
            return _with_keys(_load_nothing(selection, table), table, (None,) * len(keys))
        return reader.load(chosen)
    frames = [
        _with_keys(_load(selection, table, [partition.location]), table, partition.values) for partition in partitions
    ]
    return reduce(DataFrame.unionByName, frames)


def _load_nothing(selection: Selection, table: Table) -> DataFrame:
    return selection.session.createDataFrame([], _file_schema(table))


def _with_keys(frame: DataFrame, table: Table, values: Sequence[str | None]) -> DataFrame:
    for key, value in zip(table.partition_keys, values, strict=True):
        frame = frame.withColumn(key.name, F.lit(value).cast(concrete_type(key.type)))
    return frame


def _is_hive_style(root: str, table: Table, partition: Partition) -> bool:
    """Whether a partition's folder is where Spark would look for it."""
    pairs = zip(table.partition_keys, partition.values, strict=True)
    plain = all(
        value and value.isascii() and value.replace("-", "").replace("_", "").isalnum() for value in partition.values
    )
    return plain and partition.location.rstrip("/") == f"{root}/" + "/".join(
        f"{key.name}={value}" for key, value in pairs
    )


def _file_schema(table: Table) -> T.StructType:
    """What is in the files: CSV holds text, whatever the catalog says of it."""
    text = table.format == "csv"
    return T.StructType(
        [T.StructField(column.name, T.StringType() if text else concrete_type(column.type)) for column in table.columns]
    )


def _typed(frame: DataFrame, table: Table) -> DataFrame:
    """Give CSV columns their types; a column with values that do not fit becomes a choice of that type and string."""
    if table.format != "csv":
        return frame
    wanted = {column.name: concrete_type(column.type) for column in table.columns}
    doubtful = [name for name, kind in wanted.items() if not isinstance(kind, T.StringType)]
    misfits = _misfits(frame, {name: wanted[name] for name in doubtful})
    columns = []
    for name in frame.columns:
        value = F.col(f"`{name}`")
        if name in misfits:
            columns.append(_choice(name, wanted[name]))
        elif name in doubtful:
            columns.append(_parsed(value, wanted[name]).alias(name))
        else:
            columns.append(value)
    return frame.select(*columns)


def _misfits(frame: DataFrame, wanted: Mapping[str, T.DataType]) -> set[str]:
    """The columns with a value that is not of its type: one pass over the data."""
    if not wanted:
        return set()
    tests = []
    for name, kind in wanted.items():
        value = F.col(f"`{name}`")
        tests.append(F.max(value.isNotNull() & _parsed(value, kind).isNull()).alias(name))
    row = frame.agg(*tests).first()
    return {name for name in wanted if row is not None and row[name]}


def _parsed(value: Column, kind: T.DataType) -> Column:
    """A text as a type, or null; Spark alone would read `1.5` as the integer 1."""
    if isinstance(kind, T.IntegralType):
        return F.when(value.rlike(r"^\s*[+-]?\d+\s*$"), value.cast(kind))
    return value.cast(kind)


def _choice(name: str, kind: T.DataType) -> Column:
    value = F.col(f"`{name}`")
    struct = choices.choice_type([kind, T.StringType()])
    cast = _parsed(value, kind)
    text = F.when(cast.isNull(), value)
    return (
        F.when(value.isNotNull(), F.struct(cast.alias(struct.names[0]), text.alias(struct.names[1])))
        .cast(struct)
        .alias(name, metadata=choices.METADATA)
    )

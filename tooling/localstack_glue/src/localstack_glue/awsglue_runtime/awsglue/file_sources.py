"""Reads files by path or by catalog table.

Follows the pages "GlueContext class", "Connection types and options for ETL" and "Managing partitions for ETL output"
of the AWS Glue Developer Guide.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame, DataFrameReader, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue import (
    call_options,
    choices,
    csv_escapes,
    formats,
    json_files,
    json_paths,
    json_tables,
    listing,
    missing_fields,
)
from awsglue.bookmarks import Bookmark, SourceFile
from awsglue.catalog import Catalog, Partition, Table
from awsglue.content import Content
from awsglue.errors import GlueDataError, unsupported
from awsglue.gluetypes import concrete_type
from awsglue.partition_predicate import matching_partitions
from awsglue.paths import repeated
from awsglue.reshaping import union
from awsglue.spark_versions import cast_or_null

# Grouping and listing of files do not change the records.
_NEUTRAL = {
    "compressionType",
    "groupFiles",
    "groupSize",
    "isFailFast",
    "maxBand",
    "maxFilesInBand",
    "useS3ListImplementation",
}
_MALFORMED, _NO_TEXT = "__malformed", "\x01\x02"
_MORE = 16  # so many values beyond the columns are looked for in a line of CSV
LOG = logging.getLogger(__name__)
_BOUNDS = {"boundedFiles", "boundedSize"}
_PATH_OPTIONS = _NEUTRAL | _BOUNDS | {"paths", "path", "recurse", "exclusions"}
_TABLE_OPTIONS = _NEUTRAL | _BOUNDS | {"exclusions", "catalogPartitionPredicate", "mergeSchema"}


@dataclass(frozen=True)
class Selection:
    """The selection of files of a source."""

    session: SparkSession
    bookmark: Bookmark | None
    context: str
    exclusions: Sequence[str] = ()
    bounded_files: int | None = None
    bounded_bytes: int | None = None
    recurse: bool = True

    @property
    def is_partial(self) -> bool:
        """Whether the files must be listed here, rather than by Spark."""
        is_bounded = self.bounded_files is not None or self.bounded_bytes is not None
        return bool(self.exclusions) or self._is_tracked or is_bounded

    def _within_bounds(self, files: Sequence[SourceFile]) -> list[SourceFile]:
        """The oldest files within the bounds: the remaining ones are newer than the bookmark's new state."""
        chosen: list[SourceFile] = []
        size = 0
        for file in sorted(files, key=lambda file: (file.modified_ms, file.path)):
            size += file.size
            is_enough = self.bounded_files is not None and len(chosen) >= self.bounded_files
            if is_enough or (self.bounded_bytes is not None and size > self.bounded_bytes):
                break
            chosen.append(file)
        return chosen

    @property
    def _is_tracked(self) -> bool:
        return self.bookmark is not None and self.bookmark.tracks(self.context)

    def files(self, folders: Sequence[str]) -> list[str]:
        """The files to read below folders."""
        listed = listing.files_below(self.session, folders, recurse=self.recurse)
        found = listing.without_excluded(listed, self.exclusions)
        if self._is_tracked and self.bookmark is not None:
            found = self.bookmark.new_files(self.context, found, self._within_bounds)
        else:
            found = self._within_bounds(found)
        return [file.path for file in found]


def read_paths(
    session: SparkSession,
    bookmark: Bookmark | None,
    context: str,
    connection_options: Mapping[str, Any],
    format_name: str | None,
    format_options: Mapping[str, Any],
) -> Content:
    """Read files by their paths, with the errors of JSON.

    CSV columns are strings, named `col0`, `col1`, ... if there is no header. Without `recurse`, subfolders of CSV and
    JSON are not read; those of Parquet and ORC are read as Spark reads them.
    """
    spark_name = formats.spark_format(format_name)
    of_spark = formats.SPARK_OPTIONS.get(spark_name, frozenset())
    known, refused = _PATH_OPTIONS | of_spark, call_options.OF_SOURCES - of_spark
    call_options.check("the S3 options", connection_options, known, refused)
    options = formats.reader_options(str(format_name), format_options)
    options |= {name: str(value) for name, value in connection_options.items() if name in of_spark}
    folders = _paths(connection_options)
    recurse = formats.is_true(connection_options.get("recurse"))
    is_text = spark_name in {"csv", "json"}
    exclusions = listing.parse_exclusions(connection_options.get("exclusions"))
    selection = Selection(
        session, bookmark, context, exclusions, *_bound(connection_options), recurse=recurse or not is_text
    )
    if recurse or is_text:
        options["recursiveFileLookup"] = "true"
    if selection.is_partial:
        files = selection.files(folders)
        if len(folders) == 1 and not recurse and not is_text:
            options.setdefault("basePath", folders[0])
        folders = files
    elif is_text and not recurse and listing.has_subfolders(session, folders):
        folders = selection.files(folders)
        if not folders:
            LOG.warning(
                "%s has no files but subfolders: set recurse to read them", ", ".join(_paths(connection_options))
            )
    else:
        folders = listing.existing(session, folders) if listing.has_files(session, folders) else []
    if not folders:
        return Content(session.createDataFrame([], T.StructType([])))
    if compression := connection_options.get("compressionType"):
        listing.check_compression(session, folders, str(compression))
    if path := format_options.get("jsonPath"):
        return json_paths.read(session, folders, {"recursiveFileLookup": "true"}, str(path))
    if spark_name == "json":
        return json_files.read(session, folders, options)
    if spark_name == "csv":
        return Content(_csv_records(session, folders, options, format_options))
    return Content(session.read.format(spark_name).options(**options).load(folders))


def _csv_records(
    session: SparkSession, folders: Sequence[str], options: Mapping[str, str], format_options: Mapping[str, Any]
) -> DataFrame:
    skips_first = formats.is_true(format_options.get("skipFirst"))  # the first line is neither data nor names
    if format_options.get("escaper"):
        escaped = csv_escapes.read(session, folders, options, skips_first=skips_first)
        if escaped is not None:
            return escaped
    reader = session.read.format("csv").options(**options)
    if skips_first:
        positions = reader.option("header", "false").load(list(folders)).schema
        reader = reader.option("header", "true").schema(positions)
    frame = reader.load(list(folders))
    has_header = formats.is_true(format_options.get("withHeader"))
    names = frame.columns if has_header else _numbered(frame.columns)
    if not names:
        return frame
    if has_header and any(name.endswith(str(position)) for position, name in enumerate(names)):
        # Spark puts the position behind a name that comes twice, in whatever case
        header = session.read.format("csv").options(**{**options, "header": "false"}).load(list(folders)).first() or ()
        if twice := repeated([name.lower() for name in header if name]):
            unsupported(f"CSV whose header has the name {', '.join(twice)} more than once, in any case", "rename one")
    texts = T.StructType([T.StructField(name, T.StringType()) for name in names])
    # a file with another header is an error: Spark would read its columns as those of the first file
    return with_empty_texts(reader.option("enforceSchema", str(not has_header)), texts, folders, refuse_more=options)


def _bound(options: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """The most files and bytes that one run reads."""
    files, size = options.get("boundedFiles"), options.get("boundedSize")
    return (None if files is None else int(files)), (None if size is None else int(size))


def _numbered(columns: Sequence[str]) -> list[str]:
    """Rename Spark's `_c0` and so on to Glue's names. Partition columns keep their names."""
    return [f"col{name[2:]}" if name.startswith("_c") and name[2:].isdigit() else name for name in columns]


def _paths(options: Mapping[str, Any]) -> list[str]:
    paths = options.get("paths", options.get("path"))
    folders = [paths] if isinstance(paths, str) else list(paths or ())
    if not folders:
        raise ValueError("connection_options needs paths")
    return [listing.rooted(folder) for folder in folders]


def read_table(
    catalog: Catalog,
    selection_of: Selection,
    table: Table,
    push_down_predicate: str,
    additional_options: Mapping[str, Any],
    catalog_id: str | None = None,
) -> Content:
    """Read a catalog table, with its partition keys as columns.

    Raises:
        GlueDataError: push_down_predicate is set, and the table has no partition keys.
    """
    call_options.check("additional_options", additional_options, _TABLE_OPTIONS, call_options.OF_TABLES)
    session = selection_of.session
    selection = Selection(
        session,
        selection_of.bookmark,
        selection_of.context,
        [  # a crawler's are in the table
            *listing.parse_exclusions(additional_options.get("exclusions")),
            *listing.parse_exclusions((table.raw.get("Parameters") or {}).get("exclusions")),
        ],
        *_bound(additional_options),
    )
    if not table.partition_keys:
        if push_down_predicate:
            raise GlueDataError(f"push_down_predicate: the table {table.name} has no partition keys")
        return _content(_load(selection, table, [table.location]), table)
    found = list(catalog.partitions(table, additional_options.get("catalogPartitionPredicate"), catalog_id))
    partitions = matching_partitions(session, table, found, push_down_predicate)
    content = _content(_load_partitions(selection, table, partitions), table)
    has_nulls = any(None in partition.read_values for partition in partitions)  # which no file shows
    return replace(content, lacking=missing_fields.unknown) if has_nulls and content.lacking else content


def _content(frame: DataFrame, table: Table) -> Content:
    return Content(_typed(frame, table), lacking=missing_fields.of_files(frame) if table.format == "json" else None)


def _load(selection: Selection, table: Table, folders: Sequence[str], base_path: str | None = None) -> DataFrame:
    """Read a table's files. With `base_path` the partition keys come from the folder names."""
    keys = [T.StructField(key.name, concrete_type(key.type)) for key in table.partition_keys] if base_path else []
    chosen = selection.files(folders) if selection.is_partial else listing.existing(selection.session, folders)
    if not chosen:
        nothing = _load_nothing(selection, table)
        return _with_keys(nothing, table, (None,) * len(keys)) if keys else nothing
    place = {"basePath": listing.rooted(base_path)} if base_path else {"recursiveFileLookup": "true"}
    if table.format == "json":
        return _json_records(selection.session, table, chosen, place, keys)
    options = formats.reader_options(table.format, table.format_options)
    fields = _file_schema(table).fields
    reader = selection.session.read.format(table.format).options(**options, **place)
    if table.format == "csv":
        return with_empty_texts(reader, T.StructType([*fields, *keys]), chosen, but={key.name for key in keys})
    return reader.schema(T.StructType([*fields, *keys])).load(chosen)


def _json_records(
    session: SparkSession, table: Table, files: Sequence[str], place: Mapping[str, str], keys: Sequence[T.StructField]
) -> DataFrame:
    """Read JSON files as the table's columns. A column with values of another type becomes a choice."""
    schema = T.StructType([T.StructField(json_tables.LINE, T.StringType()), *keys])
    reader = session.read.format("text").options(**place).schema(schema)
    lines, found = json_tables.select_lines(
        session, reader.load(list(files)), reader.option("wholetext", "true").load(list(files))
    )
    plan = json_tables.reading(found, _file_schema(table), json_tables.Keys.of(table.json_parameters))
    others = [key.name for key in keys]
    found_records = json_tables.records(lines, plan, others)
    wanted = {column.name: concrete_type(column.type) for column in table.columns}
    doubts = {
        name: _Doubt(F.expr(doubtful.sql), F.expr(plan.columns[name]), wanted[name], doubtful.type)
        for name, doubtful in plan.doubtful.items()
    }
    misfits = _misfits(found_records, doubts)
    columns = [
        _choice(name, doubts[name]) if name in misfits else F.expr(sql).alias(name)
        for name, sql in plan.columns.items()
    ]
    return found_records.select(*columns, *(F.col(f"`{name}`") for name in others))


def with_empty_texts(
    reader: DataFrameReader,
    schema: T.StructType,
    files: Sequence[str],
    *,
    but: Collection[str] = (),
    refuse_more: Mapping[str, str] | None = None,
) -> DataFrame:
    """Read CSV with empty fields as empty texts, as Glue does. Fields missing from a line are null.

    With the reader's options in `refuse_more`, a line with values beyond the last column fails the query: Spark would
    leave them out.
    """
    marked = T.StructType([*schema.fields, T.StructField(_MALFORMED, T.StringType())])
    # Spark would read "" as null too, because it is the mark of an empty text
    reader = reader.option("columnNameOfCorruptRecord", _MALFORMED).option("nullValue", _NO_TEXT)
    frame = reader.schema(marked).load(list(files))
    is_whole = F.col(_MALFORMED).isNull()
    columns = []
    for member in schema.fields:
        value = F.col(json_tables.quoted(member.name))
        is_text = isinstance(member.dataType, T.StringType) and member.name not in but
        columns.append(F.when(value.isNull() & is_whole, "").otherwise(value) if is_text else value)
    if refuse_more is not None:
        columns[0] = F.when(is_whole | ~_has_more(len(schema), refuse_more), columns[0])
    return frame.select(*(column.alias(name) for column, name in zip(columns, schema.names, strict=True)))


def _has_more(count: int, options: Mapping[str, str]) -> Column:
    """Whether a malformed line has a value beyond its first ones; if so, the query fails."""
    names = [f"c{number}" for number in range(count + _MORE)]
    marks = {name: options[name] for name in ("sep", "quote", "escape")}
    parsed = F.from_csv(F.col(_MALFORMED), ", ".join(f"{name} string" for name in names), marks)
    more = F.coalesce(*(parsed.getField(name) for name in names[count:]))
    message = F.concat(F.lit(f"a line of CSV has more values than the {count} columns of the first line: "), _MALFORMED)
    return F.when(more.isNotNull(), F.raise_error(message).cast("boolean")).otherwise(F.lit(False))


def _load_partitions(selection: Selection, table: Table, partitions: Sequence[Partition]) -> DataFrame:
    keys = table.partition_keys
    if not partitions:
        return _with_keys(_load_nothing(selection, table), table, (None,) * len(keys))
    root = table.location.rstrip("/")
    if all(_is_hive_style(root, table, partition) for partition in partitions):
        return _load(selection, table, [partition.location for partition in partitions], base_path=root)
    if selection.bounded_files is not None or selection.bounded_bytes is not None:
        unsupported("boundedFiles and boundedSize for partitions whose folders are not named key=value")
    frames = [
        _with_keys(_load(selection, table, [partition.location]), table, partition.read_values)
        for partition in partitions
    ]
    return reduce(union, frames)


def _load_nothing(selection: Selection, table: Table) -> DataFrame:
    return selection.session.createDataFrame([], _file_schema(table))


def _with_keys(frame: DataFrame, table: Table, values: Sequence[str | None]) -> DataFrame:
    for key, value in zip(table.partition_keys, values, strict=True):
        frame = frame.withColumn(key.name, cast_or_null(F.lit(value), concrete_type(key.type)))
    return frame


def _is_hive_style(root: str, table: Table, partition: Partition) -> bool:
    """Whether a partition's folder has the path that Spark expects."""
    pairs = zip(table.partition_keys, partition.values, strict=True)
    plain = all(
        value and value.isascii() and value.replace("-", "").replace("_", "").isalnum() for value in partition.values
    )
    return plain and partition.location.rstrip("/") == f"{root}/" + "/".join(
        f"{key.name}={value}" for key, value in pairs
    )


def _file_schema(table: Table) -> T.StructType:
    """The schema of the files: CSV has only text, whatever the catalog's types are."""
    text = table.format == "csv"
    return T.StructType(
        [T.StructField(column.name, T.StringType() if text else concrete_type(column.type)) for column in table.columns]
    )


@dataclass(frozen=True)
class _Doubt:
    """A column whose values may have another type: its raw values, and its type in the table."""

    raw: Column
    typed: Column
    wanted: T.DataType
    found: T.DataType


def _typed(frame: DataFrame, table: Table) -> DataFrame:
    """Cast CSV columns to their types. A column with other values becomes a choice of that type and string."""
    if table.format != "csv":
        return frame
    doubts = {}
    for column in table.columns:
        kind = concrete_type(column.type)
        if not isinstance(kind, T.StringType):
            text = F.col(f"`{column.name}`")
            value = F.when(text != "", text)  # an empty text is not a number
            doubts[column.name] = _Doubt(value, _parsed(value, kind), kind, T.StringType())
    misfits = _misfits(frame, doubts)
    columns = []
    for name in frame.columns:
        if name in misfits:
            columns.append(_choice(name, doubts[name]))
        else:
            columns.append(doubts[name].typed.alias(name) if name in doubts else F.col(f"`{name}`"))
    return frame.select(*columns)


def _misfits(frame: DataFrame, doubts: Mapping[str, _Doubt]) -> set[str]:
    """The columns with a value of another type, found in one pass over the data."""
    if not doubts:
        return set()
    tests = [F.max(doubt.raw.isNotNull() & doubt.typed.isNull()).alias(name) for name, doubt in doubts.items()]
    row = frame.agg(*tests).first()
    return {name for name in doubts if row is not None and row[name]}


def _parsed(value: Column, kind: T.DataType) -> Column:
    """Parse a text as a type, or null. Spark alone would read `1.5` as the integer 1."""
    if isinstance(kind, T.IntegralType):
        return F.when(value.rlike(r"^\s*[+-]?\d+\s*$"), cast_or_null(value, kind))
    return cast_or_null(value, kind)


def _choice(name: str, doubt: _Doubt) -> Column:
    struct = choices.choice_type([doubt.wanted, doubt.found])
    other = F.when(doubt.typed.isNull(), doubt.raw)
    return (
        F.when(doubt.raw.isNotNull(), F.struct(doubt.typed.alias(struct.names[0]), other.alias(struct.names[1])))
        .cast(struct)
        .alias(name, metadata=choices.METADATA)
    )

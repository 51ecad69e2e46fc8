"""Transforms of the visual editor (Glue Studio), which scripts import by name: `import gs_derived`.

Follows the pages of "Transforming data with AWS Glue managed transforms" in the AWS Glue Developer Guide. Importing one
adds a method of that name to DynamicFrames and DataFrames.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue import paths
from awsglue.dynamicframe import DynamicFrame
from awsglue.errors import GlueDataError, unsupported
from awsglue.spark_versions import cast_or_null

_MILLISECONDS_FROM = 100_000_000_000  # in seconds, this is the year 5138


def now(frame: DataFrame, colName: str, dateFormat: str | None = None) -> DataFrame:
    """Add the time of the run, as a timestamp or as formatted text."""
    moment = datetime.now(UTC)
    if dateFormat is None:
        return frame.withColumn(colName, F.lit(moment))
    if "%" in dateFormat:
        return frame.withColumn(colName, F.lit(moment.strftime(dateFormat)))
    return frame.withColumn(colName, F.date_format(F.lit(moment), dateFormat))


def derived(frame: DataFrame, colName: str, expr: str) -> DataFrame:
    """Add or replace a column by an SQL expression."""
    return frame.withColumn(colName, F.expr(expr))


def uuid(frame: DataFrame, colName: str = "UUID") -> DataFrame:
    """Add a unique identifier to each row."""
    return frame.withColumn(colName, F.expr("uuid()"))


def concat(
    frame: DataFrame, colName: str, colList: Sequence[str] | str, spacer: str = "", nullValue: str | None = None
) -> DataFrame:
    """Add a column with the concatenated texts of others."""
    columns = [_column(frame, name).cast("string") for name in _listed(colList)]
    if nullValue is not None:
        columns = [F.coalesce(column, F.lit(nullValue)) for column in columns]
    return frame.withColumn(colName, F.concat_ws(spacer, *columns))


def split(frame: DataFrame, colName: str, pattern: str, newColName: str | None = None) -> DataFrame:
    """Split a text into an array by a pattern."""
    return frame.withColumn(newColName or colName, F.split(_column(frame, colName), pattern))


def array_to_cols(
    frame: DataFrame, colName: str, colList: Sequence[str] | str, arrayIndexes: Sequence[int] | str | None = None
) -> DataFrame:
    """Make columns of an array's first elements, or of those at given positions, from 1."""
    names = _listed(colList)
    positions = range(1, len(names) + 1) if arrayIndexes is None else [int(one) for one in _listed(arrayIndexes)]
    for name, position in zip(names, positions, strict=True):
        frame = frame.withColumn(name, F.get(_column(frame, colName), position - 1))
    return frame


def explode(frame: DataFrame, colName: str, newCol: str | None = None, outer: bool = False) -> DataFrame:
    """Make a row of each element of an array; with `outer`, also one for an empty array."""
    names = paths.split(colName)
    field = paths.field_at(frame.schema, names)
    if field is None or not isinstance(field.dataType, T.ArrayType):
        unsupported(f"gs_explode of {colName}, which is not an array")
    rows = F.explode_outer if outer else F.explode
    return frame.withColumn(newCol or names[-1], rows(paths.column(names)))


def flatten(frame: DataFrame, maxLevels: int = 0, separator: str = ".") -> DataFrame:
    """Flatten structs into columns, down to a level or completely."""
    columns: list[Column] = []
    for field in frame.schema.fields:
        columns += _flat(field, (field.name,), maxLevels or -1, separator)
    return frame.select(*columns)


def _flat(field: T.StructField, names: paths.Path, levels: int, separator: str) -> list[Column]:
    if not isinstance(field.dataType, T.StructType) or levels == 0:
        return [paths.column(names).alias(separator.join(names))]
    columns: list[Column] = []
    for member in field.dataType.fields:
        columns += _flat(member, (*names, member.name), levels - 1, separator)
    return columns


def null_rows(frame: DataFrame, extended: bool = False) -> DataFrame:
    """Remove the rows in which every column is null or, with `extended`, an empty text."""
    conditions = []
    for field in frame.schema.fields:
        value = paths.column((field.name,))
        is_there = value.isNotNull()
        if extended and isinstance(field.dataType, T.StringType):
            is_there = is_there & (F.trim(value) != "")
        conditions.append(is_there)
    kept = conditions[0]
    for condition in conditions[1:]:
        kept = kept | condition
    return frame.where(kept)


def to_timestamp(
    frame: DataFrame, colName: str, colType: str = "autodetect", newColName: str | None = None
) -> DataFrame:
    """Parse texts or numbers as timestamps: seconds, milliseconds or ISO, as configured or as recognized."""
    value = _column(frame, colName)
    kind = frame.schema[colName].dataType if colName in frame.columns else T.StringType()
    is_number = isinstance(kind, T.NumericType)
    seconds = cast_or_null(value, T.DoubleType())
    match colType.lower():
        case "seconds":
            moments = seconds.cast("timestamp")
        case "milliseconds":
            moments = (seconds / 1000).cast("timestamp")
        case "iso":
            moments = cast_or_null(value, T.TimestampType())
        case "autodetect":
            by_size = F.when(F.abs(seconds) < _MILLISECONDS_FROM, seconds).otherwise(seconds / 1000).cast("timestamp")
            is_plain = F.lit(True) if is_number else value.rlike(r"^\s*\d{9,}\s*$")
            moments = F.when(is_plain, by_size)
            moments = moments if is_number else moments.otherwise(cast_or_null(value, T.TimestampType()))
        case _:
            unsupported(f"gs_to_timestamp with colType {colType}")
    return frame.withColumn(newColName or colName, moments)


def format_timestamp(frame: DataFrame, colName: str, dateFormat: str, newColName: str | None = None) -> DataFrame:
    """Format timestamps as texts."""
    return frame.withColumn(newColName or colName, F.date_format(_column(frame, colName), dateFormat))


def repartition(
    frame: DataFrame, numPartitionsStr: str | int | None = None, partitionCols: Sequence[str] | str = ()
) -> DataFrame:
    """The same rows in a number of partitions, or partitioned by columns."""
    columns = _listed(partitionCols)
    return (
        frame.repartition(*columns) if numPartitionsStr is None else frame.repartition(int(numPartitionsStr), *columns)
    )


TRANSFORMS: dict[str, Callable[..., DataFrame]] = {
    "gs_array_to_cols": array_to_cols,
    "gs_concat": concat,
    "gs_derived": derived,
    "gs_explode": explode,
    "gs_flatten": flatten,
    "gs_format_timestamp": format_timestamp,
    "gs_now": now,
    "gs_null_rows": null_rows,
    "gs_repartition": repartition,
    "gs_split": split,
    "gs_to_timestamp": to_timestamp,
    "gs_uuid": uuid,
}


def attach(name: str) -> None:
    """Add the method of that name to frames."""
    transform = TRANSFORMS[name]

    def of_dynamic_frame(self: DynamicFrame, *args: Any, **kwargs: Any) -> DynamicFrame:
        frame = self._df
        if not frame.columns:
            return self  # the bookmark left nothing to read
        return self._next(transform(frame, *args, **kwargs))

    setattr(DynamicFrame, name, of_dynamic_frame)
    setattr(DataFrame, name, transform)


def _column(frame: DataFrame, path: str) -> Column:
    names = (path,) if path in frame.columns else paths.split(path)
    if paths.field_at(frame.schema, names) is None:
        raise GlueDataError(f"there is no column {path}")
    return paths.column(names)


def _listed(names: Any) -> list[str]:
    return [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)

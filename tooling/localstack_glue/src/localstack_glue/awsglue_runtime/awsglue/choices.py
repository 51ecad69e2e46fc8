"""Choice types: a field whose records disagree about its type.

In the Spark frame a choice is a struct with one field per type, of which at most one is not null. The column's metadata
mark it as a choice. DynamicFrame.toDF shows the same on AWS.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue.case_of_names import by_spelling
from awsglue.errors import unsupported
from awsglue.gluetypes import concrete_type, spark_type, type_name
from awsglue.paths import Path, column
from awsglue.spark_versions import cast_or_null

MARK = "awsglue.choice"
METADATA = {MARK: True}
PLAIN = {MARK: False}  # Spark treats empty metadata as none and keeps the old metadata
_NESTED = (T.ArrayType, T.StructType, T.MapType)


def is_choice(field: T.StructField) -> bool:
    """Whether a field of a frame is a choice."""
    return bool(field.metadata.get(MARK))


def is_nested(field: T.StructField) -> bool:
    """Whether one of the types of a choice is an array, a struct or a map."""
    return any(isinstance(member.dataType, _NESTED) for member in _members(field))


def choice_type(types: Sequence[T.DataType]) -> T.StructType:
    """The struct that represents a choice."""
    return T.StructType([T.StructField(type_name(member), member) for member in types])


@by_spelling
def as_structs(frame: DataFrame) -> DataFrame:
    """The frame without the mark: choices become plain structs."""
    if not any(map(_is_marked, frame.schema.fields)):
        return frame
    columns = []
    for field in frame.schema.fields:
        value = column((field.name,))
        if _is_marked(field):
            value = value.cast(_unmarked(field.dataType)).alias(field.name, metadata=PLAIN)
        columns.append(value)
    return frame.select(*columns)


def _is_marked(field: T.StructField) -> bool:
    return is_choice(field) or holds_choice(field.dataType)


def holds_choice(kind: T.DataType) -> bool:
    """Whether a choice is among the fields of a type, at any depth."""
    if isinstance(kind, T.StructType):
        return any(map(_is_marked, kind.fields))
    if isinstance(kind, T.ArrayType):
        return holds_choice(kind.elementType)
    return isinstance(kind, T.MapType) and holds_choice(kind.valueType)


def _unmarked(kind: T.DataType) -> T.DataType:
    if isinstance(kind, T.StructType):
        return T.StructType([T.StructField(member.name, _unmarked(member.dataType)) for member in kind.fields])
    if isinstance(kind, T.ArrayType):
        return T.ArrayType(_unmarked(kind.elementType))
    if isinstance(kind, T.MapType):
        return T.MapType(_unmarked(kind.keyType), _unmarked(kind.valueType))
    return kind


def plain_value(value: Any, data_type: T.DataType, *, is_chosen: bool = False) -> Any:
    """Convert a Row's value to dicts and lists, and a choice to its value."""
    if value is None:
        return None
    if isinstance(data_type, T.StructType):
        fields = {
            field.name: plain_value(value[position], field.dataType, is_chosen=is_choice(field))
            for position, field in enumerate(data_type.fields)
        }
        if is_chosen:
            return next((member for member in fields.values() if member is not None), None)
        return fields
    if isinstance(data_type, T.ArrayType):
        return [plain_value(item, data_type.elementType) for item in value]
    if isinstance(data_type, T.MapType):
        return {key: plain_value(item, data_type.valueType) for key, item in value.items()}
    return value


def cast(value: Column, field: T.StructField, target: str) -> Column:
    """Cast all values to one type; values that cannot be cast become null.

    Raises:
        GlueUnsupportedError: an array, struct or map would become a single value.
    """
    wanted = concrete_type(target) if is_choice(field) else spark_type(target)
    if wanted is None:
        return value
    members = _members(field) if is_choice(field) else [field]
    for member in members:
        if isinstance(member.dataType, _NESTED) and not isinstance(wanted, _NESTED):
            unsupported(f"the cast of {field.name}, of type {type_name(member.dataType)}, to {target}", "use to_json")
    if not is_choice(field):
        return converted(value, field.dataType, wanted)
    return F.coalesce(*(converted(value.getField(member.name), member.dataType, wanted) for member in members))


def project(value: Column, field: T.StructField, target: str) -> Column:
    """Keep only the values of one type; the others become null.

    Whole numbers of JSON are long here, where AWS has int for those that fit: they are the values of type int.

    Raises:
        GlueUnsupportedError: the type is long, and the choice has whole numbers of another type, which would be lost.
    """
    if not is_choice(field):
        return cast(value, field, target)
    for member in _members(field):
        if type_name(member.dataType) == target.strip().lower() or member.dataType == spark_type(target):
            return value.getField(member.name)
    wanted = concrete_type(target)
    for member in _members(field):
        if isinstance(wanted, T.LongType) and isinstance(member.dataType, T.IntegralType):
            unsupported(f"long of {field.name}, whose numbers are {type_name(member.dataType)}", "use cast:long")
        if isinstance(wanted, T.IntegerType) and isinstance(member.dataType, T.LongType):
            number = value.getField(member.name)
            return F.when(number.between(*_bounds(wanted)), number.cast(wanted))
    return F.lit(None).cast(wanted)


def converted(value: Column, found: T.DataType, wanted: T.DataType) -> Column:
    """Cast a value of one type to another; values that cannot be cast become null.

    A number beyond the range of a type of whole numbers fails the query: Spark would make another number of it.
    """
    result = cast_or_null(value, wanted)
    if wanted == found or not isinstance(wanted, T.IntegralType) or not isinstance(found, T.NumericType):
        return result
    low, high = _bounds(wanted)
    if isinstance(found, T.IntegralType):
        if _bounds(found)[1] <= high:
            return result
        fits = value.between(low, high)
    elif isinstance(found, T.DecimalType) and 10 ** (found.precision - found.scale) <= high:
        return result
    else:  # what follows the point is cut off
        exact: type[Decimal | float] = Decimal if isinstance(found, T.DecimalType) else float
        fits = (value >= F.lit(exact(low))) & (value < F.lit(exact(high + 1)))
    message = F.concat(
        F.lit("the number "), value.cast("string"), F.lit(f" does not fit into the type {type_name(wanted)}")
    )
    return F.when(fits | value.isNull(), result).otherwise(F.raise_error(message).cast(wanted))


def _bounds(kind: T.DataType) -> tuple[int, int]:
    """The least and the greatest number of a type of whole numbers."""
    sizes: dict[type[T.DataType], int] = {T.ByteType: 8, T.ShortType: 16, T.IntegerType: 32}
    bits = sizes.get(type(kind), 64)
    return -(2 ** (bits - 1)), 2 ** (bits - 1) - 1


def as_columns(names: Path, field: T.StructField) -> list[Column]:
    """Make one column per type, named after it."""
    return [
        column((*names, member.name)).alias(f"{field.name}_{member.name}", metadata=PLAIN) for member in _members(field)
    ]


def _members(field: T.StructField) -> list[T.StructField]:
    assert isinstance(field.dataType, T.StructType)  # noqa: S101 - what `is_choice` promises
    return list(field.dataType.fields)

"""Records in Python: plain dicts, with a common schema inferred from all of them.

Also used on Spark's workers.
"""

import datetime
import decimal
from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

from pyspark import RDD, StorageLevel
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import types as T

from awsglue import fields_without_type
from awsglue.choices import METADATA, choice_type, is_choice, plain_value
from awsglue.errors import GlueUnsupportedError, unsupported

_INT_MAX, _LONG_MAX = 2**31, 2**63
ERROR_SCHEMA = T.StructType(
    [
        T.StructField(
            "error",
            T.StructType(
                [
                    T.StructField("callsite", T.StringType()),
                    T.StructField("msg", T.StringType()),
                    T.StructField("stackTrace", T.StringType()),
                    T.StructField("dynamicRecord", T.StringType()),
                ]
            ),
        )
    ]
)


class DynamicRecord(dict[str, Any]):
    """A record for a script's function: a dict with its values as attributes."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


def to_record(row: Row, schema: T.StructType) -> DynamicRecord:
    """Convert a row to a record for a script's function."""
    record: dict[str, Any] = plain_value(row, schema)
    return DynamicRecord({name: DynamicRecord(item) if type(item) is dict else item for name, item in record.items()})


def to_rdd(frame: DataFrame) -> RDD[Any]:
    """Convert a frame to records for a script's function."""
    schema = frame.schema
    return frame.rdd.map(lambda row: to_record(row, schema))


def infer(value: Any) -> T.DataType:
    """The type of one value.

    Raises:
        TypeError: a record cannot hold a value of this class.
    """
    match value:
        case None:
            return T.NullType()
        case bool():
            return T.BooleanType()
        case int() if not -_LONG_MAX <= value < _LONG_MAX:
            raise TypeError(f"a record may not hold the integer {value}, of more than 64 bits")
        case int():
            return T.IntegerType() if -_INT_MAX <= value < _INT_MAX else T.LongType()
        case float():
            return T.DoubleType()
        case decimal.Decimal():
            return T.DecimalType(38, 18)
        case str():
            return T.StringType()
        case bytes() | bytearray():
            return T.BinaryType()
        case datetime.datetime():
            return T.TimestampType()
        case datetime.date():
            return T.DateType()
        case Row():
            return infer(value.asDict())
        case dict():
            if others := [name for name in value if not isinstance(name, str)]:
                raise TypeError(f"the name of a field must be a text, not {others[0]!r}")
            return T.StructType([T.StructField(name, infer(item)) for name, item in value.items()])
        case list() | tuple():
            return T.ArrayType(common_type(value))
    raise TypeError(f"a record may not hold a {type(value).__name__}")


def common_type(values: Iterable[Any]) -> T.DataType:
    """One type for many values."""
    none: T.DataType = T.NullType()
    return reduce(merge, map(infer, values), none)


def _no_fields() -> T.DataType:
    return T.StructType([])


class Mixed(T.DataType):
    """The type of the elements of an array that have several: a choice on AWS, refused here."""


def merge(left: T.DataType, right: T.DataType) -> T.DataType:
    """One type for two, outside of fields. Numbers become fractions; other types that differ are `Mixed`."""
    merged = _merge_plain(left, right)
    if merged is not None:
        return merged
    numbers = (T.IntegerType, T.LongType, T.DoubleType)
    return T.DoubleType() if isinstance(left, numbers) and isinstance(right, numbers) else Mixed()


def _merge_plain(left: T.DataType, right: T.DataType) -> T.DataType | None:
    if left == right or isinstance(right, T.NullType):
        return left
    if isinstance(left, T.NullType):
        return right
    if {type(left), type(right)} == {T.IntegerType, T.LongType}:
        return T.LongType()
    if isinstance(left, T.StructType) and isinstance(right, T.StructType):
        fields = {field.name: field for field in left.fields}
        for field in right.fields:
            fields[field.name] = merge_fields(fields[field.name], field) if field.name in fields else field
        return T.StructType(list(fields.values()))
    if isinstance(left, T.ArrayType) and isinstance(right, T.ArrayType):
        return T.ArrayType(merge(left.elementType, right.elementType))
    return None


def merge_fields(left: T.StructField, right: T.StructField) -> T.StructField:
    """One field for two with the same name; a choice if their types differ."""
    if not is_choice(left) and not is_choice(right):
        merged = _merge_plain(left.dataType, right.dataType)
        if merged is not None:
            return T.StructField(left.name, merged)
    members: list[T.DataType] = []
    for member in [*_types(left), *_types(right)]:
        for position, known in enumerate(members):
            merged = _merge_plain(known, member)
            if merged is not None:
                members[position] = merged
                break
        else:
            members.append(member)
    ordered = sorted((member for member in members if not isinstance(member, T.NullType)), key=str)
    return T.StructField(left.name, choice_type(ordered), metadata=METADATA)


def _types(field: T.StructField) -> list[T.DataType]:
    if is_choice(field) and isinstance(field.dataType, T.StructType):
        return [member.dataType for member in field.dataType.fields]
    return [field.dataType]


def conform(value: Any, data_type: T.DataType, *, is_chosen: bool = False) -> Any:
    """Convert a value to the form that Spark requires for a type."""
    if value is None:
        return None
    if is_chosen and isinstance(data_type, T.StructType):
        own = infer(value)
        chosen = False
        members = []
        for member in data_type.fields:
            fits = not chosen and _merge_plain(member.dataType, own) == member.dataType
            chosen = chosen or fits
            members.append(conform(value, member.dataType) if fits else None)
        return tuple(members)
    if isinstance(data_type, T.StructType):
        record = value.asDict() if isinstance(value, Row) else value
        return tuple(
            conform(record.get(field.name), field.dataType, is_chosen=is_choice(field)) for field in data_type.fields
        )
    if isinstance(data_type, T.ArrayType):
        return [conform(item, data_type.elementType) for item in value]
    if isinstance(data_type, T.StringType) and not isinstance(value, str):
        return str(value)
    return float(value) if isinstance(data_type, T.DoubleType) and isinstance(value, int) else value


def _unchanged(kind: T.DataType) -> T.DataType:
    return kind


def to_frame(
    session: SparkSession, records: RDD[Any], *, adapt: Callable[[T.DataType], T.DataType] = _unchanged
) -> DataFrame:
    """Build a frame from an RDD of dicts. The schema is inferred from all of them, and adapted by a function."""

    def infer_schema(part: Iterable[Any]) -> Iterable[T.DataType]:
        yield common_type(part)

    found = reduce(merge, records.mapPartitions(infer_schema).collect(), _no_fields())
    schema = _without_nulls(adapt(found))
    conformed = records.map(lambda record: conform(record, schema))
    return fields_without_type.mark(session.createDataFrame(conformed, schema, verifySchema=False))


def _without_nulls(data_type: T.DataType, path: str = "") -> Any:
    """Type fields without any value as string: Spark cannot write a field without a type.

    Raises:
        GlueUnsupportedError: the elements of an array have several types.
    """
    if isinstance(data_type, T.NullType):
        return T.StringType()
    if isinstance(data_type, Mixed):
        unsupported(f"the array {path.removesuffix('[]')}, whose elements have several types", "give them one type")
    if isinstance(data_type, T.StructType):
        fields = [
            T.StructField(
                field.name, _without_nulls(field.dataType, f"{path}.{field.name}".lstrip(".")), metadata=field.metadata
            )
            for field in data_type.fields
        ]
        return T.StructType(fields)
    if isinstance(data_type, T.ArrayType):
        return T.ArrayType(_without_nulls(data_type.elementType, f"{path}[]"))
    return data_type


def checked(function: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """Wrap a function so that a result that is not a record is an error."""

    def call(record: dict[str, Any]) -> Any:
        answer = function(record)
        if not isinstance(answer, dict | Row):
            raise TypeError(f"the function of Map must return the record, not {type(answer).__name__}")
        if not answer:
            raise ValueError("the function of Map returned a record without any field")
        return answer

    return call


def lenient(function: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """Wrap a test so that it is false for a missing field or one of another type."""

    def call(record: dict[str, Any]) -> Any:
        try:
            return function(record)
        except (KeyError, ValueError, TypeError):
            return False

    return call


def attempt(frame: DataFrame, function: Callable[[dict[str, Any]], Any], info: str) -> "RDD[tuple[bool, Any]]":
    """Call a function with each record. Returns (True, (row, result)), or (False, error record) if it raises."""
    schema = frame.schema

    def call(row: Row) -> tuple[bool, Any]:
        record = to_record(row, schema)
        text = repr(record)
        try:
            return True, (row, function(record))
        except GlueUnsupportedError:
            raise
        except Exception as error:
            import traceback

            return False, ((info, f"{type(error).__name__}: {error}", traceback.format_exc(), text),)

    return frame.rdd.map(call).persist(StorageLevel.MEMORY_AND_DISK)

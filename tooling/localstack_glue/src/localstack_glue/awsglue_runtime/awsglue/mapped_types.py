"""Checks the source types of a mapping against the fields: on AWS, values of another type are lost silently."""

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import types as T

from awsglue.errors import unsupported
from awsglue.gluetypes import concrete_type, type_name
from awsglue.paths import Path, column

_COMPLEX = ("array", "struct", "map")
# on AWS the number type depends on the value: see `_is_surely_another`
_FAMILIES: tuple[type[T.DataType] | tuple[type[T.DataType], ...], ...] = (
    T.NumericType,
    T.StringType,
    T.BooleanType,
    (T.DateType, T.TimestampType, T.TimestampNTZType),
    T.BinaryType,
    T.ArrayType,
    T.StructType,
    T.MapType,
)
Claim = tuple[Path, T.StructField, str, str]  # the field's path, the field, the mapping's source type and target type


def check(frame: DataFrame, claims: Sequence[Claim]) -> None:
    """Refuse mappings with a source type that the field does not have, and arrays mapped to text.

    Raises:
        GlueUnsupportedError: the values of such a field would be lost on AWS.
    """
    for names, field, source_type, target_type in claims:
        path = ".".join(names)
        if isinstance(field.dataType, (T.ArrayType, T.StructType, T.MapType)) and _is_text(target_type):
            unsupported(f"the mapping of {path}, of type {type_name(field.dataType)}, to {target_type}", "use to_json")
        if source_type and _is_surely_another(field.dataType, source_type) and _has_values(frame, names):
            found = type_name(field.dataType)
            unsupported(
                f"the mapping of {path} as {source_type}: it is {found}, and AWS loses values of another type",
                f"write {found}, or two names only",
            )


def check_comparable(what: str, one: T.DataType, other: T.DataType) -> None:
    """Refuse to compare values of different kinds: on AWS, a number does not equal a text, to Spark it may.

    Raises:
        GlueUnsupportedError: the types are of different kinds.
    """
    if _family(one) != _family(other) and not isinstance(one, T.NullType) and not isinstance(other, T.NullType):
        unsupported(f"{what} {type_name(one)} with {type_name(other)}", "cast one of them")


def _is_text(name: str) -> bool:
    return name.lower() not in (*_COMPLEX, "choice", "") and isinstance(concrete_type(name), T.StringType)


def _is_surely_another(found: T.DataType, source_type: str) -> bool:
    """Whether no value of a field can have a type. Only AWS knows which number type a JSON value has."""
    name = source_type.strip().lower()
    if name in ("choice", "null") or isinstance(found, T.NullType):
        return False
    if name in _COMPLEX:
        return name != type_name(found)
    wanted = concrete_type(source_type)
    if isinstance(found, T.IntegerType) and isinstance(wanted, T.LongType):
        return True
    return _family(found) != _family(wanted)


def _family(kind: T.DataType) -> int:
    return next((number for number, members in enumerate(_FAMILIES) if isinstance(kind, members)), -1)


def _has_values(frame: DataFrame, names: Path) -> bool:
    return bool(frame.where(column(names).isNotNull()).limit(1).count())

"""Glue's own names for types, and schemas made of them.

Follows the pages "PySpark extension types" and "DynamicFrame class" of the AWS Glue Developer Guide.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pyspark.sql import types as T

from awsglue.errors import unsupported

_SIMPLE: dict[str, T.DataType] = {
    "string": T.StringType(),
    "varchar": T.StringType(),
    "char": T.StringType(),
    "int": T.IntegerType(),
    "integer": T.IntegerType(),
    "long": T.LongType(),
    "bigint": T.LongType(),
    "short": T.ShortType(),
    "smallint": T.ShortType(),
    "byte": T.ByteType(),
    "tinyint": T.ByteType(),
    "float": T.FloatType(),
    "double": T.DoubleType(),
    "boolean": T.BooleanType(),
    "bool": T.BooleanType(),
    "date": T.DateType(),
    "timestamp": T.TimestampType(),
    "binary": T.BinaryType(),
    "decimal": T.DecimalType(10, 2),
    "null": T.NullType(),
}
_OPAQUE = {"array", "struct", "map", "choice"}  # scripts write them to keep the type
_NAMES = {
    T.StringType: "string",
    T.IntegerType: "int",
    T.LongType: "long",
    T.ShortType: "short",
    T.ByteType: "byte",
    T.FloatType: "float",
    T.DoubleType: "double",
    T.BooleanType: "boolean",
    T.DateType: "date",
    T.TimestampType: "timestamp",
    T.TimestampNTZType: "timestamp",
    T.BinaryType: "binary",
    T.DecimalType: "decimal",
    T.NullType: "null",
    T.StructType: "struct",
    T.ArrayType: "array",
    T.MapType: "map",
}


def spark_type(name: str) -> T.DataType | None:
    """The Spark type of a name in a script; None for a bare `struct`, `array` or `map`, which keep their type."""
    return None if name.strip().lower() in _OPAQUE else concrete_type(name)


def concrete_type(name: str) -> T.DataType:
    """The Spark type for a type name of Glue or Hive."""
    text = name.strip().lower()
    if text in _SIMPLE:
        return _SIMPLE[text]
    if re.fullmatch(r"(var)?char\(\d+\)", text):
        return T.StringType()
    # `long` is Glue's word, `bigint` is SQL's
    ddl = re.sub(r"(?<=[<:, ])long(?=[>, ]|$)", "bigint", name.strip())
    try:
        return T._parse_datatype_string(ddl)
    except Exception:
        unsupported(f"the type {name}")


def type_name(data_type: T.DataType) -> str:
    """Glue's name for a Spark type."""
    return _NAMES.get(type(data_type), data_type.simpleString())


def hive_type(data_type: T.DataType) -> str:
    """The Data Catalog's name for a Spark type."""
    return data_type.simpleString()


class DataType:
    """A type as `DynamicFrame.schema()` shows it."""

    def __init__(self, properties: Mapping[str, Any] | None = None) -> None:
        self.properties = dict(properties or {})

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(type(self).__name__)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.properties})"

    @classmethod
    def typeName(cls) -> str:
        """Glue's name for the type."""
        return cls.__name__.removesuffix("Type").lower()

    @property
    def name(self) -> str:
        """Glue's name for the type."""
        return self.typeName()

    def jsonValue(self) -> dict[str, Any]:
        """The type as JSON."""
        return {"dataType": self.typeName(), "properties": self.properties}

    def lines(self) -> Iterator[str]:
        """The lines below the type's name in `printSchema`."""
        yield from ()


class AtomicType(DataType):
    """A type of single values."""


class BinaryType(AtomicType):
    """Bytes."""


class BooleanType(AtomicType):
    """True or false."""


class ByteType(AtomicType):
    """An integer of 8 bits."""


class DateType(AtomicType):
    """A day."""


class DoubleType(AtomicType):
    """A number of 64 bits."""


class FloatType(AtomicType):
    """A number of 32 bits."""


class IntegerType(AtomicType):
    """An integer of 32 bits."""

    @classmethod
    def typeName(cls) -> str:
        """Glue's name for the type."""
        return "int"


class LongType(AtomicType):
    """An integer of 64 bits."""


class NullType(AtomicType):
    """The type of fields without any value."""


class ShortType(AtomicType):
    """An integer of 16 bits."""


class StringType(AtomicType):
    """Text."""


class TimestampType(AtomicType):
    """A date and time."""


class UnknownType(AtomicType):
    """A type that Glue does not have."""


class DecimalType(AtomicType):
    """A decimal number with a precision and a scale."""

    def __init__(self, precision: int = 10, scale: int = 2, properties: Mapping[str, Any] | None = None) -> None:
        super().__init__(properties)
        self.precision = precision
        self.scale = scale

    def jsonValue(self) -> dict[str, Any]:
        """The type as JSON."""
        return {**super().jsonValue(), "precision": self.precision, "scale": self.scale}


class ArrayType(DataType):
    """A list."""

    def __init__(self, elementType: DataType | None = None, properties: Mapping[str, Any] | None = None) -> None:
        super().__init__(properties)
        self.elementType = elementType or UnknownType()

    def jsonValue(self) -> dict[str, Any]:
        """The type as JSON."""
        return {**super().jsonValue(), "elementType": self.elementType.jsonValue()}

    def lines(self) -> Iterator[str]:
        """The lines below the type's name in `printSchema`."""
        yield from _entry("element", self.elementType)


class MapType(DataType):
    """A map from texts to values."""

    def __init__(self, valueType: DataType | None = None, properties: Mapping[str, Any] | None = None) -> None:
        super().__init__(properties)
        self.valueType = valueType or UnknownType()

    def jsonValue(self) -> dict[str, Any]:
        """The type as JSON."""
        return {**super().jsonValue(), "valueType": self.valueType.jsonValue()}

    def lines(self) -> Iterator[str]:
        """The lines below the type's name in `printSchema`."""
        yield from _entry("keyType", StringType())
        yield from _entry("valueType", self.valueType)


class ChoiceType(DataType):
    """Several types for one field."""

    def __init__(self, choices: Iterable[DataType] = (), properties: Mapping[str, Any] | None = None) -> None:
        super().__init__(properties)
        self.choices = list(choices)

    def jsonValue(self) -> dict[str, Any]:
        """The type as JSON."""
        return {**super().jsonValue(), "choices": [choice.jsonValue() for choice in self.choices]}

    def lines(self) -> Iterator[str]:
        """The lines below the type's name in `printSchema`."""
        for choice in self.choices:
            yield f"|-- {choice.name}"
            yield from (f"|    {line}" for line in choice.lines())


class Field:
    """A field of a struct."""

    def __init__(self, name: str, dataType: DataType, properties: Mapping[str, Any] | None = None) -> None:
        self.name = name
        self.dataType = dataType
        self.properties = dict(properties or {})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Field) and vars(other) == vars(self)

    def __hash__(self) -> int:
        return hash(self.name)

    def __repr__(self) -> str:
        return f"Field({self.name}, {self.dataType}, {self.properties})"

    def jsonValue(self) -> dict[str, Any]:
        """The field as JSON."""
        return {"name": self.name, "container": self.dataType.jsonValue(), "properties": self.properties}


class StructType(DataType):
    """A record; what `DynamicFrame.schema()` returns."""

    def __init__(self, fields: Iterable[Field] = (), properties: Mapping[str, Any] | None = None) -> None:
        super().__init__(properties)
        self.fields = list(fields)

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    @property
    def field_map(self) -> dict[str, Field]:
        """The fields by name."""
        return {member.name: member for member in self.fields}

    def hasField(self, field: Field | str) -> bool:
        """Whether there is a field with this name."""
        return (field.name if isinstance(field, Field) else field) in self.field_map

    def getField(self, field: Field | str) -> Field:
        """The field with this name."""
        return self.field_map[field.name if isinstance(field, Field) else field]

    def add(self, field: Field) -> None:
        """Add a field."""
        self.fields.append(field)

    def jsonValue(self) -> dict[str, Any]:
        """The type as JSON."""
        return {**super().jsonValue(), "fields": [member.jsonValue() for member in self.fields]}

    def lines(self) -> Iterator[str]:
        """The lines below the type's name in `printSchema`."""
        for member in self.fields:
            yield from _entry(member.name, member.dataType)

    def treeString(self) -> str:
        """What `printSchema` prints."""
        return "\n".join(["root", *self.lines()])


_OF_SPARK: dict[type[T.DataType], type[AtomicType]] = {
    T.BinaryType: BinaryType,
    T.BooleanType: BooleanType,
    T.ByteType: ByteType,
    T.DateType: DateType,
    T.DoubleType: DoubleType,
    T.FloatType: FloatType,
    T.IntegerType: IntegerType,
    T.LongType: LongType,
    T.NullType: NullType,
    T.ShortType: ShortType,
    T.StringType: StringType,
    T.TimestampNTZType: TimestampType,
    T.TimestampType: TimestampType,
}


def from_spark(data_type: T.DataType, *, is_chosen: bool = False) -> DataType:
    """Glue's view of a Spark type."""
    if isinstance(data_type, T.StructType):
        if is_chosen:
            return ChoiceType(from_spark(member.dataType) for member in data_type.fields)
        return StructType(
            Field(member.name, from_spark(member.dataType, is_chosen=bool(member.metadata.get("awsglue.choice"))))
            for member in data_type.fields
        )
    if isinstance(data_type, T.ArrayType):
        return ArrayType(from_spark(data_type.elementType))
    if isinstance(data_type, T.MapType):
        return MapType(from_spark(data_type.valueType))
    if isinstance(data_type, T.DecimalType):
        return DecimalType(data_type.precision, data_type.scale)
    return _OF_SPARK.get(type(data_type), UnknownType)()


def _entry(name: str, data_type: DataType) -> Iterator[str]:
    yield f"|-- {name}: {data_type.name}"
    yield from (f"|    {line}" for line in data_type.lines())


__all__ = [
    "ArrayType",
    "AtomicType",
    "BinaryType",
    "BooleanType",
    "ByteType",
    "ChoiceType",
    "DataType",
    "DateType",
    "DecimalType",
    "DoubleType",
    "Field",
    "FloatType",
    "IntegerType",
    "LongType",
    "MapType",
    "NullType",
    "ShortType",
    "StringType",
    "StructType",
    "TimestampType",
    "UnknownType",
]

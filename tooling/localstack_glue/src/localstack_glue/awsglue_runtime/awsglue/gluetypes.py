"""Glue's own names for types, and schemas made of them.

Follows the pages "PySpark extension types" and "DynamicFrame class" of the AWS Glue Developer Guide.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
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
_OPAQUE = {"array", "struct", "map", "choice"}  # scripts write them for "as it is"
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
    """The Spark type of a name that scripts use; None for a bare `struct`, `array` or `map`: leave it as it is."""
    return None if name.strip().lower() in _OPAQUE else concrete_type(name)


def concrete_type(name: str) -> T.DataType:
    """The Spark type of a name that Glue or Hive uses."""
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
    """The name of a type in the Data Catalog."""
    return data_type.simpleString()


@dataclass(frozen=True)
class DataType:
    """A type as `DynamicFrame.schema()` shows it."""

    name: str
    properties: dict[str, Any] = field(default_factory=dict)

    def typeName(self) -> str:
        """Glue's name for the type."""
        return self.name

    def jsonValue(self) -> dict[str, Any]:
        """The type as JSON."""
        return {"dataType": self.name, "properties": self.properties}

    def lines(self) -> Iterator[str]:
        """The lines below the type's name in `printSchema`."""
        yield from ()


@dataclass(frozen=True)
class ArrayType(DataType):
    """A list."""

    elementType: DataType = field(default_factory=lambda: DataType("string"))

    def jsonValue(self) -> dict[str, Any]:
        """The type as JSON."""
        return {**super().jsonValue(), "elementType": self.elementType.jsonValue()}

    def lines(self) -> Iterator[str]:
        """The lines below the type's name in `printSchema`."""
        yield from _entry("element", self.elementType)


@dataclass(frozen=True)
class ChoiceType(DataType):
    """Several types for one field."""

    choices: tuple[DataType, ...] = ()

    def jsonValue(self) -> dict[str, Any]:
        """The type as JSON."""
        return {**super().jsonValue(), "choices": [choice.jsonValue() for choice in self.choices]}

    def lines(self) -> Iterator[str]:
        """The lines below the type's name in `printSchema`."""
        for choice in self.choices:
            yield f"|-- {choice.name}"
            yield from (f"|    {line}" for line in choice.lines())


@dataclass(frozen=True)
class Field:
    """A field of a struct."""

    name: str
    dataType: DataType
    properties: dict[str, Any] = field(default_factory=dict)

    def jsonValue(self) -> dict[str, Any]:
        """The field as JSON."""
        return {"name": self.name, "container": self.dataType.jsonValue(), "properties": self.properties}


@dataclass(frozen=True)
class StructType(DataType):
    """A record; what `DynamicFrame.schema()` returns."""

    fields: tuple[Field, ...] = ()

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)

    @property
    def field_map(self) -> dict[str, Field]:
        """The fields by name."""
        return {member.name: member for member in self.fields}

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


def from_spark(data_type: T.DataType, *, is_chosen: bool = False) -> DataType:
    """Glue's view of a Spark type."""
    if isinstance(data_type, T.StructType):
        if is_chosen:
            return ChoiceType("choice", {}, tuple(from_spark(member.dataType) for member in data_type.fields))
        fields = tuple(
            Field(member.name, from_spark(member.dataType, is_chosen=bool(member.metadata.get("awsglue.choice"))))
            for member in data_type.fields
        )
        return StructType("struct", {}, fields)
    if isinstance(data_type, T.ArrayType):
        return ArrayType("array", {}, from_spark(data_type.elementType))
    if isinstance(data_type, T.DecimalType):
        return DataType("decimal", {"precision": data_type.precision, "scale": data_type.scale})
    return DataType(type_name(data_type))


def _entry(name: str, data_type: DataType) -> Iterator[str]:
    yield f"|-- {name}: {data_type.name}"
    yield from (f"|    {line}" for line in data_type.lines())

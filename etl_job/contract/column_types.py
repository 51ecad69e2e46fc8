"""The types of columns, listed once, each with its name in Spark and Glue, in Iceberg and in Arrow."""

from dataclasses import dataclass

# Numbers are exact decimals until they become features, so that sums do not depend on the order of rows.
INTEGER_DIGITS, FRACTION_DIGITS = 18, 6
EXACT_DIGITS = 20  # after the point, of a number before it is rounded
VALUE_KIND = f"decimal({INTEGER_DIGITS + FRACTION_DIGITS},{FRACTION_DIGITS})"
SUM_KIND = f"decimal({INTEGER_DIGITS + FRACTION_DIGITS + 10},{FRACTION_DIGITS})"  # Spark's sum of such values


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A type by its names. ``file_bytes`` is the most that a value takes in a sorted, compressed file, as measured."""

    spark: str  # and Glue's
    iceberg: str
    arrow: str  # as ``pyarrow.type_for_alias`` reads it; decimals have no such name
    file_bytes: float


TYPES = {
    "string": ColumnType("string", "string", "string", 0.3),
    "date": ColumnType("date", "date", "date32[day]", 0.1),
    "int": ColumnType("int", "int", "int32", 1.3),
    "long": ColumnType("bigint", "long", "int64", 1.3),
    "double": ColumnType("double", "double", "double", 7.5),
    **{kind: ColumnType(kind, kind, kind, 9.0) for kind in (VALUE_KIND, SUM_KIND)},
}
# The SQL type of a contract's column where Spark judges it.
SQL_TYPES = {
    "string": "string",
    "date": "date",
    "timestamp": "timestamp",
    "integer": VALUE_KIND,
    "number": VALUE_KIND,
    "boolean": "boolean",
}

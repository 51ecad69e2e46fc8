"""Trino's types: their names, their conversions, and their equivalents in DuckDB.

Intervals are numbers for DuckDB, of milliseconds or of months, and JSON is text; the types here keep them apart.
"""

# ruff: noqa: E501 - SQL in a line is read as a line

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.sql_text import quoted


@dataclass(frozen=True, slots=True)
class Type:
    """A type.

    Attributes:
        kind: its name without parameters.
        numbers: length, precision and scale, or digits of a second.
        parts: types of elements, of keys and values, or of fields.
        names: of a row's fields; None for one that has no name.
        zone: of a timestamp with time zone, the zone in which it is shown.
    """

    kind: str
    numbers: tuple[int, ...] = ()
    parts: tuple["Type", ...] = ()
    names: tuple[str | None, ...] = ()
    zone: str = ""

    def __str__(self) -> str:
        """As Trino's typeof writes it."""
        if self.kind == "row":
            fields = (f"{_name(name)}{part}" for name, part in zip(self.names, self.parts, strict=True))
            return f"row({', '.join(fields)})"
        if self.parts:
            return f"{self.kind}({', '.join(str(part) for part in self.parts)})"
        if self.kind == "timestamp with time zone":
            return f"timestamp({self.numbers[0]}) with time zone"
        return f"{self.kind}({','.join(str(number) for number in self.numbers)})" if self.numbers else self.kind

    @property
    def element(self) -> "Type":
        """The type of an array's elements."""
        return self.parts[0]


BOOLEAN, DATE, VARBINARY, JSON, UNKNOWN = (
    Type("boolean"), Type("date"), Type("varbinary"), Type("json"), Type("unknown"),
)  # fmt: skip
TINYINT, SMALLINT, INTEGER, BIGINT = Type("tinyint"), Type("smallint"), Type("integer"), Type("bigint")
REAL, DOUBLE, VARCHAR = Type("real"), Type("double"), Type("varchar")
TIME, TIMESTAMP, TIMESTAMP_ZONED = (
    Type("time", (3,)), Type("timestamp", (3,)), Type("timestamp with time zone", (3,), zone="UTC"),
)  # fmt: skip
DAY_INTERVAL, MONTH_INTERVAL = Type("interval day to second"), Type("interval year to month")
FUNCTION = Type("function")
MAX_CHAR = 65536
MAX_DIGITS = 38
SEVERAL_ZONES = "several"  # of timestamps that are compared, and cannot be shown
SHOWN = Type("shown")  # a text as an answer shows it, which a cast to varchar need not give
INTEGERS = ("tinyint", "smallint", "integer", "bigint")
NUMBERS = (*INTEGERS, "decimal", "real", "double")
_AS_DECIMAL = {"tinyint": (3, 0), "smallint": (5, 0), "integer": (10, 0), "bigint": (19, 0)}
_DUCKDB = {
    "boolean": "BOOLEAN", "tinyint": "TINYINT", "smallint": "SMALLINT", "integer": "INTEGER", "bigint": "BIGINT",
    "real": "FLOAT", "double": "DOUBLE", "varchar": "VARCHAR", "char": "VARCHAR", "json": "VARCHAR",
    "varbinary": "BLOB", "date": "DATE", "time": "TIME", "timestamp": "TIMESTAMP", "uuid": "VARCHAR",
    "timestamp with time zone": "TIMESTAMPTZ", "interval day to second": "BIGINT", "interval year to month": "BIGINT",
    "unknown": "INTEGER", "shown": "VARCHAR",
}  # fmt: skip
_SQLGLOT = {
    "INT": "integer", "FLOAT": "real", "TEXT": "varchar", "BINARY": "varbinary", "TIMESTAMPTZ": "timestamp with time zone",
    "STRUCT": "row", "LIST": "array", "TIMESTAMPNTZ": "timestamp", "NULL": "unknown",
}  # fmt: skip


def array(element: Type) -> Type:
    """An array."""
    return Type("array", (), (element,))


def map_type(key: Type, value: Type) -> Type:
    """A map."""
    return Type("map", (), (key, value))


def row(parts: Sequence[Type], names: Sequence[str | None] | None = None) -> Type:
    """A row."""
    return Type("row", (), tuple(parts), tuple(names) if names is not None else (None,) * len(parts))


def decimal(precision: int, scale: int) -> Type:
    """A decimal."""
    return Type("decimal", (min(precision, MAX_DIGITS), scale))


def duckdb_type(kind: Type) -> str:
    """DuckDB's equivalent of a type.

    Raises:
        QueryFailedError: it has none.
    """
    if kind.kind == "decimal":
        return f"DECIMAL({kind.numbers[0]},{kind.numbers[1]})"
    if kind.kind == "array":
        return f"{duckdb_type(kind.element)}[]"
    if kind.kind == "map":
        return f"MAP({duckdb_type(kind.parts[0])}, {duckdb_type(kind.parts[1])})"
    if kind.kind == "row":
        fields = (
            f"{quoted(field)} {duckdb_type(part)}" for field, part in zip(field_names(kind), kind.parts, strict=True)
        )
        return f"STRUCT({', '.join(fields)})"
    if kind.kind not in _DUCKDB:
        raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: the type {kind} is not supported here")
    return _DUCKDB[kind.kind]


def field_names(kind: Type) -> list[str]:
    """The names that a row's fields have in DuckDB; those without one are numbered, as Athena shows them."""
    return [f"field{number}" if name is None else name for number, name in enumerate(kind.names)]


def from_sqlglot(parsed: exp.DataType) -> Type:
    """A type as a query or the catalog writes it.

    Raises:
        QueryFailedError: there is none of that name here.
    """
    if parsed.meta.get("foreign"):
        raise QueryFailedError("TYPE_MISMATCH", f"line 1:1: Unknown type: {parsed.meta['foreign']}")
    name = str(parsed.this.value if isinstance(parsed.this, exp.DType) else parsed.this)
    kind = _SQLGLOT.get(name, name.lower())
    if kind == "interval":
        unit = parsed.this.name if isinstance(parsed.this, exp.Expr) else ""
        return MONTH_INTERVAL if "month" in unit.lower() else DAY_INTERVAL
    if kind in ("array", "map"):
        return Type(kind, (), tuple(from_sqlglot(part) for part in parsed.expressions))
    if kind == "row":
        names: list[str | None] = []
        parts = []
        for field in parsed.expressions:
            is_named = isinstance(field, exp.ColumnDef)
            names.append(field.name.lower() if is_named else None)
            parts.append(from_sqlglot(field.args["kind"] if is_named else field))
        return row(parts, names)
    numbers = tuple(int(part.name) for part in parsed.expressions if isinstance(part, exp.DataTypeParam))
    if kind == "decimal":
        precision, scale = (*numbers, *(38, 0)[len(numbers) :])
        if not (1 <= precision <= MAX_DIGITS and scale <= precision):
            raise QueryFailedError("TYPE_MISMATCH", f"line 1:1: Invalid type: decimal({precision}, {scale})")
        return decimal(precision, scale)
    if kind == "time" or kind.startswith("timestamp"):
        digits = numbers or (3,)
        return Type(kind, digits, zone="UTC" if "zone" in kind else "")
    if kind == "char":
        if numbers and numbers[0] > MAX_CHAR:
            raise QueryFailedError("TYPE_MISMATCH", f"line 1:1: CHAR length must be in range [0, {MAX_CHAR}]")
        return Type("char", numbers or (1,))
    if kind == "varchar":
        return Type("varchar", numbers)
    if kind not in _DUCKDB or kind == "unknown":
        raise QueryFailedError("NOT_SUPPORTED", f"line 1:1: the type {parsed.sql('trino')} is not supported here")
    return Type(kind)


def common(first: Type, second: Type) -> Type | None:
    """The type that both are implicitly converted to; None if there is none."""
    if first == second or second == UNKNOWN:
        return first
    if first == UNKNOWN:
        return second
    if first.kind in NUMBERS and second.kind in NUMBERS:
        return _common_number(first, second)
    kinds = {first.kind, second.kind}
    if kinds == {"varchar"}:
        return Type("varchar", (max(first.numbers[0], second.numbers[0]),) if first.numbers and second.numbers else ())
    if kinds == {"char"}:
        return Type("char", (max(first.numbers[0], second.numbers[0]),))
    if kinds == {"char", "varchar"}:  # blanks at the end of the text are then no part of it
        return Type("char", (max(each.numbers[0] if each.numbers else MAX_CHAR for each in (first, second)),))
    if first.kind == second.kind and first.parts and len(first.parts) == len(second.parts):
        parts = [common(a, b) for a, b in zip(first.parts, second.parts, strict=True)]
        if any(part is None for part in parts):
            return None
        names = tuple(a if a == b else None for a, b in zip(first.names, second.names, strict=True))
        return replace(first, parts=tuple(part for part in parts if part is not None), names=names)
    if kinds <= {"date", "timestamp", "timestamp with time zone"}:
        digits = max((kind.numbers[0] for kind in (first, second) if kind.numbers), default=3)
        if first.zone or second.zone:  # what has no zone is of UTC
            zones = {kind.zone or "UTC" for kind in (first, second)}
            zone = zones.pop() if len(zones) == 1 else SEVERAL_ZONES
            return Type("timestamp with time zone", (digits,), zone=zone)
        return Type("timestamp", (digits,))
    if kinds == {"time"}:
        return Type("time", (max(first.numbers[0], second.numbers[0]),))
    return None


def is_orderable(kind: Type) -> bool:
    """Whether values of a type are less or greater than others: maps and JSON are only equal or not."""
    return kind.kind not in ("map", "json") and all(map(is_orderable, kind.parts))


def check_orderable(kind: Type, clause: str) -> None:
    """Check the type of what is sorted.

    Raises:
        QueryFailedError: it has no order.
    """
    if not is_orderable(kind):
        raise QueryFailedError(
            "TYPE_MISMATCH", f"line 1:1: Type {kind} is not orderable, and therefore cannot be used in {clause}"
        )


def as_decimal(kind: Type) -> Type:
    """The decimal that holds any whole number of a type."""
    return kind if kind.kind == "decimal" else Type("decimal", _AS_DECIMAL[kind.kind])


def _common_number(first: Type, second: Type) -> Type:
    if first.kind in INTEGERS and second.kind in INTEGERS:
        return max(first, second, key=lambda kind: INTEGERS.index(kind.kind))
    if "double" in (first.kind, second.kind):
        return DOUBLE
    if "real" in (first.kind, second.kind):
        return REAL
    first, second = as_decimal(first), as_decimal(second)
    scale = max(first.numbers[1], second.numbers[1])
    whole = max(kind.numbers[0] - kind.numbers[1] for kind in (first, second))
    return decimal(whole + scale, scale)


def _name(name: str | None) -> str:
    if name is None:
        return ""
    plain = name.replace("_", "a").isalnum() and not name[0].isdigit()
    return f"{name} " if plain else f'"{name}" '

"""The schema of an Iceberg table that a statement creates: its columns' types and its partitions' transforms."""

from collections.abc import Iterator, Sequence

from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import parse_transform
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FloatType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
)

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.trino.types import Type, field_names

_SIMPLE: dict[str, IcebergType] = {
    "boolean": BooleanType(),
    "integer": IntegerType(),
    "bigint": LongType(),
    "real": FloatType(),
    "double": DoubleType(),
    "varchar": StringType(),
    "varbinary": BinaryType(),
    "date": DateType(),
    "timestamp": TimestampType(),
    "timestamp with time zone": TimestamptzType(),
}


def iceberg_type(kind: Type, ids: Iterator[int]) -> IcebergType:
    """The Iceberg type of a Trino type; its parts get ids from an iterator.

    Raises:
        QueryFailedError: Iceberg has no such type.
    """
    if kind.kind == "decimal":
        return DecimalType(*kind.numbers)
    if kind.kind == "array":
        return ListType(next(ids), iceberg_type(kind.element, ids), element_required=False)
    if kind.kind == "map":
        key, value = kind.parts
        return MapType(next(ids), iceberg_type(key, ids), next(ids), iceberg_type(value, ids), value_required=False)
    if kind.kind == "row":
        pairs = zip(field_names(kind), kind.parts, strict=True)
        return StructType(
            *(NestedField(next(ids), name, iceberg_type(part, ids), required=False) for name, part in pairs)
        )
    if kind.kind not in _SIMPLE:
        raise QueryFailedError("NOT_SUPPORTED", f"Type not supported for Iceberg: {kind}")
    return _SIMPLE[kind.kind]


def partition_spec(schema: Schema, parts: Sequence[str]) -> PartitionSpec:
    """The partitioning by columns and transforms, as a statement writes them: `day(ts)`, `bucket(16, id)`.

    Raises:
        ValueError: the schema has no such column, or Iceberg no such transform.
    """
    fields = []
    for number, text in enumerate(parts):
        column, transform = _transform(text)
        source = schema.find_field(column)
        name = transform.partition("[")[0]
        suffix = {"identity": "", "truncate": "_trunc"}.get(name, f"_{name}")  # as Iceberg's own builder names them
        fields.append(PartitionField(source.field_id, 1000 + number, parse_transform(transform), f"{column}{suffix}"))
    return PartitionSpec(*fields)


def _transform(text: str) -> tuple[str, str]:
    """`day(ts)`, `bucket(16, id)`, `truncate(name, 4)` or a column, as PyIceberg has them."""
    plain = text.replace("`", "").replace('"', "").strip().lower()
    if "(" not in plain:
        return plain, "identity"
    name, _, rest = plain.rstrip(")").partition("(")
    arguments = [part.strip() for part in rest.split(",")]
    if name in ("bucket", "truncate"):
        number = next((part for part in arguments if part.isdigit()), "")
        return next(part for part in arguments if not part.isdigit()), f"{name}[{number}]"
    return arguments[0], name.removesuffix("s") if name in ("days", "hours", "months", "years") else name

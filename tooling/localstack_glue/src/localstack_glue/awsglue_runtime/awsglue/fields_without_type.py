"""Fields without a type, because no record has a value for them.

Spark types those of JSON as text. A column of JSON with text anywhere in it is marked, so that callers can check its
texts for values.
"""

from collections.abc import Iterator

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue import paths
from awsglue.case_of_names import by_spelling

_MARK = "awsglue.fields_without_type"


@by_spelling
def mark(frame: DataFrame, *names: str) -> DataFrame:
    """The frame with its columns (or those named) marked as JSON, if they hold text."""
    columns = [
        paths.column((field.name,)).alias(field.name, metadata={**field.metadata, _MARK: True})
        if (not names or field.name in names) and any(leaves(field, (field.name,), T.StringType))
        else paths.column((field.name,))
        for field in frame.schema.fields
    ]
    return frame.select(*columns)


@by_spelling
def fields(frame: DataFrame) -> list[paths.Path]:
    """The fields without any value, also inside structs and arrays of structs.

    In a frame without records, text fields of JSON count as typed.
    """
    typeless = [names for field in frame.schema.fields for names in leaves(field, (field.name,), T.NullType)]
    marked = [field for field in frame.schema.fields if field.metadata.get(_MARK)]
    texts = [names for field in marked for names in leaves(field, (field.name,), T.StringType)]
    if not texts:
        return typeless
    has_value = [F.max(_holds_value(paths.column(names[:1]), frame.schema[names[0]], names[1:])) for names in texts]
    row = frame.agg(*has_value).first()
    return typeless + [names for names, found in zip(texts, row or (), strict=False) if found is False]


def leaves(field: T.StructField, names: paths.Path, wanted: type[T.DataType]) -> Iterator[paths.Path]:
    """The paths of the fields of a type: through arrays too, but not to the elements of an array."""
    kind = field.dataType
    if isinstance(kind, wanted):
        yield names
    while isinstance(kind, T.ArrayType):
        kind = kind.elementType
    if isinstance(kind, T.StructType):
        for member in kind.fields:
            yield from leaves(member, (*names, member.name), wanted)


def _holds_value(value: Column, field: T.StructField, names: paths.Path) -> Column:
    """Whether a value has anything at a path inside it."""
    kind = field.dataType
    if not names:
        return value.isNotNull()
    if isinstance(kind, T.ArrayType):
        element = T.StructField(field.name, kind.elementType)
        return F.coalesce(F.exists(value, lambda item: _holds_value(item, element, names)), F.lit(False))
    assert isinstance(kind, T.StructType)  # noqa: S101 - the path of a leaf
    member = kind[names[0]]
    return _holds_value(value.getField(member.name), member, names[1:])

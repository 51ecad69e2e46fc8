"""Fields of JSON without a type, because no record has a value for them.

Spark types them as text. Text fields of JSON are marked, so that callers can check them for values.
"""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue import paths
from awsglue.spelling import by_spelling

_MARK = "awsglue.untyped"


@by_spelling
def mark(frame: DataFrame) -> DataFrame:
    """The frame with its text fields marked as JSON."""
    columns = [
        paths.column((field.name,)).alias(field.name, metadata={**field.metadata, _MARK: True})
        if isinstance(field.dataType, T.StringType)
        else paths.column((field.name,))
        for field in frame.schema.fields
    ]
    return frame.select(*columns)


@by_spelling
def fields(frame: DataFrame) -> list[str]:
    """The fields without any value. In a frame without records, text fields of JSON count as typed."""
    typeless = paths.any_field(frame.schema, lambda field: isinstance(field.dataType, T.NullType))
    marked = paths.any_field(frame.schema, lambda field: bool(field.metadata.get(_MARK)))
    if not marked:
        return typeless
    has_value = [F.max(paths.column((name,)).isNotNull()) for name in marked]
    row = frame.agg(*has_value).first()
    return typeless + [name for name, found in zip(marked, row or (), strict=False) if found is False]

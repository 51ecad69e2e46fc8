"""Nested data as flat tables.

Follows the page "Relationalize class" of the AWS Glue Developer Guide: structs become columns named `a.b`; an array
becomes a table of its own, `<root>_<column>`, with the columns `id`, `index` and `<array>.val`; the array's column in
the parent holds the id. The names of nested arrays begin with the root's too: `root_orders.val.items`.
"""

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

from awsglue import choices, paths
from awsglue.case_of_names import by_spelling
from awsglue.errors import GlueDataError, unsupported


def relationalize(frame: DataFrame, root: str) -> dict[str, DataFrame]:
    """Turn nested data into flat tables by name. The first is the root."""
    if found := paths.holding(frame.schema, choices.is_choice):
        unsupported(f"relationalizing the choices {', '.join(found)}", "resolve them first")
    tables: dict[str, DataFrame] = {}
    _add(tables, root, root, flatten(frame))
    return tables


@by_spelling
def flatten(frame: DataFrame) -> DataFrame:
    """Flatten structs into columns with dotted names.

    Raises:
        GlueDataError: a column has such a name already.
    """
    columns: list[Column] = []
    for field in frame.schema.fields:
        columns += _flat(field, (field.name,), field.name)
    flat = frame.select(*columns)
    if twice := paths.repeated(flat.columns):
        raise GlueDataError(f"two fields would be called {', '.join(twice)}; rename one")
    return flat


def _flat(field: T.StructField, names: paths.Path, alias: str) -> list[Column]:
    if choices.is_choice(field):
        if choices.is_nested(field):
            unsupported(f"unnesting the choice {alias}, of which one type is nested", "resolve it first")
        return [paths.column(names).alias(alias, metadata=choices.METADATA)]
    if isinstance(field.dataType, T.MapType):
        unsupported(f"relationalizing the map {alias}")
    if not isinstance(field.dataType, T.StructType):
        return [paths.column(names).alias(alias)]
    columns: list[Column] = []
    for member in field.dataType.fields:
        columns += _flat(member, (*names, member.name), f"{alias}.{member.name}")
    return columns


@by_spelling
def _add(tables: dict[str, DataFrame], root: str, name: str, flat: DataFrame) -> None:
    arrays = [field.name for field in flat.schema.fields if isinstance(field.dataType, T.ArrayType)]
    if not arrays:
        tables[name] = flat
        return
    # ids are computed once and kept: parent and child tables are computed separately and must agree on them
    keyed = flat.withColumn("__id", F.monotonically_increasing_id()).persist(StorageLevel.MEMORY_AND_DISK)
    tables[name] = keyed.select(
        *(
            F.when(paths.column((column,)).isNotNull(), F.col("__id")).alias(column)
            if column in arrays
            else paths.column((column,))
            for column in flat.columns
        )
    )
    for array in arrays:
        items = keyed.select(
            F.col("__id").alias("id"), F.posexplode(paths.column((array,))).alias("index", f"{array}.val")
        )
        _add(tables, root, f"{root}_{array}", flatten(items))

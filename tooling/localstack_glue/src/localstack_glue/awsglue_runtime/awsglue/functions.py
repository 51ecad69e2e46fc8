"""Column functions of Glue's library."""

from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F


def replaceArrayElement(srcCol: Column, replaceCol: Column, idx: int) -> Column:
    """Replace one element of an array."""
    return F.transform(srcCol, lambda item, position: F.when(position == idx, replaceCol).otherwise(item))


def namedStruct(*cols: Any) -> Column:
    """Make a struct of columns."""
    listed = cols[0] if len(cols) == 1 and isinstance(cols[0], list | set) else cols
    return F.struct(*listed)


def explodeWithIndex(col: Column) -> Column:
    """Make one row for each element of an array, as `index` and `val`."""
    return F.posexplode(col).alias("index", "val")

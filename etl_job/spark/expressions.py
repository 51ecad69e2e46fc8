"""What Spark itself makes of an SQL expression, asked of its parser and analyser.

PySpark has no public way to either: they are reached through its handles on Java objects.
"""

from collections.abc import Sequence
from typing import Any

from pyspark.sql import DataFrame, SparkSession


def columns_in(spark: SparkSession, expression: str) -> set[str]:
    """The names of columns in an expression, in lower case.

    Raises:
        PySparkException: it cannot be parsed.
    """
    session: Any = spark
    leaves = session._jsparkSession.sessionState().sqlParser().parseExpression(expression).collectLeaves()
    found: Sequence[Any] = [leaves.apply(place) for place in range(leaves.size())]
    return {str(leaf.name()).lower() for leaf in found if leaf.getClass().getSimpleName() == "UnresolvedAttribute"}


def is_deterministic(rows: DataFrame) -> bool:
    """Whether rows are the same each time they are computed."""
    analysed: Any = rows._jdf.queryExecution().analyzed()
    return bool(analysed.deterministic())

"""The differences between Spark 3 and Spark 4."""

from __future__ import annotations

import importlib
from typing import Any

from pyspark import SparkContext
from pyspark.sql import Column, DataFrame
from pyspark.sql import types as T


def frame_class() -> type[DataFrame]:
    """The class of frames. In Spark 4, `DataFrame` is only the common base of classic and Spark Connect frames."""
    try:
        classic = importlib.import_module("pyspark.sql.classic.dataframe")
    except ImportError:
        return DataFrame
    found: type[DataFrame] = classic.DataFrame
    return found


def build_java_frame(jvm: Any, spark_session: Any, plan: Any) -> Any:
    """Make a Java frame of a query's plan."""
    sql = jvm.org.apache.spark.sql
    dataset = sql.Dataset if frame_class() is DataFrame else sql.classic.Dataset
    return dataset.ofRows(spark_session, plan)


def cast_or_null(value: Column, wanted: T.DataType) -> Column:
    """Cast a value to another type, with null for values that cannot be cast, also in ANSI mode.

    Spark's own `try_cast` differs: it gives null for `1.5` as an integer.
    """
    jvm: Any = SparkContext._jvm
    if frame_class() is DataFrame or jvm is None:
        return value.cast(wanted)
    node: Any = jvm.org.apache.spark.sql.internal.Cast
    legacy = getattr(getattr(jvm.org.apache.spark.sql.internal, "Cast$Legacy$"), "MODULE$")
    kind = jvm.org.apache.spark.sql.types.DataType.fromJson(wanted.json())
    origin = getattr(node, "apply$default$4")()
    cast_node = node(value._jc.node(), kind, jvm.scala.Option.apply(legacy), origin)
    return type(value)(jvm.org.apache.spark.sql.Column(cast_node))

"""What Spark 4 has in other places than Spark 3."""

from __future__ import annotations

import importlib
from typing import Any

from pyspark import SparkContext
from pyspark.sql import Column, DataFrame
from pyspark.sql import types as T


def frame_class() -> type[DataFrame]:
    """The class whose methods frames have: in Spark 4, `DataFrame` is only what its own and Spark Connect's share."""
    try:
        classic = importlib.import_module("pyspark.sql.classic.dataframe")
    except ImportError:
        return DataFrame
    found: type[DataFrame] = classic.DataFrame
    return found


def build_java_frame(jvm: Any, spark_session: Any, plan: Any) -> Any:
    """Java's frame of a query's plan."""
    sql = jvm.org.apache.spark.sql
    dataset = sql.Dataset if frame_class() is DataFrame else sql.classic.Dataset
    return dataset.ofRows(spark_session, plan)


def cast_or_null(value: Column, wanted: T.DataType) -> Column:
    """A value as another type, and null where it has none there, also in ANSI mode: frames of Glue are not Spark's.

    Spark's own `try_cast` is another cast: it has no integer for `1.5`.
    """
    jvm: Any = SparkContext._jvm
    if frame_class() is DataFrame or jvm is None:
        return value.cast(wanted)
    node: Any = jvm.org.apache.spark.sql.internal.Cast
    legacy = getattr(getattr(jvm.org.apache.spark.sql.internal, "Cast$Legacy$"), "MODULE$")
    kind = jvm.org.apache.spark.sql.types.DataType.fromJson(wanted.json())
    origin = getattr(node, "apply$default$4")()
    made = node(value._jc.node(), kind, jvm.scala.Option.apply(legacy), origin)
    return type(value)(jvm.org.apache.spark.sql.Column(made))

"""The engine on Spark, over the frames of a script."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from .dqdl.engine import PRIMARY, Column
from .dqdl.errors import QueryError, UnsupportedRuleError

_KINDS: Mapping[type[T.DataType], str] = {
    T.BooleanType: "boolean",
    T.DateType: "date",
    T.DecimalType: "decimal",
    T.DoubleType: "float",
    T.FloatType: "float",
    T.StringType: "text",
    T.TimestampType: "timestamp",
    **dict.fromkeys((T.ByteType, T.ShortType, T.IntegerType, T.LongType), "integer"),
}
_TYPES = {"INTEGER": "INT", "LONG": "BIGINT"}


class SparkEngine:
    """Frames by alias. The tested frame is `primary`. `close` releases the names."""

    def __init__(self, spark: SparkSession, frames: Mapping[str, DataFrame]) -> None:
        self._spark = spark
        views = spark._jsparkSession.sessionState().catalog()  # PySpark's own catalog would query the metastore too
        if taken := [alias for alias in frames if views.getTempView(alias).isDefined()]:
            raise UnsupportedRuleError(f"data quality rules while the script has its own view {taken[0]}")
        self.tables = {alias: _columns(frame) for alias, frame in frames.items()}
        for alias, frame in frames.items():  # the user's SQL names them
            frame.createOrReplaceTempView(alias)

    @property
    def refuses_stray_days(self) -> bool:
        """Whether a text that only Spark 2 reads as a date is an error.

        Raises:
            UnsupportedRuleError: the session reads dates in the way of Spark 2.
        """
        policy = str(self._spark.conf.get("spark.sql.legacy.timeParserPolicy")).upper()
        if policy == "LEGACY":
            raise UnsupportedRuleError("date formats with spark.sql.legacy.timeParserPolicy=LEGACY")
        return policy == "EXCEPTION"

    def close(self) -> None:
        """Drop the views."""
        for alias in self.tables:
            self._spark.catalog.dropTempView(alias)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Run SQL.

        Raises:
            QueryError: Spark refuses the SQL.
        """
        try:
            return [tuple(row) for row in self._spark.sql(sql).collect()]
        except PySparkException as error:  # errors of the SQL or the data; a failed Spark job is another error
            raise QueryError(f"Error executing SQL statement: {error}") from error

    def statement(self, spark_sql: str) -> str:
        """A user's query, unchanged."""
        return spark_sql.strip().rstrip(";")

    def expression(self, spark_sql: str) -> str:
        """A user's condition, unchanged."""
        return spark_sql

    def check_condition(self, spark_sql: str) -> None:
        """Check a user's condition.

        Raises:
            QueryError: Spark refuses it.
        """
        self._analyzed(f"SELECT 1 FROM {self.quoted(PRIMARY)} WHERE ({spark_sql})")

    def result_columns(self, spark_sql: str) -> list[str]:
        """The column names of a user's query.

        Raises:
            QueryError: Spark refuses the SQL.
        """
        return self._analyzed(self.statement(spark_sql)).columns

    def _analyzed(self, sql: str) -> DataFrame:
        try:
            return self._spark.sql(sql)
        except PySparkException as error:
            raise QueryError(f"Error executing SQL statement: {error}") from error

    def quoted(self, name: str) -> str:
        """A name."""
        return "`" + name.replace("`", "``") + "`"

    def text(self, value: str) -> str:
        """Write a text as an SQL literal. Backslashes are special in Spark's literals."""
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"

    def first_match(self, value: str, pattern: str) -> str:
        """The first match of a pattern, in SQL.

        Raises:
            UnsupportedRuleError: the session reads escapes in patterns in the way of Spark 1.6.
        """
        return f"regexp_extract({value}, {self._pattern(pattern)}, 0)"

    def is_found(self, value: str, pattern: str) -> str:
        """Whether a part matches a pattern, in SQL.

        Raises:
            UnsupportedRuleError: the session reads escapes in patterns in the way of Spark 1.6.
        """
        return f"({value} RLIKE {self._pattern(pattern)})"

    def _pattern(self, pattern: str) -> str:
        if self._spark.conf.get("spark.sql.parser.escapedStringLiterals") == "true":
            raise UnsupportedRuleError("patterns with spark.sql.parser.escapedStringLiterals")
        return self.text(pattern)

    def check_comparable(self, first: Column, second: Column) -> None:
        """Accept any columns: Spark reports those that it cannot compare."""

    def castable(self, column: Column, wanted: str) -> str:
        """The SQL for whether the cast gives a value."""
        # without ANSI, as in Glue 5, 1.5 is cast to an integer; with ANSI, a plain cast would raise
        is_ansi = self._spark.conf.get("spark.sql.ansi.enabled") == "true"
        cast = "TRY_CAST" if is_ansi else "CAST"
        return f"({cast}({self.quoted(column.name)} AS {_TYPES.get(wanted, wanted)}) IS NOT NULL)"

    def as_number(self, column: Column) -> str:
        """A text as a number."""
        return f"TRY_CAST({self.quoted(column.name)} AS DOUBLE)"

    def as_day(self, column: Column) -> str:
        """A value as a date."""
        return f"TRY_CAST({self.quoted(column.name)} AS DATE)"

    def as_seconds(self, column: Column) -> str:
        """A value as seconds since 1970."""
        return f"CAST(TRY_CAST({self.quoted(column.name)} AS TIMESTAMP) AS BIGINT)"

    def day_in_format(self, value: str, java_format: str) -> str:
        """A text parsed as a date, with as many digits as the format has letters."""
        digits = re.sub("[dMy]", r"\\d", java_format)
        is_like = f"{value} RLIKE {self.text(f'^{digits}$')}"
        return f"CASE WHEN {is_like} THEN to_date(try_to_timestamp({value}, '{java_format}')) END"


def _columns(frame: DataFrame) -> Sequence[Column]:
    return tuple(
        Column(field.name, _KINDS.get(type(field.dataType), "other"), field.dataType.simpleString())
        for field in frame.schema.fields
    )

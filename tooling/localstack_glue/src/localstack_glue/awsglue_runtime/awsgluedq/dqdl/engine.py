"""The engine of an evaluation: runs SQL over its tables in the dialect of Spark or DuckDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

PRIMARY = "primary"
NUMBERS = ("integer", "decimal", "float")


@dataclass(frozen=True)
class Column:
    """A column. Its kind is integer, decimal, float, text, date, timestamp, boolean or other.

    Its type is the engine's.
    """

    name: str
    kind: str
    type: str


class Engine(Protocol):
    """The tables by alias, and the queries on them."""

    @property
    def tables(self) -> Mapping[str, Sequence[Column]]:
        """The columns of each table. The tested table is `primary`."""
        ...

    @property
    def refuses_stray_days(self) -> bool:
        """Whether a text that only Spark 2 reads as a date, in a given format, is an error, as by default."""
        ...

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Run SQL that this class's methods have written.

        Raises:
            QueryError: the data does not allow it.
        """
        ...

    def statement(self, spark_sql: str) -> str:
        """Translate a user's query to this engine's dialect.

        Raises:
            UnsupportedRuleError: the query has no translation.
        """
        ...

    def expression(self, spark_sql: str) -> str:
        """Translate a user's condition to this engine's dialect.

        Raises:
            UnsupportedRuleError: the condition has no translation.
        """
        ...

    def check_condition(self, spark_sql: str) -> None:
        """Check a user's condition on the primary table.

        Raises:
            QueryError: it is not one, or the table does not have its columns.
            UnsupportedRuleError: the condition has no translation.
        """
        ...

    def result_columns(self, spark_sql: str) -> list[str]:
        """The column names of a user's query."""
        ...

    def quoted(self, name: str) -> str:
        """Quote the name of a column or table."""
        ...

    def text(self, value: str) -> str:
        """Write a text as an SQL literal."""
        ...

    def first_match(self, value: str, pattern: str) -> str:
        """The first part of a value that matches a Java pattern, in SQL.

        Raises:
            UnsupportedRuleError: the pattern has no translation.
        """
        ...

    def is_found(self, value: str, pattern: str) -> str:
        """Whether a part of a value matches a Java pattern, in SQL.

        Raises:
            UnsupportedRuleError: the pattern has no translation.
        """
        ...

    def check_comparable(self, first: Column, second: Column) -> None:
        """Check that the engine compares two columns as Spark does.

        Raises:
            UnsupportedRuleError: it compares them differently.
        """
        ...

    def castable(self, column: Column, wanted: str) -> str:
        """The SQL for whether Spark can cast a text to a type of ColumnDataType."""
        ...

    def as_number(self, column: Column) -> str:
        """A text as a double, in SQL; null if it is not a number."""
        ...

    def as_day(self, column: Column) -> str:
        """A value as a date, in SQL; null if it is not one."""
        ...

    def as_seconds(self, column: Column) -> str:
        """A value as seconds since 1970 in UTC, in SQL; null if it is not a time."""
        ...

    def day_in_format(self, value: str, java_format: str) -> str:
        """A text parsed as a date in a format of ColumnDataType, in SQL; null if it does not match."""
        ...

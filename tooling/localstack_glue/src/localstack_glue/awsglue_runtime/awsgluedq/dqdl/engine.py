"""What answers a rule's questions: SQL over the tables of one evaluation, in the words of Spark or of DuckDB."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

PRIMARY = "primary"
NUMBERS = ("integer", "decimal", "float")


@dataclass(frozen=True)
class Column:
    """A column: its kind is integer, decimal, float, text, date, timestamp, boolean or other; its type the engine's."""

    name: str
    kind: str
    type: str


class Engine(Protocol):
    """The tables, by their alias, and how they are asked."""

    @property
    def tables(self) -> Mapping[str, Sequence[Column]]:
        """The columns of each table; the one under test is `primary`."""
        ...

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Run SQL that `text` and its like have made; raise QueryError where the data does not allow it."""
        ...

    def statement(self, spark_sql: str) -> str:
        """A user's query in this engine's words; raise UnsupportedRuleError if it cannot be said."""
        ...

    def expression(self, spark_sql: str) -> str:
        """A user's condition in this engine's words; raise UnsupportedRuleError if it cannot be said."""
        ...

    def result_columns(self, spark_sql: str) -> list[str]:
        """The names of a user's query's columns."""
        ...

    def quoted(self, name: str) -> str:
        """A name of a column or table."""
        ...

    def text(self, value: str) -> str:
        """A text as a literal."""
        ...

    def first_match(self, value: str, pattern: str) -> str:
        """The first part of a value that a Java pattern matches; UnsupportedRuleError for what is not known."""
        ...

    def check_comparable(self, first: Column, second: Column) -> None:
        """Raise UnsupportedRuleError if two columns are compared otherwise than by Spark."""
        ...

    def castable(self, column: Column, wanted: str) -> str:
        """Whether Spark casts a value of a text column to a type of ColumnDataType."""
        ...

    def as_day(self, column: Column) -> str:
        """A value as a date; null if it is none."""
        ...

    def as_seconds(self, column: Column) -> str:
        """A value as seconds since 1970, UTC; null if it is no moment."""
        ...

    def day_in_format(self, value: str, java_format: str) -> str:
        """A text read as a date by one of the formats of ColumnDataType; null if it is none."""
        ...

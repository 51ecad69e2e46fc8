"""The context for planning a rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .engine import NUMBERS, PRIMARY, Column, Engine
from .errors import QueryError
from .model import Rule


@dataclass(frozen=True)
class Context:
    """The data, and the time of `now()` in UTC."""

    engine: Engine
    now: datetime

    def column(self, name: str, table: str = PRIMARY) -> Column:
        """Find a column by its name in any case.

        Raises:
            QueryError: there is no such column.
        """
        for column in self.table(table):
            if column.name.lower() == name.strip("`").lower():
                return column
        where = "" if table == PRIMARY else f" of {table}"
        raise QueryError(f"Input data{where} does not include column {name}!")

    def numeric(self, name: str, table: str = PRIMARY) -> Column:
        """Find a column of numbers.

        Raises:
            QueryError: there is no such column, or it is not numeric.
        """
        column = self.column(name, table)
        if column.kind not in NUMBERS:
            raise QueryError(f"Expected type of column {name} to be a number, but found {column.type} instead!")
        return column

    def number(self, name: str, table: str = PRIMARY) -> str:
        """A numeric column as a double, in SQL.

        Raises:
            QueryError: there is no such column, or it is not numeric.
        """
        return f"CAST({self.sql(self.numeric(name, table))} AS DOUBLE)"

    def table(self, alias: str) -> Sequence[Column]:
        """The columns of a table.

        Raises:
            QueryError: no table has this alias.
        """
        for name, columns in self.engine.tables.items():
            if name.lower() == alias.lower():
                return columns
        raise QueryError(f"{alias} not found in additional sources")

    def sql(self, column: Column) -> str:
        """A column's name in SQL."""
        return self.engine.quoted(column.name)

    def where(self, rule: Rule) -> str | None:
        """The condition of a rule's `where`, in SQL."""
        return None if rule.where is None else f"({self.engine.expression(rule.where)})"

    def kept(self, aggregate: str, rule: Rule) -> str:
        """An aggregate over the rows that a rule's `where` keeps."""
        where = self.where(rule)
        return aggregate if where is None else f"{aggregate} FILTER (WHERE {where})"

    def row_test(self, test: str, rule: Rule) -> str:
        """A test of each row. Rows that the rule's `where` excludes pass."""
        where = self.where(rule)
        passes = f"coalesce({test}, false)"
        return passes if where is None else f"(NOT coalesce({where}, false) OR {passes})"

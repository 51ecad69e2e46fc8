"""Evaluates rules on DuckDB, over Arrow tables. What Spark would evaluate differently is refused by name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb

from localstack_glue.awsglue_runtime.awsgluedq.dqdl.engine import PRIMARY, Column
from localstack_glue.awsglue_runtime.awsgluedq.dqdl.errors import QueryError, UnsupportedRuleError
from localstack_glue.data_quality import java_patterns, spark_casts
from localstack_glue.data_quality import spark_sql as words

_KINDS = {
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "float",
    "FLOAT": "float",
    "VARCHAR": "text",
    **dict.fromkeys(("TINYINT", "SMALLINT", "INTEGER", "BIGINT"), "integer"),
}
_UNKNOWN_NAME = re.compile(r"Referenced (?:column|table) |does not have a column|Table with name|not found in FROM")
_FORMATS = {"dd": "%d", "MM": "%m", "yyyy": "%Y"}


class DuckDBEngine:
    """Tables by their alias; the one under test is `primary`."""

    refuses_stray_days = True

    def __init__(self, tables: Mapping[str, Any], now: datetime | None = None) -> None:
        """Set the Arrow tables, and the time of the user's `current_date` and similar functions; now by default."""
        self._now = now or datetime.now(UTC)
        self._connection = duckdb.connect(config={"threads": 2, "enable_external_access": "false"})
        self._connection.execute("SET TimeZone = 'UTC'")
        for number, (alias, rows) in enumerate(tables.items()):
            self._connection.register(f"arrow {number}", rows)
            self._connection.execute(f'CREATE VIEW {self.quoted(alias)} AS SELECT * FROM "arrow {number}"')
        self._connection.execute("SET lock_configuration = true")
        self.tables = {alias: self._columns(f"SELECT * FROM {self.quoted(alias)}") for alias in tables}

    def close(self) -> None:
        """Forget the tables."""
        self._connection.close()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Run SQL of this engine."""
        try:
            return self._connection.execute(sql).fetchall()
        except duckdb.Error as error:
            raise _as_rule_error(error) from error

    def statement(self, spark_sql: str) -> str:
        """A user's query, from Spark's words into DuckDB's."""
        return words.statement(spark_sql, self._now, self._kinds())

    def expression(self, spark_sql: str) -> str:
        """A user's condition, from Spark's words into DuckDB's."""
        return words.condition(spark_sql, self._now, self._kinds())

    def check_condition(self, spark_sql: str) -> None:
        """Check a user's condition."""
        self._columns(f"SELECT 1 FROM {self.quoted(PRIMARY)} WHERE ({self.expression(spark_sql)})")

    def result_columns(self, spark_sql: str) -> list[str]:
        """The names of a user's query's columns, in the case in which the query writes them, as in Spark."""
        described = [column.name for column in self._columns(self.statement(spark_sql))]
        written = words.output_names(spark_sql)
        if len(written) != len(described):  # a star, which has the names of the table
            return described
        return [
            name if name.lower() == other.lower() else other for name, other in zip(written, described, strict=True)
        ]

    def quoted(self, name: str) -> str:
        """A name."""
        return '"' + name.replace('"', '""') + '"'

    def text(self, value: str) -> str:
        """A text."""
        return "'" + value.replace("'", "''") + "'"

    def first_match(self, value: str, pattern: str) -> str:
        """The first match of a pattern.

        Raises:
            UnsupportedRuleError: RE2 does not support the pattern.
        """
        self._check_pattern(pattern)
        return java_patterns.first_match(value, pattern)

    def is_found(self, value: str, pattern: str) -> str:
        """Whether a part matches a pattern.

        Raises:
            UnsupportedRuleError: RE2 does not support the pattern.
        """
        self._check_pattern(pattern)
        return java_patterns.is_found(value, pattern)

    def _check_pattern(self, pattern: str) -> None:
        try:
            self._connection.execute("SELECT regexp_matches('', ?)", [pattern])
        except duckdb.Error as error:
            raise UnsupportedRuleError(f"the pattern {pattern} is not supported here: {error}") from error

    def castable(self, column: Column, wanted: str) -> str:
        """The texts that Spark's cast accepts for a type."""
        if wanted == "BOOLEAN":
            return f"({spark_casts.to_boolean(self.quoted(column.name))} IS NOT NULL)"
        if wanted in ("INTEGER", "LONG"):
            bits = 31 if wanted == "INTEGER" else 63
            whole = spark_casts.to_whole_number(self.quoted(column.name), is_text=True)
            return f"({whole} BETWEEN -{2**bits} AND {2**bits - 1})"
        if wanted in ("DOUBLE", "FLOAT"):
            return f"({self.as_number(column)} IS NOT NULL)"
        if wanted == "DATE":
            return f"({self.as_day(column)} IS NOT NULL)"
        return f"({spark_casts.to_timestamp(self.quoted(column.name))} IS NOT NULL)"

    def as_number(self, column: Column) -> str:
        """A text as a number."""
        return spark_casts.to_double(self.quoted(column.name))

    def as_day(self, column: Column) -> str:
        """A value as a date."""
        name = self.quoted(column.name)
        if column.kind != "text":
            return f"CAST({name} AS DATE)"
        return spark_casts.to_date(name)

    def as_seconds(self, column: Column) -> str:
        """A value as seconds since 1970."""
        name = self.quoted(column.name)
        moment = spark_casts.to_timestamp(name) if column.kind == "text" else f"CAST({name} AS TIMESTAMP)"
        return f"floor(epoch({moment}))"

    def day_in_format(self, value: str, java_format: str) -> str:
        """A text read as a date, with as many digits as the format has letters."""
        digits = re.sub("[dMy]", r"\\d", java_format)
        python_format = re.sub("dd|MM|yyyy", lambda found: _FORMATS[found[0]], java_format)
        is_like = f"regexp_full_match({value}, '{digits}')"
        return f"CASE WHEN {is_like} THEN TRY_STRPTIME({value}, '{python_format}') END"

    def check_comparable(self, first: Column, second: Column) -> None:
        """Refuse a text against a number: Spark casts the text in its own way.

        Raises:
            UnsupportedRuleError: one is text and the other a number.
        """
        if (first.kind == "text") != (second.kind == "text"):
            raise UnsupportedRuleError(
                f"{first.name}, which is {first.type}, against {second.name}, which is {second.type}: Spark casts them"
            )

    def _kinds(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for column in (column for columns in self.tables.values() for column in columns):
            found.setdefault(column.name.lower(), set()).add(column.kind)
        return found

    def _columns(self, sql: str) -> Sequence[Column]:
        try:
            described = self._connection.execute(f"DESCRIBE {sql}").fetchall()
        except duckdb.Error as error:
            raise _as_rule_error(error) from error
        return tuple(Column(row[0], _kind(row[1]), row[1]) for row in described)


def _kind(duckdb_type: str) -> str:
    if duckdb_type.startswith("DECIMAL"):
        return "decimal"
    if duckdb_type.startswith("TIMESTAMP"):
        return "timestamp"
    return _KINDS.get(duckdb_type, "other")


def _as_rule_error(error: duckdb.Error) -> Exception:
    text = str(error).split("\n", 1)[0]
    if _UNKNOWN_NAME.search(text):
        return QueryError(f"Error executing SQL statement: {text}")
    return UnsupportedRuleError(f"DuckDB, which runs the query here, reports: {text}; Spark may answer differently")

"""A user's SQL, translated from Spark's dialect to DuckDB's with the same meaning."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from localstack_glue.awsglue_runtime.awsgluedq.dqdl.engine import NUMBERS
from localstack_glue.awsglue_runtime.awsgluedq.dqdl.errors import QueryError, UnsupportedRuleError
from localstack_glue.data_quality.java_patterns import is_found
from localstack_glue.data_quality.spark_casts import (
    digits_of,
    to_boolean,
    to_date,
    to_double,
    to_timestamp,
    to_whole_number,
)

Kinds = Mapping[str, Collection[str]]  # of the columns of one name, in all tables
_NO_COLUMNS: Kinds = {}
# Spark's functions for which DuckDB's of the same name, or sqlglot's translation, give the same results
_ALIKE_NAMES = """
    Abs AddMonths And AnyValue Avg Case Cast Ceil Coalesce Concat Corr Count CountIf CurrentDate CurrentTimestamp
    DateDiff Day DayOfMonth Exists Floor Greatest Hour If Least Left Length Localtimestamp LogicalAnd LogicalOr
    Lower Max Median Min Minute Month Nullif Nvl2 Or Pow Quarter RegexpLike Replace Reverse Right Round RowNumber
    Second Sign Sqrt Stddev StddevPop StddevSamp StrPosition Substring Sum Trim TryCast TsOrDsAdd TsOrDsToDate
    Upper Variance VariancePop Year
"""
_ALIKE = tuple(getattr(exp, name) for name in _ALIKE_NAMES.split())
_EQUALITIES = (exp.EQ, exp.NEQ, exp.NullSafeEQ, exp.NullSafeNEQ, exp.In)
_NUMBERS = (exp.DataType.Type.DECIMAL, exp.DataType.Type.DOUBLE, exp.DataType.Type.FLOAT)
_OF_TEXTS: Mapping[Any, Callable[[str], str]] = {
    exp.DataType.Type.BOOLEAN: to_boolean,
    exp.DataType.Type.DATE: to_date,
    exp.DataType.Type.DECIMAL: digits_of,
    exp.DataType.Type.DOUBLE: to_double,
    exp.DataType.Type.FLOAT: to_double,
    exp.DataType.Type.TIMESTAMP: to_timestamp,
    exp.DataType.Type.TIMESTAMPTZ: to_timestamp,
}
_INTEGERS = (exp.DataType.Type.TINYINT, exp.DataType.Type.SMALLINT, exp.DataType.Type.INT, exp.DataType.Type.BIGINT)


def statement(spark_sql: str, now: datetime, kinds: Kinds = _NO_COLUMNS) -> str:
    """A query; `now` is the time of its functions, UTC, and `kinds` the columns' types, by name in lower case.

    Raises:
        QueryError: it is not one query.
        UnsupportedRuleError: it cannot be translated.
    """
    return _written(_query(spark_sql), now, kinds)


def output_names(spark_sql: str) -> list[str]:
    """The names of the columns that a query selects, as it writes them; none for a star.

    Raises:
        QueryError: it is not one query.
        UnsupportedRuleError: it cannot be parsed.
    """
    found = _query(spark_sql)
    return [] if found.is_star else found.named_selects


def _query(spark_sql: str) -> exp.Query:
    try:
        found = sqlglot.parse(spark_sql, read="spark")
    except SqlglotError as error:
        raise UnsupportedRuleError(f"the statement {spark_sql} is not supported here: {error}") from error
    if len(found) != 1 or not isinstance(found[0], exp.Query):
        raise QueryError(f"Error executing SQL statement: {spark_sql} is not one query")
    return found[0]


def condition(spark_sql: str, now: datetime, kinds: Kinds = _NO_COLUMNS) -> str:
    """A condition; see `statement`.

    Raises:
        UnsupportedRuleError: it cannot be parsed or translated.
    """
    try:
        return _written(sqlglot.parse_one(spark_sql, read="spark", into=exp.Condition), now, kinds)
    except SqlglotError as error:
        raise UnsupportedRuleError(f"the condition {spark_sql} is not supported here: {error}") from error


def _written(tree: exp.Expr, now: datetime, kinds: Kinds) -> str:
    moment = now.replace(tzinfo=None)
    nodes = list(tree.walk())
    for node in nodes:
        _check_alike(node, kinds)
    for node in reversed(nodes):  # what is within first
        said = _translated_node(node, moment, kinds)
        if said is not node:
            tree = said if node is tree else tree
            node.replace(said)
    return _sql(tree)


def _translated_node(node: exp.Expr, now: datetime, kinds: Kinds) -> exp.Expr:
    if isinstance(node, exp.CurrentDate):
        return exp.cast(exp.Literal.string(now.date().isoformat()), "date")
    if isinstance(node, exp.CurrentTimestamp | exp.Localtimestamp) or _is_now(node):
        return exp.cast(exp.Literal.string(now.isoformat(" ")), "timestamp")
    if isinstance(node, exp.Cast) and node.to.this in _INTEGERS:
        return _truncated(node, is_text=_is_text(node.this, kinds))
    if isinstance(node, exp.Cast | exp.TsOrDsToDate) and _is_text(node.this, kinds) and not node.args.get("format"):
        wanted = exp.DataType.build("date") if isinstance(node, exp.TsOrDsToDate) else node.to
        if wanted.this in _OF_TEXTS:
            value = exp.paren(sqlglot.parse_one(_OF_TEXTS[wanted.this](_sql(node.this)), read="duckdb"))
            return exp.TryCast(this=value, to=wanted.copy()) if wanted.this in _NUMBERS else value
    pattern = node.args.get("expression")
    if not isinstance(pattern, exp.Literal):
        return node
    if isinstance(node, exp.Like | exp.ILike) and "\\" in pattern.this and not isinstance(node.parent, exp.Escape):
        return exp.Escape(this=node.copy(), expression=exp.Literal.string("\\"))  # Spark's, where none is named
    if isinstance(node, exp.RegexpLike):
        found = is_found(_sql(node.this), pattern.this)
        return exp.paren(sqlglot.parse_one(found, read="duckdb"))
    return node


def _check_alike(node: exp.Expr, kinds: Kinds) -> None:
    """Raise UnsupportedRuleError for expressions that DuckDB may silently evaluate differently."""
    if isinstance(node, exp.Func) and not isinstance(node, _ALIKE) and not _is_now(node):
        name = node.name if isinstance(node, exp.Anonymous) else node.sql_name()
        raise UnsupportedRuleError(
            f"the function {name.lower()}: DuckDB, which runs the rule here, may not have Spark's version of it"
        )
    if isinstance(node, exp.Table) and node.db:
        raise UnsupportedRuleError(
            f"the table {node.sql('spark')}: a query here can only read primary and the additional data sources"
        )
    if isinstance(node, exp.Substring) and _is_outside(node.args.get("start")):
        raise UnsupportedRuleError("a substring from 0 or from the end; start at 1 or later")
    if isinstance(node, _EQUALITIES):
        parts = [node.this, *node.expressions, node.args.get("expression")]
        if any(_is_text(part, kinds) for part in parts) and any(_is_number(part, kinds) for part in parts):
            raise UnsupportedRuleError(
                f"{node.sql('spark')}: Spark converts text to a number; make that explicit with cast()"
            )


def _is_outside(start: Any) -> bool:
    return isinstance(start, exp.Neg) or start == exp.Literal.number(0)


def _is_text(part: Any, kinds: Kinds) -> bool:
    return isinstance(part, exp.Column) and "text" in kinds.get(part.name.lower(), ())


def _is_number(part: Any, kinds: Kinds) -> bool:
    """Whether an expression is a numeric literal, or a column of numbers wherever it is."""
    if isinstance(part, exp.Neg):
        return _is_number(part.this, kinds)
    if isinstance(part, exp.Column):
        found = kinds.get(part.name.lower())
        return bool(found) and set(found or ()) <= set(NUMBERS)
    return isinstance(part, exp.Literal) and not part.is_string


def _is_now(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() == "now"


def _truncated(cast: exp.Cast, *, is_text: bool) -> exp.Expr:
    """Spark cuts a fraction off, DuckDB rounds."""
    value = _sql(cast.this)
    return exp.TryCast(
        this=sqlglot.parse_one(to_whole_number(value, is_text=is_text), read="duckdb"), to=cast.to.copy()
    )


def _sql(tree: exp.Expr) -> str:
    return tree.sql(dialect="duckdb", identify=True, unsupported_level=sqlglot.ErrorLevel.RAISE)

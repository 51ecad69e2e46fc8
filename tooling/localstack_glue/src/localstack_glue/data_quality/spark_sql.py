"""A user's SQL, from Spark's words into DuckDB's; what would mean something else is said otherwise."""

from __future__ import annotations

from datetime import datetime

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from localstack_glue.awsglue_runtime.awsgluedq.dqdl.errors import QueryError, UnsupportedRuleError
from localstack_glue.data_quality.java_patterns import is_found

_INTEGERS = (exp.DataType.Type.TINYINT, exp.DataType.Type.SMALLINT, exp.DataType.Type.INT, exp.DataType.Type.BIGINT)


def statement(spark_sql: str, now: datetime) -> str:
    """A query; `now` is the moment of its functions, UTC.

    Raises:
        QueryError: it is not one query.
        UnsupportedRuleError: it cannot be said.
    """
    try:
        found = sqlglot.parse(spark_sql, read="spark")
    except SqlglotError as error:
        raise UnsupportedRuleError(f"the statement {spark_sql} is not read here: {error}") from error
    if len(found) != 1 or not isinstance(found[0], exp.Query):
        raise QueryError(f"Error executing SQL statement: {spark_sql} is not one query")
    return _written(found[0], now)


def condition(spark_sql: str, now: datetime) -> str:
    """A condition; see `statement`."""
    try:
        return _written(sqlglot.parse_one(spark_sql, read="spark", into=exp.Condition), now)
    except SqlglotError as error:
        raise UnsupportedRuleError(f"the condition {spark_sql} is not read here: {error}") from error


def _written(tree: exp.Expr, now: datetime) -> str:
    moment = now.replace(tzinfo=None)
    for node in reversed(list(tree.walk())):  # what is within first
        said = _said_otherwise(node, moment)
        if said is not node:
            tree = said if node is tree else tree
            node.replace(said)
    return _sql(tree)


def _said_otherwise(node: exp.Expr, now: datetime) -> exp.Expr:
    if isinstance(node, exp.CurrentDate):
        return exp.cast(exp.Literal.string(now.date().isoformat()), "date")
    if isinstance(node, exp.CurrentTimestamp | exp.Localtimestamp) or _is_now(node):
        return exp.cast(exp.Literal.string(now.isoformat(" ")), "timestamp")
    if isinstance(node, exp.Cast) and node.to.this in _INTEGERS:
        return _truncated(node)
    pattern = node.args.get("expression")
    if not isinstance(pattern, exp.Literal):
        return node
    if isinstance(node, exp.Like | exp.ILike) and "\\" in pattern.this and not isinstance(node.parent, exp.Escape):
        return exp.Escape(this=node.copy(), expression=exp.Literal.string("\\"))  # Spark's, where none is named
    if isinstance(node, exp.RegexpLike):
        found = is_found(_sql(node.this), pattern.this)
        return exp.paren(sqlglot.parse_one(found, read="duckdb"))
    return node


def _is_now(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.name.lower() == "now"


def _truncated(cast: exp.Cast) -> exp.Expr:
    """Spark cuts a fraction off, DuckDB rounds."""
    number = exp.TryCast(this=cast.this.copy(), to=exp.DataType.build("decimal(38, 10)"))
    return exp.TryCast(this=exp.Anonymous(this="trunc", expressions=[number]), to=cast.to.copy())


def _sql(tree: exp.Expr) -> str:
    return tree.sql(dialect="duckdb", identify=True, unsupported_level=sqlglot.ErrorLevel.RAISE)

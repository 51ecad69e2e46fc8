"""The contract's SQL expressions over a row, checked before anything is read.

An expression names the contract's columns and sees their values, not their texts: dates, timestamps, decimals,
booleans. It is about rows whose values can be read: where one that it names has not its form, that rule speaks.
Otherwise it holds only where it is true; null, as of a missing value that it does not allow for, counts as broken.
"""

from functools import reduce
from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from etl_job.contract import Contract, FreeRule
from etl_job.errors import ContractError
from etl_job.schemas import value_column
from etl_job.values import KINDS, is_readable, typed_value


def expression_of(rule: FreeRule, contract: Contract) -> Column:
    """Whether a row keeps the rule; needs ``typed_columns``. Raises ContractError where Spark does not take it."""
    spark = SparkSession.active()
    try:
        named = _columns_in(spark, rule.query)
        types = ", ".join(f"`{column.name}` {KINDS.get(column.logical_type, 'string')}" for column in contract.columns)
        checked = spark.createDataFrame([], types).where(rule.query)
        pure: Any = checked._jdf.queryExecution().analyzed()
        if not pure.deterministic():
            raise ContractError(f"quality rule {rule.name}: {rule.query!r} is not the same each time: use columns only")
    except PySparkException as error:
        reason = str(error).strip().splitlines()[0]
        raise ContractError(f"quality rule {rule.name}: {rule.query!r} is no condition on a row: {reason}") from error
    except Py4JError as error:  # as where there are more levels than Java's stack holds
        raise ContractError(
            f"quality rule {rule.name}: {rule.query[:80]!r} is more than Spark reads ({type(error).__name__}): make it "
            "shorter"
        ) from error
    columns = [column for column in contract.columns if column.name.lower() in named]
    forms = [(F.col(value_column(column.name)), is_readable(column)) for column in columns]
    readable = [text.isNull() | form for text, form in forms if form is not None]
    holds = F.coalesce(F.expr(rule.query), F.lit(False))
    return ~reduce(lambda left, right: left & right, readable) | holds if readable else holds


def refuse_unreadable_patterns(contract: Contract) -> None:
    """Raise ContractError for a pattern of a column that Java does not read: no row could be judged by it."""
    java: Any = SparkSession.active()._jvm
    for column in contract.columns:
        try:
            java.java.util.regex.Pattern.compile(column.rules.pattern or "")
        except (PySparkException, Py4JError) as error:
            reason = str(error).strip().splitlines()[0]
            raise ContractError(
                f"column {column.name}: pattern {column.rules.pattern!r} is no regular expression: {reason}"
            ) from error


def typed_columns(contract: Contract) -> dict[str, Column]:
    """The columns that the expressions see, by name; none where there are no expressions."""
    if not contract.quality:
        return {}
    return {column.name: typed_value(column) for column in contract.columns}


def _columns_in(spark: SparkSession, query: str) -> set[str]:
    session: Any = spark
    leaves = session._jsparkSession.sessionState().sqlParser().parseExpression(query).collectLeaves()
    found = (leaves.apply(place) for place in range(leaves.size()))
    return {str(leaf.name()).lower() for leaf in found if leaf.getClass().getSimpleName() == "UnresolvedAttribute"}

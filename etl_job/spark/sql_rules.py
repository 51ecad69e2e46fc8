"""The contract's SQL expressions over a row: checked before anything is read, and judged by Spark in one pass.

An expression names the contract's columns and sees their values, not their texts: dates, timestamps, decimals,
booleans. It applies to rows whose values can be read: if the value of a column that it names is invalid, that column's
own rule is broken instead. Otherwise the expression holds only if it is true; null, for example from a missing value
that it does not allow for, counts as broken.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from py4j.protocol import Py4JError, Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from etl_job.contract.column_types import SQL_TYPES
from etl_job.contract.columns import Column as ContractColumn
from etl_job.contract.model import Contract, FreeRule
from etl_job.contract.schemas import BROKEN, PART, ROW, WARNED
from etl_job.errors import ContractError
from etl_job.failure_reasons import failure_cause
from etl_job.judging.sql_columns import SqlColumns, applies_column, typed_column

# Classes of expressions that look at the session (the time, the user, the current database), or at other rows.
_NOT_OF_A_ROW = re.compile(r"expressions\.(Current\w+|CurBatchTimestamp|LocalTimestamp|Now|\w*Subquery|Exists)\b")
# Constants that Spark's parser replaces with a time before anything else can see them.
_SPECIAL_TIME = re.compile(r"(?i)\b(?:date|timestamp\w*)\s*['\"]\s*(now|today|tomorrow|yesterday)\b")


# What Java raises where an expression fails on a value, such as a pattern that it cannot read.
_OF_AN_EXPRESSION = re.compile(
    r"PatternSyntaxException|Spark(Arithmetic|ArrayIndexOutOfBounds|DateTime|IllegalArgument|NumberFormat|Runtime)Exception"
)


@dataclass(frozen=True, slots=True)
class SqlRules:
    """The rules of a contract that are expressions, and the columns that each of them names."""

    contract: Contract
    columns: SqlColumns

    @classmethod
    def of(cls, contract: Contract) -> "SqlRules":
        """Raises ContractError for an expression that Spark does not take."""
        if not contract.quality:
            return cls(contract, SqlColumns())
        return cls(contract, SqlColumns(tuple(_checked(rule, contract) for rule in contract.quality)))

    def judge(self, spark: SparkSession, files: Sequence[str], folder: str) -> None:
        """Judge the rows of files, and write to a folder which rows break which rules, by part. Runs a Spark job.

        Raises:
            ContractError: an expression fails on the values of a row.
        """
        rows = (
            spark.read.schema(self._schema)
            .option("datetimeRebaseMode", "CORRECTED")
            .option("int96RebaseMode", "CORRECTED")
            .parquet(*files)
        )
        applies = (applies_column(number) for number in range(len(self.contract.quality)))
        known = rows.select(
            *(F.col(name).alias(_apart(name)) for name in (PART, ROW, *applies)),
            *(F.col(typed_column(column.name)).alias(column.name) for column in self.columns.columns),
        )
        judged = known.select(
            *(F.col(_apart(name)).alias(name) for name in (PART, ROW)),
            *(self._bits(*named) for named in ((BROKEN, "error"), (WARNED, "warning"))),
        ).where((F.col(BROKEN) != 0) | (F.col(WARNED) != 0))
        try:
            judged.write.mode("overwrite").partitionBy(PART).parquet(folder)
        except Py4JJavaError as error:
            cause = failure_cause(error)
            if not _OF_AN_EXPRESSION.search(cause):
                raise
            rules = "; ".join(f"{rule.name}: {rule.query!r}" for rule in self.contract.quality)
            raise ContractError(
                f"a quality rule in SQL cannot be evaluated ({cause}): correct it. The rules in SQL are {rules[:500]}"
            ) from error

    @property
    def _schema(self) -> str:
        typed = (f"`{typed_column(c.name)}` {SQL_TYPES[c.logical_type]}" for c in self.columns.columns)
        applies = (f"{applies_column(number)} boolean" for number in range(len(self.contract.quality)))
        return ", ".join([f"{PART} int, {ROW} bigint", *applies, *typed])

    def _bits(self, name: str, severity: str) -> Column:
        names = self.contract.rule_names if severity == "error" else self.contract.warning_names
        bits = [
            F.when(
                F.col(_apart(applies_column(number))) & ~F.coalesce(F.expr(rule.query), F.lit(False)), F.lit(1 << bit)
            )
            .otherwise(F.lit(0))
            .cast("long")
            for number, rule in enumerate(self.contract.quality)
            if rule.severity == severity
            for bit in [names.index(f"row.{rule.name}")]
        ]
        none = F.lit(0).cast("long")
        return reduce(lambda left, right: left.bitwiseOR(right), bits, none).alias(name)


def _apart(name: str) -> str:
    """A name that no column of a contract has, for an internal column."""
    return f"{name}?"


def _checked(rule: FreeRule, contract: Contract) -> tuple[ContractColumn, ...]:
    """The columns that an expression names.

    Raises:
        ContractError: Spark does not take it, or it depends on more than the row.
    """
    spark = SparkSession.active()
    types = ", ".join(f"`{column.name}` {SQL_TYPES[column.logical_type]}" for column in contract.columns)
    try:
        plan = _analyzed(spark.createDataFrame([], types).where(rule.query))
    except PySparkException as error:
        reason = str(error).strip().splitlines()[0]
        raise ContractError(
            f"quality rule {rule.name}: {rule.query!r} is not a condition on a row: {reason}"
        ) from error
    except Py4JError as error:  # as where there are more levels than Java's stack holds
        raise ContractError(
            f"quality rule {rule.name}: {rule.query[:80]!r} is too long or too deeply nested for Spark "
            f"({type(error).__name__}): make it shorter"
        ) from error
    beyond = _beyond_the_row(plan, rule.query)
    if beyond:
        raise ContractError(
            f"quality rule {rule.name}: {rule.query!r} depends on more than the row ({beyond}): use only columns, "
            "constants and functions that give the same result at any time"
        )
    found = plan.references().toSeq()
    named = {str(found.apply(place).name()).lower() for place in range(found.size())}
    return tuple(column for column in contract.columns if column.name.lower() in named)


def _analyzed(rows: DataFrame) -> Any:
    """Spark's analyzed plan, with resolved names and functions. PySpark has no public way to it."""
    frame: Any = rows
    return frame._jdf.queryExecution().analyzed()


def _beyond_the_row(plan: Any, query: str) -> str | None:
    """The part of a condition that depends on time, chance or other rows; None if there is none."""
    if plan.getClass().getSimpleName() != "Filter" or not plan.child().children().isEmpty():
        return "other rows"
    if not plan.deterministic():
        return "chance"
    found = _NOT_OF_A_ROW.search(plan.toJSON()) or _SPECIAL_TIME.search(query)
    return found[1] if found else None

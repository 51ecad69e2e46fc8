"""The contract's SQL expressions over a row: checked before anything is read, and judged by Spark in one pass.

An expression names the contract's columns and sees their values, not their texts: dates, timestamps, decimals,
booleans. It is about rows whose values can be read: where one that it names has not its form, that rule speaks.
Otherwise it holds only where it is true; null, as of a missing value that it does not allow for, counts as broken.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import Column, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from etl_job.contract.columns import Column as ContractColumn
from etl_job.contract.model import Contract, FreeRule
from etl_job.contract.schemas import BROKEN, ROW, VALUE_KIND, WARNED
from etl_job.errors import ContractError
from etl_job.judging.sql_columns import SqlColumns, asked_column, typed_column
from etl_job.lake.files import ObjectStore
from etl_job.staging.folders import PART, StagingFolder, part_number

_KINDS = {"date": "date", "timestamp": "timestamp", "boolean": "boolean", "integer": VALUE_KIND, "number": VALUE_KIND}


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

    def judge(self, spark: SparkSession, store: ObjectStore, folder: StagingFolder) -> tuple[int, ...]:
        """Judge the rows that wait in a folder, and write down which of them break what. Returns their parts."""
        files = [
            file.uri
            for place in (folder.waiting_valid, folder.waiting_broken)
            for file in store.list_files(f"{place}/")
            if file.uri.endswith(".parquet")
        ]
        if not files:
            return ()
        rows = (
            spark.read.schema(self._schema)
            .option("datetimeRebaseMode", "CORRECTED")
            .option("int96RebaseMode", "CORRECTED")
            .parquet(*files)
        )
        known = rows.select(
            PART,
            ROW,
            *(asked_column(number) for number in range(len(self.contract.quality))),
            *(F.col(typed_column(column.name)).alias(column.name) for column in self.columns.columns),
        )
        judged = known.select(
            PART, ROW, *(self._bits(*named) for named in ((BROKEN, "error"), (WARNED, "warning")))
        ).where((F.col(BROKEN) != 0) | (F.col(WARNED) != 0))
        judged.write.mode("overwrite").partitionBy(PART).parquet(folder.judged_by_sql)
        return tuple(sorted(set(map(part_number, files))))

    @property
    def _schema(self) -> str:
        typed = (f"`{typed_column(c.name)}` {_KINDS.get(c.logical_type, 'string')}" for c in self.columns.columns)
        asked = (f"{asked_column(number)} boolean" for number in range(len(self.contract.quality)))
        return ", ".join([f"{PART} int, {ROW} bigint", *asked, *typed])

    def _bits(self, name: str, severity: str) -> Column:
        names = self.contract.rule_names if severity == "error" else self.contract.warning_names
        bits = [
            F.when(F.col(asked_column(number)) & ~F.coalesce(F.expr(rule.query), F.lit(False)), F.lit(1 << bit))
            .otherwise(F.lit(0))
            .cast("long")
            for number, rule in enumerate(self.contract.quality)
            if rule.severity == severity
            for bit in [names.index(f"row.{rule.name}")]
        ]
        none = F.lit(0).cast("long")
        return reduce(lambda left, right: left.bitwiseOR(right), bits, none).alias(name)


def _checked(rule: FreeRule, contract: Contract) -> tuple[ContractColumn, ...]:
    """The columns that an expression names. Raises ContractError where Spark does not take it."""
    spark = SparkSession.active()
    try:
        named = _columns_in(spark, rule.query)
        types = ", ".join(f"`{column.name}` {_KINDS.get(column.logical_type, 'string')}" for column in contract.columns)
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
    return tuple(column for column in contract.columns if column.name.lower() in named)


def _columns_in(spark: SparkSession, query: str) -> set[str]:
    session: Any = spark
    leaves = session._jsparkSession.sessionState().sqlParser().parseExpression(query).collectLeaves()
    found: Sequence[Any] = [leaves.apply(place) for place in range(leaves.size())]
    return {str(leaf.name()).lower() for leaf in found if leaf.getClass().getSimpleName() == "UnresolvedAttribute"}

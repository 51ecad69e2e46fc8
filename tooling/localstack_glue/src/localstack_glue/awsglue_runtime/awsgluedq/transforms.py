"""The data quality transforms: evaluate DQDL rulesets on the frames of a script.

Follows the pages "Evaluating data quality with AWS Glue Studio" and "Data Quality Definition Language (DQDL)
reference" of the AWS Glue Developer Guide. Neither results nor CloudWatch metrics are published.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.errors import GlueArgumentError, check_options, unsupported

from .dqdl.engine import PRIMARY
from .dqdl.errors import InvalidRulesetError, UnsupportedRuleError
from .dqdl.evaluation import evaluate
from .dqdl.grammar import parse
from .dqdl.model import AnyRule
from .dqdl.plans import Outcome
from .spark_engine import SparkEngine

_PUBLISHING = (
    "dataQualityEvaluationContext",
    "enableDataQualityCloudWatchMetrics",
    "enableDataQualityResultsPublishing",
)
_ADDITIONAL = ("dataQualityResultsPublishing.strategy", "observations.scope", "performanceTuning.caching")
_ROWS_ELSEWHERE = ("DatasetMatch", "ReferentialIntegrity")  # rows are compared with another table
OUTCOMES = (
    "Rule string, Outcome string, FailureReason string, EvaluatedMetrics map<string, double>, EvaluatedRule string"
)


class EvaluateDataQuality:
    """Evaluate a ruleset."""

    @classmethod
    def apply(
        cls,
        frame: DynamicFrame,
        ruleset: str,
        publishing_options: Any = None,
        additional_data_sources: Mapping[str, DynamicFrame] | None = None,
    ) -> DynamicFrame:
        """The outcome of each rule."""
        check_options("the data quality publishing options", publishing_options or {}, _PUBLISHING)
        return _outcome_frame(frame, _evaluated(frame, _by_alias(frame, additional_data_sources), ruleset))

    def process_rows(
        self,
        frame: DynamicFrame,
        ruleset: str,
        publishing_options: Any = None,
        additional_options: Any = None,
        additional_data_sources: Mapping[str, DynamicFrame] | None = None,
    ) -> DynamicFrameCollection:
        """The outcome of each rule, and the rows with the rules that they passed.

        Rules over the whole table count as skipped for rows.
        """
        check_options("the data quality publishing options", publishing_options or {}, _PUBLISHING)
        check_options("the data quality options", additional_options or {}, _ADDITIONAL)
        frames = _by_alias(frame, additional_data_sources)
        outcomes = _evaluated(frame, frames, ruleset)
        for outcome in outcomes:
            _refuse_rows_elsewhere(outcome.rule)
        by_row = DynamicFrame(_with_row_outcomes(frames[PRIMARY], outcomes), frame.glue_ctx, "rowLevelOutcomes")
        collected = {
            "ruleOutcomes": _outcome_frame(frame, outcomes),
            "rowLevelOutcomes": by_row,
            "originalData": frame,
        }
        return DynamicFrameCollection(collected, frame.glue_ctx)

    def __call__(self, *args: Any, **kwargs: Any) -> DynamicFrameCollection:
        """See `process_rows`."""
        return self.process_rows(*args, **kwargs)


def _by_alias(frame: DynamicFrame, others: Mapping[str, DynamicFrame] | None) -> dict[str, DataFrame]:
    if any(alias.lower() == PRIMARY for alias in others or ()):
        raise GlueArgumentError("primary is the name of the frame itself")
    return {PRIMARY: frame.toDF(), **{alias: each.toDF() for alias, each in (others or {}).items()}}


def _evaluated(primary: DynamicFrame, frames: Mapping[str, DataFrame], text: str) -> list[Outcome]:
    try:
        ruleset = parse(text)
        if ruleset.analyzers:
            unsupported("data quality Analyzers: they publish metrics, and no metrics are published here")
        if ruleset.default_labels or any(rule.labels for rule in ruleset.rules):
            unsupported("data quality labels: the outcomes have no column for labels here")
        engine = SparkEngine(primary.glue_ctx.spark_session, frames)
        try:
            return evaluate(ruleset, engine, datetime.now(UTC))
        finally:
            engine.close()
    except InvalidRulesetError as error:
        raise GlueArgumentError(f"the data quality ruleset: {error}") from error
    except UnsupportedRuleError as error:
        unsupported(str(error))


def _outcome_frame(primary: DynamicFrame, outcomes: list[Outcome]) -> DynamicFrame:
    rows = []
    for outcome in outcomes:
        verdict, text = outcome.verdict, str(outcome.rule)
        passed = "Passed" if verdict.is_passed else "Failed"
        metrics = {name: float(value) for name, value in verdict.metrics.items()}
        rows.append((text, passed, verdict.reason, metrics, text))
    outcome_rows = primary.glue_ctx.spark_session.createDataFrame(rows, OUTCOMES)
    return DynamicFrame(outcome_rows, primary.glue_ctx, "EvaluateDataQuality")


def _refuse_rows_elsewhere(rule: AnyRule) -> None:
    for simple in rule.simple():
        if simple.type in _ROWS_ELSEWHERE or (simple.type == "CustomSql" and simple.condition is None):
            unsupported(f"row outcomes of the data quality rule {simple}", "apply gives the outcome of each rule")


def _with_row_outcomes(data: DataFrame, outcomes: list[Outcome]) -> DataFrame:
    nothing = F.array().cast("array<string>")
    tests = [(str(each.rule), F.expr(each.row_test)) for each in outcomes if each.row_test is not None]
    skipped = [str(each.rule) for each in outcomes if each.row_test is None]
    passed = F.array(*(F.when(test, F.lit(rule)) for rule, test in tests)) if tests else nothing
    failed = F.array(*(F.when(~test, F.lit(rule)) for rule, test in tests)) if tests else nothing
    return data.select(
        "*",
        F.array_compact(passed).alias("DataQualityRulesPass"),
        F.array_compact(failed).alias("DataQualityRulesFail"),
        F.array(*(F.lit(rule) for rule in skipped)).cast("array<string>").alias("DataQualityRulesSkip"),
    ).withColumn(
        "DataQualityEvaluationResult", F.when(F.size("DataQualityRulesFail") == 0, "Passed").otherwise("Failed")
    )

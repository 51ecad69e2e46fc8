"""The data quality transforms: rules over a frame's counts, which is what the visual editor writes by default.

Follows the pages "Evaluating data quality with AWS Glue Studio" and "DQDL rule type reference" of the AWS Glue
Developer Guide.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.errors import check_options, unsupported

_RULESET = re.compile(r"^\s*Rules\s*=\s*\[(?P<rules>.*)\]\s*$", re.DOTALL)
_COUNT = re.compile(r"^(?P<type>ColumnCount|RowCount)\s*(?P<operator>>=|<=|!=|=|>|<)\s*(?P<bound>\d+)$")
_OPERATORS: Mapping[str, Callable[[int, int], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "=": operator.eq,
    "!=": operator.ne,
}
_PUBLISHING = (
    "dataQualityEvaluationContext",
    "enableDataQualityCloudWatchMetrics",
    "enableDataQualityResultsPublishing",
)
_ADDITIONAL = ("dataQualityResultsPublishing.strategy", "observations.scope", "performanceTuning.caching")
OUTCOMES = (
    "Rule string, Outcome string, FailureReason string, EvaluatedMetrics map<string, double>, EvaluatedRule string"
)


@dataclass(frozen=True)
class Outcome:
    """What became of a rule."""

    rule: str
    is_passed: bool
    metric: str
    value: int

    def row(self) -> tuple[Any, ...]:
        """The rule as a row of outcomes."""
        reason = None if self.is_passed else f"Value: {self.value} does not meet the constraint requirement!"
        passed = "Passed" if self.is_passed else "Failed"
        return (self.rule, passed, reason, {self.metric: float(self.value)}, self.rule)


def rules_of(ruleset: str) -> list[str]:
    """The rules of a ruleset."""
    text = re.sub(r"#[^\n]*", "", ruleset)
    found = _RULESET.match(text)
    if found is None:
        unsupported("a data quality ruleset other than Rules = [...]")
    return [" ".join(rule.split()) for rule in found["rules"].split(",") if rule.strip()]


def evaluated(frame: DataFrame, ruleset: str) -> list[Outcome]:
    """Judge a frame."""
    outcomes = []
    for rule in rules_of(ruleset):
        found = _COUNT.match(rule)
        if found is None:
            unsupported(f"the data quality rule {rule}")
        value = len(frame.columns) if found["type"] == "ColumnCount" else frame.count()
        is_passed = _OPERATORS[found["operator"]](value, int(found["bound"]))
        outcomes.append(Outcome(rule, is_passed, f"Dataset.*.{found['type']}", value))
    return outcomes


class EvaluateDataQuality:
    """Evaluate a ruleset."""

    @classmethod
    def apply(cls, frame: DynamicFrame, ruleset: str, publishing_options: Any = None) -> DynamicFrame:
        """The outcome of each rule."""
        check_options("the data quality publishing options", publishing_options or {}, _PUBLISHING)
        rows = [outcome.row() for outcome in evaluated(frame.toDF(), ruleset)]
        made = frame.glue_ctx.spark_session.createDataFrame(rows, OUTCOMES)
        return DynamicFrame(made, frame.glue_ctx, "EvaluateDataQuality")

    def process_rows(
        self, frame: DynamicFrame, ruleset: str, publishing_options: Any = None, additional_options: Any = None
    ) -> DynamicFrameCollection:
        """The outcome of each rule, and the rows with what they passed: rules over counts skip each row."""
        check_options("the data quality options", additional_options or {}, _ADDITIONAL)
        outcomes = self.apply(frame, ruleset, publishing_options)
        data = frame.toDF()
        skipped = F.array(*(F.lit(rule) for rule in rules_of(ruleset))).cast("array<string>")
        nothing = F.array().cast("array<string>")
        by_row = data.select(
            "*",
            nothing.alias("DataQualityRulesPass"),
            nothing.alias("DataQualityRulesFail"),
            skipped.alias("DataQualityRulesSkip"),
            F.lit("Passed").alias("DataQualityEvaluationResult"),
        )
        frames = {
            "ruleOutcomes": outcomes,
            "rowLevelOutcomes": DynamicFrame(by_row, frame.glue_ctx, "rowLevelOutcomes"),
            "originalData": frame,
        }
        return DynamicFrameCollection(frames, frame.glue_ctx)

    def __call__(self, *args: Any, **kwargs: Any) -> DynamicFrameCollection:
        """See `process_rows`."""
        return self.process_rows(*args, **kwargs)

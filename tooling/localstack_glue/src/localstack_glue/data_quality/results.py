"""Evaluates a ruleset over a catalog table, and returns the result in the API's form."""

from collections.abc import Mapping
from datetime import datetime
from math import isfinite
from typing import Any

from localstack_glue.awsglue_runtime.awsgluedq.dqdl.evaluation import analyze, evaluate
from localstack_glue.awsglue_runtime.awsgluedq.dqdl.grammar import parse
from localstack_glue.awsglue_runtime.awsgluedq.dqdl.plans import Outcome
from localstack_glue.data_quality.duckdb_engine import DuckDBEngine
from localstack_glue.service.answers import present
from localstack_glue.service.models import JsonDict


def judge(rules: str, tables: Mapping[str, Any], now: datetime) -> JsonDict:
    """The rule results of GetDataQualityResult.

    Args:
        rules: DQDL.
        tables: Arrow tables by alias; `primary` is the one under test.
        now: the time that now() returns.

    Raises:
        InvalidRulesetError, UnsupportedRuleError: the rules cannot be evaluated.
    """
    ruleset = parse(rules)
    engine = DuckDBEngine(tables, now)
    try:
        outcomes = evaluate(ruleset, engine, now)
        analyzed = analyze(ruleset.analyzers, engine, now)
    finally:
        engine.close()
    passed = sum(outcome.verdict.is_passed for outcome in outcomes)
    return {
        "Score": passed / len(outcomes) if outcomes else 1.0,
        "RuleResults": [
            _rule(f"Rule_{number}", each, ruleset.default_labels) for number, each in enumerate(outcomes, 1)
        ],
        "AnalyzerResults": [
            present(
                Name=f"Analyzer_{number}",
                Description=str(each.rule),
                EvaluationMessage=each.verdict.reason,
                EvaluatedMetrics=_numbers(each.verdict.metrics),
            )
            for number, each in enumerate(analyzed, 1)
        ],
        "AggregatedMetrics": {
            "TotalRulesProcessed": float(len(outcomes)),
            "TotalRulesPassed": float(passed),
            "TotalRulesFailed": float(len(outcomes) - passed),
        },
    }


def _numbers(metrics: Mapping[str, float]) -> dict[str, float]:
    """The metrics that JSON can express: JSON has no NaN."""
    return {name: value for name, value in metrics.items() if isfinite(value)}


def _rule(name: str, outcome: Outcome, default_labels: Mapping[str, str]) -> JsonDict:
    verdict = outcome.verdict
    return present(
        Name=name,
        Description=str(outcome.rule),
        EvaluationMessage=verdict.reason,
        Result="PASS" if verdict.is_passed else "FAIL",
        EvaluatedMetrics=_numbers(verdict.metrics),
        EvaluatedRule=str(outcome.rule),
        Labels={**default_labels, **outcome.rule.labels} or None,
    )

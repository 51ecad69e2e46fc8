"""Evaluates a ruleset over the tables of an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from . import rules_across_tables, rules_of_rows, rules_of_tables, rules_of_types
from .context import Context
from .engine import PRIMARY, Engine
from .errors import InvalidRulesetError, QueryError
from .model import AnyRule, Composite, Parameter, Rule, Ruleset
from .plans import Outcome, Plan, Verdict, known
from .rule_syntax import check_evaluated

PLANNERS = {
    **rules_of_tables.PLANNERS,
    **rules_of_rows.PLANNERS,
    **rules_of_types.PLANNERS,
    **rules_across_tables.PLANNERS,
}
_OF_ANALYZERS = {**PLANNERS, "CustomSql": rules_across_tables.custom_sql_number}


def check(ruleset: Ruleset) -> None:
    """Check that all rules of a ruleset are supported.

    Raises:
        UnsupportedRuleError: a rule is not evaluated here; the first is named.
    """
    for rule in ruleset.rules:
        for simple in rule.simple():
            check_evaluated(simple)


def evaluate(ruleset: Ruleset, engine: Engine, now: datetime) -> list[Outcome]:
    """Evaluate the rules on the primary table, in their order.

    Raises:
        InvalidRulesetError: a where clause is not valid for the table.
        UnsupportedRuleError: a rule is not evaluated here.
    """
    check(ruleset)
    simple = [each for rule in ruleset.rules for each in rule.simple()]
    for rule in simple:
        _check_where(rule, engine)
    outcomes = _answered([_plan(rule, Context(engine, now)) for rule in simple], engine)
    by_rule = {id(rule): outcome for rule, outcome in zip(simple, outcomes, strict=True)}
    return [_composed(rule, by_rule) for rule in ruleset.rules]


def analyze(analyzers: Sequence[Rule], engine: Engine, now: datetime) -> list[Outcome]:
    """Measure the metrics of analyzers."""
    context = Context(engine, now)
    return [_analyzed(analyzer, context) for analyzer in analyzers]


def _analyzed(analyzer: Rule, context: Context) -> Outcome:
    parts = [analyzer]
    if analyzer.type == "AllStatistics":
        name = analyzer.values[0]
        try:
            kind = context.column(name).kind
        except QueryError as error:
            return Outcome(analyzer, Verdict(False, str(error)))
        types = ["RowCount", "Completeness", "Uniqueness"]
        types += (
            ["ColumnLength"] if kind == "text" else ["ColumnValues"] if kind in ("integer", "decimal", "float") else []
        )
        parts = [Rule(each, () if each == "RowCount" else (Parameter(name),)) for each in types]
    outcomes = _answered([_plan(part, context, _OF_ANALYZERS) for part in parts], context.engine)
    measured = {name: value for each in outcomes for name, value in each.verdict.metrics.items()}
    reason = next((each.verdict.reason for each in outcomes if not each.verdict.is_passed), None)
    return Outcome(analyzer, Verdict(reason is None, reason, measured))


def _check_where(rule: Rule, engine: Engine) -> None:
    if rule.where is None:
        return
    try:
        engine.check_condition(rule.where)
    except QueryError as error:
        raise InvalidRulesetError(f"Rule {rule} has provided an invalid where clause : {error}") from error


def _plan(rule: Rule, context: Context, planners: Mapping[str, rules_of_tables.Planner] = PLANNERS) -> Plan:
    try:
        return planners[rule.type](rule, context)
    except QueryError as error:
        return Plan(rule, known(Verdict(False, str(error))))


def _answered(plans: Sequence[Plan], engine: Engine) -> list[Outcome]:
    """Query the aggregates of all plans together; if that fails, one by one, so that rules fail separately."""
    together = [plan for plan in plans if plan.aggregates]
    answers: dict[int, Sequence[Any]] = {}
    if len(together) > 1:
        try:
            row = engine.query(_select([sql for plan in together for sql in plan.aggregates], engine))[0]
        except QueryError:
            row = ()
        for plan in together if row else ():
            answers[id(plan)], row = row[: len(plan.aggregates)], row[len(plan.aggregates) :]
    answered: dict[str, Sequence[Any]] = {}
    return [_outcome(plan, engine, answers, answered) for plan in plans]


def _outcome(
    plan: Plan, engine: Engine, answers: Mapping[int, Sequence[Any]], answered: dict[str, Sequence[Any]]
) -> Outcome:
    answer = answers.get(id(plan), ())
    if id(plan) not in answers and (plan.query is not None or plan.aggregates):
        query = plan.query or _select(plan.aggregates, engine)
        try:
            if query not in answered:  # several rules about the frequency of values need the same query
                answered[query] = engine.query(query)[0]
        except QueryError as error:
            return Outcome(plan.rule, Verdict(False, str(error)))
        answer = answered[query]
    return Outcome(plan.rule, plan.judge(answer), plan.row_test)


def _select(aggregates: Sequence[str], engine: Engine) -> str:
    primary = engine.quoted(PRIMARY)
    return f"SELECT {', '.join(aggregates)} FROM {primary}"


def _composed(rule: AnyRule, by_rule: Mapping[int, Outcome]) -> Outcome:
    """The outcome of a composite rule follows from the outcomes of its parts over the whole table."""
    if not isinstance(rule, Composite):
        return by_rule[id(rule)]
    parts = [_composed(each, by_rule) for each in rule.rules]
    passed = [part.verdict.is_passed for part in parts]
    is_passed = all(passed) if rule.operator == "and" else any(passed)
    reasons = [part.verdict.reason for part in parts if part.verdict.reason]
    metrics = {name: value for part in parts for name, value in part.verdict.metrics.items()}
    tests = [part.row_test for part in parts]
    row_test = None if None in tests else f"({f' {rule.operator.upper()} '.join(str(test) for test in tests)})"
    verdict = Verdict(is_passed, "\n".join(reasons) or None, metrics)
    return Outcome(rule, verdict, row_test)

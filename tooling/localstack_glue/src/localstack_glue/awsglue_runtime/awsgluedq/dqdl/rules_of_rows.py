"""Rules that every row, or a share of the rows, must satisfy: values, lengths, ages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from .conditions import evaluate_day, evaluate_hours, evaluate_number, is_met, sql_test
from .context import Context
from .engine import NUMBERS, Column
from .errors import QueryError, UnsupportedRuleError
from .model import Condition, Keyword, Kind, Rule, Text
from .plans import Plan, Verdict, empty, unmet
from .rules_of_tables import Planner

_SOUND_WITHOUT_ROWS = ("ColumnDataType", "DataFreshness")  # Deequ measures the other rules by analyzers
_PLAIN = (1e-3, 1e7)  # outside these bounds Java writes floats with an exponent
_ESCAPED = re.compile(r"""\\(["'\\])""")
_MINIMUM, _MAXIMUM = ("=", ">", ">="), ("=", "<", "<=")


def column_values(rule: Rule, context: Context) -> Plan:
    """ColumnValues; as an analyzer, the smallest and largest number, or length of a text."""
    column = context.column(rule.values[0])
    if rule.condition is None and column.kind not in NUMBERS:
        return column_length(rule, context)
    if rule.condition is None:
        return _extremes(rule, context, _double(column, context), ("Minimum", "Maximum"), ("Minimum", "Maximum"))
    test = _value_test(rule, rule.condition, column, context)
    order: tuple[tuple[str, str], ...] = ()
    if rule.condition.kind is Kind.NUMBER and rule.threshold is None:
        value = _double(column, context) if column.kind in NUMBERS else None
        wanted = [("min", "Minimum")] * (rule.condition.operator in _MINIMUM)
        wanted += [("max", "Maximum")] * (rule.condition.operator in _MAXIMUM)
        order = tuple((f"{name}({value})", metric) for name, metric in wanted if value)
    metric = "PatternMatch" if rule.condition.operator.endswith("matches") else "ColumnValues.Compliance"
    return of_rows(rule, context, test, metric, order)


def column_length(rule: Rule, context: Context) -> Plan:
    """ColumnLength: the length of null is 0.

    Raises:
        QueryError: the column is not text.
    """
    column = context.column(rule.values[0])
    if column.kind != "text":
        raise QueryError(f"Expected type of column {rule.values[0]} to be a text, but found {column.type} instead!")
    length = f"coalesce(length({context.sql(column)}), 0)"
    metrics = (("min", "MinimumLength"), ("max", "MaximumLength"))
    if rule.condition is None:
        return _extremes(rule, context, length, *zip(*((name, metric) for name, metric in metrics), strict=True))
    bounds = [str(evaluate_number(each)) for each in rule.condition.operands if not isinstance(each, Keyword)]
    test = sql_test(length, rule.condition.operator, bounds)
    is_set = rule.condition.operator in ("in", "not in", "not between")
    order = () if is_set else tuple((f"{name}(CAST({length} AS DOUBLE))", metric) for name, metric in metrics)
    return of_rows(rule, context, test, "LengthCompliance", order)


def data_freshness(rule: Rule, context: Context) -> Plan:
    """DataFreshness: the age of each row, in hours with two decimals.

    Raises:
        TypeError: the rule has no condition on an age.
        UnsupportedRuleError: the column holds no dates; Spark converts numbers.
    """
    column = context.column(rule.values[0])
    if column.kind not in ("text", "date", "timestamp"):
        raise UnsupportedRuleError(f"the data quality rule {rule}: {column.name} is {column.type}, not a date")
    age = f"({int(context.now.timestamp())} - {context.engine.as_seconds(column)})"
    # halves go away from zero; rounding a double would lose some, such as 1.005
    hours = f"(sign({age}) * floor((abs({age}) * 2 + 36) / 72) / 100.0)"
    condition = rule.condition
    if condition is None:
        raise TypeError(rule)
    test = sql_test(hours, condition.operator, [repr(evaluate_hours(each)) for each in condition.operands])
    return of_rows(rule, context, test, "DataFreshness.Compliance")


def _extremes(rule: Rule, context: Context, value: str, names: Sequence[str], metrics: Sequence[str]) -> Plan:
    aggregates = tuple(context.kept(f"{name[:3].lower()}(CAST({value} AS DOUBLE))", rule) for name in names)

    def judge(answer: Sequence[Any]) -> Verdict:
        if None in answer:
            return empty(rule)
        found = zip(metrics, answer, strict=True)
        return Verdict(True, None, {f"Column.{rule.values[0]}.{metric}": number for metric, number in found})

    return Plan(rule, judge, aggregates)


def of_rows(rule: Rule, context: Context, test: str, metric: str, order: Sequence[tuple[str, str]] = ()) -> Plan:
    """A plan that counts the passing rows. `order` is an additional metric, as SQL and name."""
    name = rule.values[0]
    passes = f"count(CASE WHEN {test} THEN 1 END)"
    aggregates = (passes, "count(1)", *(sql for sql, _ in order))

    def judge(answer: Sequence[Any]) -> Verdict:
        passed, rows, *others = answer
        if not rows:
            is_sound = rule.type in _SOUND_WITHOUT_ROWS
            return Verdict(True, "No rows matched the filter") if is_sound else empty(rule)
        share = passed / rows
        measured = {
            f"Column.{name}.{other}": value
            for (_, other), value in zip(order, others, strict=True)
            if value is not None
        }
        if not order or rule.threshold is not None:
            measured[f"Column.{name}.{metric}"] = share
        is_passed = share == 1 if rule.threshold is None else is_met(rule.threshold, share)
        if is_passed:
            return Verdict(True, None, measured)
        if rule.type == "DataFreshness":
            return Verdict(False, f"{share:.2%} of rows passed the threshold".replace("%", " %"), measured)
        if not order or rule.threshold is not None or rule.condition is None:
            return unmet(share, measured)
        bounds = [value for value in others if value is not None and not is_met(rule.condition, value)]
        return unmet(bounds[0] if bounds else None, measured)

    kept = tuple(context.kept(each, rule) for each in aggregates)
    return Plan(rule, judge, kept, row_test=context.row_test(test, rule))


def _value_test(rule: Rule, condition: Condition, column: Column, context: Context) -> str:
    name = context.sql(column)
    if condition.operator.endswith("matches"):
        return _pattern_test(condition, column, context)
    keywords = [each.name for each in condition.operands if isinstance(each, Keyword)]
    values = [each for each in condition.operands if not isinstance(each, Keyword)]
    is_negated = condition.operator in ("!=", "not in")
    if condition.kind is Kind.NUMBER:
        value, bounds = _number_value(condition, column, context), [_literal(evaluate_number(each)) for each in values]
    elif condition.kind is Kind.DATE:
        if column.kind not in ("text", "date", "timestamp"):
            raise QueryError(f"Expected type of column {column.name} to be a date, but found {column.type} instead!")
        value = context.engine.as_day(column)
        bounds = [f"DATE '{evaluate_day(each, context.now).isoformat()}'" for each in values]
    elif values:
        value, bounds = _text_value(rule, [each for each in values if isinstance(each, Text)], column, context)
    tests = [_keyword_test(rule, keyword, column, context, is_negated=is_negated) for keyword in keywords]
    if values and is_negated and "NULL" not in keywords:
        tests.append(f"({name} IS NULL OR {sql_test(value, condition.operator, bounds)})")
    elif values:
        tests.append(f"({name} IS NOT NULL AND {sql_test(value, condition.operator, bounds)})")
    return "(" + (" AND " if is_negated else " OR ").join(tests) + ")"


def _number_value(condition: Condition, column: Column, context: Context) -> str:
    name = context.sql(column)
    if column.kind in NUMBERS and condition.operator in (*_MINIMUM, *_MAXIMUM):
        return _double(column, context)
    if column.kind == "float":
        return f"CAST({name} AS DOUBLE)"  # the nearest float to 0.1 is not 0.1
    if column.kind in NUMBERS:
        return name
    if column.kind == "text" and condition.operator in ("in", "not in"):
        raise UnsupportedRuleError(
            f"numbers in a list for the texts of {column.name}: Spark compares texts there; quote the values"
        )
    if column.kind == "text" and condition.operator not in (*_MINIMUM, *_MAXIMUM):
        return context.engine.as_number(column)
    raise QueryError(f"Expected type of column {column.name} to be a number, but found {column.type} instead!")


def _double(column: Column, context: Context) -> str:
    """A number as in Deequ's minimum and maximum: the double that its text stands for."""
    text = f"CAST({context.sql(column)} AS STRING)" if column.type.lower() == "float" else context.sql(column)
    return f"CAST({text} AS DOUBLE)"


def _literal(number: float) -> str:
    """A number as Spark's SQL reads what Java writes: with an exponent, a double; else a decimal."""
    is_plain = number == 0 or _PLAIN[0] <= abs(number) < _PLAIN[1]
    return repr(number) if is_plain else f"CAST({number!r} AS DOUBLE)"


def _text_value(rule: Rule, values: Sequence[Text], column: Column, context: Context) -> tuple[str, list[str]]:
    name = context.sql(column)
    texts = [_without_escapes(rule, each.value) for each in values]
    literals = [context.engine.text(each) for each in texts]
    is_any_case = (rule.tag("ignoreCase") or "false").lower() == "true"
    if column.kind == "text":
        if is_any_case:
            return f"lower({name})", [f"lower({each})" for each in literals]
        return name, literals
    if is_any_case or column.kind in ("boolean", "other"):
        raise QueryError(f"Expected type of column {column.name} to be a text, but found {column.type} instead!")
    if column.kind == "float":
        for each in texts:
            _check_decimal_form(rule, each)
    return f"CAST({name} AS STRING)", literals  # as Spark does for a list of texts with other values


def _without_escapes(rule: Rule, text: str) -> str:
    """Read a text as Spark's SQL reads it: a backslash escapes a quote, an apostrophe or another backslash."""
    if "\\" in _ESCAPED.sub("", text):
        raise UnsupportedRuleError(
            f"the data quality rule {rule}: a backslash in a text; write two of them, and four in a list"
        )
    return _ESCAPED.sub(r"\1", text)


def _check_decimal_form(rule: Rule, text: str) -> None:
    """Check that all engines write a number in the same way.

    Raises:
        UnsupportedRuleError: they differ for this number.
    """
    try:
        size = abs(float(text))
    except ValueError:
        return
    if not (size == 0 or _PLAIN[0] <= size < _PLAIN[1]):
        raise UnsupportedRuleError(
            f"the data quality rule {rule}: comparing {text} with the text of a float is not supported here"
        )


def _keyword_test(rule: Rule, keyword: str, column: Column, context: Context, *, is_negated: bool) -> str:
    name = context.sql(column)
    if keyword == "NULL":
        return f"{name} IS NOT NULL" if is_negated else f"{name} IS NULL"
    if column.kind != "text":
        raise UnsupportedRuleError(f"the data quality rule {rule}: {column.name} is {column.type}, not a text")
    if keyword == "EMPTY":
        return f"({name} <> '')" if is_negated else f"({name} = '')"
    trimmed = f"length(trim({name}))"
    if is_negated:
        return f"({trimmed} > 0 OR length({name}) = 0)"
    return f"({trimmed} = 0 AND length({name}) > 0)"


def _pattern_test(condition: Condition, column: Column, context: Context) -> str:
    """The test of a pattern. AWS matches `^pattern$`, and an empty match counts as none."""
    pattern = condition.operands[0]
    if not isinstance(pattern, Text):
        raise TypeError(condition)
    if column.kind != "text":
        raise QueryError(f"Expected type of column {column.name} to be a text, but found {column.type} instead!")
    value = context.sql(column)
    if condition.operator == "matches":
        return f"({context.engine.first_match(value, f'^{pattern.value}$')} <> '')"
    begins = context.engine.is_found(value, rf"^(?:\b{pattern.value}\b)")
    return f"({context.engine.first_match(value, '^.*$')} <> '' AND NOT {begins})"


PLANNERS: Mapping[str, Planner] = {
    "ColumnLength": column_length,
    "ColumnValues": column_values,
    "DataFreshness": data_freshness,
}

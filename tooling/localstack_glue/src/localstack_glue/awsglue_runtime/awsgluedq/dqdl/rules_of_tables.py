"""Rules about one number of the whole table: counts, shares, means, and how often values occur."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import log, nan
from typing import Any

from .conditions import is_met
from .context import Context
from .engine import PRIMARY
from .model import Rule
from .plans import Plan, Verdict, empty, known, unmet

Planner = Callable[[Rule, Context], Plan]
_SPREADS = {"StandardDeviation": "stddev_pop", "Variance": "var_pop"}


def judged(rule: Rule, value: float | None, metrics: Mapping[str, float]) -> Verdict:
    """Compare a measured number with the rule's condition. An analyzer has none."""
    if value is None:
        return empty(rule)
    if rule.condition is None or is_met(rule.condition, value):
        return Verdict(True, None, metrics)
    return unmet(value, metrics)


def column_count(rule: Rule, context: Context) -> Plan:
    """ColumnCount."""
    count = len(context.table(PRIMARY))
    return Plan(rule, known(judged(rule, count, {"Dataset.*.ColumnCount": float(count)})))


def row_count(rule: Rule, context: Context) -> Plan:
    """RowCount. As in Deequ, it measures nothing if `where` is neither true nor false in any row."""
    where = context.where(rule)

    def judge(answer: Sequence[Any]) -> Verdict:
        count, *decided = answer
        if decided == [0]:
            return empty(rule)
        return judged(rule, count, {"Dataset.*.RowCount": float(count)})

    return Plan(rule, judge, (context.kept("count(1)", rule), *(() if where is None else (f"count({where})",))))


def completeness(rule: Rule, context: Context) -> Plan:
    """Completeness and IsComplete."""
    column = context.sql(context.column(rule.values[0]))

    def judge(answer: Sequence[Any]) -> Verdict:
        present, rows = answer
        if not rows:
            return empty(rule, "Completeness")
        share = present / rows
        metrics = {f"Column.{rule.values[0]}.Completeness": share}
        if rule.type == "IsComplete":
            return Verdict(True, None, metrics) if share == 1 else unmet(share, metrics)
        return judged(rule, share, metrics)

    aggregates = (context.kept(f"count({column})", rule), context.kept("count(1)", rule))
    return Plan(rule, judge, aggregates, row_test=context.row_test(f"{column} IS NOT NULL", rule))


def of_sums(rule: Rule, context: Context) -> Plan:
    """Sum and Mean: decimals and integers are summed exactly, as on AWS, and the result is a double."""
    name = rule.values[0]
    column = context.sql(context.numeric(name))
    aggregates = (f"CAST({context.kept(f'sum({column})', rule)} AS DOUBLE)", context.kept(f"count({column})", rule))

    def judge(answer: Sequence[Any]) -> Verdict:
        total, count = answer
        value = total if rule.type == "Sum" or total is None else total / count
        return judged(rule, value, {} if value is None else {f"Column.{name}.{rule.type}": value})

    return Plan(rule, judge, aggregates)


def of_spread(rule: Rule, context: Context) -> Plan:
    """StandardDeviation and Variance: of the population, as on AWS."""
    name = rule.values[0]
    aggregate = f"{_SPREADS[rule.type]}({context.number(name)})"

    def judge(answer: Sequence[Any]) -> Verdict:
        return judged(rule, answer[0], {} if answer[0] is None else {f"Column.{name}.{rule.type}": answer[0]})

    return Plan(rule, judge, (context.kept(aggregate, rule),))


def column_correlation(rule: Rule, context: Context) -> Plan:
    """ColumnCorrelation."""
    first, second = rule.values
    numbers = [context.number(name) for name in rule.values]
    pairs = f"count(CASE WHEN {numbers[0]} IS NOT NULL AND {numbers[1]} IS NOT NULL THEN 1 END)"

    def judge(answer: Sequence[Any]) -> Verdict:
        value, count = answer
        if not count:
            return empty(rule)
        value = nan if value is None else value  # a constant has none
        return judged(rule, value, {f"Multicolumn.{first},{second}.ColumnCorrelation": value})

    return Plan(rule, judge, (context.kept(f"corr({', '.join(numbers)})", rule), context.kept(pairs, rule)))


def distinct_values(rule: Rule, context: Context) -> Plan:
    """DistinctValuesCount: of the texts of the values, where a null is `NullValue`, as in Deequ's histograms."""
    name = rule.values[0]
    column = context.sql(context.column(name))
    where = context.where(rule)
    query = (
        f"SELECT count(DISTINCT coalesce(CAST({column} AS STRING), 'NullValue')) FROM {context.engine.quoted(PRIMARY)}"
        f"{'' if where is None else f' WHERE {where}'}"
    )

    def judge(answer: Sequence[Any]) -> Verdict:
        return judged(rule, float(answer[0]), {f"Column.{name}.DistinctValuesCount": float(answer[0])})

    return Plan(rule, judge, query=query)


def of_frequencies(rule: Rule, context: Context) -> Plan:
    """Rules about the frequency of values. Rows in which all columns are null are left out, as on AWS."""
    columns = [context.sql(context.column(name)) for name in rule.values]
    is_there = "(" + " OR ".join(f"{column} IS NOT NULL" for column in columns) + ")"
    where = context.where(rule)
    condition = is_there if where is None else f"{is_there} AND {where}"
    groups = (
        f"SELECT CAST(count(1) AS DOUBLE) AS n FROM {context.engine.quoted(PRIMARY)} WHERE {condition} "
        f"GROUP BY {', '.join(columns)}"
    )
    query = f"SELECT sum(n), count(1), count(CASE WHEN n = 1 THEN 1 END), sum(n * ln(n)) FROM ({groups}) AS counted"

    def judge(answer: Sequence[Any]) -> Verdict:
        rows, distinct, unique, spread = answer
        return _FREQUENCIES[rule.type](rule, rows or 0.0, distinct, unique, spread or 0.0)

    return Plan(rule, judge, query=query, row_test=_unique_row(rule, columns, context))


def primary_key(rule: Rule, context: Context) -> Plan:
    """IsPrimaryKey: unique, and no column is ever null."""
    unique = of_frequencies(rule, context)
    columns = [context.sql(context.column(name)) for name in rule.values]
    counts = ", ".join(f"count({column})" for column in columns)
    where = context.where(rule)
    kept = "" if where is None else f" WHERE {where}"
    nulls = f"SELECT count(1), {counts} FROM {context.engine.quoted(PRIMARY)}{kept}"
    query = f"SELECT * FROM ({unique.query}) AS groups, ({nulls}) AS nulls"

    def judge(answer: Sequence[Any]) -> Verdict:
        rows, _, single, _, total, *present = answer
        if not total:
            return empty(rule, "Uniqueness")
        metrics = {_instance(rule, "Uniqueness"): single / rows} if rows else {}
        metrics |= {
            f"Column.{name}.Completeness": count / total for name, count in zip(rule.values, present, strict=True)
        }
        worst = next((value for value in metrics.values() if value != 1), None)
        return Verdict(True, None, metrics) if worst is None else unmet(worst, metrics)

    whole = " AND ".join(f"{column} IS NOT NULL" for column in columns)
    test = f"({_is_single(rule, columns, context)} AND {whole})"
    return Plan(rule, judge, query=query, row_test=context.row_test(test, rule))


def _unique_row(rule: Rule, columns: Sequence[str], context: Context) -> str | None:
    if rule.type not in ("Uniqueness", "IsUnique", "UniqueValueRatio"):
        return None
    return context.row_test(_is_single(rule, columns, context), rule)


def _is_single(rule: Rule, columns: Sequence[str], context: Context) -> str:
    where = context.where(rule)
    counted = "1" if where is None else f"CASE WHEN {where} THEN 1 END"
    return f"(count({counted}) OVER (PARTITION BY {', '.join(columns)}) = 1)"


def _instance(rule: Rule, metric: str) -> str:
    kind = "Column" if len(rule.values) == 1 else "Multicolumn"
    return f"{kind}.{','.join(rule.values)}.{metric}"


def _uniqueness(rule: Rule, rows: float, _distinct: int, unique: int, _spread: float) -> Verdict:
    if not rows:
        return empty(rule, "Uniqueness")
    share = unique / rows
    metrics = {_instance(rule, "Uniqueness"): share}
    if rule.type == "IsUnique":
        return Verdict(True, None, metrics) if share == 1 else unmet(share, metrics)
    return judged(rule, share, metrics)


def _entropy(rule: Rule, rows: float, distinct: int, _unique: int, spread: float) -> Verdict:
    if not rows:
        return empty(rule)
    entropy = log(rows) - spread / rows if distinct > 1 else 0.0
    return judged(rule, entropy, {_instance(rule, "Entropy"): entropy})


def _unique_ratio(rule: Rule, _rows: float, distinct: int, unique: int, _spread: float) -> Verdict:
    if not distinct:
        return Verdict(False, "UniqueValueRatio cannot be measured: all input values were NULL.")
    return judged(rule, unique / distinct, {_instance(rule, "UniqueValueRatio"): unique / distinct})


_FREQUENCIES: Mapping[str, Callable[[Rule, float, int, int, float], Verdict]] = {
    "Entropy": _entropy,
    "IsUnique": _uniqueness,
    "UniqueValueRatio": _unique_ratio,
    "Uniqueness": _uniqueness,
}

PLANNERS: Mapping[str, Planner] = {
    "ColumnCorrelation": column_correlation,
    "ColumnCount": column_count,
    "Completeness": completeness,
    "DistinctValuesCount": distinct_values,
    "Entropy": of_frequencies,
    "IsComplete": completeness,
    "IsPrimaryKey": primary_key,
    "IsUnique": of_frequencies,
    "Mean": of_sums,
    "RowCount": row_count,
    "StandardDeviation": of_spread,
    "Sum": of_sums,
    "UniqueValueRatio": of_frequencies,
    "Uniqueness": of_frequencies,
    "Variance": of_spread,
}

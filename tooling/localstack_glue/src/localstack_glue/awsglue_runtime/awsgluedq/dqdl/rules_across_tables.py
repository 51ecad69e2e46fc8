"""Rules about another table, the schema, or a query of the user."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import Any

from .conditions import is_met
from .context import Context
from .engine import NUMBERS, PRIMARY, Column
from .errors import QueryError, UnsupportedRuleError
from .model import Rule
from .plans import Judge, Plan, Verdict, known, unmet
from .rules_of_tables import Planner, judged

_REFERENCE = re.compile(r"(?P<alias>.+)\.(?:\{(?P<columns>.+)\}|(?P<column>[^.]+))")  # an alias may contain dots
_JAVA_ONLY = re.compile(r"\[[^\]]*(?:&&|(?<!\\)\[)")  # classes within classes: Python reads their signs as characters
_AGGREGATE = re.compile(r"\s*(?P<function>sum|avg)\s*\(\s*(?P<column>.+?)\s*\)\s*", re.IGNORECASE)


def column_exists(rule: Rule, context: Context) -> Plan:
    """ColumnExists: in the same case."""
    name = rule.values[0]
    if any(column.name == name for column in context.table(PRIMARY)):
        return Plan(rule, known(Verdict(True)))
    return Plan(rule, known(Verdict(False, f"Input data does not include column {name}!")))


def column_names_match_pattern(rule: Rule, context: Context) -> Plan:
    """ColumnNamesMatchPattern: the pattern occurs in each name.

    Raises:
        UnsupportedRuleError: the pattern is not supported here, or Java may read it differently.
    """
    names = [column.name for column in context.table(PRIMARY)]
    text = rule.values[0]
    if _JAVA_ONLY.search(text) or (r"\b" in text.lower() and not all(name.isascii() for name in names)):
        raise UnsupportedRuleError(f"the data quality rule {rule}: Java may read the pattern differently")
    try:
        pattern = re.compile(text, re.ASCII)
    except re.error as error:
        raise UnsupportedRuleError(
            f"the data quality rule {rule}: the pattern is not supported here: {error}"
        ) from error
    others = [name for name in names if not pattern.search(name)]
    metrics = {"Dataset.*.ColumnNamesPatternMatchRatio": (len(names) - len(others)) / len(names)}
    reason = f"Columns that do not match the pattern: {', '.join(others)}" if others else None
    return Plan(rule, known(Verdict(not others, reason, metrics)))


def schema_match(rule: Rule, context: Context) -> Plan:
    """SchemaMatch: the share of columns that another table has with the same name and type."""
    alias = rule.values[0]
    own = {column.name: column.type for column in context.table(PRIMARY)}
    other = {column.name: column.type for column in context.table(alias)}
    if len(own) != len(other):
        return Plan(rule, known(Verdict(False, "Column counts do not match", {f"Dataset.{alias}.SchemaMatch": 0.0})))
    share = sum(other.get(name) == kind for name, kind in own.items()) / len(own)
    return Plan(rule, known(judged(rule, share, {f"Dataset.{alias}.SchemaMatch": share})))


def row_count_match(rule: Rule, context: Context) -> Plan:
    """RowCountMatch: the number of rows divided by that of another table."""
    alias = rule.values[0]
    context.table(alias)

    def judge(answer: Sequence[Any]) -> Verdict:
        own, other = answer
        share = own / other if other else own * inf  # as in Java
        return judged(rule, share, {f"Dataset.{alias}.RowCountMatch": share})

    tables = (context.engine.quoted(name) for name in (PRIMARY, alias))
    return Plan(rule, judge, query="SELECT " + ", ".join(f"(SELECT count(1) FROM {table})" for table in tables))


def aggregate_match(rule: Rule, context: Context) -> Plan:
    """AggregateMatch: a sum or mean divided by another one. Two zeros are equal."""
    parts = [_aggregate(text, rule, context) for text in rule.values]
    names = list(dict.fromkeys(column for _, column in parts))

    def judge(answer: Sequence[Any]) -> Verdict:
        first, second = (value or 0.0 for value in answer)  # as on AWS, a sum of nothing is 0
        share = (1.0 if first == 0 else 0.0) if second == 0 else first / second
        return judged(rule, share, {f"Column.{','.join(names)}.AggregateMatch": share})

    return Plan(rule, judge, query="SELECT " + ", ".join(sql for sql, _ in parts))


def referential_integrity(rule: Rule, context: Context) -> Plan:
    """ReferentialIntegrity: the share of rows whose values occur in another table. A null never occurs.

    Raises:
        QueryError: the numbers of columns differ.
    """
    own = [name.strip() for name in rule.values[0].split(",")]
    reference = _REFERENCE.fullmatch(rule.values[1])
    alias = reference["alias"] if reference else ""
    others = [name.strip() for name in (reference["columns"] or reference["column"]).split(",")] if reference else []
    if len(own) != len(others):
        raise QueryError(
            "The number of columns to check from the primary data frame must equal the number of columns to check "
            "from the reference data frame."
        )
    columns = _pairs(zip(own, others, strict=True), alias, context)
    left = [f"p.{context.sql(first)}" for first, _ in columns]
    right = [context.sql(second) for _, second in columns]
    names = [f"c{number}" for number in range(len(right))]
    chosen = ", ".join(f"{column} AS {name}" for column, name in zip(right, names, strict=True))
    equal = " AND ".join(f"{column} = r.{name}" for column, name in zip(left, names, strict=True))
    query = (
        f"SELECT count(r.c0), count(1) FROM {context.engine.quoted(PRIMARY)} AS p LEFT JOIN "
        f"(SELECT DISTINCT {chosen} FROM {context.engine.quoted(alias)}) AS r ON {equal}"
    )
    return Plan(rule, _share_judge(rule, f"Column.{alias}.ReferentialIntegrity"), query=query)


def dataset_match(rule: Rule, context: Context) -> Plan:
    """DatasetMatch: the share of rows that another table has with the same key and values.

    Raises:
        QueryError: there is nothing to compare.
        UnsupportedRuleError: the published evaluation would compare other columns or other types.
    """
    alias = rule.values[0]
    keys = _mapping(rule.values[1])
    others = {column.name: column.name for column in context.table(PRIMARY) if column.name not in keys}
    compared = _mapping(rule.values[2]) if len(rule.values) > 2 else others
    if not compared:
        raise QueryError("Empty column comparison map provided.")
    if [compared[name] for name in sorted(compared)] != sorted(compared.values()):
        raise UnsupportedRuleError(
            f"the data quality rule {rule}: AWS's evaluation pairs the compared columns in the order of their names"
        )
    columns = _pairs([*keys.items(), *compared.items()], alias, context)
    if unlike := [own.name for own, other in columns[len(keys) :] if own.type != other.type]:
        raise UnsupportedRuleError(
            f"the data quality rule {rule}: {', '.join(unlike)} have another type in {alias}; AWS compares hashes"
        )
    pairs = [(context.sql(first), context.sql(second)) for first, second in columns]
    primary, reference = context.engine.quoted(PRIMARY), context.engine.quoted(alias)
    on = " AND ".join(f"p.{own} = r.{other}" for own, other in pairs[: len(keys)])
    # the published evaluation compares a hash of the values, in which two nulls are equal
    same = " AND ".join(
        f"(p.{own} = r.{other} OR (p.{own} IS NULL AND r.{other} IS NULL))" for own, other in pairs[len(keys) :]
    )
    key_columns = [", ".join(pair[side] for pair in pairs[: len(keys)]) for side in (0, 1)]
    distinct = [
        f"(SELECT count(1) FROM (SELECT DISTINCT {chosen} FROM {table}) AS d)"
        for chosen, table in zip(key_columns, (primary, reference), strict=True)
    ]
    query = (
        f"SELECT (SELECT count(1) FROM {primary} AS p JOIN {reference} AS r ON {on}{' AND ' + same if same else ''}), "
        f"(SELECT count(1) FROM {primary}), (SELECT count(1) FROM {reference}), {distinct[0]}, {distinct[1]}"
    )
    share_judge = _share_judge(rule, f"Dataset.{alias}.DatasetMatch")

    def judge(answer: Sequence[Any]) -> Verdict:
        matches, own, other, own_keys, other_keys = answer
        if own != own_keys or other != other_keys:
            return Verdict(False, "The selected columns are not comparable due to duplicates present in the dataset.")
        return share_judge((matches, own))

    return Plan(rule, judge, query=query)


def custom_sql(rule: Rule, context: Context) -> Plan:
    """CustomSql: one number with a condition, or the passing rows.

    Raises:
        QueryError: the query returns other columns than the rule allows.
    """
    return _passing_rows(rule, context) if rule.condition is None else custom_sql_number(rule, context)


def custom_sql_number(rule: Rule, context: Context) -> Plan:
    """The one number that a query returns. An analyzer has no condition on it.

    Raises:
        QueryError: the query returns several columns.
    """

    def judge(answer: Sequence[Any]) -> Verdict:
        rows, value = answer
        if rows != 1:
            return Verdict(False, "Custom SQL did not return exactly 1 row")
        number = float(value or 0)  # as on AWS, a null counts as 0
        return judged(rule, number, {"Dataset.*.CustomSQL": number})

    statement = context.engine.statement(rule.values[0])
    columns = context.engine.result_columns(rule.values[0])
    if len(columns) != 1:
        raise QueryError("Custom SQL did not return exactly 1 column")
    value = context.engine.quoted(columns[0])
    return Plan(rule, judge, query=f"SELECT count(1), CAST(max({value}) AS DOUBLE) FROM ({statement}) AS answer")


def _passing_rows(rule: Rule, context: Context) -> Plan:
    statement = context.engine.statement(rule.values[0])
    own = {column.name: context.sql(column) for column in context.table(PRIMARY)}
    columns = context.engine.result_columns(rule.values[0])
    unknown = [name for name in columns if name not in own]
    if len(unknown) == len(columns):
        raise QueryError(
            "The output from CustomSQL must contain at least one column that matches the input dataset. Ensure that "
            "matching columns are returned from the SQL."
        )
    if unknown:
        raise QueryError(
            "The columns returned from the SQL statement should only belong to the primary table. Columns not found: "
            + ", ".join(unknown)
        )
    equal = " AND ".join(
        f"(p.{own[name]} = r.{context.engine.quoted(name)} OR "
        f"(p.{own[name]} IS NULL AND r.{context.engine.quoted(name)} IS NULL))"
        for name in columns
    )
    primary = context.engine.quoted(PRIMARY)
    # as on AWS, a row that the query returns twice counts twice
    matches = f"(SELECT count(1) FROM {primary} AS p JOIN ({statement}) AS r ON {equal})"
    query = f"SELECT {matches}, (SELECT count(1) FROM {primary})"
    return Plan(rule, _share_judge(rule, "Dataset.*.CustomSQL.Compliance"), query=query)


def _pairs(names: Iterable[tuple[str, str]], alias: str, context: Context) -> list[tuple[Column, Column]]:
    """The pairs of columns of both tables to compare."""
    found = [(context.column(own), context.column(other, alias)) for own, other in names]
    for own, other in found:
        context.engine.check_comparable(own, other)
    return found


def _share_judge(rule: Rule, metric: str) -> Judge:
    def judge(answer: Sequence[Any]) -> Verdict:
        passed, rows = answer
        if not rows:
            return Verdict(False, "The data frame is empty: there is nothing to evaluate")
        share = passed / rows
        condition = rule.condition or rule.threshold
        is_passed = share == 1 if condition is None else is_met(condition, share)
        return Verdict(True, None, {metric: share}) if is_passed else unmet(share, {metric: share})

    return judge


def _aggregate(text: str, rule: Rule, context: Context) -> tuple[str, str]:
    found = _AGGREGATE.fullmatch(text)
    if found is None:
        raise UnsupportedRuleError(f"the data quality rule {rule}: {text} is neither sum(column) nor avg(column)")
    alias, column = PRIMARY, found["column"]
    first, _, rest = column.rpartition(".")
    if first and any(first.lower() == name.lower() for name in context.engine.tables):
        alias, column = first, rest
    source = context.column(column, alias)
    if source.kind not in NUMBERS:
        raise UnsupportedRuleError(f"the data quality rule {rule}: {column} is {source.type}, not a number")
    value = context.sql(source)  # summed as it is, and then cast to a double
    table = context.engine.quoted(alias)
    return f"(SELECT CAST({found['function'].lower()}({value}) AS DOUBLE) FROM {table})", column


def _mapping(text: str) -> dict[str, str]:
    pairs = [part.strip().split("->") for part in text.split(",")]
    return {pair[0].strip(): pair[-1].strip() for pair in pairs}


PLANNERS: Mapping[str, Planner] = {
    "AggregateMatch": aggregate_match,
    "ColumnExists": column_exists,
    "ColumnNamesMatchPattern": column_names_match_pattern,
    "CustomSql": custom_sql,
    "DatasetMatch": dataset_match,
    "ReferentialIntegrity": referential_integrity,
    "RowCountMatch": row_count_match,
    "SchemaMatch": schema_match,
}

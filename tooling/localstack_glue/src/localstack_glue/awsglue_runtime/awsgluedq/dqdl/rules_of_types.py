"""Rules about the type that every row, or a share of the rows, must have."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .context import Context
from .engine import NUMBERS, Column
from .errors import UnsupportedRuleError
from .model import Rule, Text
from .plans import Plan, Verdict
from .rules_of_rows import of_rows
from .rules_of_tables import Planner

_DATE_FORMATS = ("dd-MM-yyyy", "MM-dd-yyyy", "yyyy-MM-dd", "dd/MM/yyyy", "MM/dd/yyyy", "yyyy/MM/dd")
_TYPES = ("BOOLEAN", "DATE", "TIMESTAMP", "INTEGER", "DOUBLE", "FLOAT", "LONG")


def column_data_type(rule: Rule, context: Context) -> Plan:
    """ColumnDataType: whether Spark can cast the value. Null has no type.

    Raises:
        UnsupportedRuleError: the condition is neither = nor !=.
    """
    column = context.column(rule.values[0])
    condition = rule.condition
    if condition is None or condition.operator not in ("=", "!=") or not isinstance(condition.operands[0], Text):
        raise UnsupportedRuleError(f"the data quality rule {rule}: a type can only be compared by = and !=")
    test = f"coalesce({_has_type(rule, column, condition.operands[0].value.upper(), context)}, false)"
    negated = f"(NOT {test})" if condition.operator == "!=" else test
    plan = of_rows(rule, context, negated, "ColumnDataType.Compliance")
    date_format = rule.tag("format")
    if date_format is None or not context.engine.refuses_stray_days:
        return plan
    stray = _stray_day(context.sql(column), date_format, test, context)

    def judge(answer: Sequence[Any]) -> Verdict:
        *counts, strays = answer
        if strays:
            reason = (
                f"Exception thrown while evaluating rule: Spark 2 read {strays} texts as dates that Spark 3 does not"
            )
            return Verdict(False, reason)
        return plan.judge(counts)

    counted = context.kept(f"count(CASE WHEN {stray} THEN 1 END)", rule)
    return replace(plan, judge=judge, aggregates=(*plan.aggregates, counted))


def _has_type(rule: Rule, column: Column, wanted: str, context: Context) -> str:
    name = context.sql(column)
    if wanted not in _TYPES:
        raise UnsupportedRuleError(f"the data quality rule {rule}: the type {wanted} is not supported here")
    date_format = rule.tag("format")
    if date_format is not None and wanted == "DATE":
        if date_format not in _DATE_FORMATS or column.kind != "text":
            raise UnsupportedRuleError(f"the data quality rule {rule}: the format {date_format} is not supported here")
        return f"({context.engine.day_in_format(name, date_format)} IS NOT NULL)"
    if date_format is not None:
        raise UnsupportedRuleError(f"the data quality rule {rule}: a format is only allowed with Date")
    if column.kind == "text":
        return context.engine.castable(column, wanted)
    is_moment = wanted in ("DATE", "TIMESTAMP")
    if (column.kind in (*NUMBERS, "boolean") and not is_moment) or (column.kind in ("date", "timestamp") and is_moment):
        return f"({name} IS NOT NULL)"
    raise UnsupportedRuleError(
        f"the data quality rule {rule}: checking whether {column.type} is {wanted} is not supported here"
    )


def _stray_day(value: str, date_format: str, test: str, context: Context) -> str:
    """Whether a text is a date for Spark 2, with other digits, blanks or an end, and not for Spark 3."""
    fields = re.split(r"([/-])", date_format)
    pattern = context.engine.text(fields[1].join([r"[ \t]*([0-9]+)"] * 3))
    found = {field: f"regexp_extract({value}, {pattern}, {place})" for place, field in enumerate(fields[::2], 1)}
    month, day = (f"TRY_CAST({found[field]} AS INT)" for field in ("MM", "dd"))
    date = " || '-' || ".join(f"lpad({found[field]}, {len(field)}, '0')" for field in ("yyyy", "MM", "dd"))
    starts = context.engine.is_found(value, "^" + fields[1].join([r"[ \t]*[0-9]+"] * 3))
    in_range = f"{month} BETWEEN 1 AND 12 AND {day} BETWEEN 1 AND 31 AND TRY_CAST({date} AS DATE) IS NOT NULL"
    return f"({starts} AND {in_range} AND NOT {test})"


PLANNERS: Mapping[str, Planner] = {"ColumnDataType": column_data_type}

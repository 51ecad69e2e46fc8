"""Evaluates conditions on a number, and writes them in SQL for a column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from math import inf

from .errors import UnsupportedRuleError
from .model import Calculation, Condition, Day, Duration, Keyword, Now, Number, Operand

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    "!=": lambda value, bound: value != bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
}
_CALCULATE: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right if right else left * inf,  # as in Java; 0 / 0 is not a number
}


def evaluate_number(operand: Operand) -> float:
    """The value of a number or calculation.

    Raises:
        TypeError: it is neither.
    """
    if isinstance(operand, Number):
        return float(operand.text)
    if isinstance(operand, Calculation):
        left, right = evaluate_number(operand.left), evaluate_number(operand.right)
        return _CALCULATE[operand.operator](left, right)
    raise TypeError(f"{operand} is not a number")


def is_met(condition: Condition, value: float) -> bool:
    """Whether a number satisfies a condition. `between` excludes both ends, as on AWS."""
    bounds = [evaluate_number(each) for each in condition.operands if not isinstance(each, Keyword)]
    is_negated = condition.operator.startswith("not ")
    if condition.operator.endswith("between"):
        return (bounds[0] < value < bounds[1]) != is_negated
    if condition.operator.endswith("in"):
        return (value in bounds) != is_negated
    return _COMPARE[condition.operator](value, bounds[0])


def sql_test(value: str, operator: str, bounds: list[str]) -> str:
    """The condition in SQL, for a value that is not null."""
    if operator == "between":
        return f"({value} > {bounds[0]} AND {value} < {bounds[1]})"
    if operator == "not between":
        return f"({value} <= {bounds[0]} OR {value} >= {bounds[1]})"
    if operator in ("in", "not in"):
        negation = "NOT " if operator == "not in" else ""
        return f"({value} {negation}IN ({', '.join(bounds)}))"
    return f"({value} {operator} {bounds[0]})"


def evaluate_day(operand: Operand, now: datetime) -> date:
    """The day of a date or of now().

    Raises:
        TypeError: it is neither.
        UnsupportedRuleError: Python's calendar does not have the day.
    """
    if isinstance(operand, Day):
        return operand.value
    if isinstance(operand, Now):
        minutes = 0 if operand.offset is None else operand.offset.minutes
        try:
            return (now + timedelta(minutes=minutes if operand.sign == "+" else -minutes)).date()
        except OverflowError as error:
            raise UnsupportedRuleError(f"the day {operand}: it is not in the years 1 to 9999") from error
    raise TypeError(f"{operand} is not a date")


def evaluate_hours(operand: Operand) -> float:
    """A duration in hours, rounded as on AWS.

    Raises:
        TypeError: it is not a duration.
    """
    if not isinstance(operand, Duration):
        raise TypeError(f"{operand} is not a duration")
    return round(operand.minutes / 60, 4)

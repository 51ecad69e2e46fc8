"""Evaluates conditions on a number, and writes them in SQL for a column."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

from .model import Calculation, Condition, Day, Duration, Keyword, Now, Number, Operand

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "=": lambda value, bound: value == bound,
    "!=": lambda value, bound: value != bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
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
        if operand.operator == "/":
            return left / right if right else float("nan")
        return {"+": left + right, "-": left - right, "*": left * right}[operand.operator]
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
    """
    if isinstance(operand, Day):
        return operand.value
    if isinstance(operand, Now):
        moment = now
        if operand.offset is not None:
            moment = now + operand.offset.span() if operand.sign == "+" else now - operand.offset.span()
        return moment.date()
    raise TypeError(f"{operand} is not a date")


def evaluate_hours(operand: Operand) -> float:
    """A duration in hours, rounded as on AWS.

    Raises:
        TypeError: it is not a duration.
    """
    if not isinstance(operand, Duration):
        raise TypeError(f"{operand} is not a duration")
    factor = {"days": 24.0, "hours": 1.0, "minutes": 1 / 60}[operand.unit]
    return round(operand.amount * factor, 4)

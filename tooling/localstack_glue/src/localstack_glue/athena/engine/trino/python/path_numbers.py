"""Numbers in JSON paths, which have SQL's types: integer, bigint, decimal and double."""

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from typing import Any

from localstack_glue.serdes.java_numbers import double_text, exponent_text

_EXACT = Context(prec=80)
_INTEGER, _BIGINT = 2**31, 2**63


class PathEvaluationError(Exception):
    """A path has no answer for its input."""


class Big(int):
    """A bigint of any size; a plain int is an integer."""


def of_literal(text: str) -> int | float | Decimal:
    """A number as a path or SQL writes it."""
    if "e" in text.lower():
        return float(text)
    if "." in text:
        return Decimal(text.rstrip(".") if text.endswith(".") else text)
    return whole(int(text))


def of_json(text: str) -> int | float:
    """A number of a JSON document."""
    return float(text) if any(char in text for char in ".eE") else whole(int(text))


def whole(value: int) -> int:
    """An integer if it fits, otherwise a bigint, or a value that is too large for both."""
    return value if -_INTEGER <= value < _INTEGER else Big(value)


def is_number(value: Any) -> bool:
    """Whether an item is a number."""
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def number(item: Any) -> Any:
    """An item that has to be a number.

    Raises:
        PathEvaluationError: it is not a number, or SQL has no type for it.
    """
    if not is_number(item):
        raise PathEvaluationError(f"invalid item type. Expected: NUMBER, actual: {type_name(item).upper()}")
    if isinstance(item, int) and not -_BIGINT <= item < _BIGINT:
        raise PathEvaluationError(f"cannot convert {item} to Trino value (value too big)")
    return item


def arithmetic(sign: str, left: Any, right: Any) -> Any:
    """`+`, `-`, `*`, `/` or `%` as SQL has them.

    Raises:
        PathEvaluationError: no numbers, a division by zero, an overflow.
    """
    first, second = number(left), number(right)
    if isinstance(first, float) or isinstance(second, float):
        return _of_doubles(sign, float(first), float(second))
    if sign in "/%" and second == 0:
        raise PathEvaluationError("Division by zero")
    if isinstance(first, Decimal) or isinstance(second, Decimal):
        return _of_decimals(sign, Decimal(first), Decimal(second))
    kind = Big if isinstance(first, Big) or isinstance(second, Big) else int
    quotient = abs(first) // abs(second) * (1 if (first < 0) == (second < 0) else -1) if sign in "/%" else 0
    result = {
        "+": first + second, "-": first - second, "*": first * second, "/": quotient, "%": first - second * quotient,
    }[sign]  # fmt: skip
    return _checked(kind(result))


def negated(item: Any) -> Any:
    """The minus before a number."""
    value = number(item)
    return _checked(type(value)(-value)) if isinstance(value, int) else -value


def absolute(item: Any) -> Any:
    """`abs()`."""
    value = number(item)
    return _checked(type(value)(abs(value))) if isinstance(value, int) else abs(value)


def rounded(item: Any, *, up: bool) -> Any:
    """`ceiling()` or `floor()`."""
    value = number(item)
    if isinstance(value, Decimal):
        return value.to_integral_value(ROUND_CEILING if up else ROUND_FLOOR)
    if isinstance(value, float) and math.isfinite(value):
        return math.copysign(float(math.ceil(value) if up else math.floor(value)), value)
    return value


def as_index(item: Any) -> int:
    """A number as the place in an array: one with a point is rounded."""
    value = number(item)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise PathEvaluationError(f"Unable to cast {value} to bigint")
        return math.floor(value + 0.5)
    return int(value.to_integral_value(ROUND_HALF_UP)) if isinstance(value, Decimal) else int(value)


def json_text(value: int | float | Decimal) -> str:
    """A number in a JSON document."""
    return (
        double_text(value) if isinstance(value, float) else f"{value:f}" if isinstance(value, Decimal) else str(value)
    )


def cast_text(value: int | float | Decimal) -> str:
    """A number cast to varchar."""
    return exponent_text(value, digits=20) if isinstance(value, float) else json_text(value)


def type_name(item: Any) -> str:
    """The item's type, as `type()` names it."""
    if item is None:
        return "null"
    if isinstance(item, bool):
        return "boolean"
    if is_number(item):
        return "number"
    names: dict[type, str] = {str: "string", list: "array", dict: "object"}
    return names.get(type(item)) or str(item.type)


def _of_doubles(sign: str, first: float, second: float) -> float:
    if sign in "/%" and second == 0:
        if sign == "%" or first == 0 or math.isnan(first):
            return math.nan
        return math.copysign(math.inf, first) * math.copysign(1, second)
    if sign == "%":
        return math.fmod(first, second) if math.isfinite(first) else math.nan
    return {"+": first + second, "-": first - second, "*": first * second, "/": first / (second or 1)}[sign]


def _of_decimals(sign: str, first: Decimal, second: Decimal) -> Decimal:
    scales = [-int(each.as_tuple().exponent) for each in (first, second)]
    if sign == "/":
        result = _EXACT.divide(first, second)
    elif sign == "%":
        result = _EXACT.remainder(first, second)
    else:
        result = {"+": _EXACT.add, "-": _EXACT.subtract, "*": _EXACT.multiply}[sign](first, second)
    scale = sum(scales) if sign == "*" else max(scales)
    result = result.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP, _EXACT)
    if len(result.as_tuple().digits) > 38:
        raise PathEvaluationError("Decimal overflow")
    return result


def _checked(value: int) -> int:
    limit = _BIGINT if isinstance(value, Big) else _INTEGER
    if not -limit <= value < limit:
        raise PathEvaluationError(f"{'bigint' if limit == _BIGINT else 'integer'} overflow: {int(value)}")
    return value

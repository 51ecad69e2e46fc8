"""The `Condition` element of a policy statement.

Source: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html and
reference_policies_condition-logic-multiple-context-keys-or-values.html.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from localstack_glue.iam.patterns import Context, matches_arn, matches_with, substitute

Test = Callable[[str, str, Context | None], bool]  # the request's value, the policy's value, the variables' values
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_EPOCH = re.compile(r"-?\d+(\.\d+)?")
_MONTH = re.compile(r"\d{4}-\d{2}")
_BOOLEANS = ("true", "false")
_QUANTIFIERS = ("", "ForAnyValue", "ForAllValues")


class UnknownOperatorError(ValueError):
    """A condition operator that IAM does not know."""


def is_operator(operator: str) -> bool:
    """Whether IAM knows a condition operator, with its quantifier and its suffix."""
    quantifier, _, name = operator.rpartition(":")
    base = name.removesuffix("IfExists")
    return quantifier in _QUANTIFIERS and (name == "Null" or _NEGATED.get(base, base) in _TESTS)


def hold(condition: Mapping[str, Mapping[str, Any]] | None, context: Context, *, has_variables: bool = True) -> bool:
    """Whether all operators and keys of a condition hold for a request."""
    variables = context if has_variables else None
    return all(
        _holds(operator, key.lower(), _texts(wanted), context, variables)
        for operator, keys in (condition or {}).items()
        for key, wanted in keys.items()
    )


def _holds(operator: str, key: str, wanted: Sequence[str], context: Context, variables: Context | None) -> bool:
    quantifier, _, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    actual = context.get(key)
    if name == "Null":
        return any((not actual) == (value.lower() == "true") for value in wanted)
    test, is_negated = _test(name)
    if quantifier == "ForAllValues":
        return all(_fits(test, value, wanted, variables) != is_negated for value in actual or ())
    if not actual:
        # a negated operator holds for a key that the request does not have; ForAnyValue never does
        return if_exists or (is_negated and not quantifier)
    if quantifier == "ForAnyValue":
        return any(_fits(test, value, wanted, variables) != is_negated for value in actual)
    fits = any(_fits(test, value, wanted, variables) for value in actual)
    return not fits if is_negated else fits


def _fits(test: Test, actual: str, wanted: Sequence[str], variables: Context | None) -> bool:
    return any(_safely(test, actual, value, variables) for value in wanted)


def _safely(test: Test, actual: str, wanted: str, variables: Context | None) -> bool:
    try:
        return test(actual, wanted, variables)
    except ValueError:  # no number, no date, no address
        return False


def _test(name: str) -> tuple[Test, bool]:
    positive = _NEGATED.get(name, name)
    if positive not in _TESTS:
        raise UnknownOperatorError(f"condition operator {name} is unknown")
    return _TESTS[positive], name in _NEGATED


def _string_equals(actual: str, wanted: str, variables: Context | None) -> bool:
    return actual == substitute(wanted, variables)


def _string_equals_ignore_case(actual: str, wanted: str, variables: Context | None) -> bool:
    filled = substitute(wanted, variables)
    return filled is not None and actual.casefold() == filled.casefold()


def _compare(numbers: Callable[[float, float], bool], read: Callable[[str], float]) -> Test:
    return lambda actual, wanted, _variables: numbers(read(actual), read(wanted))


def _number(text: str) -> float:
    if _NUMBER.fullmatch(text) is None:
        raise ValueError(f"{text} is no number")
    return float(text)


def _moment(text: str) -> float:
    if _EPOCH.fullmatch(text):
        return float(text)
    moment = datetime.fromisoformat(f"{text}-01" if _MONTH.fullmatch(text) else text.upper())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _in_network(actual: str, wanted: str, _variables: Context | None) -> bool:
    return ipaddress.ip_address(actual) in ipaddress.ip_network(wanted, strict=False)


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in values]


_TESTS: dict[str, Test] = {
    "StringEquals": _string_equals,
    "StringEqualsIgnoreCase": _string_equals_ignore_case,
    "StringLike": lambda actual, wanted, variables: matches_with(wanted, actual, variables),
    "ArnEquals": lambda actual, wanted, variables: matches_arn(wanted, actual, variables),
    "ArnLike": lambda actual, wanted, variables: matches_arn(wanted, actual, variables),
    "Bool": lambda actual, wanted, _variables: actual.lower() == wanted.lower() and wanted.lower() in _BOOLEANS,
    "BinaryEquals": lambda actual, wanted, _variables: actual == wanted,
    "IpAddress": _in_network,
    **{
        f"{kind}{name}": _compare(numbers, read)
        for kind, read in (("Numeric", _number), ("Date", _moment))
        for name, numbers in (
            ("Equals", lambda actual, wanted: actual == wanted),
            ("LessThan", lambda actual, wanted: actual < wanted),
            ("LessThanEquals", lambda actual, wanted: actual <= wanted),
            ("GreaterThan", lambda actual, wanted: actual > wanted),
            ("GreaterThanEquals", lambda actual, wanted: actual >= wanted),
        )
    },
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
}

"""The `Condition` element of a policy statement.

Source: docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html and
reference_policies_condition-logic-multiple-context-keys-or-values.html.
"""

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from localstack_glue.iam.patterns import Context, matches, matches_with, substitute

Test = Callable[[str, str, Context], bool]  # the request's value, the policy's value


class UnknownOperatorError(ValueError):
    """A condition operator that IAM does not know."""


def hold(condition: Mapping[str, Mapping[str, Any]] | None, context: Context) -> bool:
    """Whether all operators and keys of a condition hold for a request."""
    return all(
        _holds(operator, key.lower(), _texts(wanted), context)
        for operator, keys in (condition or {}).items()
        for key, wanted in keys.items()
    )


def _holds(operator: str, key: str, wanted: Sequence[str], context: Context) -> bool:
    quantifier, _, name = operator.rpartition(":")
    if_exists = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    actual = context.get(key)
    if name == "Null":
        return all((actual is None) == (value.lower() == "true") for value in wanted)
    test, is_negated = _test(name)
    if quantifier == "ForAllValues":
        return all(_fits(test, value, wanted, context) != is_negated for value in actual or ())
    if not actual:
        # a negated operator holds for a key that the request does not have; ForAnyValue never does
        return if_exists or (is_negated and not quantifier)
    if quantifier == "ForAnyValue":
        return any(_fits(test, value, wanted, context) != is_negated for value in actual)
    fits = any(_fits(test, value, wanted, context) for value in actual)
    return not fits if is_negated else fits


def _fits(test: Test, actual: str, wanted: Sequence[str], context: Context) -> bool:
    return any(_safely(test, actual, value, context) for value in wanted)


def _safely(test: Test, actual: str, wanted: str, context: Context) -> bool:
    try:
        return test(actual, wanted, context)
    except ValueError:  # no number, no date, no address
        return False


def _test(name: str) -> tuple[Test, bool]:
    positive = _NEGATED.get(name, name)
    if positive not in _TESTS:
        raise UnknownOperatorError(f"condition operator {name} is unknown")
    return _TESTS[positive], name in _NEGATED


def _string_equals(actual: str, wanted: str, context: Context) -> bool:
    return actual == substitute(wanted, context)


def _string_equals_ignore_case(actual: str, wanted: str, context: Context) -> bool:
    filled = substitute(wanted, context)
    return filled is not None and actual.casefold() == filled.casefold()


def _arn_like(actual: str, wanted: str, context: Context) -> bool:
    """Match each of an ARN's six parts separately: a star crosses a colon only in the last part."""
    actual_parts, wanted_parts = actual.split(":", 5), wanted.split(":", 5)
    if len(actual_parts) != len(wanted_parts):
        return False
    return all(matches_with(pattern, part, context) for pattern, part in zip(wanted_parts, actual_parts, strict=True))


def _compare(numbers: Callable[[float, float], bool], read: Callable[[str], float]) -> Test:
    return lambda actual, wanted, _context: numbers(read(actual), read(wanted))


def _moment(text: str) -> float:
    if text.replace(".", "", 1).isdigit():
        return float(text)
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _in_network(actual: str, wanted: str, _context: Context) -> bool:
    return ipaddress.ip_address(actual) in ipaddress.ip_network(wanted, strict=False)


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in values]


_TESTS: dict[str, Test] = {
    "StringEquals": _string_equals,
    "StringEqualsIgnoreCase": _string_equals_ignore_case,
    "StringLike": lambda actual, wanted, context: matches_with(wanted, actual, context),
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda actual, wanted, _context: matches(wanted, actual, ignore_case=True),
    "BinaryEquals": _string_equals,
    "IpAddress": _in_network,
    **{
        f"{kind}{name}": _compare(numbers, read)
        for kind, read in (("Numeric", float), ("Date", _moment))
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

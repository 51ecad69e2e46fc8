"""The types a crawler infers for CSV (G17)."""

import re
from collections.abc import Iterable

from localstack_glue.crawlers.crawling.hive_types import BIGINT, DOUBLE, STRING, merge_names

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_BIGINT_MAX = 2**63 - 1


def infer_type(value: str) -> str | None:
    """Return the narrowest type of one value, or None for an empty one, which has no type."""
    if not value:
        return None
    if _INTEGER.fullmatch(value) and -_BIGINT_MAX - 1 <= int(value) <= _BIGINT_MAX:
        return BIGINT
    return DOUBLE if _DECIMAL.fullmatch(value) else STRING


def infer(values: Iterable[str]) -> str:
    """Return the type of a column; a column without values is a string."""
    result: str | None = None
    for value in values:
        result = merge_names(result, infer_type(value))
        if result == STRING:
            break
    return result or STRING

"""Trino's operators: the types of their operands and results, and how DuckDB computes them."""

# ruff: noqa: E501 - SQL in a line is read as a line

import re
from dataclasses import replace
from decimal import Decimal

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.sql_text import text_literal
from localstack_glue.athena.engine.trino.casts import coerce, failure
from localstack_glue.athena.engine.trino.comparisons import mismatch
from localstack_glue.athena.engine.trino.types import (
    BIGINT,
    DAY_INTERVAL,
    DOUBLE,
    INTEGERS,
    MAX_CHAR,
    MAX_DIGITS,
    MONTH_INTERVAL,
    NUMBERS,
    TIMESTAMP_ZONED,
    VARCHAR,
    Type,
    array,
    as_decimal,
    common,
    decimal,
    duckdb_type,
)

Typed = tuple[str, Type]
_MOMENTS = ("date", "timestamp", "timestamp with time zone")
_DAY_MS = 86_400_000
_SIZES = {"year": 12, "month": 1, "day": _DAY_MS, "hour": 3_600_000, "minute": 60_000, "second": 1000}


def arithmetic(operator: str, left: Typed, right: Typed) -> Typed:
    """`+`, `-`, `*`, `/` or `%`."""
    if left[1].kind in (*NUMBERS, "unknown") and right[1].kind in (*NUMBERS, "unknown"):
        return _numbers(operator, left, right)
    found = _moments(operator, left, right)
    if found is None:
        raise mismatch(operator, left[1], right[1])
    return found


def negate(value: Typed) -> Typed:
    """The minus before a value.

    Raises:
        QueryFailedError: the type has no minus.
    """
    if value[1].kind not in NUMBERS and value[1] not in (DAY_INTERVAL, MONTH_INTERVAL):
        raise QueryFailedError("TYPE_MISMATCH", f"line 1:1: Cannot negate {value[1]}")
    if value[1].kind in INTEGERS:
        return f"(CAST(0 AS {duckdb_type(value[1])}) - {value[0]})", value[1]  # DuckDB's minus makes a wider number
    return f"(-{value[0]})", value[1]


def distance(value: str, kind: Type) -> str:
    """How far a window's frame reaches: an interval is DuckDB's there."""
    makes = {DAY_INTERVAL: "to_milliseconds", MONTH_INTERVAL: "to_months"}.get(kind)
    return value if makes is None else f"{makes}(CAST({value} AS {'BIGINT' if kind == DAY_INTERVAL else 'INTEGER'}))"


def concatenate(left: Typed, right: Typed) -> Typed:
    """`||` of texts, of binaries, of arrays, of an array and an element."""
    first, second = left[1], right[1]
    if first.kind == second.kind == "char":
        kind = Type("char", (min(first.numbers[0] + second.numbers[0], MAX_CHAR),))
        return f"({coerce(*left, first)} || {coerce(*right, second)})", kind
    texts = ("varchar", "char", "unknown")
    if first.kind in texts and second.kind in texts:
        return f"({coerce(*left, VARCHAR)} || {coerce(*right, VARCHAR)})", VARCHAR
    if first.kind == second.kind == "varbinary":
        return f"({left[0]} || {right[0]})", first
    if first.kind == second.kind == "array" and common(first, second) is None:  # an element that is itself an array
        if common(first.element, second) == first.element:
            added = coerce(*right, first.element)
            return _appended(left[0], added), first
        if common(first, second.element) == second.element:
            added = coerce(*left, second.element)
            return _prepended(added, right[0]), second
    if first.kind == "array" or second.kind == "array":
        elements = [kind.element if kind.kind == "array" else kind for kind in (first, second)]
        element = common(*elements)
        if element is not None:
            kind = array(element)
            if first.kind == second.kind:
                return f"({coerce(*left, kind)} || {coerce(*right, kind)})", kind
            if first.kind == "array":
                value, added = coerce(*left, kind), coerce(*right, element)
                return _appended(value, added), kind
            added, value = coerce(*left, element), coerce(*right, kind)
            return _prepended(added, value), kind
    raise mismatch("||", first, second)


def _appended(values: str, added: str) -> str:
    """DuckDB would take no array for an empty one."""
    return f"CASE WHEN {values} IS NOT NULL AND {added} IS NOT NULL THEN list_append({values}, {added}) END"


def _prepended(added: str, values: str) -> str:
    return f"CASE WHEN {values} IS NOT NULL AND {added} IS NOT NULL THEN list_prepend({added}, {values}) END"


def subscript(value: Typed, index: Typed) -> Typed:
    """`array[1]` or `map['key']`, which fail if there is no such element.

    Raises:
        QueryFailedError: the type of the index does not fit.
    """
    kind = value[1]
    if kind.kind == "map" and common(kind.parts[0], index[1]) == kind.parts[0]:
        key = coerce(*index, kind.parts[0])
        shown = f"CAST({key} AS VARCHAR)"
        missing = failure("INVALID_FUNCTION_ARGUMENT", f"'Key not present in map: ' || {shown}")
        return (
            f"CASE WHEN {value[0]} IS NULL OR {key} IS NULL OR map_contains({value[0]}, {key}) "
            f"THEN map_extract_value({value[0]}, {key}) ELSE {missing} END",
            kind.parts[1],
        )
    if kind.kind == "array" and index[1].kind in (*INTEGERS, "unknown"):
        place = index[0]
        zero = failure("INVALID_FUNCTION_ARGUMENT", "'SQL array indices start at 1'")
        negative = failure("INVALID_FUNCTION_ARGUMENT", f"'Array subscript is negative: ' || {place}")
        beyond = failure(
            "INVALID_FUNCTION_ARGUMENT",
            f"'Array subscript must be less than or equal to array length: ' || {place} || ' > ' || len({value[0]})",
        )
        return (
            f"CASE WHEN {place} > 0 AND {place} <= len({value[0]}) THEN {value[0]}[{place}] WHEN {place} = 0 THEN {zero} "
            f"WHEN {place} < 0 THEN {negative} WHEN {place} > len({value[0]}) THEN {beyond} END",
            kind.element,
        )
    raise QueryFailedError("TYPE_MISMATCH", f"line 1:1: Cannot use {index[1]} for subscript of {kind}")


def decimal_quotient(dividend: str, first: Type, divisor: str, second: Type, result: Type) -> str:
    """A division, exact and rounded half up, computed with whole numbers: DuckDB would return a double."""
    shift = result.numbers[1] - first.numbers[1] + (second.numbers[1] if second.numbers else 0)
    digits = max(first.numbers[0] + max(shift, 0), as_decimal(second).numbers[0] + max(-shift, 0))
    if digits >= MAX_DIGITS:  # twice the number, and half of the other, would not be whole numbers of DuckDB's
        exact = f"py_quotient(CAST({dividend} AS VARCHAR), CAST({divisor} AS VARCHAR), {result.numbers[1]})"
        return f"CAST({exact} AS {duckdb_type(result)})"
    top = f"{_whole(dividend, first)} * {10 ** max(shift, 0)}"
    bottom = f"{_whole(divisor, second)} * {10 ** max(-shift, 0)}"
    sign = f"(CASE WHEN ({top} < 0) <> ({bottom} < 0) THEN -1 ELSE 1 END)"
    rounded = f"(({sign} * ((abs({top}) * 2 + abs({bottom})) // (abs({bottom}) * 2)))::HUGEINT)"
    return f"CAST(py_decimal({rounded}, {result.numbers[1]}) AS {duckdb_type(result)})"


def _whole(value: str, kind: Type) -> str:
    if not kind.numbers or kind.numbers[1] == 0:
        return f"CAST({value} AS HUGEINT)"
    return f"CAST(replace(CAST({value} AS VARCHAR), '.', '') AS HUGEINT)"


def _numbers(operator: str, left: Typed, right: Typed) -> Typed:
    kind = common(left[1], right[1])
    if kind is None or kind.kind == "unknown":
        kind = BIGINT
    if kind.kind == "decimal":
        return _decimals(operator, left, right)
    first, second = coerce(*left, kind), coerce(*right, kind)
    if kind.kind in ("double", "real"):
        sql = f"fmod({first}, {second})" if operator == "%" else f"({first} {operator} {second})"
        return (f"CAST({sql} AS FLOAT)" if kind.kind == "real" else sql), kind
    operator = "//" if operator == "/" else operator
    return f"({first} {operator} {second})", kind


def _decimals(operator: str, left: Typed, right: Typed) -> Typed:
    (first, a), (second, b) = (
        (coerce(value, kind, as_decimal(kind)) if kind.kind != "unknown" else f"CAST({value} AS DECIMAL(1,0))",
         as_decimal(kind) if kind.kind != "unknown" else decimal(1, 0))
        for value, kind in (left, right)
    )  # fmt: skip
    (p1, s1), (p2, s2) = a.numbers, b.numbers
    scale = max(s1, s2)
    if operator in "+-":
        kind = decimal(1 + scale + max(p1 - s1, p2 - s2), scale)
    elif operator == "*":
        if s1 + s2 > 38:
            raise QueryFailedError(
                "INVALID_FUNCTION_ARGUMENT", f"DECIMAL scale must be in range [0, precision]: {s1 + s2}"
            )
        kind = decimal(p1 + p2, s1 + s2)
    elif operator == "/":
        kind = decimal(p1 + s2 + max(0, s2 - s1), scale)
        zero = failure("DIVISION_BY_ZERO", "'Division by zero'")
        quotient = decimal_quotient(first, a, second, b, kind)
        return f"CASE WHEN {second} = 0 THEN {zero} ELSE {quotient} END", kind
    else:
        kind = decimal(min(p1 - s1, p2 - s2) + scale, scale)
        zero = failure("DIVISION_BY_ZERO", "'Division by zero'")
        if max(p1 + scale - s1, p2 + scale - s2) > MAX_DIGITS:
            rest = f"CAST(py_remainder(CAST({first} AS VARCHAR), CAST({second} AS VARCHAR)) AS {duckdb_type(kind)})"
            return f"CASE WHEN {second} = 0 THEN {zero} ELSE {rest} END", kind
        # in whole numbers: DuckDB would make doubles of what has not one scale
        top = f"{_whole(first, a)} * CAST({10 ** (scale - s1)} AS HUGEINT)"
        bottom = f"({_whole(second, b)} * CAST({10 ** (scale - s2)} AS HUGEINT))"
        rest = f"CAST(py_decimal(CAST({top} % {bottom} AS HUGEINT), {scale}) AS {duckdb_type(kind)})"
        return f"CASE WHEN {second} = 0 THEN {zero} ELSE {rest} END", kind
    target = duckdb_type(replace(kind, numbers=(kind.numbers[0], kind.numbers[1])))
    if kind.numbers[0] > 18:  # up to 18 digits, DuckDB would compute with no more
        scales = (s1, s2) if operator == "*" else (scale, scale)
        pairs = zip((first, second), scales, strict=True)
        first, second = (
            f"CAST({value} AS DECIMAL({38 if operator == '*' else kind.numbers[0]},{own}))" for value, own in pairs
        )
    return f"CAST({first} {operator} {second} AS {target})", kind


def _moments(operator: str, left: Typed, right: Typed) -> Typed | None:
    from localstack_glue.athena.engine.trino.functions.dates import shifted

    intervals = (DAY_INTERVAL, MONTH_INTERVAL)
    (first, a), (second, b) = left, right
    if operator == "+" and a in intervals and b.kind in (*_MOMENTS, "time"):
        (first, a), (second, b) = right, left
    if operator in "+-" and a.kind in _MOMENTS and b in intervals:
        count = second if operator == "+" else f"(-{second})"
        if b == MONTH_INTERVAL:
            return shifted(first, a, "month", count), a
        if a.kind == "date":
            whole = failure("INVALID_FUNCTION_ARGUMENT", "'Cannot add hour, minutes or seconds to a date'")
            return (
                f"CASE WHEN {count} % {_DAY_MS} <> 0 THEN {whole} ELSE {first} + CAST({count} // {_DAY_MS} AS INTEGER) END",
                a,
            )
        return f"({first} + to_milliseconds({count}))", a
    if operator in "+-" and a.kind == "time" and b == DAY_INTERVAL:
        return (
            f"CAST(DATE '1970-01-01' + {first} + to_milliseconds({'' if operator == '+' else '-'}{second}) AS TIME)",
            replace(a, numbers=(max(a.numbers[0], 3),)),
        )
    if operator == "-" and a.kind == b.kind == "time":
        ends = (f"epoch_us(DATE '1970-01-01' + {value})" for value in (first, second))
        return _milliseconds(" - ".join(ends)), DAY_INTERVAL
    if operator == "-" and a.kind in _MOMENTS and b.kind in _MOMENTS:
        if a.zone or b.zone:
            ends = (f"epoch_us({coerce(value, kind, TIMESTAMP_ZONED)})" for value, kind in (left, right))
        else:
            ends = (f"epoch_us(CAST({value} AS TIMESTAMP))" for value, _ in (left, right))
        return _milliseconds(" - ".join(ends)), DAY_INTERVAL
    if operator in "+-" and a == b and a in intervals:
        return f"({first} {operator} {second})", a
    if operator == "*" and b in intervals and a.kind in NUMBERS:
        (first, a), (second, b) = right, left
    if operator in "*/" and a in intervals and b.kind in NUMBERS:
        by = coerce(second, b, DOUBLE)
        return f"CAST(trunc({first}::DOUBLE {operator} {by}) AS BIGINT)", a
    return None


def _milliseconds(microseconds: str) -> str:
    return f"CAST(floor(({microseconds} + 500) / 1000.0) AS BIGINT)"


def interval(text: str, unit: str) -> Typed:
    """An interval literal: `'2' DAY`, `'1-2' YEAR TO MONTH`, `'1 02:03:04.5' DAY TO SECOND`.

    Raises:
        QueryFailedError: the interval cannot be read.
    """
    first, _, last = (word.lower() for word in unit.partition(" TO "))
    try:
        if first in ("year", "month"):
            names = ["year", "month"]
            parts = re.fullmatch(r"(-?)(\d+)(?:-(\d+))?", text)
        else:
            names = ["day", "hour", "minute", "second"]
            parts = re.fullmatch(
                r"(-?)(\d+(?:\.\d+)?)(?:[ :](\d+(?:\.\d+)?))?(?::(\d+(?:\.\d+)?))?(?::(\d+(?:\.\d+)?))?", text
            )
        names = names[names.index(first) : names.index(last or first) + 1]
        found = [part for part in (parts.groups()[1:] if parts is not None else ()) if part is not None]
        if len(found) != len(names):
            raise ValueError(text)
    except ValueError as error:
        raise QueryFailedError(
            "NOT_SUPPORTED", f"line 1:1: INTERVAL {text_literal(text)} {unit} is not supported here"
        ) from error
    total = sum(Decimal(part) * _SIZES[name] for name, part in zip(names, found, strict=True))
    sign = "-" if parts is not None and parts[1] else ""
    kind = MONTH_INTERVAL if first in ("year", "month") else DAY_INTERVAL
    return f"CAST({sign}{round(total)} AS BIGINT)", kind

"""Trino's comparisons: NaN equals nothing and is not greater than anything, and a null inside makes equality unknown."""

# ruff: noqa: E501 - SQL in a line is read as a line

import re
from collections.abc import Sequence

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.sql_text import quoted
from localstack_glue.athena.engine.trino.casts import coerce, failure
from localstack_glue.athena.engine.trino.types import MAX_CHAR, Type, common, field_names, row

Typed = tuple[str, Type]
_NESTED = ("array", "map", "row")
_FLOATING = ("double", "real")
_NUMBER = re.compile(r"[-(]*(?:CAST\()*'?[\d.]+(?:[eE][+-]?\d+)?'?(?: AS [A-Z]+(?:\(\d+, ?\d+\))?\))*\)*")


def compare(operator: str, left: Typed, right: Typed) -> str:
    """A comparison; both sides become one type.

    Raises:
        QueryFailedError: the types cannot be compared.
    """
    kind = common(left[1], right[1])
    ordered = operator in ("<", "<=", ">", ">=")
    if kind is None or (ordered and kind.kind in ("map", "json")):
        raise mismatch(operator, left[1], right[1])
    return _compared(operator, coerce(*left, kind), coerce(*right, kind), kind)


def is_in(value: str, others: Sequence[str], kind: Type) -> str:
    """IN over values of one type."""
    if kind.kind == "char":  # trailing blanks do not count
        value, *others = (f"rtrim({each}, ' ')" for each in (value, *others))
    exact = kind.kind in _NESTED or (
        kind.kind in _FLOATING and not all(map(_NUMBER.fullmatch, others)) and not _NUMBER.fullmatch(value)
    )
    if exact or (kind.kind in _FLOATING and not any(map(_NUMBER.fullmatch, (value, *others)))):
        return f"({' OR '.join(_compared('=', value, other, kind) for other in others)})"
    return f"({value} IN ({', '.join(others)}))"


def compare_with_query(operator: str, word: str, left: Typed, sql: str, types: Sequence[Type]) -> str:
    """A comparison with ANY or ALL of the values of a query; `IN` is one with `= ANY`.

    Raises:
        QueryFailedError: the types cannot be compared, or the query returns rows or arrays.
    """
    name = "IN" if (operator, word) == ("=", "ANY") else f"{operator} {word}"
    if name == "IN" and (len(types) > 1 or types[0].parts or left[1].parts):
        return _one_of_rows(left, sql, types)
    if len(types) != 1 or types[0].parts or left[1].parts:
        # DuckDB would compare rows whose nulls are values
        raise QueryFailedError(
            "NOT_SUPPORTED", f"line 1:1: {name} over rows or arrays of a query is not supported here"
        )
    kind = common(left[1], types[0])
    if kind is None:
        raise mismatch(name, left[1], types[0])
    value, column, where = coerce(*left, kind), coerce("c", types[0], kind), ""
    if kind.kind == "char":  # trailing blanks do not count
        value, column = f"rtrim({value}, ' ')", f"rtrim({column}, ' ')"
    if kind.kind in _FLOATING:
        refused = failure("NOT_SUPPORTED", f"'{name} over NaN is not supported here'")
        if word == "ALL" and operator not in ("=", "<>"):
            column = f"CASE WHEN isnan({column}) THEN {refused} ELSE {column} END"
        elif (operator, word) not in (("<>", "ANY"), ("=", "ALL")):
            where = f" WHERE c IS NULL OR NOT isnan({column})"  # NaN equals nothing and is greater than nothing
        if (operator, word) not in (("=", "ANY"), ("<>", "ALL")):
            value = f"CASE WHEN isnan({value}) THEN {refused} ELSE {value} END"
    if column != "c" or where:
        sql = f"SELECT {column} FROM ({sql}) AS given(c){where}"
    return f"({value} IN ({sql}))" if name == "IN" else f"({value} {operator} {word} ({sql}))"


def _one_of_rows(left: Typed, sql: str, types: Sequence[Type]) -> str:
    """IN of rows or arrays of a query: unknown if a null inside leaves it undecided."""
    names = [quoted(f"of query {place}") for place in range(len(types))]
    fields = ", ".join(f"field{place} := {name}" for place, name in enumerate(names))
    value, found = (names[0], types[0]) if len(types) == 1 else (f"struct_pack({fields})", row(types))
    kind = common(left[1], found)
    if kind is None:
        raise mismatch("IN", left[1], found)
    same = _compared("=", coerce(*left, kind), coerce(value, found, kind), kind)
    return (
        f"(SELECT CASE WHEN coalesce(bool_or({same}), false) THEN true WHEN coalesce(bool_or(({same}) IS NULL), false) "
        f"THEN NULL ELSE false END FROM ({sql}) AS {quoted('of query')}({', '.join(names)}))"
    )


def mismatch(operator: str, left: Type, right: Type) -> QueryFailedError:
    """Two types that an operator does not take."""
    return QueryFailedError("TYPE_MISMATCH", f"line 1:1: Cannot apply operator: {left} {operator} {right}")


def _compared(operator: str, left: str, right: str, kind: Type) -> str:
    if kind.kind == "char":  # trailing blanks do not count, but sort as blanks
        length = kind.numbers[0]
        if operator in ("<", "<=", ">", ">=") and length < MAX_CHAR:
            left, right = f"rpad({left}, {length}, ' ')", f"rpad({right}, {length}, ' ')"
        else:
            left, right = f"rtrim({left}, ' ')", f"rtrim({right}, ' ')"
    plain = f"({left} {operator} {right})"
    if operator.startswith("IS ") or kind.kind not in (*_NESTED, *_FLOATING):
        return plain
    if kind.kind in _FLOATING:
        return _floating(operator, left, right, plain)
    if operator in ("=", "<>"):
        equal = _equal(left, right, kind, 0)
        return equal if operator == "=" else f"(NOT {equal})"
    message = f"'{kind.kind.upper()} comparison not supported for {kind.kind}s with null elements'"
    refused = failure("NOT_SUPPORTED", message)
    return f"CASE WHEN {_holds_null(left, kind, 0)} OR {_holds_null(right, kind, 0)} THEN {refused} ELSE {plain} END"


def _floating(operator: str, left: str, right: str, plain: str) -> str:
    """DuckDB has NaN equal itself and above all numbers."""
    # the side on which NaN would make DuckDB's comparison true (for <>: false)
    greater = {"<": right, "<=": right, ">": left, ">=": left}.get(operator)
    if greater is None:
        greater = right if _NUMBER.fullmatch(left) else left
        if _NUMBER.fullmatch(left) or _NUMBER.fullmatch(right):
            return plain  # a number that is written down equals no NaN
    elif _NUMBER.fullmatch(greater):
        return plain
    return f"({plain} OR isnan({greater}))" if operator == "<>" else f"({plain} AND NOT isnan({greater}))"


def _equal(left: str, right: str, kind: Type, depth: int) -> str:
    """Equality of arrays, maps and rows: false if a part differs, otherwise unknown if one is null."""
    if kind.kind in _FLOATING:
        return _floating("=", left, right, f"({left} = {right})")
    if kind.kind not in _NESTED:
        return f"({left} = {right})"
    if kind.kind == "row":
        names = [quoted(name) for name in field_names(kind)]
        pairs = zip(names, kind.parts, strict=True)
        parts = [_equal(f"({left}).{name}", f"({right}).{name}", part, depth) for name, part in pairs]
        return f"CASE WHEN {left} IS NULL OR {right} IS NULL THEN NULL ELSE ({' AND '.join(parts)}) END"
    place = f"at{depth}"
    if kind.kind == "array":
        size = "len"
        same = _equal(f"({left})[{place}]", f"({right})[{place}]", kind.element, depth + 1)
        places = f"range(1, len({left}) + 1)"
    else:
        size = "cardinality"
        one, other = (f"map_extract_value({side}, {place})" for side in (left, right))
        same = f"CASE WHEN NOT map_contains({right}, {place}) THEN false ELSE {_equal(one, other, kind.parts[1], depth + 1)} END"
        places = f"map_keys({left})"
    found = f"list_transform({places}, lambda {place}: {same})"
    return (
        f"CASE WHEN {size}({left}) <> {size}({right}) THEN false WHEN {left} IS NULL OR {right} IS NULL THEN NULL "
        f"WHEN list_contains({found}, false) THEN false "
        f"WHEN list_contains(list_transform({found}, lambda one: one IS NULL), true) THEN NULL ELSE true END"
    )


def _holds_null(value: str, kind: Type, depth: int) -> str:
    if kind.kind == "row":
        fields = zip(field_names(kind), kind.parts, strict=True)
        parts = [_is_null_within(f"({value}).{quoted(name)}", part, depth) for name, part in fields]
        return f"({value} IS NOT NULL AND ({' OR '.join(parts)}))"
    each = f"in{depth}"
    inner = _is_null_within(each, kind.element, depth + 1)
    return f"coalesce(list_contains(list_transform({value}, lambda {each}: {inner}), true), false)"


def _is_null_within(value: str, kind: Type, depth: int) -> str:
    own = f"{value} IS NULL"
    return f"({own} OR {_holds_null(value, kind, depth)})" if kind.kind in ("array", "row") else f"({own})"

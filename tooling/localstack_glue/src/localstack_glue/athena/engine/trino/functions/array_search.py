"""Functions that look for an element in an array, by Trino's equality: NaN equals nothing, a null within leaves it open."""

# ruff: noqa: E501 - a row of the table is a line

from localstack_glue.athena.engine.trino.casts import failure
from localstack_glue.athena.engine.trino.comparisons import compare
from localstack_glue.athena.engine.trino.functions.arrays import ARRAYS
from localstack_glue.athena.engine.trino.functions.model import Call


def _sought(call: Call, function: str) -> str:
    """For each element whether it is the one that is sought: 1 or 0, null for a null, an error where a null within leaves it open."""
    kind = call.bound["T"]
    same = compare("=", ("x", kind), (call.arguments[1], kind))
    open_ = failure(
        "NOT_SUPPORTED", f"'{function} does not support arrays with elements that are null or contain null'"
    )
    cases = f"WHEN {same} THEN 1 WHEN NOT ({same}) THEN 0 ELSE {open_}" if kind.parts else f"WHEN {same} THEN 1 ELSE 0"
    return f"list_transform({call.arguments[0]}, lambda x: CASE WHEN x IS NULL THEN NULL {cases} END)"


def _is_plain(call: Call) -> bool:
    """Whether DuckDB's equality is Trino's."""
    kind = call.bound["T"]
    return not kind.parts and kind.kind not in ("double", "real", "char")


def _position(call: Call) -> str:
    values, element = call.arguments
    found = (
        f"list_position({values}, {element})"
        if _is_plain(call)
        else f"list_position({_sought(call, 'array_position')}, 1)"
    )
    return f"CASE WHEN {values} IS NULL OR {element} IS NULL THEN NULL ELSE CAST(coalesce({found}, 0) AS BIGINT) END"


def _removed(call: Call) -> str:
    values, element = call.arguments
    if _is_plain(call):
        kept = f"list_filter({values}, lambda x: x IS NULL OR x <> {element})"
    else:
        sought = _sought(call, "array_remove")
        kept = f"list_transform([{sought}], lambda s: list_filter({values}, lambda x, i: x IS NULL OR s[i] = 0))[1]"
    return f"CASE WHEN {element} IS NULL THEN NULL ELSE {kept} END"


def _contained(call: Call) -> str:
    values, element = call.arguments
    found = (
        f"list_contains({values}, {element})" if _is_plain(call) else f"list_contains({_sought(call, 'contains')}, 1)"
    )
    return (
        f"CASE WHEN {element} IS NULL THEN NULL WHEN {found} THEN true "
        f"WHEN list_contains(list_transform({values}, lambda x: x IS NULL), true) THEN NULL ELSE {found} END"
    )


ARRAYS.scalar(
    "array_position",
    ("array(T), T -> bigint", _position),
    examples={
        "array_position(array[4, 5], 5)": "2",
        "array_position(array[4], 9)": "0",
        "array_position(array[4], null)": None,
        "array_position(array[nan()], nan())": "0",
        "array_position(array[array[1]], array[1])": "1",
    },
)
ARRAYS.scalar(
    "array_remove",
    ("array(T), T -> array(T)", _removed),
    examples={
        "array_remove(array[1, 2, null, 1], 1)": "[2, null]",
        "array_remove(array[1, 2], null)": None,
        "array_remove(array[array[1], array[2]], array[1])": "[[2]]",
    },
)


ARRAYS.scalar(
    "contains",
    ("array(T), T -> boolean", _contained),
    examples={
        "contains(array[1, 2], 2)": "true",
        "contains(array[1, 2], 3)": "false",
        "contains(array[1, null], 3)": None,
        "contains(array[nan()], nan())": "false",
        "contains(array[array[1], null], array[1])": "true",
    },
)

__all__ = ["ARRAYS"]

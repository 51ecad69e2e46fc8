"""Functions of maps."""

# ruff: noqa: E501 - a row of the table is a line

from localstack_glue.athena.engine.trino.casts import failure
from localstack_glue.athena.engine.trino.functions.model import Call, Topic, overload

MAPS = Topic("map")


def _map(call: Call) -> str:
    keys, values = call.arguments
    twice = failure("INVALID_FUNCTION_ARGUMENT", "'Duplicate map keys are not allowed'")
    null = failure("INVALID_FUNCTION_ARGUMENT", "'map key cannot be null'")
    uneven = failure("INVALID_FUNCTION_ARGUMENT", "'Key and value arrays must be the same length'")
    return (
        f"CASE WHEN len({keys}) <> len({values}) THEN {uneven} WHEN list_contains(list_transform({keys}, lambda x: x IS NULL), true) THEN {null} "
        f"WHEN len(list_distinct({keys})) <> len({keys}) THEN {twice} ELSE map({keys}, {values}) END"
    )


MAPS.scalar(
    "map",
    overload(" -> map(unknown,unknown)", "map([]::INTEGER[], []::INTEGER[])"),
    ("array(K), array(V) -> map(K,V)", _map),
    examples={"map(array['a', 'b'], array[1, null])": "{a=1, b=null}", "cardinality(map())": "0"},
)
MAPS.scalar(
    "map_from_entries",
    ("array(row(K,V)) -> map(K,V)", "map_from_entries({0})"),
    examples={"map_from_entries(array[(1, 'x'), (2, 'y')])": "{1=x, 2=y}"},
)


def _keys(entries: str) -> str:
    """The keys of entries, each once, in the order in which they come first."""
    keys = f"list_transform({entries}, lambda e: e.field0)"
    return f"list_filter({keys}, lambda x, i: list_position({keys}, x) = i)"


MAPS.scalar(
    "multimap_from_entries",
    (
        "array(row(K,V)) -> map(K,array(V))",
        lambda call: (
            f"map_from_entries(list_transform({_keys(call.arguments[0])}, lambda k: struct_pack(key := k, value := list_transform(list_filter({call.arguments[0]}, lambda e: e.field0 = k), lambda e: e.field1))))"
        ),
    ),
    examples={
        "multimap_from_entries(array[(1, 'x'), (1, 'y')])": "{1=[x, y]}",
        "multimap_from_entries(array[('b', 1), ('a', 2), ('b', 3)])": "{b=[1, 3], a=[2]}",
    },
)
MAPS.scalar(
    "map_entries",
    (
        "map(K,V) -> array(row(K,V))",
        "list_transform(map_entries({0}), lambda e: struct_pack(field0 := e.key, field1 := e.value))",
    ),
    examples={"map_entries(map(array[1], array['x']))": "[{field0=1, field1=x}]"},
)
MAPS.scalar(
    "map_concat",
    (
        "map(K,V), map(K,V)... -> map(K,V)",
        lambda call: (
            f"CASE WHEN {' AND '.join(f'{each} IS NOT NULL' for each in call.arguments)} THEN map_concat({', '.join(call.arguments)}) END"
        ),
    ),
    examples={
        "map_concat(map(array['a'], array[1]), map(array['a', 'b'], array[2, 3]))": "{a=2, b=3}",
        "map_concat(map(array['a'], array[1]), null)": None,
    },
)
MAPS.scalar(
    "map_keys", ("map(K,V) -> array(K)", "map_keys({0})"), examples={"map_keys(map(array['a'], array[1]))": "[a]"}
)
MAPS.scalar(
    "map_values", ("map(K,V) -> array(V)", "map_values({0})"), examples={"map_values(map(array['a'], array[1]))": "[1]"}
)


def _entries(call: Call, build: str) -> str:
    names, body = call.arguments[1].removeprefix("lambda ").split(": ", 1)
    key, value = names.split(", ")
    bound = f"(list_transform([e.key], lambda {key}: list_transform([e.value], lambda {value}: {body})[1])[1])"
    return build.format(map=call.arguments[0], bound=bound)


MAPS.scalar(
    "map_filter",
    (
        "map(K,V), function(K,V,boolean) -> map(K,V)",
        lambda call: _entries(call, "map_from_entries(list_filter(map_entries({map}), lambda e: {bound}))"),
    ),
    examples={"map_filter(map(array['a', 'b'], array[1, 2]), (k, v) -> v > 1)": "{b=2}"},
)
MAPS.scalar(
    "transform_values",
    (
        "map(K,V), function(K,V,U) -> map(K,U)",
        lambda call: _entries(
            call,
            "map_from_entries(list_transform(map_entries({map}), lambda e: struct_pack(key := e.key, value := {bound})))",
        ),
    ),
    examples={"transform_values(map(array['a'], array[1]), (k, v) -> v + 1)": "{a=2}"},
)
MAPS.scalar(
    "transform_keys",
    (
        "map(K,V), function(K,V,U) -> map(U,V)",
        lambda call: _entries(
            call,
            "map_from_entries(list_transform(map_entries({map}), lambda e: struct_pack(key := {bound}, value := e.value)))",
        ),
    ),
    examples={"transform_keys(map(array['a'], array[1]), (k, v) -> k || 'x')": "{ax=1}"},
)


def _zipped_maps(call: Call) -> str:
    first, second, function = call.arguments
    names, body = function.removeprefix("lambda ").split(": ", 1)
    key, one, two = names.split(", ")
    added = f"list_filter(map_keys({second}), lambda k: NOT map_contains({first}, k))"
    keys = f"(map_keys({first}) || {added})"
    bound = (
        f"(list_transform([k], lambda {key}: list_transform([map_extract_value({first}, k)], lambda {one}: "
        f"list_transform([map_extract_value({second}, k)], lambda {two}: {body})[1])[1])[1])"
    )
    return f"map_from_entries(list_transform({keys}, lambda k: struct_pack(key := k, value := {bound})))"


MAPS.scalar(
    "map_zip_with",
    ("map(K,V), map(K,U), function(K,V,U,R) -> map(K,R)", _zipped_maps),
    examples={
        "map_zip_with(map(array['a'], array[1]), map(array['a'], array[10]), (k, v, u) -> v + u)": "{a=11}",
        "map_zip_with(map(array['a', 'b'], array[1, 2]), map(array['b', 'c'], array[3, 4]), (k, v, u) -> coalesce(v, 0) + coalesce(u, 0))": "{a=1, b=5, c=4}",
    },
)

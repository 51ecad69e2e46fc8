"""Functions of arrays."""

# ruff: noqa: E501 - a row of the table is a line

from collections.abc import Sequence

from localstack_glue.athena.engine.trino.casts import failure
from localstack_glue.athena.engine.trino.functions.model import Call, Topic, overload
from localstack_glue.athena.engine.trino.types import MONTH_INTERVAL, Type, array, duckdb_type, row

ARRAYS = Topic("array")


def _matches(none: str, some: str, every: str) -> str:
    """The answer of any_match and the like, which is null if a null could change it."""
    tested = "list_transform({0}, {1})"
    return (
        f"CASE WHEN {{0}} IS NULL THEN NULL WHEN list_contains({tested}, {some}) THEN {none} "
        f"WHEN len(list_filter({tested}, lambda tested: tested IS NULL)) > 0 THEN NULL ELSE {every} END"
    )


ARRAYS.scalar(
    "all_match",
    ("array(T), function(T,boolean) -> boolean", _matches("false", "false", "true")),
    examples={
        "all_match(array[1, 2], x -> x > 0)": "true",
        "all_match(array[1, null], x -> x > 0)": None,
        "all_match(array[], x -> true)": "true",
    },
)
ARRAYS.scalar(
    "any_match",
    ("array(T), function(T,boolean) -> boolean", _matches("true", "true", "false")),
    examples={
        "any_match(array[1, 2], x -> x > 1)": "true",
        "any_match(array[1, null], x -> x > 1)": None,
        "any_match(array[], x -> true)": "false",
    },
)
ARRAYS.scalar(
    "none_match",
    ("array(T), function(T,boolean) -> boolean", _matches("false", "true", "true")),
    examples={"none_match(array[1, 2], x -> x > 2)": "true", "none_match(array[1, null], x -> x > 2)": None},
)
# DuckDB leaves nulls out and gives no order; an element counts once, at its first place
_FIRST = "list_filter({0}, lambda x, i: coalesce(list_position({0}, x), -1) = i OR (x IS NULL AND i = list_position(list_transform({0}, lambda y: y IS NULL), true)))"


def _distinct(of: str) -> str:
    return (
        f"list_filter({of}, lambda x, i: CASE WHEN x IS NULL THEN list_position(list_transform({of}, "
        f"lambda y: y IS NULL), true) = i ELSE list_position({of}, x) = i END)"
    )


def _holds(other: str) -> str:
    return f"CASE WHEN x IS NULL THEN list_contains(list_transform({other}, lambda y: y IS NULL), true) ELSE list_contains({other}, x) END"


def _of_two(kept: str) -> str:
    return f"CASE WHEN {{1}} IS NOT NULL THEN {_distinct(kept)} END"


ARRAYS.scalar(
    "array_distinct",
    ("array(T) -> array(T)", _distinct("{0}")),
    examples={"array_distinct(array[3, 1, 3, null, null])": "[3, 1, null]"},
)
ARRAYS.scalar(
    "array_intersect",
    (
        "array(T), array(T) -> array(T)",
        _of_two(f"list_filter({{0}}, lambda x: {_holds('{1}')})"),
    ),
    examples={
        "array_intersect(array[1, 2, 2, null], array[2, null, 3])": "[2, null]",
        "array_intersect(array[1], cast(null as array(integer)))": None,
    },
)
ARRAYS.scalar(
    "array_union",
    ("array(T), array(T) -> array(T)", _distinct("({0} || {1})")),
    examples={"array_union(array[1, 2], array[2, 3])": "[1, 2, 3]"},
)
ARRAYS.scalar(
    "array_except",
    (
        "array(T), array(T) -> array(T)",
        _of_two(f"list_filter({{0}}, lambda x: NOT ({_holds('{1}')}))"),
    ),
    examples={"array_except(array[1, 2, null], array[2])": "[1, null]"},
)
ARRAYS.scalar(
    "array_histogram",
    (
        "array(T) -> map(T,bigint)",
        "map_from_entries(list_transform(list_sort(list_distinct({0})), lambda x: struct_pack(key := x, value := CAST(len(list_filter({0}, lambda y: y = x)) AS BIGINT))))",
    ),
    examples={"array_histogram(array[7, 7, null])": "{7=2}"},
)
ARRAYS.scalar("array_first", ("array(T) -> T", "{0}[1]"), examples={"array_first(array[3, 4])": "3"})
ARRAYS.scalar("array_last", ("array(T) -> T", "{0}[-1]"), examples={"array_last(array[3, 4])": "4"})


def _joined(call: Call) -> str:
    from localstack_glue.athena.engine.trino.casts import as_varchar

    element = call.types[0].element
    item = "x" if element.kind in ("varchar", "char", "unknown") else as_varchar("x", element)
    others = f"coalesce({item}, {call.arguments[2]})" if len(call.arguments) > 2 else item
    values, delimiter = call.arguments[0], call.arguments[1]
    missing = " OR ".join(f"{each} IS NULL" for each in (values, *call.arguments[2:]))
    return f"CASE WHEN {missing} THEN NULL ELSE coalesce(array_to_string(list_transform({values}, lambda x: {others}), {delimiter}), '') END"


ARRAYS.scalar(
    "array_join",
    ("array(T), varchar -> varchar", _joined),
    ("array(T), varchar, varchar -> varchar", _joined),
    examples={
        "array_join(array[1, null, 2], ',')": "1,2",
        "array_join(array['a', null], '-', '?')": "a-?",
        "array_join(array['a', null], '-', null)": None,
        "array_join(array[true, 1.5e0 > 2], ' ')": "true false",
    },
)
for _name, _native in (("array_max", "list_max"), ("array_min", "list_min")):
    ARRAYS.scalar(
        _name,
        (
            "array(double) -> double",
            f"CASE WHEN list_contains(list_transform({{0}}, lambda x: x IS NULL), true) THEN NULL ELSE coalesce({_native}(list_filter({{0}}, lambda x: NOT isnan(x))), {_native}({{0}})) END",
        ),
        (
            "array(O) -> O",
            f"CASE WHEN list_contains(list_transform({{0}}, lambda x: x IS NULL), true) THEN NULL ELSE {_native}({{0}}) END",
        ),
        examples={
            f"{_name}(array[2, 3])": "3" if "max" in _name else "2",
            f"{_name}(array[1, null])": None,
            f"{_name}(array[nan(), 1e0])": "1.0",
        },
    )


def _sorted_by(call: Call) -> str:
    """An element is placed after those that the comparison puts before it, and after its earlier equals."""
    values, function = call.arguments
    names, body = function.removeprefix("lambda ").split(": ", 1)
    one, other = names.split(", ")
    said = f"(list_transform([{values}[i]], lambda {one}: list_transform([{values}[j]], lambda {other}: {body})[1])[1])"
    wrong = failure("INVALID_FUNCTION_ARGUMENT", "'Lambda comparator must return either -1, 0, or 1'")
    known = f"CASE WHEN {said} IN (-1, 0, 1) THEN {said} ELSE {wrong} END"
    before = (
        f"len(list_filter(range(1, len({values}) + 1), lambda j: i <> j AND ({known} > 0 OR ({known} = 0 AND j < i))))"
    )
    places = f"list_transform(range(1, len({values}) + 1), lambda i: struct_pack(place := {before}, i := i))"
    return f"list_transform(list_sort({places}), lambda e: {values}[e.i])"


ARRAYS.scalar(
    "array_sort",
    ("array(O) -> array(O)", "list_sort({0}, 'ASC', 'NULLS LAST')"),
    ("array(T), function(T,T,bigint) -> array(T)", _sorted_by),
    examples={
        "array_sort(array[3, null, 1])": "[1, 3, null]",
        "array_sort(array[3, 2, 5, 1, 2], (x, y) -> if(x < y, 1, if(x = y, 0, -1)))": "[5, 3, 2, 2, 1]",
        "array_sort(array['bc', 'a', 'de'], (x, y) -> if(length(x) < length(y), -1, if(length(x) = length(y), 0, 1)))": "[a, bc, de]",
    },
)
ARRAYS.scalar(
    "arrays_overlap",
    (
        "array(T), array(T) -> boolean",
        "CASE WHEN list_has_any({0}, {1}) THEN true WHEN list_contains(list_transform({0} || {1}, lambda x: x IS NULL), true) AND len({0}) > 0 AND len({1}) > 0 THEN NULL ELSE list_has_any({0}, {1}) END",
    ),
    examples={
        "arrays_overlap(array[1, 2], array[2, 3])": "true",
        "arrays_overlap(array[1], array[2])": "false",
        "arrays_overlap(array[1, null], array[2])": None,
    },
)
ARRAYS.scalar(
    "cardinality",
    ("array(T) -> bigint", "CAST(len({0}) AS BIGINT)"),
    ("map(K,V) -> bigint", "CAST(cardinality({0}) AS BIGINT)"),
    examples={"cardinality(array[1, null])": "2", "cardinality(map(array['a'], array[1]))": "1"},
)
ARRAYS.scalar(
    "combinations",
    (
        "array(T), bigint -> array(array(T))",
        "list_transform(py_combinations(len({0}), {1}), lambda places: list_transform(places, lambda place: {0}[place]))",
    ),
    examples={
        "combinations(array['a', 'b', 'c'], 2)": "[[a, b], [a, c], [b, c]]",
        "combinations(array[1, 2, 2], 2)": "[[1, 2], [1, 2], [2, 2]]",
        "combinations(array['a', 'b', 'c', 'd'], 2)": "[[a, b], [a, c], [b, c], [a, d], [b, d], [c, d]]",
    },
)
ARRAYS.scalar(
    "contains_sequence",
    (
        "array(T), array(T) -> boolean",
        "(len({1}) = 0 OR list_contains(list_transform(range(1, len({0}) - len({1}) + 2), lambda i: {0}[i:i + len({1}) - 1]), {1}))",
    ),
    examples={
        "contains_sequence(array[1, 2, 3], array[2, 3])": "true",
        "contains_sequence(array[1, 2, 3], array[3, 2])": "false",
    },
)
_ZERO = failure("INVALID_FUNCTION_ARGUMENT", "'SQL array indices start at 1'")
ARRAYS.scalar(
    "element_at",
    ("array(T), bigint -> T", f"CASE WHEN {{1}} = 0 THEN {_ZERO} ELSE {{0}}[{{1}}] END"),
    ("map(K,V), K -> V", "map_extract_value({0}, {1})"),
    examples={
        "element_at(array[1, 2], 2)": "2",
        "element_at(array[1, 2], 9)": None,
        "element_at(array[1, 2], -1)": "2",
        "element_at(map(array['a'], array[1]), 'z')": None,
    },
)
ARRAYS.scalar(
    "filter",
    ("array(T), function(T,boolean) -> array(T)", "list_filter({0}, {1})"),
    examples={"filter(array[5, -6, null, 7], x -> x > 0)": "[5, 7]", "filter(array[], x -> true)": "[]"},
)
ARRAYS.scalar(
    "flatten",
    ("array(array(T)) -> array(T)", "flatten({0})"),
    examples={"flatten(array[array[1], array[2, 3]])": "[1, 2, 3]"},
)
_NO_GRAM = failure("INVALID_FUNCTION_ARGUMENT", "'N must be positive'")
ARRAYS.scalar(
    "ngrams",
    (
        "array(T), bigint -> array(array(T))",
        f"CASE WHEN {{1}} <= 0 THEN {_NO_GRAM} WHEN len({{0}}) <= {{1}} THEN [{{0}}] ELSE list_transform(range(1, len({{0}}) - {{1}} + 2), lambda i: ({{0}})[i:i + {{1}} - 1]) END",
    ),
    examples={"ngrams(array['a', 'b', 'c'], 2)": "[[a, b], [b, c]]", "ngrams(array['a'], 5)": "[[a]]"},
)
_NO_COUNT = failure(
    "INVALID_FUNCTION_ARGUMENT", "'count argument of repeat function must be greater than or equal to 0'"
)
_HIGH_COUNT = failure(
    "INVALID_FUNCTION_ARGUMENT", "'count argument of repeat function must be less than or equal to 10000'"
)
ARRAYS.scalar(
    "repeat",
    (
        "T, bigint -> array(T)",
        f"CASE WHEN {{1}} < 0 THEN {_NO_COUNT} WHEN {{1}} > 10000 THEN {_HIGH_COUNT} ELSE list_transform(range({{1}}), lambda i: {{0}}) END",
    ),
    examples={"repeat('a', 2)": "[a, a]", "repeat(null, 1)": "[null]"},
)


_WRONG_WAY = failure(
    "INVALID_FUNCTION_ARGUMENT",
    "'sequence stop value should be greater than or equal to start value if step is greater than zero otherwise stop should be less than or equal to start'",
)
_NO_STEP = failure("INVALID_FUNCTION_ARGUMENT", "'step must not be zero'")
_NO_DAY = failure(
    "INVALID_FUNCTION_ARGUMENT", "'sequence step must be a day interval if start and end values are dates'"
)
_LONG = failure("INVALID_FUNCTION_ARGUMENT", "'result of sequence function must not have more than 10000 entries'")


def _sequence(call: Call) -> str:
    start, stop, *steps = call.arguments
    step = steps[0] if steps else f"CASE WHEN {start} <= {stop} THEN 1 ELSE -1 END"
    kind, makes = call.types[0].kind, "{start} + at * {step}"
    distance = f"({stop}) - ({start})"
    if steps and call.types[2] == MONTH_INTERVAL:
        distance = f"date_sub('month', CAST({start} AS TIMESTAMP), CAST({stop} AS TIMESTAMP))"
        makes = f"CAST({start} + to_months(CAST(at * {step} AS INTEGER)) AS {kind.upper()})"
    elif kind == "date":
        days = f"CASE WHEN ({step}) % 86400000 = 0 THEN ({step}) // 86400000 ELSE {_NO_DAY} END"
        step = f"({days if steps else step})"
        makes = f"{start} + CAST(at * {step} AS INTEGER)"
    elif kind == "timestamp":
        distance, step = f"epoch_us({stop}) - epoch_us({start})", f"(({step}) * 1000)"
        makes = f"make_timestamp(epoch_us({start}) + at * {step})"
    else:
        makes = f"CAST({start} + at * ({step}) AS BIGINT)"
    count = f"(({distance}) // ({step}) + 1)"
    return (
        f"CASE WHEN {step} = 0 THEN {_NO_STEP} WHEN ({step} > 0) = ({start} > {stop}) AND {start} <> {stop} THEN {_WRONG_WAY} "
        f"WHEN {count} > 10000 THEN {_LONG} ELSE list_transform(range({count}), lambda at: {makes}) END"
    )


def _first_and_following(call: Call) -> Type:
    return array(call.types[0])


ARRAYS.scalar(
    "sequence",
    ("bigint, bigint -> array(bigint)", _sequence),
    ("bigint, bigint, bigint -> array(bigint)", _sequence),
    ("date, date -> array(date)", _sequence),
    ("date, date, interval day to second -> array(date)", _sequence),
    ("date, date, interval year to month -> array(date)", _sequence),
    overload("timestamp, timestamp, interval day to second -> array(timestamp)", _sequence, _first_and_following),
    overload("timestamp, timestamp, interval year to month -> array(timestamp)", _sequence, _first_and_following),
    examples={
        "sequence(1, 3)": "[1, 2, 3]",
        "sequence(3, 1)": "[3, 2, 1]",
        "sequence(1, 6, 2)": "[1, 3, 5]",
        "sequence(date '2024-01-30', date '2024-02-01')": "[2024-01-30, 2024-01-31, 2024-02-01]",
        "sequence(date '2024-01-31', date '2024-03-31', interval '1' month)": "[2024-01-31, 2024-02-29, 2024-03-31]",
        "sequence(date '2024-03-01', date '2024-01-15', interval '-1' month)": "[2024-03-01, 2024-02-01]",
        "sequence(date '2024-01-01', date '2024-03-01', interval '1' month)": "[2024-01-01, 2024-02-01, 2024-03-01]",
        "sequence(timestamp '2024-01-01 00:00:00', timestamp '2024-01-01 01:00:00', interval '30' minute)[2]": "2024-01-01 00:30:00.000",
    },
)
ARRAYS.scalar(
    "shuffle",
    ("array(T) -> array(T)", "list_sort(list_transform({0}, lambda x: struct_pack(r := random(), x := x)))"),
    examples={"cardinality(shuffle(array[1, 2, 3]))": "3"},
)
ARRAYS.functions[-1] = ARRAYS.functions[-1].__class__(
    "shuffle", "array", refusal="DuckDB cannot order an array at random"
)
_SHORT = failure("INVALID_FUNCTION_ARGUMENT", "'length must be greater than or equal to 0'")
ARRAYS.scalar(
    "slice",
    (
        "array(T), bigint, bigint -> array(T)",
        f"CASE WHEN {{1}} = 0 THEN {_ZERO} WHEN {{2}} < 0 THEN {_SHORT} WHEN {{1}} < -len({{0}}) THEN {{0}}[1:0] WHEN {{1}} < 0 THEN {{0}}[len({{0}}) + {{1}} + 1:len({{0}}) + {{1}} + {{2}}] ELSE {{0}}[{{1}}:{{1}} + {{2}} - 1] END",
    ),
    examples={
        "slice(array[1, 2, 3, 4, 5], 2, 3)": "[2, 3, 4]",
        "slice(array[1, 2, 3], -2, 2)": "[2, 3]",
        "slice(array[1], 5, 1)": "[]",
    },
)
_NEGATIVE = failure("INVALID_FUNCTION_ARGUMENT", "'size must not be negative: ' || {1}")
_TOO_MANY = failure("INVALID_FUNCTION_ARGUMENT", "'size must not exceed array cardinality ' || len({0}) || ': ' || {1}")
ARRAYS.scalar(
    "trim_array",
    (
        "array(T), bigint -> array(T)",
        f"CASE WHEN {{1}} < 0 THEN {_NEGATIVE} WHEN {{1}} > len({{0}}) THEN {_TOO_MANY} ELSE ({{0}})[1:len({{0}}) - {{1}}] END",
    ),
    examples={"trim_array(array[1, 2, 3, 4], 1)": "[1, 2, 3]"},
)
ARRAYS.scalar(
    "transform",
    ("array(T), function(T,U) -> array(U)", "list_transform({0}, {1})"),
    examples={
        "transform(array[5, null, 6], x -> coalesce(x, 0) + 1)": "[6, 1, 7]",
        "transform(array['x'], x -> x || '0')": "[x0]",
    },
)


def _reduced(call: Call) -> str:
    """DuckDB's reduce wants a state of the elements' type: a struct that can be both holds them here."""
    values, initial, step, last = call.arguments
    state = duckdb_type(call.bound["S"])
    element = duckdb_type(call.bound["T"])
    item = f"struct_pack(s := CAST(NULL AS {state}), x := CAST(x AS {element}))"
    first = f"struct_pack(s := CAST({initial} AS {state}), x := CAST(NULL AS {element}))"
    names, body = step.removeprefix("lambda ").split(": ", 1)
    old, each = names.split(", ")
    applied = f"(list_transform([acc.s], lambda {old}: list_transform([cur.x], lambda {each}: CAST({body} AS {state}))[1])[1])"
    folded = f"list_reduce(list_transform({values}, lambda x: {item}), lambda acc, cur: struct_pack(s := {applied}, x := cur.x), {first})"
    out, final = last.removeprefix("lambda ").split(": ", 1)
    return f"CASE WHEN {values} IS NULL THEN NULL ELSE list_transform([{folded}.s], lambda {out}: {final})[1] END"


ARRAYS.scalar(
    "reduce",
    ("array(T), S, function(S,T,S), function(S,R) -> R", _reduced),
    examples={
        "reduce(array[5, 20, 50], 0, (s, x) -> s + x, s -> s)": "75",
        "reduce(array[5, null], 0, (s, x) -> s + coalesce(x, 0), s -> s * 2)": "10",
        "reduce(array[1, 2], '', (s, x) -> s || cast(x as varchar), s -> s)": "12",
    },
)


def _zip_type(call: Call) -> Type:
    return array(row([kind.element for kind in call.types]))


def _zipped(call: Call) -> str:
    longest = f"greatest({', '.join(f'len({each})' for each in call.arguments)})"
    fields = ", ".join(f"field{number} := {each}[i]" for number, each in enumerate(call.arguments))
    return _of_all(call.arguments, f"list_transform(range(1, {longest} + 1), lambda i: struct_pack({fields}))")


def _of_all(arrays: Sequence[str], joined: str) -> str:
    """What is made of several arrays; null if one is."""
    return f"CASE WHEN {' AND '.join(f'{each} IS NOT NULL' for each in arrays)} THEN {joined} END"


ARRAYS.scalar(
    "zip",
    overload("array(T), array(U) -> array(row(T,U))", _zipped, _zip_type),
    overload("array(T), array(U), array(V) -> T", _zipped, _zip_type),
    overload("array(T), array(U), array(V), array(W) -> T", _zipped, _zip_type),
    overload("array(T), array(U), array(V), array(W), array(X) -> T", _zipped, _zip_type),
    examples={
        "zip(array[1], cast(null as array(integer)))": None,
        "zip(array[1, 2], array['a', null, 'c'])": "[{field0=1, field1=a}, {field0=2, field1=null}, {field0=null, field1=c}]",
    },
)


def _zipped_with(call: Call) -> str:
    first, second, function = call.arguments
    names, body = function.removeprefix("lambda ").split(": ", 1)
    one, two = names.split(", ")
    joined = (
        f"list_transform(range(1, greatest(len({first}), len({second})) + 1), lambda i: list_transform([{first}[i]], "
        f"lambda {one}: list_transform([{second}[i]], lambda {two}: {body})[1])[1])"
    )
    return _of_all((first, second), joined)


ARRAYS.scalar(
    "zip_with",
    ("array(T), array(U), function(T,U,R) -> array(R)", _zipped_with),
    examples={
        "zip_with(array[1, 2], array[3, 4], (x, y) -> x + y)": "[4, 6]",
        "zip_with(array[1], cast(null as array(integer)), (x, y) -> x)": None,
        "zip_with(array['a'], array['d', 'e'], (x, y) -> coalesce(x, y))": "[a, e]",
    },
)

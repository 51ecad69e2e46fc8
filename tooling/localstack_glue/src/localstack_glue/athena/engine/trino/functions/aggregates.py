"""Aggregate and window functions."""

# ruff: noqa: E501 - a row of the table is a line

from sqlglot import exp

from localstack_glue.athena.engine.trino.casts import failure
from localstack_glue.athena.engine.trino.functions.model import Call, Sql, Topic, overload
from localstack_glue.athena.engine.trino.operators import decimal_quotient
from localstack_glue.athena.engine.trino.types import Type, decimal

AGGREGATES, WINDOWS = Topic("aggregate"), Topic("window")


def _over(rows: str, expression: str) -> str:
    return f"(select {expression} from (values {rows}) t(x, y))"


_XY = "(1, 10), (2, 20), (null, 30), (4, null)"


def _average(call: Call) -> str:
    return decimal_quotient("{0}", decimal(38, call.types[0].numbers[1]), "{1}", Type("bigint"), call.types[0])


AGGREGATES.aggregate(
    "any_value", ("T -> T", "any_value({0})"), examples={_over("(null, 1), (7, 1)", "any_value(x)"): "7"}
)
AGGREGATES.aggregate(
    "arbitrary", ("T -> T", "any_value({0})"), examples={_over("(null, 1), (7, 1)", "arbitrary(x)"): "7"}
)
AGGREGATES.aggregate(
    "array_agg",
    ("T -> array(T)", "array_agg({0})"),
    examples={_over(_XY, "array_agg(x order by y desc)"): "[null, 2, 1, 4]"},
)
AGGREGATES.aggregate(
    "avg",
    overload("P -> P", _average, lambda call: call.types[0], ("sum({0})", "count({0})")),
    ("I -> double", "avg({0})"),
    overload("real -> real", "CAST({0} AS FLOAT)", bases=("avg({0})",)),
    ("double -> double", "avg({0})"),
    ("interval day to second -> interval day to second", "CAST(round(avg({0})) AS BIGINT)"),
    examples={
        _over(_XY, "avg(x)"): "2.3333333333333335",
        "(select avg(x) from (values decimal '1.00', decimal '2.01') t(x))": "1.51",
        "(select typeof(avg(x)) from (values decimal '1.00') t(x))": "decimal(3,2)",
        "(select avg(x) from (values real '0.1', real '0.2') t(x))": "0.15",
    },
)
AGGREGATES.aggregate(
    "bool_and", ("boolean -> boolean", "bool_and({0})"), examples={_over(_XY, "bool_and(x > 0)"): "true"}
)
AGGREGATES.aggregate("bool_or", ("boolean -> boolean", "bool_or({0})"), examples={_over(_XY, "bool_or(x > 3)"): "true"})
AGGREGATES.aggregate("every", ("boolean -> boolean", "bool_and({0})"), examples={_over(_XY, "every(x > 1)"): "false"})
AGGREGATES.aggregate(
    "count",
    (" -> bigint", "count(*)"),
    ("T -> bigint", "count({0})"),
    examples={_over(_XY, "count(*)"): "4", _over(_XY, "count(x)"): "3", _over(_XY, "count(distinct x > 1)"): "2"},
)
AGGREGATES.aggregate(
    "count_if", ("boolean -> bigint", "CAST({0} AS BIGINT)"), examples={_over(_XY, "count_if(x > 1)"): "2"}
)
AGGREGATES.functions[-1] = AGGREGATES.functions[-1].__class__(
    "count_if",
    "aggregate",
    (overload("boolean -> bigint", "CAST({0} AS BIGINT)", bases=("count_if({0})",)),),
    AGGREGATES.functions[-1].examples,
    "aggregate",
)
AGGREGATES.aggregate(
    "geometric_mean",
    ("I -> double", "geomean({0})"),
    overload("real -> real", "CAST({0} AS FLOAT)", bases=("geomean({0})",)),
    ("double -> double", "geomean({0})"),
    examples={
        "(select geometric_mean(x) from (values 1, 4) t(x))": "2.0",
        "(select typeof(geometric_mean(x)) from (values real '2') t(x))": "real",
    },
)
AGGREGATES.aggregate(
    "listagg",
    ("varchar -> varchar", "string_agg({0}, '')"),
    ("varchar, varchar -> varchar", "string_agg({0}, {1})"),
    examples={"(select listagg(x, ',') within group (order by x desc) from (values 'a', 'b') t(x))": "b,a"},
)


def _without_nan(argument: int, call: Call) -> str:
    """An argument without NaN, which is less than any number for max and greater for min."""
    value, kind = call.arguments[argument], call.bound["O"]
    return f"CASE WHEN NOT isnan({value}) THEN {value} END" if kind.kind in ("double", "real") else value


_FEW = failure("INVALID_FUNCTION_ARGUMENT", "'the number of values must be greater than 0 and at most 10000'")


def _count(value: str) -> str:
    return f"CASE WHEN {value} BETWEEN 1 AND 10000 THEN {value} ELSE {_FEW} END"


def _several(native: str) -> Sql:
    return lambda call: f"{native}({_without_nan(0, call)}, {_count(call.arguments[1])})"


def _by(native: str, least: str, *, several: bool) -> Sql:
    def sql(call: Call) -> str:
        key = call.arguments[1]
        if call.bound["O"].kind in ("double", "real"):
            key = f"CASE WHEN isnan({key}) THEN '{least}' ELSE {key} END"
        return f"{native}({call.arguments[0]}, {key}{f', {_count(call.arguments[2])}' if several else ''})"

    return sql


for _name, _native, _first, _second in (("max", "max", "4", "[4, 2]"), ("min", "min", "1", "[1, 2]")):
    AGGREGATES.aggregate(
        _name,
        *(
            overload(
                f"{_kind} -> {_kind}",
                "coalesce({0}, {1})",
                bases=(f"{_native}(CASE WHEN NOT isnan({{0}}) THEN {{0}} END)", f"{_native}({{0}})"),
            )
            for _kind in ("real", "double")
        ),
        ("O -> O", f"{_native}({{0}})"),
        ("O, bigint -> array(O)", _several(_native)),
        examples={
            _over(_XY, f"{_name}(x)"): _first,
            _over(_XY, f"{_name}(x, 2)"): _second,
            f"(select {_name}(x) from (values nan(), 1e0) t(x))": "1.0",
            f"(select {_name}(x, 1) from (values nan(), 1e0) t(x))": "[1.0]",
        },
    )
for _name, _native, _found, _least in (
    ("max_by", "arg_max_null", None, "-inf"),
    ("min_by", "arg_min_null", "1", "inf"),
):
    AGGREGATES.aggregate(
        _name,
        ("T, O -> T", _by(_native, _least, several=False)),
        ("T, O, bigint -> array(T)", _by(_native.removesuffix("_null"), _least, several=True)),
        examples={
            _over(_XY, f"{_name}(x, y)"): _found,
            f"(select {_name}(x, y) from (values ('a', nan()), ('b', 5e0)) t(x, y))": "b",
        },
    )
AGGREGATES.aggregate(
    "sum",
    overload("I -> bigint", "CAST({0} AS BIGINT)", bases=("sum({0})",)),
    overload("P -> P", "CAST({0} AS {type})", lambda call: decimal(38, call.types[0].numbers[1]), ("sum({0})",)),
    overload("real -> real", "CAST({0} AS FLOAT)", bases=("sum({0})",)),
    ("double -> double", "sum({0})"),
    overload("interval day to second -> interval day to second", "CAST({0} AS BIGINT)", bases=("sum({0})",)),
    overload("interval year to month -> interval year to month", "CAST({0} AS BIGINT)", bases=("sum({0})",)),
    examples={
        _over(_XY, "sum(x)"): "7",
        "(select sum(x) from (values decimal '1.5', decimal '2.25') t(x))": "3.75",
        _over("(1, 1)", "sum(x) filter (where x > 1)"): None,
        "(select typeof(sum(x)) from (values decimal '1.5') t(x))": "decimal(38,1)",
    },
)
for _name, _native in (("and", "bit_and"), ("or", "bit_or"), ("xor", "bit_xor")):
    AGGREGATES.aggregate(
        f"bitwise_{_name}_agg",
        ("bigint -> bigint", f"{_native}({{0}})"),
        examples={
            f"(select bitwise_{_name}_agg(x) from (values 5, 4) t(x))": {"and": "4", "or": "5", "xor": "1"}[_name]
        },
    )
AGGREGATES.aggregate(
    "histogram",
    overload("T -> map(T,bigint)", "CAST({0} AS {type})", bases=("histogram({0})",)),
    examples={"(select histogram(x) from (values 'a', 'b', 'a') t(x))": "{a=2, b=1}"},
)
_PAIRS = "list(struct_pack(k := {0}, v := {1}))"
_KEYS = "list_sort(list_distinct(list_transform({0}, lambda p: p.k)))"
AGGREGATES.aggregate(
    "map_agg",
    overload(
        "K, V -> map(K,V)",
        f"map_from_entries(list_transform({_KEYS}, lambda k: struct_pack(key := k, value := list_filter({{0}}, lambda p: p.k = k)[1].v)))",
        bases=(_PAIRS,),
    ),
    examples={"(select map_agg(x, y) from (values ('a', 1), (null, 2), ('a', 3)) t(x, y))": "{a=1}"},
)
AGGREGATES.aggregate(
    "multimap_agg",
    overload(
        "K, V -> map(K,array(V))",
        f"map_from_entries(list_transform({_KEYS}, lambda k: struct_pack(key := k, value := list_transform(list_filter({{0}}, lambda p: p.k = k), lambda p: p.v))))",
        bases=(_PAIRS,),
    ),
    examples={"(select multimap_agg(x, y) from (values ('a', 1), ('a', 3)) t(x, y))": "{a=[1, 3]}"},
)
_UNITED = "flatten(list_transform({0}, lambda m: map_entries(m)))"
AGGREGATES.aggregate(
    "map_union",
    overload(
        "map(K,V) -> map(K,V)",
        f"map_from_entries(list_transform(list_sort(list_distinct(list_transform({_UNITED}, lambda e: e.key))), lambda k: struct_pack(key := k, value := list_filter({_UNITED}, lambda e: e.key = k)[1].value)))",
        bases=("list({0})",),
    ),
    examples={
        "(select map_union(m) from (values map(array['a'], array[1]), map(array['b'], array[2])) t(m))": "{a=1, b=2}"
    },
)
AGGREGATES.aggregate(
    "approx_distinct",
    ("T -> bigint", "count(DISTINCT {0})"),
    ("T, double -> bigint", "count(DISTINCT {0})"),
    examples={_over(_XY, "approx_distinct(x)"): "3", "approx_distinct(1)": "1"},
)


# Trino's digest holds few values one by one, and takes the one after the share of them: the upper of two. A share that is
# a tiny bit larger finds it; the shares of large groups are as exact as doubles
_BAD_SHARE = failure("INVALID_FUNCTION_ARGUMENT", "'Percentile must be between 0 and 1'")
_SHARE = f"CASE WHEN {{0}} BETWEEN 0 AND 1 THEN least({{0}} + 1e-12::DOUBLE, 1::DOUBLE) ELSE {_BAD_SHARE} END"
AGGREGATES.aggregate(
    "approx_percentile",
    *(
        each
        for kind in ("bigint", "real", "double")
        for each in (
            (f"{kind}, double -> {kind}", f"quantile_disc({{0}}, {_SHARE.format('{1}')})"),
            (
                f"{kind}, array(double) -> array({kind})",
                f"quantile_disc({{0}}, list_transform({{1}}, lambda s: {_SHARE.format('s')}))",
            ),
        )
    ),
    examples={
        "(select approx_percentile(x, 0.5) from (values 1, 2, 3) t(x))": "2",
        "(select approx_percentile(x, 0.5) from (values real '-1', real '1') t(x))": "1.0",
        "(select approx_percentile(x, array[0.2, 0.5, 0.8]) from (values 1, 2, 3) t(x))": "[1, 2, 3]",
        "(select approx_percentile(x, 0.9) from unnest(sequence(1, 10)) t(x))": "10",
        "(select approx_percentile(x, array[0.0, 1.0]) from (values 1, 2, 3) t(x))": "[1, 3]",
        "(select typeof(approx_percentile(x, 0.5)) from (values 1) t(x))": "bigint",
    },
)
# whole numbers and decimals are reals here: real is the narrower of the two types that Trino takes
for _name in ("corr", "covar_pop", "covar_samp", "regr_slope", "regr_intercept"):
    _shown = "{0}" if _name.startswith("covar") else "CASE WHEN isfinite({0}) THEN {0} END"
    AGGREGATES.aggregate(
        _name,
        *(
            overload(f"{_kind}, {_kind} -> {_kind}", f"CAST({_shown} AS {{type}})", bases=(f"{_name}({{0}}, {{1}})",))
            for _kind in ("real", "double")
        ),
        examples={
            f"(select typeof({_name}(y, x)) from (values (1, 2), (2, 4)) t(x, y))": "real",
            f"(select typeof({_name}(y, x)) from (values (1, 2e0), (2, 4e0)) t(x, y))": "double",
            f"(select {_name}(y, x) from (values (1e0, 2e0), (1e0, 4e0)) t(x, y))": "0.0" if "covar" in _name else None,
            f"(select {_name}(y, x) from (values (1, 2), (2, 4)) t(x, y))": {
                "corr": "1.0",
                "covar_pop": "0.5",
                "covar_samp": "1.0",
                "regr_slope": "2.0",
                "regr_intercept": "0.0",
            }[_name],
        },
    )
for _name, _native, _answer in (
    ("stddev", "stddev_samp", "1.0"),
    ("stddev_samp", "stddev_samp", "1.0"),
    ("stddev_pop", "stddev_pop", "0.816496580927726"),
    ("variance", "var_samp", "1.0"),
    ("var_samp", "var_samp", "1.0"),
    ("var_pop", "var_pop", "0.6666666666666666"),
    ("skewness", "skewness", "0.0"),
):
    AGGREGATES.aggregate(
        _name,
        ("double -> double", f"{_native}({{0}})"),
        examples={f"(select {_name}(x) from (values 1, 2, 3) t(x))": _answer},
    )
AGGREGATES.functions[-1] = AGGREGATES.functions[-1].__class__(
    "skewness", "aggregate", refusal="DuckDB corrects it for small samples, Trino does not"
)
AGGREGATES.aggregate(
    "kurtosis",
    # Trino divides by the variance also where it is zero
    overload(
        "double -> double",
        "CASE WHEN {1} > 3 THEN coalesce({0}, 'nan'::DOUBLE) END",
        bases=("kurtosis({0})", "count({0})"),
    ),
    examples={
        "(select kurtosis(x) from (values 1, 1, 1, 1) t(x))": "NaN",
        "(select kurtosis(x) from (values 1, 2, 3) t(x))": None,
        "(select round(kurtosis(x), 4) from (values 1, 2, 3, 10) t(x))": "3.228",
    },
)
AGGREGATES.aggregate(
    "grouping",
    ("any... -> integer", lambda call: f"CAST(grouping({', '.join(call.arguments)}) AS INTEGER)"),
    examples={"(select max(g) from (select grouping(x) g from (values 1) t(x) group by rollup(x)))": "1"},
)
AGGREGATES.refuse("checksum", "its hash is Trino's own")
AGGREGATES.refuse("reduce_agg", "DuckDB has no aggregate of a lambda")
AGGREGATES.refuse(
    "numeric_histogram approx_most_frequent", "its result depends on an algorithm that is not implemented here"
)

for _name, _answer in (("row_number", "2"), ("rank", "2"), ("dense_rank", "2")):
    WINDOWS.window(
        _name,
        (" -> bigint", f"{_name}()"),
        examples={f"(select max(n) from (select {_name}() over (order by x) n from (values 1, 2) t(x)))": _answer},
    )
WINDOWS.window(
    "ntile",
    ("bigint -> bigint", "ntile({0})"),
    examples={"(select max(n) from (select ntile(2) over (order by x) n from (values 1, 2) t(x)))": "2"},
)
WINDOWS.window(
    "percent_rank",
    (" -> double", "percent_rank()"),
    examples={"(select max(n) from (select percent_rank() over (order by x) n from (values 1, 2) t(x)))": "1.0"},
)
WINDOWS.window(
    "cume_dist",
    (" -> double", "cume_dist()"),
    examples={"(select min(n) from (select cume_dist() over (order by x) n from (values 1, 2) t(x)))": "0.5"},
)
for _name, _answer in (("first_value", "1"), ("last_value", "2")):
    WINDOWS.window(
        _name,
        ("T -> T", f"{_name}({{0}})"),
        examples={
            f"(select max(n) from (select {_name}(x) over (order by x rows between unbounded preceding and unbounded following) n from (values 1, 2) t(x)))": _answer
        },
    )


def _offset(least: int, call: Call) -> str:
    """The second argument, checked; a number that is written down stays one."""
    value, node = call.arguments[1], call.nodes[1]
    if isinstance(node, exp.Literal) and node.name.isdigit() and int(node.name) >= least:
        return value
    wrong = failure("INVALID_FUNCTION_ARGUMENT", f"'Offset must be at least {least}'")
    return f"CASE WHEN {value} < {least} THEN {wrong} ELSE {value} END"


WINDOWS.window(
    "nth_value",
    ("T, bigint -> T", lambda call: f"nth_value({call.arguments[0]}, {_offset(1, call)})"),
    examples={
        "(select max(n) from (select nth_value(x, 2) over (order by x rows between unbounded preceding and unbounded following) n from (values 1, 5) t(x)))": "5"
    },
)


def _moved(name: str) -> Sql:
    """LAG or LEAD by a number of rows."""

    def sql(call: Call) -> str:
        return f"{name}({', '.join((call.arguments[0], _offset(0, call), *call.arguments[2:]))})"

    return sql


for _name, _answer in (("lag", "1"), ("lead", "2")):
    WINDOWS.window(
        _name,
        ("T -> T", f"{_name}({{0}})"),
        ("T, bigint -> T", _moved(_name)),
        ("T, bigint, T -> T", _moved(_name)),
        examples={f"(select max(n) from (select {_name}(x) over (order by x) n from (values 1, 2) t(x)))": _answer},
    )

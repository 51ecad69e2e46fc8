"""Functions of numbers and bits."""

# ruff: noqa: E501 - a row of the table is a line

from collections.abc import Callable

from localstack_glue.athena.engine.trino.casts import coerce, failure
from localstack_glue.athena.engine.trino.functions.model import Call, Topic, overload
from localstack_glue.athena.engine.trino.operators import arithmetic
from localstack_glue.athena.engine.trino.types import BIGINT, DOUBLE, Type, as_decimal, decimal

MATH, BITWISE = Topic("math"), Topic("bitwise")


def _same(call: Call) -> Type:
    return call.types[0]


def _whole(call: Call) -> Type:
    """The type of a decimal that was rounded to a whole number."""
    precision, scale = call.types[0].numbers
    return decimal(precision - scale + min(scale, 1), 0)


def _whole_sql(function: str) -> str:
    return f"CAST({function}({{0}}) AS DECIMAL(38,0))"


def _as_decimal(call: Call) -> Type:
    return as_decimal(call.types[0])


def _rest(call: Call) -> tuple[str, Type]:
    first, second = zip(call.arguments, (call.bound["N"], call.bound["U"]), strict=True)
    return arithmetic("%", first, second)


def _rounded(call: Call) -> Type:
    precision, scale = call.types[0].numbers
    return decimal(precision + 1, scale)


# what is half or more is rounded away from zero; a sum with 0.5 would itself be rounded
_AWAY = "sign({0}) * (floor(abs({0})) + CASE WHEN abs({0}) - floor(abs({0})) >= 0.5 THEN 1 ELSE 0 END)"
MATH.scalar(
    "abs",
    overload("N -> N", "abs({0})", _same),
    examples={"abs(-7)": "7", "abs(decimal '-1.50')": "1.50", "abs(-2.5e0)": "2.5", "abs(tinyint '-5')": "5"},
)
for _name, _answers in (("ceiling", ("2", "-1")), ("floor", ("1", "-2"))):
    _native = "ceil" if _name == "ceiling" else "floor"
    _ways = (
        ("I -> I", "{0}"),
        overload("P -> P", _whole_sql(_native), _whole),
        ("real -> real", f"CAST({_native}({{0}}) AS FLOAT)"),
        ("double -> double", f"{_native}({{0}})"),
    )
    _examples = {
        f"typeof({_name}(real '1.5'))": "real",
        f"{_name}(decimal '1.5')": _answers[0],
        f"{_name}(-1.5e0)": f"{_answers[1]}.0",
        f"{_name}(7)": "7",
    }
    MATH.scalar(_name, *_ways, examples=_examples)
    if _name == "ceiling":
        MATH.scalar("ceil", *_ways, examples={"ceil(decimal '1.2')": "2", "typeof(ceil(1))": "integer"})
MATH.scalar(
    "round",
    ("I -> I", "{0}"),
    overload("P -> P", _whole_sql("round"), _whole),
    ("real -> real", f"CASE WHEN isfinite({{0}}) THEN CAST({_AWAY} AS FLOAT) ELSE {{0}} END"),
    ("double -> double", f"CASE WHEN isfinite({{0}}) THEN {_AWAY} ELSE {{0}} END"),
    ("I, integer -> I", "CAST(round({0}, {1}) AS BIGINT)"),
    overload(
        "P, integer -> P", "CAST(py_round_decimal(CAST({0} AS VARCHAR), CAST({1} AS BIGINT)) AS {type})", _rounded
    ),
    (
        "real, integer -> real",
        "CASE WHEN isfinite({0}) THEN CAST(py_round(CAST(CAST({0} AS VARCHAR) AS DOUBLE), CAST({1} AS BIGINT)) AS FLOAT) ELSE {0} END",
    ),
    ("double, integer -> double", "CASE WHEN isfinite({0}) THEN py_round({0}, CAST({1} AS BIGINT)) ELSE {0} END"),
    examples={
        "typeof(round(real '1.5', 1))": "real",
        "round(real '3000.1234567', 2)": "3000.12",
        "round(2.5e0)": "3.0",
        "round(0.49999999999999994e0)": "0.0",
        "round(4503599627370497e0)": "4.503599627370497E15",
        "round(-0.3e0)": "-0.0",
        "round(-2.5e0)": "-3.0",
        "round(decimal '2.5')": "3",
        "round(decimal '1.005', 2)": "1.010",
        "round(2.345e0, 2)": "2.35",
        "round(125, -1)": "130",
        "typeof(round(decimal '1.55'))": "decimal(2,0)",
    },
)
MATH.scalar(
    "truncate",
    overload("P -> P", _whole_sql("trunc"), _whole),
    overload("I -> P", lambda call: coerce(call.arguments[0], call.types[0], as_decimal(call.types[0])), _as_decimal),
    ("real -> real", "CAST(trunc({0}) AS FLOAT)"),
    ("double -> double", "trunc({0})"),
    overload(
        "P, integer -> P", "CAST(py_truncate_decimal(CAST({0} AS VARCHAR), CAST({1} AS BIGINT)) AS {type})", _same
    ),
    ("double, integer -> double", "CASE WHEN isfinite({0}) THEN py_truncate({0}, CAST({1} AS BIGINT)) ELSE {0} END"),
    examples={
        "truncate(-1.9e0)": "-1.0",
        "typeof(truncate(real '1.5'))": "real",
        "typeof(truncate(7))": "decimal(10,0)",
        "truncate(decimal '12.34', 1)": "12.30",
        "truncate(decimal '9.9')": "9",
    },
)
MATH.scalar(
    "sign",
    overload("I -> I", "CAST(sign({0}) AS BIGINT)", _same),
    overload("P -> P", "CAST(sign({0}) AS DECIMAL(1,0))", lambda _call: decimal(1, 0)),
    ("real -> real", "CASE WHEN isnan({0}) OR {0} = 0 THEN {0} ELSE CAST(sign({0}) AS FLOAT) END"),
    ("double -> double", "CASE WHEN isnan({0}) OR {0} = 0 THEN {0} ELSE CAST(sign({0}) AS DOUBLE) END"),
    examples={
        "typeof(sign(real '-2'))": "real",
        "sign(-0e0)": "-0.0",
        "sign(-3)": "-1",
        "sign(2.5e0)": "1.0",
        "sign(0)": "0",
        "sign(decimal '-1.5')": "-1",
    },
)
MATH.scalar(
    "mod",
    overload("N, U -> N", lambda call: _rest(call)[0], lambda call: _rest(call)[1]),
    examples={
        "typeof(mod(decimal '5.5', 2))": "decimal(2,1)",
        "mod(7, 3)": "1",
        "mod(-7, 3)": "-1",
        "mod(decimal '5.5', 2)": "1.5",
    },
)
for _name, _value, _answer in (
    ("degrees", "pi()", "180.0"), ("exp", "0", "1.0"), ("radians", "0", "0.0"),
    ("acos", "1", "0.0"), ("asin", "0", "0.0"), ("atan", "0", "0.0"), ("cos", "0", "1.0"), ("cosh", "0", "1.0"),
    ("sin", "0", "0.0"), ("sinh", "0", "0.0"), ("tan", "0", "0.0"), ("tanh", "0", "0.0"),
):  # fmt: skip
    MATH.scalar(_name, ("double -> double", f"{_name}({{0}})"), examples={f"{_name}({_value})": _answer})
MATH.scalar(
    "cbrt", ("double -> double", "CASE WHEN isfinite({0}) THEN py_cbrt({0}) ELSE {0} END"), examples={"cbrt(27)": "3.0"}
)
MATH.scalar("atan2", ("double, double -> double", "atan2({0}, {1})"), examples={"atan2(0, 1)": "0.0"})
MATH.scalar(
    "sqrt",
    ("double -> double", "CASE WHEN {0} < 0 THEN 'nan'::DOUBLE ELSE sqrt({0}) END"),
    examples={"sqrt(16)": "4.0", "sqrt(-1)": "NaN"},
)
for _name, _value, _answer in (("ln", "1", "0.0"), ("log2", "8", "3.0"), ("log10", "1000", "3.0")):
    _sql = f"CASE WHEN {{0}} > 0 THEN {_name}({{0}}) WHEN {{0}} = 0 THEN '-inf'::DOUBLE WHEN {{0}} IS NULL THEN NULL ELSE 'nan'::DOUBLE END"
    MATH.scalar(
        _name,
        ("double -> double", _sql),
        examples={f"{_name}({_value})": _answer, f"{_name}(0)": "-Infinity", f"{_name}(-1)": "NaN"},
    )
MATH.scalar("log", ("double, double -> double", "(ln({1}) / ln({0}))"), examples={"log(2, 8)": "3.0"})
for _name in ("pow", "power"):
    MATH.scalar(
        _name,
        (
            "double, double -> double",
            "CASE WHEN {0} < 0 AND {1} <> floor({1}) THEN 'nan'::DOUBLE ELSE pow({0}, {1}) END",
        ),
        examples={f"{_name}(2, 10)": "1024.0", f"{_name}(2, 0.5)": "1.4142135623730951", f"{_name}(-8, 0.5)": "NaN"},
    )
MATH.scalar("e", (" -> double", "exp(1)"), examples={"e()": "2.718281828459045"})
MATH.scalar("pi", (" -> double", "pi()"), examples={"pi()": "3.141592653589793"})
MATH.scalar("infinity", (" -> double", "'inf'::DOUBLE"), examples={"infinity()": "Infinity"})
MATH.scalar("nan", (" -> double", "'nan'::DOUBLE"), examples={"nan()": "NaN"})
MATH.scalar(
    "is_finite",
    ("double -> boolean", "isfinite({0})"),
    examples={"is_finite(1)": "true", "is_finite(infinity())": "false"},
)
MATH.scalar("is_infinite", ("double -> boolean", "isinf({0})"), examples={"is_infinite(1e0 / 0e0)": "true"})
MATH.scalar("is_nan", ("double -> boolean", "isnan({0})"), examples={"is_nan(nan())": "true", "is_nan(1)": "false"})
_NO_BOUND = failure("INVALID_FUNCTION_ARGUMENT", "'bound must be positive'")
_NO_RANGE = failure("INVALID_FUNCTION_ARGUMENT", "'start value must be less than stop value'")
for _name in ("rand", "random"):
    MATH.scalar(
        _name,
        (" -> double", "random()"),
        overload(
            "I -> I", f"CASE WHEN {{0}} <= 0 THEN {_NO_BOUND} ELSE CAST(floor(random() * {{0}}) AS BIGINT) END", _same
        ),
        overload(
            "I, I -> I",
            f"CASE WHEN {{0}} >= {{1}} THEN {_NO_RANGE} ELSE CAST({{0}} + floor(random() * ({{1}} - {{0}})) AS BIGINT) END",
            lambda call: call.bound["I"],
        ),
        examples={f"{_name}() < 1": "true", f"{_name}(1)": "0", f"{_name}(5, 6)": "5"},
    )
_BAD_BASE = failure("INVALID_FUNCTION_ARGUMENT", "'Radix must be between 2 and 36'")
MATH.scalar(
    "to_base",
    ("bigint, bigint -> varchar", "py_to_base({0}, {1})"),
    examples={"to_base(255, 16)": "ff", "to_base(-5, 2)": "-101"},
)
MATH.scalar(
    "from_base",
    ("varchar, bigint -> bigint", "py_from_base({0}, {1})"),
    examples={"from_base('ff', 16)": "255", "from_base('-101', 2)": "-5"},
)
MATH.scalar(
    "width_bucket",
    (
        "double, array(double) -> bigint",
        "py_width_bucket_in({0}, {1})",
    ),
    ("double, double, double, bigint -> bigint", "py_width_bucket({0}, {1}, {2}, {3})"),
    examples={
        "width_bucket(5.3e0, 0, 10, 5)": "3",
        "width_bucket(-1e0, 0, 10, 5)": "0",
        "width_bucket(10e0, 0, 10, 5)": "6",
        "width_bucket(2.5e0, array[1e0, 2e0, 3e0])": "2",
    },
)
MATH.scalar(
    "cosine_similarity",
    ("array(double), array(double) -> double", "list_cosine_similarity({0}, {1})"),
    examples={"cosine_similarity(array[1e0, 0e0], array[1e0, 0e0])": "1.0"},
)
MATH.scalar(
    "cosine_distance",
    ("array(double), array(double) -> double", "list_cosine_distance({0}, {1})"),
    examples={"cosine_distance(array[1e0, 0e0], array[0e0, 1e0])": "1.0"},
)
MATH.scalar(
    "dot_product",
    ("array(double), array(double) -> double", "list_dot_product({0}, {1})"),
    examples={"dot_product(array[1.0, 2.0], array[3.0, 4.0])": "11.0"},
)
MATH.scalar(
    "euclidean_distance",
    ("array(double), array(double) -> double", "list_distance({0}, {1})"),
    examples={"euclidean_distance(array[1.0, 2.0], array[3.0, 4.0])": "2.8284271247461903"},
)
MATH.scalar(
    "normal_cdf",
    ("double, double, double -> double", "py_normal_cdf({0}, {1}, {2})"),
    examples={"normal_cdf(0, 1, 0)": "0.5"},
)
MATH.scalar(
    "inverse_normal_cdf",
    ("double, double, double -> double", "py_inverse_normal_cdf({0}, {1}, {2})"),
    examples={"inverse_normal_cdf(0, 1, 0.5)": "0.0"},
)
for _side, _sign, _answer in (("lower", "-", "true"), ("upper", "+", "true")):
    _z2 = "({2} * {2})"
    MATH.scalar(
        f"wilson_interval_{_side}",
        (
            "bigint, bigint, double -> double",
            f"(({{0}} / {{1}}::DOUBLE + {_z2} / (2 * {{1}}) {_sign} {{2}} * sqrt(({{0}} / {{1}}::DOUBLE) * "
            f"(1 - {{0}} / {{1}}::DOUBLE) / {{1}} + {_z2} / (4.0 * {{1}} * {{1}}))) / (1 + {_z2} / {{1}}))",
        ),
        examples={f"wilson_interval_{_side}(1, 2, 0) = 0.5": "true"},
    )
MATH.refuse("beta_cdf inverse_beta_cdf t_pdf t_cdf", "the distribution is not implemented here")

BITWISE.scalar(
    "bit_count",
    ("bigint, bigint -> bigint", "py_bit_count({0}, {1})"),
    examples={"bit_count(9, 64)": "2", "bit_count(-7, 64)": "62", "bit_count(-7, 8)": "6"},
)
for _name, _operator, _answer in (("and", "&", "1"), ("or", "|", "7")):
    BITWISE.scalar(
        f"bitwise_{_name}",
        ("bigint, bigint -> bigint", f"({{0}} {_operator} {{1}})"),
        examples={f"bitwise_{_name}(5, 3)": _answer},
    )
BITWISE.scalar("bitwise_xor", ("bigint, bigint -> bigint", "xor({0}, {1})"), examples={"bitwise_xor(19, 25)": "10"})


def _shifted(name: str) -> Callable[[Call], str]:
    def sql(call: Call) -> str:
        bits = {"tinyint": 8, "smallint": 16, "integer": 32, "bigint": 64}[call.types[0].kind]
        return f"py_shift(CAST({call.arguments[0]} AS BIGINT), {call.arguments[1]}, {bits}, '{name}')"

    return sql


BITWISE.scalar("bitwise_not", ("bigint -> bigint", "(~{0})"), examples={"bitwise_not(-12)": "11"})
for _name, _answer in (("left_shift", "28"), ("right_shift", "1"), ("right_shift_arithmetic", "1")):
    _examples = {f"bitwise_{_name}(7, 2)": _answer}
    if "right" in _name:
        _examples[f"bitwise_{_name}(bigint '-8', 2)"] = "-2" if "arithmetic" in _name else "4611686018427387902"
    BITWISE.scalar(
        f"bitwise_{_name}",
        overload("I, bigint -> I", _shifted(_name), _same),
        examples=_examples,
    )


__all__ = ["BIGINT", "BITWISE", "DOUBLE", "MATH"]

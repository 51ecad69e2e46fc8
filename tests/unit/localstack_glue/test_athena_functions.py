"""Every function of the table answers what Trino's does, by its examples; what is not in the table is refused."""

# ruff: noqa: E501 - an expression and its value are a line

import os
from pathlib import Path

import pytest

from localstack_glue.athena.engine.errors import QueryFailedError
from localstack_glue.athena.engine.run import QueryEngine
from localstack_glue.athena.engine.trino.functions.table import FUNCTIONS
from localstack_glue.athena.engine.trino.page import render

PAGE = Path(__file__).parents[3] / "docs/reference/glue-service/athena-functions.md"
ENGINE = QueryEngine(None, None, {})
ANSWERED = [function for function in FUNCTIONS.values() if not function.refusal]


def value(expression: str) -> str | None:
    ((found,),) = ENGINE.run(f"select {expression}", "db").rows
    return found


@pytest.mark.parametrize("function", ANSWERED, ids=lambda function: function.name)
def test_function_has_the_values_that_trino_gives_it(function):
    assert function.examples, "each function shows what it answers"
    (found,) = ENGINE.run(f"select {', '.join(function.examples)}", "db").rows
    assert dict(zip(function.examples, found, strict=True)) == function.examples


@pytest.mark.parametrize(
    "name", [function.name for function in FUNCTIONS.values() if function.refusal][::12], ids=lambda name: name
)
def test_function_that_is_not_answered_is_refused_by_its_name(name: str):
    with pytest.raises(QueryFailedError, match=rf"^NOT_SUPPORTED: .*function {name} is not supported here: "):
        value(f"{name}(1)")


@pytest.mark.parametrize(
    "name", ["list_sum", "strftime", "read_csv", "getvariable", "epoch_ms", "py_split", "trino_now"]
)
def test_function_of_duckdbs_is_none_of_athenas(name: str):
    with pytest.raises(QueryFailedError, match=rf"^FUNCTION_NOT_FOUND: line 1:8: Function '{name}' not registered"):
        value(f"{name}('a')")


def test_unsupported_arguments_of_a_function_are_refused():
    with pytest.raises(
        QueryFailedError, match=r"^FUNCTION_NOT_FOUND: .*Unexpected parameters \(integer\) for function upper"
    ):
        value("upper(1)")


# ---------------------------------------------------------------------------- types, casts, operators


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("7 / 2", "3"),
        ("-7 / 2", "-3"),
        ("-7 % 3", "-1"),
        ("1 / 2e0", "0.5"),
        ("1.0 / 3", "0.3333333333333333"),
        ("0.1 + 0.2", "0.30000000000000004"),
        ("typeof(100.0 * 1)", "double"),
        ("decimal '1.0' / 3", "0.3"),
        ("decimal '10.00' / decimal '3.00'", "3.33"),
        ("decimal '2.0' / decimal '3.00'", "0.67"),
        ("decimal '-1.5' / decimal '2.0'", "-0.8"),
        ("decimal '1.10' * decimal '2.5'", "2.750"),
        ("1.5 + 1", "2.5"),
        ("5.5 % 2", "1.5"),
        ("1e0 / 0", "Infinity"),
        ("0e0 / 0", "NaN"),
        ("typeof(decimal '1.0' / 3)", "decimal(2,1)"),
        ("typeof(decimal '1.5' + 1)", "decimal(12,1)"),
        ("typeof(decimal '1.10' * decimal '2.5')", "decimal(5,3)"),
        ("typeof(decimal '0000012345.1234500000')", "decimal(15,10)"),
        ("typeof(1 + bigint '1')", "bigint"),
        ("typeof('a' || 'bc')", "varchar"),
        ("typeof(cast(row(1, 'a') as row(x bigint, y varchar)))", "row(x bigint, y varchar)"),
        ("'a' || null", None),
        ("array[1] || 2", "[1, 2]"),
        ("0 || array[1]", "[0, 1]"),
        ("array[1, 2.5]", "[1.0, 2.5]"),
        ("1 = 1.0", "true"),
        ("'a' < 'B'", "false"),
        ("'a' = 'a '", "false"),
        ("null = null", None),
        ("cast('a ' as char(2)) = cast('a' as char(1))", "true"),
        ("nan() = nan()", "false"),
        ("nan() <> nan()", "true"),
        ("nan() > 1e0", "false"),
        ("1e0 < nan()", "false"),
        ("nan() in (nan(), 1e0)", "false"),
        ("nan() is distinct from nan()", "false"),
        ("nullif(nan(), nan())", "NaN"),
        ("case nan() when nan() then 1 else 2 end", "2"),
        ("(select count(*) from (values nan(), 1e0, null) t(x) where x > 0)", "1"),
        ("(select count(*) from (values nan(), 1e0, null) t(x) where x <> 1)", "1"),
        ("array[1, 2] = array[1, null]", None),
        ("array[1, null] = array[2, null]", "false"),
        ("array[1] = array[1, null]", "false"),
        ("array[array[null]] = array[array[1]]", None),
        ("(1, null) = (1, 2)", None),
        ("(2, null) <> (1, 2)", "true"),
        ("map(array['a'], array[null]) = map(array['a'], array[1])", None),
        ("map(array['a'], array[1]) = map(array['b'], array[1])", "false"),
        ("array[1, null] in (array[1, null], array[3])", None),
        ("nullif(array[1, null], array[1, null])", "[1, null]"),
        ("array[1, null] is not distinct from array[1, null]", "true"),
        ("null is not distinct from null", "true"),
        ("time '12:34:56.5555' = cast(cast(time '12:34:56.5555' as time(3)) as time(6))", "false"),
        ("cast(time '23:59:59.9999' as time(3))", "00:00:00.000"),
        ("cast(timestamp '2020-05-01 12:34:56.5555' as time(3))", "12:34:56.556"),
        ("cast(timestamp '2020-05-01 12:34:56.5555' as timestamp(3) with time zone)", "2020-05-01 12:34:56.556 UTC"),
        ("cast('2020-05-10 12:34:56 +01:23' as timestamp)", "2020-05-10 12:34:56.000"),
        ("time '12:34:56' + interval '1.123' second", "12:34:57.123"),
        ("time '12:34:55.111111' - time '12:34:56.999999'", "-0 00:00:01.889"),
        ("timestamp '2020-05-01 12:34:56.0002' - timestamp '2020-05-01 12:34:55.0005'", "0 00:00:01.000"),
        ("date_diff('millisecond', timestamp '2020-05-10 12:34:55.111111', timestamp '2020-05-10 12:34:56.999999')", "1888"),
        ("at_timezone(timestamp '2020-05-01 12:34:56.123456 UTC', 'Europe/Berlin')", "2020-05-01 14:34:56.123456 Europe/Berlin"),
        ("sequence(timestamp '2020-01-01 00:00:00.123456', timestamp '2020-01-01 00:00:00.123456', interval '1' day)", "[2020-01-01 00:00:00.123456]"),
        ("array[1] || cast(null as integer)", None),
        ("map(array[array[1]], array['x'])", "{[1]=x}"),
        ("map(array[row(1, 'k')], array[array[2]])", "{{field0=1, field1=k}=[2]}"),
        ("regexp_replace('1234567890', '(1)(2)(3)(4)(5)(6)(7)(8)(9)(0)', '$10')", "0"),
        ("regexp_replace('x', '(x)', '$12')", "x2"),
        ("json_array_contains('[1.0]', 1)", "false"),
        ("cast(json '[1, \"x\"]' as row(a bigint, b varchar))", "{a=1, b=x}"),
        ("cast(row(1, null) as json)", '{"":1,"":null}'),
        ("trim(U&'\\2028 a\\3000')", "a"),
        ("(select count(*) from (select cast('a' as char(2)) union select cast('a' as char(3))))", "1"),
        ("slice(array[], 1, 1)", "[]"),
        ("(select max(z) from (values row(1, null, '3'), row(2, 'b', '4')) t(x, y, z))", "4"),
        ("(select max(x) from (values row(1), row(2)) t(x))", "2"),
        ("cast(decimal '0.14' as varchar) || cast(decimal '-0.14' as varchar)", "0.14-0.14"),
        ("cast(map(array['a'], array[decimal '0.14']) as json)", '{"a":0.14}'),
        ("cast(real '754.1985' as decimal(10,4))", "754.1985"),
        ("cast(1e25 as decimal(30,2))", "10000000000000000000000000.00"),
        ("try(cast(infinity() as decimal(5,2)))", None),
        ("cast(array[nan(), 1.5e0] as json)", '["NaN",1.5]'),
        ("decimal '12345678901234567' * decimal '123456789012345670'", "1524157875323883455265967556774890"),
        ("decimal '123456789012345678' + decimal '900000000000000000'", "1023456789012345678"),
        ("cast('bar' as char(5)) = 'bar   '", "true"),
        ("coalesce(cast('a' as char(2)), 'xyz') || '|'", "a  |"),
        ("char 'abc'", "abc"),
        ("cast(json '{\"1\": 2, \"3\": null}' as map(bigint, integer))", "{1=2, 3=null}"),
        ("double precision '1.5'", "1.5"),
        ("array[array[1]] || array[2]", "[[1], [2]]"),
        ("(select max(x, 2) from (values 3, 2, 1) t(x))", "[3, 2]"),
        ("concat_ws(',', cast(null as array(varchar)))", None),
        ("cast('2001-1-22 \t' as date)", "2001-01-22"),
        ("decimal '99999999999999999999997' % decimal '3.0000000000'", "1.0000000000"),
        ("decimal '-7.5' % decimal '2.00'", "-1.50"),
        ("cast(array[json_extract('{\"a\": [1]}', '$.a'), json '2'] as json)", "[[1],2]"),
        ("cast(map() as json)", "{}"),
        ("cast(json 'null' as row(a bigint))", None),
        ("1.5 = any (values 1, 2)", "false"),
        ("2 = any (values 1.5, 2.0)", "true"),
        ("nan() in (select nan())", "false"),
        ("1e0 in (values nan(), 1e0)", "true"),
        ("nan() not in (values nan(), 1e0)", "true"),
        ("1e0 < any (values nan(), 0e0)", "false"),
        ("cast('a' as char(1)) in (cast('a' as char(2)))", "true"),
        ("cast('a' as char(1)) in (values cast('a' as char(3)))", "true"),
        ("timestamp '2024-01-01 00:00:00' = timestamp '2024-01-01 01:00:00 Europe/Berlin'", "true"),
        ("timestamp '2024-01-01 00:00:00 UTC' = timestamp '2024-01-01 01:00:00 Europe/Berlin'", "true"),
        ("timestamp '2024-01-01 10:00:00 +02:00'", "2024-01-01 10:00:00.000 +02:00"),
        ("timestamp '2024-01-01 10:00:00 -05:30' at time zone 'UTC'", "2024-01-01 15:30:00.000 UTC"),
        ("timestamp '2024-01-01 10:00:00 UTC' at time zone '+05:30'", "2024-01-01 15:30:00.000 +05:30"),
        ("with_timezone(timestamp '2024-01-01 10:00:00', '-08:00')", "2024-01-01 10:00:00.000 -08:00"),
        ("date_trunc('day', timestamp '2024-01-01 00:30:00 +02:00')", "2024-01-01 00:00:00.000 +02:00"),
        ("cast(timestamp '2024-01-01 00:30:00 +02:00' as date)", "2024-01-01"),
        ("hour(timestamp '2024-01-01 00:30:00 +02:00')", "0"),
        ("cast('2024-01-01 10:00:00 +02:00' as timestamp with time zone)", "2024-01-01 10:00:00.000 +02:00"),
        ("cast(cast('2024-07-01 10:00:00 Europe/Berlin' as timestamp with time zone) as date)", "2024-07-01"),
        ("try_cast('2024-01-01 25:00:00 +02:00' as timestamp with time zone)", None),
        ("to_iso8601(from_iso8601_timestamp('2024-01-01T10:00:00+0230'))", "2024-01-01T10:00:00.000+02:30"),
        ("format_datetime(timestamp '2024-01-01 10:00:00 -02:00', 'HH:mm Z ZZ')", "10:00 -0200 -02:00"),
        ("timezone_minute(timestamp '2024-01-01 10:00:00 -05:30')", "-30"),
        ("1 in (2, null)", None),
        ("not (1 in (2, null))", None),
        ("true and null", None),
        ("false and null", "false"),
        ("1 between 2 and null", "false"),
        ("'a_c' like 'a\\_c' escape '\\'", "true"),
        ("case 1 when 1 then 'a' else 'bc' end", "a"),
        ("case when null then 1 end", None),
        ("row(1, 'a')", "{field0=1, field1=a}"),
        ("cast(row(1, 'a') as row(x integer, y varchar)).y", "a"),
        ("(1, 2)", "{field0=1, field1=2}"),
        ("map(array['a'], array[1])['a']", "1"),
        ("x'0aFF'", "0a ff"),
        ("U&'\\00e4'", "ä"),
        ("cast(2.5e0 as integer)", "3"),
        ("cast(-2.5e0 as integer)", "-3"),
        ("cast(2.5 as integer)", "3"),
        ("cast('2.5' as double)", "2.5"),
        ("cast(' 2' as double)", "2.0"),
        ("try_cast('2.5' as integer)", None),
        ("try_cast('1e3' as bigint)", None),
        ("cast(1e7 as varchar)", "1.0E7"),
        ("cast(0.1e0 as varchar)", "1.0E-1"),
        ("cast(1e0 / 3 as varchar)", "3.333333333333333E-1"),
        ("cast(0e0 as varchar)", "0E0"),
        ("cast(nan() as varchar)", "NaN"),
        ("cast(real '0.1' as varchar)", "1.0E-1"),
        ("0.1e0", "0.1"),
        ("array_join(array[1.5e0], ',')", "1.5E0"),
        ("real '0.1'", "0.1"),
        ("cast(decimal '1.50' as varchar)", "1.50"),
        ("cast(true as varchar)", "true"),
        ("cast('abc' as varchar(2))", "ab"),
        ("cast('a' as char(3)) || '|'", "a  |"),
        ("cast(timestamp '2024-01-01 10:00:00' as varchar)", "2024-01-01 10:00:00.000"),
        ("cast(date '2024-01-01' as timestamp)", "2024-01-01 00:00:00.000"),
        ("cast(timestamp '2024-01-01 10:00:00' as date)", "2024-01-01"),
        ("cast('t' as boolean)", "true"),
        ("cast(0 as boolean)", "false"),
        ("cast('2024-1-5' as date)", "2024-01-05"),
        ("cast('2024-01-05 10:11:12.9996' as timestamp)", "2024-01-05 10:11:13.000"),
        ("timestamp '1960-02-29 12:00:00'", "1960-02-29 12:00:00.000"),
        ("cast(timestamp '1960-02-29 12:00:00.1235' as timestamp(3))", "1960-02-29 12:00:00.124"),
        ("cast('10:11:12.1236' as time(3))", "10:11:12.124"),
        ("timestamp '2024-10-27 02:30:00 Europe/Berlin' at time zone 'UTC'", "2024-10-27 00:30:00.000 UTC"),
        ("timestamp '2024-03-30 12:00:00 Europe/Berlin' + interval '1' day", "2024-03-31 13:00:00.000 Europe/Berlin"),
        ("round(1.005e0, 2)", "1.0"),
        ("regexp_like('a\n', 'a\\z')", "false"),
        ("regexp_like('a\n', 'a\\Z')", "true"),
        ("length(normalize('é', nfd))", "2"),
        ("cast(json '1.6' as integer)", "2"),
        ("cast(json '1.5' as varchar)", "1.5E0"),
        ("cast(json '[1, 1.5, \"x\"]' as array(varchar))", "[1, 1.5E0, x]"),
        ("cast(json '1.50' as decimal(20,10))", "1.5000000000"),
        ("cast(json '1e2' as double)", "100.0"),
        ("json_extract_scalar('{\"a\": 1.50}', '$.a')", "1.50"),
        ("cast(json 'true' as bigint)", "1"),
        ("cast(json '0' as boolean)", "false"),
        ("cast(1.005 as decimal(3,2))", "1.01"),
        ("cast('1.005' as decimal(3,2))", "1.01"),
        ("cast(array[1, 2] as array(varchar))", "[1, 2]"),
        ("cast(map(array['a'], array[1]) as map(varchar, double))", "{a=1.0}"),
        ("cast('{\"a\": [1, null]}' as json)", '"{\\"a\\": [1, null]}"'),
        ("cast(map(array['b', 'a'], array[1, 2]) as json)", '{"a":2,"b":1}'),
        ("cast(json_parse('[1, 2]') as array(integer))", "[1, 2]"),
        ("cast(json_parse('{\"a\": 1}') as map(varchar, bigint))", "{a=1}"),
        ("cast(json '\"x\"' as varchar)", "x"),
        ("cast(json_parse('{\"a\": 1, \"b\": \"x\"}') as row(a integer, b varchar))", "{a=1, b=x}"),
        ("date '2024-03-01' - date '2024-02-28'", "2 00:00:00.000"),
        ("date '2024-01-31' + interval '1' month", "2024-02-29"),
        ("timestamp '2024-01-01 01:00:00' - interval '90' minute", "2023-12-31 23:30:00.000"),
        ("interval '2' day + interval '3' hour", "2 03:00:00.000"),
        ("interval '3' year + interval '5' month", "3-5"),
        ("interval -'1' day", "-1 00:00:00.000"),
        ("interval '-1' day", "-1 00:00:00.000"),
        ("date '2024-01-05' + interval -'1' day", "2024-01-04"),
        ("interval '1 02:03:04.5' day to second", "1 02:03:04.500"),
        ("interval '02:30' hour to minute", "0 02:30:00.000"),
        ("interval '1-2' year to month", "1-2"),
        ("interval '1.5' second", "0 00:00:01.500"),
        ("2 * interval '1' day", "2 00:00:00.000"),
        ("time '01:02:03'", "01:02:03"),
        ("time '01:02:03.5'", "01:02:03.5"),
        ("json_extract('{\"b\":1,\"a\":2}', '$')", '{"b":1,"a":2}'),
        ("timestamp '2024-01-01 00:00:00 UTC'", "2024-01-01 00:00:00.000 UTC"),
        ("timestamp '2012-10-31 01:00 UTC' at time zone 'America/Los_Angeles'", "2012-10-30 18:00:00.000 America/Los_Angeles"),
        ("hour(timestamp '2012-10-31 01:00 UTC' at time zone 'America/Los_Angeles')", "18"),
        ("typeof(now())", "timestamp(3) with time zone"),
        ("array[timestamp '2024-01-01 00:00:00 UTC']", "[2024-01-01 00:00:00.000 UTC]"),
        ("extract(dow from date '2024-01-07')", "7"),
        ("extract(hour from timestamp '2024-01-07 10:00:00')", "10"),
        ("(select count(*) from unnest(map(array['a', 'b'], array[1, 2])) as t(k, v) where v > 1)", "1"),
        ("(select max(n) from unnest(array['a', 'b']) with ordinality as t(x, n))", "2"),
        ("(select sum(b) from unnest(array[(1, 2), (3, 4)]) as t(a, b))", "6"),
        ("(select array_agg(b) from unnest(array[1, 2], array['x']) as t(a, b))", "[x, null]"),
        ("(select array_agg(x order by x) from (values 2, null, 1) t(x))", "[1, 2, null]"),
        ("(select array_agg(x order by x desc) from (values 2, null, 1) t(x))", "[2, 1, null]"),
        ("(select sum(x) over (order by x rows 1 preceding) from (values 1) t(x))", "1"),
        ("(select count(distinct x) filter (where x > 1) from (values 1, 2, 2) t(x))", "1"),
        ("transform(array[1, 2], x -> x + cardinality(filter(array[1, 2], y -> y <= x)))", "[2, 4]"),
        ("array_remove(array[1, 2], cast('1' as integer))", "[2]"),
        ("reduce(array[5, 6], cast(row(0.0, 0) as row(sum double, n integer)), (s, x) -> cast(row(x + s.sum, s.n + 1) as row(sum double, n integer)), s -> s.sum / s.n)", "5.5"),
    ],
)  # fmt: skip
def test_expression_has_trinos_value(expression: str, answer: str | None):
    assert value(expression) == answer


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("1 / 0", "DIVISION_BY_ZERO"),
        ("1 % 0", "DIVISION_BY_ZERO"),
        ("decimal '1.0' / 0", "DIVISION_BY_ZERO"),
        ("2147483647 + 1", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("bigint '9223372036854775807' + 1", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("tinyint '127' + tinyint '1'", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("-(-9223372036854775808)", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("lpad('a', -1, 'x')", "INVALID_FUNCTION_ARGUMENT"),
        ("(select approx_percentile(x, -0.1) from (values 1, 2) t(x))", "INVALID_FUNCTION_ARGUMENT"),
        ("(select approx_percentile(x, array[0.5, 1.5]) from (values 1, 2) t(x))", "INVALID_FUNCTION_ARGUMENT"),
        ("abs(tinyint '-128')", "NUMERIC_VALUE_OUT_OF_RANGE"),
        ("cast('2.5' as integer)", "INVALID_CAST_ARGUMENT"),
        ("cast('x' as double)", "INVALID_CAST_ARGUMENT"),
        ("cast(300 as tinyint)", "INVALID_CAST_ARGUMENT"),
        ("cast(1e20 as bigint)", "INVALID_CAST_ARGUMENT"),
        ("cast(123 as varchar(2))", "INVALID_CAST_ARGUMENT"),
        ("cast('2024-02-30' as date)", "INVALID_CAST_ARGUMENT"),
        ("cast(1000.5 as decimal(3,0))", "INVALID_CAST_ARGUMENT"),
        ("array[1, 2][5]", "INVALID_FUNCTION_ARGUMENT"),
        ("array[1, 2][0]", "INVALID_FUNCTION_ARGUMENT"),
        ("element_at(array[1], 0)", "INVALID_FUNCTION_ARGUMENT"),
        ("map(array['a'], array[1])['z']", "INVALID_FUNCTION_ARGUMENT"),
        ("map(array['a', 'a'], array[1, 2])", "INVALID_FUNCTION_ARGUMENT"),
        ("sequence(1, 3, -1)", "INVALID_FUNCTION_ARGUMENT"),
        ("split_part('a', ',', 0)", "INVALID_FUNCTION_ARGUMENT"),
        ("random(-1)", "INVALID_FUNCTION_ARGUMENT"),
        ("regexp_like('a', '(')", "INVALID_FUNCTION_ARGUMENT"),
        ("date_trunc('century', date '2024-01-01')", "INVALID_FUNCTION_ARGUMENT"),
        ("from_iso8601_timestamp('2024-01-01T00:00:00' || '+01:00')", "NOT_SUPPORTED"),
        ("timestamp '2024-03-31 02:30:00 Europe/Berlin'", "INVALID_LITERAL"),
        ("coalesce(null, now(), timestamp '2024-01-01 00:00:00 Europe/Berlin')", "NOT_SUPPORTED"),
        ("timestamp '2024-01-01 00:00:00 +15:00'", "INVALID_FUNCTION_ARGUMENT"),
        ("9223372036854775808", "SYNTAX_ERROR"),
        ("date_diff('hour', date '2024-01-01', date '2024-01-02')", "INVALID_FUNCTION_ARGUMENT"),
        ("date_trunc('hour', date '2024-01-01')", "INVALID_FUNCTION_ARGUMENT"),
        ("date_add('day', 1, time '10:00:00')", "INVALID_FUNCTION_ARGUMENT"),
        ("slice(array[1, 2], 1, -1)", "INVALID_FUNCTION_ARGUMENT"),
        ("trim_array(array[1], 2)", "INVALID_FUNCTION_ARGUMENT"),
        ("sequence(1, 20001)", "INVALID_FUNCTION_ARGUMENT"),
        ("sequence(date '2016-06-12', date '2016-04-12', interval '1' month)", "INVALID_FUNCTION_ARGUMENT"),
        ("repeat('a', 10001)", "INVALID_FUNCTION_ARGUMENT"),
        ("cast(nan() as decimal(5,2))", "INVALID_CAST_ARGUMENT"),
        (
            "(select sum(x) over (order by x rows n preceding) from (values (1, cast(null as integer))) t(x, n))",
            "INVALID_WINDOW_FRAME",
        ),
        ("trim_array(array[1], -1)", "INVALID_FUNCTION_ARGUMENT"),
        ("combinations(sequence(1, 40), 5)", "INVALID_FUNCTION_ARGUMENT"),
        ("split_to_map('a', ',', ',')", "INVALID_FUNCTION_ARGUMENT"),
        ("random(5, 3)", "INVALID_FUNCTION_ARGUMENT"),
        ("width_bucket(1e0, array[2e0, 1e0])", "INVALID_FUNCTION_ARGUMENT"),
        ("contains(array[array[1, null]], array[1, 2])", "NOT_SUPPORTED"),
        ("concat('a')", "FUNCTION_NOT_FOUND"),
        ("json_parse('NaN')", "INVALID_FUNCTION_ARGUMENT"),
        ("json_extract('{}', '$.*')", "INVALID_FUNCTION_ARGUMENT"),
        ("map_from_entries(array[(1, 'a'), (1, 'b')])", "INVALID_FUNCTION_ARGUMENT"),
        ("hamming_distance('a', 'ab')", "INVALID_FUNCTION_ARGUMENT"),
        ("array[1, null] < array[1, 2]", "NOT_SUPPORTED"),
        ("(select x from (values 1, 2) t(x))", "SUBQUERY_MULTIPLE_ROWS"),
        ("1 = '1'", "TYPE_MISMATCH"),
        ("'1' + 1", "TYPE_MISMATCH"),
        ("1 || 'a'", "TYPE_MISMATCH"),
        ("case when true then 1 else 'a' end", "TYPE_MISMATCH"),
        ("cast(date '2024-01-01' as integer)", "TYPE_MISMATCH"),
        ("cast(1 as text)", "TYPE_MISMATCH"),
        ("date '2024-01-01' > '2024-01-01'", "TYPE_MISMATCH"),
        ("1 union select 'a'", "TYPE_MISMATCH"),
        ("(select count(*) from unnest(array[(1, 2)]) as t(a))", "MISMATCHED_COLUMN_ALIASES"),
        ("geometry 'x'", "NOT_SUPPORTED"),
        ("row(1, 'x')[0]", "INVALID_FUNCTION_ARGUMENT"),
        ("row(1, 'x')[3]", "INVALID_FUNCTION_ARGUMENT"),
        ("interval '1-2' day", "NOT_SUPPORTED"),
        ("interval '1' fortnight", "NOT_SUPPORTED"),
        ("upper(distinct 'a')", "FUNCTION_NOT_AGGREGATE"),
    ],
)
def test_expression_that_trino_refuses_fails(expression: str, code: str):
    with pytest.raises(QueryFailedError) as error:
        value(expression)
    assert error.value.code == code, str(error.value)


def test_query_of_values_and_of_sets():
    answer = ENGINE.run("values (1, 'a'), (2, null)", "db")
    assert [column.name for column in answer.columns] == ["_col0", "_col1"]
    assert answer.rows == (("1", "a"), ("2", None))
    assert ENGINE.run("select 1 union all select 2.5 order by 1 desc", "db").rows == (("2.5",), ("1.0",))
    assert ENGINE.run("select x from (values 1, 2, 3) t(x) except select 2", "db").rows in (
        (("1",), ("3",)),
        (("3",), ("1",)),
    )


def test_result_types_are_those_of_athena():
    answer = ENGINE.run(
        "select 1, bigint '1', decimal '1.50', 1e0, real '1', 'abc', cast('a' as varchar), true, date '2024-01-01', "
        "timestamp '2024-01-01 00:00:00', now(), array[1], map(array[1], array[1]), row(1), x'00', json '1', null, "
        "interval '1' day",
        "db",
    )
    assert [(column.type, column.precision, column.scale) for column in answer.columns] == [
        ("integer", 10, 0), ("bigint", 19, 0), ("decimal", 3, 2), ("double", 17, 0), ("float", 17, 0), ("varchar", 3, 0),
        ("varchar", 2147483647, 0), ("boolean", 0, 0), ("date", 0, 0), ("timestamp", 3, 0),
        ("timestamp with time zone", 3, 0), ("array", 0, 0), ("map", 0, 0), ("row", 0, 0), ("varbinary", 1073741824, 0),
        ("json", 0, 0), ("varchar", 2147483647, 0), ("interval day to second", 0, 0),
    ]  # fmt: skip


def test_page_of_functions_is_generated_from_the_table():
    if os.environ.get("QUARTAL_WRITE_EXPECTED"):
        PAGE.write_text(render())
    assert PAGE.read_text() == render(), "QUARTAL_WRITE_EXPECTED=1 pytest writes it anew"

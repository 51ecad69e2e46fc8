"""Every part of a query is interpreted or refused: nothing is ignored."""

# ruff: noqa: E501 - a query is a line

import pytest

from localstack_glue.athena.engine.errors import MalformedQueryError, QueryFailedError
from localstack_glue.athena.engine.run import QueryEngine

ENGINE = QueryEngine(None, None, {})


def value(expression: str) -> str | None:
    ((found,),) = ENGINE.run(f"select {expression}", "db").rows
    return found


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("'abc' not like 'a%'", "false"),
        ("not 'abc' like 'a%'", "false"),
        ("'abc' not like 'b%'", "true"),
        ("'abc' not like 'a%' escape '#'", "false"),
        ("null not like 'a'", None),
        ("(select count(*) from (values 'abc', 'b', null) t(x) where x not like 'a%')", "1"),
        ("2 not between 0 and 1", "true"),
        ("1 not in (1, 2)", "false"),
        ("not exists (select 1)", "false"),
    ],
)
def test_negation_belongs_to_what_it_stands_before(expression: str, answer: str | None):
    assert value(expression) == answer


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("select 1 = any (values 1, 2), 1 <> all (values 1, 2), 1 < some (values 0, 2)", [("true", "false", "true")]),
        ("select 1 in (values 1, 2), 3 in (values 1, null), exists (values 1)", [("true", None, "true")]),
        ("select (values 7)", [("7",)]),
        ("select x from (values 1, 2, 3) t(x) where x in (values 2, 3) order by 1", [("2",), ("3",)]),
        (
            "select x, sum(x) over w, count(*) over (w rows 1 preceding) from (values 1, 2, 3) t(x) window w as (order by x) order by 1",
            [("1", "1", "1"), ("2", "3", "2"), ("3", "6", "2")],
        ),
        (
            "select max(x) over v from (values 1, 2) t(x) window w as (partition by x), v as (w order by x) order by 1",
            [("1",), ("2",)],
        ),
        ("select y from (values 1, 2) t(x) cross join lateral (select x * 10) l(y) order by 1", [("10",), ("20",)]),
        (
            "select (select max(y) from (values 1, 2) u(y) where y <= x) from (values 1, 2) t(x) order by 1",
            [("1",), ("2",)],
        ),
        (
            "select cardinality(filter(a, x -> x > 0)) from (values array[1, 0], array[2, 0]) t(a) group by cardinality(filter(a, x -> x > 0))",
            [("1",)],
        ),
        (
            "select (select sum(x) over w from (values 5) u(x) window w as (order by x)), count(*) over w from (values 1) t(y) window w as ()",
            [("5", "1")],
        ),
    ],
)
def test_short_forms_mean_what_they_stand_for(query: str, rows: list[tuple[str | None, ...]]):
    assert list(ENGINE.run(query, "db").rows) == rows


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ('select 1 as Foo, 2 as "Two Words", 3', ["Foo", "Two Words", "_col2"]),
        ("select ID, t.Id, upper(Name) from (values (1, 'a')) t(id, name)", ["ID", "Id", "_col2"]),
        ("select ID as I, t.*, NAME from (values (1, 'a')) t(id, name)", ["I", "id", "name", "NAME"]),
        ("select A from (select 1 as a) union all select 2 as B", ["A"]),
        ("with q as (select 1 as Ab) select AB from q order by aB", ["AB"]),
        ("values (1, 2)", ["_col0", "_col1"]),
    ],
)
def test_columns_are_called_as_the_query_writes_them(query: str, names: list[str]):
    assert [column.name for column in ENGINE.run(query, "db").columns] == names


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("select -x as x from (values 1, 2) t(x) order by x", [("-2",), ("-1",)]),
        ("select -x as x from (values 1, 2) t(x) order by x + 0", [("-2",), ("-1",)]),
        ("select -x as y from (values 1, 2) t(x) order by x", [("-1",), ("-2",)]),
        (
            "select count(*) as n, x from (values 1, 1, 2) t(x) group by x order by n * 10 desc",
            [("2", "1"), ("1", "2")],
        ),
        ("select distinct x + 1 as y from (values 1, 1, 2) t(x) order by x + 1", [("2",), ("3",)]),
    ],
)
def test_only_order_by_sees_the_names_of_the_answer(query: str, rows: list[tuple[str, ...]]):
    assert list(ENGINE.run(query, "db").rows) == rows


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("select 1 as a, a + 1 as b", "COLUMN_NOT_FOUND"),
        ("select x as a from (values 1) t(x) where a = 1", "COLUMN_NOT_FOUND"),
        ("select x as a, count(*) from (values 1) t(x) group by a", "COLUMN_NOT_FOUND"),
        ("select x as a from (values 1) t(x) group by x having a = 1", "COLUMN_NOT_FOUND"),
        ("select distinct x from (values (1, 2)) t(x, y) order by y", "EXPRESSION_NOT_IN_DISTINCT"),
        ("select x, y from (values (1, 2)) t(x, y) group by x", "EXPRESSION_NOT_AGGREGATE"),
        ("select x from (values 1) t(x), (values 2) u(x)", "AMBIGUOUS_NAME"),
        ("select sum(sum(x)) from (values 1) t(x)", "NESTED_AGGREGATION"),
        ("select a from (select 1 a, 2 a)", "AMBIGUOUS_NAME"),
        ("select * from (values (1, 2), 3)", "TYPE_MISMATCH"),
        ("select extract(millisecond from now())", "SYNTAX_ERROR"),
        ("select listagg(x, ',') from (values 'a') t(x)", "SYNTAX_ERROR"),
        ("select filter(array[1], x -> x)", "TYPE_MISMATCH"),
        ("select * from (values 1) t(a) natural join (values 1) u(a)", "NOT_SUPPORTED"),
        ("select cast(1.5 as number)", "TYPE_MISMATCH"),
        ("select cast('a' as string)", "TYPE_MISMATCH"),
        ("select cast(array[1] as array(int64))", "TYPE_MISMATCH"),
        ("select x'6'", "SYNTAX_ERROR"),
    ],
)
def test_sql_that_only_duckdb_accepts_is_an_error(query: str, code: str):
    with pytest.raises(QueryFailedError, match=rf"^{code}: "):
        ENGINE.run(query, "db")


@pytest.mark.parametrize("table", ["p", "k", "v", "x", "e", "i", "entry", "item", "each", "cur", "acc"])
def test_table_names_do_not_collide_with_names_used_by_functions(table: str):
    query = f"""
        select map_agg({table}.key, {table}.value), cast(map(array['a'], array[max({table}.k)]) as json),
               transform_values(map(array['a'], array[1]), (q, w) -> w + max({table}.i)),
               array_sort(array[2, 1], (x, y) -> if(x < y, -1, 1)), array_distinct(array[max({table}.x), 7]),
               cast(map(array['b'], array[2]) as map(varchar, bigint)), reduce(array[1], 0, (s, x) -> s + x, s -> s)
        from (values ('key', 'value', 3, 4, 7)) {table}(key, value, k, i, x)"""
    assert ENGINE.run(query, "db").rows == (("{key=value}", '{"a":3}', "{a=5}", "[1, 2]", "[7]", "{b=2}", "1"),)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("select x from (values 2, 1, 1) t(x) order by x fetch first 1 rows with ties", ["1", "1"]),
        ("select x from (values 1, 1, 2) t(x) order by 1 desc fetch first row with ties", ["2"]),
        ("select x from (values 1, 1, 2, 2) t(x) order by x offset 1 rows fetch next 2 rows with ties", ["1", "2", "2"]),
        ("select x, count(*) from (values 1, 1, 2, 2, 3) t(x) group by x order by count(*) desc, 2 fetch first 1 rows with ties", ["1", "2"]),
        ("select -x as x from (values 1, 1, 2) t(x) order by x fetch first 1 rows with ties", ["-2"]),
        ("select count(*) from (select x from (values 1, 1, null) t(x) order by x nulls first fetch first 2 rows with ties)", ["3"]),
    ],
)  # fmt: skip
def test_ties_of_the_last_row_come_too(query: str, rows: list[str]):
    assert [row[0] for row in sorted(ENGINE.run(query, "db").rows)] == rows


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        ("(1, 2) in (values (1, 2), (1, null))", "true"),
        ("(1, 2) in (values (1, null))", None),
        ("(1, 2) not in (values (2, null))", "true"),
        ("(1, 2.5) in (select 1, 2)", "false"),
        ("(1, 2) in (select 1, 2 where false)", "false"),
        ("row(1, 'a') in (select row(1, 'a'))", "true"),
        ("array[1, null] in (select array[1, 2])", None),
        ("(select count(*) from (values (1, 'a'), (2, 'b')) t(n, s) where (n, s) in (select n, 'a' from (values 1, 2) u(n)))", "1"),
    ],
)  # fmt: skip
def test_rows_and_arrays_are_looked_for_in_a_query(expression: str, answer: str | None):
    assert value(expression) == answer


@pytest.mark.parametrize(
    ("frame", "sums"),
    [
        ("range between interval '1' day preceding and current row", ["1", "3", "4"]),
        ("range between interval '1' month preceding and interval '1' day following", ["3", "3", "7"]),
        ("groups between 1 preceding and current row", ["1", "3", "6"]),
    ],
)
def test_frame_of_a_window_reaches_over_days_and_months(frame: str, sums: list[str]):
    query = (
        f"select sum(v) over (order by d {frame}) from (values (date '2024-01-01', 1), (date '2024-01-02', 2), "
        "(date '2024-01-31', 4)) t(d, v) order by d"
    )
    assert [row[0] for row in ENGINE.run(query, "db").rows] == sums


def test_undefined_window_is_an_error():
    with pytest.raises(QueryFailedError, match=r"INVALID_WINDOW_REFERENCE.*\bw\b"):
        ENGINE.run("select sum(x) over w from (values 1) t(x)", "db")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("select x from (values 1, 1) t(x) union all select 1 order by 1 fetch first 1 row with ties", "WITH TIES"),
        ("(select x from (values 1, 1) t(x)) order by x fetch first 1 row with ties", "WITH TIES"),
        ("select distinct x from (values 1, 1) t(x) order by x fetch first 1 row with ties", "WITH TIES"),
        ("select 1 between symmetric 2 and 0", "SYMMETRIC"),
        ("select x from (values 1) t(x) for update", "LOCKS"),
        ("select sum(x) over (rows 1 preceding exclude current row) from (values 1) t(x)", "EXCLUDE"),
        ("select listagg(x, ',' on overflow truncate '.' with count) within group (order by x) from (values 'a') t(x)", "OVERFLOW"),
        ("select x from (values 1) t(x) sort by x", "SORT"),
        ("select * from (values (1, 2)) t(x, y) pivot (sum(x) for y in (2))", "PIVOT"),
        ("select row(1 as x)", "1 AS x"),
        ("select (1, 2) <> all (values (1, null))", "<> ALL over rows"),
        ("select count(distinct x, y) from (values (1, 2)) t(x, y)", "DISTINCT takes one"),
    ],
)  # fmt: skip
def test_unsupported_part_is_named(query: str, named: str):
    with pytest.raises(QueryFailedError, match=named):
        ENGINE.run(query, "db")


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("select * from unnest(map(array['a'], array[1]))", [("a", "1")]),
        ("select * from unnest(array[1, 2], array['a']) with ordinality", [("1", "a", "1"), ("2", None, "2")]),
        ("select b from unnest(array[cast(row(1, 'x') as row(a int, b varchar))])", [("x",)]),
        ("select * from (values 7) v(x) cross join unnest(array[1]) cross join unnest(array['a'])", [("7", "1", "a")]),
    ],
)
def test_unnest_names_its_columns_where_the_query_does_not(query: str, rows: list[tuple[str | None, ...]]):
    assert list(ENGINE.run(query, "db").rows) == rows


@pytest.mark.parametrize("tail", ["limit 1 offset 1", "fetch first 1 row only offset 1"])
def test_offset_stands_before_the_limit(tail: str):
    with pytest.raises(MalformedQueryError, match="mismatched input 'offset'"):
        ENGINE.run(f"select x from (values 1, 2) t(x) order by x {tail}", "db")
    inner = "select (select 1 limit 1), x from (values 1, 2) t(x) order by x offset 1 limit 1"
    assert ENGINE.run(inner, "db").rows == (("1", "2"),)


@pytest.mark.parametrize("expression", ["1_000", "0x1F", "12abc", "0b1", "'1'::integer"])
def test_words_outside_of_trinos_grammar_are_refused(expression: str):
    with pytest.raises(MalformedQueryError, match="mismatched input"):
        value(expression)


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("select 1 as order", "1:13"),
        ("select t.end from (values 1) t(x)", "1:10"),
        ("select x\nfrom (values 1) group(x)", "2:17"),
        ("with left as (select 1 a) select a from left", "1:6"),
        ("select * from (values (1, 2)) t(a, table)", "1:36"),
        ("select cast(row(1) as row(end integer))", "1:27"),
    ],
)
def test_reserved_word_is_no_name_without_quotes(query: str, place: str):
    with pytest.raises(MalformedQueryError, match=f"line {place}: mismatched input .* Expecting: <identifier>"):
        ENGINE.run(query, "db")


def test_words_that_are_not_reserved_and_words_in_quotes_are_names():
    query = (
        'select "order", date, timestamp, user, key, value, year, day, count, filter, first, last, type, "end" x, at '
        'from (values (1,2,3,4,5,6,7,8,9,10,11,12,13,14,15)) t("order",date,timestamp,user,key,value,year,day,count,filter,first,last,type,"end",at)'
    )
    assert ENGINE.run(query, "db").rows == (tuple(str(number) for number in range(1, 16)),)

"""Expressions over partition keys: SQL's conditions, by the types of the keys."""

import contextlib
import sqlite3
from types import SimpleNamespace
from typing import Any

import pyparsing
import pytest
from hypothesis import given
from hypothesis import strategies as st

from localstack_glue.data_catalog import partition_expression
from localstack_glue.data_catalog.partition_expression import PartitionExpression
from localstack_glue.service.errors import GlueError, InvalidInputException, InvalidStateException

KEYS = [
    {"Name": "n", "Type": "int"},
    {"Name": "price", "Type": "decimal(6,2)"},
    {"Name": "town", "Type": "varchar(20)"},
    {"Name": "day", "Type": "date"},
    {"Name": "at", "Type": "timestamp"},
    {"Name": "weight", "Type": "float"},
]
VALUES = ["10", "9.50", "O'Hara", "2026-01-31", "2026-01-31 10:00:00.5", "1"]


def holds(expression: str, values: Any = VALUES) -> bool:
    return PartitionExpression.parse(expression, KEYS).holds(values)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("n > 9", True),
        ("n = '10'", True),
        ("n != 10", False),
        ("n <> 10 or not n < 10", True),
        ("N IN (1, 10) AND n NOT IN (2)", True),
        ("(n) = ((9)) (OR) ((n)) = (10)", True),
        ("n = 9 (and) n = 10", False),
        ("price = 9.5", True),
        ("price between 9.49 and 9.51", True),
        ("price not between 9.49 and 9.51", False),
        ("town = 'O''Hara'", True),
        ("town like 'O%r_'", True),
        ("town like 'o%'", False),
        ("town not like '%x%'", True),
        ("town like 'O.Hara'", False),
        ("day >= '2026-01-31' and day < date '2026-02-01'", True),
        ("at > '2026-01-31 10:00:00'", True),
        ("at = '2026-01-31 10:00:00.500000000'", True),
        ("(n = 1 or (n = 10)) and (town is not null)", True),
        ("town is null", False),
        ("(n = 9 or n = 10) and (price > 9 or n = 1) and not (town is null)", True),
        ("not not n = 10", True),
        ("((((((((((n = 10))))))))))", True),
    ],
)
def test_expression_holds_by_the_types_of_the_keys(expression, expected):
    assert holds(expression) is expected


@pytest.mark.parametrize(
    "expression", ["(n = 1 or n = 10) and price > 9", "not (n = 1) and not n = 2", "not not n = 10"]
)
def test_operands_count_the_same_where_pyparsing_wraps_them(monkeypatch, expression):
    def wrapped(tree):
        kind, *operands = tree
        if kind in ("and", "or", "not"):
            return kind, *(pyparsing.ParseResults([wrapped(operand)]) for operand in operands)
        return tree

    tree = partition_expression._grammar().parse_string(expression, parse_all=True)[0]
    found = SimpleNamespace(parse_string=lambda text, parse_all: [wrapped(tree)])
    monkeypatch.setattr(partition_expression, "_grammar", lambda: found)
    assert holds(expression) is True  # as pyparsing 3.3.3 does, and 3.3.2 does not


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("colour = 'red'", "Invalid partition expression!"),
        ("n = 'ten'", '"ten" is not an integer.'),
        ("n in (2.5)", '"2.5" is not an integer.'),
        ("price = 'cheap'", "cheap is not a decimal."),
        ("day = '2026-02-30'", "2026-02-30 is not a date."),
        ("at = '2026-01-31'", "Timestamp format must be"),
        ("n like '1%'", "Integral data type doesn't support operation 'LIKE'"),
        ("day like '1%'", "Date data type doesn't support operation 'LIKE'"),
        ("weight = 1", "Unknown type : 'float'"),
        ("n ==", "Unsupported expression 'n =='"),
        ("n = 1; drop", "Unsupported expression"),
    ],
)
def test_incomparable_columns_are_refused(expression, message):
    with pytest.raises(InvalidInputException) as refused:
        holds(expression)
    assert message in refused.value.message


def test_unused_key_may_hold_any_value_and_a_used_one_may_not():
    assert holds("town = 'x'", ["no number", "", "x", "", "", ""])
    with pytest.raises(InvalidStateException, match="is not an integer"):
        holds("n = 1", ["no number", "", "x", "", "", ""])


def test_null_satisfies_no_comparison_not_even_a_negated_one():
    values = ["__HIVE_DEFAULT_PARTITION__", *VALUES[1:]]
    assert not holds("n = 1", values)
    assert not holds("not n = 1", values)
    assert holds("n is null", values)
    assert holds("n = 1 or price > 0", values)


names = st.sampled_from(["a", "b"])
numbers = st.integers(-3, 3)
conditions = st.one_of(
    st.builds("{} {} {}".format, names, st.sampled_from(["=", "<>", "<", ">=", ">"]), numbers),
    st.builds("{} between {} and {}".format, names, numbers, numbers),
    st.builds("{} in ({}, {})".format, names, numbers, numbers),
    st.builds("{} is {}null".format, names, st.sampled_from(["", "not "])),
)
expressions = st.recursive(
    conditions,
    lambda inner: st.one_of(
        st.builds("({} and {})".format, inner, inner),
        st.builds("({} or {})".format, inner, inner),
        st.builds("not ({})".format, inner),
    ),
    max_leaves=6,
)


@given(expressions, st.tuples(st.none() | numbers, st.none() | numbers))
def test_results_equal_those_of_a_sql_database(expression, row):
    keys = [{"Name": name, "Type": "int"} for name in "ab"]
    values = ["__HIVE_DEFAULT_PARTITION__" if value is None else str(value) for value in row]
    with sqlite3.connect(":memory:") as database:
        database.execute("create table t (a integer, b integer)")
        database.execute("insert into t values (?, ?)", row)
        expected = database.execute(f"select count(*) from t where {expression}").fetchone()[0] == 1

    assert PartitionExpression.parse(expression, keys).holds(values) is expected


@given(st.text(alphabet="ab=<>()'%_ .1andornotinlike\"", max_size=40))
def test_any_text_is_an_expression_or_refused(text):
    with contextlib.suppress(GlueError):
        holds(text)

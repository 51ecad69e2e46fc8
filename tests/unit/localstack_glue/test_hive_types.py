"""Hive's types: written, read back and merged (G14, G17, G20)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localstack_glue.crawlers.crawling.hive_types import JsonTypeGatherer, merge_names, parse, render

NAMES = st.recursive(
    st.sampled_from(["int", "bigint", "double", "string", "boolean", "decimal(10,2)", "map<string,int>"]),
    lambda inner: (
        inner.map(lambda kind: f"array<{kind}>")
        | st.dictionaries(st.sampled_from("abc"), inner, min_size=1, max_size=3).map(
            lambda fields: "struct<" + ",".join(f"{name}:{kind}" for name, kind in fields.items()) + ">"
        )
    ),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param("bigint", "double", "double", id="bigint-and-double"),
        pytest.param("int", "bigint", "bigint", id="integers"),
        pytest.param("float", "int", "double", id="float-and-int"),
        pytest.param("float", "double", "double", id="float-and-double"),
        pytest.param("float", "bigint", "double", id="float-and-bigint"),  # a float keeps too few digits
        pytest.param("smallint", "float", "float", id="small-number-and-float"),
        pytest.param("bigint", "string", "string", id="number-and-text"),
        pytest.param("date", "timestamp", "string", id="times"),
        pytest.param("array<int>", "array<double>", "array<double>", id="arrays"),
        pytest.param("struct<a:int>", "struct<b:array<int>,a:bigint>", "struct<a:bigint,b:array<int>>", id="structs"),
        pytest.param("struct<a:int>", "int", "string", id="struct-and-number"),
        pytest.param("decimal(10,2)", "decimal(12,2)", "string", id="decimals"),
    ],
)
def test_types_of_two_files_are_merged(first, second, expected):
    assert merge_names(first, second) == expected  # G20


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (2**31 - 1, "int"),
        (2**31, "bigint"),
        (-(2**31), "int"),
        (-(2**31) - 1, "bigint"),
        (2**63 - 1, "bigint"),
        (2**63, "double"),
        (-(2**63) - 1, "double"),
        (1.0, "double"),
        (True, "boolean"),
    ],
)
def test_number_of_json_has_the_narrowest_type_that_holds_it(number, kind):  # G14
    gatherer = JsonTypeGatherer()
    gatherer.observe(number)
    assert gatherer.result() == kind


@given(NAMES)
def test_type_is_read_as_it_was_written(name):
    assert render(parse(name)) == name


@given(NAMES, NAMES)
def test_merging_again_changes_nothing(first, second):
    merged = merge_names(first, second)

    assert merge_names(merged, first) == merge_names(merged, second) == merged


def test_deeply_nested_value_becomes_a_string():
    value: object = 1
    for _ in range(60):
        value = [value]
    gatherer = JsonTypeGatherer()
    gatherer.observe(value)

    assert render(gatherer.result()) == "array<" * 50 + "string" + ">" * 50

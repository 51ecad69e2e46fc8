"""Classifying JSON (G14, G16)."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localstack_glue.crawlers.crawling.classification import classify
from localstack_glue.crawlers.crawling.json_rules import JsonClassifier, MoreNeededError, parse_path
from localstack_glue.crawlers.crawling.json_rules import classify as classify_json
from localstack_glue.crawlers.crawling.sampling import Sample
from localstack_glue.crawlers.crawling.schema import MAX_COLUMNS, FileSchema


def sample(text: str, *, is_whole: bool = True) -> Sample:
    return Sample(text.encode(), is_whole=is_whole)


def columns(schema: FileSchema | None) -> dict[str, str]:
    assert schema is not None
    return {column.name: column.type for column in schema.columns}


def by_path(path: str) -> JsonClassifier:
    return JsonClassifier.from_definition({"Name": "c", "JsonPath": path})


def test_lines_are_records_of_one_schema():
    schema = classify(sample('{"Id": 1, "brand": "Audi"}\n{"Id": 3000000000, "km": 1.5}\n'), ())

    assert columns(schema) == {"id": "bigint", "brand": "string", "km": "double"}  # G14
    assert schema is not None
    assert (schema.classification, schema.sampled_records) == ("json", 2)


def test_document_over_several_lines_is_a_record():
    assert columns(classify(sample(json.dumps({"a": 1, "b": [1.5]}, indent=2)), ())) == {
        "a": "int",
        "b": "array<double>",
    }


def test_nested_values_are_written_as_hive_does():
    text = '{"a": {"B": 1, "c": [{"d": true}, {"e": null}]}, "f": [], "g": {}, "h": null}'

    assert columns(classify(sample(text), ())) == {
        "a": "struct<B:int,c:array<struct<d:boolean,e:string>>>",
        "f": "array<string>",
        "g": "string",
        "h": "string",
    }  # G14


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param("1", "2.5", "double", id="numbers"),
        pytest.param("1", "null", "int", id="null-says-nothing"),
        pytest.param("1", '"x"', "string", id="number-and-text"),
        pytest.param("1", "[1]", "string", id="number-and-array"),
        pytest.param("[1]", "[2.5]", "array<double>", id="arrays"),
        pytest.param('{"x": 1}', '{"y": 1}', "struct<x:int,y:int>", id="objects"),
        pytest.param("123456789012345678901234567890", "1", "double", id="beyond-bigint"),
    ],
)
def test_types_of_all_records_are_merged(first, second, expected):
    assert columns(classify(sample(f'{{"v": {first}}}\n{{"v": {second}}}'), ())) == {"v": expected}


def test_array_is_one_column_without_a_classifier():
    schema = classify(sample('[{"id": 1}, {"id": 2, "b": "x"}]'), ())

    assert columns(schema) == {"array": "array<struct<id:int,b:string>>"}  # G14


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param("$[*]", '[{"id": 1}, {"id": 2}]', id="array"),
        pytest.param("$.a[*]", '{"x": [9], "a": [{"id": 1}], "b": 1}', id="member"),
        pytest.param("$.a.b[*]", '{"a": {"c": {}, "b": [{"id": 1}]}}', id="deep-member"),
        pytest.param("$['a'][*]", '{"a": [{"id": 1}]}', id="brackets"),
        pytest.param("$.a", '{"a": {"id": 1}}', id="object"),
        pytest.param("$", '{"id": 1}', id="document"),
        pytest.param("$.a[*]", '{"a": []}\n{"a": [{"id": 1}]}', id="several-documents"),
    ],
)
def test_custom_path_leads_to_the_records(path, text):
    schema = classify(sample(text), (by_path(path),))

    assert columns(schema) == {"id": "int"}  # G16
    assert schema is not None
    assert schema.json_path == path


def test_custom_path_that_finds_nothing_leaves_the_file_to_the_next():
    assert columns(classify(sample('{"id": 1}'), (by_path("$.a[*]"),))) == {"id": "int"}  # G16


@pytest.mark.parametrize("path", ["a", "$..a", "$[0]", "$.a[?(@.b)]", "$.", "x$[*]"])
def test_unsupported_path_recognises_nothing(path):
    assert parse_path(path) is None
    assert classify_json(sample('{"a": [{"id": 1}]}'), by_path(path)) is None


def test_array_that_the_sample_cuts_off_is_read_up_to_there():
    cut = sample('[{"id": 1}, {"id": 2}, {"id": "thr', is_whole=False)

    assert columns(classify(cut, ())) == {"array": "array<struct<id:int>>"}  # G14
    assert columns(classify(cut, (by_path("$[*]"),))) == {"id": "int"}


def test_truncated_first_record_requests_more_bytes():
    cut = sample('{"id": 1, "text": "' + "x" * 100, is_whole=False)

    with pytest.raises(MoreNeededError):  # G14: 1 MB, growing to 10 MB
        classify(cut, ())
    assert classify(cut, (), is_last=True) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"a": 1', id="unclosed"),
        pytest.param('{"a": 1} trailing', id="trailing"),
        pytest.param("[" * 100_000, id="deep"),
        pytest.param('{"a":' * 100_000, id="deep-objects"),
        pytest.param("{}", id="no-member"),
        pytest.param("{a: 1}", id="no-quotes"),
        pytest.param('{"a": ' + "9" * 5000 + "}", id="number-without-end"),
        pytest.param("[1 2]", id="no-comma"),
        pytest.param("{" + ",".join(f'"k{n}": 1' for n in range(MAX_COLUMNS + 1)) + "}", id="too-many-columns"),
    ],
)
def test_unusable_json_is_refused(text):
    assert classify_json(sample(text)) is None


def test_names_that_a_catalog_cannot_hold_are_changed():
    text = r'{"A": 1, "a": 2.5, "x:y": {"p<q": 1}, "": 1, "\ud800": 1}'

    assert columns(classify(sample(text), ())) == {
        "a": "double",
        "x:y": "string",  # a struct's member would not be found under another name
        "col3": "int",
        "_": "int",
    }  # G18


def test_records_that_share_no_name_are_read_in_linear_time():
    text = "\n".join(f'{{"a": {{"k{number}": 1}}}}' for number in range(50_000))

    assert columns(classify(sample(text), ())) == {"a": "string"}  # a type too long for the catalog


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.dictionaries(st.text(max_size=5), JSON, min_size=1, max_size=4), min_size=1, max_size=4))
def test_any_json_lines_are_recognised(records):
    schema = classify(sample("\n".join(json.dumps(record) for record in records)), ())

    assert schema is not None
    assert schema.classification == "json"
    assert len({column.name for column in schema.columns}) == len(schema.columns)

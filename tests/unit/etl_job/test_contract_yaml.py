"""Documents that are no contracts, or want to be too much: one line, with the place."""

import json
import re
import string
from pathlib import Path

import pyarrow as pa
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import etl_job
from etl_job.contract.document import parse_contract
from etl_job.contract.yaml_text import MAX_CHARACTERS, DocumentError, read_document
from etl_job.errors import ContractError
from etl_job.judging.judge import Judge
from etl_job.judging.rules import judge_column

from .conftest import CONTRACT, DATASET


def laughs(level: str) -> str:
    return "a0: &a0 {x: 1}\n" + "".join(
        f"a{n}: &a{n} {level.format(', '.join([f'*a{n - 1}'] * 9))}\n" for n in range(1, 12)
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("a: 1\nb: 2\na: 3", "line 3: 'a' appears twice, first in line 1", id="key-twice"),
        pytest.param("a: {b: 1, 'b': 2}", "line 1: 'b' appears twice", id="key-twice-in-flow"),
        pytest.param("\n" + "[" * 100_000, "line 2: it is nested more than 40 levels", id="deep-lists"),
        pytest.param("{a: " * 100_000, "nested more than 40 levels", id="deep-mappings"),
        pytest.param("- " * 100_000, "nested more than 40 levels", id="deep-blocks"),
        pytest.param(laughs("[{}]"), "counting expanded aliases", id="billion-laughs"),
        pytest.param(laughs("{{<<: [{}]}}"), "counting expanded aliases", id="billion-merges"),
        pytest.param("a: &a [*a]", "a contains itself", id="alias-of-itself"),
        pytest.param("a:\n  b: .inf", "line 2: .inf is not a finite number", id="infinity"),
        pytest.param("a: .nan", "line 1: .nan is not a finite number", id="no-number"),
        pytest.param("a: 1.0e+400", "is not a finite number", id="overflowing-number"),
        pytest.param("a: 999999999999.9999999", "line 1: 999999999999.9999999 has more digits", id="number-to-round"),
        pytest.param("a: 1" + "0" * 5000, "line 1: a number has 5,001 characters", id="long-number"),
        pytest.param("a: 0x" + "f" * 5000, "a number has 5,002 characters", id="long-hexadecimal-number"),
        pytest.param("a: 2001-13-45", "'2001-13-45' cannot be read as timestamp", id="no-date"),
        pytest.param("a: !!python/object:os.system x", "the type !!python/object", id="python"),
        pytest.param("a: !!binary aGVsbG8=", "the type !!binary", id="binary"),
        pytest.param("a: !!set {b}", "the type !!set", id="set"),
        pytest.param("a: !!float +-5", "'+-5' cannot be read as float", id="float-that-is-none"),
        pytest.param("a: !!int x", "'x' cannot be read as int", id="int-that-is-none"),
        pytest.param('a: "\\UFFFFFFFF"', "line 1", id="no-character"),
        pytest.param('a: "\\uD800"', "only half of a character", id="half-a-character"),
        pytest.param("? [a]\n: 1", "line 1: a key is not text", id="key-of-lists"),
        pytest.param("a:\n\t- b", "line 2", id="tab"),
        pytest.param("a: \x00", "unacceptable character", id="null-byte"),
        pytest.param("a: 1\n---\nb: 2", "another document", id="two-documents"),
        pytest.param("a: *b", "undefined alias", id="alias-of-nothing"),
        pytest.param("x" * (MAX_CHARACTERS + 1), "1,000,001 characters; the limit", id="long"),
    ],
)
def test_document_beyond_the_bounds_is_refused_with_its_line(text, message):
    with pytest.raises(DocumentError) as raised:
        read_document(text)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    with pytest.raises(ContractError, match=r"contract c\.yaml cannot be read as YAML") as refused:
        parse_contract(text, "c.yaml", DATASET)
    assert len(str(refused.value)) < 1000


def test_byte_order_mark_is_no_part_of_the_document():
    assert parse_contract("\ufeff" + CONTRACT.read_text(), "c.yaml", DATASET).dataset == DATASET


def test_aliases_and_merges_are_read():
    text = "a: &a {x: 1}\nb: *a\nc: {<<: *a, y: 2}"
    assert read_document(text).content == {"a": {"x": 1}, "b": {"x": 1}, "c": {"x": 1, "y": 2}}


def test_numbers_of_which_versions_of_yaml_make_different_ones_are_texts():
    read = read_document("a: [010, 0777, -07, 1:30, 12:30:00, 190:20:30.5, 0, -0, 0x10, 1_000, 0.10, 00, 10]").content
    assert read == {"a": ["010", "0777", "-07", "1:30", "12:30:00", "190:20:30.5", 0, 0, 16, 1_000, 0.1, "00", 10]}


@pytest.mark.parametrize("version", ["1.10", "1", "2.0", "010", "1:30", "1.0.0", "2024-01"])
def test_version_is_the_one_that_is_written(version):
    text = re.sub(r"(?m)^version: .*$", f"version: {version}", CONTRACT.read_text())
    assert parse_contract(text, "c.yaml", DATASET).version == version


def test_line_is_that_of_the_last_part_that_is_there():
    document = read_document("a:\n  - b: 1\n    c: 2\n")
    assert [document.find_line(path) for path in (("a", 0, "c"), ("a", 0, "d"), ("a", 7), (), ("z",))] == [
        3,
        2,
        1,
        1,
        1,
    ]


# Whatever stands for a value: what a person could write, and what nobody would.
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**60), 10**60),
    st.floats(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.datetimes(),
    st.text(max_size=8),
    st.text(string.ascii_letters + string.punctuation + string.digits, max_size=12),
    st.sampled_from(["x" * 300_000, "1e400", "9" * 5000, "NaN", "sNaN", "-0", "(a+)+$", "(" * 900, "[a-", "\x1b[31m"]),
    st.lists(st.integers(), max_size=2),
    st.lists(st.none(), max_size=2),
    st.dictionaries(st.text(max_size=4), st.integers(), max_size=2),
)


def places(content, path=()):
    """Where a value could be put instead."""
    yield path
    pairs = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in list(pairs):
        yield from places(value, (*path, key))


PLAIN = yaml.safe_load(CONTRACT.read_text())
FULL = {
    **PLAIN,
    "schema": [
        {
            **PLAIN["schema"][0],
            "properties": [
                *PLAIN["schema"][0]["properties"],
                {
                    "name": "price",
                    "logicalType": "number",
                    "logicalTypeOptions": {"minimum": 0, "maximum": 9.5},
                    "customProperties": [{"property": "decimalSeparator", "value": ","}],
                    "enum": [{"value": "1"}],
                },
            ],
            "quality": [{"type": "sql", "name": "dear", "query": "price > 1", "severity": "warning"}],
            "customProperties": [
                *PLAIN["schema"][0]["customProperties"],
                {"property": "thresholds", "value": {"quarantinedShare": 0.5}},
            ],
        }
    ],
}
NAMES = [
    "minLength",
    "maxLength",
    "minimum",
    "pattern",
    "format",
    "enum",
    "otherFormats",
    "timeZone",
    "min_length",
    "odd",
]


def changed(content, path, value):
    if not path:
        return value
    copy = dict(content) if isinstance(content, dict) else list(content)
    copy[path[0]] = changed(content[path[0]], path[1:], value)
    return copy


@st.composite
def odd_contracts(draw):
    """The example contract with one to three values put in, in place of others or beside them."""
    document = FULL
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from([path for path in places(document) if path]))
        parent = document
        for step in path[:-1]:
            parent = parent[step]
        if isinstance(parent, dict) and draw(st.booleans()):
            path = (*path[:-1], draw(st.sampled_from(NAMES)))
            document = changed_by_addition(document, path, draw(ODD))
        else:
            document = changed(document, path, draw(ODD))
    return document


def changed_by_addition(document, path, value):
    parent = document
    for step in path[:-1]:
        parent = parent[step]
    return changed(document, path[:-1], {**parent, path[-1]: value}) if path[:-1] else {**document, path[-1]: value}


def as_yaml(document):
    """The document as PyYAML writes it, by libyaml where that is there: it takes a twentieth of the time."""
    return yaml.dump(document, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), allow_unicode=False)


def refusal(read):
    """What is said against a document; None where it is read. Anything else that is raised is a mistake of ours."""
    try:
        read()
    except (ContractError, DocumentError) as error:
        return str(error)
    return None


@given(odd_contracts())
def test_contract_with_odd_values_is_read_or_refused_on_one_short_line(document):
    text = as_yaml(document)
    message = refusal(lambda: parse_contract(text, "c.yaml", DATASET))
    assert message is None or message.startswith("contract c.yaml")
    assert len(message or "") < 1000
    assert (message or "").isprintable()


SCHEMA = Draft202012Validator(json.loads(Path(etl_job.__file__).with_name("contract.schema.json").read_text()))


@given(odd_contracts())
def test_contract_that_is_read_keeps_the_published_schema(document):
    text = as_yaml(document)
    if refusal(lambda: parse_contract(text, "c.yaml", DATASET)) is None:
        plain = json.loads(json.dumps(read_document(text).content, default=str))
        assert [error.message for error in SCHEMA.iter_errors(plain)] == []


@given(st.text(max_size=200) | st.text(" \n\t-?:,[]{}#&*!|>'\"%@`ab1.<=~", max_size=60))
def test_any_text_is_read_or_refused(text):
    assert "\n" not in (refusal(lambda: read_document(text)) or "")


@pytest.mark.parametrize(
    ("spoil", "field"),
    [
        (lambda text: text.replace("maxLength: 40", "maxLenght: 40"), "properties.1.logicalTypeOptions.maxLenght"),
        (lambda text: text.replace("minimum:", "maximum: 1, minimum:"), "maximum of a date must be a date"),
        (lambda text: text.replace("count: sightings", "count: 5"), "features.count"),
    ],
)
def test_refused_field_is_reported_with_its_line(spoil, field):
    before = CONTRACT.read_text()
    after = spoil(before)
    place = next(n for n, (a, b) in enumerate(zip(before.split("\n"), after.split("\n"), strict=True), 1) if a != b)
    with pytest.raises(ContractError) as raised:
        parse_contract(after, "c.yaml", DATASET)
    assert field in str(raised.value)
    recorded = int(str(raised.value).rpartition("(line ")[2].rstrip(")"))
    assert place - 6 <= recorded <= place


@pytest.mark.parametrize(
    "bound", ["1e400", "'1e400'", "9" * 60, "'NaN'", "'Infinity'", "true", "[1]", "1e-40", "'1_000'"]
)
def test_bound_that_no_value_could_have_is_refused(bound):
    text = CONTRACT.read_text().replace(
        "    customProperties:\n",
        "      - name: toll\n        logicalType: number\n"
        f"        logicalTypeOptions: {{ minimum: {bound} }}\n    customProperties:\n",
    )
    with pytest.raises(ContractError, match=r"properties\.4.*\(line \d+\)"):
        parse_contract(text, "c.yaml", DATASET)


@pytest.mark.parametrize(
    ("pattern", "is_broken"),
    [("(a+)+$", True), ("^(\\w+\\s?)*$", True), ("(a|b)+$", True), ("((a+)b?)+", False), ("(a{1,90}){1,9}", False)],
)
def test_pattern_takes_time_in_proportion_to_the_text_whatever_it_repeats(pattern, is_broken):
    text = CONTRACT.read_text().replace("maxLength: 40", f"pattern: '{pattern}'")
    judge = Judge.of(parse_contract(text, "c.yaml", DATASET))
    (column,) = [column for column, _ in judge.columns if column.rules.pattern == pattern]
    judged = judge_column(column, {"pattern": 0}, pa.array(["a" * 100_000 + "!"]))
    assert (judged.broken is not None) is is_broken


def test_pattern_of_more_characters_than_are_read_is_refused():
    text = CONTRACT.read_text().replace("maxLength: 40", f"pattern: '{'a' * 2_001}'")
    with pytest.raises(ContractError, match="pattern: must have at most 2000 characters"):
        parse_contract(text, "c.yaml", DATASET)

"""Lines of JSON parsed many at a time are what they are alone, and values are the texts that they are written as."""

import json
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from etl_job.contract.model import Contract
from etl_job.lake.files import LocalObjectStore
from etl_job.reading import json_rows
from etl_job.reading.parts import RawPart

from .frozen.cases import COLUMNS_OF_FILES
from .read_texts import texts_in

PIECES = st.sampled_from(
    ['{"id": "k1"', "}", "]", "[", ",", '"', '{"id": 1}', '{"place": {"a": [1, 2.50]}}', "null", " ", "\\", "{}", ":"]
)


def contract() -> Contract:
    features = {"entity": ["place"], "eventTime": {"timestamp": "at"}, "count": "events"}
    columns = [{**COLUMNS_OF_FILES[0], "primaryKey": False}, *COLUMNS_OF_FILES[1:]]
    return Contract.model_validate(
        {"version": "1", "dataset": "lines", "columns": columns, "files": {"format": "jsonLines"}, "features": features}
    )


def alone(line: str) -> dict[str, object] | None:
    try:
        found = json.loads(line, parse_float=str, parse_int=str, parse_constant=lambda _: 1 / 0)
    except (ValueError, ZeroDivisionError):
        return None
    return found if isinstance(found, dict) else None


@settings(deadline=None, max_examples=300)
@given(lines=st.lists(st.lists(PIECES, min_size=1, max_size=4).map("".join), min_size=1, max_size=6))
@example(lines=['{"a": [{}', "{}]}", "{},{}"])
@example(lines=["{}", "NaN", '{"id": NaN}'])
def test_no_line_takes_in_a_part_of_another(lines):
    assert json_rows._parsed(pa.array(lines)) == [alone(line) for line in lines]


@settings(deadline=None, max_examples=100)
@given(
    name=st.text(st.characters(exclude_categories=["Cs"]), max_size=9),
    amount=st.one_of(st.integers(), st.decimals(allow_nan=False, allow_infinity=False, places=3)),
)
def test_values_are_texts_as_they_are_written(tmp_path_factory, name, amount):
    folder = tmp_path_factory.mktemp("json")
    note = f'[1.0, "{amount}", {{"a": true}}]'
    text = json.dumps({"id": name, "at": None})[:-1] + f', "amount": {amount}, "note": {note}}}'
    (folder / "a.jsonl").write_text(text, "utf-8")
    (found,) = texts_in(folder, contract())
    assert found == (name or None, None, None, str(amount), f'["1.0","{amount}",{{"a":true}}]')
    assert Decimal(found[3] or 0) == amount


@pytest.mark.parametrize(
    ("line", "text"),
    [
        pytest.param('{"id": true}', "true", id="boolean"),
        pytest.param('{"id": -0.0E+1}', "-0.0E+1", id="number"),
        pytest.param('{"id": "a", "id": "b"}', "b", id="a name twice"),
        pytest.param('{"ID": "a"}', None, id="other capitals"),
    ],
)
def test_value_of_a_member(tmp_path: Path, line: str, text: str | None):
    (tmp_path / "a.jsonl").write_text(line, "utf-8")
    assert texts_in(tmp_path, contract())[0][0] == text


def test_string_with_an_incomplete_character_is_not_text(tmp_path: Path):
    lines = [
        '{"id": "k\\ud83d"}',
        '{"id": "k\\ud83d\\ude00"}',
        '{"id": "k", "note": ["\\udc00"]}',
        '{"id": "k", "x": "\\ud800"}',
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), "utf-8")
    store, uri = LocalObjectStore(), f"file://{tmp_path}/a.jsonl"
    part = RawPart(uri, 0, 0, (tmp_path / "a.jsonl").stat().st_size)
    (batch,) = json_rows.json_batches(store, part, contract())
    assert batch.undecodable.to_pylist() == [True, False, True, False]
    assert batch.texts["id"].to_pylist() == ["k\ufffd", "k\U0001f600", "k", "k"]
    assert batch.raw.to_pylist() == lines


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize(("levels", "is_read"), [(499, True), (500, False), (5_000, False), (100_000, False)])
def test_object_is_nested_as_deep_on_every_version_of_python(opening, closing, levels, is_read):
    deep = f'{{"note": {opening * levels}"]}}"{closing * levels}}}'
    flat = f'{{"note": "{"[" * 1_000}", "x": [{",".join(["[]"] * 1_000)}]}}'
    assert [found is not None for found in json_rows._parsed(pa.array([flat, deep, flat]))] == [True, is_read, True]

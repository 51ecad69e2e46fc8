"""Unusual files of JSON lines and Parquet."""

from __future__ import annotations

import json
from datetime import date, datetime

import polars as pl
import pyarrow as pa
import pytest

from quartal.contracts.drafting import draft
from quartal.core.errors import ConfigurationError
from tests.unit.quartal.drafting.drafts import contract_in, day, drafted_from, parquet, shop, tried


def test_objects_without_fields_are_refused_since_they_have_no_day(tmp_path):
    (tmp_path / "a.jsonl").write_text("{}\n{}\n")
    with pytest.raises(ConfigurationError, match=r"No column of .*a\.jsonl holds dates"):
        draft(tmp_path / "a.jsonl", "feed")


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        pytest.param('{"day": "2024-01-01", "shop": "A", "amount": NaN}', "row.field_count", id="no number"),
        pytest.param('{"day": "2024-01-01", "shop": "A\\ud83d", "amount": 1}', "row.encoding", id="half a character"),
        pytest.param('{"day": ' + "[" * 100_000 + "]" * 100_000 + "}", "row.field_count", id="nested deeply"),
        pytest.param('{"day": ' + "[" * 600 + "]" * 600 + "}", "row.field_count", id="nested more than 500 levels"),
        pytest.param("   ", "row.field_count", id="blanks"),
    ],
)
def test_draft_reports_objects_that_the_job_does_not_read(tmp_path, line, rule):
    lines = [f'{{"day": "{day(n)}", "shop": "{shop(n)}", "amount": {n % 7}}}' for n in range(40)]
    drafted = drafted_from(tmp_path, "\r".join([*lines, line]), name="feed.json")
    tried(tmp_path, drafted)
    assert drafted.verdict.broken == {rule: 1}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        pytest.param('{{"day": "{}", "x": NaN}}', "line 1: NaN is no JSON number", id="no number"),
        pytest.param('{{"day": "{}"}},', "line 1: Extra data at character 22", id="commas behind objects"),
        pytest.param("{{'day': '{}'}}", "line 1: .* at character 2", id="quotes of Python"),
        pytest.param('{{"day":\n"{}"}}', "line 1: .* at character 8", id="objects of several lines"),
        pytest.param('"{}"', "line 3: it is not an object", id="texts"),
    ],
)
def test_draft_reports_why_lines_are_no_objects(tmp_path, line, why):
    first = '{"day": "2024-01-01"}\n\n' if line.startswith('"') else ""
    lines = "\n".join(line.format(day(n)) for n in range(40))
    with pytest.raises(ConfigurationError, match=f"is not JSON lines: .* are not JSON objects; {why}"):
        drafted_from(tmp_path, first + lines, name="feed.json")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        pytest.param("payload", {"at": "2024-01-01"}, "payload: its values are objects or lists", id="an envelope"),
        pytest.param(
            " day ", "2024-01-01", " day : its name has spaces around it, which no contract keeps", id="blanks"
        ),
    ],
)
def test_draft_reports_why_objects_have_no_day(tmp_path, name, value, told):
    with pytest.raises(ConfigurationError, match=f"No column of .* holds dates: {told}"):
        drafted_from(tmp_path, f"{json.dumps({name: value})}\n" * 9, name="feed.json")


@pytest.mark.parametrize(
    ("values", "told"),
    [
        pytest.param(pa.array([b"2024-01-01"] * 9), ": ts: it holds values of type binary", id="bytes"),
        pytest.param(pa.nulls(9, pa.timestamp("ns")), r"\.$", id="nothing"),
    ],
)
def test_draft_reports_why_columns_of_parquet_have_no_day(tmp_path, values, told):
    with pytest.raises(ConfigurationError, match=f"No column of .* holds dates{told}"):
        drafted_from(tmp_path, parquet(ts=values), name="feed.parquet")


def test_lists_line_by_line_are_refused(tmp_path):
    lines = "\n".join(f'["{day(n)}", {n}]' for n in range(40))
    with pytest.raises(ConfigurationError, match=r"Each line of .* is a list, not a JSON object"):
        drafted_from(tmp_path, lines, name="feed.json")


def test_json_in_another_encoding_than_utf_8_is_refused(tmp_path):
    lines = "\n".join(f'{{"day": "{day(n)}", "shop": "Süd"}}' for n in range(40))
    with pytest.raises(ConfigurationError, match="is JSON, but not in UTF-8: 40 of its 40 lines") as raised:
        drafted_from(tmp_path, lines.encode("latin-1"), name="feed.json")
    assert "iconv -f" in (raised.value.remedy or "")


DAYS = pa.array([date.fromisoformat(day(n)) for n in range(40)])


def test_columns_of_parquet_that_the_job_does_not_read_are_left_out(tmp_path):
    wide = pa.array([n * 10**40 for n in range(40)], pa.decimal256(60, 0))
    half = pa.array([n / 2 for n in range(40)]).cast(pa.float16())
    drafted = drafted_from(tmp_path, parquet(day=DAYS, wide=wide, half=half), name="a.parquet")
    assert [column.name for column in tried(tmp_path, drafted).columns] == ["day"]


def test_moments_just_after_midnight_are_no_days(tmp_path):
    at = [(1_704_067_200 + n * 86_400) * 1_000_000_000 + (n == 3) for n in range(40)]
    drafted = drafted_from(tmp_path, parquet(at=pa.array(at, pa.timestamp("ns"))), name="a.parquet")
    assert tried(tmp_path, drafted).features.event_time.timestamp == "at"
    assert drafted.verdict.kept == 40


def test_texts_of_every_type_of_arrow_are_read(tmp_path):
    texts = [f"{shop(n)}{n}" for n in range(40)]
    views = pa.array(texts, pa.string_view())
    documents = pa.ExtensionArray.from_storage(pa.json_(), pa.array([f'{{"a":{n}}}' for n in range(40)]))
    drafted = drafted_from(tmp_path, parquet(day=DAYS, views=views, documents=documents), name="a.parquet")
    assert [column.name for column in tried(tmp_path, drafted).columns] == ["day", "views", "documents"]


def test_texts_of_parquet_that_are_no_utf_8_are_reported(tmp_path):
    shops = pa.array([b"S\xfcd" if n == 3 else b"Nord" for n in range(40)])
    texts = pa.Array.from_buffers(pa.string(), 40, shops.buffers())
    for column in (texts, texts.dictionary_encode()):
        drafted = drafted_from(tmp_path, parquet(day=DAYS, shop=column), name="a.parquet")
        tried(tmp_path, drafted)
        assert (drafted.verdict.kept, dict(drafted.verdict.broken)) == (39, {"row.encoding": 1})


def test_numbers_of_parquet_that_stay_text_are_reported(tmp_path):
    longest = pa.array([9_007_199_254_740_993_000 + n for n in range(40)])
    ratio = pa.array([float("inf") if n % 5 == 0 else n / 4 for n in range(40)])
    tiny = pa.array([n * 1e-300 for n in range(40)])
    drafted = drafted_from(tmp_path, parquet(day=DAYS, longest=longest, ratio=ratio, tiny=tiny), name="a.parquet")
    assert [column.logical_type for column in tried(tmp_path, drafted).columns] == ["date", *["string"] * 3]
    told = [guess for guess in drafted.guesses if "left as text" in guess]
    assert ["18 digits" in told[0], "Infinity" in told[1], "40 decimals" in told[2]] == [True] * 3, told


def test_numbers_of_parquet_that_may_count_the_time_are_reported(tmp_path):
    at = pa.array([1_700_000_000 + 86_400 * n for n in range(40)])
    with pytest.raises(ConfigurationError, match="day: may be the time since 1970; --event-time day reads it"):
        drafted_from(tmp_path, parquet(day=at), name="a.parquet")


def test_bytes_in_a_column_of_days_are_reported(tmp_path):
    with pytest.raises(ConfigurationError, match="day: it holds values of type binary"):
        drafted_from(tmp_path, parquet(day=pa.array([day(n).encode() for n in range(40)])), name="a.parquet")


def test_type_of_parquet_that_arrow_does_not_have_is_refused_with_what_helps(tmp_path):
    wide = pl.DataFrame({"day": DAYS.to_pylist(), "n": pl.Series(range(40), dtype=pl.Int128)})
    wide.write_parquet(tmp_path / "a.parquet")
    with pytest.raises(ConfigurationError, match="more than 64 bits") as raised:
        draft(tmp_path / "a.parquet", "feed")
    assert "Write that type as another one" in (raised.value.remedy or "")


def test_draft_refuses_parquet_without_rows(tmp_path):
    with pytest.raises(ConfigurationError, match="has no rows"):
        drafted_from(tmp_path, parquet(day=pa.array([], pa.date32())), name="a.parquet")


def test_local_timestamps_of_one_file_and_utc_ones_of_another_are_both_read(tmp_path):
    at = pa.array([datetime(2024, 1, 1 + n % 28, n % 24) for n in range(40)])
    (tmp_path / "a.parquet").write_bytes(parquet(at=at.cast(pa.timestamp("us"))))
    (tmp_path / "b.parquet").write_bytes(parquet(at=at.cast(pa.timestamp("us", "UTC"))))
    drafted = draft(tmp_path, "feed")
    assert drafted.verdict.kept == drafted.verdict.rows == 80
    assert [layout.text for layout in contract_in(drafted).columns[0].rules.layouts] == [
        "yyyy-MM-dd HH:mm:ss",
        "yyyy-MM-dd'T'HH:mm:ssXXX",
    ]


def test_column_that_only_some_files_have_in_a_type_that_is_not_read_is_left_out(tmp_path):
    days = pa.array([date(2024, 1, 1 + n) for n in range(9)])
    (tmp_path / "b.parquet").write_bytes(parquet(day=days, amount=pa.array([b"1"] * 9)))
    (tmp_path / "a.parquet").write_bytes(parquet(day=days, amount=pa.array(range(9))))
    drafted = draft(tmp_path, "feed")
    assert "amount is left out: it holds values of type binary" in drafted.guesses
    assert [column.name for column in tried(tmp_path, drafted).columns] == ["day"]


def test_few_decimals_among_ids_that_parquet_declares_as_numbers_leave_them_numbers(tmp_path):
    ids = pa.array([7.5 if n == 7 else float(n) for n in range(40)])
    days = pa.array([date(2024, 1, 1 + n % 28) for n in range(40)])
    drafted = drafted_from(tmp_path, parquet(day=days, customer_id=ids), name="a.parquet")
    assert tried(tmp_path, drafted).column("customer_id").logical_type == "number"

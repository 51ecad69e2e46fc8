"""Unusual values in feeds: keys, numbers, days, texts, and open questions."""

from __future__ import annotations

from datetime import date, datetime

import pyarrow as pa
import pytest

from quartal.contracts.drafting import Choices, draft
from quartal.contracts.row_judge import LocalObjectStore, RawPart, Source, read_batches, read_headers
from quartal.core.errors import ConfigurationError
from tests.unit.quartal.drafting.drafts import contract_in, day, drafted_from, parquet, shop, table, tried

ROWS = table("day,shop,amount", lambda n: f"{day(n)},{shop(n)},{n % 7}")
TODAY = date(2024, 12, 31)


@pytest.mark.parametrize("column", ["sensor", "station_id", "device_id", "customer", "vehicle", "isin", "tailnum"])
def test_subject_of_rows_is_not_a_key_although_unique_in_one_file(tmp_path, column):
    rows = table(f"{column},day,amount", lambda n: f"AB-{n:03d},2024-01-01,{n % 7}")
    for dataset in ("feed.csv", f"{column}s.csv"):
        (tmp_path / dataset).write_text(rows)
        assert contract_in(draft(tmp_path / dataset, dataset.partition(".")[0])).key == ()


def test_key_is_of_rows_that_were_delivered_twice_and_not_of_others(tmp_path):
    rows = table("id,day,amount", lambda n: f"X{n - n // 39},{day(n)},{n % 7}")
    assert contract_in(drafted_from(tmp_path, rows)).key == ()
    again = table("id,day,amount", lambda n: f"X{n - n // 39},{day(n - n // 39)},{(n - n // 39) % 7}")
    drafted = drafted_from(tmp_path, again)
    assert (tried(tmp_path, drafted).key, drafted.verdict.duplicates) == (("id",), 1)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{n:05d}", id="zeros in front"),
        pytest.param("{k}1234567890123{n}", id="longer than numbers are"),
        pytest.param("+49301234{n:03d}", id="phone numbers"),
    ],
)
def test_digits_that_no_number_keeps_are_text(tmp_path, text):
    refs = [text.format(n=n + 9_997, k="" if n % 99 else 99) for n in range(200)]
    rows = table("day,shop,ref_to", lambda n: f"{day(n)},{shop(n)},{refs[n]}", 200)
    drafted = drafted_from(tmp_path, rows)
    contract = tried(tmp_path, drafted)
    assert (contract.column("ref_to").logical_type, drafted.verdict.kept) == ("string", 200)


def test_letters_in_a_column_of_line_numbers_are_no_missing_values(tmp_path):
    rows = table("day,line,amount", lambda n: f"{day(n)},{'S' if n % 5 == 0 else n % 5},{n % 7}")
    contract = tried(tmp_path, drafted_from(tmp_path, rows))
    assert (contract.features.entity, contract.column("line").rules.missing_values) == (("line",), ())


@pytest.mark.parametrize("column", ["district", "line"])
def test_words_that_come_again_among_numbers_of_places_cost_no_rows(tmp_path, column):
    rows = table(f"day,{column},amount", lambda n: f"{day(n)},{'At-Large' if n % 70 == 9 else n % 50},{n % 7}", 300)
    drafted = drafted_from(tmp_path, rows)
    assert tried(tmp_path, drafted).column(column).logical_type == "string"
    assert drafted.verdict.kept == 300


def test_number_of_a_place_that_is_written_wrongly_once_is_found(tmp_path):
    rows = table("day,district,amount", lambda n: f"{day(n)},{'12x' if n == 9 else n % 50},{n % 7}", 300)
    drafted = drafted_from(tmp_path, rows)
    assert dict(drafted.verdict.broken) == {"district.format": 1}


@pytest.mark.parametrize(
    ("header", "text", "why"),
    [
        pytest.param("part", lambda n: f"{n + 10}E{n % 9}", "10E0 may be a code", id="digits, an E and digits"),
        pytest.param(
            "commit",
            lambda n: f"{1_234_567 + n}{f'e{n % 9}' if n % 3 else ''}",
            "1234568e1 may be a code",
            id="some digits of a hash",
        ),
        pytest.param("amount", lambda n: "12E3" if n == 5 else f"{n}", "12E3 may be a code", id="one among numbers"),
        pytest.param("version", lambda n: f"1.{n}", "version 1.10 is not 1.1", id="versions"),
    ],
)
def test_codes_that_look_like_numbers_stay_text_and_are_reported(tmp_path, header, text, why):
    drafted = drafted_from(tmp_path, table(f"day,{header}", lambda n: f"{day(n)},{text(n)}"))
    assert tried(tmp_path, drafted).column(header).logical_type == "string"
    assert any(guess.startswith(f"{header}: left as text") and why in guess for guess in drafted.guesses)


@pytest.mark.parametrize(
    ("header", "text"),
    [("part", "{n}.5E3"), ("part", "{n}e+3"), ("part", "{n}E-03"), ("version_downloads", "{n}")],
)
def test_numbers_with_exponents_or_of_versions_are_numbers(tmp_path, header, text):
    drafted = drafted_from(tmp_path, table(f"day,{header}", lambda n: f"{day(n)},{text.format(n=n)}"))
    assert tried(tmp_path, drafted).column(header).logical_type == ("integer" if text == "{n}" else "number")


def test_draft_names_a_decimal_comma(tmp_path):
    rows = table("day;shop;amount", lambda n: f"{day(n)};{shop(n)};{n},5")
    assert "amount: ',' is the decimal mark" in drafted_from(tmp_path, rows).guesses


def test_draft_asks_about_a_comma_in_longer_numbers(tmp_path):
    rows = table("day,shop,amount", lambda n: f'{day(n)},{shop(n)},"{12_345 + n if n % 2 else f"1,{200 + n}"}"')
    drafted = drafted_from(tmp_path, rows)
    assert contract_in(drafted).column("amount").logical_type == "string"
    assert "--decimal-mark" in drafted.text


def test_measure_with_a_name_of_the_published_tables_gets_one_that_is_free(tmp_path):
    rows = table("on,day,day_value,shop", lambda n: f"{day(n)},{n % 7},{n % 5}.5,{shop(n)}")
    names = {column.name: column.name_in_file for column in contract_in(drafted_from(tmp_path, rows)).columns}
    assert names["day_value"] == "day_value"
    assert sorted(names.values()) == ["day", "day_value", "on", "shop"]


def test_draft_refuses_a_chosen_date_column_without_dates(tmp_path):
    with pytest.raises(ConfigurationError, match=r"Column shop of .* has no dates: it holds 'A'"):
        drafted_from(tmp_path, ROWS, Choices("shop"))


@pytest.mark.parametrize(
    ("texts", "told"),
    [
        pytest.param(" {n}.5", "its numbers have spaces around them", id="blanks before numbers"),
        pytest.param(" 1.{n:03d},50", "its numbers have spaces around them", id="blanks before digit groups"),
        pytest.param("\u200b{n}", "its numbers have spaces around them", id="signs that show nowhere"),
        pytest.param("\u2212{n}", "currency or percent signs", id="a minus that is none"),
        pytest.param("({n}.50)", "currency or percent signs", id="negative numbers in parentheses"),
        pytest.param("({n}.50) €", "currency or percent signs", id="negative amounts of money in parentheses"),
        pytest.param("{n:04d}.50", "zeros in front", id="decimals padded with zeros"),
        pytest.param("\u2212{n} %", "currency or percent signs", id="negative percentages of typesetters"),
        pytest.param("$({n}.50)", "currency or percent signs", id="parentheses behind a currency"),
        pytest.param("1\u2019{n:03d}-", "currency or percent signs", id="a sign behind digit groups of Switzerland"),
        pytest.param("{n}.50-", "currency or percent signs", id="a sign behind a number"),
        pytest.param("{n}.5 °C", "'°C' behind them", id="a unit"),
        pytest.param("{n} kWh", "'kWh' behind them", id="another unit"),
        pytest.param("24-Mai-{n:02d}", "names of months", id="days with a month's name"),
        pytest.param("{n:02d} juil. 2024", "names of months", id="a month's French name"),
    ],
)
def test_draft_reports_text_that_readers_take_for_numbers_or_dates(tmp_path, texts, told):
    drafted = drafted_from(tmp_path, table("day;shop;x", lambda n: f"{day(n)};{shop(n)};{texts.format(n=n)}"))
    assert contract_in(drafted).column("x").logical_type == "string"
    assert told in next(line for line in drafted.text.splitlines() if "x: its" in line)


@pytest.mark.parametrize("text", ["<0.5", "7.1*", "about 7"])
def test_draft_reports_numbers_that_stay_text_for_a_few_other_texts(tmp_path, text):
    rows = table("day,shop,lead,code", lambda n: f"{day(n)},{shop(n)},{text if n % 5 == 0 else n},{n}{'ab'[: n % 2]}")
    told = f"lead: left as text: most of its values are numbers, but 8 are not, such as {text!r}"
    guesses = drafted_from(tmp_path, rows).guesses
    assert [each for each in guesses if "left as text" in each] == [told], "codes are texts"


def test_draft_reports_a_single_other_text_among_numbers(tmp_path):
    rows = "day,lead\n" + "".join(f"{day(n)},{'about 7' if n == 3 else n}\n" for n in range(9))
    told = "lead: left as text: most of its values are numbers, but 1 is not, such as 'about 7'"
    assert told in drafted_from(tmp_path, rows).guesses


def test_numbers_of_parquet_that_stand_for_missing_values_are_not_summed_in_silence(tmp_path):
    days = pa.array([datetime(2024, 1, 1 + n % 28) for n in range(40)])
    rain = pa.array([-999 if n % 5 == 0 else n for n in range(40)])
    drafted = drafted_from(tmp_path, parquet(day=days, rain=rain), name="a.parquet")
    contract = tried(tmp_path, drafted)
    assert contract.missing_texts(contract.column("rain")) == ("-999",)
    assert any("far below all other values" in guess for guess in drafted.guesses)


@pytest.mark.parametrize(
    "kind", [pa.float64(), pa.float32(), pa.decimal128(9, 2), pa.decimal128(20, 7)], ids=["double", "float", "2", "7"]
)
@pytest.mark.parametrize("nothing", ["-999", "-999.9"])
def test_decimals_of_parquet_that_stand_for_missing_values_are_written_as_runs_read_them(tmp_path, kind, nothing):
    days = pa.array([datetime(2024, 1, 1 + n % 28) for n in range(40)])
    rain = pa.array([nothing if n % 5 == 0 else f"{n}.25" for n in range(40)]).cast(kind)
    contract = tried(tmp_path, drafted_from(tmp_path, parquet(day=days, rain=rain), name="a.parquet"))
    path, store = tmp_path / "a.parquet", LocalObjectStore()
    source = Source(str(path), 0, "", path.stat().st_size, read_headers(store, contract, [str(path)])[str(path)], TODAY)
    (batch,) = read_batches(store, RawPart(str(path), 0, 0, 1), source, contract)
    assert batch.texts["rain"].null_count == 8


def test_draft_names_the_column_that_makes_it_unsound(tmp_path):
    rows = table("on,events,rows_of_day", lambda n: f"{day(n)},{n % 7},{shop(n)}")
    with pytest.raises(
        ConfigurationError, match=r"would be invalid: .* two published columns would be named rows_of_day"
    ):
        drafted_from(tmp_path, rows, Choices(entity=("rows_of_day",)))


def test_draft_reports_rows_that_share_a_chosen_key(tmp_path):
    lines = drafted_from(tmp_path, ROWS, Choices(key=("shop",))).text.splitlines()
    assert "#   primaryKey: shop (38 rows repeat the key of another row and are duplicates)" in lines


@pytest.mark.parametrize("choices", [Choices(key=("none", "shop")), Choices(entity=("shop", "none"))])
def test_column_and_none_at_once_are_refused(tmp_path, choices):
    with pytest.raises(ConfigurationError, match="names both shop and none"):
        drafted_from(tmp_path, ROWS, choices)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("order_id,line_no", id="an order of one line"),
        pytest.param("invoice_id,position", id="an invoice of one position"),
    ],
)
def test_id_of_something_with_several_rows_is_not_a_key(tmp_path, header):
    rows = table(f"{header},day,amount", lambda n: f"O{n},1,{day(n)},{n % 7}")
    assert contract_in(drafted_from(tmp_path, rows)).key == ()


def test_number_of_the_row_from_0_on_is_no_key_whatever_its_name(tmp_path):
    assert contract_in(drafted_from(tmp_path, table("id,day,shop", lambda n: f"{n},{day(n)},{shop(n)}"))).key == ()
    of_database = table("id,day,shop", lambda n: f"{n + 1},{day(n)},{shop(n)}")
    assert contract_in(drafted_from(tmp_path, of_database)).key == ("id",)


@pytest.mark.parametrize(
    ("number", "is_told"),
    [
        pytest.param(lambda n: f"{n + 1}", True, id="from 1"),
        pytest.param(lambda n: f"{40 - n}", True, id="down to 1"),
        pytest.param(lambda n: f"INV-{n + 1:04d}", True, id="in codes"),
        pytest.param(lambda n: f"{n + 10_001}", False, id="from where an earlier file ended"),
        pytest.param(lambda n: f"{3 * n + 1}", False, id="with gaps"),
        pytest.param(lambda n: f"{'AB'[n % 2]}-{n + 1:04d}", False, id="in codes of several kinds"),
    ],
)
def test_draft_reports_first_that_a_key_may_restart_in_each_file(tmp_path, number, is_told):
    drafted = drafted_from(tmp_path, table("id,day,shop", lambda n: f"{number(n)},{day(n)},{shop(n)}"))
    assert contract_in(drafted).key == ("id",)
    assert any("id numbers the rows of this file" in line for line in drafted.warnings) is is_told
    assert any("id numbers the rows of this file" in line for line in drafted.text.splitlines()[:4]) is is_told


def test_key_that_goes_on_from_file_to_file_is_one(tmp_path):
    for file in range(2):
        rows = table("id,day,shop", lambda n, file=file: f"{40 * file + n + 1},{day(n, 2020 + file)},{shop(n)}")
        (tmp_path / f"{file}.csv").write_text(rows)
    drafted = draft(tmp_path, "feed")
    assert (contract_in(drafted).key, drafted.warnings) == (("id",), ())


@pytest.mark.parametrize(
    ("text", "missing", "words"),
    [
        pytest.param("-999", ["-999"], "far below all other values", id="as of weather stations"),
        pytest.param("-99.9", ["-99.9"], "far below all other values", id="with a decimal"),
        pytest.param("9999.9", None, "far above all other values", id="above"),
        pytest.param("99", None, "far above all other values", id="two nines"),
        pytest.param("-200", None, None, id="no nines"),
        pytest.param("#DIV/0!", ["#DIV/0!"], None, id="of Excel"),
        pytest.param("1.#QNAN", ["1.#QNAN"], None, id="of C"),
    ],
)
def test_numbers_that_stand_for_missing_values_are_not_summed_in_silence(tmp_path, text, missing, words):
    rows = table("day,shop,rain", lambda n: f"{day(n)},{shop(n)},{f'{n}.5' if n % 5 else text}")
    drafted = drafted_from(tmp_path, rows)
    contract = tried(tmp_path, drafted)
    rain = contract.column("rain")
    assert (rain.logical_type, list(contract.missing_texts(rain))) == ("number", missing or [])
    assert any("far " in guess for guess in drafted.guesses) is (words is not None)
    assert words is None or words in drafted.text


def test_draft_reports_numbers_with_both_decimal_marks_but_no_codes(tmp_path):
    rows = table("day,sku,value", lambda n: f'{day(n)},ABC-{n},"{n}{",."[n % 2]}5"')
    guesses = drafted_from(tmp_path, rows).guesses
    assert "value: its numbers have points and commas as decimal marks, for instance '1.5' and '0,5'" in guesses
    assert not any(guess.startswith("sku: ") for guess in guesses)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param(
            lambda n: f"{n + 1}.{37 * n % 1000:03d}", "with --decimal-mark comma it separates thousands", id="thousands"
        ),
        pytest.param(lambda n: "9999.9" if n % 5 == 0 else f"{n}.5", "it stands for a missing value", id="nines"),
    ],
)
def test_draft_warns_on_the_terminal_of_ambiguous_numbers(tmp_path, value, words):
    rows = table("day,shop,value", lambda n: f"{day(n)},{shop(n)},{value(n)}")
    (told,) = drafted_from(tmp_path, rows).warnings
    assert told.startswith("value: check ")
    assert words in told


def test_draft_reports_objects_within_values(tmp_path):
    lines = [f'{{"day": "{day(n)}", "paid": {{"amount": "{n}.50", "currency": "EUR"}}}}' for n in range(40)]
    guesses = drafted_from(tmp_path, "\n".join(lines), name="feed.json").guesses
    assert any(guess.startswith("paid: its values are objects or lists") for guess in guesses)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("-1.000,10 EUR", "currency", id="a currency's code behind digit groups"),
        pytest.param("EUR 12.50", "currency", id="a currency's code before"),
        pytest.param("1,10,000.50", "digit groups", id="lakhs"),
        pytest.param("1.23E+12", "ids have lost their last digits", id="ids that Excel has damaged"),
        pytest.param("25:15:00", "hours from 24 on", id="times of a timetable"),
    ],
)
def test_draft_reports_texts_that_only_look_like_numbers_or_times(tmp_path, text, words):
    drafted = drafted_from(tmp_path, table("day,shop,value", lambda n: f'{day(n)},{shop(n)},"{text}"'))
    assert tried(tmp_path, drafted).column("value").logical_type == ("number" if "E+" in text else "string")
    assert any(guess.startswith("value: ") and words in guess for guess in drafted.guesses)


def test_names_are_published_as_long_as_the_catalog_takes_them(tmp_path):
    rows = table(f"day,shop,{'x' * 300},{'x' * 299}y", lambda n: f"{day(n)},{shop(n)},{n},{n}")
    names = [column.name for column in contract_in(drafted_from(tmp_path, rows)).columns]
    assert max(map(len, names)) < 210
    assert len(set(names)) == 4

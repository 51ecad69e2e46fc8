"""Unusual values in feeds: keys, numbers, days, texts, and open questions."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quartal.contracts.drafting import Choices, draft
from quartal.contracts.row_judge import LocalObjectStore, RawPart, Source, read_batches, read_headers
from quartal.contracts.trying import try_files
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
    ("header", "text"),
    [
        pytest.param("part", lambda n: f"{n + 10}E{n % 9}", id="digits, an E and digits"),
        pytest.param("commit", lambda n: f"{1_234_567 + n}{f'e{n % 9}' if n % 3 else ''}", id="some digits of a hash"),
        pytest.param("version", lambda n: f"1.{n}", id="versions"),
    ],
)
def test_codes_that_look_like_numbers_stay_text(tmp_path, header, text):
    drafted = drafted_from(tmp_path, table(f"day,{header}", lambda n: f"{day(n)},{text(n)}"))
    assert tried(tmp_path, drafted).column(header).logical_type == "string"


@pytest.mark.parametrize("text", ["{n}.5E3", "{n}e+3", "{n}E-03"])
def test_numbers_with_exponents_are_numbers(tmp_path, text):
    drafted = drafted_from(tmp_path, table("day,part", lambda n: f"{day(n)},{text.format(n=n)}"))
    assert tried(tmp_path, drafted).column("part").logical_type == "number"


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


def test_moments_of_int96_are_read_whatever_their_year(tmp_path):
    file = io.BytesIO()
    at = [datetime(9999, 12, 31) if n == 3 else datetime(2024, 1, 1 + n % 28, n % 24) for n in range(100)]
    pq.write_table(pa.table({"at": at}), file, use_deprecated_int96_timestamps=True)
    drafted = drafted_from(tmp_path, file.getvalue(), name="a.parquet")
    assert tried(tmp_path, drafted).features.event_time.timestamp == "at"


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
        pytest.param("24-Mai-{n:02d}", "names of months", id="days with a month's name"),
        pytest.param("{n:02d} juil. 2024", "names of months", id="a month's French name"),
    ],
)
def test_draft_reports_text_that_readers_take_for_numbers_or_dates(tmp_path, texts, told):
    drafted = drafted_from(tmp_path, table("day;shop;x", lambda n: f"{day(n)};{shop(n)};{texts.format(n=n)}"))
    assert contract_in(drafted).column("x").logical_type == "string"
    assert told in next(line for line in drafted.text.splitlines() if "x: its" in line)


@pytest.mark.parametrize("number", ["{}", "{}.25"], ids=["days", "times"])
def test_draft_reports_serial_days_of_excel(tmp_path, number):
    with pytest.raises(ConfigurationError, match="date: may be Excel's day numbers"):
        drafted_from(tmp_path, table("date,shop", lambda n: f"{number.format(45_000 + n)},{shop(n)}"))


@pytest.mark.parametrize(
    ("form", "told"),
    [
        pytest.param("%d.%m.%Y %I:%M nachm.", "its dates have 12-hour times", id="afternoons in German"),
        pytest.param("%d/%m/%Y %I:%M:%S p. m.", "its dates have 12-hour times", id="afternoons in Spanish"),
        pytest.param("%Y/%m/%d 下午 %I:%M:%S", "its dates have 12-hour times", id="afternoons in Chinese"),
        pytest.param("Q1 %Y", "its dates have weeks or quarters", id="a quarter first"),
        pytest.param("KW %V/%Y", "its dates have weeks or quarters", id="weeks in German"),
        pytest.param("%m/%Y", "its dates have months without a day", id="the month first"),
        pytest.param("%Y-%j", "its dates have days of the year", id="days of the year"),
        pytest.param("%d%m%Y", "its dates are not recognized, .* by format ddMMyyyy or MMddyyyy", id="digits"),
        pytest.param("%Y-%m-%d %H:%M:%S GMT+1", "its dates have a form that drafts do not", id="an offset behind GMT"),
        pytest.param("%d.%m.%Y 10:00 - %d.%m.%Y 10:15", "its dates have a form that drafts do not", id="spans"),
        pytest.param("%a %Y-%m-%d", "its dates have a form that drafts do not", id="days of the week"),
        pytest.param("%y%m%d", "its texts, such as '240101', are no dates that contracts read", id="packed"),
        pytest.param("%m", "only parts of dates", id="months"),
        pytest.param("%B", "only parts of dates", id="names of months alone"),
    ],
)
def test_days_in_a_form_that_no_contract_reads_are_refused_by_what_they_are(tmp_path, form, told):
    at = [datetime(2024, 1 + n % 12, 1 + n % 28, 9, 30) for n in range(60)]
    with pytest.raises(ConfigurationError, match=rf"holds dates: day: {told}"):
        drafted_from(tmp_path, table("day;shop", lambda n: f"{at[n].strftime(form)};{shop(n)}", 60))


@pytest.mark.parametrize(
    ("written", "form"),
    [
        pytest.param("%Y年%m月%d日", "yyyy'年'MM'月'dd'日'", id="Japanese"),
        pytest.param("%Y년 %m월 %d일", "yyyy'년' MM'월' dd'일'", id="Korean"),
        pytest.param("%Y. %m. %d.", "yyyy. MM. dd.", id="Hungarian"),
        pytest.param("%Y.%m.%d.", "yyyy.MM.dd.", id="Hungarian without blanks"),
        pytest.param("%d. %m. %Y", "dd. MM. yyyy", id="Czech"),
        pytest.param("%d.%m.%Y %H.%M.%S", "dd.MM.yyyy HH.mm.ss", id="times with points"),
        pytest.param("%d.%m.%Y %H:%M Uhr", "dd.MM.yyyy HH:mm 'Uhr'", id="a word behind the time"),
        pytest.param("%d/%m/%Y %Hh%M", "dd/MM/yyyy HH'h'mm", id="French"),
        pytest.param("%d.%m.%Y - %H:%M", "dd.MM.yyyy - HH:mm", id="a dash"),
        pytest.param("%Y-%m-%d %H:%M:%S,125", "yyyy-MM-dd HH:mm:ss,SSS", id="a comma before the fraction"),
        pytest.param("%Y-%m-%d  %H:%M:%S", "yyyy-MM-dd  HH:mm:ss", id="two blanks"),
        pytest.param("%Y-%m-%d %H:%M:%S.125+00", "yyyy-MM-dd HH:mm:ss.SSS'+00'", id="UTC of PostgreSQL"),
    ],
)
def test_days_are_read_as_countries_and_programs_write_them(tmp_path, written, form):
    at = [datetime(2024, 1 + n % 12, 1 + n % 28, 9, 30, tzinfo=UTC) for n in range(60)]
    drafted = drafted_from(tmp_path, table("day;shop", lambda n: f"{at[n].strftime(written)};{shop(n)}", 60))
    contract = tried(tmp_path, drafted)
    assert (contract.event_column.rules.format, drafted.verdict.kept) == (form, 60)
    days = {day for _, day, _ in try_files(contract, [tmp_path / "feed.csv"]).days}
    assert days == set(sorted({each.date() for each in at})[: len(days)])


def test_order_that_the_user_names_counts_against_a_single_day(tmp_path):
    rows = table("day,shop", lambda n: f"{'13/01/2024' if n == 7 else f'0{1 + n % 9}/0{1 + n % 8}/2024'},{shop(n)}")
    assert contract_in(drafted_from(tmp_path, rows)).event_column.rules.format == "dd/MM/yyyy"
    drafted = drafted_from(tmp_path, rows, Choices(date_order="month"))
    assert tried(tmp_path, drafted).event_column.rules.format == "MM/dd/yyyy"
    assert dict(drafted.verdict.broken) == {"day.format": 1}


def test_column_that_shows_another_order_than_the_user_names_is_reported(tmp_path):
    rows = table("day,paid,shop", lambda n: f"0{1 + n % 9}/0{1 + n % 8}/2024,{13 + n % 9}/0{1 + n % 8}/2024,{shop(n)}")
    drafted = drafted_from(tmp_path, rows, Choices(date_order="month"))
    contract = tried(tmp_path, drafted)
    assert [contract.column(name).rules.format for name in ("day", "paid")] == ["MM/dd/yyyy", "dd/MM/yyyy"]
    assert "paid: read with the day first, as its dates show, in spite of --date-order month" in drafted.guesses


def test_names_of_utc_are_each_read(tmp_path):
    rows = table("at,shop", lambda n: f"{day(n)} 10:00:00 {('UTC', 'GMT')[n % 2]},{shop(n)}")
    drafted = drafted_from(tmp_path, rows)
    rules = tried(tmp_path, drafted).event_column.rules
    assert (rules.time_zone, drafted.verdict.kept) == ("UTC", 40)


def test_days_of_which_some_have_a_time_are_refused_by_examples(tmp_path):
    rows = table("day,shop", lambda n: f"{day(n)}{' 10:00:00' if n % 2 else ''},{shop(n)}")
    with pytest.raises(ConfigurationError, match="a time of day in some rows only, '2024-01-01 10:00:00' and '2024"):
        drafted_from(tmp_path, rows)


def test_days_without_a_value_as_sap_writes_them_are_missing(tmp_path):
    rows = table("BUDAT,shop", lambda n: f"{'00000000' if n % 8 == 0 else day(n).replace('-', '')},{shop(n)}")
    drafted = drafted_from(tmp_path, rows)
    contract = tried(tmp_path, drafted)
    assert contract.event_column.rules.format == "yyyyMMdd"
    assert (drafted.verdict.kept, dict(drafted.verdict.broken)) == (35, {"budat.required": 5})


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(lambda n: f"{n * 2_345_671:08d}", id="codes of eight digits"),
        pytest.param(lambda n: f"Market {n}", id="a word that begins like a month"),
        pytest.param(lambda n: f"10.1.{n}.7", id="addresses"),
        pytest.param(lambda n: f"{n + 2}.{n}.99.1", id="versions"),
        pytest.param(lambda n: f"{1980 + n}-{(81 + n) % 100:02d}", id="seasons"),
    ],
)
def test_texts_that_resemble_dates_are_not_said_to_be_dates(tmp_path, text):
    guesses = drafted_from(tmp_path, table("day,ref", lambda n: f"{day(n)},{text(n)}")).guesses
    assert not any("ref: its dates" in guess for guess in guesses)


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


@pytest.mark.parametrize("away", ["1900-01-01", "1970-01-01", "2099-12-31"])
def test_draft_warns_of_a_day_far_from_all_others_that_may_mean_no_day(tmp_path, away):
    rows = table("day,shop,paid", lambda n: f"{away if n % 8 == 0 else day(n)},{shop(n)},{away if n % 3 else day(n)}")
    (told,) = drafted_from(tmp_path, rows).warnings
    assert told.startswith(f"day: check {away}: 5 rows have it, far from all other days")


def test_draft_does_not_warn_of_days_that_are_near_to_others(tmp_path):
    rows = table("day,shop", lambda n: f"{19 + n // 20}{60 + 5 * (n % 8)}-01-01,{shop(n)}")
    assert drafted_from(tmp_path, rows).warnings == ()


def test_days_that_mean_no_end_are_no_days_of_events(tmp_path):
    rows = table("valid,shop", lambda n: f"{'9999-12-31' if n % 2 else day(n)},{shop(n)}")
    with pytest.raises(ConfigurationError, match="holds days from 2024-01-01 to 9999-12-31"):
        drafted_from(tmp_path, rows)


@pytest.mark.parametrize(
    ("number", "told"),
    [
        pytest.param(20_240_101, "its dates are stored as numbers", id="digits of a day"),
        pytest.param(1_700_000_000_000_000_000, "nanoseconds since 1970", id="nanoseconds"),
    ],
)
def test_draft_reports_parquet_numbers_that_readers_take_for_days(tmp_path, number, told):
    with pytest.raises(ConfigurationError, match=f"date: its dates .*{told.removeprefix('its dates ')}"):
        drafted_from(tmp_path, parquet(date=pa.array([number + n % 28 for n in range(40)])), name="a.parquet")


def test_long_ids_are_not_said_to_be_times(tmp_path):
    ids = table("day,tweet", lambda n: f"{day(n)},{1_234_567_890_123_456_789 + n * 10**9}")
    guesses = drafted_from(tmp_path, ids).guesses
    assert not any("tweet: its dates" in guess for guess in guesses)


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


@pytest.mark.parametrize(("other", "form"), [("{}/0{}/2024", "dd/MM/yyyy"), ("0{1}/{0}/2024", "MM/dd/yyyy")])
def test_day_comes_first_where_another_column_shows_it(tmp_path, other, form):
    rows = table(
        "order_day,sent,n", lambda n: f"0{n % 9 + 1}/0{n % 7 + 1}/2024,{other.format(13 + n % 15, n % 7 + 1)},{n}"
    )
    drafted = drafted_from(tmp_path, rows)
    contract = tried(tmp_path, drafted)
    assert [contract.column(name).rules.format for name in ("order_day", "sent")] == [form, form]
    assert contract.features.event_time.date == "order_day"
    assert "order_day: read with the" in drafted.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param(
            lambda n: f"{13 + n}/02/2024" if n < 10 else f"02/{n - 5}/2024",
            "differ in the order of day and month",
            id="both orders",
        ),
        pytest.param(
            lambda n: f"2024-{13 + n % 15}-02",
            "include days that do not exist, such as '2024-13-02'",
            id="the year, then the day",
        ),
    ],
)
def test_draft_reports_impossible_dates(tmp_path, text, words):
    with pytest.raises(ConfigurationError, match=f"day: its dates .*{words}"):
        drafted_from(tmp_path, table("day,shop", lambda n: f"{text(n % 25)},{shop(n)}"))


def test_draft_reports_objects_within_values(tmp_path):
    lines = [f'{{"day": "{day(n)}", "paid": {{"amount": "{n}.50", "currency": "EUR"}}}}' for n in range(40)]
    guesses = drafted_from(tmp_path, "\n".join(lines), name="feed.json").guesses
    assert any(guess.startswith("paid: its values are objects or lists") for guess in guesses)


def test_spans_of_time_are_no_times_of_day(tmp_path):
    rows = table("day,shop,duration", lambda n: f"{day(n)},{shop(n)},{n % 3}:{n:02d}:00")
    assert tried(tmp_path, drafted_from(tmp_path, rows)).features.event_time.time is None


def test_numbers_of_orders_that_begin_with_the_day_are_no_times(tmp_path):
    rows = table("order_no,day,shop", lambda n: f"20240101{n % 24:02d}{n:02d},{day(n)},{shop(n)}")
    assert tried(tmp_path, drafted_from(tmp_path, rows)).event_column.name == "day"


def test_packed_hours_are_refused_by_name(tmp_path):
    rows = table("mess_datum,station,rain", lambda n: f"{day(n).replace('-', '')}{n % 24:02d},{shop(n)},{n}")
    for choices in (Choices(), Choices(event_time="mess_datum")):
        with pytest.raises(ConfigurationError, match="hours without minutes"):
            drafted_from(tmp_path, rows, choices)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        pytest.param(lambda n: f"{day(n).replace('-', '')}{n % 24:02d}{n:02d}", "yyyyMMddHHmm", id="minutes"),
        pytest.param(lambda n: f"{day(n).replace('-', '')}{n % 24:02d}{n:02d}59", "yyyyMMddHHmmss", id="seconds"),
        pytest.param(lambda n: f"{1704067200 + 60 * n}", "epochSeconds", id="seconds since 1970"),
        pytest.param(
            lambda n: f"{1704060912 + n}", "epochSeconds", id="seconds since 1970 that look like a day of 1704"
        ),
    ],
)
def test_packed_times_are_not_seconds_since_1970(tmp_path, text, form):
    drafted = drafted_from(tmp_path, table("mess_datum,station,rain", lambda n: f"{text(n)},{shop(n)},{n}"))
    contract = tried(tmp_path, drafted)
    assert contract.event_column.rules.format == form
    assert drafted.verdict.kept == 40


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

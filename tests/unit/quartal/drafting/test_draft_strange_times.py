"""Unusual days and times in feeds."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quartal.contracts.drafting import Choices
from quartal.contracts.trying import try_files
from quartal.core.errors import ConfigurationError
from tests.unit.quartal.drafting.drafts import contract_in, day, drafted_from, parquet, shop, table, tried


def test_moments_of_int96_are_read_whatever_their_year(tmp_path):
    file = io.BytesIO()
    at = [datetime(9999, 12, 31) if n == 3 else datetime(2024, 1, 1 + n % 28, n % 24) for n in range(100)]
    pq.write_table(pa.table({"at": at}), file, use_deprecated_int96_timestamps=True)
    drafted = drafted_from(tmp_path, file.getvalue(), name="a.parquet")
    assert tried(tmp_path, drafted).features.event_time.timestamp == "at"


@pytest.mark.parametrize(
    ("first", "decimals", "told"),
    [
        pytest.param(45_000, "", "may be Excel's day numbers: format", id="days of Excel"),
        pytest.param(45_000, ".25", "may be Excel's day numbers: format", id="times of Excel"),
        pytest.param(19_723, "", "may be days since 1970", id="days of Debezium"),
        pytest.param(20_100, "", "may be Excel's day numbers, or days since 1970", id="days of either"),
    ],
)
def test_draft_reports_serial_days_and_does_not_sum_them(tmp_path, first, decimals, told):
    with pytest.raises(ConfigurationError, match=f"date: {told}"):
        drafted_from(tmp_path, table("date,shop", lambda n: f"{first + n}{decimals},{shop(n)}"))
    drafted = drafted_from(tmp_path, table("day,paid_date", lambda n: f"{day(n)},{first + n}{decimals}"))
    assert any(guess.startswith(f"paid_date: {told}") for guess in drafted.guesses)
    assert contract_in(drafted).features.measures == ()


def test_seconds_since_1970_in_32_bits_are_refused_as_times(tmp_path):
    at = pa.array([1_704_096_000.0 + 60 * n for n in range(40)], pa.float32())
    for choices in (None, Choices("ts")):
        with pytest.raises(ConfigurationError, match=r"ts.*: may be the time since 1970, of which 32 bits hold no"):
            drafted_from(tmp_path, parquet(ts=at), choices, name="a.parquet")


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
        pytest.param("[%d/%b/%Y:%H:%M:%S +0000]", "its dates have names of months", id="logs of web servers"),
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


def test_order_that_few_days_show_is_reported_in_spite_of_the_users(tmp_path):
    rows = table("day,shop", lambda n: f"{'13' if n == 1 else f'0{n + 1}'}/0{n + 1}/2024,{shop(n)}", 5)
    drafted = drafted_from(tmp_path, rows, Choices(date_order="month"))
    assert tried(tmp_path, drafted).event_column.rules.format == "dd/MM/yyyy"
    assert "day: read with the day first, as its dates show, in spite of --date-order month" in drafted.guesses


@pytest.mark.parametrize("rows", [5, 300])
def test_days_in_both_orders_are_refused_for_that_whatever_the_user_names(tmp_path, rows):
    written = table("day,shop", lambda n: f"{('13/05', '05/13', '07/01')[n % 3]}/2024,{shop(n)}", rows)
    with pytest.raises(ConfigurationError, match="differ in the order of day and month, '13/05/2024' and '05/13/2024'"):
        drafted_from(tmp_path, written, Choices(date_order="month"))


def test_column_that_shows_another_order_than_the_user_names_is_reported(tmp_path):
    rows = table("day,paid,shop", lambda n: f"0{1 + n % 9}/0{1 + n % 8}/2024,{13 + n % 9}/0{1 + n % 8}/2024,{shop(n)}")
    drafted = drafted_from(tmp_path, rows, Choices(date_order="month"))
    contract = tried(tmp_path, drafted)
    assert [contract.column(name).rules.format for name in ("day", "paid")] == ["MM/dd/yyyy", "dd/MM/yyyy"]
    assert "paid: read with the day first, as its dates show, in spite of --date-order month" in drafted.guesses


@pytest.mark.parametrize(
    ("endings", "has_note"), [((" UTC", " GMT"), False), (("+00", "+00"), False), ((" UTC", ""), True)]
)
def test_names_of_utc_are_each_read_as_offsets(tmp_path, endings, has_note):
    rows = table("at,shop", lambda n: f"{day(n)} 10:00:00{endings[n % 2]},{shop(n)}")
    drafted = drafted_from(tmp_path, rows)
    rules = tried(tmp_path, drafted).event_column.rules
    assert (rules.time_zone, drafted.verdict.kept) == ("UTC", 40)
    assert ("at: has no offset; read as UTC" in drafted.guesses) is has_note
    assert any("+00 is the only offset" in guess for guess in drafted.guesses) is ("+00" in endings)


def test_days_of_which_some_have_a_time_are_refused_by_examples(tmp_path):
    rows = table("day,shop", lambda n: f"{day(n)}{' 10:00:00' if n % 2 else ''},{shop(n)}")
    with pytest.raises(ConfigurationError, match="a time of day in some rows only, '2024-01-01 10:00:00' and '2024"):
        drafted_from(tmp_path, rows)


@pytest.mark.parametrize(
    ("nothing", "written", "form"),
    [
        pytest.param("00000000", "%Y%m%d", "yyyyMMdd", id="SAP"),
        pytest.param("0000-00-00 00:00:00", "%Y-%m-%d %H:%M:%S", "yyyy-MM-dd HH:mm:ss", id="MySQL"),
        pytest.param("0000-00-00T00:00:00.000", "%Y-%m-%dT%H:%M:%S.500", "yyyy-MM-dd'T'HH:mm:ss.SSS", id="Connector/J"),
    ],
)
def test_days_of_zeros_are_missing(tmp_path, nothing, written, form):
    at = [datetime(2024, 1, 1 + n % 28, 9, 30) for n in range(40)]
    rows = table("BUDAT,shop", lambda n: f"{nothing if n % 8 == 0 else at[n].strftime(written)},{shop(n)}")
    drafted = drafted_from(tmp_path, rows)
    contract = tried(tmp_path, drafted)
    assert contract.event_column.rules.format == form
    assert (drafted.verdict.kept, dict(drafted.verdict.broken)) == (35, {"budat.required": 5})


@pytest.mark.parametrize("column", ["day", "ts"])
def test_digits_of_other_scripts_are_refused(tmp_path, column):
    digits = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
    written = day if column == "day" else lambda n: str(1_700_000_000 + n)
    with pytest.raises(ConfigurationError, match=rf"{column}: its texts, such as .*, are no dates that contracts read"):
        drafted_from(tmp_path, table(f"{column},shop", lambda n: f"{written(n).translate(digits)},{shop(n)}"))


def test_numbers_under_the_name_of_a_time_are_refused_by_an_example(tmp_path):
    with pytest.raises(ConfigurationError, match=r"ts: its texts, such as '1.704096000E\+09', are no dates"):
        drafted_from(tmp_path, table("ts,shop", lambda n: f"{1_704_096_000 + n:.9E},{shop(n)}"))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(lambda n: f"{n * 2_345_671:08d}", id="codes of eight digits"),
        pytest.param(lambda n: f"Market {n}", id="a word that begins like a month"),
        pytest.param(lambda n: f"Mar {n}", id="a short word that is a month too"),
        pytest.param(lambda n: f"10.1.{n}.7", id="addresses"),
        pytest.param(lambda n: f"{n + 2}.{n}.99.1", id="versions"),
        pytest.param(lambda n: f"{1980 + n}-{(81 + n) % 100:02d}", id="seasons"),
    ],
)
def test_texts_that_resemble_dates_are_not_said_to_be_dates(tmp_path, text):
    guesses = drafted_from(tmp_path, table("day,ref", lambda n: f"{day(n)},{text(n)}")).guesses
    assert not any("ref: its dates" in guess for guess in guesses)


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

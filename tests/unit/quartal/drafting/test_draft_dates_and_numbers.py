"""Dates and numbers as they are written, and orders of day and month that nothing shows."""

from __future__ import annotations

import pytest

from quartal.contracts.drafting import Choices
from tests.unit.quartal.drafting.drafts import AMBIGUOUS, contract_in, day, drafted_from, shop, table, tried


@pytest.mark.parametrize(
    ("text", "form", "others"),
    [
        pytest.param("2024-03-{d:02d} 07:05", "yyyy-MM-dd HH:mm", (), id="minutes"),
        pytest.param("2024-03-{d:02d} 07:05:09.123", "yyyy-MM-dd HH:mm:ss.SSS", (), id="fractions"),
        pytest.param("2024-03-{d:02d}T07:05:09+0200", "yyyy-MM-dd'T'HH:mm:ssXX", (), id="offsets without a colon"),
        pytest.param("2024/03/{d:02d}", "yyyy/MM/dd", (), id="slashes"),
        pytest.param("{d}.3.2024", "d.M.yyyy", (), id="no zeros"),
        pytest.param("{d:02d}-03-2024", "dd-MM-yyyy", (), id="dashes"),
        pytest.param("03/{d:02d}/2024 07:05:09", "MM/dd/yyyy HH:mm:ss", (), id="months first"),
        pytest.param("202403{d:02d}", "yyyyMMdd", (), id="digits alone"),
        pytest.param("202403{d:02d}070509", "yyyyMMddHHmmss", (), id="digits alone, with a time"),
        pytest.param("2024-03-{d:02d} 07:05:09 UTC", "yyyy-MM-dd HH:mm:ss 'UTC'", (), id="UTC in letters"),
    ],
)
def test_formats_of_dates_are_found(tmp_path, text, form, others):
    rows = table("day,shop,amount", lambda n: f"{text.format(d=1 + n % 28)},{shop(n)},{n % 7}")
    drafted = drafted_from(tmp_path, rows)
    rules = contract_in(drafted).column("day").rules
    assert (rules.format, rules.other_formats, drafted.verdict.kept) == (form, others, 40)


def test_draft_reports_both_formats_of_a_column(tmp_path):
    rows = table("at,shop", lambda n: f"2024-03-{1 + n % 28:02d}T07:05:09{'.250' if n % 3 else ''}Z,{shop(n)}")
    drafted = drafted_from(tmp_path, rows)
    rules = contract_in(drafted).column("at").rules
    assert (rules.format, rules.other_formats) == ("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", ("yyyy-MM-dd'T'HH:mm:ssXXX",))
    assert drafted.verdict.kept == 40


@pytest.mark.parametrize(
    ("text", "options"),
    [
        pytest.param("0.1234567{n}", {"rounding": 6}, id="many decimals"),
        pytest.param("{n}", {"decimal_separator": None}, id="whole numbers"),
        pytest.param("{n}e-3", {"rounding": 6, "notation": "free"}, id="exponents"),
        pytest.param(".{n}5", {"rounding": 6, "notation": "free"}, id="no digit before the point"),
        pytest.param('"{n},5"', {"decimal_separator": ","}, id="decimal commas"),
        pytest.param('",{n}5"', {"decimal_separator": ",", "notation": "free"}, id="no digit before the comma"),
        pytest.param('"{n},5E+02"', {"decimal_separator": ",", "notation": "free"}, id="exponents behind a comma"),
    ],
)
def test_numbers_are_drafted_as_they_are_written(tmp_path, text, options):
    drafted = drafted_from(tmp_path, table("day,shop,amount", lambda n: f"{day(n)},{shop(n)},{text.format(n=n)}"))
    contract = contract_in(drafted)
    assert contract.column("amount").rules.model_dump(include=set(options)) == options
    assert (drafted.verdict.kept, contract.features.measures[0].column) == (40, "amount")


@pytest.mark.parametrize("mark", [".", ","])
def test_few_decimals_among_whole_numbers_are_no_errors(tmp_path, mark):
    rows = table("day;shop;amount", lambda n: f"{day(n)};{shop(n)};{f'12{mark}5' if n == 7 else n}")
    drafted = drafted_from(tmp_path, rows)
    assert tried(tmp_path, drafted).column("amount").logical_type == "number"
    assert drafted.verdict.kept == 40
    assert drafted.warnings == (("amount: check 12,5: ',' is read as the decimal mark",) if mark == "," else ())


@pytest.mark.parametrize("mark", [".", ","])
def test_few_decimals_among_ids_leave_them_text(tmp_path, mark):
    rows = table("day;shop;customer id", lambda n: f"{day(n)};{shop(n)};{f'12{mark}5' if n == 7 else n}")
    assert tried(tmp_path, drafted_from(tmp_path, rows)).column("customer_id").logical_type == "string"


def test_unsupported_numbers_are_drafted_as_text_with_a_note(tmp_path):
    drafted = drafted_from(tmp_path, table("day,shop,amount", lambda n: f'{day(n)},{shop(n)},"$1,{200 + n}.50"'))
    assert contract_in(drafted).column("amount").logical_type == "string"
    assert "amount: its numbers have currency or percent signs" in drafted.text


# ------------------------------------------------------------------- thousands

US, GERMAN = {"thousands_separator": ","}, {"thousands_separator": ".", "decimal_separator": ","}


@pytest.mark.parametrize(
    ("text", "kind", "rules"),
    [
        pytest.param("1,2{n:02d}.50", "number", US, id="comma and point"),
        pytest.param("1.2{n:02d},50", "number", GERMAN, id="point and comma"),
        pytest.param("1,000,0{n:02d}", "integer", US, id="two commas"),
        pytest.param("1 2{n:02d}", "integer", {"thousands_separator": " "}, id="blanks"),
        pytest.param(
            "1\u202f2{n:02d},5", "number", {"thousands_separator": " ", "decimal_separator": ","}, id="narrow"
        ),
        pytest.param("1'2{n:02d}.05", "number", {"thousands_separator": "'"}, id="apostrophes"),
    ],
)
def test_thousands_that_stand_apart_are_drafted_where_texts_show_it(tmp_path, text, kind, rules):
    rows = table("day,shop,amount", lambda n: f'{day(n)},{shop(n)},"{n if n % 3 else text.format(n=n)}"')
    drafted = drafted_from(tmp_path, rows)
    contract = contract_in(drafted)
    column = contract.column("amount")
    assert (column.logical_type, column.rules.model_dump(include=set(rules))) == (kind, rules)
    assert (drafted.verdict.kept, contract.features.measures[0].column) == (40, "amount")


COMMAS = table("day,shop,amount", lambda n: f'{day(n)},{shop(n)},"1,2{n:02d}"')
POINTS = COMMAS.replace('"1,', '"1.')


@pytest.mark.parametrize(
    ("rows", "said", "kind", "rules"),
    [
        pytest.param(COMMAS, None, "string", {"thousands_separator": None}, id="comma, nobody says"),
        pytest.param(COMMAS, "point", "integer", US, id="comma, between thousands"),
        pytest.param(COMMAS, "comma", "number", {"decimal_separator": ","}, id="comma, before decimals"),
        pytest.param(POINTS, None, "number", {"thousands_separator": None}, id="point, nobody says"),
        pytest.param(POINTS, "comma", "integer", {"thousands_separator": "."}, id="point, between thousands"),
        pytest.param(POINTS, "point", "number", {"thousands_separator": None}, id="point, before decimals"),
    ],
)
def test_ambiguous_comma_or_point_is_reported_and_the_users_choice_counts(tmp_path, rows, said, kind, rules):
    drafted = drafted_from(tmp_path, rows, Choices(decimal_mark=said))
    column = contract_in(drafted).column("amount")
    assert (column.logical_type, column.rules.model_dump(include=set(rules))) == (kind, rules)
    assert ("--decimal-mark" in drafted.text) == (said is None)
    assert drafted.verdict.kept == 40


def test_other_columns_show_what_a_comma_stands_before(tmp_path):
    for written, kind in (("3,5", "number"), ("3.5", "integer")):
        rows = table("day,shop,size,amount", lambda n, w=written: f'{day(n)},{shop(n)},"{n}{w}","1,2{n:02d}"')
        drafted = drafted_from(tmp_path, rows)
        assert contract_in(drafted).column("amount").logical_type == kind
        assert ", like other columns" in drafted.text


@pytest.mark.parametrize("odd", ["12,5", "0,125", "1234,567"])
def test_text_with_decimals_is_no_error_in_a_column_with_thousands(tmp_path, odd):
    rows = table(
        "day,shop,amount", lambda n: f'{day(n)},{shop(n)},"{odd if n == 7 else f"1,{200 + n % 90}"}"', rows=400
    )
    drafted = drafted_from(tmp_path, rows)
    rules = contract_in(drafted).column("amount").rules
    assert (rules.decimal_separator, rules.thousands_separator, drafted.verdict.kept) == (",", None, 400)


# ------------------------------------------------------------------- times that are counted


@pytest.mark.parametrize(
    ("name", "write", "form"),
    [
        pytest.param("start", lambda n: 1_700_000_000 + 3_601 * n, "epochSeconds", id="another word for a time"),
        pytest.param("seen_at", lambda n: 1_700_000_000 + 3_601 * n, "epochSeconds", id="seconds"),
        pytest.param("ts", lambda n: 1_700_000_000_123 + 3_601_007 * n, "epochMilliseconds", id="milliseconds"),
        pytest.param(
            "timestamp", lambda n: 964_982_703 + 7_654_321 * n, "epochSeconds", id="nine digits, as MovieLens"
        ),
        pytest.param("created_at", lambda n: f"{1_700_000_000 + 3_601 * n}.5", "epochSeconds", id="fractions"),
        pytest.param(
            "time", lambda n: 1_700_000_000_000_000 + 3_601_000_007 * n, "epochMicroseconds", id="microseconds"
        ),
    ],
)
@pytest.mark.parametrize("form_of_file", ["csv", "json"])
def test_numbers_that_count_from_1970_on_are_event_times(tmp_path, name, write, form, form_of_file):
    if form_of_file == "csv":
        content = table(f"{name},shop,amount", lambda n: f"{write(n)},{shop(n)},{n % 7}")
    else:
        content = "".join(f'{{"{name}": {write(n)}, "shop": "{shop(n)}", "amount": {n % 7}}}\n' for n in range(40))
    drafted = drafted_from(tmp_path, content, name=f"feed.{form_of_file}")
    contract = contract_in(drafted)
    assert (contract.features.event_time.timestamp, contract.column(name).rules.format) == (name, form)
    assert drafted.verdict.kept == 40
    assert f"{name}: read as {form.removeprefix('epoch').lower()} since 1970" in drafted.text


def test_numbers_under_any_name_are_times_if_the_user_says_so(tmp_path):
    rows = table("day,clock,shop,amount", lambda n: f"{day(n)},{1_700_000_000 + n},{shop(n)},{n % 7}")
    drafted = drafted_from(tmp_path, rows)
    assert contract_in(drafted).column("clock").logical_type == "integer"
    assert "clock: may be the time since 1970; --event-time clock reads it that way" in drafted.text
    assert [measure.column for measure in contract_in(drafted).features.measures] == ["amount"]
    told = drafted_from(tmp_path, rows, Choices(event_time="clock"))
    assert contract_in(told).features.event_time.timestamp == "clock"


@pytest.mark.parametrize("number", ["12", "4155550123", "99999999"])
def test_arbitrary_numbers_are_not_times(tmp_path, number):
    rows = table("day,at,shop", lambda n: f"{day(n)},{int(number) + n},{shop(n)}")
    assert contract_in(drafted_from(tmp_path, rows)).column("at").logical_type == "integer"


# ------------------------------------------------------------------- what users say


@pytest.mark.parametrize(("order", "form"), [("day", "dd/MM/yyyy"), ("month", "MM/dd/yyyy")])
def test_order_of_day_and_month_follows_the_users_choice(tmp_path, order, form):
    drafted = drafted_from(tmp_path, AMBIGUOUS, Choices(date_order=order))
    assert (contract_in(drafted).column("day").rules.format, drafted.verdict.kept) == (form, 40)


def test_order_of_dates_with_dots_is_reported(tmp_path):
    rows = table("day,shop,amount", lambda n: f"0{1 + n % 9}.0{1 + n % 4}.2024,{shop(n)},{n % 7}")
    drafted = drafted_from(tmp_path, rows)
    assert contract_in(drafted).column("day").rules.format == "dd.MM.yyyy"
    assert "day: the day comes before the month, as usual in dates with dots: 01.01.2024" in drafted.text


def test_yes_no_columns_are_not_entities(tmp_path):
    rows = table("day,paid,amount", lambda n: f"{day(n)},{('yes', 'no')[n % 2]},{n % 7}")
    assert contract_in(drafted_from(tmp_path, rows)).features.entity == ()


def test_second_column_of_ambiguous_dates_is_drafted_as_text_with_a_note(tmp_path):
    rows = table("day,paid,shop", lambda n: f"{day(n)},0{1 + n % 9}/01/2024,{shop(n)}")
    drafted = drafted_from(tmp_path, rows)
    assert contract_in(drafted).column("paid").logical_type == "string"
    assert "paid: 01/01/2024 may begin with the day or the month" in drafted.text


def test_few_numbers_with_many_decimals_are_no_errors(tmp_path):
    rows = table("day,shop,size", lambda n: f"{day(n)},{shop(n)},{'1450.54285714286' if n == 7 else n}", rows=200)
    drafted = drafted_from(tmp_path, rows)
    rules = contract_in(drafted).column("size").rules
    assert (drafted.verdict.kept, rules.rounding, rules.decimal_separator) == (200, 6, None)

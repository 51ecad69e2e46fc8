"""Dates and numbers as they are written, and orders of day and month that nothing shows."""

from __future__ import annotations

import pytest

from quartal.contracts.drafting import Choices
from tests.unit.tooling.drafting.drafts import AMBIGUOUS, contract_in, day, drafted_from, shop, table


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


def test_two_formats_in_one_column_are_both_said(tmp_path):
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
    ],
)
def test_numbers_are_drafted_as_they_are_written(tmp_path, text, options):
    drafted = drafted_from(tmp_path, table("day,shop,amount", lambda n: f"{day(n)},{shop(n)},{text.format(n=n)}"))
    contract = contract_in(drafted)
    assert contract.column("amount").rules.model_dump(include=set(options)) == options
    assert (drafted.verdict.kept, contract.features.measures[0].column) == (40, "amount")


def test_numbers_that_no_contract_reads_are_text_and_told(tmp_path):
    drafted = drafted_from(tmp_path, table("day,shop,amount", lambda n: f'{day(n)},{shop(n)},"1,{200 + n}.50"'))
    assert contract_in(drafted).column("amount").logical_type == "string"
    assert "amount: its numbers have thousands separators" in drafted.text


# ------------------------------------------------------------------- what users say


@pytest.mark.parametrize(("order", "form"), [("day", "dd/MM/yyyy"), ("month", "MM/dd/yyyy")])
def test_order_of_day_and_month_is_as_was_said(tmp_path, order, form):
    drafted = drafted_from(tmp_path, AMBIGUOUS, Choices(date_order=order))
    assert (contract_in(drafted).column("day").rules.format, drafted.verdict.kept) == (form, 40)


def test_order_of_dates_with_dots_is_told(tmp_path):
    rows = table("day,shop,amount", lambda n: f"0{1 + n % 9}.0{1 + n % 4}.2024,{shop(n)},{n % 7}")
    drafted = drafted_from(tmp_path, rows)
    assert contract_in(drafted).column("day").rules.format == "dd.MM.yyyy"
    assert "day: the day before the month, as dates with dots are written: 01.01.2024" in drafted.text


def test_yes_and_no_are_nothing_that_features_are_about(tmp_path):
    rows = table("day,paid,amount", lambda n: f"{day(n)},{('yes', 'no')[n % 2]},{n % 7}")
    assert contract_in(drafted_from(tmp_path, rows)).features.entity == ()


def test_second_column_that_does_not_show_its_order_is_text_and_told(tmp_path):
    rows = table("day,paid,shop", lambda n: f"{day(n)},0{1 + n % 9}/01/2024,{shop(n)}")
    drafted = drafted_from(tmp_path, rows)
    assert contract_in(drafted).column("paid").logical_type == "string"
    assert "paid: 01/01/2024 may have its day or its month first" in drafted.text


def test_few_numbers_with_many_decimals_are_no_errors(tmp_path):
    rows = table("day,shop,size", lambda n: f"{day(n)},{shop(n)},{'1450.54285714286' if n == 7 else n}", rows=200)
    drafted = drafted_from(tmp_path, rows)
    rules = contract_in(drafted).column("size").rules
    assert (drafted.verdict.kept, rules.rounding, rules.decimal_separator) == (200, 6, None)

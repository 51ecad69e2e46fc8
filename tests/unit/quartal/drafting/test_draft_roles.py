"""Which column is the key, the time, the entity and a measure: by evidence, never by uniqueness alone."""

from __future__ import annotations

from datetime import date

import pytest

from quartal.contracts.drafting import Choices
from tests.unit.quartal.drafting.drafts import contract_in, day, drafted_from, shop, table

# ------------------------------------------------------------------- what a draft must not do


def test_measure_that_is_different_in_all_rows_is_no_key(tmp_path):
    drafted = drafted_from(tmp_path, table("day,shop,amount", lambda n: f"{day(n)},{shop(n)},{100 + 13 * n}"))
    contract = contract_in(drafted)
    assert contract.key == ()
    assert [measure.column for measure in contract.features.measures] == ["amount"]


@pytest.mark.parametrize("column", ["customer_id", "patient_id", "name", "email", "license_plate", "score", "salary"])
def test_people_and_measures_are_not_keys(tmp_path, column):
    drafted = drafted_from(tmp_path, table(f"day,shop,{column}", lambda n: f"{day(n)},{shop(n)},A{n}x"))
    assert contract_in(drafted).key == ()


def test_number_of_the_row_is_no_key_and_no_measure(tmp_path):
    drafted = drafted_from(tmp_path, table("rownames,day,shop", lambda n: f"{n + 1},{day(n)},{shop(n)}"))
    contract = contract_in(drafted)
    assert (contract.key, contract.features.measures) == ((), ())


@pytest.mark.parametrize("column", ["id", "order_id", "feed_id", "OrderID", "transaction id", "uuid"])
def test_column_that_is_named_like_a_key_is_one(tmp_path, column):
    contract = contract_in(drafted_from(tmp_path, table(f"{column},day,shop", lambda n: f"X{n},{day(n)},{shop(n)}")))
    assert [contract.column(name).name_in_file for name in contract.key] == [column]


def test_days_before_2000_are_accepted(tmp_path):
    drafted = drafted_from(tmp_path, table("day,shop,amount", lambda n: f"{day(n, 1854)},{shop(n)},{n % 7}"))
    assert drafted.verdict.kept == 40
    assert contract_in(drafted).column("day").rules.minimum == date(1854, 1, 1)


def test_days_ahead_are_accepted(tmp_path):
    drafted = drafted_from(tmp_path, table("day,shop,amount", lambda n: f"{day(n, 2150)},{shop(n)},{n % 7}"))
    assert drafted.verdict.kept == 40
    assert contract_in(drafted).column("day").rules.maximum == date(2150, 12, 31)


def test_unique_time_is_the_event_time_and_no_key(tmp_path):
    rows = table("station,at,temp", lambda n: f"{shop(n)},2024-01-0{1 + n // 24}T{n % 24:02d}:00:00Z,{n % 9}.5")
    contract = contract_in(drafted_from(tmp_path, rows))
    assert (contract.key, contract.features.entity) == ((), ("station",))
    assert contract.features.event_time.timestamp == "at"


@pytest.mark.parametrize("born", ["birth_date", "DateOfBirth", "dob"])
def test_day_of_birth_is_not_when_the_event_took_place(tmp_path, born):
    rows = table(f"{born},signup_date,shop,amount", lambda n: f"19{50 + n}-01-01,{day(n)},{shop(n)},{n % 4}")
    contract = contract_in(drafted_from(tmp_path, rows))
    assert (contract.features.event_time.date, contract.features.entity) == ("signup_date", ("shop",))


def test_end_and_second_dates_are_not_when_the_event_took_place_and_no_entity(tmp_path):
    rows = table("end_date,start_date,kwh", lambda n: f"{day(n + 2)},{day(n)},{n % 4}.5")
    contract = contract_in(drafted_from(tmp_path, rows))
    assert (contract.features.event_time.date, contract.features.entity) == ("start_date", ())


@pytest.mark.parametrize(
    "text", ["NA", "NULL", "\\N", "-", "n/a", "NaN", "#N/A", "#¡DIV/0!", "#DEEL/0!", "Err:502", "?", "trace"]
)
def test_text_for_a_missing_value_costs_neither_row_nor_measure(tmp_path, text):
    rows = table("day,shop,amount", lambda n: f"{day(n)},{shop(n)},{text if n % 9 == 0 else n % 7}")
    drafted = drafted_from(tmp_path, rows)
    contract = contract_in(drafted)
    assert (drafted.verdict.kept, drafted.verdict.rows) == (40, 40)
    assert [measure.column for measure in contract.features.measures] == ["amount"]
    assert contract.column("amount").rules.missing_values == (text,)


def test_single_broken_value_is_counted_as_an_error_and_reported(tmp_path):
    rows = table("day,shop,amount", lambda n: f"{day(n)},{shop(n)},{'12.50 EUR' if n == 7 else n}", rows=100)
    drafted = drafted_from(tmp_path, rows)
    assert drafted.verdict.broken == {"amount.format": 1}
    assert "#     amount.format: 1, such as '12.50 EUR'" in drafted.text.splitlines()


def test_long_values_are_accepted(tmp_path):
    drafted = drafted_from(tmp_path, table("day,shop,note", lambda n: f"{day(n)},{shop(n)},{'x' * 140_000}", rows=4))
    assert (drafted.verdict.kept, contract_in(drafted).column("note").rules.max_length) == (4, None)


def test_no_column_is_required_but_those_that_must_be(tmp_path):
    contract = contract_in(drafted_from(tmp_path, table("day,shop,amount", lambda n: f"{day(n)},{shop(n)},{n % 7}")))
    assert [column.name for column in contract.columns if column.required] == ["day", "shop"]


def test_ids_codes_places_and_parts_of_dates_are_no_measures(tmp_path):
    header = "day,shop,store_id,zip_code,lat,year,month,wday,flight_no,amount"
    rows = table(
        header,
        lambda n: (
            f"{day(n)},{shop(n)},{n % 3},{10115 + n},{52 + n / 8},{day(n)[:4]},{int(day(n)[5:7])},{n % 7},{n * 7},{n}"
        ),
    )
    contract = contract_in(drafted_from(tmp_path, rows))
    assert [measure.column for measure in contract.features.measures] == ["amount"]


# ------------------------------------------------------------------- what files may be


def test_names_of_a_file_are_kept_beside_those_that_are_published(tmp_path):
    header = "Verkauft am,Filiale,Größe.(cm),day,Été"
    contract = contract_in(drafted_from(tmp_path, table(header, lambda n: f"{day(n)},{shop(n)},{n}.5,{n % 28},{n}")))
    names = {column.name: column.name_in_file for column in contract.columns}
    assert names == {
        "verkauft_am": "Verkauft am",
        "filiale": "Filiale",
        "groesse_cm": "Größe.(cm)",
        "day": "day",
        "ete": "Été",
    }
    assert contract.features.entity == ("filiale",)


def test_entity_with_a_name_of_the_published_tables_gets_another(tmp_path):
    rows = table("on,share,amount", lambda n: f"{day(n)},{shop(n)},{n % 7}")
    contract = contract_in(drafted_from(tmp_path, rows, Choices(entity=("share",))))
    assert (contract.features.entity, contract.column("share_value").name_in_file) == (("share_value",), "share")


@pytest.mark.parametrize("store", ["store", "Store", "station_id", "Filialnr", "stationid", "id"])
def test_numbers_may_be_what_features_are_about(tmp_path, store):
    rows = table(f"Date,{store},Amount", lambda n: f"{day(n)},{101 + n % 3},{n % 7}.5")
    contract = contract_in(drafted_from(tmp_path, rows))
    assert [contract.column(name).name_in_file for name in contract.features.entity] == [store]


def test_series_without_an_entity_is_a_single_one(tmp_path):
    rows = table("date,temp,weather", lambda n: f"{day(2 * n)},{n % 9}.5,{'sun' if n % 3 else 'rain'}")
    drafted = drafted_from(tmp_path, rows)
    assert contract_in(drafted).features.entity == ()
    assert "#   entity: none, a single series; other candidates: weather" in drafted.text.splitlines()


def test_empty_lines_of_a_spreadsheet_do_not_take_the_entity_away(tmp_path):
    drafted = drafted_from(tmp_path, table("day,shop,amount", lambda n: f"{day(n)},{shop(n)},{n}.5") + ",,\n" * 20)
    assert contract_in(drafted).features.entity == ("shop",)


@pytest.mark.parametrize(
    ("column", "is_measure"),
    [
        pytest.param("num_trips", True, id="how many"),
        pytest.param("number of items", True, id="how many in words"),
        pytest.param("num_children", True, id="how many without an s"),
        pytest.param("num_factura", False, id="numbers of something"),
        pytest.param("stock", True, id="what may be counted as well"),
        pytest.param("LotArea", True, id="sizes"),
        pytest.param("cost_per_item", True, id="per something"),
        pytest.param("amount_account", True, id="amounts for something"),
        pytest.param("amount_type", False, id="types of amounts"),
        pytest.param("days_on_market", True, id="days somewhere"),
        pytest.param("flight_distance", True, id="distances"),
        pytest.param("phone_calls", True, id="events with a word of ids"),
        pytest.param("number_sold", True, id="how many are in a state"),
        pytest.param("id_clientes", False, id="ids of several"),
        pytest.param("hash_values", False, id="hashes of several"),
        pytest.param("created_by_user", False, id="somebody"),
        pytest.param("order_status", False, id="a word that is no plural"),
        pytest.param("payment_type", False, id="types"),
        pytest.param("room", False, id="rooms"),
        pytest.param("WERKS", False, id="plants of SAP"),
        pytest.param("Gegenkonto", False, id="accounts of DATEV"),
        pytest.param("Kontonummer", False, id="numbers in German"),
    ],
)
def test_whole_numbers_are_summed_unless_they_stand_for_something(tmp_path, column, is_measure):
    drafted = drafted_from(tmp_path, table(f"day,shop,{column}", lambda n: f"{day(n)},{shop(n)},{110 + 7 * n % 9}"))
    measures = [measure.column for measure in contract_in(drafted).features.measures]
    assert bool(measures) is is_measure
    assert any("(not quantities)" in guess for guess in drafted.guesses) is not is_measure


@pytest.mark.parametrize(
    ("column", "is_measure"),
    [
        ("visitors_per_day", True),
        ("Day Sales", True),
        ("data_usage_kb", True),
        ("sales_date", False),
        ("date_sold", False),
        ("data_vendas", False),
    ],
)
def test_large_whole_numbers_are_days_only_if_their_name_has_no_quantity(tmp_path, column, is_measure):
    drafted = drafted_from(tmp_path, table(f"day,shop,{column}", lambda n: f"{day(n)},{shop(n)},{45000 + 7 * n % 99}"))
    assert bool(contract_in(drafted).features.measures) is is_measure
    assert any("day numbers" in guess for guess in drafted.guesses) is not is_measure


def test_districts_are_not_summed(tmp_path):
    drafted = drafted_from(tmp_path, table("day,shop,AREA", lambda n: f"{day(n)},{shop(n)},{1 + 7 * n % 21}"))
    assert not contract_in(drafted).features.measures


def test_number_of_somebody_in_german_is_what_features_are_about(tmp_path):
    drafted = drafted_from(
        tmp_path, table("Personalnummer,Datum,Stunden", lambda n: f"{1000 + n % 7},{day(n)},{n % 9}.5")
    )
    assert contract_in(drafted).features.entity == ("personalnummer",)


def test_draft_reports_that_clocks_are_read_as_utc(tmp_path):
    drafted = drafted_from(tmp_path, table("day,time,shop", lambda n: f"{day(n)},1{n % 9}:30,{shop(n)}"))
    assert "eventTime: day and time; clocks are read as UTC, unless eventTime has a timeZone" in drafted.guesses


@pytest.mark.parametrize(("clock", "when"), [("time", ("day", "time", None)), ("i", (None, None, "ts"))])
def test_clock_takes_the_place_of_a_timestamp_only_if_it_is_named_like_one(tmp_path, clock, when):
    rows = table(f"day,ts,{clock}", lambda n: f"{day(n)},{day(n)} 0{n % 9}:00:00,00:{10 + n}:00")
    found = contract_in(drafted_from(tmp_path, rows)).features.event_time
    assert (found.date, found.time, found.timestamp) == when

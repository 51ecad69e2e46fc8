"""Contracts drafted from what files hold: they accept it, guess with care, and ask where a guess would be wrong."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import sqlite3
from collections.abc import Callable
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft201909Validator
from moto import mock_aws

from quartal.aws import AwsConnection
from quartal.cli.app import run
from quartal.contracts.drafting import Choices, Draft, draft, draft_of
from quartal.contracts.drafting.catalog_source import files_of_table
from quartal.contracts.drafting.database_source import table_sample
from quartal.contracts.drafting.questions import answered
from quartal.contracts.drafting.sources import sample_of
from quartal.contracts.linting import lint
from quartal.contracts.model import Contract
from quartal.errors import ConfigurationError

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "data" / "contracts" / "vehicle_sightings.yaml"


def contract_in(drafted: Draft) -> Contract:
    linted = lint(drafted.text, "draft")
    assert linted.problems == ()
    return linted.contracts[drafted.dataset]


def drafted_from(folder: Path, content: str | bytes, choices: Choices | None = None, name: str = "feed.csv") -> Draft:
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return draft(folder / name, "feed", choices or Choices())


def table(header: str, row: Callable[[int], str], rows: int = 40) -> str:
    return "\n".join([header, *map(row, range(rows))]) + "\n"


def day(n: int, year: int = 2024) -> str:
    return (dt.date(year, 1, 1) + dt.timedelta(n // 2)).isoformat()


def shop(n: int) -> str:
    return "AB"[n % 2]


def test_init_drafts_numbers_timestamps_and_measures_as_they_are_written(tmp_path):
    lines = ["ride;station;left_at;fee;minutes;member;zip;at"]
    for n in range(40):
        left, member = f"2024-05-0{n % 9 + 1}T10:00:00+02:00", "true" if n % 2 else "FALSE"
        lines.append(f"R{n};S{n % 3};{left};{n},50;{n};{member};0{n};2024-05-01 07:00:00")
    (tmp_path / "rides.csv").write_text("\n".join(lines))
    text = draft(tmp_path / "rides.csv", "rides").text
    standard = json.loads(resources.files("open_data_contract_standard").joinpath("schema.json").read_text())
    assert [error.message for error in Draft201909Validator(standard).iter_errors(yaml.safe_load(text))] == []
    contract = lint(text, "c.yaml").contracts["rides"]
    assert [(column.name, column.logical_type) for column in contract.columns] == [
        ("ride", "string"),
        ("station", "string"),
        ("left_at", "timestamp"),
        ("fee", "number"),
        ("minutes", "integer"),
        ("member", "boolean"),
        ("zip", "string"),
        ("at", "timestamp"),
    ]
    assert contract.column("left_at").rules.format == "yyyy-MM-dd'T'HH:mm:ssXXX"
    assert contract.column("fee").rules.decimal_separator == ","
    assert contract.column("at").rules.time_zone == "UTC"
    assert "#   at: without an offset, taken for UTC" in text.splitlines()
    assert contract.features.event_time.model_dump(exclude_none=True) == {"timestamp": "left_at"}
    assert [measure.column for measure in contract.features.measures] == ["fee", "minutes"]


ORDERS = "order;placed;at;shop;amount\n" + "".join(
    f"A-{n};{1 + n % 28:02d}.03.2024;{n % 24:02d}:15:00;{('Nord', 'Süd')[n % 2]};{n},50\n" for n in range(60)
)


def test_init_drafts_a_contract_that_lints_with_its_guesses_marked(tmp_path, capsys):
    feed, out = tmp_path / "orders-2024.csv.gz", tmp_path / "contracts" / "orders.yaml"
    feed.write_bytes(gzip.compress(ORDERS.encode("utf-8-sig")))
    assert run(["contract", "init", str(feed), "--dataset", "orders", "--out", str(out)]) == 0
    linted = lint(out.read_text(), str(out))
    assert linted.problems == ()
    contract = linted.contracts["orders"]
    assert (contract.key, contract.features.entity, contract.csv.delimiter) == (("order",), ("shop",), ";")
    assert contract.features.event_time.model_dump(exclude_none=True) == {"date": "placed", "time": "at"}
    assert contract.column("placed").rules.format == "dd.MM.yyyy"
    assert contract.column("placed").rules.minimum == date(2000, 1, 1)
    assert "days of events: from 2000-01-01 to the day after a file's upload" in out.read_text()
    assert "entity: shop (2 different values" in out.read_text()
    assert run(["contract", "init", str(feed), "--out", str(out)]) == 2  # it is not overwritten
    capsys.readouterr()
    assert run(["contract", "init", str(feed), "--dataset", "orders", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["dataset"], told["contract"], told["file"]) == ("orders", out.read_text(), None)
    assert (told["rows"], told["kept"], told["quarantined"], told["broken"]) == (60, 60, 0, {})


def test_init_of_the_sample_finds_what_its_contract_says(capsys):
    sample = next((ROOT / "data" / "sample" / "vehicle_sightings" / "delivery=2024Q1").glob("*.csv"))
    assert run(["contract", "init", str(sample)]) == 0
    drafted = lint(capsys.readouterr().out, "draft").contracts["vehicle_sightings"]
    written = lint(EXAMPLE.read_text(), "c.yaml").contracts["vehicle_sightings"]
    assert (drafted.key, drafted.features.entity, drafted.features.event_time) == (
        written.key,
        written.features.entity,
        written.features.event_time,
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "no header", id="empty"),
        pytest.param(b"a,b\n", "no header and rows", id="no rows"),
        pytest.param("name,day\nOpel,2024-01-01\n".encode("utf-16"), "not UTF-8", id="another encoding"),
        pytest.param(b"name,day\nOpel,x\n", "holds a date", id="no date"),
        pytest.param(b"shop,on,on\nx,2024-01-01,1\nx,2024-01-02,1\n", "appears twice", id="a name twice"),
        pytest.param(b"name,day\nOpel,Jan 1 2024\n", "day: its dates have names of months", id="names of months"),
        pytest.param(b"name,day\nOpel,1/2/24\n", "day: its dates have a year of two digits", id="two digits"),
        pytest.param(b"name,at\nOpel,2024-01-01 10:00:00+00\n", "at: .* an offset in hours alone", id="PostgreSQL's"),
        pytest.param(b"name,died\nA,2024-01-01\nB,\nC,\n", "died: 1 of 3 rows have a day", id="few days"),
        pytest.param(b"name,on\nA,2024-01-01\nB,2024-01-02\nC,then\n", "on: .* such as 'then'", id="other texts"),
        pytest.param(b"name,at\nA,2024-01-01 10:00 CET\n", "at: .* names of time zones", id="names of zones"),
        pytest.param(b"name,year\nOpel,2024\n", "year: parts of dates", id="years"),
        pytest.param(b"name,seen_at\nOpel,1700000000\n", "seconds or milliseconds since 1970", id="epoch"),
        pytest.param(b"name,day\nOpel,1/2/2024\n", "Column day .* day or month", id="day or month"),
        pytest.param(b"name,day\nOpel,1650-01-01\n", "Column day .* 1650-01-01", id="too early"),
        pytest.param(b"about Opels\n\nname,day,x\nA,2024-01-01,1\n", "1 values", id="a title before the header"),
        pytest.param(b"x,x\ny,z\n", "a value is there twice", id="neither a header nor data"),
        pytest.param(b"name,day\n1,A,2024-01-01\n2,B,2024-01-02\n", "names 2 columns", id="R's row names"),
        pytest.param(b'[{"day": "2024-01-01"}]', "one JSON array", id="a JSON array"),
        pytest.param(b'{"day": 1}\nx\ny\n', "2 of 3 lines hold no JSON object", id="no JSON"),
        pytest.param(b"PAR1 and no more", "cannot be read", id="no Parquet"),
        pytest.param(b"\x1f\x8b\x08 and no more", "compressed with gzip", id="gzip under another name"),
    ],
)
def test_init_says_why_a_file_is_no_feed(tmp_path, content, message):
    (tmp_path / "feed.csv").write_bytes(content)
    with pytest.raises(ConfigurationError, match=message):
        draft(tmp_path / "feed.csv", "feed")


@given(
    names=st.lists(st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True), min_size=1, max_size=4, unique=True),
    cells=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=30),
)
def test_init_drafts_a_sound_contract_or_says_why_not(tmp_path_factory, names, cells):
    feed = tmp_path_factory.mktemp("feed") / "feed.csv"
    rows = [",".join(["2024-01-05", "x", *cells[:1]]) for _ in range(3)]
    feed.write_text("\n".join([",".join(["on", "of", *names]), *rows]), encoding="utf-8")
    try:
        drafted = draft(feed, "feed")
    except ConfigurationError:
        return
    assert lint(drafted.text, "draft").problems == ()
    assert drafted.verdict.kept == drafted.verdict.rows


# ------------------------------------------------------------------- what a draft must not do


def test_measure_that_is_different_in_all_rows_is_no_key(tmp_path):
    drafted = drafted_from(tmp_path, table("day,shop,amount", lambda n: f"{day(n)},{shop(n)},{100 + 13 * n}"))
    contract = contract_in(drafted)
    assert contract.key == ()
    assert [measure.column for measure in contract.features.measures] == ["amount"]


@pytest.mark.parametrize("column", ["customer_id", "patient_id", "name", "email", "license_plate", "score", "salary"])
def test_people_and_measures_are_no_key(tmp_path, column):
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


@pytest.mark.parametrize("text", ["NA", "NULL", "\\N", "-", "n/a", "NaN", "#N/A", "?", "trace"])
def test_text_for_a_missing_value_costs_neither_row_nor_measure(tmp_path, text):
    rows = table("day,shop,amount", lambda n: f"{day(n)},{shop(n)},{text if n % 9 == 0 else n % 7}")
    drafted = drafted_from(tmp_path, rows)
    contract = contract_in(drafted)
    assert (drafted.verdict.kept, drafted.verdict.rows) == (40, 40)
    assert [measure.column for measure in contract.features.measures] == ["amount"]
    assert contract.column("amount").rules.missing_values == (text,)


def test_one_broken_value_is_an_error_and_told(tmp_path):
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
    assert "#   entity: none, a single series; it could be weather" in drafted.text.splitlines()


@pytest.mark.parametrize(
    ("delimiter", "quote", "options"),
    [
        pytest.param(";", '"', {}, id="semicolons"),
        pytest.param("\t", '"', {}, id="tabs"),
        pytest.param("|", '"', {}, id="bars"),
        pytest.param("^", '"', {}, id="a rare one"),
        pytest.param(",", "'", {"quote_symbol": "'"}, id="single quotes"),
    ],
)
def test_delimiters_and_quotes_are_found(tmp_path, delimiter, quote, options):
    def row(n: int) -> str:
        return delimiter.join([day(n), shop(n), f"{quote}a{delimiter} b{quote}", f"{n}.5"])

    drafted = drafted_from(tmp_path, table(delimiter.join(["day", "shop", "note", "amount"]), row))
    contract = contract_in(drafted)
    assert (drafted.verdict.kept, contract.csv.delimiter) == (40, delimiter)
    assert contract.csv.model_dump(include=set(options)) == options


def test_delimiter_is_the_one_that_cuts_the_header_too(tmp_path):
    drafted = drafted_from(tmp_path, table("day;shop;note", lambda n: f"{day(n)};{shop(n)};a, b, c, d"))
    assert (contract_in(drafted).csv.delimiter, drafted.verdict.kept) == (";", 40)


def test_day_that_is_all_zeros_is_none(tmp_path):
    rows = table("day,shop,amount", lambda n: f"{'0000-00-00' if n % 8 == 0 else day(n)},{shop(n)},{n % 7}")
    assert drafted_from(tmp_path, rows).verdict.broken == {"day.required": 5}


def test_line_breaks_within_quotes_belong_to_values(tmp_path):
    drafted = drafted_from(tmp_path, table("day,shop,note", lambda n: f'{day(n)},{shop(n)},"a\nb"'))
    assert (drafted.verdict.kept, contract_in(drafted).csv.multi_line) == (40, True)


def test_quote_that_is_never_closed_does_not_make_one_row_of_the_rest(tmp_path):
    rows = table("day,shop,note", lambda n: f"{day(n)},{shop(n)},{chr(34) if n == 20 else ''}a")
    assert contract_in(drafted_from(tmp_path, rows)).csv.multi_line is False


def test_escaped_quotes_are_found(tmp_path):
    drafted = drafted_from(tmp_path, table("day,shop,note", lambda n: f'{day(n)},{shop(n)},"a \\"b, c\\" d"'))
    assert (drafted.verdict.kept, contract_in(drafted).csv.escape) == (40, "\\")


def test_other_encodings_are_found_or_refused(tmp_path):
    rows = table("day,shop,amount", lambda n: f"{day(n)},Süd{n % 2},{n % 7}")
    assert contract_in(drafted_from(tmp_path, rows.encode("latin-1"))).csv.encoding == "ISO-8859-1"
    broken = rows.encode().replace(b"S\xc3\xbcd0", b"S\xfcd0", 1)
    drafted = drafted_from(tmp_path, broken)
    assert (contract_in(drafted).csv.encoding, drafted.verdict.broken) == ("UTF-8", {"row.encoding": 1})


def test_file_without_a_header_gets_names_to_replace(tmp_path):
    contract = contract_in(drafted_from(tmp_path, table("2023-12-31,A,7", lambda n: f"{day(n)},{shop(n)},{n % 7}")))
    assert contract.csv.header is False
    assert [column.name for column in contract.columns] == ["column_1", "column_2", "column_3"]


def test_column_without_a_name_is_left_out(tmp_path):
    drafted = drafted_from(tmp_path, table('"",day,shop', lambda n: f'"{n}",{day(n)},{shop(n)}'))
    assert [column.name for column in contract_in(drafted).columns] == ["day", "shop"]
    assert drafted.verdict.kept == 40


def test_more_columns_than_the_job_has_rules_for_are_left_as_text(tmp_path):
    header = ",".join(["day", *(f"v{n}" for n in range(80))])
    drafted = drafted_from(tmp_path, table(header, lambda n: ",".join([day(2 * n), *(f"{n}.{k}" for k in range(80))])))
    contract = contract_in(drafted)
    assert (len(contract.columns), drafted.verdict.kept) == (81, 40)
    assert "v79: left as text" in drafted.text.replace("\n", " ")


def lines_of(rows: list[dict[str, Any]]) -> bytes:
    return "\n".join(map(json.dumps, rows)).encode()


ROWS = [{"day": day(n), "shop": shop(n), "amount": n + 0.5, "tags": ["a"]} for n in range(40)]


def test_json_lines_are_drafted(tmp_path):
    drafted = drafted_from(tmp_path, gzip.compress(lines_of([*ROWS, {"day": day(3), "shop": "A"}])), name="a.json.gz")
    contract = contract_in(drafted)
    assert (contract.files.format, drafted.verdict.kept) == ("jsonLines", 41)
    assert contract.column("amount").logical_type == "number"


def parquet(**columns: pa.Array) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("days", "kind", "form"),
    [
        pytest.param(pa.date32(), "date", "yyyy-MM-dd", id="dates"),
        pytest.param(pa.timestamp("ns"), "date", "yyyy-MM-dd", id="midnights, as pandas writes"),
        pytest.param(pa.timestamp("us", "UTC"), "timestamp", "yyyy-MM-dd'T'HH:mm:ssXXX", id="moments"),
    ],
)
def test_parquet_is_drafted_by_its_types(tmp_path, days, kind, form):
    content = parquet(
        day=pa.array([date.fromisoformat(day(n)) for n in range(40)]).cast(pa.timestamp("s")).cast(days),
        shop=pa.array([shop(n) for n in range(40)]).dictionary_encode(),
        amount=pa.array([n / 3 for n in range(40)]),
        nothing=pa.nulls(40),
        nested=pa.array([[1]] * 40),
    )
    drafted = drafted_from(tmp_path, content, name="a.parquet")
    contract = contract_in(drafted)
    assert (contract.files.format, drafted.verdict.kept, contract.features.entity) == ("parquet", 40, ("shop",))
    assert (contract.column("day").logical_type, contract.column("day").rules.format) == (kind, form)
    assert contract.column("amount").rules.rounding == 6
    assert [column.name for column in contract.columns] == ["day", "shop", "amount", "nothing"]


def test_parquet_with_a_name_twice_but_for_capitals_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="Column day, Day appears twice"):
        drafted_from(tmp_path, parquet(day=pa.array([day(0)]), Day=pa.array([day(0)])), name="a.parquet")


def test_folder_is_drafted_from_all_its_files(tmp_path):
    for number in range(3):
        rows = table("day,shop,amount", lambda n, of=number: f"{day(n)},{shop(n)},{n + of}", rows=10)
        (tmp_path / f"part-{number}.csv").write_text(rows)
    (tmp_path / "part-3.csv").write_text("shop,day,amount,tip\nC,2024-05-01,1.5,1\n")
    drafted = draft(tmp_path, "feed")
    assert (drafted.verdict.kept, drafted.verdict.rows) == (31, 31)
    assert contract_in(drafted).column("amount").logical_type == "number"
    assert "#   tip: only in some of the files" in drafted.text.splitlines()


def test_files_of_a_folder_that_are_written_otherwise_are_named(tmp_path):
    (tmp_path / "a.csv").write_text(table("day,shop", lambda n: f"{day(n)},{shop(n)}"))
    (tmp_path / "b.csv").write_text(table("day;shop", lambda n: f"{day(n)};{shop(n)}"))
    with pytest.raises(ConfigurationError, match=r"a\.csv is csv .*b\.csv csv"):
        draft(tmp_path, "feed")


def test_large_file_is_judged_by_its_end_too(tmp_path):
    long = "x" * 2_000
    rows = table(
        "day,shop,amount,note", lambda n: f"{day(n % 400)},{shop(n)},{n if n < 9_000 else 'none'},{long}", 10_000
    )
    for name, content in (("a.csv", rows.encode()), ("a.csv.gz", gzip.compress(rows.encode(), 1))):
        drafted = drafted_from(tmp_path, content, name=name)
        assert "Drafted from the first, middle and last" in drafted.text
        assert contract_in(drafted).column("amount").rules.missing_values == ("none",)


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


AMBIGUOUS = table("day,shop,amount", lambda n: f"{1 + n % 9:02d}/0{1 + n % 4}/2024,{shop(n)},{n % 7}")


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


def test_what_was_said_holds(tmp_path):
    rows = table("a,b,shop,kind,code", lambda n: f"{day(n)},{day(n + 2)},{shop(n)},{'xyz'[n % 3]},K{n}")
    contract = contract_in(drafted_from(tmp_path, rows, Choices("b", ("shop", "kind"), ("code",))))
    assert (contract.features.event_time.date, contract.features.entity, contract.key) == (
        "b",
        ("shop", "kind"),
        ("code",),
    )
    contract = contract_in(drafted_from(tmp_path, rows, Choices(entity=("none",), key=("none",))))
    assert (contract.features.entity, contract.key) == ((), ())
    with pytest.raises(ConfigurationError, match="has no column shops"):
        drafted_from(tmp_path, rows, Choices(entity=("shops",)))


def test_questions_are_asked_with_what_speaks_for_the_answers(tmp_path):
    rows = table(
        "day,paid,shop,kind,code", lambda n: f"{AMBIGUOUS.splitlines()[n + 1][:10]},{day(n)},{shop(n)},x{n % 3},K{n}"
    )
    (tmp_path / "feed.csv").write_text(rows)
    asked: list[tuple[str, dict[str, str], str]] = []
    replies = iter(["month", "day", "none", "code"])

    def ask(question, answers, default):
        asked.append((question, dict(answers), default))
        return next(replies)

    sample = sample_of(tmp_path / "feed.csv")
    choices = answered(sample, "feed", Choices(), ask)
    assert choices == Choices("day", ("none",), ("code",), "month")
    assert "day" in asked[0][0]
    assert asked[1][1]["paid"] == f"from {day(0)} to {day(39)}"
    assert asked[2][1]["shop"] == "2 different values: A, B"
    assert contract_in(draft_of(sample, "feed", choices)).key == ("code",)


def test_nobody_there_to_answer_is_told(tmp_path, capsys, monkeypatch):
    (tmp_path / "feed.csv").write_text(AMBIGUOUS)
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert run(["contract", "init", str(tmp_path / "feed.csv"), "--interactive"]) == 2
    assert "Nobody answers: day" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO("month\nnone\n"))
    assert run(["contract", "init", str(tmp_path / "feed.csv"), "--interactive"]) == 0
    assert "MM/dd/yyyy" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="nothing"),
        pytest.param(["feed.csv", "--glue-table", "a.b"], id="two sources"),
        pytest.param(["--table", "a"], id="a table of no database"),
        pytest.param(["feed.csv", "--date-order", "year"], id="another order"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "feed.csv").write_text(AMBIGUOUS)
    assert run(["contract", "init", *arguments]) == 2


def test_table_of_a_database_is_drafted_with_its_key(tmp_path, monkeypatch):
    file = tmp_path / "shop.db"
    with sqlite3.connect(file) as database:
        database.execute("create table sales (no integer primary key, day text, Shop text, amount real, note blob)")
        rows = [(n, day(n), shop(n), n / 4, None) for n in range(40)]
        database.executemany("insert into sales values (?, ?, ?, ?, ?)", rows)
    url = f"sqlite:///{file}"
    drafted = draft_of(table_sample(url, "sales"), "sales")
    contract = contract_in(drafted)
    assert (contract.key, contract.features.entity, drafted.verdict.kept) == (("no",), ("shop",), 40)
    assert run(["contract", "init", "--url", url, "--table", "sales"]) == 0
    monkeypatch.setenv("QUARTAL_INGEST_URL", url)
    assert run(["contract", "init", "--table", "sales"]) == 0
    with sqlite3.connect(file) as database:
        database.execute("delete from sales")
    with pytest.raises(ConfigurationError, match="Table sales has no rows"):
        table_sample(url, "sales")


def test_source_without_files_is_told(tmp_path):
    with pytest.raises(ConfigurationError, match="has no files"):
        draft(tmp_path, "feed")
    with pytest.raises(ConfigurationError, match=r"none\.csv cannot be read: No such file"):
        draft(tmp_path / "none.csv", "feed")


def test_name_that_no_contract_can_hold_is_told(tmp_path):
    with pytest.raises(ConfigurationError, match=r"would not be sound: .*no name that a file can give a column"):
        drafted_from(tmp_path, table('day,"sh\top"', lambda n: f"{day(n)},{shop(n)}"))


def test_table_of_the_catalog_is_drafted_from_its_files(monkeypatch):
    connection = AwsConnection("eu-central-1", None, "test", "test")
    with mock_aws():
        s3, glue = connection.s3(), connection.glue()
        s3.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        for number in range(4):
            content = table("day,shop,amount", lambda n, of=number: f"{day(n)},{shop(n)},{n % 7 + of}")
            s3.put_object(Bucket="lake", Key=f"raw/sales/part-{number}.csv", Body=content.encode())
        glue.create_database(DatabaseInput={"Name": "lake"})
        for name, folder in (("sales", "raw/sales/"), ("empty", "raw/nothing/")):
            storage = {"Location": f"s3://lake/{folder}", "Columns": [{"Name": "day", "Type": "string"}]}
            glue.create_table(DatabaseName="lake", TableInput={"Name": name, "StorageDescriptor": storage})
        with files_of_table(connection, "lake.sales") as folder:
            drafted = draft(folder, "sales")
        assert (drafted.verdict.kept, contract_in(drafted).features.entity) == (120, ("shop",))
        for name, message in (("lake.none", "no table lake.none"), ("lake.empty", "has no files below s3://lake/raw")):
            with pytest.raises(ConfigurationError, match=message), files_of_table(connection, name):
                pass


def test_few_numbers_with_many_decimals_are_no_errors(tmp_path):
    rows = table("day,shop,size", lambda n: f"{day(n)},{shop(n)},{'1450.54285714286' if n == 7 else n}", rows=200)
    drafted = drafted_from(tmp_path, rows)
    rules = contract_in(drafted).column("size").rules
    assert (drafted.verdict.kept, rules.rounding, rules.decimal_separator) == (200, 6, None)

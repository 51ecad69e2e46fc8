"""Feeds of JSON lines and of Parquet through whole runs by their contracts alone, cell by cell against DuckDB.

What rows count is found here, in plain Python from the JSON lines and by DuckDB from the Parquet files.
"""

import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from etl_job.contract.document import parse_contract
from etl_job.errors import InputError
from etl_job.lake.files import LocalObjectStore
from etl_job.manifest.model import Totals
from etl_job.reading.parquet_columns import parquet_columns

from .conftest import CONTRACT
from .test_other_feeds import ChargingLake, assert_features_equal, run_job

BERLIN = ZoneInfo("Europe/Berlin")
SITES, PLUGS = ("BE-1", "HH-7"), ("ccs", "type2")
KEPT = {
    "place": pa.int64(),
    "delivery": pa.string(),
    "session_id": pa.int64(),
    "site": pa.string(),
    "plug": pa.string(),
    "moment": pa.timestamp("us", "UTC"),
    "energy_kwh": pa.decimal128(24, 6),
    "duration_s": pa.int64(),
    "day": pa.date32(),
}


def changed_contract(**custom: Any) -> dict[str, Any]:
    """The contract of charging sessions with other custom properties."""
    document = yaml.safe_load(CONTRACT.with_name("charging_sessions.yaml").read_text())
    schema = document["schema"][0]
    properties = {entry["property"]: entry["value"] for entry in schema["customProperties"]} | custom
    schema["customProperties"] = [
        {"property": name, "value": value} for name, value in properties.items() if value is not None
    ]
    return document


def column(document: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in document["schema"][0]["properties"] if each["name"] == name)


class FormatLake(ChargingLake):
    """A lake whose raw files are of another format."""

    def __init__(self, root: Path, document: dict[str, Any], columns: list[str]) -> None:
        super().__init__(root)
        self.contract = root / "contract.yaml"
        self.contract.write_text(yaml.safe_dump(document))
        self.columns = columns

    def file(self, delivery: str, name: str) -> Path:
        file = self.raw / f"delivery={delivery}" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        return file

    def run(self):
        return run_job(self, "--contract", str(self.contract))

    @property
    def bad_rows(self) -> list[dict[str, Any]]:
        files = (self.root / "quarantine" / "charging_sessions").rglob("*.parquet")
        return [row for file in files for row in pq.read_table(file, partitioning=None).to_pylist()]

    @property
    def quarantine(self) -> dict[str, list[str]]:
        return {row["raw"]: row["reasons"] for row in self.bad_rows}


def with_kept(rows: Iterable[tuple[object, ...]]) -> duckdb.DuckDBPyConnection:
    database = duckdb.connect()
    arrays = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), KEPT.values(), strict=True)]
    database.register("found", pa.table(arrays, names=list(KEPT)))
    database.execute("set timezone = 'UTC'; create table kept as from found")
    return database


# --- JSON lines: a date and a time by Berlin's clocks, in several formats; numbers as numbers and as strings


def json_contract() -> dict[str, Any]:
    features = {
        **next(
            entry["value"]
            for entry in changed_contract()["schema"][0]["customProperties"]
            if entry["property"] == "features"
        ),
        "eventTime": {"date": "on", "time": "at", "timeZone": "Europe/Berlin"},
    }
    document = changed_contract(csv=None, files={"format": "jsonLines"}, features=features)
    properties = document["schema"][0]["properties"]
    del column(document, "energy_kwh")["customProperties"]
    place = properties.index(column(document, "ended_at"))
    dates = {"format": "yyyy-MM-dd", "otherFormats": ["d.M.yyyy"], "minimum": "2020-01-01"}
    properties[place : place + 1] = [
        {"name": "on", "logicalType": "date", "required": True, "logicalTypeOptions": dates},
        {"name": "at", "required": True, "logicalTypeOptions": {"format": "HH:mm", "otherFormats": ["HH:mm:ss.SSS"]}},
    ]
    return document


def json_rows(first: int, count: int) -> list[tuple[str, tuple[object, ...]]]:
    """Lines, and what each is about: id, site, plug, moment, energy, duration."""
    rows = []
    for number in range(first, first + count):
        local = datetime(2024, 3, 29) + timedelta(minutes=37 * number)
        if local.astimezone(BERLIN).replace(tzinfo=None) != local and local.hour == 2:
            continue
        local = local.replace(tzinfo=BERLIN)
        seconds = ("", f":{number % 60:02d}.{number % 1000:03d}")[number % 3 == 0]
        moment = local.replace(second=number % 60 if seconds else 0).astimezone(UTC)
        energy = None if number % 7 == 0 else Decimal(number * 7919 % 400_000_000) / 1_000_000
        shown = {
            "session_id": number if number % 2 else str(number),
            "note": 'a "1", {2}: 3',
            "site": SITES[number % 2],
            "plug": PLUGS[number % 5 == 0],
            "on": f"{local:%Y-%m-%d}" if number % 2 else f"{local.day}.{local.month}.{local.year}",
            "at": f"{local:%H:%M}{seconds}",
            "nested": {"energy_kwh": [1, 2]},
            "duration_s": number % 1000,
            "member": [True, False, None, "true"][number % 4],
        }
        text = json.dumps(shown, ensure_ascii=bool(number % 2))
        if energy is not None:  # a decimal, digit by digit
            text = text[:-1] + f', "energy_kwh": {energy:f}' + "}"
        rows.append((text, (number, SITES[number % 2], PLUGS[number % 5 == 0], moment, energy, number % 1000)))
    return rows


BAD_JSON = {
    '{"session_id": 90001, "site": "BE-1"': ["row.field_count"],
    '{"session_id": 90002}{"session_id": 90003}': ["row.field_count"],
    "[1]": ["row.field_count"],
    "90004": ["row.field_count"],
    '{"session_id": 9e4, "site": "BE-1", "plug": "ccs", "on": "2024-03-31", "at": "10:00", "duration_s": 1}': [
        "session_id.format"
    ],
    '{"session_id": 90005, "site": "BE-1", "plug": "ccs", "on": "2024-03-31", "at": "02:30", "duration_s": 1}': [
        "row.event_time"
    ],
    '{"session_id": 90006, "site": "BE-1", "plug": "ccs", "on": "2024-03-31", "at": "10:00", "duration_s": 1.0}': [
        "duration_s.format"
    ],
    '{"session_id": 90007, "site": "BE-1", "plug": null, "on": "3.31.2024", "at": "10:00", "duration_s": [1]}': [
        "plug.required",
        "on.format",
        "duration_s.format",
    ],
}
MISSING = [f"{name}.required" for name in ("session_id", "site", "plug", "on", "at", "duration_s")]


def test_feed_of_json_lines_equals_duckdb_in_two_steps(spark, moto_catalog, tmp_path):
    columns = ["session_id", "note", "site", "plug", "on", "at", "nested", "energy_kwh", "duration_s", "member"]
    lake = FormatLake(tmp_path, json_contract(), columns)
    early, late = json_rows(1, 60), json_rows(55, 60)  # some sessions are in both: those of the later one are kept
    lake.file("2024-04", "part-1.jsonl").write_text(
        "\r\n".join([text for text, _ in late] + ["", *BAD_JSON]) + "\n", encoding="utf-8"
    )
    lake.crawl()
    first = lake.run()
    lake.file("2024-03", "part-1.jsonl").write_text("\n".join(text for text, _ in early))
    lake.crawl()
    second = lake.run()
    assert first.totals.quarantined == len(BAD_JSON)
    assert {(row["part_offset"], row["row_number"]) for row in lake.bad_rows} == {(0, None)}
    of_early = [values for _, values in early if values[0] < 55]
    assert second.totals == Totals(
        rows_in=len(early), kept=len(of_early), duplicates=len(early) - len(of_early), quarantined=0, conflicts=0
    )
    expected = {text: (reasons + MISSING if "row." in reasons[0] else reasons) for text, reasons in BAD_JSON.items()}
    expected[list(BAD_JSON)[5]] = ["row.event_time"]
    assert {text: sorted(reasons) for text, reasons in lake.quarantine.items()} == {
        text: sorted(reasons) for text, reasons in expected.items()
    }
    kept = [("2024-03", values) for values in of_early] + [("2024-04", values) for _, values in late]
    assert_features_equal(
        with_kept(
            (place, delivery, number, site, plug, moment, energy, seconds, moment.date())
            for place, (delivery, (number, site, plug, moment, energy, seconds)) in enumerate(kept)
        )
    )


# --- Parquet: files of different types for the same columns


def parquet_contract() -> dict[str, Any]:
    document = changed_contract(csv=None, files={"format": "parquet"})
    del column(document, "energy_kwh")["customProperties"]
    return document


def parquet_table(first: int, count: int, *, wide: bool) -> pa.Table:
    numbers = range(first, first + count)
    moments = [datetime(2024, 3, 29, tzinfo=UTC) + timedelta(minutes=37 * n, microseconds=n) for n in numbers]
    energy = [None if n % 7 == 0 else Decimal(n * 7919 % 400_000) / 1000 for n in numbers]
    return pa.table(
        {
            "site": pa.array([SITES[n % 2] for n in numbers]).dictionary_encode(),
            "Session_ID": pa.array(numbers, pa.int64() if wide else pa.uint16()),
            "plug": pa.array([PLUGS[n % 5 == 0] for n in numbers]),
            "ended_at": pa.array(moments, pa.timestamp("ns" if wide else "ms", "UTC")),
            "unread": pa.array([[n] for n in numbers]),
            "energy_kwh": pa.array([None if e is None else float(e) for e in energy])
            if wide
            else pa.array(energy, pa.decimal128(12, 5)),
            "duration_s": pa.array([n % 1000 for n in numbers], pa.int32() if wide else pa.float64()),
            "member": pa.array([[True, False, None][n % 3] for n in numbers]),
        }
    )


def test_feed_of_parquet_equals_duckdb_in_two_steps(spark, moto_catalog, tmp_path):
    lake = FormatLake(tmp_path, parquet_contract(), ["session_id", "site", "plug", "ended_at", "unread", "energy_kwh"])
    lake.columns += ["duration_s", "member"]
    bad = parquet_table(9_000, 4, wide=True).to_pylist()
    bad[0] |= {"plug": "chademo2"}
    bad[1] |= {"energy_kwh": float("nan")}
    bad[2] |= {"site": None, "energy_kwh": 1e-7}
    bad[3] |= {"ended_at": datetime(2019, 12, 31, tzinfo=UTC)}
    schema = parquet_table(1, 1, wide=True).schema
    pq.write_table(parquet_table(1, 60, wide=True), lake.file("2024-03", "a.parquet"))
    pq.write_table(pa.Table.from_pylist(bad, schema), lake.file("2024-03", "b.parquet"))
    lake.crawl()
    first = lake.run()
    pq.write_table(parquet_table(55, 60, wide=False), lake.file("2024-04", "a.snappy.parquet"))
    lake.crawl()
    second = lake.run()
    assert first.totals == Totals(rows_in=64, kept=60, quarantined=4, duplicates=0, conflicts=0)
    # The later delivery wins, so the earlier one is processed again. Rows of other types and equal values are the same.
    assert second.totals == Totals(rows_in=124, kept=114, quarantined=4, duplicates=6, conflicts=0)
    reasons = {json.loads(raw)["session_id"]: reasons for raw, reasons in lake.quarantine.items()}
    assert reasons == {
        "9000": ["plug.enum"],
        "9001": ["energy_kwh.format"],
        "9002": ["site.required", "energy_kwh.format"],
        "9003": ["ended_at.minimum"],
    }
    places = [(Path(row["file"]).name, row["part_offset"], row["row_number"]) for row in lake.bad_rows]
    assert places == [("b.parquet", None, number) for number in (1, 2, 3, 4)]
    database = duckdb.connect()
    database.execute("set timezone = 'UTC'; set threads = 1")
    database.execute("set variable files = ?", [str(lake.raw / "*" / "a*.parquet")])
    database.execute("""
        create table kept as
        select
            row_number() over () as place, regexp_extract(filename, 'delivery=([^/]+)', 1) as delivery,
            session_id::bigint as session_id, site, plug, date_trunc('second', ended_at::timestamptz) as moment,
            energy_kwh::decimal(24, 6) as energy_kwh, duration_s::bigint as duration_s,
            (ended_at::timestamptz at time zone 'UTC')::date as day
        from read_parquet(getvariable('files'), union_by_name = true, filename = true)
        qualify row_number() over (partition by session_id order by delivery desc) = 1
    """)
    assert_features_equal(database)


# --- what stops a run


def refused(tmp_path: Path, **columns: pa.Array) -> str:
    file = tmp_path / "f.parquet"
    table = parquet_table(1, 1, wide=True)
    for name, values in columns.items():
        if name not in (each.lower() for each in table.column_names):
            table = table.append_column(name, values)
            continue
        at = [each.lower() for each in table.column_names].index(name)
        table = table.remove_column(at) if values is None else table.set_column(at, name, values)
    pq.write_table(table, file)
    return refusal(file)


def refusal(file: Path) -> str:
    contract = parse_contract(yaml.safe_dump(parquet_contract()), "contract.yaml", "charging_sessions")
    with pytest.raises(InputError) as raised:
        parquet_columns(LocalObjectStore(), file.as_uri(), contract)
    return str(raised.value)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        pytest.param(
            {"PLUG": pa.array(["ccs"])}, "column plug appears twice (names are not case-sensitive)", id="twice"
        ),
        pytest.param({"plug": None}, "lacks the required column plug; it has site, session_id", id="missing"),
        pytest.param(
            {"ended_at": pa.array([datetime(2024, 1, 1)])},
            "column ended_at has timestamps without a zone: give the contract a format without an offset",
            id="no zone",
        ),
        pytest.param({"plug": pa.array([["ccs"]])}, "column plug has nested values, which the job", id="nested"),
        pytest.param({"plug": pa.array([b"ccs"])}, "column plug has BYTE_ARRAY values", id="bytes"),
        pytest.param({"plug": pa.array([datetime(2024, 1, 1).time()])}, "column plug has Time values", id="time"),
        pytest.param(
            {"duration_s": pa.array([True])},
            "column duration_s has values of type boolean, but the contract expects integer; nothing was written",
            id="type",
        ),
        pytest.param(
            {"ended_at": pa.array([date(2024, 1, 1)])},
            "values of type date, but the contract expects timestamp",
            id="date",
        ),
    ],
)
def test_parquet_file_of_types_that_the_contract_excludes_stops_the_run(tmp_path, columns, message):
    assert message in refused(tmp_path, **columns)


@pytest.mark.parametrize("content", [b"PAR1PAR1", b"PAR1", b"session_id;site", b"", b"x" * 100 + b"\xff\xff\0\0PAR1"])
def test_file_that_is_no_parquet_stops_the_run_by_its_name(tmp_path, content):
    file = tmp_path / "f.parquet"
    file.write_bytes(content)
    assert f"{file.as_uri()} is not a Parquet file, or it is damaged" in refusal(file)


def test_parquet_file_with_a_type_that_arrow_does_not_have_stops_the_run_by_what_it_is(tmp_path):
    file = tmp_path / "f.parquet"
    pl.DataFrame({"session_id": ["a"], "n": pl.Series([1], dtype=pl.Int128)}).write_parquet(file)
    assert "has a type that the job cannot read (Integers with more than 64 bits" in refusal(file)

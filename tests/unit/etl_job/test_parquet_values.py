"""Values of Parquet, including distant dates and times, compared with those in the files."""

import io
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from etl_job.contract.model import Contract
from etl_job.judging.judge import Judge
from etl_job.lake.files import LocalObjectStore
from etl_job.reading.batches import Source
from etl_job.reading.headers import read_headers
from etl_job.reading.readers import raw_parts, read_batches

DAY = 86_400
LEAST, GREATEST = -719_528, 2_932_896  # the days of the years 0 to 9999
OF_ARROW = 65_536 * 365  # about the days after which Arrow's years begin anew
DAYS = [0, -1, 19_723, LEAST, GREATEST, LEAST - 1, GREATEST + 1, 2**31 - 1, -(2**31), 19_723 + OF_ARROW + 15_890]
DAYS += [213_503_982 + 19_000 - 3, 10_000_000, 10_000_001]


def read(folder: Path, values: pa.Array, kind: str, **options: object) -> list[int | Decimal | None]:
    """The values of a column as the job reads them, None for those that break ``format``."""
    event = {"name": "at", "logicalType": "date", "required": True, "logicalTypeOptions": {"format": "yyyy-MM-dd"}}
    contract = Contract.model_validate(
        {
            "version": "1",
            "dataset": "times",
            "files": {"format": "parquet"},
            "columns": [{"name": "v", "logicalType": kind, "logicalTypeOptions": options}, event],
            "features": {"entity": [], "eventTime": {"date": "at"}, "count": "events"},
        }
    )
    content = io.BytesIO()
    pq.write_table(pa.table({"v": values, "at": ["2024-01-01"] * len(values)}), content)
    file = folder / "a.parquet"
    file.write_bytes(content.getvalue())
    store = LocalObjectStore()
    header = read_headers(store, contract, [file.as_uri()])[file.as_uri()]
    source = Source(file.as_uri(), 0, "d", file.stat().st_size, header, date(2100, 1, 1))
    (part,) = raw_parts([source], contract, 1)
    (batch,) = read_batches(store, part, source, contract)
    judged = Judge.of(contract).judge(batch, date(2100, 1, 1))
    values = judged.values["v"]
    found = (values.cast(pa.int32()) if kind == "date" else values).to_pylist()
    broken = [0] * len(found) if judged.broken is None else judged.broken.to_pylist()
    bit = contract.rule_names.index("v.format")
    missing = batch.texts["v"].is_null().to_pylist()
    assert [value is None for value in found] == [
        bool(bits >> bit & 1) or is_missing for bits, is_missing in zip(broken, missing, strict=True)
    ]
    return found


@pytest.mark.parametrize("layout", ["yyyy-MM-dd", "d.M.yyyy", "yyyyMMdd"])
@pytest.mark.parametrize("stored", [pa.date32(), pa.date64()], ids=str)
def test_day_is_the_one_that_is_stored_or_none(tmp_path, layout, stored):
    days = pa.array(DAYS, pa.int32()).cast(pa.date32()).cast(stored)
    assert read(tmp_path, days, "date", format=layout) == [day if LEAST <= day <= GREATEST else None for day in DAYS]


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
@pytest.mark.parametrize("layout", ["yyyy-MM-dd'T'HH:mm:ss", "d.M.yyyy H:mm:ss.SSSSSS"])
def test_time_is_the_one_that_is_stored_or_none(tmp_path, unit, layout):
    parts = {"s": 1, "ms": 1_000, "us": 1_000_000}[unit]
    stored = [day * DAY * parts + more for day in DAYS for more in (0, DAY * parts - 1) if abs(day) < 100_000_000]
    stored += [2**62 // parts, 2**64 // 1_000 + 19_000 * DAY * parts] if unit != "s" else []
    seconds = [each // parts for each in stored]
    values = pa.array(stored, pa.int64()).cast(pa.timestamp(unit))
    assert read(tmp_path, values, "timestamp", format=layout, timeZone="UTC") == [
        each if LEAST * DAY <= each < (GREATEST + 1) * DAY else None for each in seconds
    ]


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_times_are_written_in_the_first_format_that_fits_them(tmp_path, zone):
    values = pa.array([19_723 * DAY], pa.int64()).cast(pa.timestamp("s", zone))
    formats = ["yyyy-MM-dd'T'HH:mm:ssXXX", "d.M.yyyy H:mm"]
    found = [
        read(tmp_path, values, "timestamp", format=one, otherFormats=[other], timeZone="Europe/Berlin")
        for one, other in (formats, formats[::-1])
    ]
    assert found == [[19_723 * DAY - (0 if zone else 3_600)]] * 2


def test_time_that_is_a_midnight_is_a_day_and_one_a_nanosecond_after_it_is_none(tmp_path):
    stored = pa.array([DAY * 10**9, DAY * 10**9 + 1, -1, -DAY * 10**9], pa.timestamp("ns"))
    assert read(tmp_path, stored, "date", format="yyyy-MM-dd") == [1, None, None, -1]


@pytest.mark.parametrize("layout", ["epochSeconds", "epochMilliseconds", "epochMicroseconds"])
def test_timestamp_is_read_in_the_unit_of_the_format(tmp_path, layout):
    stored = [1_700_000_000_123_456, -1, 0, -86_400_000_001, 253_402_300_799_999_999]
    values = pa.array(stored, pa.timestamp("us", "UTC"))
    assert read(tmp_path, values, "timestamp", format=layout) == [each // 1_000_000 for each in stored]


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(pa.array([1_700_000_000.1234567, -1.5, 0.1 + 0.2, -1e-7, 1e-7, 1e20, float("nan")]), id="double"),
        pytest.param(
            pa.array(["1700000000.123456789012", "-1.5", "0.3", "-0.000000000001", "0", None, None]).cast(
                pa.decimal128(30, 12)
            ),
            id="decimal",
        ),
    ],
)
def test_number_that_counts_from_1970_on_is_a_moment_however_many_decimals_it_has(tmp_path, stored):
    assert read(tmp_path, stored, "timestamp", format="epochSeconds") == [1_700_000_000, -2, 0, -1, 0, None, None]


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(pa.array([Decimal("1.50"), None], pa.decimal32(4, 2)), id="decimal of 32 bits"),
        pytest.param(pa.array([Decimal("1.50"), None], pa.decimal64(12, 2)), id="decimal of 64 bits"),
        pytest.param(pa.array([Decimal("1.50"), None], pa.decimal256(60, 40)), id="decimal of 256 bits"),
        pytest.param(pa.array([1.5, None], pa.float32()), id="float"),
    ],
)
def test_number_is_the_one_that_is_stored_in_whatever_width(tmp_path, stored):
    assert read(tmp_path, stored, "number") == [Decimal("1.5"), None]


def test_value_of_a_type_that_arrow_makes_of_another_is_that_other(tmp_path):
    flags = pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, 0, None], pa.int8()))
    assert read(tmp_path, flags, "integer") == [1, 0, None]


def test_file_deleted_during_a_read_is_not_reported_as_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    opened = LocalObjectStore.open
    gone = tmp_path / "a.parquet"

    def take_away(store: LocalObjectStore, uri: str, first_byte: int = 0):
        gone.unlink(missing_ok=True)
        return opened(store, uri, first_byte)

    monkeypatch.setattr(LocalObjectStore, "open", take_away)
    with pytest.raises(FileNotFoundError):
        read(tmp_path, pa.array([1, 2]), "integer")

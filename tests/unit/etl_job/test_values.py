"""What texts stand for, type by type, against Python's own reading of them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from etl_job.contract.columns import Column
from etl_job.contract.model import Contract
from etl_job.judging.rules import HOLDS, judge_column
from etl_job.judging.values import read_values
from etl_job.reading.kernels import floor_divide

from .frozen.cases import COLUMNS_OF_FILES


def column(kind: str, **options: object) -> Column:
    return Column.model_validate({"name": "v", "logicalType": kind, "logicalTypeOptions": options})


def judged(of: Column, texts: list[str]) -> dict[str, list[str]]:
    """The names of the rules that each text breaks."""
    features = {"entity": ["place"], "eventTime": {"timestamp": "at"}, "count": "events"}
    contract = Contract(version="1", dataset="d", columns=(of, *COLUMNS_OF_FILES), features=features)
    bits = {name: bit for bit, name in enumerate(contract.rules_of_column(of))}
    broken = judge_column(of, bits, pa.array(texts)).broken
    found = [0] * len(texts) if broken is None else broken.to_pylist()
    return {
        text: [name for name, bit in bits.items() if bits_of_text >> bit & 1]
        for text, bits_of_text in zip(texts, found, strict=True)
    }


def read(of: Column, texts: list[str]) -> list[object]:
    return read_values(of, pa.array(texts, pa.string())).to_pylist()


@pytest.mark.parametrize(
    ("of", "good", "bad"),
    [
        pytest.param(
            column("integer", minimum=-5, maximum=10**17),
            ["0", "-5", "+7", "007", "100000000000000000"],
            {
                "1.0": ["format"],
                " 1": ["format"],
                "1e3": ["format"],
                "1\n": ["format"],
                "\u0661": ["format"],
                "-6": ["minimum"],
                "100000000000000001": ["maximum"],
                "1000000000000000000": ["format"],
            },
            id="integer",
        ),
        pytest.param(
            column("number", minimum=0, maximum=0.3),
            ["0.3", "0", "0.1", "+0.300000", "-0.0"],
            {"0.300001": ["maximum"], "-0.1": ["minimum"], "0,1": ["format"], ".1": ["format"], "1.": ["format"]}
            | {"0.0000001": ["format"], "NaN": ["format"], "1e-1": ["format"], "0.1f": ["format"]},
            id="number",
        ),
        pytest.param(
            column("number", decimalSeparator=",", maximum="1234.5"),
            ["1234,5", "-3", "0,000001"],
            {"1.234,5": ["format"], "1234.5": ["format"], "1234,51": ["maximum"]},
            id="number with a decimal comma",
        ),
        pytest.param(
            column("number", thousandsSeparator=",", maximum=2_000_000),
            ["1,234.5", "1234.5", "-1,234,567", "12", "0.123456"],
            {"1,23.5": ["format"], "12,34,567": ["format"], "1234,567": ["format"], "1,2345": ["format"]}
            | {"0.123,456": ["format"], ",123": ["format"], "1,234,": ["format"], "1,234.567,8": ["format"]}
            | {"2,000,001": ["maximum"], "1.234,5": ["format"], "1,234,567,890,123,456,789": ["format"]},
            id="number with thousands",
        ),
        pytest.param(
            column("number", thousandsSeparator=".", maximum="1234.5"),
            ["1.234,5", "1234,5", "0,001", "+1.234"],
            {"1,234.5": ["format"], "1234.5": ["format"], "1.234,51": ["maximum"], "1.5": ["format"]},
            id="number with thousands after a point",
        ),
        pytest.param(
            column("integer", thousandsSeparator=" ", maximum=10_000),
            ["1 234", "1\u00a0234", "1\u202f234", "999"],
            {"1 23": ["format"], " 123": ["format"], "1 234 ": ["format"], "10 001": ["maximum"], "1,234": ["format"]},
            id="integer with thousands after a blank",
        ),
        pytest.param(
            column("timestamp", format="epochSeconds", minimum=date(2023, 11, 14), maximum=date(2023, 11, 14)),
            ["1700000000", "1700000000.75", "1699920000", "1700006399"],
            {"1700006400": ["maximum"], "1699919999": ["minimum"], "-1": ["minimum"], "1.7e9": ["format"]}
            | {"1700000000000": ["format"], "253402300800": ["format"], "": []},
            id="seconds since 1970",
        ),
        pytest.param(column("boolean"), ["true", "FALSE", "True"], {"1": ["format"], "yes": ["format"]}, id="boolean"),
        pytest.param(column("string", enum=["a", "B"]), ["a", "B"], {"b": ["enum"], "A ": ["enum"]}, id="enum"),
        pytest.param(
            column("timestamp", format="dd.MM.yyyy HH:mm:ss", timeZone="Europe/Berlin", minimum=date(2024, 3, 31)),
            ["31.03.2024 01:59:59", "31.03.2024 03:00:00", "27.10.2024 02:30:00"],
            # the hour that clocks skip, and a time that is still the day before in UTC
            {"31.03.2024 02:00:00": ["format"], "31.03.2024 02:59:59": ["format"], "31.03.2024 00:59:59": ["minimum"]}
            | {"30.02.2024 10:00:00": ["format"], "01.04.2024 24:00:00": ["format"], "01.04.2024": ["format"]},
            id="timestamp in a zone",
        ),
        pytest.param(
            column("timestamp", format="yyyy-MM-dd'T'HH:mm:ssXXX", maximum=date(2024, 2, 29)),
            ["2024-02-29T23:59:59Z", "2024-03-01T09:59:59+10:00", "2024-02-29T10:00:00-05:45"],
            {"2024-02-29T23:59:59": ["format"], "2024-02-29T23:59:59-00:30": ["maximum"]}
            | {"2024-02-29 10:00:00Z": ["format"], "2023-02-29T10:00:00Z": ["format"]}
            | {"2024-02-29T10:00:00+15:00": ["format"], "2024-02-29T10:00:00+0100": ["format"]},
            id="timestamp with an offset",
        ),
        pytest.param(
            column("date", format="dd.MM.yyyy", otherFormats=["d.M.yyyy", "yyyyMMdd"], minimum=date(2024, 2, 3)),
            ["03.02.2024", "3.2.2024", "13.2.2024", "20240203", "29.2.2024"],
            {"02.02.2024": ["minimum"], "2.2.2024": ["minimum"], "20240202": ["minimum"], "29.2.2023": ["format"]}
            | {"2024-02-03": ["format"], "003.2.2024": ["format"], "3.13.2024": ["format"], "0.2.2024": ["format"]},
            id="date of several formats",
        ),
        pytest.param(
            column(
                "timestamp",
                format="yyyy-MM-dd'T'HH:mm:ss.SSSSSSXXX",
                otherFormats=["yyyy-MM-dd'T'HH:mm:ssXX", "d/M/yyyy H:mm"],
                timeZone="Europe/Berlin",
                minimum=date(2024, 3, 31),
            ),
            [
                "2024-03-31T00:00:00.5Z",
                "2024-03-31T01:00:00.123456+01:00",
                "2024-03-31T00:00:00Z",
                "2024-03-31T02:00:00+0200",
                "31/3/2024 1:00",
                "31/03/2024 03:00",
                "27/10/2024 2:30",
            ],
            {"2024-03-31T00:00:00.Z": ["format"], "2024-03-31T00:00:00.1234567Z": ["format"]}
            | {"2024-03-31T00:00:00.999999+01:00": ["minimum"], "2024-03-31T00:00:00+01:00": ["format"]}
            | {"31/3/2024 2:30": ["format"], "31/3/2024 0:59": ["minimum"], "31/3/2024 24:00": ["format"]},
            id="timestamp of several formats, with fractions, offsets and a zone",
        ),
        pytest.param(
            column("string", format="HH:mm", otherFormats=["HH:mm:ss.SSS", "H'h'mm"]),
            ["00:00", "23:59", "23:59:59.9", "00:00:00.000", "7h05", "17h05"],
            {"24:00": ["format"], "7:05": ["format"], "10:00:00": ["format"], "10:00:00.0000": ["format"]},
            id="time of day without seconds",
        ),
    ],
)
def test_text_breaks_the_rules_that_it_breaks_and_no_others(of, good, bad):
    assert judged(of, [*good, *bad]) == {**{text: [] for text in good}, **bad}


def test_texts_of_all_formats_mean_the_same_moment():
    forms = {"format": "yyyy-MM-dd HH:mm:ss.SSS", "otherFormats": ["d.M.yyyy H:mm", "yyyyMMdd'T'HHmmssXX"]}
    of = column("timestamp", timeZone="Europe/Berlin", **forms)
    texts = ["2024-07-01 09:05:00.999", "1.7.2024 9:05", "01.07.2024 09:05", "20240701T070500Z", "20240701T000500-0700"]
    moment = int(datetime(2024, 7, 1, 7, 5, tzinfo=UTC).timestamp())
    assert read(of, texts) == [moment] * len(texts)
    of_day = column("string", format="HH:mm", otherFormats=["H'h'mm'm'ss.S"])
    times = ["00:00", "23:59", "7h05m09.9"]
    assert read(of_day, times) == [0, 86_340, 25_509]


def test_number_is_read_exactly():
    texts = ["999999999999999999,999999", "-0,1", "+12", "007,10"]
    exact = column("number", decimalSeparator=",")
    assert read(exact, texts) == [Decimal(t.replace(",", ".")) for t in texts]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"])
def test_time_in_a_zone_means_the_first_of_two_and_none_where_clocks_skip_it(zone):
    begin = datetime(2024, 1, 1)
    year = [begin + timedelta(minutes=30 * step) for step in range(2 * 24 * 366)]
    of = column("timestamp", format="yyyy-MM-dd HH:mm:ss", timeZone=zone)
    found = read(of, [str(local) for local in year])

    def expected(local: datetime) -> int | None:
        moment = local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
        there_is = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local
        return int(moment.timestamp()) if there_is else None

    assert found == [expected(local) for local in year]


def test_time_that_clocks_skip_before_midnight_is_none_if_they_skip_midnight_too():
    of = column("timestamp", format="yyyy-MM-dd HH:mm:ss", timeZone="America/Toronto")
    shown = ["1919-03-30 23:29:59", "1919-03-30 23:30:00", "1919-03-31 00:29:59", "1919-03-31 00:30:00"]
    assert read(of, shown) == [-1_601_753_401, None, None, -1_601_753_400]


def test_few_distinct_texts_are_read_as_many_are():
    day = column("date", format="yyyy-MM-dd", minimum=date(2024, 1, 1))
    texts = pa.array(["2024-02-29", "x", "", "2023-02-28", None] * 2_000)
    found = judge_column(day, {"required": 0, "format": 1, "minimum": 2}, texts)
    assert found.broken.to_pylist() == [0, 2, 1, 4, 1] * 2_000
    assert found.values.to_pylist() == [date(2024, 2, 29), None, None, date(2023, 2, 28), None] * 2_000


def test_event_is_not_in_the_future():
    latest, bits = date(2024, 3, 1), {"future": 0}
    day = column("date", format="yyyy-MM-dd")
    assert judge_column(day, bits, pa.array(["2024-03-01", "2024-03-02", "x"]), latest).broken.to_pylist() == [0, 1, 0]
    at = column("timestamp", format="yyyy-MM-dd HH:mm:ss", timeZone="UTC")
    texts = pa.array(["2024-03-01 23:59:59", "2024-03-02 00:00:00", "1969-12-31 23:59:59"])
    assert judge_column(at, bits, texts, latest).broken.to_pylist() == [0, 1, 0]


def test_slices_are_judged_as_their_copies_are():
    of, texts = column("string", maxLength=2), pa.array(["abc", "", "ab", None, "abcd", "é" * 2, "é" * 3])
    for start in range(len(texts)):
        part = texts.slice(start)
        found = judge_column(of, {"required": 0, "maxLength": 1}, part)
        copied = judge_column(of, {"required": 0, "maxLength": 1}, pa.array(part.to_pylist(), pa.string()))
        assert (found.broken, found.values.to_pylist()) == (copied.broken, copied.values.to_pylist())


def test_every_rule_of_a_contract_has_its_function():
    options = {"minLength": 1, "maxLength": 9, "pattern": "a", "enum": ["a"]}
    columns = [
        *COLUMNS_OF_FILES,
        {"name": "v", "logicalTypeOptions": options},
        {"name": "n", "logicalType": "number", "logicalTypeOptions": {"minimum": 0, "maximum": 1}},
    ]
    features = {"entity": ["place"], "eventTime": {"timestamp": "at"}, "count": "events"}
    contract = Contract(version="1", dataset="d", columns=columns, features=features)
    assert {name for of in contract.columns for name in contract.rules_of_column(of)} == HOLDS.keys()


def test_division_rounds_down():
    seconds = [-86_401, -86_400, -1, 0, 1, 86_399, 86_400]
    assert floor_divide(pa.array(seconds), 86_400).to_pylist() == [second // 86_400 for second in seconds]


@pytest.mark.parametrize(
    ("form", "texts", "seconds"),
    [
        pytest.param("epochSeconds", ["0", "-1", "-1.5", "1700000000.999999999"], [0, -1, -2, 1_700_000_000]),
        pytest.param("epochMilliseconds", ["1700000000999", "-1", "-1001"], [1_700_000_000, -1, -2]),
        pytest.param("epochMicroseconds", ["1700000000999999", "-0.5"], [1_700_000_000, -1]),
        pytest.param("epochSeconds", ["1.9999999999", "-0.00000000001", f"-1.{'0' * 40}"], [1, -1, -1]),
        pytest.param("epochSeconds", [f"1.{'0' * 41}", f"0.{'9' * 40}"], [None, 0]),
        pytest.param("epochSeconds", ["253402300799", "-62167219201", "x"], [253_402_300_799, None, None]),
    ],
)
def test_numbers_that_count_from_1970_on_are_moments(form, texts, seconds):
    assert read(column("timestamp", format=form), texts) == seconds


@pytest.mark.parametrize("separator", [",", ".", " ", "'"])
def test_thousands_are_read_as_python_writes_them(separator):
    numbers = [0, 1, 12, 123, 1_234, 12_345, 123_456, 1_234_567, -9_876_543_210, 10**17]
    texts = [f"{number:,}".replace(",", separator) for number in numbers]
    assert read(column("integer", thousandsSeparator=separator), texts) == numbers
    point = "," if separator == "." else "."
    of = column("number", thousandsSeparator=separator)
    assert read(of, [f"{text}{point}25" for text in texts[1:]]) == [
        Decimal(n) + Decimal("0.25").copy_sign(n) for n in numbers[1:]
    ]

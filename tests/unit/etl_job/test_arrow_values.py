"""Arrow says yes only where Spark's rules do, and reads the same value; and it says yes to what is usual."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F  # noqa: N812

from etl_job.arrow_values import can_read, floor_divide, read_column
from etl_job.columns import Column
from etl_job.rules import _rules_of_column as rules_of_column
from etl_job.schemas import parsed_column, value_column
from etl_job.values import parsed_columns, second_of_day


def column(kind: str, *usual: str, required: bool = False, **options: object):
    """A column, and texts that are right in it."""
    described = {"logicalType": kind, "logicalTypeOptions": options, "required": required}
    return described, usual


COLUMNS = [
    column("string", "a", "", "日本"),
    column("string", "a1-b", "ABC", required=True, pattern="^[A-Za-z0-9-]+$", maxLength=6),
    column("string", "x.y", "ab12", pattern=r"^(?:[a-z]{1,2}\d*|x\.y)$", minLength=2),
    column("string", "ns", enum=["ns", "Süd", 'q"']),
    column("string", "23:59:59", "00:00:00", required=True, format="HH:mm:ss"),
    column("string", "17:05", "07:05:09", format="HH:mm", otherFormats=["H:mm", "HH:mm:ss"]),
    column("integer", "0", "-5", "+7", "007", minimum=-5, maximum=10**17),
    column("number", "0.3", "0", "+0.1", "007.100000", minimum=0, maximum=100.5),
    column("number", "1,5", "-3", decimalSeparator=",", minimum="-3.25"),
    column("number", "0.0000005", "-0.0000015", "123456789012345678.99999949", rounding=6),
    column("number", "2,5", "3", "-0,125", rounding=1, notation="free", decimalSeparator=",", maximum=10**17),
    column("boolean", "true", "FALSE", "True"),
    column("date", "2024-02-29", "2000-01-01", required=True, format="yyyy-MM-dd", minimum=date(2000, 1, 1)),
    column("date", "29.02.2024", "20240131", format="dd.MM.yyyy", otherFormats=["d.M.yyyy", "yyyyMMdd"]),
    column("timestamp", "2024-02-29 23:59:59", format="yyyy-MM-dd HH:mm:ss", timeZone="UTC"),
    column("timestamp", "2024-02-29T23:59:59Z", "1969-12-31T23:00:00-05:45", format="yyyy-MM-dd'T'HH:mm:ssXXX"),
    column(
        "timestamp",
        "2024-02-29T10:00:00+0100",
        "29/02/2024 10:00",
        format="yyyy-MM-dd'T'HH:mm:ssXX",
        otherFormats=["dd/MM/yyyy HH:mm", "d/M/yyyy H:mm", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"],
        timeZone="UTC",
        maximum=date(2024, 12, 31),
    ),
]
COLUMNS = [
    (Column.model_validate({"name": f"c{place}", **described}), usual)
    for place, (described, usual) in enumerate(COLUMNS)
]
USUAL = sorted({text for _, usual in COLUMNS for text in usual})
ODD = [
    "1e+05",
    "1E-7",
    ".5",
    "5.",
    "5,",
    ",5e3",
    "1e+99",
    "0.00000049999999999999999999",
    "0.123456789012345678901234567890",
    "7:05",
    "2024-02-30",
    "2023-02-29",
    "0000-01-01",
    "1900-02-29",
    "24:00:00",
    "9999-12-31",
    "30.02.2024",
    "1e3",
    "NaN",
]
ODD += [
    "999999999999999999.999999",
    "1000000000000000000",
    "-3,250001",
    "2024-02-29T10:00:00+15:00",
    "\u0661",
    "a\u2028",
]
ODD += [
    "2024-02-29T10:00:00+14:30",
    "2024-02-29T24:00:00Z",
    "true ",
    "tRUE",
    "fal\u017fe",
    "ns\x85",
    " 1",
    "1.",
    "+",
    "-",
]


@st.composite
def nearly_right(draw) -> str:
    """A right text of some column with a character changed, put in or left out."""
    text = draw(st.sampled_from(USUAL + ODD))
    place = draw(st.integers(0, len(text)))
    return (
        text[:place] + draw(st.sampled_from([*"0129-+.,:/ TZa\n\t", "é", ""])) + text[place + draw(st.integers(0, 1)) :]
    )


@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(drawn=st.lists(st.one_of(nearly_right(), nearly_right(), st.text(max_size=8)), min_size=150, max_size=200))
def test_what_arrow_takes_spark_takes_as_the_same_value(spark, drawn):
    texts = [*USUAL, *ODD, *drawn]
    values = {value_column(of.name): F.when(F.col("text") != "", F.col("text")) for of, _ in COLUMNS}
    frame = spark.createDataFrame(list(enumerate(texts)), "place int, text string").coalesce(1).withColumns(values)
    frame = frame.withColumns(parsed_columns([of for of, _ in COLUMNS]))
    judged = frame.select(
        *(
            column.alias(f"{n}_{what}")
            for n, (of, _) in enumerate(COLUMNS)
            for what, column in (
                ("holds", _all_hold(of)),
                ("value", _value(of)),
            )
        )
    ).collect()
    for number, (of, usual) in enumerate(COLUMNS):
        read = read_column(of, pa.array(texts, pa.string()))
        holds, found = read.holds.to_pylist(), read.values.to_pylist()
        taken = {text for text, is_right in zip(texts, holds, strict=True) if is_right}
        assert taken >= set(usual), f"{of.name} does not take {set(usual) - taken}"
        for place, text in enumerate(texts):
            if holds[place]:
                assert judged[place][f"{number}_holds"], f"{of.name} must not take {text!r}"
                assert _plain(found[place]) == _plain(judged[place][f"{number}_value"]), f"{of.name}: {text!r}"


def _all_hold(of: Column):
    found = F.lit(True)
    for rule in rules_of_column(of):
        found = found & F.coalesce(rule.holds, F.lit(False))
    return found


def _value(of: Column):
    if of.logical_type in ("string", "boolean"):
        text = F.col(value_column(of.name))
        return second_of_day(of, text) if of.rules.layouts else text
    parsed = F.col(parsed_column(of.name))
    return parsed.cast("string") if of.logical_type == "date" else parsed  # Python has no year 0


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    return Decimal(value) if isinstance(value, int) else value


def test_few_distinct_texts_are_read_as_many_are():
    of = COLUMNS[0][0]
    repeated = pa.array(["2024-02-29", "x", "", "2024-02-30"] * 2_000)
    day = Column.model_validate({"name": "d", "logicalType": "date", "logicalTypeOptions": {"format": "yyyy-MM-dd"}})
    read = read_column(day, repeated)
    assert read.holds.to_pylist() == [True, False, True, False] * 2_000
    assert read.values.to_pylist() == [date(2024, 2, 29), None, None, None] * 2_000
    assert all(read_column(of, repeated).holds.to_pylist())


def test_event_is_not_in_the_future():
    day = Column.model_validate({"name": "d", "logicalType": "date", "logicalTypeOptions": {"format": "yyyy-MM-dd"}})
    moment = {"format": "yyyy-MM-dd HH:mm:ss", "timeZone": "UTC"}
    at = Column.model_validate({"name": "t", "logicalType": "timestamp", "logicalTypeOptions": moment})
    latest = date(2024, 3, 1)
    assert read_column(day, pa.array(["2024-03-01", "2024-03-02"]), latest).holds.to_pylist() == [True, False]
    texts = pa.array(["2024-03-01 23:59:59", "2024-03-02 00:00:00", "1969-12-31 23:59:59"])
    assert read_column(at, texts, latest).holds.to_pylist() == [True, False, True]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        pytest.param({"pattern": "^[A-Z]{2}-[0-9]+$"}, True, id="classes and counts"),
        pytest.param({"pattern": r"^(?:a|b\.c)[\d_-]*\w?$"}, True, id="groups and escapes"),
        pytest.param({"pattern": "^a.c$"}, False, id="a dot means other line ends in Java"),
        pytest.param({"pattern": r"^\s+$"}, False, id="spaces are other characters in Java"),
        pytest.param({"pattern": "^(?i)a$"}, False, id="flags"),
        pytest.param({"pattern": "^(?=a)b$"}, False, id="look-ahead"),
        pytest.param({"pattern": "^a++$"}, False, id="possessive in Java, an error in RE2"),
        pytest.param({"pattern": "^[a-z&&[^b]]$"}, False, id="an intersection in Java alone"),
        pytest.param({"pattern": "^a{1001}$"}, False, id="more repetitions than RE2 takes"),
        pytest.param({"pattern": r"^(a)\1$"}, False, id="a backreference"),
    ],
)
def test_patterns_are_read_only_if_both_kinds_of_expressions_mean_the_same(options, expected):
    assert can_read(Column.model_validate({"name": "c", "logicalTypeOptions": options})) is expected


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        pytest.param(
            "timestamp", {"format": "yyyy-MM-dd HH:mm:ss", "timeZone": "Europe/Berlin"}, id="clocks are put back"
        ),
        pytest.param("date", {"format": "d.M.yyyy"}, id="parts of varying length"),
        pytest.param("timestamp", {"format": "yyyy-MM-dd'T'HH:mm:ss.SSSXXX"}, id="an offset behind a fraction"),
        pytest.param("number", {"minimum": "0.0000001"}, id="a bound between values"),
    ],
)
def test_columns_whose_texts_take_more_are_left_to_spark(kind, options):
    assert not can_read(Column.model_validate({"name": "c", "logicalType": kind, "logicalTypeOptions": options}))


def test_division_rounds_down():
    seconds = [-86_401, -86_400, -1, 0, 1, 86_399, 86_400]
    assert floor_divide(pa.array(seconds), 86_400).to_pylist() == [second // 86_400 for second in seconds]

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl_job.publishing.features import (
    FeatureRange,
    affected_range,
    compute_features,
    first_day_of_quarter,
    last_new_beginning,
    narrowed,
)
from etl_job.publishing.point_in_time import quarter_of

D = date.fromisoformat


@pytest.fixture(scope="module")
def small_spec(contract):
    return contract.features.model_copy(update={"hour_histogram": False, "rolling_mean_days": (3,), "lag_days": (1, 2)})


def computed_rows(spark, spec, counts, first_day, last_day):
    frame = spark.createDataFrame(
        [(brand, D(day), n) for brand, day, n in counts], "brand string, day date, sightings long"
    )
    found = compute_features(frame, spec, FeatureRange(D(first_day), D(last_day)))
    return sorted(tuple(row) for row in found.collect())


def test_features_cross_a_quarter_with_a_leap_day_and_a_gap(spark, small_spec):
    counts = [
        ("Opel", "2024-02-28", 4),
        ("Opel", "2024-03-31", 2),
        ("Opel", "2024-03-31", 1),  # the same day from another delivery
        ("Opel", "2024-04-02", 6),
        ("Kia", "2024-04-01", 3),
    ]
    assert computed_rows(spark, small_spec, counts, "2024-04-01", "2024-04-03") == [
        ("Kia", D("2024-04-01"), "2024Q2", 3, 1.0, 3.0, None, None, 3),
        ("Kia", D("2024-04-02"), "2024Q2", 0, 0.0, 1.5, 3, None, 3),
        ("Kia", D("2024-04-03"), "2024Q2", 0, None, 1.0, 0, 3, 3),
        ("Opel", D("2024-04-01"), "2024Q2", 0, 0.0, 1.0, 3, 0, 0),
        ("Opel", D("2024-04-02"), "2024Q2", 6, 1.0, 3.0, 0, 3, 6),
        ("Opel", D("2024-04-03"), "2024Q2", 0, None, 2.0, 6, 0, 6),
    ]
    leap = computed_rows(spark, small_spec, counts, "2024-01-01", "2024-03-01")
    assert [row[1:4] for row in leap if row[0] == "Opel" and row[1] < D("2024-03-02")] == [
        (D("2024-02-28"), "2024Q1", 4),
        (D("2024-02-29"), "2024Q1", 0),
        (D("2024-03-01"), "2024Q1", 0),
    ]


def test_features_of_a_range_do_not_depend_on_where_it_begins(spark, small_spec):
    counts = [("Opel", "2023-12-30", 1), ("Opel", "2024-01-01", 2), ("Kia", "2023-11-05", 5), ("Kia", "2024-02-01", 1)]
    whole = computed_rows(spark, small_spec, counts, "2023-10-01", "2024-02-02")
    later = computed_rows(spark, small_spec, counts, "2024-01-01", "2024-02-02")
    assert later == [row for row in whole if row[1] >= D("2024-01-01")]


def test_affected_range_is_empty_without_changes_or_rows():
    assert affected_range([], D("2024-03-31"), D("2024-03-31")) is None
    assert affected_range([(D("2024-01-01"), D("2024-03-31"))], D("2024-03-31"), None) is None


@pytest.mark.parametrize(
    ("changed", "old_last", "new_last", "quarters"),
    [
        pytest.param([("2024-04-01", "2024-06-30")], "2024-03-31", "2024-06-30", ["2024Q2"], id="next quarter"),
        pytest.param(
            [("2024-05-01", "2024-06-30")], "2023-12-31", "2024-06-30", ["2024Q1", "2024Q2"], id="a quarter left out"
        ),
        pytest.param(
            [("2023-12-31", "2024-06-30")], "2024-03-31", "2024-06-30", ["2023Q4", "2024Q1", "2024Q2"], id="late row"
        ),
        pytest.param(
            [("2024-02-01", "2024-06-30")], "2024-06-30", "2024-03-31", ["2024Q1"], id="calendar becomes shorter"
        ),
    ],
)
def test_affected_range_begins_with_the_first_changed_quarter(changed, old_last, new_last, quarters):
    found = affected_range([(D(first), D(last)) for first, last in changed], D(old_last), D(new_last))
    assert list(found.quarters) == quarters


@pytest.mark.parametrize(
    ("last_changed", "reach", "quarters"),
    [
        pytest.param("2023-02-03", 28, ["2023Q1"], id="within the quarter"),
        pytest.param("2023-03-03", 28, ["2023Q1"], id="up to the quarter's last day"),
        pytest.param("2023-03-04", 28, ["2023Q1", "2023Q2"], id="into the next quarter"),
        pytest.param("2023-03-31", 100, ["2023Q1", "2023Q2", "2023Q3"], id="over a quarter"),
        pytest.param("2023-12-01", 28, ["2023Q1", "2023Q2", "2023Q3", "2023Q4"], id="all but the last"),
        pytest.param("2024-01-31", 28, ["2023Q1", "2023Q2", "2023Q3", "2023Q4", "2024Q1"], id="all"),
    ],
)
def test_range_is_narrowed_to_quarters_with_rows_that_look_at_changed_days(last_changed, reach, quarters):
    whole = FeatureRange(D("2023-01-01"), D("2024-02-29"))
    found = narrowed(whole, D(last_changed), reach)
    assert (list(found.quarters), found.reaches_end) == (quarters, quarters[-1] == "2024Q1")
    assert found.reaches_end or quarter_of(found.last_day + timedelta(days=1)) not in quarters


def test_calendars_with_another_first_day_report_how_long_they_differ(spark, small_spec):
    def found(old, new):
        frames = [spark.createDataFrame([(b, D(d)) for b, d in rows], "brand string, day date") for rows in (old, new)]
        return last_new_beginning(*frames, small_spec, D("2024-12-31"))

    old = [("Opel", "2024-02-01"), ("Opel", "2024-03-01"), ("Kia", "2024-01-05")]
    assert found(old, [*old[1:], ("Opel", "2024-02-01")]) is None
    assert found(old, [*old, ("Opel", "2024-01-01")]) == D("2024-02-01")
    assert found(old, old[1:]) == D("2024-03-01")
    assert found(old, old[:2]) == found(old[:2], old) == D("2024-12-31")


@given(st.dates(), st.integers(0, 4_000))
def test_quarters_of_a_range_are_those_of_its_days(first, days):
    last = first + timedelta(days=min(days, (date.max - first).days))
    every = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert list(FeatureRange(first, last).quarters) == list(dict.fromkeys(map(quarter_of, every)))
    assert first_day_of_quarter(first) <= first

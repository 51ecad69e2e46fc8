"""Distributions by quarter, and the population stability index between them."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quartal.core.errors import ConfigurationError
from quartal.report.drift import (
    LEAST_SHARE,
    Drift,
    classify_drift,
    feature_histories,
    numeric_features,
    population_stability_index,
)


def table(**quarters: list[float | None]) -> pa.Table:
    """One feature `n` with these values in each quarter."""
    rows = [(quarter, value) for quarter, values in quarters.items() for value in values]
    return pa.table({"quarter": [row[0] for row in rows], "n": pa.array([row[1] for row in rows], pa.float64())})


def test_index_is_the_formula_over_shares():
    expected = (0.4 - 0.5) * math.log(0.4 / 0.5) + (0.6 - 0.5) * math.log(0.6 / 0.5)
    assert population_stability_index([50, 50], [400, 600]) == pytest.approx(expected)


def test_empty_bin_counts_as_the_least_share():
    expected = (LEAST_SHARE - 0.5) * math.log(LEAST_SHARE / 0.5) + (1 - 0.5) * math.log(1 / 0.5)
    assert population_stability_index([5, 5], [0, 7]) == pytest.approx(expected)


@pytest.mark.parametrize(("before", "after"), [([1], [1, 2]), ([0, 0], [1, 1]), ([1, 1], [0, 0]), ([], [])])
def test_counts_that_cannot_be_compared_are_refused(before, after):
    with pytest.raises(ValueError, match="not two counts over the same bins"):
        population_stability_index(before, after)


COUNTS = st.integers(1, 12).flatmap(
    lambda bins: st.tuples(*[st.lists(st.integers(0, 10**6), min_size=bins, max_size=bins).filter(any)] * 2)
)


@given(COUNTS)
def test_index_of_a_distribution_with_itself_is_0(counts):
    assert population_stability_index(counts[0], counts[0]) == 0
    assert population_stability_index(counts[0], [7 * count for count in counts[0]]) == pytest.approx(0, abs=1e-12)


@given(COUNTS)
def test_index_is_symmetric_and_never_negative(counts):
    there, back = population_stability_index(*counts), population_stability_index(*reversed(counts))
    assert there == pytest.approx(back, abs=1e-12)
    assert there >= 0


VALUES = st.lists(st.none() | st.floats(-1e9, 1e9) | st.just(math.nan) | st.integers(0, 3), min_size=1, max_size=40)


@given(VALUES, VALUES)
def test_every_row_stands_in_one_bin_missing_values_in_the_last_and_the_same_values_again_are_no_drift(earlier, later):
    (history,) = feature_histories(table(q1=earlier, q2=later, q3=list(reversed(later))), ["n"])
    step, again = history.steps
    for counts, values in ((step.counts_before, earlier), (step.counts_after, later)):
        present = [value for value in values if value is not None and not math.isnan(value)]
        assert sum(counts) == len(values)
        assert counts[-1] == len(values) - len(present)
        bounds = [-math.inf, *step.upper_edges, math.inf]
        for count, low, high in zip(counts[:-1], bounds, bounds[1:], strict=False):
            assert count == sum(1 for value in present if low < value <= high)
    assert step.psi == pytest.approx(population_stability_index(step.counts_before, step.counts_after))
    assert again.psi == 0


def test_bins_are_the_deciles_of_the_earlier_quarter():
    (history,) = feature_histories(table(q1=list(range(1, 101)), q2=[95] * 4), ["n"])
    assert history.steps[0].upper_edges == tuple(range(10, 100, 10))
    assert history.steps[0].counts_after == (0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0)
    assert history.steps[0].drift is Drift.LARGE


def test_quarters_are_compared_in_their_order_each_with_the_one_before():
    (history,) = feature_histories(table(q3=[1.0], q1=[1.0], q2=[2.0]), ["n"])
    assert [(step.before, step.after) for step in history.steps] == [("q1", "q2"), ("q2", "q3")]
    assert [each.quarter for each in history.distributions] == ["q1", "q2", "q3"]


def test_distribution_has_quantiles_and_the_missing_share():
    (history,) = feature_histories(table(q1=[None, math.nan, *map(float, range(1, 21))]), ["n"])
    (found,) = history.distributions
    assert (found.rows, found.missing, found.mean) == (22, 2, 10.5)
    assert (found.minimum, found.percentile_10, found.lower_quartile) == (1, 2, 5)
    assert (found.median, found.upper_quartile, found.percentile_90, found.maximum) == (10, 15, 18, 20)
    assert history.steps == ()


def test_quarter_without_a_value_has_no_quantiles_and_differs_by_its_missing_values():
    (history,) = feature_histories(table(q1=[None, None], q2=[1.0, 2.0]), ["n"])
    assert history.distributions[0].median is None
    assert history.steps[0].counts_before == (0, 2)
    assert history.steps[0].drift is Drift.LARGE


def test_decimals_and_integers_and_odd_names_are_compared_as_well():
    found = feature_histories(
        pa.table(
            {
                "quarter": ["q1", "q2"],
                'o"dd': pa.array([1, 1], pa.int8()),
                "price": pa.array(["1.25", "1.25"]).cast(pa.decimal128(12, 2)),
            }
        ),
        ['o"dd', "price"],
    )
    assert [each.steps[0].psi for each in found] == [0, 0]
    assert found[1].distributions[0].median == 1.25


def test_numeric_features_are_the_numbers_after_the_key():
    schema = pa.schema(
        [
            ("site", pa.int32()),
            ("day", pa.date32()),
            ("quarter", pa.string()),
            ("n", pa.int64()),
            ("flag", pa.bool_()),
            ("mean", pa.float64()),
            ("price", pa.decimal128(10, 2)),
        ]
    )
    assert numeric_features(schema) == ("n", "mean", "price")


def test_table_without_days_is_refused():
    with pytest.raises(ConfigurationError, match="not those of features"):
        numeric_features(pa.schema([("n", pa.int64())]))


@pytest.mark.parametrize(
    ("psi", "drift"),
    [(0, Drift.SMALL), (0.0999, Drift.SMALL), (0.1, Drift.MODERATE), (0.25, Drift.MODERATE), (0.2501, Drift.LARGE)],
)
def test_convention_calls_a_tenth_moderate_and_more_than_a_quarter_large(psi, drift):
    assert classify_drift(psi) is drift


def test_a_shifted_mean_is_seen_and_an_unshifted_is_not():
    first = date(2026, 1, 1)
    days = [first + timedelta(days=number) for number in range(181)]
    quarters = [f"2026Q{(day.month + 2) // 3}" for day in days]
    wave = [100 + 10 * math.sin(number) for number in range(181)]
    grown = [value + (25 if quarter == "2026Q2" else 0) for value, quarter in zip(wave, quarters, strict=True)]
    steady, moved = feature_histories(pa.table({"quarter": quarters, "a": wave, "b": grown}), ["a", "b"])
    assert steady.steps[0].drift is Drift.SMALL
    assert moved.steps[0].drift is Drift.LARGE

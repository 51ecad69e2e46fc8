"""What changed in the features from one state to another."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quartal.core.errors import ConfigurationError, PipelineError
from quartal.features.diff import diff_features
from tests.unit.quartal.features.lake import EARLY, FIRST, LATE, features


def test_diff_counts_rows_by_entity_and_day_and_values_by_column():
    found = diff_features(EARLY, LATE)
    assert found.key == ("brand", "day")
    assert (found.rows_before, found.rows_after) == (3, 4)
    assert (found.added, found.removed, found.changed) == (2, 1, 2)
    assert [(each.column, each.changed, each.before, each.after) for each in found.columns] == [
        ("n", 1, 2, 3),
        ("mean", 2, 0.5, 0.75),
    ]
    assert found.columns[0].key == {"brand": "bolt", "day": FIRST}


def test_diff_lists_new_and_removed_columns_and_compares_the_others():
    found = diff_features(EARLY, EARLY.rename_columns(["brand", "day", "quarter", "n", "median"]))
    assert (found.columns_added, found.columns_removed) == (("median",), ("mean",))
    assert (found.added, found.removed, found.changed, found.columns) == (0, 0, 0, ())
    assert not found.is_empty


def test_diff_of_a_single_series_goes_by_the_day():
    before, after = (state.slice(0, 1).drop_columns(["brand"]) for state in (EARLY, LATE))
    diff = diff_features(before, after)
    assert (diff.added, diff.removed, diff.changed) == (0, 0, 1)


def test_diff_of_states_with_other_entities_is_refused():
    with pytest.raises(ConfigurationError, match="brand, day in the first state and by maker, day"):
        diff_features(EARLY, EARLY.rename_columns(["maker", *EARLY.column_names[1:]]))


def test_diff_of_a_state_with_two_rows_for_one_key_is_refused():
    with pytest.raises(PipelineError, match="second state has more than one row for acme, 2024-03-31"):
        diff_features(EARLY, pa.concat_tables([EARLY, EARLY.slice(0, 1)]))


KEYS = st.tuples(st.sampled_from(["acme", "bolt", 'o"dd']), st.integers(0, 3))
VALUES = st.tuples(st.none() | st.integers(0, 2), st.none() | st.sampled_from([0.0, 1.5, float("nan")]))
STATES = st.dictionaries(KEYS, VALUES, max_size=8)


@given(STATES, STATES)
def test_diff_agrees_with_a_comparison_of_dictionaries(before, after):
    found = diff_features(*(features(*(key + values for key, values in state.items())) for state in (before, after)))
    both = before.keys() & after.keys()
    # repr, since NaN equals NaN here
    differing = {key: [repr(a) != repr(b) for a, b in zip(before[key], after[key], strict=True)] for key in both}
    assert found.added == len(after.keys() - before.keys())
    assert found.removed == len(before.keys() - after.keys())
    assert found.changed == sum(any(each) for each in differing.values())
    counts = {each.column: each.changed for each in found.columns}
    assert [counts.get("n", 0), counts.get("mean", 0)] == [sum(each[i] for each in differing.values()) for i in (0, 1)]

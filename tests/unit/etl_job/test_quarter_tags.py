"""A quarter's tag holds days up to the end of its quarter and none after. No Spark."""

from collections import Counter
from datetime import date, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.table import update as metadata_update

from etl_job.publishing.point_in_time import (
    DeliveriesSharingKeys,
    KeptDays,
    QuarterPlan,
    last_counted_days,
    last_day_of,
    quarter_of,
)
from etl_job.tables import snapshot_chain
from etl_job.tables.property_names import AS_OF_QUARTER, RUN
from etl_job.tables.quarter_tags import QUARTER_NAME

from .conftest import DATABASE
from .quarterly_lake import QuarterlyLake, Row, compute_features, kept_rows

Q1, Q2, Q3 = date(2024, 1, 10), date(2024, 5, 10), date(2024, 8, 10)
_numbers = count()


@pytest.fixture
def quarterly(lake) -> QuarterlyLake:
    return QuarterlyLake(lake.root, GlueCatalog("test"), "feed")


def rows_on(*days: date, key: int = 0) -> list[Row]:
    return [(key or day.toordinal(), day) for day in days]


def test_quarters_that_one_run_publishes_have_a_state_each_and_the_newest_is_everything(quarterly):
    quarterly.publish({"2024Q1": rows_on(Q1), "2024Q2": rows_on(Q2), "2024Q3": rows_on(Q3)})
    assert [quarterly.rows(tag) for tag in ("2024Q1", "2024Q2")] == [compute_features([Q1]), compute_features([Q1, Q2])]
    assert quarterly.rows("2024Q3") == quarterly.rows("run-1") == quarterly.rows() == compute_features([Q1, Q2, Q3])


def test_states_of_a_run_are_committed_together_in_the_order_of_quarters(quarterly):
    quarterly.publish({"a": rows_on(Q1, Q2, Q3)})
    table = quarterly.features
    snapshots = [table.snapshot_by_name(tag) for tag in ("2024Q1", "2024Q2", "2024Q3")]
    numbers = [snapshot.sequence_number for snapshot in snapshots]
    assert numbers == sorted(numbers)
    assert snapshots[-1].sequence_number == table.metadata.last_sequence_number
    assert snapshots[-1] == table.current_snapshot()
    assert snapshots[1].parent_snapshot_id == snapshots[0].snapshot_id
    assert len(table.metadata.metadata_log) == 1  # the empty table's
    assert {snapshot.summary[RUN] for snapshot in snapshots} == {"run-1"}


def test_states_of_quarters_reference_existing_files_and_write_none(quarterly):
    quarterly.publish({"a": rows_on(Q1, Q2, Q3)})
    written = sorted(quarterly.root.glob("feed_features/data/**/*.parquet"))
    assert len(written) == 5  # a quarter's days up to its last event, and those after, which only later tags hold
    named = {task.file.file_path for task in quarterly.features.scan().plan_files()}
    assert named == {f"file://{path}" for path in written}


def test_correction_of_an_old_quarter_renews_the_tags_from_there_on_and_their_records_name_it(quarterly):
    quarterly.publish({"2024Q1": rows_on(Q1), "2024Q2": rows_on(Q2), "2024Q3": rows_on(Q3)})
    quarterly.publish({"2024Q2": rows_on(Q2, Q2 - timedelta(days=9))})
    assert quarterly.rows("2024Q1") == compute_features([Q1])
    assert quarterly.rows("2024Q2") == compute_features([Q1, Q2, Q2 - timedelta(days=9)])
    tags = quarterly.table("features").quarter_tags
    assert {name: tag.corrected_by for name, tag in tags.items()} == {
        "2024Q1": (),
        "2024Q2": ("2024Q2",),
        "2024Q3": ("2024Q2",),
    }


def test_delivery_that_adds_days_after_those_of_a_tag_is_no_correction_of_it(quarterly):
    quarterly.publish({"2024-01": rows_on(Q1)})
    quarterly.publish({"2024-02": rows_on(Q1 + timedelta(days=30))})
    (tag,) = quarterly.table("features").quarter_tags.values()
    assert (tag.days_to, tag.corrected_by, tag.later_deliveries) == (Q1 + timedelta(days=30), (), ())


def test_rows_of_an_earlier_quarter_than_their_delivery_is_named_for_are_named_in_its_tag(quarterly):
    quarterly.publish({"2024Q1": rows_on(Q1), "2024Q2": rows_on(Q1 + timedelta(days=3), Q2)})
    assert quarterly.rows("2024Q1") == compute_features([Q1, Q1 + timedelta(days=3)])
    assert quarterly.table("features").quarter_tags["2024Q1"].later_deliveries == ("2024Q2",)


def test_rows_of_a_later_quarter_than_their_delivery_is_named_for_are_in_the_tag_of_their_days(quarterly):
    quarterly.publish({"2024Q1": rows_on(Q1, Q2)})
    assert quarterly.rows("2024Q1") == compute_features([Q1])
    assert quarterly.rows("2024Q2") == compute_features([Q1, Q2])
    assert quarterly.table("features").quarter_tags["2024Q1"].later_deliveries == ("2024Q1",)


def test_quarter_without_an_event_has_a_tag_that_holds_what_the_one_before_holds(quarterly):
    quarterly.publish({"a": rows_on(Q1), "b": rows_on(Q3)})
    assert quarterly.rows("2024Q2") == quarterly.rows("2024Q1") == compute_features([Q1])


def test_quarter_between_the_events_of_two_runs_has_a_tag_that_holds_what_the_one_before_holds(quarterly):
    quarterly.publish({"a": rows_on(Q1)})
    quarterly.publish({"b": rows_on(Q3)})
    assert quarterly.rows("2024Q2") == quarterly.rows("2024Q1") == compute_features([Q1])
    assert quarterly.rows("2024Q3") == quarterly.rows() == compute_features([Q1, Q3])


def test_delivery_that_may_have_taken_a_row_of_an_earlier_quarter_is_named(quarterly):
    quarterly.publish({"b": rows_on(Q1, Q1 + timedelta(days=1), key=7), "a": rows_on(Q2, key=7)})
    assert quarterly.rows() == compute_features([Q2])
    quarterly.publish({"c": rows_on(Q1)})
    assert quarterly.table("features").quarter_tags["2024Q1"].later_deliveries == ("a",)


def test_tag_of_a_withdrawn_quarter_does_not_hold_its_rows_any_more(quarterly):
    quarterly.publish({"2024Q1": rows_on(Q1), "2024Q2": rows_on(Q2)})
    quarterly.publish({"2024Q2": None})
    assert quarterly.rows("2024Q2") == quarterly.rows("2024Q1") == quarterly.rows() == compute_features([Q1])
    table = quarterly.features
    said = {tag: table.snapshot_by_name(tag).summary[AS_OF_QUARTER] for tag in ("2024Q1", "2024Q2")}
    assert said == {"2024Q1": "2024Q1", "2024Q2": "2024Q2"}
    quarterly.publish({"2024Q1": None})
    assert quarterly.rows("2024Q2") == quarterly.rows("2024Q1") == quarterly.rows() == []


def test_run_after_one_that_ended_between_its_commits_names_that_ones_correction(quarterly):
    quarterly.publish({"2024Q1": rows_on(Q1), "2024Q2": rows_on(Q2)})
    quarterly.publish({"2024Q1": rows_on(Q1 - timedelta(days=1))}, ends_after_curated=True)
    quarterly.publish({})
    assert quarterly.rows("2024Q1") == compute_features([Q1 - timedelta(days=1)])
    assert quarterly.table("features").quarter_tags["2024Q2"].corrected_by == ("2024Q1",)


def test_tags_that_an_earlier_version_set_are_renewed_by_the_next_run_which_writes_no_data(quarterly):
    quarterly.publish({"2024Q1": rows_on(Q1), "2024Q2": rows_on(Q2)}, by_earlier_version=True)
    files = set(quarterly.root.rglob("*.parquet"))
    assert quarterly.rows("2024Q1") == quarterly.rows()
    assert None in quarterly.table("features").quarter_tags.values()
    quarterly.publish({})
    assert None not in quarterly.table("features").quarter_tags.values()
    # That version wrote the days after the quarter's last event into the same file.
    assert quarterly.rows("2024Q1") == [row for row in quarterly.rows() if row[0] == "2024Q1"]
    assert quarterly.table("features").quarter_tags["2024Q1"].days_to == date(2024, 3, 31)
    assert quarterly.rows("2024Q2") == quarterly.rows() == compute_features([Q1, Q2])
    assert set(quarterly.root.rglob("*.parquet")) == files


def test_run_that_changes_a_late_quarter_renews_all_tags_of_an_earlier_version(quarterly):
    end = date(2024, 3, 31)
    quarterly.publish({"2024Q1": rows_on(Q1, end), "2024Q2": rows_on(Q2)}, by_earlier_version=True)
    quarterly.publish({"2024Q2": rows_on(Q2, Q2 + timedelta(days=1))})
    assert quarterly.rows("2024Q1") == compute_features([Q1, end])
    assert quarterly.rows("2024Q2") == quarterly.rows() == compute_features([Q1, end, Q2, Q2 + timedelta(days=1)])
    corrections = {name: tag.corrected_by for name, tag in quarterly.table("features").quarter_tags.items()}
    assert corrections == {"2024Q1": (), "2024Q2": ("2024Q2",)}


@pytest.mark.parametrize("state", ["the tag of a quarter", "between two steps of the commit"])
def test_table_set_to_part_of_a_run_is_recomputed(quarterly, state):
    quarterly.publish({"2024Q1": rows_on(Q1), "2024Q2": rows_on(Q2)})
    quarterly.publish({"2024Q1": rows_on(Q1, Q1 + timedelta(days=1))})
    table = quarterly.features
    parts = [each for each in table.metadata.snapshots if each.summary[RUN] == "run-2"]
    part = parts[0] if state == "between two steps of the commit" else table.snapshot_by_name("2024Q1")
    table.manage_snapshots().set_current_snapshot(snapshot_id=part.snapshot_id).commit()
    quarterly.publish({"2024Q3": rows_on(Q3)})
    days = [Q1, Q1 + timedelta(days=1), Q2]
    assert quarterly.rows("2024Q2") == compute_features(days)
    assert quarterly.rows("2024Q3") == quarterly.rows() == compute_features([*days, Q3])


def test_tags_of_states_that_both_tables_were_set_back_from_are_renewed(quarterly):
    quarterly.publish({"2024Q1": rows_on(Q1), "2024Q2": rows_on(Q2)})
    before = {kind: quarterly.table(kind).snapshot_id for kind in ("curated", "features")}
    quarterly.publish({"2024Q1": rows_on(Q1, Q1 + timedelta(days=1))})
    for kind, snapshot in before.items():
        table = quarterly.catalog.load_table(f"{DATABASE}.feed_{kind}")
        table.manage_snapshots().set_current_snapshot(snapshot_id=snapshot).commit()
    quarterly.deliveries["2024Q1"] = rows_on(Q1)
    quarterly.publish({"2024Q3": rows_on(Q3)})
    assert quarterly.rows("2024Q1") == compute_features([Q1])
    assert quarterly.rows("2024Q2") == compute_features([Q1, Q2])
    assert quarterly.rows("2024Q3") == quarterly.rows() == compute_features([Q1, Q2, Q3])
    assert quarterly.table("features").quarter_tags["2024Q1"].corrected_by == ("2024Q1",)


@pytest.mark.parametrize("name", ["0000Q1", "\u0662\u0660\u0662\u0664Q1"])  # no year; digits of another script
def test_tag_whose_name_is_no_quarter_of_the_calendar_is_left_alone(quarterly, name):
    quarterly.publish({"a": rows_on(Q1)})
    table = quarterly.features
    table.manage_snapshots().create_tag(table.current_snapshot().snapshot_id, name).commit()
    quarterly.publish({"b": rows_on(Q2)})
    assert quarterly.rows(name) == quarterly.rows("2024Q1") == compute_features([Q1])


def test_branch_named_like_a_quarter_stays_a_branch(quarterly):
    quarterly.publish({"a": rows_on(Q1)})
    table = quarterly.features
    table.manage_snapshots().create_branch(table.current_snapshot().snapshot_id, "2024Q2").commit()
    branch = quarterly.features.refs()["2024Q2"]
    for quarter in (Q2, Q3):
        quarterly.publish({quarter_of(quarter): rows_on(quarter)})
        assert quarterly.features.refs()["2024Q2"] == branch
    assert quarterly.rows("2024Q3") == quarterly.rows() == compute_features([Q1, Q2, Q3])


def test_days_at_either_end_of_the_calendar_have_quarters(quarterly):
    first, last = date(1, 1, 1), date.max
    assert last_counted_days([KeptDays("a", first, first)], ["0001Q1"], {}.fromkeys) == {"0001Q1": first}
    found = last_counted_days([KeptDays("a", last, last)], ["9999Q4"], lambda quarters: pytest.fail("looked up"))
    assert found == {"9999Q4": last}


def test_quarters_without_an_event_are_not_split():
    kept = (KeptDays("a", Q1, Q1), KeptDays("b", Q3, Q3), KeptDays("c", date(2025, 1, 1), date(2025, 1, 1)))
    plan = QuarterPlan.of(
        {}, kept, replaced=(), changed_from="2024Q1", look_up=lambda quarters: {}, keys=DeliveriesSharingKeys(None)
    )
    assert plan.empty_ends() == {"2024Q1": Q1, "2024Q3": Q3}


def test_work_on_metadata_grows_with_the_quarters_and_not_with_their_square(quarterly, monkeypatch):
    applied = Counter()

    def counted(*arguments):
        applied[quarterly.runs] += 1
        return apply(*arguments)

    apply = metadata_update._apply_table_update
    monkeypatch.setattr(metadata_update, "_apply_table_update", counted)
    monkeypatch.setattr(snapshot_chain, "_apply_table_update", counted, raising=False)
    one_year = [date(2000, month, 10) for month in (1, 4, 7, 10)]
    quarterly.publish({"a": rows_on(*one_year)})
    quarterly.publish({"a": rows_on(*(day.replace(year=day.year + more) for day in one_year for more in range(8)))})
    assert applied[2] < 10 * applied[1]


KEPT = (KeptDays("2024Q1", Q1, Q1), KeptDays("2024Q2", Q2, Q2), KeptDays("2024Q3", Q3, Q3))


@pytest.mark.parametrize(
    ("conflicts", "losers", "named"),
    [
        (None, ["2024Q1"], ()),
        ("keepFirst", ["2024Q1"], ()),
        ("keepLast", [], ()),
        ("keepLast", ["2024Q1"], ("2024Q2", "2024Q3")),
        ("keepLast", ["2024Q3"], ()),
        ("quarantineBoth", ["2024Q1"], ("2024Q2", "2024Q3")),
    ],
)
def test_deliveries_that_may_have_taken_a_row_are_named_as_the_contract_decides(conflicts, losers, named):
    names = [each.delivery for each in KEPT]
    keys = DeliveriesSharingKeys(conflicts, names, processed=names, losers=losers)
    plan = QuarterPlan.of({}, KEPT, replaced=(), changed_from="2024Q1", look_up=lambda quarters: {}, keys=keys)
    first, *_, last = plan.tags({}, names)
    assert (first.quarter, first.later_deliveries) == ("2024Q1", named)
    assert (last.quarter, last.later_deliveries) == ("2024Q3", ())


def test_last_days_missing_from_file_statistics_are_read_once():
    asked = []

    def look_up(quarters):
        asked.append(list(quarters))
        return {"2024Q1": Q1, "2024Q2": Q2}

    kept = [KeptDays("a", date(2023, 12, 31), Q3), KeptDays("b", Q1, Q1)]
    found = last_counted_days(kept, ["2023Q4", "2024Q1", "2024Q2", "2024Q3"], look_up)
    assert found == {"2023Q4": date(2023, 12, 31), "2024Q1": Q1, "2024Q2": Q2, "2024Q3": Q3}
    assert asked == [["2024Q1", "2024Q2"]]


def test_last_days_of_quarters_that_end_with_an_event_are_not_looked_up():
    kept = [KeptDays("a", Q1, Q3), KeptDays("b", date(2024, 3, 31), date(2024, 6, 30))]
    found = last_counted_days(kept, ["2024Q1", "2024Q2", "2024Q3"], lambda quarters: pytest.fail("looked up"))
    assert found == {"2024Q1": date(2024, 3, 31), "2024Q2": date(2024, 6, 30), "2024Q3": Q3}


NAMES = st.sampled_from(["2023Q4", "2024Q1", "2024Q2", "2024Q3", "february", "zz"])
DAYS = st.one_of(
    st.dates(date(2023, 12, 20), date(2024, 8, 31)), st.sampled_from([last_day_of("2024Q1"), last_day_of("2024Q2")])
)
DELIVERY = st.lists(st.tuples(st.integers(1, 30), DAYS), max_size=4)
RUN_OF_CHANGES = st.dictionaries(NAMES, st.one_of(DELIVERY, DELIVERY, st.none()), min_size=1, max_size=4)


@settings(max_examples=10, deadline=None)
@given(st.lists(RUN_OF_CHANGES, min_size=1, max_size=4))
def test_tag_is_what_a_run_over_the_deliveries_up_to_its_quarter_gives(tmp_path_factory, runs):
    with mock_aws():
        catalog = GlueCatalog("test", **{"client.region": "eu-central-1"})
        catalog.create_namespace(DATABASE)
        lake = QuarterlyLake(tmp_path_factory.mktemp("lake"), catalog, f"feed{next(_numbers)}")
        held: dict[str, list] = {}
        for changes in runs:
            lake.publish({name: rows for name, rows in changes.items() if rows is not None or name in lake.deliveries})
            tags = lake.table("features").quarter_tags
            now = {name: lake.rows(name) for name in tags}
            for name, tag in tags.items():
                assert tag is not None
                assert all(quarter <= name for quarter, *_ in now[name])
                assert now[name] == of_days_up_to(name, lake.deliveries)
                if not tag.later_deliveries:
                    assert now[name] == alone(name, lake.deliveries)
                if name in held and now[name][: len(held[name])] != held[name]:
                    assert set(tag.corrected_by) & changes_of(changes, lake)
            assert lake.rows() == now[max(now)] if now else not lake.rows()
            held = now


def of_days_up_to(quarter, deliveries):
    kept = [day for rows in kept_rows(deliveries).values() for _, day in rows]
    return compute_features([day for day in kept if day <= last_day_of(quarter)])


def alone(quarter, deliveries):
    """A run over the deliveries up to a quarter: those that come with it or an earlier one."""
    kept = kept_rows(deliveries)
    come = {
        name: max([quarter_of(day) for _, day in kept[name]] + ([name] if QUARTER_NAME.fullmatch(name) else []) or [""])
        for name in deliveries
    }
    up_to = {name: rows for name, rows in deliveries.items() if come[name] <= quarter}
    return compute_features([day for rows in kept_rows(up_to).values() for _, day in rows])


def changes_of(changes, lake):
    """The deliveries that a run was about, and others of which a row became something else."""
    return {*changes, *lake.deliveries}

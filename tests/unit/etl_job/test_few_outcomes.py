"""Few outcomes are told by the driver while Spark judges the other rows; they are what Spark tells of all rows."""

from collections import Counter

import pytest

from etl_job.accounting import count_outcomes, curated_rows, delivery_outcomes
from etl_job.catalog import Delivery
from etl_job.contract import ConflictPolicy
from etl_job.few_outcomes import daily_counts, outcomes_of_deliveries, with_broken_rows
from etl_job.intake import Staging, read_headers, take_in
from etl_job.object_store import LocalObjectStore
from etl_job.rules import rules_of
from etl_job.schemas import DELIVERY, KEPT
from etl_job.shared_keys import RegisterFile
from etl_job.staging import (
    Meeting,
    broken_files,
    read_counts,
    read_staged,
    suspects_of,
    valid_files,
)

HEADER = "sighting_id,brand,date,time"
TWICE, DIFFERENT = "a,Opel,2024-01-01,10:00:00", "a,Kia,2024-01-02,11:00:00"
BAD = ["b,,2024-01-03,10:00:00", "?,,2023-02-29,10:00:00", "no row"]
FEED = {
    "d0": [TWICE, TWICE, DIFFERENT, "c,Kia,2024-01-02,11:00:00", "d,Kia,2024-01-02,12:00:00", *BAD],
    "d1": BAD[:1],
    "d2": [],
    "d3": [DIFFERENT, "e,Opel,2023-12-31,23:59:59"],
}


class Taken:
    """A feed as it is taken in."""

    def __init__(self, spark, folder, contract, feed, **staging):
        self.spark, self.contract, self.rules = spark, contract, rules_of(contract)
        self.store, self.staged_in, self.deliveries = LocalObjectStore(), f"file://{folder}/staged", list(feed)
        found = []
        for name, lines in feed.items():
            (folder / name).mkdir()
            (folder / name / "part.csv").write_text("\n".join([HEADER, *lines]))
            found.append(Delivery(name, self.store.list_files(f"file://{folder}/{name}")))
        headers = read_headers(self.store, contract, found)
        self.intake = take_in(
            Staging(spark, self.store, contract, self.rules, headers, found, self.staged_in, **staging)
        )

    @property
    def lines(self):
        return with_broken_rows(self.intake.outcomes.lines, self.store, broken_files(self.store, self.staged_in))

    @property
    def outcomes_by_spark(self):
        spec = self.contract.features
        staged = read_staged(self.spark, self.store, self.staged_in, spec)
        suspects = suspects_of(staged, self.intake.repeated, self.contract, self.rules, Meeting())
        return count_outcomes(
            staged, suspects, self.contract, read_counts(self.spark, self.store, self.staged_in, spec)
        )


@pytest.mark.parametrize("policy", list(ConflictPolicy))
def test_driver_and_spark_tell_the_same_of_each_delivery_and_day(spark, tmp_path, contract, policy):
    contract = contract.model_copy(update={"conflicts": policy})
    taken = Taken(spark, tmp_path, contract, FEED)
    by_spark = taken.outcomes_by_spark
    told = outcomes_of_deliveries(taken.lines, taken.rules, taken.deliveries)
    assert told == delivery_outcomes(by_spark, taken.rules, taken.deliveries)
    assert [outcome.rows for outcome in told] == [len(lines) for lines in FEED.values()]
    daily = daily_counts(taken.lines, contract.features)
    expected = curated_rows(by_spark, contract)
    assert daily.column_names == expected.columns
    assert Counter(tuple(row.values()) for row in daily.to_pylist()) == Counter(map(tuple, expected.collect()))


def test_feed_of_bad_rows_only_has_no_plain_rows_to_settle(spark, tmp_path, contract):
    assert Taken(spark, tmp_path, contract, {"d0": BAD}).intake.outcomes is None


@pytest.mark.parametrize(
    ("lines", "changed"),
    [
        pytest.param([TWICE, 'a,"Opel",2024-01-01,10:00:00'], {}, id="a-row-set-aside-is-valid"),
        pytest.param(
            [TWICE, BAD[0]], {"etl_job.intake.DRIVER_BYTES": len(BAD[0]) - 1}, id="the-rows-set-aside-are-much-text"
        ),
        pytest.param([TWICE, TWICE, BAD[0]], {"etl_job.extent.ONE_TASK_ROWS": 3}, id="there-are-many-rows"),
    ],
)
def test_outcomes_wait_for_all_rows_where(spark, tmp_path, contract, monkeypatch, lines, changed):
    for name, value in changed.items():
        monkeypatch.setattr(name, value)
    # The beginning of the file has no quotes, so a line that does is set aside.
    monkeypatch.setattr("etl_job.intake.HEAD_BYTES", len(HEADER) + 1)
    taken = Taken(spark, tmp_path, contract, {"d0": lines})
    assert taken.intake.outcomes is None
    counted = taken.outcomes_by_spark.groupBy(DELIVERY).sum(KEPT).collect()
    assert [tuple(row) for row in counted] == [("d0", 1)]


def test_outcomes_wait_where_another_delivery_has_the_key(spark, tmp_path, contract):
    for name in ("other", "with", "without"):
        (tmp_path / name).mkdir()
    other = Taken(spark, tmp_path / "other", contract, {"d0": [TWICE]})
    register = [RegisterFile(uri, frozenset({"d0"})) for uri in valid_files(other.store, other.staged_in)]
    assert Taken(spark, tmp_path / "with", contract, {"d1": [TWICE]}, other_keys=register).intake.outcomes is None
    # What the delivery held before counts as well: it is gone now, and the other delivery may get its row back.
    changed = {"other_keys": register, "keys_before": register}
    taken = Taken(spark, tmp_path / "without", contract, {"d1": ["z,Kia,2024-01-02,11:00:00"]}, **changed)
    assert taken.intake.outcomes is None

"""A table that is changed by a machine whose clock is behind has times that go forward all the same.

Readers in Java refuse it otherwise: https://github.com/apache/iceberg, TableMetadata.java.
"""

import os
import time
from datetime import datetime, timedelta

import pytest
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.table import update as updates

from quartal.core import aws
from quartal.core.aws import AwsConnection
from quartal.features.query import iceberg_catalog
from quartal.features.tags import set_tag

from .conftest import DATABASE
from .test_lost_answers import assert_all_there, change, faults, opened, rows, waits  # noqa: F401  # fixtures


@pytest.fixture
def an_hour_behind(monkeypatch):
    """Set the clock back, as PyIceberg sees it."""

    def set_back() -> None:
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() - 3600)

        class Behind(datetime):
            @classmethod
            def now(cls, tz=None):
                return datetime.now(tz) - timedelta(hours=1)

        monkeypatch.setattr(updates, "datetime", Behind)

    return set_back


def times() -> tuple[list[int], list[int], int]:
    metadata = GlueCatalog("test").load_table(f"{DATABASE}.counts").metadata
    history = [entry.timestamp_ms for entry in metadata.snapshot_log]
    return history, [each.timestamp_ms for each in metadata.snapshots], metadata.last_updated_ms


def test_run_on_a_machine_whose_clock_is_behind_leaves_a_history_in_order(opened, change, an_hour_behind):  # noqa: F811
    opened().replace(change(1, "one"))
    an_hour_behind()
    for number in (2, 3):
        opened().replace(change(number, f"run-{number}"))
    history, snapshots, last = times()
    assert history == sorted(history)
    assert snapshots == sorted(snapshots)
    assert last >= history[-1]
    assert rows() == {"d1": 3}
    assert_all_there()


def test_tag_by_a_machine_with_a_slow_clock_keeps_the_history_in_order(opened, change, an_hour_behind, monkeypatch):  # noqa: F811
    monkeypatch.setattr(aws, "_session", aws._session.__wrapped__)  # one with faults is not kept for other tests
    opened().replace(change(1, "one"))
    an_hour_behind()
    table = iceberg_catalog(AwsConnection(os.environ["AWS_DEFAULT_REGION"], None, "test", "test")).load_table(
        (DATABASE, "counts")
    )
    set_tag(table, "mine", table.current_snapshot().snapshot_id)
    history, _, last = times()
    assert last >= history[-1]

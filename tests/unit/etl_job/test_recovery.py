"""What is published where manifests are lost: a delivery of the table can always be withdrawn."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from etl_job.deliveries.raw_table import Delivery
from etl_job.deliveries.selection import files_digest, new_or_changed, select_deliveries, with_withdrawn_files
from etl_job.lake.files import StoredFile
from etl_job.manifest.files import LastRun
from etl_job.manifest.model import PublishedDelivery
from etl_job.tables.recovery import published_state
from etl_job.tables.snapshot_change import Changes

OLD = PublishedDelivery(run_id="one", contract_hash="c", inputs=())


def curated(snapshot_id: int | None, changes: Changes | None, held: tuple[str, ...] = ()) -> Any:
    files = tuple(SimpleNamespace(partition=name) for name in held)
    return cast(
        Any,
        SimpleNamespace(
            identifier="lake.feed_curated",
            snapshot_id=snapshot_id,
            changes_since=lambda _: changes,
            data_files=lambda: files,
        ),
    )


def processed(*names: str, withdrawn: tuple[str, ...] = ()) -> Changes:
    return Changes(frozenset(names), frozenset(withdrawn))


@pytest.mark.parametrize(
    ("last", "table"),
    [
        pytest.param(LastRun(), curated(1, processed("d1")), id="first-manifest-lost"),
        pytest.param(LastRun(), curated(1, None, ("d1",)), id="no-manifest-and-others-snapshots"),
        pytest.param(LastRun({"d0": OLD}, 1), curated(2, processed("d1")), id="new-delivery-whose-manifest-was-lost"),
    ],
)
def test_delivery_of_a_lost_manifest_is_published_and_can_be_withdrawn(last, table):
    published = published_state(last, table).published
    assert not published["d1"].withdrawn
    assert published["d1"].contract_hash == ""  # and is processed again otherwise
    assert select_deliveries((), named=(), withdrawn=("d1",), published=published, contract_hash="c").withdrawn == (
        "d1",
    )


def test_state_of_the_last_manifest_counts_if_the_table_matches():
    assert published_state(LastRun({"d0": OLD}, 1), curated(1, processed())).published == {"d0": OLD}


def test_nothing_is_published_before_the_first_run():
    assert published_state(LastRun(), curated(None, processed())).published == {}


def test_withdrawal_of_a_lost_manifest_stands():
    found = published_state(LastRun({"d0": OLD}, 1), curated(2, processed(withdrawn=("d0",)))).published
    assert found["d0"].withdrawn


@pytest.mark.parametrize("last", [LastRun(), LastRun({"d0": OLD}, 1)], ids=["no-manifest", "manifest-before-it"])
def test_withdrawal_stands_although_the_manifest_that_published_the_delivery_is_lost_too(last):
    then, later = (Delivery("d1", (StoredFile("a", 1, etag, 2.0),)) for etag in ("old", "new"))
    changes = Changes(frozenset(), frozenset({"d1"}), {"d1": files_digest(then)})
    state = published_state(last, curated(2, changes))
    assert state.to_withdraw == {"d1": files_digest(then)}
    for delivery, processed_again in ((then, ()), (later, (later,))):
        published = with_withdrawn_files(state.published, state.to_withdraw, [delivery])
        assert new_or_changed((delivery,), published, "c") == processed_again

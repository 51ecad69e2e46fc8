"""Commits of tags and expiries whose call fails before its effect, or whose answer is lost after it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from botocore.parsers import ResponseParserError
from moto import mock_aws
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.exceptions import CommitFailedException

from etl_job.lake.files import LocalObjectStore
from etl_job.tables.property_names import KEY_REGISTERS, RUN
from quartal.core.aws import AwsConnection
from quartal.core.errors import AwsError, PipelineError, QuartalError, UnknownOutcomeError
from quartal.features.iceberg_commits import committing_client, load_with_retries
from quartal.features.lake_files import lake_path
from quartal.features.maintenance import Lake, files_named_by, maintain
from quartal.features.query import iceberg_catalog
from quartal.features.snapshot_expiry import expire
from quartal.features.tags import list_tags, remove_tag, set_tag
from tests.lake_made_once import LakeMadeOnce
from tests.unit.quartal.lost_answers import (
    Faulty,
    broken_off,
    conflict,
    denied,
    expired,
    reset,
    server_error,
    throttled,
    unreachable,
)

CONNECTION = AwsConnection("eu-central-1", None, "test", "test")
TABLE = "db.feed_features"
SOON = datetime.now(UTC) + timedelta(hours=1)

ONCE = [
    pytest.param("before", reset, id="reset-before"),
    pytest.param("after", reset, id="reset-after"),
    pytest.param("before", server_error, id="500-before"),
    pytest.param("after", server_error, id="500-after"),
    pytest.param("after", broken_off, id="answer-broken-off"),
    pytest.param("after", conflict, id="repeated-by-the-client"),  # G35
    pytest.param("before", throttled, id="throttled"),
    pytest.param("before", unreachable, id="unreachable"),
]
FOR_GOOD = [
    pytest.param(reset, "closed", id="reset"),
    pytest.param(server_error, "InternalServiceException", id="500"),
    pytest.param(throttled, "ThrottlingException", id="throttled"),
    pytest.param(unreachable, "Could not connect", id="unreachable"),
    pytest.param(expired, "ExpiredTokenException", id="expired"),
    pytest.param(denied, "AccessDeniedException", id="denied"),
]


def make_table(folder: Path) -> None:
    """A published table of three states, and a file that nothing refers to."""
    catalog = GlueCatalog("test", client=CONNECTION.glue())
    catalog.create_namespace("db")
    rows = pa.table({"value": pa.array([1], pa.int64())})
    table = catalog.create_table(TABLE, rows.schema, location=f"file://{folder}/features/feed")
    for run_id in ("wr_1", "wr_2", "wr_3"):
        table.overwrite(rows, snapshot_properties={RUN: run_id})
    (folder / "features/feed/data/orphan.parquet").write_text("x")


class Place:
    """A published table of three states, in moto's Glue and on files."""

    def __init__(self, folder: Path, glue: Any) -> None:
        self._glue = glue
        self.lake = Lake(f"file://{folder}", "db", "feed", ("feed_features",))
        self.faults = Faulty(glue)
        self.catalog = GlueCatalog("test", client=self.faults)
        self.orphan = folder / "features/feed/data/orphan.parquet"
        self.pauses: list[float] = []

    def table(self):
        return GlueCatalog("look", client=self._glue).load_table(TABLE)

    def tags(self) -> set[str]:
        return {tag.name for tag in list_tags(self.table())}

    def files(self) -> set[str]:
        return {lake_path(file.uri) for file in LocalObjectStore().list_files(self.lake.root)}

    def maintain(self):
        return maintain(self.lake, self.catalog, LocalObjectStore(), SOON, dry_run=False, sleep=self.pauses.append)

    def set_tag(self, name: str = "model-7") -> bool:
        table = self.catalog.load_table(TABLE)
        return set_tag(table, name, table.current_snapshot().snapshot_id, self.pauses.append)

    def remove_tag(self, name: str = "model-7") -> None:
        remove_tag(self.catalog.load_table(TABLE), name, self.pauses.append)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> LakeMadeOnce:
    return LakeMadeOnce(tmp_path_factory.mktemp("three-states"), "eu-central-1", make_table)


@pytest.fixture(scope="module")
def glue() -> Any:
    """A client for all tests: to make one takes longer than most calls."""
    return CONNECTION.glue()


@pytest.fixture
def place(made: LakeMadeOnce, glue: Any) -> Iterator[Place]:
    with mock_aws():
        made.lay_out()
        yield Place(made.folder, glue)


def plan(place: Place, moment: str, error, times: int | None = 1) -> None:
    getattr(place.faults, moment)("update_table", error, times)


@pytest.mark.parametrize(("moment", "error"), ONCE)
def test_tag_is_set_whichever_way_one_call_fails_that_may_succeed(place, moment, error):
    plan(place, moment, error)
    assert place.set_tag() is True
    assert place.tags() == {"model-7"}


@pytest.mark.parametrize(("moment", "error"), ONCE)
def test_tag_is_removed_whichever_way_one_call_fails_that_may_succeed(place, moment, error):
    place.set_tag()
    plan(place, moment, error)
    place.remove_tag()
    assert place.tags() == set()


@pytest.mark.parametrize(("moment", "error"), ONCE)
def test_maintenance_does_its_work_whichever_way_one_call_fails_that_may_succeed(place, moment, error):
    plan(place, moment, error)
    done = place.maintain()
    table = place.table()
    assert len(done.tables[0].expired_snapshots) == 2 * 3 - 2  # an overwrite is two snapshots but for the first
    assert [snapshot.snapshot_id for snapshot in table.metadata.snapshots] == [table.current_snapshot().snapshot_id]
    assert table.scan().to_arrow().to_pylist() == [{"value": 1}]
    assert place.files() == files_named_by(table).files


@pytest.mark.parametrize("error", [reset, server_error, broken_off])
def test_lost_answer_is_not_sent_again_where_the_table_holds_the_change(place, error):
    plan(place, "after", error)
    place.set_tag()
    assert place.faults.calls.count("update_table") == 1


@pytest.mark.parametrize(("error", "reason"), FOR_GOOD)
def test_failed_tag_is_reported_with_the_true_reason(place, error, reason):
    plan(place, "before", error, None)
    with pytest.raises(PipelineError, match="is unchanged: tag 'model-7' did not take effect") as told:
        place.set_tag()
    assert reason in told.value.message
    assert "changed in the meantime" not in told.value.message
    assert place.tags() == set()


@pytest.mark.parametrize(("error", "reason"), FOR_GOOD)
def test_failed_expiry_deletes_nothing_and_reports_the_true_reason(place, error, reason):
    before = place.files()
    plan(place, "before", error, None)
    with pytest.raises(PipelineError, match="the expiry of snapshots did not take effect") as told:
        place.maintain()
    assert reason in told.value.message
    assert place.files() >= before
    assert len(place.table().metadata.snapshots) == 5


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("act", [Place.set_tag, Place.maintain])
def test_outcome_that_cannot_be_looked_up_is_unknown_and_deletes_nothing(place, moment, act):
    before = place.files()

    def network_goes() -> Exception:
        place.faults.before("get_table", unreachable, None)
        return reset()

    plan(place, moment, network_goes)
    with pytest.raises(UnknownOutcomeError, match="is not known") as told:
        act(place)
    assert told.value.exit_code == 5
    assert "shows it" in told.value.remedy
    assert place.files() >= before
    assert place.table().scan().to_arrow().num_rows == 1


@pytest.mark.parametrize("error", [expired, denied])
def test_refused_call_had_no_effect_even_if_the_check_fails(place, error):
    def signed_out() -> Exception:
        place.faults.before("get_table", error, None)
        return error()

    plan(place, "before", signed_out)
    with pytest.raises(PipelineError, match="is unchanged"):
        place.set_tag()


def test_table_that_cannot_be_read_for_a_while_is_read_in_the_end(place):
    def network_goes() -> Exception:
        place.faults.before("get_table", unreachable, 3)
        return reset()

    plan(place, "after", network_goes)
    assert place.set_tag() is True
    assert place.tags() == {"model-7"}


def test_snapshot_that_gets_a_tag_while_it_expires_stays_and_so_does_its_tag(place):
    tagged = place.table().metadata.snapshots[0].snapshot_id

    def somebody_tags_it() -> Exception:
        place.table().manage_snapshots().create_tag(tagged, "theirs").commit()
        return throttled()

    plan(place, "before", somebody_tags_it)
    place.maintain()
    assert place.tags() == {"theirs"}
    assert place.table().scan(snapshot_id=tagged).to_arrow().to_pylist() == [{"value": 1}]


def test_snapshot_that_gets_a_tag_in_the_last_moment_does_not_expire(place):
    tagged = place.table().metadata.snapshots[0].snapshot_id
    stale = place.catalog.load_table(TABLE)
    place.table().manage_snapshots().create_tag(tagged, "theirs").commit()
    with pytest.raises(CommitFailedException, match="names a snapshot"):
        expire(stale, SOON)
    assert place.tags() == {"theirs"}


def test_table_whose_files_cannot_be_read_loses_none(place):
    place.set_tag()
    manifest_list = Path(lake_path(place.table().current_snapshot().manifest_list))
    manifest_list.unlink()
    before = place.files()
    with pytest.raises(PipelineError, match="so none was deleted"):
        place.maintain()
    assert place.files() >= before


def test_registers_that_cannot_be_read_lose_nothing(place):
    with place.table().transaction() as transaction:
        transaction.set_properties({KEY_REGISTERS: '{"2024Q1":'})
    before = place.files()
    with pytest.raises(QuartalError, match=rf"Property {KEY_REGISTERS} of .* is not what the job wrote"):
        place.maintain()
    assert place.files() >= before


def test_quarantine_of_a_run_that_published_stays_though_its_manifest_was_lost(place):
    with place.table().transaction() as transaction:
        transaction.set_properties({KEY_REGISTERS: '{"2024Q1": "wr_0-0a1b2c3d"}'})
    folder = Path(lake_path(place.lake.root)) / "quarantine/feed/delivery=2024Q1"
    for run_id in ("wr_0", "wr_3", "wr_9"):
        (folder / f"run_id={run_id}").mkdir(parents=True)
        (folder / f"run_id={run_id}" / "part-0.parquet").write_text("x")
    done = place.maintain()
    assert [file.uri.split("/")[-2] for file in done.leftovers] == ["run_id=wr_9"]
    assert sorted(path.parent.name for path in folder.rglob("*.parquet")) == ["run_id=wr_0", "run_id=wr_3"]


def test_writes_of_the_products_catalog_are_sent_once_and_its_reads_are_repeated():
    client = iceberg_catalog(CONNECTION).glue
    attempts = {
        name: getattr(client, name).__self__.meta.config.retries["total_max_attempts"]
        for name in ("get_table", "update_table", "create_table", "delete_table")
    }
    assert attempts == {"get_table": 5, "update_table": 1, "create_table": 1, "delete_table": 1}


def test_refusal_of_a_write_is_known_by_the_client_that_reads():
    with mock_aws():
        client = committing_client(CONNECTION.glue(), CONNECTION.glue_once())
        with pytest.raises(client.exceptions.EntityNotFoundException):
            client.update_table(DatabaseName="no", TableInput={"Name": "no"})


HALVES = [KeyError("Table"), TypeError("'NoneType'"), ResponseParserError("Unable to parse response"), OSError("cut")]


@pytest.mark.parametrize("half", HALVES, ids=lambda half: type(half).__name__)
@pytest.mark.parametrize("is_always", [False, True])
def test_truncated_table_response_is_retried_and_finally_reported(half, is_always):
    asked: list[str] = []

    class Halves:
        def load_table(self, identifier: str) -> str:
            asked.append(identifier)
            if is_always or len(asked) == 1:
                raise half
            return "the table"

    if not is_always:
        assert load_with_retries(Halves(), TABLE, lambda _: None) == "the table"
        return
    with pytest.raises(AwsError, match=rf"Table {TABLE} could not be read: .*") as told:
        load_with_retries(Halves(), TABLE, lambda _: None)
    assert "quartal doctor" in told.value.remedy
    assert len(asked) > 1

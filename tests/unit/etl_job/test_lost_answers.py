"""Commits with a lost response or effect: the table decides the outcome, and stays readable.

Over moto's Glue and files, no Spark.
"""

import os
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.config import Config
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.io.pyarrow import PyArrowFile
from pyiceberg.table import Table

from etl_job.context import RunContext
from etl_job.contract.schemas import TableColumn
from etl_job.errors import PublicationError, UnknownPublicationError
from etl_job.publishing.publish import commit_features
from etl_job.tables.catalog import open_catalog
from etl_job.tables.commit_outcome import DecidingGlueCatalog
from etl_job.tables.snapshot_change import Replacement, is_one_of
from etl_job.tables.table_commit import PublishedIceberg

from .conftest import DATABASE, Lake, deciding
from .glue_faults import ALWAYS, CONCURRENT, RESET, GlueFaults, inject

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient

COLUMNS = (TableColumn("delivery", "string"), TableColumn("day", "date"), TableColumn("rows", "long"))
SCHEMA = pa.schema([("delivery", pa.string()), ("day", pa.date32()), ("rows", pa.int64())])
LOST = [pytest.param(RESET, id="reset"), pytest.param("InternalServiceException", id="500")]


@pytest.fixture
def faults(moto_catalog: None, monkeypatch: pytest.MonkeyPatch) -> GlueFaults:
    return inject(monkeypatch)


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def opened(faults, lake: Lake, waits):
    once = Config(retries={"total_max_attempts": 1})
    reader, writer = (boto3.client("glue", config=once) for _ in range(2))

    def opened() -> PublishedIceberg:
        catalog = DecidingGlueCatalog("test", reader, writer, properties={}, sleep=waits.append)
        location = f"file://{lake.root}/counts"
        return PublishedIceberg(catalog, DATABASE, "counts", location=location, columns=COLUMNS, by="delivery")

    return opened


@pytest.fixture
def change(lake: Lake):
    def change(rows: int, run_id: str, delivery: str = "d1") -> Replacement:
        path = Path(lake.root) / "files" / f"{run_id}.parquet"
        path.parent.mkdir(exist_ok=True)
        columns = {"delivery": [delivery], "day": [date(2024, 1, 1)], "rows": [rows]}
        pq.write_table(pa.table(columns, SCHEMA), path)
        return Replacement(is_one_of("delivery", [delivery]), [f"file://{path}"], run_id)

    return change


@lru_cache(maxsize=1)
def glue_of(session: boto3.Session) -> "GlueClient":
    """A client of a test's session: to make one takes longer than most calls."""
    return session.client("glue")


def read_table() -> Table:
    if boto3.DEFAULT_SESSION is None:
        boto3.setup_default_session()
    return GlueCatalog("test", client=glue_of(boto3.DEFAULT_SESSION)).load_table(f"{DATABASE}.counts")


def rows() -> dict[str, int]:
    found = read_table().scan().to_arrow().to_pylist()
    return {row["delivery"]: row["rows"] for row in found}


def metadata_files(lake: Lake) -> set[Path]:
    return set((lake.root / "counts" / "metadata").iterdir())


def named_files() -> Iterator[Path]:
    table = read_table()
    for snapshot in table.snapshots():
        yield Path(snapshot.manifest_list.removeprefix("file://"))
        for manifest in snapshot.manifests(table.io):
            yield Path(manifest.manifest_path.removeprefix("file://"))


def assert_all_there() -> None:
    assert [path for path in named_files() if not path.exists()] == []


@pytest.mark.parametrize("answer", LOST)
def test_commit_whose_answer_was_lost_has_landed(opened, change, faults, answer):
    opened().replace(change(1, "one"))
    faults.fail("UpdateTable", answer, after_effect=True)
    table = opened()
    table.replace(change(2, "two"))
    assert (rows(), opened().snapshot_id) == ({"d1": 2}, table.snapshot_id)
    assert_all_there()


def test_commit_that_conflicts_with_its_own_first_call_has_landed(opened, change, faults):
    opened().replace(change(1, "one"))
    faults.fail("UpdateTable", CONCURRENT, after_effect=True)
    opened().replace(change(2, "two"))
    assert rows() == {"d1": 2}
    assert_all_there()


def test_client_that_repeats_what_was_done_does_not_destroy_the_table(lake, faults, change):
    location = f"file://{lake.root}/counts"
    opened = PublishedIceberg(
        deciding(GlueCatalog("test")), DATABASE, "counts", location=location, columns=COLUMNS, by="delivery"
    )
    faults.fail("UpdateTable", RESET, after_effect=True)
    opened.replace(change(1, "one"))
    assert rows() == {"d1": 1}
    assert_all_there()


@pytest.mark.parametrize("answer", LOST)
def test_commit_that_failed_before_its_effect_is_sent_again(opened, change, faults, answer, waits):
    opened().replace(change(1, "one"))
    faults.fail("UpdateTable", answer)
    opened().replace(change(2, "two"))
    assert (rows(), len(waits)) == ({"d1": 2}, 1)
    assert_all_there()


@pytest.mark.parametrize("answer", [RESET, "InternalServiceException", "AccessDeniedException", CONCURRENT])
def test_commit_without_effect_reports_the_reason_and_leaves_nothing(lake, opened, change, faults, answer):
    opened().replace(change(1, "one"))
    before = metadata_files(lake)
    faults.fail("UpdateTable", answer, times=ALWAYS)
    table = opened()
    with pytest.raises(PublicationError, match="was not changed") as caught:
        table.replace(change(2, "two"))
    assert "another run" not in str(caught.value)
    assert not isinstance(caught.value, UnknownPublicationError)
    assert (answer if answer != RESET else "Connection") in str(caught.value)
    left = {path for path in metadata_files(lake) - before if path.suffix == ".avro"}
    assert (rows(), left) == ({"d1": 1}, set())
    faults.heal()
    opened().replace(change(2, "two"))
    assert rows() == {"d1": 2}


@pytest.mark.parametrize("after_effect", [True, False])
def test_commit_of_unknown_outcome_deletes_nothing_and_is_reported_as_unknown(
    lake, opened, change, faults, after_effect
):
    opened().replace(change(1, "one"))
    before, table = metadata_files(lake), opened()
    blind_from_update_on(faults)
    faults.fail("UpdateTable", RESET, after_effect=after_effect, times=ALWAYS)
    with pytest.raises(UnknownPublicationError, match=r"is unknown .*Run again"):
        table.replace(change(2, "two"))
    faults.heal()
    assert {path.suffix for path in metadata_files(lake) - before} == {".avro", ".json"}
    assert rows() == {"d1": 2 if after_effect else 1}
    assert_all_there()
    opened().replace(change(3, "three"))
    assert rows() == {"d1": 3}


@pytest.mark.parametrize("suffix", ["json", "avro"])
def test_metadata_that_cannot_be_written_is_named_and_changes_nothing(opened, change, monkeypatch, suffix):
    opened().replace(change(1, "one"))
    table, create = opened(), PyArrowFile.create

    def full(self: PyArrowFile, overwrite: bool = False) -> object:
        if self.location.endswith(suffix):
            raise OSError(f"When uploading part for key {self.location}: AWS Error SLOW_DOWN: Please reduce your rate")
        return create(self, overwrite)

    with monkeypatch.context() as patched:
        patched.setattr(PyArrowFile, "create", full)
        with pytest.raises(PublicationError, match=r"was not changed \(When uploading .* SLOW_DOWN.*\); run again"):
            table.replace(change(2, "two"))
    assert rows() == {"d1": 1}
    opened().replace(change(2, "two"))
    assert rows() == {"d1": 2}


def test_change_that_is_there_stands_whatever_fails_after_it(opened, change, monkeypatch):
    opened().replace(change(1, "one"))
    table = opened()
    with monkeypatch.context() as patched:
        patched.setattr(Table, "_check_uuid", lambda *_: {}["half an answer"])
        table.replace(change(2, "two"))
    assert (rows(), opened().snapshot_id) == ({"d1": 2}, table.snapshot_id)


def test_incomplete_response_changes_nothing_or_is_an_unknown_outcome(opened, change, monkeypatch):
    opened().replace(change(1, "one"))
    table = opened()
    with monkeypatch.context() as patched:
        patched.setattr(DecidingGlueCatalog, "_get_glue_table", lambda *_, **__: {}["Table"])
        with pytest.raises(UnknownPublicationError, match=r"unknown \(unexpected KeyError: 'Table'"):
            table.replace(change(2, "two"))
    assert rows() == {"d1": 1}


def test_table_that_cannot_be_created_is_named(opened, change, monkeypatch):
    def full(self: PyArrowFile, overwrite: bool = False) -> object:
        raise OSError("When initiating multiple part upload: AWS Error ACCESS_DENIED")

    monkeypatch.setattr(PyArrowFile, "create", full)
    with pytest.raises(
        PublicationError, match=r"counts could not be created \(When initiating .* ACCESS_DENIED\); run"
    ):
        opened().replace(change(1, "one"))


def blind_from_update_on(faults: GlueFaults) -> None:
    faults.meanwhile("UpdateTable", lambda: faults.fail("GetTable", RESET, times=ALWAYS))


def test_refusal_is_one_even_where_the_table_cannot_be_read_since(opened, change, faults):
    opened().replace(change(1, "one"))
    table = opened()
    blind_from_update_on(faults)
    faults.fail("UpdateTable", "AccessDeniedException", times=ALWAYS)
    with pytest.raises(PublicationError, match="AccessDenied") as caught:
        table.replace(change(2, "two"))
    assert not isinstance(caught.value, UnknownPublicationError)


def test_features_that_another_run_published_meanwhile_are_not_behind(opened, change, faults):
    opened().replace(change(1, "one"))
    curated, features = SimpleNamespace(snapshot_id=7, data_files=tuple), opened()
    curated.as_it_is_now = lambda: curated
    context = cast(RunContext, SimpleNamespace(tables=SimpleNamespace(curated=curated, features=features)))
    others = replace(change(2, "quick"), source_snapshot=7)
    faults.meanwhile("UpdateTable", lambda: opened().replace(others))
    with pytest.raises(PublicationError, match="another run has made the features from them") as caught:
        commit_features(context, replace(change(2, "slow"), source_snapshot=7), [], curated_is_committed=True)
    assert "behind" not in str(caught.value)
    assert rows() == {"d1": 2}


def test_features_of_unknown_state_are_not_called_behind(opened, change, faults):
    opened().replace(change(1, "one"))
    context = cast(RunContext, SimpleNamespace(tables=SimpleNamespace(curated=None, features=opened())))
    blind_from_update_on(faults)
    faults.fail("UpdateTable", RESET, after_effect=True, times=ALWAYS)
    with pytest.raises(UnknownPublicationError, match=r"is unknown .* holds this run's rows$"):
        commit_features(context, change(2, "two"), [], curated_is_committed=True)


def test_commit_that_others_went_on_from_has_landed(opened, change, faults):
    opened().replace(change(1, "one"))
    table = opened()
    third = change(3, "three", "d3")
    faults.meanwhile("UpdateTable", lambda: faults.meanwhile("GetTable", lambda: opened().replace(third)))
    faults.fail("UpdateTable", RESET, after_effect=True)
    table.replace(change(2, "two"))
    assert rows() == {"d1": 2, "d3": 3}
    assert table.snapshot_id != opened().snapshot_id  # its own: features computed from it must name it


@pytest.mark.parametrize(("times", "age"), [(5, 1), (ALWAYS, 1), (5, 2)])
def test_commit_that_readers_do_not_see_yet_is_not_destroyed(opened, change, faults, times, age):
    opened().replace(change(1, "one"))
    opened().replace(change(2, "two"))
    table = opened()
    faults.meanwhile("UpdateTable", lambda: faults.tell_old_tables(times, age=age))
    faults.fail("UpdateTable", RESET, after_effect=True)
    may_end = (
        pytest.raises(UnknownPublicationError, match=r"is unknown .* shows the table as it was earlier")
        if times == ALWAYS
        else nullcontext()
    )
    with may_end:
        table.replace(change(3, "three"))
    faults.heal()
    assert rows() == {"d1": 3}
    assert_all_there()


@pytest.mark.parametrize("times", [1, 3, ALWAYS])
def test_commit_whose_table_is_not_shown_for_a_while_is_not_destroyed(opened, change, faults, times):
    opened().replace(change(1, "one"))
    table = opened()
    faults.fail("UpdateTable", after_effect=True)
    faults.meanwhile("UpdateTable", lambda: faults.fail("GetTable", "EntityNotFoundException", times=times))
    if times == ALWAYS:
        with pytest.raises(UnknownPublicationError, match="or not at all"):
            table.replace(change(2, "two"))
    else:
        table.replace(change(2, "two"))
    faults.heal()
    assert rows() == {"d1": 2}
    assert_all_there()


def test_table_that_is_not_shown_at_the_commit_was_not_changed_by_others(opened, change, faults):
    opened().replace(change(1, "one"))
    table = opened()
    faults.fail("GetTable", "EntityNotFoundException")
    with pytest.raises(PublicationError, match="did not exist when this run wanted to change it"):
        table.replace(change(2, "two"))
    assert rows() == {"d1": 1}
    assert_all_there()


@pytest.mark.parametrize("times", [1, ALWAYS])
def test_creation_not_yet_visible_to_readers_is_found_later_or_reported_as_unknown(opened, change, faults, times):
    faults.meanwhile("CreateTable", lambda: faults.fail("GetTable", "EntityNotFoundException", times=times))
    faults.fail("CreateTable", RESET, after_effect=True)
    if times == ALWAYS:
        with pytest.raises(PublicationError, match=r"whether .* was created is unknown"):
            opened().replace(change(1, "one"))
        faults.heal()
    opened().replace(change(1, "one"))
    assert rows() == {"d1": 1}
    assert_all_there()


def test_overtaken_commit_is_reported_as_overtaken(opened, change, faults):
    opened().replace(change(1, "one"))
    table = opened()
    faults.meanwhile("UpdateTable", lambda: opened().replace(change(3, "three")))
    with pytest.raises(PublicationError, match="another run changed"):
        table.replace(change(2, "two"))
    assert rows() == {"d1": 3}
    assert_all_there()


@pytest.mark.parametrize("answer", [RESET, "InternalServiceException", "AlreadyExistsException"])
def test_creation_whose_answer_was_lost_has_landed(opened, change, faults, answer):
    faults.fail("CreateTable", answer, after_effect=True)
    opened().replace(change(1, "one"))
    assert rows() == {"d1": 1}


def test_creation_that_failed_before_its_effect_is_sent_again(opened, change, faults):
    faults.fail("CreateTable", "ThrottlingException")
    opened().replace(change(1, "one"))
    assert rows() == {"d1": 1}


def test_creation_after_another_run_is_reported_as_such(opened, change):
    late = opened()
    opened().replace(change(1, "one"))
    with pytest.raises(PublicationError, match=r"another run created it .*, or Glue did not show it"):
        late.replace(change(2, "two"))
    assert rows() == {"d1": 1}


def test_refused_creation_reports_the_reason(opened, change, faults):
    faults.fail("CreateTable", "AccessDeniedException", times=ALWAYS)
    with pytest.raises(PublicationError, match=r"could not be created .*AccessDenied"):
        opened().replace(change(1, "one"))


def test_table_dropped_meanwhile_is_reported(opened, change):
    opened().replace(change(1, "one"))
    table = opened()
    GlueCatalog("test").drop_table(f"{DATABASE}.counts")
    with pytest.raises(PublicationError, match="counts"):
        table.replace(change(2, "two"))


def test_metadata_that_cannot_be_written_leaves_the_table_as_it_was(lake, opened, change):
    opened().replace(change(1, "one"))
    table, folder = opened(), lake.root / "counts" / "metadata"
    kept = folder.with_name("kept")
    folder.rename(kept)
    folder.write_text("in the way")
    with pytest.raises(PublicationError, match=r"counts was not changed \(.*snap-"):
        table.replace(change(2, "two"))
    folder.unlink()
    kept.rename(folder)
    opened().replace(change(3, "three"))
    assert rows() == {"d1": 3}


def test_catalog_sends_each_write_once_and_reads_with_patience(lake, faults):
    session = boto3.Session()
    catalog = open_catalog(session, session.client("glue"), dict(os.environ))
    faults.fail("CreateTable", RESET, times=ALWAYS)
    writer = catalog._sender.glue
    with pytest.raises(Exception, match="Connection"):
        writer.create_table(DatabaseName=DATABASE, TableInput={"Name": "counts"})
    assert faults.sent.count("CreateTable") == 1
    assert catalog.glue is not writer

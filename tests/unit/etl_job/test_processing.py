"""What is heard of a run that fails, and which of its own files it takes away again. No Spark."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from etl_job import processing
from etl_job.deliveries.selection import Selection
from etl_job.duplicates.find import SharedKeys
from etl_job.duplicates.keys_across_deliveries import KeyOverlap
from etl_job.errors import CatalogError, PublicationError
from etl_job.lake.paths import LakePaths
from etl_job.manifest.model import NO_ROWS
from etl_job.notify.progress import Progress
from etl_job.processing import RunResult, count_selection, process_deliveries
from etl_job.spark.kept_frames import KeptFrames

FOLDER = "s3://lake/quarantine/tolls/delivery=q1/run_id=one"


class Refusing:
    """A store that deletes nothing."""

    def delete_folder(self, uri: str) -> None:
        raise ClientError({"Error": {"Code": "SlowDown", "Message": "Please reduce your rate"}}, "DeleteObjects")


class Deleting:
    """A store that remembers what it was to delete."""

    def __init__(self) -> None:
        self.deleted: list[str] = []

    def delete_folder(self, uri: str) -> None:
        self.deleted.append(uri)


@pytest.fixture
def known() -> list[RunResult]:
    """What a run says of itself step by step."""
    return [RunResult()]


@pytest.fixture
def process(monkeypatch, known):
    def process(store: Any, tables: Any, write: Any, publish: Any) -> None:
        """A run that publishes so, with bad rows and with keys in the folder "staged"."""
        context: Any = SimpleNamespace(
            in_memory=KeptFrames(),
            contract=SimpleNamespace(key=(), thresholds=None),
            store=store,
            tables=tables,
            arguments=SimpleNamespace(run_id="one"),
            paths=LakePaths("s3://lake", "tolls"),
            progress=Progress(write),
        )
        staged = SimpleNamespace(deliveries=(), done=SimpleNamespace(rows=0), folder=SimpleNamespace(uri="staged"))
        counted = SimpleNamespace(outcomes=(SimpleNamespace(delivery="q1", quarantined=1),))
        monkeypatch.setattr(processing, "count_selection", lambda *_: (staged, counted))
        monkeypatch.setattr(processing, "reconcile", lambda *_: NO_ROWS)
        monkeypatch.setattr(processing, "check_thresholds", lambda *_: None)
        monkeypatch.setattr(processing, "publish", publish)
        known.extend(process_deliveries(context, Selection(()), known[-1]))

    return process


def test_staged_rows_are_deleted_if_an_affected_delivery_cannot_be_processed_again(monkeypatch):
    store = Deleting()
    context: Any = SimpleNamespace(
        spark=None,
        in_memory=KeptFrames(),
        store=store,
        arguments=SimpleNamespace(run_id="one"),
        tables=SimpleNamespace(curated=SimpleNamespace(location="s3://lake/curated/tolls")),
    )
    changed = SharedKeys(overlap=KeyOverlap(changed=("q0",)))
    monkeypatch.setattr(processing, "tune_shuffle", lambda *_: None)
    monkeypatch.setattr(processing, "stage_rows", lambda _, deliveries, folder: SimpleNamespace(folder=folder))
    monkeypatch.setattr(processing, "compare_keys", lambda *_: changed)
    with pytest.raises(CatalogError, match="delivery q0 shares rows with this run's"):
        count_selection(context, Selection(()))
    (folder,) = store.deleted
    assert folder.startswith("s3://lake/curated/tolls/keys/one-")


def names(*, bad_rows: dict[str, str], keys: dict[str, str]) -> Any:
    """Tables that name these."""
    return SimpleNamespace(quarantines=SimpleNamespace(runs=bad_rows), registers=SimpleNamespace(folders=keys))


def test_bad_rows_that_cannot_be_deleted_do_not_hide_why_the_run_failed(process, known):
    lines: list[str] = []

    def refused(*_: object) -> None:
        raise PublicationError("lake.tolls_curated was not changed; run again")

    with pytest.raises(PublicationError, match="tolls_curated was not changed; run again"):
        process(Refusing(), names(bad_rows={}, keys={}), lines.append, refused)
    assert known[-1].published.quarantine == (FOLDER,)
    assert any(
        f"left-behind folders={FOLDER} because=DeleteObjects was refused with SlowDown" in line for line in lines
    )


def test_keys_and_bad_rows_that_the_table_names_stay_whatever_fails_after_the_commit(process):
    def failing(*_: object) -> None:
        raise MemoryError

    store = Deleting()
    with pytest.raises(MemoryError):
        process(store, names(bad_rows={"q1": "one"}, keys={"q1": "staged"}), [].append, failing)
    assert store.deleted == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_progress_that_cannot_be_written_ends_nothing():
    code = "from etl_job.notify.progress import Progress; Progress().log('commit', table='a'); Progress().log('done')"
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True)
    assert (done.returncode, done.stderr) == (0, "")

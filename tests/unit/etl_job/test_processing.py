"""What is heard of a run that fails while it takes its own files away again. No Spark."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from etl_job import processing
from etl_job.deliveries.selection import Selection
from etl_job.errors import PublicationError
from etl_job.manifest.model import NO_ROWS
from etl_job.notify.progress import Progress
from etl_job.processing import RunResult, process_deliveries

FOLDER = "s3://lake/quarantine/tolls/delivery=q1/run_id=one"


class Refusing:
    """A store that deletes nothing."""

    def delete_folder(self, uri: str) -> None:
        raise ClientError({"Error": {"Code": "SlowDown", "Message": "Please reduce your rate"}}, "DeleteObjects")


def test_bad_rows_that_cannot_be_deleted_do_not_hide_why_the_run_failed(monkeypatch):
    lines: list[str] = []
    context: Any = SimpleNamespace(
        contract=SimpleNamespace(key=(), thresholds=None),
        store=Refusing(),
        tables=SimpleNamespace(quarantines=SimpleNamespace(runs={})),
        arguments=SimpleNamespace(run_id="one"),
        quarantine="s3://lake/quarantine/tolls",
        progress=Progress(lines.append),
    )
    staged = SimpleNamespace(deliveries=(), read=SimpleNamespace(rows=0), folder=SimpleNamespace(uri="f"))
    counted = SimpleNamespace(
        outcomes=(SimpleNamespace(delivery="q1", quarantined=1),),
        daily=SimpleNamespace(rows=None),
        rows=SimpleNamespace(candidates=None),
    )

    def refused(*_: object) -> None:
        raise PublicationError("lake.tolls_curated was not changed; run again")

    monkeypatch.setattr(processing, "count_selection", lambda *_: (staged, counted))
    monkeypatch.setattr(processing, "reconcile", lambda *_: NO_ROWS)
    monkeypatch.setattr(processing, "delivery_counts", lambda *_: ())
    monkeypatch.setattr(processing, "check_thresholds", lambda *_: None)
    monkeypatch.setattr(processing, "publish", refused)
    known = [RunResult()]

    def to_the_end() -> None:
        known.extend(process_deliveries(context, Selection(()), known[-1]))

    with pytest.raises(PublicationError, match="tolls_curated was not changed; run again"):
        to_the_end()
    assert known[-1].published.quarantine == (FOLDER,)
    assert any(
        f"left-behind folders={FOLDER} because=DeleteObjects was refused with SlowDown" in line for line in lines
    )

"""What is heard of a run that fails while it takes its own files away again. No Spark."""

from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from etl_job import processing
from etl_job.deliveries.selection import Selection
from etl_job.errors import PublicationError
from etl_job.notify.progress import Progress
from etl_job.publishing.publish import Processed

FOLDER = "s3://lake/quarantine/tolls/delivery=q1/run_id=one"


class Refusing:
    """A store that lists, and deletes nothing."""

    def list_files(self, prefix: str) -> tuple[SimpleNamespace, ...]:
        return (SimpleNamespace(uri=f"{prefix}part-0.parquet"),)

    def delete(self, uri: str) -> None:
        raise ClientError({"Error": {"Code": "SlowDown", "Message": "Please reduce your rate"}}, "DeleteObject")


def test_bad_rows_that_cannot_be_deleted_do_not_hide_why_the_run_failed(monkeypatch):
    lines: list[str] = []
    done = Processed()
    work = SimpleNamespace(
        contract=SimpleNamespace(key=()),
        spark=None,
        store=Refusing(),
        sql=None,
        tables=SimpleNamespace(quarantines=SimpleNamespace(runs={})),
        arguments=SimpleNamespace(run_id="one"),
        quarantine="s3://lake/quarantine/tolls",
        progress=Progress(lines.append),
    )

    def refused(*_: object) -> None:
        done.quarantine = (FOLDER,)
        raise PublicationError("lake.tolls_curated was not changed; run again")

    account = SimpleNamespace(folder="f", daily=SimpleNamespace(rows=None), candidates=None, deliveries=(), read=None)
    monkeypatch.setattr(processing, "account_for", lambda *_: account)
    monkeypatch.setattr(processing, "_check", lambda *_: None)
    monkeypatch.setattr(processing, "drop", lambda *_: None)
    monkeypatch.setattr(processing, "write_and_publish", refused)
    with pytest.raises(PublicationError, match="tolls_curated was not changed; run again"):
        processing.process_deliveries(work, Selection(()), done)
    assert done.quarantine == (FOLDER,)
    assert any(f"left-behind folders={FOLDER} because=DeleteObject was refused with SlowDown" in line for line in lines)

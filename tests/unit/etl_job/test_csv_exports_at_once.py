"""Exports of runs that overlap: the CSV files are those of the table that readers find, whichever run ends last.

Over moto's Glue and files, no Spark.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto import mock_aws
from pyiceberg.exceptions import NoSuchTableError

from etl_job.contract.schemas import TableColumn
from etl_job.lake.files import LocalObjectStore, S3ObjectStore
from etl_job.publishing.csv_export import export_csv
from etl_job.tables.commit_outcome import DecidingGlueCatalog
from etl_job.tables.snapshot_change import Replacement, is_one_of
from etl_job.tables.table_commit import PublishedIceberg

from .conftest import DATABASE, Lake

COLUMNS = (TableColumn("quarter", "string"), TableColumn("day", "date"), TableColumn("rows", "long"))
SCHEMA = pa.schema([("quarter", pa.string()), ("day", pa.date32()), ("rows", pa.int64())])
QUARTERS = ("2024Q1", "2024Q2")


class Killed(BaseException):
    """A killed process tidies nothing up."""


class Interrupted(LocalObjectStore):
    """Lets something happen once: before a file whose name ends so is written."""

    def __init__(self, name: str, meanwhile: Callable[[], object]) -> None:
        self._name, self._meanwhile = name, meanwhile
        self._happened = False

    def upload(self, uri: str, file: Path) -> str:
        if uri.endswith(self._name) and not self._happened:
            self._happened = True
            self._meanwhile()
        return super().upload(uri, file)

    def delete_all(self, uris: Sequence[str]) -> None:
        if any(uri.endswith(self._name) for uri in uris) and not self._happened:
            self._happened = True
            self._meanwhile()
        super().delete_all(uris)


class KilledAfter(LocalObjectStore):
    """The process ends right after it has written a file whose name ends so."""

    def __init__(self, name: str, meanwhile: Callable[[], object]) -> None:
        self._name, self._meanwhile = name, meanwhile

    def upload(self, uri: str, file: Path) -> str:
        if not uri.endswith(self._name):
            return super().upload(uri, file)
        self._meanwhile()
        super().upload(uri, file)
        raise Killed


class Features:
    """A features table whose rows a test replaces, and its exports."""

    def __init__(self, lake: Lake) -> None:
        self._root = lake.root

    def publish(self, **rows: int) -> PublishedIceberg:
        """One row for each of these quarters and none for the others; the table as that run has it."""
        clients = boto3.client("glue"), boto3.client("glue")
        location = f"file://{self._root}/features"
        catalog = DecidingGlueCatalog("test", *clients, properties={}, sleep=lambda _: None)
        table = PublishedIceberg(catalog, DATABASE, "features", location=location, columns=COLUMNS, by="quarter")
        run_id = "-".join(f"{quarter}.{count}" for quarter, count in rows.items())
        files = []
        for quarter, count in rows.items():
            path = self._root / "files" / f"{run_id}-{quarter}.parquet"
            path.parent.mkdir(exist_ok=True)
            content = {"quarter": [quarter], "day": [date(2024, 1, 1)], "rows": [count]}
            pq.write_table(pa.table(content, SCHEMA), path)
            files.append(f"file://{path}")
        table.replace(Replacement(is_one_of("quarter", QUARTERS), files, run_id))
        return table

    def export(self, table: PublishedIceberg, store: LocalObjectStore | None = None):
        return export_csv(table, store or LocalObjectStore(), f"file://{self._root}", "feed")

    @property
    def folder(self) -> Path:
        return self._root / "exports" / "feed"

    def exported(self) -> dict[str, int]:
        """The rows of each CSV file, which are those that the manifest names."""
        found = {path.stem: path for path in (self.folder / "features").glob("*.csv")}
        manifest = json.loads((self.folder / "features.manifest.json").read_text())
        assert manifest["fileLocations"] == [{"URIs": [f"file://{found[quarter]}" for quarter in sorted(found)]}]
        return {quarter: int(next(csv.DictReader(path.open()))["rows"]) for quarter, path in found.items()}


@pytest.fixture
def features(lake: Lake) -> Features:
    return Features(lake)


BOTH_QUARTERS = {"2024Q1": 1, "2024Q2": 1}
LATER = [
    pytest.param({"2024Q1": 2, "2024Q2": 2}, id="all quarters changed"),
    pytest.param({"2024Q1": 2}, id="one quarter is gone"),
]


@pytest.mark.parametrize("later", LATER)
@pytest.mark.parametrize("name", ["2024Q1.csv", "2024Q2.csv"])
def test_export_that_was_overtaken_ends_at_what_the_table_holds_now(features, name, later):
    table = features.publish(**BOTH_QUARTERS)
    store = Interrupted(name, lambda: features.export(features.publish(**later)))

    features.export(table, store)

    assert features.exported() == later


def test_old_copy_of_a_table_is_not_exported_over_the_new_one(features, monkeypatch):
    old = features.publish(**BOTH_QUARTERS)
    features.export(old)
    table = features.publish(**{"2024Q1": 2})
    monkeypatch.setattr(PublishedIceberg, "as_it_is_now", lambda _: old)

    features.export(table)

    assert features.exported() == {"2024Q1": 2}


def test_invisible_table_leads_to_no_deletion(features, monkeypatch):
    table = features.publish(**BOTH_QUARTERS)
    with monkeypatch.context() as patched:

        def hide(catalog, identifier):
            raise NoSuchTableError(identifier)

        patched.setattr(DecidingGlueCatalog, "load_table", hide)
        features.export(table)
    assert features.exported() == BOTH_QUARTERS


def test_export_overtaken_while_deleting_restores_the_file(features):
    features.export(features.publish(**BOTH_QUARTERS))
    table = features.publish(**{"2024Q1": 2})
    later = {"2024Q1": 3, "2024Q2": 3}
    told = features.export(table, Interrupted("2024Q2.csv", lambda: features.export(features.publish(**later))))
    assert features.exported() == later
    assert (told.written, told.removed) == (("2024Q1", "2024Q2"), ())


def test_file_that_a_killed_run_wrote_after_a_later_export_is_found_by_the_next(features):
    table, rows = features.publish(**BOTH_QUARTERS), {"2024Q1": 2, "2024Q2": 2}
    later: list[PublishedIceberg] = []

    def meanwhile() -> None:
        later.append(features.publish(**rows))
        features.export(later[0])

    with pytest.raises(Killed):
        features.export(table, KilledAfter("2024Q2.csv", meanwhile))
    assert features.exported() == {"2024Q1": 2, "2024Q2": 1}
    assert features.export(later[0]).written == ("2024Q2",)
    assert features.exported() == rows


def test_next_export_of_the_same_snapshot_makes_good_what_others_did_to_the_files(features):
    table = features.publish(**BOTH_QUARTERS)
    features.export(table)
    csv_files = features.folder / "features"
    (csv_files / "2024Q1.csv").unlink()
    (csv_files / "2024Q2.csv").write_text("quarter,day,rows\n2024Q2,2024-01-01,7\n")
    (csv_files / "2023Q4.csv").write_text("quarter,day,rows\n2023Q4,2024-01-01,7\n")
    (features.folder / "features.manifest.json").write_text("{}")

    told = features.export(table)

    assert (told.written, told.removed) == (("2024Q1", "2024Q2"), ("2023Q4",))
    assert features.exported() == BOTH_QUARTERS
    assert features.export(table).written == ()


@pytest.mark.parametrize("state", ['{"2024Q1": "old form"}', "[]", '{"quarters": {"2024Q1": 1}}', "\x00", "null"])
def test_unreadable_state_file_makes_the_export_write_every_quarter(features, state):
    table = features.publish(**BOTH_QUARTERS)
    features.export(table)
    (features.folder / "features.state.json").write_text(state)
    assert features.export(table).written == tuple(BOTH_QUARTERS)


def test_etag_of_an_upload_is_that_of_the_listing(tmp_path):
    file = tmp_path / "a.csv"
    file.write_text("a")
    with mock_aws():
        s3 = boto3.client("s3", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        s3.create_bucket(Bucket="lake")
        for root, store in (("s3://lake", S3ObjectStore(s3)), (f"file://{tmp_path}/lake", LocalObjectStore())):
            etag = store.upload(f"{root}/a.csv", file)
            assert [each.etag for each in store.list_files(f"{root}/")] == [etag]

"""An ingest again, after an interruption or a change, and the record of who delivered what."""

from __future__ import annotations

import json

import pytest

from quartal.core.errors import ConfigurationError, UploadError
from quartal.deliver.ingest import ingests
from quartal.deliver.ingest.database import open_database
from quartal.deliver.ingest.ingests import IngestReport
from quartal.deliver.ingest.progress import Progress
from quartal.deliver.ingest.record import IngestRecord, IngestSource, RecordStore
from quartal.deliver.ingest.relation import find_table
from quartal.deliver.ingest.snapshot import open_snapshot
from quartal.deliver.upload.checksums import compute_checksum
from quartal.deliver.upload.delivery_manifest import ManifestStore, UploadRecord
from tests.unit.quartal.ingest.example import CONTRACT, FOLDER, PARQUET, Source, ingest, names


class Killed(Progress):
    """Ends like a killed process as the third chunk is done: nothing more is written."""

    def add(self, outcome) -> None:
        if len(self.outcomes) == 2:
            raise KeyboardInterrupt
        super().add(outcome)

    def finish(self) -> None:
        pass


def interrupt(lake, source, monkeypatch, contract) -> None:
    """Nine rows in three chunks of which two are sent; of those one is recorded, since a record is due later."""
    source.fill(range(1, 10))
    with monkeypatch.context() as patch:
        patch.setattr(ingests, "Progress", Killed)
        with pytest.raises(KeyboardInterrupt):
            ingest(lake, source, parallel=1, contract=contract)
    assert (sorted(lake.record()["done"]), lake.record()["complete"]) == (["1"], False)


@pytest.fixture
def interrupted(lake, source, monkeypatch) -> Source:
    interrupt(lake, source, monkeypatch, CONTRACT)
    return source


def test_interrupted_ingest_sends_only_what_lacks(lake, interrupted):
    report = ingest(lake, interrupted)
    assert names(report.skipped) == ["sales-00001.csv"]
    assert names(report.unchanged) == ["sales-00002.csv", "sales-00003.csv"]  # sent, but not recorded: compared
    assert (names(report.sent), report.rows, len(report.read_at)) == ([], 9, 2)
    assert len(lake.lines()) == 9
    assert lake.record()["complete"]


def test_interrupted_ingest_of_parquet_sends_only_what_lacks(lake, source, monkeypatch):
    interrupt(lake, source, monkeypatch, PARQUET)
    report = ingest(lake, source, contract=PARQUET)
    assert names(report.skipped) == ["sales-00001.parquet"]
    assert names(report.unchanged) == ["sales-00002.parquet", "sales-00003.parquet"]
    assert (names(report.sent), [row[0] for row in lake.rows()]) == ([], list(range(1, 10)))


def test_chunk_that_vanished_or_was_replaced_since_is_sent_again(lake, interrupted):
    lake.put(f"{FOLDER}sales-00001.csv", b"id,shop,day,note\n")
    s3 = lake.connection.s3()
    s3.delete_object(Bucket=lake.target.bucket, Key=f"{FOLDER}sales-00002.csv")
    report = ingest(lake, interrupted)
    assert names(report.sent) == ["sales-00001.csv", "sales-00002.csv"]
    assert len(lake.lines()) == 9


def test_rows_that_came_since_the_interruption_are_in_one_chunk_each(lake, interrupted):
    interrupted.fill([-5, 100, 101])
    report = ingest(lake, interrupted, reread=True)
    assert (report.rows, report.skipped, len(report.read_at)) == (12, (), 1)
    assert [line.split(",")[0] for line in lake.lines()] == ["-5", *map(str, range(1, 10)), "100", "101"]


def test_changed_layout_reads_also_what_is_there(lake, interrupted):
    other = CONTRACT.model_copy(update={"csv": CONTRACT.csv.model_copy(update={"delimiter": ";"})})
    report = ingest(lake, interrupted, contract=other)
    assert (len(report.sent), report.skipped) == (3, ())
    assert len(lake.lines()) == 9


def test_complete_ingest_is_read_anew_and_only_what_differs_is_sent(lake, source):
    source.fill(range(1, 10))
    ingest(lake, source)
    source.run("update sales set note = 'new' where id = 5", "delete from sales where id > 6")
    report = ingest(lake, source)
    assert (names(report.sent), names(report.unchanged)) == (
        ["sales-00002.csv", "sales-00003.csv"],
        ["sales-00001.csv"],
    )
    assert lake.objects()["sales-00003.csv"] == b"id,shop,day,note\n"  # a chunk whose rows have gone
    assert [line.split(",")[0] for line in lake.lines()] == list("123456")


@pytest.mark.parametrize(
    ("options", "detail"),
    [
        pytest.param({"chunk_rows": 4}, "--chunk-rows was: 3", id="chunk"),
        pytest.param({"compress": True}, "--gzip was: False", id="gzip"),
        pytest.param({"key": ["shop"]}, "--key was: id", id="key"),
        pytest.param({"contract": PARQUET}, "the contract's files.format was: csv", id="format"),
    ],
)
def test_same_delivery_cut_otherwise_is_refused_since_rows_would_count_twice(lake, source, options, detail):
    source.fill(range(1, 10))
    ingest(lake, source)
    before = lake.objects()
    with pytest.raises(ConfigurationError, match=r"with other options\. Nothing was sent") as error:
        ingest(lake, source, **options)
    assert error.value.details == (detail,)
    assert lake.objects() == before


def test_record_from_before_there_was_parquet_is_one_of_csv(lake, source):
    source.fill([1])
    ingest(lake, source)
    record = lake.record()
    del record["source"]["format"]
    lake.put("deliveries/sales/2024Q1/sales.json", json.dumps(record).encode())
    assert names(ingest(lake, source).unchanged) == ["sales-00001.csv"]


def test_two_ingests_of_one_name_at_once_are_noticed(lake):
    s3 = lake.connection.s3()
    record = IngestRecord(IngestSource("sqlite://", "t", ("id",), 1, False), "layout", ())
    first, second = (RecordStore(s3, lake.target.bucket, "deliveries/x.json") for _ in range(2))
    first.write(record)
    with pytest.raises(UploadError, match="Another ingest is writing the same files") as error:
        second.write(record)
    assert "--name" in error.value.remedy


def test_damaged_record_is_named(lake, source):
    source.fill([1])
    lake.put("deliveries/sales/2024Q1/sales.json", b'{"version": 1}')
    with pytest.raises(UploadError, match=r"2024Q1/sales\.json is not a record of an ingest"):
        ingest(lake, source)


def test_rows_that_are_written_to_sqlite_meanwhile_are_not_seen(source):
    source.run("pragma journal_mode = wal")  # in which a writer does not wait for readers
    source.fill([1, 2])
    with open_database(source.url, connections=3) as database, open_snapshot(database) as snapshot:
        relation = find_table(database, "sales", called=None, key=())
        with snapshot.connection() as first:
            before = relation.count(first)
        source.fill([3])
        with snapshot.connection() as second:
            assert relation.count(second) == before == (2, 0)


# ---------------------------------------------------------------------------- the record of who delivered what


def test_manifest_records_what_was_delivered_when_and_by_whom(lake, source):
    source.fill(range(1, 6))
    report: IngestReport = ingest(lake, source)
    manifest = lake.manifest()
    (upload,) = manifest["uploads"]  # once, though its files were recorded in several steps
    assert upload["by"].startswith("arn:aws:")
    entry = manifest["files"][f"{FOLDER}sales-00001.csv"]
    assert entry["crc64nvme"] == entry["source_crc64nvme"] == compute_checksum(lake.objects()["sales-00001.csv"])
    assert entry["upload"] == upload["upload"]
    head = lake.connection.s3().head_object(
        Bucket=lake.target.bucket, Key=f"{FOLDER}sales-00001.csv", ChecksumMode="ENABLED"
    )
    assert head["ChecksumCRC64NVME"] == entry["crc64nvme"]
    assert report.manifest == "deliveries/sales/2024Q1.json"


def test_nothing_that_is_stored_holds_user_password_or_options_of_the_url(lake, source):
    source.fill([1])
    with_secrets = Source(source.path)
    with open_database(f"{with_secrets.url}?timeout=7&cached_statements=99", connections=2) as database:
        relation = find_table(database, "sales", called=None, key=())
        ingests.ingest(lake.connection, lake.target, database, relation, CONTRACT)
    stored = b"".join(lake.objects("").values())
    assert b"shop.db" in stored
    assert b"timeout" not in stored


def test_upload_that_records_in_several_steps_is_listed_once(lake):
    store = ManifestStore(lake.connection.s3(), lake.target.bucket, "deliveries/sales/")
    for at in ("2024-01-01T00:00:00Z", "2024-01-01T00:00:05Z"):
        store.record("2024Q1", {}, UploadRecord("one", at, "arn:aws:iam::1:user/x"))
    assert [entry.at for entry in store.read("2024Q1").uploads] == ["2024-01-01T00:00:05Z"]

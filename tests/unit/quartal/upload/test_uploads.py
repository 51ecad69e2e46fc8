"""The sent and skipped files of uploads, and the delivery's manifest."""

import gzip
import json
import os
from dataclasses import replace
from pathlib import Path, PosixPath

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from quartal.core.aws import AwsConnection
from quartal.core.errors import UploadError
from quartal.deliver.upload import uploads
from quartal.deliver.upload.bandwidth import BandwidthLimit
from quartal.deliver.upload.checksums import compute_checksum
from quartal.deliver.upload.delivery_manifest import ManifestStore
from quartal.deliver.upload.multipart import Part, cut_into_parts
from quartal.deliver.upload.object_writer import BucketAddress, ObjectWriter
from quartal.deliver.upload.transfer import Outcome, Transfer
from quartal.deliver.upload.uploads import UploadOptions, plan_upload
from tests.unit.quartal.upload.bucket import MEBIBYTE, RAW, content, keys, make_entry, recorded

# ---------------------------------------------------------------------------- what is sent, and what is not


def test_second_upload_sends_nothing(upload, feed: Path):
    items = plan_upload([feed], raw_prefix=RAW, delivery=None)
    first, second = upload(items), upload(items)
    assert (len(first.uploaded), len(first.unchanged)) == (2, 0)
    assert (len(second.uploaded), len(second.unchanged)) == (0, 2)
    assert (second.uploaded_bytes, second.manifests) == (0, ())


def test_unchanged_is_judged_by_content_not_by_time(upload, feed: Path):
    items = plan_upload([feed], raw_prefix=RAW, delivery=None)
    upload(items)
    for item in items:
        item.path.write_bytes(item.path.read_bytes())  # a newer time, the same content
    assert upload(items).uploaded == ()


def test_change_that_keeps_the_size_is_uploaded(upload, connection, bucket, feed: Path):
    items = plan_upload([feed], raw_prefix=RAW, delivery=None)
    upload(items)
    (feed / "delivery=2024Q2" / "a.csv").write_text("id\n3\n")
    report = upload(items)
    assert [item.key for item in report.uploaded] == ["raw/sightings/delivery=2024Q2/a.csv"]
    assert content(connection, bucket, report.uploaded[0].key) == b"id\n3\n"


def test_object_replaced_by_somebody_else_is_sent_again(upload, connection, bucket, feed: Path):
    items = plan_upload([feed], raw_prefix=RAW, delivery=None)
    upload(items)
    connection.s3().put_object(Bucket=bucket, Key=items[0].key, Body=b"id\n9\n")
    assert upload(items).uploaded == (items[0],)


def test_missing_object_is_sent_again_even_if_the_manifest_lists_it(upload, connection, bucket, feed: Path):
    items = plan_upload([feed], raw_prefix=RAW, delivery=None)
    upload(items)
    connection.s3().delete_object(Bucket=bucket, Key=items[0].key)
    assert upload(items).uploaded == (items[0],)


def test_every_attempt_carries_a_checksum_that_the_server_must_confirm(upload, connection, bucket, feed: Path):
    items = plan_upload([feed], raw_prefix=RAW, delivery=None)
    upload(items)
    head = connection.s3().head_object(Bucket=bucket, Key=items[0].key, ChecksumMode="ENABLED")
    assert head["ChecksumCRC64NVME"] == compute_checksum(b"id\n1\n")


def test_key_with_spaces_and_letters_of_any_alphabet_arrives_as_it_is(upload, connection, bucket, tmp_path: Path):
    (tmp_path / "März + 1 %.csv").write_text("id\n")
    upload(plan_upload([tmp_path], raw_prefix=RAW, delivery="2024Q1"))
    assert keys(connection, bucket) == ["raw/sightings/delivery=2024Q1/März + 1 %.csv"]


def test_gzip_in_flight_stores_the_same_content_and_is_unchanged_the_next_time(upload, connection, bucket, feed: Path):
    items = plan_upload([feed], raw_prefix=RAW, delivery=None, compress=True)
    upload(items, options=UploadOptions(compress=True))
    assert gzip.decompress(content(connection, bucket, items[0].key)) == b"id\n1\n"
    assert upload(items, options=UploadOptions(compress=True)).uploaded == ()


def test_progress_counts_every_byte_once(upload, tmp_path: Path):
    (tmp_path / "a.csv").write_bytes(b"x" * (3 * MEBIBYTE + 7))
    (tmp_path / "b.csv").write_bytes(b"y" * 5)
    counted: list[int] = []
    upload(plan_upload([tmp_path], raw_prefix=RAW, delivery="2024Q1"), on_bytes=counted.append)
    assert sum(counted) == 3 * MEBIBYTE + 12


@pytest.mark.parametrize(
    ("options", "to_localstack", "to_aws"),
    [(UploadOptions(), 3, 8), (UploadOptions(parallel_files=5), 5, 5)],
    ids=["by environment", "as the user says"],
)
def test_localstack_gets_fewer_files_at_once_than_aws(options: UploadOptions, to_localstack: int, to_aws: int):
    assert options.files_at_once(is_local=True) == to_localstack
    assert options.files_at_once(is_local=False) == to_aws


def test_file_that_vanished_is_named_and_the_others_stay(upload, connection, bucket, feed: Path):
    items = plan_upload([feed], raw_prefix=RAW, delivery=None)
    (feed / "delivery=2024Q2" / "a.csv").unlink()
    with pytest.raises(UploadError, match=r"delivery=2024Q2.a\.csv was not uploaded") as error:
        upload(items, options=UploadOptions(parallel_files=1))
    assert "Run the same command again" in error.value.remedy
    assert keys(connection, bucket) == ["raw/sightings/delivery=2024Q1/a.csv"]


class SignedOut(AwsConnection):
    """The credentials expire while files go up: S3's were handed out before, nobody says any more whose they are."""

    def sts(self):
        client = boto3.client("sts", self.region, aws_access_key_id="test", aws_secret_access_key="test")
        stubber = Stubber(client)
        stubber.add_client_error("get_caller_identity", "ExpiredToken", "The security token has expired")
        stubber.activate()
        return client


def test_reason_why_an_upload_failed_comes_before_that_of_its_record(connection, bucket, feed: Path):
    expired = SignedOut(connection.region, connection.endpoint_url, "test", "test")
    items = plan_upload([feed], raw_prefix=RAW, delivery=None)
    (feed / "delivery=2024Q2" / "a.csv").unlink()
    with pytest.raises(UploadError, match=r"a\.csv was not uploaded") as error:
        uploads.upload(expired, bucket, items, manifest_prefix="d/", options=UploadOptions(parallel_files=1))
    assert "The record of what was delivered was not written: " in error.value.details[-1]
    assert "expired" in error.value.details[-1]


def test_record_that_cannot_be_written_is_an_error_of_its_own(connection, bucket, feed: Path):
    expired = SignedOut(connection.region, connection.endpoint_url, "test", "test")
    with pytest.raises(ClientError, match="expired"):
        uploads.upload(expired, bucket, plan_upload([feed], raw_prefix=RAW, delivery=None), manifest_prefix="d/")


class BeingWritten(PosixPath):
    """A file that somebody writes as soon as it is opened."""

    change = staticmethod(lambda content: content)

    def read_bytes(self) -> bytes:
        content = super().read_bytes()
        self._write()
        return content

    def open(self, *arguments, **options):
        self._write()
        return super().open(*arguments, **options)

    def _write(self) -> None:
        path = Path(str(self))
        path.write_bytes(self.change(path.read_bytes()))
        os.utime(path, ns=(0, 0))  # two writes can have the same time


class Grown(BeingWritten):
    change = staticmethod(lambda content: content + b"9\n")


class Corrected(BeingWritten):
    change = staticmethod(lambda content: content[:-2] + b"9\n")


@pytest.mark.parametrize("compress", [False, True], ids=["as it is", "compressed"])
@pytest.mark.parametrize("kind", [Grown, Corrected])
@pytest.mark.parametrize("size_bytes", [8, 2 * MEBIBYTE, 7 * MEBIBYTE], ids=["small", "middle", "in parts"])
def test_file_that_changes_while_it_is_read_is_refused_by_name(
    connection, bucket, tmp_path: Path, size_bytes: int, kind: type[BeingWritten], compress: bool
):
    path = tmp_path / "a.csv"
    path.write_bytes(b"1\n" * (size_bytes // 2))
    (item,) = plan_upload([path], raw_prefix=RAW, delivery="2024Q1", compress=compress)
    s3 = connection.s3()
    writer = ObjectWriter(BucketAddress.of(s3, bucket), connection.credentials())
    transfer = Transfer(s3, writer, bucket, upload_id="u", multipart_threshold=6 * MEBIBYTE)
    outcomes: list[Outcome] = []
    error = transfer.run((replace(item, path=kind(path)),), {}, {}, {}, parallel_files=1, outcomes=outcomes)
    assert error is not None
    assert "a.csv: the file changed during the upload, and was not stored" in error.message
    assert "until no program writes to the file" in error.remedy
    assert outcomes == []
    assert keys(connection, bucket) == []


def test_file_that_grew_since_it_was_found_is_refused_by_name(upload, connection, bucket, feed: Path):
    items = plan_upload([feed], raw_prefix=RAW, delivery=None)
    with items[1].path.open("a") as more:
        more.write("3\n")
    with pytest.raises(UploadError, match=r"delivery=2024Q2/a\.csv: the file changed during the upload"):
        upload(items)
    assert keys(connection, bucket) == recorded(connection, bucket) == [items[0].key]


def test_missing_bucket_is_refused_with_what_to_do(connection, feed: Path):
    items = plan_upload([feed], raw_prefix=RAW, delivery=None)
    s3 = connection.s3()
    writer = ObjectWriter(BucketAddress.of(s3, "no-such-lake"), connection.credentials())
    with pytest.raises(UploadError, match="NoSuchBucket") as error:
        writer.put(items[0].key, lambda: b"id\n", size_bytes=3, checksum=compute_checksum(b"id\n"))
    assert "quartal apply" in error.value.remedy


# ---------------------------------------------------------------------------- the record of a delivery


def test_manifest_records_what_was_delivered_when_and_by_whom(upload, connection, bucket, feed: Path):
    report = upload(plan_upload([feed], raw_prefix=RAW, delivery=None))
    assert report.manifests == ("deliveries/sightings/2024Q1.json", "deliveries/sightings/2024Q2.json")
    manifest = json.loads(content(connection, bucket, report.manifests[0]))
    (record,) = manifest["uploads"]
    entry = manifest["files"]["raw/sightings/delivery=2024Q1/a.csv"]
    assert record["by"].startswith("arn:aws:")
    assert record["at"].endswith("Z")
    assert entry["upload"] == record["upload"]
    assert (entry["size_bytes"], entry["crc64nvme"]) == (5, compute_checksum(b"id\n1\n"))


def test_lost_manifest_is_rebuilt_from_the_checksums_of_s3(upload, connection, bucket, feed: Path):
    items = plan_upload([feed], raw_prefix=RAW, delivery=None)
    upload(items)
    for delivery in ("2024Q1", "2024Q2"):
        connection.s3().delete_object(Bucket=bucket, Key=f"deliveries/sightings/{delivery}.json")
    report = upload(items)
    assert report.uploaded == ()
    assert len(report.manifests) == 2


def test_damaged_manifest_is_named(upload, connection, bucket, feed: Path):
    items = plan_upload([feed], raw_prefix=RAW, delivery=None)
    upload(items)
    connection.s3().put_object(Bucket=bucket, Key="deliveries/sightings/2024Q1.json", Body=b"{}")
    with pytest.raises(UploadError, match=r"deliveries/sightings/2024Q1\.json is not a delivery manifest"):
        upload(items)


@pytest.mark.parametrize("is_there", [False, True], ids=["first manifest", "later"])
def test_manifest_keeps_what_another_upload_wrote_in_between(connection, bucket, is_there: bool):
    s3 = connection.s3()
    other = ManifestStore(s3, bucket, "deliveries/sightings/")
    if is_there:
        other.record("2024Q1", *make_entry("before"))
    ManifestStore(Overtaken(s3, lambda: other.record("2024Q1", *make_entry("other"))), bucket, other.prefix).record(
        "2024Q1", *make_entry("ours")
    )
    found = other.read("2024Q1")
    assert sorted(found.files) == (["before", "other", "ours"] if is_there else ["other", "ours"])
    assert [record.upload for record in found.uploads] == [*(["before"] if is_there else []), "other", "ours"]


class Overtaken:
    """An S3 client before whose first write somebody else writes."""

    def __init__(self, s3, interfere) -> None:
        self._s3 = s3
        self._interfere = interfere

    def __getattr__(self, name):
        return getattr(self._s3, name)

    def put_object(self, **request):
        interfere, self._interfere = self._interfere, lambda: None
        interfere()
        return self._s3.put_object(**request)


# ---------------------------------------------------------------------------- large files, slow lines


def test_large_file_is_cut_so_that_a_later_try_finds_the_same_parts():
    assert cut_into_parts(5, part_bytes=2) == (Part(1, 0, 2), Part(2, 2, 2), Part(3, 4, 1))
    assert len(cut_into_parts(10_001, part_bytes=1)) <= 10_000


def test_bandwidth_limit_holds_senders_back_to_its_rate():
    now, slept = [0.0], []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    limit = BandwidthLimit(1000, clock=lambda: now[0], sleep=sleep)
    for _ in range(10):
        limit.pass_bytes(1000)
    assert now[0] == pytest.approx(10.0, abs=0.3)
    now[0] += 60  # a pause is no credit
    limit.pass_bytes(2000)
    assert slept[-1] == pytest.approx(1.75)

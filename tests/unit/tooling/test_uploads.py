"""Uploads, against moto as a server: the sender speaks HTTP itself."""

import gzip
import json
import os
import secrets
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto.server import ThreadedMotoServer

from quartal import uploads
from quartal.aws import AwsConnection
from quartal.cli.app import run
from quartal.deployment import Deployment
from quartal.errors import AwsError, ConfigurationError, UploadError
from quartal.uploading.bandwidth import BandwidthLimit
from quartal.uploading.checksums import checksum_of
from quartal.uploading.delivery_contents import Likeness
from quartal.uploading.delivery_manifest import DeliveredFile, ManifestStore, UploadRecord
from quartal.uploading.multipart import Part, parts_of
from quartal.uploading.object_writer import BucketAddress, ObjectWriter
from quartal.uploading.plan import plan_files
from quartal.uploading.sources import find_sources
from quartal.uploading.streams import named_source
from quartal.uploads import Exchange, UploadOptions, plan_upload
from quartal.workspace import Workspace

RAW = "raw/sightings/"
MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def connection():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield AwsConnection("us-east-1", f"http://{host}:{port}", "test", "test")
    server.stop()


@pytest.fixture
def bucket(connection) -> str:
    name = f"lake-{secrets.token_hex(8)}"
    connection.s3().create_bucket(Bucket=name)
    return name


@pytest.fixture
def upload(connection, bucket):
    """`upload(items, ...)` into the test's own bucket."""

    def upload(items, **options):
        return uploads.upload(connection, bucket, items, manifest_prefix="deliveries/sightings/", **options)

    return upload


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    for delivery, name, text in (("2024Q1", "a.csv", "id\n1\n"), ("2024Q2", "a.csv", "id\n2\n")):
        folder = tmp_path / f"delivery={delivery}"
        folder.mkdir()
        (folder / name).write_text(text)
    return tmp_path


def keys(connection, bucket: str) -> list[str]:
    found = connection.s3().list_objects_v2(Bucket=bucket, Prefix="raw/").get("Contents", [])
    return [entry["Key"] for entry in found]


def content(connection, bucket: str, key: str) -> bytes:
    return connection.s3().get_object(Bucket=bucket, Key=key)["Body"].read()


# ---------------------------------------------------------------------------- which file goes where


def test_key_keeps_the_delivery_folder_of_the_path(feed: Path):
    assert [item.key for item in plan_upload([feed], raw_prefix=RAW, delivery=None)] == [
        "raw/sightings/delivery=2024Q1/a.csv",
        "raw/sightings/delivery=2024Q2/a.csv",
    ]


def test_folder_of_one_delivery_may_be_named_itself(feed: Path):
    items = plan_upload([feed / "delivery=2024Q1"], raw_prefix=RAW, delivery=None)
    assert [(item.key, item.delivery) for item in items] == [("raw/sightings/delivery=2024Q1/a.csv", "2024Q1")]


def test_delivery_given_by_name_holds_files_from_anywhere(tmp_path: Path):
    (tmp_path / "export.csv").write_text("id\n")
    items = plan_upload([tmp_path / "export.csv"], raw_prefix=RAW, delivery="2024Q3")
    assert [item.key for item in items] == ["raw/sightings/delivery=2024Q3/export.csv"]


def test_pattern_that_no_shell_has_expanded_names_its_files(feed: Path):
    (feed / "delivery=2024Q1" / "notes.txt").touch()
    items = plan_upload([feed / "*" / "*.csv"], raw_prefix=RAW, delivery=None)
    assert [item.path.name for item in items] == ["a.csv", "a.csv"]


def test_compressed_file_gets_the_suffix_that_tells_readers_unless_it_has_one(tmp_path: Path):
    (tmp_path / "a.csv").write_text("id\n")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(b"id\n"))
    items = plan_upload([tmp_path], raw_prefix=RAW, delivery="2024Q1", compress=True)
    assert [(item.key.rsplit("/", 1)[1], item.compress) for item in items] == [("a.csv.gz", True), ("b.csv.gz", False)]


def test_file_without_a_delivery_is_refused(tmp_path: Path):
    (tmp_path / "export.csv").write_text("id\n")
    with pytest.raises(ConfigurationError, match="which delivery") as error:
        plan_upload([tmp_path / "export.csv"], raw_prefix=RAW, delivery=None)
    assert "--delivery" in error.value.remedy


@pytest.mark.parametrize("name", ["", "../2024", "a/b", "=x"])
def test_delivery_name_that_would_break_the_key_is_refused(feed: Path, name: str):
    with pytest.raises(ConfigurationError, match="no name for a delivery"):
        plan_upload([feed], raw_prefix=RAW, delivery=name)


def test_two_files_for_one_key_are_refused(tmp_path: Path):
    for folder in ("x", "y"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.csv").write_text("id\n")
    with pytest.raises(ConfigurationError, match="both become"):
        plan_upload([tmp_path / "x" / "a.csv", tmp_path / "y" / "a.csv"], raw_prefix=RAW, delivery="2024Q1")


def test_missing_source_is_named(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="nowhere does not exist"):
        plan_upload([tmp_path / "nowhere"], raw_prefix=RAW, delivery="2024Q1")


@pytest.mark.parametrize(
    "name", ["_x.csv", ".x.csv", "x.csv._COPYING_", "_old/x.csv", "a/.hidden/x.csv", "x_$folder$", "_delta_log/0.json"]
)
@pytest.mark.parametrize("way", ["file", "folder", "pattern", "folder of the delivery"])
def test_name_that_readers_skip_is_refused_however_it_is_named(feed: Path, name: str, way: str):  # G25
    path = feed / "delivery=2024Q1" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("id\n1\n")
    source = {
        "file": path,
        "folder": feed,
        "pattern": path.parent / f"{path.name[0]}*",
        "folder of the delivery": path.parent,
    }[way]
    with pytest.raises(ConfigurationError, match="in no run, since readers skip it") as error:
        plan_upload([source], raw_prefix=RAW, delivery=None)
    assert str(path) in error.value.message
    assert "Rename it" in error.value.remedy


def test_files_of_systems_and_tools_are_left_out_and_told(feed: Path):  # G25
    folder = feed / "delivery=2024Q1"
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("x")
    for name in ("_SUCCESS", "_empty"):
        (folder / name).touch()
    for name in (".DS_Store", "._a.csv", ".~lock.a.csv#", "Thumbs.db"):
        (folder / name).write_bytes(b"x")
    found = find_sources([feed])
    assert [file.below for file in found.files] == ["delivery=2024Q1/a.csv", "delivery=2024Q2/a.csv"]
    names = {"_SUCCESS", "_empty", ".DS_Store", "._a.csv", ".git", ".~lock.a.csv#", "Thumbs.db"}
    assert {path.name for path in found.left_out} == names
    in_folder = find_sources([folder / "[!_]*", folder / ".*"])
    assert [file.below for file in in_folder.files] == ["a.csv"]


def test_folders_below_a_delivery_are_part_of_it(feed: Path):
    below = feed / "delivery=2024Q1" / "year=2024"
    below.mkdir()
    (below / "b.csv").write_text("id\n1\n")
    (item,) = plan_upload([below], raw_prefix=RAW, delivery=None)
    assert (item.key, item.delivery) == (f"{RAW}delivery=2024Q1/year=2024/b.csv", "2024Q1")


def test_delivery_within_a_delivery_is_refused(feed: Path):
    with pytest.raises(ConfigurationError, match="lies in delivery=2024Q1 below the folder of another") as error:
        plan_upload([feed], raw_prefix=RAW, delivery="2024Q9")
    assert "--delivery" in error.value.remedy


def test_links_that_would_be_left_out_without_a_word_are_refused(feed: Path):
    link = feed / "delivery=2024Q1" / "b.csv"
    link.symlink_to(feed / "nowhere.csv")
    for source in (feed, link, feed / "*" / "b.csv"):
        with pytest.raises(ConfigurationError, match=r"b\.csv is a link that leads nowhere"):
            plan_upload([source], raw_prefix=RAW, delivery=None)
    link.unlink()
    link.symlink_to(feed / "delivery=2024Q2")
    with pytest.raises(ConfigurationError, match=r"b\.csv is a link to a folder") as error:
        plan_upload([feed], raw_prefix=RAW, delivery=None)
    assert "by itself" in error.value.remedy


def test_folder_that_cannot_be_looked_into_is_refused(feed: Path, monkeypatch):
    def no_right(place):
        raise PermissionError(13, "Permission denied", str(place))

    monkeypatch.setattr("os.scandir", no_right)
    with pytest.raises(ConfigurationError, match="cannot be looked into: Permission denied"):
        plan_upload([feed], raw_prefix=RAW, delivery=None)


def test_stream_without_a_name_is_refused(feed: Path):
    os.mkfifo(feed / "delivery=2024Q1" / "pipe")
    for source in (Path("-"), Path("/dev/stdin"), Path("/dev/null"), feed / "delivery=2024Q1" / "pipe"):
        with pytest.raises(ConfigurationError, match="is a stream or a device") as error:
            plan_upload([source], raw_prefix=RAW, delivery="2024Q1")
        assert "--name" in error.value.remedy
    with pytest.raises(ConfigurationError, match="pipe is neither a file nor a folder"):
        plan_upload([feed], raw_prefix=RAW, delivery=None)


@pytest.mark.parametrize("name", ["a\x85\x01.csv", "a\ufffe.csv", "a\udcff.csv"])
def test_name_that_no_listing_can_hold_is_refused(tmp_path: Path, name: str):
    (tmp_path / name).write_text("id\n")
    with pytest.raises(ConfigurationError, match="control character"):
        plan_upload([tmp_path], raw_prefix=RAW, delivery="2024Q1")


def test_key_that_is_too_long_for_s3_is_refused(tmp_path: Path):
    folder = tmp_path.joinpath(*(["ä" * 100] * 6))
    folder.mkdir(parents=True)
    (folder / "a.csv").write_text("id\n")
    with pytest.raises(ConfigurationError, match=r"a key of 1,\d\d\d bytes"):
        plan_upload([tmp_path], raw_prefix=RAW, delivery="2024Q1")


def test_file_that_a_pattern_names_twice_is_refused_since_its_rows_would_come_twice(feed: Path):
    below = feed / "delivery=2024Q1" / "x"
    below.mkdir()
    (below / "b.csv").write_text("id\n1\n")
    with pytest.raises(ConfigurationError, match="are one file, and its rows would be delivered twice"):
        plan_upload([feed / "delivery=2024Q1" / "**"], raw_prefix=RAW, delivery="2024Q1")
    (item,) = plan_upload([below / "b.csv", below / "b.csv"], raw_prefix=RAW, delivery="2024Q1")
    assert item.key == f"{RAW}delivery=2024Q1/b.csv"


def test_link_is_part_of_the_delivery_that_it_lies_in(feed: Path):
    link = feed / "delivery=2024Q2" / "b.csv"
    link.symlink_to(feed / "delivery=2024Q1" / "a.csv")
    (item,) = plan_upload([link], raw_prefix=RAW, delivery=None)
    assert item.key == f"{RAW}delivery=2024Q2/b.csv"
    (feed / "newest").symlink_to(feed / "delivery=2024Q1")
    (item,) = plan_upload([feed / "newest"], raw_prefix=RAW, delivery=None)
    assert item.key == f"{RAW}delivery=2024Q1/a.csv"


# ---------------------------------------------------------------------------- streams, and names given to files


def test_stream_is_a_file_of_the_name_that_it_is_given(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(pipe.write_bytes, b"id\n1\n")
        with named_source(pipe, "a.csv") as source:
            assert (source.below, source.path.read_bytes()) == ("a.csv", b"id\n1\n")
        written.result(60)
    assert not source.path.exists()


def test_standard_input_is_a_stream(monkeypatch):
    reader, writer = os.pipe()
    os.write(writer, b"id\n1\n")
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=stream))
        with named_source(Path("-"), "a.csv") as source:
            assert source.path.read_bytes() == b"id\n1\n"


def test_file_can_be_given_another_name(tmp_path: Path):
    (tmp_path / "export.dat").write_bytes(gzip.compress(b"id\n"))
    with named_source(tmp_path / "export.dat", "a.csv.GZ") as source:
        (item,) = plan_files([source], raw_prefix=RAW, delivery="2024Q1", compress=True)
    assert (item.key, item.compress) == (f"{RAW}delivery=2024Q1/a.csv.gz", False)


@pytest.mark.parametrize("name", ["_x.csv", ".x.csv", "x.csv._COPYING_"])
def test_name_that_readers_skip_is_no_name_to_give(tmp_path: Path, name: str):  # G25
    (tmp_path / "export.dat").write_text("id\n")
    with (
        named_source(tmp_path / "export.dat", name) as source,
        pytest.raises(ConfigurationError, match="readers skip it"),
    ):
        plan_files([source], raw_prefix=RAW, delivery="2024Q1")


@pytest.mark.parametrize(
    ("source", "name", "message"),
    [
        pytest.param(".", "a.csv", "is a folder: --name is for one file", id="folder"),
        pytest.param("nowhere", "a.csv", "does not exist: --name is for one file", id="missing"),
        pytest.param("x", "a/b.csv", "'a/b.csv' is no name for a file", id="path"),
        pytest.param("x", "", "'' is no name for a file", id="empty"),
        pytest.param("/dev/null", "a.csv", "is a terminal or a device", id="device"),
    ],
)
def test_name_is_for_one_file_or_stream(tmp_path: Path, source: str, name: str, message: str):
    with pytest.raises(ConfigurationError, match=message), named_source(tmp_path / source, name):
        pass


def test_stream_that_gives_nothing_is_refused(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(pipe.write_bytes, b"")
        with pytest.raises(UploadError, match="ended without a byte"), named_source(pipe, "a.csv"):
            pass
        written.result(60)


def test_stream_that_cannot_be_kept_is_told(tmp_path: Path, monkeypatch):
    def no_room(*_: object):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", no_room)
    (tmp_path / "x").write_text("id")
    reader, writer = os.pipe()
    os.close(writer)
    with (
        pytest.raises(UploadError, match=r"could not be read to its end .*No space left") as error,
        named_source(Path(f"/proc/self/fd/{reader}"), "a.csv"),
    ):
        pass
    os.close(reader)
    assert "TMPDIR" in error.value.remedy


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


def test_object_that_somebody_else_replaced_is_sent_again(upload, connection, bucket, feed: Path):
    items = plan_upload([feed], raw_prefix=RAW, delivery=None)
    upload(items)
    connection.s3().put_object(Bucket=bucket, Key=items[0].key, Body=b"id\n9\n")
    assert upload(items).uploaded == (items[0],)


def test_object_that_vanished_is_sent_again_whatever_the_manifest_says(upload, connection, bucket, feed: Path):
    items = plan_upload([feed], raw_prefix=RAW, delivery=None)
    upload(items)
    connection.s3().delete_object(Bucket=bucket, Key=items[0].key)
    assert upload(items).uploaded == (items[0],)


def test_every_attempt_carries_a_checksum_that_the_server_must_confirm(upload, connection, bucket, feed: Path):
    items = plan_upload([feed], raw_prefix=RAW, delivery=None)
    upload(items)
    head = connection.s3().head_object(Bucket=bucket, Key=items[0].key, ChecksumMode="ENABLED")
    assert head["ChecksumCRC64NVME"] == checksum_of(b"id\n1\n")


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
        client = AwsConnection.sts(self)
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


def test_missing_bucket_is_refused_with_what_to_do(connection, feed: Path):
    items = plan_upload([feed], raw_prefix=RAW, delivery=None)
    s3 = connection.s3()
    writer = ObjectWriter(BucketAddress.of(s3, "no-such-lake"), connection.credentials())
    with pytest.raises(UploadError, match="NoSuchBucket") as error:
        writer.put(items[0].key, lambda: b"id\n", size_bytes=3, checksum=checksum_of(b"id\n"))
    assert "quartal apply" in error.value.remedy


# ---------------------------------------------------------------------------- the record of a delivery


def test_manifest_says_what_was_delivered_when_and_by_whom(upload, connection, bucket, feed: Path):
    report = upload(plan_upload([feed], raw_prefix=RAW, delivery=None))
    assert report.manifests == ("deliveries/sightings/2024Q1.json", "deliveries/sightings/2024Q2.json")
    manifest = json.loads(content(connection, bucket, report.manifests[0]))
    (record,) = manifest["uploads"]
    entry = manifest["files"]["raw/sightings/delivery=2024Q1/a.csv"]
    assert record["by"].startswith("arn:aws:")
    assert record["at"].endswith("Z")
    assert entry["upload"] == record["upload"]
    assert (entry["size_bytes"], entry["crc64nvme"]) == (5, checksum_of(b"id\n1\n"))


def test_lost_manifest_is_made_anew_from_the_checksums_that_s3_keeps(upload, connection, bucket, feed: Path):
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
    with pytest.raises(UploadError, match=r"deliveries/sightings/2024Q1\.json is no delivery manifest"):
        upload(items)


@pytest.mark.parametrize("is_there", [False, True], ids=["first manifest", "later"])
def test_manifest_keeps_what_another_upload_wrote_in_between(connection, bucket, is_there: bool):
    s3 = connection.s3()
    other = ManifestStore(s3, bucket, "deliveries/sightings/")
    if is_there:
        other.record("2024Q1", *entry_of("before"))
    ManifestStore(Overtaken(s3, lambda: other.record("2024Q1", *entry_of("other"))), bucket, other.prefix).record(
        "2024Q1", *entry_of("ours")
    )
    found = other.read("2024Q1")
    assert sorted(found.files) == (["before", "other", "ours"] if is_there else ["other", "ours"])
    assert [record.upload for record in found.uploads] == [*(["before"] if is_there else []), "other", "ours"]


def entry_of(name: str) -> tuple[dict[str, DeliveredFile], UploadRecord]:
    return {name: DeliveredFile(1, "e", "c", "c", name)}, UploadRecord(name, "2024-01-01T00:00:00Z", "arn")


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
    assert parts_of(5, part_bytes=2) == (Part(1, 0, 2), Part(2, 2, 2), Part(3, 4, 1))
    assert len(parts_of(10_001, part_bytes=1)) <= 10_000


# ---------------------------------------------------------------------------- what a delivery consists of


def recorded(connection, bucket: str, delivery: str = "2024Q1") -> list[str]:
    return sorted(ManifestStore(connection.s3(), bucket, "deliveries/sightings/").read(delivery).files)


@pytest.fixture
def twice(upload, tmp_path: Path):
    """A delivery of the two files a.csv and b.csv in the lake, and a folder for what comes next."""
    folder = tmp_path / "delivery=2024Q1"
    folder.mkdir()
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text(f"id\n{name}\n")
    upload(plan_upload([folder], raw_prefix=RAW, delivery="2024Q1"))
    return folder


def test_report_names_the_other_files_that_a_run_reads(upload, connection, bucket, twice: Path):
    connection.s3().put_object(Bucket=bucket, Key=f"{RAW}delivery=2024Q1/_x.csv", Body=b"x")
    connection.s3().put_object(Bucket=bucket, Key=f"{RAW}delivery=2024Q1/empty.csv", Body=b"")
    report = upload(plan_upload([twice / "a.csv"], raw_prefix=RAW, delivery="2024Q1"))
    assert report.others == (f"{RAW}delivery=2024Q1/b.csv",)


def test_files_without_bytes_are_told(upload, tmp_path: Path):
    (tmp_path / "a.json").touch()
    report = upload(plan_upload([tmp_path], raw_prefix=RAW, delivery="2024Q1"))
    assert [item.path.name for item in report.without_bytes] == ["a.json"]


def test_replace_leaves_exactly_the_files_that_are_uploaded(upload, connection, bucket, twice: Path):
    connection.s3().put_object(Bucket=bucket, Key=f"{RAW}delivery=2024Q1/_x.csv", Body=b"x")
    connection.s3().put_object(Bucket=bucket, Key=f"{RAW}delivery=2024Q11/c.csv", Body=b"x")
    (twice / "b.csv").unlink()
    items = plan_upload([twice], raw_prefix=RAW, delivery="2024Q1")
    report = upload(items, exchange=Exchange(replace=True))
    kept = f"{RAW}delivery=2024Q1/a.csv"
    assert keys(connection, bucket) == [kept, f"{RAW}delivery=2024Q11/c.csv"]
    assert recorded(connection, bucket) == [kept]
    assert report.removed == (f"{RAW}delivery=2024Q1/_x.csv", f"{RAW}delivery=2024Q1/b.csv")
    assert upload(items, exchange=Exchange(replace=True)).removed == ()


def test_replace_mends_a_manifest_that_names_what_is_gone(upload, connection, bucket, twice: Path):
    for name in ("a.csv", "b.csv"):
        connection.s3().delete_object(Bucket=bucket, Key=f"{RAW}delivery=2024Q1/{name}")
    upload(plan_upload([twice / "a.csv"], raw_prefix=RAW, delivery="2024Q1"), exchange=Exchange(replace=True))
    assert recorded(connection, bucket) == keys(connection, bucket) == [f"{RAW}delivery=2024Q1/a.csv"]


def test_replacement_that_could_not_be_uploaded_takes_nothing_out(upload, connection, bucket, twice: Path):
    items = plan_upload([twice / "a.csv"], raw_prefix=RAW, delivery="2024Q1")
    (twice / "a.csv").unlink()
    with pytest.raises(UploadError, match="was not uploaded"):
        upload(items, exchange=Exchange(replace=True))
    assert (
        recorded(connection, bucket)
        == keys(connection, bucket)
        == [
            f"{RAW}delivery=2024Q1/a.csv",
            f"{RAW}delivery=2024Q1/b.csv",
        ]
    )


def test_file_can_be_taken_out_alone_or_for_another(upload, connection, bucket, twice: Path):
    folder = f"{RAW}delivery=2024Q1/"
    (twice / "b_corrected.csv").write_text("id\nx\n")
    items = plan_upload([twice / "b_corrected.csv"], raw_prefix=RAW, delivery="2024Q1")
    report = upload(items, exchange=Exchange(remove=("b.csv",)), folder=folder)
    assert (report.removed, report.likenesses) == ((f"{folder}b.csv",), ())
    upload((), exchange=Exchange(remove=("a.csv",)), folder=folder)
    assert recorded(connection, bucket) == keys(connection, bucket) == [f"{folder}b_corrected.csv"]


@pytest.mark.parametrize(
    ("uploaded", "removed", "message", "remedy"),
    [
        pytest.param((), ("c.csv",), "has no file c.csv", "a.csv, b.csv", id="unknown"),
        pytest.param((), ("a.csv", "b.csv"), "No file of delivery 2024Q1 would be left", "--withdraw 2024Q1", id="all"),
        pytest.param(("a.csv",), ("a.csv",), "both uploaded and taken out", "Leave out --remove", id="own"),
    ],
)
def test_removal_that_makes_no_sense_is_refused(
    upload, connection, bucket, twice: Path, uploaded: tuple[str, ...], removed: tuple[str, ...], message, remedy
):
    items = plan_upload([twice / name for name in uploaded], raw_prefix=RAW, delivery="2024Q1")
    with pytest.raises(ConfigurationError, match=message) as error:
        upload(items, exchange=Exchange(remove=removed), folder=f"{RAW}delivery=2024Q1/")
    assert remedy in error.value.remedy
    assert len(keys(connection, bucket)) == 2


def test_file_that_s3_does_not_delete_is_told_and_what_was_sent_is_recorded(
    upload, connection, bucket, twice: Path, monkeypatch
):
    def refuse(_self, files):
        raise AwsError(f"s3://{files[0].path} was not deleted: Access Denied", remedy="")

    monkeypatch.setattr("quartal.lake_files.S3Files.delete", refuse)
    (twice / "c.csv").write_text("id\nc\n")
    items = plan_upload([twice / "c.csv"], raw_prefix=RAW, delivery="2024Q1")
    with pytest.raises(UploadError, match=r"still there: .*b\.csv was not deleted") as error:
        upload(items, exchange=Exchange(remove=("b.csv",)), folder=f"{RAW}delivery=2024Q1/")
    assert "s3:DeleteObject" in error.value.remedy
    assert recorded(connection, bucket) == keys(connection, bucket)
    assert len(recorded(connection, bucket)) == 3


@pytest.mark.parametrize(
    ("new", "text", "other", "is_same"),
    [
        pytest.param("other.csv", "id\na.csv\n", "a.csv", True, id="same content"),
        pytest.param("a_corrected.csv", "id\nx\n", "a.csv", False, id="corrected"),
        pytest.param("B (1).CSV", "id\nx\n", "b.csv", False, id="second download"),
        pytest.param("a.v2.csv", "id\nx\n", "a.csv", False, id="version"),
    ],
)
def test_file_that_looks_like_another_one_of_its_delivery_is_pointed_out(
    upload, twice: Path, new: str, text: str, other: str, is_same: bool
):
    (twice / new).write_text(text)
    report = upload(plan_upload([twice / new], raw_prefix=RAW, delivery="2024Q1"))
    folder = f"{RAW}delivery=2024Q1/"
    assert report.likenesses == (Likeness(folder + new, folder + other, is_same),)


def test_compressed_copy_of_a_file_is_pointed_out(upload, twice: Path):
    items = plan_upload([twice / "a.csv"], raw_prefix=RAW, delivery="2024Q1", compress=True)
    folder = f"{RAW}delivery=2024Q1/"
    assert upload(items).likenesses == (Likeness(f"{folder}a.csv.gz", f"{folder}a.csv", is_same=True),)


def test_parts_of_an_export_are_no_versions_of_each_other(upload, tmp_path: Path):
    for number in range(12):
        (tmp_path / f"part-{number}.csv").write_text(f"id\n{number}\n")
    assert upload(plan_upload([tmp_path], raw_prefix=RAW, delivery="2024Q1")).likenesses == ()


@pytest.fixture
def command_line(connection, bucket, project, monkeypatch) -> None:
    """`quartal upload` into the test's own bucket, by the contract of the example feed."""
    deployment = Deployment("us-east-1", bucket, "vehicle_sightings", RAW, "db", "c", "j", "w", "", {})
    contracts = project / "data" / "contracts"
    contracts.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path(__file__).parents[3] / "data" / "contracts" / "vehicle_sightings.yaml", contracts)
    monkeypatch.chdir(project)
    monkeypatch.setattr(Workspace, "deployment", deployment)
    monkeypatch.setattr(Workspace, "connection", connection)


def test_command_uploads_a_stream_and_replaces_and_removes_files(
    command_line, connection, bucket, tmp_path: Path, capsys
):
    header = "sighting_id,brand,date,time\n"
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(f"{header}{name},Opel,2024-01-01,10:00:00\n")
    assert run(["upload", str(tmp_path / "a.csv"), "--delivery", "2024Q1", "--name", "first.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["uploaded"] == [f"{RAW}delivery=2024Q1/first.csv"]
    assert run(["upload", str(tmp_path / "b.csv"), "--delivery", "2024Q1", "--replace"]) == 0
    assert "1 files uploaded (0.0 MB), 0 there already, 1 taken out" in capsys.readouterr().out
    assert run(["upload", str(tmp_path / "a.csv"), "--delivery", "2024Q1"]) == 0
    assert "The next run also reads 1 file" in capsys.readouterr().err
    assert run(["upload", "--delivery", "2024Q1", "--remove", "b.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["removed"] == [f"{RAW}delivery=2024Q1/b.csv"]
    assert keys(connection, bucket) == [f"{RAW}delivery=2024Q1/a.csv"]
    assert run(["upload", "--delivery", "2024Q1", "--remove", "a.csv"]) == 2
    assert "--withdraw 2024Q1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param({"sources": []}, "No file or folder is named", id="nothing"),
        pytest.param({"sources": [], "exchange": Exchange(replace=True)}, "No file or folder", id="replace by nothing"),
        pytest.param({"sources": [], "exchange": Exchange(remove=("a",)), "delivery": None}, "of which", id="remove"),
        pytest.param({"sources": [Path("a"), Path("b")], "name": "x"}, "--name is for one file", id="two names"),
        pytest.param({"sources": [Path("a")], "name": "x", "delivery": None}, "--name is for one", id="no delivery"),
    ],
)
def test_options_of_an_upload_that_do_not_fit_are_refused(arguments, message):
    given = {"delivery": "2024Q1", "options": UploadOptions(), **arguments}
    workspace = SimpleNamespace(deployment=None, settings=None)
    with pytest.raises(ConfigurationError, match=message) as error:
        uploads.deliver(workspace, given.pop("sources"), **given)
    assert error.value.remedy


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

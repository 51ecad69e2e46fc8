"""Uploads whose calls fail before their effect or after it: what is put, listed and recorded is the same."""

import json
import secrets

import pytest
from botocore.exceptions import ResponseStreamingError
from urllib3.exceptions import ProtocolError

from etl_job.lake.files import S3ObjectStore
from quartal.contracts.model import FileFormat
from quartal.core.errors import AwsError, UploadError
from quartal.deliver.ingest.record import IngestRecord, IngestSource, RecordStore
from quartal.deliver.upload import uploads
from quartal.deliver.upload.checksums import compute_checksum
from quartal.deliver.upload.delivery_manifest import DeliveredFile, ManifestStore, UploadRecord
from quartal.deliver.upload.multipart import Part, store_in_parts
from quartal.deliver.upload.object_writer import BucketAddress, ObjectWriter, UnansweredError
from quartal.deliver.upload.transfer import Transfer, objects_below
from quartal.deliver.upload.uploads import UploadOptions, plan_upload
from quartal.deliver.upload.write_outcome import put_object
from quartal.features.lake_files import delete_files
from tests.unit.quartal.lost_answers import Faulty, broken_off, denied, expired, refusal, reset, server_error

KEY = "raw/sightings/delivery=2024Q1/a.csv"
CONTENT = b"a" * (5 * 1024 * 1024) + b"id\n"  # S3's smallest part, and a rest
PARTS = (Part(1, 0, 5 * 1024 * 1024), Part(2, 5 * 1024 * 1024, 3))
FAULTS = [pytest.param(reset, id="reset"), pytest.param(server_error, id="500"), pytest.param(broken_off, id="cut off")]


@pytest.fixture
def s3(connection):
    """S3; unlike AWS and LocalStack, moto does not list the checksums of parts."""
    client = connection.s3()

    def add_checksums(parsed, **_):
        for entry in parsed.get("Parts", []):
            part = PARTS[entry["PartNumber"] - 1]
            entry["ChecksumCRC64NVME"] = compute_checksum(CONTENT[part.start : part.start + part.size_bytes])

    client.meta.events.register("after-call.s3.ListParts", add_checksums)
    yield client
    client.meta.events.unregister("after-call.s3.ListParts", add_checksums)


@pytest.fixture
def bucket(s3) -> str:
    name = f"lake-{secrets.token_hex(8)}"
    s3.create_bucket(Bucket=name)
    return name


@pytest.fixture
def writer(connection, s3, bucket):
    return ObjectWriter(BucketAddress.of(s3, bucket), connection.credentials(), sleep=lambda _: None)


class Unheard:
    """A writer whose answers are lost, after what was sent has landed or before."""

    def __init__(self, writer: ObjectWriter, *, lands: bool) -> None:
        self._writer = writer
        self._lands = lands

    def put(self, key, body, **arguments):
        if self._lands:
            self._writer.put(key, body, **arguments)
        raise UnansweredError(f"s3 key {key} was not stored: the server answered 500")


def open_uploads(s3, bucket: str) -> list[str]:
    return [entry["UploadId"] for entry in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])]


@pytest.fixture
def in_parts(s3, writer, bucket, tmp_path):
    """`in_parts(client)` stores a file of two parts."""
    path = tmp_path / "a.csv"
    path.write_bytes(CONTENT)

    def store(client, *, sender=writer, unfinished=None):
        return store_in_parts(
            client,
            sender,
            bucket,
            KEY,
            path,
            size_bytes=len(CONTENT),
            unfinished=unfinished,
            watch=lambda blocks: blocks,
            on_kept=lambda _: None,
            parts=PARTS,
        )

    return store


def stored(s3, bucket: str) -> bytes:
    return s3.get_object(Bucket=bucket, Key=KEY)["Body"].read()


# ---------------------------------------------------------------------------- one object


def test_object_that_landed_without_an_answer_is_stored(s3, writer, bucket):
    arguments = {"size_bytes": 3, "checksum": compute_checksum(b"id\n")}
    etag = put_object(s3, Unheard(writer, lands=True), bucket, KEY, lambda: b"id\n", **arguments)
    assert f'"{etag}"' == s3.head_object(Bucket=bucket, Key=KEY)["ETag"]


@pytest.mark.parametrize("before", [None, b"no\n"], ids=["nothing there", "other content of the same size"])
def test_object_that_did_not_land_is_not_called_stored(s3, writer, bucket, before):
    if before is not None:
        writer.put(KEY, lambda: before, size_bytes=3, checksum=compute_checksum(before))
    with pytest.raises(UploadError, match="was not stored"):
        put_object(
            s3,
            Unheard(writer, lands=False),
            bucket,
            KEY,
            lambda: b"id\n",
            size_bytes=3,
            checksum=compute_checksum(b"id\n"),
        )


def test_object_that_cannot_be_checked_is_reported_as_neither_stored_nor_failed(s3, writer, bucket):
    blind = Faulty(s3).before("head_object", reset, None)
    with pytest.raises(UploadError, match=r"not known whether .* was stored"):
        put_object(
            blind,
            Unheard(writer, lands=True),
            bucket,
            KEY,
            lambda: b"id\n",
            size_bytes=3,
            checksum=compute_checksum(b"id\n"),
        )


# ---------------------------------------------------------------------------- one object in parts


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_upload_in_parts_that_begins_without_an_answer_is_taken_up(s3, bucket, in_parts, when, fault):
    client = Faulty(s3)
    getattr(client, when)("create_multipart_upload", fault)
    in_parts(client)
    assert (stored(s3, bucket), open_uploads(s3, bucket)) == (CONTENT, [])


@pytest.mark.parametrize("fault", FAULTS)
def test_object_put_together_without_an_answer_is_stored(s3, bucket, in_parts, fault):
    etag, checksum = in_parts(Faulty(s3).after("complete_multipart_upload", fault))
    head = s3.head_object(Bucket=bucket, Key=KEY, ChecksumMode="ENABLED")
    assert (f'"{etag}"', checksum) == (head["ETag"], head["ChecksumCRC64NVME"])
    assert open_uploads(s3, bucket) == []


def test_repeated_completion_without_an_upload_is_no_failure(s3, bucket, in_parts):
    gone = Faulty(s3).after("complete_multipart_upload", lambda: refusal("NoSuchUpload", 404))
    in_parts(gone)
    assert stored(s3, bucket) == CONTENT


@pytest.mark.parametrize("fault", FAULTS)
def test_failed_completion_is_reported_and_the_next_attempt_reuses_its_parts(s3, bucket, in_parts, fault):
    with pytest.raises(UploadError, match="was not assembled from its 2 parts") as error:
        in_parts(Faulty(s3).before("complete_multipart_upload", fault))
    assert "existing parts are used" in error.value.remedy
    (left,) = open_uploads(s3, bucket)
    in_parts(s3, unfinished=left, sender=None)  # nothing is sent
    assert (stored(s3, bucket), open_uploads(s3, bucket)) == (CONTENT, [])


def test_parts_that_landed_without_an_answer_are_used(s3, writer, bucket, in_parts):
    in_parts(s3, sender=Unheard(writer, lands=True))
    assert (stored(s3, bucket), open_uploads(s3, bucket)) == (CONTENT, [])


def test_upload_aborted_since_the_listing_is_restarted(s3, bucket, in_parts):
    gone = s3.create_multipart_upload(Bucket=bucket, Key=KEY)["UploadId"]
    s3.abort_multipart_upload(Bucket=bucket, Key=KEY, UploadId=gone)
    in_parts(s3, unfinished=gone)
    assert (stored(s3, bucket), open_uploads(s3, bucket)) == (CONTENT, [])


# ---------------------------------------------------------------------------- the record of a delivery


ENTRY = ({KEY: DeliveredFile(1, "e", "c", "c", "u")}, UploadRecord("u", "2024-01-01T00:00:00Z", "arn"))


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_manifest_is_written_once_whatever_becomes_of_the_answer(s3, bucket, when, fault):
    client = Faulty(s3)
    getattr(client, when)("put_object", fault)
    ManifestStore(client, bucket, "deliveries/sightings/").record("2024Q1", *ENTRY)
    found = ManifestStore(s3, bucket, "deliveries/sightings/").read("2024Q1")
    assert (found.files, found.uploads) == (ENTRY[0], (ENTRY[1],))


def test_manifest_that_was_refused_is_not_tried_again(s3, bucket):
    client = Faulty(s3).before("put_object", denied, None)
    with pytest.raises(Exception, match="AccessDenied"):
        ManifestStore(client, bucket, "d/").record("2024Q1", *ENTRY)
    assert client.calls.count("put_object") == 1


def test_unwritten_manifest_is_reported_with_the_true_reason(s3, bucket):
    client = Faulty(s3).before("put_object", server_error, None)
    with pytest.raises(UploadError, match=r"could not be written: .*InternalServiceException"):
        ManifestStore(client, bucket, "d/").record("2024Q1", *ENTRY)


@pytest.mark.parametrize(
    ("code", "status"), [("PreconditionFailed", 412), ("ConditionalRequestConflict", 409), ("NoSuchKey", 404)]
)
def test_manifest_that_another_upload_changed_or_somebody_deleted_is_looked_at_again(s3, bucket, code, status):
    ManifestStore(s3, bucket, "d/").record("2024Q1", {}, UploadRecord("other", "then", "arn"))
    client = Faulty(s3).before("put_object", lambda: refusal(code, status, "PutObject"))
    ManifestStore(client, bucket, "d/").record("2024Q1", *ENTRY)
    found = ManifestStore(s3, bucket, "d/").read("2024Q1")
    assert (found.files, [each.upload for each in found.uploads]) == (ENTRY[0], ["other", "u"])


class Cut:
    """The body of an answer that breaks off."""

    def read(self) -> bytes:
        raise reset()


class CutOnce:
    """An S3 client whose first body breaks off."""

    def __init__(self, s3) -> None:
        self._s3 = s3
        self._left = 1

    def __getattr__(self, name):
        return getattr(self._s3, name)

    def get_object(self, **request):
        answer = self._s3.get_object(**request)
        if self._left:
            self._left -= 1
            answer["Body"] = Cut()
        return answer


def test_truncated_refusal_is_retried(s3, bucket):
    # what reads the body of a refusal is no part of botocore that has errors of its own
    broken = ProtocolError("Connection broken: ConnectionResetError(104, 'Connection reset by peer')")
    client = Faulty(s3).before("get_object", lambda: broken)
    assert ManifestStore(client, bucket, "d/").read("2024Q1").files == {}
    client = Faulty(s3).before("get_object", lambda: broken, None)
    with pytest.raises(ProtocolError):
        ManifestStore(client, bucket, "d/").read("2024Q1")
    assert client.calls == ["get_object"] * 4


def test_manifest_whose_answer_is_cut_off_is_read_again(s3, bucket):
    ManifestStore(s3, bucket, "d/").record("2024Q1", *ENTRY)
    assert ManifestStore(CutOnce(s3), bucket, "d/").read("2024Q1").files == ENTRY[0]


# ---------------------------------------------------------------------------- the record of an ingest


RECORD = IngestRecord(IngestSource("db", "t", ("id",), 10, False, FileFormat.CSV.value), "layout", ((1,),), ("now",))


@pytest.mark.parametrize("first", [True, False], ids=["first", "later"])
@pytest.mark.parametrize(
    "fault", [*FAULTS, pytest.param(lambda: refusal("PreconditionFailed", 412), id="met by its own repetition")]
)
def test_record_of_an_ingest_that_landed_without_an_answer_is_its_own(s3, bucket, first, fault):
    client = Faulty(s3)
    records = RecordStore(client, bucket, "d/2024Q1/t.json")
    if not first:
        records.write(RECORD)
    client.after("put_object", fault)
    records.write(RECORD)
    records.write(RECORD)  # it knows the object that it has written
    assert RecordStore(s3, bucket, "d/2024Q1/t.json").read() == RECORD


def test_record_that_another_ingest_wrote_is_still_refused(s3, bucket):
    ours, other = RecordStore(s3, bucket, "d/t.json"), RecordStore(s3, bucket, "d/t.json")
    other.write(RECORD)
    with pytest.raises(UploadError, match="Another ingest is writing the same files"):
        ours.write(RECORD)


def test_deleted_record_is_not_mistaken_for_another_ingest(s3, bucket):
    records = RecordStore(s3, bucket, "d/t.json")
    records.write(RECORD)
    s3.delete_object(Bucket=bucket, Key="d/t.json")
    records._s3 = Faulty(s3).before("put_object", lambda: refusal("NoSuchKey", 404, "PutObject"))
    with pytest.raises(UploadError, match="was not written: PutObject: NoSuchKey") as error:
        records.write(RECORD)
    assert "same command again" in error.value.remedy


@pytest.mark.parametrize("fault", FAULTS)
def test_unwritten_record_of_an_ingest_is_reported(s3, bucket, fault):
    with pytest.raises(UploadError, match="was not written"):
        RecordStore(Faulty(s3).before("put_object", fault), bucket, "d/t.json").write(RECORD)


# ---------------------------------------------------------------------------- a store that leaves out ETags


class WithoutETags(Faulty):
    """A client that gets no ETag in the answers to some calls."""

    def leave_out(self, *operations: str) -> "WithoutETags":
        for operation in operations:
            self._plan(operation, lambda call: {k: v for k, v in call().items() if k != "ETag"}, None)
        return self


def test_object_without_an_etag_is_reported_as_neither_stored_nor_failed(s3, writer, bucket):
    blind = WithoutETags(s3).leave_out("head_object")
    arguments = {"size_bytes": 3, "checksum": compute_checksum(b"id\n")}
    with pytest.raises(UploadError, match=r"not known whether .* the answer to HeadObject has no ETag"):
        put_object(blind, Unheard(writer, lands=True), bucket, KEY, lambda: b"id\n", **arguments)


def test_manifest_without_an_etag_is_not_written_over(s3, bucket):
    ManifestStore(s3, bucket, "d/").record("2024Q1", *ENTRY)
    store = ManifestStore(WithoutETags(s3).leave_out("get_object"), bucket, "d/")
    with pytest.raises(ResponseStreamingError, match="the answer to GetObject has no ETag"):
        store.record("2024Q1", {}, UploadRecord("other", "then", "arn"), [KEY])
    assert ManifestStore(s3, bucket, "d/").read("2024Q1").files == ENTRY[0]


def test_manifest_that_cannot_be_read_after_a_lost_response_is_reported_as_unknown(s3, bucket):
    client = WithoutETags(s3).leave_out("get_object").after("put_object", reset)
    with pytest.raises(UploadError, match=r"not known whether .* the answer to GetObject has no ETag"):
        ManifestStore(client, bucket, "d/").record("2024Q1", *ENTRY)


def test_record_of_an_ingest_that_was_written_is_known_without_an_etag_of_the_answer(s3, bucket):
    records = RecordStore(WithoutETags(s3).leave_out("put_object"), bucket, "d/t.json")
    records.write(RECORD)
    records.write(RECORD)  # it knows the object that it has written
    assert RecordStore(s3, bucket, "d/t.json").read() == RECORD


# ---------------------------------------------------------------------------- the whole


def test_failed_upload_reports_how_many_files_are_stored_and_the_next_one_sends_the_rest(
    connection, s3, bucket, tmp_path
):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text(f"{name}\n")
    items = plan_upload([tmp_path], raw_prefix="raw/sightings/", delivery="2024Q1")
    (tmp_path / "b.csv").rename(tmp_path / "b.away")
    with pytest.raises(UploadError, match=r"b\.csv was not uploaded") as error:
        uploads.upload(connection, bucket, items, manifest_prefix="d/", options=UploadOptions(parallel_files=1))
    assert "1 of 2 files are in the lake" in error.value.details[0]
    (tmp_path / "b.away").rename(tmp_path / "b.csv")
    report = uploads.upload(connection, bucket, items, manifest_prefix="d/")
    listed = {entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket, Prefix="raw/")["Contents"]}
    manifest = json.loads(s3.get_object(Bucket=bucket, Key="d/2024Q1.json")["Body"].read())
    assert [item.path.name for item in report.uploaded] == ["b.csv"]
    assert listed == set(manifest["files"]) == {item.key for item in items}


def test_credentials_that_expire_during_an_upload_are_reported_with_a_remedy(s3, bucket, writer, tmp_path):
    (tmp_path / "a.csv").write_bytes(CONTENT)
    items = plan_upload([tmp_path], raw_prefix="raw/sightings/", delivery="2024Q1")
    late = Faulty(s3).before("complete_multipart_upload", expired)
    transfer = Transfer(late, writer, bucket, upload_id="u", multipart_threshold=1024)
    told = transfer.run(items, {}, {}, {}, parallel_files=1, outcomes=[])
    assert "sign in again" in told.remedy
    assert "finished files are skipped" in told.remedy


# ---------------------------------------------------------------------------- deletion


class PartlyRefused:
    """An S3 client that does not delete one key, for a reason, the first times."""

    def __init__(self, s3, code: str, times: int) -> None:
        self._s3, self.meta = s3, s3.meta
        self._code = code
        self._times = times

    def delete_objects(self, *, Bucket, Delete):  # boto3's names
        keys = [entry["Key"] for entry in Delete["Objects"]]
        if "x/1" not in keys or not self._times:
            return self._s3.delete_objects(Bucket=Bucket, Delete=Delete)
        self._times -= 1
        rest = [entry for entry in Delete["Objects"] if entry["Key"] != "x/1"]
        if rest:
            self._s3.delete_objects(Bucket=Bucket, Delete={"Objects": rest})
        return {"Errors": [{"Key": "x/1", "Code": self._code, "Message": f"{self._code}!"}]}


@pytest.fixture
def files(s3, bucket):
    for number in (1, 2):
        s3.put_object(Bucket=bucket, Key=f"x/{number}", Body=b"")
    return left(s3, bucket)


def left(s3, bucket):
    return [file.uri for file in S3ObjectStore(s3).list_files(f"s3://{bucket}/x/")]


@pytest.mark.parametrize("code", ["SlowDown", "InternalError"])
def test_object_that_s3_was_too_busy_to_delete_is_deleted(s3, files, bucket, code):
    delete_files(S3ObjectStore(PartlyRefused(s3, code, 1), sleep=lambda _: None), files)
    assert left(s3, bucket) == []


def test_object_that_is_not_deleted_is_named_with_how_many_stay(s3, files, bucket):
    with pytest.raises(Exception, match=r"x/1 was not deleted: AccessDenied!; 1 of 2 files remain"):
        delete_files(S3ObjectStore(PartlyRefused(s3, "AccessDenied", 9), sleep=lambda _: None), files)
    assert left(s3, bucket) == [f"s3://{bucket}/x/1"]


@pytest.mark.parametrize(
    ("code", "remedy"), [("SlowDown", "S3 was too busy. Run the command again"), ("AccessDenied", "s3:DeleteObject")]
)
def test_undeleted_object_is_reported_with_the_remedy_for_its_reason(s3, files, code, remedy):
    with pytest.raises(AwsError) as told:
        delete_files(S3ObjectStore(PartlyRefused(s3, code, 9), sleep=lambda _: None), files)
    assert remedy in told.value.remedy
    assert ("s3:DeleteObject" in told.value.remedy) is (code == "AccessDenied")


def test_listing_that_breaks_off_is_an_error_and_not_an_endless_loop():
    class CutOff:
        def list_objects_v2(self, **_):
            return {"IsTruncated": True}

    with pytest.raises(AwsError, match="ended early, after 0 objects"):
        objects_below(CutOff(), "lake", "raw/")

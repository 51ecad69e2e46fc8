"""What tasks are given of the lake's files: a way to them, without the driver's clients."""

import pickle
import tracemalloc
from io import BytesIO

import boto3
import pytest
from botocore.exceptions import ClientError, ResponseStreamingError
from botocore.response import StreamingBody
from botocore.stub import Stubber
from urllib3.exceptions import ProtocolError

from etl_job.failure_reasons import failure_reason
from etl_job.lake.files import LocalObjectStore, S3ObjectStore, open_store


def test_files_of_a_lake_reach_a_task_with_a_client_of_its_own_for_the_same_region(moto_catalog):
    client = boto3.client("s3", region_name="eu-west-3")
    client.create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
    client.put_object(Bucket="lake", Key="raw/a.csv", Body=b"0123456789")
    in_task = pickle.loads(pickle.dumps(S3ObjectStore(client)))  # noqa: S301  # its own
    with in_task.open("s3://lake/raw/a.csv", 7) as content:
        assert content.read() == b"789"
    assert in_task._s3.meta.region_name == "eu-west-3"


@pytest.mark.parametrize("is_local", [True, False])
def test_files_and_folders_are_deleted_and_what_is_missing_does_not_matter(moto_catalog, tmp_path, is_local):
    session, root = boto3.Session(region_name="eu-west-3"), f"file://{tmp_path}" if is_local else "s3://lake"
    if not is_local:
        region = {"LocationConstraint": "eu-west-3"}
        session.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration=region)
    files = open_store(root, session)
    uris = [f"{root}/{name}" for name in ("a/1", "a/2", "ab/3")]
    for uri in uris:
        files.write(uri, b"x")
    files.delete_all([uris[0], f"{root}/none"])
    assert [file.uri for file in files.list_files(f"{root}/")] == uris[1:]
    files.delete_folder(f"{root}/a")
    files.delete_folder(f"{root}/none")
    assert [file.uri for file in files.list_files(f"{root}/")] == uris[2:]


@pytest.mark.parametrize("uri", ["s3://other/raw/delivery=q1/", "hdfs://host/raw/"])
def test_location_of_another_machine_is_not_an_empty_local_folder(uri):
    with pytest.raises(OSError, match="is not a file on this machine"):
        LocalObjectStore().list_files(uri)


@pytest.fixture
def s3_that_answers():
    """S3 whose next answer to GetObject a test says."""
    s3 = boto3.client("s3", "eu-west-3", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(s3) as stubber:

        def answers(content: bytes, content_range: str | None) -> S3ObjectStore:
            body = StreamingBody(BytesIO(content), len(content))
            said = {"ContentRange": content_range} if content_range else {}
            stubber.add_response("get_object", {"Body": body, **said})
            return S3ObjectStore(s3)

        yield answers


@pytest.mark.parametrize(
    ("content", "content_range"),
    [
        (b"0123456789", None),  # all of it, as from a store or a proxy that knows no ranges
        (b"0123456789", "bytes 0-9/10"),
        (b"456", "bytes 4-6/10"),  # less than was asked for, in good order
    ],
)
def test_range_response_with_other_bytes_is_refused(s3_that_answers, content, content_range):
    with pytest.raises(ResponseStreamingError, match="bytes=4-"):
        s3_that_answers(content, content_range).open("s3://lake/a.csv", 4)


def test_refusal_that_breaks_off_is_an_answer_that_does(monkeypatch):
    # botocore lets urllib3's own error through where the body of a refusal breaks off
    def break_off(**_):
        raise ProtocolError("Connection broken: ConnectionResetError(104, 'Connection reset by peer')")

    s3 = boto3.client("s3", "eu-west-3", aws_access_key_id="test", aws_secret_access_key="test")
    monkeypatch.setattr(s3, "get_object", break_off)
    for first_bytes in (None, 4):
        with pytest.raises(ResponseStreamingError, match="Connection broken"):
            S3ObjectStore(s3).read("s3://lake/a.csv", first_bytes)


@pytest.mark.parametrize("first_bytes", [None, 4])
def test_file_that_s3_refuses_to_give_is_named(first_bytes):
    s3 = boto3.client("s3", "eu-west-3", aws_access_key_id="test", aws_secret_access_key="test")
    said = "The operation is not valid for the object's storage class"
    with Stubber(s3) as stubber:
        stubber.add_client_error("get_object", "InvalidObjectState", said, 403)
        with pytest.raises(ClientError) as refused:
            S3ObjectStore(s3).read("s3://lake/raw/a.csv", first_bytes)
    assert "s3://lake/raw/a.csv" in str(refused.value)  # of an error in a worker, the driver gets these words
    assert failure_reason(refused.value) == (
        f"GetObject of s3://lake/raw/a.csv was refused with InvalidObjectState: {said}. The file is in a storage class "
        "from which it has to be restored: restore it, and run again"
    )


def test_range_response_has_the_requested_bytes(s3_that_answers):
    with s3_that_answers(b"456789", "bytes 4-9/10").open("s3://lake/a.csv", 4) as content:
        assert content.read() == b"456789"
    assert s3_that_answers(b"789", "bytes 7-9/10").read_end("s3://lake/a.csv", 3) == b"789"
    assert s3_that_answers(b"0123456789", "bytes 0-9/10").read_end("s3://lake/a.csv", 30) == b"0123456789"
    assert s3_that_answers(b"012", "bytes 0-2/10").read("s3://lake/a.csv", 3) == b"012"
    assert s3_that_answers(b"0123456789", "bytes 0-9/10").read("s3://lake/a.csv", 30) == b"0123456789"
    with pytest.raises(ResponseStreamingError, match="bytes=-3"):
        s3_that_answers(b"789", "bytes 6-8/10").read_end("s3://lake/a.csv", 3)
    with pytest.raises(ResponseStreamingError, match="bytes=0-2"):
        s3_that_answers(b"0123", "bytes 0-3/10").read("s3://lake/a.csv", 3)


def test_upload_to_a_folder_copies_the_file_without_reading_it_into_memory(tmp_path):
    file = tmp_path / "part.csv"
    with file.open("wb") as content:
        content.truncate(64_000_000)
    tracemalloc.start()
    etag = LocalObjectStore().upload(f"file://{tmp_path}/lake/exports/a.csv", file)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000
    (stored,) = LocalObjectStore().list_files(f"file://{tmp_path}/lake/")
    assert (stored.size_bytes, stored.etag) == (64_000_000, etag)


def test_file_is_written_without_an_etag_in_the_response(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"id")
    s3 = boto3.client("s3", "eu-west-3", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(s3) as stubber:
        for told, etag in (({"ETag": '"e"'}, "e"), ({}, "")):
            stubber.add_response("put_object", told)
            assert S3ObjectStore(s3).upload("s3://lake/a.csv", tmp_path / "a.csv") == etag

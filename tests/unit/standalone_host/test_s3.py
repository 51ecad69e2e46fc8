"""moto's S3 as this host mends it, asked as clients in other languages ask."""

import base64
import hashlib
import zlib
from datetime import UTC, datetime, timedelta

import pytest
import urllib3
from botocore.exceptions import ClientError

from tests.unit.standalone_host.place import refusal

PART = 5 << 20  # the smallest part that is not the last
KEY = "AWS4-HMAC-SHA256 Credential=test/20260310/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x"


def base64_of(digest):
    return base64.b64encode(digest).decode()


SUMS = {
    "ContentMD5": hashlib.md5(b"other", usedforsecurity=False).digest(),
    "ChecksumCRC32": zlib.crc32(b"other").to_bytes(4, "big"),
    "ChecksumSHA1": hashlib.sha1(b"other", usedforsecurity=False).digest(),
    "ChecksumSHA256": hashlib.sha256(b"other").digest(),
}


@pytest.fixture
def upload(lake):
    """An upload of two parts, each by its number."""
    started = lake.create_multipart_upload(Bucket="lake", Key="parts")["UploadId"]
    bodies = {1: b"a" * PART, 2: b"the end"}
    tags = {
        number: lake.upload_part(Bucket="lake", Key="parts", UploadId=started, PartNumber=number, Body=body)["ETag"]
        for number, body in bodies.items()
    }
    parts = [{"PartNumber": number, "ETag": tag} for number, tag in tags.items()]
    lake.complete_multipart_upload(Bucket="lake", Key="parts", UploadId=started, MultipartUpload={"Parts": parts})
    return bodies


@pytest.mark.parametrize("name", SUMS)
def test_body_that_is_not_what_the_client_summed_up_is_not_stored(lake, name):
    wrong = {name: base64_of(SUMS[name])}
    assert refusal(lambda: lake.put_object(Bucket="lake", Key=name, Body=b"body", **wrong)) == "BadDigest"
    upload_id = lake.create_multipart_upload(Bucket="lake", Key=name)["UploadId"]
    part = {"Bucket": "lake", "Key": name, "UploadId": upload_id, "PartNumber": 1}
    assert refusal(lambda: lake.upload_part(Body=b"body", **part, **wrong)) == "BadDigest"
    assert "Parts" not in lake.list_parts(Bucket="lake", Key=name, UploadId=upload_id)
    assert "Contents" not in lake.list_objects_v2(Bucket="lake", Prefix=name)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"ContentMD5": "x"}, "InvalidDigest"), ({"ChecksumSHA256": base64_of(b"short")}, "InvalidRequest")],
)
def test_header_that_is_no_sum_is_refused(lake, wrong, code):
    assert refusal(lambda: lake.put_object(Bucket="lake", Key="no-sum", Body=b"body", **wrong)) == code


SIGNED = ";chunk-signature=" + "0" * 64


@pytest.mark.parametrize("mode", ["STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"])
@pytest.mark.parametrize(
    ("first", "length", "stored"),
    [("2", 4, b"body"), ("2", 9, None), ("9", 9, None)],
    ids=["whole", "length", "chunk"],
)
def test_body_in_signed_chunks_is_stored_whole_or_not_at_all(place, lake, mode, first, length, stored):
    body = f"{first}{SIGNED}\r\nbo\r\n2{SIGNED}\r\ndy\r\n0{SIGNED}\r\n\r\n".encode()
    if first == "9":
        body = body[:-200]
    key = f"signed-{mode}-{first}-{length}"
    headers = {"Authorization": KEY, "Content-Encoding": "aws-chunked", "X-Amz-Content-Sha256": mode}
    headers["X-Amz-Decoded-Content-Length"] = str(length)
    answer = urllib3.connection_from_url(place.url).urlopen("PUT", f"/lake/{key}", body=body, headers=headers)
    if stored is None:
        assert answer.status == 400
        assert b"<Code>IncompleteBody</Code>" in answer.data
        assert "Contents" not in lake.list_objects_v2(Bucket="lake", Prefix=key)
    else:
        assert lake.get_object(Bucket="lake", Key=key)["Body"].read() == stored


@pytest.mark.parametrize(("name", "status"), [(b"body", 200), (b"other", 400)])
def test_sum_at_the_end_of_a_body_in_chunks_is_checked(place, lake, name, status):
    """As SDKs send streams over plain HTTP and TLS."""
    summed = base64_of(zlib.crc32(name).to_bytes(4, "big"))
    body = f"4\r\nbody\r\n0\r\nx-amz-checksum-crc32:{summed}\r\n\r\n".encode()
    headers = {
        "Authorization": KEY,
        "Content-Encoding": "aws-chunked",
        "X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "X-Amz-Decoded-Content-Length": "4",
        "X-Amz-Trailer": "x-amz-checksum-crc32",
    }
    pool = urllib3.connection_from_url(place.url)
    answer = pool.urlopen("PUT", f"/lake/chunks-{status}", body=body, headers=headers)
    assert answer.status == status


def test_sum_without_its_algorithm_apart_is_kept(lake):
    summed = base64_of(hashlib.sha256(b"body").digest())
    lake.put_object(Bucket="lake", Key="kept", Body=b"body", ChecksumSHA256=summed)
    assert lake.head_object(Bucket="lake", Key="kept", ChecksumMode="ENABLED")["ChecksumSHA256"] == summed


def test_each_part_of_an_object_is_read_by_its_number(lake, upload):
    whole = lake.head_object(Bucket="lake", Key="parts")
    start = 0
    for number, body in upload.items():
        found = lake.get_object(Bucket="lake", Key="parts", PartNumber=number)
        head = lake.head_object(Bucket="lake", Key="parts", PartNumber=number)
        assert found["Body"].read() == body
        for answer in (found, head):
            assert (answer["ContentLength"], answer["PartsCount"], answer["ETag"]) == (len(body), 2, whole["ETag"])
            assert answer["ContentRange"] == f"bytes {start}-{start + len(body) - 1}/{whole['ContentLength']}"
            assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
        start += len(body)
    assert refusal(lambda: lake.get_object(Bucket="lake", Key="parts", PartNumber=3)) == "InvalidPartNumber"


def test_object_of_several_parts_belongs_to_its_owner(lake, upload):
    (grant,) = lake.get_object_acl(Bucket="lake", Key="parts")["Grants"]
    assert grant["Permission"] == "FULL_CONTROL"


def test_object_of_a_bucket_without_versions_has_none_or_null(lake, upload):
    """rclone asks for the version that it was told of."""
    started = lake.create_multipart_upload(Bucket="lake", Key="whole")["UploadId"]
    tag = lake.upload_part(Bucket="lake", Key="whole", UploadId=started, PartNumber=1, Body=b"body")["ETag"]
    parts = {"Parts": [{"PartNumber": 1, "ETag": tag}]}
    made = lake.complete_multipart_upload(Bucket="lake", Key="whole", UploadId=started, MultipartUpload=parts)
    assert "VersionId" not in made
    assert lake.head_object(Bucket="lake", Key="whole", VersionId="null")["ContentLength"] == 4
    assert lake.get_object(Bucket="lake", Key="whole", VersionId="null")["Body"].read() == b"body"


def test_object_that_was_uploaded_as_one_is_its_first_part(lake):
    lake.put_object(Bucket="lake", Key="one", Body=b"body")
    assert lake.get_object(Bucket="lake", Key="one", PartNumber=1)["Body"].read() == b"body"
    assert lake.head_object(Bucket="lake", Key="one", PartNumber=1)["ContentRange"] == "bytes 0-3/4"


@pytest.mark.parametrize(
    "call",
    [
        lambda s3, of: s3.upload_part(PartNumber=1, Body=b"x", **of),
        lambda s3, of: s3.upload_part_copy(PartNumber=1, CopySource="lake/open/a.csv", **of),
        lambda s3, of: s3.complete_multipart_upload(
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": '"' + "0" * 32 + '"'}]}, **of
        ),
        lambda s3, of: s3.list_parts(**of),
        lambda s3, of: s3.abort_multipart_upload(**of),
    ],
)
def test_upload_that_is_unknown_or_over_is_an_error_that_is_not_sent_again(lake, call):
    with pytest.raises(ClientError) as refused:
        call(lake, {"Bucket": "lake", "Key": "a", "UploadId": "none"})
    assert refused.value.response["Error"]["Code"] == "NoSuchUpload"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_upload_is_listed_with_the_time_at_which_it_began(lake):
    started = lake.create_multipart_upload(Bucket="lake", Key="open")["UploadId"]
    (found,) = lake.list_multipart_uploads(Bucket="lake", Prefix="open")["Uploads"]
    assert found["UploadId"] == started
    assert abs(datetime.now(UTC) - found["Initiated"]) < timedelta(minutes=1)


def test_quiet_deletion_tells_of_failures_alone(lake):
    lake.put_object(Bucket="lake", Key="gone", Body=b"")
    keys = [{"Key": "gone"}]
    assert "Deleted" not in lake.delete_objects(Bucket="lake", Delete={"Objects": keys, "Quiet": True})
    assert lake.delete_objects(Bucket="lake", Delete={"Objects": keys})["Deleted"] == keys


def test_attributes_may_be_named_with_spaces_between(place, lake):
    """As the SDK for JavaScript does."""
    headers = {"Authorization": KEY, "X-Amz-Object-Attributes": "ETag, ObjectSize"}
    pool = urllib3.connection_from_url(place.url)
    answer = pool.urlopen("GET", "/lake/open/a.csv?attributes", headers=headers)
    assert b"<ObjectSize>4</ObjectSize>" in answer.data

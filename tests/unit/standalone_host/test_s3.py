"""moto's S3 as this host mends it, asked as clients in other languages ask."""

from datetime import UTC, datetime, timedelta

import pytest
import urllib3
from botocore.exceptions import ClientError

from tests.unit.standalone_host.place import refusal

PART = 5 << 20  # the smallest part that is not the last
KEY = "AWS4-HMAC-SHA256 Credential=test/20260310/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x"


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


@pytest.mark.parametrize(("algorithm", "kind"), [("CRC32", "COMPOSITE"), ("CRC64NVME", "FULL_OBJECT")])
def test_checksum_of_several_parts_says_that_it_is_of_them_and_is_not_told_of_one(lake, algorithm, kind):
    where = {"Bucket": "lake", "Key": f"parts-{algorithm}"}
    started = lake.create_multipart_upload(ChecksumAlgorithm=algorithm, **where)["UploadId"]
    tags = [
        lake.upload_part(UploadId=started, PartNumber=number, Body=body, **where)["ETag"]
        for number, body in ((1, b"a" * PART), (2, b"end"))
    ]
    parts = {"Parts": [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]}
    lake.complete_multipart_upload(UploadId=started, MultipartUpload=parts, **where)
    for read in (lake.get_object, lake.head_object):
        whole = read(ChecksumMode="ENABLED", **where)
        assert (whole["ChecksumType"], whole[f"Checksum{algorithm}"].endswith("-2")) == (kind, kind == "COMPOSITE")
        assert f"Checksum{algorithm}" not in read(ChecksumMode="ENABLED", PartNumber=2, **where)
    assert lake.get_object(PartNumber=2, **where)["Body"].read() == b"end"


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


def test_quiet_deletion_lists_only_failures(lake):
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

"""Conditions, ranges, parts and sources of requests to S3, and addresses that are signed for a time."""

import hashlib
import re
from datetime import UTC, datetime

import pytest
import urllib3

from tests.unit.standalone_host.place import refusal
from tests.unit.standalone_host.test_s3 import KEY, PART

TEXT = b"0123456789"
TAG = hashlib.md5(TEXT, usedforsecurity=False).hexdigest()
PAST, TO_COME = "Wed, 01 Jan 2020 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"


@pytest.fixture
def s3(lake):
    lake.put_object(Bucket="lake", Key="digits", Body=TEXT)
    lake.put_object(Bucket="lake", Key="nothing", Body=b"")
    return lake


@pytest.fixture
def read(place):
    """Reads an object, and returns the status and the body; HEAD has the same status."""
    with urllib3.PoolManager(timeout=30, retries=False) as pool:

        def ask(key, **headers):
            headers = {"Authorization": KEY, **{name.replace("_", "-"): value for name, value in headers.items()}}
            answer, head = (
                pool.request(method, f"{place.url}/lake/{key}", headers=headers) for method in ("GET", "HEAD")
            )
            assert head.status == answer.status
            assert head.headers.get("Content-Range") == answer.headers.get("Content-Range")
            return answer.status, answer.data if answer.status < 300 else answer.headers.get("Content-Range", "")

        yield ask


@pytest.mark.parametrize(
    ("conditions", "status"),
    [
        ({"If_Match": f'"{TAG}"'}, 200),
        ({"If_Match": TAG}, 200),
        ({"If_Match": "*"}, 200),
        ({"If_Match": f'"x", "{TAG}"'}, 200),
        ({"If_Match": '"x"'}, 412),
        ({"If_None_Match": f'"{TAG}"'}, 304),
        ({"If_None_Match": TAG}, 304),
        ({"If_None_Match": f'W/"{TAG}"'}, 304),
        ({"If_None_Match": "*"}, 304),
        ({"If_None_Match": '"x"'}, 200),
        ({"If_Modified_Since": PAST}, 200),
        ({"If_Modified_Since": TO_COME}, 200),
        ({"If_Modified_Since": "soon"}, 200),
        ({"If_Unmodified_Since": PAST}, 412),
        ({"If_Unmodified_Since": TO_COME}, 200),
        ({"If_Unmodified_Since": "soon"}, 200),
        ({"If_Match": TAG, "If_Unmodified_Since": PAST}, 200),
        ({"If_None_Match": TAG, "If_Modified_Since": PAST}, 304),
        ({"If_None_Match": '"x"', "If_Modified_Since": TO_COME}, 200),
    ],
)
def test_object_is_read_under_conditions(s3, read, conditions, status):
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, by ETag before date."""
    assert read("digits", **conditions)[0] == status


@pytest.mark.parametrize(
    ("wanted", "status", "body"),
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=-3", 206, b"789"),
        ("bytes=-100", 206, TEXT),
        ("bytes=5-", 206, b"56789"),
        ("bytes=10-", 416, ""),
        ("bytes=-0", 416, ""),
        ("bytes=3-2", 200, TEXT),
        ("bytes=0-1,3-4", 200, TEXT),
        ("bytes=--1", 200, TEXT),
        ("bytes=0-3=", 200, TEXT),
        ("bytes", 200, TEXT),
        ("items=0-1", 200, TEXT),
    ],
)
def test_range_is_answered_or_else_the_whole(s3, read, wanted, status, body):
    assert read("digits", Range=wanted) == (status, body)


@pytest.mark.parametrize(
    ("number", "status"), [("1", 206), ("2", 416), ("0", 400), ("-1", 400), ("a", 400), ("10001", 400)]
)
def test_part_number_is_one_of_the_object_s(s3, read, number, status):
    assert read(f"digits?partNumber={number}")[0] == status


def test_empty_object_is_a_part_without_a_range(s3, read):
    assert read("nothing?partNumber=1") == (200, b"")
    assert read("nothing", Range="bytes=-3") == (200, b"")


def test_part_and_range_at_once_are_refused(s3, read):
    assert read("digits?partNumber=1", Range="bytes=0-1")[0] == 400


@pytest.mark.parametrize(
    ("condition", "code", "of_none"),
    [
        ({"IfMatch": TAG}, None, "NoSuchKey"),
        ({"IfMatch": '"x"'}, "PreconditionFailed", "NoSuchKey"),
        ({"IfMatch": "*"}, "NotImplemented", "NotImplemented"),
        ({"IfNoneMatch": "*"}, "PreconditionFailed", None),
        ({"IfNoneMatch": '"x"'}, "NotImplemented", "NotImplemented"),
        ({"IfMatch": TAG, "IfNoneMatch": "*"}, "NotImplemented", "NotImplemented"),
    ],
)
def test_object_is_written_copied_and_completed_under_conditions(s3, condition, code, of_none):
    def complete(**where):
        upload = s3.create_multipart_upload(**where)["UploadId"]
        tag = s3.upload_part(UploadId=upload, PartNumber=1, Body=TEXT, **where)["ETag"]
        parts = {"Parts": [{"PartNumber": 1, "ETag": tag}]}
        s3.complete_multipart_upload(UploadId=upload, MultipartUpload=parts, **where, **condition)

    for write in (
        lambda **where: s3.put_object(Body=TEXT, **where, **condition),
        lambda **where: s3.copy_object(CopySource="lake/nothing", **where, **condition),
        complete,
    ):
        for key, expected in (("digits", code), ("none", of_none)):
            s3.delete_object(Bucket="lake", Key="none")
            s3.put_object(Bucket="lake", Key="digits", Body=TEXT)
            if expected is None:
                write(Bucket="lake", Key=key)
            else:
                assert refusal(lambda: write(Bucket="lake", Key=key)) == expected  # noqa: B023
                assert s3.get_object(Bucket="lake", Key="digits")["Body"].read() == TEXT


def test_object_is_deleted_under_conditions(s3):
    assert refusal(lambda: s3.delete_object(Bucket="lake", Key="digits", IfMatch='"x"')) == "PreconditionFailed"
    assert refusal(lambda: s3.delete_object(Bucket="lake", Key="none", IfMatch="*")) == "NoSuchKey"
    s3.delete_object(Bucket="lake", Key="digits", IfMatch="*")
    single = {"Objects": [{"Key": "nothing", "ETag": '"x"'}]}
    assert refusal(lambda: s3.delete_objects(Bucket="lake", Delete=single)) == "NotImplemented"
    assert s3.list_objects_v2(Bucket="lake", Prefix="nothing")["KeyCount"] == 1


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"CopySourceIfMatch": TAG}, True),
        ({"CopySourceIfMatch": '"x"'}, False),
        ({"CopySourceIfNoneMatch": TAG}, False),
        ({"CopySourceIfNoneMatch": '"x"'}, True),
        ({"CopySourceIfModifiedSince": datetime(2020, 1, 1, tzinfo=UTC)}, True),
        ({"CopySourceIfUnmodifiedSince": datetime(2020, 1, 1, tzinfo=UTC)}, False),
        ({"CopySourceIfMatch": TAG, "CopySourceIfUnmodifiedSince": datetime(2020, 1, 1, tzinfo=UTC)}, True),
    ],
)
def test_source_is_copied_under_conditions(s3, condition, holds):
    upload = s3.create_multipart_upload(Bucket="lake", Key="copy")["UploadId"]
    source = {"Bucket": "lake", "Key": "copy", "CopySource": "lake/digits", **condition}
    for copy in (s3.copy_object, lambda **how: s3.upload_part_copy(UploadId=upload, PartNumber=1, **how)):
        if holds:
            copy(**source)
        else:
            assert refusal(lambda: copy(**source)) == "PreconditionFailed"  # noqa: B023


@pytest.mark.parametrize("wanted", ["bytes=5-20", "bytes=20-30", "bytes=3", "bytes=3-", "bytes=-3", "bytes=5-3"])
def test_range_of_a_part_is_one_that_the_source_has(s3, wanted):
    part = {"Bucket": "lake", "Key": "copy", "PartNumber": 1, "CopySource": "lake/digits", "CopySourceRange": wanted}
    part["UploadId"] = s3.create_multipart_upload(Bucket="lake", Key="copy")["UploadId"]
    assert refusal(lambda: s3.upload_part_copy(**part)) == "InvalidArgument"
    assert "Parts" not in s3.list_parts(Bucket="lake", Key="copy", UploadId=part["UploadId"])


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"CopySource": "lake"}, "InvalidArgument"),
        ({"CopySource": "lake/none"}, "NoSuchKey"),
        ({"CopySource": "lake/digits", "MetadataDirective": "KEEP"}, "InvalidArgument"),
        ({"CopySource": "lake/digits", "TaggingDirective": "KEEP"}, "InvalidArgument"),
    ],
)
def test_copy_that_names_its_source_or_directive_wrongly_is_refused(s3, how, code):
    assert refusal(lambda: s3.copy_object(Bucket="lake", Key="copy", **how)) == code


def test_source_of_a_copy_may_have_a_number_sign_that_is_not_encoded(place, s3):
    for key in ("digits#2", "copy"):
        s3.put_object(Bucket="lake", Key=key, Body=key.encode())
    headers = {"Authorization": KEY, "x-amz-copy-source": "/lake/digits#2"}
    with urllib3.PoolManager() as pool:
        assert pool.request("PUT", f"{place.url}/lake/copy", headers=headers).status == 200
    assert s3.get_object(Bucket="lake", Key="copy")["Body"].read() == b"digits#2"


def test_copy_of_an_object_of_parts_is_one(s3):
    where = {"Bucket": "lake", "Key": "of-parts"}
    upload = s3.create_multipart_upload(**where)["UploadId"]
    tags = [
        s3.upload_part(UploadId=upload, PartNumber=number, Body=body, **where)["ETag"]
        for number, body in ((1, b"a" * PART), (2, b"end"))
    ]
    parts = {"Parts": [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]}
    s3.complete_multipart_upload(UploadId=upload, MultipartUpload=parts, **where)
    s3.copy_object(Bucket="lake", Key="copy", CopySource="lake/of-parts")
    head = s3.head_object(Bucket="lake", Key="copy", PartNumber=1)
    assert (head["ContentLength"], "PartsCount" in head) == (PART + 3, False)


@pytest.mark.parametrize("version", ["s3", "s3v4"])
def test_address_is_answered_until_it_expires(place, s3, version):
    signing = place.client("s3", signature_version=version)
    urls = [signing.generate_presigned_url("get_object", {"Bucket": "lake", "Key": "digits"}, ExpiresIn=60)]
    if version == "s3":
        urls.append(re.sub(r"Expires=\d+", "Expires=1", urls[0]))
    else:
        urls.append(re.sub(r"X-Amz-Date=\w+", "X-Amz-Date=20200101T000000Z", urls[0]))
    with urllib3.PoolManager(timeout=30, retries=False) as pool:
        answer, over = (pool.request("GET", url) for url in urls)
    assert answer.status == 200
    assert (over.status, b"Request has expired" in over.data) == (403, True)


def test_key_has_at_most_1024_bytes(s3):
    s3.put_object(Bucket="lake", Key="é" * 512, Body=b"")
    s3.delete_object(Bucket="lake", Key="é" * 512)
    assert refusal(lambda: s3.put_object(Bucket="lake", Key="é" * 513, Body=b"")) == "KeyTooLongError"

"""Lists of S3 page by page, versions, and uploads in parts."""

import zlib

import pytest
import urllib3

from tests.unit.standalone_host.place import refusal
from tests.unit.standalone_host.test_s3 import KEY, PART
from tests.unit.standalone_host.test_s3_bodies import base64_of

KEYS = ["a/1", "a/2", "b%41/1", "c", "d+e", "z"]


@pytest.fixture(scope="module")
def listed(lake):
    lake.create_bucket(Bucket="listed")
    for key in KEYS:
        lake.put_object(Bucket="listed", Key=key, Body=b"")
    return lake


def pages(client, operation, **how):
    return [
        [
            each[name]
            for kind, name in (("CommonPrefixes", "Prefix"), ("Contents", "Key"))
            for each in page.get(kind, ())
        ]
        for page in client.get_paginator(operation).paginate(Bucket="listed", PaginationConfig={"PageSize": 2}, **how)
    ]


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
def test_each_folder_and_object_is_on_one_page(listed, operation):
    assert pages(listed, operation, Delimiter="/") == [["a/", "b%41/"], ["c", "d+e"], ["z"]]
    assert pages(listed, operation) == [["a/1", "a/2"], ["b%41/1", "c"], ["d+e", "z"]]


def test_list_begins_after_a_key_or_a_folder(listed):
    after = listed.list_objects_v2(Bucket="listed", Delimiter="/", StartAfter="a/1")
    assert [each["Prefix"] for each in after["CommonPrefixes"]] == ["a/", "b%41/"]
    first = listed.list_objects(Bucket="listed", Delimiter="/", MaxKeys=1)
    assert (first["NextMarker"], "NextMarker" in listed.list_objects(Bucket="listed", MaxKeys=1)) == ("a/", False)
    next_one = listed.list_objects(Bucket="listed", Delimiter="/", MaxKeys=1, Marker="a/")
    assert [each["Prefix"] for each in next_one["CommonPrefixes"]] == ["b%41/"]


def test_names_in_lists_are_encoded_if_that_is_asked_for(listed):
    """Else the SDK reads a plus as a space, and a list with a control character is no XML."""
    name = "e+\x01/é"
    listed.put_object(Bucket="listed", Key=name, Body=b"")
    try:
        assert listed.list_objects_v2(Bucket="listed", StartAfter="a+\x01")["StartAfter"] == "a+\x01"
        assert listed.list_objects(Bucket="listed", Marker="a+\x01")["Marker"] == "a+\x01"
        found = listed.list_object_versions(Bucket="listed", Prefix="e+", KeyMarker="a+\x01")
        assert (found["KeyMarker"], found["Prefix"], found["Versions"][0]["Key"]) == ("a+\x01", "e+", name)
        found = listed.list_object_versions(Bucket="listed", Prefix="e+", Delimiter="/")
        assert found["CommonPrefixes"] == [{"Prefix": "e+\x01/"}]
    finally:
        listed.delete_object(Bucket="listed", Key=name)


def test_folder_whose_objects_are_deleted_is_not_listed(lake):
    lake.create_bucket(Bucket="hidden")
    lake.put_bucket_versioning(Bucket="hidden", VersioningConfiguration={"Status": "Enabled"})
    lake.put_object(Bucket="hidden", Key="a/1", Body=b"")
    lake.delete_object(Bucket="hidden", Key="a/1")
    assert lake.list_objects_v2(Bucket="hidden", Delimiter="/")["KeyCount"] == 0


@pytest.mark.parametrize(
    "query",
    [
        "max-keys=-1",
        "max-keys=a",
        "max-keys=",
        "list-type=2&max-keys=99999999999",
        "encoding-type=none",
        "list-type=2&continuation-token=none",
        "versions&max-keys=a",
        "uploads&max-uploads=a",
    ],
)
def test_page_that_is_asked_for_wrongly_is_refused(place, listed, query):
    with urllib3.PoolManager(timeout=30, retries=False) as pool:
        answer = pool.request("GET", f"{place.url}/listed?{query}", headers={"Authorization": KEY})
    assert (answer.status, b"<Code>InvalidArgument<" in answer.data) == (400, True)


def test_page_has_at_most_1000_keys(listed):
    assert listed.list_objects_v2(Bucket="listed", MaxKeys=5000)["MaxKeys"] == 1000
    many = {"Objects": [{"Key": str(number)} for number in range(1001)]}
    assert refusal(lambda: listed.delete_objects(Bucket="listed", Delete=many)) == "MalformedXML"


@pytest.fixture
def upload(listed):
    """An upload of the parts 2, 5 and 9, and the ETags of them."""
    where = {"Bucket": "listed", "Key": "up"}
    where["UploadId"] = listed.create_multipart_upload(Bucket="listed", Key="up", ChecksumAlgorithm="CRC32")["UploadId"]
    bodies = {2: b"a" * PART, 5: b"b" * PART, 9: b"end"}
    tags = {
        number: listed.upload_part(PartNumber=number, Body=body, **where)["ETag"] for number, body in bodies.items()
    }
    yield where, [{"PartNumber": number, "ETag": tag} for number, tag in tags.items()]
    if listed.list_multipart_uploads(Bucket="listed").get("Uploads"):
        listed.abort_multipart_upload(**where)


def test_parts_are_listed_by_number_on_pages(listed, upload):
    where, _ = upload
    found = [
        [part["PartNumber"] for part in page.get("Parts", ())]
        for page in listed.get_paginator("list_parts").paginate(**where, PaginationConfig={"PageSize": 1})
    ]
    assert found == [[2], [5], [9]]


def test_upload_belongs_to_its_key(listed, upload):
    where, parts = upload
    other = {**where, "Key": "other"}
    for call in (
        lambda: listed.list_parts(**other),
        lambda: listed.upload_part(PartNumber=1, Body=b"x", **other),
        lambda: listed.complete_multipart_upload(MultipartUpload={"Parts": parts}, **other),
        lambda: listed.abort_multipart_upload(**other),
    ):
        assert refusal(call) == "NoSuchUpload"


def test_object_is_made_of_parts_in_order_and_is_what_was_announced(listed, upload):
    where, parts = upload

    def complete(chosen, **announced):
        return listed.complete_multipart_upload(MultipartUpload={"Parts": chosen}, **where, **announced)

    one, _, last = parts
    sums = b"".join(zlib.crc32(body).to_bytes(4, "big") for body in (b"a" * PART, b"end"))
    right = f"{base64_of(zlib.crc32(sums).to_bytes(4, 'big'))}-2"
    assert refusal(lambda: complete([last, one])) == "InvalidPartOrder"
    assert refusal(lambda: complete([one, one])) == "InvalidPartOrder"
    assert refusal(lambda: complete([one, last], MpuObjectSize=3)) == "InvalidRequest"
    assert refusal(lambda: complete([one, last], ChecksumCRC32="AAAAAA==-2")) == "BadDigest"
    assert "Contents" not in listed.list_objects_v2(Bucket="listed", Prefix="up")
    complete([one, last], MpuObjectSize=PART + 3, ChecksumCRC32=right)
    complete([one, last])  # once more, as after a lost answer
    assert refusal(lambda: listed.abort_multipart_upload(**where)) == "NoSuchUpload"
    listed.delete_object(Bucket="listed", Key="up")


def test_uploads_are_listed_by_key_on_pages_and_in_folders(listed):
    keys = ["m/1", "m/2", "n", "n"]
    ids = [listed.create_multipart_upload(Bucket="listed", Key=key)["UploadId"] for key in keys]
    try:
        paginator = listed.get_paginator("list_multipart_uploads")
        each = [
            upload["UploadId"]
            for page in paginator.paginate(Bucket="listed", PaginationConfig={"PageSize": 1})
            for upload in page["Uploads"]
        ]
        assert each == ids
        folders = listed.list_multipart_uploads(Bucket="listed", Delimiter="/")
        assert ([one["Prefix"] for one in folders["CommonPrefixes"]], len(folders["Uploads"])) == (["m/"], 2)
    finally:
        for key, upload_id in zip(keys, ids, strict=True):
            listed.abort_multipart_upload(Bucket="listed", Key=key, UploadId=upload_id)


@pytest.fixture(scope="module")
def versioned(lake):
    """A bucket with three versions of each key and a delete marker; how to read its pages from a place on."""
    lake.create_bucket(Bucket="versioned")
    lake.put_bucket_versioning(Bucket="versioned", VersioningConfiguration={"Status": "Enabled"})
    for key in ("a", "b/1", "b/2", "c"):
        for _ in range(3):
            lake.put_object(Bucket="versioned", Key=key, Body=b"")
    lake.delete_object(Bucket="versioned", Key="c")

    def read(**how):
        found = []
        for page in lake.get_paginator("list_object_versions").paginate(Bucket="versioned", **how):
            of_page = [(each["Prefix"], None, None) for each in page.get("CommonPrefixes", ())]
            for each in (*page.get("DeleteMarkers", ()), *page.get("Versions", ())):
                of_page.append((each["Key"], each["VersionId"], each["IsLatest"]))
            found += sorted(of_page, key=lambda each: each[0])
        return found

    return read


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("delimiter", ["", "/"])
def test_each_version_is_on_one_page(versioned, size, delimiter):
    whole = versioned(Delimiter=delimiter)
    assert versioned(Delimiter=delimiter, PaginationConfig={"PageSize": size}) == whole
    folders = [("b/", None, None)] if delimiter else []
    assert [each for each in whole if each[1] is None] == folders
    latest = ["a", "c"] if delimiter else ["a", "b/1", "b/2", "c"]
    assert [name for name, _, is_latest in whole if is_latest] == latest


def test_versions_begin_after_a_key_that_need_not_be_there(versioned):
    assert [name for name, *_ in versioned(KeyMarker="b")] == ["b/1"] * 3 + ["b/2"] * 3 + ["c"] * 4
    assert [name for name, *_ in versioned(KeyMarker="b/2")] == ["c"] * 4


def test_page_of_no_versions_is_the_last(versioned, lake):
    page = lake.list_object_versions(Bucket="versioned", MaxKeys=0)
    assert (page["IsTruncated"], "Versions" in page) == (False, False)


def test_versions_are_deleted_page_by_page(versioned, lake):
    """As tools empty a bucket: the version after which the next page begins is gone by then."""
    pages_of = lake.get_paginator("list_object_versions").paginate
    for page in pages_of(Bucket="versioned", PaginationConfig={"PageSize": 2}):
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        objects = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
        lake.delete_objects(Bucket="versioned", Delete={"Objects": objects})
    assert versioned() == []


def test_versions_stay_while_versions_are_suspended(lake):
    where = {"Bucket": "suspended", "Key": "k"}
    lake.create_bucket(Bucket="suspended")
    lake.put_bucket_versioning(Bucket="suspended", VersioningConfiguration={"Status": "Enabled"})
    first = lake.put_object(**where, Body=b"1")["VersionId"]
    lake.put_bucket_versioning(Bucket="suspended", VersioningConfiguration={"Status": "Suspended"})
    for body in (b"2", b"3"):
        lake.put_object(**where, Body=body)
    assert lake.get_object(**where, VersionId="null")["Body"].read() == b"3"
    lake.delete_object(**where)
    assert lake.get_object(**where, VersionId=first)["Body"].read() == b"1"
    found = lake.list_object_versions(Bucket="suspended")
    assert [each["VersionId"] for each in found["Versions"]] == [first]
    assert [each["VersionId"] for each in found["DeleteMarkers"]] == ["null"]


def test_delete_marker_is_told_of_and_hides_what_is_not_there_too(place, lake):
    where = {"Bucket": "marked", "Key": "none"}
    lake.create_bucket(Bucket="marked")
    lake.put_bucket_versioning(Bucket="marked", VersioningConfiguration={"Status": "Enabled"})
    marker = lake.delete_object(**where)["VersionId"]
    with urllib3.PoolManager(timeout=30, retries=False) as pool:
        for query, status in (("", 404), (f"?versionId={marker}", 405)):
            answer = pool.request("GET", f"{place.url}/marked/none{query}", headers={"Authorization": KEY})
            told = (answer.headers.get("x-amz-delete-marker"), answer.headers.get("x-amz-version-id"))
            assert (answer.status, told) == (status, ("true", marker))
    assert lake.delete_object(**where, VersionId=marker)["DeleteMarker"]
    assert "DeleteMarkers" not in lake.list_object_versions(Bucket="marked")


def test_version_that_a_bucket_cannot_have_deletes_nothing(listed):
    named = {"Key": "c", "VersionId": "none"}
    assert refusal(lambda: listed.delete_object(Bucket="listed", **named)) == "InvalidArgument"
    assert refusal(lambda: listed.delete_objects(Bucket="listed", Delete={"Objects": [named]})) == "NoSuchVersion"
    assert listed.head_object(Bucket="listed", Key="c")

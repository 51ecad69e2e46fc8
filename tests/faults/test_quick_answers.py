"""The ledger's quick answers: each is moto's, in its status, headers and body, and leaves what moto leaves."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from moto.backends import get_backend

sys.path.insert(0, str(Path(__file__).parents[2] / "tooling" / "localstack_glue" / "src"))

from .kept import name_answers
from .moto_lake import MotoLake, moto_backends
from .names import ACCOUNT, BUCKET, DATABASE, REGION
from .proxy import Answer, Backend, Request
from .quick_answers import answer_glue, answer_s3

NOW = datetime(2024, 2, 3, 4, 5, 6, 789_012)
KEY = f"/{BUCKET}/a%20folder/name%3D1%26x/part.csv"
CONTENT = b"id,day\n1,2024-01-02\n"
CHUNKED = {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "content-encoding": "aws-chunked"}
CHUNKS = b"5\r\nid,da\r\n3\r\ny\n1\r\n0\r\nx-amz-checksum-crc64nvme:AAAAAAAAAAA=\r\n\r\n"
CRC32 = {"x-amz-sdk-checksum-algorithm": "CRC32", "x-amz-checksum-crc32": "AqYn7g=="}
CRC64 = {"x-amz-sdk-checksum-algorithm": "CRC64NVME", "x-amz-checksum-crc64nvme": "AqYn7gAAAAA="}
CHECKED = {"x-amz-checksum-mode": "ENABLED"}
LIST = f"/{BUCKET}?list-type=2&prefix="


@pytest.fixture(scope="module")
def shared_lake() -> MotoLake:
    return MotoLake()


@pytest.fixture
def lake(shared_lake: MotoLake, monkeypatch: pytest.MonkeyPatch) -> MotoLake:
    monkeypatch.setattr("moto.s3.models.utcnow", lambda: NOW)
    monkeypatch.setattr("moto.glue.models.utcnow", lambda: NOW)
    monkeypatch.setattr("moto.core.responses.gen_amzn_requestid_long", name_answers)
    shared_lake.empty()
    return shared_lake


@pytest.fixture(scope="module")
def moto() -> dict[str, Backend]:
    return moto_backends()


def s3(method: str, target: str, body: bytes = b"", **headers: str) -> Request:
    credential = f"Credential=test/20240101/{REGION}/s3/aws4_request, SignedHeaders=host, Signature=0"
    always = {"host": "127.0.0.1", "authorization": f"AWS4-HMAC-SHA256 {credential}", "content-length": str(len(body))}
    return Request(method, target, always | headers, body)


def glue(operation: str, asked: dict) -> Request:
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"AWSGlue.{operation}"}
    return s3("POST", "/", json.dumps(asked).encode(), **headers)


Shown = tuple[int, dict[str, str], Any]


def shown(answer: Answer | None) -> Shown:
    """What a client sees of an answer, apart from the random name of an upload."""
    assert answer is not None
    headers = {"content-length": str(len(answer.body))} | {name.lower(): value for name, value in answer.headers}
    headers.pop("access-control-allow-origin", None)  # which browsers read
    if "amz-json" in headers.get("content-type", ""):
        return answer.status, headers, json.loads(answer.body)
    body, names = re.subn("<UploadId>.*</UploadId>", "", answer.body.decode())
    return answer.status, headers | ({"content-length": ""} if names else {}), body


def puts() -> list[Request]:
    return [
        s3("PUT", KEY, CONTENT, **CRC32),
        s3("PUT", f"/{BUCKET}/new.json", b"{}", **CRC32, **{"if-none-match": "*"}),
        s3("PUT", f"/{BUCKET}/plain.json", b"{}", **{"content-type": "application/json"}),
        s3("PUT", f"/{BUCKET}/crc64.csv", CONTENT, **CRC64),
    ]


def reads() -> list[Request]:
    objects = (KEY, f"/{BUCKET}/new.json", f"/{BUCKET}/plain.json", f"/{BUCKET}/crc64.csv", f"/{BUCKET}/none.csv")
    found = [s3(method, key, **headers) for key in objects for method in ("GET", "HEAD") for headers in ({}, CHECKED)]
    ranges = ("bytes=0-3", "bytes=2-9", "bytes=0-19", "bytes=3-999")
    found += [s3("GET", KEY, **CHECKED, range=wanted) for wanted in ranges]
    listings = ("a%20folder%2F", "a%20folder%2F&delimiter=%2F&encoding-type=url", "none%2F&delimiter=%2F&max-keys=1")
    found += [s3("GET", f"{LIST}{each}") for each in (*listings, "a&encoding-type=url&start-after=", "plain")]
    return found


def test_quick_answer_to_a_put_or_a_read_is_motos(lake, moto):
    by_moto = [shown(moto["s3"](request)) for request in (*puts(), *reads())]
    lake.empty()
    assert [shown(answer_s3(request)) for request in (*puts(), *reads())] == by_moto


def upload_in_parts(answer: Callable[[Request], Answer | None]) -> list[Shown]:
    """An upload as Arrow makes it, and how the object then reads."""
    begun = answer(s3("POST", f"{KEY}?uploads", **{"content-type": "application/octet-stream"}))
    named = re.search(rb"<UploadId>(.*)</UploadId>", begun.body if begun else b"")
    assert named is not None
    of_it = f"uploadId={named[1].decode()}"
    part = answer(s3("PUT", f"{KEY}?partNumber=1&{of_it}", CHUNKS, **CHUNKED))
    etag = shown(part)[1]["etag"]
    parts = f"<Part>\n <ETag>{etag}</ETag>\n <PartNumber>1</PartNumber>\n</Part>"
    ended = answer(s3("POST", f"{KEY}?{of_it}", f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()))
    found = [answer(s3(method, KEY)) for method in ("GET", "HEAD")]
    return [shown(each) for each in (begun, part, ended, *found, answer(s3("GET", f"{LIST}a")))]


def test_quick_answer_to_an_upload_in_parts_is_motos(lake, moto):
    by_moto = upload_in_parts(moto["s3"])
    lake.empty()
    assert upload_in_parts(answer_s3) == by_moto
    assert lake.objects() == {"a folder/name=1&x/part.csv": b"id,day\n1"}
    assert not lake.open_uploads()


def test_quick_answer_about_a_table_is_motos(lake, moto):
    table = {"Name": "t", "Parameters": {"metadata_location": "s3://lake/1"}, "StorageDescriptor": {"Columns": []}}
    moved = table | {"Parameters": {"metadata_location": "s3://lake/2"}}
    seen = glue("GetTable", {"DatabaseName": DATABASE, "Name": "t"})
    update = {"DatabaseName": DATABASE, "TableInput": moved, "SkipArchive": True, "VersionId": "1"}
    asked = (glue("GetDatabase", {"Name": DATABASE}), seen, glue("UpdateTable", update), seen)
    found = []
    for answer in (moto["glue"], answer_glue):
        lake.empty()
        get_backend("glue")[ACCOUNT][REGION].create_table(DATABASE, "t", dict(table), ACCOUNT)
        found.append([shown(answer(request)) for request in asked])
    assert found[0] == found[1]


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(s3("GET", KEY, **{"if-match": '"0"'}), id="condition-of-a-read"),
        pytest.param(s3("GET", KEY, range="bytes=-5"), id="end-of-an-object"),
        pytest.param(s3("GET", KEY, range="bytes=99-100"), id="range-beyond-the-end"),
        pytest.param(s3("GET", f"{KEY}?versionId=1"), id="version"),
        pytest.param(s3("GET", f"/{BUCKET}?prefix=a"), id="first-version-of-listing"),
        pytest.param(s3("GET", f"{LIST}&max-keys=1"), id="listing-of-more-pages"),
        pytest.param(s3("GET", f"{LIST}a&continuation-token=x"), id="next-page"),
        pytest.param(s3("PUT", KEY, CONTENT, **{"if-match": '"0"'}), id="condition-of-a-put"),
        pytest.param(s3("PUT", KEY, CONTENT, **{"if-none-match": "*"}), id="put-of-what-is-there"),
        pytest.param(s3("PUT", KEY, CONTENT, **{"x-amz-meta-a": "b"}), id="metadata"),
        pytest.param(s3("PUT", f"{KEY}?partNumber=1&uploadId=x", CONTENT), id="part-of-no-upload"),
        pytest.param(s3("POST", f"{KEY}?uploadId=x", b"<CompleteMultipartUpload/>"), id="end-of-no-upload"),
        pytest.param(s3("POST", f"/{BUCKET}?delete", b"<Delete/>"), id="deletion-of-many"),
        pytest.param(s3("DELETE", KEY), id="deletion"),
        pytest.param(s3("GET", "/other/part.csv"), id="other-bucket"),
    ],
)
def test_call_that_is_not_known_here_is_motos(lake, request_):
    lake.put("a folder/name=1&x/part.csv", CONTENT)
    lake.put("b.csv", CONTENT)
    before = lake.objects()
    assert answer_s3(request_) is None
    assert lake.objects() == before


@pytest.mark.parametrize("operation", ["GetTable", "UpdateTable", "GetTables", "CreateTable"])
def test_call_about_a_table_that_is_not_there_is_motos(lake, operation):
    assert answer_glue(glue(operation, {"DatabaseName": DATABASE, "Name": "t", "TableInput": {"Name": "t"}})) is None

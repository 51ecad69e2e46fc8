"""Moto's answers to the calls that a run makes most, without moto's web application: it takes ten times as long.

Each change is made by moto's own backends, and each answer is moto's: test_quick_answers.py compares them. A call
with any header or parameter that is not known here goes to moto, and so does one that moto would refuse.
"""

from __future__ import annotations

import calendar
import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, quote, unquote
from weakref import WeakKeyDictionary
from xml.sax.saxutils import escape

from moto.backends import get_backend
from moto.s3.utils import CaseInsensitiveDict

from .names import ACCOUNT, BUCKET, DATABASE, REGION
from .proxy import Answer, Backend, Request

_OF_ALL = {
    *("host", "accept", "accept-encoding", "user-agent", "authorization", "expect", "content-length", "content-type"),
    *("amz-sdk-invocation-id", "amz-sdk-request", "x-amz-api-version", "x-amz-content-sha256", "x-amz-date"),
}
_OF_READS = _OF_ALL | {"range", "x-amz-checksum-mode"}
_CHECKSUM = {"CRC32": "x-amz-checksum-crc32", "CRC64NVME": "x-amz-checksum-crc64nvme"}
_OF_PUT = _OF_ALL | {*_CHECKSUM.values(), "x-amz-sdk-checksum-algorithm", "if-none-match"}
_OF_PARTS = _OF_ALL | {"content-encoding", "transfer-encoding", "x-amz-decoded-content-length", "x-amz-trailer"}
_CHUNKED = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")
_ONE_PART = re.compile(
    rb"\s*(?:<\?xml[^>]*\?>)?\s*<CompleteMultipartUpload[^>]*>\s*<Part>\s*<ETag>([^<]*)</ETag>\s*"
    rb"<PartNumber>(\d+)</PartNumber>\s*</Part>\s*</CompleteMultipartUpload>\s*"
)
_LISTING = {"list-type", "prefix", "delimiter", "max-keys", "encoding-type", "start-after"}
_CONTENTS: WeakKeyDictionary[Any, bytes] = WeakKeyDictionary()
_XML = '<?xml version="1.0" encoding="utf-8"?>\n'
_NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
_REQUEST_ID = ("x-amzn-requestid", "0" * 52)
_HOST_ID = "9Gjjt1m+cjU4OPvX9O9/8RuvnG41MRb/18Oux2o5H5MY7ISNTlXN+Dz9IG62/ILVxhAGI0qyPfg="
_TEXT = ("Content-Type", "text/html; charset=utf-8")


def answered_quickly(moto: Backend, answer: Callable[[Request], Answer | None]) -> Backend:
    """A backend that asks moto only if `answer` has none."""
    return lambda request: answer(request) or moto(request)


def content_of(key: Any) -> bytes:
    """The content of moto's object. Moto reads it from a file each time, and never changes it."""
    if key not in _CONTENTS:
        _CONTENTS[key] = key.value
    return _CONTENTS[key]


# ------------------------------------------------------------------------ S3


def answer_s3(request: Request) -> Answer | None:
    """Moto's answer to a call on the lake's bucket or one of its objects; None if moto must be asked."""
    path, _, query = request.target.partition("?")
    if path == f"/{BUCKET}":
        return _listing(request, query) if request.method == "GET" else None
    bucket = get_backend("s3")[ACCOUNT]["aws"].buckets.get(BUCKET)
    if bucket is None or not path.startswith(f"/{BUCKET}/"):
        return None
    key = unquote(path.removeprefix(f"/{BUCKET}/"))
    if request.method in ("GET", "HEAD"):
        return None if query else _read(request, bucket, key)
    if request.method == "PUT":
        return _part(request, bucket, query) if query else _put(request, bucket, key)
    if request.method == "POST":
        return _begin_upload(request, key) if query == "uploads" else _end_upload(request, bucket, key, query)
    return None


def _read(request: Request, bucket: Any, name: str) -> Answer | None:
    if request.headers.keys() - _OF_READS or ("range" in request.headers and request.method == "HEAD"):
        return None
    key = bucket.keys.get(name)
    if key is None:
        return Answer(404, [_REQUEST_ID, _TEXT], b"") if request.method == "HEAD" else _no_such_key(name)
    headers = {**key.response_dict, **key.metadata, "Accept-Ranges": "bytes"}
    is_asked = request.headers.get("x-amz-checksum-mode") == "ENABLED"
    if is_asked and key.checksum_algorithm:
        if key.checksum_type:
            return None
        headers[f"x-amz-checksum-{key.checksum_algorithm.lower()}"] = key.checksum_value
    if request.method == "HEAD":
        return Answer(200, [*headers.items(), _REQUEST_ID], b"")
    content = content_of(key)
    if "range" not in request.headers:
        return Answer(200, [*headers.items(), _REQUEST_ID], content)
    wanted = _RANGE.fullmatch(request.headers["range"])
    if wanted is None:
        return None
    first, last = int(wanted[1]), min(int(wanted[2]), len(content) - 1)
    if first > last:
        return None
    if first or last < len(content) - 1:
        headers = {name: value for name, value in headers.items() if not name.startswith("x-amz-checksum-")}
    headers |= {"content-range": f"bytes {first}-{last}/{len(content)}", "content-length": str(last - first + 1)}
    return Answer(206, [*headers.items(), _REQUEST_ID], content[first : last + 1])


def _no_such_key(name: str) -> Answer:
    told = f"<Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>{escape(name)}</Key>"
    body = f"{_XML}<Error>{told}<RequestId>{_REQUEST_ID[1]}</RequestId><HostId>{_HOST_ID}</HostId></Error>".encode()
    return Answer(404, [*_xml_headers(body), _REQUEST_ID], body)


def _put(request: Request, bucket: Any, name: str) -> Answer | None:
    if request.headers.keys() - _OF_PUT or request.headers.get("x-amz-content-sha256") == _CHUNKED:
        return None
    algorithm = request.headers.get("x-amz-sdk-checksum-algorithm", "")
    header = _CHECKSUM.get(algorithm, "")
    checksum = request.headers.get(header)
    if bool(algorithm) != bool(checksum) or ("if-none-match" in request.headers and name in bucket.keys):
        return None
    s3 = get_backend("s3")[ACCOUNT]["aws"]
    key = s3.put_object(BUCKET, name, request.body, storage="STANDARD", checksum_value=checksum)
    key.set_metadata(_metadata(request))
    key.set_acl(bucket.acl)
    if algorithm:
        key.checksum_algorithm = algorithm
    headers = {header: checksum} if algorithm else {}
    headers |= key.response_dict
    del headers["content-length"]
    return Answer(200, [*headers.items(), _REQUEST_ID, _TEXT], b"")


def _begin_upload(request: Request, name: str) -> Answer | None:
    if request.headers.keys() - _OF_ALL or request.body:
        return None
    s3 = get_backend("s3")[ACCOUNT]["aws"]
    upload = s3.create_multipart_upload(BUCKET, name, _metadata(request), "STANDARD", {}, None, None, None)
    members = f"<Bucket>{BUCKET}</Bucket><Key>{escape(name)}</Key><UploadId>{upload.id}</UploadId>"
    return _xml("InitiateMultipartUploadResult", members)


def _part(request: Request, bucket: Any, query: str) -> Answer | None:
    asked = parse_qs(query)
    upload_id, number = asked.get("uploadId", [""])[0], asked.get("partNumber", ["0"])[0]
    is_known = len(asked) == 2 and upload_id in bucket.multiparts and 1 <= int(number) <= 10_000
    if not is_known or request.headers.keys() - _OF_PARTS:
        return None
    body = request.body
    if request.headers.get("x-amz-content-sha256") == _CHUNKED:
        body = _without_chunks(body)
    part = get_backend("s3")[ACCOUNT]["aws"].upload_part(BUCKET, upload_id, int(number), body)
    headers = {**part.response_dict, "content-length": "0"}
    return Answer(200, [*headers.items(), _REQUEST_ID, _TEXT], b"")


def _end_upload(request: Request, bucket: Any, name: str, query: str) -> Answer | None:
    """Complete an upload of one part without checksum, as Arrow makes them of all that is small."""
    asked, part = parse_qs(query), _ONE_PART.fullmatch(request.body)
    upload = bucket.multiparts.get(asked.get("uploadId", [""])[0])
    if len(asked) != 1 or upload is None or part is None or request.headers.keys() - _OF_ALL:
        return None
    etag, number = part[1].decode().replace("&quot;", '"'), int(part[2])
    there = upload.parts.get(number)
    if there is None or there.etag.strip('"') != etag.strip('"') or upload.key_name != name:
        return None
    key = get_backend("s3")[ACCOUNT]["aws"].complete_multipart_upload(BUCKET, upload.id, iter([(number, etag)]))
    location = f"<Location>http://{BUCKET}.s3.amazonaws.com/{escape(name)}</Location>"
    members = f"{location}<Bucket>{BUCKET}</Bucket><Key>{escape(name)}</Key><ETag>{key.etag}</ETag>"
    return _xml("CompleteMultipartUploadResult", members, ("x-amz-version-id", key.version_id))


def _listing(request: Request, query: str) -> Answer | None:
    asked = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
    if request.headers.keys() - _OF_READS or asked.keys() - _LISTING or asked.get("list-type") != "2":
        return None
    if asked.get("start-after"):
        return None
    s3, prefix, delimiter = get_backend("s3")[ACCOUNT]["aws"], asked.get("prefix"), asked.get("delimiter")
    bucket, most = s3.buckets.get(BUCKET), int(asked.get("max-keys", "1000"))
    if bucket is None or not prefix:
        return None
    found, is_cut, _ = s3.list_objects_v2(bucket, prefix, delimiter, None, None, most)
    if is_cut:
        return None
    encoding = asked.get("encoding-type")
    encoded: Callable[[str], str] = quote if encoding == "url" else str
    members = ["<IsTruncated>false</IsTruncated>"]
    members += [_contents(key, encoded) for key in found if not isinstance(key, str)]
    members.append(f"<Name>{BUCKET}</Name><Prefix>{escape(encoded(prefix))}</Prefix>")
    members.append(f"<Delimiter>{escape(delimiter)}</Delimiter>" if delimiter else "")
    members.append(f"<MaxKeys>{most}</MaxKeys>")
    folders = [encoded(each) for each in found if isinstance(each, str)]
    members += [f"<CommonPrefixes><Prefix>{escape(each)}</Prefix></CommonPrefixes>" for each in folders]
    members.append(f"<EncodingType>{encoding}</EncodingType>" if encoding else "")
    members.append(f"<KeyCount>{len(found)}</KeyCount>")
    return _xml("ListBucketResult", "".join(members))


def _contents(key: Any, encoded: Callable[[str], str]) -> str:
    algorithm = f"<ChecksumAlgorithm>{key.checksum_algorithm}</ChecksumAlgorithm>" if key.checksum_algorithm else ""
    return (
        f"<Contents><Key>{escape(encoded(key.name))}</Key><LastModified>{key.last_modified_ISO8601}</LastModified>"
        f"<ETag>{key.etag}</ETag>{algorithm}<Size>{key.size}</Size>"
        f"<StorageClass>{key.storage_class}</StorageClass></Contents>"
    )


def _metadata(request: Request) -> Any:
    metadata, content_type = CaseInsensitiveDict(), request.headers.get("content-type")
    if content_type:
        metadata["Content-Type"] = content_type
    return metadata


def _without_chunks(body: bytes) -> bytes:
    """The content of a body in chunks, each after its length in hexadecimal digits."""
    found, at = [], 0
    while True:
        end = body.index(b"\r\n", at)
        length, at = int(body[at:end], 16), end + 2
        if not length:
            return b"".join(found)
        found.append(body[at : at + length])
        at += length + 2


def _xml(name: str, members: str, *headers: tuple[str, str]) -> Answer:
    body = f"{_XML}<{name} {_NAMESPACE}>{members}</{name}>".encode()
    return Answer(200, [*_xml_headers(body), *headers, _REQUEST_ID], body)


def _xml_headers(body: bytes) -> tuple[tuple[str, str], ...]:
    return ("Content-Type", "application/xml"), ("server", "amazon.com"), ("Content-Length", str(len(body)))


# ------------------------------------------------------------------------ Glue


def answer_glue(request: Request) -> Answer | None:
    """Moto's answer to a call on the lake's database or a table of it; None if moto must be asked."""
    answer = _GLUE.get(request.headers.get("x-amz-target", "").removeprefix("AWSGlue."))
    database = get_backend("glue")[ACCOUNT][REGION].databases.get(DATABASE)
    return answer(json.loads(request.body), database) if answer and database else None


def _get_database(asked: dict[str, Any], database: Any) -> Answer | None:
    return _json({"Database": database.as_dict()}) if asked == {"Name": DATABASE} else None


def _get_table(asked: dict[str, Any], database: Any) -> Answer | None:
    table = database.tables.get(asked.get("Name"))
    if table is None or asked != {"DatabaseName": DATABASE, "Name": table.name}:
        return None
    return _json({"Table": table.as_dict()})


def _update_table(asked: dict[str, Any], database: Any) -> Answer | None:
    """Update a table. VersionId was compared before: moto does not."""
    table = database.tables.get(asked.get("TableInput", {}).get("Name"))
    known = {"DatabaseName", "TableInput", "SkipArchive", "VersionId"}
    if table is None or asked.keys() - known or asked["DatabaseName"] != DATABASE:
        return None
    get_backend("glue")[ACCOUNT][REGION].update_table(DATABASE, table.name, asked["TableInput"])
    return _json({})


_GLUE: dict[str, Callable[[dict[str, Any], Any], Answer | None]] = {
    "GetDatabase": _get_database,
    "GetTable": _get_table,
    "UpdateTable": _update_table,
}


def _json(answer: dict[str, Any]) -> Answer:
    members = {name: {k: v for k, v in found.items() if v is not None} for name, found in answer.items()}
    body = json.dumps(members, default=_seconds).encode()
    kind = (("Content-Type", "application/x-amz-json-1.1"), ("server", "amazon.com"))
    return Answer(200, [*kind, ("Content-Length", str(len(body))), _REQUEST_ID], body)


def _seconds(moment: datetime) -> float:
    """Since 1970, in whole milliseconds; moto's moments are in UTC."""
    return calendar.timegm(moment.timetuple()) + moment.microsecond // 1000 / 1000

"""Bodies of requests to S3: chunks, sums and digests, as clients in other languages send and damage them."""

import base64
import hashlib
import io
import zlib

import pytest
import urllib3
from awscrt import checksums

from tests.unit.standalone_host.place import refusal
from tests.unit.standalone_host.test_s3 import KEY

SUMS = {
    "CRC32": lambda body: zlib.crc32(body).to_bytes(4, "big"),
    "CRC32C": lambda body: checksums.crc32c(body).to_bytes(4, "big"),
    "CRC64NVME": lambda body: checksums.crc64nvme(body).to_bytes(8, "big"),
    "SHA1": lambda body: hashlib.sha1(body, usedforsecurity=False).digest(),
    "SHA256": lambda body: hashlib.sha256(body).digest(),
}
CRC32 = "x-amz-checksum-crc32"
SIGNED = ";chunk-signature=" + "0" * 64
UNSIGNED_CHUNKS = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SIGNED_CHUNKS = ("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD")


def base64_of(digest):
    return base64.b64encode(digest).decode()


def summed(body, name="CRC32"):
    return base64_of(SUMS[name](body))


WRONG = {
    "ContentMD5": base64_of(hashlib.md5(b"other", usedforsecurity=False).digest()),
    **{f"Checksum{name}": summed(b"other", name) for name in SUMS},
}


@pytest.fixture
def put(place, lake):
    """Sends a body with headers, and returns the status, the error's code and what is stored afterwards."""

    def send(body, key="body", **headers):
        lake.delete_object(Bucket="lake", Key=key)
        headers = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        with urllib3.PoolManager(timeout=30, retries=False) as pool:
            answer = pool.request(
                "PUT", f"{place.url}/lake/{key}", body=body, headers={"Authorization": KEY, **headers}
            )
        code = answer.data.partition(b"<Code>")[2].partition(b"</Code>")[0].decode()
        if "Contents" not in lake.list_objects_v2(Bucket="lake", Prefix=key):
            return answer.status, code, None
        return answer.status, code, lake.get_object(Bucket="lake", Key=key)["Body"].read()

    return send


def chunked(**headers):
    """Headers of a body of four bytes in chunks, with a sum at the end."""
    return {
        "Content_Encoding": "aws-chunked",
        "X_Amz_Content_Sha256": UNSIGNED_CHUNKS,
        "X_Amz_Decoded_Content_Length": "4",
        "X_Amz_Trailer": CRC32,
        **headers,
    }


@pytest.mark.parametrize("name", WRONG)
def test_body_that_is_not_what_the_client_summed_up_is_not_stored(lake, name):
    wrong = {name: WRONG[name]}
    assert refusal(lambda: lake.put_object(Bucket="lake", Key=name, Body=b"body", **wrong)) == "BadDigest"
    upload_id = lake.create_multipart_upload(Bucket="lake", Key=name)["UploadId"]
    part = {"Bucket": "lake", "Key": name, "UploadId": upload_id, "PartNumber": 1}
    assert refusal(lambda: lake.upload_part(Body=b"body", **part, **wrong)) == "BadDigest"
    assert "Parts" not in lake.list_parts(Bucket="lake", Key=name, UploadId=upload_id)
    assert "Contents" not in lake.list_objects_v2(Bucket="lake", Prefix=name)


@pytest.mark.parametrize("name", SUMS)
def test_sum_without_its_algorithm_apart_is_kept(lake, name):
    found = {f"Checksum{name}": summed(b"body", name)}
    lake.put_object(Bucket="lake", Key="kept", Body=b"body", **found)
    assert lake.head_object(Bucket="lake", Key="kept", ChecksumMode="ENABLED")[f"Checksum{name}"] == found.popitem()[1]


@pytest.mark.parametrize("name", SUMS)
def test_sum_of_a_copy_is_of_the_algorithm_that_was_asked_for(lake, name):
    """For moto, CRC32C is CRC32 unless a library is installed."""
    lake.put_object(Bucket="lake", Key="kept", Body=b"body")
    copied = lake.copy_object(Bucket="lake", Key="copy", CopySource="lake/kept", ChecksumAlgorithm=name)
    assert copied["CopyObjectResult"][f"Checksum{name}"] == summed(b"body", name)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"ContentMD5": "x"}, "InvalidDigest"),
        ({"ChecksumSHA256": base64_of(b"short")}, "InvalidRequest"),
        ({"ChecksumCRC32": summed(b"body"), "ChecksumSHA1": summed(b"body", "SHA1")}, "InvalidRequest"),
    ],
)
def test_header_that_is_no_sum_or_not_the_only_one_is_refused(lake, wrong, code):
    assert refusal(lambda: lake.put_object(Bucket="lake", Key="no-sum", Body=b"body", **wrong)) == code


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"X_Amz_Content_Sha256": hashlib.sha256(b"body").hexdigest()}, 200, ""),
        ({"X_Amz_Content_Sha256": hashlib.sha256(b"other").hexdigest()}, 400, "XAmzContentSHA256Mismatch"),
        ({"X_Amz_Content_Sha256": "UNSIGNED-PAYLOAD"}, 200, ""),
        ({"X_Amz_Content_Sha256": "body"}, 400, "InvalidArgument"),
        ({"X_Amz_Content_Sha256": "STREAMING-SOMETHING"}, 400, "InvalidArgument"),
        ({"X_Amz_Sdk_Checksum_Algorithm": "CRC32"}, 400, "InvalidRequest"),
        ({"X_Amz_Sdk_Checksum_Algorithm": "SHA1", "X_Amz_Checksum_Crc32": summed(b"body")}, 200, ""),
        ({"X_Amz_Trailer": CRC32}, 400, "InvalidRequest"),  # without chunks there is no place for it
        ({"Content_MD5": ""}, 400, "InvalidDigest"),
    ],
)
def test_body_is_stored_only_if_it_is_what_the_headers_announce(put, headers, status, code):
    assert put(b"body", **headers) == (status, code, b"body" if status == 200 else None)


def test_body_that_a_client_calls_a_form_is_stored_as_it_came(put):
    """As curl calls everything."""
    assert put(b"a=1&key=2", Content_Type="application/x-www-form-urlencoded")[2] == b"a=1&key=2"


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=b", "Multipart/Form-Data;boundary=b"])
def test_form_that_is_put_is_a_body_like_others(put, kind):
    form = b'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\n1\r\n--b--\r\n'
    assert put(form, Content_Type=kind) == (200, "", form)
    assert put(form, Content_Type=kind, Content_MD5=WRONG["ContentMD5"]) == (400, "BadDigest", None)
    assert put(b"4\r\nbody\r\n0\r\n\r\n", **chunked(Content_Type=kind, X_Amz_Trailer=None))[2] == b"body"


def test_encoding_of_a_body_is_kept_without_that_of_its_chunks(put, lake):
    put(b"4\r\nbody\r\n0\r\n\r\n", **chunked(Content_Encoding="gzip, aws-chunked", X_Amz_Trailer=None))
    assert lake.head_object(Bucket="lake", Key="body")["ContentEncoding"] == "gzip"


@pytest.mark.parametrize("mode", SIGNED_CHUNKS)
@pytest.mark.parametrize(
    ("first", "length", "stored"),
    [("2", "4", b"body"), ("2", "9", None), ("9", "9", None)],
    ids=["whole", "length", "chunk"],
)
def test_body_in_signed_chunks_is_stored_whole_or_not_at_all(put, mode, first, length, stored):
    body = f"{first}{SIGNED}\r\nbo\r\n2{SIGNED}\r\ndy\r\n0{SIGNED}\r\n\r\n".encode()
    if first == "9":
        body = body[:-200]
    headers = chunked(X_Amz_Content_Sha256=mode, X_Amz_Decoded_Content_Length=length, X_Amz_Trailer=None)
    assert put(body, **headers) == ((200, "", stored) if stored else (400, "IncompleteBody", None))


@pytest.mark.parametrize("mode", SIGNED_CHUNKS)
def test_sum_after_signed_chunks_is_checked(put, mode):
    for text, status in ((b"body", 200), (b"other", 400)):
        end = f"{CRC32}:{summed(text)}\r\nx-amz-trailer-signature:{'0' * 64}\r\n\r\n"
        body = f"4{SIGNED}\r\nbody\r\n0{SIGNED}\r\n{end}".encode()
        assert put(body, **chunked(X_Amz_Content_Sha256=f"{mode}-TRAILER"))[0] == status


END = f"{CRC32}:{summed(b'body')}\r\n\r\n"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (f"4\r\nbody\r\n0\r\n{END}", ""),
        (f"2\r\nbo\r\n0002\r\ndy\r\n0\r\n{CRC32} : {summed(b'body')}\r\n\r\n", ""),
        (f"4\r\nbody\r\n0\r\n{CRC32}:{summed(b'other')}\r\n\r\n", "BadDigest"),
        (f"4\r\nbody\r\n0\r\n{CRC32}:x\r\n\r\n", "InvalidRequest"),
        ("4\r\nbody\r\n0\r\n\r\n", "MalformedTrailerError"),
        (f"4\r\nbody\r\n0\r\nx-amz-checksum-sha1:{summed(b'body', 'SHA1')}\r\n\r\n", "MalformedTrailerError"),
        (f"4\r\nbody\r\n0\r\n{CRC32}\r\n\r\n", "MalformedTrailerError"),
        (f"4\r\nbody\r\n0\r\n{CRC32}:{summed(b'body')}\r\nx-amz-meta-a:b\r\n\r\n", "MalformedTrailerError"),
        (f"4\r\nbody\r\n0\r\n{END.removesuffix(chr(13) + chr(10))}", "IncompleteBody"),
        (f"-6\r\nbody\r\n0\r\n{END}", "IncompleteBody"),
        (f"+4\r\nbody\r\n0\r\n{END}", "IncompleteBody"),
        (f"0x4\r\nbody\r\n0\r\n{END}", "IncompleteBody"),
        (f"0_4\r\nbody\r\n0\r\n{END}", "IncompleteBody"),
        (f" 4\r\nbody\r\n0\r\n{END}", "IncompleteBody"),
        (f"\r\nbody\r\n0\r\n{END}", "IncompleteBody"),
        (f"3\r\nbody\r\n0\r\n{END}", "IncompleteBody"),
        (f"4\r\nbody0\r\n{END}", "IncompleteBody"),
        ("4\r\nbody\r\n", "IncompleteBody"),
        ("body", "IncompleteBody"),
        ("", "IncompleteBody"),
    ],
)
def test_body_in_chunks_is_stored_only_if_it_is_whole_and_ends_as_announced(put, body, code):
    """As SDKs send streams over plain HTTP and TLS."""
    assert put(body.encode(), **chunked()) == ((400, code, None) if code else (200, "", b"body"))


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"X_Amz_Decoded_Content_Length": None}, 411, "MissingContentLength"),
        ({"X_Amz_Decoded_Content_Length": "four"}, 411, "MissingContentLength"),
        ({"X_Amz_Decoded_Content_Length": "-4"}, 411, "MissingContentLength"),
        ({"X_Amz_Decoded_Content_Length": "3"}, 400, "IncompleteBody"),
        ({"X_Amz_Trailer": None}, 400, "MalformedTrailerError"),
        ({"X_Amz_Trailer": f"{CRC32},x-amz-checksum-sha1"}, 400, "InvalidRequest"),
        ({"X_Amz_Trailer": "x-amz-meta-a"}, 400, "InvalidRequest"),
        ({"X_Amz_Checksum_Sha1": summed(b"body", "SHA1")}, 400, "InvalidRequest"),
    ],
)
def test_headers_of_a_body_in_chunks_fit_it(put, headers, status, code):
    body = f"4\r\nbody\r\n0\r\n{END}".encode()
    assert put(body, **chunked(**headers)) == (status, code, None)


@pytest.mark.parametrize("name", SUMS)
def test_sum_is_looked_for_after_the_last_chunk_alone(put, name):
    header = f"x-amz-checksum-{name.lower()}"
    text = f"\r\n{header}:{summed(b'other', name)}\r\n\r\n".encode()
    end = f"\r\n0\r\n{header}:{summed(text, name)}\r\n\r\n".encode()
    body = f"{len(text):x}\r\n".encode() + text + end
    headers = chunked(X_Amz_Decoded_Content_Length=str(len(text)), X_Amz_Trailer=header)
    assert put(body, **headers) == (200, "", text)


def test_stream_of_the_sdk_is_stored_without_a_word_of_its_chunks(place, lake):
    lake.put_object(Bucket="lake", Key="stream", Body=io.BytesIO(b"a" * 100_000), ContentEncoding="gzip")
    assert lake.head_object(Bucket="lake", Key="stream")["ContentEncoding"] == "gzip"


def test_setting_is_put_only_if_its_sum_fits(lake):
    wrong = {"ContentMD5": WRONG["ContentMD5"]}
    tags = {"TagSet": [{"Key": "a", "Value": "b"}]}
    assert refusal(lambda: lake.put_bucket_tagging(Bucket="lake", Tagging=tags, **wrong)) == "BadDigest"


def test_digest_of_a_body_is_not_kept_with_the_object(lake):  # Hadoop's S3A sends what it is told with its copies
    digest = base64_of(hashlib.md5(b"body", usedforsecurity=False).digest())
    lake.put_object(Bucket="lake", Key="a", Body=b"body", ContentMD5=digest)
    assert not {"content-md5", "x-amz-content-sha256"} & set(
        lake.head_object(Bucket="lake", Key="a")["ResponseMetadata"]["HTTPHeaders"]
    )


def test_digest_of_its_source_does_not_stop_a_copy(put, lake):
    lake.put_object(Bucket="lake", Key="a", Body=b"body")
    digest = base64_of(hashlib.md5(b"body", usedforsecurity=False).digest())
    assert put(b"", Content_MD5=digest, X_Amz_Copy_Source="lake/a") == (200, "", b"body")

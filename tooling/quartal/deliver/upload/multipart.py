"""Upload a large file in parallel parts, and reuse the parts of an interrupted upload.

No upload is aborted here: the lifecycle rules of the lake's bucket end those that nobody continues.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from quartal.core.errors import UploadError
from quartal.core.failed_calls import Effect, call_effect, describe_error
from quartal.deliver.upload.checksums import checksum_of_range, combined, encode, read_range
from quartal.deliver.upload.object_writer import ObjectWriter, UnansweredError
from quartal.deliver.upload.write_outcome import CALL_ERRORS, check_stored, stored_etag

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

_MEBIBYTE = 1024 * 1024
# AWS advises parts from 100 MB on: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
THRESHOLD_BYTES = 96 * _MEBIBYTE
_PART_BYTES = 32 * _MEBIBYTE
_MAX_PARTS = 10_000
_PARALLEL_PARTS = 4
_BEGINNINGS = 5

Watch = Callable[[Iterable[memoryview]], Iterable[memoryview]]


@dataclass(frozen=True, slots=True)
class Part:
    """A range of the file; numbers count from 1."""

    number: int
    start: int
    size_bytes: int


def cut_into_parts(size_bytes: int, *, part_bytes: int = _PART_BYTES) -> tuple[Part, ...]:
    """Cut a file; the same size always gives the same parts, so that later attempts can reuse them."""
    while -(-size_bytes // part_bytes) > _MAX_PARTS:
        part_bytes *= 2
    return tuple(
        Part(number, start, min(part_bytes, size_bytes - start))
        for number, start in enumerate(range(0, size_bytes, part_bytes), 1)
    )


def unfinished_uploads(s3: S3Client, bucket: str, prefix: str) -> dict[str, str]:
    """Ids of unfinished uploads by key, the newest of each; only uploads with our kind of checksum."""
    found: dict[str, tuple[float, str]] = {}
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix):
        for upload in page.get("Uploads", []):
            started = upload["Initiated"].timestamp()
            ours = upload.get("ChecksumAlgorithm") == "CRC64NVME"
            if ours and started >= found.get(upload["Key"], (0.0, ""))[0]:
                found[upload["Key"]] = (started, upload["UploadId"])
    return {key: upload_id for key, (_, upload_id) in found.items()}


def store_in_parts(
    s3: S3Client,
    writer: ObjectWriter,
    bucket: str,
    key: str,
    path: Path,
    *,
    size_bytes: int,
    unfinished: str | None,
    watch: Watch,
    on_kept: Callable[[int], None],
    parts: tuple[Part, ...] | None = None,
    check: Callable[[], None] = lambda: None,
    s3_once: S3Client | None = None,
) -> tuple[str, str]:
    """Store a file in parts and return the object's ETag and checksum.

    Args:
        s3: completes and inspects the upload.
        writer: sends the parts.
        bucket: the bucket.
        key: the object's key.
        path: the file.
        size_bytes: its size when the upload was planned.
        unfinished: id of an upload of this key to continue; a part with a different checksum is sent again.
        watch: wraps the blocks, to count and to throttle them.
        on_kept: called with the size of each existing part.
        parts: how the file is cut; None for the default.
        check: called before a part is sent, and before the parts become an object; raises if the file has changed.
        s3_once: begins the upload; sends each request once, or a lost answer would leave one open for each repetition.

    Raises:
        UploadError: a part was refused, or the outcome is unknown. Unless the object exists, the upload stays open, and
            the next attempt continues it.
    """
    there: dict[int, tuple[str, int, str]] = {}
    if unfinished:
        try:
            there = _parts_there(s3, bucket, key, unfinished)
        except s3.exceptions.NoSuchUpload:  # ended since it was listed
            unfinished = None
    upload_id = unfinished or _begin(s3, s3_once or s3, bucket, key)

    def store(part: Part) -> tuple[int, CompletedPartTypeDef]:
        with path.open("rb", buffering=0) as file:
            checksum = checksum_of_range(file, part.start, part.size_bytes)
            text = encode(checksum)
            check()
            if there.get(part.number, ("", 0, ""))[1:] == (part.size_bytes, text):
                on_kept(part.size_bytes)
                etag = there[part.number][0]
            else:
                try:
                    etag = writer.put(
                        key,
                        lambda: watch(read_range(file, part.start, part.size_bytes)),
                        size_bytes=part.size_bytes,
                        checksum=text,
                        query={"partNumber": str(part.number), "uploadId": upload_id},
                    )
                except UnansweredError as error:
                    what = f"part {part.number} of s3 key {key}"
                    landed = check_stored(lambda: _parts_there(s3, bucket, key, upload_id), what, error).get(
                        part.number
                    )
                    if landed is None or landed[1:] != (part.size_bytes, text):
                        raise
                    etag = landed[0]
        return checksum, {"PartNumber": part.number, "ETag": etag, "ChecksumCRC64NVME": text}

    cut = parts or cut_into_parts(size_bytes)
    with ThreadPoolExecutor(_PARALLEL_PARTS, thread_name_prefix="part") as pool:
        try:
            stored = list(pool.map(store, cut))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    check()
    whole = stored[0][0]
    for part, (checksum, _) in zip(cut[1:], stored[1:], strict=True):
        whole = combined(whole, checksum, part.size_bytes)
    return _complete(s3, bucket, key, upload_id, size_bytes, encode(whole), [part for _, part in stored]), encode(whole)


def _begin(s3: S3Client, s3_once: S3Client, bucket: str, key: str) -> str:
    """Begin an upload of a key without an open one, and return its id; one that began without an answer is resumed."""
    for left in reversed(range(_BEGINNINGS)):
        try:
            return s3_once.create_multipart_upload(
                Bucket=bucket, Key=key, ChecksumAlgorithm="CRC64NVME", ChecksumType="FULL_OBJECT"
            )["UploadId"]
        except CALL_ERRORS as error:
            if call_effect(error) is Effect.REFUSED:
                raise
            begun = check_stored(
                lambda: unfinished_uploads(s3, bucket, key).get(key), f"the beginning of s3 key {key}", error
            )
            if begun is not None:
                return begun
            if not left:
                raise
    raise AssertionError("the last attempt returns or raises")


def _complete(
    s3: S3Client,
    bucket: str,
    key: str,
    upload_id: str,
    size_bytes: int,
    checksum: str,
    parts: list[CompletedPartTypeDef],
) -> str:
    """Complete the object from its parts and return its ETag.

    If the first answer is lost, boto3's repetition gets NoSuchUpload; so the object in the bucket decides.
    """
    try:
        answer = s3.complete_multipart_upload(
            Bucket=bucket,
            Key=key,
            UploadId=upload_id,
            ChecksumCRC64NVME=checksum,
            ChecksumType="FULL_OBJECT",
            MultipartUpload={"Parts": parts},
        )
        return answer["ETag"].strip('"')
    except CALL_ERRORS as error:
        etag = check_stored(
            lambda: stored_etag(s3, bucket, key, size_bytes=size_bytes, checksum=checksum), f"s3 key {key}", error
        )
        if etag is not None:
            return etag
        if isinstance(error, ClientError) and call_effect(error) is Effect.REFUSED:
            raise
        raise UploadError(
            f"s3 key {key} was not assembled from its {len(parts)} parts: {describe_error(error)}",
            remedy="Run the same command again: existing parts are used.",
        ) from error


def _parts_there(s3: S3Client, bucket: str, key: str, upload_id: str) -> dict[int, tuple[str, int, str]]:
    """ETag, size and checksum of the parts that an unfinished upload has."""
    return {
        part["PartNumber"]: (part["ETag"].strip('"'), part["Size"], part.get("ChecksumCRC64NVME", ""))
        for page in s3.get_paginator("list_parts").paginate(Bucket=bucket, Key=key, UploadId=upload_id)
        for part in page.get("Parts", [])
    }

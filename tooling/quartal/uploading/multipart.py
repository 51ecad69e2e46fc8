"""A large file in parts: sent side by side, and those that an interrupted upload left behind are used again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quartal.uploading.checksums import checksum_of_range, combined, encode, read_range
from quartal.uploading.object_writer import ObjectWriter

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

_MEBIBYTE = 1024 * 1024
# AWS advises parts from 100 MB on: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
THRESHOLD_BYTES = 96 * _MEBIBYTE
_PART_BYTES = 32 * _MEBIBYTE
_MAX_PARTS = 10_000
_PARALLEL_PARTS = 4

Watch = Callable[[Iterable[memoryview]], Iterable[memoryview]]


@dataclass(frozen=True, slots=True)
class Part:
    """A range of the file; numbers count from 1."""

    number: int
    start: int
    size_bytes: int


def parts_of(size_bytes: int, *, part_bytes: int = _PART_BYTES) -> tuple[Part, ...]:
    """Cut a file; the same size always gives the same parts, or a later try could not use those of an earlier one."""
    while -(-size_bytes // part_bytes) > _MAX_PARTS:
        part_bytes *= 2
    return tuple(
        Part(number, start, min(part_bytes, size_bytes - start))
        for number, start in enumerate(range(0, size_bytes, part_bytes), 1)
    )


def unfinished_uploads(s3: S3Client, bucket: str, prefix: str) -> dict[str, str]:
    """Ids of unfinished uploads by key, the newest of each; only those with the checksum that we use."""
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
) -> tuple[str, str]:
    """Store a file in parts and return the object's ETag and checksum.

    Args:
        s3: begins and completes the upload.
        writer: sends the parts.
        bucket: the bucket.
        key: the object's key.
        path: the file.
        size_bytes: its size when the upload was planned.
        unfinished: id of an upload of this key to go on with; a part whose checksum differs is sent anew.
        watch: what the blocks pass through on their way, to count them and to hold them back.
        on_kept: called with the size of each part that was there already.
        parts: how the file is cut; None for the default.

    Raises:
        UploadError: a part was refused. The upload stays open: the next try goes on with it.
    """
    there = _parts_there(s3, bucket, key, unfinished) if unfinished else {}
    upload_id = (
        unfinished
        or s3.create_multipart_upload(
            Bucket=bucket, Key=key, ChecksumAlgorithm="CRC64NVME", ChecksumType="FULL_OBJECT"
        )["UploadId"]
    )

    def store(part: Part) -> tuple[int, CompletedPartTypeDef]:
        with path.open("rb", buffering=0) as file:
            checksum = checksum_of_range(file, part.start, part.size_bytes)
            text = encode(checksum)
            if there.get(part.number, ("", 0, ""))[1:] == (part.size_bytes, text):
                on_kept(part.size_bytes)
                etag = there[part.number][0]
            else:
                etag = writer.put(
                    key,
                    lambda: watch(read_range(file, part.start, part.size_bytes)),
                    size_bytes=part.size_bytes,
                    checksum=text,
                    query={"partNumber": str(part.number), "uploadId": upload_id},
                )
        return checksum, {"PartNumber": part.number, "ETag": etag, "ChecksumCRC64NVME": text}

    cut = parts or parts_of(size_bytes)
    with ThreadPoolExecutor(_PARALLEL_PARTS, thread_name_prefix="part") as pool:
        try:
            stored = list(pool.map(store, cut))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    whole = stored[0][0]
    for part, (checksum, _) in zip(cut[1:], stored[1:], strict=True):
        whole = combined(whole, checksum, part.size_bytes)
    answer = s3.complete_multipart_upload(
        Bucket=bucket,
        Key=key,
        UploadId=upload_id,
        ChecksumCRC64NVME=encode(whole),
        ChecksumType="FULL_OBJECT",
        MultipartUpload={"Parts": [completed for _, completed in stored]},
    )
    return answer["ETag"].strip('"'), encode(whole)


def _parts_there(s3: S3Client, bucket: str, key: str, upload_id: str) -> dict[int, tuple[str, int, str]]:
    """ETag, size and checksum of the parts that an unfinished upload has."""
    return {
        part["PartNumber"]: (part["ETag"].strip('"'), part["Size"], part.get("ChecksumCRC64NVME", ""))
        for page in s3.get_paginator("list_parts").paginate(Bucket=bucket, Key=key, UploadId=upload_id)
        for part in page.get("Parts", [])
    }

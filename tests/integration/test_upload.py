"""What an upload rests on in S3 itself: its checksums, parts that stay, listings of more than a page."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from quartal import uploads
from quartal.aws import AwsConnection
from quartal.errors import UploadError
from quartal.uploading.checksums import checksum_of
from quartal.uploading.multipart import parts_of, store_in_parts, unfinished_uploads
from quartal.uploading.object_writer import BucketAddress, ObjectWriter
from quartal.uploads import plan_upload

MEBIBYTE = 1024 * 1024


@pytest.fixture(scope="module")
def connection(endpoint_url: str) -> AwsConnection:
    return AwsConnection("us-east-1", endpoint_url, "test", "test")


@pytest.fixture
def bucket(connection) -> Iterator[str]:
    s3, name = connection.s3(), f"upload-{secrets.token_hex(8)}"
    s3.create_bucket(Bucket=name)
    yield name
    while found := s3.list_objects_v2(Bucket=name).get("Contents"):
        s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": entry["Key"]} for entry in found]})
    s3.delete_bucket(Bucket=name)


def test_content_that_changes_on_its_way_is_refused_and_not_kept(connection, bucket):
    s3 = connection.s3()
    writer = ObjectWriter(BucketAddress.of(s3, bucket), connection.credentials())
    with pytest.raises(UploadError, match=r"raw/a\.csv") as error:
        writer.put("raw/a.csv", lambda: b"id\n2\n", size_bytes=5, checksum=checksum_of(b"id\n1\n"))
    assert "S3 refused" in error.value.message
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_delivery_of_more_files_than_a_page_lists_is_unchanged_the_next_time(connection, bucket, tmp_path: Path):
    for number in range(1_050):
        (tmp_path / f"{number}.csv").write_text(f"{number}\n")
    items = plan_upload([tmp_path], raw_prefix="raw/", delivery="2024Q1")
    first = uploads.upload(connection, bucket, items, manifest_prefix="deliveries/")
    second = uploads.upload(connection, bucket, items, manifest_prefix="deliveries/")
    assert (len(first.uploaded), len(second.uploaded), len(second.unchanged)) == (1_050, 0, 1_050)


def test_parts_that_an_interrupted_upload_left_are_not_sent_again(connection, bucket, tmp_path: Path):
    s3, key, path = connection.s3(), "raw/big.csv", tmp_path / "big.csv"
    text = bytes(range(256)) * (11 * 4096)  # S3 wants parts of 5 MiB at least
    path.write_bytes(text)
    parts = parts_of(len(text), part_bytes=5 * MEBIBYTE)
    writer = Interrupted(BucketAddress.of(s3, bucket), connection.credentials(), after=2)

    def store() -> tuple[str, str]:
        return store_in_parts(
            s3,
            writer,
            bucket,
            key,
            path,
            size_bytes=len(text),
            unfinished=unfinished_uploads(s3, bucket, key).get(key),
            watch=lambda blocks: blocks,
            on_kept=kept.append,
            parts=parts,
        )

    kept: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        store()
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)  # nobody reads half a file
    before = len(writer.sent)
    writer.after = None
    store()
    stored = s3.get_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    assert stored["Body"].read() == text
    assert stored["ChecksumCRC64NVME"] == checksum_of(text)
    assert len(kept) == 2
    assert len(writer.sent) - before == len(parts) - 2


class Interrupted(ObjectWriter):
    """Sends some parts, and then the user interrupts."""

    def __init__(self, *arguments, after: int) -> None:
        super().__init__(*arguments)
        self.after: int | None = after
        self.sent: list[str] = []
        self._turn = threading.Lock()

    def put(self, key, body, *, size_bytes, checksum, query=None):
        with self._turn:
            if self.after is not None and len(self.sent) >= self.after:
                raise KeyboardInterrupt
            etag = super().put(key, body, size_bytes=size_bytes, checksum=checksum, query=query)
            self.sent.append(query["partNumber"])
            return etag

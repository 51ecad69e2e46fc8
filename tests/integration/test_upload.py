"""What an upload rests on in S3 itself: its checksums, parts that stay, listings of more than a page."""

from __future__ import annotations

import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from quartal.core.aws import AwsConnection
from quartal.core.errors import UploadError
from quartal.core.polling import Waiter
from quartal.deliver.upload import uploads
from quartal.deliver.upload.checksums import checksum_of_range, compute_checksum, encode
from quartal.deliver.upload.multipart import cut_into_parts, store_in_parts, unfinished_uploads
from quartal.deliver.upload.object_writer import BucketAddress, ObjectWriter
from quartal.deliver.upload.uploads import plan_upload

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
        writer.put("raw/a.csv", lambda: b"id\n2\n", size_bytes=5, checksum=compute_checksum(b"id\n1\n"))
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
    parts = cut_into_parts(len(text), part_bytes=5 * MEBIBYTE)
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
    assert stored["ChecksumCRC64NVME"] == compute_checksum(text)
    assert len(kept) == 2
    assert len(writer.sent) - before == len(parts) - 2


UPLOAD = """
import sys
from pathlib import Path
from quartal.core.aws import AwsConnection
from quartal.deliver.upload import uploads

endpoint, bucket, file = sys.argv[1:]
items = uploads.plan_upload([Path(file)], raw_prefix="raw/", delivery="2024Q1")
connection = AwsConnection("us-east-1", endpoint, "test", "test")
slowly = uploads.UploadOptions(bytes_per_s=20e6)  # so that it is killed in the midst of it
uploads.upload(connection, bucket, items, manifest_prefix="d/", options=slowly)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_parts_that_a_killed_process_left_are_not_sent_again(connection, bucket, tmp_path: Path):
    s3, key, path = connection.s3(), "raw/delivery=2024Q1/big.csv", tmp_path / "big.csv"
    with path.open("wb") as file:
        for number in range(192):
            file.write(bytes([number]) * MEBIBYTE)
    size, parts = path.stat().st_size, cut_into_parts(path.stat().st_size)
    assert len(parts) == 6, "four at once, so two are begun when the first is there"

    def there() -> int:
        upload_id = unfinished_uploads(s3, bucket, key).get(key)
        found = s3.list_parts(Bucket=bucket, Key=key, UploadId=upload_id).get("Parts", []) if upload_id else []
        return len(found)

    process = subprocess.Popen([sys.executable, "-c", UPLOAD, connection.endpoint_url, bucket, str(path)])
    try:
        Waiter(timeout_s=180, initial_s=0.05, longest_s=0.1).wait_until(
            lambda: (there(), process.poll()),
            is_done=lambda seen: seen[0] > 0 or seen[1] is not None,
            describe=str,
            waiting_for="the first part",
        )
    finally:
        process.kill()
    assert process.wait(60) == -signal.SIGKILL
    left = there()
    assert 0 < left < len(parts)
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)  # nobody reads half a file

    writer = Interrupted(BucketAddress.of(s3, bucket), connection.credentials(), after=None)
    kept: list[int] = []
    _, checksum = store_in_parts(
        s3,
        writer,
        bucket,
        key,
        path,
        size_bytes=size,
        unfinished=unfinished_uploads(s3, bucket, key).get(key),
        watch=lambda blocks: blocks,
        on_kept=kept.append,
    )
    assert (len(kept), len(writer.sent)) == (left, len(parts) - left)
    with path.open("rb") as file:
        assert checksum == encode(checksum_of_range(file, 0, size))
    assert s3.head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")["ChecksumCRC64NVME"] == checksum


class Interrupted(ObjectWriter):
    """Sends some parts, and then the user interrupts."""

    def __init__(self, *arguments, after: int | None) -> None:
        super().__init__(*arguments)
        self.after = after
        self.sent: list[str] = []
        self._turn = threading.Lock()

    def put(self, key, body, *, size_bytes, checksum, query=None):
        with self._turn:
            if self.after is not None and len(self.sent) >= self.after:
                raise KeyboardInterrupt
            etag = super().put(key, body, size_bytes=size_bytes, checksum=checksum, query=query)
            self.sent.append(query["partNumber"])
            return etag

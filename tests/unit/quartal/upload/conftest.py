"""A bucket of moto, a feed on disk, and its upload."""

import secrets
from pathlib import Path

import pytest

from quartal.deliver.upload import uploads
from quartal.deliver.upload.uploads import plan_upload
from tests.unit.quartal.upload.bucket import RAW


@pytest.fixture
def bucket(connection) -> str:
    name = f"lake-{secrets.token_hex(8)}"
    connection.s3().create_bucket(Bucket=name)
    return name


@pytest.fixture
def upload(connection, bucket):
    """A function `upload(items, ...)` that uploads to the test's bucket."""

    def upload(items, **options):
        return uploads.upload(connection, bucket, items, manifest_prefix="deliveries/sightings/", **options)

    return upload


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    for delivery, name, text in (("2024Q1", "a.csv", "id\n1\n"), ("2024Q2", "a.csv", "id\n2\n")):
        folder = tmp_path / f"delivery={delivery}"
        folder.mkdir()
        (folder / name).write_text(text)
    return tmp_path


@pytest.fixture
def twice(upload, tmp_path: Path):
    """A delivery of the files a.csv and b.csv in the lake, and a folder for the next one."""
    folder = tmp_path / "delivery=2024Q1"
    folder.mkdir()
    for name in ("a.csv", "b.csv"):
        (folder / name).write_text(f"id\n{name}\n")
    upload(plan_upload([folder], raw_prefix=RAW, delivery="2024Q1"))
    return folder

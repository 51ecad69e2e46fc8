"""A disk that is full, as a small file system in memory: one error that names the file, and nothing half done.

Mounting needs root on Linux; elsewhere the tests say so.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from quartal.core import private_files
from quartal.core.aws import AwsConnection
from quartal.core.errors import ConfigurationError, QuartalError
from quartal.deliver.upload.uploads import UploadOptions, plan_upload, upload
from quartal.features.export import ExportFormat, export_features
from quartal.features.tags import State

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tooling" / "localstack_glue" / "src"))

from .moto_lake import MotoLake  # noqa: E402
from .names import DATABASE  # noqa: E402
from .sequence import Sequence  # noqa: E402
from .thin_job import FEATURES, ThinJob  # noqa: E402

_SIZE = 256 * 1024


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a quarter of a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root mounts a file system")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}", "tmpfs", str(folder)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> None:
    """Until there is no room."""
    with (folder / "full").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass


def test_export_to_a_full_disk_is_no_export(small_disk):
    lake = MotoLake()
    lake.begin_with(Sequence._published_lake)
    table = ThinJob(lake.proxy.endpoint, "jr_x")._catalog.load_table((DATABASE, FEATURES))
    fill(small_disk)
    snapshot = table.current_snapshot()
    assert snapshot is not None
    with pytest.raises(ConfigurationError, match="No space left"):
        export_features(table, State("main", snapshot.snapshot_id), small_disk / "export", ExportFormat.CSV)
    assert sorted(path.name for path in small_disk.iterdir()) == ["full"]
    lake.proxy.close()


def test_upload_that_cannot_keep_what_it_compresses_sends_nothing_broken(small_disk, tmp_path, monkeypatch):
    source = tmp_path / "delivery=a"
    source.mkdir()
    (source / "a.csv").write_bytes(os.urandom(4 * _SIZE))  # which no compression makes smaller
    monkeypatch.setattr("tempfile.tempdir", str(small_disk))
    with mock_aws():
        connection = AwsConnection("eu-central-1", None, "test", "test")
        connection.s3().create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        items = plan_upload([source], raw_prefix="raw/feed/", delivery=None, compress=True)
        with pytest.raises(QuartalError, match="No space left"):
            upload(connection, "lake", items, manifest_prefix="deliveries/feed/", options=UploadOptions())
        assert "Contents" not in connection.s3().list_objects_v2(Bucket="lake", Prefix="raw/")
    assert list(small_disk.iterdir()) == []


def test_record_that_cannot_be_written_is_an_error(small_disk):
    fill(small_disk)
    with pytest.raises(OSError, match="No space left"):
        private_files.write(small_disk / "record.json", "x" * 10_000)

"""A disk that is full, as a small file system in memory: one error that names the file, and nothing half done.

Mounting needs root on Linux; elsewhere the tests say so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from moto import mock_aws

from quartal.core.aws import AwsConnection
from quartal.core.errors import ConfigurationError, QuartalError, TerraformError
from quartal.core.whole_files import write_whole
from quartal.deliver.upload.uploads import UploadOptions, plan_upload, upload
from quartal.features.export import ExportFormat, export_features
from quartal.features.tags import State
from quartal.report.writing import write_page
from quartal.terraform.program import Terraform
from quartal.terraform.working_copy import StagedRoot

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tooling" / "localstack_glue" / "src"))

from .moto_lake import MotoLake  # noqa: E402
from .names import DATABASE  # noqa: E402
from .sequence import Sequence  # noqa: E402
from .small_disk import SIZE, fill, mounted  # noqa: E402
from .thin_job import FEATURES, ThinJob  # noqa: E402


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a quarter of a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    yield from mounted(folder)


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
    (source / "a.csv").write_bytes(os.urandom(4 * SIZE))  # which no compression makes smaller
    monkeypatch.setattr("tempfile.tempdir", str(small_disk))
    with mock_aws():
        connection = AwsConnection("eu-central-1", None, "test", "test")
        connection.s3().create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        items = plan_upload([source], raw_prefix="raw/feed/", delivery=None, compress=True)
        with pytest.raises(QuartalError, match="No space left"):
            upload(connection, "lake", items, manifest_prefix="deliveries/feed/", options=UploadOptions())
        assert "Contents" not in connection.s3().list_objects_v2(Bucket="lake", Prefix="raw/")
    assert list(small_disk.iterdir()) == []


def test_report_on_a_full_disk_is_no_page_and_no_half_of_one(small_disk, monkeypatch):
    fill(small_disk)
    monkeypatch.setattr("quartal.report.writing.render_report", lambda *_, **__: "x" * 10_000)
    deployed = SimpleNamespace(quarantine_share_limit=None)
    settings = SimpleNamespace(is_local=True, naming_options=tuple)
    workspace = SimpleNamespace(settings=settings, deployment=deployed)
    with pytest.raises(ConfigurationError, match="No space left"):
        write_page(cast(Any, workspace), cast(Any, None), small_disk / "report.html")
    assert sorted(path.name for path in small_disk.iterdir()) == ["full"]


def test_record_that_cannot_be_written_is_an_error_and_the_earlier_one_stays(small_disk):
    record = small_disk / "record.json"
    record.write_text("earlier")
    fill(small_disk)
    with pytest.raises(OSError, match="No space left"):
        write_whole(record, "x" * 10_000, owner_only=True)
    assert record.read_text() == "earlier"


CONFIGURATION = """
resource "terraform_data" "this" {
  count = 3
  input = join("", [for number in range(200) : "words that fill a state ${number}"])
}
"""


@pytest.mark.parametrize("room", [0, 12 * 1024], ids=["no room at all", "room for the lock, not for the state"])
def test_state_of_an_apply_on_a_full_disk_is_not_lost(small_disk, tmp_path, monkeypatch, room):
    binary = shutil.which("terraform")
    if binary is None:
        pytest.skip("no terraform: `quartal toolchain exec` brings it")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = small_disk / "root"
    folder.mkdir()
    (folder / "main.tf").write_text(CONFIGURATION)
    (folder / "dev.tfvars").touch()
    terraform = Terraform(Path(binary), StagedRoot(folder, "dev.tfvars", (), tmp_path / "a.tfplan"), dict(os.environ))
    terraform.init()
    terraform.plan(lambda _: None)
    fill(small_disk, but=room)

    with pytest.raises(TerraformError) as failure:
        terraform.apply_plan(lambda _: None)
    (small_disk / "full").unlink()
    if room:
        assert "could not be written to the state" in str(failure.value)
        command = failure.value.remedy.split("`")[1].split()
        assert command == ["terraform", "state", "push", "errored.tfstate"]
        with pytest.raises(TerraformError, match="They are kept in"):
            terraform.plan(lambda _: None)
        kept = json.loads((folder / "errored.tfstate").read_text())
        assert len(kept["resources"][0]["instances"]) == 3
        subprocess.run([binary, *command[1:]], cwd=folder, check=True, capture_output=True)
        (folder / "errored.tfstate").unlink()
    else:
        assert "disk is full" in str(failure.value)  # nothing was begun
        assert terraform.plan(lambda _: None)
        terraform.apply_plan(lambda _: None)
    assert not terraform.plan(lambda _: None)
    assert len(terraform.resources()) == 3

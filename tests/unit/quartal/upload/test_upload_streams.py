"""Streams, and files under other names."""

import gzip
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest

from quartal.core.errors import ConfigurationError, UploadError
from quartal.deliver.upload.destinations import plan_files
from quartal.deliver.upload.streams import named_source
from quartal.deliver.upload.uploads import plan_upload
from tests.unit.quartal.upload.bucket import RAW


def test_stream_without_a_name_is_refused(feed: Path):
    os.mkfifo(feed / "delivery=2024Q1" / "pipe")
    for source in (Path("-"), Path("/dev/stdin"), Path("/dev/null"), feed / "delivery=2024Q1" / "pipe"):
        with pytest.raises(ConfigurationError, match="is a stream or a device") as error:
            plan_upload([source], raw_prefix=RAW, delivery="2024Q1")
        assert "--name" in error.value.remedy
    with pytest.raises(ConfigurationError, match="pipe is neither a file nor a folder"):
        plan_upload([feed], raw_prefix=RAW, delivery=None)


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no folder in memory")
def test_file_in_memory_is_a_file():
    with TemporaryDirectory(dir="/dev/shm") as folder:
        (Path(folder) / "a.csv").write_text("id\n")
        items = plan_upload([Path(folder) / "a.csv"], raw_prefix=RAW, delivery="2024Q1")
    assert [item.key for item in items] == [f"{RAW}delivery=2024Q1/a.csv"]


# ---------------------------------------------------------------------------- streams, and names given to files


def test_stream_is_uploaded_under_the_passed_name(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(pipe.write_bytes, b"id\n1\n")
        with named_source(pipe, "a.csv") as source:
            assert (source.below, source.path.read_bytes()) == ("a.csv", b"id\n1\n")
        written.result(60)
    assert not source.path.exists()


def test_standard_input_is_a_stream(monkeypatch):
    reader, writer = os.pipe()
    os.write(writer, b"id\n1\n")
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=stream))
        with named_source(Path("-"), "a.csv") as source:
            assert source.path.read_bytes() == b"id\n1\n"


def test_file_can_be_uploaded_under_another_name(tmp_path: Path):
    (tmp_path / "export.dat").write_bytes(gzip.compress(b"id\n"))
    with named_source(tmp_path / "export.dat", "a.csv.GZ") as source:
        (item,) = plan_files([source], raw_prefix=RAW, delivery="2024Q1", compress=True)
    assert (item.key, item.compress) == (f"{RAW}delivery=2024Q1/a.csv.gz", False)


@pytest.mark.parametrize("name", ["_x.csv", ".x.csv", "x.csv._COPYING_"])
def test_name_that_readers_skip_is_no_name_to_give(tmp_path: Path, name: str):  # G25
    (tmp_path / "export.dat").write_text("id\n")
    with (
        named_source(tmp_path / "export.dat", name) as source,
        pytest.raises(ConfigurationError, match="no run would read it"),
    ):
        plan_files([source], raw_prefix=RAW, delivery="2024Q1")


@pytest.mark.parametrize(
    ("source", "name", "message"),
    [
        pytest.param(".", "a.csv", "is a folder: --name is for one file", id="folder"),
        pytest.param("nowhere", "a.csv", "does not exist: --name is for one file", id="missing"),
        pytest.param("x", "a/b.csv", "'a/b.csv' is not a valid name for a file", id="path"),
        pytest.param("x", "", "'' is not a valid name for a file", id="empty"),
        pytest.param("/dev/null", "a.csv", "is a terminal or a device", id="device"),
    ],
)
def test_name_is_for_one_file_or_stream(tmp_path: Path, source: str, name: str, message: str):
    with pytest.raises(ConfigurationError, match=message), named_source(tmp_path / source, name):
        pass


def test_empty_stream_is_refused(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(pipe.write_bytes, b"")
        with pytest.raises(UploadError, match="was empty"), named_source(pipe, "a.csv"):
            pass
        written.result(60)


def test_unstorable_stream_is_reported(tmp_path: Path, monkeypatch):
    def no_room(*_: object):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", no_room)
    (tmp_path / "x").write_text("id")
    reader, writer = os.pipe()
    os.close(writer)
    with (
        pytest.raises(UploadError, match=r"could not be read to its end .*No space left") as error,
        named_source(Path(f"/proc/self/fd/{reader}"), "a.csv"),
    ):
        pass
    os.close(reader)
    assert "TMPDIR" in error.value.remedy

"""Files that a command writes appear whole or not at all."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from quartal.core.whole_files import write_new, write_whole

on_unix = pytest.mark.skipif(sys.platform == "win32", reason="pipes and links")


def test_file_is_written_over_and_nothing_stays_beside_it(tmp_path: Path):
    file = tmp_path / "a.csv"
    for text in ("id\n1\n", "ä\n"):
        write_whole(file, text)
        assert file.read_bytes() == text.encode()
    assert list(tmp_path.iterdir()) == [file]


def test_disk_that_is_full_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "a.csv"
    write_whole(file, "old\n")
    write = Path.write_text

    def fill_up(path: Path, text: str, encoding: str) -> int:
        write(path, text[:1], encoding=encoding)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", fill_up)
    with pytest.raises(OSError, match="No space left"):
        write_whole(file, "new\n")
    assert (file.read_text(), list(tmp_path.iterdir())) == ("old\n", [file])


@on_unix
def test_new_file_that_cannot_be_written_leaves_room_for_the_next_try(tmp_path: Path):
    import resource

    file = tmp_path / "contract.yaml"
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))  # as a disk with room for so much
    try:
        with pytest.raises(OSError, match="File too large"):
            write_new(file, "x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []
    write_new(file, "x\n")
    with pytest.raises(FileExistsError):
        write_new(file, "y\n")
    assert file.read_text() == "x\n"


@on_unix
def test_link_is_kept_and_its_target_written(tmp_path: Path):
    file, link = tmp_path / "a.csv", tmp_path / "newest.csv"
    link.symlink_to(file)
    write_whole(link, "x\n")
    assert link.is_symlink()
    assert file.read_text() == "x\n"


@on_unix
def test_pipe_is_written_into_and_not_replaced(tmp_path: Path):
    # as /dev/stdout is, which whoever is root could replace
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    write_whole(pipe, "x\n")
    reader.join(60)
    assert read == ["x\n"]
    assert pipe.is_fifo()


@on_unix
def test_mode_of_a_file_that_is_written_over_stays(tmp_path: Path):
    file = tmp_path / "a.csv"
    file.touch(0o600)
    write_whole(file, "x\n")
    assert file.stat().st_mode & 0o777 == 0o600


@on_unix
def test_standard_output_by_its_name_is_written_into(capfd: pytest.CaptureFixture[str]):
    before = Path("/dev/stdout").lstat()
    write_whole(Path("/dev/stdout"), "x\n")
    assert "x\n" in capfd.readouterr().out
    assert Path("/dev/stdout").lstat() == before

"""Sources that are uploaded under a name of their own: standard input, pipes, or a file that is called otherwise."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from quartal.core.errors import ConfigurationError, UploadError
from quartal.deliver.upload.checksums import BLOCK_BYTES
from quartal.deliver.upload.sources import STANDARD_INPUT, SourceFile, is_stream


@contextmanager
def named_source(source: Path, name: str) -> Iterator[SourceFile]:
    """A source under this name. A stream is first read to its end, because S3 needs size and checksum in advance.

    Raises:
        ConfigurationError: the name is not a file name, or the source is a folder, a device or missing.
        UploadError: the stream was empty, or could not be stored temporarily.
    """
    if name in ("", ".", "..") or "/" in name or "\\" in name:
        raise ConfigurationError(f"'{name}' is not a valid name for a file.", remedy="Use a name such as 2024Q1.csv.")
    if not is_stream(source):
        if not source.is_file():
            what = "is a folder" if source.is_dir() else "does not exist"
            raise ConfigurationError(f"{source} {what}: --name is for one file.", remedy="Name a file, or a stream.")
        yield SourceFile(source, name)
        return
    with tempfile.TemporaryDirectory(prefix="quartal-") as folder:
        target = Path(folder) / "content"
        try:
            with _opened(source) as stream, target.open("wb") as file:
                shutil.copyfileobj(stream, file, BLOCK_BYTES)
        except OSError as error:
            raise UploadError(
                f"{source} could not be read to its end into {folder}: {error}. Nothing was uploaded.",
                remedy="Free some space, set TMPDIR to another folder, or write the stream to a file and upload that.",
            ) from error
        if not target.stat().st_size:
            raise UploadError(
                f"{source} was empty: the command that writes it may have failed. Nothing was uploaded.",
                remedy="Run that command alone to see its error.",
            )
        yield SourceFile(target, name)


@contextmanager
def _opened(source: Path) -> Iterator[BinaryIO]:
    if source == STANDARD_INPUT:
        _refuse_device(source, sys.stdin.buffer)
        yield sys.stdin.buffer
        return
    with source.open("rb") as stream:
        _refuse_device(source, stream)
        yield stream


def _refuse_device(source: Path, stream: BinaryIO) -> None:
    mode = os.fstat(stream.fileno()).st_mode
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        raise ConfigurationError(
            f"{source} is a terminal or a device, not a stream of data.",
            remedy="Pipe a command into it: `zcat x.gz | quartal upload - --delivery 2024Q1 --name x.csv`.",
        )

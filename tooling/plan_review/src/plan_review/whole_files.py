"""Files that appear complete or not at all, even if the disk is full."""

from __future__ import annotations

import secrets
import shutil
from contextlib import suppress
from pathlib import Path

_OWNER = 0o600


def write_new(path: Path, text: str) -> None:
    """Write a text file that must not exist yet.

    Raises:
        OSError: it exists, or cannot be written; nothing of it stays then.
    """
    file = path.open("x", encoding="utf-8")
    try:
        with file:
            file.write(text)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def write_whole(path: Path, text: str, *, owner_only: bool = False) -> None:
    """Write a text file. Links are followed; a pipe or a device, such as /dev/stdout, is written into.

    Args:
        path: the file.
        text: its content.
        owner_only: only the owner may read the file. Otherwise an existing file keeps its mode.

    Raises:
        OSError: it cannot be written; an existing file stays unchanged.
    """
    is_stream = path.exists() and not path.is_file()
    if is_stream or path.absolute().is_relative_to("/dev"):  # whose names lead to what the shell has opened
        with path.open("a", encoding="utf-8") as stream:
            stream.write(text)
        return
    target = path.resolve()
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        if owner_only:
            partial.touch(_OWNER)
        partial.write_text(text, encoding="utf-8")
        if not owner_only:
            with suppress(FileNotFoundError):
                shutil.copymode(target, partial)
        partial.replace(target)
    finally:
        with suppress(OSError):  # renamed already if all went well
            partial.unlink()

"""Notices a file that is written during its upload: the content read may be cut off, or partly old and partly new."""

from __future__ import annotations

from pathlib import Path

from quartal.core.errors import UploadError


class SteadyFile:
    """A file that must not change while it is read.

    Args:
        path: the file.
        size_bytes: its size when it was found.

    Raises:
        UploadError: it has another size by now.
    """

    def __init__(self, path: Path, size_bytes: int) -> None:
        self._path = path
        self._state = self._read_state()
        if self._state[0] != size_bytes:
            raise self._refusal()

    def check(self) -> None:
        """Whether it is still what it was.

        Raises:
            UploadError: it was changed or replaced.
        """
        if self._read_state() != self._state:
            raise self._refusal()

    def _read_state(self) -> tuple[int, int]:
        found = self._path.stat()
        return found.st_size, found.st_mtime_ns  # the inode may differ at each look on a mounted file system

    def _refusal(self) -> UploadError:
        return UploadError(
            "the file changed during the upload, and was not stored.",
            remedy="Wait until no program writes to the file, then run the same command again: "
            "finished files are skipped.",
        )

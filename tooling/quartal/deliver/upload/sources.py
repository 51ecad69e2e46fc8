"""Find the files that the sources of an upload name: each is uploaded, reported or refused."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from quartal.core.errors import ConfigurationError
from quartal.deliver.upload.job_files import is_hidden

STANDARD_INPUT = Path("-")
# files that systems and tools add beside data files
_SYSTEM_FILES = (".DS_Store", "._*", ".*.crc", "_SUCCESS", ".gitkeep", ".gitignore", ".directory", ".localized",
                 "_committed_*", "_started_*", ".~lock.*#", ".*.sw[a-p]", ".nfs*", "Thumbs.db",
                 "desktop.ini")  # fmt: skip
_SYSTEM_FOLDERS = (".git", ".svn", ".ipynb_checkpoints", "__MACOSX", ".Trashes", ".Trash-*", ".Spotlight-V100",
                   ".fseventsd", ".idea", ".vscode")  # fmt: skip
_OPEN_FILES = ("/dev/fd/", "/dev/std", "/proc/")  # where a shell passes a stream instead of a file


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to upload, and its path below the source; its name if it is the source itself."""

    path: Path
    below: str


@dataclass(frozen=True, slots=True)
class Sources:
    """The files to upload, and those of operating systems and tools that are left out."""

    files: tuple[SourceFile, ...]
    left_out: tuple[Path, ...] = ()


def find_sources(sources: Iterable[Path]) -> Sources:
    """Find the files that are named directly, by a folder, or by a pattern such as `exports/*.csv`.

    Raises:
        ConfigurationError: a source is missing or has no files, or something in it cannot be uploaded.
    """
    files: list[SourceFile] = []
    left_out: list[Path] = []
    for source in sources:
        found = _files_in(source)
        files += found.files
        left_out += found.left_out
    return Sources(tuple(files), tuple(left_out))


def is_stream(source: Path) -> bool:
    """Whether a source has no name and size of its own: standard input, a pipe, a shell substitution."""
    if source == STANDARD_INPUT or str(source).startswith(_OPEN_FILES):
        return True
    try:
        mode = source.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _files_in(source: Path) -> Sources:
    if is_stream(source):
        raise ConfigurationError(
            f"{source} is a stream or a device, which has no name as a file of a delivery.",
            remedy="Name it: `quartal upload - --delivery 2024Q1 --name a.csv`, and upload it alone.",
        )
    if source.is_file():
        return Sources((SourceFile(source, source.name),))
    if source.is_dir():
        return _files_below(source)
    # where no shell has done it: on Windows, and in quotes
    matches = [Path(match) for match in sorted(glob.glob(str(source), recursive=True))]  # noqa: PTH207  # absolute patterns too
    if not matches:
        raise ConfigurationError(f"{source} does not exist.", remedy="Name a file or a folder of files to upload.")
    if source in matches:
        _regular(source)
    left_out = [match for match in matches if _is_systems(match.name, is_folder=match.is_dir())]
    return find_sources(match for match in matches if match not in left_out)


def _files_below(folder: Path) -> Sources:
    files: list[SourceFile] = []
    left_out: list[Path] = []
    for parent, folders, names in os.walk(folder, onerror=_refuse_unreadable):  # Path.rglob takes thrice as long
        place = Path(parent)
        above = place.relative_to(folder).as_posix()
        left_out += [place / name for name in folders if _is_systems(name, is_folder=True)]
        folders[:] = sorted(name for name in folders if not _is_systems(name, is_folder=True))
        for name in folders:
            _refuse_link(place / name)
        for name in sorted(names):
            path = place / name
            below = name if above == "." else f"{above}/{name}"
            if _is_systems(name, is_folder=False) or (is_hidden(below) and _has_no_bytes(path)):
                left_out.append(path)
            else:
                files.append(SourceFile(_regular(path), below))
    if not files:
        raise ConfigurationError(
            f"{folder} holds no files to upload.", remedy="Name the folder that holds the raw files."
        )
    return Sources(tuple(files), tuple(left_out))


def _is_systems(name: str, *, is_folder: bool) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in (_SYSTEM_FOLDERS if is_folder else _SYSTEM_FILES))


def _has_no_bytes(path: Path) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == 0


def _regular(path: Path) -> Path:
    if path.is_file():
        return path
    if path.is_symlink() and not path.exists():
        raise _refusal(path, "is a link that leads nowhere", "Remove it, or bring back what it should lead to.")
    raise _refusal(path, "is neither a file nor a folder", "Upload it by itself, with --name, or remove it.")


def _refuse_link(folder: Path) -> None:
    if folder.is_symlink():
        raise _refusal(folder, "is a link to a folder, which is not followed", "Name that folder by itself.")


def _refuse_unreadable(error: OSError) -> None:
    raise ConfigurationError(
        f"{error.filename} cannot be read: {error.strerror}.",
        remedy="Get permission to read it, or name only the files to upload.",
    ) from error


def _refusal(path: Path, problem: str, remedy: str) -> ConfigurationError:
    return ConfigurationError(f"{path} {problem}: it cannot be uploaded.", remedy=remedy)

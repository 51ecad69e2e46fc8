"""Which local file goes to which key of the lake."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from quartal.errors import ConfigurationError

_DELIVERY_FOLDER = re.compile(r"delivery=([^/\\]+)")
_DELIVERY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f]")
_COMPRESSED = (".gz", ".bz2", ".zst")
# a crawler and Spark skip names that begin so (G25): uploading them would lose data silently
_HIDDEN = (".", "_")


@dataclass(frozen=True, slots=True)
class UploadItem:
    """One local file and the key it goes to.

    Attributes:
        path: the local file.
        key: key of the object.
        size_bytes: size of the local file.
        delivery: name of the delivery that it is part of.
        compress: whether it is compressed with gzip on its way.
    """

    path: Path
    key: str
    size_bytes: int
    delivery: str
    compress: bool = False


def plan_upload(
    sources: Iterable[Path], *, raw_prefix: str, delivery: str | None, compress: bool = False
) -> tuple[UploadItem, ...]:
    """Decide which key each file goes to: `<raw_prefix>delivery=<delivery>/<path below that folder>`.

    Args:
        sources: files, folders that hold files or `delivery=<name>` folders, or patterns such as `exports/*.csv`.
        raw_prefix: key prefix of the dataset, ending in "/".
        delivery: name of the delivery; None takes it from the `delivery=<name>` folder in each path.
        compress: compress with gzip what is not compressed yet; its key then ends in ".gz".

    Raises:
        ConfigurationError: a source is missing or empty, a file's delivery is not known, or two files want one key.
    """
    if delivery is not None:
        check_delivery(delivery)
    items: dict[str, UploadItem] = {}
    for source in sources:
        for path, below in _files_in(source):
            item = _item(path, below, raw_prefix, delivery, compress)
            if item.key in items:
                raise ConfigurationError(
                    f"{path} and {items[item.key].path} would both become s3 key {item.key}.",
                    remedy="Rename one, or upload them as different deliveries.",
                )
            items[item.key] = item
    return tuple(items[key] for key in sorted(items))


def _item(path: Path, below: str, raw_prefix: str, delivery: str | None, compress: bool) -> UploadItem:
    name, below = _place(path, below, delivery)
    if _CONTROL_CHARACTER.search(below):
        raise ConfigurationError(
            f"{str(path)!r} has a control character in its name, which no crawler can list.", remedy="Rename the file."
        )
    compress = compress and path.suffix.lower() not in _COMPRESSED
    suffix = ".gz" if compress else ""
    if is_gzip(path):  # Spark and the job know the suffix in small letters alone
        below, suffix = below[: -len(".gz")], ".gz"
    return UploadItem(path, f"{raw_prefix}delivery={name}/{below}{suffix}", path.stat().st_size, name, compress)


def _place(path: Path, below: str, delivery: str | None) -> tuple[str, str]:
    """The delivery of a file, and its path below the delivery's folder; a delivery that was named is the source."""
    if delivery is not None:
        return delivery, below
    parts = path.resolve().parts
    for index in range(len(parts) - 2, -1, -1):
        if found := _DELIVERY_FOLDER.fullmatch(parts[index]):
            return check_delivery(found.group(1)), "/".join(parts[index + 1 :])
    raise ConfigurationError(
        f"{path}: which delivery is it part of?",
        remedy="Put it into a folder delivery=<name> (such as delivery=2024Q1), or name it with --delivery.",
    )


def check_delivery(name: str) -> str:
    """The name of a delivery, if it is one.

    Raises:
        ConfigurationError: it would break the key.
    """
    if not _DELIVERY_NAME.fullmatch(name):
        raise ConfigurationError(
            f"'{name}' is no name for a delivery.",
            remedy="Use letters, digits, '.', '_' and '-', such as 2024Q1.",
        )
    return name


def is_gzip(path: Path) -> bool:
    """Whether a file's name says that it is compressed with gzip, in small letters or capitals."""
    return path.suffix.lower() == ".gz"


def _files_in(source: Path) -> list[tuple[Path, str]]:
    """Files of a source, each with its path below the source: with its name where it is the source itself."""
    if source.is_file():
        return [(source, source.name)]
    if source.is_dir():
        return _visible_files(source)
    # where no shell has done it: on Windows, and in quotes
    matches = [Path(match) for match in sorted(glob.glob(str(source), recursive=True))]  # noqa: PTH207  # absolute patterns too
    found = [pair for match in matches if not match.name.startswith(_HIDDEN) for pair in _files_in(match)]
    if not found:
        raise ConfigurationError(f"{source} does not exist.", remedy="Name a file or a folder of files to upload.")
    return found


def _visible_files(folder: Path) -> list[tuple[Path, str]]:
    files = []
    for parent, folders, names in os.walk(folder):  # Path.rglob takes thrice as long; neither follows links to folders
        folders[:] = sorted(name for name in folders if not name.startswith(_HIDDEN))
        above = Path(parent).relative_to(folder).as_posix()
        for name in sorted(names):
            path = Path(parent, name)
            if not name.startswith(_HIDDEN) and path.is_file():
                files.append((path, name if above == "." else f"{above}/{name}"))
    if not files:
        raise ConfigurationError(
            f"{folder} holds no files to upload.", remedy="Name the folder that holds the raw files."
        )
    return files

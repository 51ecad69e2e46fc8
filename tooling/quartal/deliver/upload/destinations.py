"""Which local file goes to which key of the lake."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from quartal.core.errors import ConfigurationError
from quartal.deliver.upload.job_files import why_left_out
from quartal.deliver.upload.sources import SourceFile, find_sources

_DELIVERY_FOLDER = re.compile(r"delivery=([^/\\]+)")
_DELIVERY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# characters that a listing in XML cannot hold, and bytes that are not UTF-8
_CONTROL_CHARACTER = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_COMPRESSED = (".gz", ".bz2", ".zst")
_MOST_KEY_BYTES = 1024  # of S3's


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
    """Plan the key of each file: `<raw_prefix>delivery=<delivery>/<path below that folder>`.

    Args:
        sources: files, folders that hold files or `delivery=<name>` folders, or patterns such as `exports/*.csv`.
        raw_prefix: key prefix of the dataset, ending in "/".
        delivery: name of the delivery; None takes it from the `delivery=<name>` folder in each path.
        compress: compress uncompressed files with gzip; their keys then end in ".gz".

    Raises:
        ConfigurationError: a source is missing or empty, a file's delivery is not known, or two files want one key.
    """
    return plan_files(find_sources(sources).files, raw_prefix=raw_prefix, delivery=delivery, compress=compress)


def plan_files(
    files: Iterable[SourceFile], *, raw_prefix: str, delivery: str | None, compress: bool = False
) -> tuple[UploadItem, ...]:
    """`plan_upload` for files that have been found.

    Raises:
        ConfigurationError: a name is one that readers skip, a file's delivery is not known, or two files want one key.
    """
    if delivery is not None:
        check_delivery(delivery)
    items: dict[str, UploadItem] = {}
    contents: dict[tuple[str, int, int], UploadItem] = {}
    for file in files:
        status = file.path.stat()
        item = _item(file, status.st_size, raw_prefix, delivery, compress)
        other = contents.setdefault((item.delivery, status.st_dev, status.st_ino), item)
        if other.key != item.key:
            raise ConfigurationError(
                f"{item.path} and {other.path} are the same file, so its rows would be delivered twice.",
                remedy="Name it once: no pattern may match a folder and the files in it.",
            )
        if item.key in items and other is item:
            raise ConfigurationError(
                f"{file.path} and {items[item.key].path} would both get the S3 key {item.key}.",
                remedy="Rename one, or upload them as different deliveries.",
            )
        items[item.key] = item
    return tuple(items[key] for key in sorted(items))


def _item(file: SourceFile, size_bytes: int, raw_prefix: str, delivery: str | None, compress: bool) -> UploadItem:
    path, below = file.path, file.below
    _refuse_unread(path, below)
    name, below = _place(path, below, delivery)
    _refuse_unread(path, below)
    _refuse_nested(path, below)
    compress = compress and not below.lower().endswith(_COMPRESSED)
    suffix = ".gz" if compress else ""
    if is_gzip(below):  # Spark and the job know the suffix in small letters alone
        below, suffix = below[: -len(".gz")], ".gz"
    key = f"{raw_prefix}delivery={name}/{below}{suffix}"
    if len(key.encode()) > _MOST_KEY_BYTES:
        raise ConfigurationError(
            f"{path} would get a key of {len(key.encode()):,} bytes, but S3 allows only {_MOST_KEY_BYTES:,}.",
            remedy="Shorten its name, or those of the folders above it.",
        )
    return UploadItem(path, key, size_bytes, name, compress)


def _refuse_unread(path: Path, below: str) -> None:
    """Refuse a name that crawlers and the job skip, or cannot list."""
    if _CONTROL_CHARACTER.search(below):
        raise ConfigurationError(
            f"{str(path)!r} has a control character in its name, which no crawler can list.", remedy="Rename the file."
        )
    why = why_left_out(below, size_bytes=1)  # files of no bytes are another matter: they are read, and have no rows
    if why is not None:
        raise ConfigurationError(
            f"{path} would be in the lake, but no run would read it: {why}. Nothing was uploaded.",
            remedy="Rename it if it is part of the delivery. "
            "Otherwise move it elsewhere, or name only the files to upload.",
        )


def _refuse_nested(path: Path, below: str) -> None:
    nested = [folder for folder in below.split("/")[:-1] if folder.lower().startswith("delivery=")]
    if nested:
        raise ConfigurationError(
            f"{path} is in {nested[0]} inside the folder of another delivery, so its delivery is ambiguous.",
            remedy="Leave out --delivery, or name that folder itself.",
        )


def _place(path: Path, below: str, delivery: str | None) -> tuple[str, str]:
    """The delivery of a file, and its path below the delivery's folder; a delivery that was named is the source."""
    if delivery is not None:
        return delivery, below
    # by its name, which may be a link to a folder of other deliveries; otherwise a link to the folder of one
    for parts in (Path(os.path.abspath(path)).parts, path.resolve().parts):  # noqa: PTH100  # Path.absolute keeps ..
        for index in range(len(parts) - 2, -1, -1):
            if found := _DELIVERY_FOLDER.fullmatch(parts[index]):
                return check_delivery(found.group(1)), "/".join(parts[index + 1 :])
    raise ConfigurationError(
        f"The delivery of {path} is not known.",
        remedy="Put it into a folder delivery=<name> (such as delivery=2024Q1), or name the delivery with --delivery.",
    )


def check_delivery(name: str) -> str:
    """The name of a delivery, if it is one.

    Raises:
        ConfigurationError: it would break the key.
    """
    if not _DELIVERY_NAME.fullmatch(name):
        raise ConfigurationError(
            f"'{name}' is not a valid name for a delivery.",
            remedy="Use letters, digits, '.', '_' and '-', such as 2024Q1.",
        )
    return name


def is_gzip(name: str) -> bool:
    """Whether a file's name ends in .gz, in any case."""
    return name.lower().endswith(".gz")

"""Fetches the files of a run from S3."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any

from boto3.exceptions import S3UploadFailedError
from botocore.exceptions import BotoCoreError, ClientError


class JobPreparationError(Exception):
    """The run cannot start; the message is for its ErrorMessage."""


def fetched_path(uri: str, folder: Path) -> Path:
    """The path to which `fetch` downloads an object."""
    return folder / PurePosixPath(split_uri(uri)[1]).name


def fetch(s3: Any, uri: str, folder: Path) -> Path:
    """Download one object into a folder, under its own name.

    Raises:
        JobPreparationError: the URI is not one of S3, or the download fails.
    """
    bucket, key = split_uri(uri)
    target = fetched_path(uri, folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        s3.download_file(bucket, key, str(target))
    except ClientError as error:
        raise JobPreparationError(
            f"Failed to download {uri}: {error.response['Error'].get('Message', error)}"
        ) from error
    except (BotoCoreError, OSError) as error:  # a name may be too long, or that of a folder
        raise JobPreparationError(f"Failed to download {uri}: {error}") from error
    return target


def fetch_all(s3: Any, uri: str, folder: Path) -> None:
    """Download an object, or all objects of a folder `s3://bucket/folder/` with the folders below it.

    Raises:
        JobPreparationError: the URI is not one of S3, there is nothing, or a download fails.
    """
    if not uri.endswith("/"):
        fetch(s3, uri, folder)
        return
    bucket, prefix = _bucket_and_key(uri)
    try:
        pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix))
    except (BotoCoreError, ClientError) as error:
        raise JobPreparationError(f"Failed to list {uri}: {error}") from error
    keys = [found["Key"] for page in pages for found in page.get("Contents", ()) if not found["Key"].endswith("/")]
    if not keys:
        raise JobPreparationError(f"Failed to download {uri}: there are no objects")
    for key in keys:
        below = PurePosixPath(key.removeprefix(prefix)).parent
        if ".." in below.parts or below.is_absolute():
            raise JobPreparationError(f"Failed to download s3://{bucket}/{key}: its name leads out of the folder")
        fetch(s3, f"s3://{bucket}/{key}", folder / below)


def upload(s3: Any, folder: Path, uri: str) -> None:
    """Put the files of a folder under a prefix.

    Raises:
        JobPreparationError: they cannot be written there.
    """
    try:
        bucket, prefix = _bucket_and_key(uri)
    except JobPreparationError as error:
        raise JobPreparationError(f"Not an S3 location: {uri}") from error
    try:
        for file in sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")):
            s3.upload_file(
                str(file), bucket, "/".join(filter(None, [prefix.strip("/"), file.relative_to(folder).as_posix()]))
            )
    except (BotoCoreError, ClientError, S3UploadFailedError) as error:
        raise JobPreparationError(f"Failed to write to {uri}: {error}") from error


def split_uri(uri: str) -> tuple[str, str]:
    """Split `s3://bucket/key`.

    Raises:
        JobPreparationError: it is not the URI of an S3 object, but for example that of a folder.
    """
    bucket, key = _bucket_and_key(uri)
    if not PurePosixPath(key).name or key.endswith("/"):
        raise JobPreparationError(f"Not the URI of an S3 object: {uri}")
    return bucket, key


def _bucket_and_key(uri: str) -> tuple[str, str]:
    scheme, _, place = uri.partition("://")  # not urlsplit: a key may have a ? or #
    bucket, _, key = place.partition("/")
    if scheme not in ("s3", "s3a", "s3n") or not bucket:
        raise JobPreparationError(f"Not the URI of an S3 object: {uri}")
    return bucket, key.lstrip("/")


def python_path(files: Iterable[Path]) -> list[str]:
    """List what extra Python files add to the path: an archive itself, a module's folder (G28)."""
    entries = []
    for file in files:
        entry = str(file if file.suffix in {".zip", ".egg", ".whl"} else file.parent)
        if entry not in entries:
            entries.append(entry)
    return entries

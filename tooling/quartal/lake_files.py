"""Files below a folder of the lake: objects of S3, or files of this machine for rehearsals without S3."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from quartal.errors import AwsError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_KEYS_PER_REQUEST = 1000  # the most that DeleteObjects takes


@dataclass(frozen=True, slots=True)
class LakeFile:
    """A file as a listing shows it: `path` is `bucket/key`, or the path on this machine."""

    path: str
    size_bytes: int
    modified: datetime


class LakeFiles(Protocol):
    """What maintenance needs of the place that holds the files."""

    def below(self, folder: str) -> tuple[LakeFile, ...]:
        """All files below a folder, given as URI."""

    def delete(self, files: Sequence[LakeFile]) -> None:
        """Remove files; those gone already do not matter."""


class S3Files:
    """Objects of S3."""

    def __init__(self, s3: S3Client) -> None:
        self._s3 = s3

    def below(self, folder: str) -> tuple[LakeFile, ...]:
        """See LakeFiles."""
        bucket, _, prefix = lake_path(folder).partition("/")
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix.rstrip('/')}/")
        return tuple(
            LakeFile(f"{bucket}/{entry['Key']}", entry["Size"], entry["LastModified"])
            for page in pages
            for entry in page.get("Contents", ())
        )

    def delete(self, files: Sequence[LakeFile]) -> None:
        """See LakeFiles.

        Raises:
            AwsError: S3 refused to delete one of them.
        """
        for start in range(0, len(files), _KEYS_PER_REQUEST):
            split = [file.path.partition("/") for file in files[start : start + _KEYS_PER_REQUEST]]
            for bucket in {bucket for bucket, _, _ in split}:
                keys = [key for of, _, key in split if of == bucket]
                answer = self._s3.delete_objects(
                    Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
                )
                for error in answer.get("Errors", ()):
                    raise AwsError(
                        f"s3://{bucket}/{error.get('Key')} was not deleted: {error.get('Message')}",
                        remedy="Maintenance needs s3:DeleteObject in the lake.",
                    )


class LocalFiles:
    """Files of this machine."""

    def below(self, folder: str) -> tuple[LakeFile, ...]:
        """See LakeFiles."""
        found = []
        for path in sorted(Path(lake_path(folder)).rglob("*")):
            if path.is_file():
                status = path.stat()
                found.append(LakeFile(str(path), status.st_size, datetime.fromtimestamp(status.st_mtime, UTC)))
        return tuple(found)

    def delete(self, files: Sequence[LakeFile]) -> None:
        """See LakeFiles."""
        for file in files:
            Path(file.path).unlink(missing_ok=True)


def lake_path(uri: str) -> str:
    """`bucket/key` or a local path, whichever way the URI is written; never decoded, so that names compare exactly."""
    scheme, separator, rest = uri.partition("://")
    if separator:
        return rest
    return uri.removeprefix("file:") if scheme.startswith("file:") else uri

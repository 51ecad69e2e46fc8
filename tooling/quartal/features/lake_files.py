"""Files below a folder of the lake: objects of S3, or files of this machine for rehearsals without S3."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from quartal.core.errors import AwsError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_KEYS_PER_REQUEST = 1000  # the most that DeleteObjects takes
_ATTEMPTS = 5
_BUSY = frozenset({"InternalError", "SlowDown", "ServiceUnavailable"})


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

    def __init__(self, s3: S3Client, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._s3 = s3
        self._sleep = sleep

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
            AwsError: S3 did not delete some of them; the others are gone.
        """
        refused: list[tuple[str, str, str]] = []
        for start in range(0, len(files), _KEYS_PER_REQUEST):
            split = [file.path.partition("/") for file in files[start : start + _KEYS_PER_REQUEST]]
            for bucket in sorted({bucket for bucket, _, _ in split}):
                refused += self._delete(bucket, [key for of, _, key in split if of == bucket])
        if refused:
            # What a person has to mend comes before what passes by itself.
            path, code, reason = min(refused, key=lambda each: each[1] in _BUSY)
            why = "S3 was too busy" if code in _BUSY else "The signed-in identity needs s3:DeleteObject in the lake"
            raise AwsError(
                f"s3://{path} was not deleted: {reason}; {len(refused)} of {len(files)} files stay.",
                remedy=f"{why}. Run the command again: what is gone is skipped.",
            )

    def _delete(self, bucket: str, keys: list[str]) -> list[tuple[str, str, str]]:
        """Delete objects and return those that stay, with code and reason; where S3 was too busy it is asked again.

        boto3 repeats a request that failed, but not the single keys that an answer calls failed.
        """
        for attempt in range(_ATTEMPTS):
            answer = self._s3.delete_objects(
                Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
            )
            errors = answer.get("Errors", ())
            if not errors or attempt == _ATTEMPTS - 1 or any(error.get("Code") not in _BUSY for error in errors):
                break
            keys = [error["Key"] for error in errors]
            self._sleep(0.2 * 2**attempt)
        return [
            (f"{bucket}/{error.get('Key')}", error.get("Code", ""), error.get("Message") or error.get("Code", ""))
            for error in errors
        ]


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

"""Files of the lake by URI: objects in S3, or files below a folder for rehearsals without any service."""

import json
import re
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from os import SEEK_END, stat_result
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

_LARGEST_PUT = 5 * 1000**3  # S3 takes no more in one call


@dataclass(frozen=True, slots=True, order=True)
class StoredFile:
    """A file as a listing shows it. ``etag`` changes when the content does; ``modified`` is seconds since 1970."""

    uri: str
    size_bytes: int
    etag: str
    modified: float


class ObjectStore(Protocol):
    """What the job needs of a place that holds files."""

    def list_files(self, prefix: str) -> tuple[StoredFile, ...]:
        """Files below the prefix in order of their names."""

    def read(self, uri: str, first_bytes: int | None = None) -> bytes:
        """The content, or its first bytes. Raises FileNotFoundError."""

    def read_end(self, uri: str, last_bytes: int) -> bytes:
        """The last bytes of the content, or all if there are fewer. Raises FileNotFoundError."""

    def open(self, uri: str, first_byte: int = 0) -> AbstractContextManager[BinaryIO]:
        """The content from a byte on, to be read once from there. Raises FileNotFoundError."""

    def write(self, uri: str, content: bytes) -> None:
        """Create or replace the file, whole or not at all."""

    def upload(self, uri: str, file: Path) -> str:
        """As ``write``, from a file of this machine; the etag of what was written."""

    def delete(self, uri: str) -> None:
        """Remove the file, if it is there."""


class S3ObjectStore:
    """Objects of S3."""

    def __init__(self, s3: "S3Client") -> None:
        self._s3 = s3

    def list_files(self, prefix: str) -> tuple[StoredFile, ...]:
        """See ObjectStore."""
        bucket, key = split_s3_uri(prefix)
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
        return tuple(
            StoredFile(
                uri=f"s3://{bucket}/{entry['Key']}",
                size_bytes=entry["Size"],
                etag=entry["ETag"].strip('"'),
                modified=entry["LastModified"].timestamp(),
            )
            for page in pages
            for entry in page.get("Contents", ())
        )

    def read(self, uri: str, first_bytes: int | None = None) -> bytes:
        """See ObjectStore."""
        return self._read(uri, None if first_bytes is None else f"bytes=0-{first_bytes - 1}")

    def read_end(self, uri: str, last_bytes: int) -> bytes:
        """See ObjectStore."""
        return self._read(uri, f"bytes=-{last_bytes}")

    def open(self, uri: str, first_byte: int = 0) -> AbstractContextManager[BinaryIO]:
        """See ObjectStore."""
        return closing(cast(BinaryIO, self._body(uri, f"bytes={first_byte}-" if first_byte else None)))

    def _read(self, uri: str, byte_range: str | None) -> bytes:
        return self._body(uri, byte_range).read()

    def _body(self, uri: str, byte_range: str | None) -> "StreamingBody":
        bucket, key = split_s3_uri(uri)
        try:
            if byte_range is None:
                return self._s3.get_object(Bucket=bucket, Key=key)["Body"]
            return self._s3.get_object(Bucket=bucket, Key=key, Range=byte_range)["Body"]
        except (self._s3.exceptions.NoSuchKey, self._s3.exceptions.NoSuchBucket) as error:
            raise FileNotFoundError(uri) from error

    def write(self, uri: str, content: bytes) -> None:
        """See ObjectStore."""
        bucket, key = split_s3_uri(uri)
        self._s3.put_object(Bucket=bucket, Key=key, Body=content)

    def upload(self, uri: str, file: Path) -> str:
        """See ObjectStore. What is too large for one call has an etag that nobody tells: it is none then."""
        bucket, key = split_s3_uri(uri)
        if file.stat().st_size > _LARGEST_PUT:
            self._s3.upload_file(str(file), bucket, key)
            return ""
        with file.open("rb") as content:
            return self._s3.put_object(Bucket=bucket, Key=key, Body=content)["ETag"].strip('"')

    def delete(self, uri: str) -> None:
        """See ObjectStore."""
        bucket, key = split_s3_uri(uri)
        self._s3.delete_object(Bucket=bucket, Key=key)


class LocalObjectStore:
    """Files of this machine, by ``file:`` URI or path. Size and time of change stand in for the etag."""

    def list_files(self, prefix: str) -> tuple[StoredFile, ...]:
        """See ObjectStore."""
        folder = local_path(prefix)
        found = []
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                status = path.stat()
                found.append(StoredFile(f"file://{path}", status.st_size, _local_etag(status), status.st_mtime))
        return tuple(found)

    def read(self, uri: str, first_bytes: int | None = None) -> bytes:
        """See ObjectStore."""
        with local_path(uri).open("rb") as file:
            return file.read(-1 if first_bytes is None else first_bytes)

    def read_end(self, uri: str, last_bytes: int) -> bytes:
        """See ObjectStore."""
        with local_path(uri).open("rb") as file:
            file.seek(-min(last_bytes, file.seek(0, SEEK_END)), SEEK_END)
            return file.read()

    def open(self, uri: str, first_byte: int = 0) -> AbstractContextManager[BinaryIO]:
        """See ObjectStore."""
        file = local_path(uri).open("rb")
        file.seek(first_byte)
        return file

    def write(self, uri: str, content: bytes) -> None:
        """See ObjectStore."""
        path = local_path(uri)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.part")
        unfinished.write_bytes(content)
        unfinished.replace(path)

    def upload(self, uri: str, file: Path) -> str:
        """See ObjectStore."""
        self.write(uri, file.read_bytes())
        return _local_etag(local_path(uri).stat())

    def delete(self, uri: str) -> None:
        """See ObjectStore."""
        local_path(uri).unlink(missing_ok=True)


class LakeFiles:
    """Sends each URI to the store that its scheme names.

    A task gets it with a client of its own, for the same region, made when an object is first asked for.
    """

    def __init__(self, s3: "S3Client | None", region: str | None = None) -> None:
        self._s3 = None if s3 is None else S3ObjectStore(s3)
        self._region = region if s3 is None else s3.meta.region_name
        self._local = LocalObjectStore()

    def __reduce__(self) -> tuple[type["LakeFiles"], tuple[None, str | None]]:
        """What is left of it on the way to a worker: clients stay where they are."""
        return LakeFiles, (None, self._region)

    def _store(self, uri: str) -> ObjectStore:
        if not uri.startswith("s3://"):
            return self._local
        if self._s3 is None:
            import boto3  # which takes a while, and local files do not need it

            self._s3 = S3ObjectStore(boto3.Session(region_name=self._region).client("s3"))
        return self._s3

    def list_files(self, prefix: str) -> tuple[StoredFile, ...]:
        """See ObjectStore."""
        return self._store(prefix).list_files(prefix)

    def read(self, uri: str, first_bytes: int | None = None) -> bytes:
        """See ObjectStore."""
        return self._store(uri).read(uri, first_bytes)

    def read_end(self, uri: str, last_bytes: int) -> bytes:
        """See ObjectStore."""
        return self._store(uri).read_end(uri, last_bytes)

    def open(self, uri: str, first_byte: int = 0) -> AbstractContextManager[BinaryIO]:
        """See ObjectStore."""
        return self._store(uri).open(uri, first_byte)

    def write(self, uri: str, content: bytes) -> None:
        """See ObjectStore."""
        self._store(uri).write(uri, content)

    def upload(self, uri: str, file: Path) -> str:
        """See ObjectStore."""
        return self._store(uri).upload(uri, file)

    def delete(self, uri: str) -> None:
        """See ObjectStore."""
        self._store(uri).delete(uri)


def _local_etag(status: stat_result) -> str:
    return f"{status.st_size:x}-{status.st_mtime_ns:x}"


def read_json(store: ObjectStore, uri: str) -> object:
    """A JSON document."""
    return json.loads(store.read(uri))


def split_s3_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of ``s3://bucket/key``."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def folder_uri(location: str) -> str:
    """A folder's URI as it begins those of the files in it, whichever way it is spelled, with a slash at its end."""
    if location.startswith("file:"):
        return f"file://{Path(re.sub(r'^file:(//(?=/))?', '', location))}/"
    return re.sub(r"^s3[an]://", "s3://", location).rstrip("/") + "/"


def local_path(uri: str) -> Path:
    """The path that a ``file://`` URI names, taken literally as Hadoop does; a plain path stays as it is."""
    return Path(uri.removeprefix("file://"))

"""Files of the lake by URI: objects in S3, or files below a folder for rehearsals without any service."""

import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from os import SEEK_END, stat_result
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    import boto3
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

_LARGEST_PUT = 5 * 1000**3  # S3 takes no more in one call
_KEYS_PER_REQUEST = 1000  # the most that DeleteObjects takes
_ATTEMPTS = 5
_CONTENT_RANGE = re.compile(r"bytes (?P<first>\d+)-(?P<last>\d+)/(?P<size>\d+)")
_BUSY = frozenset({"InternalError", "SlowDown", "ServiceUnavailable"})


@dataclass(frozen=True, slots=True, order=True)
class StoredFile:
    """A file as a listing shows it. ``etag`` changes when the content does; ``modified`` is seconds since 1970."""

    uri: str
    size_bytes: int
    etag: str
    modified: float


@dataclass(frozen=True, slots=True)
class Undeleted:
    """A file that was not removed, and why: the code of S3's answer and its words."""

    uri: str
    code: str
    reason: str

    @property
    def may_go_later(self) -> bool:
        """Whether S3 was only too busy."""
        return self.code in _BUSY


class UndeletedError(OSError):
    """Some files could not be deleted; the others were. ``files`` starts with those that need a person, not a retry."""

    def __init__(self, files: Sequence[Undeleted]) -> None:
        self.files = tuple(sorted(files, key=lambda file: file.may_go_later))
        super().__init__(f"{self.files[0].uri} was not deleted: {self.files[0].reason}")


class S3ObjectStore:
    """Objects in S3, through boto3.

    A task receives a copy with a client of its own for the same region, created when it is first used.

    Raises:
        FileNotFoundError: there is no such file to read or open.
        UndeletedError: something was not deleted; files that do not exist do not count.
    """

    def __init__(
        self, s3: "S3Client | None", region: str | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = s3
        self._region = region if s3 is None else s3.meta.region_name
        self._sleep = sleep

    def __reduce__(self) -> tuple[type["S3ObjectStore"], tuple[None, str | None]]:
        """The part that is sent to a worker: clients are not."""
        return S3ObjectStore, (None, self._region)

    @property
    def _s3(self) -> "S3Client":
        if self._client is None:
            import boto3  # which takes a while, and local files do not need it

            self._client = boto3.Session(region_name=self._region).client("s3")
        return self._client

    def list_files(self, prefix: str) -> tuple[StoredFile, ...]:
        """Files below the prefix in order of their names."""
        bucket, key = split_s3_uri(prefix)
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
        found = (entry for page in pages for entry in page.get("Contents", ()))
        return tuple(
            StoredFile(f"s3://{bucket}/{at['Key']}", at["Size"], at["ETag"].strip('"'), at["LastModified"].timestamp())
            for at in found
        )

    def read(self, uri: str, first_bytes: int | None = None) -> bytes:
        """The content, or its first bytes."""
        return self._body(uri, None if first_bytes is None else f"bytes=0-{first_bytes - 1}").read()

    def read_end(self, uri: str, last_bytes: int) -> bytes:
        """The last bytes of the content, or all if there are fewer."""
        return self._body(uri, f"bytes=-{last_bytes}").read()

    def open(self, uri: str, first_byte: int = 0) -> AbstractContextManager[BinaryIO]:
        """The content from a byte on, to be read once from there."""
        return closing(cast(BinaryIO, self._body(uri, f"bytes={first_byte}-" if first_byte else None)))

    def _body(self, uri: str, byte_range: str | None) -> "StreamingBody":
        bucket, key = split_s3_uri(uri)
        try:
            if byte_range is None:
                return self._s3.get_object(Bucket=bucket, Key=key)["Body"]
            answer = self._s3.get_object(Bucket=bucket, Key=key, Range=byte_range)
        except (self._s3.exceptions.NoSuchKey, self._s3.exceptions.NoSuchBucket) as error:
            raise FileNotFoundError(uri) from error
        except Exception as error:
            from botocore.exceptions import ClientError, ResponseStreamingError  # the command loads these when it calls
            from urllib3.exceptions import HTTPError

            if isinstance(error, ClientError):  # it does not name the file
                raise ClientError(error.response, f"GetObject of {uri}") from error
            if isinstance(error, HTTPError):  # of the body of a refusal, which botocore does not turn into its own
                raise ResponseStreamingError(error=error) from error
            raise
        _refuse_other_bytes(uri, byte_range, answer.get("ContentRange", "no range"))
        return answer["Body"]

    def write(self, uri: str, content: bytes) -> None:
        """Create or replace the file, whole or not at all."""
        bucket, key = split_s3_uri(uri)
        self._s3.put_object(Bucket=bucket, Key=key, Body=content)

    def upload(self, uri: str, file: Path) -> str:
        """As ``write``, from a file here; the etag of what was written, empty if that was too large for one call."""
        bucket, key = split_s3_uri(uri)
        if file.stat().st_size > _LARGEST_PUT:
            self._s3.upload_file(str(file), bucket, key)
            return ""
        with file.open("rb") as content:
            return self._s3.put_object(Bucket=bucket, Key=key, Body=content).get("ETag", "").strip('"')

    def delete_all(self, uris: Sequence[str]) -> None:
        """Remove files.

        Raises:
            UndeletedError: some files were not deleted; it names each of them, with the reason.
        """
        refused: list[Undeleted] = []
        for start in range(0, len(uris), _KEYS_PER_REQUEST):
            keys: dict[str, list[str]] = {}
            for bucket, key in map(split_s3_uri, uris[start : start + _KEYS_PER_REQUEST]):
                keys.setdefault(bucket, []).append(key)
            for bucket in sorted(keys):
                refused += self._delete_keys(bucket, keys[bucket])
        if refused:
            raise UndeletedError(refused)

    def delete_folder(self, uri: str) -> None:
        """Remove a folder and what is in it."""
        self.delete_all([file.uri for file in self.list_files(folder_uri(uri))])

    def _delete_keys(self, bucket: str, keys: list[str]) -> list[Undeleted]:
        """Delete objects and return those that remain; retry if S3 was too busy.

        boto3 repeats a request that failed, but not single keys that a response lists as failed.
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
            Undeleted(
                f"s3://{bucket}/{error.get('Key')}",
                error.get("Code", ""),
                error.get("Message") or error.get("Code", ""),
            )
            for error in errors
        ]


def _refuse_other_bytes(uri: str, requested: str, answered: str) -> None:
    """Refuse other bytes than requested: rows are counted from the first byte, so they would be lost or doubled.

    Raises:
        ResponseStreamingError: the answer is not the range that was asked for.
    """
    first, _, last = requested.removeprefix("bytes=").partition("-")
    found = _CONTENT_RANGE.fullmatch(answered)
    if found is not None:
        size = int(found["size"])
        from_byte = int(first) if first else max(0, size - int(last))
        to_byte = min(int(last), size - 1) if first and last else size - 1
        if (int(found["first"]), int(found["last"])) == (from_byte, to_byte):
            return
    from botocore.exceptions import ResponseStreamingError  # the command loads botocore's parts when it calls

    raise ResponseStreamingError(error=f"a request for {requested} of {uri} was answered with {answered}")


class LocalObjectStore:
    """Files of this machine, by ``file:`` URI or path. Size and modification time replace the etag."""

    def list_files(self, prefix: str) -> tuple[StoredFile, ...]:
        """See S3ObjectStore."""
        files = ((path, path.stat()) for path in sorted(local_path(prefix).rglob("*")) if path.is_file())
        return tuple(StoredFile(f"file://{path}", at.st_size, _local_etag(at), at.st_mtime) for path, at in files)

    def read(self, uri: str, first_bytes: int | None = None) -> bytes:
        """See S3ObjectStore."""
        with local_path(uri).open("rb") as file:
            return file.read(-1 if first_bytes is None else first_bytes)

    def read_end(self, uri: str, last_bytes: int) -> bytes:
        """See S3ObjectStore."""
        with local_path(uri).open("rb") as file:
            file.seek(-min(last_bytes, file.seek(0, SEEK_END)), SEEK_END)
            return file.read()

    def open(self, uri: str, first_byte: int = 0) -> AbstractContextManager[BinaryIO]:
        """See S3ObjectStore."""
        file = local_path(uri).open("rb")
        file.seek(first_byte)
        return file

    def write(self, uri: str, content: bytes) -> None:
        """See S3ObjectStore."""
        with _whole_file(uri) as unfinished:
            unfinished.write_bytes(content)

    def upload(self, uri: str, file: Path) -> str:
        """See S3ObjectStore."""
        with _whole_file(uri) as unfinished:
            shutil.copyfile(file, unfinished)
        return _local_etag(local_path(uri).stat())

    def delete_all(self, uris: Sequence[str]) -> None:
        """See S3ObjectStore."""
        for uri in uris:
            local_path(uri).unlink(missing_ok=True)

    def delete_folder(self, uri: str) -> None:
        """See S3ObjectStore."""
        with suppress(FileNotFoundError):
            shutil.rmtree(local_path(uri))


ObjectStore = S3ObjectStore | LocalObjectStore  # what the job needs of a place that holds files


@contextmanager
def _whole_file(uri: str) -> Iterator[Path]:
    """A path to write to, which becomes the file when it is complete."""
    path = local_path(uri)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.part")
    yield unfinished
    unfinished.replace(path)


def _local_etag(status: stat_result) -> str:
    return f"{status.st_size:x}-{status.st_mtime_ns:x}"


def open_store(uri: str, session: "boto3.Session") -> ObjectStore:
    """The store that a URI's scheme names, with the session's credentials and region."""
    return S3ObjectStore(session.client("s3")) if uri.startswith("s3://") else LocalObjectStore()


def split_s3_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of ``s3://bucket/key``."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def folder_uri(location: str) -> str:
    """A folder's URI as a prefix of the URIs of its files, however it is written, with a slash at its end."""
    if location.startswith("file:"):
        return f"file://{Path(re.sub(r'^file:(//(?=/))?', '', location))}/"
    return re.sub(r"^s3[an]://", "s3://", location).rstrip("/") + "/"


def local_path(uri: str) -> Path:
    """The path that a ``file://`` URI names, taken literally as Hadoop does; a path stays as it is.

    Raises:
        OSError: the URI names another place, such as S3.
    """
    path = uri.removeprefix("file://")
    if "://" in path:
        raise OSError(f"{uri} is not a file on this machine, but the lake is a folder on this machine")
    return Path(path)

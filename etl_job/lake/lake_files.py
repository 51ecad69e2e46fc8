"""The files of a lake, wherever they lie: each URI goes to the store that its scheme names."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from etl_job.lake.files import LocalObjectStore, ObjectStore, S3ObjectStore, StoredFile

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


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

    def delete_all(self, uris: Sequence[str]) -> None:
        """See ObjectStore."""
        for is_s3 in (True, False):
            of_store = [uri for uri in uris if uri.startswith("s3://") is is_s3]
            if of_store:
                self._store(of_store[0]).delete_all(of_store)

    def delete_folder(self, uri: str) -> None:
        """See ObjectStore."""
        self._store(uri).delete_folder(uri)

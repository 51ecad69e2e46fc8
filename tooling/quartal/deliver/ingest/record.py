"""How an ingest cut its rows and which chunks are done, `deliveries/<dataset>/<delivery>/<name>.json`.

A chunk's file is named by its number, so a later try must cut as the first one did. It is written after the delivery's
manifest: a chunk that it calls done is in the manifest too.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from quartal.contracts.model import FileFormat
from quartal.core.errors import ConfigurationError, UploadError
from quartal.core.failed_calls import Effect, call_effect, describe_error
from quartal.core.typed_records import ONLY_ITS_FIELDS, read_record_of
from quartal.deliver.ingest.table_chunks import Key
from quartal.deliver.upload.write_outcome import CALL_ERRORS, check_stored, is_conflict, read_object, require_etag

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_VERSION = 1
_WRITE = "quartal-write"  # metadata by which a write is known that has landed without an answer
# a datetime is a date too, a boolean an integer: the exact type decides
_WRITTEN: dict[type, Callable[[str], Any]] = {
    str: str,
    int: int,
    float: float,
    Decimal: Decimal,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
    UUID: UUID,
}
_BY_NAME = {kind.__name__: read for kind, read in _WRITTEN.items()}


@dataclass(frozen=True, slots=True)
class IngestSource:
    """The parts of an ingest that must be the same for a later attempt to continue it.

    Attributes:
        database: its address, without user and password.
        reads: the table or the query.
        key: columns that cut it into chunks.
        chunk_rows: rows per chunk.
        gzip: whether the files are compressed with it.
        format: the format of the files, in the contract's terms; CSV if an older record has none.
        trims: whether the padding of char(n) is stripped.
    """

    __pydantic_config__ = ONLY_ITS_FIELDS

    database: str
    reads: str
    key: tuple[str, ...]
    chunk_rows: int
    gzip: bool
    format: str = FileFormat.CSV.value
    trims: bool = False


@dataclass(frozen=True, slots=True)
class ChunkDone:
    """A chunk that is in the lake: how many rows it has, and the CRC-64/NVME of its file before gzip."""

    __pydantic_config__ = ONLY_ITS_FIELDS

    rows: int
    source_crc64nvme: str


@dataclass(frozen=True, slots=True)
class IngestRecord:
    """The state of an ingest.

    Attributes:
        source: the rows and options.
        layout: hash of the files' layout.
        bounds: the first key of each chunk but the first.
        read_at: the times of the database states that the chunks show (ISO 8601, UTC); several after an interruption.
        done: the chunks that are in the lake, by number.
        complete: whether these are all chunks.
    """

    __pydantic_config__ = ONLY_ITS_FIELDS

    source: IngestSource
    layout: str
    bounds: tuple[Key, ...]
    read_at: tuple[str, ...] = ()
    done: dict[int, ChunkDone] = field(default_factory=dict)
    complete: bool = False

    def as_json(self) -> dict[str, Any]:
        """The record as it is stored."""
        return {
            "version": _VERSION,
            "source": asdict(self.source),
            "layout": self.layout,
            "bounds": [[[type(value).__name__, str(value)] for value in key] for key in self.bounds],
            "read_at": self.read_at,
            "done": {str(number): asdict(self.done[number]) for number in sorted(self.done)},
            "complete": self.complete,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> IngestRecord:
        """Read the output of `as_json`.

        Raises:
            ValueError, TypeError, KeyError, AttributeError, ArithmeticError: it is anything else, or of another
                version.
        """
        fields = dict(data)
        if (version := fields.pop("version")) is True or version != _VERSION:
            raise ValueError(f"its version is {version!r}, not {_VERSION}")
        record = read_record_of(cls, json.dumps(fields))
        bounds = (tuple(_BY_NAME[kind](text) for kind, text in key) for key in record.bounds)
        return replace(record, bounds=tuple(bounds))

    def with_done(self, done: dict[int, ChunkDone]) -> IngestRecord:
        """The record with more chunks."""
        return replace(self, done={**self.done, **done})


def check_bounds(bounds: tuple[Key, ...], key: tuple[str, ...]) -> None:
    """Whether the bounds can be kept for a later try.

    Raises:
        ConfigurationError: a key column is of another type.
    """
    for bound in bounds:
        for name, value in zip(key, bound, strict=True):
            if type(value) not in _WRITTEN:
                raise ConfigurationError(
                    f"The key column {name} is of type {type(value).__name__}, which cannot divide rows into chunks.",
                    remedy="Name another with --key, or cast it in --query: numbers, texts, dates and UUIDs work.",
                )


class RecordStore:
    """Reads and writes the record of one ingest, and notices when another ingest writes it too."""

    def __init__(self, s3: S3Client, bucket: str, key: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._key = key
        self._etag: str | None = None

    def read(self) -> IngestRecord | None:
        """The record; None if there is none.

        Raises:
            UploadError: the object is not a record.
        """
        found = read_object(self._s3, self._bucket, self._key)
        if found is None:
            return None
        self._etag = found.etag
        try:
            return IngestRecord.from_json(json.loads(found.content))
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError) as error:
            raise UploadError(
                f"s3://{self._bucket}/{self._key} is not a record of an ingest: {error}",
                remedy="Delete that object and the files of the ingest, then ingest again.",
            ) from error

    def write(self, record: IngestRecord) -> None:
        """Write the record.

        Raises:
            UploadError: another ingest has written it since, or it could not be written or looked at.
            ClientError, BotoCoreError: S3 refuses the write.
        """
        mark = {_WRITE: secrets.token_hex(8)}
        body = json.dumps(record.as_json(), indent=1).encode()
        try:
            if self._etag is None:
                answer = self._s3.put_object(
                    Bucket=self._bucket, Key=self._key, Body=body, Metadata=mark, IfNoneMatch="*"
                )
            else:
                answer = self._s3.put_object(
                    Bucket=self._bucket, Key=self._key, Body=body, Metadata=mark, IfMatch=self._etag
                )
            self._etag = require_etag(answer, "PutObject")
        except CALL_ERRORS as error:
            if not is_conflict(error) and call_effect(error) is Effect.REFUSED:
                raise
            found = check_stored(
                lambda: read_object(self._s3, self._bucket, self._key), f"s3://{self._bucket}/{self._key}", error
            )
            if found is not None and found.metadata.get(_WRITE) == mark[_WRITE]:
                self._etag = found.etag  # it was this write, whose answer was lost
                return
            if found is None or not is_conflict(error):
                raise UploadError(
                    f"s3://{self._bucket}/{self._key} was not written: {describe_error(error)}",
                    remedy="Run the same command again: it continues with the missing chunks.",
                ) from error
            raise UploadError(
                f"Another ingest is writing the same files: s3://{self._bucket}/{self._key} has changed.",
                remedy="Wait until it ends, or give this one another name with --name.",
            ) from error

"""One reader per format, and the parts of files that it reads one by one."""

import gzip
import zlib
from collections.abc import Iterator, Sequence

import pyarrow as pa

from etl_job.contract.file_formats import FileFormat
from etl_job.contract.model import Contract
from etl_job.lake.files import ObjectStore
from etl_job.reading import parts
from etl_job.reading.batches import Source, TextBatch
from etl_job.reading.csv_rows import csv_batches
from etl_job.reading.decoding import UTF_16
from etl_job.reading.json_rows import json_batches
from etl_job.reading.other_kinds import OtherKindError
from etl_job.reading.parquet_rows import parquet_batches
from etl_job.reading.parts import RawPart, split_files

# Errors of files with another content than their name says. Errors of a store differ and are retried.
_OF_PACKED = (gzip.BadGzipFile, EOFError, zlib.error, parts.LongLineError)
_OF_PARQUET = (OSError, pa.ArrowInvalid, pa.ArrowNotImplementedError)


class DamagedFileError(Exception):
    """A file cannot be read to its end; ``reason`` continues "the file ..."."""

    def __init__(self, uri: str, reason: str) -> None:
        super().__init__(uri, reason)
        self.uri, self.reason = uri, reason


def read_batches(store: ObjectStore, part: RawPart, source: Source, contract: Contract) -> Iterator[TextBatch]:
    """The rows of a part of a file, many at a time.

    Raises:
        DamagedFileError: the file ends early, cannot be unpacked, or is of another kind.
        FileNotFoundError: it is not there any more.
    """
    is_parquet = contract.files.format is FileFormat.PARQUET
    damage = _OF_PARQUET if is_parquet else _OF_PACKED
    try:
        if is_parquet:
            yield from parquet_batches(store, part, source, contract)
        elif contract.files.format is FileFormat.JSON_LINES:
            yield from json_batches(store, part, contract)
        else:
            yield from csv_batches(store, part, source, contract)
    except FileNotFoundError:  # an OSError, but not Arrow's word for what it cannot make sense of
        raise
    except OtherKindError as error:
        raise DamagedFileError(part.uri, str(error)) from error
    except damage as error:
        detail = " ".join(str(error).split())[:200] or type(error).__name__
        verb = "unpacked" if part.uri.endswith(".gz") else "read"
        reason = f"cannot be {verb}: it is damaged or cut off: deliver it again ({detail})"
        raise DamagedFileError(part.uri, reason) from error


def raw_parts(sources: Sequence[Source], contract: Contract, tasks: int) -> tuple[RawPart, ...]:
    """The parts of files, of about equal size; for much data, enough for this number of tasks."""
    if contract.files.format is FileFormat.PARQUET:
        return tuple(part for source in sources for part in _row_groups(source))
    form = contract.csv
    is_csv = contract.files.format is FileFormat.CSV
    are_whole = is_csv and (form.multi_line or form.encoding == UTF_16)
    return split_files([(source.uri, source.size_bytes) for source in sources], tasks, are_whole)


def _row_groups(source: Source) -> Iterator[RawPart]:
    """Row groups of a Parquet file, grouped into parts."""
    groups = source.header.group_rows
    at_once = max(1, len(groups) * parts.PART_BYTES // max(1, source.size_bytes))
    for start in range(0, len(groups), at_once):
        end = min(start + at_once, len(groups))
        yield RawPart(source.uri, source.file, start, end, first_row=sum(groups[:start]))

"""The start of an ingest: its rows, its chunks, and the results of an earlier attempt."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from quartal.contracts.model import Contract, FileFormat
from quartal.core.errors import ConfigurationError, IngestError
from quartal.deliver.ingest.chunk_file import ChunkLayout
from quartal.deliver.ingest.csv_chunk import CsvLayout
from quartal.deliver.ingest.postgresql_dates import is_beyond_calendar
from quartal.deliver.ingest.record import IngestRecord, IngestSource, RecordStore
from quartal.deliver.ingest.relation import Relation
from quartal.deliver.ingest.table_chunks import Key, KeyRange, even_bounds, walked_bounds
from quartal.deliver.upload.delivery_manifest import DeliveredFile
from quartal.deliver.upload.transfer import StoredObject


def build_layout(contract: Contract, present: Sequence[str], *, compress: bool) -> ChunkLayout:
    """The layout of files by the contract, with the columns that are present.

    Args:
        contract: of the dataset; its files are CSV or Parquet.
        present: names of columns.
        compress: whether to compress files with gzip.

    Raises:
        ConfigurationError: Parquet files would be compressed twice.
    """
    if contract.files.format is not FileFormat.PARQUET:
        return CsvLayout.of_contract(contract, present, compress=compress)
    if compress:
        raise ConfigurationError(
            f"The contract of {contract.dataset} requires Parquet files, which gzip does not make smaller.",
            remedy="Leave out --gzip: the columns of a Parquet file are compressed with zstd.",
        )
    from quartal.deliver.ingest.parquet_chunk import ParquetLayout  # which needs Arrow

    return ParquetLayout.of_contract(contract, present)


def is_done(record: IngestRecord, chunk: KeyRange, known: DeliveredFile | None, there: StoredObject | None) -> bool:
    """Whether the record, the manifest and the bucket agree that a chunk was delivered."""
    done = record.done.get(chunk.number)
    return (
        done is not None
        and known is not None
        and there is not None
        and known.source_crc64nvme == done.source_crc64nvme
        and (known.etag, known.size_bytes) == (there.etag, there.size_bytes)
    )


def earlier_try(records: RecordStore, source: IngestSource, delivery: str) -> IngestRecord | None:
    """The record of an earlier attempt at the same ingest; None if there is none.

    Raises:
        ConfigurationError: the delivery has an ingest of this name with other rows, or other chunks.
    """
    earlier = records.read()
    if earlier is None or earlier.source == source:
        return earlier
    names = {"database": "database", "reads": "--table or --query", "key": "--key"}
    names |= {
        "chunk_rows": "--chunk-rows",
        "gzip": "--gzip",
        "format": "the contract's files.format",
        "trims": "--trim-char",
    }
    differing = [name for name in names if getattr(earlier.source, name) != getattr(source, name)]
    raise ConfigurationError(
        f"Delivery {delivery} holds an ingest of this name with other options. Nothing was sent.",
        remedy="Its rows would count twice. Use the same options, another --delivery, or another --name.",
        details=tuple(f"{names[name]} was: {_key_text(getattr(earlier.source, name))}" for name in differing),
    )


def _key_text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def rows_to_read(relation: Relation, reader: Connection) -> int:
    """The number of rows.

    Raises:
        IngestError: there are no rows.
        ConfigurationError: some rows have no key.
    """
    rows, without_key = relation.count(reader)
    if rows == 0:
        raise IngestError(
            f"{relation.reads} holds no rows: there is nothing to deliver.", remedy="Check the table, or the query."
        )
    if without_key:
        raise ConfigurationError(
            f"{without_key} of {rows} rows have no value in {', '.join(relation.key)}, so no chunk would contain them.",
            remedy="Name another key with --key, or exclude those rows in --query.",
        )
    return rows


def find_bounds(relation: Relation, reader: Connection, rows: int, chunk_rows: int) -> tuple[Key, ...]:
    """The first keys of the chunks: evenly spread over a key of whole numbers, else counted off along the key.

    Raises:
        ConfigurationError: the key has a value outside Python's calendar.
        DBAPIError: the database refuses or does not answer.
    """
    if rows <= chunk_rows:
        return ()
    try:
        return _find_bounds(relation, reader, rows, chunk_rows)
    except DBAPIError as error:
        if not is_beyond_calendar(error):
            raise
        raise ConfigurationError(
            f"The key column {', '.join(relation.key)} holds a value that is not a day in the years 1 to 9999: "
            f"{error.orig}.",
            remedy="Name another key with --key, or convert the value in --query.",
        ) from error


def _find_bounds(relation: Relation, reader: Connection, rows: int, chunk_rows: int) -> tuple[Key, ...]:
    if len(relation.key) == 1:
        lowest, highest = relation.extremes(reader)
        if type(lowest) is int and type(highest) is int:
            even = even_bounds(lowest, highest, rows, chunk_rows)
            if even is not None:
                return tuple(even)
    return tuple(walked_bounds(lambda last, step: relation.next_key(reader, last, step), chunk_rows))

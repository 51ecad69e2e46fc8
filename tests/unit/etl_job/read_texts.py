"""What the job's readers find in files, as plain rows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from etl_job.contract.model import Contract
from etl_job.lake.files import LocalObjectStore
from etl_job.reading.batches import Source
from etl_job.reading.headers import read_headers
from etl_job.reading.readers import raw_parts, read_batches


def texts_in(folder: Path, contract: Contract, suffix: str = "") -> list[tuple[str | None, ...]]:
    """The texts of the contract's columns in its order, None for missing ones; each row must be whole."""
    store = LocalObjectStore()
    files = [file for file in store.list_files(f"file://{folder}") if file.uri.endswith(suffix)]
    headers = read_headers(store, contract, [file.uri for file in files])
    sources = [
        Source(file.uri, number, "d", file.size_bytes, headers[file.uri], date(2100, 1, 1))
        for number, file in enumerate(files)
    ]
    found: list[tuple[str | None, ...]] = []
    for part in raw_parts(sources, contract, tasks=1):
        for batch in read_batches(store, part, sources[part.file], contract):
            assert (batch.malformed, batch.undecodable) == (None, None)
            columns = (batch.texts[column.name].to_pylist() for column in contract.columns)
            found += (tuple(text or None for text in row) for row in zip(*columns, strict=True))
    return found

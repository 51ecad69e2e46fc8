"""Reads the records that the job keeps in the properties of tables and snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from quartal.core.errors import PipelineError

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot

_Record = TypeVar("_Record")


def summary_value(snapshot: Snapshot, name: str) -> str | None:
    """A value of a snapshot's summary; None if it has none."""
    return snapshot.summary.additional_properties.get(name) if snapshot.summary else None


def deliveries_of_snapshot(table: Table, snapshot: Snapshot, name: str) -> tuple[str, ...]:
    """A record in a snapshot's summary that lists deliveries; empty if it has none.

    Raises:
        PipelineError: the record is no list of names.
    """
    from etl_job.tables.json_properties import read_list  # which help need not load

    return _of_snapshot(read_list, table, snapshot, name)


def day_of_snapshot(table: Table, snapshot: Snapshot, name: str) -> date | None:
    """A record in a snapshot's summary that is a day; None if it has none.

    Raises:
        PipelineError: the record is no day.
    """
    from etl_job.tables.json_properties import read_day  # which help need not load

    return _of_snapshot(read_day, table, snapshot, name)


def id_of_snapshot(table: Table, snapshot: Snapshot, name: str) -> int | None:
    """A record in a snapshot's summary that is the id of another snapshot; None if it has none.

    Raises:
        PipelineError: the record is no whole number.
    """
    from etl_job.tables.json_properties import read_snapshot_id  # which help need not load

    return _of_snapshot(read_snapshot_id, table, snapshot, name)


def texts_by_delivery(table: Table, name: str) -> dict[str, str]:
    """A property of a table that has a text for each delivery; empty if the table lacks it.

    Raises:
        PipelineError: the property is anything else.
    """
    from etl_job.tables.json_properties import read_texts  # which help need not load

    with _as_pipeline_error():
        return read_texts(table.properties, name, ".".join(table.name()))


def _of_snapshot(
    read: Callable[[Mapping[str, str], str, str], _Record], table: Table, snapshot: Snapshot, name: str
) -> _Record:
    properties = snapshot.summary.additional_properties if snapshot.summary else {}
    with _as_pipeline_error():
        return read(properties, name, f"snapshot {snapshot.snapshot_id} of {'.'.join(table.name())}")


@contextmanager
def _as_pipeline_error() -> Iterator[None]:
    from etl_job.errors import TableRecordError  # which help need not load

    try:
        yield
    except TableRecordError as error:
        raise PipelineError(
            f"Property {error.name} of {error.table} is not what the job wrote: {error.value!r}.",
            remedy="Set it to its value in an earlier metadata file of the table, or drop the table and run "
            "`quartal run`.",
        ) from error

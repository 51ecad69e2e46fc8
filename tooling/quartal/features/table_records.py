"""Reads the records that the job keeps in the properties of tables and in the summaries of their snapshots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, TypeVar

from quartal.core.errors import PipelineError

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot

_Record = TypeVar("_Record")
_Read = Callable[[Mapping[str, str], str, str], _Record]


def summary_value(snapshot: Snapshot, name: str) -> str | None:
    """A value of a snapshot's summary; None if it has none."""
    return _summary(snapshot).get(name)


def run_of_snapshot(snapshot: Snapshot) -> str | None:
    """The run that committed a snapshot; None if it is not the job's."""
    from etl_job.tables.property_names import RUN  # which help need not load

    return summary_value(snapshot, RUN)


def source_snapshot(features: Table, snapshot: Snapshot) -> int | None:
    """The snapshot of the curated table that features were computed from; None if it is not recorded.

    Raises:
        PipelineError: the record is no whole number.
    """
    from etl_job.tables.property_names import SOURCE_SNAPSHOT
    from etl_job.tables.property_values import read_snapshot_id  # which help need not load

    return _of_snapshot(read_snapshot_id, features, snapshot, SOURCE_SNAPSHOT)


def quarter_of_tag(snapshot: Snapshot) -> str | None:
    """The quarter whose tag names the snapshot; None if it is no quarter's."""
    from etl_job.tables.property_names import AS_OF_QUARTER  # which help need not load

    return summary_value(snapshot, AS_OF_QUARTER)


def recorded_last_day(features: Table, snapshot: Snapshot) -> date | None:
    """The last day with rows in a quarter's snapshot; None if it is not recorded, or has no rows.

    Raises:
        PipelineError: the record is no day.
    """
    from etl_job.tables.property_names import DAYS_TO
    from etl_job.tables.property_values import read_day  # which help need not load

    return _of_snapshot(read_day, features, snapshot, DAYS_TO)


def later_deliveries(features: Table, snapshot: Snapshot) -> tuple[str, ...]:
    """Deliveries of later quarters that added rows to a quarter's snapshot, or may have taken some from it.

    Raises:
        PipelineError: the record is no list of names.
    """
    from etl_job.tables.property_names import LATER_DELIVERIES
    from etl_job.tables.property_values import read_list  # which help need not load

    return _of_snapshot(read_list, features, snapshot, LATER_DELIVERIES)


def correcting_deliveries(features: Table, snapshot: Snapshot) -> tuple[str, ...]:
    """Deliveries that changed days of a quarter after it was first published.

    Raises:
        PipelineError: the record is no list of names.
    """
    from etl_job.tables.property_names import CORRECTED_BY
    from etl_job.tables.property_values import read_list  # which help need not load

    return _of_snapshot(read_list, features, snapshot, CORRECTED_BY)


def key_register_folders(curated: Table) -> Mapping[str, str]:
    """The folder with the keys of each delivery; empty if the table lacks the record.

    Raises:
        PipelineError: the record is anything else.
    """
    from etl_job.tables.property_names import KEY_REGISTERS  # which help need not load

    return _texts_by_delivery(curated, KEY_REGISTERS)


def bad_row_runs(curated: Table) -> Mapping[str, str]:
    """The run whose folder holds the bad rows, for each delivery that has some; empty if the table lacks the record.

    Raises:
        PipelineError: the record is anything else.
    """
    from etl_job.tables.property_names import QUARANTINE  # which help need not load

    return _texts_by_delivery(curated, QUARANTINE)


def _texts_by_delivery(table: Table, name: str) -> Mapping[str, str]:
    from etl_job.tables.property_values import read_texts  # which help need not load

    return _read(read_texts, table.properties, name, ".".join(table.name()))


def _of_snapshot(read: _Read[_Record], table: Table, snapshot: Snapshot, name: str) -> _Record:
    title = f"snapshot {snapshot.snapshot_id} of {'.'.join(table.name())}"
    return _read(read, _summary(snapshot), name, title)


def _read(read: _Read[_Record], properties: Mapping[str, str], name: str, title: str) -> _Record:
    from etl_job.errors import TableRecordError  # which help need not load

    try:
        return read(properties, name, title)
    except TableRecordError as error:
        raise PipelineError(
            f"Property {error.name} of {error.table} is not what the job wrote: {error.value!r}.",
            remedy="Set it to its value in an earlier metadata file of the table, or drop the table and run "
            "`quartal run`.",
        ) from error


def _summary(snapshot: Snapshot) -> Mapping[str, str]:
    return snapshot.summary.additional_properties if snapshot.summary else {}

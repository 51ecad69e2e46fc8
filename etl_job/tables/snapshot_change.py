"""A change of one Iceberg table, and the records of earlier changes in its snapshots."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from pyiceberg.conversions import from_bytes
from pyiceberg.expressions import BooleanExpression, GreaterThanOrEqual, In
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.refs import SnapshotRefType
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.types import DateType
from pyiceberg.utils.datetime import days_to_date

from etl_job.tables.property_names import PREVIOUS, PROCESSED, RUN, SOURCE_SNAPSHOT, WITHDRAWN, WITHDRAWN_FILES
from etl_job.tables.property_values import Reader, read_list, read_snapshot_id, read_texts

if TYPE_CHECKING:
    from etl_job.tables.quarter_tags import QuarterTag

_Value = TypeVar("_Value")
RUN_TAGS_KEPT = 20  # five years of one run a quarter; each holds on to the files of its snapshot


@dataclass(frozen=True, slots=True)
class Replacement:
    """A change of one table: the rows that ``removed`` selects are deleted, the files added.

    ``quarter_tags`` are set again, each on a snapshot that holds no day after its quarter. ``run_id`` becomes a tag of
    the whole result; only the newest such tags are kept. ``source_snapshot`` is that of the table that the rows were
    computed from. ``processed`` and ``withdrawn`` name the deliveries that change; ``withdrawn_files`` has a digest of
    the files of withdrawn ones.
    """

    removed: BooleanExpression
    files: Sequence[str]
    run_id: str
    quarter_tags: Sequence["QuarterTag"] = ()
    source_snapshot: int | None = None
    table_properties: Mapping[str, str] = field(default_factory=dict)
    processed: Sequence[str] = ()
    withdrawn: Sequence[str] = ()
    withdrawn_files: Mapping[str, str] = field(default_factory=dict)

    def properties(self, previous: Snapshot | None) -> dict[str, str]:
        """The properties of the new snapshots. ``previous`` is the snapshot before the change."""
        found = {RUN: self.run_id}
        if previous is not None:
            found[PREVIOUS] = str(previous.snapshot_id)
        if self.source_snapshot is not None:
            found[SOURCE_SNAPSHOT] = str(self.source_snapshot)
        for name, deliveries in ((PROCESSED, self.processed), (WITHDRAWN, self.withdrawn)):
            if deliveries:
                found[name] = json.dumps(list(deliveries))
        if self.withdrawn_files:
            found[WITHDRAWN_FILES] = json.dumps(dict(self.withdrawn_files))
        return found


@dataclass(frozen=True, slots=True)
class Changes:
    """The changes of deliveries in some snapshots of the curated table.

    ``withdrawn_files`` has a digest of the files that a withdrawn delivery had then.
    """

    processed: frozenset[str]
    withdrawn: frozenset[str]
    withdrawn_files: Mapping[str, str] = field(default_factory=dict)


def is_one_of(column: str, values: Sequence[str]) -> BooleanExpression:
    """Rows whose column has one of these values."""
    return In(column, values)  # type: ignore[arg-type, call-arg]


def from_on(column: str, value: str) -> BooleanExpression:
    """Rows whose column has this value or one that sorts after it."""
    return GreaterThanOrEqual(column, value)  # type: ignore[arg-type, call-arg]


def changes_since(table: TableMetadata, snapshot_id: int | None) -> Changes | None:
    """The changes of runs since a snapshot; None if they are unknown, for example after a rollback."""
    return _changes_between(table, snapshot_id, table.current_snapshot_id)


def changes_taken_back(table: TableMetadata) -> Changes | None:
    """The changes of runs after the current snapshot: somebody set the table back to it. None if some are unknown."""
    current = table.current_snapshot()
    now = (current.sequence_number if current else None) or 0
    later = [
        snapshot
        for snapshot in table.snapshots
        if noted(snapshot, RUN) is not None and (snapshot.sequence_number or 0) > now
    ]
    if not later:
        return Changes(frozenset(), frozenset())
    newest = max(later, key=lambda snapshot: snapshot.sequence_number or 0)
    return _changes_between(table, table.current_snapshot_id, newest.snapshot_id)


def _changes_between(table: TableMetadata, snapshot_id: int | None, newest: int | None) -> Changes | None:
    processed: set[str] = set()
    withdrawn: set[str] = set()
    files: dict[str, str] = {}
    reached = newest
    while reached is not None and reached != snapshot_id:
        snapshot = table.snapshot_by_id(reached)
        if snapshot is None or noted(snapshot, RUN) is None:
            return None
        # The newest word holds: snapshots are visited from the newest on.
        processed.update(set(noted_as(read_list, table, snapshot, PROCESSED)) - withdrawn)
        withdrawn.update(set(noted_as(read_list, table, snapshot, WITHDRAWN)) - processed)
        files = {**noted_as(read_texts, table, snapshot, WITHDRAWN_FILES), **files}
        reached = noted_as(read_snapshot_id, table, snapshot, PREVIOUS) or snapshot.parent_snapshot_id
    return Changes(frozenset(processed), frozenset(withdrawn), files) if reached == snapshot_id else None


def is_last_of_its_run(table: TableMetadata) -> bool:
    """Whether no later snapshot is of the same run, and of the same source, as the current one."""
    current = table.current_snapshot()
    run = noted(current, RUN)
    return current is None or not any(
        noted(each, RUN) == run
        and noted(each, SOURCE_SNAPSHOT) == noted(current, SOURCE_SNAPSHOT)
        and (each.sequence_number or 0) > (current.sequence_number or 0)
        for each in table.snapshots
        if run is not None
    )


def branch_names(table: TableMetadata) -> frozenset[str]:
    """The names of all branches."""
    return frozenset(name for name, ref in table.refs.items() if ref.snapshot_ref_type == SnapshotRefType.BRANCH)


def outlived_run_tags(table: TableMetadata, newest: str) -> list[str]:
    """The tags of runs that are more than ``RUN_TAGS_KEPT`` runs old.

    A tag belongs to a run if the snapshot that it names records that this run made it. All other tags, and all
    branches, belong to somebody else: they are kept forever, like those of quarters.
    """
    by_id = {snapshot.snapshot_id: snapshot for snapshot in table.snapshots}
    tags = {name: ref.snapshot_id for name, ref in table.refs.items() if ref.snapshot_ref_type == SnapshotRefType.TAG}
    runs = [
        (by_id[snapshot].sequence_number or 0, by_id[snapshot].timestamp_ms, name)  # a clock may be set back
        for name, snapshot in tags.items()
        if name != newest and noted(by_id[snapshot], RUN) == name
    ]
    return [name for *_, name in sorted(runs, reverse=True)[RUN_TAGS_KEPT - 1 :]]


def noted(snapshot: Snapshot | None, name: str) -> str | None:
    """The snapshot's record under this name."""
    return _properties(snapshot).get(name)


def noted_as(read: Reader[_Value], table: TableMetadata, snapshot: Snapshot | None, name: str) -> _Value:
    """The snapshot's record under this name, read by one of ``property_values``.

    Raises:
        TableRecordError: the record is not what the job wrote.
    """
    title = f"snapshot {snapshot.snapshot_id if snapshot else None} of {table.location}"
    return read(_properties(snapshot), name, title)


def _properties(snapshot: Snapshot | None) -> Mapping[str, str]:
    return snapshot.summary.additional_properties if snapshot and snapshot.summary else {}


def decode_day(bound: bytes) -> date:
    """The day of a bound in a file's statistics."""
    days: Any = from_bytes(DateType(), bound)
    return days_to_date(days)

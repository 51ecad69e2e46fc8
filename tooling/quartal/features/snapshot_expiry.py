"""Expires snapshots without a tag or branch, and refuses if one was tagged by the time of the commit."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import TableProperties
from pyiceberg.table.refs import SnapshotRefType
from pyiceberg.table.update import (
    AssertTableUUID,
    RemovePartitionStatisticsUpdate,
    RemoveSnapshotsUpdate,
    TableRequirement,
    ValidatableTableRequirement,
)

from quartal.core.errors import PipelineError

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.metadata import TableMetadata


class AssertNothingNames(ValidatableTableRequirement):
    """No branch and no tag may name one of these snapshots: PyIceberg would silently remove the name too.

    Judged on the metadata that the commit replaces; the catalog takes the commit only while that is the newest.
    """

    type: str = "quartal-assert-nothing-names"
    snapshot_ids: frozenset[int]

    def validate(self, base_metadata: TableMetadata | None) -> None:  # type: ignore[override]  # as PyIceberg's own do
        """See ValidatableTableRequirement.

        Raises:
            CommitFailedException: a tag or a branch names a snapshot that was to expire.
        """
        named = {reference.snapshot_id for reference in base_metadata.refs.values()} if base_metadata else set()
        if named & self.snapshot_ids:
            raise CommitFailedException("a tag or a branch names a snapshot that was to expire")


def expirable(table: Table, cutoff: datetime) -> tuple[int, ...]:
    """Snapshots older than the cutoff that no branch and no tag names, nor keeps by the table's own settings.

    Raises:
        PipelineError: the table's setting is no number.
    """
    limit_ms = cutoff.timestamp() * 1000
    kept = set(_kept(table))
    return tuple(
        snapshot.snapshot_id
        for snapshot in table.metadata.snapshots
        if snapshot.timestamp_ms < limit_ms and snapshot.snapshot_id not in kept
    )


def _kept(table: Table) -> Iterator[int]:
    """What tags and branches name, and the snapshots before a branch's head that it keeps by number or age."""
    usual = _least_kept(table)
    for reference in table.refs().values():
        snapshot = table.metadata.snapshot_by_id(reference.snapshot_id)
        is_tag = reference.snapshot_ref_type is SnapshotRefType.TAG
        least = 1 if is_tag else reference.min_snapshots_to_keep or usual
        age_ms = reference.max_snapshot_age_ms
        oldest_ms = time.time() * 1000 - age_ms if age_ms is not None else math.inf
        while snapshot is not None and (least > 0 or snapshot.timestamp_ms >= oldest_ms):
            yield snapshot.snapshot_id
            least -= 1
            before = snapshot.parent_snapshot_id
            snapshot = table.metadata.snapshot_by_id(before) if before is not None else None


def _least_kept(table: Table) -> int:
    value = table.properties.get(TableProperties.MIN_SNAPSHOTS_TO_KEEP, "1")
    if not (value.isascii() and value.isdecimal() and int(value) > 0):
        raise PipelineError(
            f"{TableProperties.MIN_SNAPSHOTS_TO_KEEP} of {'.'.join(table.name())} is '{value}', not a number of "
            "snapshots to keep.",
            remedy="Set the property to a number, or remove it.",
        )
    return int(value)


def expire(table: Table, cutoff: datetime) -> None:
    """Remove them and their statistics with one commit; without any, do nothing.

    Raises:
        CommitFailedException: the table was changed or one of them was tagged in the meantime; nothing has expired.
        PipelineError: as `expirable`.
    """
    expired = expirable(table, cutoff)
    if not expired:
        return
    requirements: tuple[Any, ...] = (
        AssertTableUUID(uuid=table.metadata.table_uuid),
        AssertNothingNames(snapshot_ids=frozenset(expired)),
    )
    removal = RemoveSnapshotsUpdate.model_validate({"snapshot-ids": list(expired)})
    # PyIceberg removes the statistics of whole snapshots by itself
    of_partitions = {each.snapshot_id for each in table.metadata.partition_statistics}.intersection(expired)
    statistics = [RemovePartitionStatisticsUpdate.model_validate({"snapshot-id": each}) for each in of_partitions]
    table.catalog.commit_table(table, cast("tuple[TableRequirement, ...]", requirements), (*statistics, removal))

"""Expires snapshots without a tag or branch, and refuses if one was tagged by the time of the commit."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table.update import AssertTableUUID, RemoveSnapshotsUpdate, TableRequirement, ValidatableTableRequirement

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
    """Snapshots older than the cutoff that no branch and no tag names."""
    named = {reference.snapshot_id for reference in table.refs().values()}
    limit_ms = cutoff.timestamp() * 1000
    return tuple(
        snapshot.snapshot_id
        for snapshot in table.metadata.snapshots
        if snapshot.timestamp_ms < limit_ms and snapshot.snapshot_id not in named
    )


def expire(table: Table, cutoff: datetime) -> None:
    """Remove them with one commit; without any, do nothing.

    Raises:
        CommitFailedException: the table was changed or one of them was tagged in the meantime; nothing has expired.
    """
    expired = expirable(table, cutoff)
    if not expired:
        return
    requirements: tuple[Any, ...] = (
        AssertTableUUID(uuid=table.metadata.table_uuid),
        AssertNothingNames(snapshot_ids=frozenset(expired)),
    )
    removal = RemoveSnapshotsUpdate.model_validate({"snapshot-ids": list(expired)})
    table.catalog.commit_table(table, cast("tuple[TableRequirement, ...]", requirements), (removal,))

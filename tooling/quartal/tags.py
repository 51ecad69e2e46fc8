"""Tags of a published table: the names under which a state can be read for as long as the tag stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from quartal.errors import ConfigurationError

if TYPE_CHECKING:
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot

RUN_ID = "quartal.run-id"  # in each snapshot's summary, see docs/outputs.md
CURATED_SNAPSHOT = "quartal.curated-snapshot-id"


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag and the snapshot that it names.

    Attributes:
        name: a quarter such as 2024Q1, or the id of the run that committed the snapshot.
        snapshot_id: Iceberg's.
        committed: when the snapshot was committed.
        rows: rows of the whole table in that snapshot; None where its summary does not say.
        run_id: the run that committed it; empty where its summary does not say.
    """

    name: str
    snapshot_id: int
    committed: datetime
    rows: int | None
    run_id: str


def tags_of(table: Table) -> tuple[Tag, ...]:
    """All tags of a table, in the order of their snapshots, then by name."""
    found = []
    for name, reference in table.refs().items():
        snapshot = table.snapshot_by_id(reference.snapshot_id)
        if reference.snapshot_ref_type != "tag" or snapshot is None:
            continue
        rows = summary_value(snapshot, "total-records")
        found.append(
            Tag(
                name=name,
                snapshot_id=snapshot.snapshot_id,
                committed=datetime.fromtimestamp(snapshot.timestamp_ms / 1000, UTC),
                rows=int(rows) if rows is not None else None,
                run_id=summary_value(snapshot, RUN_ID) or "",
            )
        )
    return tuple(sorted(found, key=lambda tag: (tag.committed, tag.snapshot_id, tag.name)))


def find_snapshot(table: Table, name: str) -> Snapshot | None:
    """The snapshot that a tag, a branch or a snapshot id names; None where there is none."""
    by_name = table.snapshot_by_name(name)
    return by_name if by_name is not None or not name.isdecimal() else table.snapshot_by_id(int(name))


def snapshot_named(table: Table, name: str) -> Snapshot:
    """The snapshot that a tag, a branch or a snapshot id names.

    Raises:
        ConfigurationError: there is none of that name; the remedy lists the tags.
    """
    snapshot = find_snapshot(table, name)
    if snapshot is None:
        known = ", ".join(tag.name for tag in tags_of(table)) or "none yet"
        raise ConfigurationError(
            f"Table {'.'.join(table.name())} has no tag and no snapshot '{name}'.", remedy=f"Its tags: {known}."
        )
    return snapshot


def summary_value(snapshot: Snapshot, name: str) -> str | None:
    """What the summary of a snapshot says; None where it does not."""
    return snapshot.summary.additional_properties.get(name) if snapshot.summary else None

"""Tags of quarters: the record in the snapshot that a tag names, and which tags a change renews.

Tag 2024Q1 names a snapshot that holds the features of every day up to the last one of that quarter on which anything
was counted, and of no later day. The quarter is that of days: the names of deliveries are irrelevant.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.refs import SnapshotRefType
from pyiceberg.table.snapshots import Snapshot

from etl_job.tables.property_names import AS_OF_QUARTER, CORRECTED_BY, DAYS_TO, LATER_DELIVERIES
from etl_job.tables.property_values import read_day, read_list
from etl_job.tables.snapshot_change import noted, noted_as

QUARTER_NAME = re.compile(r"(?!0000)[0-9]{4}Q[1-4]")


@dataclass(frozen=True, slots=True)
class QuarterTag:
    """The tag of a quarter, and the record that its snapshot keeps.

    ``days_to`` is the last day up to which it holds rows. ``later_deliveries`` came with a later quarter, and have rows
    of days up to this one's end, or may have taken some from deliveries that do. ``corrected_by`` are those that
    changed days of it after it was first published. ``is_ahead`` is true if the table was since set back by hand to an
    older state than the tag's.
    """

    quarter: str
    days_to: date | None
    later_deliveries: tuple[str, ...] = ()
    corrected_by: tuple[str, ...] = ()
    is_ahead: bool = False

    @property
    def properties(self) -> dict[str, str]:
        """The tag's record as properties of its snapshot."""
        found = {AS_OF_QUARTER: self.quarter}
        if self.days_to:
            found[DAYS_TO] = self.days_to.isoformat()
        for name, deliveries in ((LATER_DELIVERIES, self.later_deliveries), (CORRECTED_BY, self.corrected_by)):
            if deliveries:
                found[name] = json.dumps(list(deliveries))
        return found


def standing_tags(table: TableMetadata) -> dict[str, QuarterTag | None]:
    """The tags of quarters; None for a tag whose snapshot does not record that it holds no later day.

    Tags that earlier versions of the job set name the state that a whole run left.
    """
    found: dict[str, QuarterTag | None] = {}
    newest = _sequence_number(table.current_snapshot())  # a run's last snapshot is that of the table
    for name, reference in table.refs.items():
        if reference.snapshot_ref_type != SnapshotRefType.TAG or not QUARTER_NAME.fullmatch(name):
            continue
        snapshot = table.snapshot_by_id(reference.snapshot_id)
        quarter = noted(snapshot, AS_OF_QUARTER)
        found[name] = None
        if quarter is not None and quarter <= name:
            found[name] = QuarterTag(
                name,
                noted_as(read_day, table, snapshot, DAYS_TO),
                noted_as(read_list, table, snapshot, LATER_DELIVERIES),
                noted_as(read_list, table, snapshot, CORRECTED_BY),
                _sequence_number(snapshot) > newest,
            )
    return found


def _sequence_number(snapshot: Snapshot | None) -> int:
    return (snapshot.sequence_number if snapshot else None) or 0


def renewed_quarters(
    standing: Mapping[str, QuarterTag | None], quarters: Collection[str], changed_from: str | None
) -> tuple[str, ...]:
    """The quarters whose tags are renewed: from the first changed day on, or from the first wrong tag on.

    ``quarters`` are those that have rows after the change. The tag of a quarter that has no rows any more is renewed
    too, so that it does not keep withdrawn rows.
    """
    wrong = [name for name, tag in standing.items() if tag is None or tag.is_ahead]
    missing = [quarter for quarter in quarters if quarter not in standing]
    starts = [*wrong, *missing, *([changed_from] if changed_from else [])]
    if not starts:
        return ()
    return tuple(sorted(quarter for quarter in {*quarters, *standing} if quarter >= min(starts)))

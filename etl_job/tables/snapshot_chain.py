"""A chain of snapshots next to the table's history, one per quarter: each holds exactly the files of its days.

They are created in the transaction that changes the table, after its new files are in. The parent of each is the one
before it, and each has one more manifest, which names those of the existing files that belong to its quarter. So no row
is stored twice, and each file has one more entry. The last snapshot of the transaction holds everything, and is the one
that the table's readers see.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from operator import is_

from pyiceberg.manifest import ManifestContent, ManifestEntry, ManifestFile
from pyiceberg.table import Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update import TableUpdate, _apply_table_update, _TableMetadataUpdateContext
from pyiceberg.table.update.snapshot import _SnapshotProducer

from etl_job.tables.quarter_tags import QuarterTag
from etl_job.tables.snapshot_change import decode_day

_NO_DAY = date.max


def add_chain(
    transaction: Transaction, tags: Sequence[QuarterTag], day_field: int, properties: dict[str, str]
) -> dict[str, int]:
    """Add a snapshot for each quarter, and then one of everything; the id of each tag's, in the order of quarters.

    Where the files of a quarter cannot be split by day, as of tables that an earlier version wrote, it holds
    them whole.
    """
    current, io = transaction.table_metadata.current_snapshot(), transaction._table.io
    manifests = current.manifests(io) if current else []
    entries = [
        entry
        for manifest in manifests
        if manifest.content == ManifestContent.DATA
        for entry in manifest.fetch_manifest_entry(io)
    ]
    deletes = [manifest for manifest in manifests if manifest.content == ManifestContent.DELETES]
    found: dict[str, int] = {}
    held: list[ManifestEntry] = []
    rest = entries
    parent: int | None = None
    newest: QuarterTag | None = None
    ordered = sorted(tags, key=lambda each: each.quarter)
    for tag in ordered:
        new = [entry for entry in rest if _belongs(entry, tag, day_field)]
        rest = [entry for entry in rest if not _belongs(entry, tag, day_field)]
        held = [*held, *new]
        if not rest and tag is ordered[-1]:
            newest = tag
            break
        said = replace(tag, days_to=_last_day(held, day_field)).properties
        snapshot = _UpToQuarter(
            transaction, parent, entries=new, deletes=() if parent else deletes, properties={**properties, **said}
        )
        snapshot.commit()
        found[tag.quarter] = parent = snapshot.snapshot_id
    said = replace(newest, days_to=_last_day(entries, day_field)).properties if newest else {}
    with transaction.update_snapshot(snapshot_properties={**properties, **said}).fast_append() as everything:
        pass
    return found | ({newest.quarter: everything.snapshot_id} if newest else {})


class ChainTransaction(Transaction):
    """A transaction that applies each update to the metadata once.

    PyIceberg's own applies all of them whenever it is asked for the metadata, and then copies every snapshot: 20 s for
    a correction of the oldest of 120 quarters, and eight times as long for twice as many.
    """

    def __init__(self, table: Table) -> None:
        super().__init__(table)
        self._begin()

    def _begin(self) -> None:
        self._base = self._applied_to = self._table.metadata
        self._applied: tuple[TableUpdate, ...] = ()
        self._context = _TableMetadataUpdateContext()

    @property
    def table_metadata(self) -> TableMetadata:
        """The table's metadata with the updates so far."""
        done = len(self._applied)
        is_continued = len(self._updates) >= done and all(map(is_, self._applied, self._updates))
        if self._base is not self._table.metadata or not is_continued:
            self._begin()
        for update in self._updates[len(self._applied) :]:
            self._applied_to = _apply_table_update(update, self._applied_to, self._context)
        self._applied = self._updates
        return self._applied_to


class _UpToQuarter(_SnapshotProducer["_UpToQuarter"]):
    """A snapshot on no branch: its parent's content plus these files, which the table has already."""

    def __init__(
        self,
        transaction: Transaction,
        parent: int | None,
        *,
        entries: Sequence[ManifestEntry],
        deletes: Sequence[ManifestFile],
        properties: dict[str, str],
    ) -> None:
        super().__init__(
            Operation.APPEND, transaction, transaction._table.io, snapshot_properties=properties, branch=None
        )
        self._parent_snapshot_id = parent
        self._entries = entries
        self._deletes = deletes
        self._added_data_files = [entry.data_file for entry in entries]  # for the summary, which counts them

    def _manifests(self) -> list[ManifestFile]:
        return [*self._written(), *self._existing_manifests()]

    def _written(self) -> list[ManifestFile]:
        """One manifest, or several if the table's partitioning was changed."""
        written = []
        for spec_id in sorted({entry.data_file.spec_id for entry in self._entries}):
            with self.new_manifest_writer(self.spec(spec_id)) as writer:
                for entry in self._entries:
                    if entry.data_file.spec_id == spec_id:
                        writer.existing(entry)
            written.append(writer.to_manifest_file())
        return written

    def _existing_manifests(self) -> list[ManifestFile]:
        if self._parent_snapshot_id is None:
            return list(self._deletes)
        parent = self._transaction.table_metadata.snapshot_by_id(self._parent_snapshot_id)
        return parent.manifests(self._io) if parent else []

    def _deleted_entries(self) -> list[ManifestEntry]:
        return []

    def _validate_concurrency(self) -> None:
        """Nothing is left to check: the snapshot of everything is checked."""


def _belongs(entry: ManifestEntry, tag: QuarterTag, day_field: int) -> bool:
    if str(entry.data_file.partition[0]) > tag.quarter or tag.days_to is None:
        return False
    first = _bound(entry.data_file.lower_bounds, day_field)
    return first is None or first <= tag.days_to


def _last_day(entries: Sequence[ManifestEntry], day_field: int) -> date | None:
    days = [_bound(entry.data_file.upper_bounds, day_field) or _NO_DAY for entry in entries]
    return max(days, default=None)


def _bound(bounds: dict[int, bytes] | None, field: int) -> date | None:
    return decode_day(bounds[field]) if bounds and field in bounds else None

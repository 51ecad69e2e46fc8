"""The Iceberg tables: what they hold now, and one commit that replaces a part of them.

The Parquet files are written first; PyIceberg takes them into the table. Taking the old part out, the new files in,
and setting the tags is one transaction per table, so readers see all of a run or nothing of it. The tags of
quarters name snapshots of their own, which the same transaction adds (snapshot_chain.py). A run
computes its features from the state it read at the start; if another run commits meanwhile, this one fails rather than
mix the two. So PyIceberg's own retries are off.

What became of a commit is not what Glue's answer said but what the table says afterwards (commit_outcome.py).

The two tables of a dataset cannot change in one commit. The curated one changes first, and each commit of the features
notes the snapshot of the curated table that they were computed from. A run that finds another one there knows that an
earlier run ended between its two commits, and computes all features anew.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.conversions import from_bytes
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, TableAlreadyExistsError, ValidationException
from pyiceberg.expressions import EqualTo
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.table import Table
from pyiceberg.table.refs import MAIN_BRANCH
from pyiceberg.table.update.snapshot import ManageSnapshots
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import DateType

from etl_job.contract.schemas import DAY, TableColumn
from etl_job.errors import LostFilesError, PublicationError, UnknownPublicationError
from etl_job.reasons import cause_of
from etl_job.tables.commit_outcome import DecidingGlueCatalog, NotCommittedError, OutcomeUnknownError
from etl_job.tables.quarter_tags import QuarterTag, standing_tags
from etl_job.tables.snapshot_chain import ChainTransaction, add_chain
from etl_job.tables.snapshot_change import (
    RUN,
    SOURCE_SNAPSHOT,
    Changes,
    Replacement,
    branches_of,
    changes_since,
    is_last_of_its_run,
    noted,
    outlived_run_tags,
)
from etl_job.tables.table_schema import iceberg_schema

if TYPE_CHECKING:
    import pyarrow as pa

_NOTHING_LOST = (
    "Nothing was deleted. Run again when Glue answers: that run sees what became of this one, and goes on from there"
)
_NOT_SHOWN = "current table metadata is missing"  # PyIceberg's words for a table of which the catalog says: no such
_PROPERTIES = {
    "format-version": "2",
    "commit.retry.num-retries": "0",
    "write.parquet.compression-codec": "zstd",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "50",
}


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of a table's current snapshot: its partition's value, the days it spans, and how many rows it has."""

    uri: str
    partition: str
    first_day: date
    last_day: date
    rows: int


class PublishedIceberg:
    """One Iceberg table, partitioned by the text of one column."""

    def __init__(
        self,
        catalog: GlueCatalog,
        database: str,
        name: str,
        *,
        location: str,
        columns: tuple[TableColumn, ...],
        by: str,
    ) -> None:
        self.identifier = f"{database}.{name}"
        self.location = location
        self.partition_column = by
        self._catalog = DecidingGlueCatalog.over(catalog)
        self.columns = columns
        self._table = self._load()

    def _load(self) -> Table | None:
        try:
            return self._catalog.load_table(self.identifier)
        except NoSuchTableError:
            return None
        except FileNotFoundError as error:
            raise LostFilesError(
                f"{self.identifier} names a metadata file that is not there ({error}): restore it, or drop the table; "
                "the next run makes it anew"
            ) from error

    def as_it_is_now(self) -> "PublishedIceberg":
        """The same table as readers find it at this moment."""
        database, _, name = self.identifier.partition(".")
        return PublishedIceberg(
            self._catalog, database, name, location=self.location, columns=self.columns, by=self.partition_column
        )

    def is_older_than(self, other: "PublishedIceberg") -> bool:
        """Whether it lacks a change that the other has, as an old copy does that Glue may show for a while."""
        mine, others = (each._table.metadata.snapshots if each._table else [] for each in (self, other))
        newest = max((snapshot.sequence_number or 0 for snapshot in mine), default=0)
        return bool(mine) and newest < max((snapshot.sequence_number or 0 for snapshot in others), default=0)

    @property
    def snapshot_id(self) -> int | None:
        """The current snapshot; None for a table that does not exist or is still empty."""
        snapshot = self._table.current_snapshot() if self._table else None
        return snapshot.snapshot_id if snapshot else None

    @property
    def source_snapshot(self) -> int | None:
        """The snapshot of another table that this one's current snapshot was computed from, where it says so."""
        source = noted(self._table.current_snapshot() if self._table else None, SOURCE_SNAPSHOT)
        return int(source) if source else None

    @property
    def is_whole(self) -> bool:
        """Whether the current snapshot is the last of those that its run made; the others hold a part of the result.

        Readers never meet one as the current one, unless somebody sets the table to it by hand.
        """
        return self._table is None or is_last_of_its_run(self._table.metadata)

    def changes_since(self, snapshot_id: int | None) -> Changes | None:
        """What runs did since that snapshot; None where that is unknown, as after a rollback."""
        return changes_since(self._table.metadata if self._table else None, snapshot_id)

    @property
    def properties(self) -> Mapping[str, str]:
        """The table's own properties; none before it exists."""
        return self._table.properties if self._table else {}

    @property
    def tags(self) -> tuple[str, ...]:
        """Names of all tags, sorted."""
        refs = self._table.refs() if self._table else {}
        return tuple(sorted(name for name in refs if name != MAIN_BRANCH))

    @property
    def quarter_tags(self) -> dict[str, QuarterTag | None]:
        """The tags of quarters, with what their snapshots say of themselves; None where one may hold later days."""
        return standing_tags(self._table.metadata if self._table else None)

    @property
    def tags_hold(self) -> bool:
        """Whether the snapshot of each quarter's tag says that it holds no later day; as the next commit makes it."""
        return None not in self.quarter_tags.values()

    @property
    def manifest_lists(self) -> tuple[str, ...]:
        """Those of the snapshots that a branch or a tag names."""
        if self._table is None:
            return ()
        named = (self._table.snapshot_by_id(reference.snapshot_id) for reference in self._table.refs().values())
        return tuple(sorted({snapshot.manifest_list for snapshot in named if snapshot}))

    def manifests(self) -> tuple[str, ...]:
        """Those of the current snapshot."""
        snapshot = self._table.current_snapshot() if self._table else None
        if self._table is None or snapshot is None:
            return ()
        return tuple(manifest.manifest_path for manifest in snapshot.manifests(self._table.io))

    def runs_since(self, moment: datetime) -> frozenset[str]:
        """The runs that committed a snapshot since then."""
        snapshots = self._table.metadata.snapshots if self._table else []
        since = moment.timestamp() * 1000
        return frozenset(filter(None, (noted(each, RUN) for each in snapshots if each.timestamp_ms >= since)))

    def data_files(self) -> tuple[DataFile, ...]:
        """The files of the snapshot that this object read when it was made."""
        if self._table is None or self._table.current_snapshot() is None:
            return ()
        day = self._table.schema().find_field(DAY).field_id
        found = []
        for task in self._table.scan().plan_files():
            bounds = [limits[day] for limits in (task.file.lower_bounds, task.file.upper_bounds)]
            first, last = (_day(from_bytes(DateType(), bound)) for bound in bounds)
            found.append(
                DataFile(task.file.file_path, str(task.file.partition[0]), first, last, task.file.record_count)
            )
        return tuple(found)

    def count_rows_on(self, day: date) -> int:
        """How many rows of that day there are."""
        if self._table is None:
            return 0
        return self._table.scan(row_filter=EqualTo(DAY, day), selected_fields=(DAY,)).count()  # type: ignore[arg-type, call-arg]

    def rows_of(self, partition: str) -> "pa.RecordBatchReader":
        """The rows of one partition as readers see them now, a batch at a time.

        Raises:
            LookupError: the table does not exist yet.
        """
        if self._table is None:
            raise LookupError(f"{self.identifier} does not exist yet")
        return self._table.scan(row_filter=EqualTo(self.partition_column, partition)).to_arrow_batch_reader()  # type: ignore[arg-type, call-arg]

    def replace(self, change: Replacement) -> None:
        """Make the change in one commit.

        Raises:
            PublicationError: it was not made, for instance because another run came first; nothing changed.
            UnknownPublicationError: nobody knows whether it was made; whatever the change names must stay.
        """
        table = self._table or self._create()
        self._catalog.renew_files_of(table)  # it was loaded when the run began
        made: int | None = None
        said = change.properties(table.current_snapshot())
        try:
            with warnings.catch_warnings(), ChainTransaction(table) as transaction:
                warnings.filterwarnings("ignore", "Delete operation did not match any records")
                with transaction.update_schema() as update:
                    update.union_by_name(iceberg_schema(self.columns))
                if change.table_properties:
                    transaction.set_properties(dict(change.table_properties))
                if table.current_snapshot() is not None:
                    transaction.delete(change.removed, snapshot_properties=said)
                if change.files:
                    transaction.add_files(list(change.files), snapshot_properties=said, check_duplicate_files=False)
                nothing_changed = transaction.table_metadata.current_snapshot() == table.current_snapshot()
                named: dict[str, int] = {}
                if change.quarter_tags:
                    day = transaction.table_metadata.schema().find_field(DAY).field_id
                    named = add_chain(transaction, change.quarter_tags, day, said)
                elif nothing_changed:
                    # Nothing went and nothing came. A snapshot all the same: only what makes one makes PyIceberg check
                    # that the table still is what was read, and only a snapshot says which run made it.
                    with transaction.update_snapshot(snapshot_properties=said).fast_append():
                        pass
                made = transaction.table_metadata.snapshots[-1].snapshot_id
                branches = branches_of(transaction.table_metadata)
                with ManageSnapshots(transaction) as references:
                    for tag, snapshot in (*named.items(), (change.run_id, made)):
                        if tag not in branches:  # somebody's, whatever it is called: a tag would take its place
                            references.create_tag(snapshot, tag)
                    for tag in outlived_run_tags(transaction.table_metadata, change.run_id):
                        references.remove_tag(tag)
        except NotCommittedError as error:
            raise PublicationError(f"{self.identifier} was not changed ({error}); run again") from error
        except OutcomeUnknownError as error:
            raise UnknownPublicationError(
                f"whether {self.identifier} was changed is unknown ({error}). {_NOTHING_LOST}"
            ) from error
        except (CommitFailedException, ValidationException) as error:
            if _NOT_SHOWN in str(error):
                raise PublicationError(
                    f"{self.identifier} was not there when it was to be changed: it was dropped meanwhile, or Glue did "
                    "not show it. Nothing was changed; run again"
                ) from error
            raise PublicationError(
                f"another run changed {self.identifier} while this one worked ({error}); run again"
            ) from error
        except NoSuchTableError as error:
            raise PublicationError(f"{self.identifier} was dropped while this run worked; run again") from error
        except Exception as error:  # a file that cannot be written, half an answer: the table decides
            self._table = self._decided(error, made)
            return
        self._table = table  # as committed: the features must name this state, even if another came since

    def _decided(self, error: Exception, made: int | None) -> Table:
        """The table, where the change was made in spite of an error. Raises as ``replace`` does."""
        if made is None:
            raise PublicationError(f"{self.identifier} was not changed ({cause_of(error)}); run again") from error
        try:
            found = self._catalog.load_table(self.identifier)
        except Exception as unreadable:
            raise UnknownPublicationError(
                f"whether {self.identifier} was changed is unknown ({cause_of(error)}; and the table cannot be read "
                f"since: {cause_of(unreadable)}). {_NOTHING_LOST}"
            ) from error
        if found.metadata.snapshot_by_id(made) is None:
            raise PublicationError(f"{self.identifier} was not changed ({cause_of(error)}); run again") from error
        if (current := found.current_snapshot()) is None or current.snapshot_id != made:
            raise UnknownPublicationError(
                f"{self.identifier} was changed, and then by another run ({cause_of(error)}). {_NOTHING_LOST}"
            ) from error
        return found

    def _create(self) -> Table:
        schema = iceberg_schema(self.columns)
        source = schema.find_field(self.partition_column).field_id
        field = PartitionField(
            source_id=source, field_id=1000, transform=IdentityTransform(), name=self.partition_column
        )
        try:
            return self._catalog.create_table(
                self.identifier,
                schema=schema,
                location=self.location,
                partition_spec=PartitionSpec(field),
                properties=_PROPERTIES,
            )
        except TableAlreadyExistsError as error:
            raise PublicationError(
                f"{self.identifier} is there now, and was not when this run began: another run created it meanwhile, "
                "or Glue did not show it. Nothing was changed; run again"
            ) from error
        except OutcomeUnknownError as error:
            raise PublicationError(
                f"whether {self.identifier} was created is unknown ({error}); it holds no rows yet. Run again when "
                "Glue answers"
            ) from error
        except Exception as error:  # an empty table, if any: nobody's rows are at stake
            raise PublicationError(f"{self.identifier} could not be created ({cause_of(error)}); run again") from error


def in_step(curated: PublishedIceberg, features: PublishedIceberg) -> bool:
    """Whether the features were computed from what the curated table holds now."""
    if curated.snapshot_id == features.source_snapshot:
        return features.is_whole
    return not curated.data_files() and not features.data_files()


def _day(days_since_1970: object) -> date:
    if not isinstance(days_since_1970, int):
        raise TypeError(f"a day's bound is a number of days, not {days_since_1970!r}")
    return date(1970, 1, 1) + timedelta(days=days_since_1970)

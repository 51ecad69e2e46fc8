"""One commit that replaces a part of what an Iceberg table holds.

The Parquet files are written first; PyIceberg takes them into the table. Adding the contract's new columns, taking the
old part out, the new files in, and setting the tags is one transaction per table, so readers see all of a run or
nothing of it. The tags of quarters name snapshots of their own, which the same transaction adds (snapshot_chain.py). A
run computes its features from the state it read at the start; if another run commits meanwhile, this one fails rather
than mix the two. So PyIceberg's own retries are off.

The table afterwards, not Glue's response, decides the outcome of a commit (commit_outcome.py).

The two tables of a dataset cannot change in one commit. The curated one changes first, and each commit of the features
notes the snapshot of the curated table that they were computed from. A run that finds another one there knows that an
earlier run ended between its two commits, and computes all features anew.
"""

import warnings

from pyiceberg.exceptions import CommitFailedException, NoSuchTableError, TableAlreadyExistsError, ValidationException
from pyiceberg.table import Table
from pyiceberg.table.update.snapshot import ManageSnapshots

from etl_job.contract.schemas import DAY
from etl_job.errors import PublicationError, UnknownPublicationError
from etl_job.failure_reasons import failure_cause
from etl_job.tables.commit_outcome import NotCommittedError, OutcomeUnknownError
from etl_job.tables.iceberg_state import FORMAT_VERSION, IcebergState
from etl_job.tables.snapshot_chain import ChainTransaction, add_chain
from etl_job.tables.snapshot_change import Replacement, branch_names, is_last_of_its_run, outlived_run_tags

_NOTHING_LOST = (
    "Nothing was deleted. Run again when Glue answers: that run finds out what this one did, and continues from there"
)
_NOT_SHOWN = "current table metadata is missing"  # PyIceberg's message for a table that the catalog does not have
_PROPERTIES = {
    "format-version": str(FORMAT_VERSION),
    "commit.retry.num-retries": "0",
    "write.parquet.compression-codec": "zstd",
    "write.metadata.delete-after-commit.enabled": "true",
    "write.metadata.previous-versions-max": "50",
}


class PublishedIceberg(IcebergState):
    """A published table, which a run changes once."""

    def replace(self, change: Replacement) -> None:
        """Make the change in one commit.

        Raises:
            PublicationError: it was not made, for instance because another run came first; nothing changed.
            UnknownPublicationError: nobody knows whether it was made; whatever the change names must stay.
        """
        table = self._table or self._create()
        self._catalog.renew_credentials(table)  # it was loaded when the run began
        new_snapshot: int | None = None
        said = change.properties(table.current_snapshot())
        try:
            with warnings.catch_warnings(), ChainTransaction(table) as transaction:
                warnings.filterwarnings("ignore", "Delete operation did not match any records")
                with transaction.update_schema() as update:
                    update.union_by_name(self._schema)
                transaction.set_properties({**self._metrics, **change.table_properties})
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
                new_snapshot = transaction.table_metadata.snapshots[-1].snapshot_id
                branches = branch_names(transaction.table_metadata)
                with ManageSnapshots(transaction) as references:
                    for tag, snapshot in (*named.items(), (change.run_id, new_snapshot)):
                        if tag not in branches:  # a branch of a user: a tag would replace it
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
                    f"{self.identifier} did not exist when this run wanted to change it: it was dropped in the "
                    "meantime, or Glue did not show it. Nothing was changed; run again"
                ) from error
            raise PublicationError(
                f"another run changed {self.identifier} while this one worked ({error}); run again"
            ) from error
        except NoSuchTableError as error:
            raise PublicationError(f"{self.identifier} was dropped while this run worked; run again") from error
        except Exception as error:  # a file that cannot be written, half an answer: the table decides
            self._table = self._decided(error, new_snapshot)
            return
        self._table = table  # as committed: the features must name this state, even if another came since

    @property
    def _metrics(self) -> dict[str, str]:
        """Statistics that files must have, whatever others set: their partition is read from them, and their days."""
        return {f"write.metadata.metrics.column.{name}": "full" for name in (self.partition_column, DAY)}

    def _decided(self, error: Exception, new_snapshot: int | None) -> Table:
        """The table, where the change was made in spite of an error. Raises as ``replace`` does."""
        if new_snapshot is None:
            raise PublicationError(f"{self.identifier} was not changed ({failure_cause(error)}); run again") from error
        try:
            found = self._catalog.load_table(self.identifier)
        except Exception as unreadable:
            raise UnknownPublicationError(
                f"whether {self.identifier} was changed is unknown ({failure_cause(error)}; and the table cannot be "
                f"read since: {failure_cause(unreadable)}). {_NOTHING_LOST}"
            ) from error
        if found.metadata.snapshot_by_id(new_snapshot) is None:
            raise PublicationError(f"{self.identifier} was not changed ({failure_cause(error)}); run again") from error
        if (current := found.current_snapshot()) is None or current.snapshot_id != new_snapshot:
            raise UnknownPublicationError(
                f"{self.identifier} was changed, and then changed again by another run ({failure_cause(error)}). "
                f"{_NOTHING_LOST}"
            ) from error
        return found

    def _create(self) -> Table:
        try:
            return self._catalog.create_table(
                self.identifier,
                schema=self._schema,
                location=self.location,
                partition_spec=self._spec,
                properties=_PROPERTIES,
            )
        except TableAlreadyExistsError as error:
            raise PublicationError(
                f"{self.identifier} exists now, but did not when this run began: another run created it in the "
                "meantime, or Glue did not show it. Nothing was changed; run again"
            ) from error
        except OutcomeUnknownError as error:
            raise PublicationError(
                f"whether {self.identifier} was created is unknown ({error}); it holds no rows yet. Run again when "
                "Glue answers"
            ) from error
        except Exception as error:  # an empty table at most: no rows are at stake
            raise PublicationError(
                f"{self.identifier} could not be created ({failure_cause(error)}); run again"
            ) from error


def in_step(curated: PublishedIceberg, features: PublishedIceberg) -> bool:
    """Whether the features were computed from what the curated table holds now.

    Each run makes several snapshots of them, of which all but the last hold a part of the result. Readers never meet
    such a one as the current one, unless somebody sets the table to it by hand.
    """
    if curated.snapshot_id == features.source_snapshot:
        return is_last_of_its_run(features.metadata)
    return not curated.data_files() and not features.data_files()

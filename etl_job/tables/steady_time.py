"""A table's times never go back, even if the clock of a machine does.

Readers in Java, such as Athena and Spark, refuse a table whose history goes back by more than a minute: its snapshots
and its last change have to be in order. A run or a command on a machine whose clock is behind, for example after it was
set back, would write such a table. So a change gets the time of the previous change if its own would be earlier.
"""

from typing import Any

from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.table import StagedTable, Table
from pyiceberg.table.update import AddSnapshotUpdate, TableRequirement, TableUpdate
from pyiceberg.typedef import Identifier


class SteadyGlueCatalog(GlueCatalog):
    """A Glue catalog in which no change of a table is earlier than the one before it."""

    def _update_and_stage_table(
        self,
        current_table: Table | None,
        table_identifier: Identifier,
        requirements: tuple[TableRequirement, ...],
        updates: tuple[TableUpdate, ...],
    ) -> StagedTable:
        if current_table is None:
            return super()._update_and_stage_table(current_table, table_identifier, requirements, updates)
        before = current_table.metadata.last_updated_ms
        in_order = tuple(_not_before(before, update) for update in updates)
        staged = super()._update_and_stage_table(current_table, table_identifier, requirements, in_order)
        if staged.metadata.last_updated_ms < before:
            staged.metadata = staged.metadata.model_copy(update={"last_updated_ms": before})
        return staged


def _not_before(time_ms: int, update: TableUpdate) -> Any:
    if not isinstance(update, AddSnapshotUpdate) or update.snapshot.timestamp_ms >= time_ms:
        return update
    snapshot = update.snapshot.model_copy(update={"timestamp_ms": time_ms})
    return update.model_copy(update={"snapshot": snapshot})

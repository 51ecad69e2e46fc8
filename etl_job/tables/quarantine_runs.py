"""Which run's bad rows belong to a published delivery: a property of the curated table, changed with its rows."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from etl_job.contract.schemas import DELIVERY, RUN_ID
from etl_job.lake.files import ObjectStore
from etl_job.lake.paths import partition_folder
from etl_job.tables.property_names import QUARANTINE
from etl_job.tables.property_values import read_texts


@dataclass(frozen=True, slots=True)
class Quarantines:
    """The run whose folder holds the bad rows, for each delivery that has some."""

    runs: Mapping[str, str]

    @classmethod
    def parse(cls, properties: Mapping[str, str], table_location: str) -> "Quarantines":
        """Read them from the curated table's properties; empty if an earlier version made the table.

        Raises:
            TableRecordError: the property is not what the job wrote.
        """
        return cls(read_texts(properties, QUARANTINE, table_location))

    @property
    def properties(self) -> dict[str, str]:
        """As the curated table's property."""
        return {QUARANTINE: json.dumps(dict(sorted(self.runs.items())))}

    def after(self, replaced: Sequence[str], with_bad_rows: Sequence[str], run_id: str) -> "Quarantines":
        """Those after a run that replaced some deliveries, of which some have bad rows."""
        kept = {delivery: run for delivery, run in self.runs.items() if delivery not in replaced}
        return Quarantines({**kept, **dict.fromkeys(with_bad_rows, run_id)})


def quarantine_folder(location: str, delivery: str, run_id: str) -> str:
    """The folder with a run's bad rows of a delivery."""
    return f"{location}/{partition_folder(DELIVERY, delivery)}/{RUN_ID}={run_id}"


def outdated_files(store: ObjectStore, folders: Sequence[str], own: Collection[str]) -> tuple[str, ...]:
    """Bad rows in these deliveries' folders, except those in the folders that the run wrote (``own``).

    Other runs left them, or an earlier attempt of this one, which had the same id.

    A run lists them before it commits, and deletes them afterwards. Another run that wrote its bad rows before that
    commit can no longer publish them, because it read a table that this run has changed. Files that appear later belong
    to a run that can still publish them, so they are kept.
    """
    return tuple(
        file.uri
        for folder in folders
        for file in store.list_files(f"{folder}/")
        if file.uri.rpartition("/")[0] not in own
    )

"""The published state, if the curated table differs from the last run's manifest.

A run commits the curated table, then the features, then writes its manifest. If a run is killed in between, or somebody
rolls a table back or drops it, no manifest describes the table. Each snapshot of the curated table names the deliveries
that it changed, so the next run can find out which of them it must process again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from etl_job.manifest.files import LastRun
from etl_job.manifest.model import PublishedDelivery
from etl_job.tables.snapshot_change import Changes
from etl_job.tables.table_commit import PublishedIceberg

_NOT_AS_PUBLISHED = {"contract_hash": ""}  # which no contract has, so the delivery counts as changed
_OF_NO_MANIFEST = PublishedDelivery(run_id="", inputs=(), contract_hash="")  # its first one was lost


@dataclass(frozen=True, slots=True)
class PublishedState:
    """The state of all deliveries.

    ``to_withdraw`` are withdrawn ones that the table contains nevertheless, or of which a killed run may have left the
    bad rows, with a digest of the files that each had then; empty if it was not recorded.
    ``is_doubted`` is true if it is unknown which deliveries the table still holds as runs published them.
    ``finding`` is a sentence about what is wrong, if anything is.
    """

    published: Mapping[str, PublishedDelivery]
    to_withdraw: Mapping[str, str] = field(default_factory=dict)
    finding: str | None = None
    is_doubted: bool = False


def published_state(last: LastRun, curated: PublishedIceberg) -> PublishedState:
    """Compare the last manifest with the curated table.

    A delivery whose rows may differ from the manifest's has no contract hash any more: it counts as changed, so the
    next run that selects deliveries itself processes it again. A delivery that a killed run removed counts as
    withdrawn.
    """
    published = dict(last.published)
    if curated.snapshot_id == last.curated_snapshot_id:
        return PublishedState(published)
    if published and last.curated_snapshot_id is None:  # a manifest without this record
        return PublishedState(published)
    changes = curated.changes_since(last.curated_snapshot_id)
    if changes is None and not published:  # what is in the table is known, if not by whose hand
        changes = Changes(frozenset(file.partition for file in curated.data_files()), frozenset())
    if changes is None:
        held = {file.partition for file in curated.data_files()}
        doubted = {name: state.model_copy(update=_NOT_AS_PUBLISHED) for name, state in published.items()}
        held_anyway = {name: "" for name, state in published.items() if state.withdrawn and name in held}
        return PublishedState(
            doubted, held_anyway, f"{curated.identifier} was rolled back, dropped or changed by others", is_doubted=True
        )
    withdrawn = {name: changes.withdrawn_files.get(name, "") for name in sorted(changes.withdrawn)}
    for name in withdrawn:
        published[name] = published.get(name, _OF_NO_MANIFEST).model_copy(update={"withdrawn": True})
    for name in changes.processed:
        state = published.get(name, _OF_NO_MANIFEST)
        published[name] = state.model_copy(update={"withdrawn": False, **_NOT_AS_PUBLISHED})
    finding = "an earlier run ended after its first commit, before its manifest"
    return PublishedState(published, withdrawn, finding)

"""One commit per table: the curated one first, then the features that were computed from it."""

from collections.abc import Sequence

from etl_job.context import RunContext
from etl_job.contract.schemas import DELIVERY
from etl_job.counting.count import CountedRows
from etl_job.errors import PublicationError, UnknownPublicationError
from etl_job.manifest.model import PublishedTable
from etl_job.tables.iceberg import PublishedIceberg, in_step
from etl_job.tables.snapshot_change import Replacement, among


def commit_curated(
    context: RunContext, counted: CountedRows, withdrawn: Sequence[str], files: tuple[str, ...]
) -> PublishedTable:
    """Replace the rows of the run's deliveries, and record where their keys and bad rows are."""
    table, processed = context.tables.curated, [outcome.delivery for outcome in counted.outcomes]
    replaced = [*processed, *withdrawn]
    bad = [outcome.delivery for outcome in counted.outcomes if outcome.quarantined]
    quarantines = context.tables.quarantines.after(replaced, bad, context.arguments.run_id)
    table.replace(
        Replacement(
            among(DELIVERY, replaced),
            files,
            context.arguments.run_id,
            table_properties={
                **(counted.registers.properties if context.contract.key else {}),
                **quarantines.properties,
            },
            processed=processed,
            withdrawn=withdrawn,
        )
    )
    return _committed(context, table, len(files), replaced)


def commit_features(
    context: RunContext, change: Replacement, quarters: Sequence[str], *, curated_is_committed: bool
) -> PublishedTable:
    """Replace a part of the features (``quarters``), and set the quarters' tags.

    Raises:
        PublicationError: the change was not made; nothing changed.
        UnknownPublicationError: it is unknown whether the change was made.
    """
    table = context.tables.features
    try:
        table.replace(change)
    except PublicationError as error:
        if not curated_is_committed:
            raise
        features = "" if isinstance(error, UnknownPublicationError) else f"; {_features_now(context)}"
        raise type(error)(f"{error}. The curated table holds this run's rows{features}") from error
    return _committed(context, table, len(change.files), quarters)


def _features_now(context: RunContext) -> str:
    """How the features relate to the curated table, which another run may have repaired in the meantime."""
    try:
        is_made = in_step(context.tables.curated.as_it_is_now(), context.tables.features.as_it_is_now())
    except Exception:  # what is told is why the commit failed: the catalog may not answer at all
        is_made = False
    if is_made:
        return "another run has made the features from them"
    return "the features are behind it, and the next run computes them first"


def _committed(context: RunContext, table: PublishedIceberg, files: int, partitions: Sequence[str]) -> PublishedTable:
    context.progress.say("commit", table=table.identifier, snapshot=table.snapshot_id)
    return PublishedTable(
        table=table.identifier,
        location=table.location,
        snapshot_id=table.snapshot_id,
        files=files,
        partitions=tuple(partitions),
        tags=table.tags,
    )

"""Publishes the results of a run to its readers: files first, then one commit per table, then the CSV."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from etl_job.context import RunContext
from etl_job.contract.schemas import DELIVERY
from etl_job.counting.count import CountedRows
from etl_job.errors import PublicationError, UnknownPublicationError
from etl_job.lake.paths import partition_folder
from etl_job.manifest.model import CsvExport, PublishedTable
from etl_job.publishing.csv_export import export_csv
from etl_job.publishing.daily_counts import new_daily_counts, published_counts
from etl_job.publishing.feature_days import feature_days, quarter_plan, quarter_tags, removed_features
from etl_job.publishing.run_files import ToWrite, WrittenFiles, write_files
from etl_job.tables.counting_basis import basis_of_counts, basis_of_features
from etl_job.tables.quarantine_runs import outdated_files
from etl_job.tables.snapshot_change import Replacement, is_one_of
from etl_job.tables.table_commit import PublishedIceberg, in_step


@dataclass(frozen=True, slots=True)
class Published:
    """The results of a run: the folders of its bad rows, the committed tables and the CSV files."""

    quarantine: tuple[str, ...] = ()
    curated: PublishedTable | None = None
    features: PublishedTable | None = None
    csv_export: CsvExport | None = None


def publish(
    context: RunContext, counted: CountedRows, withdrawn: Mapping[str, str], before: Published
) -> Iterator[Published]:
    """Publish the results and remove the withdrawn deliveries; report after each effect what has been published.

    ``withdrawn`` has a digest of the files of each, ``before`` is what an earlier step of the run published.
    """
    replaced = (*(outcome.delivery for outcome in counted.outcomes), *withdrawn)
    with context.progress.stage("write") as seen:
        wanted = _to_write(context, counted, replaced)
        written = write_files(context, wanted)
        days = wanted.days.wanted
        seen.update(
            curated_files=len(written.curated),
            feature_files=len(written.features),
            quarantine_folders=len(written.quarantine),
            quarters=",".join(days.quarters) if days else "none",
        )
    published = replace(before, quarantine=written.quarantine)
    yield published
    with context.progress.stage("publish") as seen:
        folders = [f"{context.paths.quarantine}/{partition_folder(DELIVERY, delivery)}" for delivery in replaced]
        outdated = outdated_files(context.store, folders, written.quarantine)
        if replaced:
            published = replace(published, curated=commit_curated(context, counted, withdrawn, written.curated))
            yield published
        # where no count has changed, too: the features name the state of the curated table that they are those of
        if days or wanted.plan.quarters or context.tables.features.snapshot_id is not None:
            table = _publish_features(context, wanted, written, curated_is_committed=bool(replaced))
            published = replace(published, features=table)
            yield published
        curated, features = context.tables.curated.snapshot_id, context.tables.features.snapshot_id
        seen.update(curated_snapshot=curated, features_snapshot=features)
    context.store.delete_all(outdated)
    with context.progress.stage("export") as seen:
        dataset, root = context.contract.dataset, context.arguments.lake_root
        export = export_csv(context.tables.features, context.store, root, dataset)
        seen.update(written=len(export.written), removed=len(export.removed))
    yield replace(published, csv_export=export)


def _to_write(context: RunContext, counted: CountedRows, replaced: tuple[str, ...]) -> ToWrite:
    history = published_counts(context.tables, replaced)
    fresh = new_daily_counts(context, counted)
    days = feature_days(counted, history).narrowed(context, fresh, history)
    plan = quarter_plan(context, counted, history=history, fresh=fresh, days=days)
    return ToWrite(counted, history, fresh, days, plan)


def _publish_features(
    context: RunContext, wanted: ToWrite, written: WrittenFiles, *, curated_is_committed: bool
) -> PublishedTable:
    change = Replacement(
        removed=removed_features(wanted.days, wanted.history),
        files=written.features,
        run_id=context.arguments.run_id,
        quarter_tags=quarter_tags(context, wanted.plan),
        source_snapshot=context.tables.curated.snapshot_id,
        table_properties=basis_of_features(context.tables.features),
    )
    quarters = wanted.days.wanted.quarters if wanted.days.wanted else ()
    return commit_features(context, change, quarters, curated_is_committed=curated_is_committed)


def commit_curated(
    context: RunContext, counted: CountedRows, withdrawn: Mapping[str, str], files: tuple[str, ...]
) -> PublishedTable:
    """Replace the rows of the run's deliveries, and record where their keys and bad rows are."""
    table, processed = context.tables.curated, [outcome.delivery for outcome in counted.outcomes]
    replaced = [*processed, *withdrawn]
    bad = [outcome.delivery for outcome in counted.outcomes if outcome.quarantined]
    quarantines = context.tables.quarantines.after(replaced, bad, context.arguments.run_id)
    table.replace(
        Replacement(
            is_one_of(DELIVERY, replaced),
            files,
            context.arguments.run_id,
            table_properties={
                **counted.registers.properties,
                **quarantines.properties,
                **basis_of_counts(table, context.contract),
            },
            processed=processed,
            withdrawn=tuple(withdrawn),
            withdrawn_files=withdrawn,
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
        is_published = in_step(context.tables.curated.as_it_is_now(), context.tables.features.as_it_is_now())
    except Exception:  # report why the commit failed: the catalog may not respond at all
        is_published = False
    if is_published:
        return "another run has made the features from them"
    return "the features are behind it, and the next run computes them first"


def _committed(context: RunContext, table: PublishedIceberg, files: int, partitions: Sequence[str]) -> PublishedTable:
    context.progress.log("commit", table=table.identifier, snapshot=table.snapshot_id)
    return PublishedTable(
        table=table.identifier,
        location=table.location,
        snapshot_id=table.snapshot_id,
        files=files,
        partitions=tuple(partitions),
        tags=table.tags,
    )

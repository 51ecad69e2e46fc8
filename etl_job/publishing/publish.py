"""Publishes the results of a run to its readers: files first, then one commit per table, then the CSV."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from etl_job.context import RunContext
from etl_job.contract.schemas import DELIVERY
from etl_job.counting.count import CountedRows
from etl_job.lake.paths import partition_folder
from etl_job.manifest.model import CsvExport, PublishedTable
from etl_job.publishing.commit import commit_curated, commit_features
from etl_job.publishing.csv_export import export_csv
from etl_job.publishing.daily_counts import new_daily_counts
from etl_job.publishing.feature_days import feature_days, quarter_plan, quarter_tags, removed_features
from etl_job.publishing.published_counts import published_counts
from etl_job.publishing.write_files import ToWrite, WrittenFiles, write_files
from etl_job.tables.quarantine_runs import files_of_other_runs
from etl_job.tables.snapshot_change import Replacement


@dataclass(frozen=True, slots=True)
class Published:
    """What a run has published: the folders of its bad rows, the tables that it committed, the CSV files."""

    quarantine: tuple[str, ...] = ()
    curated: PublishedTable | None = None
    features: PublishedTable | None = None
    csv_export: CsvExport | None = None


def publish(context: RunContext, counted: CountedRows, withdrawn: tuple[str, ...]) -> Iterator[Published]:
    """Publish the results and remove the withdrawn deliveries; report after each effect what has been published."""
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
    published = Published(written.quarantine)
    yield published
    with context.progress.stage("publish") as seen:
        folders = [f"{context.paths.quarantine}/{partition_folder(DELIVERY, delivery)}" for delivery in replaced]
        outdated = files_of_other_runs(context.store, folders, context.arguments.run_id)
        if replaced:
            published = replace(published, curated=commit_curated(context, counted, withdrawn, written.curated))
            yield published
        if days or wanted.days.takes_all(wanted.history) or wanted.plan.quarters:
            published = replace(published, features=_publish_features(context, wanted, written, published))
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
    context: RunContext, wanted: ToWrite, written: WrittenFiles, published: Published
) -> PublishedTable:
    change = Replacement(
        removed=removed_features(wanted.days, wanted.history),
        files=written.features,
        run_id=context.arguments.run_id,
        quarter_tags=quarter_tags(context, wanted.plan),
        source_snapshot=context.tables.curated.snapshot_id,
    )
    quarters = wanted.days.wanted.quarters if wanted.days.wanted else ()
    return commit_features(context, change, quarters, curated_is_committed=published.curated is not None)

"""The days whose features a run computes, the part of the features table that they replace, and the tags to set."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from pyiceberg.expressions import AlwaysFalse, AlwaysTrue, BooleanExpression
from pyspark.sql import functions as F  # noqa: N812

from etl_job.context import RunContext
from etl_job.contract.model import CONFLICT
from etl_job.contract.schemas import DAY, QUARTER
from etl_job.counting.count import CountedRows
from etl_job.publishing.daily_counts import NewDailyCounts, PublishedCounts, curated_rows
from etl_job.publishing.features import FeatureRange, affected_range, last_new_beginning, narrowed, quarter_column
from etl_job.publishing.point_in_time import DeliveriesSharingKeys, KeptDays, QuarterPlan, quarter_of
from etl_job.tables.quarter_tags import QuarterTag
from etl_job.tables.snapshot_change import from_on, is_one_of


@dataclass(frozen=True, slots=True)
class FeatureDays:
    """The days of the rows that were kept now, the last of all days, and the features to compute."""

    fresh: tuple[tuple[date, date], ...]
    last: date | None
    wanted: FeatureRange | None

    def narrowed(self, context: RunContext, fresh: NewDailyCounts, history: PublishedCounts) -> "FeatureDays":
        """The days without quarters after the last changed one. Runs a Spark job if there may be such quarters."""
        changed = [*self.fresh, *history.replaced_days]
        if self.wanted is None or not changed or self.last != history.last_day or not history.in_step:
            return self
        spec, last_changed = context.contract.features, max(last for _, last in changed)
        if narrowed(self.wanted, last_changed, spec.reach_days) == self.wanted:
            return self
        kept, replaced = (curated_rows(context, files) for files in (history.files, history.replaced_files))
        days = [frame.select(*spec.entity, DAY) for frame in (kept, replaced, fresh.rows)]
        begun = last_new_beginning(
            days[0].unionByName(days[1]), days[0].unionByName(days[2]), spec, self.wanted.last_day
        )
        return replace(self, wanted=narrowed(self.wanted, max(filter(None, [last_changed, begun])), spec.reach_days))

    def takes_all(self, history: PublishedCounts) -> bool:
        """Whether no count is left, and there were some."""
        return self.last is None and bool(history.replaced_days)


def feature_days(counted: CountedRows, history: PublishedCounts) -> FeatureDays:
    """The days whose counts the run changes, and all later ones."""
    fresh = tuple((kept.first_day, kept.last_day) for kept in counted.kept.values())
    last = max([*(day for _, day in fresh), *(each.last for each in history.kept)], default=None)
    return FeatureDays(fresh, last, affected_range([*fresh, *history.replaced_days], history.last_day, last))


def quarter_plan(
    context: RunContext, counted: CountedRows, *, history: PublishedCounts, fresh: NewDailyCounts, days: FeatureDays
) -> QuarterPlan:
    """The tags of quarters to set. Runs a Spark job if files do not show up to which day a quarter was counted."""
    kept_now = (KeptDays(name, kept.first_day, kept.last_day) for name, kept in counted.kept.items())
    replaced = history.replaced if history.in_step else None
    changed_from = quarter_of(days.wanted.first_day) if days.wanted else None
    if days.takes_all(history):
        changed_from = quarter_of(min(first for first, _ in history.replaced_days))

    def last_days(quarters: Sequence[str]) -> dict[str, date]:
        daily = fresh.and_others(context, history.files).groupBy(quarter_column(F.col(DAY)).alias(QUARTER))
        rows = daily.agg(F.max(DAY).alias(DAY)).where(F.col(QUARTER).isin(list(quarters))).collect()
        return {row[QUARTER]: row[DAY] for row in rows}

    published, processed = context.tables.registers.folders, [outcome.delivery for outcome in counted.outcomes]
    keys = DeliveriesSharingKeys(
        str(context.contract.conflicts) if context.contract.key else None,
        deliveries=counted.registers.folders,
        processed=processed,
        again=[delivery for delivery in processed if delivery in published],
        losers=[c.delivery for c in counted.outcomes if c.duplicates or c.conflicts or c.violations.get(CONFLICT)],
    )
    standing = context.tables.features.quarter_tags
    return QuarterPlan.of(
        standing,
        (*history.kept, *kept_now),
        replaced=replaced,
        changed_from=changed_from,
        look_up=last_days,
        keys=keys,
    )


def quarter_tags(context: RunContext, plan: QuarterPlan) -> tuple[QuarterTag, ...]:
    """The tags to set, given the changes since the features were last computed according to the curated table."""
    curated, features = context.tables.curated, context.tables.features
    changes = curated.changes_since(features.source_snapshot)
    return plan.tags(features.quarter_tags, changes.processed | changes.withdrawn if changes else None)


def removed_features(days: FeatureDays, history: PublishedCounts) -> BooleanExpression:
    """Wanted quarters, those that reach the end with all later ones, which end; else everything, or nothing."""
    if days.wanted is None:
        return AlwaysTrue() if days.takes_all(history) else AlwaysFalse()
    if days.wanted.reaches_end:
        return from_on(QUARTER, quarter_of(days.wanted.first_day))
    return is_one_of(QUARTER, days.wanted.quarters)

"""Features per entity and day, from daily counts.

**Calendar.** An entity's calendar has every day from the first day on which that entity was counted to the last day on
which any entity was counted. Days without events count 0. Windows and lags are in days of this calendar, regardless of
delivery or quarter.

**At the start of the calendar** nothing is known before the entity's first day, so nothing is invented: a lag that
reaches before it is null, and a rolling mean divides by the days that exist (on the first day it equals that day's
count).

**share** is the entity's part of all entities' events on that day; null on a day on which nothing was counted at all.

**quarter_to_date** sums from the quarter's first day up to and including the row's day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from etl_job.contract.feature_spec import FeatureSpec
from etl_job.contract.schemas import (
    DAY,
    DELIVERY,
    QUARTER,
    SHARE,
    feature_columns,
    hour_columns,
    measure_parts,
    names,
)
from etl_job.publishing.measures import add_up, aggregates
from etl_job.publishing.point_in_time import last_day_of, quarter_of, quarters_between
from etl_job.spark.workload import gathered


@dataclass(frozen=True, slots=True)
class FeatureRange:
    """The days whose features a run computes: whole quarters from ``first_day`` up to ``last_day``.

    ``reaches_end`` is true if that is the last day of all; otherwise it is the last day of a quarter.
    """

    first_day: date
    last_day: date
    reaches_end: bool = True

    def days(self, reach_days: int) -> int:
        """The number of days in the range, plus the days before it that the first of them look back on."""
        return (self.last_day - self.first_day).days + 1 + reach_days

    @property
    def quarters(self) -> tuple[str, ...]:
        """Every quarter of the range, for instance 2024Q1, in order."""
        return quarters_between(self.first_day, self.last_day)


def first_day_of_quarter(day: date) -> date:
    """January, April, July or October 1st."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def affected_range(
    changed: Sequence[tuple[date, date]], old_last_day: date | None, new_last_day: date | None
) -> FeatureRange | None:
    """Which features change when the counts of some days do; None if none do, or if no count is left.

    ``changed`` holds the first and last days of added or removed rows. A row looks only at its own day and earlier
    ones, so everything from the first changed day on is computed again, unless ``narrowed`` finds an earlier end. A new
    last day of all lengthens (or shortens) every entity's calendar, so the days after the earlier of the two last days
    change as well.
    """
    starts = [first for first, _ in changed]
    if old_last_day is not None and new_last_day is not None and old_last_day != new_last_day:
        starts.append(min(old_last_day, new_last_day) + timedelta(days=1))
    if new_last_day is None or not starts:
        return None
    return FeatureRange(first_day_of_quarter(min(starts)), new_last_day)


def narrowed(whole: FeatureRange, last_changed: date, reach_days: int) -> FeatureRange:
    """The range without the quarters in which no row looks at a day up to ``last_changed``, if there are any."""
    end = last_day_of(quarter_of(last_changed + timedelta(days=reach_days)))
    return whole if end >= whole.last_day else FeatureRange(whole.first_day, end, reaches_end=False)


def last_new_beginning(old: DataFrame, new: DataFrame, spec: FeatureSpec, last_day: date) -> date | None:
    """The day up to which calendars with another first day differ from before; None if no first day changed.

    For each entity it is the later of its two first days, or ``last_day`` if the entity is new or has disappeared. Both
    frames hold the entity's columns and ``day``. Runs a Spark job.
    """
    first = [frame.groupBy(*spec.entity).agg(F.min(DAY).alias(f"_{n}")) for n, frame in enumerate((old, new))]
    # Without an entity there is one beginning on either side, which may be null.
    joined = first[0].join(first[1], list(spec.entity), "full") if spec.entity else first[0].crossJoin(first[1])
    both = joined.where(~F.col("_0").eqNullSafe(F.col("_1")))
    is_in_both = F.col("_0").isNotNull() & F.col("_1").isNotNull()
    later = F.when(is_in_both, F.greatest("_0", "_1")).otherwise(F.lit(last_day))
    found: date | None = both.agg(F.max(later)).collect()[0][0]
    return found


def compute_features(daily: DataFrame, spec: FeatureSpec, wanted: FeatureRange, in_one_task: bool = False) -> DataFrame:
    """The features of every entity and day in the range.

    ``daily`` holds the counts of all deliveries (a day may appear once per delivery), including days before the range:
    the first windows reach back into them.
    """
    entity = list(spec.entity)
    counts = [spec.count, *hour_columns(spec)]
    context_start = wanted.first_day - timedelta(days=spec.reach_days)
    parts = [part for measure in spec.measures for part in measure_parts(measure)]
    daily = gathered(daily, in_one_task)
    # The delivery decides between latest values of the same second.
    recent = daily.where(F.col(DAY).between(F.lit(context_start), F.lit(wanted.last_day))).select(
        *entity, DAY, *counts, *((DELIVERY, *names(tuple(parts))) if parts else ())
    )
    zeros = empty_days(daily, spec, context_start, wanted.last_day)
    measured = [column for measure in spec.measures for column in add_up(measure)]
    together = gathered(recent.unionByName(zeros, allowMissingColumns=bool(parts)), in_one_task)
    filled = together.groupBy(*entity, DAY).agg(*(F.sum(name).alias(name) for name in counts), *measured)
    published = {name: column for measure in spec.measures for name, column in aggregates(measure).items()}
    measured_days = filled.withColumns(published) if published else filled
    # Only now are the days before the range, which the first windows look back on, no longer needed.
    in_range = with_windows(with_share(measured_days, spec), spec).where(F.col(DAY) >= F.lit(wanted.first_day))
    return in_range.select(*names(feature_columns(spec)))


def empty_days(daily: DataFrame, spec: FeatureSpec, first_day: date, last_day: date) -> DataFrame:
    """A zero row for each entity and day of its calendar, from ``first_day`` on at most."""
    begin = F.greatest(F.min(DAY), F.lit(first_day))
    spans = daily.groupBy(*spec.entity).agg(begin.alias("_begin"))
    # sequence() counts down if the end is before the beginning: leave such entities out.
    days = F.explode(F.sequence(F.col("_begin"), F.lit(last_day))).alias(DAY)
    zeros = (F.lit(0).cast("long").alias(name) for name in (spec.count, *hour_columns(spec)))
    return spans.where(F.col("_begin") <= F.lit(last_day)).select(*spec.entity, days, *zeros)


def with_share(filled: DataFrame, spec: FeatureSpec) -> DataFrame:
    """Add the entity's part of the day's events, if the contract asks for it."""
    if not spec.share:
        return filled
    total = F.sum(spec.count).over(Window.partitionBy(DAY))
    return filled.withColumn(SHARE, F.when(total > 0, F.col(spec.count) / total))


def with_windows(filled: DataFrame, spec: FeatureSpec) -> DataFrame:
    """Add quarter, rolling means, lags and quarter-to-date to rows that hold every day of each calendar."""
    count = F.col(spec.count)
    # Quarters come in the order of their days: with them, one order of the rows serves all windows.
    by_day = Window.partitionBy(*spec.entity).orderBy(QUARTER, DAY)
    with_quarter = filled.withColumn(QUARTER, quarter_column(F.col(DAY)))
    added: dict[str, Column] = {}
    for days in spec.rolling_mean_days:
        added[spec.mean_column(days)] = F.avg(count).over(by_day.rowsBetween(1 - days, Window.currentRow))
    for days in spec.lag_days:
        added[spec.lag_column(days)] = F.lag(count, days).over(by_day)
    if spec.to_date:
        in_quarter = Window.partitionBy(*spec.entity, QUARTER).orderBy(DAY)
        added[spec.to_date_column] = F.sum(count).over(
            in_quarter.rowsBetween(Window.unboundedPreceding, Window.currentRow)
        )
    return with_quarter.withColumns(added) if added else with_quarter


def quarter_column(day: Column) -> Column:
    """The quarter's name of a date column."""
    return F.concat(F.date_format(day, "yyyy"), F.lit("Q"), F.quarter(day).cast("string"))

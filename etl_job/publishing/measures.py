"""Numeric columns per entity and day: parts per delivery in the curated table, aggregates in the features.

The sum, count, minimum, maximum and latest value of rows can be combined from those of parts of the rows, in any order
and split. A mean is sum divided by count. A missing value is in none of them: on a day without values the sum is 0, and
mean, min, max and last are null. Of values with equal event time, the last is the one that comes last by delivery, file
and row.
"""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from etl_job.contract.column_types import SUM_KIND
from etl_job.contract.feature_spec import Aggregate, FeatureSpec, Measure
from etl_job.contract.model import Contract
from etl_job.contract.schemas import (
    BLOCK,
    BROKEN,
    CLASS,
    DAY,
    DELIVERY,
    FILE,
    HOUR,
    KEPT,
    ROW,
    SECOND,
    curated_columns,
    measure_parts,
    names,
    number_column,
    value_column,
)

_PLACE = [FILE, BLOCK, ROW]


def with_measures(daily: DataFrame, staged: DataFrame, candidates: DataFrame | None, contract: Contract) -> DataFrame:
    """Add the measures' parts to the daily counts, from the rows that are kept; a pass over the staged rows."""
    spec = contract.features
    kept = staged.where(F.col(BROKEN) == 0)
    if candidates is not None:
        kept = kept.join(candidates.where(F.col(CLASS) != KEPT).select(*_PLACE), _PLACE, "left_anti")
    parts = [part for measure in spec.measures for part in _parts_of_rows(measure)]
    by = [DELIVERY, *spec.entity, DAY]
    entity = (F.col(value_column(name)).alias(name) for name in spec.entity)
    measured = kept.groupBy(
        DELIVERY, *entity, F.date_from_unix_date(F.floor(F.col(HOUR) / 24).cast("int")).alias(DAY)
    ).agg(*parts)
    return daily.join(_without_places(measured, spec), by, "inner").select(*names(curated_columns(spec)))


def _parts_of_rows(measure: Measure) -> list[Column]:
    value = F.col(number_column(measure.column))
    latest = F.max(F.when(value.isNotNull(), F.struct(F.col(SECOND).alias("second"), *_PLACE, value.alias("value"))))
    columns = {
        "sum": F.sum(value).cast(SUM_KIND),
        "count": F.count(value),
        "min": F.min(value),
        "max": F.max(value),
        "last": latest,
    }
    return _kept(measure, columns)


def _without_places(measured: DataFrame, spec: FeatureSpec) -> DataFrame:
    latest = {
        measure.published_as(name): F.col(f"{measure.published_as('last')}.{field}")
        for measure in spec.measures
        if Aggregate.LAST in measure.aggregates
        for name, field in (("last_second", "second"), ("last", "value"))
    }
    return measured.withColumns(latest) if latest else measured


def add_up(measure: Measure) -> list[Column]:
    """The parts of a day, combined from its deliveries."""
    column = measure.published_as
    # The latest delivery decides between values of the same second, as it comes last in the order of rows.
    order = F.when(F.col(column("last")).isNotNull(), F.struct(column("last_second"), DELIVERY))
    columns = {
        "sum": F.sum(column("sum")),
        "count": F.sum(column("count")),
        "min": F.min(column("min")),
        "max": F.max(column("max")),
        "last": F.max_by(column("last"), order),
    }
    return _kept(measure, columns)


def _kept(measure: Measure, columns: Mapping[str, Column]) -> list[Column]:
    """The parts that the measure's aggregates need, by their published names."""
    kept = names(measure_parts(measure))
    return [column.alias(name) for part, column in columns.items() if (name := measure.published_as(part)) in kept]


def aggregates(measure: Measure) -> dict[str, Column]:
    """The published columns by name, given the parts of a day: doubles, each the one nearest to the exact number."""
    column = measure.published_as
    total = F.col(column("sum")).cast("double")
    columns = {
        Aggregate.SUM: F.coalesce(total, F.lit(0.0)),
        Aggregate.MEAN: F.when(F.col(column("count")) > 0, total / F.col(column("count"))),
        **{each: F.col(column(each)).cast("double") for each in (Aggregate.MIN, Aggregate.MAX, Aggregate.LAST)},
    }
    return {column(aggregate): columns[aggregate] for aggregate in measure.aggregates}

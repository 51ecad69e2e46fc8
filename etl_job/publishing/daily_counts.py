"""A run's daily counts as rows of the curated table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from etl_job.context import RunContext
from etl_job.contract.feature_spec import FeatureSpec
from etl_job.contract.schemas import DAY, DELIVERY, KEPT, curated_columns, ddl, hour_columns, value_column
from etl_job.counting.count import CountedRows
from etl_job.lake.paths import own_folder
from etl_job.publishing.measures import with_measures
from etl_job.publishing.parquet_files import FileLayout, write_rows
from etl_job.tables.table_commit import PublishedIceberg


@dataclass(frozen=True, slots=True)
class NewDailyCounts:
    """The run's rows of the curated table, and the files that hold them, if they are written already."""

    rows: DataFrame
    files: tuple[str, ...] | None = None

    def and_others(self, context: RunContext, others: Sequence[str]) -> DataFrame:
        """With the rows of other files of the curated table."""
        if self.files is not None:
            return curated_rows(context, (*self.files, *others))
        return self.rows.unionByName(curated_rows(context, others)) if others else self.rows


def new_daily_counts(context: RunContext, counted: CountedRows) -> NewDailyCounts:
    """The run's rows of the curated table. Rows that are in the driver's memory are written at once."""
    spec, daily = context.contract.features, counted.daily
    published = _published_names(spec)
    if daily.in_driver is not None:
        if not daily.in_driver.num_rows:
            return NewDailyCounts(curated_rows(context, ()), ())
        table = daily.in_driver.select(list(published)).rename_columns(list(published.values()))
        files = write_rows(table, *place_in(context, context.tables.curated), context.store)
        return NewDailyCounts(curated_rows(context, files), files)
    rows = daily.rows.select(*(F.col(name).alias(as_published) for name, as_published in published.items()))
    if not spec.measures:
        return NewDailyCounts(rows)
    # The curated table needs it once, the features twice.
    return NewDailyCounts(with_measures(rows, counted.rows.staged, counted.rows.candidates, context.contract).persist())


def _published_names(spec: FeatureSpec) -> dict[str, str]:
    """The columns of daily counts, and how the curated table names them."""
    entity = {value_column(name): name for name in spec.entity}
    return {DELIVERY: DELIVERY, **entity, DAY: DAY, KEPT: spec.count, **{hour: hour for hour in hour_columns(spec)}}


def place_in(
    context: RunContext, table: PublishedIceberg, split_after: Mapping[str, date] | None = None
) -> tuple[FileLayout, str]:
    """The file layout of this run's rows of a table, and a folder for them."""
    sort_by = [*context.contract.features.entity, DAY]
    layout = FileLayout(table.columns, table.partition_column, sort_by, split_after or {})
    return layout, own_folder(f"{table.location}/data", context.arguments.run_id)


def curated_rows(context: RunContext, files: Sequence[str]) -> DataFrame:
    """The rows of some files of the curated table."""
    schema = ddl(curated_columns(context.contract.features))
    return context.spark.read.schema(schema).parquet(*files) if files else context.spark.createDataFrame([], schema)

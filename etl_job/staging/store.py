"""The staged rows of a run: Parquet beside the tables, in a folder of the run's own, by kind."""

import uuid

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from etl_job.contract.feature_spec import FeatureSpec
from etl_job.contract.schemas import KIND, OLD_VALID_ROWS, VALID_ROWS, count_columns, ddl, staged_columns
from etl_job.lake.files import ObjectStore
from etl_job.staging.folders import StagingFolder
from etl_job.tables.key_registers import FOLDER


def new_staging_folder(table_location: str, run_id: str) -> str:
    """A folder that no other run stages in, nor another attempt of the same run."""
    return f"{table_location}/{FOLDER}/{run_id}-{uuid.uuid4().hex[:8]}"


def read_staged(spark: SparkSession, store: ObjectStore, folder: str, spec: FeatureSpec) -> DataFrame:
    """The rows of a run, in the kinds that they were staged in."""
    return read_kinds(spark, store, folder, ddl(staged_columns(spec)))


def read_counts(spark: SparkSession, store: ObjectStore, folder: str, spec: FeatureSpec) -> DataFrame | None:
    """How many valid rows there are per delivery, entity and day, in several lines; None where there are none."""
    files = [file.uri for file in store.list_files(f"{StagingFolder(folder).counts}/")]
    return spark.read.schema(ddl(count_columns(spec))).parquet(*files) if files else None


def is_valid() -> Column:
    """Whether staged rows are valid."""
    return F.col(KIND).isin(VALID_ROWS, OLD_VALID_ROWS)


def valid_files(store: ObjectStore, folder: str) -> tuple[str, ...]:
    """The files that hold the valid rows of a staging folder."""
    kinds = (f"{folder}/{KIND}={kind}/" for kind in (OLD_VALID_ROWS, VALID_ROWS))
    return tuple(file.uri for kind in kinds for file in store.list_files(kind) if file.uri.endswith(".parquet"))


def read_kinds(spark: SparkSession, store: ObjectStore, folder: str, columns: str) -> DataFrame:
    """Some columns of the staged rows, with their kind."""
    stored = store.list_files(f"{folder}/")
    files = [file.uri for file in stored if file.uri.endswith(".parquet") and f"/{KIND}=" in file.uri]
    schema = f"{columns}, {KIND} string"
    if not files:  # a run without rows
        return spark.createDataFrame([], schema)
    return spark.read.schema(schema).option("basePath", folder).parquet(*files)

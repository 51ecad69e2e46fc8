"""The staged rows of a run: Parquet files next to the tables, in a folder of the run, by kind."""

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from etl_job.contract.feature_spec import FeatureSpec
from etl_job.contract.schemas import BROKEN_ROWS, KIND, OLD_VALID_ROWS, VALID_ROWS, count_columns, ddl, staged_columns
from etl_job.lake.files import ObjectStore
from etl_job.lake.paths import parquet_files


class StagingFolder:
    """A folder that belongs to one run. When the run is published, only the valid rows remain in it."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.valid = f"{uri}/{KIND}={VALID_ROWS}"  # rows that break no rule, but perhaps share their key with others
        self.broken = f"{uri}/{KIND}={BROKEN_ROWS}"  # rows that break a rule, with their text
        self.counts = f"{uri}/_counts"  # how many valid rows there are per delivery, entity and day
        self.repeated = f"{uri}/_repeated"  # the hashes of keys that more than one row has
        self.waiting = f"{uri}/_waiting"  # rows that wait for the rules in SQL: those that break no other, and the rest
        self.waiting_valid, self.waiting_broken = f"{self.waiting}/valid", f"{self.waiting}/broken"
        self.judged_by_sql = f"{uri}/_judged_by_sql"  # those that break rules in SQL, by the number of their part
        # Not needed after a run is published.
        self.passing = (self.broken, self.counts, self.repeated, self.waiting, self.judged_by_sql)


def part_name(number: int) -> str:
    """The prefix of the names of a part's files."""
    return f"part-{number:06d}"


def part_number(uri: str) -> int:
    """The part that a file is of."""
    return int(uri.rpartition("/")[2].split("-")[1])


def read_staged(spark: SparkSession, store: ObjectStore, folder: str, spec: FeatureSpec) -> DataFrame:
    """The rows of a run, in the kinds that they were staged in."""
    return read_kinds(spark, store, folder, ddl(staged_columns(spec)))


def read_counts(spark: SparkSession, store: ObjectStore, folder: str, spec: FeatureSpec) -> DataFrame | None:
    """The numbers of valid rows per delivery, entity and day, in several lines each; None if there are none."""
    files = [file.uri for file in store.list_files(f"{StagingFolder(folder).counts}/")]
    return spark.read.schema(ddl(count_columns(spec))).parquet(*files) if files else None


def is_valid() -> Column:
    """Whether staged rows are valid."""
    return F.col(KIND).isin(VALID_ROWS, OLD_VALID_ROWS)


def valid_files(store: ObjectStore, folder: str) -> tuple[str, ...]:
    """The files that hold the valid rows of a staging folder."""
    kinds = (f"{folder}/{KIND}={kind}" for kind in (OLD_VALID_ROWS, VALID_ROWS))
    return tuple(uri for kind in kinds for uri in parquet_files(store, kind))


def read_kinds(spark: SparkSession, store: ObjectStore, folder: str, columns: str) -> DataFrame:
    """Some columns of the staged rows, with their kind."""
    files = [uri for uri in parquet_files(store, folder) if f"/{KIND}=" in uri]
    schema = f"{columns}, {KIND} string"
    if not files:  # a run without rows
        return spark.createDataFrame([], schema)
    return spark.read.schema(schema).option("basePath", folder).parquet(*files)

"""The run context: the objects that all steps of a run use."""

from dataclasses import dataclass, field

from pyspark.sql import SparkSession

from etl_job.arguments import JobArguments
from etl_job.contract.model import Contract
from etl_job.lake.files import ObjectStore
from etl_job.lake.paths import LakePaths
from etl_job.notify.progress import Progress
from etl_job.spark.kept_frames import KeptFrames
from etl_job.spark.sql_rules import SqlRules
from etl_job.tables.dataset import Tables


@dataclass(frozen=True, slots=True)
class RunContext:
    """The services of a run, its arguments, and the tables as they were when it began."""

    spark: SparkSession
    store: ObjectStore
    arguments: JobArguments
    contract: Contract
    sql: SqlRules
    tables: Tables
    progress: Progress
    in_memory: KeptFrames = field(default_factory=KeptFrames)

    @property
    def paths(self) -> LakePaths:
        """The dataset's paths in the lake."""
        return LakePaths(self.arguments.lake_root, self.contract.dataset)

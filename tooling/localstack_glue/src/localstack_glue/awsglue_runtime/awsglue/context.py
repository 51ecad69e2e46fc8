"""GlueContext: reading and writing frames, and maintenance of files.

Follows the page "GlueContext class" of the AWS Glue Developer Guide, and the signatures of the public library
awslabs/aws-glue-libs.
"""

from __future__ import annotations

import time
from typing import Any

from pyspark import SparkContext
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from awsglue import ingestion_time, purge_and_transition
from awsglue.catalog import Catalog
from awsglue.context_base import Options
from awsglue.context_reading import ReadingContext
from awsglue.context_writing import WritingContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.errors import refused, unsupported
from awsglue.glue_logger import GlueLogger
from awsglue.readers_and_writers import DataFrameReader, DataFrameWriter, DynamicFrameReader, DynamicFrameWriter


class GlueContext(ReadingContext, WritingContext):
    """Spark, with Glue's readers and writers."""

    def __init__(
        self, sparkContext: SparkContext | SparkSession | None = None, *, catalog: Catalog | None = None, **options: Any
    ) -> None:
        super().__init__(sparkContext, catalog=catalog, **options)
        self.create_dynamic_frame = DynamicFrameReader(self)
        self.create_data_frame = DataFrameReader(self)
        self.write_dynamic_frame = DynamicFrameWriter(self)
        self.write_data_frame = DataFrameWriter(self)

    def get_logger(self) -> GlueLogger:
        """A logger that writes to the run's error log."""
        return GlueLogger()

    def currentTimeMillis(self) -> int:
        """The time in milliseconds since 1970."""
        return round(time.time() * 1000)

    def _empty_frame(self, name: str) -> DynamicFrame:
        return DynamicFrame(self.spark_session.createDataFrame([], T.StructType([])), self, name)

    def purge_s3_path(self, s3_path: str, options: Options = None, transformation_ctx: str = "") -> None:
        """Delete the objects below a path that are older than the retention period (168 hours)."""
        purge_and_transition.purge_path(s3_path, options or {}, transformation_ctx)

    def purge_table(
        self,
        database: str,
        table_name: str,
        options: Options = None,
        transformation_ctx: str = "",
        catalog_id: str | None = None,
    ) -> None:
        """Delete a table's old objects, and the partitions without any objects left."""
        purge_and_transition.purge_table(
            self.spark_session, self.catalog, (database, table_name, catalog_id), options or {}, transformation_ctx
        )

    def transition_s3_path(
        self, s3_path: str, transition_to: str, options: Options = None, transformation_ctx: str = ""
    ) -> None:
        """Move the old objects below a path to another storage class."""
        purge_and_transition.transition_path(s3_path, transition_to, options or {}, transformation_ctx)

    def transition_table(
        self,
        database: str,
        table_name: str,
        transition_to: str,
        options: Options = None,
        transformation_ctx: str = "",
        catalog_id: str | None = None,
    ) -> None:
        """Move a table's old objects to another storage class."""
        place = (database, table_name, catalog_id)
        purge_and_transition.transition_table(
            self.spark_session, self.catalog, place, transition_to, options or {}, transformation_ctx
        )

    def add_ingestion_time_columns(self, frame: DataFrame, time_granularity: str) -> DataFrame:
        """Add `ingest_year`, `ingest_month` and `ingest_day`; for `hour` and `minute` also finer columns."""
        return ingestion_time.add_columns(frame, time_granularity)

    def convert_resolve_option(self, path: str, action: str, target: Any) -> Any:
        """Refuse: only Glue's own Java code uses it."""
        unsupported("convert_resolve_option", "use toDF(options)")

    getStreamingSource = refused("getStreamingSource", "streaming is not emulated")
    getSampleStreamingDynamicFrame = refused("getSampleStreamingDynamicFrame", "streaming is not emulated")
    forEachBatch = refused("forEachBatch", "streaming is not emulated")
    start_transaction = refused("start_transaction")
    commit_transaction = refused("commit_transaction")
    cancel_transaction = refused("cancel_transaction")


__all__ = [
    "DataFrameReader",
    "DataFrameWriter",
    "DynamicFrameReader",
    "DynamicFrameWriter",
    "GlueContext",
    "GlueLogger",
]

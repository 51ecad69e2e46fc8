"""GlueContext: where frames come from and go to.

Follows the pages "GlueContext class", "DynamicFrameReader class" and "DynamicFrameWriter class" of the AWS Glue
Developer Guide.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from pyspark import RDD, SparkContext
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as T

from awsglue import records, sinks, sources
from awsglue.bookmarks import Bookmark
from awsglue.catalog import Catalog
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.errors import check_options, refused, unsupported
from awsglue.sinks import FILE_TYPES, S3Sink

Options = Mapping[str, Any] | None


class GlueContext:
    """Spark, with Glue's readers and writers."""

    def __init__(self, sparkContext: SparkContext, catalog: Catalog | None = None, **options: Any) -> None:
        check_options("the GlueContext options", options, ("minPartitions", "targetPartitions"))
        self.spark_session = SparkSession.builder.getOrCreate()
        self._sc = sparkContext
        self.catalog = catalog or Catalog()
        self.bookmark: Bookmark | None = None
        self.create_dynamic_frame = DynamicFrameReader(self)
        self.create_data_frame = DataFrameReader(self)
        self.write_dynamic_frame = DynamicFrameWriter(self)
        self.write_data_frame = DataFrameWriter()

    # ------------------------------------------------------------------ Spark's own

    @property
    def sparkSession(self) -> SparkSession:
        """The Spark session."""
        return self.spark_session

    @property
    def read(self) -> Any:
        """Spark's reader."""
        return self.spark_session.read

    def sql(self, sqlQuery: str) -> DataFrame:
        """Run a query."""
        return self.spark_session.sql(sqlQuery)

    def table(self, tableName: str) -> DataFrame:
        """A table or view of Spark."""
        return self.spark_session.table(tableName)

    def createDataFrame(self, *args: Any, **kwargs: Any) -> DataFrame:
        """Make a DataFrame."""
        return self.spark_session.createDataFrame(*args, **kwargs)

    def get_logger(self) -> GlueLogger:
        """A logger that writes to the run's error log."""
        return GlueLogger()

    # ------------------------------------------------------------------ reading

    def create_dynamic_frame_from_rdd(
        self,
        data: RDD[Any],
        name: str,
        schema: Any = None,
        sample_ratio: float | None = None,
        transformation_ctx: str = "",
    ) -> DynamicFrame:
        """A frame of records (dicts or Rows); fields whose types differ become choices."""
        if sample_ratio is not None:
            unsupported("create_dynamic_frame_from_rdd with sample_ratio")
        if schema is not None and not isinstance(schema, T.StructType):
            unsupported("create_dynamic_frame_from_rdd with a schema that is no Spark StructType")
        if schema is not None:
            return DynamicFrame(self.spark_session.createDataFrame(data, schema), self, name)
        return DynamicFrame(records.to_frame(self.spark_session, data), self, name)

    def create_dynamic_frame_from_catalog(
        self,
        database: str,
        table_name: str,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        additional_options: Options = None,
        catalog_id: str | None = None,
    ) -> DynamicFrame:
        """Read a catalog table over CSV, JSON or Parquet files."""
        table = self.catalog.table(database, table_name, catalog_id)
        selection = sources.Selection(self.spark_session, self.bookmark, transformation_ctx)
        frame = sources.read_table(
            self.catalog, selection, table, push_down_predicate, additional_options or {}, catalog_id
        )
        return DynamicFrame(frame, self, table_name)

    def create_dynamic_frame_from_options(
        self,
        connection_type: str,
        connection_options: Options = None,
        format: str | None = None,  # noqa: A002 - Glue's name
        format_options: Options = None,
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        **options: Any,
    ) -> DynamicFrame:
        """Read CSV, JSON or Parquet files by their paths."""
        check_options("create_dynamic_frame_from_options with", options, ())
        if push_down_predicate:
            unsupported("push_down_predicate in from_options", "use it in from_catalog, or filter")
        _check_files(connection_type, "reading")
        frame = sources.read_paths(
            self.spark_session,
            self.bookmark,
            transformation_ctx,
            connection_options or {},
            format,
            format_options or {},
        )
        return DynamicFrame(frame, self, transformation_ctx)

    def create_data_frame_from_catalog(
        self,
        database: str,
        table_name: str,
        transformation_ctx: str = "",
        additional_options: Options = None,
        push_down_predicate: str = "",
    ) -> DataFrame:
        """Read a catalog table as a DataFrame."""
        options = {key: value for key, value in (additional_options or {}).items() if key != "useSparkDataSource"}
        return self.create_dynamic_frame_from_catalog(
            database,
            table_name,
            transformation_ctx=transformation_ctx,
            push_down_predicate=push_down_predicate,
            additional_options=options,
        ).toDF()

    def create_data_frame_from_options(
        self,
        connection_type: str,
        connection_options: Options = None,
        format: str | None = None,  # noqa: A002 - Glue's name
        format_options: Options = None,
        transformation_ctx: str = "",
    ) -> DataFrame:
        """Read files as a DataFrame."""
        return self.create_dynamic_frame_from_options(
            connection_type, connection_options, format, format_options, transformation_ctx
        ).toDF()

    # ------------------------------------------------------------------ writing

    def write_dynamic_frame_from_options(
        self,
        frame: DynamicFrame | DynamicFrameCollection,
        connection_type: str,
        connection_options: Options = None,
        format: str | None = None,  # noqa: A002 - Glue's name
        format_options: Options = None,
        transformation_ctx: str = "",
    ) -> Any:
        """Add CSV, JSON or Parquet files to a folder."""
        _check_files(connection_type, "writing")
        if isinstance(frame, DynamicFrameCollection):
            unsupported("writing a DynamicFrameCollection", "write its frames one by one")
        sinks.write_files(frame, sinks.target_of(connection_options or {}, format, format_options or {}))
        return frame

    write_from_options = write_dynamic_frame_from_options

    def write_dynamic_frame_from_catalog(
        self,
        frame: DynamicFrame,
        database: str,
        table_name: str,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        additional_options: Options = None,
        catalog_id: str | None = None,
    ) -> DynamicFrame:
        """Add files to a catalog table."""
        sinks.write_table(self.catalog, frame, database, table_name, additional_options or {}, catalog_id)
        return frame

    def getSink(
        self,
        connection_type: str,
        format: str | None = None,  # noqa: A002 - Glue's name
        transformation_ctx: str = "",
        **options: Any,
    ) -> S3Sink:
        """A sink for files in S3 that can keep a catalog table up to date."""
        sink = S3Sink(self.catalog, connection_type, options)
        if format is not None:
            sink.setFormat(format)
        return sink

    write_dynamic_frame_from_jdbc_conf = refused("write_dynamic_frame.from_jdbc_conf", "JDBC is not emulated")
    write_from_jdbc_conf = refused("write_from_jdbc_conf", "JDBC is not emulated")
    write_data_frame_from_catalog = refused("write_data_frame_from_catalog")
    extract_jdbc_conf = refused("extract_jdbc_conf", "JDBC is not emulated")
    getSource = refused("getSource", "use create_dynamic_frame.from_options")
    getSampleFrame = refused("getSampleFrame")
    create_sample_dynamic_frame_from_catalog = refused("create_sample_dynamic_frame_from_catalog")
    create_sample_dynamic_frame_from_options = refused("create_sample_dynamic_frame_from_options")
    add_ingestion_time_columns = refused("add_ingestion_time_columns")
    forEachBatch = refused("forEachBatch", "streaming is not emulated")
    purge_table = refused("purge_table")
    purge_s3_path = refused("purge_s3_path", "delete the objects through boto3")
    transition_table = refused("transition_table")
    transition_s3_path = refused("transition_s3_path")
    start_transaction = refused("start_transaction")
    commit_transaction = refused("commit_transaction")
    cancel_transaction = refused("cancel_transaction")


class DynamicFrameReader:
    """`glueContext.create_dynamic_frame`."""

    def __init__(self, glue_context: GlueContext) -> None:
        self.from_catalog = glue_context.create_dynamic_frame_from_catalog
        self.from_options = glue_context.create_dynamic_frame_from_options
        self.from_rdd = glue_context.create_dynamic_frame_from_rdd


class DataFrameReader:
    """`glueContext.create_data_frame`."""

    def __init__(self, glue_context: GlueContext) -> None:
        self.from_catalog = glue_context.create_data_frame_from_catalog
        self.from_options = glue_context.create_data_frame_from_options


class DynamicFrameWriter:
    """`glueContext.write_dynamic_frame`."""

    from_jdbc_conf = refused("write_dynamic_frame.from_jdbc_conf", "JDBC is not emulated")

    def __init__(self, glue_context: GlueContext) -> None:
        self.from_options = glue_context.write_dynamic_frame_from_options
        self.from_catalog = glue_context.write_dynamic_frame_from_catalog


class DataFrameWriter:
    """`glueContext.write_data_frame`."""

    from_catalog = refused("write_data_frame.from_catalog", "use DynamicFrame.fromDF and write_dynamic_frame")
    from_options = refused("write_data_frame.from_options", "use DynamicFrame.fromDF and write_dynamic_frame")


class GlueLogger:
    """What `get_logger` answers: lines on standard error, which is the run's error log."""

    def _write(self, level: str, message: object) -> None:
        print(f"{level} GlueLogger: {message}", file=sys.stderr, flush=True)  # noqa: T201 - what it is for

    def debug(self, message: object) -> None:
        """Say nothing: Glue's log level is INFO."""

    def info(self, message: object) -> None:
        """Log at INFO."""
        self._write("INFO", message)

    def warn(self, message: object) -> None:
        """Log at WARN."""
        self._write("WARN", message)

    warning = warn

    def error(self, message: object) -> None:
        """Log at ERROR."""
        self._write("ERROR", message)


def _check_files(connection_type: str, verb: str) -> None:
    if connection_type not in FILE_TYPES:
        unsupported(f"{verb} the connection type {connection_type}")


__all__ = ["DataFrameReader", "DynamicFrameReader", "DynamicFrameWriter", "GlueContext", "GlueLogger"]

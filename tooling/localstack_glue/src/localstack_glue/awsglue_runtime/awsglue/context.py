"""GlueContext: where frames come from and go to.

Follows the pages "GlueContext class", "DynamicFrameReader class" and "DynamicFrameWriter class" of the AWS Glue
Developer Guide, and the signatures of the public library awslabs/aws-glue-libs.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from pyspark import RDD, SparkContext
from pyspark.sql import DataFrame, SparkSession, SQLContext
from pyspark.sql import types as T

from awsglue import housekeeping, ingestion_time, records, sinks, sources
from awsglue.bookmarks import Bookmark
from awsglue.catalog import Catalog
from awsglue.data_source import DataSource
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.errors import check_options, refused, unsupported
from awsglue.glue_logger import GlueLogger
from awsglue.gluetypes import concrete_type
from awsglue.readers_and_writers import DataFrameReader, DataFrameWriter, DynamicFrameReader, DynamicFrameWriter
from awsglue.sinks import FILE_TYPES, S3Sink

Options = Mapping[str, Any] | None
_PARTITIONS = ("minPartitions", "targetPartitions")  # how Spark cuts the data changes nothing about the records


def named_database(call: Callable[..., Any]) -> Callable[..., Any]:
    """Let a call name its database by `name_space` too, as older scripts do."""

    @wraps(call)
    def called(*args: Any, **kwargs: Any) -> Any:
        if "name_space" in kwargs:
            if kwargs.get("database") is not None:
                raise ValueError("Parameter name_space and database are both specified, choose one.")
            kwargs["database"] = kwargs.pop("name_space")
        return call(*args, **kwargs)

    return called


class GlueContext(SQLContext):
    """Spark, with Glue's readers and writers."""

    def __init__(
        self, sparkContext: SparkContext | SparkSession | None = None, *, catalog: Catalog | None = None, **options: Any
    ) -> None:
        check_options("the GlueContext options", options, _PARTITIONS)
        session = sparkContext if isinstance(sparkContext, SparkSession) else SparkSession.builder.getOrCreate()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # Spark's own: SQLContext is old
            super().__init__(session.sparkContext, session)
        self.spark_session = session
        self.catalog = catalog or Catalog()
        self.bookmark: Bookmark | None = None
        self.create_dynamic_frame = DynamicFrameReader(self)
        self.create_data_frame = DataFrameReader(self)
        self.write_dynamic_frame = DynamicFrameWriter(self)
        self.write_data_frame = DataFrameWriter(self)

    def get_logger(self) -> GlueLogger:
        """A logger that writes to the run's error log."""
        return GlueLogger()

    def currentTimeMillis(self) -> int:
        """The time, in milliseconds since 1970."""
        return round(time.time() * 1000)

    def _empty_frame(self, name: str) -> DynamicFrame:
        return DynamicFrame(self.spark_session.createDataFrame([], T.StructType([])), self, name)

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
        if schema is not None:
            frame = self.spark_session.createDataFrame(data, schema, samplingRatio=sample_ratio)
            return DynamicFrame.fromDF(frame, self, name)
        return DynamicFrame(records.to_frame(self.spark_session, data), self, name)

    @named_database
    def create_dynamic_frame_from_catalog(
        self,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        additional_options: Options = None,
        catalog_id: str | None = None,
        **options: Any,
    ) -> DynamicFrame:
        """Read a catalog table over files."""
        check_options("create_dynamic_frame_from_catalog with", options, _PARTITIONS)
        table = self.catalog.table(*_place(database, table_name), catalog_id)
        selection = sources.Selection(self.spark_session, self.bookmark, transformation_ctx)
        frame = sources.read_table(
            self.catalog, selection, table, push_down_predicate, additional_options or {}, catalog_id
        )
        return DynamicFrame(frame, self, table.name)

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
        """Read files by their paths."""
        check_options("create_dynamic_frame_from_options with", options, _PARTITIONS)
        source = self.getSource(
            connection_type, format, transformation_ctx, push_down_predicate, **(connection_options or {})
        )
        source.setFormat(format, **(format_options or {}))
        return source.getFrame()

    def getSource(
        self,
        connection_type: str,
        format: str | None = None,  # noqa: A002 - Glue's name
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        **options: Any,
    ) -> DataSource:
        """A source of files, which reads when it is asked for its frame."""
        connection_type, format = _file_source(connection_type, format)  # noqa: A001 - Glue's name
        if push_down_predicate:
            unsupported("push_down_predicate in from_options", "use it in from_catalog, or filter")
        return DataSource(self, options, format, transformation_ctx)

    @named_database
    def create_data_frame_from_catalog(
        self,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        additional_options: Options = None,
        catalog_id: str | None = None,
        **options: Any,
    ) -> DataFrame:
        """Read a catalog table as a DataFrame."""
        neutral = ("useSparkDataSource", "useCatalogSchema")
        given = {key: value for key, value in (additional_options or {}).items() if key not in neutral}
        frame: DynamicFrame = self.create_dynamic_frame_from_catalog(
            database,
            table_name,
            redshift_tmp_dir,
            transformation_ctx,
            push_down_predicate,
            given,
            catalog_id,
            **options,
        )
        return frame.toDF()

    def create_data_frame_from_options(
        self,
        connection_type: str,
        connection_options: Options = None,
        format: str | None = None,  # noqa: A002 - Glue's name
        format_options: Options = None,
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        **options: Any,
    ) -> DataFrame:
        """Read files as a DataFrame."""
        return self.create_dynamic_frame_from_options(
            connection_type,
            connection_options,
            format,
            format_options,
            transformation_ctx,
            push_down_predicate,
            **options,
        ).toDF()

    @named_database
    def create_sample_dynamic_frame_from_catalog(
        self,
        database: str | None = None,
        table_name: str | None = None,
        num: int | None = None,
        sample_options: Options = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        additional_options: Options = None,
        catalog_id: str | None = None,
        erieTxId: str = "",
        asOfTime: str = "",
        **options: Any,
    ) -> DynamicFrame:
        """The first records of a catalog table."""
        if erieTxId or asOfTime:
            unsupported("create_sample_dynamic_frame_from_catalog with a transaction")
        frame = self.create_dynamic_frame_from_catalog(
            database,
            table_name,
            redshift_tmp_dir,
            transformation_ctx,
            push_down_predicate,
            additional_options,
            catalog_id,
        )
        return _first(frame, num)

    def create_sample_dynamic_frame_from_options(
        self,
        connection_type: str,
        connection_options: Options = None,
        num: int | None = None,
        sample_options: Options = None,
        format: str | None = None,  # noqa: A002 - Glue's name
        format_options: Options = None,
        transformation_ctx: str = "",
        push_down_predicate: str = "",
        **options: Any,
    ) -> DynamicFrame:
        """The first records of files."""
        frame = self.create_dynamic_frame_from_options(
            connection_type, connection_options, format, format_options, transformation_ctx, push_down_predicate
        )
        return _first(frame, num)

    def get_catalog_schema_as_spark_schema(
        self, database: str | None = None, table_name: str | None = None, catalog_id: str | None = None
    ) -> T.StructType:
        """The columns of a catalog table, partition keys last."""
        types = self.catalog.table(*_place(database, table_name), catalog_id).types
        return T.StructType([T.StructField(name, concrete_type(kind)) for name, kind in types.items()])

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
        """Add files to a folder."""
        return self.write_from_options(
            frame, connection_type, connection_options, format, format_options, transformation_ctx
        )

    def write_from_options(
        self,
        frame_or_dfc: DynamicFrame | DynamicFrameCollection,
        connection_type: str,
        connection_options: Options = None,
        format: str | None = None,  # noqa: A002 - Glue's name
        format_options: Options = None,
        transformation_ctx: str = "",
        **options: Any,
    ) -> Any:
        """Add files to a folder; the frames of a collection go to folders of their names."""
        check_options("write_from_options with", options, ("accumulator_size",))
        sink = self.getSink(connection_type, format, transformation_ctx, **(connection_options or {}))
        sink.setFormat(sink.format, **(format_options or {}))
        return sink.write(frame_or_dfc)

    @named_database
    def write_dynamic_frame_from_catalog(
        self,
        frame: DynamicFrame,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        additional_options: Options = None,
        catalog_id: str | None = None,
        **options: Any,
    ) -> DynamicFrame:
        """Add files to a catalog table."""
        check_options("write_dynamic_frame_from_catalog with", options, ())
        place = _place(database, table_name)
        sinks.write_table(self.catalog, frame, *place, additional_options or {}, catalog_id)
        return frame

    @named_database
    def write_data_frame_from_catalog(
        self,
        frame: DataFrame,
        database: str | None = None,
        table_name: str | None = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        additional_options: Options = None,
        catalog_id: str | None = None,
        **options: Any,
    ) -> DataFrame:
        """Add a DataFrame's rows to a catalog table."""
        written = DynamicFrame.fromDF(frame, self)
        self.write_dynamic_frame_from_catalog(
            written,
            database,
            table_name,
            redshift_tmp_dir,
            transformation_ctx,
            additional_options,
            catalog_id,
            **options,
        )
        return frame

    def getSink(
        self,
        connection_type: str,
        format: str | None = None,  # noqa: A002 - Glue's name
        transformation_ctx: str = "",
        **options: Any,
    ) -> S3Sink:
        """A sink for files in S3 that can keep a catalog table up to date."""
        connection_type, format = _file_source(connection_type, format)  # noqa: A001 - Glue's name
        sink = S3Sink(self.catalog, connection_type, options)
        if format is not None:
            sink.setFormat(format)
        return sink

    def purge_s3_path(self, s3_path: str, options: Options = None, transformation_ctx: str = "") -> None:
        """Delete the objects below a path that are older than the retention period (168 hours)."""
        housekeeping.purge_path(s3_path, options or {}, transformation_ctx)

    def purge_table(
        self,
        database: str,
        table_name: str,
        options: Options = None,
        transformation_ctx: str = "",
        catalog_id: str | None = None,
    ) -> None:
        """Delete a table's old objects, and the partitions that lost them all."""
        housekeeping.purge_table(
            self.spark_session, self.catalog, (database, table_name, catalog_id), options or {}, transformation_ctx
        )

    def transition_s3_path(
        self, s3_path: str, transition_to: str, options: Options = None, transformation_ctx: str = ""
    ) -> None:
        """Give the old objects below a path another storage class."""
        housekeeping.transition_path(s3_path, transition_to, options or {}, transformation_ctx)

    def transition_table(
        self,
        database: str,
        table_name: str,
        transition_to: str,
        options: Options = None,
        transformation_ctx: str = "",
        catalog_id: str | None = None,
    ) -> None:
        """Give a table's old objects another storage class."""
        place = (database, table_name, catalog_id)
        housekeeping.transition_table(
            self.spark_session, self.catalog, place, transition_to, options or {}, transformation_ctx
        )

    def add_ingestion_time_columns(self, frame: DataFrame, time_granularity: str) -> DataFrame:
        """Add `ingest_year`, `ingest_month`, `ingest_day`, and more for `hour` and `minute`."""
        return ingestion_time.add_columns(frame, time_granularity)

    def convert_resolve_option(self, path: str, action: str, target: Any) -> Any:
        """Refuse what only Glue's own Java needs."""
        unsupported("convert_resolve_option", "use toDF(options)")

    _write_from_jdbc = refused("write_dynamic_frame.from_jdbc_conf", "JDBC is not emulated")

    def write_dynamic_frame_from_jdbc_conf(
        self,
        frame: Any,
        catalog_connection: str,
        connection_options: Options = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        catalog_id: str | None = None,
    ) -> Any:
        """Refuse: JDBC is not emulated."""
        return self._write_from_jdbc()

    def write_from_jdbc_conf(
        self,
        frame_or_dfc: Any,
        catalog_connection: str,
        connection_options: Options = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        catalog_id: str | None = None,
    ) -> Any:
        """Refuse: JDBC is not emulated."""
        return self._write_from_jdbc()

    extract_jdbc_conf = refused("extract_jdbc_conf", "JDBC is not emulated")
    getStreamingSource = refused("getStreamingSource", "streaming is not emulated")
    getSampleStreamingDynamicFrame = refused("getSampleStreamingDynamicFrame", "streaming is not emulated")
    forEachBatch = refused("forEachBatch", "streaming is not emulated")
    start_transaction = refused("start_transaction")
    commit_transaction = refused("commit_transaction")
    cancel_transaction = refused("cancel_transaction")


def _place(database: str | None, table_name: str | None) -> tuple[str, str]:
    if database is None:
        raise ValueError("Parameter name_space or database is missing.")
    if table_name is None:
        raise ValueError("Parameter table_name is missing.")
    return database, table_name


def _file_source(connection_type: str, format_name: str | None) -> tuple[str, str | None]:
    """The type and format of a place for files; `parquet` and `orc` may be named as the type."""
    if connection_type.lower() in {"parquet", "orc"}:
        return "s3", format_name or connection_type.lower()
    if connection_type not in FILE_TYPES:
        unsupported(f"the connection type {connection_type}")
    return connection_type, format_name


def _first(frame: DynamicFrame, num: int | None) -> DynamicFrame:
    return frame if num is None else DynamicFrame(frame._df.limit(int(num)), frame.glue_ctx, frame.name)


__all__ = [
    "DataFrameReader",
    "DataFrameWriter",
    "DynamicFrameReader",
    "DynamicFrameWriter",
    "GlueContext",
    "GlueLogger",
]

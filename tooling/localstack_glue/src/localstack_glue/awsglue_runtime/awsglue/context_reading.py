"""Reading for a GlueContext: files, catalog tables, databases, records.

Follows the pages "GlueContext class" and "DynamicFrameReader class" of the AWS Glue Developer Guide, and the
signatures of the public library awslabs/aws-glue-libs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyspark import RDD
from pyspark.sql import DataFrame
from pyspark.sql import types as T

from awsglue import file_sources, iceberg_tables
from awsglue.catalog import parse_table
from awsglue.connection_types import file_source, is_database
from awsglue.content import Content
from awsglue.context_base import GlueSession, Options, named_database, place, warn_of_ignored_arguments, whole
from awsglue.data_source import DataSource
from awsglue.dynamicframe import DynamicFrame
from awsglue.errors import GlueDataError, unsupported
from awsglue.gluetypes import concrete_type
from awsglue.jdbc import catalog_tables as jdbc_tables
from awsglue.jdbc import connections
from awsglue.jdbc.endpoint import endpoint
from awsglue.jdbc.reading import Reading
from awsglue.jdbc.reading import read as read_rows


class ReadingContext(GlueSession):
    """The methods of a GlueContext that read frames."""

    def create_dynamic_frame_from_rdd(
        self,
        data: RDD[Any],
        name: str,
        schema: Any = None,
        sample_ratio: float | None = None,
        transformation_ctx: str = "",
    ) -> DynamicFrame:
        """Make a frame of records as Spark does: without a schema, the first record decides about types."""
        frame = self.spark_session.createDataFrame(data, schema, samplingRatio=sample_ratio)
        return DynamicFrame.fromDF(frame, whole(self), name)

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
        """Read a catalog table over files or over a table of a database."""
        warn_of_ignored_arguments("create_dynamic_frame_from_catalog", options)
        wanted = place(database, table_name)
        definition = self.catalog.definition(*wanted, catalog_id)
        if jdbc_tables.is_jdbc(definition):
            return self._jdbc_table(definition, transformation_ctx, push_down_predicate, additional_options or {})
        table = parse_table(wanted[0], definition)
        selection = file_sources.Selection(self.spark_session, self.bookmark, transformation_ctx)
        found = file_sources.read_table(
            self.catalog, selection, table, push_down_predicate, additional_options or {}, catalog_id
        )
        return DynamicFrame(found.frame, whole(self), table.name, lacking=found.lacking)

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
        """Read files by their paths, or a table of a database."""
        warn_of_ignored_arguments("create_dynamic_frame_from_options", options)
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
        """Make a source of files or of a database. It reads when `getFrame` is called."""
        if push_down_predicate:
            unsupported("push_down_predicate in from_options", "use it in from_catalog, or filter")
        if is_database(connection_type):
            return self._jdbc_source(connection_type, options, transformation_ctx)
        _, format = file_source(connection_type, format)  # noqa: A001 - Glue's name

        def read(format_name: str | None, format_options: Mapping[str, Any]) -> Content:
            return file_sources.read_paths(
                self.spark_session, self.bookmark, transformation_ctx, options, format_name, format_options
            )

        return DataSource(whole(self), read, format, transformation_ctx)

    def _jdbc_source(self, connection_type: str, options: Mapping[str, Any], transformation_ctx: str) -> DataSource:
        found = endpoint(self.spark_session, self.catalog, connection_type, options)
        reading = Reading(self.spark_session, self.bookmark, transformation_ctx)
        return DataSource(
            whole(self), lambda _format, _options: Content(read_rows(reading, found)), None, transformation_ctx
        )

    def _jdbc_table(
        self, definition: Mapping[str, Any], transformation_ctx: str, push_down_predicate: str, more: Mapping[str, Any]
    ) -> DynamicFrame:
        """Read the table of a database that a catalog table describes."""
        if push_down_predicate:
            raise GlueDataError(f"push_down_predicate: the table {definition['Name']} has no partition keys")
        kind, options = jdbc_tables.connection_options(definition)
        source = self._jdbc_source(kind, jdbc_tables.with_call(options, more), transformation_ctx)
        frame = source.getFrame()
        return DynamicFrame(frame._df, frame.glue_ctx, str(definition["Name"]))

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
        """Read a catalog table as a DataFrame. Iceberg tables are read through the session's glue_catalog."""
        if catalog_id is None and iceberg_tables.has_catalog(self.spark_session):
            wanted = place(database, table_name)
            if iceberg_tables.is_iceberg(self.catalog.definition(*wanted)):
                return iceberg_tables.read(self.spark_session, wanted, push_down_predicate, additional_options or {})
        neutral = ("useSparkDataSource", "useCatalogSchema")
        own_options = {key: value for key, value in (additional_options or {}).items() if key not in neutral}
        frame: DynamicFrame = self.create_dynamic_frame_from_catalog(
            database,
            table_name,
            redshift_tmp_dir,
            transformation_ctx,
            push_down_predicate,
            own_options,
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
        """Read the first records of a catalog table."""
        if erieTxId or asOfTime:
            unsupported("create_sample_dynamic_frame_from_catalog with a transaction")
        self._refuse_tracked_sample(num, transformation_ctx)
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
        """Read the first records of files."""
        self._refuse_tracked_sample(num, transformation_ctx)
        frame = self.create_dynamic_frame_from_options(
            connection_type, connection_options, format, format_options, transformation_ctx, push_down_predicate
        )
        return _first(frame, num)

    def _refuse_tracked_sample(self, num: int | None, transformation_ctx: str) -> None:
        """Refuse a sample with a bookmark: records beyond the sample would count as read."""
        if num is not None and self.bookmark is not None and self.bookmark.tracks(transformation_ctx):
            unsupported("a sample frame with a job bookmark", "leave transformation_ctx out")

    def extract_jdbc_conf(self, connection_name: str, catalog_id: str | None = None) -> dict[str, Any]:
        """The URL, user, password and other properties of a connection of the Data Catalog."""
        return connections.jdbc_conf(self.catalog, connection_name, catalog_id)

    def get_catalog_schema_as_spark_schema(
        self, database: str | None = None, table_name: str | None = None, catalog_id: str | None = None
    ) -> T.StructType:
        """The columns of a catalog table, partition keys last."""
        types = self.catalog.types(*place(database, table_name), catalog_id)
        return T.StructType([T.StructField(name, concrete_type(kind)) for name, kind in types.items()])


def _first(frame: DynamicFrame, num: int | None) -> DynamicFrame:
    if num is None:
        return frame
    return DynamicFrame(frame._df.limit(int(num)), frame.glue_ctx, frame.name, lacking=frame._lacking)

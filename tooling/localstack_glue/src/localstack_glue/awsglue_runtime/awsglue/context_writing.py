"""Writing for a GlueContext: files, catalog tables, databases.

Follows the pages "GlueContext class" and "DynamicFrameWriter class" of the AWS Glue Developer Guide, and the
signatures of the public library awslabs/aws-glue-libs.
"""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame

from awsglue import file_sinks, iceberg_tables
from awsglue.connection_types import file_source, is_database
from awsglue.context_base import GlueSession, Options, named_database, place, warn_of_ignored_arguments, whole
from awsglue.data_sink import DataSink
from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from awsglue.file_sinks import S3Sink
from awsglue.jdbc import catalog_tables as jdbc_tables
from awsglue.jdbc.endpoint import endpoint
from awsglue.jdbc.writing import JdbcSink


class WritingContext(GlueSession):
    """The methods of a GlueContext that write frames."""

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
        """Add files to a folder. Frames of a collection go to folders named after them."""
        warn_of_ignored_arguments("write_from_options", options, "accumulator_size")
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
        warn_of_ignored_arguments("write_dynamic_frame_from_catalog", options)
        where = place(database, table_name)
        definition = self.catalog.definition(*where, catalog_id)
        if jdbc_tables.is_jdbc(definition):
            kind, found = jdbc_tables.connection_options(definition)
            self.getSink(kind, **{**found, **(additional_options or {})}).writeFrame(frame)
            return frame
        file_sinks.write_table(self.catalog, frame, *where, additional_options or {}, catalog_id)
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
        """Add a DataFrame's rows to a catalog table. Iceberg tables are written through the session's glue_catalog."""
        if catalog_id is None and iceberg_tables.has_catalog(self.spark_session):
            wanted = place(database, table_name)
            if iceberg_tables.is_iceberg(self.catalog.definition(*wanted)):
                iceberg_tables.append(frame, wanted, additional_options or {})
                return frame
        written = DynamicFrame.fromDF(frame, whole(self))
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
    ) -> DataSink:
        """Make a sink for a database, or for files in S3, which can update a catalog table."""
        if is_database(connection_type):
            return JdbcSink(lambda: endpoint(self.spark_session, self.catalog, connection_type, options))
        connection_type, format = file_source(connection_type, format)  # noqa: A001 - Glue's name
        sink = S3Sink(self.catalog, connection_type, options)
        if format is not None:
            sink.setFormat(format)
        return sink

    def write_dynamic_frame_from_jdbc_conf(
        self,
        frame: DynamicFrame,
        catalog_connection: str,
        connection_options: Options = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        catalog_id: str | None = None,
    ) -> Any:
        """Add records to a table of a database, through a connection of the Data Catalog."""
        return self.write_from_jdbc_conf(
            frame, catalog_connection, connection_options, redshift_tmp_dir, transformation_ctx, catalog_id
        )

    def write_from_jdbc_conf(
        self,
        frame_or_dfc: DynamicFrame | DynamicFrameCollection,
        catalog_connection: str,
        connection_options: Options = None,
        redshift_tmp_dir: str = "",
        transformation_ctx: str = "",
        catalog_id: str | None = None,
    ) -> Any:
        """Add records to a table of a database, through a connection of the Data Catalog."""
        options = {**(connection_options or {}), "connectionName": catalog_connection}
        return JdbcSink(
            lambda: endpoint(self.spark_session, self.catalog, "jdbc", options, catalog_id),
        ).write(frame_or_dfc)

"""`create_dynamic_frame`, `create_data_frame`, `write_dynamic_frame` and `write_data_frame` of a GlueContext."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyspark import RDD

from awsglue.dynamicframe import DynamicFrame
from awsglue.errors import refused

if TYPE_CHECKING:
    from awsglue.context import GlueContext


class DynamicFrameReader:
    """`glueContext.create_dynamic_frame`."""

    def __init__(self, glue_context: GlueContext) -> None:
        self._glue_context = glue_context
        self.from_catalog = glue_context.create_dynamic_frame_from_catalog
        self.from_options = glue_context.create_dynamic_frame_from_options

    def from_rdd(self, data: RDD[Any], name: str, schema: Any = None, sampleRatio: float | None = None) -> DynamicFrame:
        """See `GlueContext.create_dynamic_frame_from_rdd`."""
        return self._glue_context.create_dynamic_frame_from_rdd(data, name, schema, sampleRatio)


class DataFrameReader:
    """`glueContext.create_data_frame`."""

    def __init__(self, glue_context: GlueContext) -> None:
        self.from_catalog = glue_context.create_data_frame_from_catalog
        self.from_options = glue_context.create_data_frame_from_options


class DynamicFrameWriter:
    """`glueContext.write_dynamic_frame`."""

    def __init__(self, glue_context: GlueContext) -> None:
        self.from_options = glue_context.write_dynamic_frame_from_options
        self.from_catalog = glue_context.write_dynamic_frame_from_catalog
        self.from_jdbc_conf = glue_context.write_dynamic_frame_from_jdbc_conf


class DataFrameWriter:
    """`glueContext.write_data_frame`."""

    from_options = refused("write_data_frame.from_options", "use DynamicFrame.fromDF and write_dynamic_frame")

    def __init__(self, glue_context: GlueContext) -> None:
        self.from_catalog = glue_context.write_data_frame_from_catalog

"""Transforms for Spark's DataFrames."""

from typing import Any

from pyspark.sql import DataFrame

from awsglue import reshaping


class ApplyMapping:
    """Keep, rename, move and cast columns."""

    @staticmethod
    def apply(frame: DataFrame, mappings: Any) -> DataFrame:
        """See `DynamicFrame.apply_mapping`."""
        return reshaping.apply_mapping(frame, [mappings] if isinstance(mappings, tuple) else mappings)

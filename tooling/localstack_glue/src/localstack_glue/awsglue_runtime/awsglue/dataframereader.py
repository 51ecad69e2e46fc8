"""The module in which the public library has `glueContext.create_data_frame`."""

from awsglue.context import DataFrameReader

__all__ = ["DataFrameReader"]

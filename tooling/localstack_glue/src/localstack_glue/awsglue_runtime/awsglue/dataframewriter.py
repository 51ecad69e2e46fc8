"""The module in which the public library has `glueContext.write_data_frame`."""

from awsglue.context import DataFrameWriter

__all__ = ["DataFrameWriter"]

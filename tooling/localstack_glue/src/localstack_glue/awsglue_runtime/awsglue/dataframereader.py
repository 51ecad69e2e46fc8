"""Where the public library keeps `glueContext.create_data_frame`."""

from awsglue.context import DataFrameReader

__all__ = ["DataFrameReader"]

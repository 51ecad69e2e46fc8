"""Where the public library keeps `glueContext.write_data_frame`."""

from awsglue.context import DataFrameWriter

__all__ = ["DataFrameWriter"]

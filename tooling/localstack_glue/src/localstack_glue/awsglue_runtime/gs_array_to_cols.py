"""Glue Studio's transform `gs_array_to_cols`: importing it adds a method of that name to frames."""

from awsglue.studio import attach

attach("gs_array_to_cols")

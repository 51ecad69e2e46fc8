"""Glue Studio's transform `gs_null_rows`: importing it adds a method of that name to frames."""

from awsglue.studio import attach

attach("gs_null_rows")

"""Glue Studio's transform `gs_null_rows`: importing it gives frames a method of that name."""

from awsglue.studio import attach

attach("gs_null_rows")

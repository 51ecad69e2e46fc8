"""Glue Studio's transform `gs_array_to_cols`: importing it gives frames a method of that name."""

from awsglue.studio import attach

attach("gs_array_to_cols")

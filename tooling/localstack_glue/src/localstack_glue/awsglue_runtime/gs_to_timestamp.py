"""Glue Studio's transform `gs_to_timestamp`: importing it adds a method of that name to frames."""

from awsglue.studio import attach

attach("gs_to_timestamp")

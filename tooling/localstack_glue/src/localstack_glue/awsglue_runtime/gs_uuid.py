"""Glue Studio's transform `gs_uuid`: importing it adds a method of that name to frames."""

from awsglue.studio import attach

attach("gs_uuid")

"""Glue Studio's transform `gs_concat`: importing it adds a method of that name to frames."""

from awsglue.studio import attach

attach("gs_concat")

"""Glue Studio's transform `gs_format_timestamp`: importing it gives frames a method of that name."""

from awsglue.studio import attach

attach("gs_format_timestamp")

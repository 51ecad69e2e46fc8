"""Glue Studio's transform `gs_to_timestamp`: importing it gives frames a method of that name."""

from awsglue.studio import attach

attach("gs_to_timestamp")

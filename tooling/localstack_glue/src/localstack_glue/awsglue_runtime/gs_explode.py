"""Glue Studio's transform `gs_explode`: importing it gives frames a method of that name."""

from awsglue.studio import attach

attach("gs_explode")

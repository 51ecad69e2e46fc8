"""What was read from a source."""

from dataclasses import dataclass

from pyspark.sql import DataFrame

from awsglue.missing_fields import Lacking


@dataclass(frozen=True)
class Content:
    """The records of a source, those that could not be read, and for JSON what a null may be."""

    frame: DataFrame
    errors: DataFrame | None = None
    lacking: Lacking | None = None

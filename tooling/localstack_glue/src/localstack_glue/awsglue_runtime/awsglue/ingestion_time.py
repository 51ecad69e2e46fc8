"""Columns with the time at which records were read.

Follows `add_ingestion_time_columns` on the page "GlueContext class" of the AWS Glue Developer Guide.
"""

from datetime import UTC, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

_PARTS = {"day": ("year", "month", "day"), "hour": ("year", "month", "day", "hour")}
_PARTS["minute"] = (*_PARTS["hour"], "minute")


def add_columns(frame: DataFrame, granularity: str) -> DataFrame:
    """Add the time of the call as columns `ingest_year` and so on, down to a granularity.

    Raises:
        ValueError: the granularity is unknown.
    """
    if granularity not in _PARTS:
        raise ValueError(f"time_granularity must be one of {', '.join(_PARTS)}, not {granularity}")
    now = datetime.now(UTC)
    for part in _PARTS[granularity]:
        width = 4 if part == "year" else 2
        frame = frame.withColumn(f"ingest_{part}", F.lit(f"{getattr(now, part):0{width}d}"))
    return frame

"""The features that a contract asks for: entity, event time, measures, windows."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, WithJsonSchema, model_validator

from etl_job.contract.columns import Name, Strict, TimeZone


class EventTime(Strict):
    """The columns with the time of an event: one of timestamps, or one of dates and optionally one of times.

    ``time_zone`` is the IANA time zone of date and time; the default is UTC.
    """

    date: str | None = None
    time: str | None = None
    timestamp: str | None = None
    time_zone: TimeZone | None = None

    @model_validator(mode="after")
    def _is_either(self) -> "EventTime":
        if (self.date is None) == (self.timestamp is None) or (self.timestamp is not None and self.time is not None):
            raise ValueError("set either timestamp, or date with an optional time")
        if self.time_zone is not None and self.time is None:
            raise ValueError(
                "timeZone needs a date and a time column; for a timestamp column, set it in the column's "
                "logicalTypeOptions"
            )
        return self


class Aggregate(StrEnum):
    """An aggregate of a measure's values per entity and day. ``last`` is the value with the latest event time."""

    SUM = "sum"
    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    LAST = "last"


class Measure(Strict):
    """A numeric column whose aggregates per entity and day are published as ``<column>_<aggregate>``."""

    column: Name
    aggregates: tuple[Aggregate, ...] = Field(min_length=1)

    def published_as(self, part: str) -> str:
        """Name of a published column, for instance ``price_sum``."""
        return f"{self.column}_{part}"


class FeatureSpec(Strict):
    """The features per entity and day; a feed without an entity is a single series, with one row per day."""

    entity: tuple[Name, ...]
    event_time: EventTime
    grain: Literal["day"] = "day"
    count: Name
    measures: tuple[Measure, ...] = ()
    hour_histogram: StrictBool = False
    share: StrictBool = False
    rolling_mean_days: tuple[Annotated[StrictInt, Field(ge=1, le=366)], ...] = ()
    lag_days: tuple[Annotated[StrictInt, Field(ge=1, le=366)], ...] = ()
    to_date: Annotated[
        Literal["quarter"] | None,
        BeforeValidator(lambda v: None if v == "none" else v),
        WithJsonSchema({"enum": ["quarter", "none", None]}),
    ] = None

    @property
    def reach_days(self) -> int:
        """How many days back a feature row looks."""
        return max([0, *(days - 1 for days in self.rolling_mean_days), *self.lag_days])

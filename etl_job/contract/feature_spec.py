"""The features that a contract asks for: entity, event time, measures, windows."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, WithJsonSchema, field_validator, model_validator

from etl_job.contract.base import Name, Strict, repeated
from etl_job.contract.columns import NUMERIC, Column
from etl_job.contract.value_rules import TimeZone

_DERIVED_COLUMNS = re.compile(r"delivery|day|quarter|share|hour_\d\d")


class EventTime(Strict):
    """The columns with the time of an event: one of timestamps, or one of dates and optionally one of times."""

    date: str | None = Field(
        default=None, description="A required column of logicalType `date`, instead of `timestamp`."
    )
    time: str | None = Field(
        default=None,
        description="A required column of logicalType `string` with a format such as `HH:mm:ss`; null if the time of "
        "day is unknown.",
    )
    timestamp: str | None = Field(
        default=None, description="A required column of logicalType `timestamp`, instead of `date` and `time`."
    )
    time_zone: TimeZone | None = Field(
        default=None, description="The IANA zone of `date` and `time`, such as `Europe/Berlin`; by default UTC."
    )

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

    column: Name = Field(description="A column of logicalType `integer` or `number`, named in one measure only.")
    aggregates: tuple[Aggregate, ...] = Field(min_length=1, description="The aggregates to publish.")

    @field_validator("aggregates")
    @classmethod
    def _are_different(cls, aggregates: tuple[Aggregate, ...]) -> tuple[Aggregate, ...]:
        if twice := repeated(aggregates):
            raise ValueError(f"{', '.join(twice)} appears twice; remove one")
        return aggregates

    def published_as(self, part: str) -> str:
        """Name of a published column, for instance ``price_sum``."""
        return f"{self.column}_{part}"


class FeatureSpec(Strict):
    """The features per entity and day."""

    entity: tuple[Name, ...] = Field(
        description="The required columns whose values together are the entity; an empty list makes one series of all "
        "rows."
    )
    event_time: EventTime = Field(description="The columns that hold the time of a row's event.")
    grain: Literal["day"] = Field(default="day", description="The period that a row of the features covers.")
    count: Name = Field(description="The name of the published column with the number of rows per entity and day.")
    measures: tuple[Measure, ...] = Field(default=(), description="The numeric columns whose values are aggregated.")
    hour_histogram: StrictBool = Field(
        default=False, description="Whether to publish the rows per hour, `hour_00` to `hour_23`."
    )
    share: StrictBool = Field(
        default=False, description="Whether to publish `share`, the entity's share of all rows of a day."
    )
    rolling_mean_days: tuple[Annotated[StrictInt, Field(ge=1, le=366)], ...] = Field(
        default=(),
        description="Windows in calendar days, up to and including the row's day. Each publishes the mean of the "
        "count as `<count>_mean_<days>d`.",
    )
    lag_days: tuple[Annotated[StrictInt, Field(ge=1, le=366)], ...] = Field(
        default=(),
        description="Lags in calendar days. Each publishes the count of that many days earlier as "
        "`<count>_lag_<days>d`.",
    )
    to_date: Annotated[
        Literal["quarter"] | None,
        BeforeValidator(lambda v: None if v == "none" else v),
        WithJsonSchema({"enum": ["quarter", "none", None]}),
    ] = Field(
        default=None,
        description="`quarter` publishes the count's sum since the quarter began, `<count>_quarter_to_date`; null and "
        "`none` publish no sum.",
    )

    @property
    def reach_days(self) -> int:
        """How many days back a feature row looks."""
        return max([0, *(days - 1 for days in self.rolling_mean_days), *self.lag_days])

    def mean_column(self, days: int) -> str:
        """Name of a rolling mean, for instance ``events_mean_7d``."""
        return f"{self.count}_mean_{days}d"

    def lag_column(self, days: int) -> str:
        """Name of a lag, for instance ``events_lag_7d``."""
        return f"{self.count}_lag_{days}d"

    @property
    def to_date_column(self) -> str:
        """Name of the quarter-to-date count."""
        return f"{self.count}_quarter_to_date"

    def refuse_misfits(self, columns: Mapping[str, Column]) -> None:
        """Check that the columns that a feature names exist and are of a kind that it accepts.

        Raises:
            ValueError: the feature's field, the column that it names, and what that column must be.
        """
        for name in self.entity:
            _want(columns, "entity", name, "a required column")
        measured = [measure.column for measure in self.measures]
        for name in measured:
            if name not in columns or columns[name].logical_type not in NUMERIC or measured.count(name) > 1:
                raise ValueError(
                    f"features.measures names {name!r}, which must be a column of logicalType integer or number, and "
                    "be named once"
                )
        # The names of a measure's parts and a count's windows, which no other column may have.
        derived = [m.published_as(part) for m in self.measures for part in (*Aggregate, "count", "last_second")]
        derived += [*map(self.mean_column, self.rolling_mean_days), *map(self.lag_column, self.lag_days)]
        taken = [*self.entity, self.count, *derived]
        clash = sorted({*filter(_DERIVED_COLUMNS.fullmatch, taken), *repeated(taken)})
        if clash:
            raise ValueError(f"features: two published columns would be named {', '.join(clash)}; rename one")
        when = self.event_time
        for kind, moment in (("timestamp", when.timestamp), ("date", when.date)):
            if moment is not None:
                _want(columns, f"eventTime.{kind}", moment, f"a required column of logicalType {kind}", kind=kind)
        if when.time is not None:
            with_format = {name: column for name, column in columns.items() if column.rules.format is not None}
            what = "a required column of logicalType string with a format such as HH:mm:ss"
            _want(with_format, "eventTime.time", when.time, what, kind="string")
        elif self.hour_histogram and when.timestamp is None:
            raise ValueError("features.hourHistogram needs features.eventTime.time or features.eventTime.timestamp")


def _want(columns: Mapping[str, Column], field: str, name: str, what: str, *, kind: str | None = None) -> None:
    """Refuse a name that is not that of a required column of the kind, if one is given."""
    column = columns.get(name)
    if column is None or not column.required or (kind is not None and column.logical_type != kind):
        raise ValueError(f"features.{field} names {name!r}, which must be {what}")

"""The data contract: the part of the Open Data Contract Standard v3 that the job acts upon, read strictly.

A field that the job would have to obey but does not know is refused, so no rule is silently left out. Fields that only
describe (names, owners, descriptions, tags) pass.
"""

import hashlib
import json
import re
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from etl_job.errors import ContractError
from etl_job.layouts import Layout

_NAME = re.compile(r"[a-z_][a-z0-9_]*")
_DESCRIPTIVE = {
    "authoritativeDefinitions", "businessName", "classification", "criticalDataElement", "description", "examples",
    "id", "partitioned", "partitionKeyPosition", "physicalName", "primaryKeyPosition", "tags", "transformDescription",
}  # fmt: skip
CUSTOM_PROPERTIES = frozenset({"conflicts", "csv", "features", "thresholds"})
_FOREIGN = "x-"  # begins the names of custom properties that are none of the job's business
_DERIVED_COLUMNS = re.compile(r"delivery|day|quarter|share|hour_\d\d")
_NUMERIC = ("integer", "number")


def _table_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r}: use lower-case letters, digits and '_', as the Glue catalog does")
    return name


Name = Annotated[str, AfterValidator(_table_name)]


def _bound(value: Any) -> Any:
    """A number or a date as YAML gives it: numbers as they are spelled, dates with or without quotes."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
        try:
            return Decimal(value)
        except InvalidOperation:
            return value
    return value


Bound = Annotated[date | Decimal, BeforeValidator(_bound)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


class ValueRules(_Strict):
    """``logicalTypeOptions``: what a value must look like.

    ``minimum`` and ``maximum`` are inclusive: numbers for numeric columns, ISO dates for dates, and for timestamps the
    days in UTC. ``time_zone`` is the IANA name of the zone of timestamps whose text has no offset.
    """

    format: str | None = None
    min_length: int | None = Field(default=None, ge=0)
    max_length: int | None = Field(default=None, ge=0)
    minimum: Bound | None = None
    maximum: Bound | None = None
    pattern: str | None = None
    enum: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    decimal_separator: Literal[".", ","] | None = None
    time_zone: str | None = None


class Column(_Strict):
    """One column of the feed. All values are text in the file; ``logical_type`` says what they stand for."""

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    logical_type: Literal["string", "date", "timestamp", "integer", "number", "boolean"] = "string"
    physical_type: str = "string"
    required: bool = False
    unique: bool = False
    primary_key: bool = False
    rules: ValueRules = Field(default_factory=lambda: ValueRules(), alias="logicalTypeOptions")

    @model_validator(mode="before")
    @classmethod
    def _drop_descriptions(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: content for name, content in value.items() if name not in _DESCRIPTIVE}
        return value

    @model_validator(mode="after")
    def _rules_fit_the_type(self) -> "Column":
        self._format_fits_the_type()
        self._bounds_fit_the_type()
        if self.rules.decimal_separator is not None and self.logical_type != "number":
            raise ValueError("logicalTypeOptions.decimalSeparator needs logicalType: number")
        if self.primary_key and not self.required:
            raise ValueError(
                "a primaryKey column must be required: true, or rows without a key could not be told apart"
            )
        if self.unique and not self.primary_key:
            raise ValueError("unique: true is kept by de-duplication, which goes by primaryKey: set that too")
        return self

    def _format_fits_the_type(self) -> None:
        form, kind = self.rules.format, self.logical_type
        zone = self.rules.time_zone
        if zone is not None and kind != "timestamp":
            raise ValueError("logicalTypeOptions.timeZone needs logicalType: timestamp")
        if kind == "date":
            if not Layout.parse(form or "").has_units("year", "month", "day"):
                raise ValueError(
                    "logicalTypeOptions.format of a date must hold yyyy, MM and dd, for instance yyyy-MM-dd"
                )
        elif kind == "timestamp":
            layout, units = Layout.parse(form or ""), ("year", "month", "day", "hour", "minute", "second")
            if layout.has_units(*units, "offset"):
                if zone is not None:
                    raise ValueError(
                        "logicalTypeOptions: format has an offset (XXX), so timeZone says nothing; drop it"
                    )
            elif not layout.has_units(*units):
                raise ValueError(
                    "logicalTypeOptions.format of a timestamp must hold yyyy, MM, dd, HH, mm, ss, and XXX where the "
                    "text has an offset, for instance yyyy-MM-dd'T'HH:mm:ssXXX"
                )
            # A machine without a time zone database knows no zone: there the job's own Java decides.
            elif zone is None or zone not in (available_timezones() or {zone}):
                raise ValueError(
                    f"logicalTypeOptions.timeZone must name the zone of a timestamp without offset (XXX), for instance "
                    f"UTC or Europe/Berlin; {'none is given' if zone is None else f'{zone!r} is no IANA time zone'}"
                )
        elif form is not None and kind != "string":
            raise ValueError(f"logicalTypeOptions.format: {kind} columns have one form only; remove it")
        elif form is not None and not Layout.parse(form).has_units("hour", "minute", "second"):
            raise ValueError("logicalTypeOptions.format of a string is a time of day: HH:mm:ss or the like")

    def _bounds_fit_the_type(self) -> None:
        for name, bound in (("minimum", self.rules.minimum), ("maximum", self.rules.maximum)):
            if bound is None:
                continue
            if self.logical_type in _NUMERIC:
                if not isinstance(bound, Decimal) or not bound.is_finite():
                    raise ValueError(f"logicalTypeOptions.{name} of a {self.logical_type} must be a number")
            elif self.logical_type in ("date", "timestamp"):
                if not isinstance(bound, date):
                    raise ValueError(f"logicalTypeOptions.{name} of a {self.logical_type} must be a date: 2000-01-31")
            else:
                raise ValueError(
                    "logicalTypeOptions.minimum and maximum need logicalType: date, timestamp, integer or number"
                )


class CsvFormat(_Strict):
    """How the files are written. Quoted values may hold the delimiter, but no line break."""

    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote_symbol: str = Field(default='"', min_length=1, max_length=1)
    header: bool = True
    encoding: Literal["UTF-8", "ISO-8859-1"] = "UTF-8"


class EventTime(_Strict):
    """The columns that say when the event took place: one of timestamps, or one of dates and perhaps one of times."""

    date: str | None = None
    time: str | None = None
    timestamp: str | None = None

    @model_validator(mode="after")
    def _is_either(self) -> "EventTime":
        if (self.date is None) == (self.timestamp is None) or (self.timestamp is not None and self.time is not None):
            raise ValueError("name either a timestamp column, or a date column and perhaps a time column")
        return self


class Aggregate(StrEnum):
    """What is made of a measure's values per entity and day. ``last`` is the value with the latest event time."""

    SUM = "sum"
    MEAN = "mean"
    MIN = "min"
    MAX = "max"
    LAST = "last"


class Measure(_Strict):
    """A numeric column of which aggregates per entity and day are published, as ``<column>_<aggregate>``."""

    column: Name
    aggregates: tuple[Aggregate, ...] = Field(min_length=1)

    def published_as(self, part: str) -> str:
        """Name of a published column, for instance ``price_sum``."""
        return f"{self.column}_{part}"


class ConflictPolicy(StrEnum):
    """What becomes of rows that share a key and differ. The order is that of delivery names, file names, and rows."""

    KEEP_FIRST = "keepFirst"
    KEEP_LAST = "keepLast"
    QUARANTINE_BOTH = "quarantineBoth"


class Thresholds(_Strict):
    """What a delivery may hold at most; beyond that the run fails before anything is published."""

    quarantined_share: float | None = Field(default=None, ge=0, lt=1)


class FeatureSpec(_Strict):
    """What is computed per entity and day."""

    entity: tuple[Name, ...] = Field(min_length=1)
    event_time: EventTime
    grain: Literal["day"] = "day"
    count: Name
    measures: tuple[Measure, ...] = ()
    hour_histogram: bool = False
    share: bool = False
    rolling_mean_days: tuple[Annotated[int, Field(ge=1, le=366)], ...] = ()
    lag_days: tuple[Annotated[int, Field(ge=1, le=366)], ...] = ()
    to_date: Annotated[Literal["quarter"] | None, BeforeValidator(lambda v: None if v == "none" else v)] = None

    @property
    def reach_days(self) -> int:
        """How many days before its own a feature row looks at."""
        return max([0, *(days - 1 for days in self.rolling_mean_days), *self.lag_days])


class Contract(_Strict):
    """What a feed promises and what is made of it. ``columns`` are in the order of the file."""

    version: str
    dataset: Name
    columns: tuple[Column, ...] = Field(min_length=1)
    csv: CsvFormat = Field(default_factory=lambda: CsvFormat())
    conflicts: ConflictPolicy = ConflictPolicy.KEEP_FIRST
    thresholds: Thresholds = Field(default_factory=lambda: Thresholds())
    features: FeatureSpec

    @field_validator("columns")
    @classmethod
    def _names_are_unique(cls, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        names = [column.name.lower() for column in columns]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"column {', '.join(repeated)} appears twice (upper and lower case count as one)")
        return columns

    @model_validator(mode="after")
    def _features_fit_the_columns(self) -> "Contract":
        spec = self.features
        for name in spec.entity:
            if not self._has(name) or not self.column(name).required:
                raise ValueError(f"features.entity names {name!r}, which must be a required column")
        measured = [measure.column for measure in spec.measures]
        for name in measured:
            if not self._has(name) or self.column(name).logical_type not in _NUMERIC or measured.count(name) > 1:
                raise ValueError(
                    f"features.measures names {name!r}, which must be a column of logicalType integer or number, once"
                )
        # As a measure's parts and a count's windows are named, and no other column may be.
        derived = [m.published_as(part) for m in spec.measures for part in (*Aggregate, "count", "last_second")]
        derived += [f"{spec.count}_mean_{days}d" for days in spec.rolling_mean_days]
        derived += [f"{spec.count}_lag_{days}d" for days in spec.lag_days]
        taken = [*spec.entity, spec.count, *derived]
        clash = sorted({name for name in taken if _DERIVED_COLUMNS.fullmatch(name) or taken.count(name) > 1})
        if clash:
            raise ValueError(f"features: {', '.join(clash)} would name two columns of the published tables; rename it")
        self._event_time_fits_the_columns(spec)
        return self

    def _event_time_fits_the_columns(self, spec: FeatureSpec) -> None:
        moment = spec.event_time.timestamp
        if moment is not None:
            if (
                not self._has(moment)
                or self.column(moment).logical_type != "timestamp"
                or not self.column(moment).required
            ):
                raise ValueError(
                    f"features.eventTime.timestamp names {moment!r}, which must be a required column of logicalType "
                    "timestamp"
                )
            return
        day = spec.event_time.date or ""
        if not self._has(day) or self.column(day).logical_type != "date" or not self.column(day).required:
            raise ValueError(
                f"features.eventTime.date names {day!r}, which must be a required column of logicalType date"
            )
        time = spec.event_time.time
        if time is None:
            if spec.hour_histogram:
                raise ValueError("features.hourHistogram needs features.eventTime.time, or a timestamp")
        elif (
            not self._has(time)
            or not self.column(time).required
            or self.column(time).logical_type != "string"
            or self.column(time).rules.format is None
        ):
            raise ValueError(
                f"features.eventTime.time names {time!r}, which must be a required column with a format, as HH:mm:ss"
            )

    def _has(self, name: str) -> bool:
        return any(column.name == name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that identify a row; empty where rows are never duplicates of each other."""
        return tuple(column.name for column in self.columns if column.primary_key)

    @property
    def hash(self) -> str:
        """SHA-256 of what decides about rows: a changed description does not change it, a changed rule does.

        Thresholds are left out: what is published obeys any of them, and need not be made again.
        """
        content = self.model_dump(mode="json", exclude={"version", "thresholds"})
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def parse_contract(text: str, source: str, dataset: str) -> Contract:
    """Read the schema of ``dataset`` from ODCS YAML; raise ContractError naming ``source``, field and remedy."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ContractError(f"contract {source} is not YAML: {_one_line(error)}") from error
    if not isinstance(document, dict) or document.get("kind") != "DataContract":
        raise ContractError(f"contract {source}: kind must be DataContract (Open Data Contract Standard v3)")
    if not str(document.get("apiVersion", "")).startswith("v3."):
        raise ContractError(f"contract {source}: apiVersion must be v3.x, is {document.get('apiVersion')!r}")
    schemas = document.get("schema")
    entries = [entry for entry in schemas if isinstance(entry, dict)] if isinstance(schemas, list) else []
    chosen = next((entry for entry in entries if entry.get("name") == dataset), None)
    if chosen is None:
        names = ", ".join(str(entry.get("name")) for entry in entries) or "none"
        raise ContractError(f"contract {source}: no schema named {dataset!r} (it has: {names}); check --dataset")
    if chosen.get("quality"):
        raise ContractError(
            f"contract {source}: schema {dataset}: quality: rules over several columns are not obeyed; remove them, or "
            "say what can be said in logicalTypeOptions"
        )
    custom = _custom_properties(chosen, source)
    try:
        return Contract.model_validate(
            {
                "version": str(document.get("version", "")),
                "dataset": dataset,
                "columns": chosen.get("properties", ()),
                **custom,
            }
        )
    except ValidationError as error:
        raise ContractError(f"contract {source}: {_first_problem(error)}") from error


def _custom_properties(schema: dict[str, Any], source: str) -> dict[str, Any]:
    custom = schema.get("customProperties") or []
    if not isinstance(custom, list) or not all(isinstance(entry, dict) for entry in custom):
        raise ContractError(f"contract {source}: customProperties must be a list of property/value pairs")
    names = [entry.get("property") for entry in custom]
    for name in names:
        if name not in CUSTOM_PROPERTIES and not str(name).startswith(_FOREIGN):
            raise ContractError(
                f"contract {source}: customProperties: the job knows no property {name!r}; it knows "
                f"{', '.join(sorted(CUSTOM_PROPERTIES))}. Correct its spelling, remove it, or begin its name with "
                f"{_FOREIGN!r} if another program reads it"
            )
        if names.count(name) > 1:
            raise ContractError(f"contract {source}: customProperties: {name} is there twice; remove one")
    return {entry["property"]: entry.get("value") for entry in custom if entry["property"] in CUSTOM_PROPERTIES}


def _first_problem(error: ValidationError) -> str:
    problems = error.errors(include_url=False)
    first = problems[0]
    path = ".".join(str(step) for step in first["loc"]) or "schema"
    path = path.replace("columns.", "properties.", 1)
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    given = "" if first["type"] in {"missing", "value_error"} else f", is {first['input']!r}"
    hint = "; remove it or check its spelling" if first["type"] == "extra_forbidden" else ""
    return f"{path}: {first['msg'].removeprefix('Value error, ')}{given}{hint}{more}"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())

"""The data contract: the part of the Open Data Contract Standard v3 that the job acts on, read strictly.

An unknown field is refused if it could affect rows, so no rule is silently ignored. Purely descriptive fields (names,
owners, descriptions, tags) are allowed.
"""

import hashlib
import json
from datetime import date
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field, StrictFloat, field_validator, model_validator

from etl_job.contract.base import Name, Strict, repeated
from etl_job.contract.columns import Column
from etl_job.contract.feature_spec import FeatureSpec
from etl_job.contract.file_formats import LONGEST_RECORD, CsvFormat, FileFormat, RawFiles
from etl_job.contract.odcs import as_sql_rule
from etl_job.contract.rule_kinds import RULE_KINDS
from etl_job.contract.value_rules import MissingValues

MAX_QUERY = 10_000
MAX_RULES = 63  # of each severity: one bit each in a signed 64-bit integer
FIELD_COUNT = "row.field_count"
ENCODING = "row.encoding"
CONFLICT = "row.conflict"
EVENT_TIME = "row.event_time"  # clocks of the named zone skip this time
_ROW_RULES = (FIELD_COUNT, ENCODING, CONFLICT, EVENT_TIME)
DESCRIPTIVE_FIELDS_OF_RULES = {
    "authoritativeDefinitions", "businessImpact", "description", "dimension", "id", "method", "scheduler", "schedule",
    "tags", "unit",
}  # fmt: skip
_LATER_RULES = ("other_formats", "missing_values", "rounding", "notation", "thousands_separator")
EARLIEST_DAY = date(2000, 1, 1)  # of an event, where the contract has no minimum
EARLIEST_EVENT = date(1700, 1, 1)
_EVENT_DAYS = (EARLIEST_EVENT, date(2200, 12, 31))  # within which a contract may move the bounds


class ConflictPolicy(StrEnum):
    """What happens to different rows with the same key. Rows are ordered by delivery name, file name and position."""

    KEEP_FIRST = "keepFirst"
    KEEP_LAST = "keepLast"
    QUARANTINE_BOTH = "quarantineBoth"


class FreeRule(Strict):
    """An SQL expression over the columns of a row that must be true."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="The rule's name; reasons show it as `row.<name>`.")
    type: Literal["sql"]
    query: str = Field(
        min_length=1,
        max_length=MAX_QUERY,
        description="The expression, in Spark SQL over the row's columns and constants; false and null break the rule.",
    )
    severity: Literal["error", "warning"] = Field(
        default="error", description="A row that breaks an `error` is quarantined; a `warning` is only counted."
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_descriptions(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return as_sql_rule({n: content for n, content in value.items() if n not in DESCRIPTIVE_FIELDS_OF_RULES})
        return value

    @field_validator("name")
    @classmethod
    def _is_free(cls, name: str) -> str:
        if f"row.{name}" in _ROW_RULES:
            raise ValueError(f"{name!r} is the name of a built-in rule; use another name")
        return name


class Thresholds(Strict):
    """Limits for a delivery; if one is exceeded, the run fails before anything is published."""

    quarantined_share: StrictFloat | None = Field(
        default=None,
        ge=0,
        lt=1,
        description="The largest share of a delivery's rows that may be quarantined, such as 0.05; null if there is no "
        "limit.",
    )


class Contract(Strict):
    """The contract of a feed."""

    version: str = Field(description="The version of the contract, for its readers; the manifest of each run names it.")
    dataset: Name = Field(description="The dataset's name, from which the names of its tables and folders are made.")
    columns: tuple[Column, ...] = Field(
        min_length=1,
        description="The columns of the feed, found in files by name; other columns of a file are ignored.",
    )
    files: RawFiles = Field(default_factory=lambda: RawFiles(), description="The format of raw files; by default CSV.")
    csv: CsvFormat = Field(
        default_factory=lambda: CsvFormat(),
        description="How CSV files are written.",
    )
    quality: tuple[FreeRule, ...] = Field(default=(), description="Rules over the columns of a row.")
    missing_values: MissingValues = Field(
        default=(), description="Texts that mean a missing value in every column, besides the empty text."
    )
    conflicts: ConflictPolicy = Field(
        default=ConflictPolicy.KEEP_FIRST, description="Which row counts if rows with one key differ."
    )
    thresholds: Thresholds = Field(
        default_factory=lambda: Thresholds(), description="When a delivery is too bad to publish; by default never."
    )
    features: FeatureSpec = Field(description="What to publish for each entity and day.")

    @model_validator(mode="after")
    def _fits_the_format(self) -> "Contract":
        form = self.files.format
        if form is not FileFormat.CSV and "csv" in self.model_fields_set:
            raise ValueError(f"csv is only for CSV files, but files.format is {form.value}; remove csv")
        pointed = [column.name for column in self.columns if column.rules.thousands_separator == "."]
        if pointed and form is FileFormat.JSON_LINES:
            raise ValueError(
                f"thousandsSeparator of {pointed[0]} is a point, but JSON uses the point as its decimal mark, so "
                "1.234 would be read as a thousand; remove it"
            )
        twice = repeated(column.name_in_file.lower() for column in self.columns)
        if twice and form is FileFormat.PARQUET:
            raise ValueError(
                f"two columns have the name {', '.join(twice)} in files (physicalName); Parquet's names are not "
                "case-sensitive; remove one"
            )
        return self

    @field_validator("columns")
    @classmethod
    def _names_are_unique(cls, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        twice = repeated(column.name.lower() for column in columns)
        if twice:
            raise ValueError(f"column {', '.join(twice)} appears twice (names are not case-sensitive); remove one")
        twice = repeated(column.name_in_file for column in columns)
        if twice:
            raise ValueError(f"two columns have the name {', '.join(twice)} in files (physicalName); remove one")
        return columns

    @model_validator(mode="after")
    def _features_fit_the_columns(self) -> "Contract":
        self.features.refuse_misfits({column.name: column for column in self.columns})
        return self

    @model_validator(mode="after")
    def _event_days_are_bounded(self) -> "Contract":
        """Bound the days of events: the calendar has a row for each day from an entity's first to the last of all."""
        rules, (least, greatest) = self.event_column.rules, _EVENT_DAYS
        for name, bound in (("minimum", rules.minimum), ("maximum", rules.maximum)):
            if isinstance(bound, date) and not least <= bound <= greatest:
                raise ValueError(
                    f"logicalTypeOptions.{name} of {self.event_column.name!r}, the day of events, must be between "
                    f"{least} and {greatest}, not {bound}"
                )
        if rules.minimum is None and isinstance(rules.maximum, date) and rules.maximum < EARLIEST_DAY:
            raise ValueError(
                f"logicalTypeOptions.minimum of {self.event_column.name!r}, the day of events, is {EARLIEST_DAY} by "
                f"default, after its maximum of {rules.maximum}; set it"
            )
        return self

    @model_validator(mode="after")
    def _rule_names_are_unique(self) -> "Contract":
        for names in (self.rule_names, self.warning_names):
            twice = repeated(names)
            if twice:
                raise ValueError(f"quality: two rules are named {', '.join(twice)}; rename one")
            if len(names) > MAX_RULES:
                raise ValueError(f"there are {len(names)} rules, but the job supports {MAX_RULES} at most; remove some")
        return self

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: there is no such column.
        """
        return {column.name: column for column in self.columns}[name]

    def missing_texts(self, column: Column) -> tuple[str, ...]:
        """The texts that stand for a missing value in a column, except the empty one: its own and those of the feed."""
        return tuple(dict.fromkeys((*self.missing_values, *column.rules.missing_values)))

    @property
    def event_column(self) -> Column:
        """The column with the day of an event."""
        return self.column(self.features.event_time.timestamp or self.features.event_time.date or "")

    @property
    def has_zone_of_its_own(self) -> bool:
        """Whether the event time has a zone other than UTC, which may have daylight-saving time."""
        return self.features.event_time.time_zone not in (None, "UTC")

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that identify a row; empty if rows are never duplicates."""
        return tuple(column.name for column in self.columns if column.primary_key)

    @property
    def rule_names(self) -> tuple[str, ...]:
        """The rules that send a row into quarantine, in the order of their bits."""
        of_columns = (f"{column.name}.{rule}" for column in self.columns for rule in self.rules_of_column(column))
        of_row = (f"row.{rule.name}" for rule in self.quality if rule.severity == "error")
        conflict = (CONFLICT,) if self.conflicts is ConflictPolicy.QUARANTINE_BOTH else ()
        event_time = (EVENT_TIME,) if self.has_zone_of_its_own else ()
        return (FIELD_COUNT, ENCODING, *of_columns, *event_time, *of_row, *conflict)

    @property
    def warning_names(self) -> tuple[str, ...]:
        """The rules that are only counted."""
        return tuple(f"row.{rule.name}" for rule in self.quality if rule.severity == "warning")

    def rules_of_column(self, column: Column) -> tuple[str, ...]:
        """The names of a column's rules, without the column's name."""
        is_event = column is self.event_column
        return tuple(kind.name for kind in RULE_KINDS if kind.is_of(column, is_event))

    @property
    def hash(self) -> str:
        """SHA-256 of the parts that affect rows: a changed rule changes it, a changed description does not.

        Thresholds are left out, because they do not affect what was published. So are the types in the source: each
        counts as the default.
        """
        content = self.model_dump(mode="json", exclude={"version", "thresholds"})
        for column in content["columns"]:
            column["physical_type"] = Column.model_fields["physical_type"].default
        # Fields that later versions introduced are left out where unset: the hashes of older contracts stay the same.
        later = (
            (content, ("files", "quality", "missing_values")),
            (content["csv"], ("max_record_bytes", "multi_line", "escape")),
            (content["features"]["event_time"], ("time_zone",)),
            *((column, ("physical_name",)) for column in content["columns"]),
            *((column["rules"], _LATER_RULES) for column in content["columns"]),
        )
        unset: tuple[object, ...] = (None, [], RawFiles().model_dump(mode="json"), LONGEST_RECORD)
        for part, names in later:
            for name in names:
                if part[name] in unset or part[name] is False:  # but rounding to 0 decimals counts as set
                    del part[name]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

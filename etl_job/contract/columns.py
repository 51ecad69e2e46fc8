"""The columns of a feed as a contract describes them: types, formats and rules, checked for consistency."""

import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import combinations
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictBool, model_validator

from etl_job.contract.base import Strict
from etl_job.contract.date_formats import Layout
from etl_job.contract.odcs import with_options_of_its_own
from etl_job.contract.rule_kinds import BY_FIELD
from etl_job.contract.value_rules import ValueRules

DESCRIPTIVE_FIELDS = {
    "authoritativeDefinitions", "businessName", "classification", "criticalDataElement", "description", "examples",
    "id", "partitioned", "partitionKeyPosition", "primaryKeyPosition", "tags", "transformDescription",
}  # fmt: skip
NUMERIC = ("integer", "number")
_NO_NAME = ("Cc", "Cs", "Zl", "Zp")  # control characters, half of a character, ends of lines and paragraphs
_BOUND_DIGITS = 18  # before and after the point: values have no more before it, and fewer after


def is_name_in_a_file(name: str) -> bool:
    """Whether a contract can hold this column name; invisible characters are allowed, control characters are not."""
    return bool(name.strip()) and not any(unicodedata.category(each) in _NO_NAME for each in name)


def _name_in_a_file(name: str) -> str:
    if not is_name_in_a_file(name):
        raise ValueError(f"physicalName {name[:80]!r} is blank or contains control characters")
    return name.strip()  # as headers are read


class Column(Strict):
    """One column of the feed. All values are text in the file."""

    name: str = Field(
        pattern=r"^[A-Za-z_][A-Za-z0-9_]*$",
        description="The column's name in rules and tables, and in files unless `physicalName` gives another.",
    )
    physical_name: Annotated[str, AfterValidator(_name_in_a_file)] | None = Field(
        default=None, description="The column's name in files, if it is not a valid name in a table."
    )
    logical_type: Literal["string", "date", "timestamp", "integer", "number", "boolean"] = Field(
        default="string", description="The type of the value that the text represents."
    )
    physical_type: str = Field(
        default="string", description="The type in the source, for readers of the contract; no rule depends on it."
    )
    required: StrictBool = Field(default=False, description=BY_FIELD["required"].description)
    unique: StrictBool = Field(default=False, description="Allowed only with `primaryKey`, to which it adds nothing.")
    primary_key: StrictBool = Field(
        default=False,
        description="Whether the column is part of the key. Only one row per key is kept; in a contract "
        "without a key, every row counts.",
    )
    rules: ValueRules = Field(
        default_factory=lambda: ValueRules(),
        alias="logicalTypeOptions",
        description="The form of the values, and the rules that they must satisfy.",
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_descriptions(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return with_options_of_its_own({n: content for n, content in value.items() if n not in DESCRIPTIVE_FIELDS})
        return value

    @property
    def name_in_file(self) -> str:
        """The column's name in files."""
        return self.physical_name or self.name

    @model_validator(mode="after")
    def _rules_fit_the_type(self) -> "Column":
        self._format_fits_the_type()
        self._bounds_fit_the_type()
        if self.rules.decimal_separator is not None and self.logical_type != "number":
            raise ValueError("logicalTypeOptions.decimalSeparator needs logicalType: number")
        self._thousands_are_unambiguous()
        if self.rules.rounding is not None and self.logical_type != "number":
            raise ValueError("rounding needs logicalType: number")
        if self.rules.notation == "free" and self.rules.rounding is None:
            raise ValueError("notation: free needs rounding, the number of decimals to keep")
        if self.primary_key and not self.required:
            raise ValueError(
                "a primaryKey column must also be required: true; a row without a key cannot be identified"
            )
        if self.unique and not self.primary_key:
            raise ValueError("unique: true needs primaryKey: true, because duplicates are found by the primary key")
        return self

    def _thousands_are_unambiguous(self) -> None:
        if self.rules.thousands_separator is None:
            return
        if self.logical_type not in NUMERIC:
            raise ValueError("thousandsSeparator needs logicalType: integer or number")
        if self.rules.thousands_separator == self.rules.decimal_mark:
            raise ValueError(
                f"thousandsSeparator and decimalSeparator are both {self.rules.decimal_mark!r}, so a number such as "
                "1,234 is ambiguous; change one of them"
            )

    def _format_fits_the_type(self) -> None:
        form, kind, layouts = self.rules.format, self.logical_type, self.rules.layouts
        if self.rules.time_zone is not None and kind != "timestamp":
            raise ValueError(
                "logicalTypeOptions.timeZone needs logicalType: timestamp; if date and time are in two columns, set "
                "features.eventTime.timeZone"
            )
        if form is None and self.rules.other_formats:
            raise ValueError("logicalTypeOptions.otherFormats needs format: set format first")
        if kind == "date":
            if not layouts or not all(layout.has_units("year", "month", "day") for layout in layouts):
                raise ValueError(
                    "logicalTypeOptions.format of a date must contain yyyy, MM and dd, for instance yyyy-MM-dd"
                )
        elif kind == "timestamp":
            self._timestamps_are_unambiguous(layouts)
        elif form is not None and kind != "string":
            raise ValueError(f"logicalTypeOptions.format: {kind} columns have no format; remove it")
        elif not all(layout.has_units("hour", "minute", optional=("second", "fraction")) for layout in layouts):
            raise ValueError("logicalTypeOptions.format of a string must be a time of day, for instance HH:mm:ss")
        for one, other in combinations(layouts, 2):
            if one.may_be_mistaken_for(other):
                raise ValueError(
                    f"logicalTypeOptions: the formats {one.text!r} and {other.text!r} are ambiguous: the same text "
                    "can mean a different time in each; keep one of them"
                )

    def _timestamps_are_unambiguous(self, layouts: Sequence[Layout]) -> None:
        units, optional = ("year", "month", "day", "hour", "minute"), ("second", "fraction", "offset")
        if not layouts or not all(
            layout.epoch_unit is not None or layout.has_units(*units, optional=optional) for layout in layouts
        ):
            raise ValueError(
                "logicalTypeOptions.format of a timestamp must contain yyyy, MM, dd, HH and mm, and may contain ss "
                "and XXX (the offset), for instance yyyy-MM-dd'T'HH:mm:ssXXX; or it must be epochSeconds, "
                "epochMilliseconds or epochMicroseconds"
            )
        all_have_offsets = all(layout.is_of_moments for layout in layouts)
        if all_have_offsets and self.rules.time_zone is not None:
            raise ValueError(
                "logicalTypeOptions: timeZone has no effect, because format has an offset (XXX) or counts from 1970 in "
                "UTC; remove timeZone"
            )
        if not all_have_offsets and self.rules.time_zone is None:
            raise ValueError(
                "logicalTypeOptions.timeZone is missing: a timestamp without an offset (XXX) needs a time zone, for "
                "instance UTC or Europe/Berlin"
            )

    def _bounds_fit_the_type(self) -> None:
        for name, bound in (("minimum", self.rules.minimum), ("maximum", self.rules.maximum)):
            if bound is None:
                continue
            if self.logical_type in NUMERIC:
                if not isinstance(bound, Decimal) or not bound.is_finite():
                    raise ValueError(f"logicalTypeOptions.{name} of a {self.logical_type} must be a number")
                digits = bound.as_tuple()
                if bound and (bound.adjusted() >= _BOUND_DIGITS or int(digits.exponent) < -_BOUND_DIGITS):
                    raise ValueError(
                        f"logicalTypeOptions.{name} has more than {_BOUND_DIGITS} digits before or after the point, "
                        "more than any value can have; remove it"
                    )
            elif self.logical_type in ("date", "timestamp"):
                if not isinstance(bound, date):
                    raise ValueError(
                        f"logicalTypeOptions.{name} of a {self.logical_type} must be a date like 2000-01-31"
                    )
            else:
                raise ValueError(
                    "logicalTypeOptions.minimum and maximum need logicalType: date, timestamp, integer or number"
                )

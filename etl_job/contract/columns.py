"""The columns of a feed as a contract describes them: types, formats and rules, checked for consistency."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import combinations
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel

from etl_job.contract.date_formats import Layout
from etl_job.contract.odcs import with_options_of_its_own
from etl_job.contract.rule_kinds import BY_FIELD

_NAME = re.compile(r"[a-z_][a-z0-9_]*")
DESCRIPTIVE_FIELDS = {
    "authoritativeDefinitions", "businessName", "classification", "criticalDataElement", "description", "examples",
    "id", "partitioned", "partitionKeyPosition", "primaryKeyPosition", "tags", "transformDescription",
}  # fmt: skip
NUMERIC = ("integer", "number")
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_NUMBER = r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?"
_NO_NAME = ("Cc", "Cs", "Zl", "Zp")  # control characters, half of a character, ends of lines and paragraphs
MAX_LENGTH = 2**31 - 1  # of a text in Spark
MAX_PATTERN = 2_000  # characters
MAX_MISSING = 100  # texts that stand for a missing value
_BOUND_DIGITS = 18  # before and after the point: values have no more before it, and fewer after


def _table_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a valid name: use lower-case letters, digits and '_'")
    return name


Name = Annotated[str, AfterValidator(_table_name)]


def _bound(value: Any) -> Any:
    """Convert a YAML value to an exact number or a date; dates may be quoted.

    A value that was converted before, as in a copy of another contract, stays as it is.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(str(value))
    if isinstance(value, str) and re.fullmatch(_DATE, value):
        return date.fromisoformat(value)
    if isinstance(value, str) and re.fullmatch(_NUMBER, value):
        return Decimal(value)
    if isinstance(value, Decimal | date) and not isinstance(value, datetime):
        return value
    raise ValueError("write a number, or a date as 2000-01-31")


Bound = Annotated[
    date | Decimal,
    BeforeValidator(_bound),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^({_DATE}|{_NUMBER})$"}]}),
]


def _time_zone(name: str) -> str:
    # Without a time zone database every name passes here: the judge refuses unknown ones where the job runs.
    if name not in (available_timezones() or {name}):
        raise ValueError(f"timeZone: {name!r} is not an IANA time zone; use one such as UTC or Europe/Berlin")
    return name


def is_name_in_a_file(name: str) -> bool:
    """Whether a contract can hold this column name; invisible characters are allowed, control characters are not."""
    return bool(name.strip()) and not any(unicodedata.category(each) in _NO_NAME for each in name)


def _name_in_a_file(name: str) -> str:
    if not is_name_in_a_file(name):
        raise ValueError(f"physicalName {name[:80]!r} is blank or contains control characters")
    return name.strip()  # as headers are read


def _texts_for_nothing(texts: tuple[str, ...]) -> tuple[str, ...]:
    if "" in texts or len(set(texts)) < len(texts):
        raise ValueError("missingValues: list each text once, without the empty text, which always counts as missing")
    return texts


TimeZone = Annotated[str, AfterValidator(_time_zone)]
MissingValues = Annotated[tuple[str, ...], Field(max_length=MAX_MISSING), AfterValidator(_texts_for_nothing)]


def repeated(names: Iterable[str]) -> list[str]:
    """The names that occur more than once, each once, in alphabetical order."""
    return sorted(name for name, count in Counter(names).items() if count > 1)


class Strict(BaseModel):
    """A part of a contract that refuses unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=to_camel, populate_by_name=True)


def _rule(field: str, more: str = "") -> str:
    """The description of a field that is a rule; the documentation's table of rules says the same."""
    return f"A rule: {BY_FIELD[field].says}.{more}"


_KINDS_OF_BOUNDS = " A number for numeric columns, an ISO date for dates, a day in UTC for timestamps."


class ValueRules(Strict):
    """``logicalTypeOptions``: the form of a column's values. By default there is no rule, unless a field says so."""

    format: str | None = Field(
        default=None,
        description="How dates, timestamps or times of day are written, such as `yyyy-MM-dd`, `HH:mm:ss` or "
        "`epochSeconds`; dates and timestamps need one, other types than `string` must not have one.",
    )
    other_formats: tuple[str, ...] = Field(default=(), description="Further formats in which values are valid.")
    min_length: StrictInt | None = Field(default=None, ge=0, le=MAX_LENGTH, description=_rule("min_length"))
    max_length: StrictInt | None = Field(default=None, ge=0, le=MAX_LENGTH, description=_rule("max_length"))
    minimum: Bound | None = Field(default=None, description=_rule("minimum", _KINDS_OF_BOUNDS))
    maximum: Bound | None = Field(
        default=None,
        description=_rule(
            "maximum", f"{_KINDS_OF_BOUNDS} By default, an event's day is at most the day after its file's upload."
        ),
    )
    pattern: str | None = Field(default=None, max_length=MAX_PATTERN, description=_rule("pattern"))
    enum: Annotated[tuple[str, ...], Field(min_length=1)] | None = Field(default=None, description=_rule("enum"))
    decimal_separator: Literal[".", ","] | None = Field(
        default=None,
        description="The decimal mark of a `number`; by default a point, or a comma if the point separates thousands.",
    )
    time_zone: TimeZone | None = Field(
        default=None,
        description="The IANA zone of timestamps whose format has no offset, such as `Europe/Berlin`; they need one.",
    )
    missing_values: MissingValues = Field(
        default=(),
        description="Texts that mean a missing value in this column, besides the empty text and those of the feed.",
    )
    rounding: Annotated[StrictInt, Field(ge=0, le=6)] | None = Field(
        default=None,
        description="How many decimals a `number` is rounded to, half away from zero; it may then have up to 40. By "
        "default nothing is rounded, and more than 6 decimals break `format`.",
    )
    notation: Literal["plain", "free"] | None = Field(
        default=None,
        description="`free` also accepts numbers such as `.5`, `5.` and `1e+05`, but needs `rounding`; "
        "by default `plain`.",
    )
    thousands_separator: Literal[",", ".", " ", "'"] | None = Field(
        default=None,
        description="What may separate groups of three digits before the decimal mark; a space includes the no-break "
        "space, an apostrophe the curly one.",
    )

    @property
    def layouts(self) -> tuple[Layout, ...]:
        """All formats that a date or time may have."""
        return tuple(map(Layout.parse, () if self.format is None else (self.format, *self.other_formats)))

    @property
    def decimal_mark(self) -> str:
        """The decimal mark: a point, unless the contract names a comma, or the point separates thousands."""
        return self.decimal_separator or ("," if self.thousands_separator == "." else ".")


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
        default="string", description="The type of what the texts represent."
    )
    physical_type: str = Field(
        default="string", description="The type in the source, for readers of the contract; no rule depends on it."
    )
    required: StrictBool = Field(default=False, description=_rule("required"))
    unique: StrictBool = Field(default=False, description="Allowed only with `primaryKey`, to which it adds nothing.")
    primary_key: StrictBool = Field(
        default=False,
        description="Whether the column is part of the key: of rows with one key, only one is kept. In a contract "
        "without a key, every row counts.",
    )
    rules: ValueRules = Field(
        default_factory=lambda: ValueRules(),
        alias="logicalTypeOptions",
        description="The form of the values, and the rules that they must keep.",
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
                "a primaryKey column must also be required: true; rows without a key could not be told apart"
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

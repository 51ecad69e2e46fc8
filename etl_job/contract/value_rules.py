"""``logicalTypeOptions`` of a column: how its values are written, and the rules that they must keep."""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt, WithJsonSchema, model_validator

from etl_job.contract.base import Strict
from etl_job.contract.date_formats import Layout
from etl_job.contract.rule_kinds import BY_FIELD

_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_NUMBER = r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?"
MAX_LENGTH = 2**31 - 1  # of a text in Spark
MAX_PATTERN = 2_000  # characters
MAX_MISSING = 100  # texts that mean a missing value


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


_OF_THE_MACHINE = {"localtime", "Factory"}  # in the database, but no zone: the first is another on each machine


@cache
def _known_zones() -> frozenset[str]:
    """The names of the time zone database, looked for once: each look opens some 600 files."""
    return frozenset(available_timezones())


def _time_zone(name: str) -> str:
    # Without a time zone database every name passes here: the judge refuses unknown ones where the job runs.
    if name not in (_known_zones() or {name}) - _OF_THE_MACHINE:
        raise ValueError(f"timeZone: {name!r} is not an IANA time zone; use one such as UTC or Europe/Berlin")
    return name


def _texts_for_nothing(texts: tuple[str, ...]) -> tuple[str, ...]:
    if "" in texts or len(set(texts)) < len(texts):
        raise ValueError("missingValues: list each text once, without the empty text, which always counts as missing")
    return texts


TimeZone = Annotated[str, AfterValidator(_time_zone)]
MissingValues = Annotated[tuple[str, ...], Field(max_length=MAX_MISSING), AfterValidator(_texts_for_nothing)]


_RULES = {field: kind.description for field, kind in BY_FIELD.items()}
_KINDS_OF_BOUNDS = " A number for numeric columns, an ISO date for dates, a day in UTC for timestamps."


class ValueRules(Strict):
    """``logicalTypeOptions``: the form of a column's values. By default there is no rule, unless a field says so."""

    format: str | None = Field(
        default=None,
        description="How dates, timestamps or times of day are written, such as `yyyy-MM-dd`, `HH:mm:ss` or "
        "`epochSeconds`; dates and timestamps need one, other types than `string` must not have one.",
    )
    other_formats: tuple[str, ...] = Field(default=(), description="Further formats in which values are valid.")
    min_length: StrictInt | None = Field(default=None, ge=0, le=MAX_LENGTH, description=_RULES["min_length"])
    max_length: StrictInt | None = Field(default=None, ge=0, le=MAX_LENGTH, description=_RULES["max_length"])
    minimum: Bound | None = Field(default=None, description=_RULES["minimum"] + _KINDS_OF_BOUNDS)
    maximum: Bound | None = Field(
        default=None,
        description=f"{_RULES['maximum']}{_KINDS_OF_BOUNDS} By default, an event's day is at most the day after "
        "its file's upload.",
    )
    pattern: str | None = Field(default=None, max_length=MAX_PATTERN, description=_RULES["pattern"])
    enum: Annotated[tuple[str, ...], Field(min_length=1)] | None = Field(default=None, description=_RULES["enum"])
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

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> "ValueRules":
        bounds = (("minimum", self.minimum, self.maximum), ("minLength", self.min_length, self.max_length))
        for name, least, most in bounds:
            if type(least) is type(most) and least is not None and least > most:  # type: ignore[operator]
                raise ValueError(
                    f"logicalTypeOptions.{name} is {least}, more than the maximum of {most}, so no value can be valid; "
                    "change one of them"
                )
        return self

    @property
    def layouts(self) -> tuple[Layout, ...]:
        """All formats that a date or time may have."""
        return tuple(map(Layout.parse, () if self.format is None else (self.format, *self.other_formats)))

    @property
    def decimal_mark(self) -> str:
        """The decimal mark: a point, unless the contract names a comma, or the point separates thousands."""
        return self.decimal_separator or ("," if self.thousands_separator == "." else ".")

"""A column's type as a draft guesses it, and a user's answers that replace guesses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from quartal.contracts.drafting.sample import SampledColumn
from quartal.contracts.drafting.thousands import DecimalMark
from quartal.contracts.drafting.times import DateOrder, Reading

AGAIN = 3  # times, from which a text is no error
_ERRORS = 0.02  # which part of a column's texts may be errors


@dataclass(frozen=True)
class Kind:
    """A column's type.

    Attributes:
        logical_type: as contracts name it.
        options: logicalTypeOptions.
        custom: the column's custom properties.
        errors: texts that are not values of the type, with how often each appears.
        notes: guesses, and what a contract cannot express.
        reading: how dates and times are read.
        open_mark: a comma or point that may be a thousands separator or a decimal mark.
    """

    logical_type: str = "string"
    options: Mapping[str, Any] = field(default_factory=dict)
    custom: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    reading: Reading | None = None
    open_mark: str | None = None

    @property
    def decimal_mark(self) -> DecimalMark | None:
        """The decimal mark that its numbers show; None if they show none."""
        if self.logical_type != "number" or self.open_mark is not None:
            return None
        return "comma" if self.custom.get("decimalSeparator") == "," else "point"

    @property
    def is_number(self) -> bool:
        """Whether it can be summed."""
        return self.logical_type in ("integer", "number")

    @property
    def is_clock(self) -> bool:
        """Whether it is a time of day."""
        return self.reading is not None and self.reading.kind == "time"

    @property
    def has_days(self) -> bool:
        """Whether its values contain a day."""
        return self.logical_type in ("date", "timestamp")

    def missing(self, column: SampledColumn) -> int:
        """How many rows have no value."""
        nothing = self.custom.get("missingValues", ())
        return len(column.texts) - column.present + sum(column.counts.get(text, 0) for text in nothing)


@dataclass(frozen=True, slots=True)
class Answers:
    """A user's answers to questions that the texts leave open.

    Attributes:
        order: which comes first in ``03/04/2024``, day or month.
        mark: the decimal mark, for numbers such as ``1,250`` that may be thousands.
        time: the column of event times, whose numbers may count from 1970 under any name.
    """

    order: DateOrder | None = None
    mark: DecimalMark | None = None
    time: str | None = None


def allowed_errors(total: int) -> float:
    """How many of a column's texts may be errors."""
    return max(1.0 if total >= 20 else 0.0, _ERRORS * total)

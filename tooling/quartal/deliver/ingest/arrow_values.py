"""Convert values of a database to typed values of Parquet columns, in the types that the job reads.

The type follows from the contract alone, so all files of a delivery have the same types. Text in the column's form
becomes the value that it represents. Any other value that a column of that type cannot hold is refused, because a typed
column has no place for wrong values. Times of day are text, because Spark 3.5 does not read them from Parquet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa

from quartal.contracts.model import Column, Layout
from quartal.deliver.ingest.chunk_file import RowError
from quartal.deliver.ingest.values import (
    as_boolean,
    as_date,
    as_number,
    has_offset,
    moment_counted,
    select_format,
    timestamp_converter,
)

# wider than the contract's 18 digits and 6 decimals: the job quarantines values that break a rule
_NUMBER = pa.decimal128(38, 18)
_SHOWN = 40
_MICROSECOND_DIGITS = 6

Convert = Callable[[object], object]


@dataclass(frozen=True, slots=True)
class ArrowColumn:
    """The conversion of a column's values to typed ones.

    Attributes:
        name: of the column.
        type: Arrow's type.
        native: Python types whose values Arrow accepts directly.
        convert: converts any other value for Arrow, None for a missing one; raises ValueError with a reason.
    """

    name: str
    type: pa.DataType
    native: frozenset[type]
    convert: Convert

    @classmethod
    def of_contract(cls, column: Column) -> ArrowColumn:
        """The column according to its `logicalType`."""
        nothing, kind = type(None), column.logical_type
        if kind == "integer":
            return cls(
                column.name_in_file,
                pa.int64(),
                frozenset({int, nothing}),
                _or_text(_as_integer, _integer_reader(column)),
            )
        if kind == "number":
            return cls(column.name_in_file, _NUMBER, frozenset({nothing}), _or_text(_as_finite, _number_reader(column)))
        if kind == "boolean":
            return cls(
                column.name_in_file, pa.bool_(), frozenset({bool, nothing}), _or_text(as_boolean, _parse_boolean)
            )
        if kind == "date":
            return cls(
                column.name_in_file, pa.date32(), frozenset({date, nothing}), _or_text(as_date, _date_reader(column))
            )
        if kind == "timestamp":
            stored = pa.timestamp("us", "UTC" if has_offset(column) else None)
            timestamp, read = timestamp_converter(column), _timestamp_reader(column)
            return cls(
                column.name_in_file,
                stored,
                frozenset({nothing}),
                _or_text(timestamp, lambda text: timestamp(read(text))),
            )
        write = select_format(column)
        return cls(
            column.name_in_file,
            pa.string(),
            frozenset({str, nothing}),
            lambda value: value if isinstance(value, str) else write(value),
        )

    def array(self, values: Sequence[Any]) -> pa.Array:
        """The values of a batch; None stays a missing one.

        Raises:
            RowError: the column cannot hold one of them.
        """
        try:
            if not self.native.issuperset(map(type, values)):
                convert = self.convert
                return pa.array([None if v is None else convert(v) for v in values], self.type)
            return pa.array(values, self.type)
        except (ValueError, OverflowError):
            for row, value in enumerate(values):
                reason = self._problem(value)
                if reason is not None:
                    raise RowError(row, self.name, reason) from None
            raise

    def _problem(self, value: object) -> str | None:
        """Why the column cannot hold a value; None if it can."""
        if value is None:
            return None
        try:
            found = self.convert(value)
        except (ValueError, OverflowError) as error:
            return str(error)
        try:
            pa.array([found], self.type)
        except UnicodeEncodeError as error:
            return f"holds {str(found)[error.start]!r}, which UTF-8 cannot write"
        except (ValueError, OverflowError):
            return f"holds {_shown(value)}, which a Parquet column of {self.type} cannot hold: cast or round it"
        return None


def _or_text(convert: Convert, read: Callable[[str], object]) -> Convert:
    """Values by `convert`, texts by `read`; an empty text is a missing value, as it is for the job."""

    def either(value: object) -> object:
        if not isinstance(value, str):
            return convert(value)
        return read(value) if value else None

    return either


def _as_integer(value: object) -> int:
    number = _as_finite(value)
    if number != int(number):
        raise ValueError(f"holds {value}, but the contract expects an integer: cast or round it")
    return int(number)


def _as_finite(value: object) -> int | Decimal:
    number = as_number(value)
    if isinstance(number, Decimal) and not number.is_finite():
        raise ValueError(f"holds {value}, which is not a number")
    return number


def _integer_reader(column: Column) -> Callable[[str], int]:
    ungrouped = _ungrouping(column)

    def read(text: str) -> int:
        digits = ungrouped(text)
        if not re.fullmatch(r"[+-]?[0-9]+", digits):
            raise _unfit(text, "an integer")
        return int(digits)

    return read


def _ungrouping(column: Column) -> Callable[[str], str]:
    """Remove the contract's thousands separators, if they separate groups of three digits."""
    if column.rules.thousands_separator is None:
        return lambda text: text
    between = {" ": "[ \u00a0\u202f]", "'": "['\u2019]"}.get(
        column.rules.thousands_separator, re.escape(column.rules.thousands_separator)
    )
    grouped = re.compile(rf"([+-]?[0-9]{{1,3}}(?:{between}[0-9]{{3}})+)(?![0-9])(.*)")

    def ungrouped(text: str) -> str:
        found = grouped.fullmatch(text)
        return text if found is None else re.sub(between, "", found[1]) + found[2]

    return ungrouped


def _number_reader(column: Column) -> Callable[[str], Decimal]:
    mark = column.rules.decimal_mark
    form = re.compile(rf"[+-]?[0-9]+(?:{re.escape(mark)}[0-9]+)?")
    ungrouped = _ungrouping(column)

    def read(text: str) -> Decimal:
        digits = ungrouped(text)
        if not form.fullmatch(digits):
            raise _unfit(text, "a number")
        return Decimal(digits.replace(mark, "."))

    return read


def _parse_boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise _unfit(text, "a boolean")
    return text.lower() == "true"


def _date_reader(column: Column) -> Callable[[str], date]:
    forms = [_build_pattern(layout) for layout in column.rules.layouts]

    def read(text: str) -> date:
        parts = _match_units(text, forms)
        try:
            year, month, day = (int(parts[unit]) for unit in ("year", "month", "day"))
            return date(year, month, day)
        except (KeyError, ValueError):
            raise _unfit(text, f"a date ({column.rules.format})") from None

    return read


def _timestamp_reader(column: Column) -> Callable[[str], datetime]:
    forms = [_build_pattern(layout) for layout in column.rules.layouts]
    unit = next((unit for layout in column.rules.layouts if (unit := layout.epoch_unit)), 1)  # of at most one of them

    def read(text: str) -> datetime:
        parts = _match_units(text, forms)
        if "epoch" in parts:
            return moment_counted(Decimal(text), unit)
        fraction = parts.get("fraction", "").rstrip("0")
        if len(fraction) > _MICROSECOND_DIGITS:
            raise ValueError(f"holds the text {_shown(text)}, and a Parquet timestamp has microseconds: round it")
        try:
            year, month, day, hour, minute = (int(parts[unit]) for unit in ("year", "month", "day", "hour", "minute"))
            second, microsecond = int(parts.get("second", "0")), int(fraction.ljust(_MICROSECOND_DIGITS, "0"))
            zone = _parse_offset(parts["offset"]) if "offset" in parts else None
            return datetime(year, month, day, hour, minute, second, microsecond, zone)
        except (KeyError, ValueError):
            raise _unfit(text, f"a timestamp ({column.rules.format})") from None

    return read


def _build_pattern(layout: Layout) -> re.Pattern[str]:
    pieces = (re.escape(p) if isinstance(p, str) else f"(?P<{p.unit}>{p.pattern})" for p in layout.pieces)
    return re.compile("".join(pieces))


def _match_units(text: str, forms: Sequence[re.Pattern[str]]) -> dict[str, str]:
    """The units of a text in the first format that matches; empty if none does."""
    found = next((match for form in forms if (match := form.fullmatch(text))), None)
    return found.groupdict() if found else {}


def _parse_offset(text: str) -> timezone:
    if text == "Z":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _unfit(text: str, wanted: str) -> ValueError:
    return ValueError(
        f"holds the text {_shown(text)}, but the contract expects {wanted}: a Parquet column has typed values"
    )


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."

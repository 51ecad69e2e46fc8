"""Convert a value of a database to the type of a contract's column, and to text in the column's format.

Text is written unchanged; the job judges it and quarantines wrong values. Any other value is written in the column's
format. If that would lose information or require a guess, it is refused with a ValueError that gives the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

from quartal.contracts.model import Column, Layout

Format = Callable[[object], str]

_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BeyondCalendar:
    """A date or time as the database prints it, which Python has no value for."""

    text: str

    def __str__(self) -> str:
        return self.text


def select_format(column: Column) -> Format:
    """The function that writes a column's non-text values; it raises ValueError with a reason.

    The forms are those of docs/reference/data-contract.md, "What a column may hold".
    """
    kinds: dict[str, Callable[[Column], Format]] = {
        "boolean": lambda _: _boolean,
        "date": _date_format,
        "integer": _number_format,
        "number": _number_format,
        "timestamp": _timestamp_format,
    }
    if column.logical_type in kinds:
        return kinds[column.logical_type](column)
    return _text if column.rules.format is None else _time_format(column)


def _number_format(column: Column) -> Format:
    if column.rules.decimal_mark == ",":
        return lambda value: _number(value).replace(".", ",")
    return _number


def as_number(value: object) -> int | Decimal:
    """A value as a number, exactly as it prints, including NaN and infinity.

    Raises:
        ValueError: it is not a number; the message continues a sentence about the column.
    """
    if isinstance(value, bool):
        raise ValueError("holds a boolean, which is not a number")
    if isinstance(value, float):
        return Decimal(repr(value))
    if not isinstance(value, int | Decimal):
        raise _unfit(value, "a number")
    return value


def _number(value: object) -> str:
    """Digits without an exponent and without trailing zeros of a fraction."""
    number = as_number(value)
    if isinstance(number, int):
        return str(number)
    text = format(number, "f")  # NaN and infinity keep their names, and the job's quarantine them
    return text.rstrip("0").rstrip(".") if "." in text else text


def as_boolean(value: object) -> bool:
    """A boolean, or 0 and 1 of a database that has none; as MySQL's bit(1) too.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, bytes) and value in (b"\0", b"\1"):
        return value == b"\1"
    if isinstance(value, bool) or (isinstance(value, int | Decimal) and value in (0, 1)):
        return bool(value)
    raise _unfit(value, "a boolean")


def _boolean(value: object) -> str:
    return "true" if as_boolean(value) else "false"


def as_date(value: object) -> date:
    """A date, or the midnight with which it begins.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, datetime):
        if value.tzinfo is not None or value.time() != time.min:
            raise ValueError(f"holds a moment ({value}), of which a date would be a part: cast it to a date")
        return value.date()
    if not isinstance(value, date):
        raise _unfit(value, "a date")
    return value


def _date_format(column: Column) -> Format:
    write = lru_cache(maxsize=4096)(_writer(column.rules.format))
    return lambda value: write(as_date(value))


def _time_format(column: Column) -> Format:
    write = lru_cache(maxsize=86_400)(_writer(column.rules.format))  # as many as a day has seconds

    def text(value: object) -> str:
        if isinstance(value, timedelta) and timedelta(0) <= value < _DAY:  # as drivers of MySQL give a time
            value = (datetime.min + value).time()
        if isinstance(value, timedelta):
            raise ValueError(f"holds a span of time ({value}), but the contract expects a time of day")
        if not isinstance(value, time):
            raise _unfit(value, "a time of day")
        if value.tzinfo is not None:
            raise ValueError(f"holds a time with an offset ({value}): cast it to one without")
        return write(value)

    return text


def has_offset(column: Column) -> bool:
    """Whether a timestamp is written as a moment; otherwise it is local time in the contract's zone."""
    return column.rules.layouts[0].is_of_moments


def timestamp_converter(column: Column) -> Callable[[object], datetime]:
    """The function that converts a value to the column's moment in UTC, or to a time without a zone."""
    zone = None if has_offset(column) else ZoneInfo(column.rules.time_zone or "UTC")
    unit = column.rules.layouts[0].epoch_unit

    def timestamp(value: object) -> datetime:
        if unit is not None and isinstance(value, int | Decimal) and not isinstance(value, bool):
            return moment_counted(value, unit)
        if not isinstance(value, datetime):
            raise _unfit(value, "a timestamp")
        if zone is not None:
            return value if value.tzinfo is None else _in_zone(value, zone)
        if value.tzinfo is None:
            raise ValueError(
                f"holds a timestamp without a zone ({value}), and the contract's format has an offset: say which "
                "zone it is in, such as sold_at at time zone 'UTC'"
            )
        return _moved(value, UTC)

    return timestamp


def _timestamp_format(column: Column) -> Format:
    timestamp, unit = timestamp_converter(column), column.rules.layouts[0].epoch_unit
    if unit is not None:
        return lambda value: str((timestamp(value) - _EPOCH) // timedelta(microseconds=1_000_000 // unit))
    write = _writer(column.rules.format)
    if has_offset(column):
        return lambda value: write(timestamp(value)) + "Z"
    return lambda value: write(timestamp(value))


def moment_counted(number: int | Decimal, unit: int) -> datetime:
    """The moment of a number that counts since 1970, `unit` to the second; parts of a microsecond are cut off.

    Raises:
        ValueError: the moment is not in the years 1 to 9999.
    """
    try:
        return _EPOCH + timedelta(microseconds=int(number * (1_000_000 // unit) // 1))
    except (OverflowError, ArithmeticError, ValueError):
        raise ValueError(f"holds {number}, which counted from 1970 on is not in the years 1 to 9999") from None


def _in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """The moment as local time in a zone, unless that time occurs twice: readers take it for the first one."""
    local = _moved(moment, zone)
    if local.fold:
        raise ValueError(
            f"holds {moment}, which clocks in {zone} show a second time as they are put back: give the contract a "
            "format with an offset (XXX)"
        )
    return local.replace(tzinfo=None)


def _moved(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:
        raise ValueError(f"holds {moment}, which by the clocks of {zone} is not in the years 1 to 9999") from None


def _writer(form: str | None) -> Callable[[date | time], str]:
    """Writes the parts of a layout but its offset; a fraction has all digits that the layout allows."""
    layout = Layout.parse(form or "")
    digits, template = 0, ""
    for piece in layout.pieces:
        if isinstance(piece, str):
            template += _literal(piece)
        elif piece.unit == "fraction":
            digits = piece.most
            template += "{1}"
        elif piece.unit != "offset":
            template += f"{{0.{piece.unit}:0{piece.least}d}}"
    if not digits:
        return template.format
    return lambda value: template.format(value, f"{getattr(value, 'microsecond', 0):06d}".ljust(9, "0")[:digits])


def _literal(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _text(value: object) -> str:
    """Any value that has one obvious text."""
    if isinstance(value, bool):
        return _boolean(value)
    if isinstance(value, int | float | Decimal):
        return _number(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, date | time | UUID):
        return str(value)
    raise _unfit(value, "text")


def _unfit(value: object, wanted: str) -> ValueError:
    if isinstance(value, BeyondCalendar):
        return ValueError(
            f"holds {value.text!r}, which is not a day of the years 1 to 9999, or not a time of day: convert it in the "
            "query, for instance with nullif(day, 'infinity')"
        )
    return ValueError(f"holds a value of type {type(value).__name__}, but the contract expects {wanted}: cast it")

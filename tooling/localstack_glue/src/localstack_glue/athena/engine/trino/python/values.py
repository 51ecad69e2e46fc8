"""Numbers, formats and moments."""

# ruff: noqa: D103 - the table says what each function does

import itertools
import math
import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache
from statistics import NormalDist
from zoneinfo import ZoneInfo

from localstack_glue.athena.engine.trino.python.registry import FunctionError, python
from localstack_glue.serdes import values as hive

_EPOCH = datetime(1970, 1, 1)

# ---------------------------------------------------------------------------- numbers


@python("HUGEINT, BIGINT -> VARCHAR")
def decimal(unscaled: int, scale: int) -> str:
    with localcontext() as context:
        context.prec = 80
        return format_decimal(Decimal(int(unscaled)).scaleb(-scale))


@python("VARCHAR, VARCHAR, BIGINT -> VARCHAR")
def quotient(dividend: str, divisor: str, scale: int) -> str | None:
    """Exact and rounded half up; a division by zero is told by the caller."""
    if not Decimal(divisor):
        return None
    with localcontext() as context:
        context.prec = 200  # of numbers with 38 digits, so that no double rounding shows
        found = Decimal(dividend) / Decimal(divisor)
        return format_decimal(found.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP))


@python("VARCHAR, VARCHAR -> VARCHAR")
def remainder(dividend: str, divisor: str) -> str | None:
    """With the sign of the dividend; a division by zero is told by the caller."""
    if not Decimal(divisor):
        return None
    with localcontext() as context:
        context.prec = 200
        return format_decimal(Decimal(dividend) % Decimal(divisor))


_MOST_COMBINED, _MOST_COMBINATIONS = 5, 100_000


@python("VARCHAR -> VARCHAR")
def parse_double(text: str) -> str:
    """A number's text for DuckDB. Invalid text is an error, not null."""
    found = hive.double(text)
    if found is None:
        raise FunctionError(f"Cannot cast '{text}' to DOUBLE", "INVALID_CAST_ARGUMENT")
    return repr(found)


@python("DOUBLE, BIGINT -> DOUBLE")
def round(value: float, digits: int) -> float:  # noqa: A001 - the name that SQL calls it by
    """In doubles, as Trino does: 1.005 times 100 is less than 100.5."""
    factor = 10.0**digits
    moved = abs(value) * factor
    if not moved < 2**63:
        return value if math.isnan(moved) or math.isinf(moved) else math.copysign(moved / factor, value)
    whole = int(moved)
    return math.copysign((whole + (moved - whole >= 0.5)) / factor, value)


@python("DOUBLE, BIGINT -> DOUBLE")
def truncate(value: float, digits: int) -> float:
    return float(Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_DOWN))


@python("VARCHAR, BIGINT -> VARCHAR")
def round_decimal(text: str, digits: int) -> str:
    return format_decimal(Decimal(text).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


@python("VARCHAR, BIGINT -> VARCHAR")
def truncate_decimal(text: str, digits: int) -> str:
    return format_decimal(Decimal(text).quantize(Decimal(1).scaleb(-digits), ROUND_DOWN))


def format_decimal(value: Decimal) -> str:
    """A decimal without an exponent."""
    return f"{value:f}"


@python("DOUBLE -> DOUBLE")
def cbrt(value: float) -> float:
    near = float(math.floor(math.cbrt(value) + 0.5))
    return near if near**3 == value else math.cbrt(value)


@python("BIGINT, BIGINT -> VARCHAR")
def to_base(value: int, radix: int) -> str:
    _check_radix(radix)
    digits, rest = "", abs(value)
    while rest or not digits:
        rest, digit = divmod(rest, radix)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return f"-{digits}" if value < 0 else digits


@python("VARCHAR, BIGINT -> BIGINT")
def from_base(text: str, radix: int) -> int:
    _check_radix(radix)
    if not re.fullmatch(r"[+-]?[0-9a-zA-Z]+", text):
        raise FunctionError(f"Not a valid base-{radix} number: {text}")
    try:
        found = int(text, radix)
    except ValueError as error:
        raise FunctionError(f"Not a valid base-{radix} number: {text}") from error
    if not -(2**63) <= found < 2**63:
        raise FunctionError(f"Not a valid base-{radix} number: {text}")
    return found


def _check_radix(radix: int) -> None:
    if not 2 <= radix <= 36:
        raise FunctionError("Radix must be between 2 and 36")


@python("DOUBLE, DOUBLE, DOUBLE, BIGINT -> BIGINT")
def width_bucket(value: float, low: float, high: float, count: int) -> int:
    if count <= 0 or low == high:
        raise FunctionError("bucketCount must be greater than 0" if count <= 0 else "bounds cannot equal each other")
    if math.isnan(value) or not math.isfinite(low) or not math.isfinite(high):
        raise FunctionError("the operand must not be NaN, and both bounds must be finite")
    lower, upper = min(low, high), max(low, high)
    if value < lower:
        found = 0
    elif value >= upper:
        found = count + 1
    else:
        found = int(count * (value - lower) / (upper - lower)) + 1
    return count - found + 1 if low > high else found


@python("DOUBLE, DOUBLE[] -> BIGINT")
def width_bucket_in(value: float, bins: list[float]) -> int:
    """How many bounds a value has reached: by halves, so that what is not in order is found only on the way."""
    if not bins:
        raise FunctionError("Bins cannot be an empty array")
    low, high = 0, len(bins)
    while low < high:
        if bins[low] > bins[high - 1]:
            raise FunctionError("Bin values are not sorted in ascending order")
        middle = (low + high) // 2
        if not math.isfinite(bins[middle]):
            raise FunctionError(f"Bin value must be finite, got {bins[middle]}")
        low, high = (low, middle) if value < bins[middle] else (middle + 1, high)
    return low


@python("BIGINT, BIGINT -> BIGINT")
def bit_count(value: int, bits: int) -> int:
    if not 2 <= bits <= 64:
        raise FunctionError("Bits specified in bit_count must be between 2 and 64")
    if not -(1 << bits - 1) <= value < 1 << bits - 1:
        raise FunctionError(
            f"Number must be representable with the bits specified. {value} can not be represented with {bits} bits"
        )
    return (value & ((1 << bits) - 1)).bit_count()


@python("BIGINT, BIGINT, BIGINT, VARCHAR -> BIGINT")
def shift(value: int, by: int, bits: int, direction: str) -> int:
    if direction == "right_shift_arithmetic":
        return value >> min(by, bits - 1)
    unsigned = value & ((1 << bits) - 1)
    found = (unsigned << by if direction == "left_shift" else unsigned >> by) & ((1 << bits) - 1) if by < bits else 0
    return found - (1 << bits) if found >> (bits - 1) else found


@python("DOUBLE, DOUBLE, DOUBLE -> DOUBLE")
def normal_cdf(mean: float, deviation: float, value: float) -> float:
    return NormalDist(mean, deviation).cdf(value)


@python("DOUBLE, DOUBLE, DOUBLE -> DOUBLE")
def inverse_normal_cdf(mean: float, deviation: float, share: float) -> float:
    if not 0 < share < 1:
        raise FunctionError("p must be 0 > p > 1")
    return NormalDist(mean, deviation).inv_cdf(share)


@python("BIGINT, BIGINT -> BIGINT[][]")
def combinations(size: int, count: int) -> list[list[int]]:
    """The places in an array, in the order of the last of them."""
    if not 0 <= count <= _MOST_COMBINED:
        raise FunctionError(f"combination size must not be negative or exceed {_MOST_COMBINED}: {count}")
    if math.comb(size, count) > _MOST_COMBINATIONS:
        raise FunctionError(f"combinations exceed max size of {_MOST_COMBINATIONS}")
    found = itertools.combinations(range(1, size + 1), count)
    return [list(places) for places in sorted(found, key=lambda places: places[::-1])]


# ---------------------------------------------------------------------------- formats


_FORMAT = re.compile(r"%(?:(\d+)\$)?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])")


@python("VARCHAR, VARCHAR[] -> VARCHAR")
def format(pattern: str, arguments: list[str]) -> str:  # noqa: A001 - the name that SQL calls it by
    """Java's Formatter, as far as `d`, `s`, `f`, `e`, `x`, `o`, `b`, `n` and `%` go."""
    place = 0

    def one(found: "re.Match[str]") -> str:
        nonlocal place
        number, flags, width, precision, conversion = found.groups()
        if conversion in "%n":
            return "%" if conversion == "%" else "\n"
        if number is None:
            place += 1
        index = int(number or place) - 1
        if index >= len(arguments):
            raise FunctionError(f"Invalid format string: {pattern} (Format specifier '{found[0]}')")
        text = _conversion(arguments[index], flags, precision, conversion, found[0])
        size = int(width or 0)
        if "0" in flags and conversion in "dfxoe":
            sign = text[:1] if text[:1] in "+-" else ""
            return sign + text[len(sign) :].rjust(size - len(sign), "0")
        return text.ljust(size) if "-" in flags else text.rjust(size)

    rest = _FORMAT.sub("", pattern)
    if "%" in rest:
        raise FunctionError(f"Invalid format string: {pattern}")
    return _FORMAT.sub(one, pattern)


def _conversion(argument: str, flags: str, precision: str | None, conversion: str, shown: str) -> str:
    kind, _, text = argument.partition(":")
    is_null = ":" not in argument
    if is_null:
        return "false" if conversion in "bB" else "null"
    wrong = FunctionError(f"Invalid format string: {shown} != {kind}")
    grouped = "," if "," in flags else ""
    if conversion in "sS":
        text = _java_moment(text) if kind == "t" else text
        value = text[: int(precision)] if precision else text
        return value.upper() if conversion == "S" else value
    if conversion in "bB":
        return text if kind == "b" else "true"
    if conversion in "dxXo" and kind == "d":
        value = (
            f"{int(text):{grouped}}"
            if conversion == "d"
            else f"{int(text) & ((1 << 64) - 1 if int(text) < 0 else -1):{conversion}}"
        )
        return f"+{value}" if "+" in flags and int(text) >= 0 else value
    if conversion in "feE" and kind == "f":
        digits = int(precision) if precision is not None else 6
        exact = Decimal(text)
        if conversion == "f":
            value = f"{exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):{grouped}f}"
        else:
            value = f"{float(exact):.{digits}{conversion}}"
        return f"+{value}" if "+" in flags and exact >= 0 else value
    if conversion in "tTgGhHaAcC":
        raise FunctionError(f"the conversion {shown} is not supported here", "NOT_SUPPORTED")
    raise wrong


def _java_moment(text: str) -> str:
    """A moment as Java's own classes write it: `2024-01-05T10:00`, `10:00:00.500`."""
    day, _, rest = text.rpartition(" ") if text.endswith(" UTC") else (text, "", "")
    zone = "Z[UTC]" if rest else ""
    date_text, _, clock = day.partition(" ") if "-" in day else ("", "", day)
    if not clock:
        return date_text
    hours, minutes, seconds = clock.split(" ")[0].split(":")
    if " " in clock:
        raise FunctionError("a timestamp with a time zone other than UTC is not supported here", "NOT_SUPPORTED")
    whole, _, fraction = seconds.partition(".")
    digits = fraction.rstrip("0")
    if digits:  # by threes
        digits = "." + digits.ljust(3 if len(digits) <= 3 else 6, "0")
    shown = f"{hours}:{minutes}" + (f":{whole}{digits}" if whole != "00" or digits else "")
    return f"{date_text}{'T' if date_text else ''}{shown}{zone}"


@python("DOUBLE -> VARCHAR")
def format_number(value: float) -> str:
    for unit in ("", "K", "M", "B", "T", "Q"):
        if abs(value) < 1000 or unit == "Q":
            digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
            text = f"{Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):f}"
            return f"{text.rstrip('0').rstrip('.') if '.' in text else text}{unit}"
        value /= 1000
    return ""


@python("VARCHAR -> VARCHAR")
def parse_data_size(text: str) -> str:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Za-z]+)", text)
    units = ("B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB")
    if found is None or found[2] not in units:
        raise FunctionError(f"Invalid data size: '{text}'")
    return str(int(Decimal(found[1]) * 1024 ** units.index(found[2])))


@python("DOUBLE -> VARCHAR")
def human_readable_seconds(value: float) -> str:
    rest = math.floor(abs(value) + 0.5)
    parts = []
    for name, size in (("week", 604800), ("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {name}{'s' if count != 1 else ''}")
    return ", ".join(parts) if parts else "0 seconds"


@python("VARCHAR -> BIGINT")
def parse_duration(text: str) -> int:
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ns|us|ms|s|m|h|d)\s*", text)
    if found is None:
        raise FunctionError(f"duration is not a valid data duration string: {text}")
    size = {"ns": "1e-6", "us": "1e-3", "ms": "1", "s": "1e3", "m": "6e4", "h": "3.6e6", "d": "8.64e7"}[found[2]]
    return int((Decimal(found[1]) * Decimal(size)).to_integral_value(ROUND_HALF_UP))


# ---------------------------------------------------------------------------- moments


def microseconds(moment: datetime) -> int:
    """A moment by its distance from 1970."""
    return (moment.replace(tzinfo=None) - _EPOCH) // timedelta(microseconds=1)


_ZONE = r"\s*(?:[+-]\d{1,2}(?::?\d{2})?|[A-Za-z]+(?:[/_+-]?\w+)*)"  # a timestamp without one takes no notice of it
_CLOCK = r"(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,12}))?)?"
_TIMESTAMP = re.compile(rf"\s*(\d{{4}})-(\d{{1,2}})-(\d{{1,2}})(?:[ ]{_CLOCK}(?:{_ZONE})?)?\s*")


@lru_cache(maxsize=4096)
def read_moment(text: str) -> datetime:
    """A timestamp's text."""
    found = _TIMESTAMP.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
        return datetime(year, month, day, hour, minute, second, int((found[7] or "0").ljust(6, "0")[:6]))
    except ValueError as error:
        raise FunctionError(f"Value cannot be cast to timestamp: {text}", "INVALID_CAST_ARGUMENT") from error


@python("VARCHAR -> BIGINT")
def parse_timestamp(text: str) -> int:
    return microseconds(read_moment(text))


@python("VARCHAR -> BIGINT")
def parse_zoned(text: str) -> int:
    found = re.fullmatch(r"\s*([\d-]+(?: [\d:.]+)?)\s*(UTC|Z|[+-]\d{2}:\d{2}|[A-Za-z]+(?:/\w+)*)?\s*", text)
    if found is None:
        raise FunctionError(f"Value cannot be cast to timestamp: {text}", "INVALID_CAST_ARGUMENT")
    moment = read_moment(found[1])
    if found[2] in (None, "UTC", "Z", "+00:00"):
        return microseconds(moment)
    raise FunctionError(f"a timestamp in the zone {found[2]} is not supported here", "NOT_SUPPORTED")


@python("VARCHAR, VARCHAR -> BIGINT")
def iso8601_timestamp(text: str, zone: str) -> int:
    """The moment of a text whose time zone is that of the column that it goes to."""
    found = re.fullmatch(
        r"(\d{4}(?:-?(?:W\d{2}(?:-?\d)?|\d{3}|\d{2}(?:-?\d{2})?))?)(?:T(\d{2})(?::?(\d{2})(?::?(\d{2})(?:[.,](\d+))?)?)?)?(Z|[+-]\d{2}:?\d{2})?",
        text,
    )
    if found is None:
        raise FunctionError(f'Invalid format: "{text}"')
    away = "UTC" if found[6] in (None, "Z", "+00:00", "+0000") else f"{found[6][:3]}:{found[6][-2:]}"
    if away != zone:
        raise FunctionError(f"from_iso8601_timestamp of the zone {found[6]} is not supported here", "NOT_SUPPORTED")
    day = _iso_day(found[1])
    hour, minute, second = (int(part or 0) for part in found.groups()[1:4])
    fraction = int((found[5] or "0").ljust(3, "0")[:3]) * 1000
    try:
        shown = datetime(day.year, day.month, day.day, hour, minute, second, fraction)
        ahead = timedelta() if away == "UTC" else offset_zone(away).utcoffset(None)
        return microseconds(shown - ahead)
    except ValueError as error:
        raise FunctionError(f'Invalid format: "{text}"') from error


@python("VARCHAR -> VARCHAR")
def iso8601_date(text: str) -> str:
    return _iso_day(text).isoformat()


def _iso_day(text: str) -> date:
    try:
        if found := re.fullmatch(r"(\d{4})-?W(\d{2})(?:-?(\d))?", text):
            return date.fromisocalendar(int(found[1]), int(found[2]), int(found[3] or 1))
        if found := re.fullmatch(r"(\d{4})-?(\d{3})", text):
            day = date(int(found[1]), 1, 1) + timedelta(days=int(found[2]) - 1)
            if day.year != int(found[1]):
                raise ValueError(text)
            return day
        if found := re.fullmatch(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", text):
            return date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError as error:
        raise FunctionError(f'Invalid format: "{text}"') from error
    raise FunctionError(f'Invalid format: "{text}"')


def offset_zone(name: str) -> timezone:
    """The zone of `+02:00`."""
    away = timedelta(hours=int(name[1:3]), minutes=int(name[4:]))
    return timezone(-away if name[0] == "-" else away, name)


def zoned(moment: int, zone: str) -> datetime:
    """A moment that the clocks of a zone show."""
    known: tzinfo = UTC if zone == "UTC" else offset_zone(zone) if zone[0] in "+-" else ZoneInfo(zone)
    return (_EPOCH + timedelta(microseconds=moment)).replace(tzinfo=known)

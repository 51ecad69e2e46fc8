"""Dates as texts by a pattern: MySQL's (`%Y-%m-%d`) and Joda's (`yyyy-MM-dd`)."""

# ruff: noqa: D103, E501 - the table says what each function does

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from localstack_glue.athena.engine.trino.python.registry import FunctionError, python
from localstack_glue.athena.engine.trino.python.values import microseconds, zoned

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MYSQL_LONG = {"r": "%h:%i:%s %p", "T": "%H:%i:%s"}
_JODA = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+")
# field and width of what is written in digits
_MYSQL_DIGITS = {
    "c": ("month", 1), "d": ("day", 2), "e": ("day", 1), "H": ("hour", 2), "k": ("hour", 1), "h": ("hour12", 2),
    "I": ("hour12", 2), "l": ("hour12", 1), "i": ("minute", 2), "S": ("second", 2), "s": ("second", 2),
    "m": ("month", 2), "j": ("yearday", 3), "Y": ("year", 4), "y": ("year2", 2), "v": ("week", 2), "x": ("weekyear", 4),
}  # fmt: skip
_JODA_DIGITS = {
    "d": "day", "D": "yearday", "H": "hour", "k": "hour24", "K": "hour0", "h": "hour12", "m": "minute", "s": "second",
    "w": "week", "x": "weekyear", "e": "weekday", "Y": "year", "y": "year",
}  # fmt: skip
_RANGES = (("hour12", 1, 12), ("hour0", 0, 11), ("hour24", 1, 24))
Part = tuple[str, int]  # a field and its width, or `text:` and what it is


@lru_cache(maxsize=256)
def _mysql(pattern: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    text = re.sub(r"%([rT])", lambda found: _MYSQL_LONG[found[1]], pattern)
    for found in re.finditer(r"%(.)|[^%]+", text, re.DOTALL):
        letter = found[1]
        if letter is None:
            parts.append((f"text:{found[0]}", 0))
        elif letter in _MYSQL_DIGITS:
            parts.append(_MYSQL_DIGITS[letter])
        elif letter in "abMWpf":
            name = {"a": "weekday3", "b": "month3", "M": "monthname", "W": "weekdayname", "p": "half", "f": "fraction"}
            parts.append((name[letter], 6))
        elif letter in "DUuVwX":
            raise FunctionError(f"%{letter} not supported in date format string")
        else:
            parts.append((f"text:{letter}", 0))
    return tuple(parts)


@lru_cache(maxsize=256)
def _joda(pattern: str) -> tuple[Part, ...]:
    parts: list[Part] = []
    for found in _JODA.finditer(pattern):
        letter, width = found[2], len(found[0])
        if letter is None:
            quoted = found[1]
            text = found[0] if quoted is None else quoted.replace("''", "'") or "'"
            parts.append((f"text:{text}", 0))
        elif letter in "xyY" and width == 2:
            parts.append(("year2" if letter != "x" else "weekyear2", 2))
        elif letter in _JODA_DIGITS:
            parts.append((_JODA_DIGITS[letter], width))
        elif letter == "M":
            parts.append(("month", width) if width < 3 else ("month3" if width == 3 else "monthname", width))
        elif letter == "E":
            parts.append(("weekday3" if width < 4 else "weekdayname", width))
        elif letter == "a":
            parts.append(("half", width))
        elif letter == "S":
            parts.append(("fraction", width))
        elif letter == "Z":
            parts.append(("offset" if width == 1 else "offsetcolon" if width == 2 else "zone", width))
        elif letter == "C" or (letter == "z" and width > 3):
            raise FunctionError(f"the pattern {found[0]} is not supported here", "NOT_SUPPORTED")
        elif letter == "z":
            parts.append(("zoneshort", width))
        elif letter == "G":
            parts.append(("text:AD", 0))
        else:
            raise FunctionError(f"Illegal pattern component: {found[0]}")
    return tuple(parts)


def _written(parts: Sequence[Part], moment: datetime) -> str:
    return "".join(_part(name, width, moment) for name, width in parts)


def _part(name: str, width: int, moment: datetime) -> str:
    if name.startswith("text:"):
        return name[5:]
    if name == "fraction":
        return f"{moment.microsecond:06}".ljust(width, "0")[:width]
    offset = moment.strftime("%z")
    texts = {
        "monthname": _MONTHS[moment.month - 1],
        "month3": _MONTHS[moment.month - 1][:3],
        "weekdayname": _DAYS[moment.weekday()],
        "weekday3": _DAYS[moment.weekday()][:3],
        "half": "AM" if moment.hour < 12 else "PM",
        "offset": offset,
        "offsetcolon": f"{offset[:3]}:{offset[3:]}",
        "zone": str(moment.tzinfo),
        "zoneshort": moment.strftime("%Z"),
        "year2": f"{moment.year % 100:02}",
        "weekyear2": f"{moment.isocalendar()[0] % 100:02}",
    }
    if name in texts:
        return texts[name]
    numbers = {
        "year": moment.year,
        "month": moment.month,
        "day": moment.day,
        "hour": moment.hour,
        "hour24": moment.hour or 24,
        "hour0": moment.hour % 12,
        "hour12": moment.hour % 12 or 12,
        "minute": moment.minute,
        "second": moment.second,
        "yearday": moment.timetuple().tm_yday,
        "week": moment.isocalendar()[1],
        "weekyear": moment.isocalendar()[0],
        "weekday": moment.isoweekday(),
    }
    return str(numbers[name]).rjust(width, "0")


def _compile_pattern(parts: Sequence[Part], *, strict: bool) -> "re.Pattern[str]":
    out = ""
    for place, (name, width) in enumerate(parts):
        group = f"(?P<{name}_{place}>"
        if name.startswith("text:"):
            out += re.escape(name[5:])
        elif name in ("month3", "monthname"):
            out += f"{group}{'|'.join(f'{month}|{month[:3]}' for month in _MONTHS)})"
        elif name in ("weekday3", "weekdayname"):
            out += f"{group}{'|'.join(f'{day}|{day[:3]}' for day in _DAYS)})"
        elif name == "half":
            out += f"{group}AM|PM)"
        elif name == "fraction":
            out += rf"{group}\d{{1,9}})" if not strict else rf"{group}\d{{{width}}})"
        elif name in ("offset", "offsetcolon"):
            out += rf"{group}Z|[+-]\d\d:?\d\d)"
        elif name in ("zone", "zoneshort"):
            out += rf"{group}UTC|GMT|Z)"
        elif name in ("year", "weekyear"):
            out += rf"{group}\d{{1,4}})"
        else:
            adjacent = place + 1 < len(parts) and not parts[place + 1][0].startswith("text:")
            most = 3 if name == "yearday" else 2
            out += rf"{group}\d{{{width if adjacent else 1},{most}}})"
    return re.compile(out, re.IGNORECASE)


def _read(text: str, parts: Sequence[Part], *, strict: bool) -> datetime:
    found = _compile_pattern(parts, strict=strict).fullmatch(text)
    wrong = FunctionError(f'Invalid format: "{text}"')
    if found is None:
        raise wrong
    values = {name.rsplit("_", 1)[0]: value for name, value in found.groupdict().items()}
    months = {month[:3].lower(): number for number, month in enumerate(_MONTHS, 1)}
    year = int(values.get("year", values.get("weekyear", "1970")))
    short = values.get("year2", values.get("weekyear2"))
    if short is not None:  # MySQL's two digits begin with 1970; Joda's, 80 years before this one
        first = datetime.now(UTC).year - 80 if strict else 1970
        year = first + (int(short) - first) % 100
    name = values.get("month3") or values.get("monthname")
    month = months[name[:3].lower()] if name else int(values.get("month", "1"))
    if any(not low <= int(values.get(field, low)) <= high for field, low, high in _RANGES):
        raise wrong
    hour = (
        int(values.get("hour", values.get("hour24", "0"))) % 24 if "hour24" in values else int(values.get("hour", "0"))
    )
    if "hour12" in values or "hour0" in values:
        hour = int(values.get("hour12", values.get("hour0", "0"))) % 12
        hour += 12 if values.get("half", "AM").upper() == "PM" else 0
    fraction = int(values.get("fraction", "0").ljust(6, "0")[:3]) * 1000
    offset = values.get("offset") or values.get("offsetcolon") or "Z"
    if offset.upper() != "Z" and offset.replace(":", "")[1:] != "0000":
        raise FunctionError(f"a time in the zone {offset} is not supported here", "NOT_SUPPORTED")
    try:
        moment = datetime(year, month, int(values.get("day", "1")), hour, int(values.get("minute", "0")), int(values.get("second", "0")), fraction)  # fmt: skip
        if "yearday" in values:
            moment = datetime(year, 1, 1, moment.hour, moment.minute, moment.second, fraction) + timedelta(days=int(values["yearday"]) - 1)  # fmt: skip
        if "week" in values:
            day = date.fromisocalendar(year, int(values["week"]), int(values.get("weekday", "1")))
            moment = datetime.combine(day, moment.time())
    except ValueError as error:
        raise wrong from error
    return moment


@python("BIGINT, VARCHAR, VARCHAR -> VARCHAR")
def date_format(moment: int, zone: str, pattern: str) -> str:
    return _written(_mysql(pattern), zoned(moment, zone))


@python("BIGINT, VARCHAR, VARCHAR -> VARCHAR")
def format_datetime(moment: int, zone: str, pattern: str) -> str:
    return _written(_joda(pattern), zoned(moment, zone))


@python("VARCHAR, VARCHAR -> BIGINT")
def date_parse(text: str, pattern: str) -> int:
    return microseconds(_read(text, _mysql(pattern), strict=False))


@python("VARCHAR, VARCHAR -> BIGINT")
def parse_datetime(text: str, pattern: str) -> int:
    return microseconds(_read(text, _joda(pattern), strict=True))

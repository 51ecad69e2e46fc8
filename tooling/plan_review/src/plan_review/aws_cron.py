"""When an AWS cron expression fires: `cron(Minutes Hours Day-of-month Month Day-of-week Year)`, in UTC.

cronsim computes the dates; what AWS writes differently is translated: `?`, the week that begins with SUN = 1, `L` alone
for Saturday, ranges that wrap, and the year. `15W`, the weekday nearest to a day of the month, is picked from all days.
Source: docs.aws.amazon.com/glue/latest/dg/monitor-data-warehouse-schedule.html
"""

from __future__ import annotations

import re
from calendar import SATURDAY, SUNDAY, monthrange
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from cronsim import CronSim, CronSimError

_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_LAST_YEAR = 2199


class CronError(ValueError):
    """The expression is not one that AWS would take, or one that cannot be computed."""


def next_dates(expression: str, after: datetime, count: int) -> tuple[datetime, ...]:
    """The first `count` times strictly after a moment, in UTC; fewer where the year ends it.

    Raises:
        CronError: the expression cannot be read.
    """
    found = []
    for moment in _dates(expression, after):
        found.append(moment)
        if len(found) == count:
            break
    return tuple(found)


def last_date(expression: str, until: datetime) -> datetime | None:
    """The last time up to a moment, in UTC; None where it did not fire in the two years before.

    Raises:
        CronError: the expression cannot be read.
    """
    for days in (1, 31, 731):  # the shortest span that holds one: some fire every minute
        found = list(takewhile(lambda moment: moment <= until, _dates(expression, until - timedelta(days=days))))
        if found:
            return found[-1]
    return None


def dates_within(expression: str, after: datetime, until: datetime) -> int:
    """How often it fires in a span of time.

    Raises:
        CronError: the expression cannot be read.
    """
    return sum(1 for _ in takewhile(lambda moment: moment <= until, _dates(expression, after)))


def _dates(expression: str, after: datetime) -> Iterator[datetime]:
    match = re.fullmatch(r"cron\((.*)\)", expression.strip())
    fields = match.group(1).upper().split() if match else []
    if len(fields) != 6:
        raise CronError(f"'{expression}' is not cron(...) around six fields")
    minutes, hours, day_of_month, month, day_of_week, year = fields
    if (day_of_month == "?") == (day_of_week == "?"):
        raise CronError(f"'{expression}' must have '?' in exactly one of day of month and day of week")
    near = re.fullmatch(r"(0?[1-9]|[12]\d|3[01])W", day_of_month)
    day = "*" if day_of_month == "?" or near else _day(day_of_month)
    weekday = "*" if day_of_week == "?" else _weekday(day_of_week)
    minutes, hours = _numbers(minutes, 0, 59), _numbers(hours, 0, 23)
    months = _numbers(month, 1, 12, _MONTHS)
    years = _years(year, expression)
    try:
        simulation = CronSim(f"{minutes} {hours} {day} {months} {weekday}", after.astimezone(UTC))
    except (CronSimError, ValueError) as error:
        raise CronError(f"'{expression}' cannot be read: {error}") from error
    for moment in simulation:
        if moment.year > max(years):
            return
        if moment.year in years and (near is None or moment.day == _nearest_weekday(moment, int(near[1]))):
            yield moment


def _nearest_weekday(moment: datetime, day: int) -> int:
    """The weekday nearest to a day of the moment's month, within that month; 0 where the month has no such day."""
    last = monthrange(moment.year, moment.month)[1]
    if day > last:
        return 0
    weekday = moment.replace(day=day).weekday()
    if weekday == SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == SUNDAY:
        return day + 1 if day < last else day - 2
    return day


def _day(field: str) -> str:
    """A day of the month: the last, the last weekday, or numbers; AWS's page has no list or range with an L."""
    return field if field in {"L", "LW"} else _numbers(field, 1, 31)


def _weekday(field: str) -> str:
    """A day of the week for cronsim, whose Sunday is 0. An L or a # stands alone, as EventBridge's page says of #."""
    if field == "L":
        return "6"
    if field.endswith("L") and "," not in field:
        return f"{_weekday_number(field[:-1])}L"
    if "#" in field and "," not in field:
        name, nth = field.split("#", 1)
        return f"{_weekday_number(name)}#{nth}"
    return ",".join(str(int(number) - 1) for number in _numbers(field, 1, 7, _WEEKDAYS).split(","))


def _weekday_number(text: str) -> int:
    if text in _WEEKDAYS:
        return _WEEKDAYS.index(text)
    if re.fullmatch("[1-7]", text):
        return int(text) - 1
    raise CronError(f"'{text}' is no day of the week: 1 (SUN) to 7 (SAT)")


def _numbers(field: str, first: int, last: int, names: tuple[str, ...] = ()) -> str:
    """A field as the list of its numbers; a range of names, or of numbers that have names, may run over the end.

    A step counts from its start to the end of the range, or of the field: `2/2` is 2, 4, 6 and no day of the next week.
    """
    size = last - first + 1

    def number(text: str) -> int:
        if text in names:
            return names.index(text) + first
        if re.fullmatch("[0-9]{1,2}", text) and first <= int(text) <= last:
            return int(text)
        raise CronError(f"'{text}' is not within {names[0] if names else first} to {names[-1] if names else last}")

    found: list[int] = []
    for part in field.split(","):
        base, is_stepped, step = part.partition("/")
        if is_stepped and not (re.fullmatch("[0-9]{1,2}", step) and 1 <= int(step) <= last):
            raise CronError(f"'{step}' in '{part}' is no step: a number from 1 to {last}")
        low, is_range, high = base.partition("-")
        start = first if base == "*" else number(low)
        span = last - start if base == "*" or is_stepped else 0
        if is_range:
            span = number(high) - start
            if span < 0 and not names:
                raise CronError(f"'{part}' runs backwards")
            span %= size
        found += [(start - first + i) % size + first for i in range(0, span + 1, int(step or 1))]
    return ",".join(str(value) for value in found)


def _years(field: str, expression: str) -> frozenset[int]:
    years: set[int] = set()
    for part in field.split(","):
        match = re.fullmatch(r"(?:(\*)|([0-9]{4})(?:-([0-9]{4}))?)(?:/(0*[1-9][0-9]{0,3}))?", part)
        if match is None:
            raise CronError(f"'{expression}' has a year that cannot be read: {part}")
        low = 1970 if match[1] else int(match[2])
        high = int(match[3]) if match[3] else _LAST_YEAR if match[1] or match[4] else low
        years |= set(range(low, high + 1, int(match[4] or 1)))
    if not years:
        raise CronError(f"'{expression}' has years that run backwards")
    return frozenset(years)

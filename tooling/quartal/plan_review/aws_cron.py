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
    day = "*" if day_of_month == "?" or near else day_of_month
    weekday = "*" if day_of_week == "?" else ",".join(_weekday(part) for part in day_of_week.split(","))
    months = ",".join(_unwrapped(part, _MONTHS, 1) for part in month.split(","))
    years = _years(year, expression)
    # cronsim takes a range of one number for a start: 0-0/2 is 0 alone
    minutes, hours, day = (re.sub(r"\b([0-9]+)-\1/[0-9]+", r"\1", field) for field in (minutes, hours, day))
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


def _weekday(part: str) -> str:
    if part == "L":
        return "6"
    if part.endswith("L"):
        return f"{_weekday_number(part[:-1])}L"
    if "#" in part:
        name, nth = part.split("#", 1)
        return f"{_weekday_number(name)}#{nth}"
    return _unwrapped(part, _WEEKDAYS, 0, offset=1)


def _weekday_number(text: str) -> int:
    if text in _WEEKDAYS:
        return _WEEKDAYS.index(text)
    if re.fullmatch("[1-7]", text):
        return int(text) - 1
    raise CronError(f"'{text}' is no day of the week: 1 (SUN) to 7 (SAT)")


def _unwrapped(part: str, names: tuple[str, ...], first: int, offset: int = 0) -> str:
    """A part of a field as the list of its numbers; a range may run over the end of the field.

    A step counts from its start to the end of the range, or of the field: `2/2` is 2, 4, 6 and no day of the next week.
    """

    def number(text: str) -> int:
        if text in names:
            return names.index(text) + first
        if re.fullmatch("[0-9]{1,2}", text) and first + offset <= int(text) <= len(names) - 1 + first + offset:
            return int(text) - offset
        raise CronError(f"'{text}' is not one of {names[0]} to {names[-1]}")

    base, is_stepped, step = part.partition("/")
    if is_stepped and not re.fullmatch("0*[1-9][0-9]{0,3}", step):
        raise CronError(f"'{step}' in '{part}' is no step: a number from 1")
    if base == "*":
        start, span = first, len(names) - 1
    else:
        low, is_range, high = base.partition("-")
        start = number(low)
        to_the_end = len(names) - 1 + first - start if is_stepped else 0
        span = (number(high) - start) % len(names) if is_range else to_the_end
    values = [(start - first + i) % len(names) + first for i in range(0, span + 1, int(step or 1))]
    return ",".join(str(value) for value in values)


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

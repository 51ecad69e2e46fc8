"""AWS's cron: `cron(Minutes Hours Day-of-month Month Day-of-week Year)`, in UTC.

Glue's page and EventBridge's have the same fields. EventBridge also has `#` and no shortest interval, and its
parser also takes `L-3`; Glue has none of these.
Sources: docs.aws.amazon.com/glue/latest/dg/monitor-data-warehouse-schedule.html and
docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
"""

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import islice, pairwise

MIN_INTERVAL = timedelta(minutes=5)
FIRST_YEAR, LAST_YEAR = 1970, 2199
_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_WEEKDAYS = {"SUN": 1, "MON": 2, "TUE": 3, "WED": 4, "THU": 5, "FRI": 6, "SAT": 7}


class CronError(ValueError):
    """The expression is not one that AWS accepts."""


class Service(StrEnum):
    """The service that a schedule belongs to: each accepts different expressions."""

    GLUE = "Glue"
    EVENTBRIDGE = "EventBridge"


@dataclass(frozen=True)
class Cron:
    """A parsed `cron(Minutes Hours Day-of-month Month Day-of-week Year)` expression."""

    expression: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    day_of_month: str
    months: tuple[int, ...]
    day_of_week: str
    years: frozenset[int]

    @classmethod
    @lru_cache(maxsize=1024)
    def parse(cls, expression: str, service: Service = Service.GLUE) -> "Cron":
        """Read an expression.

        Raises:
            CronError: the service would refuse it, or AWS's page does not say what it means.
        """
        match = re.fullmatch(r"cron\((.*)\)", expression.strip())
        if not match:
            raise CronError(f"Invalid schedule expression: {expression}. It is not cron(...) around six fields")
        fields = match.group(1).split()
        if len(fields) != 6:
            raise CronError(f"Invalid schedule expression: {expression}. It has {len(fields)} fields, and AWS's has 6")
        minutes, hours, day_of_month, months, day_of_week, years = (field.upper() for field in fields)
        if (day_of_month == "?") == (day_of_week == "?"):
            raise CronError(f"Invalid schedule expression: {expression}. One of day-of-month and day-of-week must be ?")
        try:
            if service is Service.GLUE:
                _refuse_what_only_eventbridge_has(day_of_month, day_of_week)
            cron = cls(
                expression=expression,
                minutes=tuple(sorted(_values(minutes, 0, 59))),
                hours=tuple(sorted(_values(hours, 0, 23))),
                day_of_month=day_of_month,
                months=tuple(sorted(_values(months, 1, 12, _MONTHS))),
                day_of_week=day_of_week,
                years=frozenset(_values(years, FIRST_YEAR, LAST_YEAR)),
            )
            _ = cron._is_day  # a malformed day field is found here, not at the first tick
        except ValueError as error:
            raise CronError(f"Invalid schedule expression: {expression}. {error}") from error
        if service is Service.GLUE and cron._is_too_fast():
            raise CronError(f"Invalid schedule expression: {expression}. The minimum precision is 5 minutes")
        return cron

    def next_after(self, moment: datetime) -> datetime | None:
        """The first matching time strictly after `moment`; None if there is none."""
        return next(self.between(moment, None), None)

    def next_dates(self, after: datetime, count: int) -> tuple[datetime, ...]:
        """The first `count` times strictly after a moment, in UTC; fewer if the years end."""
        return tuple(islice(self.between(after, None), count))

    def last_until(self, until: datetime) -> datetime | None:
        """The last time up to a moment, in UTC; None if there was none."""
        since_first_year = (until.astimezone(UTC) - datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)).days + 1
        for days in (1, 31, 731, since_first_year):  # the shortest span that holds one: some fire every minute
            found = list(self.between(until - timedelta(days=days), until))
            if found:
                return found[-1]
        return None

    def between(self, after: datetime, until: datetime | None) -> Iterator[datetime]:
        """Yield matching times in order, strictly after one moment and up to another."""
        start = after.astimezone(UTC)
        for day in self._days_from(start.date()):
            for hour in self.hours:
                for minute in self.minutes:
                    moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
                    if until is not None and moment > until:
                        return
                    if moment > start:
                        yield moment
            if until is not None and day > until.date():
                return

    def _days_from(self, first: date) -> Iterator[date]:
        for year in range(first.year, LAST_YEAR + 1):
            if year not in self.years:
                continue
            for month in self.months:
                if (year, month) < (first.year, first.month):
                    continue
                for day_number in range(1, calendar.monthrange(year, month)[1] + 1):
                    day = date(year, month, day_number)
                    if day >= first and self._is_day(day):
                        yield day

    @cached_property
    def _is_day(self) -> Callable[[date], bool]:
        if self.day_of_week == "?":
            return _day_of_month_rule(self.day_of_month)
        return _day_of_week_rule(self.day_of_week)

    def _is_too_fast(self) -> bool:
        spread = [hour * 60 + minute for hour in self.hours for minute in self.minutes]
        if any(timedelta(minutes=later - earlier) < MIN_INTERVAL for earlier, later in pairwise(spread)):
            return True
        over_midnight = timedelta(days=1) - timedelta(minutes=spread[-1] - spread[0])
        return over_midnight < MIN_INTERVAL and self._has_neighbouring_days()

    def _has_neighbouring_days(self) -> bool:
        days = self._days_from(date(FIRST_YEAR, 1, 1))
        return any(later - earlier == timedelta(days=1) for earlier, later in pairwise(days))


def _values(field: str, low: int, high: int, names: dict[str, int] | None = None) -> set[int]:
    """Expand a field of numbers with `, - * /` (and names) to the numbers that it allows.

    Raises:
        ValueError: the field is malformed, or a number is out of its range.
    """
    values: set[int] = set()
    for part in field.split(","):
        base, has_step, step_text = part.partition("/")
        step = _number(step_text, 1, high) if has_step else 1
        if base == "*":
            first, last = low, high
        elif "-" in base:
            first_text, _, last_text = base.partition("-")
            first, last = _number(first_text, low, high, names), _number(last_text, low, high, names)
        else:
            first = _number(base, low, high, names)
            last = high if has_step else first
        size = high - low + 1
        if last < first:
            # SAT-SUN and NOV-FEB run over the end of the field, and a step goes on there
            if names is None:
                raise ValueError(f"{part} runs backwards")
            last += size
        values.update((number - low) % size + low for number in range(first, last + 1, step))
    return values


def _number(text: str, low: int, high: int, names: dict[str, int] | None = None) -> int:
    if names and text in names:
        return names[text]
    if not re.fullmatch(r"[0-9]{1,4}", text) or not low <= int(text) <= high:
        raise ValueError(f"{text or 'an empty value'} is not within {low}-{high}")
    return int(text)


def _refuse_what_only_eventbridge_has(day_of_month: str, day_of_week: str) -> None:
    if "#" in day_of_week:
        raise ValueError(f"{day_of_week} has a #, which is EventBridge's; Glue has no such schedule")
    if day_of_month.startswith("L-"):
        raise ValueError(f"{day_of_month} is none of the values on Glue's page: give the days, as 26-28, or L")


def _day_of_month_rule(field: str) -> Callable[[date], bool]:
    if field == "L":
        return lambda day: day.day == _last_day(day)
    if field == "LW":
        return lambda day: day.day == _nearest_weekday(day, _last_day(day))
    if field.startswith("L-"):
        before = _number(field[2:], 1, 30)
        return lambda day: day.day == _last_day(day) - before
    if field.endswith("W"):
        target = _number(field[:-1], 1, 31)
        return lambda day: target <= _last_day(day) and day.day == _nearest_weekday(day, target)
    allowed = _values(field, 1, 31)
    return lambda day: day.day in allowed


def _day_of_week_rule(field: str) -> Callable[[date], bool]:
    if field == "L":
        return lambda day: _aws_weekday(day) == 7
    if field.endswith("L"):
        last_of = _number(field[:-1], 1, 7, _WEEKDAYS)
        return lambda day: _aws_weekday(day) == last_of and day.day + 7 > _last_day(day)
    if "#" in field:
        weekday_text, _, nth_text = field.partition("#")
        weekday, nth = _number(weekday_text, 1, 7, _WEEKDAYS), _number(nth_text, 1, 5)
        return lambda day: _aws_weekday(day) == weekday and (day.day - 1) // 7 + 1 == nth
    allowed = _values(field, 1, 7, _WEEKDAYS)
    return lambda day: _aws_weekday(day) in allowed


def _aws_weekday(day: date) -> int:
    """SUN is 1 and SAT is 7 (G12)."""
    return day.isoweekday() % 7 + 1


def _last_day(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def _nearest_weekday(day: date, target: int) -> int:
    """Move a Saturday or Sunday to the nearest weekday that is still in the month."""
    weekday = day.replace(day=target).isoweekday()
    if weekday == 6:
        return target - 1 if target > 1 else target + 2
    if weekday == 7:
        return target + 1 if target < _last_day(day) else target - 2
    return target

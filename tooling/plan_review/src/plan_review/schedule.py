"""The changes of schedules, with the next dates on which they fire."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from glue_triggers.cron import Cron, CronError, Service
from glue_triggers.cron_words import in_words
from plan_review.model import Plan, ResourceChange
from plan_review.values import Marker

_SHOWN_DATES = 5
# forms that Glue does not have: an interval, and a single moment
_INTERVAL = re.compile(r"rate\(\d+ (minute|hour|day)s?\)")
_MOMENT = re.compile(r"at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)")
# the attribute with the expression, and the one that enables the schedule
_SCHEDULED = {
    "aws_glue_trigger": "schedule",
    "aws_glue_crawler": "schedule",
    "aws_cloudwatch_event_rule": "schedule_expression",
    "aws_scheduler_schedule": "schedule_expression",
}


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """A schedule that begins, ends or moves.

    Attributes:
        address: the trigger, crawler or rule.
        before: its current expression; empty if it does not fire by itself.
        after: its future expression; empty if it will no longer fire by itself.
        next_dates: the next five times it fires after the apply, in UTC.
        problem: why no dates can be given; empty without a problem.
        zone: the time zone of the expression.
    """

    address: str
    before: str
    after: str
    next_dates: tuple[datetime, ...] = ()
    problem: str = ""
    zone: str = "UTC"

    def sentence(self) -> str:
        """The change in words, with its expressions."""
        words, by_expressions = self.words(), self._by_expressions()
        crons = " becomes ".join(filter(None, (self.before, self.after)))
        return words if words == by_expressions else f"{words}: {crons}"

    def words(self) -> str:
        """The change in words, or by its expressions if they are not simple enough for that."""
        before, after = (in_words(each, self.zone) for each in (self.before, self.after))
        if not self.after:
            return f"no longer starts on a schedule (was {before or self.before})"
        if not after or (self.before and not before):
            return self._by_expressions()
        return f"starts {after}" if not self.before else f"{before} becomes {after}"

    def _by_expressions(self) -> str:
        if not self.after:
            return f"no longer starts on a schedule (was {self.before})"
        return f"starts on {self.after}" if not self.before else f"{self.before} becomes {self.after}"


@dataclass(frozen=True, slots=True)
class ScheduleGroup:
    """Schedules with the same change."""

    addresses: tuple[str, ...]
    schedule: ScheduleChange


def alike(schedules: Iterable[ScheduleChange]) -> tuple[ScheduleGroup, ...]:
    """Schedules whose change is the same, together; in the order of the first of each."""
    groups: dict[ScheduleChange, list[str]] = {}
    for each in schedules:
        groups.setdefault(replace(each, address=""), []).append(each.address)
    return tuple(ScheduleGroup(tuple(addresses), schedule) for schedule, addresses in groups.items())


def schedule_changes(plan: Plan, now: datetime) -> tuple[ScheduleChange, ...]:
    """Every schedule that the plan changes, by address."""
    found = []
    for change in plan.changes:
        if change.type not in _SCHEDULED:
            continue
        before, after = _expression(change, is_after=False), _expression(change, is_after=True)
        if before != after:
            found.append(_with_dates(change, before, after, now))
    return tuple(found)


def _with_dates(change: ResourceChange, before: str, after: str, now: datetime) -> ScheduleChange:
    address = change.address
    if not after:
        return ScheduleChange(address, before, after)
    zone = _zone(change)
    service = Service.GLUE if change.type.startswith("aws_glue_") else Service.EVENTBRIDGE
    if service is Service.EVENTBRIDGE and _INTERVAL.fullmatch(after):
        return ScheduleChange(address, before, after, problem="the interval begins with the apply", zone=zone)
    moment = _MOMENT.fullmatch(after) if change.type == "aws_scheduler_schedule" else None
    try:
        dates = _moment_in(zone, moment[1], now) if moment else _dates_in(zone, Cron.parse(after, service), now)
    except CronError as error:
        return ScheduleChange(address, before, after, problem=str(error), zone=zone)
    return ScheduleChange(address, before, after, dates, "" if dates else _never(moment is not None), zone)


def _never(is_moment: bool) -> str:
    return f"it never fires: its {'moment has' if is_moment else 'years have'} passed"


def _zone(change: ResourceChange) -> str:
    """The time zone that a schedule of EventBridge Scheduler names; all others count in UTC."""
    zone = change.after.get("schedule_expression_timezone") or "UTC"
    return zone if isinstance(zone, str) else str(Marker.UNKNOWN)


def _moment_in(zone: str, text: str, now: datetime) -> tuple[datetime, ...]:
    """The single moment of a schedule in UTC; none if it has passed."""
    try:
        wall = datetime.fromisoformat(text)
    except ValueError as error:
        raise CronError(f"it names no moment: {text}") from error
    moment = wall.replace(tzinfo=_clocks(zone)).astimezone(UTC)
    return (moment,) if moment > now else ()


def _clocks(zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise CronError(f"its time zone '{zone}' is not known") from error


def _dates_in(zone: str, cron: Cron, now: datetime) -> tuple[datetime, ...]:
    """The next dates in UTC of an expression in a time zone; times that its clocks skip have none."""
    if zone == "UTC":
        return cron.next_dates(now, _SHOWN_DATES)
    there = _clocks(zone)
    wall = cron.next_dates(now.astimezone(there).replace(tzinfo=UTC), 2 * _SHOWN_DATES)
    dates = [(date, date.replace(tzinfo=there).astimezone(UTC)) for date in wall]
    kept = [moment for date, moment in dates if moment.astimezone(there).replace(tzinfo=UTC) == date]
    return tuple(kept[:_SHOWN_DATES])


def _expression(change: ResourceChange, *, is_after: bool) -> str:
    attributes = change.after if is_after else change.before
    value = attributes.get(_SCHEDULED[change.type])
    is_off = attributes.get("enabled") is False or attributes.get("state") == "DISABLED"
    if not value or is_off:
        return ""
    return str(value) if isinstance(value, str | Marker) else ""

"""What a plan does to schedules, as the next dates on which they fire."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from glue_triggers.cron import Cron, CronError, Service
from plan_review.model import Plan, ResourceChange
from plan_review.values import Marker

_SHOWN_DATES = 5
# attribute that holds the expression, and how the resource says that it is switched on
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
        before: its expression now; empty when it does not fire by itself.
        after: its expression then; empty when it will not fire by itself any more.
        next_dates: the next five times it fires after the apply, in UTC.
        problem: why no dates can be given; empty when there is no problem.
    """

    address: str
    before: str
    after: str
    next_dates: tuple[datetime, ...] = ()
    problem: str = ""

    def sentence(self) -> str:
        """The change in words."""
        if not self.after:
            return f"no longer starts by itself (was {self.before})"
        return f"starts by {self.after}" if not self.before else f"{self.before} becomes {self.after}"


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
    try:
        service = Service.GLUE if change.type.startswith("aws_glue_") else Service.EVENTBRIDGE
        dates = Cron.parse(after, service).next_dates(now, _SHOWN_DATES)
    except CronError as error:
        return ScheduleChange(address, before, after, problem=str(error))
    return ScheduleChange(address, before, after, dates, "" if dates else "it never fires: its years are over")


def _expression(change: ResourceChange, *, is_after: bool) -> str:
    attributes = change.after if is_after else change.before
    value = attributes.get(_SCHEDULED[change.type])
    is_off = attributes.get("enabled") is False or attributes.get("state") == "DISABLED"
    if not value or is_off:
        return ""
    return str(value) if isinstance(value, str | Marker) else ""

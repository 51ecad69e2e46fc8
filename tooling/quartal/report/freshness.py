"""How old the published features are, against the dates on which they are made and needed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from etl_job.findings.wording import count
from glue_triggers.cron import Cron, CronError


class State(StrEnum):
    """Whether the features are what the schedule promised."""

    FRESH = "fresh"
    STALE = "stale"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Freshness:
    """The dates that matter, in UTC; None if there is none, or if it is not known.

    Attributes:
        state: fresh when a run has succeeded since the last scheduled start; none before the first success.
        last_success: when the newest run that succeeded started.
        published: when the newest snapshot of the features was committed.
        last_day: the last day that the features hold.
        last_start: the last time the schedule fired.
        next_start: the next time it fires.
        ml_date: the next day on which the ML run needs the features.
        problem: why no dates of the schedule can be given; empty when there is no problem.
    """

    state: State
    last_success: datetime | None
    published: datetime | None
    last_day: str | None
    last_start: datetime | None
    next_start: datetime | None
    ml_date: datetime | None
    problem: str = ""

    def sentence(self, now: datetime) -> str:
        """What this means for the next ML run."""
        due = f" The next ML run is on {self.ml_date:%Y-%m-%d}, {_until(now, self.ml_date)}." if self.ml_date else ""
        if self.state is State.NONE:
            return f"No run is known to have succeeded.{due}"
        if self.state is State.STALE:
            return f"No run has succeeded since the scheduled start of {self.last_start:%Y-%m-%d %H:%M} UTC.{due}"
        since = f"since the scheduled start of {self.last_start:%Y-%m-%d %H:%M} UTC" if self.last_start else "already"
        return f"A run has succeeded {since}.{due}"


def freshness(
    *,
    schedule: str,
    ml_run: tuple[int, int] | None,
    last_success: datetime | None,
    published: datetime | None,
    last_day: str | None,
    now: datetime,
) -> Freshness:
    """Judge by the schedule: an AWS cron expression, empty for none; `ml_run` is the first month and its day."""
    problem, last_start, next_start = "", None, None
    if schedule:
        try:
            cron = Cron.parse(schedule)
            last_start, next_start = cron.last_until(now), cron.next_after(now)
        except CronError as error:
            problem = str(error)
    if last_success is None:
        state = State.NONE
    else:
        state = State.STALE if last_start is not None and last_success < last_start else State.FRESH
    return Freshness(
        state=state,
        last_success=last_success,
        published=published,
        last_day=last_day,
        last_start=last_start,
        next_start=next_start,
        ml_date=next_ml_date(*ml_run, now) if ml_run is not None else None,
        problem=problem,
    )


def next_ml_date(first_month: int, day: int, now: datetime) -> datetime:
    """The next quarterly ML run, today included: on `day` of `first_month` and of every third month after it."""
    months = [(first_month - 1 + 3 * quarter) % 12 + 1 for quarter in range(4)]
    dates = (datetime(year, month, day, tzinfo=UTC) for year in (now.year, now.year + 1) for month in sorted(months))
    return next(date for date in dates if date.date() >= now.date())


def _until(now: datetime, then: datetime) -> str:
    days = (then.date() - now.date()).days
    return f"in {count(days, 'day')}" if days else "today"

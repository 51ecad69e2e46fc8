"""Whether the features are what the schedule promised."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from quartal.report.freshness import Freshness, State, freshness, next_ml_date

SCHEDULE = "cron(0 2 8 3,6,9,12 ? *)"
START = datetime(2026, 9, 8, 2, 0, tzinfo=UTC)
NOW = datetime(2026, 9, 10, 12, 0, tzinfo=UTC)


def judged(last_success: datetime | None, *, schedule: str = SCHEDULE, now: datetime = NOW) -> Freshness:
    return freshness(
        schedule=schedule, ml_run=(3, 15), last_success=last_success, published=None, last_day=None, now=now
    )


def test_success_since_the_scheduled_start_is_fresh():
    found = judged(START + timedelta(seconds=1))
    assert (found.state, found.last_start) == (State.FRESH, START)
    assert found.sentence(NOW) == (
        "A run has succeeded since the scheduled start of 2026-09-08 02:00 UTC. "
        "The next ML run is on 2026-09-15, in 5 days."
    )


@pytest.mark.parametrize(("now", "words"), [("2026-09-14T23:59", "in 1 day."), ("2026-09-15T23:59", "today.")])
def test_day_of_the_ml_run_is_told_as_people_say_it(now, words):
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert judged(START, now=moment).sentence(moment).endswith(f"The next ML run is on 2026-09-15, {words}")


def test_success_before_the_scheduled_start_is_stale():
    found = judged(START - timedelta(days=30))
    assert found.state is State.STALE
    assert found.sentence(NOW).startswith("No run has succeeded since the scheduled start of 2026-09-08 02:00 UTC.")


def test_missing_success_is_reported():
    assert judged(None).state is State.NONE
    assert judged(None).sentence(NOW).startswith("No run is known to have succeeded. The next ML run")


def test_without_a_schedule_any_success_is_fresh():
    found = judged(START, schedule="")
    assert (found.state, found.next_start) == (State.FRESH, None)
    assert found.sentence(NOW).startswith("A run has succeeded already.")


def test_unreadable_schedule_is_reported_without_dates():
    found = judged(START, schedule="cron(0 2 15 * * *)")
    assert (found.state, found.last_start, found.next_start) == (State.FRESH, None, None)
    assert "must be ?" in found.problem


@pytest.mark.parametrize(
    ("first_month", "day", "now", "then"),
    [
        (1, 1, datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        (1, 1, datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)),
        (3, 15, datetime(2026, 3, 16, tzinfo=UTC), datetime(2026, 6, 15, tzinfo=UTC)),
        (3, 15, datetime(2026, 12, 16, tzinfo=UTC), datetime(2027, 3, 15, tzinfo=UTC)),
    ],
)
def test_next_ml_date_is_the_next_of_every_third_month_today_included(first_month, day, now, then):
    assert next_ml_date(first_month, day, now) == then

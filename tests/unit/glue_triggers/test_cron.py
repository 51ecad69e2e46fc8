"""AWS's cron (G12): which times, and what each service refuses."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glue_triggers.cron import Cron, CronError, Service


def times(expression: str, after: datetime, count: int = 3) -> list[str]:
    moments = islice(Cron.parse(expression).between(after, None), count)
    return [moment.strftime("%Y-%m-%d %H:%M") for moment in moments]


START = datetime(2026, 1, 1, tzinfo=UTC)  # a Thursday


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param(
            "cron(0 6 1 1,4,7,10 ? *)", ["2026-01-01 06:00", "2026-04-01 06:00", "2026-07-01 06:00"], id="quarters"
        ),
        pytest.param("cron(15 12 * * ? *)", ["2026-01-01 12:15", "2026-01-02 12:15", "2026-01-03 12:15"], id="daily"),
        pytest.param(
            "cron(0/10 * ? * MON-FRI *)", ["2026-01-01 00:10", "2026-01-01 00:20", "2026-01-01 00:30"], id="step"
        ),
        pytest.param(
            "cron(0 8 ? * 1 *)", ["2026-01-04 08:00", "2026-01-11 08:00", "2026-01-18 08:00"], id="sunday-is-1"
        ),
        pytest.param("cron(0 8 ? * SAT *)", ["2026-01-03 08:00", "2026-01-10 08:00", "2026-01-17 08:00"], id="name"),
        pytest.param("cron(0 8 L * ? *)", ["2026-01-31 08:00", "2026-02-28 08:00", "2026-03-31 08:00"], id="last-day"),
        pytest.param(
            "cron(0 8 LW * ? *)", ["2026-01-30 08:00", "2026-02-27 08:00", "2026-03-31 08:00"], id="last-weekday"
        ),
        pytest.param(
            "cron(0 8 1W * ? *)", ["2026-01-01 08:00", "2026-02-02 08:00", "2026-03-02 08:00"], id="nearest-weekday"
        ),
        pytest.param(
            "cron(0 8 ? * 6L *)", ["2026-01-30 08:00", "2026-02-27 08:00", "2026-03-27 08:00"], id="last-friday"
        ),
        pytest.param("cron(0 8 29 2 ? *)", ["2028-02-29 08:00", "2032-02-29 08:00", "2036-02-29 08:00"], id="leap-day"),
        pytest.param("cron(0 8 1 JAN ? 2027-2028)", ["2027-01-01 08:00", "2028-01-01 08:00"], id="years-end"),
        pytest.param("cron(0 6 ? * 2/2 *)", ["2026-01-02 06:00", "2026-01-05 06:00", "2026-01-07 06:00"], id="2-4-6"),
        pytest.param(
            "cron(0 6 ? * MON-FRI/2 *)", ["2026-01-02 06:00", "2026-01-05 06:00", "2026-01-07 06:00"], id="MON-FRI-by-2"
        ),
        pytest.param(
            "cron(0 6 ? * SAT-WED/3 *)", ["2026-01-03 06:00", "2026-01-06 06:00", "2026-01-10 06:00"], id="wraps-by-3"
        ),
        pytest.param(
            "cron(0 6 ? * SAT-SUN *)", ["2026-01-03 06:00", "2026-01-04 06:00", "2026-01-10 06:00"], id="weekend"
        ),
        pytest.param("cron(0 6 ? * L *)", ["2026-01-03 06:00", "2026-01-10 06:00", "2026-01-17 06:00"], id="L-is-SAT"),
        pytest.param(
            "cron(0 2 15W * ? *)", ["2026-01-15 02:00", "2026-02-16 02:00", "2026-03-16 02:00"], id="15W-on-sundays"
        ),
        pytest.param(
            "cron(0 2 31W * ? *)", ["2026-01-30 02:00", "2026-03-31 02:00", "2026-05-29 02:00"], id="31W-in-its-month"
        ),
        pytest.param(
            "cron(0 0 1 1 ? 2027/50)", ["2027-01-01 00:00", "2077-01-01 00:00", "2127-01-01 00:00"], id="years"
        ),
        pytest.param(
            "cron(0 8 1 NOV-JAN ? *)", ["2026-01-01 08:00", "2026-11-01 08:00", "2026-12-01 08:00"], id="names-wrap"
        ),
    ],
)
def test_cron_names_these_times(expression, expected):  # G12
    assert times(expression, START) == expected


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("0 6 * * ? *", id="no-cron"),
        pytest.param("cron(0 6 * * ?)", id="five-fields"),
        pytest.param("cron(0 6 * * * *)", id="both-days-given"),
        pytest.param("cron(0 6 ? * ? *)", id="no-day-given"),
        pytest.param("cron(60 6 * * ? *)", id="minute-60"),
        pytest.param("cron(0 24 * * ? *)", id="hour-24"),
        pytest.param("cron(0 6 0 * ? *)", id="day-0"),
        pytest.param("cron(0 6 32W * ? *)", id="day-32W"),
        pytest.param("cron(0 6 ? * 8 *)", id="weekday-8"),
        pytest.param("cron(0 6 ? * 3#2 *)", id="second-tuesday"),
        pytest.param("cron(0 6 L-3 * ? *)", id="days-before-the-last"),
        pytest.param("rate(5 minutes)", id="rate"),
        pytest.param("cron(0 6 1,L * ? *)", id="list-with-L"),
        pytest.param("cron(0 6 L/2 * ? *)", id="L-with-step"),
        pytest.param("cron(0 6 15W,20 * ? *)", id="list-with-W"),
        pytest.param("cron(0 6 28-3 * ? *)", id="days-backwards"),
        pytest.param("cron(0 6 ? * MON,6L *)", id="list-with-last-friday"),
        pytest.param("cron(0 6 ? * L,2 *)", id="weekdays-with-L"),
        pytest.param("cron(0 6 ? * MON/9 *)", id="step-over-the-week"),
        pytest.param("cron(0 22-2 * * ? *)", id="hours-backwards"),
        pytest.param("cron(5/70 6 * * ? *)", id="step-over-the-hour"),
        pytest.param("cron(0 0 1 \u00b2 ? *)", id="superscript"),
        pytest.param("cron(0 0 ? * \u0663 *)", id="arabic-digit"),
        pytest.param("cron(0 0 ? * 2/ *)", id="no-step"),
        pytest.param("cron(0 0 1 1 ? 2000/0)", id="step-0"),
        pytest.param("cron(0 6 1 13 ? *)", id="month-13"),
        pytest.param("cron(0 6 1 1 ? 1969)", id="year-1969"),
        pytest.param("cron(30-10 6 * * ? *)", id="range-backwards"),
        pytest.param("cron(* 6 * * ? *)", id="every-minute"),
        pytest.param("cron(0/4 * * * ? *)", id="every-four-minutes"),
        pytest.param("cron(0,3 6 * * ? *)", id="three-minutes-apart"),
        pytest.param("cron(0,58 0,23 * * ? *)", id="two-minutes-apart-over-midnight"),
        pytest.param("cron(0,58 0,23 31,1 * ? *)", id="over-midnight-at-a-months-end"),
        pytest.param("cron(0,58 0,23 ? 1,12 SAT,SUN 2050)", id="over-midnight-of-weekends"),
        pytest.param("cron(a 6 * * ? *)", id="letters"),
        pytest.param("cron( 6 * * ? *)", id="empty-field"),
    ],
)
def test_cron_that_aws_refuses_is_refused(expression):  # G12
    with pytest.raises(CronError):
        Cron.parse(expression)


@pytest.mark.parametrize(
    "expression",
    [
        pytest.param("cron(0,58 0,23 ? * MON *)", id="one-day-a-week"),
        pytest.param("cron(0,58 0,23 1,3 * ? *)", id="days-apart"),
        pytest.param("cron(0,55 0,23 * * ? *)", id="five-minutes-apart"),
    ],
)
def test_cron_over_midnight_is_accepted_where_no_two_times_are_near(expression):
    assert Cron.parse(expression)


def test_cron_between_leaves_out_its_start_and_takes_in_its_end():
    daily = Cron.parse("cron(0 6 * * ? *)")
    first = datetime(2026, 1, 1, 6, tzinfo=UTC)

    assert list(daily.between(first, first + timedelta(days=1))) == [first + timedelta(days=1)]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("cron(0 0 ? * 2#1 *)", ["2026-01-05 00:00", "2026-02-02 00:00"], id="first-monday"),
        pytest.param("cron(0 0 ? * FRI#5 *)", ["2026-01-30 00:00", "2026-05-29 00:00"], id="fifth-friday"),
        pytest.param("cron(0 0 L-3 * ? *)", ["2026-01-28 00:00", "2026-02-25 00:00"], id="days-before-the-last"),
        pytest.param("cron(* * * * ? *)", ["2026-01-01 00:01", "2026-01-01 00:02"], id="every-minute"),
    ],
)
def test_eventbridge_has_what_glue_refuses(expression, expected):
    dates = Cron.parse(expression, Service.EVENTBRIDGE).next_dates(START, 2)
    assert [f"{date:%Y-%m-%d %H:%M}" for date in dates] == expected
    with pytest.raises(CronError):
        Cron.parse(expression)


@pytest.mark.parametrize("field", ["3#1,6#3", "1#6", "#2", "MON#", "L-31", "L-0"])
def test_forms_that_nobody_defines_are_refused_for_eventbridge_too(field):
    days = f"{field} * ?" if field.startswith("L") else f"? * {field}"
    with pytest.raises(CronError):
        Cron.parse(f"cron(0 0 {days} *)", Service.EVENTBRIDGE)


def test_last_date_is_found_however_long_ago():
    quarterly = Cron.parse("cron(0 2 8 1,4,7,10 ? *)")
    assert quarterly.last_until(datetime(2026, 11, 23, tzinfo=UTC)) == datetime(2026, 10, 8, 2, tzinfo=UTC)
    assert quarterly.last_until(datetime(2026, 10, 8, 2, tzinfo=UTC)) == datetime(2026, 10, 8, 2, tzinfo=UTC)
    assert Cron.parse("cron(0 2 8 1 ? 2020)").last_until(START) == datetime(2020, 1, 8, 2, tzinfo=UTC)
    leap_day = Cron.parse("cron(0 2 29 2 ? *)")
    assert leap_day.last_until(datetime(2027, 12, 31, tzinfo=UTC)) == datetime(2024, 2, 29, 2, tzinfo=UTC)
    assert leap_day.last_until(datetime(2104, 2, 28, tzinfo=UTC)) == datetime(2096, 2, 29, 2, tzinfo=UTC)
    assert Cron.parse("cron(0 2 8 1 ? 2199)").last_until(START) is None
    assert Cron.parse("cron(* * * * ? *)", Service.EVENTBRIDGE).last_until(START) == START


def test_cron_without_a_coming_time_answers_none():
    assert Cron.parse("cron(0 6 1 1 ? 2020)").next_after(START) is None


def fields(low: int, high: int) -> st.SearchStrategy[set[int]]:
    return st.sets(st.integers(low, high), min_size=1, max_size=4)


@settings(max_examples=100, deadline=None)
@given(
    minutes=st.integers(0, 59),
    hours=fields(0, 23),
    days=fields(1, 31),
    months=fields(1, 12),
    start=st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)),
)
def test_cron_agrees_with_looking_at_every_hour(minutes, hours, days, months, start):
    joined = [",".join(map(str, sorted(values))) for values in (hours, days, months)]
    cron = Cron.parse(f"cron({minutes} {joined[0]} {joined[1]} {joined[2]} ? *)")
    until = start + timedelta(days=40)

    hour = start.replace(minute=minutes, second=0, microsecond=0) - timedelta(hours=1)
    expected = []
    while (hour := hour + timedelta(hours=1)) <= until:
        if hour > start and hour.hour in hours and hour.day in days and hour.month in months:
            expected.append(hour)

    assert list(cron.between(start, until)) == expected


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789,-*/?LW# MONJA", max_size=40), st.sampled_from(Service))
def test_cron_refuses_or_names_times_for_any_text(text, service):
    try:
        cron = Cron.parse(f"cron({text})", service)
    except CronError:
        return
    moment = cron.next_after(START)
    assert moment is None or moment > START

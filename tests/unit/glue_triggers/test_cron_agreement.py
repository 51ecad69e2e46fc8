"""Dates of AWS's cron are those that two other libraries name: one knows AWS's dialect, the other has the steps."""

from datetime import UTC, datetime
from itertools import islice

import pytest
from aws_croniter import AwsCroniter
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from glue_triggers.cron import Cron, Service

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
TIMES = 12


def numbers(low: int, high: int, step: int = 1) -> st.SearchStrategy[str]:
    """`*`, lists, ranges and steps of a field."""
    number = st.integers(low, high)
    several = st.lists(number, min_size=1, max_size=3, unique=True).map(lambda found: ",".join(map(str, found)))
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    stepped = st.tuples(st.one_of(st.just("*"), number.map(str), span), st.integers(step, high)).map(
        "{0[0]}/{0[1]}".format
    )
    return st.one_of(st.just("*"), several, span, stepped)


def named(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    span = st.tuples(st.integers(0, len(names) - 1), st.integers(0, len(names) - 1))
    return st.one_of(
        st.sampled_from(names),
        st.lists(st.sampled_from(names), min_size=1, max_size=3, unique=True).map(",".join),
        span.map(lambda pair: f"{names[min(pair)]}-{names[max(pair)]}"),
    )


def wrapped(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Ranges over the end of the field, with and without a step."""
    last = len(names) - 1
    step = st.one_of(st.just(""), st.integers(1, last).map("/{}".format))
    return st.tuples(st.integers(1, last), st.integers(0, last - 1), step).map(
        lambda span: f"{names[max(span[0], span[1] + 1)]}-{names[min(span[1], span[0] - 1)]}{span[2]}"
    )


DAY_OF_MONTH = st.one_of(numbers(1, 28), st.just("L"), st.integers(1, 31).map("{}W".format))
DAY_OF_WEEK = st.one_of(
    # the other library knows no steps here
    numbers(1, 7).filter(lambda field: "/" not in field),
    named(WEEKDAYS),
    wrapped(WEEKDAYS).filter(lambda field: "/" not in field),
    st.integers(1, 7).map("{}L".format),
    st.sampled_from(WEEKDAYS).map("{}L".format),
)
DAYS = st.one_of(DAY_OF_MONTH.map(lambda day: (day, "?")), DAY_OF_WEEK.map(lambda day: ("?", day)))
MINUTES = st.one_of(
    st.integers(0, 59).map(str), st.sampled_from([5, 6, 10, 12, 15, 20, 30]).map("0/{}".format), st.just("*/15")
)


@settings(max_examples=200, deadline=None)
@given(
    minutes=MINUTES,
    hours=numbers(0, 23),
    days=DAYS,
    months=st.one_of(numbers(1, 12), named(MONTHS), wrapped(MONTHS)),
    start=st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)),
)
def test_schedule_names_the_times_that_another_library_names(minutes, hours, days, months, start):
    fields = f"{minutes} {hours} {days[0]} {months} {days[1]} *"
    cron = Cron.parse(f"cron({fields})")
    start = start.replace(second=0, microsecond=0)  # seconds are no matter of this dialect

    own = list(islice(cron.between(start, None), TIMES))

    assert own == AwsCroniter(fields).get_next(start, TIMES)


EVENTBRIDGE_DAYS = st.one_of(
    st.integers(1, 27).map(lambda before: (f"L-{before}", "?")),
    st.tuples(st.one_of(st.integers(1, 7), st.sampled_from(WEEKDAYS)), st.integers(1, 5)).map(
        lambda pair: ("?", f"{pair[0]}#{pair[1]}")
    ),
)


@settings(max_examples=60, deadline=None)
@given(
    hours=numbers(0, 23),
    days=EVENTBRIDGE_DAYS,
    start=st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)),
)
def test_eventbridges_own_days_are_those_that_another_library_names(hours, days, start):
    fields = f"0 {hours} {days[0]} * {days[1]} *"
    start = start.replace(second=0, microsecond=0)

    own = Cron.parse(f"cron({fields})", Service.EVENTBRIDGE).next_dates(start, TIMES)

    assert list(own) == AwsCroniter(fields).get_next(start, TIMES)


def unix_weekdays(base: str) -> str:
    """Weekdays of AWS, whose Sunday is 1, as Unix has them, whose Sunday is 0; a lone start goes to the end."""
    numbers = [WEEKDAYS.index(part) if part in WEEKDAYS else int(part) - 1 for part in base.split("-") if base != "*"]
    return "*" if base == "*" else f"{numbers[0]}-{numbers[-1] if len(numbers) > 1 else 6}"


@pytest.mark.parametrize("step", range(1, 8))
@pytest.mark.parametrize("base", ["*", "MON-FRI", "SUN-SAT", "2-6", *map(str, range(1, 7))])
def test_steps_of_weekdays_count_from_their_start_to_the_end_of_the_range(base, step):
    start = datetime(2026, 11, 23, 12, tzinfo=UTC)

    own = Cron.parse(f"cron(0 6 ? * {base}/{step} *)").next_dates(start, TIMES)

    assert list(own) == list(islice(CronSim(f"0 6 * * {unix_weekdays(base)}/{step}", start), TIMES))


def test_last_weekday_of_the_month_is_that_of_the_other_library():  # aws-croniter takes LW and cannot compute it
    start = datetime(2026, 11, 23, 12, tzinfo=UTC)

    own = Cron.parse("cron(0 6 LW * ? *)").next_dates(start, 60)

    assert list(own) == list(islice(CronSim("0 6 LW * *", start), 60))

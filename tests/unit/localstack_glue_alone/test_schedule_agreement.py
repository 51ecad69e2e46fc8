"""The schedules of the Glue service name the same times as another library that knows AWS's dialect (G12).

The module is loaded by its file: it needs nothing but the standard library, and LocalStack's own environment has not
the other library.
"""

import importlib.util
import sys
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import ModuleType
from typing import Any

from aws_croniter import AwsCroniter
from hypothesis import given, settings
from hypothesis import strategies as st

from quartal.plan_review.aws_cron import next_dates

SOURCE = Path(__file__).parents[3] / "tooling/localstack_glue/src/localstack_glue/service/cron.py"
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
TIMES = 12


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("glue_schedule", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where its dataclass looks for itself
    spec.loader.exec_module(module)
    return module


SCHEDULE: Any = load()


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
    cron = SCHEDULE.Cron.parse(f"cron({fields})")
    start = start.replace(second=0, microsecond=0)  # seconds are no matter of this dialect

    own = list(islice(cron.between(start, None), TIMES))

    assert own == AwsCroniter(fields).get_next(start, TIMES)


LAST_WEEKDAY = st.just(("LW", "?"))
STEPPED_WEEKDAYS = st.tuples(
    st.one_of(st.just("*"), st.integers(1, 7).map(str), st.sampled_from(["MON-FRI", "SUN-SAT", "2-6"])),
    st.integers(1, 7),
).map("{0[0]}/{0[1]}".format)


@settings(max_examples=200, deadline=None)
@given(
    minutes=MINUTES,
    hours=numbers(0, 23),
    days=st.one_of(
        DAYS, STEPPED_WEEKDAYS.map(lambda day: ("?", day)), wrapped(WEEKDAYS).map(lambda day: ("?", day)), LAST_WEEKDAY
    ),
    months=st.one_of(numbers(1, 12), named(MONTHS), wrapped(MONTHS)),
    start=st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC)),
)
def test_plan_review_and_the_glue_service_name_the_same_times(minutes, hours, days, months, start):
    expression = f"cron({minutes} {hours} {days[0]} {months} {days[1]} *)"
    start = start.replace(second=0, microsecond=0)

    own = list(islice(SCHEDULE.Cron.parse(expression).between(start, None), TIMES))

    assert tuple(own) == next_dates(expression, start, TIMES)

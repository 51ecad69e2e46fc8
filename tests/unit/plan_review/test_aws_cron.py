from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plan_review.aws_cron import CronError, dates_within, next_dates

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # a Monday


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("cron(0 2 8 1,4,7,10 ? *)", ["2027-01-08 02:00", "2027-04-08 02:00"], id="quarterly"),
        pytest.param("cron(30 18 ? * MON-FRI *)", ["2026-11-23 18:30", "2026-11-24 18:30"], id="weekdays by name"),
        pytest.param("cron(0 0 ? * 1 *)", ["2026-11-29 00:00", "2026-12-06 00:00"], id="1 is Sunday"),
        pytest.param("cron(0 0 ? * L *)", ["2026-11-28 00:00", "2026-12-05 00:00"], id="L is Saturday"),
        pytest.param("cron(0 0 ? * 6L *)", ["2026-11-27 00:00", "2026-12-25 00:00"], id="last Friday of the month"),
        pytest.param("cron(0 0 ? * 2#1 *)", ["2026-12-07 00:00", "2027-01-04 00:00"], id="first Monday"),
        pytest.param("cron(0 0 ? * SAT-SUN *)", ["2026-11-28 00:00", "2026-11-29 00:00"], id="over the weekend"),
        pytest.param("cron(0 6 ? * 2/2 *)", ["2026-11-25 06:00", "2026-11-27 06:00", "2026-11-30 06:00"], id="2, 4, 6"),
        pytest.param(
            "cron(0 6 ? * MON-FRI/2 *)",
            ["2026-11-25 06:00", "2026-11-27 06:00", "2026-11-30 06:00"],
            id="MON to FRI by 2",
        ),
        pytest.param("cron(0 6 ? * */3 *)", ["2026-11-25 06:00", "2026-11-28 06:00", "2026-11-29 06:00"], id="1, 4, 7"),
        pytest.param(
            "cron(0 6 ? * SAT-WED/3 *)", ["2026-11-24 06:00", "2026-11-28 06:00"], id="a step over the week's end"
        ),
        pytest.param("cron(0 0 1 NOV-JAN ? *)", ["2026-12-01 00:00", "2027-01-01 00:00"], id="range over new year"),
        pytest.param("cron(0 0 L * ? *)", ["2026-11-30 00:00", "2026-12-31 00:00"], id="last day of the month"),
        pytest.param("cron(0 0 1 1 ? 2028-2029)", ["2028-01-01 00:00", "2029-01-01 00:00"], id="years"),
        pytest.param("cron(0 0 1 1 ? 2020)", [], id="a year that is over"),
        # weekdays, by the calendar: 2027-05-15 Saturday, 2026-11-15 Sunday, 2027-05-01 Saturday, 2027-01-31 Sunday
        pytest.param("cron(0 2 15W 5 ? *)", ["2027-05-14 02:00", "2028-05-15 02:00"], id="15W: a Saturday"),
        pytest.param("cron(0 2 15W 8 ? *)", ["2027-08-16 02:00", "2028-08-15 02:00"], id="15W: a Sunday"),
        pytest.param("cron(0 2 1W 5 ? *)", ["2027-05-03 02:00", "2028-05-01 02:00"], id="1W stays in its month"),
        pytest.param("cron(0 2 31W * ? *)", ["2026-12-31 02:00", "2027-01-29 02:00"], id="31W stays in its month"),
        pytest.param(
            "cron(0 2 31W 2,3 ? *)", ["2027-03-31 02:00", "2028-03-31 02:00"], id="31W in months that have it"
        ),
        pytest.param("cron(0 2 LW 1 ? *)", ["2027-01-29 02:00", "2028-01-31 02:00"], id="LW"),
        pytest.param("cron(0 0/6 * * ? *)", ["2026-11-23 18:00", "2026-11-24 00:00"], id="every six hours"),
    ],
)
def test_next_dates_are_those_of_aws(expression, expected):
    assert [f"{date:%Y-%m-%d %H:%M}" for date in next_dates(expression, NOW, max(2, len(expected)))] == expected


@pytest.mark.parametrize(
    "expression",
    [
        "rate(5 minutes)",
        "cron(0 2 * * *)",
        "cron(0 2 * * * *)",
        "cron(0 2 ? * ? *)",
        "cron(61 2 ? * MON *)",
        "cron(0 2 ? * 0 *)",
        "cron(0 2 ? 13 MON *)",
        "cron(0 2 1 * ? soon)",
        "cron(0 2 32W * ? *)",
        "cron(0 2 *W * ? *)",
        "cron(0 0 1 1-3/0 ? *)",
        "cron(0 0 1 1-3/x ? *)",
        "cron(0 0 1 \u00b2 ? *)",
        "cron(0 0 ? * \u0663 *)",
        "cron(0 0 ? * 2/ *)",
        "cron(0 0 1 1 ? 2000/0)",
        # AWS's page has none of these, and no second library takes them: refused rather than guessed
        "cron(0 6 L-3 * ? *)",
        "cron(0 6 1,L * ? *)",
        "cron(0 6 L/2 * ? *)",
        "cron(0 6 15W,20 * ? *)",
        "cron(0 6 28-3 * ? *)",
        "cron(0 6 ? * MON,6L *)",
        "cron(0 6 ? * L,2 *)",
        "cron(0 6 ? * 3#1,6#3 *)",
        "cron(0 6 ? * 1#6 *)",
        "cron(0 6 ? * MON/9 *)",
        "cron(0 22-2 * * ? *)",
        "cron(50-10 6 * * ? *)",
        "cron(5/70 6 * * ? *)",
    ],
)
def test_expression_that_cannot_be_computed_is_refused(expression):
    with pytest.raises(CronError):
        next_dates(expression, NOW, 1)


def test_runs_of_a_year_are_counted():
    assert dates_within("cron(0 2 8 1,4,7,10 ? *)", NOW, NOW.replace(year=2027)) == 4


FIELD = st.one_of(
    st.text("0123456789*/-,LW#?SUNMONJAN\u0663\u00b2", max_size=6), st.sampled_from(["*", "?", "1", "2/2"])
)
EXPRESSION = st.one_of(
    st.text(max_size=20), st.lists(FIELD, min_size=5, max_size=7).map(lambda f: f"cron({' '.join(f)})")
)


@settings(max_examples=500, deadline=None)
@given(EXPRESSION)
def test_any_text_is_an_expression_or_is_refused(expression):
    try:
        found = next_dates(expression, NOW, 2)
    except CronError:
        return
    assert all(date > NOW for date in found)

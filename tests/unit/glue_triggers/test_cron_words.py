"""AWS's cron expressions in words."""

import pytest

from glue_triggers.cron_words import in_words


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("cron(0 2 8 1,4,7,10 ? *)", "8 January, April, July, October at 02:00 UTC"),
        ("cron(30 4 * * ? *)", "every day at 04:30 UTC"),
        ("cron(0 6 ? * MON,FRI *)", "every Monday, Friday at 06:00 UTC"),
        ("cron(0 6 ? JAN 1 *)", "every Sunday of January at 06:00 UTC"),
        ("cron(5 0 1,15 * ? *)", "day 1, 15 of every month at 00:05 UTC"),
        ("cron(0 6 ? * MON,2 *)", "every Monday at 06:00 UTC"),
        ("cron(0 6 ? * * *)", "every day at 06:00 UTC"),
        ("cron(0 6 * * * *)", ""),
        ("cron(0 6 ? * ? *)", ""),
        ("cron(0 6 ? * MON-FRI *)", ""),
        ("cron(0 6 L * ? *)", ""),
        ("cron(0 6 1 * ? 2027)", ""),
        ("cron(0/5 6 1 * ? *)", ""),
        ("cron(0 6 1 13 ? *)", ""),
        ("cron(61 6 1 1 ? *)", ""),
        ("rate(1 day)", ""),
        ("(known after apply)", ""),
    ],
)
def test_simple_expressions_have_words_and_others_none(expression, words):
    assert in_words(expression) == words

"""The headline: counters, verdict, cost and first start in one line, without repetition, the dangerous first."""

import json
import re

import pytest

from plan_review.parse import parse_plan
from plan_review.render_html import render_page
from plan_review.render_markdown import render_markdown
from plan_review.render_text import render_text
from tests.unit.plan_review.resource_changes import change

FORMS = {"text": render_text, "markdown": render_markdown}


def plan(*changes: dict, **more: object) -> dict:
    return {"format_version": "1.2", "resource_changes": list(changes)} | more


def policy(number: int, *actions: str) -> dict:
    document = {"Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "arn:aws:s3:::lake/*"}]}
    made = change("aws_iam_role_policy", None, {"role": f"role{number}", "policy": json.dumps(document)})
    return made | {"address": f"module.jobs.aws_iam_role_policy.this[{number}]"}


@pytest.mark.parametrize("form", FORMS)
def test_first_line_has_counters_verdict_cost_and_first_start(reviewed, form):
    text = FORMS[form](reviewed("update"))
    first = " ".join(text.splitlines()[: 1 if form == "text" else 3])
    for told in (
        "3 to update",
        "needs approval (--approve data)",
        "$2.75 -> $3.92",
        "First start Mon 2027-02-01 03:00",
    ):
        assert told in first


def test_heading_of_the_page_has_the_counters_and_the_box_below_the_verdict(reviewed):
    page = render_page(reviewed("update"))
    assert "<h1>Plan for dev: 3 to update; needs approval</h1>" in page
    header = page[page.index("<h1>") : page.index("<main>")]
    assert header.index("First start Mon 2027-02-01") < header.index("Verdict: needs approval")


@pytest.mark.parametrize("form", FORMS)
def test_same_reason_of_many_resources_is_listed_once(reviewed, form):
    review = reviewed(plan(*(policy(number, "s3:GetObject") for number in range(18))))
    text = FORMS[form](review)
    assert len(re.findall("Somebody gains access", text)) == 1
    assert "18 resources: 18 IAM role policies" in text
    assert all(f"aws_iam_role_policy.this[{number}]" in text for number in range(18)), "each is listed below"
    assert [reason.rule for reason in review.verdict.reasons].count("access-widened") == 18, "programs get each"


def test_destroyed_resources_are_listed_one_by_one(reviewed):
    review = reviewed(
        plan(*(change("aws_glue_job", {"name": str(n)}, None) | {"address": f"aws_glue_job.j{n}"} for n in range(6)))
    )
    assert render_text(review).count("It is destroyed.") == 6


def test_page_lists_access_as_a_table_with_the_dangerous_first(reviewed):
    page = render_page(
        reviewed(
            plan(
                policy(0, "s3:GetObject"), policy(1, "s3:PutObject"), policy(2, "s3:PutBucketPolicy"), policy(3, "s3:*")
            )
        )
    )
    table = page[page.index('<table class="access">') : page.index("</table>", page.index('<table class="access">'))]
    assert re.findall(r"<tr><td>(\w+)</td><th scope=\"row\">role role(\d)", table) == [
        ("admin", "2"),
        ("admin", "3"),
        ("write", "1"),
        ("read", "0"),
    ]


def trigger(name: str, expression: str, kind: str = "aws_glue_trigger", **more: str) -> dict:
    field = "schedule" if kind == "aws_glue_trigger" else "schedule_expression"
    return change(kind, None, {"name": name, field: expression, **more}) | {"address": f"{kind}.{name}"}


@pytest.mark.parametrize("form", FORMS)
def test_dates_of_schedules_that_change_alike_are_listed_once_in_words(reviewed, form):
    quarterly = "cron(0 2 8 1,4,7,10 ? *)"
    text = FORMS[form](reviewed(plan(trigger("a", quarterly), trigger("b", quarterly))))
    schedules = text.split("Schedules")[1].split("Cost")[0]
    assert schedules.count("2027-04-08") == 1
    assert "8 January, April, July, October at 02:00 UTC" in schedules
    assert "aws_glue_trigger.a" in schedules
    assert "aws_glue_trigger.b" in schedules


def test_dates_of_a_schedule_in_a_time_zone_are_listed_in_utc_and_an_unknown_zone_has_none(reviewed):
    berlin = trigger("b", "cron(30 2 * * ? *)", "aws_scheduler_schedule", schedule_expression_timezone="Europe/Berlin")
    (schedule,) = reviewed(plan(berlin)).schedules
    assert [f"{date:%d %H:%M}" for date in schedule.next_dates[:2]] == ["24 01:30", "25 01:30"]
    assert schedule.words() == "starts every day at 02:30 Europe/Berlin"
    nowhere = trigger("n", "cron(30 2 * * ? *)", "aws_scheduler_schedule", schedule_expression_timezone="Mars/Olympus")
    (schedule,) = reviewed(plan(nowhere)).schedules
    assert schedule.next_dates == ()
    assert "Mars/Olympus" in schedule.problem


@pytest.mark.parametrize("kind", ["aws_cloudwatch_event_rule", "aws_scheduler_schedule"])
def test_interval_of_eventbridge_is_no_invalid_expression(reviewed, kind):
    (schedule,) = reviewed(plan(trigger("r", "rate(6 hours)", kind))).schedules
    assert (schedule.next_dates, schedule.problem) == ((), "the interval begins with the apply")


def test_interval_of_glue_is_an_invalid_expression(reviewed):
    (schedule,) = reviewed(plan(trigger("r", "rate(6 hours)"))).schedules
    assert "Invalid schedule expression" in schedule.problem


@pytest.mark.parametrize(
    ("moment", "dates", "problem"),
    [
        pytest.param("at(2026-12-01T02:30:00)", ["2026-12-01 01:30"], "", id="to come"),
        pytest.param("at(2020-12-01T02:30:00)", [], "it never fires: its moment has passed", id="passed"),
        pytest.param("at(2026-13-01T02:30:00)", [], "it names no moment: 2026-13-01T02:30:00", id="none"),
    ],
)
def test_schedule_of_a_single_moment_has_that_date(reviewed, moment, dates, problem):
    once = trigger("o", moment, "aws_scheduler_schedule", schedule_expression_timezone="Europe/Berlin")
    (schedule,) = reviewed(plan(once)).schedules
    assert [f"{date:%Y-%m-%d %H:%M}" for date in schedule.next_dates] == dates
    assert schedule.problem == problem


def test_hour_that_the_clocks_leave_out_has_no_date(reviewed):
    march = trigger(
        "m", "cron(30 2 27-29 3 ? *)", "aws_scheduler_schedule", schedule_expression_timezone="Europe/Berlin"
    )
    (schedule,) = reviewed(plan(march)).schedules
    assert [f"{date:%Y-%m-%d %H:%M}" for date in schedule.next_dates[:2]] == ["2027-03-27 01:30", "2027-03-29 00:30"]


def test_page_lists_only_costs_that_change_and_a_total(reviewed):
    page = render_page(reviewed("update"))
    table = page[page.index('aria-label="Cost per month and resource"') : page.index('<h2 id="policies">')]
    assert re.findall(r'<th scope="row">(?:<code>)?([^<]+)', table) == [
        "aws_glue_job.features",
        "aws_cloudwatch_log_group.job",
        "all priced resources",
    ]
    assert re.search(r"\d+ unchanged", table)


def test_resource_is_named_below_the_heading_of_its_module_by_the_rest(reviewed):
    page = render_page(reviewed("create"))
    assert '<code title="module.lake.aws_kms_key.this">aws_kms_key.this</code>' in page


def test_picture_is_drawn_only_where_something_can_depend_on_what_changes(reviewed):
    assert 'id="picture"' not in render_page(reviewed("create")), "all is new"
    one = plan(change("aws_s3_bucket", {"tags": {}}, {"tags": {"a": "b"}}))
    assert 'id="picture"' not in render_page(reviewed(one)), "one box"
    assert 'id="picture"' in render_page(reviewed("replace"))


BEFORE = "models:\n  feed:\n    rows: 5\nlimit: 0.05\n"
AFTER = "models:\n  feed:\n    rows: 5\nlimit: 0.02\nnew: true\n"


@pytest.mark.parametrize("form", FORMS)
def test_change_of_a_multi_line_text_is_shown_line_by_line(reviewed, form):
    contract = change("aws_s3_object", {"content": BEFORE}, {"content": AFTER})
    text = FORMS[form](reviewed(plan(contract)))
    for line in ("-limit: 0.05", "+limit: 0.02", "+new: true"):
        assert line in text
    assert "models:" not in text
    page = render_page(reviewed(plan(contract)))
    assert '<div class="comes">+limit: 0.02</div>' in page


def test_long_line_difference_is_truncated_with_a_note(reviewed):
    contract = change("aws_s3_object", {"content": "a\nb\n"}, {"content": "\n".join(map(str, range(500)))})
    text = render_text(reviewed(plan(contract)))
    assert re.search(r"\.\.\. and \d+ more lines", text)
    assert text.count("\n") < 150


def test_hidden_text_of_several_lines_stays_hidden(reviewed):
    contract = change("aws_s3_object", {"content": BEFORE}, {"content": AFTER})
    contract["change"]["before_sensitive"] = {"content": True}
    for form in (*FORMS.values(), render_page):
        assert "0.02" not in form(reviewed(plan(contract)))


@pytest.mark.parametrize(("before", "after"), [({"tags": None}, {"tags": {}}), ({"x": 1}, {"x": 1})])
def test_drift_in_which_nothing_differs_is_none(reviewed, before, after):
    """Terraform lists it where the state was written before a provider filled in what is empty."""
    updated = change("aws_s3_bucket", {"tags": {}}, {"tags": {"a": "b"}})
    data = plan(updated, resource_drift=[change("aws_s3_bucket", before, after)])
    assert parse_plan(data).drift == ()
    assert "outside Terraform" not in render_text(reviewed(data))

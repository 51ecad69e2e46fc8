"""Changes left by a failed apply are reported as such in every format."""

from dataclasses import replace

from plan_review.model import FailedApply
from plan_review.parse import parse_plan
from plan_review.render_html import render_page
from plan_review.render_json import as_data
from plan_review.render_markdown import render_markdown
from plan_review.render_text import render_text
from plan_review.review import review
from tests.unit.plan_review.resource_changes import change


def test_changes_of_a_failed_apply_are_not_attributed_to_others(basis):
    drifted = change("aws_s3_bucket", {"tags": {}}, {"tags": {"a": "b"}})
    plan = {"format_version": "1.2", "resource_changes": [drifted], "resource_drift": [drifted]}
    failed = FailedApply("2026-11-23T11:00:00+00:00", (drifted["address"],))
    made = review(parse_plan(plan), replace(basis, failed_apply=failed))
    sentence = next(finding.sentence for finding in made.findings if finding.rule == "drift")
    assert "changed by the apply that failed at 2026-11-23T11:00:00+00:00" in sentence
    assert as_data(made)["failed_apply"]["done"] == [drifted["address"]]
    for form in (render_text(made), render_markdown(made), render_page(made)):
        assert "Left by the failed apply" in form

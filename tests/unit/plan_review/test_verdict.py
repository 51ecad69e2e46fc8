import json
from dataclasses import replace
from pathlib import Path

import pytest

from plan_review.levels import Level
from plan_review.parse import parse_plan
from plan_review.render_markdown import render_markdown
from plan_review.render_text import render_text
from plan_review.review import review
from plan_review.verdict import Decision
from tests.unit.plan_review.resource_changes import change

PLANS = Path(__file__).parent / "plans"


def real(name: str) -> dict:
    return json.loads((PLANS / f"{name}.json").read_text())


def test_unknown_action_blocks_and_is_named(reviewed):
    plan = real("update")
    plan["resource_changes"][0]["change"]["actions"] = ["create", "teleport"]
    verdict = reviewed(plan).verdict
    assert verdict.decision is Decision.BLOCKED
    assert verdict.reasons[0].rule == "unknown-action"
    assert "create, teleport" in verdict.reasons[0].sentence


def test_unknown_action_of_an_output_blocks(reviewed):
    plan = real("unchanged")
    plan["output_changes"]["job"]["actions"] = ["teleport"]
    assert reviewed(plan).verdict.decision is Decision.BLOCKED


@pytest.mark.parametrize(
    ("parts", "rule"),
    [
        pytest.param({"errored": True}, "plan-errored", id="aborted"),
        pytest.param({"errored": True, "complete": False}, "plan-errored", id="aborted, as Terraform 1.8 says it"),
        pytest.param({"complete": False, "deferred_changes": [{}]}, "plan-incomplete", id="deferred"),
    ],
)
def test_partial_plan_blocks_even_where_nothing_changes(reviewed, parts, rule):
    verdict = reviewed(real("unchanged") | parts).verdict
    assert verdict.decision is Decision.BLOCKED
    assert {reason.rule for reason in verdict.reasons} == {rule}


def test_plan_with_targets_is_judged_by_what_it_does(reviewed):
    """Terraform calls it incomplete, too, but what is left out is not applied."""
    verdict = reviewed(real("create") | {"complete": False}).verdict
    whole = reviewed("create").verdict
    assert (verdict.decision, verdict.level) == (whole.decision, whole.level)
    assert {reason.rule for reason in verdict.reasons} - {reason.rule for reason in whole.reasons} == {"plan-targeted"}
    assert reviewed(real("unchanged") | {"complete": False}).verdict.decision is Decision.NOTHING


def test_approval_covers_the_levels_below_it_and_none_above(reviewed):
    verdict = reviewed("replace-create-first").verdict
    assert [level.word for level in Level if verdict.is_approved_by(level)] == ["destroy", "data", "blocked"]


def test_no_approval_is_enough_for_a_blocked_plan(reviewed):
    verdict = reviewed("access").verdict
    assert not any(verdict.is_approved_by(level) for level in Level)


def test_public_access_block_may_go_with_its_bucket_but_not_without_it(reviewed):
    plan = real("destroy")
    assert "bucket-may-be-public" not in {reason.rule for reason in reviewed(plan).verdict.reasons}
    plan["resource_changes"] = [entry for entry in plan["resource_changes"] if entry["type"] != "aws_s3_bucket"]
    assert "bucket-may-be-public" in {reason.rule for reason in reviewed(plan).verdict.reasons}


def test_deposed_object_is_named(reviewed):
    plan = real("destroy")
    plan["resource_changes"][0]["deposed"] = "ac10ad5e"
    change = next(change for change in reviewed(plan).plan.changes if change.deposed)
    assert change.deposed == "ac10ad5e"


def trigger(enabled: bool, schedule: str = "cron(0 2 8 1,4,7,10 ? *)") -> dict:
    return {"name": "start", "type": "SCHEDULED", "enabled": enabled, "schedule": schedule}


@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(trigger(False), trigger(True), id="switched on"),
        pytest.param(trigger(True), trigger(True, "cron(0 3 15W 1,4,7,10 ? *)"), id="moved"),
        pytest.param(None, trigger(True), id="new"),
    ],
)
def test_schedule_that_changes_in_any_way_needs_consent(basis, environment, before, after):
    plan = parse_plan({"format_version": "1.2", "resource_changes": [change("aws_glue_trigger", before, after)]})
    verdict = review(plan, replace(basis, environment=environment)).verdict
    assert [reason.rule for reason in verdict.reasons] == ["schedule-changed"]
    assert verdict.decision is Decision.NEEDS_APPROVAL


def test_schedule_that_is_switched_off_is_judged_as_if_it_were_destroyed(reviewed):
    entry = change("aws_glue_trigger", trigger(True), trigger(False))
    reasons = reviewed({"format_version": "1.2", "resource_changes": [entry]}).verdict.reasons
    assert [(reason.rule, reason.level.word) for reason in reasons] == [
        ("trigger-off", "destroy"),
        ("schedule-changed", "change"),
    ]


def test_unreadable_schedule_blocks(reviewed):
    entry = change("aws_glue_trigger", trigger(True), trigger(True, "cron(0 2 * * * *)"))
    verdict = reviewed({"format_version": "1.2", "resource_changes": [entry]}).verdict
    assert [reason.rule for reason in verdict.reasons] == ["schedule-unreadable"]
    assert verdict.decision is Decision.BLOCKED


def test_schedule_of_a_removed_trigger_is_reported_once_as_ended(reviewed):
    entry = change("aws_glue_trigger", trigger(True), None)
    rules = {reason.rule for reason in reviewed({"format_version": "1.2", "resource_changes": [entry]}).findings}
    assert rules == {"resource-destroyed", "schedule-changed"}


@pytest.mark.parametrize("expression", ["cron(0 6 ? * 2#1 *)", "cron(0/2 6 * * ? *)", "cron(58,0 5,6 * * ? *)"])
def test_schedule_that_glue_refuses_blocks_a_trigger_and_no_rule_of_eventbridge(reviewed, expression):
    """G12: the wildcards of Glue's page, and at most one start in five minutes."""
    rule = {"schedule_expression": expression}
    entries = [
        change("aws_glue_trigger", None, trigger(True, expression)),
        change("aws_cloudwatch_event_rule", None, rule),
    ]
    verdict = reviewed({"format_version": "1.2", "resource_changes": entries}).verdict
    unreadable = [reason.address for reason in verdict.reasons if reason.rule == "schedule-unreadable"]
    assert unreadable == ["aws_glue_trigger.this"]


def test_text_names_every_address_and_every_reason_of_a_large_plan(reviewed):
    """Many reasons of one kind hide no other, and what is told together is named."""
    gone = [change("aws_sns_topic", {"name": "t"}, None) | {"address": f"aws_sns_topic.t{n}"} for n in range(60)]
    users = [change("aws_iam_user", None, {"name": "u"}) | {"address": f"aws_iam_user.u{n}"} for n in range(5)]
    queue = change("aws_sqs_queue", {"kms_master_key_id": "a"}, {"kms_master_key_id": "b"})
    review = reviewed({"format_version": "1.2", "resource_changes": [*gone, *users, queue]})
    head = render_text(review).partition("\n\n")[0]
    assert [reason for reason in review.verdict.reasons if reason.address not in head] == []
    assert [reason for reason in review.verdict.reasons if reason.sentence not in head] == []
    assert [reason for reason in review.verdict.reasons if reason.address not in render_markdown(review)] == []

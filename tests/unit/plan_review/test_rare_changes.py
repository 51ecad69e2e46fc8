"""Imports, moves, forgotten and deferred changes of newer Terraforms: each is named, and none is nothing."""

import pytest

from plan_review.levels import Level
from plan_review.model import Action
from plan_review.render_text import render_text
from plan_review.verdict import Decision
from tests.unit.plan_review.resource_changes import change

FORMAT = {"format_version": "1.2"}
SAME = {"bucket": "a"}


def entry(actions: list[str], **more) -> dict:
    parts = {name: more.pop(name) for name in ("importing", "before", "after") if name in more}
    change = {"actions": actions, "before": SAME, "after": SAME, **parts}
    return {"address": "aws_s3_bucket.a", "type": "aws_s3_bucket", "change": change, **more}


@pytest.mark.parametrize(
    ("importing", "told"),
    [
        pytest.param({"id": "lake"}, "imported from lake", id="id"),
        pytest.param(
            {"identity": {"bucket": "lake", "region": "eu"}}, "imported from bucket=lake, region=eu", id="identity"
        ),
        pytest.param({"unknown": True}, "imported from an ID that is known only after apply", id="unknown"),
        pytest.param({"id": "", "identity": None}, "imported from an ID that is known only after apply", id="empty"),
    ],
)
def test_import_is_always_reported(reviewed, importing, told):
    review = reviewed({**FORMAT, "resource_changes": [entry(["no-op"], importing=importing)]})
    assert review.verdict.decision is not Decision.NOTHING
    assert "1 to import" in review.plan.summary()
    assert told in render_text(review)


@pytest.mark.parametrize("actions", [["create", "forget"], ["forget", "create"]])
def test_replacement_that_forgets_the_old_object_is_named(reviewed, actions):
    review = reviewed({**FORMAT, "resource_changes": [entry(actions)]})
    (change,) = review.plan.changes
    assert change.action is Action.REPLACE_AND_FORGET
    assert {reason.rule for reason in review.verdict.reasons} == {"resource-forgotten"}
    assert "the old one is not destroyed" in render_text(review)


def test_move_that_stands_in_drift_alone_is_named(reviewed):
    moved = entry(["no-op"], previous_address="aws_s3_bucket.old")
    review = reviewed({**FORMAT, "resource_drift": [moved]})
    assert "1 to move" in review.plan.summary()
    assert review.verdict.decision is not Decision.NOTHING
    assert "moved from aws_s3_bucket.old" in render_text(review)


def test_move_in_drift_and_changes_is_named_once(reviewed):
    moved = entry(["no-op"], previous_address="aws_s3_bucket.old")
    review = reviewed({**FORMAT, "resource_changes": [moved], "resource_drift": [moved]})
    assert "1 to move" in review.plan.summary()


def test_deferred_change_blocks_and_is_named_with_its_reason(reviewed):
    deferred = {"reason": "provider_config_unknown", "resource_change": entry(["create"])}
    review = reviewed({**FORMAT, "complete": False, "deferred_changes": [deferred]})
    told = [(reason.address, reason.sentence) for reason in review.verdict.reasons if reason.address]
    assert review.verdict.decision is Decision.BLOCKED
    assert told == [("aws_s3_bucket.a", "Terraform defers this change to a later plan: provider_config_unknown.")]


def test_action_that_waits_for_a_change_blocks(reviewed):
    later = {"reason": "deferred_prereq", "action_invocation": {"address": "action.aws_lambda_invoke.a"}}
    review = reviewed({**FORMAT, "deferred_action_invocations": [later]})
    assert review.verdict.decision is Decision.BLOCKED
    assert "action.aws_lambda_invoke.a" in render_text(review)


def planned(*addresses: str) -> dict:
    resources = [{"address": address, "mode": "managed", "type": "aws_s3_bucket"} for address in addresses]
    return {"root_module": {"child_modules": [{"resources": resources}]}}


def test_truncated_plan_is_blocked(reviewed):
    """Terraform lists a change, if only no-op, of every resource that will be there."""
    plan = {"format_version": "1.2", "planned_values": planned("aws_s3_bucket.a", "aws_s3_bucket.b")}
    plan["resource_changes"] = [change("aws_s3_bucket", None, {"bucket": "a"}) | {"address": "aws_s3_bucket.a"}]
    review = reviewed(plan)
    assert review.verdict.decision is Decision.BLOCKED
    assert [reason.address for reason in review.verdict.reasons] == ["aws_s3_bucket.b"]


def test_refresh_lists_no_changes_and_is_whole(reviewed):
    plan = {
        "format_version": "1.2",
        "planned_values": planned("aws_s3_bucket.a"),
        "prior_state": {"values": planned("aws_s3_bucket.a")},
    }
    assert reviewed(plan).verdict.decision is Decision.NOTHING


def test_plan_that_lacks_the_end_of_something_is_blocked(reviewed):
    plan = {
        **FORMAT,
        "complete": True,
        "prior_state": {"values": planned("aws_s3_bucket.a", "aws_s3_bucket.gone")},
        "resource_changes": [entry(["no-op"])],
    }
    review = reviewed(plan)
    assert review.verdict.decision is Decision.BLOCKED
    assert [reason.address for reason in review.verdict.reasons] == ["aws_s3_bucket.gone"]
    gone = change("aws_s3_bucket", {"bucket": "g"}, None) | {"address": "aws_s3_bucket.gone"}
    assert reviewed(plan | {"resource_changes": [*plan["resource_changes"], gone]}).verdict.level is Level.DATA
    assert reviewed(plan | {"complete": False}).verdict.decision is Decision.NOTHING


def reading(kind: str, mode: str = "data", action: str = "read") -> dict:
    made = change(kind, None, {}) | {"mode": mode, "address": f"{mode}.{kind}.a"}
    made["change"]["actions"] = [action]
    return made


@pytest.mark.parametrize(
    "kind",
    [
        "aws_lambda_invocation",
        "external",
        "shell_script",
        "http",
        "azapi_resource_action",
        "terracurl_request",
        "sql_query",
    ],
)
def test_plan_that_only_reads_is_not_empty_if_that_runs_something(reviewed, kind):
    review = reviewed({**FORMAT, "resource_changes": [reading(kind)]})
    assert [reason.rule for reason in review.verdict.reasons] == ["runs-program"]
    assert (review.verdict.decision, review.verdict.level) == (Decision.NEEDS_APPROVAL, Level.ACCESS)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("delete_because_enabled_false", "its enabled argument is false"),
        ("delete_because_no_move_target", "where it was moved to is not in the configuration"),
        ("delete_because_wrong_repetition", "its count or for_each was added or removed"),
    ],
)
def test_reason_of_an_end_is_told(reviewed, reason, told):
    gone = entry(["delete"], after=None, action_reason=reason)
    assert told in render_text(reviewed({**FORMAT, "resource_changes": [gone]}))


def test_plan_that_only_reads_is_applied(reviewed):
    review = reviewed({**FORMAT, "resource_changes": [reading("aws_iam_policy_document")]})
    assert (review.plan.summary(), review.verdict.decision) == ("1 to read", Decision.APPLY)


def test_ephemeral_resource_that_opentofu_lists_is_no_change(reviewed):
    plan = {**FORMAT, "resource_changes": [reading("random_password", "ephemeral", "open")]}
    assert reviewed(plan).verdict.decision is Decision.NOTHING


def test_ephemeral_resource_that_runs_a_program_is_not_green(reviewed):
    """Terraform lists it in the configuration alone. An apply that has nothing to do does not open it."""
    block = {"address": "ephemeral.aws_lambda_invocation.a", "mode": "ephemeral", "type": "aws_lambda_invocation"}
    module = {"module_calls": {"m": {"module": {"resources": [block]}}}}
    plan = {**FORMAT, "configuration": {"root_module": module}}
    assert reviewed(plan).verdict.decision is Decision.NOTHING
    reasons = reviewed(plan | {"resource_changes": [change("aws_sns_topic", None, {"name": "t"})]}).verdict.reasons
    assert ("runs-program", f"module.m.{block['address']}") in [(each.rule, each.address) for each in reasons]


@pytest.mark.parametrize(
    ("odd", "decision", "level"),
    [
        pytest.param(entry(["read"], mode="managed"), Decision.BLOCKED, Level.BLOCKED, id="a resource that is read"),
        pytest.param(entry(["delete"], mode="data"), Decision.NEEDS_APPROVAL, Level.DATA, id="a data source that goes"),
        pytest.param(
            entry(["no-op"], before=SAME | {"force_destroy": False}, after=SAME | {"force_destroy": True}),
            Decision.NEEDS_APPROVAL,
            Level.DATA,
            id="no change that is one",
        ),
    ],
)
def test_action_that_contradicts_what_it_is_about_is_not_green(reviewed, odd, decision, level):
    verdict = reviewed({**FORMAT, "resource_changes": [odd]}).verdict
    assert (verdict.decision, verdict.level) == (decision, level)


@pytest.mark.parametrize(
    ("provider", "is_known"),
    [
        ("registry.terraform.io/hashicorp/random", True),
        ("registry.opentofu.org/hashicorp/random", True),
        ("registry.terraform.io/somebody/random", False),
    ],
)
def test_type_of_a_known_name_by_another_owner_is_not_known(reviewed, provider, is_known):
    made = change("random_pet", None, {"length": 2}) | {"provider_name": provider}
    verdict = reviewed({**FORMAT, "resource_changes": [made]}).verdict
    assert (verdict.decision is Decision.APPLY) is is_known
    assert is_known or "somebody/random" in verdict.reasons[0].sentence


def test_plan_that_only_refreshes_is_not_empty_where_something_drifted(reviewed):
    drifted = change("aws_sqs_queue", {"name": "q", "delay_seconds": 0}, {"name": "q", "delay_seconds": 9})
    block = {"address": "aws_sqs_queue.this", "mode": "managed", "expressions": {"delay_seconds": {}}}
    plan = {
        "format_version": "1.2",
        "resource_drift": [drifted],
        "configuration": {"root_module": {"resources": [block]}},
    }
    review = reviewed(plan)
    assert review.verdict.decision is Decision.NEEDS_APPROVAL
    assert "drift-accepted" in {reason.rule for reason in review.verdict.reasons}
    same = drifted["change"]["after"]  # Terraform plans from what it has just read
    kept = drifted | {"change": {"actions": ["no-op"], "before": same, "after": same}}
    assert reviewed(plan | {"resource_changes": [kept]}).verdict.decision is Decision.NOTHING


def test_changes_of_a_kind_that_a_later_terraform_adds_block(reviewed):
    review = reviewed({**FORMAT, "resource_changes": [], "identity_changes": [{"address": "aws_s3_bucket.a"}]})
    assert review.verdict.decision is Decision.BLOCKED
    assert "identity_changes" in review.verdict.reasons[0].sentence
    assert reviewed({**FORMAT, "identity_changes": []}).verdict.decision is Decision.NOTHING


def test_plan_that_terraform_calls_not_applyable_is_blocked_where_it_changes_something(reviewed):
    created = [change("aws_s3_bucket", None, {"bucket": "a"})]
    review = reviewed({**FORMAT, "applyable": False, "resource_changes": created})
    assert review.verdict.decision is Decision.BLOCKED
    assert reviewed({**FORMAT, "applyable": False, "resource_changes": []}).verdict.decision is Decision.NOTHING


def test_check_that_fails_as_a_whole_is_reported_although_its_instances_pass(reviewed):
    address = {"kind": "check", "to_display": "check.a"}
    check = {"address": address, "status": "error", "instances": [{"address": address, "status": "pass"}]}
    review = reviewed({**FORMAT, "resource_changes": [entry(["no-op"])], "checks": [check]})
    assert [reason.rule for reason in review.verdict.reasons] == ["check-failed"]


@pytest.mark.parametrize(
    "how", [{"previous_address": "aws_iam_role_policy_attachment.old"}, {"importing": {"id": "r/p"}}], ids=str
)
def test_policy_that_is_attached_already_is_not_given_by_an_import_or_a_move(reviewed, how):
    attributes = {"role": "r", "policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    kept = change("aws_iam_role_policy_attachment", attributes, attributes)
    kept["change"] |= {"actions": ["no-op"], **({"importing": how["importing"]} if "importing" in how else {})}
    review = reviewed({**FORMAT, "resource_changes": [kept | how]})
    assert review.access == ()
    assert review.verdict.decision is Decision.APPLY

"""Tags by which policies, backups and cost reports select: what they lose or find otherwise needs consent."""

import json

import pytest

from plan_review.levels import Level
from plan_review.verdict import Decision
from tests.unit.plan_review.resource_changes import change


def plan(before: dict, after: dict, *others: dict, kind: str = "aws_s3_bucket", name: str = "tags") -> dict:
    entry = change(kind, {"bucket": "b", name: before}, {"bucket": "b", name: after})
    return {"format_version": "1.2", "resource_changes": [entry, *others]}


def unchanged(kind: str, attributes: dict) -> dict:
    entry = change(kind, attributes, attributes)
    entry["change"]["actions"] = ["no-op"]
    return entry


def policy(condition: dict) -> dict:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": condition}
    return unchanged("aws_iam_policy", {"policy": json.dumps({"Statement": [statement]})})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"backup": "daily", "team": "a"}, {"team": "a"}, id="removed"),
        pytest.param({"CostCenter": "1"}, {"CostCenter": "2"}, id="another value"),
        pytest.param({"team": "a"}, {"Team": "a"}, id="renamed"),
        pytest.param({"team": "a"}, None, id="all removed"),
        pytest.param({}, {"backup": "none"}, id="new, of a name that selects"),
    ],
)
@pytest.mark.parametrize("name", ["tags", "tags_all"])
def test_tag_that_may_select_needs_consent(reviewed, before, after, name):
    reasons = reviewed(plan(before, after, name=name)).verdict.reasons
    assert [(reason.rule, reason.level) for reason in reasons] == [("tag-changed", Level.CHANGE)]


def test_tag_whose_value_is_known_after_the_apply_only_needs_consent(reviewed):
    made = plan({"team": "a"}, {})
    made["resource_changes"][0]["change"]["after_unknown"] = {"tags": {"team": True}}
    assert {reason.rule for reason in reviewed(made).verdict.reasons} == {"tag-changed"}


def test_tags_that_are_not_shown_need_consent(reviewed):
    made = plan({"team": "a"}, {"team": "b"})
    for side in ("before", "after"):
        made["resource_changes"][0]["change"][f"{side}_sensitive"] = {"tags": True}
    assert "tag-changed" in {reason.rule for reason in reviewed(made).verdict.reasons}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param({"team": "a"}, {"team": "a", "stage": "dev"}, id="new, of another name"),
        pytest.param({"git_commit": "1", "yor_trace": "1"}, {"git_commit": "2", "yor_trace": "2"}, id="deployed what"),
        pytest.param({"LastModified": "1", "deployed-at": "1"}, {"LastModified": "2"}, id="deployed when"),
        pytest.param({"version": "1"}, {"version": "2"}, id="version"),
        pytest.param(None, {}, id="none, and none"),
    ],
)
def test_tag_that_only_informs_is_green(reviewed, before, after):
    made = plan(before, after)
    made["resource_changes"][0]["change"]["after"]["tags_all"] = after
    made["resource_changes"][0]["change"]["before"]["tags_all"] = before
    made["resource_changes"][0]["change"]["after"]["description"] = "new"
    assert reviewed(made).verdict.decision is Decision.APPLY


def test_tags_of_the_provider_that_are_known_after_the_apply_only_are_not_removed(reviewed):
    made = plan({"team": "a"}, {"team": "a", "stage": "dev"})
    made["resource_changes"][0]["change"]["before"]["tags_all"] = {"team": "a", "project": "b"}
    made["resource_changes"][0]["change"]["after_unknown"] = {"tags_all": True}
    assert reviewed(made).verdict.decision is Decision.APPLY


@pytest.mark.parametrize(
    "condition",
    [
        pytest.param({"StringEquals": {"aws:ResourceTag/team": "a"}}, id="of the resource"),
        pytest.param({"StringEquals": {"S3:existingObjectTag/Team": "a"}}, id="of the object, in another case"),
        pytest.param({"StringEquals": {"aws:userid": "${aws:PrincipalTag/team}"}}, id="of the caller, in a value"),
    ],
)
@pytest.mark.parametrize("after", [{"team": "b"}, {}])
def test_tag_by_which_a_policy_of_the_plan_decides_is_access(reviewed, condition, after):
    reasons = reviewed(plan({"team": "a"}, after, policy(condition))).verdict.reasons
    assert [(reason.rule, reason.level) for reason in reasons] == [("tag-allows", Level.ACCESS)]


LIFECYCLE = {"rule": [{"filter": [{"and": [{"tags": {"team": "a"}}]}]}]}


@pytest.mark.parametrize(
    ("kind", "attributes", "of"),
    [
        pytest.param("aws_backup_selection", {"selection_tag": [{"key": "team"}]}, "aws_dynamodb_table", id="backup"),
        pytest.param(
            "aws_backup_selection",
            {"condition": [{"string_equals": [{"key": "aws:ResourceTag/team", "value": "a"}]}]},
            "aws_s3_bucket",
            id="condition of a backup",
        ),
        pytest.param(
            "aws_dlm_lifecycle_policy", {"policy_details": [{"target_tags": {"team": "a"}}]}, "aws_ebs_volume", id="dlm"
        ),
        pytest.param("aws_s3_bucket_lifecycle_configuration", LIFECYCLE, "aws_s3_object", id="lifecycle"),
    ],
)
@pytest.mark.parametrize(("before", "after"), [({"team": "a"}, {}), ({}, {"team": "a"})])
def test_tag_by_which_the_plan_copies_or_deletes_is_data(reviewed, kind, attributes, of, before, after):
    reasons = reviewed(plan(before, after, unchanged(kind, attributes), kind=of)).verdict.reasons
    assert [reason.level for reason in reasons if reason.rule == "tag-keeps"] == [Level.DATA]
    assert "tag-changed" not in {reason.rule for reason in reasons}


def test_tag_of_a_bucket_is_none_of_its_objects(reviewed):
    others = unchanged("aws_s3_bucket_lifecycle_configuration", LIFECYCLE)
    assert reviewed(plan({}, {"team": "a"}, others)).verdict.decision is Decision.APPLY


def test_tags_of_a_new_resource_are_green(reviewed):
    made = plan({}, {})
    made["resource_changes"] = [change("aws_s3_bucket", None, {"bucket": "b", "tags": {"backup": "no"}})]
    assert reviewed(made).verdict.decision is Decision.APPLY

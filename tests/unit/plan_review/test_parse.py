import pytest

from plan_review.errors import PlanError
from plan_review.model import Action
from plan_review.parse import parse_plan


def change(address: str, *actions: str, **parts) -> dict:
    return {"address": address, "change": {"actions": list(actions), **parts}}


def plan_of(*changes: dict) -> dict:
    return {"format_version": "1.2", "resource_changes": list(changes)}


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        pytest.param(("create",), Action.CREATE, id="create"),
        pytest.param(("update",), Action.UPDATE, id="update"),
        pytest.param(("delete",), Action.DELETE, id="delete"),
        pytest.param(("delete", "create"), Action.DELETE_THEN_CREATE, id="replace, destroy first"),
        pytest.param(("create", "delete"), Action.CREATE_THEN_DELETE, id="replace, create first"),
        pytest.param(("forget",), Action.FORGET, id="forget"),
        pytest.param(("teleport",), Action.UNKNOWN, id="an action of a later Terraform"),
    ],
)
def test_action_is_read_with_its_order(actions, expected):
    assert parse_plan(plan_of(change("aws_glue_job.this", *actions))).changes[0].action is expected


def test_element_of_a_set_that_forces_a_replacement_is_not_told_by_its_value():
    entry = change("a.b", "delete", "create", replace_paths=[["user", {"password": "hunter2"}, "name"], ["rule", 0]])
    assert parse_plan(plan_of(entry)).changes[0].forces_replacement == ("user[...].name", "rule[0]")


def test_import_by_identity_tells_what_the_identity_says():
    entry = change("a.b", "no-op", importing={"identity": {"bucket": "b", "account_id": None}})
    assert parse_plan(plan_of(entry)).changes[0].import_id == "bucket=b"


def test_nothing_to_do_is_left_out():
    plan = parse_plan(plan_of(change("a", "no-op"), change("data.b", "read")))
    assert plan.changes == ()
    assert plan.summary() == "no changes"


def test_what_destroys_comes_first_then_by_address():
    plan = parse_plan(
        plan_of(change("b", "create"), change("a", "create"), change("z", "delete"), change("y", "update"))
    )
    assert [found.address for found in plan.changes] == ["z", "y", "a", "b"]
    assert [found.address for found in plan.destroys] == ["z"]
    assert plan.summary() == "1 to delete, 1 to update, 2 to create"


def test_changed_and_unknown_attributes_are_named():
    before = {"name": "job", "timeout": 30, "arn": "arn:1"}
    after = {"name": "job", "timeout": 60}
    plan = parse_plan(plan_of(change("a", "update", before=before, after=after, after_unknown={"arn": True})))
    assert plan.changes[0].changed_attributes == ("arn", "timeout")


def test_attribute_that_forces_a_replacement_is_named():
    plan = parse_plan(plan_of(change("a", "delete", "create", replace_paths=[["bucket"], ["rule", 0, "id"]])))
    assert plan.changes[0].forces_replacement == ("bucket", "rule[0].id")


def test_format_of_another_major_version_is_refused():
    with pytest.raises(PlanError, match=r"format '2\.0'"):
        parse_plan({"format_version": "2.0"})


@pytest.mark.parametrize("name", ["resource_changes", "resource_drift", "checks", "deferred_changes"])
@pytest.mark.parametrize("value", [{}, "", 0, False, {"a": 1}], ids=str)
def test_part_that_is_no_list_is_no_empty_one(name, value):
    with pytest.raises(PlanError):
        parse_plan({"format_version": "1.2", name: value})

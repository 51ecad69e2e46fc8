import pytest

from plan_review.errors import PlanError
from plan_review.model import Action
from plan_review.parse import parse_plan
from plan_review.values import Marker


def change(address: str, *actions: str, **parts) -> dict:
    return {"address": address, "change": {"actions": list(actions), **parts}}


def build_plan(*changes: dict) -> dict:
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
    assert parse_plan(build_plan(change("aws_glue_job.this", *actions))).changes[0].action is expected


def test_set_element_that_forces_a_replacement_is_not_shown_by_its_value():
    entry = change("a.b", "delete", "create", replace_paths=[["user", {"password": "hunter2"}, "name"], ["rule", 0]])
    assert parse_plan(build_plan(entry)).changes[0].forces_replacement == ("user[...].name", "rule[0]")


def test_import_by_identity_shows_the_identity():
    entry = change("a.b", "no-op", importing={"identity": {"bucket": "b", "account_id": None}})
    assert parse_plan(build_plan(entry)).changes[0].import_id == "bucket=b"


def test_nothing_to_do_is_left_out():
    plan = parse_plan(build_plan(change("a", "no-op")))
    assert plan.changes == ()
    assert plan.summary() == "no changes"


def test_destructive_changes_come_first_then_by_address():
    plan = parse_plan(
        build_plan(change("b", "create"), change("a", "create"), change("z", "delete"), change("y", "update"))
    )
    assert [found.address for found in plan.changes] == ["z", "y", "a", "b"]
    assert [found.address for found in plan.destroys] == ["z"]
    assert plan.summary() == "1 to delete, 1 to update, 2 to create"


def test_changed_and_unknown_attributes_are_named():
    before = {"name": "job", "timeout": 30, "arn": "arn:1"}
    after = {"name": "job", "timeout": 60}
    plan = parse_plan(build_plan(change("a", "update", before=before, after=after, after_unknown={"arn": True})))
    assert plan.changes[0].changed_attributes == ("arn", "timeout")


def test_attribute_that_forces_a_replacement_is_named():
    plan = parse_plan(build_plan(change("a", "delete", "create", replace_paths=[["bucket"], ["rule", 0, "id"]])))
    assert plan.changes[0].forces_replacement == ("bucket", "rule[0].id")


def test_format_of_another_major_version_is_refused():
    with pytest.raises(PlanError, match=r"format '2\.0', but the review reads only 0\.1, 0\.2 and 1\.x") as refused:
        parse_plan({"format_version": "2.0"})
    assert "0.15.2 or newer" in refused.value.remedy
    assert "README" not in refused.value.remedy
    with pytest.raises(PlanError, match="no format_version"):
        parse_plan({"plan_format_version": "1.1", "resource_changes": []})


MARKS = {"before_sensitive": False, "after_sensitive": {"password": True}}


@pytest.mark.parametrize(
    ("version", "terraform", "marks", "is_read"),
    [
        pytest.param("0.1", "0.12.31", {}, False, id="0.12 has no marks"),
        pytest.param("0.1", "0.14.11", {}, False, id="0.14 has no marks"),
        pytest.param("0.1", "0.15.1", MARKS, False, id="0.15.1 has none of providers"),
        pytest.param("0.1", "", MARKS, False, id="nobody knows which"),
        pytest.param("0.2", "1.0.11", {}, False, id="marks that somebody took out"),
        pytest.param("0.3", "1.0.11", MARKS, False, id="a format that never was"),
        pytest.param("0.1", "0.15.5", MARKS, True, id="0.15.5"),
        pytest.param("0.2", "1.0.11", MARKS, True, id="1.0"),
    ],
)
def test_formats_before_1_1_are_read_where_they_mark_what_is_sensitive(version, terraform, marks, is_read):
    entry = change("aws_db_instance.a", "create", before=None, after={"password": "hunter2"}, **marks)
    data = build_plan(entry) | {"format_version": version, "terraform_version": terraform}
    if is_read:
        assert parse_plan(data).changes[0].after == {"password": Marker.SENSITIVE}
    else:
        with pytest.raises(PlanError):
            parse_plan(data)


@pytest.mark.parametrize("name", ["resource_changes", "resource_drift", "checks", "deferred_changes"])
@pytest.mark.parametrize("value", [{}, "", 0, False, {"a": 1}], ids=str)
def test_non_list_member_is_not_an_empty_list(name, value):
    with pytest.raises(PlanError):
        parse_plan({"format_version": "1.2", name: value})

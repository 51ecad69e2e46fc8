"""A value that either side of a change calls sensitive is shown on neither, in no form of the review."""

import json

import pytest

from plan_review.parse import parse_plan
from plan_review.render_html import render_page
from plan_review.render_json import as_data
from plan_review.render_markdown import render_markdown
from plan_review.render_text import render_text

OLD, NEW = "canary-of-before", "canary-of-after"
# value before, its marks, value after, its marks: with the canary marked on one side only, or on both
SHAPES = {
    "entry of a map becomes sensitive": ({"args": {"pw": OLD}}, {}, {"args": {"pw": NEW}}, {"args": {"pw": True}}),
    "entry of a map is no longer sensitive": ({"args": {"pw": OLD}}, {"args": {"pw": True}}, {"args": {"pw": NEW}}, {}),
    "whole object becomes sensitive": ({"args": {"pw": OLD}}, {}, {"args": {"pw": NEW}}, True),
    "whole object was sensitive": ({"args": {"pw": OLD}}, True, {"args": {"pw": NEW}}, {}),
    "map becomes sensitive as a whole": ({"args": {"pw": OLD}}, {}, {"args": {"pw": NEW}}, {"args": True}),
    "element of a list becomes sensitive": ({"list": ["a", OLD]}, {}, {"list": ["a", NEW]}, {"list": [False, True]}),
    "element of a list was sensitive": ({"list": ["a", OLD]}, {"list": [False, True]}, {"list": ["a", NEW]}, {}),
    "sensitive element moves within its list": (
        {"list": [OLD]},
        {"list": [True]},
        {"list": ["a", OLD]},
        {},
    ),
    "nested block becomes sensitive": (
        {"block": [{"name": "a", "pw": OLD}]},
        {},
        {"block": [{"name": "b", "pw": NEW}, {"name": "a", "pw": OLD}]},
        {"block": [{"pw": True}, {"pw": True}]},
    ),
    "set of blocks loses a sensitive one": (
        {"block": [{"pw": OLD}, {"pw": NEW}]},
        {"block": [{"pw": True}, {"pw": True}]},
        {"block": [{"pw": NEW}]},
        {},
    ),
    "block is marked in part beside one that is marked as a whole": (
        {"block": [{"login": {"user": "a", "pw": OLD}}, {"login": {"user": "b"}}]},
        {"block": [{"login": {"user": True}}, {"login": True}]},
        {"block": [{"login": {"user": "a", "pw": NEW}}, {"login": {"user": "b"}}]},
        {"block": [{"login": {"user": True}}, {"login": True}]},
    ),
    "document becomes sensitive": ({"policy": json.dumps({"a": OLD})}, {}, {"policy": json.dumps({"a": NEW})}, True),
    "attribute that goes was sensitive": ({"pw": OLD, "x": 1}, {"pw": True}, {"x": 2}, {}),
    "attribute that comes is sensitive": ({"x": 1}, {}, {"x": 2, "pw": NEW}, {"pw": True}),
    "sensitive on both sides": ({"pw": OLD}, {"pw": True}, {"pw": NEW}, {"pw": True}),
}
KINDS = ["change", "drift", "replace", "delete", "create"]


def has_marks(shape: str, kind: str) -> bool:
    """Whether the side that a creation or a deletion has is marked."""
    _, before_marks, _, after_marks = SHAPES[shape]
    return bool({"create": after_marks, "delete": before_marks}.get(kind, True))


CASES = [
    pytest.param(shape, kind, id=f"{shape}: {kind}") for shape in SHAPES for kind in KINDS if has_marks(shape, kind)
]


def plan_with(shape: str, kind: str) -> dict:
    before, before_marks, after, after_marks = SHAPES[shape]
    change = {
        "actions": {"replace": ["delete", "create"], "delete": ["delete"], "create": ["create"]}.get(kind, ["update"]),
        "before": None if kind == "create" else before,
        "after": None if kind == "delete" else after,
        "before_sensitive": kind != "create" and before_marks,
        "after_sensitive": kind != "delete" and after_marks,
    }
    entry = {"address": "aws_glue_job.this", "type": "aws_glue_job", "change": change}
    where = "resource_drift" if kind == "drift" else "resource_changes"
    touched = {"address": "aws_glue_job.this", "type": "aws_glue_job", "change": {**change, "actions": ["update"]}}
    return {
        "format_version": "1.2",
        where: [entry],
        **({"resource_changes": [touched]} if kind == "drift" else {}),
        "output_changes": {"told": change},
    }


def all_forms(review) -> str:
    forms = [render_text(review), render_markdown(review), render_page(review), json.dumps(as_data(review))]
    return "\n".join(forms)


@pytest.mark.parametrize(("shape", "kind"), CASES)
def test_value_marked_on_either_side_is_in_no_format(reviewed, shape, kind):
    text = all_forms(reviewed(plan_with(shape, kind)))
    assert OLD not in text
    assert NEW not in text


def read_attributes(shape: str) -> dict[str, tuple[str, str]]:
    (change,) = parse_plan(plan_with(shape, "change")).changes
    return {item.path: (str(item.before), str(item.after)) for item in change.attributes}


@pytest.mark.parametrize(
    ("shape", "path", "said"),
    [
        pytest.param("entry of a map becomes sensitive", "args.pw", "(sensitive value from now on)", id="marked"),
        pytest.param(
            "entry of a map is no longer sensitive", "args.pw", "(no longer marked as sensitive)", id="unmarked"
        ),
        pytest.param("sensitive on both sides", "pw", "(sensitive value)", id="marked as before"),
    ],
)
def test_change_of_the_sensitive_mark_is_reported(shape, path, said):
    assert read_attributes(shape)[path] == ("(sensitive value)", said)


def test_mark_that_changes_on_an_equal_value_is_a_change():
    change = {
        "actions": ["update"],
        "before": {"pw": OLD},
        "after": {"pw": OLD},
        "before_sensitive": {},
        "after_sensitive": {"pw": True},
    }
    entry = {"address": "a.b", "type": "a", "change": change}
    (found,) = parse_plan({"format_version": "1.2", "resource_changes": [entry]}).changes
    assert [item.path for item in found.attributes] == ["pw"]


def test_neighbours_of_a_sensitive_value_stay_visible():
    before = {"args": {"pw": OLD, "size": "1"}, "list": ["a", "b"]}
    after = {"args": {"pw": NEW, "size": "2"}, "list": ["a", "c"]}
    change = {
        "actions": ["update"],
        "before": before,
        "after": after,
        "before_sensitive": {"args": {"pw": True}},
        "after_sensitive": {},
    }
    entry = {"address": "a.b", "type": "a", "change": change}
    (found,) = parse_plan({"format_version": "1.2", "resource_changes": [entry]}).changes
    told = {item.path: (item.before, item.after) for item in found.attributes}
    assert told["args.size"] == ("1", "2")
    assert told["list"] == (["a", "b"], ["a", "c"])


def test_number_that_is_a_secret_is_out_wherever_it_has_moved():
    change = {
        "actions": ["update"],
        "before": {"list": [["a"], [471147]]},
        "after": {"list": [[471147], ["a"], [7]]},
        "before_sensitive": {"list": [[False], [True]]},
        "after_sensitive": {},
    }
    entry = {"address": "a.b", "type": "a", "change": change}
    (found,) = parse_plan({"format_version": "1.2", "resource_changes": [entry]}).changes
    assert "471147" not in str((found.before, found.after, found.attributes))
    assert found.after["list"][2] == [7]

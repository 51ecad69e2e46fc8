"""Outputs are read by other stacks and programs: what these lose, or read otherwise, needs consent."""

import pytest

from plan_review.levels import Level
from plan_review.render_text import render_text
from plan_review.verdict import Decision


def output(before, after, **marks) -> dict:
    action = "create" if before is None else "delete" if after is None and not marks else "update"
    return {"actions": [action], "before": before, "after": after, **marks}


def plan(**outputs) -> dict:
    return {"format_version": "1.2", "output_changes": outputs}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        pytest.param(output("x", None), "output-removed", id="removed"),
        pytest.param(output("x", "y"), "output-changed", id="another value"),
        pytest.param(output("1", 1), "output-changed", id="another type"),
        pytest.param(output(["x"], {"a": "x"}), "output-changed", id="a map for a list"),
        pytest.param(output("x", None, after_unknown=True), "output-changed", id="known after the apply"),
        pytest.param(
            output({"a": "x"}, {}, after_unknown={"a": True}), "output-changed", id="an entry known after the apply"
        ),
        pytest.param(output({"a": "x"}, {"b": "x"}), "output-changed", id="an entry renamed"),
        pytest.param(output(["x", "y"], ["x"]), "output-changed", id="an element less"),
        pytest.param(output(["x", "y"], ["y", "x"]), "output-changed", id="another order"),
        pytest.param(
            output("x", "y", before_sensitive=True, after_sensitive=True), "output-changed", id="hidden value"
        ),
    ],
)
def test_output_that_its_readers_lose_or_read_otherwise_needs_consent(reviewed, change, rule):
    verdict = reviewed(plan(bucket=change)).verdict
    assert [(reason.rule, reason.level) for reason in verdict.reasons] == [(rule, Level.CHANGE)]
    assert "bucket" in verdict.reasons[0].sentence


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(output(None, "x"), id="new"),
        pytest.param(output({"a": "x"}, {"a": "x", "b": "y"}), id="an entry more"),
        pytest.param(output({"a": ["x"]}, {"a": ["x", "y"]}), id="an element more at the end"),
        pytest.param(output({"a": "x"}, {"a": "x"}, after_unknown={"b": True}), id="an entry more, not known yet"),
    ],
)
def test_output_that_only_grows_is_green(reviewed, change):
    assert reviewed(plan(bucket=change)).verdict.decision is Decision.APPLY


def test_output_that_is_no_longer_sensitive_is_found_by_the_configuration(reviewed):
    """Terraform marks both sides of an output's change if either one is sensitive."""
    data = plan(password=output("x", "x", before_sensitive=True, after_sensitive=True))
    configured = {"expression": {}}
    data["configuration"] = {"root_module": {"outputs": {"password": configured}}}
    assert [(each.rule, each.level) for each in reviewed(data).verdict.reasons] == [("secret-shown", Level.ACCESS)]
    configured["sensitive"] = True
    assert [each.rule for each in reviewed(data).verdict.reasons] == ["output-changed"]


def test_renamed_output_is_one_that_is_removed(reviewed):
    made = reviewed(plan(bucket=output("x", None), lake=output(None, "x")))
    assert [reason.rule for reason in made.verdict.reasons] == ["output-removed"]


def test_many_outputs_that_go_away_are_one_reason(reviewed):
    made = reviewed(plan(**{name: output("x", None) for name in "edcba"}))
    assert "Outputs a, b, c and 2 more are removed" in render_text(made)
    assert len(made.verdict.reasons) == 1

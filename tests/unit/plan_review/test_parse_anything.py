"""Any plan or manifest gives a result or a clear error."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plan_review.errors import PlanError
from plan_review.levels import Level
from plan_review.parse import parse_plan
from plan_review.render_html import render_page
from plan_review.render_text import render_text
from quartal.core.errors import PipelineError
from quartal.runs.manifests import parse_manifest
from tests.unit.plan_review.resource_changes import change

PLANS = sorted((Path(__file__).parent / "plans").glob("*.json"))
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a document with every key of it."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, inner in items:
        found += [(value, key), *places(inner)]
    return found


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_plan_with_anything_anywhere_is_read_or_refused(data):
    plan = json.loads(data.draw(st.sampled_from(PLANS)).read_text("utf-8"))
    holder, key = data.draw(st.sampled_from(places(plan)))
    holder[key] = copy.deepcopy(data.draw(VALUES))
    try:
        parse_plan(plan)
    except PlanError as error:
        assert error.remedy  # noqa: PT017  # most plans are read


@pytest.mark.parametrize("depth", [140, 400, 900, 100_000])
@pytest.mark.parametrize(("begin", "end"), [pytest.param("[", "]", id="lists"), pytest.param('{"a":', "}", id="maps")])
@pytest.mark.parametrize("before", [None, {"policy": "{}"}])
def test_document_of_great_depth_is_a_text(reviewed, depth, begin, end, before):
    deep = f'{{"Statement": {begin * depth}1{end * depth}}}'
    entry = change("aws_s3_bucket_policy", before, {"policy": deep})
    made = reviewed({"format_version": "1.2", "resource_changes": [entry]})
    assert made.verdict.level > Level.NOTE
    assert render_text(made)
    assert render_page(made)


def nested(depth: int, *, in_lists: bool) -> dict[str, Any]:
    """The change of a resource with a value of so many maps, or of lists in a map."""
    value: Any = 1
    for _ in range(depth - 1):
        value = [value] if in_lists else {"a": value}
    return {"format_version": "1.2", "resource_changes": [change("aws_s3_object", None, {"a": value})]}


@pytest.mark.parametrize("in_lists", [False, True], ids=["maps", "lists"])
@pytest.mark.parametrize("depth", [160, 700])
def test_value_of_great_depth_is_refused(depth, in_lists):
    with pytest.raises(PlanError, match="cannot be read"):
        parse_plan(nested(depth, in_lists=in_lists))


@pytest.mark.parametrize("in_lists", [False, True], ids=["maps", "lists"])
def test_value_of_a_depth_that_is_read_is_told(reviewed, in_lists):
    made = reviewed(nested(140, in_lists=in_lists))
    assert made.plan.changes
    assert render_text(made)
    assert render_page(made)


def test_number_without_end_is_read(reviewed):
    rule = {"status": "Enabled", "expiration": [{"days": 10**400}]}
    entries = [
        change("aws_s3_bucket_lifecycle_configuration", {"rule": []}, {"rule": [rule]}),
        change("aws_cloudwatch_log_group", {"retention_in_days": 10**400}, {"retention_in_days": 1}),
    ]
    assert reviewed({"format_version": "1.2", "resource_changes": entries}).verdict.level >= Level.CHANGE


def test_null_in_a_text_field_counts_as_empty():
    names = ("module_address", "previous_address", "deposed", "action_reason", "provider_name", "mode")
    entry = change("aws_sqs_queue", {"name": "a"}, {"name": "b"}) | dict.fromkeys(names)
    (found,) = parse_plan({"format_version": "1.2", "resource_changes": [entry]}).changes
    assert (found.module, found.previous_address, found.deposed, found.reason, found.provider) == ("",) * 5


def test_plan_of_great_depth_is_refused():
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"a": deep}
    with pytest.raises(PlanError, match="cannot be read"):
        parse_plan(
            {
                "format_version": "1.2",
                "configuration": {
                    "root_module": {"resources": [{"mode": "managed", "address": "a.b", "expressions": deep}]}
                },
            }
        )


@given(st.one_of(st.binary(max_size=30), VALUES.map(lambda value: json.dumps(value).encode()), st.just(b"[" * 100_000)))
def test_any_manifest_is_read_or_refused(body):
    with pytest.raises(PipelineError, match="manifest"):
        parse_manifest(body, "s3://lake/runs/x.json")

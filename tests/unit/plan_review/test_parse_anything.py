"""Whatever a plan or a manifest holds: a result, or an error that says what is wrong."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plan_review.errors import PlanError
from plan_review.parse import parse_plan
from quartal.core.errors import PipelineError
from quartal.runs.manifests import parse_manifest

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
def test_manifest_of_anything_is_read_or_refused(body):
    with pytest.raises(PipelineError, match="manifest"):
        parse_manifest(body, "s3://lake/runs/x.json")

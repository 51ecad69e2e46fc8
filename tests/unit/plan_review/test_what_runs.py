"""What in a plan of Glue triggers, workflows, crawlers and schedules will not run as it looks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from glue_triggers.finding import Finding, Level
from glue_triggers.findings import examine
from glue_triggers.simulation import Year
from plan_review.glue_pipeline import glue_pipeline
from plan_review.parse import parse_plan
from tests.unit.plan_review.pipelines import cases, plan_of

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
BROKEN, SOUND = cases("broken_pipelines"), cases("sound_pipelines")


def examined(case: dict[str, Any]) -> tuple[Year, tuple[Finding, ...]]:
    return examine(glue_pipeline(parse_plan(plan_of(case)), case.get("median")), NOW)


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case["id"])
def test_what_will_not_run_as_it_looks_is_found(case):
    _, found = examined(case)
    alarms = {(finding.rule, finding.address) for finding in found if finding.level is not Level.NOTE}
    assert set(case["finds"].items()) <= alarms
    assert all(finding.sentence.endswith(".") and finding.remedy.endswith(".") for finding in found)


@pytest.mark.parametrize("case", SOUND, ids=lambda case: case["id"])
def test_what_runs_as_it_looks_raises_no_alarm(case):
    year, found = examined(case)
    assert [finding for finding in found if finding.level is not Level.NOTE] == []
    assert {source.address: [source.dates, [*map(str, source.starts)]] for source in year.sources} == case["dates"]


def test_on_demand_trigger_that_an_apply_starts_is_noted():
    trigger = {"type": "ON_DEMAND", "starts": ["job load"]}
    _, found = examined({"jobs": ["load"], "triggers": {"start": trigger}})
    assert [(finding.rule, finding.level) for finding in found] == [("starts-when-made", Level.NOTE)]
    _, found = examined({"jobs": ["load"], "triggers": {"start": {**trigger, "paused": True}}})
    assert found == ()


def test_name_that_only_the_apply_knows_is_said_and_judged_by_nobody():
    plan = plan_of({"jobs": ["load"], "triggers": {"start": {"type": "ON_DEMAND", "starts": [{"job_name": None}]}}})
    change = plan["resource_changes"][-1]["change"]
    change["after_unknown"] = {"actions": [{"job_name": True}]}
    _, found = examine(glue_pipeline(parse_plan(plan)), NOW)
    assert [(finding.rule, finding.address) for finding in found] == [("not-judged", "aws_glue_trigger.start")]


def test_every_kind_of_finding_is_among_the_broken_ones():
    assert len(BROKEN) >= 30
    assert len(SOUND) >= 10
    assert len({case["from"] for case in BROKEN}) > 20

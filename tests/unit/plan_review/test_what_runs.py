"""What in a plan of Glue triggers, workflows, crawlers and schedules will not run as it looks."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import glue_triggers
from glue_triggers.examination import examine
from glue_triggers.finding import Finding, Level
from glue_triggers.simulation import Year
from plan_review.glue_pipeline import glue_pipelines
from plan_review.output_formats import Format, rendered
from plan_review.parse import parse_plan
from plan_review.review import review
from plan_review.usage import with_history
from tests.unit.plan_review.pipelines import build_plan, cases

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NOTES = {"not-judged", "starts-when-made", "switched-off", "weekday-numbers"}
BROKEN, SOUND = cases("broken_pipelines"), cases("sound_pipelines")


def examined(case: dict[str, Any]) -> tuple[Year, tuple[Finding, ...]]:
    return examined_plan(build_plan(case), case.get("median"))


def examined_plan(plan: dict[str, Any], median: float | None = None) -> tuple[Year, tuple[Finding, ...]]:
    (pipeline,) = glue_pipelines(parse_plan(plan), median)
    return examine(pipeline, NOW)


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case["id"])
def test_broken_pipelines_are_found(case):
    _, found = examined(case)
    alarms = {(finding.rule, finding.address) for finding in found if finding.level is not Level.NOTE}
    assert set(case["finds"].items()) <= alarms
    assert all(finding.sentence.endswith(".") and finding.remedy.endswith(".") for finding in found)


@pytest.mark.parametrize("case", SOUND, ids=lambda case: case["id"])
def test_sound_pipelines_raise_no_findings(case):
    year, found = examined(case)
    assert [finding for finding in found if finding.level is not Level.NOTE] == []
    assert {source.address: [source.dates, [*map(str, source.starts)]] for source in year.sources} == case["dates"]


@pytest.mark.parametrize("runs", [0, -1, 0.5])
def test_limit_of_runs_that_glue_refuses_counts_as_its_default(runs: float):
    daily = {"at": "cron(0 2 * * ? *)", "starts": ["job load"]}
    year, _ = examined({"jobs": {"load": {"runs": runs}}, "triggers": {"start": daily}})
    assert {source.address: source.dates for source in year.sources} == {"aws_glue_trigger.start": 365}
    assert not any(start.is_refused for start in year.starts)


def test_on_demand_trigger_that_an_apply_starts_is_noted():
    trigger = {"type": "ON_DEMAND", "starts": ["job load"]}
    _, found = examined({"jobs": ["load"], "triggers": {"start": trigger}})
    assert [(finding.rule, finding.level) for finding in found] == [("starts-when-made", Level.NOTE)]
    _, found = examined({"jobs": ["load"], "triggers": {"start": {**trigger, "paused": True}}})
    assert found == ()


@pytest.mark.parametrize(("days", "rules"), [("1-5", ["weekday-numbers"]), ("MON-FRI", []), ("2-6", [])])
def test_workdays_by_the_numbers_of_a_crontab_are_noted(days, rules):
    _, found = examined({"crawlers": {"feed": {"schedule": f"cron(0 3 ? * {days} *)"}}})
    assert [finding.rule for finding in found] == rules


def test_name_known_only_after_the_apply_is_reported_and_not_judged():
    plan = build_plan({"jobs": ["load"], "triggers": {"start": {"type": "ON_DEMAND", "starts": [{"job_name": None}]}}})
    change = plan["resource_changes"][-1]["change"]
    change["after_unknown"] = {"actions": [{"job_name": True}]}
    _, found = examined_plan(plan)
    assert [(finding.rule, finding.address) for finding in found] == [("not-judged", "aws_glue_trigger.start")]


def test_id_that_only_the_apply_knows_is_the_name_of_what_is_mentioned():
    case = next(case for case in BROKEN if "link-switched-off" in case["finds"])
    plan = build_plan(case)
    blocks = []
    for change in plan["resource_changes"]:
        after = change["change"]["after"]
        workflow = after.pop("workflow_name", None)
        change["change"]["after_unknown"]["workflow_name"] = bool(workflow)
        mention = {"workflow_name": {"references": [f"aws_glue_workflow.{workflow}.id"]}} if workflow else {}
        blocks.append({**{name: change[name] for name in ("address", "mode", "type", "name")}, "expressions": mention})
    plan["configuration"] = {"root_module": {"resources": blocks}}
    _, found = examined_plan(plan)
    assert found == examined(case)[1]


def test_unknown_values_raise_no_findings_about_their_consequences():
    plan = build_plan(next(case for case in SOUND if case["id"].startswith("quarterly")))
    start = next(change["change"] for change in plan["resource_changes"] if change["name"] == "start")
    start["after"]["actions"] = [{}]
    start["after_unknown"] = {"actions": [{"crawler_name": True}]}
    _, found = examined_plan(plan)
    assert {finding.level for finding in found} == {Level.NOTE}
    assert {finding.rule for finding in found} >= {"not-judged", "nothing-starts-it"}


def test_same_names_in_two_modules_are_of_two_regions(basis):
    case = next(case for case in SOUND if case["id"].startswith("quarterly"))
    plan = build_plan(case)
    plan["resource_changes"] = [
        change | {"address": f"module.{region}.{change['address']}", "module_address": f"module.{region}"}
        for region in ("east", "west")
        for change in plan["resource_changes"]
    ]
    runs = review(parse_plan(plan), basis).runs
    assert runs is not None
    assert runs.findings == ()
    assert [source.address for source in runs.sources] == [
        "module.east.aws_glue_trigger.start",
        "module.west.aws_glue_trigger.start",
    ]


def test_duplicate_names_in_one_module_are_not_judged(basis):
    plan = build_plan({"jobs": ["load"], "triggers": {"start": {"at": "cron(0 3 * * ? *)", "starts": ["job load"]}}})
    again = [change | {"address": f"{change['address']}_again"} for change in plan["resource_changes"]]
    plan["resource_changes"] += again
    runs = review(parse_plan(plan), basis).runs
    assert runs is not None
    assert {finding.rule for finding in runs.findings} == {"not-judged"}
    assert runs.sources == ()


@pytest.mark.parametrize(
    "attributes", [{"type": "ODD"}, {"type": None}, {"type": 3}, {"actions": "x"}, {"predicate": 1}]
)
def test_trigger_with_unknown_settings_breaks_nothing(basis, attributes):
    plan = build_plan({"jobs": ["load"], "triggers": {"start": {"at": "cron(0 3 * * ? *)", "starts": ["job load"]}}})
    plan["resource_changes"][-1]["change"]["after"] |= attributes
    assert review(parse_plan(plan), basis).runs is not None


@pytest.mark.parametrize("form", Format)
def test_each_format_lists_what_runs_and_what_does_not(basis, form):
    case = next(case for case in BROKEN if "own-schedule" in case["finds"])
    text = rendered(review(parse_plan(build_plan(case)), basis), form)
    for words in ("after_feed", "It never fires", "365", "such a crawl fires no trigger"):
        assert words in text


def test_measured_runs_count_and_estimates_do_not(basis):
    daily = {"at": "cron(0 3 * * ? *)", "starts": ["job load"]}
    plan = parse_plan(build_plan({"jobs": {"load": {"timeout": 5}}, "triggers": {"start": daily}}))
    estimated = review(plan, basis).runs
    measured = review(plan, replace(basis, usage=with_history(basis.usage, [600, 720, 840]))).runs
    assert estimated is not None
    assert measured is not None
    assert [finding.rule for finding in estimated.findings] == []
    assert [finding.rule for finding in measured.findings] == ["timeout-below-median"]


def test_plan_without_glue_resources_has_no_section_on_runs(basis):
    assert review(parse_plan(build_plan({})), basis).runs is None


def test_every_kind_of_alarm_occurs_in_the_broken_plans():
    source = "".join(file.read_text("utf-8") for file in Path(glue_triggers.__path__[0]).glob("*.py"))
    rules = set(re.findall(r'"([a-z]+(?:-[a-z]+)+|circle|endless)"', source))
    assert rules - NOTES == {rule for case in BROKEN for rule in case["finds"]}
    assert len(BROKEN) >= 30
    assert len(SOUND) >= 10
    assert len({case["from"] for case in BROKEN}) > 20

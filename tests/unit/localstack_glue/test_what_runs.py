"""The simulation of a year predicts what happens to a pipeline on the service."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from glue_triggers.conditions import Kind, Node
from glue_triggers.cron import Cron
from glue_triggers.pipeline import Crawler, Job, Pipeline, Trigger, Workflow
from glue_triggers.simulation import simulate
from localstack_glue.crawlers.crawlers import BY_HAND
from localstack_glue.service import answers
from localstack_glue.service.clock import MovableClock
from localstack_glue.service.errors import EntityNotFoundException, GlueError, InvalidInputException
from localstack_glue.service.models import CrawlState

CASES = Path(__file__).parents[1] / "plan_review"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
REFUSED = {"too-many-crawlers", "state-not-watchable", "schedule-refused", "trigger-refused", "two-starting-triggers"}
NEVER = {
    "own-schedule",
    "nothing-starts-it",
    "started-elsewhere",
    "conditions-exclude-each-other",
    "link-switched-off",
    "link-never-fires",
    "switched-off-link",
}


def cases(name: str, *rules: str) -> list[Any]:
    found = yaml.safe_load((CASES / f"{name}.yaml").read_text("utf-8"))
    return [pytest.param(case, id=case["id"]) for case in found if not rules or set(case.get("finds", ())) & set(rules)]


def items(given: Any) -> list[tuple[str, dict[str, Any]]]:
    return list(given.items()) if isinstance(given, dict) else [(name, {}) for name in given or ()]


def action(given: Any) -> dict[str, Any]:
    if isinstance(given, dict):
        names = {"job_name": "JobName", "timeout": "Timeout", "arguments": "Arguments"}
        return {names[key]: value for key, value in given.items()}
    kind, name = given.split()
    return {"JobName" if kind == "job" else "CrawlerName": name}


def condition(given: Any) -> dict[str, Any]:
    if isinstance(given, dict):
        names = {"crawler_name": "CrawlerName", "state": "State"}
        return {"LogicalOperator": "EQUALS", **{names[key]: value for key, value in given.items()}}
    kind, name, state = given.split()
    own = {"JobName": name, "State": state} if kind == "job" else {"CrawlerName": name, "CrawlState": state}
    return {"LogicalOperator": "EQUALS", **own}


def request(name: str, given: dict[str, Any]) -> dict[str, Any]:
    conditions = [condition(each) for each in given.get("after") or given.get("conditions") or ()]
    kind = given.get("type") or ("CONDITIONAL" if conditions else "SCHEDULED")
    can_be_active = kind in ("CONDITIONAL", "SCHEDULED")
    predicate = {"Logical": "ANY" if given.get("any") else "AND", "Conditions": conditions}
    found = {
        "Name": name,
        "Type": kind,
        "Schedule": given.get("at"),
        "WorkflowName": given.get("in"),
        "Actions": [action(each) for each in given["starts"]],
        "StartOnCreation": (can_be_active and not given.get("paused")) or given.get("start_on_creation", False),
        "Predicate": predicate if conditions else None,
    }
    return {key: value for key, value in found.items() if value}


def deploy(glue: Any, case: dict[str, Any]) -> None:
    """Make what a case describes, as Terraform would."""
    elsewhere = [name for name in ("managed-elsewhere", "load_orders_1") if name in str(case)]
    for name, given in [*items(case.get("jobs")), *items(elsewhere)]:
        glue.add_job(name, GlueVersion="5.1", ExecutionProperty={"MaxConcurrentRuns": given.get("runs", 1)})
    for name, given in items(case.get("crawlers")):
        glue.add_crawler(name, **given and {"Schedule": given["schedule"]})
    for name, given in items(case.get("workflows")):
        limit = {"MaxConcurrentRuns": given["runs"]} if "runs" in given else {}
        glue.workflows.create(glue.scope, {"Name": name, **limit})
    for name, given in items(case.get("triggers")):
        glue.triggers.create(glue.scope, request(name, given))


def end_everything(glue: Any, states: dict[str, str]) -> None:
    """Let what runs end until nothing follows any more: in the state of its name, else in success."""
    for executor, ended_state in ((glue.job_executor, glue.end_job), (glue.crawl_executor, None)):
        while executor.started:
            started = executor.started.pop(0)
            if ended_state is None:
                scope, crawl, ended = started
                state = states.get(crawl.crawler_name, "SUCCEEDED")
                crawl.state = CrawlState("SUCCEEDED" if state in ("STOPPED", "TIMEOUT") else state)
                ended(scope, crawl)
            else:
                executor.started.insert(0, started)
                ended_state(states.get(started[1].job_name, "SUCCEEDED"), position=0)
                executor.started.pop(0)
    if glue.job_executor.started or glue.crawl_executor.started:
        end_everything(glue, states)


def start(glue: Any, name: str) -> None:
    """Let a starting trigger start, as its schedule, an event or a person does."""
    trigger = glue.store.triggers[name]
    by_schedule_alone = trigger.type == "SCHEDULED" and not trigger.workflow_name
    if by_schedule_alone and (trigger.state != "ACTIVATED" or Cron.parse(trigger.schedule).next_after(NOW) is None):
        return
    glue.orchestrator.fire_unattended(glue.scope, trigger)


def start_all(glue: Any) -> None:
    """Start all that can be started: each starting trigger, each crawler's schedule, each crawler and job by hand."""
    for name, trigger in list(glue.store.triggers.items()):
        if trigger.starts_a_chain:
            start(glue, name)
    for name in glue.store.crawlers:
        with suppress(GlueError):  # it may run already
            glue.crawlers.start_crawl(glue.scope, name, BY_HAND)
    for name in glue.store.jobs:
        with suppress(GlueError):
            glue.jobs.start(glue.scope, {"JobName": name})


def fired(glue: Any) -> set[str]:
    """The triggers by which something was started."""
    crawls = [crawl.origin for crawler in glue.store.crawlers.values() for crawl in crawler.crawls]
    origins = [*crawls, *(run.origin for run in glue.store.job_runs.values())]
    return {origin.trigger_name for origin in origins if origin.trigger_name}


CIRCLES = cases("broken_pipelines", "circle")
CIRCLE_OF_ONE = [case for case in CIRCLES if len(case.values[0]["jobs"]) == 1]
CIRCLE_OF_TWO = [case for case in CIRCLES if len(case.values[0]["jobs"]) == 2]


@pytest.mark.parametrize("case", [*cases("broken_pipelines", *REFUSED), *CIRCLE_OF_ONE])
def test_triggers_predicted_to_be_refused_are_refused(glue, case):
    with pytest.raises(InvalidInputException):
        deploy(glue, case)


@pytest.mark.parametrize("case", [*cases("broken_pipelines", *NEVER), *CIRCLE_OF_TWO])
def test_trigger_predicted_never_to_fire_never_fires(glue, case):  # G1-G5
    deploy(glue, case)
    silent = {address.rpartition(".")[2] for rule, address in case["finds"].items() if rule in {*NEVER, "circle"}}
    silent -= {name for name, given in items(case["triggers"]) if given.get("any")}
    jobs = [name for name, _ in items(case.get("jobs"))]
    for state in ("SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED"):
        for job in [*jobs, "none"]:
            start_all(glue)
            end_everything(glue, {job: state})
    assert fired(glue) & silent == set()


def test_workflow_without_a_starting_trigger_cannot_be_started(glue):  # G5
    (case,) = (param.values[0] for param in cases("broken_pipelines", "no-starting-trigger"))
    deploy(glue, case)
    with pytest.raises(InvalidInputException, match="does not have a starting trigger"):
        glue.start_workflow_run("nightly")


def test_crawls_of_a_schedule_beside_the_trigger_start_nothing(glue):  # G2
    (case,) = (param.values[0] for param in cases("broken_pipelines", "own-schedule-besides"))
    deploy(glue, case)
    glue.crawlers.start_crawl(glue.scope, "feed", BY_HAND)
    end_everything(glue, {})
    assert fired(glue) == set()
    start(glue, "start")
    end_everything(glue, {})
    assert fired(glue) == {"start", "after_feed"}


def test_circle_outside_a_workflow_goes_on_and_on(glue):
    (case,) = (param.values[0] for param in cases("broken_pipelines", "endless"))
    deploy(glue, case)
    start(glue, "start")
    for _ in range(20):
        glue.end_job()
    assert glue.started_jobs[-2:] == ["two", "one"]
    assert len(glue.started_jobs) == 21


@pytest.mark.parametrize("case", cases("broken_pipelines", "started-twice"))
def test_job_predicted_to_start_twice_starts_twice(glue, case):
    deploy(glue, case)
    start(glue, "start")
    glue.end_job(position=0)
    glue.end_job(position=1)
    runs = [run for run in glue.store.job_runs.values() if run.job_name == "sum"]
    assert [run.state.value for run in runs] == ["RUNNING", "FAILED"]  # G27: the second met the limit


@pytest.mark.parametrize("case", cases("broken_pipelines", "concurrency-limit"))
def test_second_start_before_the_end_of_the_first_exceeds_the_limit(glue, case):  # G8, G27
    deploy(glue, case)
    start(glue, "start")
    start(glue, "start")
    runs = [run.state.value for run in glue.store.job_runs.values()]
    workflow_runs = [run.status.value for workflow in glue.store.workflows.values() for run in workflow.runs]
    assert (runs, workflow_runs) in ((["RUNNING", "FAILED"], []), (["RUNNING"], ["RUNNING", "ERROR"]))


@pytest.mark.parametrize("case", cases("broken_pipelines", "double-start"))
def test_of_two_starts_at_one_time_one_runs(glue, case):
    clock = MovableClock()
    clock.freeze()
    clock.set(NOW)
    glue.clock.now = clock.now
    deploy(glue, case)
    scheduler = glue.scheduler(clock)
    begins = datetime(2026, 11, 30, 3 if "jobs" in case else 6, tzinfo=UTC)
    clock.set(begins - timedelta(minutes=1))
    scheduler.tick()
    end_everything(glue, {})
    clock.set(begins)
    assert scheduler.tick() == 2
    crawls = [crawl for crawler in glue.store.crawlers.values() for crawl in crawler.crawls]
    states = [each.state.value for each in [*crawls, *glue.store.job_runs.values()] if each.started_on == begins]
    assert states in (["RUNNING"], ["RUNNING", "FAILED"])  # a crawler is not started at all, a job's run fails (G27)


@pytest.mark.parametrize("case", cases("broken_pipelines", "schedule-never", "schedule-not-this-year"))
def test_schedule_without_a_date_starts_nothing_in_a_year(glue, case):  # G12
    clock = MovableClock()
    clock.freeze()
    clock.set(NOW)
    glue.clock.now = clock.now
    deploy(glue, case)
    scheduler = glue.scheduler(clock)
    clock.advance(timedelta(days=365))
    assert scheduler.tick() == 0


@pytest.mark.parametrize("case", cases("broken_pipelines", "timeout-below-median"))
def test_run_that_ends_by_its_timeout_fires_nothing_that_waits_for_success(glue, case):  # G27
    deploy(glue, case)
    glue.add_job("next")
    watch = {"Conditions": [{"LogicalOperator": "EQUALS", "JobName": "load", "State": "SUCCEEDED"}]}
    glue.add_trigger("then", "CONDITIONAL", [{"JobName": "next"}], Predicate=watch, StartOnCreation=True)
    start(glue, "start")
    glue.end_job("TIMEOUT")
    assert fired(glue) == {"start"}


@pytest.mark.parametrize("case", cases("broken_pipelines", "without-effect"))
def test_settings_predicted_to_have_no_effect_have_none(glue, case):
    deploy(glue, case)
    for trigger in glue.store.triggers.values():
        assert trigger.watch.conditions == () or trigger.type == "CONDITIONAL"
    clock = MovableClock()
    clock.freeze()
    clock.set(NOW)
    scheduler = glue.scheduler(clock)
    clock.advance(timedelta(days=10))
    assert scheduler.tick() == (10 if "start" in case["triggers"] and "at" in case["triggers"]["start"] else 0)


def test_unknown_name_starts_nothing(glue):
    job, workflow = (param.values[0] for param in cases("broken_pipelines", "not-there"))
    deploy(glue, job)
    start(glue, "start")
    assert fired(glue) == set()
    glue.triggers.delete(glue.scope, {"Name": "start"})
    with pytest.raises(EntityNotFoundException):
        deploy(glue, workflow)


def pipeline(glue: Any) -> Pipeline:
    """What is deployed, for the simulation."""
    store = glue.store
    limits = {name: job.definition["ExecutionProperty"]["MaxConcurrentRuns"] for name, job in store.jobs.items()}
    workflows = store.workflows.items()
    return Pipeline(
        jobs=tuple(Job(name, name, limit) for name, limit in limits.items()),
        crawlers=tuple(Crawler(name, name, crawler.schedule or "") for name, crawler in store.crawlers.items()),
        triggers=tuple(
            Trigger.from_request(answers.trigger(trigger), name, is_active=trigger.state == "ACTIVATED")
            for name, trigger in store.triggers.items()
        ),
        workflows=tuple(Workflow(name, name, workflow.max_concurrent_runs) for name, workflow in workflows),
    )


@pytest.mark.parametrize("case", cases("sound_pipelines"))
def test_simulation_starts_what_the_service_starts(glue, case):
    deploy(glue, case)
    expected = {node for source in simulate(pipeline(glue), NOW).sources for node in source.starts}

    for name, trigger in list(glue.store.triggers.items()):
        if trigger.starts_a_chain:
            start(glue, name)
    for name, crawler in glue.store.crawlers.items():
        if crawler.schedule:
            glue.crawlers.start_crawl(glue.scope, name, BY_HAND)
    end_everything(glue, {})

    crawls = {Node(Kind.CRAWLER, name) for name, crawler in glue.store.crawlers.items() if crawler.crawls}
    started = {Node(Kind.JOB, run.job_name) for run in glue.store.job_runs.values()} | crawls
    assert started == expected

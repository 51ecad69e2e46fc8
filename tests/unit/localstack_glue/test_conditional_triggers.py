"""What fires a conditional trigger, and what stays silent (G1-G4, G27)."""

import pytest

from tests.unit.localstack_glue.trigger_conditions import add_conditional, crawl_condition, job_condition


def test_crawler_started_by_hand_fires_no_conditional_trigger(glue):
    glue.add_crawler("raw")
    add_conditional(glue, "then", "etl", {"Conditions": [crawl_condition("raw", "SUCCEEDED")]})

    glue.crawlers.start(glue.scope, {"Name": "raw"})
    glue.end_crawl("SUCCEEDED")

    assert glue.started_jobs == []  # G1, G2


def test_crawler_started_by_a_trigger_fires_the_conditional_trigger(glue):
    glue.add_crawler("raw")
    glue.add_trigger("start", "ON_DEMAND", [{"CrawlerName": "raw"}])
    add_conditional(glue, "then", "etl", {"Conditions": [crawl_condition("raw", "SUCCEEDED")]})

    glue.triggers.start(glue.scope, {"Name": "start"})
    glue.end_crawl("SUCCEEDED")

    assert glue.started_jobs == ["etl"]  # G1
    assert glue.triggers.get(glue.scope, {"Name": "start"})["Trigger"]["State"] == "CREATED"  # G3


def test_job_started_by_hand_fires_no_conditional_trigger(glue):
    glue.add_job("first")
    add_conditional(glue, "then", "second", {"Conditions": [job_condition("first", "SUCCEEDED")]})

    glue.jobs.start(glue.scope, {"JobName": "first"})
    glue.end_job("SUCCEEDED")

    assert glue.started_jobs == ["first"]  # G1


@pytest.mark.parametrize("stop", [False, True], ids=["created", "deactivated"])
def test_conditional_trigger_that_is_not_activated_stays_silent(glue, stop):
    glue.add_job("first")
    glue.add_job("second")
    glue.add_trigger("start", "ON_DEMAND", [{"JobName": "first"}])
    predicate = {"Conditions": [job_condition("first", "SUCCEEDED")]}
    glue.add_trigger("then", "CONDITIONAL", [{"JobName": "second"}], Predicate=predicate, StartOnCreation=stop)
    if stop:
        glue.triggers.stop(glue.scope, {"Name": "then"})

    glue.triggers.start(glue.scope, {"Name": "start"})
    glue.end_job("SUCCEEDED")

    assert glue.started_jobs == ["first"]  # G3


@pytest.mark.parametrize(
    ("logical", "expected_after_first", "expected_after_second"),
    [pytest.param("AND", 0, 1, id="and"), pytest.param("ANY", 1, 2, id="any")],
)
def test_predicate_over_two_jobs_fires_by_its_logic(glue, logical, expected_after_first, expected_after_second):
    glue.add_job("a")
    glue.add_job("b")
    glue.add_trigger("start", "ON_DEMAND", [{"JobName": "a"}, {"JobName": "b"}])
    conditions = [job_condition("a", "SUCCEEDED"), job_condition("b", "FAILED")]
    add_conditional(glue, "then", "last", {"Logical": logical, "Conditions": conditions})
    glue.store.jobs["last"].definition["ExecutionProperty"] = {"MaxConcurrentRuns": 5}

    glue.triggers.start(glue.scope, {"Name": "start"})
    glue.end_job("SUCCEEDED", position=0)
    assert glue.started_jobs.count("last") == expected_after_first  # G4

    glue.end_job("FAILED", "ValueError: no", position=1)
    assert glue.started_jobs.count("last") == expected_after_second


def test_predicate_over_all_jobs_starts_anew_after_it_has_fired(glue):
    glue.add_job("a")
    glue.add_trigger("start", "ON_DEMAND", [{"JobName": "a"}])
    add_conditional(glue, "then", "last", {"Conditions": [job_condition("a", "SUCCEEDED")]})

    for _ in range(2):
        glue.triggers.start(glue.scope, {"Name": "start"})
        glue.end_job("SUCCEEDED")
        glue.end_job("SUCCEEDED")  # the job that followed

    assert glue.started_jobs == ["a", "last", "a", "last"]  # G4


def test_job_of_a_trigger_above_its_limit_is_a_failed_run(glue):
    glue.add_job("etl")
    glue.add_trigger("start", "ON_DEMAND", [{"JobName": "etl"}])
    glue.jobs.start(glue.scope, {"JobName": "etl"})

    glue.triggers.start(glue.scope, {"Name": "start"})

    newest = glue.jobs.get_runs(glue.scope, {"JobName": "etl"})["JobRuns"][0]
    assert (newest["JobRunState"], newest["ErrorMessage"]) == ("FAILED", "Exceeded maximum concurrent runs")  # G27


@pytest.mark.parametrize("workflow", [{}, {"WorkflowName": "w"}], ids=["outside", "in a workflow"])
def test_job_above_its_limit_fires_what_waits_for_its_failure(glue, workflow):  # G27
    glue.add_job("etl")
    glue.add_job("repair")
    glue.workflows.create(glue.scope, {"Name": "w"})
    glue.add_trigger("start", "ON_DEMAND", [{"JobName": "etl"}], **workflow)
    failed = {"Conditions": [job_condition("etl", "FAILED")]}
    glue.add_trigger("then", "CONDITIONAL", [{"JobName": "repair"}], Predicate=failed, StartOnCreation=True, **workflow)
    glue.jobs.start(glue.scope, {"JobName": "etl"})

    glue.triggers.start(glue.scope, {"Name": "start"})

    assert glue.started_jobs == ["etl", "repair"]


def test_trigger_arguments_override_defaults_but_not_fixed_ones(glue):
    glue.add_job("etl", DefaultArguments={"--a": "1", "--b": "1"}, NonOverridableArguments={"--c": "1"})
    arguments = {"--b": "2", "--c": "2", "--d": "2"}
    glue.add_trigger("start", "ON_DEMAND", [{"JobName": "etl", "Arguments": arguments}])

    glue.triggers.start(glue.scope, {"Name": "start"})

    _, _, merged, _ = glue.job_executor.started[0]
    assert merged == {"--a": "1", "--b": "2", "--c": "1", "--d": "2"}  # G10

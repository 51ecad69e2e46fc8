"""What fires, and what stays silent (G1-G11)."""

from typing import Any

import pytest

from localstack_glue.service.errors import (
    ConcurrentRunsExceededException,
    CrawlerRunningException,
    EntityNotFoundException,
    IllegalWorkflowStateException,
    InvalidInputException,
)


def crawl_condition(name: str, state: str) -> dict[str, str]:
    return {"LogicalOperator": "EQUALS", "CrawlerName": name, "CrawlState": state}


def job_condition(name: str, state: str) -> dict[str, str]:
    return {"LogicalOperator": "EQUALS", "JobName": name, "State": state}


AFTER_FIRST = {"Conditions": [job_condition("first", "SUCCEEDED")]}


def add_conditional(glue: Any, name: str, job: str, predicate: dict[str, Any], **definition: Any) -> None:
    glue.add_job(job)
    glue.add_trigger(name, "CONDITIONAL", [{"JobName": job}], Predicate=predicate, StartOnCreation=True, **definition)


def node(run: dict[str, Any], name: str) -> dict[str, Any]:
    return next(found for found in run["Graph"]["Nodes"] if found["Name"] == name)


def test_crawler_started_by_hand_fires_no_conditional_trigger(glue):
    glue.add_crawler("raw")
    add_conditional(glue, "then", "etl", {"Conditions": [crawl_condition("raw", "SUCCEEDED")]})

    glue.crawlers.start(glue.scope, {"Name": "raw"})
    glue.end_crawl("SUCCEEDED")

    assert glue.started_jobs == []  # G1, G2


def test_crawler_of_a_workflow_started_by_hand_fires_nothing_inside_it(glue):
    glue.add_quarterly_workflow()

    glue.crawlers.start(glue.scope, {"Name": "raw"})
    glue.end_crawl("SUCCEEDED")

    assert glue.started_jobs == []  # G5


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


def test_workflow_run_goes_from_crawl_to_job_and_completes(glue):
    glue.add_quarterly_workflow(DefaultRunProperties={"a": "default", "b": "default"})

    run_id = glue.start_workflow_run(RunProperties={"a": "given"})
    assert glue.workflow_run(run_id)["Statistics"]["RunningActions"] == 1
    glue.end_crawl("SUCCEEDED")
    assert glue.workflow_run(run_id)["Status"] == "RUNNING"
    glue.end_job("SUCCEEDED")

    run = glue.workflow_run(run_id)
    assert run["Status"] == "COMPLETED"
    assert run["WorkflowRunProperties"] == {"a": "given", "b": "default"}
    assert run["Statistics"] == {
        "TotalActions": 2,
        "SucceededActions": 2,
        "FailedActions": 0,
        "TimeoutActions": 0,
        "StoppedActions": 0,
        "RunningActions": 0,
        "ErroredActions": 0,
        "WaitingActions": 0,
    }  # G7


def test_failed_crawl_leaves_the_job_unstarted_and_the_run_completed(glue):
    glue.add_quarterly_workflow()

    run_id = glue.start_workflow_run()
    glue.end_crawl("FAILED")

    run = glue.workflow_run(run_id)
    assert glue.started_jobs == []
    assert (run["Status"], run["Statistics"]["FailedActions"]) == ("COMPLETED", 1)  # G7


def test_job_of_a_workflow_learns_the_run(glue):
    glue.add_quarterly_workflow()

    run_id = glue.start_workflow_run()
    glue.end_crawl("SUCCEEDED")

    _, job_run, _, _ = glue.job_executor.started[0]
    assert (job_run.origin.workflow_name, job_run.origin.workflow_run_id) == ("quarterly", run_id)  # G10
    assert job_run.origin.trigger_name == "then"


def test_trigger_arguments_override_defaults_but_not_fixed_ones(glue):
    glue.add_job("etl", DefaultArguments={"--a": "1", "--b": "1"}, NonOverridableArguments={"--c": "1"})
    arguments = {"--b": "2", "--c": "2", "--d": "2"}
    glue.add_trigger("start", "ON_DEMAND", [{"JobName": "etl", "Arguments": arguments}])

    glue.triggers.start(glue.scope, {"Name": "start"})

    _, _, merged, _ = glue.job_executor.started[0]
    assert merged == {"--a": "1", "--b": "2", "--c": "1", "--d": "2"}  # G10


def test_workflow_run_keeps_the_triggers_of_its_start(glue):
    glue.add_quarterly_workflow()
    glue.add_job("other")

    run_id = glue.start_workflow_run()
    predicate = {"Conditions": [crawl_condition("raw", "SUCCEEDED")]}
    update = {"Actions": [{"JobName": "other"}], "Predicate": predicate}
    glue.triggers.update(glue.scope, {"Name": "then", "TriggerUpdate": update})
    glue.end_crawl("SUCCEEDED")

    assert glue.started_jobs == ["etl"]  # G6
    assert glue.workflow_run(run_id)["Statistics"]["TotalActions"] == 2


def test_crawler_started_by_a_workflow_fires_only_that_workflows_triggers(glue):
    glue.add_quarterly_workflow()
    add_conditional(glue, "outside", "elsewhere", {"Conditions": [crawl_condition("raw", "SUCCEEDED")]})
    glue.workflows.create(glue.scope, {"Name": "other"})
    add_conditional(
        glue, "inside-other", "third", {"Conditions": [crawl_condition("raw", "SUCCEEDED")]}, WorkflowName="other"
    )

    glue.start_workflow_run()
    glue.end_crawl("SUCCEEDED")

    assert glue.started_jobs == ["etl"]  # G5


def test_second_starting_trigger_in_a_workflow_is_refused(glue):
    glue.add_quarterly_workflow()

    with pytest.raises(InvalidInputException):  # G5
        glue.add_trigger(
            "another", "SCHEDULED", [{"JobName": "etl"}], Schedule="cron(0 6 * * ? *)", WorkflowName="quarterly"
        )


def test_trigger_of_an_unknown_workflow_is_refused(glue):
    with pytest.raises(EntityNotFoundException):
        glue.add_trigger("start", "ON_DEMAND", [{"JobName": "etl"}], WorkflowName="nowhere")


def test_starting_trigger_of_a_workflow_starts_a_run(glue):
    glue.add_quarterly_workflow()

    glue.triggers.start(glue.scope, {"Name": "start"})
    glue.end_crawl("SUCCEEDED")

    runs = glue.workflows.get_runs(glue.scope, {"Name": "quarterly"})["Runs"]
    assert len(runs) == 1
    assert glue.started_jobs == ["etl"]


def test_workflow_above_its_limit_refuses_another_run(glue):
    glue.add_quarterly_workflow(MaxConcurrentRuns=1)
    glue.start_workflow_run()

    with pytest.raises(ConcurrentRunsExceededException) as refused:
        glue.start_workflow_run()

    assert refused.value.message == "Concurrent runs exceeded for workflow: quarterly"  # G8


def test_update_of_a_workflow_keeps_what_it_does_not_name(glue):
    glue.add_quarterly_workflow(MaxConcurrentRuns=2, DefaultRunProperties={"a": "1"}, Description="old")
    glue.workflows.update(glue.scope, {"Name": "quarterly", "Description": "new"})
    glue.workflows.update(glue.scope, {"Name": "quarterly", "DefaultRunProperties": {"b": "2"}})

    kept = glue.workflows.get(glue.scope, {"Name": "quarterly"})["Workflow"]
    assert (kept["Description"], kept["MaxConcurrentRuns"], kept["DefaultRunProperties"]) == ("new", 2, {"b": "2"})


def test_properties_of_a_workflow_run_are_added_and_replaced(glue):  # G10
    glue.add_quarterly_workflow(DefaultRunProperties={"a": "1", "b": "1"})
    asked = {"Name": "quarterly", "RunId": glue.start_workflow_run()}
    glue.workflows.put_run_properties(glue.scope, {**asked, "RunProperties": {"b": "2", "c": "2"}})

    found = glue.workflows.get_run_properties(glue.scope, asked)["RunProperties"]
    assert found == {"a": "1", "b": "2", "c": "2"}
    assert glue.workflows.get(glue.scope, {"Name": "quarterly"})["Workflow"]["DefaultRunProperties"]["b"] == "1"


def test_batches_tell_what_is_there_apart_from_what_is_not(glue):
    glue.add_quarterly_workflow()

    def names(answer: dict[str, Any], kind: str, missing: str) -> tuple[list[str], list[str]]:
        return [each["Name"] for each in answer[kind]], answer[missing]

    scope = glue.scope
    asked = glue.triggers.batch_get(scope, {"TriggerNames": ["then", "none", "start"]})
    assert names(asked, "Triggers", "TriggersNotFound") == (["then", "start"], ["none"])
    asked = glue.crawlers.batch_get(scope, {"CrawlerNames": ["none", "raw"]})
    assert names(asked, "Crawlers", "CrawlersNotFound") == (["raw"], ["none"])
    asked = glue.jobs.batch_get(scope, {"JobNames": ["none", "etl"]})
    assert names(asked, "Jobs", "JobsNotFound") == (["etl"], ["none"])
    asked = glue.workflows.batch_get(scope, {"Names": ["none", "quarterly"]})
    assert names(asked, "Workflows", "MissingWorkflows") == (["quarterly"], ["none"])
    assert "Graph" not in asked["Workflows"][0]
    asked = glue.workflows.batch_get(scope, {"Names": ["quarterly"], "IncludeGraph": True})
    assert {node["Name"] for node in asked["Workflows"][0]["Graph"]["Nodes"]} == {"start", "raw", "then", "etl"}


def test_graph_shows_what_ran_and_what_follows_what(glue):
    glue.add_quarterly_workflow()
    run_id = glue.start_workflow_run()
    glue.end_crawl("SUCCEEDED")
    glue.end_job("FAILED", "ValueError: no")

    run = glue.workflow_run(run_id)

    ids = {found["Name"]: found["UniqueId"] for found in run["Graph"]["Nodes"]}
    edges = {(edge["SourceId"], edge["DestinationId"]) for edge in run["Graph"]["Edges"]}
    assert edges == {(ids["start"], ids["raw"]), (ids["raw"], ids["then"]), (ids["then"], ids["etl"])}  # G9
    assert [crawl["State"] for crawl in node(run, "raw")["CrawlerDetails"]["Crawls"]] == ["SUCCEEDED"]
    assert [shown["ErrorMessage"] for shown in node(run, "etl")["JobDetails"]["JobRuns"]] == ["ValueError: no"]


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


def test_crawler_that_already_runs_is_an_errored_action(glue):
    glue.add_quarterly_workflow()
    glue.crawlers.start(glue.scope, {"Name": "raw"})

    run_id = glue.start_workflow_run()

    run = glue.workflow_run(run_id)
    assert (run["Status"], run["Statistics"]["ErroredActions"]) == ("COMPLETED", 1)
    assert node(run, "raw")["CrawlerDetails"]["Crawls"][0]["State"] == "ERROR"


def test_retried_job_counts_once_and_fires_on_its_last_attempt(glue):
    glue.add_quarterly_workflow()
    glue.store.jobs["etl"].definition["MaxRetries"] = 1
    run_id = glue.start_workflow_run()
    glue.end_crawl("SUCCEEDED")

    glue.end_job("FAILED", "ValueError: no")
    assert glue.workflow_run(run_id)["Status"] == "RUNNING"
    glue.end_job("SUCCEEDED")

    run = glue.workflow_run(run_id)
    attempts = node(run, "etl")["JobDetails"]["JobRuns"]
    assert (run["Status"], run["Statistics"]["SucceededActions"]) == ("COMPLETED", 2)
    assert [attempt["Attempt"] for attempt in attempts] == [0, 1]  # G27
    assert attempts[1]["Id"] == f"{attempts[0]['Id']}_attempt_1"


@pytest.mark.parametrize(
    ("state", "counted"),
    [
        ("SUCCEEDED", "SucceededActions"),
        ("FAILED", "FailedActions"),
        ("TIMEOUT", "TimeoutActions"),
        ("STOPPED", "StoppedActions"),
        ("ERROR", "ErroredActions"),
        ("EXPIRED", "ErroredActions"),
    ],
)
def test_end_of_a_job_is_counted_in_its_workflow_run(glue, state, counted):  # G7
    glue.add_quarterly_workflow()
    run_id = glue.start_workflow_run()
    glue.end_crawl()
    glue.end_job(state)

    run = glue.workflow_run(run_id)
    counts = {name: count for name, count in run["Statistics"].items() if count and name != "TotalActions"}
    expected = {"SucceededActions": 1} | {counted: 1 if counted != "SucceededActions" else 2}
    assert (run["Status"], counts) == ("COMPLETED", expected)


def test_stopped_workflow_run_stops_what_runs_and_starts_nothing(glue):
    glue.add_quarterly_workflow()
    run_id = glue.start_workflow_run()

    glue.workflows.stop_run(glue.scope, {"Name": "quarterly", "RunId": run_id})
    assert glue.workflow_run(run_id)["Status"] == "STOPPING"
    (crawl,) = glue.store.crawlers["raw"].crawls
    assert crawl.state == "CANCELLING"
    glue.end_crawl("CANCELLED")

    run = glue.workflow_run(run_id)
    assert (run["Status"], run["Statistics"]["StoppedActions"]) == ("STOPPED", 1)  # G7
    assert glue.started_jobs == []
    with pytest.raises(IllegalWorkflowStateException):
        glue.workflows.stop_run(glue.scope, {"Name": "quarterly", "RunId": run_id})


def test_running_crawler_cannot_be_started_changed_or_deleted(glue):
    glue.add_crawler("raw")
    glue.crawlers.start(glue.scope, {"Name": "raw"})

    for call in (glue.crawlers.start, glue.crawlers.update, glue.crawlers.delete):
        with pytest.raises(CrawlerRunningException):  # G13
            call(glue.scope, {"Name": "raw"})


def test_trigger_with_three_crawlers_is_refused(glue):
    with pytest.raises(InvalidInputException):  # G11
        glue.add_trigger("start", "ON_DEMAND", [{"CrawlerName": name} for name in "abc"])


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param({"Type": "SCHEDULED", "Actions": [{"JobName": "j"}]}, id="no-schedule"),
        pytest.param(
            {"Type": "SCHEDULED", "Actions": [{"JobName": "j"}], "Schedule": "cron(0 6 * * * *)"}, id="bad-schedule"
        ),
        pytest.param({"Type": "CONDITIONAL", "Actions": [{"JobName": "j"}]}, id="no-predicate"),
        pytest.param(
            {
                "Type": "CONDITIONAL",
                "Actions": [{"JobName": "j"}],
                "Predicate": {"Conditions": [job_condition("k", "RUNNING")]},
            },
            id="state-that-cannot-be-watched",  # G4
        ),
        pytest.param({"Type": "ON_DEMAND", "Actions": []}, id="no-action"),
        pytest.param(
            {"Type": "ON_DEMAND", "Actions": [{"JobName": "j"}], "StartOnCreation": True}, id="on-demand-activated"
        ),
    ],
)
def test_trigger_that_aws_refuses_is_refused(glue, definition):
    with pytest.raises(InvalidInputException):
        glue.triggers.create(glue.scope, {"Name": "t", **definition})
    assert glue.store.triggers == {}


def test_crawler_started_by_an_outside_trigger_fires_nothing_inside_a_workflow(glue):
    glue.add_quarterly_workflow()
    glue.add_trigger("outside", "ON_DEMAND", [{"CrawlerName": "raw"}])

    glue.triggers.start(glue.scope, {"Name": "outside"})
    glue.end_crawl("SUCCEEDED")

    assert glue.started_jobs == []  # G5


def test_trigger_deactivated_during_a_workflow_run_still_fires_in_it(glue):
    glue.add_quarterly_workflow()

    glue.start_workflow_run()
    glue.triggers.stop(glue.scope, {"Name": "then"})
    glue.end_crawl("SUCCEEDED")

    assert glue.started_jobs == ["etl"]  # G6


@pytest.mark.parametrize("kind", ["ON_DEMAND", "SCHEDULED", "CONDITIONAL"])
def test_trigger_of_a_deleted_workflow_is_not_started_until_the_workflow_is_there_again(glue, kind):
    # AWS does not say what becomes of it: it must not start its jobs outside any workflow
    glue.add_job("etl")
    glue.add_job("first")
    glue.workflows.create(glue.scope, {"Name": "w"})
    only = {"SCHEDULED": {"Schedule": "cron(0 6 * * ? *)"}, "CONDITIONAL": {"Predicate": AFTER_FIRST}}.get(kind, {})
    glue.add_trigger("t", kind, [{"JobName": "etl"}], WorkflowName="w", **only)
    glue.workflows.delete(glue.scope, {"Name": "w"})

    with pytest.raises(EntityNotFoundException, match="Workflow w not found: trigger t belongs to it"):
        glue.triggers.start(glue.scope, {"Name": "t"})
    assert (glue.started_jobs, glue.triggers.get(glue.scope, {"Name": "t"})["Trigger"]["State"]) == ([], "CREATED")

    glue.workflows.create(glue.scope, {"Name": "w"})
    glue.triggers.start(glue.scope, {"Name": "t"})


def test_on_demand_trigger_whose_job_or_crawler_is_missing_starts_nothing_and_says_so(glue):
    # hashicorp/terraform-provider-aws, issue 23070
    glue.add_job("etl")
    for name, missing in (("job", {"JobName": "none"}), ("crawler", {"CrawlerName": "none"})):
        glue.add_trigger(name, "ON_DEMAND", [{"JobName": "etl"}, missing])
        with pytest.raises(EntityNotFoundException, match=f"starts a {name} that does not exist: none"):
            glue.triggers.start(glue.scope, {"Name": name})
    assert glue.started_jobs == []


def test_deleted_job_of_a_workflow_is_a_run_in_error(glue):  # G26
    glue.add_quarterly_workflow()
    glue.jobs.delete(glue.scope, {"JobName": "etl"})
    run_id = glue.start_workflow_run()
    glue.end_crawl("SUCCEEDED")

    run = glue.workflow_run(run_id)
    assert (run["Status"], run["Statistics"]["ErroredActions"]) == ("COMPLETED", 1)
    (shown,) = node(run, "etl")["JobDetails"]["JobRuns"]
    assert (shown["JobName"], shown["TriggerName"], shown["JobRunState"]) == ("etl", "then", "ERROR")


def test_statistics_of_a_run_outlive_its_jobs_and_crawlers(glue):  # G7
    glue.add_quarterly_workflow()
    run_id = glue.start_workflow_run()
    glue.end_crawl("SUCCEEDED")
    glue.end_job("FAILED", "no")
    before = glue.workflow_run(run_id)["Statistics"]

    glue.jobs.delete(glue.scope, {"JobName": "etl"})
    glue.crawlers.delete(glue.scope, {"Name": "raw"})

    assert (before["SucceededActions"], before["FailedActions"]) == (1, 1)
    assert glue.workflow_run(run_id)["Statistics"] == before


def test_deleted_job_ends_its_queued_run_and_the_workflow_run_that_waits_for_it(glue):  # G26
    glue.add_job("etl", JobRunQueuingEnabled=True)
    glue.jobs.start(glue.scope, {"JobName": "etl"})
    glue.workflows.create(glue.scope, {"Name": "w"})
    glue.add_trigger("t", "ON_DEMAND", [{"JobName": "etl"}], WorkflowName="w")
    run_id = glue.start_workflow_run("w")

    glue.jobs.delete(glue.scope, {"JobName": "etl"})

    run = glue.workflow_run(run_id, "w")
    assert (run["Status"], run["Statistics"]["StoppedActions"]) == ("COMPLETED", 1)


def test_update_of_a_trigger_replaces_its_definition_whole(glue):
    # the API reference of TriggerUpdate: "by overwriting it completely"
    glue.add_job("etl")
    schedule = {"Schedule": "cron(0 6 * * ? *)", "StartOnCreation": True}
    glue.add_trigger("t", "SCHEDULED", [{"JobName": "etl"}], Description="old", **schedule)

    def update(**change: Any) -> dict[str, Any]:
        answer: dict[str, Any] = glue.triggers.update(glue.scope, {"Name": "t", "TriggerUpdate": change})["Trigger"]
        return answer

    for incomplete in ({"Description": "new"}, {"Schedule": "cron(0 7 * * ? *)"}, {"Actions": [{"JobName": "etl"}]}):
        with pytest.raises(InvalidInputException):
            update(**incomplete)
    changed = update(Schedule="cron(0 7 * * ? *)", Actions=[{"JobName": "etl"}])

    assert changed["State"] == "ACTIVATED"  # an activated one can be changed: terraform-provider-aws does
    assert (changed["Schedule"], "Description" in changed) == ("cron(0 7 * * ? *)", False)

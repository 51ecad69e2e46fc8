"""Workflow runs from their start to their end: states, statistics, properties and the graph (G7-G10, G26, G27)."""

from typing import Any

import pytest

from localstack_glue.service.errors import ConcurrentRunsExceededException, IllegalWorkflowStateException


def node(run: dict[str, Any], name: str) -> dict[str, Any]:
    return next(found for found in run["Graph"]["Nodes"] if found["Name"] == name)


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


def test_workflow_above_its_limit_refuses_another_run(glue):
    glue.add_quarterly_workflow(MaxConcurrentRuns=1)
    glue.start_workflow_run()

    with pytest.raises(ConcurrentRunsExceededException) as refused:
        glue.start_workflow_run()

    assert refused.value.message == "Concurrent runs exceeded for workflow: quarterly"  # G8


def test_properties_of_a_workflow_run_are_added_and_replaced(glue):  # G10
    glue.add_quarterly_workflow(DefaultRunProperties={"a": "1", "b": "1"})
    asked = {"Name": "quarterly", "RunId": glue.start_workflow_run()}
    glue.workflows.put_run_properties(glue.scope, {**asked, "RunProperties": {"b": "2", "c": "2"}})

    found = glue.workflows.get_run_properties(glue.scope, asked)["RunProperties"]
    assert found == {"a": "1", "b": "2", "c": "2"}
    assert glue.workflows.get(glue.scope, {"Name": "quarterly"})["Workflow"]["DefaultRunProperties"]["b"] == "1"


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


def test_run_that_is_deleted_with_its_job_runs_until_it_has_stopped(glue):  # G26
    glue.add_quarterly_workflow()
    run_id = glue.start_workflow_run()
    glue.end_crawl("SUCCEEDED")

    glue.jobs.delete(glue.scope, {"JobName": "etl"})

    run = glue.workflow_run(run_id)
    counts = run["Statistics"]
    assert (run["Status"], counts["RunningActions"], counts["ErroredActions"]) == ("RUNNING", 1, 0)

    glue.end_job("STOPPED")

    run = glue.workflow_run(run_id)
    assert (run["Status"], run["Statistics"]["StoppedActions"]) == ("COMPLETED", 1)


def test_deleted_job_ends_its_queued_run_and_the_workflow_run_that_waits_for_it(glue):  # G26
    glue.add_job("etl", JobRunQueuingEnabled=True)
    glue.jobs.start(glue.scope, {"JobName": "etl"})
    glue.workflows.create(glue.scope, {"Name": "w"})
    glue.add_trigger("t", "ON_DEMAND", [{"JobName": "etl"}], WorkflowName="w")
    run_id = glue.start_workflow_run("w")

    glue.jobs.delete(glue.scope, {"JobName": "etl"})

    run = glue.workflow_run(run_id, "w")
    assert (run["Status"], run["Statistics"]["StoppedActions"]) == ("COMPLETED", 1)

"""Workflow runs that begin in the middle (G9)."""

import pytest

from localstack_glue.service.errors import (
    ConcurrentRunsExceededException,
    IllegalWorkflowStateException,
    InvalidInputException,
)
from localstack_glue.workflows.view import node_id


def node(kind: str, name: str) -> str:
    return node_id(kind, "quarterly", name)


def resume(glue, run_id, *nodes):
    return glue.workflows.resume_run(glue.scope, {"Name": "quarterly", "RunId": run_id, "NodeIds": list(nodes)})


@pytest.fixture
def failed(glue):
    """A run whose crawl succeeded and whose job failed."""
    glue.add_quarterly_workflow(MaxConcurrentRuns=1)
    run_id = glue.start_workflow_run(RunProperties={"quarter": "2024Q1"})
    glue.end_crawl()
    glue.end_job("FAILED", "no")
    assert glue.workflow_run(run_id)["Status"] == "COMPLETED"  # G7
    return run_id


def test_run_is_resumed_at_its_failed_job(glue, failed):  # G9
    answer = resume(glue, failed, node("JOB", "etl"))

    assert answer["NodeIds"] == [node("JOB", "etl")]
    run = glue.workflow_run(answer["RunId"])
    assert (run["PreviousRunId"], run["Status"]) == (failed, "RUNNING")
    assert run["WorkflowRunProperties"] == {"quarter": "2024Q1"}
    assert (glue.started_crawls, glue.started_jobs) == (["raw"], ["etl", "etl"])  # the crawl is not done again

    glue.end_job()
    run = glue.workflow_run(answer["RunId"])
    statistics = run["Statistics"]
    assert (run["Status"], statistics["SucceededActions"], statistics["FailedActions"]) == ("COMPLETED", 2, 0)
    assert glue.workflow_run(failed)["Statistics"]["FailedActions"] == 1  # the old run stays as it was


def test_resumed_job_belongs_to_the_new_run(glue, failed):  # G10
    answer = resume(glue, failed, node("JOB", "etl"))
    job_run = glue.job_executor.started[-1][1]
    assert (job_run.origin.trigger_name, job_run.origin.workflow_run_id) == ("then", answer["RunId"])


def test_all_behind_a_resumed_node_runs_again(glue, failed):  # G9
    answer = resume(glue, failed, node("CRAWLER", "raw"), node("JOB", "etl"))
    assert answer["NodeIds"] == [node("CRAWLER", "raw")]  # the job follows from it
    assert (glue.started_crawls, glue.started_jobs) == (["raw", "raw"], ["etl"])
    glue.end_crawl()
    assert glue.started_jobs == ["etl", "etl"]
    glue.end_job()
    assert glue.workflow_run(answer["RunId"])["Status"] == "COMPLETED"


def test_job_behind_two_runs_again_where_one_of_them_does(glue):  # G4, G9
    glue.workflows.create(glue.scope, {"Name": "quarterly"})
    for job in ("a", "b", "last"):
        glue.add_job(job)
    glue.add_trigger("start", "ON_DEMAND", [{"JobName": "a"}, {"JobName": "b"}], WorkflowName="quarterly")
    conditions = [{"LogicalOperator": "EQUALS", "JobName": job, "State": "SUCCEEDED"} for job in ("a", "b")]
    both = {"Predicate": {"Logical": "AND", "Conditions": conditions}, "StartOnCreation": True}
    glue.add_trigger("then", "CONDITIONAL", [{"JobName": "last"}], WorkflowName="quarterly", **both)
    run_id = glue.start_workflow_run()
    for position in range(3):
        glue.end_job(position=position)

    resume(glue, run_id, node("JOB", "a"))
    assert glue.started_jobs == ["a", "b", "last", "a"]
    glue.end_job()

    assert glue.started_jobs == ["a", "b", "last", "a", "last"]  # b's end still counts


def test_resumed_run_uses_the_triggers_of_the_first(glue, failed):  # G6, G9
    glue.triggers.delete(glue.scope, {"Name": "then"})
    resume(glue, failed, node("CRAWLER", "raw"))
    glue.end_crawl()
    assert glue.started_jobs == ["etl", "etl"]


def test_resumed_run_can_be_resumed(glue, failed):  # G9
    second = resume(glue, failed, node("JOB", "etl"))["RunId"]
    glue.end_job("FAILED", "no")
    third = resume(glue, second, node("JOB", "etl"))["RunId"]
    glue.end_job()
    assert glue.workflow_run(third)["PreviousRunId"] == second
    assert glue.workflow_run(third)["Statistics"]["SucceededActions"] == 2


@pytest.mark.parametrize(
    "nodes",
    [
        pytest.param([], id="none"),
        pytest.param([node("TRIGGER", "then")], id="trigger"),
        pytest.param([node("JOB", "other")], id="not-there"),
    ],
)
def test_only_jobs_and_crawlers_that_ran_can_be_resumed(glue, failed, nodes):  # G9
    with pytest.raises(InvalidInputException):
        resume(glue, failed, *nodes)


def test_job_that_never_ran_cannot_be_resumed(glue):  # G9
    glue.add_quarterly_workflow()
    run_id = glue.start_workflow_run()
    glue.end_crawl("FAILED")
    with pytest.raises(InvalidInputException):
        resume(glue, run_id, node("JOB", "etl"))


def test_run_that_runs_cannot_be_resumed(glue):  # G9
    glue.add_quarterly_workflow()
    run_id = glue.start_workflow_run()
    with pytest.raises(IllegalWorkflowStateException):
        resume(glue, run_id, node("CRAWLER", "raw"))


def test_resumed_run_counts_to_the_limit(glue, failed):  # G8
    resume(glue, failed, node("JOB", "etl"))
    with pytest.raises(ConcurrentRunsExceededException):
        resume(glue, failed, node("JOB", "etl"))

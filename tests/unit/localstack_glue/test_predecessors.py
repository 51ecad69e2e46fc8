"""The predecessors and execution class of a run, and the triggers that lead to a job."""

from typing import Any

import pytest

from localstack_glue.service.errors import InvalidInputException


def after(*jobs: str, logical: str = "AND") -> dict[str, Any]:
    conditions = [{"LogicalOperator": "EQUALS", "JobName": job, "State": "SUCCEEDED"} for job in jobs]
    return {"Logical": logical, "Conditions": conditions}


def newest(glue: Any, job: str) -> dict[str, Any]:
    run: dict[str, Any] = glue.jobs.get_runs(glue.scope, {"JobName": job})["JobRuns"][0]
    return run


@pytest.mark.parametrize("workflow", [None, "w"], ids=["outside", "in-a-workflow"])
def test_run_names_the_runs_of_the_predicate_that_started_it(glue, workflow):  # G4
    within = {"WorkflowName": workflow} if workflow else {}
    if workflow:
        glue.workflows.create(glue.scope, {"Name": workflow})
    for job in ("a", "b", "last"):
        glue.add_job(job, MaxRetries=1)
    glue.add_trigger("start", "ON_DEMAND", [{"JobName": "a"}, {"JobName": "b"}], **within)
    glue.add_trigger(
        "then", "CONDITIONAL", [{"JobName": "last"}], Predicate=after("a", "b"), StartOnCreation=True, **within
    )

    glue.triggers.start(glue.scope, {"Name": "start"})
    glue.end_job("FAILED", "no", position=0)
    glue.end_job("SUCCEEDED", position=1)
    glue.end_job("SUCCEEDED", position=2)  # the second attempt of the first job

    expected = [{"JobName": job, "RunId": newest(glue, job)["Id"]} for job in ("a", "b")]
    assert newest(glue, "last")["PredecessorRuns"] == expected
    assert expected[0]["RunId"].endswith("_attempt_1")
    glue.end_job("FAILED", "no")
    assert newest(glue, "last")["Attempt"] == 1
    assert newest(glue, "last")["PredecessorRuns"] == expected  # a retry was led to by the same
    assert newest(glue, "a")["PredecessorRuns"] == []
    request = {"JobName": "last", "RunId": newest(glue, "last")["Id"]}
    assert glue.jobs.get_run(glue.scope, request)["JobRun"]["PredecessorRuns"] == []
    request["PredecessorsIncluded"] = True
    assert glue.jobs.get_run(glue.scope, request)["JobRun"]["PredecessorRuns"] == expected


def test_run_that_any_condition_started_names_the_one_that_was_met(glue):  # G4
    for job in ("a", "b", "last"):
        glue.add_job(job)
    glue.add_trigger("start", "ON_DEMAND", [{"JobName": "a"}, {"JobName": "b"}])
    predicate = after("a", "b", logical="ANY")
    glue.add_trigger("then", "CONDITIONAL", [{"JobName": "last"}], Predicate=predicate, StartOnCreation=True)
    glue.triggers.start(glue.scope, {"Name": "start"})

    glue.end_job("SUCCEEDED", position=1)

    assert newest(glue, "last")["PredecessorRuns"] == [{"JobName": "b", "RunId": newest(glue, "b")["Id"]}]


def test_triggers_of_a_job_are_listed_and_all_where_none_starts_it(glue):
    # GetTriggers: "if there is no such trigger, all triggers are returned"
    for job in ("a", "b"):
        glue.add_job(job)
        glue.add_trigger(f"start-{job}", "ON_DEMAND", [{"JobName": job}])

    def named(job: str) -> tuple[list[str], list[str]]:
        request = {"DependentJobName": job}
        found = glue.triggers.get_all(glue.scope, request)["Triggers"]
        names: list[str] = glue.triggers.list_names(glue.scope, request)["TriggerNames"]
        return [trigger["Name"] for trigger in found], names

    assert named("a") == (["start-a"], ["start-a"])
    assert named("other") == (["start-a", "start-b"], ["start-a", "start-b"])


def test_run_has_the_requested_execution_class(glue):
    glue.add_job("etl", GlueVersion="5.0", ExecutionClass="STANDARD")

    glue.jobs.start(glue.scope, {"JobName": "etl", "ExecutionClass": "FLEX"})

    assert newest(glue, "etl")["ExecutionClass"] == "FLEX"


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param({"GlueVersion": "2.0"}, id="old-glue"),
        pytest.param(
            {"GlueVersion": "5.0", "Command": {"Name": "gluestreaming", "ScriptLocation": "s3://c/x"}}, id="no-etl"
        ),
    ],
)
def test_flexible_execution_is_for_spark_jobs_of_glue_3_and_later(glue, definition):
    with pytest.raises(InvalidInputException, match="FLEX"):
        glue.add_job("etl", ExecutionClass="FLEX", **definition)
    glue.add_job("etl", **definition)
    with pytest.raises(InvalidInputException, match="FLEX"):
        glue.jobs.start(glue.scope, {"JobName": "etl", "ExecutionClass": "FLEX"})


def test_run_that_should_have_less_rights_than_its_role_is_refused(glue):
    glue.add_job("etl")
    with pytest.raises(InvalidInputException, match="ExecutionRoleSessionPolicy"):
        glue.jobs.start(glue.scope, {"JobName": "etl", "ExecutionRoleSessionPolicy": "{}"})

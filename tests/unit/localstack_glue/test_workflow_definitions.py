"""Triggers and workflows as they are defined: what is refused, and what updates and deletions leave (G3-G5, G11)."""

from typing import Any

import pytest

from localstack_glue.service.errors import EntityNotFoundException, InvalidInputException
from tests.unit.localstack_glue.trigger_conditions import job_condition

AFTER_FIRST = {"Conditions": [job_condition("first", "SUCCEEDED")]}


def test_second_starting_trigger_in_a_workflow_is_refused(glue):
    glue.add_quarterly_workflow()

    with pytest.raises(InvalidInputException):  # G5
        glue.add_trigger(
            "another", "SCHEDULED", [{"JobName": "etl"}], Schedule="cron(0 6 * * ? *)", WorkflowName="quarterly"
        )


def test_trigger_of_an_unknown_workflow_is_refused(glue):
    with pytest.raises(EntityNotFoundException):
        glue.add_trigger("start", "ON_DEMAND", [{"JobName": "etl"}], WorkflowName="nowhere")


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


def test_update_of_a_workflow_keeps_what_it_does_not_name(glue):
    glue.add_quarterly_workflow(MaxConcurrentRuns=2, DefaultRunProperties={"a": "1"}, Description="old")
    glue.workflows.update(glue.scope, {"Name": "quarterly", "Description": "new"})
    glue.workflows.update(glue.scope, {"Name": "quarterly", "DefaultRunProperties": {"b": "2"}})

    kept = glue.workflows.get(glue.scope, {"Name": "quarterly"})["Workflow"]
    assert (kept["Description"], kept["MaxConcurrentRuns"], kept["DefaultRunProperties"]) == ("new", 2, {"b": "2"})


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

"""What fires within a workflow, and what does not cross its borders (G5, G6)."""

from tests.unit.localstack_glue.trigger_conditions import add_conditional, crawl_condition


def test_crawler_of_a_workflow_started_by_hand_fires_nothing_inside_it(glue):
    glue.add_quarterly_workflow()

    glue.crawlers.start(glue.scope, {"Name": "raw"})
    glue.end_crawl("SUCCEEDED")

    assert glue.started_jobs == []  # G5


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


def test_crawler_started_by_an_outside_trigger_fires_nothing_inside_a_workflow(glue):
    glue.add_quarterly_workflow()
    glue.add_trigger("outside", "ON_DEMAND", [{"CrawlerName": "raw"}])

    glue.triggers.start(glue.scope, {"Name": "outside"})
    glue.end_crawl("SUCCEEDED")

    assert glue.started_jobs == []  # G5


def test_starting_trigger_of_a_workflow_starts_a_run(glue):
    glue.add_quarterly_workflow()

    glue.triggers.start(glue.scope, {"Name": "start"})
    glue.end_crawl("SUCCEEDED")

    runs = glue.workflows.get_runs(glue.scope, {"Name": "quarterly"})["Runs"]
    assert len(runs) == 1
    assert glue.started_jobs == ["etl"]


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


def test_trigger_deactivated_during_a_workflow_run_still_fires_in_it(glue):
    glue.add_quarterly_workflow()

    glue.start_workflow_run()
    glue.triggers.stop(glue.scope, {"Name": "then"})
    glue.end_crawl("SUCCEEDED")

    assert glue.started_jobs == ["etl"]  # G6

"""What would start once a crawler or a job has succeeded."""

import pytest

from glue_triggers.conditions import Kind, Node
from localstack_glue.service.models import BY_HAND
from localstack_glue.service.settings import WarmJvm
from localstack_glue.workflows.upcoming_jobs import UpcomingJobs, jobs_after

RAW = Node(Kind.CRAWLER, "raw")


def names(glue, origin, node=RAW):
    return [action["JobName"] for action in jobs_after(glue.store, origin, node)]


def watch(crawler: str = "raw", state: str = "SUCCEEDED") -> dict:
    return {"Conditions": [{"LogicalOperator": "EQUALS", "CrawlerName": crawler, "CrawlState": state}]}


def test_job_behind_the_crawl_of_a_workflow_run_is_expected(glue):
    glue.add_quarterly_workflow()
    glue.start_workflow_run()
    crawl = glue.crawl_executor.started[-1][1]

    assert names(glue, crawl.origin) == ["etl"]
    assert names(glue, crawl.origin, Node(Kind.CRAWLER, "other")) == []


def test_nothing_is_expected_behind_what_was_started_by_hand(glue):
    glue.add_quarterly_workflow()

    assert names(glue, BY_HAND) == []  # G1, G2


def test_only_activated_triggers_that_watch_for_success_count(glue):
    glue.add_crawler("raw")
    for job in ("on-success", "on-failure", "asleep"):
        glue.add_job(job)
    glue.add_trigger("start", "ON_DEMAND", [{"CrawlerName": "raw"}])
    glue.add_trigger("a", "CONDITIONAL", [{"JobName": "on-success"}], Predicate=watch(), StartOnCreation=True)
    glue.add_trigger(
        "b", "CONDITIONAL", [{"JobName": "on-failure"}], Predicate=watch(state="FAILED"), StartOnCreation=True
    )
    glue.add_trigger("c", "CONDITIONAL", [{"JobName": "asleep"}], Predicate=watch())  # G3
    glue.triggers.start(glue.scope, {"Name": "start"})

    assert names(glue, glue.crawl_executor.started[-1][1].origin) == ["on-success"]


def test_trigger_that_has_fired_in_its_run_is_expected_no_more(glue):
    glue.add_quarterly_workflow()
    glue.start_workflow_run()
    origin = glue.crawl_executor.started[-1][1].origin
    glue.end_crawl()

    assert names(glue, origin) == []


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (WarmJvm.OFF, []),
        (WarmJvm.CRAWL, ["etl", "after"]),  # behind the crawl, and behind the job
        (WarmJvm.ALWAYS, ["etl", "after", "etl", "after", "etl"]),  # first when defined, and again when run
    ],
)
def test_jvms_are_prepared_for_the_next_jobs(glue, mode, expected):
    UpcomingJobs(mode, glue.jobs, glue.crawl_signals, glue.job_signals)
    glue.add_quarterly_workflow()
    glue.add_job("after")
    succeeded = {"Conditions": [{"LogicalOperator": "EQUALS", "JobName": "etl", "State": "SUCCEEDED"}]}
    follows = {"WorkflowName": "quarterly", "StartOnCreation": True, "Predicate": succeeded}
    glue.add_trigger("last", "CONDITIONAL", [{"JobName": "after"}], **follows)

    glue.start_workflow_run()
    glue.end_crawl()
    glue.end_job("STOPPED")

    assert [name for name, _ in glue.job_executor.expected] == expected

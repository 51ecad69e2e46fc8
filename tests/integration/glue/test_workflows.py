"""Runs of workflows: their actions, their end and their statistics."""

from __future__ import annotations

from typing import Any

from tests.integration.glue.account import Account, refusal


def succeeded(job: str) -> dict[str, Any]:
    return {"Logical": "AND", "Conditions": [{"LogicalOperator": "EQUALS", "JobName": job, "State": "SUCCEEDED"}]}


def chain(account: Account, first: str, second: str, **workflow: Any) -> tuple[str, str, str]:
    """A workflow that runs one job after the success of another: its name and its two triggers."""
    name = account.workflow(**workflow)
    start = account.trigger("ON_DEMAND", {"JobName": first}, WorkflowName=name)
    then = account.trigger("CONDITIONAL", {"JobName": second}, WorkflowName=name, Predicate=succeeded(first))
    return name, start, then


def start(account: Account, workflow: str, **request: Any) -> str:
    run_id: str = account.glue.start_workflow_run(Name=workflow, **request)["RunId"]
    return run_id


def test_run_ends_completed_with_statistics_and_a_graph(account: Account):  # G7, G9
    first, second = account.job(), account.job()
    workflow, first_trigger, second_trigger = chain(account, first, second)

    run = account.wait_for_workflow_run(workflow, start(account, workflow))

    assert run["Status"] == "COMPLETED"
    assert {name: count for name, count in run["Statistics"].items() if count} == {
        "TotalActions": 2,
        "SucceededActions": 2,
    }
    nodes = {node["UniqueId"]: node for node in run["Graph"]["Nodes"]}
    assert {(node["Type"], node["Name"]) for node in nodes.values()} == {
        ("TRIGGER", first_trigger),
        ("JOB", first),
        ("TRIGGER", second_trigger),
        ("JOB", second),
    }
    edges = [(nodes[edge["SourceId"]]["Name"], nodes[edge["DestinationId"]]["Name"]) for edge in run["Graph"]["Edges"]]
    assert sorted(edges) == sorted([(first_trigger, first), (first, second_trigger), (second_trigger, second)])
    details = {node["Name"]: node["JobDetails"]["JobRuns"] for node in nodes.values() if node["Type"] == "JOB"}
    assert [run["JobRunState"] for runs in details.values() for run in runs] == ["SUCCEEDED", "SUCCEEDED"]


def test_run_with_a_failed_job_is_completed_all_the_same_and_can_be_resumed(account: Account):  # G7, G9
    first, second = account.job("fail", MaxRetries=0), account.job()
    workflow, _, _ = chain(account, first, second)

    failed = account.wait_for_workflow_run(workflow, start(account, workflow))
    assert failed["Status"] == "COMPLETED"
    assert (failed["Statistics"]["FailedActions"], failed["Statistics"]["SucceededActions"]) == (1, 0)
    assert account.runs(second) == []

    node = next(node["UniqueId"] for node in failed["Graph"]["Nodes"] if node["Name"] == first)
    answer = account.glue.resume_workflow_run(Name=workflow, RunId=failed["WorkflowRunId"], NodeIds=[node])
    resumed = account.wait_for_workflow_run(workflow, answer["RunId"])
    assert resumed["PreviousRunId"] == failed["WorkflowRunId"]
    assert resumed["Statistics"]["FailedActions"] == 1
    assert len(account.runs(first)) == 2


def test_failed_crawl_leaves_the_job_unstarted_and_the_run_completed(account: Account):  # G7
    account.put(f"{account.prefix}/unreadable/a.csv", "id,wheels\n1,4\n2,3\n")
    crawler, job = account.crawler(f"{account.prefix}/unreadable/", Role=account.powerless_role()), account.job()
    workflow = account.workflow()
    account.trigger("ON_DEMAND", {"CrawlerName": crawler}, WorkflowName=workflow)
    condition = {"LogicalOperator": "EQUALS", "CrawlerName": crawler, "CrawlState": "SUCCEEDED"}
    account.trigger("CONDITIONAL", {"JobName": job}, WorkflowName=workflow, Predicate={"Conditions": [condition]})

    run = account.wait_for_workflow_run(workflow, start(account, workflow))

    assert run["Status"] == "COMPLETED"
    assert (run["Statistics"]["FailedActions"], run["Statistics"]["TotalActions"]) == (1, 2)
    assert account.runs(job) == []


def test_workflow_has_one_starting_trigger(account: Account):  # G5
    job = account.job()
    workflow = account.workflow()
    account.trigger("ON_DEMAND", {"JobName": job}, WorkflowName=workflow)
    code = refusal(
        account.glue.create_trigger,
        Name=account.name("trigger"),
        Type="ON_DEMAND",
        Actions=[{"JobName": job}],
        WorkflowName=workflow,
    )
    assert code == "InvalidInputException"


def test_job_started_outside_fires_nothing_inside(account: Account):  # G5
    first, second = account.job(), account.job()
    workflow, _, _ = chain(account, first, second)
    outside = account.trigger("ON_DEMAND", {"JobName": first})

    account.glue.start_trigger(Name=outside)
    account.wait_for_runs(first, 1)
    run_id = start(account, workflow)
    account.wait_for_workflow_run(workflow, run_id)

    assert len(account.runs(second)) == 1
    assert len(account.glue.get_workflow_runs(Name=workflow)["Runs"]) == 1


def test_run_keeps_the_triggers_it_started_with(account: Account):  # G6
    (first, open_gate), second = account.gated_job(), account.job()
    workflow, _, then = chain(account, first, second)

    run_id = start(account, workflow)
    account.glue.delete_trigger(Name=then)
    open_gate()
    run = account.wait_for_workflow_run(workflow, run_id)

    assert run["Statistics"]["SucceededActions"] == 2
    assert len(account.runs(second)) == 1


def test_more_runs_than_allowed_are_refused_and_a_stopped_run_is_stopped(account: Account):  # G7, G8
    (first, _), second = account.gated_job(), account.job()
    workflow, _, _ = chain(account, first, second, MaxConcurrentRuns=1)

    run_id = start(account, workflow)
    assert refusal(account.glue.start_workflow_run, Name=workflow) == "ConcurrentRunsExceededException"
    account.glue.stop_workflow_run(Name=workflow, RunId=run_id)
    run = account.wait_for_workflow_run(workflow, run_id)

    assert run["Status"] == "STOPPED"
    assert run["Statistics"]["StoppedActions"] == 1
    assert account.runs(second) == []


def test_arguments_and_run_properties_reach_the_job(account: Account):  # G10
    told = f"{account.prefix}/told/workflow.json"
    job = account.job(
        "tell",
        arguments={"--tell": told, "--colour": "red", "--size": "small"},
        NonOverridableArguments={"--fixed": "job"},
    )
    workflow = account.workflow(DefaultRunProperties={"season": "spring", "year": "2026"})
    arguments = {"--colour": "blue", "--extra": "yes", "--fixed": "trigger"}
    account.trigger("ON_DEMAND", {"JobName": job, "Arguments": arguments}, WorkflowName=workflow)

    run_id = start(account, workflow, RunProperties={"year": "2027"})
    run = account.wait_for_workflow_run(workflow, run_id)

    assert run["Statistics"]["SucceededActions"] == 1
    given = account.read_json(told)
    expected = {"--colour": "blue", "--size": "small", "--extra": "yes", "--fixed": "job"}
    assert {name: given.get(name) for name in expected} == expected
    assert (given["--WORKFLOW_NAME"], given["--WORKFLOW_RUN_ID"]) == (workflow, run_id)
    properties = account.glue.get_workflow_run_properties(Name=workflow, RunId=run_id)["RunProperties"]
    assert properties == {"season": "spring", "year": "2027"}

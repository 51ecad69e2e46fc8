"""What Glue will run in an account, read from moto's Glue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber
from moto import mock_aws
from mypy_boto3_glue import GlueClient

from quartal.cli.app import run
from quartal.core.aws import AwsConnection
from quartal.runs.account_schedule import own_schedule, read_pipeline, show_schedule
from quartal.workspace import Workspace

CONNECTION = AwsConnection("eu-central-1", None, "test", "test")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def glue(project, monkeypatch) -> Iterator[GlueClient]:
    monkeypatch.chdir(project)
    monkeypatch.setattr(Workspace, "env", {"AWS_REGION": "eu-central-1"})
    monkeypatch.setattr(Workspace, "account_connection", lambda _self, region: replace(CONNECTION, region=region))
    with mock_aws():
        yield CONNECTION.glue()


def add_job(glue: GlueClient, name: str, **more: Any) -> None:
    glue.create_job(Name=name, Role="etl", Command={"Name": "glueetl", "ScriptLocation": "s3://code/job.py"}, **more)


def add_chain(glue: GlueClient, **predicate: Any) -> None:
    glue.create_crawler(Name="raw", Role="etl", Targets={"S3Targets": [{"Path": "s3://lake/raw/"}]})
    add_job(glue, "load", GlueVersion="5.1", Timeout=60)
    glue.create_workflow(Name="quarterly", MaxConcurrentRuns=1)
    glue.create_trigger(
        Name="start",
        Type="SCHEDULED",
        Schedule="cron(0 2 8 1,4,7,10 ? *)",
        WorkflowName="quarterly",
        Actions=[{"CrawlerName": "raw"}],
        StartOnCreation=True,
    )
    condition = {"LogicalOperator": "EQUALS", "CrawlerName": "raw", "CrawlState": "SUCCEEDED", **predicate}
    glue.create_trigger(
        Name="then",
        Type="CONDITIONAL",
        WorkflowName="quarterly",
        Predicate={"Logical": "AND", "Conditions": [condition]},
        Actions=[{"JobName": "load"}],
        StartOnCreation=True,
    )


def test_year_of_a_sound_account_is_shown(glue, capsys):
    add_chain(glue)
    assert run(["schedule"]) == 0
    told = capsys.readouterr().out
    assert "trigger start: 4 times in a year by cron(0 2 8 1,4,7,10 ? *)" in told
    assert "starts crawler raw, then job load" in told
    assert "Everything runs as configured." in told


def test_trigger_that_never_fires_is_found_and_ends_with_3(glue, capsys):
    add_chain(glue, CrawlerName="other")
    assert run(["schedule", "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert [(found["rule"], found["level"], found["address"]) for found in told["findings"]] == [
        ("not-there", "error", "trigger then"),
        ("nothing-starts-it", "error", "trigger then"),
    ]
    assert told["starts"][0]["starts"] == [{"kind": "crawler", "name": "raw"}]


def test_account_without_schedules_is_reported_as_such(glue, capsys):
    assert run(["schedule"]) == 0
    assert capsys.readouterr().out.startswith("Nothing in eu-central-1 starts a Glue job or crawler until ")


@pytest.mark.parametrize(
    ("variables", "environ", "region"),
    [
        ('prefix = "local"\nregion = "us-west-2"\n', {"TF_VAR_region": "eu-west-1"}, "us-west-2"),
        ('prefix = "local"\nlake = {\n  region = "us-west-2"\n}\n', {"TF_VAR_region": "eu-west-1"}, "eu-west-1"),
        ('prefix = "local"\n', {}, "eu-central-1"),
    ],
    ids=["in the environment's file", "in a variable of the process", "in neither"],
)
def test_region_is_that_of_the_environments_variables(glue, project, monkeypatch, capsys, variables, environ, region):
    (project / "infra/environments/localstack.tfvars").write_text(variables)
    monkeypatch.setattr(Workspace, "env", {"AWS_REGION": "eu-central-1"} | environ)
    assert run(["schedule"]) == 0
    assert capsys.readouterr().out.startswith(f"Nothing in {region} starts a Glue job or crawler until ")


def test_all_pages_of_an_account_are_read(glue):
    names = [f"job-{number:03}" for number in range(130)]
    for name in names:
        add_job(glue, name, ExecutionProperty={"MaxConcurrentRuns": 2})
        glue.create_workflow(Name=name)

    found = read_pipeline(glue)

    assert [job.name for job in found.jobs] == names
    assert {(job.max_concurrent_runs, job.median_min) for job in found.jobs} == {(2, None)}
    assert sorted(workflow.name for workflow in found.workflows) == names


@pytest.mark.parametrize(
    ("runs", "minutes"),
    [
        ([("SUCCEEDED", 600), ("SUCCEEDED", 720), ("SUCCEEDED", 840), ("FAILED", 5), ("RUNNING", 3)], 12.0),
        ([("TIMEOUT", 3600), ("TIMEOUT", 3600), ("SUCCEEDED", 3000)], 61.0),
        ([("FAILED", 5)], None),
        ([], None),
    ],
    ids=["succeeded", "mostly ended by the timeout", "failed", "never"],
)
def test_usual_run_is_the_median_of_those_that_had_their_time(glue, monkeypatch, runs, minutes):
    add_chain(glue)
    told = [{"JobRunState": state, "ExecutionTime": seconds} for state, seconds in runs]
    monkeypatch.setattr(glue, "get_job_runs", lambda JobName, MaxResults: {"JobRuns": told})

    (job,) = read_pipeline(glue).jobs

    assert (job.timeout_min, job.median_min) == (60, minutes)


@pytest.mark.parametrize(
    ("schedule", "counts"),
    [
        ({}, ""),
        ({"ScheduleExpression": "cron(0 6 * * ? *)", "State": "SCHEDULED"}, "cron(0 6 * * ? *)"),
        ({"ScheduleExpression": "cron(0 6 * * ? *)", "State": "NOT_SCHEDULED"}, ""),
    ],
)
def test_schedule_of_a_crawler_counts_unless_it_is_paused(schedule, counts):
    assert own_schedule({"Name": "raw", "Schedule": schedule}) == counts


def test_next_starts_are_listed_from_the_current_time(glue, project, capsys):
    from quartal.cli.options import open_workspace

    add_chain(glue)
    assert not show_schedule(open_workspace(None, as_json=True), None, NOW)
    assert json.loads(capsys.readouterr().out)["starts"][0]["next"][0] == "2027-01-08T02:00:00+00:00"


def test_lists_that_an_answer_leaves_out_are_empty():
    client = CONNECTION.glue()
    with Stubber(client) as stubber:
        for call in ("get_jobs", "get_crawlers", "get_triggers", "list_workflows"):
            stubber.add_response(call, {})
        found = read_pipeline(client)
    assert (found.jobs, found.crawlers, found.triggers, found.workflows) == ((), (), (), ())

"""The roles of crawler and job allow what a run does, and nothing else."""

from __future__ import annotations

import json

import boto3
import pytest

from quartal.core.polling import Waiter
from tests.integration.chain.first_run import FirstRun
from tests.integration.deployment import Pipeline
from tests.integration.iam_exceptions import NEVER_NEEDED, UNUSED


@pytest.mark.parametrize("part", ["crawler", "job"])
def test_every_granted_action_is_used_but_for_named_exceptions(first_run: FirstRun, part: str):
    activity = first_run.activity[part]
    unused = {
        action
        for statement in activity["statements"]
        for action, count in statement["actions"].items()
        if count == 0 and action not in {call["action"] for call in activity["calls"] if call["allowed"]}
    }
    assert unused == set(UNUSED[part])


@pytest.mark.parametrize("part", ["crawler", "job"])
def test_nothing_is_done_that_is_not_granted(first_run: FirstRun, part: str):
    assert first_run.activity[part]["denials"] == []
    assert len(first_run.activity[part]["calls"]) > 5


@pytest.mark.parametrize("part", ["crawler", "job"])
def test_without_any_one_statement_the_run_would_have_been_denied(first_run: FirstRun, part: str):
    dispensable = {
        statement["statement"]
        for statement in first_run.activity[part]["statements"]
        if statement["without_it"]["refused"] == 0
    }
    assert dispensable == set(NEVER_NEEDED[part])


def test_job_fails_with_access_denied_when_a_statement_is_removed(pipeline: Pipeline, manifest: dict):
    glue, deployment = pipeline.workspace.connection.glue(), pipeline.workspace.deployment
    iam = boto3.client(
        "iam",
        endpoint_url=pipeline.workspace.connection.endpoint_url,
        region_name=deployment.region,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    named = {
        "RoleName": glue.get_job(JobName=deployment.job)["Job"]["Role"].rpartition("/")[2],
        "PolicyName": "catalog",
    }
    granted = iam.get_role_policy(**named)["PolicyDocument"]
    kept = [statement for statement in granted["Statement"] if statement["Sid"] != "ReadCatalog"]
    assert len(kept) == len(granted["Statement"]) - 1
    iam.put_role_policy(**named, PolicyDocument=json.dumps({**granted, "Statement": kept}))
    try:
        run_id = glue.start_job_run(JobName=deployment.job)["JobRunId"]
        run = Waiter(timeout_s=300).wait_until(
            lambda: glue.get_job_run(JobName=deployment.job, RunId=run_id)["JobRun"],
            is_done=lambda found: found["JobRunState"] not in {"STARTING", "RUNNING", "WAITING", "STOPPING"},
            describe=lambda found: found["JobRunState"],
            waiting_for="the job without ReadCatalog",
        )
    finally:
        iam.put_role_policy(**named, PolicyDocument=json.dumps(granted))
    assert run["JobRunState"] == "FAILED"
    assert "AccessDenied" in run["ErrorMessage"]
    assert "glue:Get" in run["ErrorMessage"]

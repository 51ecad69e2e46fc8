"""Plans of a deployment that has run: empty, out of date, and with drift."""

from __future__ import annotations

import json
from typing import Any

import pytest

from plan_review.parse import parse_plan
from quartal.cli.app import run as quartal
from quartal.core.errors import TerraformError
from quartal.deploy import change, review
from quartal.deploy.review import ReviewOptions
from quartal.terraform import saved_plan
from tests.integration.deployment import Pipeline


@pytest.fixture(scope="module")
def second_plan(pipeline: Pipeline, manifest: dict) -> dict[str, Any]:
    """The plan after the first run, which stays saved."""
    return change.save_plan(pipeline.workspace)


def test_second_plan_is_empty(second_plan):
    assert parse_plan(second_plan).summary() == "no changes"


def test_plan_that_was_reviewed_before_the_state_moved_is_not_applied(pipeline, second_plan):
    workspace = pipeline.workspace
    review.review_saved_plan(workspace, second_plan, ReviewOptions())
    record = saved_plan.read_record(workspace.staged)
    state = workspace.staged.folder / "terraform.tfstate"
    text = state.read_text()
    state.write_text(json.dumps(json.loads(text) | {"serial": json.loads(text)["serial"] + 1}))
    try:
        with pytest.raises(TerraformError) as error:
            change.apply_plan(workspace, record)
    finally:
        state.write_text(text)
    assert "state has changed since this plan was reviewed" in error.value.message
    assert saved_plan.read_record(workspace.staged) is None


def test_drift_is_reported_with_exit_code_3_and_only_while_it_is_there(pipeline, command_line, capsys):
    group = pipeline.workspace.deployment.log_groups["crawler"]
    logs = pipeline.workspace.connection.logs()
    days = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"]
    logs.put_retention_policy(logGroupName=group, retentionInDays=365)
    try:
        assert quartal(["drift", "--json"]) == 3
    finally:
        logs.put_retention_policy(logGroupName=group, retentionInDays=days)
    (found,) = json.loads(capsys.readouterr().out)["drift"]
    assert found["address"] == 'module.glue_catalog.aws_cloudwatch_log_group.crawler["vehicle_sightings"]'
    assert found["attributes"] == [{"path": "retention_in_days", "before": days, "after": 365}]
    assert quartal(["drift"]) == 0

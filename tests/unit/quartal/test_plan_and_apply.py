"""`quartal plan`, `apply` and `destroy` from the command line to a program in Terraform's place."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.stub import Stubber

from plan_review.levels import Level
from quartal.cli.app import run as quartal
from quartal.core.aws import AwsConnection
from quartal.core.console import Console
from quartal.core.errors import ConfigurationError
from quartal.core.settings import Settings
from quartal.deploy import review
from quartal.deploy.review import ReviewOptions, deployed_outputs
from quartal.terraform import saved_plan
from quartal.terraform.working_copy import stage
from quartal.workspace import Workspace
from tests.unit.plan_review.resource_changes import change
from tests.unit.quartal.conftest import write_plan, write_state
from tests.unit.quartal.runs.stubbed_aws import TWO_FEEDS, ended, running


def commands(stand_in: Path) -> list[str]:
    """What Terraform was told to do, questions for its version left out."""
    return [line for line in (stand_in / "log").read_text().split() if line != "version"]


# ------------------------------------------------------------------ plan --out, --format


def test_one_plan_gives_every_requested_format(stand_in, project, capsys):
    files = [f".quartal/review.{suffix}" for suffix in ("html", "md", "json", "txt")]
    assert quartal(["plan", "--no-policies", *(word for file in files for word in ("--out", file))]) == 0
    page, comment, data, text = ((project / file).read_text() for file in files)
    assert page.startswith("<!doctype html>")
    assert comment.startswith("## ")
    assert json.loads(data)["summary"] == "1 to update"
    assert text == capsys.readouterr().out
    assert commands(stand_in).count("plan") == 1


def test_format_is_that_of_standard_output_and_a_file_keeps_that_of_its_suffix(stand_in, project, capsys):
    # what `nox -s plan -- --format markdown` types
    assert quartal(["plan", "--no-policies", "--out", ".quartal/plan.html", "--format", "markdown"]) == 0
    assert (project / ".quartal/plan.html").read_text().startswith("<!doctype html>")
    assert capsys.readouterr().out.startswith("## ")


def test_file_that_cannot_be_written_is_named_and_ends_with_2(stand_in, project, capsys):
    (project / "taken").touch()
    assert quartal(["plan", "--no-policies", "--out", "taken/review.md"]) == 2
    assert "taken/review.md" in capsys.readouterr().err


def test_warnings_of_terraform_during_a_plan_are_shown(stand_in, capsys):
    diagnostic = {"severity": "warning", "summary": "Value for undeclared variable", "detail": "No variable colour."}
    (stand_in / "events").write_text(json.dumps({"type": "diagnostic", "diagnostic": diagnostic}))
    assert quartal(["plan", "--no-policies"]) == 0
    assert "Value for undeclared variable No variable colour." in capsys.readouterr().err


def test_manifest_that_this_version_does_not_know_stops_no_plan_to_deploy_it(stand_in, connection, monkeypatch, capsys):
    s3, bucket = connection.s3(), f"lake-{secrets.token_hex(8)}"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="runs/sightings/wr_1.json", Body=b'{"manifest_version": 99}')
    monkeypatch.setenv("AWS_ENDPOINT_URL", connection.endpoint_url)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    group = change("aws_cloudwatch_log_group", {"retention_in_days": 30}, {"retention_in_days": 90})
    write_plan(stand_in, group, outputs={"lake_bucket": bucket, "dataset": "sightings"})
    assert quartal(["plan", "--no-policies"]) == 0
    told = " ".join(capsys.readouterr().err.split())
    assert "The cost is an estimate" in told
    assert "is a run manifest of version 99" in told


# ------------------------------------------------------------------ destroy


def test_destroy_names_the_option_that_lets_it_go_on_and_takes_it(stand_in, capsys):
    assert quartal(["plan", "--no-policies"]) == 0
    write_plan(stand_in, change("aws_kms_key", {"description": "lake"}, None))
    assert quartal(["destroy"]) == 2
    assert "--approve data" in capsys.readouterr().err
    assert quartal(["destroy", "--approve", "destroy"]) == 2
    assert "apply" not in commands(stand_in)
    assert quartal(["destroy", "--approve", "data"]) == 0
    assert commands(stand_in)[-1] == "apply"


@pytest.mark.parametrize(
    ("arguments", "consequence"),
    [
        ([], "If its job still writes while the lake is removed, run the command again"),
        (["--keep-data"], "The published tables stay consistent; after the next `quartal apply --env dev`"),
    ],
)
def test_destroy_warns_before_approval_of_a_run_that_it_would_abort(
    stand_in, capsys, monkeypatch, arguments, consequence
):
    assert quartal(["plan", "--no-policies"]) == 0
    write_state(stand_in, ("module.glue_job.aws_glue_job.this", ()))
    lake = [] if "--keep-data" in arguments else [change("aws_s3_bucket", {"bucket": "lake"}, None)]
    write_plan(stand_in, change("aws_glue_job", {"name": "job"}, None), *lake, outputs=TWO_FEEDS)
    if "--keep-data" in arguments:  # a plan with targets changes no outputs
        plan = json.loads((stand_in / "plan.json").read_text())
        outputs = {name: {"value": output["before"]} for name, output in plan.pop("output_changes").items()}
        (stand_in / "plan.json").write_text(json.dumps(plan | {"prior_state": {"values": {"outputs": outputs}}}))
    glue = AwsConnection("eu-central-1", None, "test", "test").glue()
    monkeypatch.setattr(Workspace, "account_connection", lambda *_: SimpleNamespace(glue=lambda: glue))
    with Stubber(glue) as stub:
        stub.add_response("get_workflow_runs", {"Runs": [ended("wr_1")]})
        stub.add_response("get_workflow_runs", {"Runs": [running("wr_2"), ended("wr_3")]})
        assert quartal(["destroy", *arguments]) == 2
        told = " ".join(capsys.readouterr().err.split())
        assert "Run wr_2 of workflow flow is in progress" in told
        assert "The removal may interrupt it" in told
        assert consequence in told
        assert "wr_1" not in told
        assert "apply" not in commands(stand_in)
        stub.add_client_error("get_workflow_runs", "AccessDeniedException")
        assert quartal(["destroy", *arguments, "--approve", "data"]) == 0
        assert "It is not known whether a run is in progress" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(("kind", "is_told"), [("aws_glue_job", True), ("aws_cloudwatch_log_group", False)])
def test_apply_warns_of_a_run_whose_parts_it_replaces(stand_in, capsys, monkeypatch, kind, is_told):
    replaced = change(kind, {"name": "a"}, {"name": "b"})
    replaced["change"]["actions"] = ["delete", "create"]
    write_plan(stand_in, replaced, outputs=TWO_FEEDS)
    glue = AwsConnection("eu-central-1", None, "test", "test").glue()
    monkeypatch.setattr(Workspace, "account_connection", lambda *_: SimpleNamespace(glue=lambda: glue))
    with Stubber(glue) as stub:
        for answer in [{}, {"Runs": [running("wr_2")]}] if is_told else []:
            stub.add_response("get_workflow_runs", answer)
        assert quartal(["apply", "--no-policies"]) == 2
        stub.assert_no_pending_responses()
    told = " ".join(capsys.readouterr().err.split())
    assert ("Run wr_2 of workflow flow is in progress" in told) is is_told
    assert (
        "The published tables stay consistent; `quartal run --env dev` completes what the run leaves unfinished" in told
    ) is is_told


# ------------------------------------------------------------------ apply with options of a review


def test_options_of_a_review_judge_the_plan_that_waits_anew(stand_in, project, capsys):
    (project / "own.yaml").write_text(
        "rules:\n  - id: no-log-group\n    types: [aws_cloudwatch_log_group]\n    level: blocked\n    sentence: None.\n"
    )
    assert quartal(["plan", "--no-policies"]) == 0
    assert quartal(["apply", "--no-policies", "--rules", "own.yaml", "--approve", "data"]) == 2
    assert "[no-log-group]" in capsys.readouterr().err
    assert commands(stand_in).count("plan") == 1
    assert "apply" not in commands(stand_in)
    assert quartal(["apply"]) == 2, "what blocked it stands in the record"
    assert "[no-log-group]" in capsys.readouterr().err
    assert quartal(["apply", "--no-policies", "--usage", "missing.yaml"]) == 2
    assert "missing.yaml" in capsys.readouterr().err


@pytest.mark.parametrize("environment", ["dev", "localstack"])
def test_saved_plan_that_cannot_be_judged_stays_blocked(stand_in, environment):
    strange = change("aws_glue_job", {"name": "a"}, {"name": "b"})
    strange["change"]["actions"] = ["evict"]
    write_plan(stand_in, strange)
    workspace = Workspace(replace(Settings.from_env(os.environ), environment=environment), Console())
    staged = stage(workspace.settings)
    staged.plan_file.write_text("the plan")
    data = json.loads((stand_in / "plan.json").read_text())
    review.review_saved_plan(workspace, data, ReviewOptions(policies=False))
    saved = saved_plan.require_record(staged)
    with pytest.raises(ConfigurationError, match="is blocked") as error:
        review.refuse_unapproved(workspace, review.read_verdict(saved), Level.DATA)
    assert "[unknown-action]" in error.value.details[0]


@pytest.mark.parametrize("options", [[], ["--approve", "data"], ["--auto-approve"]])
def test_plan_that_was_reviewed_is_applied_without_another(stand_in, options):
    assert quartal(["plan", "--no-policies"]) == 0
    assert quartal(["apply", *options]) == 0
    assert commands(stand_in)[-1] == "apply"
    assert commands(stand_in).count("plan") == 1


def test_runs_are_looked_up_in_the_deployed_region():
    """A bucket that the plan renames has its manifests under the name of today."""
    plan = {
        "prior_state": {"values": {"outputs": {"lake_bucket": {"value": "new"}, "dataset": {"value": "d"}}}},
        "output_changes": {
            "lake_bucket": {"actions": ["update"], "before": "old", "after": "new"},
            "dataset": {"actions": ["no-op"], "before": "d", "after": "d"},
            "job": {"actions": ["create"], "before": None, "after": "j"},
        },
    }
    assert deployed_outputs(plan) == {"lake_bucket": "old", "dataset": "d"}

"""`run --ephemeral` and `destroy --keep-data`: what is removed, kept and charged, and the messages on failure."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.stub import Stubber

from plan_review.cost import Cost, CostLine, CostReview
from plan_review.prices import PriceList
from plan_review.usage import load_usage
from quartal.cli.app import run as quartal
from quartal.core.aws import AwsConnection
from quartal.core.console import Console
from quartal.core.errors import (
    InterruptedCommandError,
    PipelineError,
    UnknownOutcomeError,
    WaitTimeoutError,
    WatchingError,
)
from quartal.features.export import Export, ExportFormat
from quartal.report.cost import Measured, RunCost
from quartal.scenarios.ephemeral import EphemeralResult, ephemeral_cost, refuse_during_a_run, show_result
from quartal.terraform.retained_data import standing, state_resources
from quartal.workspace import Workspace
from tests.unit.plan_review.resource_changes import change
from tests.unit.quartal.conftest import write_plan, write_state
from tests.unit.quartal.manifest_examples import run_manifest
from tests.unit.quartal.runs.stubbed_aws import DEPLOYMENT, TWO_FEEDS, ended, running
from tests.unit.quartal.test_interrupt import QUARTAL, _terraform
from tests.unit.quartal.test_plan_and_apply import commands

LAKE = ("module.data_lake.aws_s3_bucket.this", ())
DATABASE = ("module.glue_catalog.aws_glue_catalog_database.this", ())
JOB = ('module.glue_job["sightings"].aws_glue_job.this', ("module.data_lake.aws_s3_bucket.this",))
ALARM = ("module.alerting[0].aws_cloudwatch_metric_alarm.overdue", ())


def shown(*resources: tuple[str, str, tuple[str, ...]]) -> dict:
    entries = [
        {"address": address, "mode": "managed", "type": kind, "depends_on": list(depends_on)}
        for address, kind, depends_on in resources
    ]
    read = {"address": "data.aws_caller_identity.this", "mode": "data", "type": "aws_caller_identity"}
    return {"values": {"root_module": {"resources": [read], "child_modules": [{"resources": entries}]}}}


def test_standing_is_all_but_the_lake_the_catalog_and_the_logs():
    state = shown(
        ("module.data_lake.aws_kms_key.this", "aws_kms_key", ()),
        ("module.data_lake_copy.aws_s3_bucket.this", "aws_s3_bucket", ()),
        ("module.glue_catalog.aws_glue_catalog_database.this", "aws_glue_catalog_database", ()),
        ('module.glue_catalog.aws_glue_catalog_table.quarantine["a"]', "aws_glue_catalog_table", ()),
        ('module.glue_catalog.aws_glue_crawler.this["a"]', "aws_glue_crawler", ()),
        ('module.glue_job["a"].aws_cloudwatch_log_group.job["error"]', "aws_cloudwatch_log_group", ()),
        ('module.glue_job["a"].aws_glue_job.this', "aws_glue_job", ()),
    )
    assert [resource.address for resource in standing(state_resources(state))] == [
        "module.data_lake_copy.aws_s3_bucket.this",
        'module.glue_catalog.aws_glue_crawler.this["a"]',
        'module.glue_job["a"].aws_glue_job.this',
    ]


def test_dependencies_of_kept_resources_are_kept_at_any_depth():
    settings = "module.glue_catalog.aws_glue_data_catalog_encryption_settings.account[0]"
    policy, role = ("module.glue_catalog.aws_iam_role_policy.account", "module.glue_catalog.aws_iam_role.account")
    state = shown(
        (settings, "aws_glue_data_catalog_encryption_settings", (policy,)),
        (f"{policy}[0]", "aws_iam_role_policy", (role,)),
        (f"{role}[0]", "aws_iam_role", ()),
        ("module.glue_catalog.aws_iam_role.crawler", "aws_iam_role", ()),
    )
    assert [resource.address for resource in standing(state_resources(state))] == [
        "module.glue_catalog.aws_iam_role.crawler"
    ]


def test_state_of_nothing_has_no_resources():
    assert state_resources({"format_version": "1.0"}) == ()


def test_destroy_with_keep_data_targets_what_stands(stand_in, capsys):
    assert quartal(["plan", "--no-policies"]) == 0
    write_state(stand_in, LAKE, DATABASE, JOB, ALARM)
    write_plan(stand_in, change("aws_glue_job", {"name": "job"}, None))
    before = json.loads((stand_in / "state.json").read_text())  # with the data, of which no change is planned
    incomplete = json.loads((stand_in / "plan.json").read_text()) | {"complete": False, "prior_state": before}
    (stand_in / "plan.json").write_text(json.dumps(incomplete))
    warning = {"severity": "warning", "summary": "Resource targeting is in effect", "detail": "Not for routine use."}
    (stand_in / "events").write_text(json.dumps({"type": "diagnostic", "diagnostic": warning}))
    assert quartal(["destroy", "--keep-data", "--approve", "destroy"]) == 0
    assert (stand_in / "targets").read_text().splitlines() == [JOB[0], ALARM[0]]
    assert commands(stand_in)[-1] == "apply"
    assert "targeting" not in capsys.readouterr().err


def test_destroy_with_keep_data_where_only_data_stands_plans_nothing(stand_in, capsys):
    assert quartal(["plan", "--no-policies"]) == 0
    write_state(stand_in, LAKE, DATABASE)
    assert quartal(["destroy", "--keep-data", "--approve", "data"]) == 2
    assert "Nothing but data is deployed" in capsys.readouterr().err
    assert commands(stand_in).count("plan") == 1


def test_plan_with_targets_that_puts_changes_off_stays_blocked(stand_in, capsys):
    assert quartal(["plan", "--no-policies"]) == 0
    write_state(stand_in, LAKE, JOB)
    plan = json.loads((stand_in / "plan.json").read_text())
    (stand_in / "plan.json").write_text(json.dumps(plan | {"complete": False, "deferred_changes": [{}]}))
    assert quartal(["destroy", "--keep-data", "--approve", "data"]) == 2
    assert "[plan-incomplete]" in capsys.readouterr().err


@pytest.mark.parametrize("consent", [[], ["--approve", "access"]])
def test_ephemeral_run_without_consent_to_remove_does_nothing(stand_in, capsys, consent):
    assert quartal(["run", "--ephemeral", *consent]) == 2
    assert "--approve destroy" in capsys.readouterr().err
    assert not (stand_in / "log").exists()


def test_ephemeral_run_into_a_folder_that_holds_something_does_nothing(stand_in, project, capsys):
    (project / "out").mkdir()
    (project / "out" / "features.parquet").touch()
    assert quartal(["run", "--ephemeral", "--approve", "destroy", "--out", "out"]) == 2
    assert "out exists and is not empty" in capsys.readouterr().err
    assert not (stand_in / "log").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--ephemeral", "--detach"], "exclude each other"),
        (["--upload", "exports"], "Add --ephemeral"),
        (["--out", "features"], "quartal export"),
    ],
)
def test_options_that_do_not_go_together_are_refused(stand_in, capsys, arguments, said):
    assert quartal(["run", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not (stand_in / "log").exists()


def test_failure_lists_what_remains_and_the_command_that_removes_it(stand_in, capsys):
    write_state(stand_in, LAKE, JOB, ALARM)
    write_plan(stand_in, change("aws_cloudwatch_log_group", None, {"name": "job"}))
    assert (
        quartal(["run", "--ephemeral", "--no-policies", "--approve", "destroy"]) == 2
    )  # deployed, and then no outputs
    told = capsys.readouterr().err
    assert told.count("Error (") == 1
    assert "Still deployed in dev: 2 resources; `quartal destroy --env dev --keep-data --approve destroy`" in told


def test_failure_before_anything_stands_names_no_command_that_removes(stand_in, capsys):
    write_state(stand_in)
    write_plan(stand_in, change("aws_kms_key", {"description": "lake"}, None))
    assert quartal(["run", "--ephemeral", "--no-policies", "--approve", "destroy"]) == 2
    told = capsys.readouterr().err
    assert "Nothing was applied" in told
    assert "Still deployed" not in told


@pytest.mark.parametrize(
    ("error", "when"),
    [
        (WatchingError("Run wr_1 can no longer be watched.", remedy="The run continues."), True),
        (UnknownOutcomeError("Whether it was started is not known.", remedy="Look."), True),
        (WaitTimeoutError("Waited.", remedy="The run continues."), True),
        (InterruptedCommandError("Stopped watching.", remedy="The run continues."), True),
        (PipelineError("The job failed.", remedy="Fix it."), False),
    ],
)
def test_run_that_may_go_on_is_ended_before_anything_is_removed(stand_in, capsys, monkeypatch, error, when):
    write_state(stand_in, LAKE, JOB, ALARM)
    write_plan(stand_in, change("aws_cloudwatch_log_group", None, {"name": "job"}))

    def fail(*_: object, **__: object) -> str:
        raise error

    monkeypatch.setattr("quartal.scenarios.ephemeral.start_run", fail)
    monkeypatch.setattr(Workspace, "deployment", DEPLOYMENT)
    assert quartal(["run", "--ephemeral", "--no-policies", "--approve", "destroy"]) == error.exit_code
    told = capsys.readouterr().err
    removal = "`quartal destroy --env dev --keep-data --approve destroy` removes them"
    assert f"Still deployed in dev: 2 resources; {'once the run has ended, ' if when else ''}{removal}" in told
    assert (stand_in / "log").read_text().split().count("apply") == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ([running("wr_2")], "Run wr_2 of workflow flow is in progress"),
        ([running("wr_2"), ended("wr_3")], "Run wr_2 of workflow flow is in progress"),
        (None, "It is not known"),
        ([ended("wr_2")], ""),
        ([], ""),
    ],
)
def test_nothing_is_removed_under_a_run_that_goes_on_or_may(settings, answer, said):
    glue = AwsConnection("eu-central-1", None, "test", "test").glue()
    workspace = Workspace(settings, Console(as_json=False))
    vars(workspace).update(
        connection=SimpleNamespace(glue=lambda: glue), terraform=SimpleNamespace(outputs=lambda: TWO_FEEDS)
    )
    with Stubber(glue) as stub:
        if answer is None:
            stub.add_client_error("get_workflow_runs", "ThrottlingException")
        else:
            stub.add_client_error("get_workflow_runs", "EntityNotFoundException")  # half deployed
            stub.add_response("get_workflow_runs", {"Runs": answer} if answer else {})
        refused = pytest.raises(UnknownOutcomeError, match=said) if said else nullcontext()
        with refused:
            refuse_during_a_run(workspace)


def test_interruption_lists_what_remains(stand_in: Path, project: Path):
    write_state(stand_in, LAKE, JOB)
    write_plan(stand_in, change("aws_cloudwatch_log_group", None, {"name": "job"}))
    (stand_in / "busy").touch()
    running = subprocess.Popen(
        [*QUARTAL, "run", "--ephemeral", "--no-policies", "--approve", "destroy"],
        cwd=project,
        env=os.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        _terraform(stand_in, running)
        running.send_signal(signal.SIGINT)
        output, errors = running.communicate(timeout=120)
    finally:
        running.kill()
    assert (running.returncode, output) == (130, ""), errors
    assert "Still deployed in dev: 1 resource;" in errors
    assert "quartal destroy --env dev --keep-data" in errors
    assert "Traceback" not in errors


def test_cost_of_standing_leaves_runs_out_and_what_is_kept_is_the_rest():
    def line(address: str, before: float, after: float, per_run: float = 0.0) -> CostLine:
        return CostLine(address, Cost(before, per_run), Cost(after, per_run))

    prices = PriceList(region="eu-central-1", as_of=date(2026, 1, 2), origin="checkout", prices={})

    def reviewed(*lines: CostLine) -> CostReview:
        return CostReview(lines, Cost(), Cost(), 0, 0, (), prices, load_usage(), {})

    key, alarm = "module.data_lake.aws_kms_key.this", "module.alerting[0].aws_cloudwatch_metric_alarm.overdue"
    job = 'module.glue_job["a"].aws_glue_job.this'
    crawler = 'module.glue_catalog.aws_glue_crawler.this["a"]'
    deployed = reviewed(line(key, 0, 1.0), line(alarm, 0, 0.1), line(job, 0, 7, 0.3), line(crawler, 0, 5, 0.15))
    removed = reviewed(line(alarm, 0.1, 0), line(job, 7, 0, 0.3), line(crawler, 5, 0, 0.15))
    found = ephemeral_cost("eu-central-1", RunCost(120.0, 0.0147, Measured.EXECUTION_TIME), deployed, removed)
    assert (found.job_usd, found.crawl_usd) == (0.0147, 0.15)
    assert found.standing_usd_per_month == pytest.approx(1.1)
    assert found.kept_usd_per_month == pytest.approx(1.0)
    assert "0.01 USD for 120 DPU-seconds" in found.sentences()[0]


def test_cost_without_prices_explains_how_to_get_them():
    found = ephemeral_cost("mars-north-1", None, None, None)
    assert "an unknown sum" in found.sentences()[1]
    assert "quartal cost mars-north-1 --refresh" in found.sentences()[2]


def test_result_is_one_json_document_or_a_summary_with_place_content_and_cost(settings, capsys):
    manifest = run_manifest(run_id="wr_1")
    cost = ephemeral_cost("mars-north-1", RunCost(3600.0, 0.44, Measured.DPU_SECONDS), None, None)
    features = Export("db.features", "2024Q1", 7, ExportFormat.PARQUET, 12, (), ())
    result = EphemeralResult(manifest, Path("out"), features, cost, "40 to delete")
    show_result(Workspace(settings, Console()), result)
    told = capsys.readouterr().out
    assert "out: 12 rows of db.features at 2024Q1" in told
    assert "localstack: 40 to delete; the data stays." in told
    assert "job 0.44 USD for 3,600 DPU-seconds" in told
    show_result(Workspace(settings, Console(as_json=True)), replace(result, export=None))
    told = json.loads(capsys.readouterr().out)
    assert (told["run_id"], told["export"], told["cost"]["job_usd"]) == ("wr_1", None, 0.44)

"""What `apply` made, `destroy` removes: no bucket, table, role, key alias, log group or process stays.

An ephemeral run before it removes all but the data, and a new deployment stands on what it left. Changed variables are
changed in place. Another checkout leaves the deployment alone.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from pathlib import Path

import boto3
import psutil
import pyarrow.parquet
import pytest

from feed_generator import generate
from plan_review.model import Action
from quartal.cli.app import run as quartal
from quartal.core.errors import ConfigurationError
from quartal.deploy.change import apply_plan, make_plan
from quartal.workspace import Workspace


def names_left(endpoint_url: str, region: str, prefix: str) -> dict[str, list[str]]:
    def client(service: str):
        return boto3.client(
            service,
            endpoint_url=endpoint_url,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    glue = client("glue")
    found = {
        "buckets": [bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]],
        "roles": [role["RoleName"] for role in client("iam").list_roles()["Roles"]],
        "key aliases": [alias["AliasName"] for alias in client("kms").list_aliases()["Aliases"]],
        "log groups": [group["logGroupName"] for group in client("logs").describe_log_groups()["logGroups"]],
        "databases": [database["Name"] for database in glue.get_databases()["DatabaseList"]],
        "crawlers": glue.list_crawlers()["CrawlerNames"],
        "jobs": glue.list_jobs()["JobNames"],
        "triggers": glue.list_triggers()["TriggerNames"],
        "workflows": glue.list_workflows()["Workflows"],
        "topics": [topic["TopicArn"] for topic in client("sns").list_topics()["Topics"]],
        "rules": [rule["Name"] for rule in client("events").list_rules()["Rules"]],
        "alarms": [alarm["AlarmName"] for alarm in client("cloudwatch").describe_alarms()["MetricAlarms"]],
        "dashboards": [each["DashboardName"] for each in client("cloudwatch").list_dashboards()["DashboardEntries"]],
        "state machines": [
            machine["name"] for machine in client("stepfunctions").list_state_machines()["stateMachines"]
        ],
        "workgroups": [group["Name"] for group in client("athena").list_work_groups()["WorkGroups"]],
        "classifiers": [
            classifier["CsvClassifier"]["Name"]
            for classifier in glue.get_classifiers()["Classifiers"]
            if "CsvClassifier" in classifier
        ],
    }
    marks = (prefix, prefix.replace("-", "_"))
    return {kind: left for kind, names in found.items() if (left := [n for n in names if any(m in n for m in marks)])}


pytestmark = pytest.mark.nightly(
    touches=["infra/*", "tests/integration/test_teardown.py", "tooling/quartal/deploy/*", "tooling/quartal/terraform/*"]
)
DATA = {"buckets", "key aliases", "databases", "log groups"}
MADE = {"roles", "crawlers", "jobs", "triggers", "workflows", "topics", "rules", "alarms", "dashboards"}
MADE |= {"state machines", "workgroups", "classifiers"}


@pytest.fixture
def run_ephemeral(workspace: Workspace, tmp_path, monkeypatch, capsys):
    """`quartal run --ephemeral`, from nothing, of a small delivery: what it prints as JSON, and where it wrote."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", str(workspace.settings.endpoint_url))
    monkeypatch.setenv("QUARTAL_PROJECT_DIR", str(workspace.settings.root))
    monkeypatch.delenv("QUARTAL_STATE_DIR", raising=False)
    generate(tmp_path / "feed", rows=500, seed=3, first_quarter="2024Q1", quarters=1)
    out = tmp_path / "features"
    command = ["run", "--ephemeral", "--upload", str(tmp_path / "feed"), "--out", str(out), "--json"]
    try:
        assert quartal(command) == 0
        yield json.loads(capsys.readouterr().out), out
    finally:
        if workspace.terraform.resources():  # something has failed
            make_plan(workspace, destroy=True)
            apply_plan(workspace)


def change_in_place(workspace: Workspace, project: Path) -> None:
    """Change variables that users change, and see that resources are updated once and none is replaced."""
    variables = project / "infra" / "environments" / "localstack.tfvars"
    text = variables.read_text()
    for before, after in (
        ("number_of_workers = 2", "number_of_workers = 3"),
        ("log_retention_days = 7", "log_retention_days = 14"),
        ("lead_time_days = 7", "lead_time_days = 5"),
    ):
        assert before in text
        text = text.replace(before, after)
    variables.write_text(text)

    plan = make_plan(workspace)
    assert {change.action for change in plan.changes} == {Action.UPDATE}
    assert {change.type for change in plan.changes} >= {
        "aws_cloudwatch_log_group",
        "aws_glue_job",
        "aws_glue_trigger",
        "aws_sfn_state_machine",
    }
    apply_plan(workspace)
    assert make_plan(workspace).summary() == "no changes"
    assert workspace.connection.glue().get_job(JobName=workspace.deployment.job)["Job"]["NumberOfWorkers"] == 3


def refuse_another_checkout(workspace: Workspace, folder: Path) -> None:
    """See that a checkout of the same names leaves the deployment alone: without a state, and with one that is old."""
    another = Workspace(replace(workspace.settings, state_dir=folder), workspace.console)
    with pytest.raises(ConfigurationError, match="this checkout did not deploy that"):
        make_plan(another)

    state = (workspace.staged.folder / "terraform.tfstate").read_text()
    resources = json.loads(state)["resources"]
    (key,) = (each["instances"][0]["attributes"] for each in resources if each["type"] == "aws_kms_key")
    of_a_gone_one = state.replace(key["key_id"], str(uuid.uuid4()))
    for destroy in (False, True):
        (another.staged.folder / "terraform.tfstate").write_text(of_a_gone_one)
        with pytest.raises(ConfigurationError, match="this checkout did not deploy that"):
            make_plan(another, destroy=destroy)


def test_ephemeral_run_leaves_the_data_a_deployment_goes_on_there_and_destroy_leaves_nothing(
    workspace: Workspace, project: Path, run_ephemeral, tmp_path, capsys
):
    told, out = run_ephemeral
    deployment, connection = workspace.deployment, workspace.connection
    endpoint_url, region = str(workspace.settings.endpoint_url), deployment.region
    prefix = deployment.workflow.rsplit("-vehicle", 1)[0]

    assert told["manifest"]["totals"]["rows_in"] == 500
    exported = pyarrow.parquet.read_table(out / "features-2024Q1.parquet")
    assert exported.num_rows == told["export"]["rows"] > 0
    assert told["export"]["tag"] == "2024Q1"
    cost = told["cost"]
    assert cost["job_usd"] == pytest.approx(cost["job_dpu_seconds"] / 3600 * 0.44)
    assert 1 < cost["kept_usd_per_month"] < cost["standing_usd_per_month"]
    assert set(names_left(endpoint_url, region, prefix)) == DATA

    assert quartal(["query", "--json", "select count(*) as rows from features"]) == 0
    assert json.loads(capsys.readouterr().out)["result"] == [{"rows": exported.num_rows}]
    assert quartal(["status"]) == 0
    assert "quartal apply" in capsys.readouterr().out
    assert quartal(["run"]) == 2
    assert "There is no workflow" in capsys.readouterr().err
    assert quartal(["destroy", "--keep-data"]) == 2
    assert "Nothing but data is deployed" in capsys.readouterr().err

    plan = make_plan(workspace)
    assert {str(change.action) for change in plan.changes} == {"create"}, plan.summary()
    assert f"{len(plan.changes)} to delete" == told["removed"]
    apply_plan(workspace)
    assert set(names_left(endpoint_url, region, prefix)) >= DATA | MADE
    table = connection.glue().get_table(DatabaseName=deployment.database, Name=deployment.features_table())["Table"]
    assert table["Parameters"]["table_type"].upper() == "ICEBERG"

    change_in_place(workspace, project)
    refuse_another_checkout(workspace, tmp_path / "another")

    make_plan(workspace, destroy=True)
    apply_plan(workspace)
    assert names_left(endpoint_url, region, prefix) == {}
    job = deployment.job
    assert [
        process.pid for process in psutil.process_iter(["cmdline"]) if job in " ".join(process.info["cmdline"] or [])
    ] == []

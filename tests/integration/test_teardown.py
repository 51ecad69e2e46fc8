"""What `apply` made it changes in place, and `destroy` removes: no bucket, table, role, log group or process stays."""

from __future__ import annotations

from pathlib import Path

import boto3
import psutil

from feed_generator import generate
from quartal import infrastructure
from quartal.plan_review.model import Action
from tests.integration.conftest import Pipeline


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


def test_changed_variables_are_changed_in_place_and_only_once(pipeline: Pipeline, project: Path):
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

    plan = infrastructure.make_plan(pipeline.workspace)

    assert {change.action for change in plan.changes} == {Action.UPDATE}
    assert {change.type for change in plan.changes} >= {
        "aws_cloudwatch_log_group",
        "aws_glue_job",
        "aws_glue_trigger",
        "aws_sfn_state_machine",
    }
    infrastructure.apply_plan(pipeline.workspace)
    assert infrastructure.make_plan(pipeline.workspace).summary() == "no changes"
    job = pipeline.workspace.connection.glue().get_job(JobName=pipeline.workspace.deployment.job)["Job"]
    assert job["NumberOfWorkers"] == 3


def test_destroy_leaves_nothing_behind(pipeline: Pipeline, tmp_path):
    workspace = pipeline.workspace
    generate(tmp_path, rows=500, seed=3, first_quarter="2024Q1", quarters=1)
    pipeline.upload(tmp_path)
    pipeline.run()
    endpoint_url, region = str(workspace.settings.endpoint_url), workspace.deployment.region
    prefix = workspace.deployment.workflow.rsplit("-vehicle", 1)[0]
    kinds = names_left(endpoint_url, region, prefix)
    made = {"buckets", "roles", "databases", "crawlers", "jobs", "triggers", "workflows"}
    assert made | {"topics", "rules", "alarms", "dashboards", "state machines", "workgroups"} <= set(kinds)

    infrastructure.make_plan(workspace, destroy=True)
    infrastructure.apply_plan(workspace)

    assert names_left(endpoint_url, region, prefix) == {}
    job = workspace.deployment.job
    assert [
        process.pid for process in psutil.process_iter(["cmdline"]) if job in " ".join(process.info["cmdline"] or [])
    ] == []

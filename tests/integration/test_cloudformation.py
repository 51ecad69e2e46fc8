"""A stack of Glue's resources is created, updated and deleted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import WaiterError

TEMPLATE = {
    "Parameters": {"Minutes": {"Type": "Number"}},
    "Resources": {
        "Database": {
            "Type": "AWS::Glue::Database",
            "Properties": {"CatalogId": {"Ref": "AWS::AccountId"}, "DatabaseInput": {"Name": "cfn_db"}},
        },
        "Table": {
            "Type": "AWS::Glue::Table",
            "Properties": {
                "CatalogId": {"Ref": "AWS::AccountId"},
                "DatabaseName": {"Ref": "Database"},
                "TableInput": {
                    "Name": "cfn_t",
                    "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}], "Location": "s3://b/t/"},
                },
            },
        },
        "Job": {
            "Type": "AWS::Glue::Job",
            "Properties": {
                "Name": "cfn_job",
                "Role": "arn:aws:iam::000000000000:role/glue",
                "GlueVersion": "5.0",
                "Timeout": {"Ref": "Minutes"},
                "Command": {"Name": "glueetl", "ScriptLocation": "s3://b/s.py", "PythonVersion": "3"},
            },
        },
        "Workflow": {"Type": "AWS::Glue::Workflow", "Properties": {"Name": "cfn_flow"}},
        "Trigger": {
            "Type": "AWS::Glue::Trigger",
            "Properties": {
                "Name": "cfn_trigger",
                "Type": "ON_DEMAND",
                "WorkflowName": {"Ref": "Workflow"},
                "Actions": [{"JobName": {"Ref": "Job"}}],
            },
        },
    },
}


def await_stack(stacks: Any, waiter: str, name: str) -> None:
    """Wait for a stack, or say what failed in it."""
    try:
        stacks.get_waiter(waiter).wait(StackName=name, WaiterConfig={"Delay": 1})
    except WaiterError as error:
        events = stacks.describe_stack_events(StackName=name)["StackEvents"]
        failed = [each for each in events if "FAILED" in each["ResourceStatus"]]
        why = {each["LogicalResourceId"]: each.get("ResourceStatusReason") for each in failed}
        raise AssertionError(why) from error


def test_stack_is_created_changed_and_deleted(endpoint_url: str) -> None:
    session = boto3.Session("test", "test", region_name="us-east-1")
    stacks = session.client("cloudformation", endpoint_url=endpoint_url, config=Config(retries={"max_attempts": 1}))
    glue = session.client("glue", endpoint_url=endpoint_url)

    def stack_request(minutes: int, template: object = TEMPLATE) -> dict[str, object]:
        parameter = {"ParameterKey": "Minutes", "ParameterValue": str(minutes)}
        return {"StackName": "glue", "TemplateBody": json.dumps(template), "Parameters": [parameter]}

    stacks.create_stack(**stack_request(5))
    await_stack(stacks, "stack_create_complete", "glue")
    assert glue.get_table(DatabaseName="cfn_db", Name="cfn_t")["Table"]["StorageDescriptor"]["Location"] == "s3://b/t/"
    assert glue.get_job(JobName="cfn_job")["Job"]["Timeout"] == 5
    assert glue.get_trigger(Name="cfn_trigger")["Trigger"]["WorkflowName"] == "cfn_flow"

    stacks.update_stack(**stack_request(7))
    await_stack(stacks, "stack_update_complete", "glue")
    assert glue.get_job(JobName="cfn_job")["Job"]["Timeout"] == 7

    stacks.delete_stack(StackName="glue")
    await_stack(stacks, "stack_delete_complete", "glue")
    assert "cfn_db" not in {database["Name"] for database in glue.get_databases()["DatabaseList"]}
    assert "cfn_job" not in glue.list_jobs()["JobNames"]


def test_cdk_stack_is_created_updated_and_deleted(endpoint_url: str) -> None:
    session = boto3.Session("test", "test", region_name="us-east-1")
    stacks = session.client("cloudformation", endpoint_url=endpoint_url, config=Config(retries={"max_attempts": 1}))
    glue = session.client("glue", endpoint_url=endpoint_url)
    template = json.loads((Path(__file__).parent / "cdk" / "Shop.template.json").read_text(encoding="utf-8"))
    bootstrapped = {"Name": "/cdk-bootstrap/hnb659fds/version", "Type": "String", "Value": "30", "Overwrite": True}
    session.client("ssm", endpoint_url=endpoint_url).put_parameter(**bootstrapped)
    load = next(each for each in template["Resources"].values() if each.get("Properties", {}).get("Name") == "cdk_load")

    def stack_request() -> dict[str, object]:
        return {"StackName": "Shop", "TemplateBody": json.dumps(template), "Capabilities": ["CAPABILITY_NAMED_IAM"]}

    stacks.create_stack(**stack_request())
    await_stack(stacks, "stack_create_complete", "Shop")
    table = glue.get_table(DatabaseName="cdk_shop", Name="orders")["Table"]
    assert table["Parameters"]["has_encrypted_data"] == "true"
    values = [each["Values"] for each in glue.get_partitions(DatabaseName="cdk_shop", TableName="orders")["Partitions"]]
    assert values == [["2024-01-01"]]
    job = glue.get_job(JobName="cdk_load")["Job"]
    assert (job["Timeout"], job["Connections"]) == (30, {"Connections": ["cdk_connection"]})
    assert set(glue.get_workflow(Name="cdk_flow", IncludeGraph=True)["Workflow"]["Graph"]) == {"Nodes", "Edges"}
    conditions = glue.get_trigger(Name="cdk_then")["Trigger"]["Predicate"]["Conditions"]
    assert conditions == [{"JobName": "cdk_load", "LogicalOperator": "EQUALS", "State": "SUCCEEDED"}]
    assert glue.get_crawler(Name="cdk_crawler")["Crawler"]["Classifiers"] == ["cdk_csv"]

    load["Properties"] |= {"Timeout": "45", "NumberOfWorkers": 3}
    stacks.update_stack(**stack_request())
    await_stack(stacks, "stack_update_complete", "Shop")
    assert glue.get_job(JobName="cdk_load")["Job"]["Timeout"] == 45

    stacks.delete_stack(StackName="Shop")
    await_stack(stacks, "stack_delete_complete", "Shop")
    assert not {"cdk_load", "cdk_shell"} & set(glue.list_jobs()["JobNames"])
    assert "cdk_crawler" not in glue.list_crawlers()["CrawlerNames"]
    assert "cdk_connection" not in {each["Name"] for each in glue.get_connections()["ConnectionList"]}
    assert not {"cdk_start", "cdk_then", "cdk_daily"} & set(glue.list_triggers()["TriggerNames"])

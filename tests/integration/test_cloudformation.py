"""A stack of Glue's resources is really there, changes, and is gone again."""

from __future__ import annotations

import json

import boto3
from botocore.config import Config

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


def test_stack_is_created_changed_and_deleted(endpoint_url: str) -> None:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    session = boto3.Session(**keys)
    stacks = session.client("cloudformation", endpoint_url=endpoint_url, config=Config(retries={"max_attempts": 1}))
    glue = session.client("glue", endpoint_url=endpoint_url)

    def given(minutes: int, template: object = TEMPLATE) -> dict[str, object]:
        parameter = {"ParameterKey": "Minutes", "ParameterValue": str(minutes)}
        return {"StackName": "glue", "TemplateBody": json.dumps(template), "Parameters": [parameter]}

    stacks.create_stack(**given(5))
    stacks.get_waiter("stack_create_complete").wait(StackName="glue", WaiterConfig={"Delay": 1})
    assert glue.get_table(DatabaseName="cfn_db", Name="cfn_t")["Table"]["StorageDescriptor"]["Location"] == "s3://b/t/"
    assert glue.get_job(JobName="cfn_job")["Job"]["Timeout"] == 5
    assert glue.get_trigger(Name="cfn_trigger")["Trigger"]["WorkflowName"] == "cfn_flow"

    stacks.update_stack(**given(7))
    stacks.get_waiter("stack_update_complete").wait(StackName="glue", WaiterConfig={"Delay": 1})
    assert glue.get_job(JobName="cfn_job")["Job"]["Timeout"] == 7

    stacks.delete_stack(StackName="glue")
    stacks.get_waiter("stack_delete_complete").wait(StackName="glue", WaiterConfig={"Delay": 1})
    assert "cfn_db" not in {database["Name"] for database in glue.get_databases()["DatabaseList"]}
    assert "cfn_job" not in glue.list_jobs()["JobNames"]

"""The module `deployer`: its roles may do what Terraform needs for a pipeline with all that is optional, and no more.

What Terraform needs is `provider_calls.json`: the requests that the AWS provider was seen to send. tests/integration/
record_provider_calls.py writes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.plan_time_aws import ACCOUNT
from tests.terraform.planned_policies import planned_policies

HERE = Path(__file__).parent
RECORD = json.loads((HERE / "provider_calls.json").read_text())
CALLS: dict[str, dict[str, list[str]]] = RECORD["calls"]
PREFIX = "quartal-localstack"

# The actions of requests that IAM names otherwise.
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
SERVICES = {"cloudwatchlogs": "logs", "eventbridge": "events", "sfn": "states"}
ACTIONS = {
    "budgets:CreateBudget": "budgets:ModifyBudget",
    "budgets:CreateNotification": "budgets:ModifyBudget",
    "budgets:DeleteBudget": "budgets:ModifyBudget",
    "budgets:DescribeBudget": "budgets:ViewBudget",
    "budgets:DescribeNotificationsForBudget": "budgets:ViewBudget",
    "budgets:DescribeSubscribersForNotification": "budgets:ViewBudget",
    "budgets:UpdateBudget": "budgets:ModifyBudget",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "s3:DeleteObjects": "s3:DeleteObject",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "s3:GetBucketCors": "s3:GetBucketCORS",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetBucketReplication": "s3:GetReplicationConfiguration",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:PutBucketNotificationConfiguration": "s3:PutBucketNotification",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:UploadPart": "s3:PutObject",
}
# Nobody can be refused the former; the latter the provider asks for only where it may not ask STS, as on LocalStack.
NEEDS_NO_PERMISSION = {"sts:GetCallerIdentity", "iam:GetUser"}

# Granted though the record has no such request, by the reason.
BESIDE_THE_RECORD = {
    "a change in place that the recorded one did not contain": {
        "glue:StartTrigger",
        "glue:StopTrigger",
        "glue:UpdateClassifier",
        "glue:UpdateConnection",
        "glue:UpdateDatabase",
        "glue:UpdateTable",
        "glue:UpdateWorkflow",
        "iam:UpdateAssumeRolePolicy",
        "kms:PutKeyPolicy",
        "kms:UpdateAlias",
        "kms:UpdateKeyDescription",
        "quicksight:UpdateDataSet",
        "quicksight:UpdateDataSetPermissions",
        "quicksight:UpdateDataSource",
        "quicksight:UpdateDataSourcePermissions",
        "s3:DeleteObjectTagging",
        "states:TagResource",
        "states:UntagResource",
        "states:UpdateStateMachine",
    },
    "AWS asks for it beside the request's own action: a role, a key, a data source that is handed on": {
        "iam:PassRole",
        "kms:Decrypt",
        "kms:GenerateDataKey",
        "logs:AssociateKmsKey",
        "quicksight:PassDataSet",
        "quicksight:PassDataSource",
        "route53:AssociateVPCWithHostedZone",
    },
    "a pipeline whose roles were made before they had a boundary": {"iam:PutRolePermissionsBoundary"},
    "deletions in a bucket with versions; LocalStack's empties by the object": {"s3:DeleteObjectVersion"},
    "clients that look for the bucket's region": {"s3:GetBucketLocation"},
}


@pytest.fixture(scope="module")
def plan(everything: dict[str, Any]) -> dict[str, Any]:
    return everything


@pytest.fixture(scope="module")
def policies(plan: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The statements of every policy, by address; the account of the state is that of the plan."""
    return {
        address: json.loads(policy.replace("000000000000", ACCOUNT))["Statement"]
        for address, policy in planned_policies(plan).items()
    }


def of_role(policies: dict[str, list[dict[str, Any]]], role: str) -> list[dict[str, Any]]:
    """The statements of planner or deployer."""
    named = re.compile(rf'^module\.deployer\.aws_iam_role_policy\.(read|read_network|state)\["{role}"\]')
    own = re.compile(r"^module\.deployer\.aws_iam_policy\.change\[")
    return [
        statement
        for address, statements in policies.items()
        if named.match(address) or (role == "deployer" and own.match(address))
        for statement in statements
    ]


def to_action(call: str) -> str:
    """The IAM action of a recorded request."""
    service, _, operation = call.partition(":")
    call = f"{SERVICES.get(service, service)}:{operation}"
    return ACTIONS.get(call, call)


def needed(kind: str) -> dict[str, set[str]]:
    """The actions of all requests of a kind, and the types that send them."""
    found: dict[str, set[str]] = {}
    for owner, kinds in CALLS.items():
        for call in kinds[kind]:
            found.setdefault(to_action(call), set()).add(owner)
    return {action: owners for action, owners in found.items() if action not in NEEDS_NO_PERMISSION}


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def actions(statements: list[dict[str, Any]]) -> set[str]:
    return {action for statement in statements for action in listed(statement["Action"])}


def managed(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What the pipeline is made of."""
    for change in plan["resource_changes"]:
        if change["mode"] == "managed" and not change["address"].startswith("module.deployer"):
            yield change


def test_record_is_of_the_provider_and_of_every_resource_type(plan: dict[str, Any]) -> None:
    lock = (HERE.parents[1] / "infra" / ".terraform.lock.hcl").read_text()
    assert re.findall(r'^  version\s*=\s*"(.+)"', lock, re.MULTILINE) == [RECORD["provider_version"]]
    assert {change["type"] for change in managed(plan)} - CALLS.keys() == set()


def test_planner_may_read_what_a_plan_reads(policies: dict[str, list[dict[str, Any]]]) -> None:
    may = actions(of_role(policies, "planner"))
    assert {action: owners for action, owners in needed("read").items() if action not in may} == {}


def test_deployer_may_do_what_an_apply_does(policies: dict[str, list[dict[str, Any]]]) -> None:
    may = actions(of_role(policies, "deployer"))
    wanted = needed("apply") | needed("read")
    assert {action: owners for action, owners in wanted.items() if action not in may} == {}


def test_deployer_has_no_unused_permission(policies: dict[str, list[dict[str, Any]]]) -> None:
    may = actions(of_role(policies, "deployer"))
    unneeded = may - needed("apply").keys() - needed("read").keys()
    assert unneeded == set().union(*BESIDE_THE_RECORD.values())


# How each type's resource is called where IAM knows its name, by attributes of the plan.
ARNS = {
    "aws_athena_workgroup": "arn:aws:athena:us-east-1:{account}:workgroup/{name}",
    "aws_budgets_budget": "arn:aws:budgets::{account}:budget/{name}",
    "aws_cloudwatch_dashboard": "arn:aws:cloudwatch::{account}:dashboard/{dashboard_name}",
    "aws_cloudwatch_event_rule": "arn:aws:events:us-east-1:{account}:rule/{name}",
    "aws_cloudwatch_log_group": "arn:aws:logs:us-east-1:{account}:log-group:{name}:*",
    "aws_cloudwatch_metric_alarm": "arn:aws:cloudwatch:us-east-1:{account}:alarm:{alarm_name}",
    "aws_glue_catalog_database": "arn:aws:glue:us-east-1:{account}:database/{name}",
    "aws_glue_catalog_table": "arn:aws:glue:us-east-1:{account}:table/{database_name}/{name}",
    "aws_glue_connection": "arn:aws:glue:us-east-1:{account}:connection/{name}",
    "aws_glue_crawler": "arn:aws:glue:us-east-1:{account}:crawler/{name}",
    "aws_glue_job": "arn:aws:glue:us-east-1:{account}:job/{name}",
    "aws_glue_trigger": "arn:aws:glue:us-east-1:{account}:trigger/{name}",
    "aws_glue_workflow": "arn:aws:glue:us-east-1:{account}:workflow/{name}",
    "aws_iam_role": "arn:aws:iam::{account}:role/{name}",
    "aws_kms_alias": "arn:aws:kms:us-east-1:{account}:{name}",
    "aws_quicksight_data_set": "arn:aws:quicksight:us-east-1:{account}:dataset/{data_set_id}",
    "aws_quicksight_data_source": "arn:aws:quicksight:us-east-1:{account}:datasource/{data_source_id}",
    "aws_s3_bucket": "arn:aws:s3:::{bucket}",
    "aws_sfn_state_machine": "arn:aws:states:us-east-1:{account}:stateMachine:{name}",
    "aws_sns_topic": "arn:aws:sns:us-east-1:{account}:{name}",
}


def test_deployer_may_create_each_resource_by_its_name(
    plan: dict[str, Any], policies: dict[str, list[dict[str, Any]]]
) -> None:
    statements = of_role(policies, "deployer")
    refused, seen = [], set()
    for change in managed(plan):
        after = change["change"]["after"]
        if change["type"] not in ARNS or after is None:
            continue
        seen.add(change["type"])
        # the state was made in another account
        arn = ARNS[change["type"]].format(account=ACCOUNT, **after).replace("000000000000", ACCOUNT)
        makes = {
            to_action(call)
            for call in CALLS[change["type"]]["apply"]
            if re.search(r":(Create|Put)(?!.*Tag)", call) and to_action(call) != "kms:CreateKey"
        }
        for action in makes:
            if not any(
                action in listed(statement["Action"])
                and any(fnmatchcase(arn, pattern) for pattern in listed(statement["Resource"]))
                for statement in statements
            ):
                refused.append((action, arn))
    assert refused == []
    assert seen == ARNS.keys()


def test_every_role_of_the_pipeline_has_the_boundary(plan: dict[str, Any]) -> None:
    roles = {
        change["address"]: change["change"]["after"]["permissions_boundary"]
        for change in managed(plan)
        if change["type"] == "aws_iam_role"
    }
    assert len(roles) == 7
    assert set(roles.values()) == {f"arn:aws:iam::{ACCOUNT}:policy/boundary-{PREFIX}"}


def test_boundary_lets_the_pipelines_roles_do_what_they_do(policies: dict[str, list[dict[str, Any]]]) -> None:
    boundary = policies["module.deployer.aws_iam_policy.boundary"]
    refused, checked = [], 0
    for address, statements in policies.items():
        if address.startswith(("module.deployer", "module.quicksight")):  # QuickSight's role is the account's
            continue
        for statement in statements:
            for action in listed(statement["Action"]):
                checked += 1
                for resource in listed(statement["Resource"]):
                    if not any(
                        action in listed(bound["Action"])
                        and any(fnmatchcase(resource, pattern) for pattern in listed(bound["Resource"]))
                        for bound in boundary
                    ):
                        refused.append((address, action, resource))
    assert refused == []
    assert checked > 50

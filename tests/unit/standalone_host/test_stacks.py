"""Stacks of CloudFormation: what moto would leave out of them is refused, and nothing is made."""

import importlib.util
import json
import sys
from unittest.mock import MagicMock

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError
from moto import mock_aws

if importlib.util.find_spec("openapi_spec_validator") is None:  # the host's moto has it, for API Gateway
    for name in ("", ".validation", ".validation.exceptions"):
        sys.modules[f"openapi_spec_validator{name}"] = MagicMock()

from moto.cloudformation.models import CloudFormationBackend, Stack

from localstack_glue.hosts.standalone import moto_stacks
from localstack_glue.hosts.standalone.server import serve
from tests.unit.standalone_host.place import Place

QUEUE = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "made"}}
JOB = {"Type": "AWS::Glue::Job", "Properties": {"Name": "j", "Role": "r", "Command": {"Name": "pythonshell"}}}
WITH_JOB = {"Resources": {"Q": QUEUE, "J": JOB}}
BY_CONDITION = {
    "Parameters": {"Jobs": {"Type": "String", "Default": "no"}},
    "Conditions": {"HasJobs": {"Fn::Equals": [{"Ref": "Jobs"}, "yes"]}},
    "Resources": {"Q": QUEUE, "J": {**JOB, "Condition": "HasJobs"}},
}
JOBS = [{"ParameterKey": "Jobs", "ParameterValue": "yes"}]
SET = {"ChangeSetName": "c", "ChangeSetType": "CREATE"}


@pytest.fixture(scope="module", autouse=True)
def motos_own_stacks():
    names = (*moto_stacks._WITH_TEMPLATE, "validate_template", "execute_change_set")
    with pytest.MonkeyPatch.context() as patch:
        for owner, name in ((Stack, "stack_resources"), *((CloudFormationBackend, each) for each in names)):
            patch.setattr(owner, name, getattr(owner, name))
        yield


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = serve(0, tmp_path_factory.mktemp("stacks"))
    yield Place(running.url, None, running.apis["glue"])
    running.close()


@pytest.fixture
def cfn(server, request):
    """CloudFormation in an account of each test's own."""
    account = f"{abs(hash(request.node.nodeid)) % 10**12:012d}"
    client = server.client("cloudformation", key=account)
    client.other = lambda service: server.client(service, key=account)
    return client


def refused(call, *words):
    with pytest.raises(ClientError) as told:
        call()
    assert told.value.response["Error"]["Code"] == "ValidationError"
    for word in words:
        assert word in told.value.response["Error"]["Message"]


@pytest.mark.parametrize("written", [json.dumps, yaml.safe_dump])
@pytest.mark.parametrize(
    "kind", ["AWS::Glue::Job", "AWS::Glue::Database", "AWS::Glue::Workflow", "AWS::Athena::WorkGroup"]
)
def test_type_that_moto_does_not_know_is_refused_and_nothing_is_made(cfn, kind, written):
    body = written({"Resources": {"Q": QUEUE, "J": {"Type": kind}}})
    words = (f"Unrecognized resource types: [{kind}]", "leave them out of the template")
    refused(lambda: cfn.create_stack(StackName="s", TemplateBody=body), *words)
    refused(lambda: cfn.create_change_set(StackName="s", TemplateBody=body, **SET), *words)
    refused(lambda: cfn.create_stack_set(StackSetName="s", TemplateBody=body), *words)
    refused(lambda: cfn.validate_template(TemplateBody=body), *words)
    assert cfn.describe_stacks()["Stacks"] == []
    assert "QueueUrls" not in cfn.other("sqs").list_queues()


def test_update_is_refused_before_it_changes_the_stack(cfn):
    first = json.dumps({"Resources": {"Old": QUEUE}})
    cfn.create_stack(StackName="s", TemplateBody=first)
    body = json.dumps({"Resources": {"J": JOB}})
    refused(lambda: cfn.update_stack(StackName="s", TemplateBody=body), "[AWS::Glue::Job]")
    refused(
        lambda: cfn.create_change_set(StackName="s", TemplateBody=body, ChangeSetName="c", ChangeSetType="UPDATE"),
        "[AWS::Glue::Job]",
    )
    (stack,) = cfn.describe_stacks(StackName="s")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert cfn.get_template(StackName="s")["TemplateBody"] == json.loads(first)
    assert len(cfn.other("sqs").list_queues()["QueueUrls"]) == 1


def test_resource_whose_condition_is_false_is_neither_refused_nor_told_of(cfn):
    body = json.dumps(BY_CONDITION)
    refused(lambda: cfn.create_stack(StackName="s", TemplateBody=body, Parameters=JOBS), "[AWS::Glue::Job]")
    cfn.create_stack(StackName="s", TemplateBody=body)
    told = cfn.describe_stack_resources(StackName="s")["StackResources"]
    assert [each["LogicalResourceId"] for each in told] == ["Q"]
    assert len(cfn.list_stack_resources(StackName="s")["StackResourceSummaries"]) == 1
    refused(lambda: cfn.update_stack(StackName="s", TemplateBody=body, Parameters=JOBS), "[AWS::Glue::Job]")
    refused(lambda: cfn.create_change_set(StackName="t", TemplateBody=body, Parameters=JOBS, **SET), "[AWS::Glue::Job]")
    cfn.create_change_set(
        StackName="t", TemplateBody=json.dumps({"Resources": {"R": {"Type": "AWS::SNS::Topic"}}}), **SET
    )
    cfn.execute_change_set(ChangeSetName="c", StackName="t")
    assert cfn.describe_stacks(StackName="t")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    "url", ["https://s3.amazonaws.com/templates/t.json", {"Fn::Sub": "https://templates.s3.amazonaws.com/t.json"}]
)
def test_nested_template_is_checked_before_anything_is_made(cfn, url):
    s3 = cfn.other("s3")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="t.json", Body=json.dumps(BY_CONDITION).encode())
    refused(
        lambda: cfn.create_stack(
            StackName="u", TemplateURL="https://s3.amazonaws.com/templates/t.json", Parameters=JOBS
        ),
        "[AWS::Glue::Job]",
    )

    def nested(jobs):
        inner = {"TemplateURL": url, "Parameters": {"Jobs": {"Ref": "Jobs"}}}
        asked = {"Jobs": {"Type": "String", "Default": jobs}}
        resources = {"Q": {"Type": "AWS::SNS::Topic"}, "N": {"Type": "AWS::CloudFormation::Stack", "Properties": inner}}
        return json.dumps({"Parameters": asked, "Resources": resources})

    refused(lambda: cfn.create_stack(StackName="s", TemplateBody=nested("yes")), "[AWS::Glue::Job]")
    assert cfn.describe_stacks()["Stacks"] == []
    cfn.create_stack(StackName="s", TemplateBody=nested("no"))
    assert len(cfn.describe_stacks()["Stacks"]) == 2
    s3.delete_object(Bucket="templates", Key="t.json")
    s3.delete_bucket(Bucket="templates")


@pytest.mark.parametrize(
    ("template", "word"),
    [
        (
            {"Resources": {"F": {"Type": "AWS::Serverless::Function"}}, "Transform": "AWS::Serverless-2016-10-31"},
            "[AWS::S",
        ),
        (
            {"Resources": {"Q": QUEUE}, "Transform": ["AWS::LanguageExtensions", "Mine"]},
            "Unrecognized transforms: ['Mine']",
        ),
        ({"Resources": {"Q": QUEUE, "Fn::Transform": {"Name": "AWS::Include"}}}, "[Fn::Transform]"),
        ({"Resources": {"Fn::ForEach::Each": ["E", ["a"], {"Q${E}": QUEUE}]}}, "[Fn::ForEach::Each]"),
        ({"Resources": {"W": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}}, "WaitConditionHandle]"),
        ({"Resources": {"W": {"Type": "NoType"}}}, "[NoType]"),
    ],
)
def test_what_moto_does_not_expand_is_refused(cfn, template, word):
    refused(lambda: cfn.create_stack(StackName="s", TemplateBody=json.dumps(template)), word)
    assert cfn.describe_stacks()["Stacks"] == []


def test_transform_whose_functions_moto_knows_is_answered(cfn):
    body = {"Transform": "AWS::LanguageExtensions", "Resources": {"Q": QUEUE}}
    cfn.create_stack(StackName="s", TemplateBody=json.dumps(body))
    assert len(cfn.other("sqs").list_queues()["QueueUrls"]) == 1


def test_type_that_moto_would_make_in_its_own_copy_of_this_services_apis_is_refused():
    with mock_aws():
        moto_stacks.check_templates(("sns",))
        client = boto3.client("cloudformation", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        body = json.dumps({"Resources": {"T": {"Type": "AWS::SNS::Topic"}}})
        refused(lambda: client.create_stack(StackName="s", TemplateBody=body), "[AWS::SNS::Topic]")
    moto_stacks.check_templates(())


def test_change_that_moto_would_not_make_is_refused(cfn):
    def template(retention):
        logs = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "g", "RetentionInDays": retention}}
        queue = {**QUEUE, "Condition": "HasJobs"}
        return json.dumps({**BY_CONDITION, "Resources": {"L": logs, "Q": queue}})

    cfn.create_stack(StackName="s", TemplateBody=template(1), Parameters=JOBS)
    changes = {"StackName": "s", "TemplateBody": template(3), "Parameters": JOBS}
    refused(lambda: cfn.update_stack(**changes), "cannot change these resources of s: L (AWS::Logs::LogGroup)")
    refused(
        lambda: cfn.create_change_set(**changes, ChangeSetName="c", ChangeSetType="UPDATE"), "L (AWS::Logs::LogGroup)"
    )
    no_jobs = [{"ParameterKey": "Jobs", "ParameterValue": "no"}]
    refused(
        lambda: cfn.update_stack(StackName="s", TemplateBody=template(1), Parameters=no_jobs),
        "Q (its condition HasJobs is now false)",
    )
    told = cfn.describe_stack_resources(StackName="s")["StackResources"]
    assert [each["LogicalResourceId"] for each in told] == ["L", "Q"]


def test_change_that_moto_makes_is_made(cfn):
    for seconds in ("30", "60"):
        queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "q", "VisibilityTimeout": seconds}}
        call = cfn.create_stack if seconds == "30" else cfn.update_stack
        call(StackName="s", TemplateBody=json.dumps({"Resources": {"Q": queue}}))
    sqs = cfn.other("sqs")
    url = sqs.list_queues()["QueueUrls"][0]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    assert told == {"VisibilityTimeout": "60"}

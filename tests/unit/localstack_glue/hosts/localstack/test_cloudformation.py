"""CloudFormation's resource types as calls of Glue's API: created, updated or replaced, and deleted."""

from importlib.metadata import entry_points
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from localstack.services.cloudformation.resource_provider import OperationStatus

from localstack_glue.hosts.localstack.cloudformation.kinds import KINDS, REFUSED
from localstack_glue.hosts.localstack.cloudformation.resources import build_provider, build_refusing_provider

GROUP = "localstack.cloudformation.resource_providers"


class Client:
    """Remembers calls; `gone` makes deletes fail as Glue does."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.error = ""
        self.failing = ""  # the beginning of the calls that fail; all if it is empty

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> None:
            self.calls.append((name, parameters))
            if self.error and name.startswith(self.failing):
                raise ClientError({"Error": {"Code": self.error, "Message": "no"}}, name)

        return call


def request(client: Client, desired: dict[str, Any], previous: dict[str, Any] | None = None) -> Any:
    return SimpleNamespace(
        desired_state=desired,
        previous_state=previous,
        stack_name="Stack",
        logical_resource_id="Thing",
        account_id="000000000000",
        region_name="us-east-1",
        aws_client_factory=SimpleNamespace(glue=client),
    )


JOB = {"Name": "j", "Role": "r", "Command": {"Name": "glueetl"}, "Tags": {"a": "b"}}
CASES = [
    ("Database", {"CatalogId": "1", "DatabaseInput": {"Name": "d"}}, "d", ["create_database", "delete_database"]),
    ("Table", {"DatabaseName": "d", "TableInput": {"Name": "t"}}, "t", ["create_table", "delete_table"]),
    (
        "Partition",
        {"DatabaseName": "d", "TableName": "t", "PartitionInput": {"Values": ["1", "2"]}},
        "d|t|1/2",
        ["create_partition", "delete_partition"],
    ),
    ("Crawler", {"Name": "c", "Role": "r", "Targets": {}}, "c", ["create_crawler", "delete_crawler"]),
    ("Classifier", {"JsonClassifier": {"Name": "k"}}, "k", ["create_classifier", "delete_classifier"]),
    ("Job", JOB, "j", ["create_job", "delete_job"]),
    ("Trigger", {"Name": "t", "Type": "ON_DEMAND"}, "t", ["create_trigger", "delete_trigger"]),
    ("Workflow", {"Name": "w"}, "w", ["create_workflow", "delete_workflow"]),
    (
        "Connection",
        {"CatalogId": "1", "ConnectionInput": {"Name": "n"}},
        "n",
        ["create_connection", "delete_connection"],
    ),
    (
        "SecurityConfiguration",
        {"Name": "s", "EncryptionConfiguration": {"S3Encryptions": [{"S3EncryptionMode": "SSE-S3"}]}},
        "s",
        ["create_security_configuration", "delete_security_configuration"],
    ),
    (
        "DataCatalogEncryptionSettings",
        {"CatalogId": "1", "DataCatalogEncryptionSettings": {}},
        "1",
        ["put_data_catalog_encryption_settings"] * 2,
    ),
]


@pytest.mark.parametrize(("kind", "properties", "ref", "calls"), CASES, ids=[case[0] for case in CASES])
def test_resource_is_created_and_deleted(kind: str, properties: dict[str, Any], ref: str, calls: list[str]) -> None:
    client, provider = Client(), build_provider(KINDS[f"AWS::Glue::{kind}"])()

    made = provider.create(request(client, properties))
    deleted = provider.delete(request(client, made.resource_model))

    assert (made.status, made.resource_model["Id"]) == (OperationStatus.SUCCESS, ref)
    assert deleted.status is OperationStatus.SUCCESS
    assert [name for name, _ in client.calls] == calls
    assert not any("Id" in parameters for _, parameters in client.calls)


def test_resource_without_a_name_gets_the_stacks() -> None:
    client, provider = Client(), build_provider(KINDS["AWS::Glue::Database"])()

    made = provider.create(request(client, {"DatabaseInput": {}}))

    name = client.calls[0][1]["DatabaseInput"]["Name"]
    assert name.startswith("stack-thing-")
    assert made.resource_model["Id"] == name


def test_job_changes_in_place_and_is_replaced_under_another_name() -> None:
    client, provider = Client(), build_provider(KINDS["AWS::Glue::Job"])()

    provider.update(request(client, {**JOB, "Timeout": 5}, {**JOB, "Id": "j"}))
    provider.update(request(client, {**JOB, "Name": "k"}, {**JOB, "Id": "j"}))

    update = {"Role": "r", "Command": {"Name": "glueetl"}, "Timeout": 5}
    assert client.calls == [
        ("update_job", {"JobName": "j", "JobUpdate": update}),
        ("create_job", {**JOB, "Name": "k"}),
        ("delete_job", {"JobName": "j"}),
    ]


def test_tags_follow_the_template() -> None:
    client, provider = Client(), build_provider(KINDS["AWS::Glue::Workflow"])()

    provider.update(
        request(client, {"Name": "w", "Tags": {"a": 1, "b": "2"}}, {"Name": "w", "Tags": {"b": "2", "c": "3"}})
    )

    arn = "arn:aws:glue:us-east-1:000000000000:workflow/w"
    assert client.calls == [
        ("update_workflow", {"Name": "w"}),
        ("untag_resource", {"ResourceArn": arn, "TagsToRemove": ["c"]}),
        ("tag_resource", {"ResourceArn": arn, "TagsToAdd": {"a": "1", "b": "2"}}),
    ]


def test_properties_removed_from_a_crawlers_template_are_removed() -> None:
    client, provider = Client(), build_provider(KINDS["AWS::Glue::Crawler"])()
    now = {"Name": "c", "Role": "r", "Targets": {}}
    schedule = {"ScheduleExpression": "cron(0 1 * * ? *)"}
    before = {**now, "Schedule": schedule, "TablePrefix": "x_", "Description": "d", "Classifiers": ["k"]}

    provider.update(request(client, now, before))

    gone = {"Schedule": "", "TablePrefix": "", "Description": "", "Classifiers": []}
    assert client.calls == [("update_crawler", {**now, **gone})]


@pytest.mark.parametrize(("error", "status"), [("EntityNotFoundException", "SUCCESS"), ("AccessDenied", "FAILED")])
def test_undeletable_old_resource_of_a_replacement_is_reported(error: str, status: str) -> None:
    client, provider = Client(), build_provider(KINDS["AWS::Glue::Job"])()
    client.error, client.failing = error, "delete_"

    changed = provider.update(request(client, {**JOB, "Name": "k"}, {**JOB, "Id": "j"}))

    assert changed.status is OperationStatus[status]
    assert changed.resource_model["Id"] == "k"
    assert status == "SUCCESS" or "AWS::Glue::Job j" in changed.message


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("Classifier", {}),
        ("Database", {"DatabaseInput": "d"}),
        ("Partition", {"DatabaseName": "d", "TableName": "t"}),
        ("SecurityConfiguration", {"Name": "s"}),
    ],
)
def test_properties_that_are_missing_fail_by_name_and_leave_nothing_to_delete(kind: str, given: dict[str, Any]) -> None:
    client, provider = Client(), build_provider(KINDS[f"AWS::Glue::{kind}"])()

    made = provider.create(request(client, given))
    deleted = provider.delete(request(client, given))

    assert made.status is OperationStatus.FAILED
    assert f"AWS::Glue::{kind}" in made.message
    assert deleted.status is OperationStatus.SUCCESS


def test_password_of_the_wrong_type_is_not_in_the_message() -> None:
    client = Client()
    properties = {"PASSWORD": ["x, type: hunter2"], "USERNAME": {"hunter2": 1}}
    given = {"ConnectionInput": {"Name": "c", "ConnectionType": "JDBC", "ConnectionProperties": properties}}
    real = boto3.client("glue", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
    asked = request(client, given)
    asked.aws_client_factory.glue = real

    failed = build_provider(KINDS["AWS::Glue::Connection"])().create(asked)

    assert failed.status is OperationStatus.FAILED
    assert "ConnectionProperties.PASSWORD" in failed.message
    assert "hunter2" not in failed.message


def test_name_of_a_database_may_stand_beside_its_input() -> None:
    client, provider = Client(), build_provider(KINDS["AWS::Glue::Database"])()

    made = provider.create(request(client, {"CatalogId": "1", "DatabaseName": "d", "DatabaseInput": {}}))

    assert made.resource_model["Id"] == "d"
    assert client.calls == [("create_database", {"CatalogId": "1", "DatabaseInput": {"Name": "d"}})]


def test_names_that_differ_from_the_apis_are_translated() -> None:
    client = Client()
    crawler = {"Name": "c", "Schedule": {"ScheduleExpression": "cron(0 1 * * ? *)"}}
    csv = {"Name": "k", "ContainsCustomDatatype": ["INT"]}
    security = {"Name": "s", "EncryptionConfiguration": {"S3Encryptions": []}}
    for kind, given in (
        ("Crawler", crawler),
        ("Classifier", {"CsvClassifier": csv}),
        ("SecurityConfiguration", security),
    ):
        build_provider(KINDS[f"AWS::Glue::{kind}"])().create(request(client, given))

    assert [parameters for _, parameters in client.calls] == [
        {"Name": "c", "Schedule": "cron(0 1 * * ? *)"},
        {"CsvClassifier": {"Name": "k", "CustomDatatypes": ["INT"]}},
        {"Name": "s", "EncryptionConfiguration": {"S3Encryption": []}},
    ]


def test_values_of_a_partition_may_be_numbers() -> None:
    client, provider = Client(), build_provider(KINDS["AWS::Glue::Partition"])()
    given = {"DatabaseName": "d", "TableName": "t", "PartitionInput": {"Values": [2024, "01", True]}}

    made = provider.create(request(client, given))

    assert (made.status, made.resource_model["Id"]) == (OperationStatus.SUCCESS, "d|t|2024/01/true")
    assert client.calls[0][1]["PartitionInput"] == {"Values": ["2024", "01", "true"]}
    same = {**given, "PartitionInput": {"Values": ["2024", "01", "true"], "Parameters": {"a": "b"}}}
    provider.update(request(client, same, made.resource_model))
    assert [name for name, _ in client.calls] == ["create_partition", "update_partition"]


def test_values_have_the_types_that_the_api_takes() -> None:
    client = Client()
    parameters = {"has_encrypted_data": True, "count": 3}
    table = {"DatabaseName": "d", "TableInput": {"Name": "t", "Retention": "5", "Parameters": parameters}}
    build_provider(KINDS["AWS::Glue::Table"])().create(request(client, table))
    build_provider(KINDS["AWS::Glue::Job"])().create(
        request(client, {**JOB, "Timeout": "30", "MaxRetries": 1.0, "JobRunQueuingEnabled": "true"})
    )

    (_, made), (_, job) = client.calls
    assert made["TableInput"] == {
        "Name": "t",
        "Retention": 5,
        "Parameters": {"has_encrypted_data": "true", "count": "3"},
    }
    assert (job["Timeout"], job["JobRunQueuingEnabled"]) == (30, True)
    assert repr(job["MaxRetries"]) == "1"


def test_failures_are_reported_and_a_missing_resource_counts_as_deleted() -> None:
    client, provider = Client(), build_provider(KINDS["AWS::Glue::Workflow"])()
    client.error = "EntityNotFoundException"
    assert provider.delete(request(client, {"Name": "w", "Id": "w"})).status is OperationStatus.SUCCESS
    client.error = "AlreadyExistsException"

    failed = provider.create(request(client, {"Name": "w"}))

    assert failed.status is OperationStatus.FAILED
    assert "AWS::Glue::Workflow w" in failed.message
    assert provider.delete(request(client, {"Name": "w", "Id": "w"})).status is OperationStatus.FAILED


def test_stack_deletes_only_its_own_resources() -> None:
    client, provider = Client(), build_provider(KINDS["AWS::Glue::Job"])()
    made = provider.create(request(client, JOB)).resource_model
    client.error = "AlreadyExistsException"
    other = provider.create(request(client, JOB)).resource_model
    changed = provider.update(request(client, {**JOB, "Timeout": 5}, made)).resource_model
    client.calls, client.error = [], ""

    assert provider.delete(request(client, other)).status is OperationStatus.SUCCESS
    assert client.calls == []
    provider.delete(request(client, changed))
    assert client.calls == [("delete_job", {"JobName": "j"})]


def test_other_types_are_refused_by_name() -> None:
    answer = build_refusing_provider("AWS::Glue::MLTransform")().create(request(Client(), {}))

    assert answer.status is OperationStatus.FAILED
    assert answer.message == "glue-local does not support the resource type AWS::Glue::MLTransform"


def test_localstack_finds_every_type() -> None:
    found = {point.name: point for point in entry_points(group=GROUP) if point.name.startswith("AWS::Glue::")}

    assert found.keys() == {*KINDS, *REFUSED}
    for name, point in found.items():
        plugin = point.load()()
        plugin.load()
        assert (plugin.name, plugin.factory.TYPE) == (name, name)

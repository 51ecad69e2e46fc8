"""The types of a request's JSON: what no client of AWS sends, scripts with their own HTTP client do."""

import json
from datetime import UTC, datetime

import pytest
from botocore.serialize import create_serializer

from localstack_glue.service.json_types import SerializationError, check_body
from tests.unit.localstack_glue.answer_checks import model

SAMPLES = {
    "string": "a",
    "integer": 1,
    "long": 1,
    "float": 1.0,
    "double": 1.0,
    "boolean": True,
    "timestamp": datetime(2026, 1, 1, tzinfo=UTC),
    "blob": b"a",
}
KINESIS = {"Name": "k", "StreamingOptions": {"StartingTimestamp": "2026-01-01T00:00:00Z"}}  # a time that is a text


@pytest.mark.parametrize(
    ("operation", "request_", "problem"),
    [
        ("GetDatabase", {"Name": 5}, "NUMBER_VALUE can not be converted to a String at 'Name'"),
        ("GetDatabase", {"Name": True}, "TRUE_VALUE can not be converted to a String at 'Name'"),
        ("GetDatabase", {"Name": ["a"]}, "Start of list found where not expected at 'Name': this is a string"),
        ("BatchGetJobs", {"JobNames": "abc"}, "STRING_VALUE found where not expected at 'JobNames': this is a list"),
        ("BatchGetJobs", {"JobNames": ["a", {}]}, "Start of structure or map found .*'JobNames.2': this is a string"),
        ("BatchGetJobs", {"JobNames": [None]}, "null found where not expected at 'JobNames.1'"),
        ("GetTables", {"MaxResults": "5"}, "STRING_VALUE can not be converted to an Integer at 'MaxResults'"),
        ("GetTables", {"MaxResults": 1.5}, "FLOAT_VALUE can not be converted to an Integer at 'MaxResults'"),
        ("GetTable", {"QueryAsOfTime": "2026-01-01"}, "STRING_VALUE can not be converted to milliseconds since epoch"),
        ("GetWorkflow", {"IncludeGraph": "true"}, "STRING_VALUE can not be converted to a Boolean"),
        ("CreateJob", {"Command": "x"}, "STRING_VALUE found where not expected at 'Command': this is a structure"),
        ("CreateJob", {"Tags": []}, "Start of list found where not expected at 'Tags': this is a map"),
        ("CreateJob", {"Tags": {"a": 1}}, "NUMBER_VALUE can not be converted to a String at 'Tags.a'"),
        ("GetJobs", [], "Start of list found where not expected as the body: this is a structure"),
        ("GetJobs", "x", "STRING_VALUE found where not expected as the body"),
    ],
)
def test_value_of_another_type_is_refused(operation, request_, problem):
    with pytest.raises(SerializationError, match=problem) as refused:
        check(operation, request_)
    assert (refused.value.code, refused.value.status_code) == ("SerializationException", 400)


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"])
def test_body_that_is_not_json_is_refused(body):
    with pytest.raises(SerializationError, match="not JSON"):
        check_body(model("glue").operation_model("GetJobs"), body)


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("GetJobs", {}),
        ("GetJobs", {"MaxResults": None, "Unknown": [1]}),
        ("GetTable", {"QueryAsOfTime": 1767225600.5}),
        ("CreateJob", {"CodeGenConfigurationNodes": {"n": {"DirectKinesisSource": KINESIS}}}),
        ("CreateMLTransform", {"MaxCapacity": 2, "Parameters": {"FindMatchesParameters": {}}}),
    ],
)
def test_null_unknown_members_and_whole_numbers_for_decimals_pass(operation, request_):
    check(operation, request_)


def test_request_without_a_body_passes():
    check_body(model("glue").operation_model("GetJobs"), b"")


@pytest.mark.parametrize("service", ["glue", "athena", "budgets"])
def test_everything_that_botocore_writes_passes(service):
    api = model(service)
    writer = create_serializer(api.metadata["protocol"], False)
    for name in api.operation_names:
        operation = api.operation_model(name)
        if operation.input_shape is not None:
            written = writer.serialize_to_request(sample(operation.input_shape), operation)
            check_body(operation, written["body"])


def sample(shape, depth=0):
    """A value with all members, down to a depth; types refer to themselves."""
    if depth > 8:
        return None
    if shape.type_name == "structure":
        members = {name: sample(member, depth + 1) for name, member in shape.members.items()}
        return {name: value for name, value in members.items() if value is not None}
    if shape.type_name == "list":
        item = sample(shape.member, depth + 1)
        return [] if item is None else [item]
    if shape.type_name == "map":
        item = sample(shape.value, depth + 1)
        return {} if item is None else {"key": item}
    return SAMPLES[shape.type_name]


def check(operation, request_):
    check_body(model("glue").operation_model(operation), json.dumps(request_).encode())

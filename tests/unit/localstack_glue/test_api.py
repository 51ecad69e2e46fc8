"""The API's model: handlers, checks, pages."""

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.model import OperationModel
from hypothesis import given
from hypothesis import strategies as st

from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import GlueApi
from localstack_glue.service.errors import (
    EntityNotFoundException,
    InvalidInputException,
    OperationNotSupportedException,
    ValidationException,
)
from localstack_glue.service.pagination import page, page_by_name
from localstack_glue.service.request_checks import check_members
from localstack_glue.service.settings import Settings
from tests.unit.localstack_glue.answer_checks import model as model_of

SCOPE = Scope("000000000000", "us-east-1")


def test_operation_without_an_implementation_is_left_to_moto():
    with pytest.raises(NotImplementedError):
        GlueApi().invoke(model("CreateRegistry"), SCOPE, {"RegistryName": "r"})


@pytest.mark.parametrize("name", ["CreateBlueprint", "CreateDevEndpoint", "CreateSession", "RunStatement"])
def test_unsupported_operation_is_refused_by_name(name):
    with pytest.raises(OperationNotSupportedException, match=name):
        GlueApi().invoke(model(name), SCOPE, {})


def test_operation_of_moto_is_checked_against_the_model_too():
    with pytest.raises(ValidationException, match="schemaName"):
        GlueApi().invoke(model("GetSchema"), SCOPE, {"SchemaId": {"SchemaName": "no spaces"}})


def test_operation_with_own_checks_is_validated_for_required_members_only():
    with pytest.raises(NotImplementedError):  # moto has it, with the schema registry's words
        GlueApi().invoke(model("CreateSchema"), SCOPE, {"SchemaName": "no spaces", "DataFormat": "odd"})
    with pytest.raises(ValidationException) as refused:
        GlueApi().invoke(model("CreateSchema"), SCOPE, {"DataFormat": "odd"})
    assert refused.value.message == (
        "1 validation error detected: Value null at 'schemaName' failed to satisfy constraint: Member must not be null"
    )


def test_operation_that_two_parts_implement_is_refused_at_once():
    part = SimpleNamespace(routes=lambda: {"GetJob": lambda _scope, _request: {}})
    with pytest.raises(ValueError, match="GetJob"):
        GlueApi(part, part)


@pytest.mark.parametrize(
    ("catalog", "account"), [(None, "000000000000"), ("000000000000", "000000000000"), ("111122223333", "111122223333")]
)
def test_catalog_of_a_request_is_that_of_its_account(catalog, account):
    asked = []
    part = SimpleNamespace(routes=lambda: {"GetTables": lambda scope, _request: asked.append(scope) or {}})
    request = {"DatabaseName": "d"} | ({"CatalogId": catalog} if catalog else {})
    GlueApi(part).invoke(model("GetTables"), SCOPE, request)
    assert [(scope.account_id, scope.region) for scope in asked] == [(account, "us-east-1")]


@pytest.mark.parametrize("catalog", ["s3tablescatalog/bucket", "000000000000:s3tablescatalog/bucket", "name"])
def test_catalog_that_is_no_accounts_is_refused_by_name(catalog):
    part = SimpleNamespace(routes=lambda: {"GetTables": lambda _scope, _request: {}})
    with pytest.raises(EntityNotFoundException, match=f"Catalog {catalog} not found"):
        GlueApi(part).invoke(model("GetTables"), SCOPE, {"DatabaseName": "d", "CatalogId": catalog})


def model(operation: str) -> OperationModel:
    return model_of("glue").operation_model(operation)


def test_every_route_is_an_operation_of_the_model():
    from localstack_glue.jobs.job_processes import SubprocessRunner
    from localstack_glue.provider import GlueProvider
    from localstack_glue.service.clients import ClientFactory

    settings = Settings(Path(sys.executable), (), None, None, Path("unused"))
    provider = GlueProvider(settings, ClientFactory("http://127.0.0.1:1"), SubprocessRunner())

    assert set(provider._operations) <= set(model_of("glue").operation_names)


@pytest.mark.parametrize(
    ("operation", "request_", "message"),
    [
        pytest.param(
            "StartCrawler",
            {},
            "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
            id="missing-member",
        ),
        pytest.param(
            "CreateTrigger",
            {"Name": "t", "Type": "DAILY", "Actions": []},
            "1 validation error detected: Value 'DAILY' at 'type' failed to satisfy constraint: Member must satisfy"
            " enum value set: [SCHEDULED, CONDITIONAL, ON_DEMAND, EVENT]",
            id="unknown-value",
        ),
        pytest.param(
            "CreateWorkflow",
            {"Name": "x\n"},
            "1 validation error detected: Value 'x\n' at 'name' failed to satisfy constraint: Member must satisfy"
            r" regular expression pattern: [\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*",
            id="pattern",
        ),
        pytest.param(
            "CreateWorkflow",
            {"Name": ""},
            "1 validation error detected: Value '' at 'name' failed to satisfy constraint: Member must have length"
            " greater than or equal to 1",
            id="too-short",
        ),
        pytest.param(
            "GetJobs",
            {"MaxResults": 1001},
            "1 validation error detected: Value '1001' at 'maxResults' failed to satisfy constraint: Member must have"
            " value less than or equal to 1000",
            id="too-large",
        ),
        pytest.param(
            "BatchGetPartition",
            {"DatabaseName": "d", "TableName": "t", "PartitionsToGet": [{"Values": ["a"]}, {}]},
            "1 validation error detected: Value null at 'partitionsToGet.2.member.values' failed to satisfy constraint:"
            " Member must not be null",
            id="inside-a-list",
        ),
        pytest.param(
            "TagResource",
            {"ResourceArn": "arn:aws:glue:us-east-1:000000000000:job/j", "TagsToAdd": {"k": "v" * 257}},
            f"1 validation error detected: Value '{'v' * 257}' at 'tagsToAdd.k.member' failed to satisfy constraint:"
            " Member must have length less than or equal to 256",
            id="inside-a-map",
        ),
    ],
)
def test_request_against_the_model_is_refused_in_awss_words(operation, request_, message):
    with pytest.raises(ValidationException) as refused:
        check_members(model_of("glue").operation_model(operation).input_shape, request_)

    assert refused.value.message == message


@pytest.mark.parametrize(
    "properties", [{"SparkProperties": "{}"}, {"HOST": "h", "WAREHOUSE": "w", "ROLE": "r", "SECRET_ID": "s"}]
)
def test_connections_that_awss_guide_names_and_the_model_lacks_are_accepted(properties):
    wanted = {"Name": "c", "ConnectionType": "SNOWFLAKE", "ConnectionProperties": properties}
    check_members(model_of("glue").operation_model("CreateConnection").input_shape, {"ConnectionInput": wanted})


@pytest.mark.parametrize("name", ["with space", "tab\tinside", "Ünïcödé", "emoji \U0001f697"])
def test_names_that_the_model_allows_are_accepted(name):
    check_members(model_of("glue").operation_model("CreateWorkflow").input_shape, {"Name": name})


def test_text_of_several_lines_passes_if_the_model_allows_any_text():
    schema = {"SchemaName": "cars", "DataFormat": "AVRO", "SchemaDefinition": '{\n"type": "string"\n}'}
    check_members(model_of("glue").operation_model("CreateSchema").input_shape, schema)


def test_every_pattern_of_the_model_but_one_is_checked():
    from localstack_glue.service.request_checks import _compiled

    model = model_of("glue")
    patterns = {name: model.shape_for(name).metadata.get("pattern") for name in model.shape_names}
    unchecked = [name for name, pattern in patterns.items() if pattern and _compiled(pattern) is None]
    assert unchecked == ["TransactionIdString"]


@given(st.lists(st.integers()), st.integers(1, 7))
def test_pages_hold_everything_once_and_in_order(items, limit):
    found, token, rounds = [], None, 0
    while rounds == 0 or token:
        part, token = page(items, token, limit)
        found += part
        rounds += 1

    assert found == items
    assert rounds == max(1, -(-len(items) // limit))


@pytest.mark.parametrize(
    ("names", "key"), [("abcdefgh", str), ("hgfedcba", lambda name: chr(200 - ord(name)))], ids=["rising", "falling"]
)
def test_pages_that_are_emptied_one_by_one_hold_everything(names, key):
    left, found, token = list(names), [], None
    while not found or token:
        part, token = page(left, token, 3, key=key)
        found += part
        left = [name for name in left if name not in part]
    assert found == list(names)


def test_item_that_comes_first_in_the_meantime_is_not_listed_twice():
    first, token = page(["run 2", "run 1"], None, 1, key=str)
    assert page(["run 3", "run 2", "run 1"], token, 1, key=str) == (["run 1"], None)
    assert first == ["run 2"]


def test_things_are_listed_by_name():
    found, token = page_by_name([SimpleNamespace(name=name) for name in ("c", "a", "b")], None, 2)
    assert [each.name for each in found] == ["a", "b"]
    assert page_by_name([SimpleNamespace(name=name) for name in ("aa", "c")], token, 2)[0][0].name == "c"


@pytest.mark.parametrize("token", ["x", "ü", "ZnJvbTp4", "LTE=", "bnVsbA==", "eyJsYXN0RXZhbHVhdGVkS2V5IjogMX0="])
def test_unknown_token_is_refused(token):
    with pytest.raises(InvalidInputException):
        page([1, 2], token, 1)


def test_batches_tell_what_is_there_apart_from_what_is_not(glue):
    glue.add_quarterly_workflow()

    def names(answer: dict[str, Any], kind: str, missing: str) -> tuple[list[str], list[str]]:
        return [each["Name"] for each in answer[kind]], answer[missing]

    scope = glue.scope
    asked = glue.triggers.batch_get(scope, {"TriggerNames": ["then", "none", "start"]})
    assert names(asked, "Triggers", "TriggersNotFound") == (["then", "start"], ["none"])
    asked = glue.crawlers.batch_get(scope, {"CrawlerNames": ["none", "raw"]})
    assert names(asked, "Crawlers", "CrawlersNotFound") == (["raw"], ["none"])
    asked = glue.jobs.batch_get(scope, {"JobNames": ["none", "etl"]})
    assert names(asked, "Jobs", "JobsNotFound") == (["etl"], ["none"])
    asked = glue.workflows.batch_get(scope, {"Names": ["none", "quarterly"]})
    assert names(asked, "Workflows", "MissingWorkflows") == (["quarterly"], ["none"])
    assert "Graph" not in asked["Workflows"][0]
    asked = glue.workflows.batch_get(scope, {"Names": ["quarterly"], "IncludeGraph": True})
    assert {node["Name"] for node in asked["Workflows"][0]["Graph"]["Nodes"]} == {"start", "raw", "then", "etl"}

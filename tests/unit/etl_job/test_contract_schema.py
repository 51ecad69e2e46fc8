"""The published JSON Schema of contracts: that of the model, and one that examples keep and mistakes break."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

import etl_job
from etl_job.contract_schema import json_schema

from .conftest import CONTRACT

SCHEMA = Path(etl_job.__file__).with_name("contract.schema.json")
EXAMPLES = [*sorted(CONTRACT.parent.glob("*.yaml")), Path(__file__).with_name("random_feed.yaml")]


def problems(document: Any) -> list[str]:
    plain = json.loads(json.dumps(document, default=str))
    return [error.message for error in Draft202012Validator(json.loads(SCHEMA.read_text())).iter_errors(plain)]


def test_published_schema_is_that_of_the_model():
    Draft202012Validator.check_schema(json.loads(SCHEMA.read_text()))
    made_by = "python -m etl_job.contract_schema > etl_job/contract.schema.json"
    assert SCHEMA.read_text() == json_schema(), made_by


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_keeps_the_schema(path):
    assert problems(yaml.safe_load(path.read_text())) == []


def misspelt_rule(schema):
    schema["properties"][0]["logicalTypeOptions"]["maxLenght"] = 3


def unknown_type(schema):
    schema["properties"][0]["logicalType"] = "object"


def misspelt_property(schema):
    schema["customProperties"].append({"property": "threshold", "value": {"quarantinedShare": 0.1}})


def unknown_policy(schema):
    schema["customProperties"].append({"property": "conflicts", "value": "keepBest"})


def rule_without_query(schema):
    schema["quality"] = [{"type": "sql", "name": "odd"}]


@pytest.mark.parametrize("spoil", [misspelt_rule, unknown_type, misspelt_property, unknown_policy, rule_without_query])
def test_mistake_breaks_the_schema(document, spoil):
    spoil(document["schema"][0])
    assert problems(document)

"""The published JSON Schema of contracts: that of the model, and one that examples keep and mistakes break."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft201909Validator, Draft202012Validator

import etl_job
from etl_job.contract.document import parse_contract
from etl_job.contract.json_schema import json_schema
from etl_job.errors import ContractError

from .conftest import CONTRACT

SCHEMA = Path(etl_job.__file__).with_name("contract.schema.json")
EXAMPLES = [*sorted(CONTRACT.parent.glob("*.yaml")), Path(__file__).with_name("random_feed.yaml")]


def problems(document: Any) -> list[str]:
    plain = json.loads(json.dumps(document, default=str))
    return [error.message for error in Draft202012Validator(json.loads(SCHEMA.read_text())).iter_errors(plain)]


def test_published_schema_is_that_of_the_model():
    Draft202012Validator.check_schema(json.loads(SCHEMA.read_text()))
    made_by = "python -m etl_job.contract.json_schema > etl_job/contract.schema.json"
    assert SCHEMA.read_text() == json_schema(), made_by


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_keeps_the_schema(path):
    assert problems(yaml.safe_load(path.read_text())) == []


def standard() -> dict[str, Any]:
    return json.loads(resources.files("open_data_contract_standard").joinpath("schema.json").read_text())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_keeps_the_schema_of_the_open_data_contract_standard(path):
    plain = json.loads(json.dumps(yaml.safe_load(path.read_text()), default=str))
    assert [error.message for error in Draft201909Validator(standard()).iter_errors(plain)] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_standard_and_own_spellings_of_a_contract_are_equal(path):
    document = yaml.safe_load(path.read_text())
    schema = document["schema"][0]
    recorded = parse_contract(yaml.safe_dump(document), path.name, schema["name"])
    for column in schema["properties"]:
        options = column.setdefault("logicalTypeOptions", {})
        options |= {entry["property"]: entry["value"] for entry in column.pop("customProperties", [])}
        options |= {"enum": [each["value"] for each in column.pop("enum")]} if "enum" in column else {}
        options |= {"timeZone": options.pop("defaultTimezone")} if "defaultTimezone" in options else {}
    schema["quality"] = [
        {"type": "sql", "name": rule["name"], "query": rule["implementation"], "severity": rule["severity"]}
        for rule in schema.get("quality", [])
    ]
    assert parse_contract(yaml.safe_dump(document), path.name, schema["name"]) == recorded
    assert problems(document) == []


def column_property_of_nobody(schema):
    schema["properties"][0]["customProperties"] = [{"property": "decimalSeperator", "value": ","}]


def rule_of_another_engine(schema):
    schema["quality"] = [{"type": "custom", "name": "odd", "engine": "soda", "implementation": "x"}]


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


MISTAKES = [misspelt_rule, unknown_type, misspelt_property, unknown_policy, rule_without_query]
MISTAKES += [column_property_of_nobody, rule_of_another_engine]


@pytest.mark.parametrize("spoil", MISTAKES)
def test_mistake_breaks_the_schema_and_is_refused(document, parse, spoil):
    spoil(document["schema"][0])
    assert problems(document)
    with pytest.raises(ContractError):
        parse(document)

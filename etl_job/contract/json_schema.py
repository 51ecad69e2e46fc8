"""The JSON Schema of contracts, for editors and for checks without Quartal: ``contract.schema.json`` in this package.

It checks each field by itself. Only ``quartal contract lint`` checks that fields fit together, for instance that a
measure is a column. Contracts follow the Open Data Contract Standard v3; the job's extensions can go into the places
that the standard provides for them (``odcs.py``).
"""

import json
import sys
from typing import Any

from pydantic.json_schema import models_json_schema

from etl_job.contract.columns import DESCRIPTIVE_FIELDS, Column
from etl_job.contract.document import CUSTOM_PROPERTIES
from etl_job.contract.model import DESCRIPTIVE_FIELDS_OF_RULES, Contract, FreeRule
from etl_job.contract.odcs import COLUMN_PROPERTIES, ENGINE


def json_schema() -> str:
    """The schema as text."""
    models = [(model, "validation") for model in (Contract, Column, FreeRule)]
    _, found = models_json_schema(models)  # type: ignore[arg-type]
    parts: dict[str, Any] = found["$defs"]
    of_contract = parts.pop("Contract")["properties"]
    for name, fields in (("Column", DESCRIPTIVE_FIELDS), ("FreeRule", DESCRIPTIVE_FIELDS_OF_RULES)):
        parts[name]["properties"] |= dict.fromkeys(sorted(fields), True)
    foreign = {
        "properties": {
            "property": {"type": "string", "pattern": "^x-"},
            "value": {"description": "For another program; the job ignores it."},
        },
        "required": ["property"],
    }
    _add_standard_forms(parts, foreign)
    custom = [_custom(name, of_contract[name]) for name in sorted(CUSTOM_PROPERTIES)]
    quality = of_contract["quality"]
    dataset = {
        "type": "object",
        "required": ["name", "properties", "customProperties"],
        "properties": {
            "name": of_contract["dataset"] | {"pattern": "^[a-z_][a-z0-9_]*$"},
            "properties": of_contract["columns"],
            "quality": {"anyOf": [quality, {"type": "null"}], "description": quality.pop("description")},
            "customProperties": {
                "description": "Everything else that the job must know about the feed, one entry for each property.",
                "type": "array",
                "items": {"anyOf": [*custom, foreign]},
            },
        },
    }
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Data contract of Quartal",
        "type": "object",
        "required": ["apiVersion", "kind", "schema"],
        "properties": {
            "apiVersion": {
                "description": "The version of the standard that the file follows, such as `v3.2.0`.",
                "type": "string",
                "pattern": r"^v3\.",
            },
            "kind": {"description": "The standard's name for such a file.", "const": "DataContract"},
            "version": {"description": of_contract["version"]["description"], "type": ["string", "number"]},
            "schema": {
                "description": "The datasets that the file describes.",
                "type": "array",
                "minItems": 1,
                "items": dataset,
            },
        },
        "$defs": parts,
    }
    return json.dumps(document, indent=2) + "\n"


def _add_standard_forms(parts: dict[str, Any], foreign: dict[str, Any]) -> None:
    """Add the forms in which the standard itself expresses options of columns and rules (``odcs.py``)."""
    options, rule = parts["ValueRules"]["properties"], parts["FreeRule"]
    own = [_custom(name, options[name]) for name in COLUMN_PROPERTIES]
    value = {"type": "object", "required": ["value"], "properties": {"value": {"description": "A text that is valid."}}}
    parts["Column"]["properties"] |= {
        "customProperties": {
            "description": "Options that are not in the standard; each can be in `logicalTypeOptions` instead.",
            "type": "array",
            "items": {"anyOf": [*own, foreign]},
        },
        "enum": {
            "description": f"{options['enum']['description']} `logicalTypeOptions` can also hold it as a list "
            "of texts.",
            "type": "array",
            "minItems": 1,
            "items": value,
        },
    }
    options["defaultTimezone"] = options["timeZone"] | {"description": "The standard's name for `timeZone`."}
    fields = rule["properties"]
    fields |= {
        "engine": {"description": "The program that evaluates a rule of type `custom`.", "const": ENGINE},
        "implementation": fields["query"]
        | {"description": "The expression of a rule of type `custom`, which has no `query`."},
        "type": {
            "description": "`custom` with `engine` and `implementation`, as in the standard, or `sql` with `query`: "
            "both mean the same.",
            "enum": ["sql", "custom"],
        },
    }
    rule["required"] = ["name", "type"]
    rule["oneOf"] = [
        {"properties": {"type": {"const": "sql"}}, "required": ["query"], "not": {"required": ["engine"]}},
        {"properties": {"type": {"const": "custom"}}, "required": ["engine", "implementation"]},
    ]


def _custom(name: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"required": ["property", "value"], "properties": {"property": {"const": name}, "value": value}}


if __name__ == "__main__":  # python -m etl_job.contract.json_schema > etl_job/contract.schema.json
    sys.stdout.write(json_schema())

"""The JSON Schema of contracts, for editors and for checks without Quartal: ``contract.schema.json`` in this package.

It holds what a document may say, field by field; what must fit together (a measure that is a column, say) only
``quartal contract lint`` knows. Contracts follow the Open Data Contract Standard v3. Beyond it go the custom
properties, ``timestamp`` (which came with v3.1), and of the options ``enum``, ``decimalSeparator`` and ``timeZone``.
"""

import json
import sys
from typing import Any

from pydantic.json_schema import models_json_schema

from etl_job.columns import DESCRIPTIVE_FIELDS, Column
from etl_job.contract import DESCRIPTIVE_FIELDS_OF_RULES, Contract, FreeRule
from etl_job.contract_document import CUSTOM_PROPERTIES


def json_schema() -> str:
    """The schema as text."""
    models = [(model, "validation") for model in (Contract, Column, FreeRule)]
    _, found = models_json_schema(models)  # type: ignore[arg-type]
    parts: dict[str, Any] = found["$defs"]
    of_contract = parts.pop("Contract")["properties"]
    for name, fields in (("Column", DESCRIPTIVE_FIELDS), ("FreeRule", DESCRIPTIVE_FIELDS_OF_RULES)):
        parts[name]["properties"] |= dict.fromkeys(sorted(fields), True)
    custom = [_custom(name, of_contract[name]) for name in sorted(CUSTOM_PROPERTIES)]
    foreign = {"properties": {"property": {"type": "string", "pattern": "^x-"}}, "required": ["property"]}
    dataset = {
        "type": "object",
        "required": ["name", "properties", "customProperties"],
        "properties": {
            "name": of_contract["dataset"] | {"pattern": "^[a-z_][a-z0-9_]*$"},
            "properties": of_contract["columns"],
            "quality": of_contract["quality"],
            "customProperties": {"type": "array", "items": {"anyOf": [*custom, foreign]}},
        },
    }
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Data contract of Quartal",
        "type": "object",
        "required": ["apiVersion", "kind", "version", "schema"],
        "properties": {
            "apiVersion": {"type": "string", "pattern": r"^v3\."},
            "kind": {"const": "DataContract"},
            "version": {"type": "string"},
            "schema": {"type": "array", "minItems": 1, "items": dataset},
        },
        "$defs": parts,
    }
    return json.dumps(document, indent=2) + "\n"


def _custom(name: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"required": ["property", "value"], "properties": {"property": {"const": name}, "value": value}}


if __name__ == "__main__":  # python -m etl_job.contract_schema > etl_job/contract.schema.json
    sys.stdout.write(json_schema())

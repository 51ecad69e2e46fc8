"""A contract read from its document, Open Data Contract Standard YAML."""

from typing import Any

import yaml
from pydantic import ValidationError

from etl_job.contract import Contract
from etl_job.errors import ContractError
from etl_job.standard_forms import FOREIGN

CUSTOM_PROPERTIES = frozenset({"conflicts", "csv", "features", "files", "thresholds"})


def parse_contract(text: str, source: str, dataset: str) -> Contract:
    """Read the schema of ``dataset`` from ODCS YAML; raise ContractError naming ``source``, field and remedy."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ContractError(f"contract {source} is not YAML: {_one_line(error)}") from error
    if not isinstance(document, dict) or document.get("kind") != "DataContract":
        raise ContractError(f"contract {source}: kind must be DataContract (Open Data Contract Standard v3)")
    if not str(document.get("apiVersion", "")).startswith("v3."):
        raise ContractError(f"contract {source}: apiVersion must be v3.x, is {document.get('apiVersion')!r}")
    schemas = document.get("schema")
    entries = [entry for entry in schemas if isinstance(entry, dict)] if isinstance(schemas, list) else []
    chosen = next((entry for entry in entries if entry.get("name") == dataset), None)
    if chosen is None:
        names = ", ".join(str(entry.get("name")) for entry in entries) or "none"
        raise ContractError(f"contract {source}: no schema named {dataset!r} (it has: {names}); check --dataset")
    custom = _custom_properties(chosen, source)
    try:
        return Contract.model_validate(
            {
                "version": str(document.get("version", "")),
                "dataset": dataset,
                "columns": chosen.get("properties", ()),
                "quality": chosen.get("quality") or (),
                **custom,
            }
        )
    except ValidationError as error:
        raise ContractError(f"contract {source}: {_first_problem(error)}") from error


def _custom_properties(schema: dict[str, Any], source: str) -> dict[str, Any]:
    custom = schema.get("customProperties") or []
    if not isinstance(custom, list) or not all(isinstance(entry, dict) for entry in custom):
        raise ContractError(f"contract {source}: customProperties must be a list of property/value pairs")
    names = [entry.get("property") for entry in custom]
    for name in names:
        if name not in CUSTOM_PROPERTIES and not str(name).startswith(FOREIGN):
            raise ContractError(
                f"contract {source}: customProperties: the job knows no property {name!r}; it knows "
                f"{', '.join(sorted(CUSTOM_PROPERTIES))}. Correct its spelling, remove it, or begin its name with "
                f"{FOREIGN!r} if another program reads it"
            )
        if names.count(name) > 1:
            raise ContractError(f"contract {source}: customProperties: {name} is there twice; remove one")
    return {entry["property"]: entry.get("value") for entry in custom if entry["property"] in CUSTOM_PROPERTIES}


def _first_problem(error: ValidationError) -> str:
    problems = error.errors(include_url=False)
    first = problems[0]
    path = ".".join(str(step) for step in first["loc"]) or "schema"
    path = path.replace("columns.", "properties.", 1)
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    given = "" if first["type"] in {"missing", "value_error"} else f", is {first['input']!r}"
    hint = "; remove it or check its spelling" if first["type"] == "extra_forbidden" else ""
    return f"{path}: {first['msg'].removeprefix('Value error, ')}{given}{hint}{more}"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())

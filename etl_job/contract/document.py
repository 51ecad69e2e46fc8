"""A contract read from its document, Open Data Contract Standard YAML."""

import reprlib
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from etl_job.contract.model import Contract
from etl_job.contract.odcs import FOREIGN
from etl_job.contract.validation_messages import in_words
from etl_job.contract.yaml_text import Document, DocumentError, read_document
from etl_job.errors import ContractError

CUSTOM_PROPERTIES = frozenset({"conflicts", "csv", "features", "files", "missingValues", "thresholds"})
_MAX_MESSAGE = 600
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 80


def parse_contract(text: str, source: str, dataset: str) -> Contract:
    """Read the schema of ``dataset`` from ODCS YAML.

    Raises:
        ContractError: it is no contract; the error names `source`, field, line and remedy.
    """
    try:
        document = read_document(text)
    except DocumentError as error:
        raise ContractError(f"contract {source} is not YAML that is read: {shortened(str(error))}") from error
    try:
        return _contract_in(document, dataset)
    except _UnreadError as error:
        raise ContractError(f"contract {source}: {shortened(str(error))}") from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        line = line_of_problem(document, dataset, first["loc"])
        place = f" (line {line})" if line else ""
        raise ContractError(f"contract {source}: {shortened(_first_problem(error))}{place}") from error


def line_of_problem(document: Document, dataset: str, path: Sequence[str | int]) -> int | None:
    """The line that a field of a contract's model is written in, or what it is part of."""
    schemas = document.content.get("schema", []) if isinstance(document.content, dict) else []
    place = next((n for n, entry in enumerate(schemas) if isinstance(entry, dict) and entry.get("name") == dataset), 0)
    field, *inner = path or ("",)
    if field == "version":
        return document.line_of(("version",))
    if field in CUSTOM_PROPERTIES:
        custom = schemas[place].get("customProperties") or []
        number = next((n for n, entry in enumerate(custom) if entry.get("property") == field), None)
        at = ("customProperties",) if number is None else ("customProperties", number, "value", *inner)
        return document.line_of(("schema", place, *at))
    return document.line_of(("schema", place, "properties" if field == "columns" else str(field), *inner))


def shown(value: object) -> str:
    """What a document says, for a message: short, and on one line."""
    return _SHORT.repr(value)


def shortened(message: str) -> str:
    """A message of bounded length without characters that a terminal would obey."""
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in message[: 2 * _MAX_MESSAGE])
    return text if len(text) <= _MAX_MESSAGE else f"{text[:_MAX_MESSAGE]}..."


class _UnreadError(Exception):
    """What a document as a whole lacks."""


def _contract_in(document: Document, dataset: str) -> Contract:
    content = document.content
    if not isinstance(content, dict) or content.get("kind") != "DataContract":
        raise _UnreadError("kind must be DataContract (Open Data Contract Standard v3)")
    version = content.get("apiVersion")
    if not isinstance(version, str) or not version.startswith("v3."):
        raise _UnreadError(f"apiVersion must be v3.x, is {shown(version)}")
    schemas = content.get("schema")
    entries = [entry for entry in schemas if isinstance(entry, dict)] if isinstance(schemas, list) else []
    schema = next((entry for entry in entries if entry.get("name") == dataset), None)
    if schema is None:
        names = ", ".join(str(entry.get("name"))[:80] for entry in entries) or "none"
        raise _UnreadError(f"no schema named {dataset!r} (it has: {names}); check --dataset")
    if sum(entry.get("name") == dataset for entry in entries) > 1:
        raise _UnreadError(f"schema: two datasets are named {dataset!r}; rename one")
    own = content.get("version", "")
    quality = schema.get("quality")
    return Contract.model_validate(
        {
            "version": str(own) if isinstance(own, int | float) and not isinstance(own, bool) else own,
            "dataset": dataset,
            "columns": schema.get("properties", ()),
            "quality": () if quality is None else quality,
            **_custom_properties(schema),
        },
        by_alias=True,
        by_name=False,
    )


def _custom_properties(schema: dict[str, Any]) -> dict[str, Any]:
    custom = schema.get("customProperties") or []
    if not isinstance(custom, list) or not all(isinstance(entry, dict) for entry in custom):
        raise _UnreadError("customProperties must be a list of property/value pairs")
    names = [entry.get("property") for entry in custom]
    for name in names:
        if not isinstance(name, str) or (name not in CUSTOM_PROPERTIES and not name.startswith(FOREIGN)):
            raise _UnreadError(
                f"customProperties: the job knows no property {shown(name)}; it knows "
                f"{', '.join(sorted(CUSTOM_PROPERTIES))}. Correct its spelling, remove it, or begin its name with "
                f"{FOREIGN!r} if another program reads it"
            )
        if names.count(name) > 1:
            raise _UnreadError(f"customProperties: {name} is there twice; remove one")
    return {entry["property"]: entry.get("value") for entry in custom if entry["property"] in CUSTOM_PROPERTIES}


def _first_problem(error: ValidationError) -> str:
    problems = error.errors(include_url=False)
    first = problems[0]
    path = ".".join(str(step) for step in first["loc"]) or "schema"
    path = path.replace("columns.", "properties.", 1)
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    given = "" if first["type"] in {"missing", "value_error"} else f", is {shown(first['input'])}"
    hint = "; remove it or check its spelling" if first["type"] == "extra_forbidden" else ""
    return f"{path}: {in_words(first)}{given}{hint}{more}"

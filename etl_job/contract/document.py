"""Read a contract from its document, YAML of the Open Data Contract Standard."""

import reprlib
from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from etl_job.contract.model import Contract
from etl_job.contract.odcs import FOREIGN
from etl_job.contract.validation_messages import in_words, list_problems
from etl_job.contract.yaml_text import Document, DocumentError, read_document
from etl_job.errors import ContractError

CUSTOM_PROPERTIES = frozenset({"conflicts", "csv", "features", "files", "missingValues", "thresholds"})
_MAX_MESSAGE = 600
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 80


def parse_contract(text: str, source: str, dataset: str) -> Contract:
    """Read the schema of ``dataset`` from ODCS YAML.

    Raises:
        ContractError: it is not a valid contract; the error names `source`, field, line and remedy.
    """
    try:
        document = read_document(text)
    except DocumentError as error:
        raise ContractError(f"contract {source} cannot be read as YAML: {shortened(str(error))}") from error
    try:
        return _contract_in(document, dataset)
    except _UnreadError as error:
        raise ContractError(f"contract {source}: {shortened(str(error))}") from error
    except ValidationError as error:
        first = list_problems(error)[0]
        line = line_of_problem(document, dataset, first["loc"])
        place = f" (line {line})" if line else ""
        raise ContractError(f"contract {source}: {shortened(_first_problem(error))}{place}") from error


def line_of_problem(document: Document, dataset: str, path: Sequence[str | int]) -> int | None:
    """The line of a field of a contract's model, or of the nearest part that contains it."""
    schemas = document.content.get("schema", []) if isinstance(document.content, dict) else []
    place = next((n for n, entry in enumerate(schemas) if isinstance(entry, dict) and entry.get("name") == dataset), 0)
    field, *inner = path or ("",)
    if field == "version":
        return document.find_line(("version",))
    if field in CUSTOM_PROPERTIES:
        custom = schemas[place].get("customProperties") or []
        number = next((n for n, entry in enumerate(custom) if entry.get("property") == field), None)
        at = ("customProperties",) if number is None else ("customProperties", number, "value", *inner)
        return document.find_line(("schema", place, *at))
    return document.find_line(("schema", place, "properties" if field == "columns" else str(field), *inner))


def shown(value: object) -> str:
    """A value of a document for a message: short, and on one line."""
    return _SHORT.repr(value)


def shortened(message: str) -> str:
    """A message of bounded length, without control characters."""
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in message[: 2 * _MAX_MESSAGE])
    return text if len(text) <= _MAX_MESSAGE else f"{text[:_MAX_MESSAGE]}..."


class _UnreadError(Exception):
    """A problem of the document as a whole."""


def _contract_in(document: Document, dataset: str) -> Contract:
    content = document.content
    if not isinstance(content, dict) or content.get("kind") != "DataContract":
        raise _UnreadError("kind must be DataContract (Open Data Contract Standard v3)")
    version = content.get("apiVersion")
    if not isinstance(version, str) or not version.startswith("v3."):
        raise _UnreadError(f"apiVersion must be v3.x, not {shown(version)}")
    schemas = content.get("schema")
    entries = [entry for entry in schemas if isinstance(entry, dict)] if isinstance(schemas, list) else []
    schema = next((entry for entry in entries if entry.get("name") == dataset), None)
    if schema is None:
        names = ", ".join(str(entry.get("name"))[:80] for entry in entries) or "none"
        raise _UnreadError(f"it has no schema named {dataset!r}, only: {names}; check --dataset")
    if sum(entry.get("name") == dataset for entry in entries) > 1:
        raise _UnreadError(f"schema: two datasets are named {dataset!r}; rename one")
    own = content.get("version", "")
    quality = schema.get("quality")
    return Contract.model_validate(
        {
            "version": document.find_text("version")
            if isinstance(own, int | float) and not isinstance(own, bool)
            else own,
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
                f"customProperties: unknown property {shown(name)}; known properties are "
                f"{', '.join(sorted(CUSTOM_PROPERTIES))}. Correct the spelling, remove it, or prefix the name with "
                f"{FOREIGN!r} if it is for another program"
            )
        if names.count(name) > 1:
            raise _UnreadError(f"customProperties: {name} appears twice; remove one")
    return {entry["property"]: entry.get("value") for entry in custom if entry["property"] in CUSTOM_PROPERTIES}


def _first_problem(error: ValidationError) -> str:
    problems = list_problems(error)
    first = problems[0]
    path = ".".join(str(step) for step in first["loc"]) or "schema"
    path = path.replace("columns.", "properties.", 1)
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    shown_input = (
        "" if first["type"] in {"extra_forbidden", "missing", "value_error"} else f", not {shown(first['input'])}"
    )
    hint = "; remove it or check its spelling" if first["type"] == "extra_forbidden" else ""
    return f"{path}: {in_words(first)}{shown_input}{hint}{more}"

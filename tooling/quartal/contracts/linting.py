"""Every problem of a contract, not only the first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from quartal.contracts.expressions import problem_of_condition
from quartal.contracts.model import (
    CUSTOM_PROPERTIES,
    Contract,
    ContractError,
    Document,
    DocumentError,
    line_of_problem,
    parse_contract,
    read_document,
    shortened,
    shown,
)
from quartal.core.errors import ConfigurationError
from quartal.core.validation_messages import in_words, list_problems

_ESCAPED = re.compile(r"\\.", re.DOTALL)
_NESTED_CLASS = re.compile(r"\[\^?\]?[^\]\\]*(\[(?!:)|&&)")


class Severity(StrEnum):
    """An error stops the job, or breaks readers; a warning deserves a look."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to change in a file: where, what, and how."""

    file: str
    field: str
    message: str
    remedy: str
    severity: Severity = Severity.ERROR
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Linted:
    """The contracts of a file by dataset, as far as they can be read, and what is wrong."""

    contracts: Mapping[str, Contract]
    problems: tuple[Problem, ...]


_REMEDIES = {
    "missing": "Add it.",
    "extra_forbidden": "Remove it, or check its spelling.",
    "literal_error": "Use one of the values named.",
    "enum": "Use one of the values named.",
    "string_pattern_mismatch": "Rename it.",
}
_MOST_BYTES = 4_000_000
_MOST_PROBLEMS = 100


def read_text(path: Path) -> str:
    """The text of a contract file.

    Raises:
        ConfigurationError: there is no such file, or it is no UTF-8, or longer than any contract.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise ValueError(f"it has more than {_MOST_BYTES:,} bytes, too many for a contract")
        return content.decode("utf-8")
    except (OSError, ValueError) as error:  # a UnicodeDecodeError is the latter
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ConfigurationError(f"{path} cannot be read: {reason}.", remedy="Name a contract, a YAML file.") from error


def lint(text: str, file: str) -> Linted:
    """Read every dataset of a contract, and collect every problem."""
    try:
        document = _read(text)
        names = _names_in(document)
    except ValueError as error:
        return Linted(
            {}, (Problem(file, "schema", str(error), "docs/how-to/your-own-data.md shows a complete contract."),)
        )
    contracts: dict[str, Contract] = {}
    problems: list[Problem] = []
    for name in names:
        try:
            contract = contracts[name] = parse_contract(text, file, name)
        except ContractError as error:
            problems += _list_problems(error, document, file, name)
        else:
            problems += (*_patterns(contract, document, file), *_conditions(contract, document, file))
    return Linted(contracts, tuple(problems))


def dataset_names(text: str) -> list[str]:
    """The datasets of a contract.

    Raises:
        ValueError: it is no YAML, or names no datasets.
    """
    return _names_in(_read(text))


def _read(text: str) -> Document:
    try:
        return read_document(text)
    except DocumentError as error:
        raise ValueError(f"it cannot be read as YAML: {shortened(str(error))}") from error


def _names_in(document: Document) -> list[str]:
    content = document.content
    schemas = content.get("schema") if isinstance(content, dict) else None
    if not isinstance(schemas, list) or not all(isinstance(entry, dict) and entry.get("name") for entry in schemas):
        raise ValueError("it must be a list of datasets, each with a name")
    if not schemas:
        raise ValueError("the list of datasets is empty")
    names = [entry["name"] for entry in schemas]
    odd = [name for name in names if not isinstance(name, str)]
    if odd:
        raise ValueError(f"the name of a dataset must be text, not {shown(odd[0])}")
    return names


def without_unknown_properties(text: str) -> str:
    """The contract without the custom properties that the job does not know; anything else stays as it is."""
    try:
        document = read_document(text).content
        for schema in document["schema"]:
            properties = schema["customProperties"]
            schema["customProperties"] = [entry for entry in properties if entry["property"] in CUSTOM_PROPERTIES]
    except (DocumentError, KeyError, TypeError):
        return text
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def _list_problems(error: ContractError, document: Document, file: str, dataset: str) -> list[Problem]:
    cause = error.__cause__
    if not isinstance(cause, ValidationError):
        message = str(error).removeprefix(f"contract {file}: ")
        return [Problem(file, shortened(dataset), message, "Correct it; the message says what is expected.")]
    return [_problem(found, document, file, dataset) for found in list_problems(cause)[:_MOST_PROBLEMS]]


def _problem(found: Any, document: Document, file: str, dataset: str) -> Problem:
    path = ".".join(map(str, (dataset, *found["loc"]))).replace(".columns.", ".properties.", 1)
    message = in_words(found)
    if found["type"] not in {"extra_forbidden", "missing", "value_error"}:
        message += f", not {shown(found['input'])}"
    remedy = _REMEDIES.get(found["type"], "Correct it; the message says what is expected.")
    line = line_of_problem(document, dataset, found["loc"])
    return Problem(file, shortened(path), shortened(message), remedy, line=line)


def _patterns(contract: Contract, document: Document, file: str) -> list[Problem]:
    """Patterns that RE2 cannot read, or reads differently from Java, which earlier versions used."""
    patterns = {
        place: column.rules.pattern for place, column in enumerate(contract.columns) if column.rules.pattern is not None
    }
    if not patterns:
        return []
    from quartal.contracts.row_judge import unreadable

    problems = []
    for place, pattern in patterns.items():
        field = f"{contract.dataset}.{contract.columns[place].name}.logicalTypeOptions.pattern"
        line = line_of_problem(document, contract.dataset, ("columns", place, "logicalTypeOptions", "pattern"))
        reason, other = unreadable(pattern), _read_otherwise(pattern)
        if reason:
            message = shortened(f"{shown(pattern)} is not a regular expression that RE2 can read: {reason}")
            problems.append(Problem(file, field, message, "Correct or escape it.", line=line))
        elif other:
            message = shortened(f"{shown(pattern)}: {other}")
            remedy = "Rewrite the pattern without it, or escape these characters."
            problems.append(Problem(file, field, message, remedy, Severity.WARNING, line))
    return problems


def _read_otherwise(pattern: str) -> str | None:
    """The part of a pattern that RE2 reads differently from Java; None if none is known."""
    found = _NESTED_CLASS.search(_ESCAPED.sub("..", pattern))
    if found:
        what = "the intersection &&" if found[1] == "&&" else "the nested class"
        return f"{what} in {found[0][:40]!r} is Java syntax: RE2 reads its characters literally"
    return None


def _conditions(contract: Contract, document: Document, file: str) -> list[Problem]:
    problems = []
    kinds = {column.name: column.logical_type for column in contract.columns}
    for place, rule in enumerate(contract.quality):
        reason = problem_of_condition(rule.query, kinds)
        if reason:
            field = f"{contract.dataset}.quality.{place}"
            message = shortened(f"rule {rule.name}: {shown(rule.query)} is not a condition on a row: {reason}")
            line = line_of_problem(document, contract.dataset, ("quality", place))
            remedy = "Use only columns, constants, and Spark functions that work on a single row."
            problems.append(Problem(file, field, message, remedy, line=line))
    return problems

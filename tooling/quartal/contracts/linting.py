"""Everything that is wrong with a contract, not only the first thing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from quartal.contracts.model import CUSTOM_PROPERTIES, Contract, ContractError, parse_contract
from quartal.errors import ConfigurationError


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


def read_text(path: Path) -> str:
    """The text of a contract file.

    Raises:
        ConfigurationError: there is no such file, or it is no UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read: {error}", remedy="Name a contract, a YAML file.") from error


def lint(text: str, file: str) -> Linted:
    """Read every dataset of a contract, and say all that is wrong."""
    try:
        names = dataset_names(text)
    except ValueError as error:
        return Linted({}, (Problem(file, "schema", str(error), "See docs/your-own-data.md for a whole contract."),))
    contracts: dict[str, Contract] = {}
    problems: list[Problem] = []
    for name in names:
        try:
            contract = contracts[name] = parse_contract(text, file, name)
        except ContractError as error:
            problems += _problems_of(error, file, name)
        else:
            problems += _patterns(contract, file)
    return Linted(contracts, tuple(problems))


def dataset_names(text: str) -> list[str]:
    """The datasets of a contract. Raises ValueError where it is no YAML, or names none."""
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {' '.join(str(error).split())}") from error
    schemas = document.get("schema") if isinstance(document, dict) else None
    if not isinstance(schemas, list) or not all(isinstance(entry, dict) and entry.get("name") for entry in schemas):
        raise ValueError("there must be a list of datasets, each with a name")
    if not schemas:
        raise ValueError("the list of datasets is empty")
    return [str(entry["name"]) for entry in schemas]


def without_unknown_properties(text: str) -> str:
    """The contract without the custom properties that the job does not know; anything else stays as it is."""
    try:
        document = yaml.safe_load(text)
        for schema in document["schema"]:
            properties = schema["customProperties"]
            schema["customProperties"] = [entry for entry in properties if entry["property"] in CUSTOM_PROPERTIES]
    except (yaml.YAMLError, KeyError, TypeError):
        return text
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)


def _problems_of(error: ContractError, file: str, dataset: str) -> list[Problem]:
    cause = error.__cause__
    if not isinstance(cause, ValidationError):
        message = str(error).removeprefix(f"contract {file}: ")
        return [Problem(file, dataset, message, "Correct it; the message says what is expected.")]
    return [_problem(found, file, dataset) for found in cause.errors(include_url=False)]


def _problem(found: Any, file: str, dataset: str) -> Problem:
    path = ".".join(map(str, (dataset, *found["loc"]))).replace(".columns.", ".properties.", 1)
    message = found["msg"].removeprefix("Value error, ")
    if found["type"] not in {"missing", "value_error"}:
        message += f", is {found['input']!r}"
    remedy = _REMEDIES.get(found["type"], "Correct it; the message says what is expected.")
    return Problem(file, path, message, remedy)


def _patterns(contract: Contract, file: str) -> list[Problem]:
    """Patterns run in Java; what Python cannot compile either is a mistake, what only Java reads is rare."""
    problems = []
    for column in contract.columns:
        pattern = column.rules.pattern
        try:
            re.compile(pattern or "")
        except re.error as error:
            field = f"{contract.dataset}.{column.name}.logicalTypeOptions.pattern"
            problems.append(
                Problem(file, field, f"{pattern!r} is no regular expression: {error}", "Correct or escape it.")
            )
    return problems

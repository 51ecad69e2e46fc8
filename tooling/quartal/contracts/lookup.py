"""Find the contract of a dataset."""

from __future__ import annotations

from pathlib import Path

from quartal.contracts.model import Contract, ContractError, DocumentError, parse_contract, read_document
from quartal.core.errors import ConfigurationError


def find_contract(contracts: Path, dataset: str) -> Contract:
    """Find the contract of a dataset in a folder.

    Raises:
        ConfigurationError: no contract is about the dataset, or one cannot be read.
    """
    for path in sorted(contracts.glob("*.yaml")):
        try:
            text = path.read_text(encoding="utf-8")
            if dataset in _datasets(read_document(text).content):
                return parse_contract(text, str(path), dataset)
        except ContractError as error:
            raise ConfigurationError(
                f"{error}.", remedy=f"`quartal contract lint {path}` lists every problem."
            ) from error
        except (OSError, UnicodeDecodeError, DocumentError) as error:
            raise ConfigurationError(
                f"{path} is not a data contract: {error}", remedy="Correct it; `git diff` shows what changed."
            ) from error
    raise ConfigurationError(
        f"{contracts} has no data contract for the dataset {dataset}.",
        remedy="Restore the contract that the environment was deployed with.",
    )


def _datasets(document: object) -> list[object]:
    schemas = document.get("schema") if isinstance(document, dict) else None
    entries = schemas if isinstance(schemas, list) else []
    return [entry.get("name") for entry in entries if isinstance(entry, dict)]

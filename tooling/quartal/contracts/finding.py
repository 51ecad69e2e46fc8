"""Which contract a dataset has."""

from __future__ import annotations

from pathlib import Path

from quartal.contracts.model import Contract, ContractError, DocumentError, parse_contract, read_document
from quartal.core.errors import ConfigurationError


def contract_of(contracts: Path, dataset: str) -> Contract:
    """The contract of a dataset among those in a folder.

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
                f"{error}.", remedy=f"quartal contract lint {path} lists all that is wrong."
            ) from error
        except (OSError, UnicodeDecodeError, DocumentError) as error:
            raise ConfigurationError(
                f"{path} is no data contract: {error}", remedy="Correct it; `git diff` shows what has changed."
            ) from error
    raise ConfigurationError(
        f"No data contract in {contracts} is about dataset {dataset}.",
        remedy="Restore the contract that the environment was deployed with.",
    )


def _datasets(document: object) -> list[object]:
    schemas = document.get("schema") if isinstance(document, dict) else None
    entries = schemas if isinstance(schemas, list) else []
    return [entry.get("name") for entry in entries if isinstance(entry, dict)]

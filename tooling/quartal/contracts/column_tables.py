"""A contract as tables: the columns of its input and its output."""

from __future__ import annotations

from typing import Any

from quartal.contracts.model import Contract, TableColumn, curated_columns, feature_columns

Rows = list[tuple[Any, ...]]


def column_rows(contract: Contract) -> Rows:
    """Name, type, whether required, and all rules of each column of the feed."""
    rows: Rows = []
    for column in contract.columns:
        rules = column.rules.model_dump(mode="json", by_alias=True, exclude_none=True)
        shown = [f"in files {column.physical_name}"] if column.physical_name else []
        shown += [f"{name} {value}" for name, value in rules.items() if value not in ((), [], {})]
        marks = ["key"] if column.name in contract.key else []
        marks += ["entity"] if column.name in contract.features.entity else []
        rows.append((column.name, column.logical_type, column.required, ", ".join(marks), ", ".join(shown)))
    return rows


def feature_rows(contract: Contract) -> Rows:
    """Each field of the feature specification that is set."""
    spec = contract.features.model_dump(mode="json", by_alias=True, exclude_none=True)
    return [(name, _plain(value)) for name, value in spec.items() if value not in ([], False)]


def published_tables(contract: Contract) -> dict[str, tuple[TableColumn, ...]]:
    """Name to columns of the tables that a run publishes."""
    return {
        f"{contract.dataset}_curated": curated_columns(contract.features),
        f"{contract.dataset}_features": feature_columns(contract.features),
    }


def as_record(contract: Contract) -> dict[str, Any]:
    """For JSON."""
    return {
        "dataset": contract.dataset,
        "version": contract.version,
        "hash": contract.hash,
        "contract": contract.model_dump(mode="json", by_alias=True, exclude_none=True),
        "tables": {
            name: [{"name": column.name, "type": column.kind} for column in columns]
            for name, columns in published_tables(contract).items()
        },
    }


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return "yes" if value is True else str(value)

"""The filters of lists of rulesets, runs and results."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any


def is_between(moment: datetime, wanted: Mapping[str, Any], member: str = "Started") -> bool:
    """Whether a moment is after `<member>After` and before `<member>Before`, as far as they are given."""
    after, before = wanted.get(f"{member}After"), wanted.get(f"{member}Before")
    return (after is None or moment > after) and (before is None or moment < before)


def is_same_table(wanted: Mapping[str, Any], found: Mapping[str, Any], account_id: str) -> bool:
    """Whether two name the same table of the catalog, which knows no upper case and is the account's by default."""
    return _name(wanted, account_id) == _name(found, account_id)


def is_same_source(wanted: Mapping[str, Any] | None, found: Mapping[str, Any], account_id: str) -> bool:
    """Whether a data source is the requested one, or none is requested."""
    if wanted is None:
        return True
    if "GlueTable" in wanted and "GlueTable" in found:
        return is_same_table(wanted["GlueTable"], found["GlueTable"], account_id)
    return wanted == found


def _name(table: Mapping[str, Any], account_id: str) -> dict[str, Any]:
    named = {"CatalogId": account_id, **table}
    lowered = {key: str(named.get(key, "")).lower() for key in ("DatabaseName", "TableName")}
    return {**named, **lowered}

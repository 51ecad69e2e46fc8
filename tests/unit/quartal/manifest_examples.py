"""A run manifest of a run that did nothing, for tests to fill in."""

import json
from typing import Any

from etl_job.manifest.model import RunManifest


def run_manifest(**fields: Any) -> RunManifest:
    """The same as it is read from the lake."""
    return as_read(empty_manifest(**fields))


def as_read(manifest: dict[str, Any]) -> RunManifest:
    """A manifest's JSON as its model."""
    return RunManifest.model_validate_json(json.dumps(manifest), strict=True)


def empty_manifest(**fields: Any) -> dict[str, Any]:
    """Every required field, each of its type."""
    return {
        "manifest_version": 1,
        "run_id": "wr_1",
        "dataset": "feed",
        "database": "db",
        "status": "SUCCEEDED",
        "reason": None,
        "published_anything": False,
        "started_at": "2026-01-01T03:00:00.000000Z",
        "finished_at": "2026-01-01T03:01:00.000000Z",
        "seconds": 60.0,
        "contract": None,
        "totals": {"rows_in": 0, "kept": 0, "quarantined": 0, "duplicates": 0, "conflicts": 0},
        "deliveries": [],
        "stages": [],
        "curated": None,
        "features": None,
        "quarantine": [],
        "versions": {},
        "published": {},
        **fields,
    }


def delivery_counts(delivery: str, **fields: Any) -> dict[str, Any]:
    """A delivery without rows, as a run counts it."""
    return {
        "delivery": delivery,
        "inputs": [],
        "rows_in": 0,
        "kept": 0,
        "quarantined": 0,
        "duplicates": 0,
        "conflicts": 0,
        "violations": {},
        "first_day": None,
        "last_day": None,
        **fields,
    }

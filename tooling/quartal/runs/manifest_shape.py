"""What the fields of a run manifest hold, as far as the tooling reads them.

Those with a default came later than version 1 of the manifest: older ones lack them.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")


class _Input(_Part):
    uri: str
    size_bytes: int
    etag: str


class _Counts(_Part):
    delivery: str
    inputs: list[_Input]
    rows_in: int
    kept: int
    quarantined: int
    duplicates: int
    conflicts: int
    warned: int = 0
    violations: dict[str, int]
    warnings: dict[str, int] = {}
    first_day: str | None
    last_day: str | None


class _Totals(_Part):
    rows_in: int
    kept: int
    quarantined: int
    duplicates: int
    conflicts: int
    warned: int = 0


class _Stage(_Part):
    stage: str
    seconds: float


class _Table(_Part):
    table: str
    location: str
    snapshot_id: int | None
    files: int
    partitions: list[str] = []
    tags: list[str]


class _Contract(_Part):
    source: str
    version: str
    hash: str


class _Published(_Part):
    run_id: str
    contract_hash: str
    inputs: list[_Input]
    withdrawn: bool = False


class _Export(_Part):
    manifest: str
    written: list[str]
    removed: list[str]


class _Manifest(_Part):
    run_id: str
    dataset: str
    database: str
    status: str
    reason: str | None
    published_anything: bool
    started_at: str
    finished_at: str
    seconds: float
    contract: _Contract | None
    totals: _Totals
    deliveries: list[_Counts]
    stages: list[_Stage]
    curated: _Table | None
    features: _Table | None
    quarantine: list[str]
    csv_export: _Export | None = None
    spark: dict[str, float | int | None] | None = None
    versions: dict[str, str | None]
    published: dict[str, _Published]
    curated_snapshot_id: int | None = None


def what_is_wrong(manifest: Any) -> str | None:
    """A field that is missing or holds what it never does, in words; None where all are as they should be."""
    try:
        _Manifest.model_validate(manifest)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(map(str, first["loc"])) or "the whole"
        return f"it lacks {path}" if first["type"] == "missing" else f"its {path} is of another type"
    return None

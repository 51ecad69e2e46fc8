"""Raw files that a lifecycle rule will delete: the pipeline can no longer process their deliveries again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from quartal.plan_review.model import Plan, ResourceChange

_TYPE = "aws_s3_bucket_lifecycle_configuration"
_RAW = "raw/"


def expiring_raw_files(plan: Plan) -> Iterator[tuple[str, str]]:
    """Address and sentence of each rule after which raw files expire that did not before, or did later."""
    for change in plan.changes:
        if change.type == _TYPE and change.after:
            yield from _of(change)


def _of(change: ResourceChange) -> Iterator[tuple[str, str]]:
    before, after = dict(_expirations(change.before)), dict(_expirations(change.after))
    for prefix, days in sorted(after.items()):
        covered = any(prefix.startswith(known) and days_before <= days for known, days_before in before.items())
        if not covered:
            yield change.address, f"Objects below '{prefix or '/'}' are deleted after {days:.0f} days, raw files too."


def _expirations(attributes: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Prefix and days of each enabled rule that deletes something below raw/; the earliest of a prefix comes last."""
    found = []
    for rule in _blocks(attributes.get("rule")):
        if rule.get("status") != "Enabled":
            continue
        prefix = _prefix(rule)
        days = [
            entry["days"] for entry in _blocks(rule.get("expiration")) if isinstance(entry.get("days"), int | float)
        ]
        if any(days) and (_RAW.startswith(prefix) or prefix.startswith(_RAW)):
            found.append((prefix, float(min(day for day in days if day))))
    yield from sorted(found, key=lambda item: -item[1])


def _prefix(rule: Mapping[str, Any]) -> str:
    for chosen in _blocks(rule.get("filter")):
        for holder in (chosen, *_blocks(chosen.get("and"))):
            if isinstance(holder.get("prefix"), str):
                return str(holder["prefix"])
    legacy = rule.get("prefix")
    return legacy if isinstance(legacy, str) else ""


def _blocks(value: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []

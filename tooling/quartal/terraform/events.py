"""The lines that `terraform plan -json` and `apply -json` print while they work.

Format: developer.hashicorp.com/terraform/internals/machine-readable-ui
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An error or a warning, with the place in the configuration it is about."""

    severity: str
    summary: str
    detail: str
    address: str
    position: str

    @property
    def is_error(self) -> bool:
        """Whether Terraform gave up because of it."""
        return self.severity == "error"

    def lines(self) -> tuple[str, ...]:
        """The diagnostic for a person, a few lines."""
        where = ", ".join(part for part in (self.address, self.position) if part)
        head = f"{self.summary} ({where})" if where else self.summary
        return (head, *(line for line in self.detail.splitlines() if line.strip()))


@dataclass(frozen=True, slots=True)
class TerraformEvent:
    """One line of progress.

    Attributes:
        kind: Terraform's type: apply_start, apply_complete, apply_errored, change_summary, diagnostic, ...
        message: Terraform's own sentence.
        address: the resource it is about; empty for the others.
        action: create, update, delete, ... of a resource; empty for the others.
        elapsed_s: seconds the action has taken so far.
        diagnostic: set when the kind is diagnostic.
    """

    kind: str
    message: str
    address: str = ""
    action: str = ""
    elapsed_s: float = 0.0
    diagnostic: Diagnostic | None = None


def parse_event(line: str) -> TerraformEvent | None:
    """Parse one line; None for anything that is not an event."""
    try:
        data = json.loads(line)
        return _event(data) if isinstance(data, dict) and "type" in data else None
    except (ArithmeticError, AttributeError, KeyError, RecursionError, TypeError, ValueError):
        return None


def _event(data: dict[str, Any]) -> TerraformEvent:
    hook: dict[str, Any] = data.get("hook") or {}
    return TerraformEvent(
        kind=str(data["type"]),
        message=str(data.get("@message", "")),
        address=str((hook.get("resource") or {}).get("addr", "")),
        action=str(hook.get("action", "")),
        elapsed_s=float(hook.get("elapsed_seconds", 0)),
        diagnostic=_diagnostic(data["diagnostic"]) if data["type"] == "diagnostic" else None,
    )


def _diagnostic(data: dict[str, Any]) -> Diagnostic:
    place = data.get("range") or {}
    line = (place.get("start") or {}).get("line")
    return Diagnostic(
        severity=str(data.get("severity", "")),
        summary=str(data.get("summary", "")),
        detail=str(data.get("detail", "")),
        address=str(data.get("address", "")),
        position=f"{place['filename']}:{line}" if place.get("filename") and line else "",
    )

"""What the review knows of each resource type: judged, harmless, or neither. The types are in types.yaml.

Without it a plan of types that no rule is about would be green for want of rules.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from quartal.plan_review.model import Action, Plan, ResourceChange

_BUNDLED = Path(__file__).parent / "types.yaml"
_NAMED = 3
_RULES = {"access": "unjudged-access", "foreign": "unjudged-provider", "unjudged": "unjudged-type"}
_SENTENCES = {
    "access": "This review has no rule about {name}, which decides about access, reach or secrets; read what changes",
    "foreign": "This review cannot judge access and data of provider {name}; read what changes",
    "unjudged": "This review has no rule about {name}; read what changes",
}


class Coverage(BaseModel):
    """The types that are judged, harmless, or on no server, and how types that carry access are named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    judged: tuple[str, ...]
    harmless: tuple[str, ...]
    local: tuple[str, ...]
    access: tuple[str, ...]

    def kind_of(self, resource_type: str) -> str:
        """One of judged, harmless, local, access (which is not judged, and carries access), foreign, unjudged."""
        for kind, types in (("judged", self.judged), ("harmless", self.harmless), ("local", self.local)):
            if resource_type in types:
                return kind
        if not resource_type.startswith("aws_"):
            return "foreign"
        is_access = any(re.search(pattern, resource_type) for pattern in self.access)
        return "access" if is_access else "unjudged"


@cache
def load_coverage() -> Coverage:
    """The bundled types."""
    return Coverage.model_validate(yaml.safe_load(_BUNDLED.read_text(encoding="utf-8")))


def unjudged(plan: Plan) -> Iterator[tuple[str, str, str]]:
    """Rule, sentence and address of what the review cannot judge, a line for each type or provider."""
    by_type: dict[tuple[str, str], list[ResourceChange]] = defaultdict(list)
    for change in plan.changes:
        kind = load_coverage().kind_of(change.type)
        if change.type and kind in _RULES and change.action is not Action.NO_OP:
            by_type[kind, change.provider if kind == "foreign" else change.type].append(change)
    for (kind, name), changes in sorted(by_type.items()):
        address = changes[0].address if len(changes) == 1 else ""
        sentence = _SENTENCES[kind].format(name=name)
        if not address:
            more = f" and {len(changes) - _NAMED} more" if len(changes) > _NAMED else ""
            sentence += f": {', '.join(change.address for change in changes[:_NAMED])}{more}"
        yield _RULES[kind], f"{sentence}.", address


def programs(plan: Plan) -> Iterator[tuple[str, str]]:
    """Address and sentence of each resource of which a provisioner may run a program."""
    for change in plan.changes:
        runs = change.action in {Action.CREATE, Action.DELETE} or change.action.replaces
        if runs and change.provisioners:
            yield change.address, f"A provisioner runs a program: {', '.join(change.provisioners)}."

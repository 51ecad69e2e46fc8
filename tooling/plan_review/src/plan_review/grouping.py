"""The changes of a plan by module, in the order in which a reviewer wants to read them."""

from __future__ import annotations

from dataclasses import dataclass

from plan_review.model import ACTION_ORDER, Plan, ResourceChange


@dataclass(frozen=True, slots=True)
class ModuleGroup:
    """A module and its changes, destructive ones first."""

    module: str
    changes: tuple[ResourceChange, ...]

    @property
    def title(self) -> str:
        """Its path, or "root module"."""
        return self.module or "root module"


def short_name(change: ResourceChange) -> str:
    """The address without its module, which is in the heading above."""
    return change.address.removeprefix(f"{change.module}.") if change.module else change.address


def by_module(plan: Plan) -> tuple[ModuleGroup, ...]:
    """The plan's modules, the one with the most severe change first."""
    modules: dict[str, list[ResourceChange]] = {}
    for change in plan.changes:
        modules.setdefault(change.module, []).append(change)
    groups = [ModuleGroup(module, tuple(changes)) for module, changes in modules.items()]
    return tuple(
        sorted(
            groups,
            key=lambda group: (min(ACTION_ORDER.index(change.action) for change in group.changes), group.module),
        )
    )

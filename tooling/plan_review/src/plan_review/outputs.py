"""Outputs that are removed or change: other stacks, scripts and pipelines read them by name.

A new output, and an entry added to a map or to the end of a list, change nothing for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from plan_review.model import Action, Plan
from plan_review.values import Marker

_NAMED = 3


def output_findings(plan: Plan) -> Iterator[tuple[str, str]]:
    """Rule and sentence for the outputs that go away, and for those that get another value."""
    removed = [output.name for output in plan.outputs if output.action is Action.DELETE]
    changed = [
        output.name
        for output in plan.outputs
        if output.action not in {Action.CREATE, Action.DELETE, Action.UNKNOWN}
        and not (output.is_shown_now or _keeps(output.before, output.after))
    ]
    if removed:
        verb, them = ("is", "it") if len(removed) == 1 else ("are", "them")
        yield "output-removed", f"{_named(removed)} {verb} removed. Stacks and programs that read {them} fail."
    if changed:
        verb, them = ("changes", "it") if len(changed) == 1 else ("change", "them")
        what = "the new value" if len(changed) == 1 else "the new values"
        yield "output-changed", f"{_named(changed)} {verb}. Stacks and programs that read {them} get {what}."


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{'Output' if len(names) == 1 else 'Outputs'} {', '.join(sorted(names)[:_NAMED])}{more}"


def _keeps(before: Any, after: Any) -> bool:
    """Whether everything that was there is there, at the same place; what is hidden or not known yet is not."""
    if isinstance(before, Marker) or isinstance(after, Marker):
        return False
    if isinstance(before, dict) and isinstance(after, dict):
        return all(name in after and _keeps(value, after[name]) for name, value in before.items())
    if isinstance(before, list) and isinstance(after, list):
        return len(before) <= len(after) and all(map(_keeps, before, after))
    return type(before) is type(after) and bool(before == after)

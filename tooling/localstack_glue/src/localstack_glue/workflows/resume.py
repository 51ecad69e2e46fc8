"""What a resumed workflow run does again, and what it keeps (G9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from localstack_glue.service.errors import InvalidInputException
from localstack_glue.service.models import Trigger, WorkflowRun
from localstack_glue.workflows.trigger_rules import TriggerType
from localstack_glue.workflows.view import action_target, node_id

Target = tuple[str, str]  # JOB or CRAWLER, and its name


@dataclass(frozen=True, slots=True)
class ResumePlan:
    """`starts` begin at once, `again` is all that runs again, `fired` are the triggers that have had their turn."""

    starts: tuple[Target, ...]
    again: frozenset[Target]
    fired: frozenset[str]


def plan(previous: WorkflowRun, node_ids: Sequence[str]) -> ResumePlan:
    """Work out what follows from restarting some nodes: they and all behind them run again, the rest keeps its end."""
    attempted = {
        node_id(action.kind, previous.workflow_name, action.name): (action.kind, action.name)
        for action in previous.actions
    }
    unknown = [node for node in node_ids if node not in attempted]
    if unknown or not node_ids:
        raise InvalidInputException(
            f"Nodes {unknown} cannot be resumed: only jobs and crawlers that workflow run {previous.run_id} ran can"
        )
    selected = [attempted[node] for node in dict.fromkeys(node_ids)]
    behind = {target: _behind(target, previous.triggers) for target in selected}
    again = frozenset(selected).union(*behind.values())
    # one that follows from another selected one waits for it
    starts = tuple(
        target for target in selected if not any(target in after for other, after in behind.items() if other != target)
    )
    waiting = {trigger.name for trigger in previous.triggers.values() if _watched(trigger) & again}
    return ResumePlan(starts or tuple(selected), again, frozenset(previous.fired - waiting))


def _behind(target: Target, triggers: Mapping[str, Trigger]) -> frozenset[Target]:
    found: set[Target] = set()
    edge = {target}
    while edge:
        started = {
            action_target(action)
            for trigger in triggers.values()
            if _watched(trigger) & edge
            for action in trigger.actions
        }
        edge = started - found
        found |= edge
    return frozenset(found)


def _watched(trigger: Trigger) -> set[Target]:
    if trigger.type != TriggerType.CONDITIONAL or not trigger.predicate:
        return set()
    return {action_target(condition) for condition in trigger.predicate["Conditions"]}

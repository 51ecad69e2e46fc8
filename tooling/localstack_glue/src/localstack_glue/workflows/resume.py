"""The nodes that a resumed workflow run executes again, and those whose results it keeps (G9)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from glue_triggers.conditions import Kind, Node
from localstack_glue.service.errors import InvalidInputException
from localstack_glue.service.models import Trigger, WorkflowRun
from localstack_glue.workflows.view import node_id


@dataclass(frozen=True, slots=True)
class ResumePlan:
    """`starts` begin at once, `again` is all that runs again, `fired` are the triggers that have had their turn."""

    starts: tuple[Node, ...]
    again: frozenset[Node]
    fired: frozenset[str]


def plan(previous: WorkflowRun, node_ids: Sequence[str]) -> ResumePlan:
    """Plan a restart of some nodes: they and all that follow them run again, the others keep their results.

    Raises:
        InvalidInputException: the run had no such node, or none is given.
    """
    nodes = [Node(Kind(action.kind), action.name) for action in previous.actions]
    attempted = {node_id(node.kind.value, previous.workflow_name, node.name): node for node in nodes}
    unknown = [node for node in node_ids if node not in attempted]
    if unknown or not node_ids:
        raise InvalidInputException(
            f"Nodes {unknown} cannot be resumed: only jobs and crawlers that workflow run {previous.run_id} ran can"
        )
    selected = [attempted[node] for node in dict.fromkeys(node_ids)]
    behind = {node: _downstream(node, previous.triggers) for node in selected}
    again = frozenset(selected).union(*behind.values())
    # one that follows from another selected one waits for it
    starts = tuple(
        node for node in selected if not any(node in after for other, after in behind.items() if other != node)
    )
    waiting = {trigger.name for trigger in previous.triggers.values() if trigger.watch.nodes & again}
    return ResumePlan(starts or tuple(selected), again, frozenset(previous.fired - waiting))


def _downstream(node: Node, triggers: Mapping[str, Trigger]) -> frozenset[Node]:
    found: set[Node] = set()
    edge = {node}
    while edge:
        started = {
            Node.from_request(action)
            for trigger in triggers.values()
            if trigger.watch.nodes & edge
            for action in trigger.actions
        }
        edge = started - found
        found |= edge
    return frozenset(found)

"""Which jobs a success would start: those behind what a trigger has just started (G1, G4-G6)."""

from collections.abc import Iterator

from glue_triggers.conditions import SUCCEEDED, End, Node
from localstack_glue.service.models import GlueStore, JsonDict, Origin, Trigger


def jobs_behind(store: GlueStore, origin: Origin, node: Node) -> Iterator[JsonDict]:
    """Yield the actions of triggers that start a job once this crawler or job has succeeded."""
    success = End(node, SUCCEEDED)
    for trigger in _triggers(store, origin):
        if trigger.is_waiting and trigger.watch.waits_for(success):
            yield from (action for action in trigger.actions if action.get("JobName"))


def _triggers(store: GlueStore, origin: Origin) -> list[Trigger]:
    if origin.trigger_name is None:
        return []  # by hand: nothing follows (G1, G2)
    if origin.workflow_run_id is None:
        return [trigger for trigger in store.triggers.values() if trigger.workflow_name is None]  # G5
    workflow = store.workflows.get(origin.workflow_name or "")
    runs = workflow.runs if workflow else []
    run = next((run for run in runs if run.run_id == origin.workflow_run_id), None)
    return [trigger for trigger in run.triggers.values() if trigger.name not in run.fired] if run else []

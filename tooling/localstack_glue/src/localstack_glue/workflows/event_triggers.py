"""EVENT triggers: a batch of EventBridge's events starts a run of their workflow (G3, G5).

The rules are those of AWS's guide, "Overview of workflows": a batch is complete when it has the trigger's number of
events (one without a batching condition), or when its window is over, which begins with its first event. Whichever
comes first starts the run, and the next event begins the next batch. An event that starts nothing, because of the
workflow's limit, is not tried again.
"""

import logging
import threading
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from glue_triggers.trigger_types import TriggerType
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clock import Clock
from localstack_glue.service.errors import EntityNotFoundException, InvalidInputException
from localstack_glue.service.models import JsonDict, Trigger
from localstack_glue.workflows.orchestration import Orchestrator

LOG = logging.getLogger(__name__)
LONGEST_WINDOW_S = 900  # also where a trigger names none
EVENT_IDS = "aws:eventIds"


class EventTriggers:
    """Takes events, and knows when a batch of them is to start a run.

    ``schedules_changed`` is set when a batch begins, whose window the scheduler ends.
    """

    def __init__(
        self, clock: Clock, lock: threading.RLock, orchestrator: Orchestrator, schedules_changed: threading.Event
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._orchestrator = orchestrator
        self._schedules_changed = schedules_changed

    def notify(self, scope: Scope, workflow_name: str, event_id: str) -> None:
        """Deliver an event to a workflow, as EventBridge does with `glue:NotifyEvent`.

        Raises:
            EntityNotFoundException: there is no such workflow.
            InvalidInputException: the workflow is not started by events.
        """
        with self._lock:
            trigger = _event_trigger(scope, workflow_name)
            trigger.waiting_events = (*trigger.waiting_events, event_id)
            if len(trigger.waiting_events) >= _batch_size(trigger):
                self._start(scope, trigger, {"BatchSize": len(trigger.waiting_events)})
                return
            if trigger.first_event_on is None:
                trigger.first_event_on = self._clock.now()
            LOG.info("trigger %s is waiting with %s events", trigger.name, len(trigger.waiting_events))
        self._schedules_changed.set()

    def window_ends(self, scope: Scope) -> Iterator[tuple[datetime, Trigger]]:
        """The batches that wait, and when their windows are over."""
        for trigger in list(scope.store.triggers.values()):
            if trigger.type == TriggerType.EVENT and trigger.first_event_on is not None:
                yield trigger.first_event_on + timedelta(seconds=_window_s(trigger)), trigger

    def end_window(self, scope: Scope, trigger: Trigger) -> None:
        """Start a run with the events of a batch whose window is over."""
        with self._lock:
            if trigger.first_event_on is not None:
                self._start(scope, trigger, {"BatchWindow": _window_s(trigger)})

    def _start(self, scope: Scope, trigger: Trigger, batch: JsonDict) -> None:
        # a list without quotes: scripts that were written on AWS take the id of a single event as `[1:-1]`
        properties = {EVENT_IDS: f"[{', '.join(trigger.waiting_events)}]"}
        trigger.waiting_events, trigger.first_event_on = (), None
        self._orchestrator.fire_unattended(scope, trigger, properties, batch)


def _event_trigger(scope: Scope, workflow_name: str) -> Trigger:
    if workflow_name not in scope.store.workflows:
        raise EntityNotFoundException(f"Workflow {workflow_name} not found.")
    for trigger in scope.store.triggers.values():
        if trigger.workflow_name == workflow_name and trigger.type == TriggerType.EVENT:
            return trigger
    raise InvalidInputException(f"Workflow {workflow_name} does not have an EVENT trigger")


def _batching(trigger: Trigger) -> Mapping[str, Any]:
    return trigger.event_batching or {}


def _batch_size(trigger: Trigger) -> int:
    return int(_batching(trigger).get("BatchSize") or 1)


def _window_s(trigger: Trigger) -> int:
    return int(_batching(trigger).get("BatchWindow") or LONGEST_WINDOW_S)

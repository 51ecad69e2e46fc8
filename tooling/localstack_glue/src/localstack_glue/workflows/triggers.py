"""Triggers: their definitions and states (G3)."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from glue_triggers import trigger_types
from glue_triggers.cron import CronError
from glue_triggers.trigger_types import RefusedTriggerError, TriggerType
from localstack_glue.service import answers
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.clock import Clock
from localstack_glue.service.errors import (
    EntityNotFoundException,
    IdempotentParameterMismatchException,
    InvalidInputException,
)
from localstack_glue.service.models import JsonDict, Trigger, TriggerState
from localstack_glue.service.pagination import page, page_by_name
from localstack_glue.service.tagging import Tagger
from localstack_glue.workflows.workflows import workflow_of

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import (
        ActionUnionTypeDef,
        BatchGetTriggersRequestTypeDef,
        CreateTriggerRequestTypeDef,
        DeleteTriggerRequestTypeDef,
        GetTriggerRequestTypeDef,
        GetTriggersRequestTypeDef,
        ListTriggersRequestTypeDef,
        StartTriggerRequestTypeDef,
        StopTriggerRequestTypeDef,
        UpdateTriggerRequestTypeDef,
    )

FireOnDemand = Callable[[Scope, Trigger], None]


class Triggers:
    """The trigger calls of the API.

    ``schedules_changed`` is set whenever the scheduler has to look at the schedules again.
    """

    def __init__(
        self,
        clock: Clock,
        lock: threading.RLock,
        tagger: Tagger,
        fire: FireOnDemand,
        schedules_changed: threading.Event,
    ) -> None:
        self._clock = clock
        self._lock = lock
        self._tagger = tagger
        self._fire = fire
        self._schedules_changed = schedules_changed

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "BatchGetTriggers": self.batch_get,
            "CreateTrigger": self.create,
            "DeleteTrigger": self.delete,
            "GetTrigger": self.get,
            "GetTriggers": self.get_all,
            "ListTriggers": self.list_names,
            "StartTrigger": self.start,
            "StopTrigger": self.stop,
            "UpdateTrigger": self.update,
        }

    def create(self, scope: Scope, request: "CreateTriggerRequestTypeDef") -> JsonDict:
        """CreateTrigger; StartOnCreation activates it (G3)."""
        actions, schedule = list(request["Actions"]), request.get("Schedule")
        predicate, workflow_name = request.get("Predicate"), request.get("WorkflowName")
        _check(request["Type"], actions, schedule, predicate, workflow_name)
        trigger = Trigger(
            name=request["Name"],
            type=request["Type"],
            actions=actions,
            description=request.get("Description"),
            schedule=schedule,
            predicate=_kept_predicate(predicate),
            event_batching=request.get("EventBatchingCondition"),
            workflow_name=workflow_name,
        )
        if request.get("StartOnCreation"):
            if trigger.type in (TriggerType.ON_DEMAND, TriggerType.EVENT):
                raise InvalidInputException(f"StartOnCreation is not supported for {trigger.type} triggers")
            self._activate(trigger)
        with self._lock:
            existing = scope.store.triggers.get(trigger.name)
            if existing is not None:
                if _definition(existing) == _definition(trigger):
                    return {"Name": trigger.name}
                raise IdempotentParameterMismatchException(
                    f"Trigger with name {trigger.name} already submitted with different configuration"
                )
            self._check_workflow(scope, trigger)
            scope.store.triggers[trigger.name] = trigger
            self._tagger.tag(scope, scope.arn("trigger", trigger.name), request.get("Tags"))
        self._schedules_changed.set()
        return {"Name": trigger.name}

    def get(self, scope: Scope, request: "GetTriggerRequestTypeDef") -> JsonDict:
        """GetTrigger."""
        return {"Trigger": answers.trigger(self._find(scope, request["Name"]))}

    def get_all(self, scope: Scope, request: "GetTriggersRequestTypeDef") -> JsonDict:
        """GetTriggers, those that start a job if one is given."""
        triggers = _starting(scope, request.get("DependentJobName"))
        found, token = page_by_name(triggers, request.get("NextToken"), request.get("MaxResults"))
        return {"Triggers": [answers.trigger(trigger) for trigger in found], "NextToken": token}

    def list_names(self, scope: Scope, request: "ListTriggersRequestTypeDef") -> JsonDict:
        """ListTriggers, by dependent job and tags if given."""
        names = sorted(trigger.name for trigger in _starting(scope, request.get("DependentJobName")))
        tagged = self._tagger.having(scope, "trigger", names, request.get("Tags"))
        found, token = page(tagged, request.get("NextToken"), request.get("MaxResults"), key=str)
        return {"TriggerNames": found, "NextToken": token}

    def batch_get(self, scope: Scope, request: "BatchGetTriggersRequestTypeDef") -> JsonDict:
        """BatchGetTriggers."""
        triggers, names = scope.store.triggers, request["TriggerNames"]
        return {
            "Triggers": [answers.trigger(triggers[name]) for name in names if name in triggers],
            "TriggersNotFound": [name for name in names if name not in triggers],
        }

    def update(self, scope: Scope, request: "UpdateTriggerRequestTypeDef") -> JsonDict:
        """UpdateTrigger: the definition is replaced whole, as on AWS; type, workflow and state stay."""
        change = request["TriggerUpdate"]
        actions = list(change.get("Actions") or ())
        schedule, predicate = change.get("Schedule"), change.get("Predicate")
        with self._lock:
            trigger = self._find(scope, request["Name"])
            _check(trigger.type, actions, schedule, predicate, trigger.workflow_name)
            changed = Trigger(
                name=trigger.name,
                type=trigger.type,
                actions=actions,
                state=trigger.state,
                description=change.get("Description"),
                schedule=schedule,
                predicate=_kept_predicate(predicate),
                event_batching=change.get("EventBatchingCondition"),
                workflow_name=trigger.workflow_name,
                scheduled_since=self._clock.now(),
                waiting_events=trigger.waiting_events,
                first_event_on=trigger.first_event_on,
            )
            scope.store.triggers[trigger.name] = changed
        self._schedules_changed.set()
        return {"Trigger": answers.trigger(changed)}

    def delete(self, scope: Scope, request: "DeleteTriggerRequestTypeDef") -> JsonDict:
        """DeleteTrigger; as on AWS, deleting a trigger that does not exist is not an error."""
        with self._lock:
            scope.store.triggers.pop(request["Name"], None)
            self._tagger.forget(scope, scope.arn("trigger", request["Name"]))
        self._schedules_changed.set()
        return {"Name": request["Name"]}

    def start(self, scope: Scope, request: "StartTriggerRequestTypeDef") -> JsonDict:
        """StartTrigger: fires an on-demand trigger, activates another one (G3); events alone start an EVENT trigger.

        The words of its refusal, and of StopTrigger's, are AWS's: hashicorp/terraform-provider-aws, issue 49407.
        """
        with self._lock:
            trigger = self._find(scope, request["Name"])
            if trigger.type == TriggerType.EVENT:
                raise InvalidInputException(f"Trigger Type {TriggerType.EVENT} cannot be started")
            workflow_of(scope, trigger)
            if trigger.type == TriggerType.ON_DEMAND:
                self._fire(scope, trigger)
            else:
                self._activate(trigger)
        self._schedules_changed.set()
        return {"Name": trigger.name}

    def stop(self, scope: Scope, request: "StopTriggerRequestTypeDef") -> JsonDict:
        """StopTrigger: only an activated trigger fires from now on (G3)."""
        with self._lock:
            trigger = self._find(scope, request["Name"])
            if trigger.state is TriggerState.CREATED:
                raise InvalidInputException(
                    f"The operation is not allowed when trigger is in state: {trigger.state.value}"
                )
            trigger.state = TriggerState.DEACTIVATED
        self._schedules_changed.set()
        return {"Name": trigger.name}

    def _activate(self, trigger: Trigger) -> None:
        if trigger.state is not TriggerState.ACTIVATED:
            trigger.state = TriggerState.ACTIVATED
            trigger.scheduled_since = self._clock.now()

    def _check_workflow(self, scope: Scope, trigger: Trigger) -> None:
        """A workflow must exist and can have one starting trigger (G5)."""
        name = trigger.workflow_name
        if name is None:
            return
        if name not in scope.store.workflows:
            raise EntityNotFoundException(f"Workflow {name} not found.")
        others = [other for other in scope.store.triggers.values() if other.workflow_name == name]
        if trigger.starts_a_chain and any(other.starts_a_chain for other in others):
            raise InvalidInputException(f"Workflow {name} already has a starting trigger")

    def _find(self, scope: Scope, name: str) -> Trigger:
        if name not in scope.store.triggers:
            raise EntityNotFoundException(f"Trigger {name} not found.")
        return scope.store.triggers[name]


def _check(
    trigger_type: str,
    actions: "Sequence[ActionUnionTypeDef]",
    schedule: str | None,
    predicate: Mapping[str, Any] | None,
    workflow_name: str | None,
) -> None:
    try:
        trigger_types.check(
            trigger_type, actions=actions, schedule=schedule, predicate=predicate, workflow_name=workflow_name
        )
    except (CronError, RefusedTriggerError) as error:
        raise InvalidInputException(str(error)) from error


def _kept_predicate(predicate: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    return trigger_types.drop_crawlers_from_job_conditions(predicate) if predicate else predicate


def _starting(scope: Scope, job_name: str | None) -> list[Trigger]:
    triggers = list(scope.store.triggers.values())
    if job_name is None:
        return triggers
    found = [trigger for trigger in triggers if any(action.get("JobName") == job_name for action in trigger.actions)]
    return found or triggers  # "if there is no such trigger, all triggers are returned": GetTriggers, ListTriggers


def _definition(trigger: Trigger) -> tuple[object, ...]:
    return (
        trigger.type,
        trigger.actions,
        trigger.description,
        trigger.schedule,
        trigger.predicate,
        trigger.event_batching,
        trigger.workflow_name,
    )
